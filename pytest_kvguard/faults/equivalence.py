"""Reasons why a setting cannot tell a fault from correct code; an empty reason means that it can."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kvguard_policies.policy import OwnCache, Policy, Priority
from kvguard_policies.quantizers.layer_quantizer import LayerQuantizer
from pytest_kvguard.faults.setting import Setting

__all__ = [
    "any_of",
    "unless_evicting",
    "unless_grouped",
    "unless_holding",
    "unless_kernel",
    "unless_many_heads",
    "unless_many_queries",
    "unless_observed",
    "unless_own_cache",
    "unless_policy",
    "unless_protected",
    "unless_quantizing",
    "unless_rendered",
    "unless_sliding",
    "unless_windowed_store",
]

Reason = Callable[[Setting], str]


def any_of(*reasons: Reason) -> Reason:
    """Return a function that gives the first reason of several that applies."""
    return lambda setting: next((why for reason in reasons if (why := reason(setting))), "")


def unless_evicting(setting: Setting) -> str:
    """Return a reason where no policy evicts from our caches."""
    return "" if setting.evicting else "no policy evicts from our caches"


def unless_quantizing(setting: Setting) -> str:
    """Return a reason where no policy quantizes."""
    return "" if setting.quantizing else "no policy quantizes"


def unless_windowed_store(setting: Setting) -> str:
    """Return a reason where no quantizer keeps a window of exact entries beside packed ones in a store of ours."""
    if any(not isinstance(policy, LayerQuantizer) for policy in setting.quantizing):
        return ""
    return "no policy quantizes into our stores"


def unless_holding(setting: Setting) -> str:
    """Return a reason where no policy holds a budget while generating."""
    if any(policy.can_decode for policy in setting.evicting):
        return ""
    return "no policy holds a budget while generating"


def unless_policy(name: str) -> Reason:
    """Return a function that gives a reason where no policy, and none inside another, has this name."""

    def reason(setting: Setting) -> str:
        known = {inner.name for policy in setting.policies for inner in _inside(policy)}
        return "" if name in known else f"{name} is not tested"

    return reason


def _inside(policy: Policy) -> Iterator[Policy]:
    yield policy
    base = getattr(policy, "base", None)
    if isinstance(base, Policy):
        yield from _inside(base)


def unless_own_cache(name: str) -> Reason:
    """Return a function that gives a reason where no cache of this name is tested."""

    def reason(setting: Setting) -> str:
        known = {policy.name for policy in setting.policies if isinstance(policy, OwnCache)}
        return "" if name in known else f"transformers' cache {name} is not tested"

    return reason


def unless_rendered(setting: Setting) -> str:
    """Return a reason where no test renders a prompt."""
    return "" if setting.renders else "no prompt is rendered: all tests pass token ids"


def unless_kernel(setting: Setting) -> str:
    """Return a reason where no kernel but the reference runs."""
    if set(setting.kernels) <= {"eager"}:
        return "only eager attention runs, which is the reference for the other kernels"
    return ""


def unless_many_heads(setting: Setting) -> str:
    """Return a reason where every model has one KV head."""
    return "" if any(shape.kv_heads > 1 for shape in setting.shapes) else "every model has one KV head"


def unless_grouped(setting: Setting) -> str:
    """Return a reason where no model has both several KV heads and KV groups of several query heads."""
    if any(shape.kv_heads > 1 and shape.group > 1 for shape in setting.shapes):
        return ""
    return "every model has one KV head, or one query head per KV head: repeating and tiling are the same"


def unless_sliding(setting: Setting) -> str:
    """Return a reason where no model has a sliding window."""
    return "" if any(shape.window for shape in setting.shapes) else "no model has a sliding window"


def unless_observed(*observations: str) -> Reason:
    """Return a function that gives a reason where no policy reads one of these observations (none named: any)."""

    def reason(setting: Setting) -> str:
        recorded = {type(observation).__name__ for observation in setting.observations}
        if recorded & set(observations) or (recorded and not observations):
            return ""
        return f"no policy reads {' or '.join(observations) or 'the attention of queries'}"

    return reason


def unless_many_queries(setting: Setting) -> str:
    """Return a reason where no policy reads more than the last query."""
    if any(observation.query_window != 1 for observation in setting.observations):
        return ""
    return "no policy reads more than the last query, and no key comes after that"


def unless_protected(priority: Priority) -> Reason:
    """Return a function that gives a reason where no policy protects entries of this priority."""

    def reason(setting: Setting) -> str:
        return "" if priority in setting.priorities else f"no policy protects a {priority.name.lower()}"

    return reason
