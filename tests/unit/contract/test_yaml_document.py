"""Reading YAML: plain data with line numbers, and refusals of features with surprising effects."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_kvguard.contract import yaml_document
from pytest_kvguard.contract.yaml_document import MAX_BYTES, read_document
from pytest_kvguard.errors import ContractError

Write = Callable[[str | bytes], Path]
SHARED_FILE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def refusal(path: Path) -> ContractError:
    with pytest.raises(ContractError) as caught:
        read_document(path)
    return caught.value


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("text", "text"),
        ('"9:30"', "9:30"),
        ("9:30", "9:30"),
        ("no", "no"),
        ("on", "on"),
        ("2026-01-31", "2026-01-31"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        (".inf", ".inf"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("12", 12),
        ("-3", -3),
        ("007", 7),
        ("1.5", 1.5),
        ("64.0", 64),
        ("1e2", 100),
        ("[a, 1]", ["a", 1]),
        ("{a: 1}", {"a": 1}),
        ('"a\\nb"', "a\nb"),
        ("9" * 30, float("9" * 30)),
    ],
)
def test_scalars_are_read_as_yaml_1_2_does(write: Write, source: str, value: object) -> None:
    data = read_document(write(f"key: {source}\n")).data["key"]
    assert data == value
    assert isinstance(data, type(value)) or isinstance(value, float)


def test_block_texts_are_kept(write: Write) -> None:
    assert read_document(write("a: |\n  one\n  two\nb: >\n  three\n  four\n")).data == {
        "a": "one\ntwo\n",
        "b": "three four\n",
    }


def test_every_key_and_item_knows_its_line(write: Write) -> None:
    document = read_document(write("a: 1\nb:\n  - x\n  - c: |\n      text\n    d: 2\n"))
    assert document.line(("a",)) == 1
    assert document.line(("b",)) == 2
    assert document.line(("b", 0)) == 3
    assert document.line(("b", 1)) == 4
    assert document.line(("b", 1, "c")) == 4
    assert document.line(("b", 1, "d")) == 6
    assert document.line(("b", 1, "unheard-of")) == 4
    assert document.line(()) == 1


def test_a_number_is_remembered_as_it_was_written(write: Write) -> None:
    assert read_document(write("a: 007")).sources[("a",)] == "007"


def test_a_byte_order_mark_is_no_text(write: Write) -> None:
    assert read_document(write(b"\xef\xbb\xbfa: 1")).data == {"a": 1}


@pytest.mark.parametrize(
    ("source", "line", "message", "remedy"),
    [
        ("", 0, "the file is empty", "begins with the line 'kvguard: 1'."),
        ("# only a comment\n", 0, "the file is empty", "begins with"),
        ("a: 1\na: 2\n", 2, "the key 'a' occurs twice, first in line 1", "Remove or rename one."),
        ("a:\n\tb: 1\n", 2, "not valid YAML", "Replace the tab with spaces."),
        ("a: b: c\n", 1, "mapping values are not allowed here", "quote texts that contain ': '"),
        ("a: [1\nb: 2\n", 2, "not valid YAML", "Check the indentation"),
        ("a: {b: why?}\n", 1, "but got '?'", "or have a '?' within { }."),
        ("a: @x\n", 1, "cannot start any token", "begin with a sign such as @"),
        ("a: 1\n---\nb: 2\n", 2, "not valid YAML", "Check the indentation"),
        ("a: &x 1\nb: 2\n", 1, "alias or anchor &x", "put it in quotes"),
        ("a: 1\nb: *x\n", 2, "alias or anchor *x", "Write the text out"),
        ("a: !!python/object/apply:os.system [ls]\n", 1, "YAML tag", "Remove it"),
        ("a: !secret x\n", 1, "the YAML tag !secret", "Remove it"),
        ("a: !!str 4471\n", 1, "YAML tag", "quote the text"),
        ("a: 1\n2: b\n", 2, "the key 2 is not text", "Put it in quotes."),
        ("? [a]\n: b\n", 1, "the key a list or map is not text", "Put it in quotes."),
        ("true: b\n", 1, "the key true is not text", "Put it in quotes."),
        ("a: 1\nb: x\x07\n", 2, "is not allowed in YAML", "Remove it."),
        ('a: 1\nb: "\\ud800"\n', 2, "half a character", "Write the whole character."),
        ('a: 1\n"\\udfff": 2\n', 2, "half a character", "Write the whole character."),
        ('a: 1\nb: "\\UFFFFFFFF"\n', 2, "not valid YAML", "Check escapes such as \\U"),
    ],
)
def test_a_mistake_is_reported_with_line_and_remedy(
    write: Write, source: str, line: int, message: str, remedy: str
) -> None:
    path = write(source)
    error = refusal(path)
    assert (error.path, error.line) == (path, line)
    assert str(error).startswith(f"{path}:{line}: " if line else f"{path}: ")
    assert message in error.message
    assert remedy in error.message


def test_bytes_that_are_not_utf8_are_located(write: Write) -> None:
    error = refusal(write("a: 1\nb: Käse\n".encode("latin-1")))
    assert error.line == 2
    assert error.message == "byte 0xe4 is not UTF-8. Save the file as UTF-8."


def test_utf16_is_refused(write: Write) -> None:
    assert "is not UTF-8" in refusal(write("a: 1".encode("utf-16"))).message


def test_a_file_over_one_mebibyte_is_refused_and_one_of_exactly_that_is_read(write: Write) -> None:
    head = b"a: "
    assert len(read_document(write(head + b"x" * (MAX_BYTES - len(head)))).data["a"]) == MAX_BYTES - len(head)
    assert "larger than 1 MiB" in refusal(write(head + b"x" * MAX_BYTES)).message


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    assert "cannot be read: No such file" in refusal(tmp_path / "none.kv.yaml").message
    assert "cannot be read: Is a directory" in refusal(tmp_path).message


def test_aliases_that_explode_are_refused_before_they_do(write: Write) -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    assert "alias or anchor &a" in refusal(write(bomb)).message


@pytest.mark.parametrize("source", ["[" * 100_000, "a: " + "{b: " * 5000, "- " * 3000 + "x"])
def test_endless_nesting_is_refused(write: Write, source: str) -> None:
    assert "nested deeper than 32 levels. Flatten the value." in refusal(write(source)).message


@SHARED_FILE
@given(content=st.binary(max_size=200))
def test_random_bytes_raise_nothing_but_a_contract_error(write: Write, content: bytes) -> None:
    try:
        read_document(write(content))
    except ContractError as error:
        assert error.message


@SHARED_FILE
@given(content=st.text(alphabet="ab01:-?{}[],&*!|>%@`\"'\\#~ \n\t\u0085U", max_size=60))
def test_random_yaml_raises_nothing_but_a_contract_error(write: Write, content: str) -> None:
    try:
        read_document(write(content))
    except ContractError as error:
        assert error.message


@pytest.mark.parametrize("source", ["a: [" + "1," * 1_000 + "1]", "\n".join(f"k{n}: 1" for n in range(600))])
def test_more_values_than_a_contract_has_are_refused_before_they_are_read(
    write: Write, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yaml_document, "MAX_NODES", 1_000)
    error = refusal(write(source))
    assert error.message == "more than 1,000 keys, items and texts. Split the contract into several files."
    assert error.line in (1, 500)


@pytest.mark.parametrize("number", ["9" * 400 + ".0", "-" + "9" * 400 + ".", "9" * 300 + "e99"])
def test_a_number_that_no_float_holds_is_refused(write: Write, number: str) -> None:
    problem = refusal(write(f"kvguard: 1\nmax: {number}"))
    assert (problem.line, "digits is too large. Write a smaller one." in problem.message) == (2, True)
