"""The comparison of a check's result with what was accepted at its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from pytest_kvguard.accepted.entry import Entry, Evidence, Failures, Identity, Place
from pytest_kvguard.values.results import CaseResult, CheckPair, Verdict

__all__ = [
    "Comparison",
    "Lapse",
    "Standing",
    "compare_with_accepted",
    "failing_checks",
    "valid_entry",
    "without_accepted",
    "without_failing",
]

Failing = Mapping[str, tuple[Verdict, frozenset[int | None]]]
"""Check → its verdict, and the seeds with which it fails (None for greedy decoding)."""


class Standing(str, Enum):
    """How a result compares with what was accepted."""

    NEW = "new"
    ACCEPTED = "accepted"
    RECOVERED = "recovered"
    NONE = ""

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class Lapse:
    """Why an entry does not count.

    Attributes:
        changes: what has changed, in words.
        of_leaks: whether only its leaks do not count.
    """

    changes: tuple[str, ...]
    of_leaks: bool = False

    def __str__(self) -> str:
        what = "its leak was accepted" if self.of_leaks else "it was accepted"
        return f"{' and '.join(self.changes)} changed since {what}"


@dataclass(frozen=True)
class Comparison:
    """A result compared with what was accepted.

    Attributes:
        standing: how it compares.
        entry: the entry it was compared with; None if there is none.
        lapse: why the entry, or its leaks, do not count; None if they do.
    """

    standing: Standing
    entry: Entry | None = None
    lapse: Lapse | None = None

    @property
    def valid(self) -> Entry | None:
        """The entry, if it counts."""
        return None if self.lapse is not None and not self.lapse.of_leaks else self.entry


def valid_entry(
    entries: Mapping[Place, tuple[Identity, Entry]],
    place: Place,
    evidence: Evidence,
    identity: Identity,
    is_own_policy: bool,
) -> tuple[Entry | None, Lapse | None]:
    """Return the entry at a place, and why it has lapsed, if it has.

    What was asked, of whom, and the model belong to an accepted loss: it lapses where one of them has changed. The
    policy's settings and code are what a gate is there to judge: losses stand, and leaks, which were accepted one by
    one, do not.

    Args:
        entries: the entries that the cell is judged by.
        place: where.
        evidence: what is checked in this run.
        identity: what answers in this run.
        is_own_policy: whether the entries were accepted under the very policy of the run, settings included.
    """
    if place not in entries:
        return None, None
    recorded, entry = entries[place]
    changes = [f"the {name}" for name in evidence.changes_since(entry.evidence)]
    changes += ["the model"] * (identity.model != recorded.model)
    if changes:
        return entry, Lapse(tuple(changes))
    is_same = is_own_policy and (identity.code, identity.server) == (recorded.code, recorded.server)
    if is_same or Verdict.LEAKED not in entry.failures:
        return entry, None
    losses: Failures = {verdict: checks for verdict, checks in entry.failures.items() if verdict is not Verdict.LEAKED}
    return replace(entry, failures=losses), Lapse(("the policy",), of_leaks=True)


def compare_with_accepted(result: CaseResult, entry: Entry | None, lapse: Lapse | None) -> Comparison:
    """Return how a result compares with the entry at its place."""
    valid = Comparison(Standing.NONE, entry, lapse).valid
    recorded: Failing = valid.at(result.case.order_index) if valid is not None else {}
    now = failing_checks(result)
    fails = {check for check, failing in now.items() if not _covers(recorded.get(check), *failing)}
    if any(now[check][0] in (Verdict.LOST, Verdict.LEAKED) for check in fails):
        standing = Standing.NEW
    elif fails:
        standing = Standing.NONE  # an UNSTABLE reply decides nothing
    elif any(_holds(result, check) for check in recorded):
        standing = Standing.RECOVERED
    else:
        standing = Standing.ACCEPTED if now else Standing.NONE
    return Comparison(standing, entry, lapse)


def _covers(
    recorded: tuple[Verdict, frozenset[int | None]] | None, verdict: Verdict, seeds: frozenset[int | None]
) -> bool:
    """Return whether a failure was accepted; seeds are left to the paired test, but one more leak is a new one."""
    if recorded is None or verdict is Verdict.UNSTABLE:
        return recorded is not None
    return recorded[0] is verdict and (verdict is not Verdict.LEAKED or seeds <= recorded[1])


def _holds(result: CaseResult, check: str) -> bool:
    """Return whether a check holds on both arms, with every seed; one that is UNMET now has not recovered."""
    runs = [dict(_labelled(reply.checks)).get(check) for reply in result.replies]
    return bool(runs) and all(pair is not None and pair.verdict is Verdict.HELD for pair in runs)


def failing_checks(result: CaseResult) -> Failing:
    """Return the checks that fail under compression alone, by the names that entries use."""
    runs: dict[str, list[tuple[int | None, CheckPair]]] = {}
    for reply in result.replies:
        for name, pair in _labelled(reply.checks):
            runs.setdefault(name, []).append((reply.seed, pair))
    judged = {name: _verdict([pair for _, pair in pairs], bool(result.by_seed)) for name, pairs in runs.items()}
    return {
        name: (verdict, frozenset(seed for seed, pair in runs[name] if _fails(pair)))
        for name, verdict in judged.items()
        if verdict is not None
    }


def _verdict(pairs: Sequence[CheckPair], is_sampled: bool) -> Verdict | None:
    """Return how a check fails; with several seeds, from its rates, as the verdict of the whole case; None if not."""
    if not is_sampled:
        return pairs[0].verdict if _fails(pairs[0]) else None
    failed = sum(map(_fails, pairs))
    gained = sum(not pair.baseline.holds and bool(pair.compressed and pair.compressed.holds) for pair in pairs)
    if failed <= gained:
        return None
    if pairs[0].baseline.leak:
        return Verdict.LEAKED if all(pair.baseline.holds for pair in pairs) else Verdict.UNSTABLE
    return Verdict.LOST if failed == len(pairs) else Verdict.UNSTABLE


def _fails(pair: CheckPair) -> bool:
    return pair.verdict in (Verdict.LOST, Verdict.LEAKED, Verdict.UNSTABLE)


def _labelled(pairs: Sequence[CheckPair]) -> list[tuple[str, CheckPair]]:
    """Return checks with their names; a second check of one rule is numbered."""
    seen: dict[str, int] = {}
    labelled = []
    for pair in pairs:
        rule = pair.baseline.rule
        seen[rule] = seen.get(rule, 0) + 1
        labelled.append((rule if seen[rule] == 1 else f"{rule} {seen[rule]}", pair))
    return labelled


def without_accepted(result: CaseResult, comparison: Comparison) -> CaseResult:
    """Return a result as a gate counts it against what was accepted, not against the uncompressed model.

    A check that was accepted as failing in this very run has nothing to lose any more; where it holds again, it makes
    up for one that is lost elsewhere. So prompts stay paired with themselves.
    """
    recorded = comparison.valid.at(result.case.order_index) if comparison.valid is not None else {}
    return _without(result, recorded, comparison.standing in (Standing.ACCEPTED, Standing.RECOVERED))


def without_failing(result: CaseResult) -> CaseResult:
    """Return a result as a gate counts it where an update accepts all that fails."""
    return _without(result, failing_checks(result), is_settled=True)


def _without(result: CaseResult, recorded: Failing, is_settled: bool) -> CaseResult:
    if not recorded:
        return result
    forgiven = replace(
        result,
        checks=_forgiven(result.checks, recorded, result.seed),
        by_seed=tuple(replace(reply, checks=_forgiven(reply.checks, recorded, reply.seed)) for reply in result.by_seed),
    )
    if not is_settled:
        return forgiven
    # More seeds than those that were accepted may fail: the paired test decides on them.
    left = any(_fails(pair) for reply in forgiven.replies for pair in reply.checks)
    return replace(forgiven, verdict=Verdict.UNSTABLE if left else Verdict.UNMET)


def _forgiven(pairs: Sequence[CheckPair], recorded: Failing, seed: int | None) -> tuple[CheckPair, ...]:
    return tuple(
        replace(pair, baseline=replace(pair.baseline, holds=False))
        if name in recorded and seed in recorded[name][1]
        else pair
        for name, pair in _labelled(pairs)
    )
