"""Files in IFEval's format: the contract of a line, and the error of a wrong one."""

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
LINE: dict[str, Any] = {
    "key": 1000,
    "prompt": f"{USER} {SYSTEM}",
    "instruction_id_list": ["punctuation:no_comma", "length_constraints:number_words"],
    "kwargs": [{}, {"num_words": 50, "relation": "at least"}],
    "messages": [{"role": "system", "content": SYSTEM}, {"role": "user", "content": USER}],
}
HUB_LINE = {key: value for key, value in LINE.items() if key != "messages"} | {
    "kwargs": [{"num_words": None, "relation": None}, {"num_words": 50, "relation": "at least", "keywords": None}]
}

Write = Callable[..., Path]


@pytest.fixture
def lines(tmp_path: Path) -> Write:
    """Write lines, given as values or as text."""

    def write_lines(*given: object) -> Path:
        path = tmp_path / "rows.jsonl"
        texts = [line if isinstance(line, str) else json.dumps(line) for line in given]
        path.write_text("\n".join(texts) + "\n", encoding="utf-8")
        return path

    return write_lines


def contract_of(path: Path, **options: Any) -> Contract:
    (contract,) = read_ifeval(path, **options)
    assert isinstance(contract, Contract)
    return contract


def complaint(path: Path) -> ContractError:
    error = next(entry for entry in read_ifeval(path) if isinstance(entry, ContractError))
    assert error.path == path
    return error


def test_a_line_becomes_a_contract_of_its_messages(lines: Write) -> None:
    contract = contract_of(lines(LINE))
    assert contract.name == "rows"
    assert contract.system_text(contract.written_order) == SYSTEM
    assert [(probe.id, probe.turns) for probe in contract.probes] == [("1000", (USER,))]
    assert contract.generate.max_new_tokens == 256


def test_every_instruction_of_a_line_is_checked_by_itself_in_the_one_text(lines: Write) -> None:
    contract = contract_of(lines(LINE), mode="loose")
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


def test_a_value_of_the_text_is_a_value_of_every_instruction_in_it(lines: Write) -> None:
    contract = contract_of(lines(LINE))
    assert contract.for_every_instruction({"punctuation:no_comma": 0.5}) == dict.fromkeys(
        LINE["instruction_id_list"], 0.5
    )
    assert contract.for_every_instruction({}) == {}


def test_a_line_of_the_original_format_has_its_prompt_where_it_is_compressed(lines: Write) -> None:
    contract = contract_of(lines(HUB_LINE), max_new_tokens=40)
    assert contract.system_text(contract.written_order) == LINE["prompt"]
    assert contract.probes[0].turns == (REQUEST,)
    assert contract.generate.max_new_tokens == 40
    assert contract.instruction("punctuation:no_comma").checks[0][1] == {"id": "punctuation:no_comma", "mode": "strict"}


def test_an_instruction_that_occurs_twice_gets_a_number(lines: Write) -> None:
    line = {**LINE, "instruction_id_list": ["keywords:existence"] * 2, "kwargs": [{"keywords": ["a"]}] * 2}
    assert [part.id for part in contract_of(lines(line)).instructions] == ["keywords:existence", "keywords:existence-2"]


def test_keys_may_be_missing_and_become_typeable(lines: Write) -> None:
    bare = {key: value for key, value in LINE.items() if key not in ("key", "kwargs")}
    bare["instruction_id_list"] = ["punctuation:no_comma"]
    entries = list(read_ifeval(lines("", bare, {**LINE, "key": "a b::c/d"})))
    assert [entry.probes[0].id for entry in entries if isinstance(entry, Contract)] == ["line2", "a-b-c-d"]
    assert [entry.instructions[0].line for entry in entries if isinstance(entry, Contract)] == [2, 3]


def test_the_limit_does_not_count_blank_lines(lines: Write) -> None:
    path = lines("", LINE, "", "not json", {**LINE, "key": 2})
    assert [type(entry) for entry in read_ifeval(path, limit=2)] == [Contract, ContractError]
    assert len(list(read_ifeval(path))) == 3


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{not json", "not JSON: Expecting property name"),
        ("[" * 99999, "not JSON: "),
        (
            "[1]",
            "the line: found '[1]'. Allowed: an object with instruction_id_list, kwargs, and messages or prompt.",
        ),
        ({"prompt": "x"}, "the line has no 'instruction_id_list'. Found: 'prompt'. Add it."),
        (
            {**LINE, "instruction_ids": 1} | {"instruction_id_list": []},
            "instruction_id_list: found '[]'. Allowed: a list",
        ),
        ({"instruction_id_list": ["punctuation:no_comma"]}, "the line has no 'messages' or 'prompt'."),
        ({**LINE, "instruction_id_list": ["punctuation:no_coma", "x"]}, "Did you mean 'punctuation:no_comma'?"),
        ({**LINE, "instruction_id_list": ["zzz", "x"]}, "unknown instruction 'zzz'. Allowed: change_case:"),
        ({**LINE, "kwargs": [{}]}, "kwargs has 1 objects for 2 ids in instruction_id_list. Give one for each."),
        (
            {**LINE, "kwargs": [{}, {"num_words": "many", "relation": "at least"}]},
            "kwargs of length_constraints:number_words: num_words is 'many'. Allowed: a whole number, 1 or more.",
        ),
        ({**LINE, "kwargs": [{}, {"num_words": 5}]}, "kwargs: length_constraints:number_words needs 'relation'"),
        ({**LINE, "kwargs": [{"keyword": "x"}, {}]}, "kwargs: punctuation:no_comma takes no 'keyword'."),
        (
            {**LINE, "messages": LINE["messages"][::-1]},
            "messages: found the roles user, system. Allowed: system, then user.",
        ),
        ({**LINE, "messages": [{"role": "system"}]}, "Allowed: a list of a system message and user messages."),
        ({**LINE, "prompt": " "}, "prompt: found ' '. Allowed: a text that is not blank."),
        (
            {**LINE, "messages": [*LINE["messages"], {"role": "user"}]},
            "messages[2] has no 'content'. Found: 'role'. Add it.",
        ),
    ],
)
def test_a_bad_line_states_the_finding_and_what_is_allowed_and_the_others_are_read(
    lines: Write, line: object, message: str
) -> None:
    path = lines({**LINE, "key": 1}, line, {**LINE, "key": 3})
    error = complaint(path)
    assert error.line == 2
    assert message in error.message
    assert [type(entry) for entry in read_ifeval(path)] == [Contract, ContractError, Contract]


def test_a_key_that_occurs_twice_is_refused_the_second_time(lines: Write) -> None:
    error = complaint(lines(LINE, LINE))
    assert (error.line, error.message) == (
        2,
        "the key '1000' occurs twice, first in line 1. Rename or remove one.",
    )


def test_bytes_that_are_no_text_fail_their_own_line(lines: Write) -> None:
    path = lines(LINE)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes() + b'{"key": "caf\xe9"}\n')
    first, second = read_ifeval(path)
    assert isinstance(first, Contract), "a byte order mark is tolerated"
    assert isinstance(second, ContractError)
    assert "is not UTF-8. Save the file as UTF-8." in second.message


def test_a_line_without_end_is_not_read_to_its_end(lines: Write) -> None:
    path = lines(LINE, "x" * (2 * 1024 * 1024), {**LINE, "key": 3})
    first, second = read_ifeval(path)
    assert isinstance(first, Contract)
    assert isinstance(second, ContractError)
    assert second.message.startswith("longer than 1 MiB")
