"""A cache that joins ragged caches in one call, so that short rows are not padded to the length of long ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor
from transformers import Cache

from kvguard_policies.hf_cache import RaggedCache
from kvguard_policies.hf_layers import IdleLayer, RecurrentLayer, UnmaskedLayer
from kvguard_policies.recurrent_states import NO_STATES, RecurrentStates

__all__ = ["ShelvedCache", "shelved_parts"]


def shelved_parts(key: Tensor) -> Sequence[tuple[Tensor, Tensor]] | None:
    """Return the keys and values of each shelf of a shelved cache; None for keys of another cache."""
    return getattr(key, "_shelved_parts", None)


class ShelvedLayer(UnmaskedLayer):
    """One layer of a ``ShelvedCache``."""

    def __init__(self, owner: ShelvedCache, index: int) -> None:
        super().__init__()
        self.owner = owner
        self.index = index
        self.is_initialized = True

    def update(self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        """Append to every shelf; return the new keys and values, with those of each shelf attached to the keys."""
        parts, first = [], 0
        for shelf in self.owner.shelves:
            last = first + shelf.rows
            parts.append(shelf.layers[self.index].update(key_states[first:last], value_states[first:last]))
            first = last
        keys = key_states.view_as(key_states)
        keys._shelved_parts = parts  # type: ignore[attr-defined]
        return keys, value_states


class ShelvedHybridLayer(ShelvedLayer, RecurrentLayer):
    """One layer that holds recurrent states beside its entries."""


class ShelvedCache(Cache):
    """Ragged caches of different capacities in one call.

    The rows of a call are those of the shelves, one shelf after the other; rows after them only fill up the batch and
    are not cached.

    Attributes:
        shelves: caches of the same model; states of their own are not read.
        states: the recurrent states of all rows of the call, those that only fill up the batch included.
    """

    def __init__(self, shelves: Sequence[RaggedCache], states: RecurrentStates = NO_STATES) -> None:
        super().__init__(layers=[self._layer(shelves[0], states, i) for i in range(len(shelves[0].layers))])
        self.shelves = shelves
        self.states = states

    def _layer(self, shelf: RaggedCache, states: RecurrentStates, index: int) -> Any:
        if index in shelf.idle:
            return RecurrentLayer(self, index) if index in states.layers else IdleLayer()
        layer = ShelvedHybridLayer(self, index) if index in states.layers else ShelvedLayer(self, index)
        layer.keys = shelf.layers[index].keys  # of which some models ask whether there are any
        return layer
