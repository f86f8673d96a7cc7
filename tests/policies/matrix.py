"""The matrix of the policy tests: policies, head layouts, and a context with instruction spans and forced tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache

import torch
from torch import Tensor
from transformers import PreTrainedModel

from kvguard_policies import (
    CompactCache,
    Layout,
    RaggedCache,
    cache_argument,
    compress,
    load,
    names,
    prefill,
    ragged_attention,
)
from kvguard_policies.compression import PrefillRecord
from tests.models import LAYOUTS, random_ids, random_model

NEED_A_BASE = ("fair", "keep")
WRAPPED = (
    "fair(streaming_llm)",
    "fair(h2o)",
    "keep(snapkv)",
    "keep(fair(knorm))",
    "fair(adakv(tova), mix=0.5)",
    "adakv(keydiff)",
    "pyramidkv(knorm, window=2)",
)
SPECS = (*(name for name in names() if name not in NEED_A_BASE), *WRAPPED)
OBSERVED = (*SPECS, "snapkv(window=8)", "fair(snapkv(window=8))", "fair(tova)", "fair(observed_attention)")
HEAD_LAYOUTS = tuple(LAYOUTS)
WITHOUT_SLIDING = tuple(name for name in LAYOUTS if not name.endswith("sliding"))

TOKENS = 48
FORCED = ((10, 14),)
LAYOUT = Layout(TOKENS, groups=(((8, 20),), ((24, 30), (34, 40))), forced=FORCED)
QUESTION = random_ids(5, seed=9)


@cache
def model_of(head_layout: str, layers: int = 2, dtype: torch.dtype = torch.float32) -> PreTrainedModel:
    return random_model(head_layout, layers, dtype)


@cache
def context_record(head_layout: str, tokens: int = TOKENS, seed: int = 0, layers: int = 2) -> PrefillRecord:
    """Return the context prefilled once with what all policies need together."""
    return prefill(model_of(head_layout, layers), random_ids(tokens, seed), layout_of(tokens), all_needs(tokens))


def layout_of(tokens: int) -> Layout:
    """Return the context's layout, cut or stretched to a length; short contexts force their first token."""
    return replace(LAYOUT, tokens=tokens, forced=FORCED if tokens > FORCED[0][1] else ((0, 1),))


def all_needs(tokens: int = TOKENS) -> frozenset:
    return frozenset().union(*(load(spec).needs(layout_of(tokens)) for spec in OBSERVED))


def compressed(record: PrefillRecord, spec: str, ratio: str) -> CompactCache:
    return compress(record, load(spec), Fraction(ratio))


def kept_positions(cache: CompactCache) -> list[list[list[int]]]:
    return [[positions.tolist() for positions in layer.positions] for layer in cache.layers]


@torch.no_grad()
def logits_after(
    model: PreTrainedModel, caches: Sequence[CompactCache], suffixes: Sequence[Sequence[int]], kernel: str = "sdpa"
) -> list[Tensor]:
    """Feed one right-padded suffix per cache in one batch; return (tokens of the suffix, vocabulary) for each row."""
    batch = RaggedCache.of(caches, kernel, reserve=max(map(len, suffixes)))
    batch.fed = torch.tensor([len(suffix) for suffix in suffixes])
    width = int(batch.fed.max())
    ids = torch.tensor([[*suffix, *[0] * (width - len(suffix))] for suffix in suffixes])
    start = torch.tensor([cache.seen_tokens for cache in caches])
    with ragged_attention(model):
        logits = model(ids, **cache_argument(model, batch), position_ids=start[:, None] + torch.arange(width)).logits
    return [row[: len(suffix)] for row, suffix in zip(logits, suffixes, strict=True)]


@torch.no_grad()
def plain_logits(model: PreTrainedModel, ids: Sequence[int], positions: Sequence[int] | None = None) -> Tensor:
    """Return the logits (tokens, vocabulary) of the untouched model; the mask keeps gaps in positions one sequence."""
    where = None if positions is None else torch.tensor([list(positions)])
    tokens = torch.tensor([list(ids)])
    return model(tokens, position_ids=where, attention_mask=torch.ones_like(tokens), use_cache=False).logits[0]


def top_two_margin(logits: Tensor) -> float:
    best = logits.topk(2).values
    return float(best[0] - best[1])
