"""What a policy reads of a long context, prefilled in several calls, is the attention of all its queries."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from kvguard_policies.compression import PrefillRecord, prefill, prefill_boundaries
from kvguard_policies.observations import ColumnSums, VisibleQueries, WindowAttention
from kvguard_policies.policy import Layout, Need
from pytest_kvguard.invariants.arms import context_of
from pytest_kvguard.invariants.contexts import scoring_policy
from pytest_kvguard.invariants.differences import FLOAT32, first_mismatch
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.violation import NotApplicable, Violation

__all__ = ["find"]

TOKENS = 1100
SPANS = (((600, 640),), ((700, 760),))
"""Far enough from the start that the prefill ends a call before the first of them."""
EXPECTED = (WindowAttention, ColumnSums, VisibleQueries)


@torch.no_grad()
def find(subject: Subject) -> Violation | None:
    """Return an observation that differs from that of a prefill in one call, or loses attention, or None."""
    policy, model = scoring_policy(subject), subject.source.one_layer()
    layout = Layout(TOKENS, SPANS, ((10, 14),))
    needs = sorted(policy.needs(layout), key=str)
    if not needs:
        raise NotApplicable("the policy reads no observation of the queries")
    if prefill_boundaries(layout) == (TOKENS,):
        raise AssertionError("the context is prefilled in one call")
    ids = context_of(model, TOKENS)
    record = prefill(model, ids, layout, needs, subject.kernel)
    once = prefill(model, ids, Layout(TOKENS), [need for need in needs if need.group is None], subject.kernel)
    return next(_differences(record, once, needs), None)


def _differences(record: PrefillRecord, once: PrefillRecord, needs: list[Need]) -> Iterator[Violation]:
    for index in record.compressible_layers:
        for need in needs:
            found = record.recorder.observed[index][need]
            expected = once.recorder.observed[index].get(need)
            if expected is not None and (mismatch := first_mismatch(found, expected, FLOAT32)):
                where = f"{record.tokens} tokens, prefilled in two calls against one"
                yield Violation(f"recorded {need.observation}", *mismatch[1], where, index, mismatch[0][0])
            total = _total(need, found)
            if total is not None and (mismatch := first_mismatch(*total, FLOAT32)):
                where = f"{record.tokens} tokens"
                what = f"sum over all keys of the recorded {need.observation}"
                yield Violation(what, *mismatch[1], where, index, mismatch[0][0])


def _total(need: Need, found: Tensor) -> tuple[Tensor, Tensor] | None:
    """Return an observation summed over its keys, and what that must be: every query spends an attention of 1."""
    if not isinstance(need.observation, EXPECTED):
        return None
    keys = found.shape[-1]
    each = {WindowAttention: 1.0, ColumnSums: keys, VisibleQueries: keys * (keys + 1) / 2}
    total = found.double().sum(-1).float()
    return total, torch.full_like(total, each[type(need.observation)])
