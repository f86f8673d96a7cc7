"""The only budget rounding, top-k, tie-break and gather."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import torch
from torch import Tensor

from kvguard_policies.records import PolicyError, Priority, Scores

__all__ = ["apportion", "budget_entries", "gather_rows", "rank_rows", "select_rows"]


def budget_entries(entries: int, ratio: Fraction | float) -> int:
    """Return how many of ``entries`` stay when ``ratio`` of them is removed: ``max(1, floor(n * (1 - r)))``.

    Args:
        entries: n >= 1, entries per head.
        ratio: 0 <= r < 1; a float is read as its shortest decimal.

    Raises:
        PolicyError: when there is nothing to keep or the ratio is out of range.
    """
    if entries < 1:
        raise PolicyError("There are no entries to keep: the compressed region is empty. Give it at least one token.")
    if isinstance(ratio, float):
        ratio = Fraction(str(ratio))  # what was written, not its nearest binary fraction
    if not 0 <= ratio < 1:
        raise PolicyError(f"The ratio {ratio} is outside 0 <= r < 1. It is the fraction of entries to remove.")
    return max(1, int(entries * (1 - Fraction(ratio))))


def rank_rows(scores: Scores) -> Tensor:
    """Return (H, S) int64 row indices, best first: by priority, then score, then position (later wins)."""
    if torch.isnan(scores.values).any():
        raise PolicyError("The policy scored some entries NaN. Look for an empty window or a division by zero in it.")
    newest_first = torch.arange(scores.values.shape[-1] - 1, -1, -1, device=scores.values.device)
    newest_first = newest_first.expand_as(scores.priority)
    order = _reorder(scores.values, newest_first)
    return _reorder(scores.priority, order) if scores.priority.any() else order


def _reorder(keys: Tensor, order: Tensor) -> Tensor:
    """Sort ``order`` by ``keys`` descending without disturbing equals."""
    ranks = keys.gather(-1, order).sort(dim=-1, descending=True, stable=True).indices
    return order.gather(-1, ranks)


def select_rows(scores: Scores, budgets: Tensor) -> tuple[Tensor, ...]:
    """Return, per head, the ascending row indices of the ``budgets[h]`` best entries.

    Args:
        scores: values and priorities, (H, S).
        budgets: (H,) int64.

    Raises:
        PolicyError: when forced entries do not fit a head's budget.
    """
    forced = (scores.priority == Priority.FORCED).sum(-1)
    for head, (wanted, budget) in enumerate(zip(forced.tolist(), budgets.tolist(), strict=True)):
        if wanted > budget:
            raise PolicyError(
                f"keep(...) protects {wanted} tokens, but head {head} may keep only {budget}: {wanted - budget} too "
                "many. Lower the ratio or protect fewer instructions."
            )
    ranked, counts = rank_rows(scores), budgets.tolist()
    if len(set(counts)) == 1:
        return ranked[:, : counts[0]].sort(dim=-1).values.unbind()
    return tuple(rows[:n].sort().values for rows, n in zip(ranked, counts, strict=True))


def apportion(total: int, weights: Sequence[int], capacities: Sequence[int]) -> list[int]:
    """Split ``total`` in proportion to ``weights`` by largest remainder, never past a capacity.

    Args:
        total: entries to hand out, at most ``sum(capacities)``.
        weights: one non-negative number per group.
        capacities: the most a group can take.

    Returns:
        One share per group, summing to ``total``; ties of remainders go to the earlier group.
    """
    shares = [0] * len(weights)
    while (rest := total - sum(shares)) > 0:
        open_groups = [i for i, (share, cap) in enumerate(zip(shares, capacities, strict=True)) if share < cap]
        if not open_groups:
            raise PolicyError(f"{rest} entries more than the groups can hold. Lower the budget.")
        for i, extra in zip(open_groups, _largest_remainder(rest, [weights[i] for i in open_groups]), strict=True):
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


def gather_rows(rows: Tensor, kept: Sequence[Tensor]) -> Tensor:
    """Return the kept rows of all heads, one head after another, as a new contiguous tensor.

    Args:
        rows: (H, S, D).
        kept: per head, (n_h,) int64.

    Returns:
        (sum of n_h, D), the dtype of ``rows``.
    """
    return torch.cat([head.index_select(0, index) for head, index in zip(rows, kept, strict=True)])
