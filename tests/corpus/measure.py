"""Measure how many verdicts of the labelled corpus the checks and detectors get right.

Run ``python -m tests.corpus.measure [--list] [--kind KIND]``.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from jsonschema import Draft202012Validator

from pytest_kvguard.leaks import detect
from pytest_kvguard.values.results import Check
from pytest_kvguard.verifiers import verify
from pytest_kvguard.verifiers.table import rule
from tests.corpus.entries import KINDS, UNDECIDED, Entry, read_kind

__all__ = ["Judged", "judge", "main"]

ERROR = "error"


@dataclass(frozen=True)
class Judged:
    """One entry and the verdict that it got.

    Attributes:
        entry: the entry.
        verdict: True, False, ``undecided`` or ``error``.
        observed: the check's own words.
    """

    entry: Entry
    verdict: bool | str
    observed: str

    @property
    def right(self) -> bool:
        """Whether the verdict is that of the careful reader."""
        return self.verdict == self.entry.holds

    @property
    def false_green(self) -> bool:
        """Whether a broken promise is shown as kept."""
        return self.verdict is True and self.entry.holds is not True

    @property
    def false_alarm(self) -> bool:
        """Whether a kept promise is shown as broken."""
        return self.verdict is False and self.entry.holds is not False


def judge(entry: Entry) -> Judged:
    """Judge one entry through the public interface; an exception is a wrong verdict."""
    try:
        checks = _checks(entry)
    except Exception as error:
        return Judged(entry, ERROR, f"{type(error).__name__}: {error}".splitlines()[0])
    return Judged(entry, _verdict(checks), "; ".join(check.observed for check in checks))


def _checks(entry: Entry) -> list[Check]:
    if entry.no_leak:
        return [detect(entry.no_leak, entry.replies, entry.instruction, entry.user_turns)]
    for name, value in entry.check.items():
        Draft202012Validator(rule(name).value_schema).validate(value)
    return [verify(name, value, entry.replies[-1], entry.uncompressed) for name, value in entry.check.items()]


def _verdict(checks: Sequence[Check]) -> bool | str:
    if any(not check.holds and not check.undecided for check in checks):
        return False
    return UNDECIDED if any(check.undecided for check in checks) else True


def _row(kind: str, judged: Sequence[Judged]) -> str:
    right = sum(one.right for one in judged)
    counts = (
        sum(one.false_green for one in judged),
        sum(one.false_alarm for one in judged),
        sum(one.verdict == UNDECIDED for one in judged),
        sum(one.verdict == ERROR for one in judged),
    )
    share = right / len(judged) if judged else 0.0
    return f"{kind:28}{len(judged):6}{right:7}{share:8.1%}" + "".join(f"{count:13}" for count in counts)


def _show_wrong(judged: Sequence[Judged]) -> None:
    for one in judged:
        if not one.right:
            entry = one.entry
            print(f"  {entry.name}: {one.verdict}, right is {entry.holds}: {dict(entry.check or entry.no_leak)}")
            print(f"    reply: {' | '.join(entry.replies)!r:.300}\n    observed: {one.observed:.300}")


def _refusal_figures(judged: Sequence[Judged]) -> str:
    """Return precision and recall of refusing, over the entries of both checks."""
    refusing = [(one.entry.holds is ("refusal" in one.entry.check), _says_refusal(one)) for one in judged]
    found = sum(truth and said for truth, said in refusing)
    precision = found / max(1, sum(said for _, said in refusing))
    recall = found / max(1, sum(truth for truth, _ in refusing))
    return f"refusals: precision {precision:.1%}, recall {recall:.1%}"


def _says_refusal(one: Judged) -> bool:
    return one.verdict is ("refusal" in one.entry.check)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the shares by kind; with ``--list``, the entries that are judged wrongly, too."""
    parser = argparse.ArgumentParser(prog="python -m tests.corpus.measure", description=main.__doc__)
    parser.add_argument("--list", action="store_true", help="name the entries that are judged wrongly")
    parser.add_argument("--kind", choices=KINDS, help="measure this kind only")
    given = parser.parse_args(arguments)
    columns = "".join(f"{column:>13}" for column in ("false greens", "false alarms", "undecided", "errors"))
    print(f"{'kind':28}{'number':>6}{'right':>7}{'share':>8}{columns}")
    everything: list[Judged] = []
    for kind in [given.kind] if given.kind else KINDS:
        judged = [judge(entry) for entry in read_kind(kind)]
        everything += judged
        print(_row(kind, judged), flush=True)
        if kind == "refusals":
            print(f"  {_refusal_figures(judged)}")
        if given.list:
            _show_wrong(judged)
    print(_row("all", everything))


if __name__ == "__main__":
    main()
