"""Keys that are followed through a model's own attention code, up to the softmax that turns them into weights.

Some families compute attention in code of their own instead of calling a registered function. Their code runs as it is,
over keys at the places of their tokens, with zeros where entries were evicted. The keys are tensors that notice what is
done with them: the products with queries, what is added to these (masks and biases by position), and the softmax.
Before it, evicted entries are blocked and the recorders are told; after it, the weights must reach the values, head by
head. What is lost on the way leaves the step unanswered, and the cache refuses the next call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Number
from typing import Any

import torch
from torch import Tensor

from kvguard_policies.mask_rules import OWN_MASK
from kvguard_policies.recorder_feed import record_prefill, record_token
from kvguard_policies.records import PolicyError
from kvguard_policies.step_plan import KernelStep

__all__ = ["Followed", "Trace", "follow"]

_MOVED = {
    "__getitem__",
    "flatten",
    "permute",
    "reshape",
    "select",
    "squeeze",
    "swapaxes",
    "transpose",
    "unflatten",
    "view",
}
_WIDENED = {"contiguous", "expand", "expand_as", "repeat", "repeat_interleave", "unsqueeze"}
_CONVERTED = {"bfloat16", "float", "half", "to", "type", "type_as"}
RELAYOUT = frozenset({"__get__", *_MOVED, *_WIDENED, *_CONVERTED})
PRODUCTS = frozenset(["__matmul__", "baddbmm", "bmm", "matmul"])
SUMS = frozenset(["__add__", "__iadd__", "__radd__", "add", "add_"])
MULTIPLIED = frozenset(["__imul__", "__mul__", "__rmul__", "mul", "mul_", "multiply"])
DIVIDED = frozenset(["__itruediv__", "__truediv__", "div", "div_", "divide", "true_divide"])
BOUNDED = frozenset(["clamp", "max", "maximum"])
SOFTMAX, FUSED = "softmax", "scaled_dot_product_attention"

LEAST_BLOCKED = 1e3
"""The least that a mask takes from the logit of a key in the future; finfo.min is far below it in every dtype."""


@dataclass(frozen=True)
class Trace:
    """What is known of followed keys or values, or of the logits that were made of keys.

    Attributes:
        step: the layer's step.
        keys: (B, H, S, D), the entries without gaps.
        columns: (B, H, S) int64, the place of each entry among the columns; None where they are in their places.
        visible: (B, H, T) bool, the columns that hold an entry; None if all do.
        is_tiled: whether query head ``i`` reads KV head ``i % H``, instead of ``i // G``.
        window: the tokens that a query of this layer sees, as far as is known; None for all.
        are_values: whether these are values.
        query: (B, Hq, Q, D) or (B * Hq, Q, D), what the keys were multiplied with; None for keys.
        factor: of the products in the logits.
        added: (B or 1, Hq or 1, Q or 1, T or 1) each, what is added to the scaled products.
    """

    step: KernelStep
    keys: Tensor
    columns: Tensor | None = None
    visible: Tensor | None = None
    is_tiled: bool = False
    window: int | None = None
    are_values: bool = False
    query: Tensor | None = None
    factor: float = 1.0
    added: tuple[Tensor, ...] = ()

    def scaled(self, factor: float) -> Trace:
        """Return the trace of logits times a number."""
        return replace(self, factor=self.factor * factor, added=tuple(part * factor for part in self.added))

    def plus(self, part: Tensor, logits: Tensor) -> Trace:
        """Return the trace of logits, of 4 dimensions or with rows and heads in one, after something was added."""
        if logits.dim() == 3 and part.dim() == 3 and len(part) > 1:
            part = part.unflatten(0, (len(self.keys), -1))
        while part.dim() < 4:
            part = part[None]
        return replace(self, added=(*self.added, part))


class Followed(Tensor):
    """Keys, or logits made of them, that pass on what is known of them."""

    known: Trace

    @classmethod
    def __torch_function__(
        cls,
        func: Callable[..., Any],
        types: Sequence[Any],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Run a function of torch on plain tensors, and follow its result where that is known."""
        named = dict(kwargs or {})
        name = getattr(func, "__name__", "")
        with torch._C.DisableTorchFunctionSubclass():
            if name == SOFTMAX and args and _logits_of(args[0]):
                return func(_masked(args[0]), *args[1:], **named)
            if name == FUSED and isinstance(args[1] if len(args) > 1 else named.get("key"), Followed):
                return _fused(func, args, named)
            result = func(*args, **named)
            trace = _followed(name, args, named)
        return result if trace is None or not isinstance(result, Tensor) else follow(result, trace)


def follow(tensor: Tensor, trace: Trace) -> Tensor:
    """Return a tensor that passes on what is known of it."""
    followed = tensor if isinstance(tensor, Followed) else tensor.as_subclass(Followed)
    followed.known = trace
    return followed


def _logits_of(value: Any) -> Trace | None:
    """Return the trace of followed logits; None for anything else."""
    trace = value.known if isinstance(value, Followed) else None
    return trace if trace is not None and trace.query is not None else None


def _followed(name: str, args: Sequence[Any], named: Mapping[str, Any]) -> Trace | None:
    """Return what is known of the result of a function; None where it is not known."""
    if name == "where":
        return _restricted(args)
    if name in PRODUCTS:
        return _product(name, args, named)
    candidates = args if name in SUMS | BOUNDED else args[:1]
    first = next((value for value in candidates if isinstance(value, Followed)), None)
    if not isinstance(first, Followed):
        return None
    trace = first.known
    if name in RELAYOUT:
        tiles = name == "repeat" and torch.Size(args[1] if isinstance(args[1], Sequence) else args[1:]).numel() > 1
        return replace(trace, is_tiled=True) if tiles else trace
    if trace.query is None:
        return None
    other: Any = args[1] if len(args) > 1 else None
    if name in SUMS:
        part = args[1] if first is args[0] else args[0]
        return trace.plus(part, first) if isinstance(part, Tensor) else trace
    if name in MULTIPLIED | DIVIDED and _is_number(other):
        return trace.scaled(1 / float(other) if name in DIVIDED else float(other))
    if name == "masked_fill":
        return trace.plus(_blocked(args[1]), first)
    return trace if name in BOUNDED else None


def _is_number(value: Any) -> bool:
    return isinstance(value, Number) or (isinstance(value, Tensor) and value.dim() == 0)


def _product(name: str, args: Sequence[Any], named: Mapping[str, Any]) -> Trace | None:
    """Return what is known of the products of queries and followed keys, with what ``baddbmm`` adds to them."""
    start, *factors = args if name == "baddbmm" else (None, *args)
    factors += [named[part] for part in ("batch1", "batch2") if part in named]
    if len(factors) != 2:
        return None
    query, keys = factors
    if not isinstance(keys, Followed) or keys.known.query is not None or isinstance(query, Followed):
        return None
    if keys.known.are_values:
        _answer(keys.known)
        return None
    trace = replace(keys.known, query=query, factor=float(named.get("alpha", 1.0)))
    return trace if start is None else trace.plus(start * named.get("beta", 1.0), query)


def _restricted(args: Sequence[Any]) -> Trace | None:
    """Return what is known of followed logits where a condition holds, and of another value elsewhere."""
    if len(args) != 3 or (trace := _logits_of(args[1])) is None:
        return None
    return trace.plus(_blocked(~args[0]), args[1])


def _blocked(where: Tensor) -> Tensor:
    return torch.zeros(where.shape, device=where.device).masked_fill_(where, -torch.inf)


def _masked(logits: Followed) -> Tensor:
    """Return plain logits in which evicted entries are blocked, after the recorders were told of them."""
    trace, plain = logits.known, logits.as_subclass(Tensor)
    rows = plain.view(len(trace.keys), -1, *plain.shape[-2:])
    _tell(trace, rows.shape)
    if trace.visible is None:
        return plain
    return rows.masked_fill(~_by_query_head(trace, trace.visible[:, :, None], rows.shape[1]), -torch.inf).view_as(plain)


def _fused(func: Callable[..., Any], args: Sequence[Any], named: dict[str, Any]) -> Tensor:
    """Return torch's own attention over followed keys, in which evicted entries are blocked."""
    order = ("query", "key", "value", "attn_mask", "dropout_p", "is_causal")
    given = {**dict(zip(order, args, strict=False)), **named}
    query, key, mask = given["query"], given["key"], given.get("attn_mask")
    shape = torch.Size((*query.shape[:3], key.shape[2]))
    scale = given.get("scale")
    trace = replace(key.known, query=query, factor=query.shape[-1] ** -0.5 if scale is None else scale)
    causal = torch.ones(shape[2:], dtype=torch.bool, device=query.device).tril_() if given.get("is_causal") else None
    for part in (causal, mask):
        if part is not None:
            trace = trace.plus(_blocked(~part) if part.dtype == torch.bool else part, query)
    _tell(trace, shape)
    if isinstance(given["value"], Followed):
        _answer(given["value"].known)
        given["value"] = given["value"].as_subclass(Tensor)
    given["key"] = key.as_subclass(Tensor)
    if trace.visible is not None:
        seen = _by_query_head(trace, trace.visible[:, :, None], shape[1])
        parts = [_blocked(~seen), *trace.added]
        given |= {"attn_mask": sum(parts[1:], parts[0]).to(query.dtype), "is_causal": False}
    output: Tensor = func(**given)
    return output


def _by_query_head(trace: Trace, values: Tensor, query_heads: int) -> Tensor:
    """Return values (B, H, …) as each query head reads them, (B, Hq, …)."""
    group = query_heads // values.shape[1]
    return values.repeat(1, group, *[1] * (values.dim() - 2)) if trace.is_tiled else values.repeat_interleave(group, 1)


def _tell(trace: Trace, shape: torch.Size) -> None:
    """Tell the recorders of a layer about a call whose logits have the shape (B, Hq, Q, T)."""
    step, (rows, query_heads, queries, columns) = trace.step, shape
    step.is_tiled = trace.is_tiled
    recording = [recorder for recorder in step.recorders if recorder is not None]
    if recording:
        assert trace.query is not None
        query = trace.query.reshape(rows, query_heads, queries, -1)
        if trace.is_tiled:
            query = query.unflatten(1, (-1, trace.keys.shape[1])).transpose(1, 2).flatten(1, 2)
        added = sum(trace.added[1:], trace.added[0]) if trace.added else query.new_zeros(1, 1, 1, 1)
        added = added.expand(-1, -1, -1, columns)
        window = (_window(added, queries, columns) or trace.window) if step.plan is None else None
        needs = any(recorder.needs for recorder in recording)
        options = {"scaling": trace.factor, **(_bias(trace, added, query_heads) if needs else {})}
        if step.plan is None:
            record_prefill(step, query, trace.keys, window, options)
        else:
            record_token(step, query, trace.keys, options)


def _answer(trace: Trace) -> None:
    """Note that the weights of a layer's keys were applied to its values, head by head."""
    trace.step.answered |= trace.step.is_tiled is trace.is_tiled


def _window(added: Tensor, queries: int, columns: int) -> int | None:
    """Return how many tokens the newest query sees in a prefill, from what is added to its logits; None for all.

    Raises:
        PolicyError: the logits of keys in the future are left as they are, or others than the newest keys are visible.
    """
    if columns == 1:
        return None
    future = float(added[:, :, 0, -1].amax())
    seen = (added[:, :, -1] > future / 2).flatten(0, 1)
    count = int(seen[0].sum())
    if future > -LEAST_BLOCKED or not bool(
        (seen == (torch.arange(columns, device=seen.device) >= columns - count)).all()
    ):
        raise PolicyError(OWN_MASK)
    return count if count < columns else None


def _bias(trace: Trace, added: Tensor, query_heads: int) -> dict[str, Any]:
    """Return the options that describe a bias by position: none, one by key alone, or another."""
    newest = added[:, :, -1]
    visible = newest > -LEAST_BLOCKED
    if not bool(newest[visible].any()):
        return {}
    seen = added > -LEAST_BLOCKED
    # A bias by key is the same for all queries, but for a number that the softmax does not see.
    rest = (added - newest[:, :, None]).nan_to_num(0, 0, 0)
    low, high = (
        extreme.amax(-1) for extreme in (rest.masked_fill(~seen, -torch.inf), (-rest).masked_fill(~seen, -torch.inf))
    )
    if trace.is_tiled or bool((low + high > 1e-3).any()):
        return {"position_bias": added}
    by_column = newest.float().expand(len(trace.keys), query_heads, -1)
    if trace.columns is None:
        return {"key_bias": by_column}
    return {"key_bias": by_column.gather(-1, _by_query_head(trace, trace.columns, query_heads))}
