"""Files in IFEval's format: what a row becomes, and what is said of a bad one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_kvguard.contract.ifeval_file import REQUEST, read_ifeval
from pytest_kvguard.contract.model import Contract
from pytest_kvguard.errors import ContractError

SYSTEM, USER = "Use no commas, and at least 50 words.", "When do you open?"
ROW: dict[str, Any] = {
    "key": 1000,
    "prompt": f"{USER} {SYSTEM}",
    "instruction_id_list": ["punctuation:no_comma", "length_constraints:number_words"],
    "kwargs": [{}, {"num_words": 50, "relation": "at least"}],
    "messages": [{"role": "system", "content": SYSTEM}, {"role": "user", "content": USER}],
}
HUB_ROW = {key: value for key, value in ROW.items() if key != "messages"} | {
    "kwargs": [{"num_words": None, "relation": None}, {"num_words": 50, "relation": "at least", "keywords": None}]
}

Write = Callable[..., Path]


@pytest.fixture
def rows(tmp_path: Path) -> Write:
    """Write rows, given as values or as text."""

    def write_rows(*given: object) -> Path:
        path = tmp_path / "rows.jsonl"
        lines = [row if isinstance(row, str) else json.dumps(row) for row in given]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write_rows


def contract_of(path: Path, **options: Any) -> Contract:
    (contract,) = read_ifeval(path, **options)
    assert isinstance(contract, Contract)
    return contract


def complaint(path: Path) -> ContractError:
    error = next(entry for entry in read_ifeval(path) if isinstance(entry, ContractError))
    assert error.path == path
    return error


def test_a_row_becomes_a_contract_of_its_messages(rows: Write) -> None:
    contract = contract_of(rows(ROW))
    assert contract.name == "rows"
    assert contract.system_text(contract.written_order) == SYSTEM
    assert [(probe.id, probe.turns) for probe in contract.probes] == [("1000", (USER,))]
    assert contract.generate.max_new_tokens == 256


def test_every_instruction_of_a_row_is_checked_by_itself_in_the_one_text(rows: Write) -> None:
    contract = contract_of(rows(ROW), mode="loose")
    assert {instruction.id: instruction.checks for instruction in contract.checked("1000")} == {
        "punctuation:no_comma": (("ifeval", {"id": "punctuation:no_comma", "mode": "loose"}),),
        "length_constraints:number_words": (
            (
                "ifeval",
                {
                    "id": "length_constraints:number_words",
                    "mode": "loose",
                    "num_words": 50,
                    "relation": "at least",
                },
            ),
        ),
    }
    assert contract.written_order == ("punctuation:no_comma",)
    assert contract.instruction_intervals(contract.written_order) == {"punctuation:no_comma": (0, len(SYSTEM))}


def test_what_is_known_of_the_text_is_known_of_every_instruction_in_it(rows: Write) -> None:
    contract = contract_of(rows(ROW))
    assert contract.for_every_instruction({"punctuation:no_comma": 0.5}) == dict.fromkeys(
        ROW["instruction_id_list"], 0.5
    )
    assert contract.for_every_instruction({}) == {}


def test_a_row_of_the_original_format_has_its_prompt_where_it_is_compressed(rows: Write) -> None:
    contract = contract_of(rows(HUB_ROW), max_new_tokens=40)
    assert contract.system_text(contract.written_order) == ROW["prompt"]
    assert contract.probes[0].turns == (REQUEST,)
    assert contract.generate.max_new_tokens == 40
    assert contract.instruction("punctuation:no_comma").checks[0][1] == {"id": "punctuation:no_comma", "mode": "strict"}


def test_an_instruction_that_stands_twice_gets_a_number(rows: Write) -> None:
    row = {**ROW, "instruction_id_list": ["keywords:existence"] * 2, "kwargs": [{"keywords": ["a"]}] * 2}
    assert [part.id for part in contract_of(rows(row)).instructions] == ["keywords:existence", "keywords:existence-2"]


def test_keys_may_be_missing_and_become_typeable(rows: Write) -> None:
    bare = {key: value for key, value in ROW.items() if key not in ("key", "kwargs")}
    bare["instruction_id_list"] = ["punctuation:no_comma"]
    entries = list(read_ifeval(rows("", bare, {**ROW, "key": "a b::c/d"})))
    assert [entry.probes[0].id for entry in entries if isinstance(entry, Contract)] == ["line2", "a-b-c-d"]
    assert [entry.instructions[0].line for entry in entries if isinstance(entry, Contract)] == [2, 3]


def test_the_limit_counts_rows_and_not_blank_lines(rows: Write) -> None:
    path = rows("", ROW, "", "not json", {**ROW, "key": 2})
    assert [type(entry) for entry in read_ifeval(path, limit=2)] == [Contract, ContractError]
    assert len(list(read_ifeval(path))) == 3


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{not json", "not JSON: Expecting property name"),
        ("[" * 99999, "not JSON: "),
        ("[1]", "the row: found '[1]'. Allowed: an object with instruction_id_list, kwargs, and messages or prompt."),
        ({"prompt": "x"}, "the row has no 'instruction_id_list'. Found: 'prompt'. Add it."),
        (
            {**ROW, "instruction_ids": 1} | {"instruction_id_list": []},
            "instruction_id_list: found '[]'. Allowed: a list",
        ),
        ({"instruction_id_list": ["punctuation:no_comma"]}, "the row has no 'messages' or 'prompt'."),
        ({**ROW, "instruction_id_list": ["punctuation:no_coma", "x"]}, "Did you mean 'punctuation:no_comma'?"),
        ({**ROW, "instruction_id_list": ["zzz", "x"]}, "unknown instruction 'zzz'. Allowed: change_case:"),
        ({**ROW, "kwargs": [{}]}, "kwargs has 1 objects for 2 ids in instruction_id_list. Give one for each."),
        (
            {**ROW, "kwargs": [{}, {"num_words": "many", "relation": "at least"}]},
            "kwargs of length_constraints:number_words: num_words is 'many'. Allowed: a whole number, 1 or more.",
        ),
        ({**ROW, "kwargs": [{}, {"num_words": 5}]}, "kwargs: length_constraints:number_words needs 'relation'"),
        ({**ROW, "kwargs": [{"keyword": "x"}, {}]}, "kwargs: punctuation:no_comma takes no 'keyword'."),
        (
            {**ROW, "messages": ROW["messages"][::-1]},
            "messages: found the roles user, system. Allowed: system, then user.",
        ),
        ({**ROW, "messages": [{"role": "system"}]}, "Allowed: a list of a system message and user messages."),
        ({**ROW, "prompt": " "}, "prompt: found ' '. Allowed: a text that is not blank."),
        (
            {**ROW, "messages": [*ROW["messages"], {"role": "user"}]},
            "messages[2] has no 'content'. Found: 'role'. Add it.",
        ),
    ],
)
def test_a_bad_row_says_what_was_found_and_what_is_allowed_and_the_others_are_read(
    rows: Write, row: object, message: str
) -> None:
    path = rows({**ROW, "key": 1}, row, {**ROW, "key": 3})
    error = complaint(path)
    assert error.line == 2
    assert message in error.message
    assert [type(entry) for entry in read_ifeval(path)] == [Contract, ContractError, Contract]


def test_a_key_that_stands_twice_is_refused_the_second_time(rows: Write) -> None:
    error = complaint(rows(ROW, ROW))
    assert (error.line, error.message) == (
        2,
        "the key '1000' stands twice, first in line 1. Rename or remove one.",
    )


def test_bytes_that_are_no_text_fail_their_own_row(rows: Write) -> None:
    path = rows(ROW)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes() + b'{"key": "caf\xe9"}\n')
    first, second = read_ifeval(path)
    assert isinstance(first, Contract), "a byte order mark is tolerated"
    assert isinstance(second, ContractError)
    assert "is not UTF-8. Save the file as UTF-8." in second.message


def test_a_line_without_end_is_not_read_to_its_end(rows: Write) -> None:
    path = rows(ROW, "x" * (2 * 1024 * 1024), {**ROW, "key": 3})
    first, second = read_ifeval(path)
    assert isinstance(first, Contract)
    assert isinstance(second, ContractError)
    assert second.message.startswith("longer than 1 MiB")
