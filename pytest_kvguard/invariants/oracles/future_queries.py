"""The moments of future queries are those of the model's own queries, moved to the positions to come."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from transformers import PreTrainedModel

from kvguard_policies.attention import ragged_attention, rotation_border, rotation_depends_on_length
from kvguard_policies.compression import prefill
from kvguard_policies.hf_cache import RaggedCache, cache_argument
from kvguard_policies.observations import FutureQuery
from kvguard_policies.policy import Layout, Need
from kvguard_policies.recording import Recorder
from kvguard_policies.records import LogitRule
from pytest_kvguard.invariants.arms import context_of, layout_of
from pytest_kvguard.invariants.contexts import scoring_policy
from pytest_kvguard.invariants.differences import first_mismatch
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.violation import NotApplicable, Violation

__all__ = ["find"]

TOKENS, FUTURE = 20, 8
"""The context, and the positions past it; the policy's own number would need hundreds of runs."""
TOLERANCE = 1e-3
"""Allowed difference, as a share of the largest moment: rotations are undone in float32 and computed again."""


@torch.no_grad()
def find(subject: Subject) -> Violation | None:
    """Return the first moment that differs from that of queries which the model computed at the positions to come.

    Attention depends on distances alone, so a context at later positions has the same queries, each turned further.
    """
    policy, model = scoring_policy(subject), subject.source.model()
    needs = policy.needs(layout_of(TOKENS))
    observed = [need.observation for need in needs if isinstance(need.observation, FutureQuery)]
    if not observed:
        raise NotApplicable("the policy models no future queries")
    if rotation_depends_on_length(model) and _rotated_anew_from(model) < 2 * TOKENS + FUTURE:
        raise NotApplicable("this model's rotation depends on the longest position of a call, and changes early")
    ids = context_of(model, TOKENS)
    observation = replace(observed[0], future=FUTURE)
    record = prefill(model, ids, Layout(TOKENS), [need := Need(observation)], subject.kernel)
    turned = _turned_queries(model, ids, subject.kernel, observation.skip)
    for index in record.compressible_layers:
        heads = record.keys[index].shape[0]
        expected = _moments(turned[index].unflatten(0, (heads, -1)))
        found = record.recorder.observed[index][need]
        for part, columns in (("mean", slice(0, 1)), ("covariance", slice(1, None))):
            if mismatch := first_mismatch(found[..., columns], expected[..., columns], TOLERANCE):
                what = f"{part} of the future queries, dimension {mismatch[0][2]}"
                return Violation(what, *mismatch[1], f"{FUTURE} positions to come", index, mismatch[0][0])
    return None


def _rotated_anew_from(model: PreTrainedModel) -> int:
    """Return the length past which a model whose rotation follows the length rotates all tokens otherwise."""
    border = rotation_border(model) or model.config.get_text_config().max_position_embeddings
    return int(border)


def _moments(queries: Tensor) -> Tensor:
    """Return mean and covariance (H, G, D, 1 + D) of queries (H, G, n, D)."""
    mean = queries.mean(dim=2)
    centred = queries - mean[:, :, None]
    covariance = centred.transpose(-1, -2) @ centred / queries.shape[2]
    return torch.cat([mean[..., None], covariance], dim=-1)


def _turned_queries(model: PreTrainedModel, ids: list[int], kernel: str, skip: int) -> dict[int, Tensor]:
    """Return, by layer, each token's query (Hq, n, D) at the positions to come, mean over them, times the scaling."""
    sums: dict[int, Tensor] = {}
    counted = range(skip, len(ids)) if skip < len(ids) else range(len(ids))
    for shift in range(1, len(ids) + FUTURE):
        for layer, queries in _queries_at(model, ids, shift, kernel).items():
            total = sums.setdefault(layer, queries.new_zeros(queries.shape[0], len(counted), queries.shape[2]))
            for number, token in enumerate(counted):
                if len(ids) <= token + shift < len(ids) + FUTURE:
                    total[:, number] += queries[:, token] / FUTURE
    return sums


class _Queries(Recorder):
    """Keeps the scaled queries of every layer."""

    def __init__(self) -> None:
        super().__init__((), Layout(1), lambda layer: None)  # type: ignore[arg-type, return-value]
        self.by_layer: dict[int, Tensor] = {}

    def observes(self, layer: int) -> bool:
        """Return True: every layer is of interest."""
        return True

    def observe(self, layer: int, query: Tensor, key: Tensor, rule: LogitRule) -> None:
        """Keep the queries (1, Hq, T, D) of a layer."""
        self.by_layer[layer] = query[0].float() * rule.scaling


def _queries_at(model: PreTrainedModel, ids: list[int], shift: int, kernel: str) -> dict[int, Tensor]:
    """Return, by layer, the queries (Hq, T, D) of a context whose first token stands at position ``shift``."""
    recorder = _Queries()
    cache = RaggedCache.empty(model, kernel, [recorder])
    tokens = torch.tensor([ids], device=model.device)
    positions = torch.arange(shift, shift + len(ids), device=model.device)[None]
    with ragged_attention(model):
        model(tokens, **cache_argument(model, cache), position_ids=positions, logits_to_keep=1)
    return recorder.by_layer
