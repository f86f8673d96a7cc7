"""The comparison, its comment and the history as a browser shows them; skips without Chromium.

``KVGUARD_UPDATE_SCREENSHOTS=1`` replaces the pictures in docs/. The comparison is that of two policies in a
recorded run; the history is drawn from invented runs.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from pytest_kvguard.reports.comparison.compare import Comparison, compare_runs
from pytest_kvguard.reports.comparison.markdown import comparison_markdown
from pytest_kvguard.reports.comparison.run_files import Run
from pytest_kvguard.reports.html.comparison import render_comparison
from pytest_kvguard.reports.html.history import render_history
from tests.compared_runs import Record, item
from tests.report_documents import document_of
from tests.unit.reports.html.conftest import Browse
from tests.unit.reports.html.test_in_chromium import THEMES, recorded_run, size_of

DOCS = Path(__file__).parents[4] / "docs" / "how-to"
SIZES = {"desktop": (1200, 1250), "phone": (400, 1100)}
SHOTS = [("desktop", "light"), ("phone", "dark")]
INSTRUCTIONS = ("hours", "tone", "voucher", "refunds")
WEEKS = ("HHHL", "HHHL", "HHLL", "HHLH", "HHHH", "HHHH", "LHHH", "HHHH", "HHHL", "HLHL")
"""Whether each instruction held, run by run, in half of its probes at least."""


def part_of_the_recorded_run(policy: str, started: str) -> Run:
    """Return the cell of a policy as a run of its own."""
    run = recorded_run()
    chosen = [case for case in run["cases"] if (case["policy"], case["ratio"]) == (policy, "0.25")]
    cells = [cell for cell in run["run"]["cells"] if (cell["policy"], cell["ratio"]) == (policy, "0.25")]
    environment = {**run["environment"], "transformers": "5.23.0" if policy == "snapkv" else "5.22.0"}
    timing = {"started": started, "seconds": 31.5}
    head = {"run": {**run["run"], "cells": cells}, "timing": timing, "environment": environment}
    return Run(f"{started[:10]}.json", ({**run, **head, "cases": chosen, "gates": []},))


def comparison() -> Comparison:
    before = part_of_the_recorded_run("fair(snapkv(window=8))", "2026-11-02T09:14:00+00:00")
    return compare_runs(before, part_of_the_recorded_run("snapkv", "2026-11-09T09:20:00+00:00"))


def history() -> list[Run]:
    runs = []
    for week, outcomes in enumerate(WEEKS, start=1):
        document = document_of(*cases_of(outcomes))
        document["timing"] = {"started": f"2026-09-{2 * week:02}T06:00:00+00:00", "seconds": 40.0}
        libraries = {"torch": "2.13.0", "transformers": "5.22.0" if week < 5 else "5.23.0", "cpu": "AMD EPYC 9V74"}
        document["environment"] = {**document["environment"], **libraries, "code": "3f0c" if week < 8 else "91be"}
        document["run"]["model"] = "smolguard" if week > 2 else "smollm2"
        runs.append(Run(f"week-{week:02}.json", (document,)))
    return runs


def cases_of(outcomes: str) -> list[Record]:
    held = dict(zip(INSTRUCTIONS, outcomes, strict=True))
    return [
        item("HELD" if held[name] == "H" or order == number else "LOST", order, policy=policy, instruction=name)
        for policy in ("snapkv", "fair(snapkv)")
        for number, name in enumerate(INSTRUCTIONS)
        for order in range(4)
    ]


def comment() -> str:
    """Return the comment as GitHub draws Markdown, nearly: the same tables and folds."""
    markdown = pytest.importorskip("markdown_it").MarkdownIt("commonmark", {"html": True}).enable("table")
    style = (
        "body{font:16px/1.5 'Liberation Sans',sans-serif;margin:0 auto;max-width:900px;padding:16px;color:#1f2328}"
        "@media(prefers-color-scheme:dark){body{background:#0d1117;color:#f0f6fc}}"
        "table{border-collapse:collapse;display:block;overflow:auto;margin-bottom:16px}"
        "td,th{border:1px solid #8886;padding:6px 13px;text-align:left}h3{margin-top:0}"
    )
    body = markdown.render(comparison_markdown(comparison()))
    return f"<!doctype html><meta name=viewport content='width=device-width'><style>{style}</style>{body}"


PAGES = {
    "comparison": lambda: render_comparison(comparison()),
    "history": lambda: render_history(history()),
    "comment": comment,
}


def test_the_filters_of_a_comparison_hide_what_did_not_change_and_a_link_opens_its_item(browse: Browse) -> None:
    seen = browse(render_comparison(comparison()), "--dump-dom", fragment="#case-0")
    assert 'aria-live="polite">5 of 6 shown<' in seen.stdout
    assert re.findall(r'<details class="case" id="(case-\d+)"[^>]* open', seen.stdout) == ["case-0"]
    assert "Refused to" not in seen.stderr and "Content Security Policy" not in seen.stderr


def test_the_curves_of_a_history_can_be_filtered(browse: Browse) -> None:
    seen = browse(render_history(history()), "--dump-dom")
    assert 'aria-live="polite">2 of 2 shown<' in seen.stdout
    assert "Refused to" not in seen.stderr and "Content Security Policy" not in seen.stderr


def test_nothing_a_model_says_runs_on_either_page(browse: Browse) -> None:
    attack = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
    reply = [{"text": attack, "tokens": 1, "stopped": "stop"}]
    cases = [item(contract=attack), item("LOST", contract=attack, compressed=reply, reason=attack)]
    one, other = (Run(attack, (document_of(case),)) for case in cases)
    for page in (render_comparison(compare_runs(one, other)), render_history([one, other])):
        seen = browse(page, "--dump-dom")
        assert "<img" not in seen.stdout and "<title>kvguard " in seen.stdout


def test_a_page_is_no_wider_than_a_phone(browse: Browse) -> None:
    probe = "<script>document.title = 'width ' + document.documentElement.scrollWidth</script></body>"
    for page in ("comparison", "history"):
        text = re.sub(r"<meta http-equiv[^>]*>", "", PAGES[page]()).replace("</body>", probe)
        # Chromium draws no window under 500 pixels, so that the page is put into a frame.
        frame = (
            f"<iframe width=400 height=900 srcdoc='{text.replace('&', '&amp;').replace(chr(39), '&#39;')}'></iframe>"
        )
        script = (
            "<script>addEventListener('load',()=>{document.title=frames[0].document.title})</script><title>x</title>"
        )
        seen = browse(f"<!doctype html>{frame}{script}", "--dump-dom")
        (width,) = re.findall(r"<title>width (\d+)</title>", seen.stdout)
        assert int(width) <= 400, page


@pytest.mark.parametrize(("size", "theme"), SHOTS)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_drawn_on_a_desktop_and_on_a_phone(
    browse: Browse, tmp_path: Path, page: str, size: str, theme: str
) -> None:
    picture, (width, height) = tmp_path / f"{page}-{size}.png", SIZES[size]
    flags = (f"--blink-settings=preferredColorScheme={THEMES[theme]}", f"--window-size={width},{height}")
    opened = PAGES[page]().replace('data-verdict="newly lost">', 'data-verdict="newly lost" open>', 1)
    browse(opened, *flags, f"--screenshot={picture}")
    content = picture.read_bytes()
    assert size_of(content) == (width, height)
    assert len(content) > 15_000, "the picture is all but empty"
    if os.environ.get("KVGUARD_UPDATE_SCREENSHOTS"):
        (DOCS / picture.name).write_bytes(content)


@pytest.mark.parametrize(("size", "theme"), SHOTS)
@pytest.mark.parametrize("page", PAGES)
def test_the_pictures_in_the_documentation_are_there(page: str, size: str, theme: str) -> None:
    assert size_of((DOCS / f"{page}-{size}.png").read_bytes()) == SIZES[size]
