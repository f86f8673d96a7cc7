"""The states of recurrent and convolution layers: of a fixed size whatever the context, carried as they are.

transformers holds them in one object per layer, in tensors whose first dimension is the rows of a batch. Nothing is
known of these objects here but that: every tensor in them is a state.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

__all__ = ["NO_STATES", "RecurrentStates"]

Place = tuple[str, Any]
"""The attribute of an object, and the key in it if the attribute is a dictionary, else None."""


@dataclass(frozen=True)
class RecurrentStates:
    """The states of some rows.

    Attributes:
        layers: by model layer, the object in which transformers holds the layer's states, which a model changes in
            place; empty for a model without such layers.
        one_by_one: whether the model carries states on over single tokens only, and would forget them in longer calls.
    """

    layers: Mapping[int, Any] = field(default_factory=dict)
    one_by_one: bool = False

    def __bool__(self) -> bool:
        """Return whether there are such layers."""
        return bool(self.layers)

    @property
    def nbytes(self) -> int:
        """Bytes of all states, all rows."""
        return sum(state.nbytes for layer in self.layers.values() for state in _states(layer).values())

    @property
    def unwritten(self) -> tuple[int, ...]:
        """The layers that hold no state yet."""
        return tuple(index for index, layer in self.layers.items() if not _states(layer))

    def same(self, other: RecurrentStates) -> bool:
        """Return whether both hold equal states, to the bit."""
        pairs = [(_states(layer), _states(other.layers[index])) for index, layer in self.layers.items()]
        return all(mine.keys() == theirs.keys() for mine, theirs in pairs) and all(
            torch.equal(state, theirs[place]) for mine, theirs in pairs for place, state in mine.items()
        )

    def select(self, rows: Sequence[int]) -> RecurrentStates:
        """Return copies of the states of some rows, in this order; a row may be given more than once."""
        return self._mapped(lambda state: state[list(rows)])

    def copy(self) -> RecurrentStates:
        """Return copies of all states."""
        return self._mapped(torch.clone)

    def _mapped(self, change: Callable[[Tensor], Tensor]) -> RecurrentStates:
        changed = {
            index: _with_states(layer, {place: change(state) for place, state in _states(layer).items()})
            for index, layer in self.layers.items()
        }
        return replace(self, layers=changed)

    @staticmethod
    def joined(parts: Sequence[RecurrentStates]) -> RecurrentStates:
        """Return copies of the states of all rows of some states of one model, one after the other."""
        first = parts[0]
        together = {}
        for index, layer in first.layers.items():
            rows = [_states(part.layers[index]) for part in parts]
            together[index] = _with_states(layer, {place: torch.cat([row[place] for row in rows]) for place in rows[0]})
        return replace(first, layers=together)


NO_STATES = RecurrentStates()
"""The states of a model whose layers all attend."""


def _states(layer: Any) -> dict[Place, Tensor]:
    """Return the states that an object holds, by place."""
    found: dict[Place, Tensor] = {}
    for name, value in vars(layer).items():
        items = value.items() if isinstance(value, dict) else [(None, value)]
        found.update({(name, key): item for key, item in items if isinstance(item, Tensor)})
    return found


def _with_states(layer: Any, states: Mapping[Place, Tensor]) -> Any:
    """Return a copy of an object that holds other states, and shares nothing that is changed in place."""
    changed = copy.copy(layer)
    for name, value in vars(layer).items():
        if isinstance(value, dict):
            setattr(changed, name, dict(value))
    for (name, key), state in states.items():
        if key is None:
            setattr(changed, name, state)
        else:
            getattr(changed, name)[key] = state
    return changed
