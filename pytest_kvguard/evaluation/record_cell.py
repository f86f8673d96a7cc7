"""The recording of one contract in one cell, for goldens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pytest_kvguard.contract.model import Contract
from pytest_kvguard.errors import KVGuardError, RunError
from pytest_kvguard.evaluation.run_case import Runner, conversations_of
from pytest_kvguard.golden.recording import RecordedTurn, Recording, record_arm
from pytest_kvguard.values.results import CaseId

__all__ = ["record_cell", "recorded_environment"]


def recorded_environment(runner: Runner, kernel: str) -> dict[str, str]:
    """Return the backend's environment, or its title if it has none, and the kernel."""
    environment: Mapping[str, str] = getattr(runner.backend, "environment", {"backend": runner.backend.title})
    return {**environment, "kernel": kernel}


def record_cell(runner: Runner, contract: Contract, cases: Sequence[CaseId], scope: str) -> Recording:
    """Return the recording of all conversations of a cell, after running those that are missing.

    Args:
        runner: runs conversations; its backend records traces if it can.
        contract: the contract.
        cases: every case of the cell, in the written order of instructions.
        scope: what is compressed.

    Raises:
        KVGuardError: a conversation could not be run.
    """
    runner.run_cases([(contract, case) for case in cases], scope)
    conversations = {case.probe: _record(runner, contract, case, scope) for case in cases}
    verdicts = {f"{c.probe}::{c.instruction}": str(runner.result(contract, c, scope).verdict) for c in cases}
    environment = recorded_environment(runner, cases[0].cell.kernel)
    policy = cases[0].cell.policy
    return Recording(conversations, verdicts, environment, policy is not None and policy.quantizes)


def _record(runner: Runner, contract: Contract, case: CaseId, scope: str) -> tuple[RecordedTurn, ...]:
    baseline, compressed = conversations_of(contract, case, scope, contract.generate.drawn_seeds[0])
    arm = runner.arm(compressed or baseline)
    if isinstance(arm, KVGuardError):
        raise arm
    if isinstance(arm, Exception):
        raise RunError(f"{case.probe} under {case.cell.label} broke, so nothing can be recorded: {arm}") from arm
    return record_arm(arm)
