"""The peer of the sweep: kvpress's own pipeline, one cell after the other."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache, pipeline

from benchmarks.sweep_cells import POLICIES, QUESTION, PlannedReply
from pytest_kvguard.errors import UsageError
from pytest_kvguard.models.load_model import LoadedModel

__all__ = ["Peer", "PeerReply"]

NEVER = -1
"""No token ends a reply of the peer."""


@dataclass(frozen=True)
class PeerReply:
    """The peer's reply in a cell.

    Attributes:
        token_ids: token ids of the reply.
        keys: per layer, (1, H, S, D), the keys it kept of the context.
        scores: per layer, (1, H, T), its scores of all entries, in its own dtype; empty if it scored nothing.
    """

    token_ids: tuple[int, ...]
    keys: tuple[Tensor, ...]
    scores: tuple[Tensor, ...] = ()


class Peer:
    """kvpress's pipeline around a loaded model.

    Raises:
        UsageError: kvpress is not installed.
    """

    def __init__(self, model: LoadedModel) -> None:
        try:
            self._presses: Any = importlib.import_module("kvpress")
        except ImportError as error:
            raise UsageError(
                f"kvpress cannot be imported ({error}). It needs transformers below 5.3: run "
                "`make compatibility` once, then `.venv-transformers-5.2/bin/python -m benchmarks.sweep`; or leave "
                "the peer out with --peer none."
            ) from error
        model.model.generation_config.eos_token_id = NEVER
        self._pipeline: Any = pipeline("kv-press-text-generation", model=model.model, tokenizer=model.tokenizer)
        self._ids: Tensor = torch.empty(0)
        self._pipeline.tokenizer.decode = self._recording(self._pipeline.tokenizer.decode)

    def _recording(self, decode: Callable[..., str]) -> Callable[..., str]:
        """Return a decoder that records the ids, as the pipeline returns text only."""

        def recording(ids: Any, *args: Any, **options: Any) -> str:
            self._ids = ids
            return decode(ids, *args, **options)

        return recording

    def prompt(self, context: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the token ids that the peer compresses, and those it feeds after them."""
        tokens = self._pipeline.preprocess(context, [QUESTION], "", 1 << 20)
        return tuple(tokens["context_ids"][0].tolist()), tuple(tokens["questions_ids"][0][0].tolist())

    def run(self, planned: PlannedReply, contexts: Sequence[str], new: int) -> PeerReply:
        """Return the pipeline's reply."""
        cell = planned.cell
        cache = DynamicCache()
        press: Any = None
        if not cell.is_uncompressed:
            press = getattr(self._presses, POLICIES[cell.policy_name])(float(cell.ratio))
        if cell.policy_name == "snapkv":
            press.window_size, press.kernel_size = 16, 5
        scores: list[Tensor] = []
        if press is not None:
            press.score = _recording_scores(press.score, scores)
        context = contexts[planned.context]
        self._pipeline(context, question=QUESTION, press=press, max_new_tokens=new, cache=cache)
        return PeerReply(tuple(self._ids.tolist()), tuple(layer.keys for layer in cache.layers), tuple(scores))


def _recording_scores(score: Callable[..., Tensor], scores: list[Tensor]) -> Callable[..., Tensor]:
    """Return a press's ``score`` that appends its result, a tensor per layer, to ``scores``."""

    def recording(*args: Any, **options: Any) -> Tensor:
        layer_scores = score(*args, **options)
        scores.append(layer_scores)
        return layer_scores

    return recording
