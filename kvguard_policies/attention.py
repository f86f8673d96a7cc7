"""The attention function that reads ragged caches, registered with transformers as ``kvguard_ragged``.

It builds the mask, feeds the recorders, and calls the kernel that the user chose: ``sdpa``, ``eager`` or any function
registered with ``transformers.AttentionInterface`` that accepts a 4D mask.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from kvguard_policies.latents import BESIDE, carry_over
from kvguard_policies.mask_rules import MaskRule, first_visible, mask_rule, reaches, window_of
from kvguard_policies.matmul_attention import matmul_attention
from kvguard_policies.own_attention import own_attention
from kvguard_policies.recorder_feed import record_prefill, record_token, scaling_of
from kvguard_policies.records import PolicyError, RotaryTable, UnreadCacheError
from kvguard_policies.shelved_cache import shelved_parts
from kvguard_policies.step_plan import KernelStep, StepPlan, kernel_step

__all__ = [
    "MATMUL",
    "RAGGED",
    "attention_kernel",
    "forget_longest_call",
    "ragged_attention",
    "rotary_table",
    "rotation_border",
    "rotation_depends_on_length",
]

RAGGED = "kvguard_ragged"
MATMUL = "matmul"
"""Kernel name for caches whose attention is ``matmul_attention`` for up to ``FEW_QUERIES`` queries, else sdpa."""

QUERY_BLOCK = 512
FEW_QUERIES = 64

LENGTH_DEPENDENT = ("dynamic", "longrope")
"""Types of rotary embedding that transformers rescales by the longest position of a call."""

Attend = Callable[..., tuple[Tensor, Any]]
GroupAttention = Callable[[Tensor, Tensor, Tensor, Tensor, float], Tensor]


def ragged_attention(model: PreTrainedModel, kernel: str = "sdpa") -> AbstractContextManager[None]:
    """Let ``model`` read ragged caches inside the block; afterwards its own kernel is restored, even after an error.

    A model that attends in code of its own runs that code, for ``kernel`` where it has several ways.
    """
    own = own_attention(model)
    return attention_kernel(model, own.kernel(kernel) if own else RAGGED)


@contextmanager
def attention_kernel(model: PreTrainedModel, name: str) -> Iterator[None]:
    """Set the registered attention function that ``model`` uses inside the block."""
    previous = model.config._attn_implementation
    _set_kernel(model, name)
    try:
        yield
    finally:
        _set_kernel(model, previous)


def _set_kernel(model: PreTrainedModel, name: str) -> None:
    if model._can_set_attn_implementation():
        model.set_attn_implementation(name)
    else:  # such code reads the name on each call
        model.config._attn_implementation = name


def attend(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | MaskRule | None,
    dropout: float = 0.0,
    **options: Any,
) -> tuple[Tensor, None]:
    """Return the attention output of the newest tokens over a ragged cache.

    Args:
        module: the attention module.
        query: (B, Hq, Q, D), rotated.
        key: (B, H, S, D), rotated, as a ``RaggedCache`` returned them.
        value: (B, H, S, D), likewise.
        attention_mask: None or a ``MaskRule``, since the cache determines the mask; a tensor is refused.
        dropout: passed to the kernel.
        options: ``scaling``, ``sliding_window`` and all other arguments of the model.

    Returns:
        (B, Q, Hq, D) and None.

    Raises:
        PolicyError: the keys do not come from a ragged cache, or the kernel cannot compute this attention.
    """
    if (cache := options.pop(BESIDE, None)) is not None:
        carry_over(cache, module, key, value)
    parts = shelved_parts(key)
    if parts is not None:
        return _attend_shelves(parts, module, query, attention_mask, dropout, options), None
    step = kernel_step(key)
    if step is None:
        raise UnreadCacheError(
            "The ragged kernel was called without a RaggedCache. Pass `**cache_argument(model, cache)`, or "
            "leave the `ragged_attention` block."
        )
    if step.values is not None and step.values is not value:
        raise PolicyError(
            "This model changes its values after they are cached, so what a head keeps would not be what it reads. Use "
            "a model whose attention reads its cache as it is, such as Llama, Qwen or Gemma."
        )
    options["dropout"] = dropout
    if options.get("position_bias") is not None:
        raise PolicyError(
            "This model adds a bias by position that it makes for a cache of all tokens, which a compressed cache "
            "cannot follow. Use a model whose positions are in its queries and keys, such as Llama, Qwen or Gemma."
        )
    window = window_of(attention_mask, options.get("sliding_window"))
    if step.plan is None:
        output = _attend_prefill(step, module, query, key, value, window, options)
        record_prefill(step, query, key, window, options)
    else:
        skipped = step.tokens - query.shape[2]  # a layer that reads another one's keys may leave out early queries
        queries = nn.functional.pad(query, (0, 0, skipped, 0)) if skipped else query
        output = _attend_new_tokens(step, module, queries, key, value, window, options)[:, skipped:]
        record_token(step, query, key, options)
    step.answered = True
    return output, None


def _attend_shelves(
    parts: Sequence[tuple[Tensor, Tensor]],
    module: nn.Module,
    query: Tensor,
    mask: Tensor | MaskRule | None,
    dropout: float,
    options: Any,
) -> Tensor:
    """Return the attention output, shelf by shelf; rows that only fill up the batch get zeros."""
    outputs, first = [], 0
    for keys, values in parts:
        last = first + keys.shape[0]
        outputs.append(attend(module, query[first:last], keys, values, mask, dropout, **options)[0])
        first = last
    if first < len(query):
        outputs.append(outputs[0].new_zeros(len(query) - first, *outputs[0].shape[1:]))
    return torch.cat(outputs)


def _attend_prefill(
    step: KernelStep, module: nn.Module, query: Tensor, key: Tensor, value: Tensor, window: int | None, options: Any
) -> Tensor:
    """Return causal attention within one context; explicit masks cover a block of queries at a time.

    The queries are those of the newest tokens, which are fewer than the keys where a layer reads another one's.
    """
    tokens, entries = query.shape[2], key.shape[2]
    slides = window is not None and entries > window
    if step.kernel == "sdpa" and not slides and tokens == entries:
        return _run("sdpa", module, query, key, value, None, options)
    blocks = []
    for first in range(entries - tokens, entries, QUERY_BLOCK):
        last = min(first + QUERY_BLOCK, entries)
        start = first_visible(first, window) if slides and window is not None else 0
        before = torch.full((query.shape[0], 1), first - start, device=query.device)
        mask = _visible(before, last - first, last - start, window)
        keys, values = key[:, :, start:last], value[:, :, start:last]
        part = query[:, :, tokens - entries + first : tokens - entries + last]
        blocks.append(_run(step.kernel, module, part, keys, values, mask, options))
    return torch.cat(blocks, dim=1)


def _attend_new_tokens(
    step: KernelStep, module: nn.Module, query: Tensor, key: Tensor, value: Tensor, window: int | None, options: Any
) -> Tensor:
    """Return attention of new tokens to the held entries and to each other, a block of queries at a time."""
    assert step.plan is not None
    plan, count, entries = step.plan, query.shape[2], key.shape[2]
    if step.kernel == MATMUL and count <= FEW_QUERIES:
        _refuse_beyond_softmax(options)
        group_size = query.shape[1] // key.shape[1]
        bias = plan.once(
            ("bias", group_size, count, entries, window),
            lambda: _bias(_visible(plan.before_by_mask, count, entries, window), group_size),
        )
        return _attend_by_group(matmul_attention, query, key, value, bias, scaling_of(query, options))
    blocks = []
    held = entries - count if count <= QUERY_BLOCK else int(plan.counts.max())
    for first in range(0, count, QUERY_BLOCK):
        part = query[:, :, first : first + QUERY_BLOCK]
        seen = held + first + part.shape[2]
        mask = _block_mask(plan, first, part.shape[2], seen, window)
        blocks.append(_run(step.kernel, module, part, key[:, :, :seen], value[:, :, :seen], mask, options))
    return torch.cat(blocks, dim=1) if len(blocks) > 1 else blocks[0]


def _block_mask(plan: StepPlan, first: int, queries: int, entries: int, window: int | None) -> Tensor:
    """Return the mask of a block of new tokens; layers share it if there is one block only."""
    if first or queries == QUERY_BLOCK:
        return _visible(plan.before_by_mask + first, queries, entries, window)
    shape = queries, entries, window
    return plan.once(("mask", shape), lambda: _visible(plan.before_by_mask, *shape))


def _bias(mask: Tensor, group_size: int) -> Tensor:
    """Return (B, 1 or H, 1 or G * Q, S) float32: 0 where a query of a KV group may attend, else minus infinity."""
    mask = _group_mask(mask, group_size)
    return torch.zeros(mask.shape, device=mask.device).masked_fill_(~mask, -torch.inf)


def _group_mask(mask: Tensor, group_size: int) -> Tensor:
    """Return a mask (B, 1 or H, Q, S) repeated for the G query heads of a KV group, (B, 1 or H, G * Q, S).

    The mask of a single query is returned unchanged, since it broadcasts.
    """
    if mask.shape[2] == 1:
        return mask
    return mask[:, :, None].expand(-1, -1, group_size, -1, -1).flatten(2, 3)


def _visible(before: Tensor, queries: int, entries: int, window: int | None) -> Tensor:
    """Return a mask (B, 1 or H, Q, entries) bool of the entries that each new token may see.

    Args:
        before: (B, 1 or H) int64 entries held before the new tokens, which were appended in order.
        queries: Q, new tokens per row.
        entries: number of entries to mask, per head.
        window: a layer's window. A sliding layer holds consecutive tokens, so index distance is token distance; a
            chunked one holds all tokens, so an index is a position.
    """
    own = (before[:, :, None] + torch.arange(queries, device=before.device))[..., None]
    index = torch.arange(entries, device=before.device)
    mask = index <= own
    return mask if window is None else mask & reaches(own, index, window)


def _run(
    kernel: str, module: nn.Module, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, options: Any
) -> Tensor:
    """Return the output (B, Q, Hq, D) of the kernel that the ragged one calls."""
    if kernel in ("sdpa", MATMUL):
        _refuse_beyond_softmax(options)
    if kernel in ("sdpa", MATMUL) and mask is not None:
        folded = _group_mask(mask, query.shape[1] // key.shape[1])
        return _attend_by_group(_sdpa, query, key, value, folded, scaling_of(query, options))
    if mask is not None:
        mask = _additive(mask, query)
    if mask is not None and mask.shape[1] > 1:
        mask = mask.repeat_interleave(query.shape[1] // mask.shape[1], dim=1)
    output, _ = _kernel_function(kernel, module)(module, query, key, value, mask, **options)
    return output


def _refuse_beyond_softmax(options: Any) -> None:
    if unknown := _beyond_softmax(options):
        raise PolicyError(f"This model's attention has {unknown}, which sdpa does not compute. Use --kv-attn=eager.")


def _beyond_softmax(options: Any) -> str:
    """Return the names of this attention's features beyond a softmax over the keys; an empty string if none."""
    names = [name for name, key in (("sinks", "s_aux"), ("a softcap", "softcap")) if options.get(key) is not None]
    return " and ".join(names)


def _additive(mask: Tensor, query: Tensor) -> Tensor:
    blocked = torch.finfo(query.dtype).min
    return torch.zeros(mask.shape, dtype=query.dtype, device=query.device).masked_fill_(~mask, blocked)


def _attend_by_group(
    function: GroupAttention, query: Tensor, key: Tensor, value: Tensor, mask: Tensor, scaling: float
) -> Tensor:
    """Return attention with the queries of a KV group side by side, so that keys and values are not repeated."""
    batch, query_heads, queries, size = query.shape
    heads = key.shape[1]
    folded = query.reshape(batch, heads, query_heads // heads * queries, size)
    output = function(folded, key, value, mask, scaling)
    return output.reshape(batch, query_heads, queries, -1).transpose(1, 2).contiguous()


def _sdpa(query: Tensor, key: Tensor, value: Tensor, mask: Tensor, scaling: float) -> Tensor:
    return nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=mask, scale=scaling)


def _kernel_function(name: str, module: nn.Module) -> Attend:
    """Return the attention function of this name; ``eager`` is defined in the module of the model's own code."""
    if name == "eager":
        return sys.modules[type(module).__module__].eager_attention_forward  # type: ignore[no-any-return]
    return ALL_ATTENTION_FUNCTIONS[name]  # type: ignore[no-any-return]


class _ModelRotary(RotaryTable):
    def __init__(self, model: PreTrainedModel, layer: int) -> None:
        self.model, self.layer = model, layer

    def __call__(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        own = _rotary_embedding(self.model)
        if own is None and (sines := _table_of_sines(self.model)) is not None:
            sin, cos = sines[1].float().to(positions.device).chunk(2)  # of position 1, hence of one step
            angles = positions[:, None] * torch.atan2(sin, cos)
            return angles.cos(), angles.sin()
        if own is None:
            raise PolicyError("This model has no rotary positions, so its future queries cannot be modelled.")
        # A copy, because some rotary embeddings rescale themselves by the longest position they have computed.
        embedding = copy.deepcopy(own)
        by_type = getattr(embedding, "layer_types", None) is not None
        arguments = {"layer_type": embedding.config.layer_types[self.layer]} if by_type else {}
        table = embedding(torch.empty(1, device=positions.device), positions[None], **arguments)
        if isinstance(table, Tensor):  # complex numbers, one per pair
            return table.real[0].repeat(1, 2), table.imag[0].repeat(1, 2)
        cos, sin = table
        return cos[0].to(positions.device), sin[0].to(positions.device)

    def beyond(self, positions: Tensor, longest: int) -> tuple[Tensor, Tensor]:
        """See ``RotaryTable``."""
        if not rotation_depends_on_length(self.model):
            return self(positions)
        # Asked for itself, such a position would change the frequencies: they are read off the first step instead.
        cos, sin = self(torch.tensor([0, 1, longest], device=positions.device))
        angles = positions[:, None] * torch.atan2(sin[1], cos[1])
        return cos[:1] * angles.cos(), cos[:1] * angles.sin()


def _rotary_embedding(model: PreTrainedModel) -> Any:
    """Return the rotary embedding of a model's layers, under whatever name it has there; None if there is none."""
    decoder: Any = model.get_decoder()
    for part in (decoder, getattr(decoder, "model", None)):  # Llama 4 calls itself its decoder
        if isinstance(part, nn.Module):
            found = (child for child in part.children() if type(child).__name__.endswith("RotaryEmbedding"))
            if (embedding := getattr(part, "rotary_emb", None) or next(found, None)) is not None:
                return embedding
    return None


def _table_of_sines(model: PreTrainedModel) -> Tensor | None:
    """Return sines beside cosines by position (P, R), as GPT-J and CodeGen hold them; None if there are none."""
    return next((table for name, table in model.named_buffers() if name.endswith(".embed_positions")), None)


def rotary_table(model: PreTrainedModel, layer: int) -> RotaryTable:
    """Return the rotary table that a layer of ``model`` applies to its queries and keys, looked up on each call."""
    return _ModelRotary(model, layer)


def rotation_depends_on_length(model: PreTrainedModel) -> bool:
    """Return whether a token's rotation depends on the longest position of its call.

    If so, rows must not share a batch, and a context must be prefilled in one call.
    """
    return any(kind.get("rope_type") in LENGTH_DEPENDENT for kind in _rotations(model))


def rotation_border(model: PreTrainedModel) -> int | None:
    """Return the length past which ``model`` rotates all tokens otherwise, so that it must read them again; or None."""
    config = model.config.get_text_config()
    borders = [
        kind.get("original_max_position_embeddings") or getattr(config, "original_max_position_embeddings", None)
        for kind in _rotations(model)
        if kind.get("rope_type") == "longrope"
    ]
    return min((border for border in borders if border), default=None)


def _rotations(model: PreTrainedModel) -> list[dict[str, Any]]:
    """Return the settings of a model's rotary embeddings, those of single types of layers included."""
    parameters = getattr(model.config.get_text_config(), "rope_parameters", None) or {}
    return [parameters, *(value for value in parameters.values() if isinstance(value, dict))]


def forget_longest_call(model: PreTrainedModel) -> None:
    """Let a model whose rotation follows the longest call so far start again, as if it had just been loaded."""
    embedding = _rotary_embedding(model) if rotation_depends_on_length(model) else None
    if embedding is None:
        return
    # A call within the original length resets the frequencies, too, but not in every release of transformers.
    for name, value in {**vars(embedding), **dict(embedding.named_buffers())}.items():
        if name.endswith("original_inv_freq") and isinstance(value, Tensor):
            own = value.detach().to(model.device, copy=True)
            embedding.register_buffer(name.replace("original_inv_freq", "inv_freq"), own, persistent=False)
        elif name.endswith("max_seq_len_cached"):
            setattr(embedding, name, embedding.original_max_seq_len)


AttentionInterface.register(RAGGED, attend)
AttentionMaskInterface.register(RAGGED, mask_rule)
