"""A comparison as a comment on a pull request, or as a step summary."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_kvguard.reports.comparison.compare import UNCHANGED, Comparison
from pytest_kvguard.reports.comparison.pairing import ItemPair
from pytest_kvguard.reports.comparison.wording import (
    change_words,
    item_name,
    reach_words,
    run_name,
    smallest_words,
    verdicts,
)
from pytest_kvguard.reports.markdown import escaped, table_row
from pytest_kvguard.stats.run_changes import Direction

__all__ = ["COMPARISON_START", "MOST_COMMENT", "comparison_markdown"]

COMPARISON_START = "### kvguard compared: "
"""The start of every such text, by which a file or a comment of ours is recognised."""

MOST_COMMENT = 65_000
"""Characters; GitHub takes 65 536 in a comment, and a workflow may add a line of its own."""

OPEN = ("newly lost", "could not run now")
"""The groups that are shown unfolded."""

ENDING = "\n… and more; the text would be too long for a comment. The JSON and the HTML file have all of it.\n"


def comparison_markdown(comparison: Comparison) -> str:
    """Return the comparison as Markdown of at most ``MOST_COMMENT`` characters; texts of others are escaped."""
    text, room = "", MOST_COMMENT - len(ENDING)
    for block in _blocks(comparison):
        whole = "\n".join(block) + "\n\n"
        if len(text) + len(whole) <= room:
            text += whole
        else:
            return text + _shortened(block, room - len(text)) + ENDING
    return text


def _shortened(block: Sequence[str], room: int) -> str:
    """Return as many lines of a block as there is room for, with its fold closed."""
    closing = "\n</details>\n" if block[0].startswith("<details") else ""
    kept: list[str] = []
    for line in block:
        if sum(map(len, kept)) + len(kept) + len(line) + len(closing) + 1 > room:
            break
        kept.append(line)
    return "\n".join(kept) + closing if len(kept) > 2 else ""


def _blocks(comparison: Comparison) -> Iterator[list[str]]:
    yield [f"{COMPARISON_START}{comparison.direction}, {comparison.new_losses} newly lost"]
    yield [f"{escaped(run_name(comparison.before))} → {escaped(run_name(comparison.after))}"]
    if comparison.warnings:
        yield [f"> **Warning:** {escaped(warning)}" for warning in comparison.warnings]
    yield list(_changes(comparison))
    if comparison.facts:
        yield [table_row("changed", "before", "after"), table_row("---", "---", "---"), *_facts(comparison)]
    if comparison.pairing.notes:
        yield [f"- {escaped(note)}" for note in comparison.pairing.notes]
    for group, pairs in comparison.groups.items():
        if pairs and group != UNCHANGED:
            yield _group(group, pairs, not comparison.has_one_cell)
    if comparison.moved or comparison.gates:
        yield list(_moved(comparison))
    yield [f"unchanged: {len(comparison.groups[UNCHANGED])} of {len(comparison.pairing.pairs)} items in both runs"]


def _changes(comparison: Comparison) -> Iterator[str]:
    for part, change in comparison.changes.items():
        verdict = f"**{change.direction}**" if change.direction is not Direction.NOT_SHOWN else str(change.direction)
        yield f"- {escaped(part)}: {verdict}; {change_words(change)}; {reach_words(change)}"
    for change in list(comparison.changes.values())[:1]:
        yield ""
        yield f"<sub>{smallest_words(change)}</sub>"


def _facts(comparison: Comparison) -> Iterator[str]:
    for change in comparison.facts:
        name = f"{change.fact.kind}: {change.fact.name}"
        yield table_row(escaped(name), escaped(change.before), escaped(change.after))


def _group(group: str, pairs: Sequence[ItemPair], with_cell: bool) -> list[str]:
    fold = "<details open>" if group in OPEN else "<details>"
    lines = [
        f"{fold}<summary>{group} ({len(pairs)})</summary>",
        "",
        table_row("item", "verdict", "reply before", "now"),
    ]
    return [*lines, table_row(*["---"] * 4), *(_item(pair, with_cell) for pair in pairs), "", "</details>"]


def _item(pair: ItemPair, with_cell: bool) -> str:
    replies = (escaped(_reply(case)) for case in (pair.before, pair.after))
    return table_row(escaped(item_name(pair, with_cell)), escaped(verdicts(pair)), *replies)


def _reply(case: object) -> str:
    if not isinstance(case, dict):
        return "–"
    replies = case["compressed"] or case["baseline"]
    return str(replies[-1]["text"])[:MOST_REPLY] if replies else str(case["reason"])[:MOST_REPLY]


MOST_REPLY = 80


def _moved(comparison: Comparison) -> Iterator[str]:
    yield "<details><summary>moved</summary>"
    yield ""
    yield from (f"- {escaped(gate)}" for gate in comparison.gates)
    yield ""
    yield table_row("figure", "", "before", "after")
    yield table_row("---", "---", "---", "---")
    for figure in comparison.moved:
        values = figure.written(figure.before), figure.written(figure.after)
        yield table_row(escaped(figure.name), escaped(figure.part or "all"), *values)
    yield ""
    yield "</details>"
