"""What a family does to queries, keys and logits is asked on a model of that family: a fault in it alone is noticed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
import torch
from torch import Tensor

from kvguard_policies import attention, observations, recorder_feed, rotation
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.invariants.random_models import FAMILY_LAYOUTS, kernel_for
from pytest_kvguard.invariants.subject import RandomModels, Subject, load_policy
from pytest_kvguard.invariants.table import load
from pytest_kvguard.invariants.violation import NotApplicable, Violation
from pytest_kvguard.plugin.fixtures.invariants import OF_FAMILIES

PLAIN = "llama-two-kv-heads-of-three"
HALF = (torch.float16, torch.bfloat16)


def violation_of(oracle: str, policy: str, layout: str) -> Violation | None:
    subject = Subject(RandomModels(layout), load_policy(policy), Fraction(1, 2), kernel_for(layout, "sdpa"))
    try:
        return load(oracle)(subject)
    except NotApplicable:
        return None


@pytest.mark.parametrize("layout", FAMILY_LAYOUTS)
def test_no_family_raises_an_alarm(layout: str) -> None:
    asked = [(oracle, policy) for oracle in OF_FAMILIES for policy in ("h2o", "expected_attention", "kivi")]
    assert [found for each in asked if (found := violation_of(*each, layout))] == []


@pytest.mark.parametrize(
    "layout", ["llama-dynamic-ntk", "phi3-longrope", "smollm3-unrotated", "glm-partial-interleaved"]
)
def test_future_queries_are_computed_independently_where_the_rotation_is_special(layout: str) -> None:
    subject = Subject(RandomModels(layout), load_policy("expected_attention"), Fraction(1, 2))
    assert load("future-queries")(subject) is None


def unnormed_queries(planting: Planting) -> None:
    """Queries are recorded at another length in layers that norm them."""
    normed = False

    def attend(real: Any, step: Any, module: Any, *rest: Any) -> Tensor:
        nonlocal normed
        normed = hasattr(module, "q_norm")
        return real(step, module, *rest)  # type: ignore[no-any-return]

    def record(real: Any, step: Any, query: Tensor, *rest: Any) -> None:
        real(step, query * 1.5 if normed else query, *rest)

    planting.function(attention._attend_prefill, attend)
    planting.function(recorder_feed.record_prefill, record)


def ignored_scale(planting: Planting) -> None:
    """The scale of a table, which YaRN and longrope have, is ignored."""

    def measure(real: Any, observation: Any, call: Any) -> Tensor:
        length = call.rotary(call.positions[:1])[0].square() + call.rotary(call.positions[:1])[1].square()
        return real(observation, dataclasses.replace(call, scaling=call.scaling / float(length.mean().sqrt())))

    planting.method(observations.FutureQuery, "measure", measure)


def neighbours_as_halves(planting: Planting) -> None:
    """Rotations of neighbours are taken for rotations by halves."""

    def rotate(real: Any, vectors: Tensor, cos: Tensor, sin: Tensor, order: Any = None) -> Tensor:
        return real(vectors, cos, sin)

    def measure(real: Any, observation: Any, call: Any) -> Tensor:
        with Planting() as inner:
            inner.function(observations.rotate, rotate)
            return real(observation, call)

    planting.method(observations.FutureQuery, "measure", measure)


def every_layer_rotated(planting: Planting) -> None:
    """Layers without rotation are taken for rotated ones."""

    def explain(real: Any, model: Any, layer: int, *rest: Any) -> Any:
        found = real(model, layer, *rest)
        return attention.rotary_table(model, layer) if isinstance(found, rotation._Plain) else found

    planting.function(rotation._explain, explain)


def no_softcap(planting: Planting) -> None:
    """The softcap is left out of recorded attention."""
    planting.function(observations.cap_logits, lambda real, logits, softcap: logits)


def half_precision_late(planting: Planting) -> None:
    """In half precision, keys of a compressed cache are read a quarter too long."""

    def attend(real: Any, step: Any, module: Any, query: Tensor, key: Tensor, *rest: Any) -> Tensor:
        return real(step, module, query, key * 1.5 if key.dtype in HALF else key, *rest)

    planting.function(attention._attend_new_tokens, attend)


def late_window(planting: Planting) -> None:
    """Where layers have a softcap or sinks, new tokens do not see the oldest entry."""

    def run(
        real: Any, kernel: str, module: Any, query: Tensor, key: Tensor, value: Tensor, mask: Any, options: Any
    ) -> Any:
        special = options.get("s_aux") is not None or options.get("softcap") is not None
        if special and mask is not None and mask.shape[-1] > mask.shape[-2]:
            mask = mask.clone()
            mask[..., 0] = False
        return real(kernel, module, query, key, value, mask, options)

    planting.function(attention._run, run)


@pytest.mark.parametrize(
    ("plant", "oracle", "policy", "layout"),
    [
        (unnormed_queries, "observed-attention", "h2o", "olmo2-normed-across-heads"),
        (ignored_scale, "future-queries", "expected_attention", "llama-yarn"),
        (ignored_scale, "future-queries", "expected_attention", "phi3-longrope"),
        (neighbours_as_halves, "future-queries", "expected_attention", "cohere-interleaved"),
        (neighbours_as_halves, "future-queries", "expected_attention", "glm-partial-interleaved"),
        (every_layer_rotated, "future-queries", "expected_attention", "smollm3-unrotated"),
        (no_softcap, "observed-attention", "snapkv", "gemma2-softcap"),
        (late_window, "chunks", "snapkv", "gemma2-softcap"),
        (late_window, "kept-alone", "snapkv", "gpt-oss-sinks"),
    ],
)
def test_a_fault_of_one_family_is_noticed_on_it_and_not_on_a_plain_model(
    plant: Callable[[Planting], None], oracle: str, policy: str, layout: str
) -> None:
    with Planting() as planting:
        plant(planting)
        assert violation_of(oracle, policy, PLAIN) is None
        assert violation_of(oracle, policy, layout) is not None


@pytest.mark.parametrize("policy", ["snapkv", "kivi"])
def test_a_fault_of_compressed_caches_in_half_precision_is_noticed(policy: str) -> None:
    with Planting() as planting:
        half_precision_late(planting)
        assert violation_of("chunks", policy, PLAIN) is None
        violation = violation_of("kernel-compressed", policy, PLAIN)
    assert violation is not None
    assert violation.where.startswith("float16")
