"""Why a setting cannot tell a fault from sound code; an empty answer means that it can."""

from __future__ import annotations

from collections.abc import Callable

from kvguard_policies.policy import Priority
from pytest_kvguard.faults.setting import Setting

__all__ = [
    "any_of",
    "unless_evicting",
    "unless_grouped",
    "unless_kernel",
    "unless_many_heads",
    "unless_many_queries",
    "unless_observed",
    "unless_protected",
    "unless_quantizing",
    "unless_rendered",
    "unless_sliding",
]

Reason = Callable[[Setting], str]


def any_of(*reasons: Reason) -> Reason:
    """Return a reason that is the first one of several."""
    return lambda setting: next((why for reason in reasons if (why := reason(setting))), "")


def unless_evicting(setting: Setting) -> str:
    """Nothing is evicted from our caches."""
    return "" if setting.evicting else "no policy evicts from our caches"


def unless_quantizing(setting: Setting) -> str:
    """Nothing is quantized."""
    return "" if setting.quantizing else "no policy quantizes"


def unless_rendered(setting: Setting) -> str:
    """Nothing is rendered."""
    return "" if setting.renders else "no prompt is rendered: all tests hand over token ids"


def unless_kernel(setting: Setting) -> str:
    """Only the reference is run."""
    if set(setting.kernels) <= {"eager"}:
        return "eager is the attention that others are compared with, and none other runs"
    return ""


def unless_many_heads(setting: Setting) -> str:
    """One KV head only."""
    return "" if any(shape.kv_heads > 1 for shape in setting.shapes) else "every model has one KV head"


def unless_grouped(setting: Setting) -> str:
    """KV heads and groups cannot be told apart."""
    if any(shape.kv_heads > 1 and shape.group > 1 for shape in setting.shapes):
        return ""
    return "every model has one KV head, or one query head per KV head: repeating and tiling are the same"


def unless_sliding(setting: Setting) -> str:
    """Nothing slides."""
    return "" if any(shape.window for shape in setting.shapes) else "no model has a sliding window"


def unless_observed(*observations: str) -> Reason:
    """Return a reason: no policy asks for one of these observations (none named: for any)."""

    def reason(setting: Setting) -> str:
        wanted = {type(observation).__name__ for observation in setting.observations}
        if wanted & set(observations) or (wanted and not observations):
            return ""
        return f"no policy reads {' or '.join(observations) or 'what queries attend to'}"

    return reason


def unless_many_queries(setting: Setting) -> str:
    """No policy reads more than the last query, which has no future."""
    if any(observation.query_window != 1 for observation in setting.observations):
        return ""
    return "no policy reads more than the last query, and that has no future"


def unless_protected(priority: Priority) -> Reason:
    """Return a reason: no policy protects entries of this kind."""

    def reason(setting: Setting) -> str:
        return "" if priority in setting.priorities else f"no policy protects a {priority.name.lower()}"

    return reason
