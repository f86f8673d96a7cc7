"""What a conversation must hold, kept in the plainest way, and what each attention call must have read of it.

A shadow has no buffers, batches or masks: it holds one list of vectors per head, and the stores of a quantizer as the
quantizer made them. It is given the vectors that the model handed to the cache under test, so that no rounding of an
earlier layer makes the two differ, and every call can be compared within the tolerance of one attention call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from kvguard_policies.compression import PrefillRecord
from kvguard_policies.hf_cache import CompactCache
from kvguard_policies.mask_rules import Chunk
from kvguard_policies.policy import Policy
from kvguard_policies.quantizers.quantizer import Quantizer
from kvguard_policies.stores import Store
from pytest_kvguard.invariants.attention_calls import LayerCall, ModelCall
from pytest_kvguard.invariants.differences import FLOAT32, first_mismatch
from pytest_kvguard.invariants.violation import Violation

__all__ = ["Shadow", "first_wrong_call", "plain_attention"]


class Shadow:
    """The entries of one conversation.

    Args:
        record: the prefilled context, which gives the exact vectors.
        context: the same context compressed, which gives the kept positions.
        policy: of the context; a quantizer stores the kept vectors anew.

    Attributes:
        next_position: true position of the next token.
    """

    def __init__(self, record: PrefillRecord, context: CompactCache, policy: Policy | None) -> None:
        self.next_position = record.tokens
        self._layers = []
        for index, layer in enumerate(context.layers):
            window = context.sliding.get(index)
            quantizer = policy if isinstance(policy, Quantizer) and window is None else None
            exact = record.keys[index], record.values[index]
            self._layers.append(_ShadowLayer(exact, layer.positions, window, quantizer))

    def wrong_output(self, call: ModelCall, row: int, tokens: int, tolerance: float, where: str) -> Violation | None:
        """Append one row's first ``tokens`` tokens of a call; return the first wrong number of attention, or None."""
        found = None
        for index, layer_call in sorted(call.layers.items()):
            layer = self._layers[index]
            layer.append(layer_call.new_keys[row, :, :tokens], layer_call.new_values[row, :, :tokens])
            output = layer.attend(layer_call, row, tokens)
            if found is None and (
                mismatch := first_mismatch(layer_call.output[row, :tokens].float(), output, tolerance)
            ):
                (token, head, _), values = mismatch
                what = "attention output over the entries that must be held"
                found = Violation(what, *values, where, index, head, self.next_position + token)
        self.next_position += tokens
        return found


class _ShadowLayer:
    """The entries of one layer; keys and values are what attention must read, (n, D) per head."""

    def __init__(
        self,
        exact: tuple[Tensor, Tensor],
        kept: Sequence[Tensor],
        window: int | None,
        quantizer: Quantizer | None,
    ) -> None:
        self.window = window
        self.next = exact[0].shape[1]
        self.positions = list(kept)
        self.halves = [[half[head][positions] for head, positions in enumerate(kept)] for half in exact]
        self.stores: list[Store] = []
        if quantizer is not None:
            even = len({len(positions) for positions in kept}) == 1
            for heads in [range(len(kept))] if even else [[head] for head in range(len(kept))]:
                store = quantizer.store(*(torch.stack([half[head] for head in heads]) for half in self.halves))
                self.stores.append(store)
                self._write(heads, [(0, vectors) for vectors in store.read()])

    def _write(self, heads: Sequence[int], changed: Sequence[tuple[int, Tensor]]) -> None:
        """Replace the vectors of heads from an index on, in keys and in values."""
        for half, (first, vectors) in zip(self.halves, changed, strict=True):
            for head, own in zip(heads, vectors, strict=True):
                half[head] = torch.cat([half[head][:first], own, half[head][first + len(own) :]])

    def append(self, keys: Tensor, values: Tensor) -> None:
        """Append new tokens, (H, m, D) each."""
        new = torch.arange(self.next, self.next + keys.shape[1], device=keys.device)
        self.next += keys.shape[1]
        for head in range(len(self.positions)):
            self.positions[head] = torch.cat([self.positions[head], new])
            for half, vectors in zip(self.halves, (keys, values), strict=True):
                half[head] = torch.cat([half[head], vectors[head]])
        size = len(self.positions) // len(self.stores) if self.stores else 0
        for number, store in enumerate(self.stores):
            heads = range(number * size, (number + 1) * size)
            self._write(heads, store.append(keys[heads.start : heads.stop], values[heads.start : heads.stop]))

    def attend(self, call: LayerCall, row: int, tokens: int) -> Tensor:
        """Return what the newest ``tokens`` tokens must read, (tokens, Hq, D) float32."""
        own = torch.arange(self.next - tokens, self.next, device=call.queries.device)[:, None]
        grouped = call.queries[row, :, :tokens].unflatten(0, (len(self.positions), -1))
        sinks = call.options.get("s_aux")
        by_head = None if sinks is None else sinks.detach().unflatten(0, (len(self.positions), -1))
        outputs = []
        for head, queries in enumerate(grouped):
            seen = self._seen(own, self.positions[head])
            own_sinks = None if by_head is None else by_head[head]
            halves = self.halves[0][head], self.halves[1][head]
            outputs.append(plain_attention(queries, *halves, seen, call.options, own_sinks))
        return torch.cat(outputs).transpose(0, 1)

    def _seen(self, own: Tensor, positions: Tensor) -> Tensor:
        seen = positions <= own
        if self.window is None:
            return seen
        if isinstance(self.window, Chunk):
            return seen & (positions // int(self.window) == own // int(self.window))
        return seen & (positions > own - self.window)


def plain_attention(
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    seen: Tensor,
    options: Mapping[str, Any],
    sinks: Tensor | None = None,
) -> Tensor:
    """Return the attention output (G, Q, D) of one KV head in float32.

    Args:
        queries: (G, Q, D) of its query heads.
        keys: (S, D).
        values: (S, D).
        seen: (Q, S) bool.
        options: of the attention call.
        sinks: (G,) logits of the attention sinks; None where the model has none.
    """
    scaling = options.get("scaling")
    scores = queries.float() @ keys.float().T * (queries.shape[-1] ** -0.5 if scaling is None else float(scaling))
    if (cap := options.get("softcap")) is not None:
        scores = torch.tanh(scores / cap) * cap
    scores = scores.masked_fill(~seen, -torch.inf)
    if sinks is not None:
        column = sinks.float()[:, None, None].expand(-1, scores.shape[1], 1)
        scores = torch.cat([scores, column], dim=-1)
    return scores.softmax(-1)[..., : len(keys)] @ values.float()


def first_wrong_call(
    calls: Sequence[ModelCall],
    shadow: Shadow,
    pieces: Sequence[int],
    row: int = 0,
    tolerance: float = FLOAT32,
    where: str = "",
) -> Violation | None:
    """Return the first number in which one row of calls differs from its shadow, or None.

    Args:
        calls: in order.
        shadow: of the row's context; it grows.
        pieces: how many tokens of the row each call feeds, without padding.
        row: index in the batch.
        tolerance: as a share of a call's largest value.
        where: what was run.
    """
    for number, (call, tokens) in enumerate(zip(calls, pieces, strict=True)):
        said = f"{where}, call {number + 1} of {len(calls)}"
        if violation := shadow.wrong_output(call, row, tokens, tolerance, said):
            return violation
    return None
