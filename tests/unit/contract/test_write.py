"""A contract written as YAML is read back as it was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_kvguard.contract.model import Block, Contract, Gate, Generate, Instruction, Probe
from pytest_kvguard.contract.parse import parse_contract
from pytest_kvguard.contract.write import write_contract

SHARED_FILE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
TEXT = st.text(min_size=1).filter(str.strip).filter(lambda text: not set(text) & set("\ufffe\uffff\ufeff"))


def read_back(contract: Contract, folder: Path) -> Contract:
    path = folder / "written.kv.yaml"
    path.write_text(write_contract(contract), encoding="utf-8", newline="")
    return parse_contract(path)


def without_lines(contract: Contract) -> Contract:
    return replace(
        contract,
        path=Path(),
        parts=tuple(replace(part, line=0) for part in contract.parts),
        probes=tuple(replace(probe, line=0) for probe in contract.probes),
    )


def assert_read_back(contract: Contract, folder: Path) -> None:
    assert without_lines(read_back(contract, folder)) == without_lines(contract)


def one_text(text: str, check: tuple[str, object] = ("contains", "x")) -> Contract:
    parts = (Instruction("a", text, (check,)), Block("b", text))
    return Contract("c", Path(), text, parts, (Probe("p", (text,)), Probe("q", (text, "Well?"))))


def test_a_contract_that_uses_every_key_is_read_back(contract: Contract, tmp_path: Path) -> None:
    hours = replace(contract.instructions[0], paraphrases=("It opens at 9:30.", "no"))
    parts = (hours, *contract.parts[1:])
    plain = replace(contract, parts=parts, orderings=None, generate=Generate(7))
    assert_read_back(replace(plain, gate=Gate()), tmp_path)
    assert_read_back(replace(plain, gate=Gate(), generate=Generate(7, temperature=0.5, top_p=0.9, seeds=3)), tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "9:30",
        "0451",
        "1e5",
        "~",
        "null",
        "1_000",
        "0x1F",
        "2026-01-02",
        "=",
        "<<",
        "- a",
        "a: b",
        "# x",
        "'",
        '"',
        "*a",
    ]
    + [
        "a\nb",
        "a\n\n  b\nc",
        "a \nb",
        "a\tb",
        "a\r\nb",
        "\u2028 b".strip(),
        "ä 日本 😀",
        "x" * 300,
        "a\x85b",
        "| x",
        "yes: no",
    ],
)
def test_texts_that_look_like_something_else_stay_texts(text: str, tmp_path: Path) -> None:
    assert_read_back(one_text(text, ("contains", text)), tmp_path)


@SHARED_FILE
@given(text=TEXT)
def test_any_text_is_read_back(text: str, tmp_path: Path) -> None:
    assert_read_back(one_text(text), tmp_path)


@pytest.mark.parametrize(
    "check",
    [
        ("bullets", {"min": 1, "max": 3}),
        ("keyword_counts", {"1e5": 2, "no": {"min": 1}}),
        ("json", {"type": "object", "required": ["a"], "properties": {"a": {"minimum": 0.5, "maximum": 1e-05}}}),
        ("contains", ["a", "b"]),
        ("lowercase", True),
    ],
)
def test_values_of_checks_are_read_back(check: tuple[str, object], tmp_path: Path) -> None:
    assert_read_back(one_text("Text.", check), tmp_path)


def test_long_texts_stay_on_their_line_and_several_lines_in_a_block() -> None:
    written = write_contract(one_text("word " * 60 + "end\nsecond line"))
    assert "text: |-" in written
    assert "word word word end\n" in written
