"""Scope *decode*: a budget that is held while a row generates."""

from __future__ import annotations

import copy

import torch
from torch import Tensor

from kvguard_policies.choice import evaluate, with_expansion
from kvguard_policies.compression import PrefillRecord
from kvguard_policies.hf_cache import CompactCache, RaggedCache
from kvguard_policies.policy import LayerRecord, Policy, PolicyError
from kvguard_policies.recording import Recorder

__all__ = ["BudgetHolder"]


FOREVER = 1 << 62
"""More tokens than any window holds."""


class BudgetHolder:
    """Evicts one row back to its budget after every generated token.

    Attributes:
        recorder: this row's own; the kernel feeds it the queries of generated tokens.
        evictions: the number of entries evicted per head so far, over all layers.
    """

    def __init__(self, record: PrefillRecord, cache: CompactCache, policy: Policy) -> None:
        if not policy.can_decode:
            raise PolicyError(
                f"{policy.spec} cannot hold a budget while generating: it gives heads different counts, needs the "
                "whole context or quantizes. Use --kv-scope=context or --kv-scope=prompt with it."
            )
        self.policy = policy
        self.layers = cache.compressible_layers
        self.recorder = _own_recorder(record.recorder, policy)
        self.recorder.longest = record.longest or FOREVER
        self.positions: dict[int, Tensor] = {}
        self.evictions = 0
        for index in self.layers:
            self.recorder.evict(index, cache.layers[index].positions)
            self.positions[index] = torch.stack(cache.layers[index].positions)
        self.budgets = {index: self.positions[index].shape[1] for index in self.layers}

    def copy(self) -> BudgetHolder:
        """Return an independent copy in the same state; both share tensors, which are never changed in place."""
        duplicate = copy.copy(self)
        duplicate.recorder = _own_recorder(self.recorder, self.policy)
        duplicate.positions, duplicate.budgets = dict(self.positions), dict(self.budgets)
        return duplicate

    def hold(self, cache: RaggedCache, row: int, new_positions: Tensor) -> None:
        """Evict the entries that exceed the budget.

        Args:
            cache: the batch's cache.
            row: this row's index in the batch.
            new_positions: (n,) int64, true positions of the tokens appended since the last call.
        """
        for number, index in enumerate(self.layers):
            positions = self.positions[index]
            added = new_positions.to(positions.device).expand(positions.shape[0], -1)
            self.positions[index] = torch.cat([positions, added], dim=1)
            if self.positions[index].shape[1] > self.budgets[index]:
                self._evict(cache, row, number, index)

    def _evict(self, cache: RaggedCache, row: int, number: int, index: int) -> None:
        keys, values = cache.layers[index].entries_of(row)
        layer = LayerRecord(
            layer=number,
            layers=len(self.layers),
            keys=keys,
            values=values,
            positions=self.positions[index],
            budget=self.budgets[index],
            layout=self.recorder.layout,
            observed=self.recorder.observed[index],
        )
        kept = evaluate(self.policy, with_expansion(layer, self.recorder.expansions.get(index)))
        cache.layers[index].keep_entries(row, kept)
        self.recorder.evict(index, kept)
        self.evictions += self.positions[index].shape[1] - self.budgets[index]
        self.positions[index] = self.positions[index].gather(1, torch.stack(kept))


def _own_recorder(shared: Recorder, policy: Policy) -> Recorder:
    """Return a recorder for one row, restricted to one policy's needs; tensors are never changed in place."""
    own = copy.copy(shared)
    needs = policy.needs(shared.layout)
    own.needs = tuple(need for need in shared.needs if need in needs)
    own.observed = {
        layer: {need: state for need, state in states.items() if need in needs}
        for layer, states in shared.observed.items()
    }
    own.recent = dict(shared.recent)
    return own
