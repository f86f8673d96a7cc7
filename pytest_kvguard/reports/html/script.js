"use strict";
(() => {
  const form = document.getElementById("filters");
  const cases = [...document.querySelectorAll("details.case")];
  const rows = [...document.querySelectorAll("#matrix tbody tr")];
  const count = document.getElementById("shown");
  const has = (element, words) => words.every((word) => element.textContent.toLowerCase().includes(word));

  function filter() {
    const choices = new FormData(form);
    const words = choices.get("words").toLowerCase().split(/\s+/).filter(Boolean);
    const verdicts = choices.getAll("verdict");
    const fits = (element, name) => !choices.get(name) || element.dataset[name] === choices.get(name);
    let shown = 0;
    for (const element of cases) {
      const fit = fits(element, "contract") && fits(element, "cell") &&
        verdicts.includes(element.dataset.verdict) && has(element, words);
      element.hidden = !fit;
      shown += fit;
    }
    for (const row of rows) row.hidden = !fits(row, "contract");
    count.textContent = `${shown} of ${cases.length} shown`;
  }

  function open() {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    if (!target || target.tagName !== "DETAILS") return;
    target.hidden = false;
    target.open = true;
    target.scrollIntoView();
    target.querySelector("summary").focus();
  }

  if (form) {
    form.hidden = false;
    form.addEventListener("input", filter);
    form.addEventListener("reset", () => setTimeout(filter));
    form.addEventListener("submit", (event) => event.preventDefault());
    filter();
  }
  addEventListener("hashchange", open);
  open();
})();
