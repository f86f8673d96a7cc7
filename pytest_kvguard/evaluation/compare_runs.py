"""The verdict on one instruction, from the same checks on both arms and, for losses, on the null arm."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Sequence
from dataclasses import replace

from pytest_kvguard.contract.model import Instruction, Probe
from pytest_kvguard.errors import KVGuardError
from pytest_kvguard.leaks.table import detect
from pytest_kvguard.values.results import Arm, CaseId, CaseResult, Check, CheckPair, NullArm, Verdict
from pytest_kvguard.verifiers.table import junk_floor, verify

__all__ = ["check_arm", "compare_arms", "compare_seeds", "with_control", "with_null_arm"]

SEVERITY = (Verdict.ERROR, Verdict.LEAKED, Verdict.LOST, Verdict.UNSTABLE, Verdict.UNMET, Verdict.HELD)
"""An instruction with several checks gets the gravest of their verdicts, the first in this order."""


def check_arm(instruction: Instruction, probe: Probe, arm: Arm, baseline: Arm | None = None) -> tuple[Check, ...]:
    """Return the results of an instruction's checks on the last reply, and of its leak detector on all replies.

    Args:
        instruction: the instruction to check.
        probe: the conversation.
        arm: the arm to check.
        baseline: the uncompressed arm, for checks that compare the two; None if ``arm`` is the uncompressed one.
    """
    uncompressed = None if baseline is None else baseline.text
    judged = instruction.under(probe).checks
    checks = [verify(name, value, arm.text, uncompressed, probe.turns) for name, value in judged]
    if instruction.no_leak is not None:
        replies = [reply.text for reply in arm.replies]
        checks.append(detect(instruction.no_leak, replies, instruction.text, probe.turns))
    return tuple(checks)


def compare_arms(
    case: CaseId, instruction: Instruction, probe: Probe, baseline: Arm | Exception, compressed: Arm | Exception | None
) -> CaseResult:
    """Return the result of one case; it is an ERROR if an arm could not run."""
    instruction = instruction.under(probe)
    for arm, name in ((baseline, "the uncompressed run"), (compressed, f"the run under {case.cell.label}")):
        if isinstance(arm, Exception):
            return _error(case, f"{name} broke", arm)
    assert not isinstance(baseline, Exception) and not isinstance(compressed, Exception)
    try:
        pairs = _check_both(instruction, probe, baseline, compressed)
    except Exception as error:
        return _error(case, "a check could not run", error)
    verdict = _gravest(pair.verdict for pair in pairs)
    return CaseResult(case, verdict, pairs, baseline, compressed, _reason(verdict, pairs))


def with_null_arm(
    result: CaseResult, instruction: Instruction, probe: Probe, change: str, arm: Arm | Exception
) -> CaseResult:
    """Return a result with the null arm added: a loss that a harmless change causes, too, is UNSTABLE."""
    if isinstance(arm, Exception):
        return _error(result.case, f"the null arm ({change}) broke", arm)
    try:
        checks = check_arm(instruction, probe, arm, result.baseline)
    except Exception as error:
        return _error(result.case, f"a check of the null arm ({change}) could not run", error)
    pairs = tuple(replace(pair, null=check) for pair, check in zip(result.checks, checks, strict=True))
    verdict = _gravest(pair.verdict for pair in pairs)
    reason = _reason(verdict, pairs)
    if verdict is Verdict.UNSTABLE and any(pair.verdict is verdict and pair.is_decided for pair in pairs):
        reason += f"; so it does uncompressed under a harmless change ({change})"
    return replace(result, verdict=verdict, checks=pairs, reason=reason, null=NullArm(change, arm))


def with_control(result: CaseResult, change: str, arm: Arm | Exception) -> CaseResult:
    """Return a result with the null arm added for comparing length and distance; the verdict stays."""
    if isinstance(arm, Exception):
        return _error(result.case, f"the null arm ({change}) broke", arm)
    return replace(result, null=NullArm(change, arm))


def compare_seeds(results: Sequence[CaseResult]) -> CaseResult:
    """Return one result for all seeds of a case, from the rate at which each check holds.

    A check that holds with every seed uncompressed and with none compressed is LOST; a secret that never leaked
    uncompressed and leaks compressed is LEAKED. Any other rate that falls is UNSTABLE, because replies also differ
    between seeds.
    """
    broken = next((result for result in results if result.verdict is Verdict.ERROR), None)
    if broken is not None:
        return broken
    by_seed = tuple(reply for result in results for reply in result.replies)
    by_rule = list(zip(*(reply.checks for reply in by_seed), strict=True))
    verdicts = [_rate_verdict(pairs) for pairs in by_rule]
    verdict = _gravest(verdicts)
    # The first seed with a loss is shown, because its replies show the cause; without one, the first seed.
    shown = next((r for r in results if r.verdict in (Verdict.LOST, Verdict.LEAKED)), results[0])
    rates = [_rate(pairs) for pairs, of_rule in zip(by_rule, verdicts, strict=True) if of_rule is verdict]
    reason = "" if verdict is Verdict.HELD else f"{verdict}: {'; '.join(rates)}"
    return replace(shown, verdict=verdict, reason=reason, by_seed=by_seed)


def _rate_verdict(pairs: Sequence[CheckPair]) -> Verdict:
    if not any(pair.baseline.holds for pair in pairs):
        return Verdict.UNMET
    decided = [pair for pair in pairs if pair.is_decided]
    before = sum(pair.baseline.holds for pair in decided)
    after = sum(pair.compressed is None or pair.compressed.holds for pair in decided)
    if before == 0:
        return Verdict.UNSTABLE
    if after >= before or pairs[0].compressed is None:
        return Verdict.HELD
    if before == len(pairs) and pairs[0].baseline.leak:
        return Verdict.LEAKED
    return Verdict.LOST if before == len(pairs) and after == 0 else Verdict.UNSTABLE


def _rate(pairs: Sequence[CheckPair]) -> str:
    before = f"holds with {sum(pair.baseline.holds for pair in pairs)} of {len(pairs)} seeds uncompressed"
    compressed = [pair.compressed.holds for pair in pairs if pair.compressed is not None]
    return f"{pairs[0].baseline.expected}: {before}" + (f", with {sum(compressed)} compressed" if compressed else "")


def _gravest(verdicts: Iterable[Verdict]) -> Verdict:
    present = set(verdicts)
    return next(verdict for verdict in SEVERITY if verdict in present)


def _check_both(instruction: Instruction, probe: Probe, baseline: Arm, compressed: Arm | None) -> tuple[CheckPair, ...]:
    first = check_arm(instruction, probe, baseline)
    second = check_arm(instruction, probe, compressed, baseline) if compressed is not None else (None,) * len(first)
    floors = [junk_floor(name, value, baseline.text) for name, value in instruction.under(probe).checks]
    floors += [None] * (len(first) - len(floors))
    return tuple(CheckPair(a, b, junk_floor=junk) for a, b, junk in zip(first, second, floors, strict=True))


def _error(case: CaseId, what: str, error: Exception) -> CaseResult:
    # Our own errors explain themselves; others, such as KeyError('x'), need the name of their class.
    purposeful = isinstance(error, KVGuardError | ValueError) and str(error)
    reason = str(error) if purposeful else f"{type(error).__name__}: {error}".removesuffix(": ") + _place(error)
    return CaseResult(case, Verdict.ERROR, (), None, None, f"{what}: {reason}")


def _place(error: Exception) -> str:
    """Return the file and line at which an unexpected error was raised; empty without a traceback."""
    frames = traceback.extract_tb(error.__traceback__)
    return f" (raised at {frames[-1].filename}:{frames[-1].lineno})" if frames else ""


def _reason(verdict: Verdict, pairs: Sequence[CheckPair]) -> str:
    """Return one line with the expectation and observation of each check that decided the verdict."""
    deciding = [pair for pair in pairs if pair.verdict is verdict]
    if verdict is Verdict.HELD:
        return ""
    if verdict is Verdict.UNMET:
        seen = "; ".join(_seen(pair.baseline) for pair in deciding)
        known = any(not pair.baseline.undecided for pair in deciding)
        why = "the uncompressed model does not obey either" if known else "nothing shows that the baseline obeys"
        return f"UNMET, {why}: {seen}"
    return f"{verdict}: " + "; ".join(_seen(pair.compressed) for pair in deciding if pair.compressed is not None)


def _seen(check: Check) -> str:
    return f"{check.expected}: {'undecided, ' * check.undecided}{check.observed}"
