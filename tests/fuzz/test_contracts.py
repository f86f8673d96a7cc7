"""2,600 damaged contracts: each is valid, or its problems are listed."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_kvguard.contract.parse import find_problems
from tests.fuzz.mutants import text_mutants, within_limit

CHECKED = """\
kvguard: 1
name: shop
context:
  instructions:
    - id: hours
      text: The shop opens at 9:30.
      check: {contains: "9:30", regex: "9:\\\\d+"}
      probes: [opening]
    - {block: book, text: "Lovely place."}
probes:
  opening: When do you open?
generate: {max_new_tokens: 40}
"""

GUARDED = """\
kvguard: 1
name: shop
context:
  preamble: You work in a shop.
  instructions:
    - id: code
      text: The code is KX-4471.
      no_leak: {canary: "KX-4471", verbatim: true}
      paraphrases: ["KX-4471 is secret."]
probes:
  talk: ["Hello!", "When?"]
attacks: [roleplay-1]
orderings: {sample: 4, first: [code], filler: {max_words: 30}}
gate: {max_lost: 0, confidence: 0.95}
"""


@pytest.mark.parametrize("contract", [CHECKED, GUARDED], ids=["checked", "guarded"])
@pytest.mark.parametrize("part", range(2))
def test_damaged_contracts_are_valid_or_have_their_problems_listed(tmp_path: Path, contract: str, part: int) -> None:
    path, valid, wrong = tmp_path / "shop.kv.yaml", 0, 0
    for text in text_mutants(contract, 650, seed=part):
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        problems: list[object] = []
        within_limit(text, lambda kept=problems: kept.extend(find_problems(path)))  # type: ignore[misc]
        assert all(len(str(problem)) > len(str(path)) + 20 for problem in problems)
        valid, wrong = valid + (not problems), wrong + bool(problems)
    assert min(valid, wrong) > 50


@pytest.mark.parametrize(
    "name", ["name: shop", "id: hours", "  opening: When", "block: book"], ids=["name", "id", "probe", "block"]
)
def test_a_name_that_ends_in_a_line_break_is_refused(tmp_path: Path, name: str) -> None:
    key, _, value = name.rpartition(": ")
    changed = f'{key}: "{value}\\n"' if key.strip() != "opening" else '  "opening\\n": When'
    path = tmp_path / "shop.kv.yaml"
    text = CHECKED.replace(name + ",", changed + ",") if "block" in name else CHECKED.replace(name, changed, 1)
    assert text != CHECKED
    path.write_text(text)
    assert "one word of letters, digits, _ and -" in str(find_problems(path)[0])
