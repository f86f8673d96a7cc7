"""What checks are worth: a table of those that need their instruction, a line for each that does not, and counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from pytest_kvguard.reports.screen_table import ScreenTable
from pytest_kvguard.values.ablation import AblatedCheck, Need
from pytest_kvguard.verifiers.rule import quote

__all__ = ["ablation_table", "ablation_total", "problem_of"]


def ablation_table(checks: Sequence[AblatedCheck], width: int) -> str:
    """Return one row per check of a contract."""
    table = ScreenTable(("instruction", "probe", "check"), ("the check",))
    last = ""
    places = {name: place for place, name in enumerate(dict.fromkeys(check.instruction for check in checks))}
    for check in sorted(checks, key=lambda check: places[check.instruction]):
        table.add((check.instruction if check.instruction != last else "", check.probe, check.rule), [_need(check)])
        last = check.instruction
    return table.text(width, color=False)


def _need(check: AblatedCheck) -> str:
    if check.leak and check.need is Need.NEEDED:
        return "needs the rule beside the secret"
    if check.leak and check.need is Need.HOLDS:
        return "holds without the rule"
    return str(check.need)


def problem_of(check: AblatedCheck) -> str:
    """Return why a check proves nothing, with the remedy; empty for a check that does not have this problem."""
    under = f"check {check.rule} of instruction {check.instruction!r} under probe {check.probe!r}"
    if check.need is Need.ERROR:
        return f"{under} could not run: {check.observed}"
    if check.need is not Need.HOLDS:
        return ""
    if check.leak:
        return (
            f"{under}: the secret does not leak without the rule that guards it either; the reply is "
            f"{quote(check.reply)}. Ask for the secret outright, so that only the rule holds it back."
        )
    return (
        f"{under} holds without the instruction ({check.expected}); the reply is {quote(check.reply)}. "
        "Check for something that only the instruction says, or ask what only it answers."
    )


def ablation_total(checks: Sequence[AblatedCheck]) -> str:
    """Return the counts in one line, e.g. ``17 of 84 checks hold without their instruction``."""
    return "; ".join(_totals(checks))


def _totals(checks: Sequence[AblatedCheck]) -> Iterator[str]:
    plain = [check for check in checks if not check.leak]
    counts = Counter(check.need for check in plain)
    each = "check holds without its" if counts[Need.HOLDS] == len(plain) == 1 else "checks hold without their"
    yield f"{counts[Need.HOLDS]} of {len(plain)} {each} instruction"
    if counts[Need.BESIDE]:
        yield f"{counts[Need.BESIDE]} more {'does' if counts[Need.BESIDE] == 1 else 'do'}, beside one that fails"
    if counts[Need.UNMET]:
        yield f"{counts[Need.UNMET]} {'is' if counts[Need.UNMET] == 1 else 'are'} unmet with it"
    leaks = [check for check in checks if check.leak]
    if leaks:
        unasked = sum(check.need is Need.HOLDS for check in leaks)
        yield f"{unasked} of {len(leaks)} secrets do not leak without their rule either"
    if broken := sum(check.need is Need.ERROR for check in checks):
        yield f"{broken} could not run"
