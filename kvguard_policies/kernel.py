"""The attention function that reads ragged caches, registered with transformers as ``kvguard_ragged``.

It masks, records, and leaves the attention itself to the kernel the user chose (``sdpa``, ``eager`` or any function
registered with ``transformers.AttentionInterface`` that takes a ready 4D mask).
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AttentionInterface, PreTrainedModel
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from kvguard_policies.hf_cache import KernelStep, kernel_step, shelved_parts
from kvguard_policies.matmul_attention import matmul_attention
from kvguard_policies.records import PolicyError, RotaryTable
from kvguard_policies.step_plan import StepPlan

__all__ = ["MATMUL", "RAGGED", "attention_kernel", "ragged_attention", "rotary_table", "rotation_depends_on_length"]

RAGGED = "kvguard_ragged"
MATMUL = "matmul"
"""Name, for caches, of the attention of few queries that ``matmul_attention`` computes; more queries run on sdpa."""

QUERY_BLOCK = 512
FEW_QUERIES = 64

LENGTH_DEPENDENT = ("dynamic", "longrope")
"""Rotations that transformers rescales by the longest position of a call."""

Attend = Callable[..., tuple[Tensor, Any]]
Grouped = Callable[[Tensor, Tensor, Tensor, Tensor, float], Tensor]


def ragged_attention(model: PreTrainedModel) -> AbstractContextManager[None]:
    """Let ``model`` read ragged caches inside the block; its own attention kernel is back afterwards, come what may."""
    return attention_kernel(model, RAGGED)


@contextmanager
def attention_kernel(model: PreTrainedModel, name: str) -> Iterator[None]:
    """Run ``model`` on a registered attention function inside the block."""
    previous = model.config._attn_implementation
    model.set_attn_implementation(name)
    try:
        yield
    finally:
        model.set_attn_implementation(previous)


def attend(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    dropout: float = 0.0,
    **options: Any,
) -> tuple[Tensor, None]:
    """Attend from the newest tokens to a ragged cache.

    Args:
        module: the attention module.
        query: (B, Hq, Q, D), rotated.
        key: (B, H, S, D), rotated, as a ``RaggedCache`` returned them.
        value: (B, H, S, D), likewise.
        attention_mask: ignored; the cache knows which rows exist.
        dropout: passed on.
        options: ``scaling``, ``sliding_window`` and what else the model passes on.

    Returns:
        (B, Q, Hq, D) and None.
    """
    parts = shelved_parts(key)
    if parts is not None:
        return _attend_shelves(parts, module, query, dropout, options), None
    step = kernel_step(key)
    if step is None:
        raise PolicyError(
            "The ragged kernel was called without a RaggedCache. Pass `past_key_values=` one, or leave the "
            "`ragged_attention` block."
        )
    options["dropout"] = dropout
    window = options.get("sliding_window")
    if step.plan is None:
        output = _prefill(step, module, query, key, value, window, options)
        _record_prefill(step, query, key, window, options)
    else:
        output = _feed(step, module, query, key, value, window, options)
        _record_token(step, query, key, window, options)
    step.answered = True
    return output, None


def _attend_shelves(
    parts: Sequence[tuple[Tensor, Tensor]], module: nn.Module, query: Tensor, dropout: float, options: Any
) -> Tensor:
    """Attend shelf by shelf; rows that only fill up the batch put out zeros."""
    outputs, first = [], 0
    for keys, values in parts:
        last = first + keys.shape[0]
        outputs.append(attend(module, query[first:last], keys, values, None, dropout, **options)[0])
        first = last
    if first < len(query):
        outputs.append(outputs[0].new_zeros(len(query) - first, *outputs[0].shape[1:]))
    return torch.cat(outputs)


def _prefill(
    step: KernelStep, module: nn.Module, query: Tensor, key: Tensor, value: Tensor, window: int | None, options: Any
) -> Tensor:
    """Causal attention within one prompt; explicit masks are made for a block of queries at a time."""
    tokens = query.shape[2]
    slides = window is not None and tokens > window
    if step.kernel == "sdpa" and not slides:
        return _run("sdpa", module, query, key, value, None, options)
    blocks = []
    for first in range(0, tokens, QUERY_BLOCK):
        last = min(first + QUERY_BLOCK, tokens)
        start = max(0, first + 1 - window) if slides and window is not None else 0
        before = torch.full((query.shape[0], 1), first - start, device=query.device)
        mask = _visible(before, last - first, last - start, window)
        keys, values = key[:, :, start:last], value[:, :, start:last]
        blocks.append(_run(step.kernel, module, query[:, :, first:last], keys, values, mask, options))
    return torch.cat(blocks, dim=1)


def _feed(
    step: KernelStep, module: nn.Module, query: Tensor, key: Tensor, value: Tensor, window: int | None, options: Any
) -> Tensor:
    """Attention of new tokens to the rows held and to each other, a block of queries at a time."""
    assert step.plan is not None
    plan, count, rows = step.plan, query.shape[2], key.shape[2]
    if step.kernel == MATMUL and count <= FEW_QUERIES:
        _refuse_beyond_softmax(options)
        group = query.shape[1] // key.shape[1]
        bias = plan.once(
            ("bias", group, count, rows, window), lambda: _bias(_visible(plan.before, count, rows, window), group)
        )
        return _grouped(matmul_attention, query, key, value, bias, _scaling(query, options))
    blocks = []
    held = rows - count if count <= QUERY_BLOCK else int(plan.before.max())
    for first in range(0, count, QUERY_BLOCK):
        part = query[:, :, first : first + QUERY_BLOCK]
        seen = held + first + part.shape[2]
        mask = _block_mask(plan, first, part.shape[2], seen, window)
        blocks.append(_run(step.kernel, module, part, key[:, :, :seen], value[:, :, :seen], mask, options))
    return torch.cat(blocks, dim=1) if len(blocks) > 1 else blocks[0]


def _block_mask(plan: StepPlan, first: int, queries: int, rows: int, window: int | None) -> Tensor:
    """Return what a block of new tokens may see, made once for all layers where one block is all there is."""
    if first or queries == QUERY_BLOCK:
        return _visible(plan.before + first, queries, rows, window)
    shape = queries, rows, window
    return plan.once(("mask", shape), lambda: _visible(plan.before, *shape))


def _bias(mask: Tensor, group: int) -> Tensor:
    """Return (B, 1 or H, 1 or G * Q, S) float32: 0 where a query of a group may look, else minus infinity."""
    mask = _of_group(mask, group)
    return torch.zeros(mask.shape, device=mask.device).masked_fill_(~mask, -torch.inf)


def _of_group(mask: Tensor, group: int) -> Tensor:
    """Return a mask (B, 1 or H, Q, S) for the queries of all heads of a group, one head after the other.

    A single query's mask serves all of them as it is.
    """
    if mask.shape[2] == 1:
        return mask
    return mask[:, :, None].expand(-1, -1, group, -1, -1).flatten(2, 3)


def _visible(before: Tensor, queries: int, rows: int, window: int | None) -> Tensor:
    """Return (B, 1 or H, Q, rows) bool: which rows each new token may see.

    Args:
        before: (B, H) int64 rows held before the new tokens, which were appended in order.
        queries: Q, new tokens per row.
        rows: rows to mask.
        window: a sliding layer's window; its rows are contiguous, so row distance is token distance.
    """
    if (before == before[:, :1]).all():
        before = before[:, :1]
    own = (before[:, :, None] + torch.arange(queries, device=before.device))[..., None]
    row = torch.arange(rows, device=before.device)
    mask = row <= own
    return mask if window is None else mask & (row > own - window)


def _run(
    kernel: str, module: nn.Module, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, options: Any
) -> Tensor:
    """Return (B, Q, Hq, D) from the kernel under the ragged one."""
    if kernel in ("sdpa", MATMUL):
        _refuse_beyond_softmax(options)
    if kernel in ("sdpa", MATMUL) and mask is not None:
        folded = _of_group(mask, query.shape[1] // key.shape[1])
        return _grouped(_sdpa, query, key, value, folded, _scaling(query, options))
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
    """Return what this attention does besides a softmax over the keys, or an empty string."""
    found = [word for word, key in (("sinks", "s_aux"), ("a softcap", "softcap")) if options.get(key) is not None]
    return " and ".join(found)


def _additive(mask: Tensor, query: Tensor) -> Tensor:
    blocked = torch.finfo(query.dtype).min
    return torch.zeros(mask.shape, dtype=query.dtype, device=query.device).masked_fill_(~mask, blocked)


def _grouped(function: Grouped, query: Tensor, key: Tensor, value: Tensor, mask: Tensor, scaling: float) -> Tensor:
    """Attend with the queries of a group side by side, so that keys and values are not repeated in memory."""
    batch, query_heads, queries, size = query.shape
    heads = key.shape[1]
    group = query_heads // heads
    folded = query.reshape(batch, heads, group * queries, size)
    output = function(folded, key, value, mask, scaling)
    return output.reshape(batch, query_heads, queries, -1).transpose(1, 2).contiguous()


def _sdpa(query: Tensor, key: Tensor, value: Tensor, mask: Tensor, scaling: float) -> Tensor:
    return nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=mask, scale=scaling)


def _kernel_function(name: str, module: nn.Module) -> Attend:
    """Return the attention function of this name; eager ones live beside the model's own code."""
    if name == "eager":
        return sys.modules[type(module).__module__].eager_attention_forward  # type: ignore[no-any-return]
    return ALL_ATTENTION_FUNCTIONS[name]  # type: ignore[no-any-return]


def _record_prefill(step: KernelStep, query: Tensor, key: Tensor, window: int | None, options: Any) -> None:
    for recorder in step.recorders:
        if recorder is not None and window is not None:
            recorder.note_sliding(step.layer, window)
        elif recorder is not None and recorder.needs and (unknown := _beyond_softmax(options)):
            raise PolicyError(
                f"This model's attention has {unknown}, which recorded attention would leave out. Use a policy that "
                "reads no attention, e.g. knorm or keydiff."
            )
        elif recorder is not None:
            recorder.observe(step.layer, query, key, _scaling(query, options))


def _record_token(step: KernelStep, query: Tensor, key: Tensor, window: int | None, options: Any) -> None:
    if window is not None or step.before is None:
        return
    for row, recorder in enumerate(step.recorders):
        if recorder is not None:
            rows = int(step.before[row, 0]) + 1
            scaling = _scaling(query, options)
            recorder.advance(step.layer, query[row : row + 1], key[row, :, :rows], scaling, step.positions[row])


def _scaling(query: Tensor, options: Any) -> float:
    scaling = options.get("scaling")
    return query.shape[-1] ** -0.5 if scaling is None else float(scaling)


class _ModelRotary(RotaryTable):
    def __init__(self, model: PreTrainedModel, layer: int) -> None:
        self.model, self.layer = model, layer

    def __call__(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        decoder = self.model.get_decoder()
        if not hasattr(decoder, "rotary_emb"):
            raise PolicyError("This model has no rotary positions, so its future queries cannot be modelled.")
        # A copy: some rotations rescale themselves by the longest position they were asked for.
        embedding = copy.deepcopy(decoder.rotary_emb)
        by_type = getattr(embedding, "layer_types", None) is not None
        arguments = {"layer_type": decoder.config.layer_types[self.layer]} if by_type else {}
        cos, sin = embedding(torch.empty(1, device=positions.device), positions[None], **arguments)
        return cos[0].to(positions.device), sin[0].to(positions.device)


def rotary_table(model: PreTrainedModel, layer: int) -> RotaryTable:
    """Return the rotation that a layer of ``model`` applies to its queries and keys; it is looked up when called."""
    return _ModelRotary(model, layer)


def rotation_depends_on_length(model: PreTrainedModel) -> bool:
    """Return whether a token's rotation depends on the longest position of its call.

    Rows must then not share a batch, and a context must be prefilled in one call.
    """
    parameters = getattr(model.config.get_text_config(), "rope_parameters", None) or {}
    kinds = [parameters, *(value for value in parameters.values() if isinstance(value, dict))]
    return any(kind.get("rope_type") in LENGTH_DEPENDENT for kind in kinds)


AttentionInterface.register(RAGGED, attend)
