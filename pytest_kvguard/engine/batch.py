"""The rows that are decoded side by side: rows join, are fed, take steps together, and leave."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import PreTrainedModel

from kvguard_policies.hf_cache import RaggedCache, ShelvedCache, cache_argument
from pytest_kvguard.engine.row import Row
from pytest_kvguard.engine.sampling import draw_token
from pytest_kvguard.engine.stopwatch import read_stopwatch

__all__ = ["CALL_SIZES", "Batch", "CallSize"]

ROW_STEP = 8
"""Steps hold a multiple of so many rows; odd numbers of rows run on other code with other last bits."""


@dataclass(frozen=True)
class CallSize:
    """How many tokens a call may hold, all its rows together.

    Attributes:
        fewest: calls with fewer are filled up.
        most: rows that are fed more than this all together are fed in several calls; a single row may need more.
    """

    fewest: int
    most: int

    def rows(self, count: int, tokens: int) -> int:
        """Return how many rows a call has that ``count`` rows of so many tokens share."""
        whole = -(-count // ROW_STEP) * ROW_STEP if tokens == 1 else count
        return max(whole, -(-self.fewest // tokens))


CALL_SIZES = (CallSize(8, 512), CallSize(64, 128))
"""Sizes within which kernels are likely to compute a row to the same bits; the cheapest for few rows first."""


@dataclass
class Shelf:
    """Rows of one capacity; the cache holds them in the same order."""

    cache: RaggedCache
    rows: list[Row]


class Batch:
    """Rows of different contexts, policies and lengths, in shelves of one capacity each.

    Args:
        model: the model that made the rows' caches.
        kernel: attention function to run.
        stop_ids: any number of ids that end a reply.
        size: rows are computed in calls of this size and buffers of few, fixed shapes, so that the last bits of a row
            depend on that row alone; None fills up nothing.

    Attributes:
        tie: how close the two best logits of a row must be for ``judge`` to decide.
        judge: returns a row's next token in case of a tie.
    """

    def __init__(self, model: PreTrainedModel, kernel: str, stop_ids: frozenset[int], size: CallSize | None) -> None:
        self.model = model
        self.kernel = kernel
        self.stop_ids = stop_ids
        self.size = size
        self.tie = 0.0
        self.judge: Callable[[Batch, Row], int] | None = None
        self._shelves: dict[int, Shelf] = {}

    @property
    def rows(self) -> list[Row]:
        """Rows that are being decoded."""
        return [row for shelf in self._shelves.values() for row in shelf.rows]

    @property
    def entries(self) -> int:
        """Tokens that the rows have room for."""
        return sum(capacity * len(shelf.rows) for capacity, shelf in self._shelves.items())

    def join(self, rows: Iterable[Row]) -> None:
        """Take in rows that have not been read yet, and feed all but the last of their tokens."""
        rows = list(rows)
        room = Counter({capacity: len(shelf.rows) for capacity, shelf in self._shelves.items()})
        room.update(row.capacity for row in rows)
        for members in _alike(rows, lambda row: row.bulk_width):
            width = max(1, members[0].bulk_width)
            most = max(1, self.size.most // width) if self.size else len(members)
            for first in range(0, len(members), most):
                self._join(members[first : first + most], room)

    def _join(self, rows: Sequence[Row], room: Mapping[int, int]) -> None:
        """Take in rows that are fed in one call; ``room`` says how many of each capacity there will be."""
        shelves = {members[0].capacity: self._shelf(members) for members in _alike(rows, lambda row: row.capacity)}
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
        """Let every row read one token; return those that have come to their end, which leave."""
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
        """Share the time since ``start`` among rows."""
        share = (read_stopwatch(self.model.device) - start) / len(rows)
        for row in rows:
            row.seconds += share

    def _choose(self, logits: Tensor, rows: Sequence[Row]) -> list[int]:
        """Return the next tokens from (B, V) logits: the most likely one, or a row's own draw."""
        chosen: list[int] = logits.max(-1).indices.tolist()  # argmax takes four times as long in half precision
        for number in self._tied(logits):
            if self.judge and rows[number].answers and not rows[number].sampling:
                chosen[number] = self.judge(self, rows[number])
        for number, row in enumerate(rows):
            if row.trace:
                row.trace.see(logits[number])
            if row.sampling and row.answers:
                chosen[number] = draw_token(logits[number], row.sampling, len(row.generated))
        return chosen

    def _tied(self, logits: Tensor) -> list[int]:
        """Return the rows whose two best logits are closer than a tie."""
        if not self.tie:
            return []
        best, second = logits.float().topk(2).values.unbind(-1)
        return [int(row) for row in (best - second < self.tie).nonzero()[:, 0]]

    def _hold(self, shelf: Shelf) -> None:
        """Evict what the token that was read put over a held budget."""
        for number, row in enumerate(shelf.rows):
            if row.holder:
                position = torch.tensor([row.next_position], device=self.model.device)
                row.holder.hold(shelf.cache, number, position)
        if any(row.holder for row in shelf.rows):
            shelf.cache.share_lengths()

    def _forward(self, shelves: Sequence[Shelf], ids: list[list[int]], start: list[int]) -> Tensor:
        """Return logits (B, 1, vocabulary) of the last of some tokens; the first one stands at position ``start``."""
        missing = self.size.rows(len(ids), len(ids[0])) - len(ids) if self.size else 0
        tokens = torch.tensor(ids + [ids[0]] * missing, device=self.model.device)
        first = torch.tensor(start + [start[0]] * missing, device=self.model.device)
        positions = first[:, None] + torch.arange(tokens.shape[1], device=tokens.device)
        cache = ShelvedCache([shelf.cache for shelf in shelves])
        passed = cache_argument(self.model, cache)
        output = self.model(input_ids=tokens, **passed, position_ids=positions, logits_to_keep=1)
        return output.logits  # type: ignore[no-any-return]


def _leaving(shelf: Shelf) -> list[Row]:
    """Take the rows that have ended off their shelf."""
    ended = []
    for number in reversed(range(len(shelf.rows))):
        if shelf.rows[number].stopped:
            ended.append(shelf.rows[number])
            shelf.cache.drop(number)
            shelf.rows[number] = shelf.rows[-1]
            shelf.rows.pop()
    return ended


def _alike(rows: Iterable[Row], key: Callable[[Row], int]) -> list[list[Row]]:
    """Put rows with equal keys together, largest key first, else in their order."""
    groups: dict[int, list[Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return [groups[value] for value in sorted(groups, reverse=True)]
