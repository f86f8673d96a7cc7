"""What a model's own mask says about a layer: a window or a chunk, read from the rule instead of a tensor."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import lru_cache
from types import FunctionType
from typing import Any

import torch
from torch import Tensor
from transformers import masking_utils

from kvguard_policies.records import PolicyError

__all__ = ["Chunk", "MaskRule", "first_visible", "mask_rule", "reaches", "window_of"]


OWN_MASK = (
    "This model brings a mask of its own making, which a compressed cache cannot follow. Use a model whose layers "
    "attend causally, within a window or within a chunk, such as Llama, Qwen or Gemma."
)


class Chunk(int):
    """A number of tokens: a token sees its own chunk of the context, instead of the newest tokens."""


def first_visible(query: int, window: int) -> int:
    """Return the first token that a query may see through a window or a chunk."""
    return query // window * window if isinstance(window, Chunk) else max(0, query + 1 - window)


def reaches(query: Tensor, key: Tensor, window: int) -> Tensor:
    """Return whether the window or chunk of each query reaches back to each key, both by index."""
    return key // window == query // window if isinstance(window, Chunk) else key > query - window


@dataclass(frozen=True)
class MaskRule:
    """Stands in for a mask where transformers would make a tensor of one.

    Attributes:
        window: the tokens of a window, or a ``Chunk``; None where the rule is another one.
    """

    window: int | None

    def __getitem__(self, index: object) -> MaskRule:
        """Return the rule itself: it holds for any part of a mask."""
        return self

    def __getattr__(self, name: str) -> object:
        """Refuse to be read like a tensor.

        Raises:
            PolicyError: the model computes something with its mask.
        """
        if name in ("device", "dim", "dtype", "shape", "size", "to"):
            raise PolicyError(OWN_MASK)
        raise AttributeError(name)


def mask_rule(
    *_: Any,
    mask_function: Callable[[Any, Any, Any, Any], Any] | None = None,
    local_size: int | None = None,
    use_vmap: bool = False,
    attention_mask: Tensor | None = None,
    **__: Any,
) -> MaskRule | None:
    """Return the rule of the mask that transformers asks for; None for a causal one, which needs none.

    Args:
        mask_function: whether a query sees a key, by batch, head, query and key.
        local_size: tokens of the window or chunk.
        use_vmap: whether the model has combined functions of its own.
        attention_mask: the tokens that are not padding.
    """
    if use_vmap or mask_function is None or (attention_mask is not None and not bool(attention_mask.all())):
        return MaskRule(None)
    try:
        return _known_rule(_Recognised(mask_function), local_size)
    except TypeError:  # it holds a tensor, whose numbers may change
        return _tried_rule(mask_function, local_size)


@dataclass(frozen=True)
class _Recognised:
    """A function of transformers that equals another of the same code over the same values; every call makes a new one.

    Raises:
        TypeError: when it is hashed, if a value has no fixed meaning, or a function is a model's own.
    """

    function: Callable[..., Any]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Recognised) and _meaning(self.function) == _meaning(other.function)

    def __hash__(self) -> int:
        return hash(_meaning(self.function))


def _meaning(value: Any) -> Hashable:
    if isinstance(value, FunctionType) and value.__module__ == masking_utils.__name__:
        closed_over = tuple(cell.cell_contents for cell in value.__closure__ or ())
        return value.__code__, _meaning(value.__defaults__), _meaning(closed_over)
    if isinstance(value, tuple):
        return tuple(map(_meaning, value))
    if value is None or isinstance(value, int | float | str):
        return value
    raise TypeError(f"a mask that depends on a {type(value).__name__}")


@lru_cache(maxsize=64)
def _known_rule(recognised: _Recognised, local_size: int | None) -> MaskRule | None:
    return _tried_rule(recognised.function, local_size)


def _tried_rule(mask_function: Callable[..., Any], local_size: int | None) -> MaskRule | None:
    """Return the rule that a function follows, as far as a few pairs of tokens can tell."""
    try:
        if local_size is None:
            return MaskRule(None) if _bends(mask_function) else None
        return MaskRule(_probed(mask_function, local_size))
    except IndexError:  # it looks up what is known of the tokens of this call alone
        return MaskRule(None)


def _sees(mask_function: Callable[[Any, Any, Any, Any], Any], query: int, key: int) -> bool:
    zero = torch.tensor(0)
    return bool(mask_function(zero, zero, torch.tensor(query), torch.tensor(key)))


def _bends(mask_function: Callable[[Any, Any, Any, Any], Any]) -> bool:
    """Return whether a rule without a size is more than causal, as far as two tokens can tell."""
    return _sees(mask_function, 0, 1) or not _sees(mask_function, 1, 0)


def _probed(mask_function: Callable[[Any, Any, Any, Any], Any], size: int) -> int | None:
    """Return the window or chunk that a rule follows at the places where they differ; None if it follows neither."""
    seen = tuple(_sees(mask_function, size, key) for key in (0, 1, size, size + 1))
    if seen == (False, True, True, False):
        return size
    return Chunk(size) if seen == (False, False, True, False) else None


def window_of(mask: object, option: int | None) -> int | None:
    """Return the window or chunk of a layer, from the mask and from the ``sliding_window`` that the model passed.

    Args:
        mask: what the model passed as its mask.
        option: the window that it passed beside the mask.

    Raises:
        PolicyError: the mask is a tensor of the model's own making, or follows an unknown rule.
    """
    if mask is None:
        return option
    if isinstance(mask, MaskRule) and mask.window is not None:
        return mask.window
    raise PolicyError(OWN_MASK)
