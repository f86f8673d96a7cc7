"""The reports of goldens: one that differs in full, and the summary of all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_kvguard.golden.judge import Judgement, Status
from pytest_kvguard.reports.difference import mark_difference
from pytest_kvguard.reports.printable import printable, without_commands
from pytest_kvguard.reports.report import Event
from pytest_kvguard.values.cell import NO_POLICY

__all__ = ["explain_golden", "golden_table"]

LABEL = 13
MOST_LISTED = 12


def explain_golden(
    judgement: Judgement, update: str, replies: tuple[str, str] | None = None, color: bool = False
) -> str:
    """Return the report of one golden.

    Args:
        judgement: the judgement, without secrets.
        update: the command that records the golden again.
        replies: the recorded reply and the reply now, if they differ.
        color: mark differences in colour instead of brackets.
    """
    lines = [f"GOLDEN {judgement.status}", _line("of", judgement.key.title), *_body(judgement)]
    for label, text in zip(("recorded", "now"), mark_difference(*replies, color) if replies else (), strict=False):
        lines += [_line(label, ""), *(f"    | {line}" for line in text.splitlines())]
    lines.append(_line("record" if judgement.status is Status.MISSING else "update", update))
    return without_commands("\n".join(line.rstrip() for line in lines))


def _body(judgement: Judgement) -> Iterator[str]:
    comparison = judgement.comparison
    if comparison is None:
        return
    if judgement.status is Status.REFUSED:
        yield _line("why", f"only {', '.join(judgement.levels)} may be updated, and more differs; nothing was written")
    difference = comparison.difference
    if difference is not None:
        yield _line("first", f"level {difference.level}")
        yield _line("where", printable(difference.where))
        yield _line("difference", printable(difference.detail))
    for result in comparison.results:
        if difference is None or result.level != difference.level:
            yield _line(result.level, printable(_short(str(result), result.level)))
    if comparison.changes:
        yield _line("environment", printable("; ".join(str(change) for change in comparison.changes)))
    else:
        yield _line("environment", "as recorded, so rounding explains nothing")


def _short(text: str, level: str) -> str:
    return text.removeprefix(f"{level} ")


def golden_table(outcomes: Sequence[Event], folder: str, unused: Sequence[str], pruned: bool) -> str:
    """Return the summary of a run's goldens: totals, one line per golden that is not as recorded, unused goldens.

    Args:
        outcomes: ``status``, ``golden``, ``subject``, ``policy`` and ``line`` of each.
        folder: the folder of the goldens.
        unused: titles of the goldens that this run did not use.
        pruned: whether those were deleted.
    """
    counts = {status: sum(o["status"] == status for o in outcomes) for status in map(str, Status)}
    total = ", ".join(f"{count} {status}" for status, count in counts.items() if count) or "none looked at"
    lines = [f"{folder}: {total}"]
    lines += [
        f"  {outcome['golden']}: {outcome['line']}"
        for outcome in sorted(outcomes, key=lambda outcome: outcome["golden"])
        if outcome["status"] != Status.SAME
    ]
    lines += _where_to_look(outcomes)
    if unused:
        what = "deleted, since this run does not use them" if pruned else "unused: recorded, but not looked at here"
        lines.append(f"{len(unused)} {what}")
        lines += [f"  {title}" for title in unused[:MOST_LISTED]]
        lines += [f"  and {len(unused) - MOST_LISTED} more"] * (len(unused) > MOST_LISTED)
        if not pruned:
            lines.append("  --kv-golden=update --kv-golden-prune deletes them, if this run is all there is")
    return "\n".join(lines)


def _where_to_look(outcomes: Sequence[Event]) -> Iterator[str]:
    """Yield a hint at the cause for each contract that differs under a policy, from its uncompressed golden."""
    differing = {o["subject"] for o in outcomes if o["status"] == Status.DIFFERS and o["policy"] != NO_POLICY}
    for outcome in outcomes:
        if outcome["policy"] == NO_POLICY and outcome["subject"] in differing:
            if outcome["status"] == Status.DIFFERS:
                yield f"{outcome['subject']} differs uncompressed, too: look at model, kernel and libraries first"
            elif outcome["status"] in (Status.SAME, Status.MOVED):
                yield f"{outcome['subject']} is as recorded uncompressed: look at the policy and the cache first"


def _line(label: str, text: str) -> str:
    return f"  {label:<{LABEL}} {text}"
