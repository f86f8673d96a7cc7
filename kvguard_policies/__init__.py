"""KV-cache compression policies for transformers, usable without pytest.

Importing this package does not import torch; the names below are loaded on first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from kvguard_policies.spec import load, parse_ratio
from kvguard_policies.table import names

if TYPE_CHECKING:
    from kvguard_policies.attention import ragged_attention
    from kvguard_policies.compression import compress, compress_prefix, prefill
    from kvguard_policies.hf_cache import CompactCache, RaggedCache, cache_argument
    from kvguard_policies.policy import LayerRecord, Layout, Need, OwnCache, Policy, PolicyError, Priority, Scores

__all__ = [
    "CompactCache",
    "LayerRecord",
    "Layout",
    "Need",
    "OwnCache",
    "Policy",
    "PolicyError",
    "Priority",
    "RaggedCache",
    "Scores",
    "cache_argument",
    "compress",
    "compress_prefix",
    "load",
    "names",
    "parse_ratio",
    "prefill",
    "ragged_attention",
]

_HOME = {
    "CompactCache": "hf_cache",
    "RaggedCache": "hf_cache",
    "cache_argument": "hf_cache",
    "compress": "compression",
    "compress_prefix": "compression",
    "prefill": "compression",
    "ragged_attention": "attention",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'kvguard_policies' has no attribute {name!r}")
    return getattr(importlib.import_module(f"kvguard_policies.{_HOME.get(name, 'policy')}"), name)
