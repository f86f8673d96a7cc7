"""A contract of six instructions, of which one is checked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_kvguard.contract.model import Block, Contract, Instruction, Orderings, Probe


def build(ids: str = "abcdef", orderings: Orderings | None = None, paraphrases: tuple[str, ...] = ()) -> Contract:
    checked = Instruction(ids[-1], f"Text {ids[-1]}.", (("contains", "x"),), paraphrases=paraphrases)
    others = (Instruction(name, f"Text {name}.") for name in ids[:-1])
    parts = (Block("history", "History."), *others, checked)
    return Contract("c", Path("c.kv.yaml"), "Preamble.", parts, (Probe("p", ("Hi",)),), orderings)


@pytest.fixture
def make_contract() -> Callable[..., Contract]:
    """(instruction ids, orderings, paraphrases of the last) → contract; a block stands before the instructions."""
    return build
