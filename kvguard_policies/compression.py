"""Prefill a context once, then compress it under any number of policies and ratios."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import torch
from torch import Tensor
from transformers import PreTrainedModel

from kvguard_policies.hf_cache import CompactCache, CompactLayer, RaggedCache
from kvguard_policies.kernel import attention_kernel, ragged_attention, rotary_table, rotation_depends_on_length
from kvguard_policies.policy import LayerRecord, Layout, Need, Policy, PolicyError
from kvguard_policies.quantization import quantize
from kvguard_policies.quantizers.quantizer import Quantizer
from kvguard_policies.recording import CallRecorder, Recorder
from kvguard_policies.records import ModelObservation
from kvguard_policies.selection import budget_entries, gather_rows

__all__ = ["PrefillRecord", "compress", "compress_prefix", "prefill", "splits"]

SPLIT_TOKENS = 512
"""Fewest tokens of a beginning that is prefilled in a call of its own."""

SPLIT_SHARE = 0.5
"""Smallest part of the context that it makes up: attention of what follows costs more than in a single call."""

SPLIT_STEP = 64
"""Such calls end at multiples of this, some tokens before the instruction, whose first letters may change the last."""


@dataclass(frozen=True)
class PrefillRecord:
    """An uncompressed context.

    Attributes:
        keys, values: per layer, (H, T, D); keys are rotated.
        recorder: what was observed of the queries.
        token_ids: the context.
        queries: by layer, (1, Hq, n, D) rotated, up to the last call; nothing where there is one call, or no need.
        kernel: attention function that ran.
        taken_over: tokens that were not computed again, but taken over from another context.
    """

    keys: tuple[Tensor, ...]
    values: tuple[Tensor, ...]
    recorder: Recorder
    token_ids: tuple[int, ...]
    queries: Mapping[int, Tensor] = field(default_factory=dict)
    kernel: str = "sdpa"
    taken_over: int = 0

    @property
    def tokens(self) -> int:
        """T."""
        return len(self.token_ids)

    @property
    def compressible_layers(self) -> tuple[int, ...]:
        """Indices of the layers that do not slide."""
        return tuple(i for i in range(len(self.keys)) if i not in self.recorder.sliding)

    @property
    def cache_bytes(self) -> int:
        """Bytes of keys and values, all layers."""
        return sum(rows.nbytes for rows in (*self.keys, *self.values))


def splits(layout: Layout) -> tuple[int, ...]:
    """Return where the calls end in which a context is prefilled, ascending; the last one is its length.

    A long beginning has a call of its own: what stands before the first instruction that has 512 tokens and half of the
    context before it, then up to another one 512 tokens later, and so on. What two contexts begin with is so computed
    alike in both, and one can take it over from the other.
    """
    starts = sorted(first - SPLIT_STEP // 8 for intervals in layout.groups for first, _ in intervals)
    ends: list[int] = []
    for end in (start // SPLIT_STEP * SPLIT_STEP for start in starts):
        is_long = SPLIT_SHARE * layout.tokens <= end < layout.tokens
        if is_long and end - (ends[-1] if ends else 0) >= SPLIT_TOKENS:
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
    """Run the model over a context, uncompressed, and record what policies need.

    Args:
        model: any decoder whose attention goes through transformers' attention registry.
        token_ids: the context, at least one token.
        layout: the context's groups and forced tokens.
        needs: union of the needs of the policies to come.
        kernel: attention function to run, e.g. ``sdpa`` or ``eager``.
        hold_recent: keep the newest queries, for policies that hold a budget while generating.
        earlier: a context that this model has prefilled. The calls that both begin with are taken over from it; the
            result is the same, bit for bit.

    Raises:
        PolicyError: when the context is empty.
    """
    if not token_ids:
        raise PolicyError("The context is empty, so there is nothing to prefill. Give it at least one token.")
    layout = layout or Layout(len(token_ids))
    needs = frozenset(needs)
    of_model = {need for need in needs if isinstance(need.observation, ModelObservation)}
    recorder = Recorder(needs - of_model, layout, lambda layer: rotary_table(model, layer), hold_recent)
    ids = torch.tensor([list(token_ids)], device=model.device)
    ends = () if rotation_depends_on_length(model) else splits(layout)[:-1]
    shared = _shared_tokens(tuple(token_ids), ends, recorder, kernel, earlier)
    with ragged_attention(model):
        if not ends:
            cache = RaggedCache(model.config.get_text_config().num_hidden_layers, kernel, [recorder])
            _read(model, ids, cache, 0, len(token_ids))
            queries: Mapping[int, Tensor] = {}
        else:
            cache, queries = _read_in_calls(model, ids, (*ends, len(token_ids)), recorder, kernel, earlier, shared)
    keys, values = (
        tuple(buffer[0, :, : len(token_ids)] for buffer in buffers)
        for buffers in zip(*((layer.keys, layer.values) for layer in cache.layers), strict=True)
    )
    if of_model:
        with attention_kernel(model, kernel):
            _observe_model(model, ids, of_model, recorder)
    return PrefillRecord(keys, values, recorder, tuple(token_ids), queries, kernel, shared)


def _read_in_calls(
    model: PreTrainedModel,
    ids: Tensor,
    ends: tuple[int, ...],
    recorder: Recorder,
    kernel: str,
    earlier: PrefillRecord | None,
    shared: int,
) -> tuple[RaggedCache, Mapping[int, Tensor]]:
    """Prefill call after call, but for tokens shared with ``earlier``; return the cache and the queries to share."""
    calls = CallRecorder(recorder)
    if earlier and shared:
        calls.take_over(earlier.recorder, earlier.queries, shared)
        cache = RaggedCache.of([_beginning(earlier, shared)], kernel, ids.shape[1] - shared, [calls])
    else:
        cache = RaggedCache(model.config.get_text_config().num_hidden_layers, kernel, [calls])
    cache.positions = [0]  # nobody asks for them while a context is read
    for first, last in zip((0, *ends), ends, strict=False):
        if first >= shared:
            _read(model, ids, cache, first, last)
            cache.share_lengths()
    return cache, calls.finish([layer.keys[:, :, : ids.shape[1]] for layer in cache.layers], ends[-2])


def _read(model: PreTrainedModel, ids: Tensor, cache: RaggedCache, first: int, last: int) -> None:
    positions = _positions(ids)[:, first:last]
    model(input_ids=ids[:, first:last], past_key_values=cache, position_ids=positions, logits_to_keep=1)


def _shared_tokens(
    token_ids: tuple[int, ...], ends: tuple[int, ...], recorder: Recorder, kernel: str, earlier: PrefillRecord | None
) -> int:
    """Return how many tokens can be taken over: whole calls, but never the last one."""
    if earlier is None or earlier.kernel != kernel or (recorder.needs and not earlier.queries):
        return 0
    shared = 0
    for mine, other in zip(ends, splits(earlier.recorder.layout)[:-1], strict=False):
        if mine != other or token_ids[:mine] != earlier.token_ids[:mine]:
            break
        shared = mine
    return shared


def _beginning(record: PrefillRecord, tokens: int) -> CompactCache:
    """Return the first tokens of a context."""
    rows = torch.arange(tokens, device=record.keys[0].device)
    layers = (
        CompactLayer(
            keys=keys[:, :tokens].flatten(0, 1),
            values=values[:, :tokens].flatten(0, 1),
            counts=(tokens,) * len(keys),
            positions=(rows,) * len(keys),
        )
        for keys, values in zip(record.keys, record.values, strict=True)
    )
    return CompactCache(tuple(layers), tokens, {})


def _observe_model(model: PreTrainedModel, ids: Tensor, needs: Iterable[Need], recorder: Recorder) -> None:
    """Record what attention functions do not see."""
    groups = recorder.layout.group_ids(_positions(ids)[0])
    for need in needs:
        assert isinstance(need.observation, ModelObservation)
        tokens = _positions(ids)[0] if need.group is None else (groups == need.group).nonzero()[:, 0]
        for layer, result in need.observation.measure_model(model, ids, tokens).items():
            if layer not in recorder.sliding:
                recorder.observed[layer][need] = result


def _positions(ids: Tensor) -> Tensor:
    return torch.arange(ids.shape[1], device=ids.device)[None]


@torch.no_grad()
def compress(record: PrefillRecord, policy: Policy | None, ratio: Fraction | float) -> CompactCache:
    """Evict ``ratio`` of a context's entries, then quantize what stays; the record itself stays as it was.

    Args:
        record: from ``prefill`` with this policy's needs.
        policy: None keeps everything.
        ratio: 0 <= r < 1; 0 keeps everything. A quantizer around no policy keeps everything at every ratio.

    Raises:
        PolicyError: ratio out of range, protected tokens that do not fit, or a broken or idle policy.
    """
    budget = budget_entries(record.tokens, ratio)
    order = {layer: number for number, layer in enumerate(record.compressible_layers)}
    layers = []
    for index in range(len(record.keys)):
        if index in record.recorder.sliding:
            kept = _newest_rows(record, index)
        elif policy is None or ratio == 0 or not policy.evicts:
            kept = _all_rows(record, index)
        else:
            kept = choose_rows(record, policy, index, order[index], budget)
        layers.append(_compact(record, index, kept))
    cache = CompactCache(tuple(layers), record.tokens, dict(record.recorder.sliding))
    return quantize(cache, policy) if isinstance(policy, Quantizer) else cache


def choose_rows(record: PrefillRecord, policy: Policy, index: int, number: int, budget: int) -> tuple[Tensor, ...]:
    """Return, per head of one layer, the ascending rows that a policy keeps; see ``layer_record``."""
    return evaluate(policy, layer_record(record, policy, index, number, budget))


def layer_record(record: PrefillRecord, policy: Policy, index: int, number: int, budget: int) -> LayerRecord:
    """Return what a policy works on in one layer.

    Args:
        record: the context.
        policy: the policy.
        index: the layer's index in the model.
        number: its index among the compressible layers.
        budget: mean entries per head and layer.
    """
    layers = len(record.compressible_layers)
    positions = torch.arange(record.tokens, device=record.keys[index].device).expand(record.keys[index].shape[0], -1)
    return LayerRecord(
        layer=number,
        layers=layers,
        keys=record.keys[index],
        values=record.values[index],
        positions=positions,
        budget=policy.layer_budget(number, layers, record.tokens, budget),
        layout=record.recorder.layout,
        observed=record.recorder.observed[index],
    )


def evaluate(policy: Policy, layer: LayerRecord) -> tuple[Tensor, ...]:
    """Return, per head, the ascending rows that ``score → allocate → select`` keeps of one layer."""
    scores = policy.score(layer)
    if scores.values.shape != layer.positions.shape or scores.values.dtype != torch.float32:
        raise PolicyError(
            f"{policy.spec} returned scores of shape {tuple(scores.values.shape)} and {scores.values.dtype} for layer "
            f"{layer.layer}; needed are {tuple(layer.positions.shape)} (KV heads, rows) and torch.float32."
        )
    kept = policy.select(scores, policy.allocate(scores, layer), layer)
    if problem := _problem_of(kept, layer):
        raise PolicyError(f"{policy.spec} cannot be trusted: in layer {layer.layer} {problem}.")
    return kept


def _problem_of(kept: Sequence[Tensor], layer: LayerRecord) -> str:
    """Say what is wrong with the rows a policy selected, or nothing."""
    heads = layer.keys.shape[0]
    if len(kept) != heads:
        return f"it selected rows for {len(kept)} heads of {heads}"
    for head, rows in enumerate(kept):
        if not _are_rows(rows.tolist(), layer.rows):
            return f"the rows of head {head} are not one or more ascending, distinct indices below {layer.rows}"
    count = sum(rows.shape[0] for rows in kept)
    return "" if count == heads * layer.budget else f"it kept {count} entries; the budget is {heads * layer.budget}"


def _are_rows(numbers: list[int], rows: int) -> bool:
    """Whether these are one or more ascending, distinct indices of so many rows."""
    return bool(numbers) and numbers == sorted(set(numbers)) and numbers[0] >= 0 and numbers[-1] < rows


def _all_rows(record: PrefillRecord, index: int) -> tuple[Tensor, ...]:
    heads = record.keys[index].shape[0]
    return (torch.arange(record.tokens, device=record.keys[index].device),) * heads


def _newest_rows(record: PrefillRecord, index: int) -> tuple[Tensor, ...]:
    """Rows that the next token of a sliding layer can still see."""
    first = max(0, record.tokens - record.recorder.sliding[index] + 1)
    return tuple(rows[first:] for rows in _all_rows(record, index))


def _compact(record: PrefillRecord, index: int, kept: tuple[Tensor, ...]) -> CompactLayer:
    return CompactLayer(
        keys=gather_rows(record.keys[index], kept),
        values=gather_rows(record.values[index], kept),
        counts=tuple(rows.shape[0] for rows in kept),
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
    """Compress a context and return a cache to go on with, inside ``ragged_attention(model)``.

    Example:
        >>> cache = compress_prefix(model, ids, load("snapkv"), "0.5")        # doctest: +SKIP
        >>> with ragged_attention(model):                                     # doctest: +SKIP
        ...     model.generate(torch.tensor([ids + question]), past_key_values=cache)
    """
    layout = layout or Layout(len(token_ids))
    record = prefill(model, token_ids, layout, policy.needs(layout), kernel)
    return RaggedCache.of([compress(record, policy, Fraction(str(ratio)))], kernel)
