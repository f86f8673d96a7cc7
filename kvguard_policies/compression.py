"""Prefill a context once, then compress it under any number of policies and ratios."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import torch
from torch import Tensor
from transformers import PreTrainedModel

from kvguard_policies.attention import (
    attention_kernel,
    forget_longest_call,
    ragged_attention,
    rotary_table,
    rotation_depends_on_length,
)
from kvguard_policies.choice import evaluate, with_expansion
from kvguard_policies.exact_numbers import read_fraction
from kvguard_policies.hf_cache import CompactCache, CompactLayer, RaggedCache, cache_argument
from kvguard_policies.hf_layers import require_written
from kvguard_policies.mask_rules import Chunk
from kvguard_policies.own_attention import OwnAttention
from kvguard_policies.policy import LayerRecord, Layout, Need, Policy, PolicyError
from kvguard_policies.quantization import quantize
from kvguard_policies.quantizers.quantizer import Quantizer
from kvguard_policies.reading_on import carries_on
from kvguard_policies.recording import CallRecorder, Recorder
from kvguard_policies.records import ModelObservation
from kvguard_policies.recurrent_states import NO_STATES, RecurrentStates
from kvguard_policies.rotation import derived_rotary
from kvguard_policies.selection import budget_entries, gather_entries

__all__ = ["PrefillRecord", "compress", "compress_prefix", "prefill", "prefill_boundaries"]

MIN_PREFIX_TOKENS = 512
"""Fewest tokens that one prefill call of a shared prefix covers."""

MIN_PREFIX_SHARE = 0.5
"""Smallest share of the context that a shared prefix covers, since attention of a later call costs more than attention
in a single call."""

BOUNDARY_STEP = 64
"""Prefill boundaries are multiples of this. They lie a few tokens before an instruction, since its first characters may
change how the text before it is split into tokens."""


@dataclass(frozen=True)
class PrefillRecord:
    """An uncompressed context.

    Attributes:
        keys, values: per layer, (H, T, D); keys are rotated. H is 0 for a layer without them, such as a recurrent one.
        recorder: the observations of the queries.
        token_ids: the context.
        queries: by layer, the rotated queries (1, Hq, n, D) of all prefill calls but the last; empty if there was one
            call, or nothing to observe.
        kernel: attention function that ran.
        reused_tokens: length of the prefix that was copied from another context instead of computed.
        states: those of recurrent layers, after the context.
        prefix_states: the same after each prefill call but the last, by the number of tokens.
        longest: the most tokens that the model reads in a conversation about this context; None for any number.
        own: the model's own attention code; None where a registered function attends.
    """

    keys: tuple[Tensor, ...]
    values: tuple[Tensor, ...]
    recorder: Recorder
    token_ids: tuple[int, ...]
    queries: Mapping[int, Tensor] = field(default_factory=dict)
    kernel: str = "sdpa"
    reused_tokens: int = 0
    states: RecurrentStates = NO_STATES
    prefix_states: Mapping[int, RecurrentStates] = field(default_factory=dict)
    longest: int | None = None
    own: OwnAttention | None = None

    @property
    def tokens(self) -> int:
        """T."""
        return len(self.token_ids)

    @property
    def sliding(self) -> dict[int, int]:
        """The window or chunk of each layer that does not see everything which the conversation may become."""
        windows = self.recorder.windows.items()
        return {layer: window for layer, window in windows if self.longest is None or window < self.longest}

    @property
    def compressible_layers(self) -> tuple[int, ...]:
        """Indices of the layers that have keys and see everything."""
        sliding = self.sliding
        return tuple(i for i, keys in enumerate(self.keys) if len(keys) and i not in sliding)

    @property
    def entries(self) -> int:
        """Number of entries of the compressible layers, all KV heads."""
        return sum(self.keys[layer].shape[0] * self.keys[layer].shape[1] for layer in self.compressible_layers)

    @property
    def cache_bytes(self) -> int:
        """Bytes of the keys and values, all layers."""
        return sum(vectors.nbytes for vectors in (*self.keys, *self.values))


def prefill_boundaries(layout: Layout) -> tuple[int, ...]:
    """Return the token indices at which the prefill calls of a context end, ascending; the last one is its length.

    The first call ends before the first instruction that has at least 512 tokens and half of the context before it, the
    next one before an instruction 512 tokens later, and so on. Boundaries depend on the layout alone, so two contexts
    compute a shared prefix with the same calls, and one can reuse the prefix of the other bit for bit.
    """
    starts = sorted(first - BOUNDARY_STEP // 8 for intervals in layout.groups for first, _ in intervals)
    ends: list[int] = []
    for end in (start // BOUNDARY_STEP * BOUNDARY_STEP for start in starts):
        is_long = MIN_PREFIX_SHARE * layout.tokens <= end < layout.tokens
        if is_long and end - (ends[-1] if ends else 0) >= MIN_PREFIX_TOKENS:
            ends.append(end)
    return (*ends, layout.tokens)


@torch.no_grad()
def prefill(
    model: PreTrainedModel,
    token_ids: Sequence[int],
    layout: Layout | None = None,
    needs: Iterable[Need] = (),
    kernel: str = "sdpa",
    hold_recent: bool = False,
    earlier: PrefillRecord | None = None,
) -> PrefillRecord:
    """Run the model over a context, uncompressed, and record the observations that policies need.

    Args:
        model: any decoder whose attention reads its cache as it is.
        token_ids: the context, at least one token.
        layout: the context's instruction spans and forced tokens.
        needs: union of the needs of all policies that will compress the record.
        kernel: attention function to run, e.g. ``sdpa`` or ``eager``.
        hold_recent: keep the newest queries, for policies that hold a budget while generating.
        earlier: the record of another context on this model, whose shared prefix is reused; the result is the same, bit
            for bit.

    Raises:
        PolicyError: the context is empty.
    """
    if not token_ids:
        raise PolicyError("The context is empty, so there is nothing to prefill. Give it at least one token.")
    layout = layout or Layout(len(token_ids))
    needs = frozenset(needs)
    model_needs = {need for need in needs if isinstance(need.observation, ModelObservation)}
    rotates = any(need.observation.reads_rotation for need in needs)
    rotary = derived_rotary(model, kernel) if rotates else lambda layer: rotary_table(model, layer)
    recorder = Recorder(needs - model_needs, layout, rotary, hold_recent)
    ids = torch.tensor([list(token_ids)], device=model.device)
    reads_on = carries_on(model, kernel)
    forget_longest_call(model)
    one_call = rotation_depends_on_length(model) or not reads_on
    boundaries = () if one_call else prefill_boundaries(layout)[:-1]
    reused = _reusable_tokens(tuple(token_ids), boundaries, recorder, kernel, earlier)
    queries: Mapping[int, Tensor] = {}
    prefix_states: Mapping[int, RecurrentStates] = {}
    with ragged_attention(model, kernel):
        if not boundaries:
            cache = RaggedCache.empty(model, kernel, [recorder])
            _feed(model, ids, cache, 0, len(token_ids))
        else:
            ends = (*boundaries, len(token_ids))
            cache, queries, prefix_states = _prefill_in_calls(model, ids, ends, recorder, kernel, earlier, reused)
    keys, values = (
        tuple(buffer[0, :, : len(token_ids)] for buffer in buffers) for buffers in zip(*cache.buffers, strict=True)
    )
    if model_needs:
        with attention_kernel(model, kernel):
            _observe_model(model, ids, model_needs, recorder)
    require_written(cache.states, model)
    states = replace(cache.states, one_by_one=not reads_on)
    found = keys, values, recorder, tuple(token_ids), queries, kernel, reused, states, prefix_states
    return PrefillRecord(*found, own=cache.own)


def _prefill_in_calls(
    model: PreTrainedModel,
    ids: Tensor,
    ends: tuple[int, ...],
    recorder: Recorder,
    kernel: str,
    earlier: PrefillRecord | None,
    reused: int,
) -> tuple[RaggedCache, Mapping[int, Tensor], Mapping[int, RecurrentStates]]:
    """Prefill in several calls, after ``reused`` tokens of ``earlier``.

    Returns:
        The cache, and what another context can reuse: the queries by layer, and the recurrent states by boundary.
    """
    calls = CallRecorder(recorder)
    states: dict[int, RecurrentStates] = {}
    if earlier and reused:
        calls.reuse_prefix(earlier.recorder, earlier.queries, reused)
        cache = RaggedCache.of([_prefix(earlier, reused)], kernel, ids.shape[1] - reused, [calls])
        states = {end: held for end, held in earlier.prefix_states.items() if end <= reused}
    else:
        cache = RaggedCache.empty(model, kernel, [calls])
    cache.positions = [0]  # required, but unused during a prefill
    for first, last in zip((0, *ends), ends, strict=False):
        if first >= reused:
            _feed(model, ids, cache, first, last)
            cache.share_lengths()
            if cache.states and last < ends[-1]:
                states[last] = cache.states.copy()
    return cache, calls.finish(_read_keys(cache, calls, ids.shape[1]), ends[-2]), states


def _read_keys(cache: RaggedCache, recorder: Recorder, tokens: int) -> list[Tensor]:
    """Return, by layer, the keys (1, H, T, D) that queries meet, expanded where the cache holds latents."""
    expand = recorder.expansions
    held = [(keys[:, :, :tokens], values[:, :, :tokens]) for keys, values in cache.buffers]
    return [expand[i](*pair)[0] if i in expand and recorder.needs else pair[0] for i, pair in enumerate(held)]


def _feed(model: PreTrainedModel, ids: Tensor, cache: RaggedCache, first: int, last: int) -> None:
    positions = _positions(ids)[:, first:last]
    model(input_ids=ids[:, first:last], **cache_argument(model, cache), position_ids=positions, logits_to_keep=1)


def _reusable_tokens(
    token_ids: tuple[int, ...],
    boundaries: tuple[int, ...],
    recorder: Recorder,
    kernel: str,
    earlier: PrefillRecord | None,
) -> int:
    """Return the length of the shared prefix in whole prefill calls; the last call is never reused."""
    if earlier is None or earlier.kernel != kernel or (recorder.needs and not earlier.queries):
        return 0
    if recorder.needs and any(recorder.longest <= w < earlier.tokens for w in earlier.recorder.windows.values()):
        return 0  # this context observes layers whose queries the earlier one did not collect
    reusable = 0
    for mine, other in zip(boundaries, prefill_boundaries(earlier.recorder.layout)[:-1], strict=False):
        if mine != other or token_ids[:mine] != earlier.token_ids[:mine]:
            break
        reusable = mine
    return reusable


def _prefix(record: PrefillRecord, tokens: int) -> CompactCache:
    """Return the first tokens of a context as a cache."""
    positions = torch.arange(tokens, device=record.keys[0].device)
    layers = (
        CompactLayer(
            keys=keys[:, :tokens].flatten(0, 1),
            values=values[:, :tokens].flatten(0, 1),
            counts=(tokens,) * len(keys),
            positions=(positions,) * len(keys),
        )
        for keys, values in zip(record.keys, record.values, strict=True)
    )
    return CompactCache(tuple(layers), tokens, {}, states=record.prefix_states.get(tokens, NO_STATES), own=record.own)


def _observe_model(model: PreTrainedModel, ids: Tensor, needs: Iterable[Need], recorder: Recorder) -> None:
    """Record the observations that need another run of the model."""
    spans = recorder.layout.group_ids(_positions(ids)[0])
    for need in needs:
        assert isinstance(need.observation, ModelObservation)
        tokens = _positions(ids)[0] if need.group is None else (spans == need.group).nonzero()[:, 0]
        for layer, result in need.observation.measure_model(model, ids, tokens).items():
            if recorder.observes(layer):
                recorder.observed[layer][need] = result


def _positions(ids: Tensor) -> Tensor:
    return torch.arange(ids.shape[1], device=ids.device)[None]


@torch.no_grad()
def compress(record: PrefillRecord, policy: Policy | None, ratio: Fraction | float) -> CompactCache:
    """Return a context's cache after evicting ``ratio`` of its entries and, under a quantizer, quantizing the rest.

    Args:
        record: from ``prefill`` with this policy's needs; not changed.
        policy: None keeps everything.
        ratio: 0 <= r < 1; 0 keeps everything. A quantizer without a base policy keeps everything at every ratio.

    Raises:
        PolicyError: the ratio is out of range, protected tokens do not fit the budget, the policy returned invalid
            scores or indices, or the quantizer changed nothing.
    """
    budget = budget_entries(record.tokens, ratio)
    sliding = record.sliding
    order = {layer: number for number, layer in enumerate(record.compressible_layers)}
    layers = []
    for index in range(len(record.keys)):
        if index in sliding:
            kept_positions = _window_positions(record, index)
        elif policy is None or ratio == 0 or not policy.evicts or index not in order:
            kept_positions = _all_positions(record, index)
        else:
            kept_positions = choose_entries(record, policy, index, order[index], budget)
        layers.append(_compact(record, index, kept_positions))
    cache = CompactCache(tuple(layers), record.tokens, sliding, states=record.states, own=record.own)
    return quantize(cache, policy) if isinstance(policy, Quantizer) else cache


def choose_entries(record: PrefillRecord, policy: Policy, index: int, number: int, budget: int) -> tuple[Tensor, ...]:
    """Return, per head of one layer, the ascending positions that a policy keeps; see ``layer_record``."""
    return evaluate(policy, layer_record(record, policy, index, number, budget))


def layer_record(record: PrefillRecord, policy: Policy, index: int, number: int, budget: int) -> LayerRecord:
    """Return the record of one layer that a policy scores.

    Args:
        record: the context.
        policy: the policy.
        index: the layer's index in the model.
        number: its index among the compressible layers.
        budget: mean entries per head and layer.
    """
    layers = len(record.compressible_layers)
    positions = torch.arange(record.tokens, device=record.keys[index].device).expand(record.keys[index].shape[0], -1)
    layer = LayerRecord(
        layer=number,
        layers=layers,
        keys=record.keys[index],
        values=record.values[index],
        positions=positions,
        budget=policy.layer_budget(number, layers, record.tokens, budget),
        layout=record.recorder.layout,
        observed=record.recorder.observed[index],
    )
    return with_expansion(layer, record.recorder.expansions.get(index))


def _all_positions(record: PrefillRecord, index: int) -> tuple[Tensor, ...]:
    heads = record.keys[index].shape[0]
    return (torch.arange(record.tokens, device=record.keys[index].device),) * heads


def _window_positions(record: PrefillRecord, index: int) -> tuple[Tensor, ...]:
    """Return, per head, the positions that the next tokens of a sliding layer can still see; all of a chunked one."""
    window = record.sliding[index]
    first = 0 if isinstance(window, Chunk) else max(0, record.tokens - window + 1)
    return tuple(positions[first:] for positions in _all_positions(record, index))


def _compact(record: PrefillRecord, index: int, kept: tuple[Tensor, ...]) -> CompactLayer:
    return CompactLayer(
        keys=gather_entries(record.keys[index], kept),
        values=gather_entries(record.values[index], kept),
        counts=tuple(positions.shape[0] for positions in kept),
        positions=kept,
    )


def compress_prefix(
    model: PreTrainedModel,
    token_ids: Sequence[int],
    policy: Policy,
    ratio: Fraction | float | str,
    layout: Layout | None = None,
    kernel: str = "sdpa",
) -> RaggedCache:
    """Return the compressed cache of a context, from which the model generates inside ``ragged_attention(model)``.

    Example:
        >>> cache = compress_prefix(model, ids, load("snapkv"), "0.5")        # doctest: +SKIP
        >>> with ragged_attention(model):                                     # doctest: +SKIP
        ...     model.generate(torch.tensor([ids + question]), **cache_argument(model, cache))
    """
    layout = layout or Layout(len(token_ids))
    record = prefill(model, token_ids, layout, policy.needs(layout), kernel)
    return RaggedCache.of([compress(record, policy, read_fraction(str(ratio)))], kernel)
