"""The items of two runs in pairs: by contract, instruction, probe, order and cell."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from pytest_kvguard.errors import UsageError
from pytest_kvguard.reports.comparison.run_files import Run
from pytest_kvguard.values.cell import Cell

__all__ = ["CellPair", "Item", "ItemPair", "Pairing", "pair_items", "without_digests"]

Record = Mapping[str, Any]


class Item(NamedTuple):
    """What an item is about, in every cell; ``file`` is empty unless two contracts share their name.

    Attributes:
        order: instruction ids as they stand in the prompt; empty for the written order, so that it stays the same item
            if the contract gains an instruction.
    """

    contract: str
    file: str
    instruction: str
    probe: str
    order: tuple[str, ...]

    @property
    def prompt(self) -> tuple[object, ...]:
        """The prompt that the item shares with others: its contract in one order."""
        return self.contract, self.file, self.order


@dataclass(frozen=True)
class CellPair:
    """A cell of each run; ``label`` names both where they differ."""

    before: Cell
    after: Cell

    @property
    def label(self) -> str:
        """The name in reports."""
        one, other = self.before.label, self.after.label
        return one if one == other else f"{one} → {other}"


@dataclass(frozen=True)
class ItemPair:
    """One item in both runs, or in one of them.

    Attributes:
        item: what it is about.
        label: the name of its cell, or of the pair of cells.
        before, after: its records; None where it did not run.
    """

    item: Item
    label: str
    before: Record | None
    after: Record | None

    @property
    def shown(self) -> Record:
        """The record to read names and texts from: that of the later run if there is one."""
        record = self.after if self.after is not None else self.before
        assert record is not None
        return record


@dataclass(frozen=True)
class Pairing:
    """The pairs of two runs.

    Attributes:
        cells: the cells that are compared.
        pairs: the items that ran in both.
        gone, new: the items that ran in one alone, those of cells without a partner included.
        notes: what could not be paired, and what was paired although it differs, as sentences.
    """

    cells: tuple[CellPair, ...]
    pairs: tuple[ItemPair, ...]
    gone: tuple[ItemPair, ...]
    new: tuple[ItemPair, ...]
    notes: tuple[str, ...]


def pair_items(before: Run, after: Run) -> Pairing:
    """Return the items of two runs in pairs.

    Raises:
        UsageError: a run holds an item twice, so that it is not known which one to compare.
    """
    ambiguous = _names_of_several_files(before.cases) | _names_of_several_files(after.cases)
    one, other = _items(before, ambiguous), _items(after, ambiguous)
    cells, notes = _pair_cells(list(one), list(other))
    pairs: list[ItemPair] = []
    gone: list[ItemPair] = []
    new: list[ItemPair] = []
    for cell in cells:
        label, was, now = cell.label, one.pop(cell.before), other.pop(cell.after)
        for item in dict.fromkeys((*was, *now)):
            pair = ItemPair(item, label, was.get(item), now.get(item))
            (new if pair.before is None else gone if pair.after is None else pairs).append(pair)
    for left, cases in one.items():
        gone += [ItemPair(item, left.label, case, None) for item, case in cases.items()]
    for left, cases in other.items():
        new += [ItemPair(item, left.label, None, case) for item, case in cases.items()]
    return Pairing(tuple(cells), tuple(pairs), tuple(gone), tuple(new), (*notes, *_changed_texts(pairs)))


def _names_of_several_files(cases: Iterable[Record]) -> set[str]:
    files: dict[str, set[str]] = {}
    for case in cases:
        files.setdefault(case["contract"], set()).add(case["file"])
    return {name for name, members in files.items() if len(members) > 1}


def _items(run: Run, ambiguous: set[str]) -> dict[Cell, dict[Item, Record]]:
    cells: dict[tuple[str, str, str], Cell] = {}
    items: dict[Cell, dict[Item, Record]] = {}
    for case in run.cases:
        written = case["policy"], case["ratio"], case["kernel"]
        cell = cells[written] if written in cells else cells.setdefault(written, Cell.from_record(case))
        name = case["contract"]
        order = tuple(case["order"]) if case["order_index"] else ()
        item = Item(name, case["file"] if name in ambiguous else "", case["instruction"], case["probe"], order)
        if item in items.setdefault(cell, {}):
            raise UsageError(
                f"{run.name} holds {case['nodeid']} twice, so it is not known which one to compare. Name one report of "
                "a run, or a folder with the parts of one run."
            )
        items[cell][item] = case
    return items


def _pair_cells(before: Sequence[Cell], after: Sequence[Cell]) -> tuple[list[CellPair], list[str]]:
    """Return the cells with equal labels in pairs, and the only compressed cells of both runs whatever their labels."""
    by_label = {cell.label: cell for cell in after}
    pairs = [CellPair(cell, by_label[cell.label]) for cell in before if cell.label in by_label]
    notes = []
    compressed = [[cell for cell in side if not cell.is_uncompressed] for side in (before, after)]
    if len(compressed[0]) == len(compressed[1]) == 1 and compressed[0][0].label != compressed[1][0].label:
        pairs.append(CellPair(compressed[0][0], compressed[1][0]))
        notes = [
            f"{pairs[-1].label}: two different cells, compared with each other because each run has no other "
            "compressed one."
        ]
    paired = {cell for pair in pairs for cell in (pair.before, pair.after)}
    sides = ((before, "after"), (after, "before"))
    lonely = [(cell, other) for side, other in sides for cell in side if cell not in paired]
    return pairs, [
        *notes,
        *(f"{cell.label}: not compared, because the run {other} has no such cell." for cell, other in lonely),
    ]


def _changed_texts(pairs: Sequence[ItemPair]) -> Iterator[str]:
    """Yield what differs in the contracts of items that are compared nevertheless."""
    for what, read in CONTRACT_PARTS.items():
        changed = dict.fromkeys(
            f"{pair.item.contract} · {pair.item.instruction}"
            for pair in pairs
            if pair.before is not None and pair.after is not None and _differs(read(pair.before), read(pair.after))
        )
        if changed:
            names = list(changed)
            more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
            yield f"{what} changed, and the items are compared nevertheless: {', '.join(names[:MOST_NAMES])}{more}."


def _differs(before: list[Any], after: list[Any]) -> bool:
    """Return whether a part differs by more than the key of masked secrets; an ERROR holds no checks to compare."""
    if before == after or not before or not after:
        return False
    one, other = (without_digests(repr(part)) for part in (before, after))
    return one != other


def without_digests(text: str) -> str:
    """Return a text whose masked secrets are equal in runs that masked with different keys."""
    return _MASKED.sub("[secret]", text) if "[secret:" in text else text


MOST_NAMES = 5
_MASKED = re.compile(r"\[secret:[0-9a-f]+\]")
CONTRACT_PARTS: dict[str, Callable[[Record], list[Any]]] = {
    "the instruction's text": lambda case: [case["instruction_text"]],
    "the user's turns": lambda case: case["turns"],
    "the check": lambda case: [(check["rule"], check["baseline"]["expected"]) for check in case["checks"]],
    "the order of the prompt": lambda case: case["order"],
    "the choice of seeds": lambda case: [len(case["turns"]), *(seed["seed"] for seed in case.get("by_seed", ()))],
}
"""What may differ between two runs of one item, and how it is read."""
