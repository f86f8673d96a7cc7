"""The page as a browser shows it; skips without Chromium.

``KVGUARD_UPDATE_SCREENSHOTS=1`` replaces the pictures in docs/ by what this test sees. The run they show is a recorded
one (``card-helpdesk.report.json``), so that they need no model.
"""

from __future__ import annotations

import json
import os
import re
import struct
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from pytest_kvguard.reports.html.page import render_html
from pytest_kvguard.reports.run_record import report_schema
from tests.report_documents import document_of, recorded
from tests.unit.reports.html.conftest import Browse

DOCS = Path(__file__).parents[4] / "docs" / "reference"
RECORDED = Path(__file__).with_name("card-helpdesk.report.json")
WIDTH, HEIGHT = 1280, 2500
THEMES = {"light": "1", "dark": "0"}


def recorded_run() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(RECORDED.read_text(encoding="utf-8"))
    return document


def size_of(picture: bytes) -> tuple[int, int]:
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", picture[16:24])
    return width, height


def test_the_recorded_run_is_of_the_present_format() -> None:
    Draft202012Validator(report_schema()).validate(recorded_run())


def test_the_script_runs_under_its_policy_and_opens_the_case_in_the_address(browse: Browse) -> None:
    seen = browse(render_html(recorded_run()), "--dump-dom", fragment="#case-3")
    cases = len(recorded_run()["cases"])
    assert f'aria-live="polite">{cases} of {cases} shown<' in seen.stdout
    assert re.search(r'<form id="filters">', seen.stdout)
    assert re.findall(r'<details class="case" id="(case-\d+)"[^>]* open', seen.stdout) == ["case-3"]
    assert "Refused to" not in seen.stderr and "Content Security Policy" not in seen.stderr


def test_nothing_a_model_says_runs(browse: Browse) -> None:
    attack = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
    reply = [{"text": attack, "tokens": 1, "stopped": "stop"}]
    seen = browse(render_html(document_of(recorded(compressed=reply, reason=attack))), "--dump-dom")
    assert "<title>kvguard: tiny (float32 on cpu)</title>" in seen.stdout
    assert 'aria-live="polite">1 of 1 shown<' in seen.stdout
    assert "<img" not in seen.stdout


@pytest.mark.parametrize("theme", THEMES)
def test_the_page_is_drawn_in_light_and_in_dark(browse: Browse, tmp_path: Path, theme: str) -> None:
    picture = tmp_path / f"report-{theme}.png"
    flags = (f"--blink-settings=preferredColorScheme={THEMES[theme]}", f"--window-size={WIDTH},{HEIGHT}")
    browse(render_html(recorded_run()), *flags, f"--screenshot={picture}")
    content = picture.read_bytes()
    assert size_of(content) == (WIDTH, HEIGHT)
    assert len(content) > 50_000, "the picture is all but empty"
    if os.environ.get("KVGUARD_UPDATE_SCREENSHOTS"):
        (DOCS / picture.name).write_bytes(content)


@pytest.mark.parametrize("theme", THEMES)
def test_the_picture_in_the_documentation_is_there(theme: str) -> None:
    assert size_of((DOCS / f"report-{theme}.png").read_bytes()) == (WIDTH, HEIGHT)
