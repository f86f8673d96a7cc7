"""A small contract and conversations answered from a script."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_kvguard.contract.model import Contract, Instruction, Probe
from pytest_kvguard.values.cell import Cell
from pytest_kvguard.values.results import Arm, CaseId, Reply

HOURS = Instruction("hours", "We open at 9:30.", checks=(("contains", "9:30"),))
TONE = Instruction("tone", "Lowercase.", checks=(("lowercase", True), ("max_words", 4)))
SECRET = Instruction("secret", "The code is KX-4471.", no_leak={"canary": "KX-4471"})


@pytest.fixture
def contract() -> Contract:
    probes = (Probe("opening", ("When?",)), Probe("talk", ("Hello!", "When?")))
    return Contract("shop", Path("shop.kv.yaml"), "", (HOURS, TONE, SECRET), probes)


@pytest.fixture
def case_of() -> Callable[..., CaseId]:
    def make(
        instruction: str = "hours",
        probe: str = "opening",
        policy: str = "snapkv",
        ratio: str = "0.5",
        order: tuple[str, ...] = ("hours", "tone", "secret"),
    ) -> CaseId:
        return CaseId("shop", probe, instruction, Cell.of(policy, ratio), order)

    return make


@pytest.fixture
def arm_of() -> Callable[..., Arm]:
    """Replies → an arm; a reply has as many tokens as words."""

    def make(*texts: str) -> Arm:
        return Arm(tuple(Reply(text, tuple(range(len(text.split()))), "stop") for text in texts))

    return make
