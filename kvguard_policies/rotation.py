"""How each layer rotates its queries: found out by asking the model for the same tokens at two positions.

A context of one token attends to itself alone, so its position changes nothing in a layer but the rotation. The queries
at position 0 and at another position therefore show whether a layer rotates, and which pairs of dimensions turn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import product
from weakref import WeakKeyDictionary

import torch
from torch import Tensor
from transformers import PreTrainedModel

from kvguard_policies.attention import ragged_attention, rotary_table
from kvguard_policies.hf_cache import RaggedCache, cache_argument
from kvguard_policies.observations import rotate
from kvguard_policies.recording import Recorder
from kvguard_policies.records import Layout, LogitRule, PolicyError, RotaryTable

__all__ = ["derived_rotary"]

TOKENS = 8
POSITION = 7
"""The position at which the queries are compared with those at 0: most pairs have turned by then, none very far."""

TOLERANCES = {torch.float32: 1e-3}
LOW_PRECISION = 0.03
"""The largest difference of queries that is rounding, as a share of their length."""

BY_HALVES, TWICE_IN_A_ROW, ONCE = "by halves", "twice in a row", "once"
"""How the columns of a table hold the frequencies of the pairs."""

_KNOWN: WeakKeyDictionary[PreTrainedModel, Mapping[int, RotaryTable]] = WeakKeyDictionary()


class _Plain(RotaryTable):
    """No rotation."""

    def __call__(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        """See ``RotaryTable``."""
        empty = torch.empty(len(positions), 0, device=positions.device)
        return empty, empty


class _Paired(RotaryTable):
    """A rotary table of the model, for pairs of dimensions that were found out.

    Args:
        table: the model's table.
        form: how its columns hold the frequencies of the pairs.
        order: the dimensions, first halves of the pairs first; None for their own order.
        sign: -1 where the pairs turn the other way round.
    """

    def __init__(self, table: RotaryTable, form: str, order: Tensor | None, sign: int) -> None:
        self.table, self.form, self.order, self.sign = table, form, order, sign

    def __call__(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        """See ``RotaryTable``."""
        return self._formed(*self.table(positions))

    def beyond(self, positions: Tensor, longest: int) -> tuple[Tensor, Tensor]:
        """See ``RotaryTable``."""
        return self._formed(*self.table.beyond(positions, longest))

    def _formed(self, cos: Tensor, sin: Tensor) -> tuple[Tensor, Tensor]:
        if self.form == TWICE_IN_A_ROW:
            cos, sin = cos[:, ::2], sin[:, ::2]
        if self.form != BY_HALVES:
            cos, sin = cos.repeat(1, 2), sin.repeat(1, 2)
        return cos, sin if self.sign == 1 else -sin


class _Unknown(RotaryTable):
    """A rotation that is none of the known ones."""

    def __init__(self, layer: int) -> None:
        self.layer = layer

    def __call__(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        """Refuse.

        Raises:
            PolicyError: always.
        """
        raise PolicyError(
            f"Layer {self.layer} of this model turns its queries in a way that its rotary embedding does not explain, "
            "so its future queries cannot be modelled. Use a policy that does not model them, e.g. snapkv or knorm."
        )


class _Queries(Recorder):
    """Keeps the queries of every layer."""

    def __init__(self) -> None:
        super().__init__((), Layout(1), _Unknown)
        self.by_layer: dict[int, Tensor] = {}

    def observe(self, layer: int, query: Tensor, key: Tensor, rule: LogitRule) -> None:
        """Keep the queries (B, Hq, 1, D) of a layer."""
        self.by_layer[layer] = query[:, :, 0].float()


def derived_rotary(model: PreTrainedModel, kernel: str = "sdpa") -> Callable[[int], RotaryTable]:
    """Return a function from a layer to its rotation, for the layers that see everything.

    The model is asked once; the tables themselves are looked up on each call.
    """
    if model not in _KNOWN:
        with ragged_attention(model, kernel):
            still, moved = (_queries_at(model, position, kernel) for position in (0, POSITION))
        tolerance = TOLERANCES.get(model.dtype, LOW_PRECISION)
        _KNOWN[model] = {layer: _explain(model, layer, still[layer], moved[layer], tolerance) for layer in still}
    known = _KNOWN[model]
    return lambda layer: known.get(layer) or _Unknown(layer)


@torch.no_grad()
def _queries_at(model: PreTrainedModel, position: int, kernel: str) -> dict[int, Tensor]:
    """Return, by layer, the queries (B, Hq, D) of single tokens at a position."""
    text = model.config.get_text_config()
    recorder = _Queries()
    cache = RaggedCache.empty(model, kernel, [recorder])
    generator = torch.Generator().manual_seed(0)
    ids = torch.randint(min(3, text.vocab_size - 1), text.vocab_size, (TOKENS, 1), generator=generator)
    positions = torch.full_like(ids, position).to(model.device)
    passed = cache_argument(model, cache)
    model(input_ids=ids.to(model.device), **passed, position_ids=positions, logits_to_keep=1)
    return recorder.by_layer


def _explain(model: PreTrainedModel, layer: int, still: Tensor, moved: Tensor, tolerance: float) -> RotaryTable:
    """Return the rotation that turns the queries at position 0 into those at ``POSITION``."""
    if _is_close(still, moved, tolerance):
        return _Plain()
    table = rotary_table(model, layer)
    if not (still.isfinite().all() and moved.isfinite().all()):
        return table  # what is recorded will not be finite either, which is the error to report
    at = torch.tensor([0, POSITION], device=still.device)
    try:
        cos, sin = table(at)
    except PolicyError:
        return _Unknown(layer)
    for candidate in _candidates(table, still.shape[-1], cos.shape[-1]):
        cos, sin = candidate(at)
        length = cos[:1].square() + sin[:1].square()
        plain = rotate(still, cos[:1] / length, -sin[:1] / length, candidate.order)
        if _is_close(rotate(plain, cos[1:], sin[1:], candidate.order), moved, tolerance):
            return candidate
    return _Unknown(layer)


def _candidates(table: RotaryTable, size: int, columns: int) -> Iterator[RotaryTable]:
    """Yield the known rotations: halves or neighbours as pairs, of the first dimensions of a head or of its last."""
    for form, sign in product((BY_HALVES, TWICE_IN_A_ROW, ONCE), (1, -1)):
        turning = 2 * columns if form == ONCE else columns
        for first in dict.fromkeys((0, size - turning)) if turning <= size else ():
            inside = torch.arange(first, first + turning)
            outside = torch.cat([torch.arange(first), torch.arange(first + turning, size)])
            yield _Paired(table, form, None if first == 0 else torch.cat([inside, outside]), sign)
            yield _Paired(table, form, torch.cat([inside[::2], inside[1::2], outside]), sign)


def _is_close(ours: Tensor, theirs: Tensor, tolerance: float) -> bool:
    return bool((ours - theirs).norm() <= tolerance * theirs.norm())
