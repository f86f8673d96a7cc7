from __future__ import annotations

import pytest

from kvguard_policies.spec import load
from pytest_kvguard.faults.catalogue import find_faults
from pytest_kvguard.faults.setting import HeadShape, Setting, shape_of
from pytest_kvguard.invariants.random_models import HEAD_LAYOUTS, random_model

MANY = HeadShape("many", 6, 2)
SQUARE = HeadShape("as many KV heads as query heads of each", 9, 3)
ALONE = HeadShape("one KV head", 4, 1)
WITHOUT_GROUPS = HeadShape("no groups", 4, 4)
SLIDING = HeadShape("sliding", 4, 2, window=8)


def reason(fault: str, *policies: str, shapes: tuple[HeadShape, ...] = (MANY,), **rest: object) -> str:
    setting = Setting(tuple(load(policy) for policy in policies), shapes, **rest)  # type: ignore[arg-type]
    return find_faults([fault])[-1].equivalent(setting)


@pytest.mark.parametrize(
    ("fault", "shape"),
    [
        ("tile-for-repeat", ALONE),
        ("tile-for-repeat", WITHOUT_GROUPS),
        ("group-size-role", ALONE),
        ("group-size-role", SQUARE),
        ("repeated-heads-cached", WITHOUT_GROUPS),
        ("sliding-window-off-by-one", MANY),
        ("window-evicted", MANY),
    ],
)
def test_heads_that_cannot_tell_a_fault_are_named(fault: str, shape: HeadShape) -> None:
    assert reason(fault, "snapkv", shapes=(shape,))


@pytest.mark.parametrize(
    ("fault", "shape"),
    [
        ("tile-for-repeat", SQUARE),
        ("group-size-role", MANY),
        ("repeated-heads-cached", MANY),
        ("sliding-window-off-by-one", SLIDING),
        ("window-evicted", SLIDING),
    ],
)
def test_one_model_that_can_tell_a_fault_is_enough(fault: str, shape: HeadShape) -> None:
    assert reason(fault, "snapkv", shapes=(ALONE, shape)) == ""


@pytest.mark.parametrize(
    ("fault", "blind", "seeing"),
    [
        ("window-tie", "knorm", "snapkv"),
        ("sinks-ignored", "snapkv", "streaming_llm"),
        ("future-scores", "knorm", "h2o"),
        ("future-scores", "tova", "snapkv"),
        ("running-sum-not-reset", "keydiff", "tova"),
        ("scores-frozen", "adakv", "h2o"),
        ("crop-keeps-stale", "adakv", "knorm"),
        ("scale-dropped", "snapkv", "kivi"),
        ("bits-hard-coded", "kivi(bits=4)", "kivi(bits=2)"),
        ("empty-cache", "kivi", "kivi(snapkv)"),
        ("scales-lost-decoding", "fp8", "kivi"),
        ("lengths-mutated", "adakv", "snapkv"),
        ("ring-wrapped-twice", "static", "sliding(window=24)"),
        ("safeguard-empty", "pyramidkv", "kivi(adakv)"),
        ("future-horizon", "snapkv", "expected_attention"),
        ("bytes-of-first-store", "kivi(snapkv)", "kivi(adakv)"),
    ],
)
def test_policies_that_cannot_tell_a_fault_are_named(fault: str, blind: str, seeing: str) -> None:
    assert reason(fault, blind)
    assert reason(fault, blind, seeing) == ""


def test_a_fault_of_prompts_needs_prompts() -> None:
    assert reason("double-bos", renders=False) == "no prompt is rendered: all tests pass token ids"
    assert reason("double-bos", renders=True) == ""


def test_a_fault_of_kernels_needs_another_than_the_reference() -> None:
    assert "eager" in reason("one-future-token", kernels=("eager",))
    assert reason("one-future-token", kernels=("eager", "sdpa")) == ""


@pytest.mark.parametrize("layout", HEAD_LAYOUTS)
def test_the_heads_of_every_layout_are_read_off_the_model(layout: str) -> None:
    shape = shape_of(layout, random_model(layout))
    assert shape.query_heads == shape.kv_heads * shape.group
    assert bool(shape.window) == (layout == "gemma3-sliding")
