"""A layer of a ragged cache that a model reads with attention code of its own, at the places of the tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy
import torch
from torch import Tensor

from kvguard_policies.compact import CompactLayer
from kvguard_policies.followed_keys import Trace, follow
from kvguard_policies.ragged_layer import RaggedLayer
from kvguard_policies.step_plan import Counts, StepPlan

if TYPE_CHECKING:
    from kvguard_policies.hf_cache import RaggedCache

__all__ = ["PlacedLayer"]


class PlacedLayer(RaggedLayer):
    """Returns a column for every token so far, with zeros for evicted ones, so that biases and windows find their keys.

    The rows of a batch end in the same column. A shorter row begins later, which changes no distance between tokens.

    Attributes:
        places: (R, H, capacity) int64, true positions of the entries.
        window: the tokens that the model's code lets a query see; None for all.
        upcoming: (B,) on the host, the position of each row's next token.
    """

    places: Tensor
    upcoming: Counts

    def __init__(self, owner: RaggedCache, index: int, window: int | None = None) -> None:
        super().__init__(owner, index)
        self.window = window

    def start_at(self, tokens: Sequence[int]) -> None:
        """Begin after contexts of so many tokens, one number per row."""
        super().start_at(tokens)
        self.upcoming = numpy.array(tokens, dtype=numpy.int64)

    def get_mask_sizes(self, *args: Any) -> tuple[int, int]:
        """Return the length and offset of the mask of a call, whose tokens are given by number or by position."""
        queries = args[0]
        return self.seen + (len(queries) if isinstance(queries, Tensor) else int(queries)), 0

    def fill(self, rows: Sequence[CompactLayer], reserve: int) -> None:
        """Copy one compact layer per row of the batch, with the positions of its entries."""
        super().fill(rows, reserve)
        self.places = torch.zeros(self.keys.shape[:3], dtype=torch.int64, device=self.keys.device)
        for buffer, row in zip(self.places, rows, strict=True):
            for head, positions in zip(buffer, row.positions, strict=True):
                head[: len(positions)] = positions

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        """Use the keys and values of a prefill as buffers, without a copy."""
        super().lazy_initialization(key_states, value_states)
        rows, heads, tokens, _ = key_states.shape
        self.upcoming = numpy.zeros(rows, dtype=numpy.int64)
        self.places = torch.arange(tokens, device=key_states.device).repeat(rows, heads, 1)

    def _append(self, key_states: Tensor, value_states: Tensor) -> None:
        lengths = self.lengths
        super()._append(key_states, value_states)
        tokens = key_states.shape[2]
        slots = self.owner.plans.of(lengths).slots(tokens, self.keys.shape[2])
        new = self._by_row(self.upcoming)[:, None, None] + torch.arange(tokens, device=self.places.device)
        self.places.view(-1).index_copy_(0, slots, new.expand(-1, lengths.shape[1], -1).flatten())

    def _grow(self, entries: int) -> None:
        super()._grow(entries)
        self.places = torch.nn.functional.pad(self.places, (0, entries))

    def _by_row(self, numbers: Counts) -> Tensor:
        return torch.from_numpy(numbers.copy()).to(self.places.device)

    def _view(self, plan: StepPlan | None, tokens: int) -> tuple[Tensor, Tensor]:
        keys, values = super()._view(plan, tokens)
        step, before = self.owner.step, self.seen - tokens
        assert step is not None
        upcoming, fed = self.upcoming, self.owner.fed
        self.upcoming = upcoming + (tokens if fed is None else fed.numpy())
        if plan is None:
            trace = Trace(step, keys, window=self.window)
            return follow(keys, trace), follow(values, replace(trace, are_values=True))
        entries = keys.shape[2]
        columns = self.places[: len(keys), :, :entries] + (before - self._by_row(upcoming))[:, None, None]
        held = torch.arange(entries, device=keys.device) < (plan.before + tokens)[..., None]
        columns = columns.where(held, self.seen)  # one more column, for what is in no entry
        placed = [_placed(vectors, columns, self.seen) for vectors in (keys, values)]
        visible = None
        if (plan.counts + tokens != self.seen).any():  # else every token has its entry
            whole = torch.zeros(*keys.shape[:2], self.seen + 1, dtype=torch.bool, device=keys.device)
            visible = whole.scatter_(2, columns, True)[..., :-1]
        trace = Trace(step, keys, columns.clamp(max=self.seen - 1), visible)
        return follow(placed[0], trace), follow(placed[1], replace(trace, are_values=True))

    def keep_entries(self, row: int, kept: Sequence[Tensor]) -> None:
        """Evict all entries of one row of the batch but the kept ones."""
        super().keep_entries(row, kept)
        for head, indices in enumerate(kept):
            self.places[row, head, : len(indices)] = self.places[row, head, indices]

    def forget_newest(self, row: int) -> None:
        """Forget the newest token of a row."""
        super().forget_newest(row)
        self.upcoming[row] -= 1

    def drop(self, row: int) -> None:
        """Remove a row of the batch by moving the last row into its place."""
        last = len(self.lengths) - 1
        super().drop(row)
        self.places[row], self.upcoming[row] = self.places[last].clone(), self.upcoming[last]
        self.upcoming = self.upcoming[:last]

    def extend(self, other: RaggedLayer, room: int) -> None:
        """Append the rows of a layer of the same capacity."""
        assert isinstance(other, PlacedLayer)
        first = len(self.lengths)
        super().extend(other, room)
        places = self.places.new_zeros(self.keys.shape[:3])
        places[:first], places[first : first + len(other.lengths)] = (
            self.places[:first],
            other.places[: len(other.lengths)],
        )
        self.places, self.upcoming = places, numpy.concatenate([self.upcoming, other.upcoming])
        self.seen = max(self.seen, other.seen)


def _placed(vectors: Tensor, columns: Tensor, count: int) -> Tensor:
    """Return vectors (B, H, S, D) in their columns (B, H, S), among ``count`` and one that is left out."""
    whole = vectors.new_zeros(*vectors.shape[:2], count + 1, vectors.shape[3])
    return whole.scatter_(2, columns[..., None].expand_as(vectors), vectors)[:, :, :-1]
