"""What the attention function tells the recorders of a call."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from kvguard_policies.recording import Recorder
from kvguard_policies.records import LogitRule, PolicyError
from kvguard_policies.step_plan import KernelStep

__all__ = ["record_prefill", "record_token", "scaling_of"]


def record_prefill(step: KernelStep, query: Tensor, key: Tensor, window: int | None, options: Any) -> None:
    """Let the recorders of a call without a past observe it; a layer that reads another one's keys is not observed."""
    if step.answered:
        return
    for recorder in step.recorders:
        if recorder is None:
            continue
        if window is not None:
            recorder.windows[step.layer] = window
        if step.expand is not None:
            recorder.expansions[step.layer] = step.expand
        if recorder.observes(step.layer):
            recorder.observe(step.layer, query, key, _logit_rule(query, options, recorder, 0))


def record_token(step: KernelStep, query: Tensor, key: Tensor, options: Any) -> None:
    """Let the recorders of a call observe its new tokens, if the layer sees everything in their conversations."""
    if step.plan is None or step.answered:
        return
    for row, recorder in enumerate(step.recorders):
        if recorder is not None and recorder.observes(step.layer):
            entries = int(step.plan.counts[row, 0]) + 1
            rule = _logit_rule(query, options, recorder, row)
            recorder.advance(step.layer, query[row : row + 1], key[row, :, :entries], rule, step.positions[row])


def _logit_rule(query: Tensor, options: Any, recorder: Recorder, row: int) -> LogitRule:
    """Return how the model computes its weights, for a recorder that computes them again."""
    if recorder.needs and options.get("position_bias") is not None:
        raise PolicyError(
            "This model's attention has a bias by position, which recorded attention would leave out. Use a policy "
            "that reads no attention, e.g. knorm or keydiff."
        )
    bias = options.get("key_bias")
    own_bias = None if bias is None else bias[row]
    return LogitRule(scaling_of(query, options), options.get("softcap"), options.get("s_aux"), own_bias)


def scaling_of(query: Tensor, options: Any) -> float:
    """Return the factor on the products of queries and keys."""
    scaling = options.get("scaling")
    return query.shape[-1] ** -0.5 if scaling is None else float(scaling)
