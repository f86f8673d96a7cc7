"""A batch: rows that are decoded side by side, join at any time, and leave when their replies end."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import torch
from torch import Tensor
from transformers import PreTrainedModel

from kvguard_policies.hf_cache import RaggedCache, cache_argument
from kvguard_policies.recurrent_states import NO_STATES
from kvguard_policies.shelved_cache import ShelvedCache
from pytest_kvguard.engine.row import Row
from pytest_kvguard.engine.row_states import RowStates
from pytest_kvguard.engine.stopwatch import SharedClock
from pytest_kvguard.engine.transfers import upload
from pytest_kvguard.engine.unread import UnreadStep, queue_step

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

LATE_STEPS = MappingProxyType({"cuda": 1})
"""By type of device, the steps after which the host reads what a step chose, 0 by default. One keeps a GPU busy."""


@dataclass
class Shelf:
    """Rows of one capacity, in the order in which their cache holds them."""

    cache: RaggedCache
    rows: list[Row]


class Batch:
    """A set of rows of any contexts, policies and lengths, sorted onto shelves by capacity.

    Chosen tokens stay on the device, where the next step reads them. The host reads them ``late`` steps afterwards, so
    that an accelerator never waits for it. A row whose reply has ended meanwhile has read a few tokens too many; these
    change no reply and are counted as overrun.

    Args:
        model: the model that computed the rows' caches.
        kernel: the attention kernel to run.
        stop_ids: the ids that end a reply.
        size: the size of calls. With it, calls and buffers have few, fixed shapes, so that the last bits of a row
            depend on that row alone (batch invariance). None pads nothing.

    Attributes:
        tie: two best logits of a row that are closer than this are a tie.
        break_tie: returns the next token of a row whose best logits are a tie.
        late: the number of steps after which the host reads what a step chose.
        overrun: the number of tokens computed for rows whose replies had ended, or had gone on otherwise.
    """

    def __init__(self, model: PreTrainedModel, kernel: str, stop_ids: frozenset[int], size: CallSize | None) -> None:
        self.model = model
        self.kernel = kernel
        self.stop_ids = stop_ids
        self.size = size
        self.tie = 0.0
        self.break_tie: Callable[[Batch, Row], int] | None = None
        self.late = LATE_STEPS.get(model.device.type, 0)
        self.overrun = 0
        self._shelves: dict[int, Shelf] = {}
        self._states = RowStates()
        self._unread: deque[UnreadStep] = deque()
        self._latest: UnreadStep | None = None
        self._decided: set[int] = set()
        self._clock = SharedClock(model.device)
        self._fillers: dict[tuple[int, int], Tensor] = {}

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
        self._clock.stop(self.rows)
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
        contexts = [replace(row.cache, states=NO_STATES) for row in rows]  # those of all rows are in one place
        cache = RaggedCache.of(contexts, self.kernel, 0, recorders, capacity)
        cache.whole = self.size is not None
        return Shelf(cache, rows)

    def _feed(self, shelves: Sequence[Shelf]) -> None:
        rows = [row for shelf in shelves for row in shelf.rows]
        self._clock.start(rows)
        width = rows[0].bulk_width if self.size else max(row.bulk for row in rows)
        for shelf in shelves:
            shelf.cache.fed = torch.tensor([row.bulk for row in shelf.rows])
        ids = [[*row.fed[: row.bulk], *[row.fed[0]] * (width - row.bulk)] for row in rows]
        device = self.model.device
        self._forward(shelves, upload(ids, device), upload([row.cache.seen_tokens for row in rows], device))
        for shelf in shelves:
            shelf.cache.fed = None
        for row in rows:
            row.read = row.bulk
        self._clock.stop(rows)

    def step(self) -> list[Row]:
        """Let every row read one token; remove and return the rows whose replies are known to have ended."""
        shelves = [shelf for shelf in self._shelves.values() if shelf.rows]
        rows = [row for shelf in shelves for row in shelf.rows]
        self._clock.start(rows)
        tokens, positions = self._upcoming(rows)
        for shelf in shelves:
            shelf.cache.positions = [row.next_position for row in shelf.rows]
        logits = self._forward(shelves, tokens[:, None], positions)[: len(rows), -1]
        self._latest = queue_step(rows, logits, positions, self.tie)
        self._unread.append(self._latest)
        for shelf in shelves:
            self._hold(shelf)
        for row in rows:
            row.read += 1
        self._read(0 if any(self._waits(row) for row in rows) else self.late)
        if any(row.stopped for row in rows):
            self._clock.stop(rows)
        return [row for shelf in shelves for row in _leaving(shelf)]

    def _waits(self, row: Row) -> bool:
        """Return whether a row cannot go on before its newest token is read; recurrent states cannot be taken back."""
        return bool(row.holder or row.is_complete or (self.tie and row.cache.states))

    def _upcoming(self, rows: Sequence[Row]) -> tuple[Tensor, Tensor]:
        """Return the next token and position (B,) of every row, on the device; the newest tokens are there already."""
        latest, decided = self._latest, self._decided
        self._decided = set()
        places = {id(row): place for place, row in enumerate(latest.rows)} if latest else {}
        if latest and not decided and list(places) == list(map(id, rows)) and all(latest.answers):
            return latest.next_tokens, latest.positions.add_(1)
        sources: list[int] = []
        known: list[int] = []
        for row in rows:
            if id(row) not in places or id(row) in decided or row.read < len(row.fed):
                sources.append(len(places) + len(known))
                known.append(row.next_token)
            else:
                sources.append(places[id(row)])
        device = self.model.device
        tokens = upload(known, device, torch.int64)
        if latest:
            tokens = torch.cat([latest.next_tokens, tokens]).index_select(0, upload(sources, device))
        return tokens, upload([row.next_position for row in rows], device)

    def _read(self, late: int) -> None:
        """Read what all steps but the newest ``late`` ones chose."""
        while len(self._unread) > late:
            step = self._unread.popleft()
            for row, token, is_tie, seen in step.read():
                if row.stopped:
                    continue
                if is_tie and self.break_tie and not row.sampling:
                    token = self._broken_tie(row, token)
                row.accept(token, self.stop_ids, seen)
                self.overrun += len(self._unread) if row.stopped else 0

    def _broken_tie(self, row: Row, token: int) -> int:
        """Return the token that decides a tie; later steps in which the row has read another one do not count."""
        assert self.break_tie is not None
        decided = self.break_tie(self, row)
        if decided == token:
            return token
        self._decided.add(id(row))
        for step in self._unread:
            step.void(row)
            row.read -= 1
            self.overrun += 1
            shelf = self._shelves[row.capacity]
            shelf.cache.forget_newest(next(number for number, other in enumerate(shelf.rows) if other is row))
        return decided

    def _hold(self, shelf: Shelf) -> None:
        """Evict entries of the rows that exceed a held budget after reading a token."""
        for number, row in enumerate(shelf.rows):
            if row.holder:
                position = upload([row.next_position], self.model.device)
                row.holder.hold(shelf.cache, number, position)
        if any(row.holder for row in shelf.rows):
            shelf.cache.share_lengths()

    def _forward(self, shelves: Sequence[Shelf], ids: Tensor, start: Tensor) -> Tensor:
        """Return the logits (B, 1, V) of the last token of each row, with rows after them that fill up the batch.

        Args:
            shelves: the rows, which read ``ids``.
            ids: (B, Q) int64.
            start: (B,) int64, the position of the first of them.
        """
        count, width = ids.shape
        rows = self.size.rows(count, width) if self.size else count
        if rows > count:
            filler = self._filler(count, rows)
            ids, start = ids.index_select(0, filler), start.index_select(0, filler)
        positions = start[:, None] + torch.arange(width, device=ids.device)
        states = self._states.of([row for shelf in shelves for row in shelf.rows], rows - count)
        first = shelves[0].cache
        cache = first if first.own else ShelvedCache([shelf.cache for shelf in shelves], states)
        passed = cache_argument(self.model, cache)
        output = self.model(input_ids=ids, **passed, position_ids=positions, logits_to_keep=1)
        return output.logits  # type: ignore[no-any-return]

    def _filler(self, count: int, rows: int) -> Tensor:
        """Return the indices (rows,) int64 of ``count`` rows, and of the first one again for the rest."""
        if (count, rows) not in self._fillers:
            self._fillers[count, rows] = upload([*range(count), *[0] * (rows - count)], self.model.device)
        return self._fillers[count, rows]


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
