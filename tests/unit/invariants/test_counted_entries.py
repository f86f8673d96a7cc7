"""Caches that count their entries wrongly, or keep evicted ones in memory, break a promise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from kvguard_policies.compact import CompactCache
from pytest_kvguard.invariants import arms
from pytest_kvguard.invariants.subject import RandomModels, Subject, load_policy
from pytest_kvguard.invariants.table import load
from pytest_kvguard.invariants.violation import Violation


def violation_of(oracle: str) -> Violation | None:
    return load(oracle)(Subject(RandomModels("llama-two-kv-heads-of-three"), load_policy("knorm")))


def test_a_cache_that_counts_an_entry_too_many_is_a_violation(monkeypatch: pytest.MonkeyPatch) -> None:
    real: Any = CompactCache.__dict__["entries"]
    assert violation_of("budget") is None
    monkeypatch.setattr(CompactCache, "entries", property(lambda cache: real.fget(cache) + 1))
    violation = violation_of("budget")
    assert violation is not None
    assert violation.what == "number of entries, all layers"


@pytest.mark.parametrize("half", ["keys", "values"])
def test_a_cache_that_views_the_evicted_entries_keeps_them_in_memory(
    half: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = arms.compress

    def view(vectors: Tensor) -> Tensor:
        return torch.cat([vectors, vectors])[: len(vectors)]

    def compress(*args: Any) -> CompactCache:
        cache = real(*args)
        layers = (replace(layer, **{half: view(getattr(layer, half))}) for layer in cache.layers)
        return replace(cache, layers=tuple(layers))

    assert violation_of("bytes-held") is None
    monkeypatch.setattr(arms, "compress", compress)
    violation = violation_of("bytes-held")
    assert violation is not None
    assert violation.what == "bytes of memory"
