"""The entries that a policy chooses of one layer, and the checks that it keeps to its budget."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from kvguard_policies.policy import LayerRecord, Policy, PolicyError

__all__ = ["Expand", "evaluate", "with_expansion"]

Expand = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
"""From what a layer caches, (B, H, S, ·) each, to the keys and values (B, Hq, S, D) that its query heads read."""


def with_expansion(layer: LayerRecord, expand: Expand | None) -> LayerRecord:
    """Return a record of latents that can be scored; None for ``expand`` changes nothing."""
    if expand is None:
        return layer
    keys, values = (vectors[0] for vectors in expand(layer.keys[None], layer.values[None]))
    positions = layer.positions.repeat(len(keys) // len(layer.positions), 1)
    return replace(layer, expanded=replace(layer, keys=keys, values=values, positions=positions))


def evaluate(policy: Policy, layer: LayerRecord) -> tuple[Tensor, ...]:
    """Return, per head, the ascending entry indices that ``score → allocate → select`` keeps of one layer.

    Raises:
        PolicyError: the scores have another shape or dtype or are not finite, or the indices are invalid or miss the
            budget.
    """
    scores = policy.scores_of(layer)
    if scores.values.shape != layer.positions.shape or scores.values.dtype != torch.float32:
        raise PolicyError(
            f"{policy.spec} returned scores of shape {tuple(scores.values.shape)} and {scores.values.dtype} for layer "
            f"{layer.layer}; needed are {tuple(layer.positions.shape)} (KV heads, entries) and torch.float32."
        )
    if problem := _score_problem(scores.values, layer):
        raise PolicyError(f"In layer {layer.layer}, {policy.spec} {problem}")
    kept = policy.select(scores, policy.allocate(scores, layer), layer)
    if problem := _selection_problem(kept, layer):
        raise PolicyError(f"{policy.spec} cannot be trusted: in layer {layer.layer} {problem}.")
    return kept


def _score_problem(scores: Tensor, layer: LayerRecord) -> str:
    """Return which scores are not finite, and the remedy; an empty string if all are finite."""
    if scores.isfinite().all():
        return ""
    said = f"scored some entries {'NaN' if scores.isnan().any() else 'infinite'}."
    if not (layer.keys.isfinite().all() and layer.values.isfinite().all()):
        return f"{said} Keys or values that the model computed are not finite either: check its weights and its dtype."
    return f"{said} Look for an empty window or a division by zero in it; to keep entries at any score, use priorities."


def _selection_problem(kept: Sequence[Tensor], layer: LayerRecord) -> str:
    """Return what is wrong with the indices that a policy selected; an empty string if nothing is."""
    heads = layer.keys.shape[0]
    if len(kept) != heads:
        return f"it selected entries for {len(kept)} heads of {heads}"
    are_indices = torch.stack([_are_indices(indices, layer.entries) for indices in kept]).tolist()
    if not all(are_indices):
        head = are_indices.index(False)
        return f"the entries of head {head} are not one or more ascending, distinct indices below {layer.entries}"
    count = sum(indices.shape[0] for indices in kept)
    return "" if count == heads * layer.budget else f"it kept {count} entries; the budget is {heads * layer.budget}"


def _are_indices(numbers: Tensor, entries: int) -> Tensor:
    """Return () bool, whether the numbers are one or more ascending, distinct indices below ``entries``."""
    if numbers.dim() != 1 or not len(numbers):
        return torch.zeros((), dtype=torch.bool, device=numbers.device)
    return (numbers[1:] > numbers[:-1]).all() & (numbers[0] >= 0) & (numbers[-1] < entries)
