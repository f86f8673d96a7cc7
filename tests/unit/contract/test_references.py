"""References within a contract; the messages in full."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_kvguard.contract.parse import parse_contract
from pytest_kvguard.errors import ContractError

Write = Callable[[str], Path]


@pytest.mark.parametrize(
    ("written", "instead", "message"),
    [
        (
            "probes: [opening]",
            "probes: [opening, atack]",
            "9: unknown probe 'atack'. Allowed: opening, small-talk, attack. Did you mean 'attack'?",
        ),
        (
            "first: []",
            "first: [tone, secrets]",
            "23: unknown instruction 'secrets'. Allowed: hours, tone, secret. Did you mean 'secret'?",
        ),
        ("id: secret", "id: tone", "16: the id 'tone' occurs twice, first in line 12. Rename one."),
        (
            "first: [], last: []",
            "first: [hours, tone], last: [tone]",
            "23: instruction 'tone' is pinned both first and last. Remove it from one.",
        ),
    ],
)
def test_an_unknown_name_is_reported_in_one_line(
    write: Write, sample: str, written: str, instead: str, message: str
) -> None:
    path = write(sample.replace(written, instead, 1))
    with pytest.raises(ContractError) as caught:
        parse_contract(path)
    assert str(caught.value) == f"{path}:{message}"


def test_pins_may_name_every_instruction_once(write: Write, sample: str) -> None:
    contract = parse_contract(write(sample.replace("first: [], last: []", "first: [secret], last: [tone, hours]")))
    assert contract.orderings is not None
    assert contract.orderings.first == ("secret",)
    assert contract.orderings.last == ("tone", "hours")


def test_a_pin_may_not_be_repeated(write: Write, sample: str) -> None:
    with pytest.raises(ContractError, match=r"orderings.first: found a list of 2. Allowed: .*each once"):
        parse_contract(write(sample.replace("first: []", "first: [tone, tone]")))


def test_an_instruction_may_have_the_name_of_a_probe(write: Write, sample: str) -> None:
    assert parse_contract(write(sample.replace("id: tone", "id: attack"))).written_order[1] == "attack"
