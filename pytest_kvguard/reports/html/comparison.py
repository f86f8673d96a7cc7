"""The page of a comparison: the replies of both runs side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_kvguard.reports.comparison.compare import GROUPS, UNCHANGED, Comparison
from pytest_kvguard.reports.comparison.pairing import ItemPair
from pytest_kvguard.reports.comparison.wording import change_words, reach_words, run_name, smallest_words
from pytest_kvguard.reports.difference import differences
from pytest_kvguard.reports.html.rendering import render_page

__all__ = ["COMPARE", "render_comparison"]

COMPARE = "compare"
"""The command whose page it is."""

BADGES = {
    "newly lost": "LOST",
    "could not run now": "ERROR",
    "newly held": "HELD",
    "still lost": "UNMET",
}
"""The group of an item → the verdict in whose colour it is shown."""


@dataclass(frozen=True)
class Turn:
    """One user turn, with the replies of both runs as stretches (equal, before, after)."""

    user: str
    stretches: Sequence[tuple[bool, str, str]]
    uncompressed: Sequence[tuple[bool, str, str]]


def render_comparison(comparison: Comparison) -> str:
    """Return the page."""
    items = [(group, pair, list(_turns(pair))) for group in GROUPS for pair in comparison.groups[group]]
    return render_page(
        "comparison.html.j2",
        COMPARE,
        comparison=comparison,
        before=run_name(comparison.before),
        after=run_name(comparison.after),
        totals=[(group, len(pairs)) for group, pairs in comparison.groups.items() if pairs],
        badges=BADGES,
        unchanged=UNCHANGED,
        items=items,
        contracts=list(dict.fromkeys(pair.item.contract for _, pair, _ in items)),
        labels=list(dict.fromkeys(pair.label for _, pair, _ in items)),
        change_words=change_words,
        reach_words=reach_words,
        smallest_words=smallest_words,
    )


def _turns(pair: ItemPair) -> Iterator[Turn]:
    for number, user in enumerate(pair.shown["turns"]):
        compressed = [_reply(case, number, ("compressed", "baseline")) for case in (pair.before, pair.after)]
        uncompressed = [_reply(case, number, ("baseline",)) for case in (pair.before, pair.after)]
        yield Turn(user, list(differences(*compressed)), list(differences(*uncompressed)))


def _reply(case: Any, number: int, arms: tuple[str, ...]) -> str:
    """Return the reply of the first arm that ran; empty if there is none."""
    replies = next((case[arm] for arm in arms if case[arm]), ()) if case is not None else ()
    return replies[number]["text"] if number < len(replies) else ""
