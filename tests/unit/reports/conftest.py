"""One lost instruction, with all its evidence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_kvguard.contract.model import Contract, Instruction, Probe
from pytest_kvguard.values.cell import Cell
from pytest_kvguard.values.results import (
    Arm,
    CacheReport,
    CaseId,
    CaseResult,
    Check,
    CheckPair,
    KeepRate,
    Reply,
    Verdict,
)

HOLDS = Check("contains", True, "contains '9:30'", "'9:30' is in the reply")
HALF_KEPT = KeepRate((1.0, 0.25), 8)
FAILS = Check("contains", False, "contains '9:30'", "'9:30' is not in the reply")


@pytest.fixture
def contract() -> Contract:
    hours = Instruction("hours", "We open at 9:30.", checks=(("contains", "9:30"),), line=6)
    tone = Instruction("tone", "Lowercase.", checks=(("lowercase", True),), line=9)
    return Contract("shop", Path("shop.kv.yaml"), "", (hours, tone), (Probe("opening", ("When do you open?",)),))


@pytest.fixture
def case() -> CaseId:
    return CaseId("shop", "opening", "hours", Cell.of("snapkv", "0.5"), ("tone", "hours"), 2)


@pytest.fixture
def result_of(case: CaseId) -> Callable[..., CaseResult]:
    def make(
        verdict: Verdict = Verdict.LOST,
        uncompressed: str = "we open at 9:30",
        compressed: str = "we open at nine",
        checks: tuple[Check, Check] = (HOLDS, FAILS),
        rate: KeepRate | None = HALF_KEPT,
        notes: tuple[str, ...] = (),
    ) -> CaseResult:
        cache = CacheReport("0.5", 200, 101, 4 * 2**20, 2 * 2**20, notes)
        rates = {"hours": rate} if rate else {}
        return CaseResult(
            case,
            verdict,
            (CheckPair(*checks),),
            Arm((Reply(uncompressed, (1, 2, 3, 4), "stop"),)),
            Arm((Reply(compressed, (1, 2), "stop"),), cache, rates),
            f"{verdict}: why",
        )

    return make
