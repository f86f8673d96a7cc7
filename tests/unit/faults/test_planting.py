from __future__ import annotations

import sys
from contextlib import suppress
from typing import Any

import pytest
import torch
from torch import nn
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from kvguard_policies import attention, compression, selection
from kvguard_policies import spec as specs
from kvguard_policies.hf_cache import RaggedCache
from kvguard_policies.policy import Policy
from kvguard_policies.quantizers.quantizer import Quantizer
from pytest_kvguard.faults.catalogue import all_faults, all_refactors
from pytest_kvguard.faults.fault import Fault, Refactor
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import HeadShape, Setting
from pytest_kvguard.invariants.arms import ask, context_of, evicted, plain_answer, question_of
from pytest_kvguard.invariants.random_models import random_model

SETTING = Setting((specs.load("snapkv"),), (HeadShape("small", 6, 2),))
Snapshot = dict[tuple[str, ...], Any]


def everything() -> Snapshot:
    """Return every name of our modules and classes, torch's modules, transformers' caches and attention functions."""
    snapshot: Snapshot = {("attention", name): f for name, f in ALL_ATTENTION_FUNCTIONS._global_mapping.items()}
    snapshot.update({("nn.Module", name): value for name, value in vars(nn.Module).items()})
    ours = [name for name in sys.modules if name.split(".")[0] in ("kvguard_policies", "pytest_kvguard")]
    for module in [*ours, "transformers.cache_utils"]:
        for name, value in vars(sys.modules[module]).items():
            snapshot[module, name] = value
            if isinstance(value, type) and value.__module__ == module:
                snapshot.update({(module, name, part): thing for part, thing in vars(value).items()})
    return snapshot


def changed(before: Snapshot) -> set[tuple[str, ...]]:
    after = everything()
    return {key for key in before if after.get(key) is not before[key]}


@pytest.mark.parametrize("seed", [*all_faults(), *all_refactors()], ids=lambda seed: seed.id)
def test_what_is_planted_is_there_and_then_gone(seed: Fault | Refactor) -> None:
    before = everything()
    with Planting() as planting:
        seed.plant(planting, SETTING)
        assert changed(before)
    assert not changed(before)


def test_everything_is_put_back_after_an_exception() -> None:
    before = everything()
    with suppress(RuntimeError), Planting() as planting:
        planting.function(selection.gather_entries, lambda real, *args: real(*args))
        raise RuntimeError
    assert not changed(before)


def test_plantings_lie_over_each_other_and_come_off_one_by_one() -> None:
    before = everything()
    with Planting() as outer:
        outer.function(selection.budget_entries, lambda real, entries, ratio: real(entries, ratio) + 1)
        with Planting() as inner:
            inner.function(selection.budget_entries, lambda real, entries, ratio: real(entries, ratio) * 10)
            assert selection.budget_entries(10, 0.5) == 60
        assert selection.budget_entries(10, 0.5) == 6
    assert selection.budget_entries(10, 0.5) == 5
    assert not changed(before)


def test_a_function_is_replaced_wherever_it_was_imported() -> None:
    with Planting() as planting:
        planting.function(selection.budget_entries, lambda real, *args: 7)
        assert compression.budget_entries(100, 0.5) == 7
        assert planting.reached == 1
        planting.untouched()
        assert planting.reached == 0


def test_a_replaced_policy_keeps_its_spec_and_its_kind() -> None:
    with Planting() as planting:
        planting.policy(score=lambda real, policy, layer: real(policy, layer))
        policy = specs.load("kivi(snapkv(window=8))")
        assert isinstance(policy, Quantizer)
        assert policy.spec == "kivi(snapkv(window=8))"
        assert type(policy) is not type(specs.load("kivi"))
    assert type(specs.load("snapkv")) is type(specs.load("snapkv"))


def test_a_class_method_is_replaced() -> None:
    with Planting() as planting:
        planting.method(RaggedCache, "of", lambda real, kind, *args: "replaced")
        assert RaggedCache.of([]) == "replaced"  # type: ignore[comparison-overlap]


@pytest.mark.parametrize("layout", ["llama-two-kv-heads-of-three", "gemma3-sliding"])
@torch.no_grad()
def test_attention_that_is_replaced_by_itself_computes_the_same(layout: str) -> None:
    model, policy = random_model(layout), specs.load("snapkv")
    ids, question = context_of(model), question_of(model)

    def answers() -> list[torch.Tensor]:
        context = evicted(model, ids, policy, 0.5)  # type: ignore[arg-type]
        return [plain_answer(model, ids).logits, ask(model, context, question).logits]

    before = answers()
    with Planting() as planting:
        planting.attention(lambda attend, *tensors: attend(*tensors))
        for planted, plain in zip(answers(), before, strict=True):
            torch.testing.assert_close(planted, plain, rtol=0, atol=1e-4)
        assert planting.reached > 0


@pytest.mark.parametrize("above", ["padded-keys", "per-head-masks"])
@torch.no_grad()
def test_attention_can_be_replaced_under_a_replacement_that_writes_a_mask_per_head(above: str) -> None:
    model = random_model("llama-two-kv-heads-of-three")
    refactors = {refactor.id: refactor for refactor in all_refactors()}
    ids = context_of(model)
    before = plain_answer(model, ids).logits
    with Planting() as lower, Planting() as upper:
        under = {"padded-keys": "per-head-masks", "per-head-masks": "padded-keys"}[above]
        refactors[under].plant(lower, SETTING)
        refactors[above].plant(upper, SETTING)
        torch.testing.assert_close(plain_answer(model, ids).logits, before, rtol=0, atol=1e-4)
        assert lower.reached > 0 and upper.reached > 0


def test_the_attention_that_others_are_compared_with_is_never_replaced() -> None:
    model = random_model("llama-no-gqa")
    model.set_attn_implementation("eager")
    before = plain_answer(model, [5, 6, 7]).logits
    with Planting() as planting:
        planting.attention(lambda attend, *tensors: attend(*tensors) * 0)
        assert torch.equal(plain_answer(model, [5, 6, 7]).logits, before)
        assert attention._run is not None


def test_every_policy_can_be_replaced() -> None:
    with Planting() as planting:
        planting.policy(score=lambda real, policy, layer: real(policy, layer))
        assert all(isinstance(specs.load(f"keep({name})"), Policy) for name in ("snapkv", "h2o", "knorm"))
