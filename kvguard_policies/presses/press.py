"""A press of kvpress, unmodified: its hooks compress a cache of transformers, from which the plain model generates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

import torch
from torch import Tensor
from transformers import Cache, DynamicCache, PreTrainedModel

from kvguard_policies.hf_cache import cache_argument
from kvguard_policies.policy import OwnCache, PolicyError
from kvguard_policies.presses.containment import attention_modules, head_masks, import_kvpress, restore_afterwards
from kvguard_policies.presses.spec import make_press

__all__ = ["Press"]

RATIO_OPTION = {
    "CompressionRatioDecodingPress": "target_compression_ratio",
    "DuoAttentionPress": "head_compression_ratio",
    "ThinKPress": "key_channel_compression_ratio",
}
"""The option that a ratio sets, where it is not ``compression_ratio``."""

OWN_OPTIONS = ("ComposedPress", "DMSPress", "DecodingPress", "CAMPress", "PerLayerCompressionPress", "SimLayerKVPress")
"""Presses whose own options set the amount of compression."""


@dataclass(frozen=True)
class Press(OwnCache):
    """Runs a press of kvpress, written as in Python, under a ratio.

    As in kvpress's pipeline, the context is prefilled inside the press. Positions continue after the context, or after
    the kept entries if keys are rotated to new positions. While the model generates, masks of heads apply, and presses
    that compress while generating are active.
    Source: kvpress 0.5.5. Differs: none in the results; transformers and the model are restored afterwards.
    """

    name: ClassVar[str] = "kvpress"
    text: str

    def __post_init__(self) -> None:
        press = make_press(self.text)
        if _sets_no_ratio(press):
            return
        option = _ratio_option(press)
        default = getattr(type(press), option)
        given = getattr(press, option)
        if given != (default if isinstance(default, float) else 0.0):
            raise PolicyError(f"{option}={given} is written in kvpress:{self.text}, and --ratio sets it; leave it out")

    @property
    def spec(self) -> str:
        """The canonical spec string."""
        return f"kvpress:{self.text}"

    def fill(self, model: PreTrainedModel, token_ids: Tensor, ratio: Fraction) -> Cache:
        """See ``OwnCache.fill``."""
        press: Any = make_press(self.text)
        if ratio and not _sets_no_ratio(press):
            setattr(press, _ratio_option(press), float(ratio))
        cache: Any = DynamicCache()
        with restore_afterwards(model), head_masks(model.config._attn_implementation):
            body: Any = model.model
            if _only_decodes(press):
                body(input_ids=token_ids, **cache_argument(body, cache))
            else:
                with press(model):
                    body(input_ids=token_ids, **cache_argument(body, cache))
            # Kept on the cache so that a copy of it carries the masks that generation needs.
            cache.masks = [getattr(module, "masked_key_indices", None) for module in attention_modules(model)]
        cache.press = press if _decodes(press) else None
        cache.rerotated = _rerotates_keys(press)
        return cache

    def going_on(self, model: PreTrainedModel, cache: Cache) -> AbstractContextManager[None]:
        """See ``OwnCache.going_on``."""
        return self._going_on(model, cache)

    @contextmanager
    def _going_on(self, model: PreTrainedModel, cache: Any) -> Iterator[None]:
        modules = attention_modules(model)
        with ExitStack() as stack:
            stack.enter_context(restore_afterwards(model))
            stack.enter_context(head_masks(model.config._attn_implementation))
            for module, mask in zip(modules, cache.masks, strict=True):
                module.masked_key_indices = mask
            if cache.press is not None:
                stack.enter_context(cache.press(model))
            yield
            cache.masks = [getattr(module, "masked_key_indices", None) for module in modules]

    def next_position(self, cache: Cache, tokens: int) -> int:
        """See ``OwnCache.next_position``."""
        return int(cache.get_seq_length()) if getattr(cache, "rerotated", False) else tokens

    def evicts_later(self, cache: Cache) -> bool:
        """See ``OwnCache.evicts_later``."""
        return getattr(cache, "press", None) is not None

    def attended(self, cache: Cache) -> Sequence[Tensor | None]:
        """See ``OwnCache.attended``."""
        masks: Any = getattr(cache, "masks", [None] * len(cache.layers))
        return [_attended(layer, mask) for layer, mask in zip(cache.layers, masks, strict=True)]

    def remarks(self, cache: Cache) -> tuple[str, ...]:
        """See ``OwnCache.remarks``."""
        ignores_ratio = _sets_no_ratio(make_press(self.text))
        notes = ["the press's own options set the amount of compression, not --ratio"] if ignores_ratio else []
        if getattr(cache, "rerotated", False):
            notes.append("kept keys are rotated to new positions, so they differ from those of the context")
        return tuple(notes)


def _attended(layer: Any, mask: Any) -> Tensor | None:
    if mask is None:
        return None
    attended = torch.ones(layer.keys.shape[1:3], dtype=torch.bool, device=layer.keys.device)
    _, heads, entries = mask
    attended[heads.to(attended.device), entries.to(attended.device)] = False
    return attended


def _ratio_option(press: Any) -> str:
    return RATIO_OPTION.get(type(press).__name__, "compression_ratio")


def _sets_no_ratio(press: Any) -> bool:
    if type(press).__name__ == "PrefillDecodingPress":
        return True
    return type(press).__name__ in OWN_OPTIONS or not hasattr(type(press), _ratio_option(press))


def _only_decodes(press: Any) -> bool:
    return isinstance(press, import_kvpress().DecodingPress)


def _decodes(press: Any) -> bool:
    """Return whether the press also compresses while the model generates."""
    kvpress = import_kvpress()
    if isinstance(press, kvpress.DMSPress):
        return bool(press.decoding)
    return isinstance(press, kvpress.DecodingPress | kvpress.PrefillDecodingPress)


def _rerotates_keys(press: Any) -> bool:
    """Return whether kept keys are rotated to new positions, so that the next token's position follows theirs."""
    kvpress = import_kvpress()
    if isinstance(press, kvpress.PrefillDecodingPress):
        return _rerotates_keys(press.prefilling_press)
    if isinstance(press, kvpress.ComposedPress):
        return any(map(_rerotates_keys, press.presses))
    return isinstance(press, kvpress.KeyRerotationPress) or bool(getattr(press, "rerotate_keys", False))
