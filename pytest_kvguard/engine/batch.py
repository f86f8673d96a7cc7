"""A batch: rows that are decoded side by side, join at any time, and leave when their replies end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import PreTrainedModel

from kvguard_policies.hf_cache import RaggedCache, ShelvedCache, cache_argument
from pytest_kvguard.engine.row import Row
from pytest_kvguard.engine.sampling import NO_TOKEN, best_tokens, draw_token
from pytest_kvguard.engine.stopwatch import read_stopwatch

__all__ = ["CALL_SIZES", "Batch", "CallSize"]

ROW_STEP = 8
"""Every step computes a multiple of this many rows, since kernels treat other numbers of rows with other code, which
changes the last bits of the results."""


@dataclass(frozen=True)
class CallSize:
    """The number of tokens in one forward call, over all rows.

    Attributes:
        fewest: smaller calls are padded to this.
        most: rows with more tokens than this in total are split over several calls; a single row may exceed it.
    """

    fewest: int
    most: int

    def rows(self, count: int, tokens: int) -> int:
        """Return the number of rows, padding included, in a call that feeds ``count`` rows ``tokens`` tokens each."""
        whole = -(-count // ROW_STEP) * ROW_STEP if tokens == 1 else count
        return max(whole, -(-self.fewest // tokens))


CALL_SIZES = (CallSize(8, 512), CallSize(64, 128))
"""Call sizes within which kernels are likely to compute a row to the same bits, the cheapest for few rows first."""


@dataclass
class Shelf:
    """Rows of one capacity, in the order in which their cache holds them."""

    cache: RaggedCache
    rows: list[Row]


class Batch:
    """A set of rows of any contexts, policies and lengths, sorted onto shelves by capacity.

    Args:
        model: the model that computed the rows' caches.
        kernel: the attention kernel to run.
        stop_ids: the ids that end a reply.
        size: the size of calls. With it, calls and buffers have few, fixed shapes, so that the last bits of a row
            depend on that row alone (batch invariance). None pads nothing.

    Attributes:
        tie: two best logits of a row that are closer than this are a tie.
        break_tie: returns the next token of a row whose best logits are a tie.
    """

    def __init__(self, model: PreTrainedModel, kernel: str, stop_ids: frozenset[int], size: CallSize | None) -> None:
        self.model = model
        self.kernel = kernel
        self.stop_ids = stop_ids
        self.size = size
        self.tie = 0.0
        self.break_tie: Callable[[Batch, Row], int] | None = None
        self._shelves: dict[int, Shelf] = {}

    @property
    def rows(self) -> list[Row]:
        """All rows that are being decoded."""
        return [row for shelf in self._shelves.values() for row in shelf.rows]

    @property
    def entries(self) -> int:
        """The capacity of all rows together, in tokens."""
        return sum(capacity * len(shelf.rows) for capacity, shelf in self._shelves.items())

    def join(self, rows: Iterable[Row]) -> None:
        """Add rows that are at their start, and feed all but the last of their tokens."""
        rows = list(rows)
        room = Counter({capacity: len(shelf.rows) for capacity, shelf in self._shelves.items()})
        room.update(row.capacity for row in rows)
        for members in _partition(rows, lambda row: row.bulk_width):
            width = max(1, members[0].bulk_width)
            most = max(1, self.size.most // width) if self.size else len(members)
            for first in range(0, len(members), most):
                self._join(members[first : first + most], room)

    def _join(self, rows: Sequence[Row], room: Mapping[int, int]) -> None:
        """Add rows that are fed in one call; ``room`` is the number of rows to expect, by capacity."""
        shelves = {members[0].capacity: self._shelf(members) for members in _partition(rows, lambda row: row.capacity)}
        if rows[0].bulk:
            self._feed(list(shelves.values()))
        for capacity, shelf in shelves.items():
            if capacity in self._shelves:
                self._shelves[capacity].cache.extend(shelf.cache, room[capacity])
                self._shelves[capacity].rows.extend(shelf.rows)
            else:
                self._shelves[capacity] = shelf
        self._shelves = dict(sorted(self._shelves.items(), reverse=True))

    def _shelf(self, rows: list[Row]) -> Shelf:
        recorders = [row.holder.recorder if row.holder else None for row in rows]
        capacity = rows[0].capacity
        cache = RaggedCache.of([row.cache for row in rows], self.kernel, 0, recorders, capacity)
        cache.whole = self.size is not None
        return Shelf(cache, rows)

    def _feed(self, shelves: Sequence[Shelf]) -> None:
        rows = [row for shelf in shelves for row in shelf.rows]
        start = read_stopwatch(self.model.device)
        width = rows[0].bulk_width if self.size else max(row.bulk for row in rows)
        for shelf in shelves:
            shelf.cache.fed = torch.tensor([row.bulk for row in shelf.rows], device=self.model.device)
        ids = [[*row.fed[: row.bulk], *[row.fed[0]] * (width - row.bulk)] for row in rows]
        self._forward(shelves, ids, [row.cache.seen_tokens for row in rows])
        for shelf in shelves:
            shelf.cache.fed = None
        for row in rows:
            row.read = row.bulk
        self._charge(rows, start)

    def step(self) -> list[Row]:
        """Let every row read one token; remove and return the rows whose replies have ended."""
        shelves = [shelf for shelf in self._shelves.values() if shelf.rows]
        rows = [row for shelf in shelves for row in shelf.rows]
        start = read_stopwatch(self.model.device)
        positions = [row.next_position for row in rows]
        for shelf in shelves:
            shelf.cache.positions = [row.next_position for row in shelf.rows]
        logits = self._forward(shelves, [[row.next_token] for row in rows], positions)[: len(rows), -1]
        chosen = self._choose(logits, rows)
        for shelf in shelves:
            self._hold(shelf)
        for row, token in zip(rows, chosen, strict=True):
            answers, row.read = row.answers, row.read + 1
            if answers:
                row.accept(token, self.stop_ids)
        self._charge(rows, start)
        return [row for shelf in shelves for row in _leaving(shelf)]

    def _charge(self, rows: Sequence[Row], start: float) -> None:
        """Charge the time since ``start`` to rows, in equal shares."""
        share = (read_stopwatch(self.model.device) - start) / len(rows)
        for row in rows:
            row.seconds += share

    def _choose(self, logits: Tensor, rows: Sequence[Row]) -> list[int]:
        """Return the next tokens from (B, V) logits: the most likely one, the row's draw, or ``NO_TOKEN``."""
        chosen: list[int] = best_tokens(logits).tolist()
        for number in self._tied(logits):
            if self.break_tie and rows[number].answers and not rows[number].sampling:
                chosen[number] = self.break_tie(self, rows[number])
        for number, row in enumerate(rows):
            if row.trace:
                row.trace.see(logits[number])
            if row.sampling and row.answers and chosen[number] != NO_TOKEN:
                chosen[number] = draw_token(logits[number], row.sampling, len(row.generated))
        return chosen

    def _tied(self, logits: Tensor) -> list[int]:
        """Return the indices of the rows whose two best logits are a tie."""
        if not self.tie:
            return []
        best, second = logits.float().topk(2).values.unbind(-1)
        return [int(row) for row in (best - second < self.tie).nonzero()[:, 0]]

    def _hold(self, shelf: Shelf) -> None:
        """Evict entries of the rows that exceed a held budget after reading a token."""
        for number, row in enumerate(shelf.rows):
            if row.holder:
                position = torch.tensor([row.next_position], device=self.model.device)
                row.holder.hold(shelf.cache, number, position)
        if any(row.holder for row in shelf.rows):
            shelf.cache.share_lengths()

    def _forward(self, shelves: Sequence[Shelf], ids: list[list[int]], start: list[int]) -> Tensor:
        """Return the logits (B, 1, V) of the last token of each row; the first token stands at position ``start``."""
        padding = self.size.rows(len(ids), len(ids[0])) - len(ids) if self.size else 0
        tokens = torch.tensor(ids + [ids[0]] * padding, device=self.model.device)
        first = torch.tensor(start + [start[0]] * padding, device=self.model.device)
        positions = first[:, None] + torch.arange(tokens.shape[1], device=tokens.device)
        cache = ShelvedCache([shelf.cache for shelf in shelves])
        passed = cache_argument(self.model, cache)
        output = self.model(input_ids=tokens, **passed, position_ids=positions, logits_to_keep=1)
        return output.logits  # type: ignore[no-any-return]


def _leaving(shelf: Shelf) -> list[Row]:
    """Remove the rows that have ended from their shelf, and return them."""
    ended = []
    for number in reversed(range(len(shelf.rows))):
        if shelf.rows[number].stopped:
            ended.append(shelf.rows[number])
            shelf.cache.drop(number)
            shelf.rows[number] = shelf.rows[-1]
            shelf.rows.pop()
    return ended


def _partition(rows: Iterable[Row], key: Callable[[Row], int]) -> list[list[Row]]:
    """Return lists of the rows with equal keys, largest key first; each list keeps the order of the rows."""
    parts: dict[int, list[Row]] = {}
    for row in rows:
        parts.setdefault(key(row), []).append(row)
    return [parts[value] for value in sorted(parts, reverse=True)]
