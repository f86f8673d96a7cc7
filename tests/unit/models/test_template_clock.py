"""What templates read from the clock is told from their text, wherever it stands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_kvguard.models.template_clock import clock_formats, clock_formats_of_files, read_clock

LLAMA = (
    "{%- if not date_string is defined %}{%- if strftime_now is defined %}"
    '{%- set date_string = strftime_now("%d %b %Y") %}{%- else %}{%- set date_string = "26 Jul 2024" %}'
    "{%- endif %}{%- endif %}Today Date: {{ date_string }}"
)


@pytest.mark.parametrize(
    ("template", "formats"),
    [
        ("{{ messages[0].content }}", ()),
        (LLAMA, ("%d %b %Y",)),
        ("{{ strftime_now('%Y-%m-%d') }}{{ strftime_now( '%H:%M' ) }}", ("%H:%M", "%Y-%m-%d")),
        ("{{ strftime_now(format) }}", None),
        ("{% set now = strftime_now %}{{ now('%Y') }}", None),
        ("{{ strftime_now('%' ~ 'Y') }}", None),
        ("{% if strftime_now is not defined %}x{% endif %}", ()),
    ],
)
def test_formats_are_read_or_unknown(template: str, formats: tuple[str, ...] | None) -> None:
    assert clock_formats([template]) == formats


@pytest.mark.parametrize("name", ["chat_template.jinja", "tokenizer_config.json", "model.gguf"])
def test_templates_are_found_in_every_file_that_holds_one(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name.endswith(".jinja"):
        path.write_text(LLAMA)
    elif name.endswith(".json"):
        path.write_text(json.dumps({"chat_template": LLAMA}))
    else:
        path.write_bytes(b"GGUF\x03" + bytes(9000) + LLAMA.encode() + bytes(9000))
    assert clock_formats_of_files([path]) == ("%d %b %Y",)
    path.write_bytes(path.read_bytes().replace(b"%d %b %Y", b"%d %b {}"))
    assert clock_formats_of_files([path]) is None


def test_the_clock_is_read_as_templates_read_it() -> None:
    assert read_clock(["%%", "day"]) == ["%", "day"]
