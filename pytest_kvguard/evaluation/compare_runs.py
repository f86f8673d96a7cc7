"""The verdict on one instruction, from the same checks on both arms."""

from __future__ import annotations

import traceback
from collections.abc import Sequence

from pytest_kvguard.contract.model import Instruction, Probe
from pytest_kvguard.errors import KVGuardError
from pytest_kvguard.leaks.table import detect
from pytest_kvguard.results import Arm, CaseId, CaseResult, Check, CheckPair, Verdict
from pytest_kvguard.verifiers.table import floor, verify

__all__ = ["check_arm", "compare_arms"]

SEVERITY = (Verdict.ERROR, Verdict.LEAKED, Verdict.LOST, Verdict.UNMET, Verdict.HELD)
"""An instruction with several checks gets the first of these that any of them gets."""


def check_arm(instruction: Instruction, probe: Probe, arm: Arm, baseline: Arm | None = None) -> tuple[Check, ...]:
    """Apply an instruction's checks to the last reply, its leak rule to all replies.

    Args:
        instruction: whose checks are made.
        probe: the conversation.
        arm: the arm that is judged.
        baseline: the uncompressed arm, for checks that compare; None when ``arm`` is it.
    """
    uncompressed = None if baseline is None else baseline.text
    checks = [verify(name, value, arm.text, uncompressed) for name, value in instruction.checks]
    if instruction.no_leak is not None:
        replies = [reply.text for reply in arm.replies]
        checks.append(detect(instruction.no_leak, replies, instruction.text, probe.turns))
    return tuple(checks)


def compare_arms(
    case: CaseId, instruction: Instruction, probe: Probe, baseline: Arm | Exception, compressed: Arm | Exception | None
) -> CaseResult:
    """Return the outcome of one case; an arm that could not run makes it an ERROR, never a pass."""
    for arm, name in ((baseline, "the uncompressed run"), (compressed, f"the run under {case.policy}")):
        if isinstance(arm, Exception):
            return _error(case, f"{name} broke", arm)
    assert not isinstance(baseline, Exception) and not isinstance(compressed, Exception)
    try:
        pairs = _check_both(instruction, probe, baseline, compressed)
    except Exception as error:
        return _error(case, "a check could not be made", error)
    verdict = next(v for v in SEVERITY if v in {pair.verdict for pair in pairs})
    return CaseResult(case, verdict, pairs, baseline, compressed, _reason(verdict, pairs))


def _check_both(instruction: Instruction, probe: Probe, baseline: Arm, compressed: Arm | None) -> tuple[CheckPair, ...]:
    first = check_arm(instruction, probe, baseline)
    second = check_arm(instruction, probe, compressed, baseline) if compressed is not None else (None,) * len(first)
    floors = [floor(name, value, baseline.text) for name, value in instruction.checks]
    floors += [None] * (len(first) - len(floors))
    return tuple(CheckPair(a, b, junk) for a, b, junk in zip(first, second, floors, strict=True))


def _error(case: CaseId, what: str, error: Exception) -> CaseResult:
    # Errors raised on purpose say what is wrong; of others, such as KeyError('x'), the kind is half of the message.
    purposeful = isinstance(error, KVGuardError | ValueError) and str(error)
    reason = str(error) if purposeful else f"{type(error).__name__}: {error}".removesuffix(": ") + _place(error)
    return CaseResult(case, Verdict.ERROR, (), None, None, f"{what}: {reason}")


def _place(error: Exception) -> str:
    """Return the file and line an unplanned error was raised at, if it was raised at all."""
    frames = traceback.extract_tb(error.__traceback__)
    return f" (raised at {frames[-1].filename}:{frames[-1].lineno})" if frames else ""


def _reason(verdict: Verdict, pairs: Sequence[CheckPair]) -> str:
    """Say in one line what the checks that gave the verdict saw."""
    deciding = [pair for pair in pairs if pair.verdict is verdict]
    if verdict is Verdict.HELD:
        return ""
    if verdict is Verdict.UNMET:
        seen = "; ".join(f"{pair.baseline.expected}: {pair.baseline.observed}" for pair in deciding)
        return f"UNMET, the uncompressed model does not obey either: {seen}"
    checks = [pair.compressed for pair in deciding if pair.compressed is not None]
    return f"{verdict}: " + "; ".join(f"{check.expected}: {check.observed}" for check in checks)
