"""Oracles on subjects with a known fault, for promises that no shipped policy breaks."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor
from transformers import DynamicCache

from kvguard_policies.hf_cache import cache_argument
from kvguard_policies.policy import OwnCache, Policy
from pytest_kvguard.faults.catalogue import find_faults
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting
from pytest_kvguard.invariants.subject import RandomModels, Subject, load_policy
from pytest_kvguard.invariants.table import RUNS, load
from pytest_kvguard.invariants.violation import NotApplicable, Violation

LAYOUT = RandomModels("llama-two-kv-heads-of-three")


def violation_of(oracle: str, policy: Policy) -> Violation | None:
    return load(oracle)(Subject(LAYOUT, policy))


def violation_with(fault: str, oracle: str, policy: str) -> Violation | None:
    with Planting() as planting:
        find_faults([fault])[-1].plant(planting, Setting())
        return violation_of(oracle, load_policy(policy))


@pytest.mark.parametrize("policy", ["kivi", "kivi(bits=8)", "gear", "kivi(snapkv, residual=0)"])
def test_correct_quantizers_keep_the_promise_of_stored_entries(policy: str) -> None:
    assert violation_of("stored-rows", load_policy(policy)) is None


@pytest.mark.parametrize("fault", ["batch-shared-scale", "scale-dropped", "bits-hard-coded", "quantizer-no-op"])
def test_wrong_stored_entries_are_a_violation(fault: str) -> None:
    violation = violation_with(fault, "stored-rows", "kivi")
    assert violation is not None
    assert violation.layer == 0
    assert violation.head is not None


def test_a_store_that_rounds_nothing_is_told_from_one_that_does() -> None:
    violation = violation_with("quantizer-no-op", "stored-rows", "kivi")
    assert violation is not None
    assert violation.what == "error of stored keys"
    assert violation.observed == "0"


@pytest.mark.parametrize("oracle", ["protected", "half-scores", "observed-attention", "held-budget"])
def test_promises_of_choosing_entries_do_not_concern_a_lone_quantizer(oracle: str) -> None:
    with pytest.raises(NotApplicable, match="keeps all of them"):
        violation_of(oracle, load_policy("kivi"))


@pytest.mark.parametrize("oracle", [RUNS, "active", "second-call", "prefix-reuse", "rows-moved", "budget"])
def test_a_quantizer_around_a_policy_keeps_its_promises(oracle: str) -> None:
    assert violation_of(oracle, load_policy("kivi(snapkv, residual=0)")) is None


def test_promises_of_quantizers_do_not_concern_a_policy_that_evicts() -> None:
    with pytest.raises(NotApplicable, match="does not quantize"):
        violation_of("stored-rows", load_policy("snapkv"))


def test_a_prefix_that_fills_its_blocks_is_checked() -> None:
    violation = violation_with("block-boundary", "rows-moved", "snapkv")
    assert violation is not None
    assert violation.where == "64 tokens"
    assert violation.what == "value"


@dataclass(frozen=True)
class Pyramid(OwnCache):
    """Fills a cache whose layers hold fewer and fewer entries."""

    name: ClassVar[str] = "pyramid"

    def fill(self, model: Any, token_ids: Tensor, ratio: Fraction) -> DynamicCache:
        cache = DynamicCache()
        model(token_ids, **cache_argument(model, cache))
        for number, layer in enumerate(cache.layers):
            kept = layer.keys.shape[2] // (number + 2)
            layer.keys, layer.values = layer.keys[:, :, -kept:], layer.values[:, :, -kept:]
        return cache


@torch.no_grad()
def test_layers_of_unequal_lengths_are_named_where_the_model_cannot_continue() -> None:
    violation = violation_of(RUNS, Pyramid())
    assert violation is not None
    assert "layers hold unequal numbers of entries: 80, 53, from which the model cannot continue" in str(violation)
    assert "\n" not in str(violation)
