"""Budget rounding, ranking with its tie-break, selection and gathering; no other module does any of these."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import torch
from torch import Tensor

from kvguard_policies.records import PolicyError, Priority, Scores

__all__ = ["apportion", "budget_entries", "gather_entries", "rank_entries", "select_entries"]


def budget_entries(entries: int, ratio: Fraction | float) -> int:
    """Return how many of ``entries`` to keep when the fraction ``ratio`` is removed: ``max(1, floor(n * (1 - r)))``.

    Args:
        entries: n >= 1, entries per head.
        ratio: 0 <= r < 1; a float is read as its shortest decimal.

    Raises:
        PolicyError: there are no entries, or the ratio is out of range.
    """
    if entries < 1:
        raise PolicyError("There are no entries to keep: the compressed region is empty. Give it at least one token.")
    if isinstance(ratio, float):
        ratio = Fraction(str(ratio))  # the decimal that was written, not its nearest binary fraction
    if not 0 <= ratio < 1:
        raise PolicyError(f"The ratio {ratio} is outside 0 <= r < 1. It is the fraction of entries to remove.")
    return max(1, int(entries * (1 - Fraction(ratio))))


def rank_entries(scores: Scores) -> Tensor:
    """Return (H, S) int64 entry indices, best first: by priority, then score; ties keep the later token."""
    if torch.isnan(scores.values).any():
        raise PolicyError("The policy scored some entries NaN. Look for an empty window or a division by zero in it.")
    newest_first = torch.arange(scores.values.shape[-1] - 1, -1, -1, device=scores.values.device)
    newest_first = newest_first.expand_as(scores.priority)
    order = _reorder(scores.values, newest_first)
    return _reorder(scores.priority, order) if scores.priority.any() else order


def _reorder(keys: Tensor, order: Tensor) -> Tensor:
    """Return ``order`` sorted by descending ``keys``; equal keys stay in their order."""
    ranks = keys.gather(-1, order).sort(dim=-1, descending=True, stable=True).indices
    return order.gather(-1, ranks)


def select_entries(scores: Scores, budgets: Tensor) -> tuple[Tensor, ...]:
    """Return, per head, the ascending indices of the ``budgets[h]`` best entries.

    Args:
        scores: values and priorities, (H, S).
        budgets: (H,) int64.

    Raises:
        PolicyError: the forced entries of a head exceed its budget.
    """
    forced_counts = (scores.priority == Priority.FORCED).sum(-1)
    for head, (forced, budget) in enumerate(zip(forced_counts.tolist(), budgets.tolist(), strict=True)):
        if forced > budget:
            raise PolicyError(
                f"keep(...) protects {forced} tokens, but head {head} may keep only {budget}: {forced - budget} too "
                "many. Lower the ratio or protect fewer instructions."
            )
    ranked, counts = rank_entries(scores), budgets.tolist()
    if len(set(counts)) == 1:
        return ranked[:, : counts[0]].sort(dim=-1).values.unbind()
    return tuple(indices[:n].sort().values for indices, n in zip(ranked, counts, strict=True))


def apportion(total: int, weights: Sequence[int], capacities: Sequence[int]) -> list[int]:
    """Return ``total`` split in proportion to ``weights`` by largest remainder; no share exceeds its capacity.

    Args:
        total: entries to distribute, at most ``sum(capacities)``.
        weights: one non-negative number per share.
        capacities: the upper limit of each share.

    Returns:
        The shares, summing to ``total``; equal remainders favour the earlier share.
    """
    shares = [0] * len(weights)
    while (rest := total - sum(shares)) > 0:
        growing = [i for i, (share, cap) in enumerate(zip(shares, capacities, strict=True)) if share < cap]
        if not growing:
            raise PolicyError(f"{rest} entries more than the groups can hold. Lower the budget.")
        for i, extra in zip(growing, _largest_remainder(rest, [weights[i] for i in growing]), strict=True):
            shares[i] = min(capacities[i], shares[i] + extra)
    return shares


def _largest_remainder(total: int, weights: Sequence[int]) -> list[int]:
    if sum(weights) == 0:
        weights = [1] * len(weights)
    quotas = [Fraction(total * weight, sum(weights)) for weight in weights]
    shares = [int(quota) for quota in quotas]
    by_remainder = sorted(range(len(quotas)), key=lambda i: (shares[i] - quotas[i], i))
    for i in by_remainder[: total - sum(shares)]:
        shares[i] += 1
    return shares


def gather_entries(vectors: Tensor, kept: Sequence[Tensor]) -> Tensor:
    """Return the kept keys (or values) of all heads, head after head, as a new contiguous tensor.

    Args:
        vectors: keys or values, (H, S, D).
        kept: per head, (n_h,) int64 indices.

    Returns:
        (sum of n_h, D), the dtype of ``vectors``.
    """
    if not kept:
        return vectors.flatten(0, 1)
    return torch.cat([head.index_select(0, index) for head, index in zip(vectors, kept, strict=True)])
