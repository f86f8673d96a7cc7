"""The table of policies, quantizers and caches: names and ``module:Class``. Imports no torch."""

from __future__ import annotations

from importlib.metadata import entry_points

__all__ = ["CACHES", "ENTRY_POINT_GROUP", "QUANTIZERS", "all_targets", "cache_names", "names", "quantizer_names"]

ENTRY_POINT_GROUP = "kvguard_policies"

_BUILT_IN = {
    "adakv": "kvguard_policies.budgets.adakv:AdaKV",
    "expected_attention": "kvguard_policies.scores.expected_attention:ExpectedAttention",
    "fair": "kvguard_policies.modifiers.fair:Fair",
    "h2o": "kvguard_policies.scores.h2o:H2O",
    "keep": "kvguard_policies.modifiers.keep:Keep",
    "keydiff": "kvguard_policies.scores.keydiff:KeyDiff",
    "knorm": "kvguard_policies.scores.knorm:KNorm",
    "observed_attention": "kvguard_policies.scores.observed_attention:ObservedAttention",
    "pyramidkv": "kvguard_policies.budgets.pyramidkv:PyramidKV",
    "random": "kvguard_policies.scores.random_scores:RandomScores",
    "snapkv": "kvguard_policies.scores.snapkv:SnapKV",
    "streaming_llm": "kvguard_policies.scores.streaming_llm:StreamingLLM",
    "tova": "kvguard_policies.scores.tova:TOVA",
}

QUANTIZERS = {
    "fp8": "kvguard_policies.quantizers.fp8:FP8",
    "gear": "kvguard_policies.quantizers.gear:Gear",
    "hqq": "kvguard_policies.quantizers.hqq:HQQ",
    "kivi": "kvguard_policies.quantizers.kivi:Kivi",
    "quanto": "kvguard_policies.quantizers.quanto:Quanto",
}

CACHES = {
    "dynamic": "kvguard_policies.caches.dynamic:Dynamic",
    "offloaded": "kvguard_policies.caches.offloaded:Offloaded",
    "sliding": "kvguard_policies.caches.sliding:Sliding",
    "static": "kvguard_policies.caches.static:Static",
}


def _installed() -> dict[str, str]:
    return {point.name: point.value for point in entry_points(group=ENTRY_POINT_GROUP)}


def names() -> tuple[str, ...]:
    """Return the names of policies that evict, sorted: the built-in ones and those of installed packages."""
    return tuple(sorted({**_BUILT_IN, **_installed()}))


def quantizer_names() -> tuple[str, ...]:
    """Return the names of the quantizers, sorted."""
    return tuple(sorted(QUANTIZERS))


def cache_names() -> tuple[str, ...]:
    """Return the names of transformers' caches that do not quantize, sorted."""
    return tuple(sorted(CACHES))


def all_targets() -> dict[str, str]:
    """Return name → ``module:Class`` of all policies, quantizers and caches, those of installed packages included."""
    return {**_BUILT_IN, **QUANTIZERS, **CACHES, **_installed()}
