"""Arms that equal each other throughout a run, as if compression had been off."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from pytest_kvguard.reports.report import Line, Report, RunEnd
from pytest_kvguard.reports.rows import SummaryRow
from pytest_kvguard.values.cell import Cell

__all__ = ["InertArms", "InertCell", "find_inert"]

FEWEST_TOKENS = 5
"""The number of tokens, none of them almost certain, whose equal logprobs are no coincidence."""

CLOSE_RATIOS = 0.05
"""Ratios nearer than this may keep the same entries of a short context."""

REMEDY = (
    "Look whether the option reached the engine and which build answered. If the equality is expected, add "
    "-o kv_expect=equal."
)

_Conversations = Mapping[tuple[str, str, str, int], SummaryRow]
"""(file, contract, probe, order) → a row of the conversation."""


@dataclass(frozen=True)
class InertCell:
    """A cell whose arm equals another arm in every conversation.

    Attributes:
        cell: the cell.
        message: the finding, as a sentence with a remedy.
        is_proven: whether logprobs show it; equal replies alone do not.
    """

    cell: Cell
    message: str
    is_proven: bool

    @property
    def record(self) -> dict[str, str | bool]:
        """The finding as plain values."""
        return {**self.cell.record, "message": self.message, "is_proven": self.is_proven}


class InertArms(Report):
    """Collects the arms of a run, and shows those that look as if compression was off.

    Args:
        differing: the cells that are expected to differ from the uncompressed model, and from each other.
    """

    reads = ("check", "inert")

    def __init__(self, differing: Collection[Cell] = ()) -> None:
        super().__init__()
        self.differing = differing

    def findings(self) -> list[InertCell]:
        """Return the inert cells among the checks so far."""
        rows = (SummaryRow.from_json(event["row"]) for event in self.events if event["kind"] == "check")
        return list(find_inert(row for row in rows if row.cell in self.differing))

    def lines(self, run: RunEnd) -> Iterator[Line]:
        """See ``Report``."""
        for event in self.events:
            if event["kind"] == "inert":
                word, color = ("ERROR", "red") if event["is_proven"] else ("warning", "yellow")
                yield Line(f"kvguard: {word}: {event['message']}", color)


def find_inert(rows: Iterable[SummaryRow]) -> Iterator[InertCell]:
    """Yield the cells that equal the uncompressed model throughout, and those that equal an earlier cell."""
    cells: dict[Cell, dict[tuple[str, str, str, int], SummaryRow]] = {}
    for row in rows:
        if row.compressed_digest and row.baseline_digest:
            key = row.nodeid.partition("::")[0], row.contract, row.probe, row.order_index
            cells.setdefault(row.cell, {})[key] = row
    active: dict[Cell, _Conversations] = {}
    for cell, conversations in cells.items():
        if _is_measured(conversations) and not _is_proven(conversations):
            continue
        if all(row.baseline_digest == row.compressed_digest for row in conversations.values()):
            yield _like_uncompressed(cell, conversations)
        else:
            active[cell] = conversations
    for (one, its), (other, others) in combinations(active.items(), 2):
        if its.keys() == others.keys() and all(
            its[key].compressed_digest == others[key].compressed_digest for key in its
        ):
            yield from _like_each_other(one, other, others)


def _like_uncompressed(cell: Cell, conversations: _Conversations) -> InertCell:
    is_proven = _is_proven(conversations)
    return InertCell(
        cell,
        f"{cell.label}: looks as if compression was off: {_what(conversations, is_proven)} equal those of the "
        f"uncompressed arm in all {len(conversations)} conversations. {REMEDY}",
        is_proven,
    )


def _like_each_other(one: Cell, other: Cell, conversations: _Conversations) -> Iterator[InertCell]:
    """Yield what two equal cells show: that a policy ignores its ratio, or that two servers are one."""
    if one.kernel != other.kernel:
        return
    is_sure = other.is_on_server or (one.policy == other.policy and abs(one.ratio - other.ratio) >= CLOSE_RATIOS)
    has_logprobs = _is_proven(conversations)
    yield InertCell(
        other,
        f"{other.label} looks as if its setting was ignored: {_what(conversations, has_logprobs)} equal "
        f"those of {one.label} in all {len(conversations)} conversations. {REMEDY}",
        is_sure and has_logprobs,
    )


def _is_proven(conversations: _Conversations) -> bool:
    tokens = [row.unsure_tokens for row in conversations.values()]
    return None not in tokens and sum(filter(None, tokens)) >= FEWEST_TOKENS


def _is_measured(conversations: _Conversations) -> bool:
    """Return whether caches are known to have shrunk: replies may then agree, and only logprobs would contradict."""
    return any(row.bytes_after < row.bytes_before for row in conversations.values())


def _what(conversations: _Conversations, has_logprobs: bool) -> str:
    if has_logprobs:
        return "replies and log-probabilities"
    few = all(row.unsure_tokens is not None for row in conversations.values())
    return "the replies, of too few tokens to be sure," if few else "the replies (no log-probabilities are known)"
