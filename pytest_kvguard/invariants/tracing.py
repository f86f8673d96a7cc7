"""Recordings of the outputs of every head of every layer, so that a violation can name the first wrong head."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

__all__ = ["Answer", "AttentionTrace", "attention_function", "traced"]


@dataclass(frozen=True)
class Answer:
    """The outputs of a model for some tokens of one sequence.

    Attributes:
        logits: (Q, vocabulary).
        heads: per layer, the outputs of its heads, (Q, Hq, D); empty where the model calls no registered attention.
    """

    logits: Tensor
    heads: tuple[Tensor, ...]

    def tokens(self, first: int, last: int | None = None) -> Answer:
        """Return the answer for some of the tokens."""
        return Answer(self.logits[first:last], tuple(heads[first:last] for heads in self.heads))

    @classmethod
    def joined(cls, parts: list[Answer]) -> Answer:
        """Return one answer that joins consecutive ones."""
        heads = tuple(torch.cat(layer) for layer in zip(*(part.heads for part in parts), strict=True))
        return cls(torch.cat([part.logits for part in parts]), heads)


class AttentionTrace:
    """The outputs (B, Q, Hq, D) of each layer's attention calls, in order."""

    def __init__(self) -> None:
        self.calls: dict[int, list[Tensor]] = {}

    def note(self, layer: int, output: Tensor) -> None:
        """Record the output of one call."""
        self.calls.setdefault(layer, []).append(output.detach())

    def row(self, number: int = 0) -> tuple[Tensor, ...]:
        """Return the outputs of one row of the batch, one tensor (Q, Hq, D) per layer, its calls joined."""
        return tuple(torch.cat([call[number] for call in self.calls[layer]]) for layer in sorted(self.calls))


@contextmanager
def traced(name: str) -> Iterator[AttentionTrace]:
    """Record the outputs of the attention implementation of this name inside the block."""
    trace = AttentionTrace()
    overridden = ALL_ATTENTION_FUNCTIONS._local_mapping.get(name)

    def attend(module: nn.Module, *tensors: Any, **options: Any) -> Any:
        output = attention_function(name, overridden, module)(module, *tensors, **options)
        trace.note(int(module.layer_idx), output[0])  # type: ignore[arg-type]
        return output

    ALL_ATTENTION_FUNCTIONS[name] = attend
    try:
        yield trace
    finally:
        del ALL_ATTENTION_FUNCTIONS[name]
        if overridden is not None:
            ALL_ATTENTION_FUNCTIONS[name] = overridden


def attention_function(name: str, overridden: Any, module: nn.Module) -> Callable[..., Any]:
    """Return the attention function that is traced; eager ones live in the module of the model's own code."""
    if overridden is not None:
        return overridden  # type: ignore[no-any-return]
    if name == "eager":
        return sys.modules[type(module).__module__].eager_attention_forward  # type: ignore[no-any-return]
    return ALL_ATTENTION_FUNCTIONS._global_mapping[name]  # type: ignore[no-any-return]
