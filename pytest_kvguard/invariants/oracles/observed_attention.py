"""The attention that a prefill records is that of its queries, and no query attends to a later key."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor
from transformers import PreTrainedModel

from kvguard_policies.attention import attention_kernel, forget_longest_call, rotary_table
from kvguard_policies.observations import ColumnSums, VisibleQueries, WindowAttention
from kvguard_policies.policy import AttentionCall, Need
from kvguard_policies.records import ModelObservation
from pytest_kvguard.invariants.arms import context_of, layout_of, recorded
from pytest_kvguard.invariants.contexts import scoring_policy
from pytest_kvguard.invariants.differences import FLOAT32, first_mismatch
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.violation import NotApplicable, Violation

__all__ = ["find"]

ROUNDING = 1e-5
"""The most by which a sum of weights misses 1 without a sink."""


def find(subject: Subject) -> Violation | None:
    """Return a record that differs from eager attention's weights, or changes with queries before its key, or None."""
    policy, model = scoring_policy(subject), subject.source.model()
    ids = context_of(model)
    needs = sorted(policy.needs(layout_of(len(ids))), key=str)
    if not needs:
        raise NotApplicable("the policy reads no observation of the queries")
    record = recorded(model, ids, policy, subject.kernel)
    has_sinks = any(name.endswith("sinks") for name, _ in model.named_parameters())
    # However small a sink's share is of a whole context, it may be much of an instruction's, so rounding hides it.
    reference = _in_float64(model) if has_sinks else model
    attending = [index for index, keys in enumerate(record.keys) if len(keys)]
    weights = dict(zip(attending, _eager_weights(reference, ids), strict=True))
    span_ids = layout_of(len(ids)).group_ids(torch.arange(len(ids)))
    rounding = 0.0 if has_sinks else ROUNDING
    for index in record.compressible_layers:
        heads = record.keys[index].shape[0]
        grouped = weights[index].unflatten(0, (heads, -1))
        for need in needs:
            expected = _expected(need, grouped, span_ids, rounding)
            observed = record.recorder.observed[index][need]
            if expected is not None and (mismatch := first_mismatch(observed, expected, FLOAT32)):
                (head, _, column), values = mismatch
                position = int(_members(need, span_ids)[column])
                return Violation(f"recorded {need.observation}", *values, "", index, head, position)
    return next(_seeing_ahead(needs, model), None)


def _in_float64(model: PreTrainedModel) -> PreTrainedModel:
    """Return a copy of a model in float64, with experts that compute in it."""
    twin = copy.deepcopy(model).double()
    if hasattr(twin, "set_experts_implementation"):  # the grouped product takes float32 at most
        twin.set_experts_implementation("eager")
    return twin


@torch.no_grad()
def _eager_weights(model: PreTrainedModel, ids: list[int]) -> list[Tensor]:
    """Return per layer that attends the (Hq, T, T) attention weights of the model's own eager code."""
    forget_longest_call(model)
    with attention_kernel(model, "eager"):
        output = model(torch.tensor([ids], device=model.device), output_attentions=True, use_cache=False)
    return [
        weights[0] if model.dtype == torch.float64 else weights[0].float()
        for weights in output.attentions
        if weights is not None
    ]


def _members(need: Need, span_ids: Tensor) -> Tensor:
    return torch.arange(len(span_ids)) if need.group is None else (span_ids == need.group).nonzero()[:, 0]


def _expected(need: Need, weights: Tensor, span_ids: Tensor, rounding: float) -> Tensor | None:
    """Return the correct record (H, G, S), computed from weights (H, G, T, T); None for an unknown observation.

    Args:
        need: the observation, and the instruction whose tokens alone are observed.
        weights: of the model's own attention; a sink takes what is missing to 1.
        span_ids: the instruction of each token.
        rounding: the most that is missing without a sink.
    """
    members = _members(need, span_ids).to(weights.device)
    inside = weights[:, :, members][..., members]
    rest = 1 - weights[:, :, members].sum(dim=-1, keepdim=True)  # a sink's, which stays whatever the context
    inside = inside / (inside.sum(dim=-1, keepdim=True) + torch.where(rest > rounding, rest, 0.0))
    if isinstance(need.observation, WindowAttention):
        return inside[:, :, -need.observation.window :].mean(dim=2)
    if isinstance(need.observation, ColumnSums):
        return inside.sum(dim=2)
    if isinstance(need.observation, VisibleQueries):
        counts = torch.arange(len(members), 0, -1, dtype=torch.float32, device=weights.device)
        return counts.expand(*inside.shape[:2], -1)
    return None


def _seeing_ahead(needs: list[Need], model: PreTrainedModel) -> Iterator[Violation]:
    """Yield a violation for every observation of a key, known or not, that changes with the queries before that key."""
    generator = torch.Generator().manual_seed(3)
    tokens = 32
    queries, other = (torch.randn(2, 2, tokens, 8, generator=generator) for _ in range(2))
    keys = torch.randn(2, tokens, 8, generator=generator)
    for need in needs:
        if not need.observation.per_key or isinstance(need.observation, ModelObservation):
            continue  # an observation of the whole model has no queries that could be changed
        window = min(need.observation.query_window or tokens, tokens)
        first = tokens - max(1, window // 2)
        changed = torch.cat([other[:, :, :first], queries[:, :, first:]], dim=2)
        call = AttentionCall(queries, keys, 8**-0.5, torch.arange(tokens), rotary_table(model, 0))
        calls = (call, replace(call, queries=changed))
        before, after = (
            need.observation.measure(replace(c, queries=c.queries[:, :, tokens - window :])) for c in calls
        )
        if mismatch := first_mismatch(after[..., first:], before[..., first:], FLOAT32):
            (head, _, column), values = mismatch
            where = "queries before the key were changed"
            yield Violation(f"{need.observation} of a key", *values, where, head=head, position=first + column)
