"""transformers' caches as policies: the entries they hold, their bytes, and the uses that are refused."""

from __future__ import annotations

from typing import Any

import pytest

from kvguard_policies import Layout, PolicyError, load
from kvguard_policies.spec import PolicySpec, SpecError, put_cache_around
from kvguard_policies.table import cache_names
from pytest_kvguard.engine.jobs import Generation, Job
from pytest_kvguard.engine.planner import run_jobs
from pytest_kvguard.errors import InactivePolicyError
from pytest_kvguard.models.load_model import LoadedModel
from pytest_kvguard.values.cell import Cell
from tests.models import random_ids, random_model

TOKENS, REPLY = 60, 12


def model_of(head_layout: str) -> LoadedModel:
    return LoadedModel("random", random_model(head_layout), None, frozenset({2}), 4096)  # type: ignore[arg-type]


def run(head_layout: str, spec: str, **changes: Any) -> Generation:
    ids = tuple(random_ids(TOKENS + 5))
    job = Job(ids, TOKENS, Layout(TOKENS), Cell.of(spec), max_new_tokens=REPLY, **changes)
    return run_jobs(model_of(head_layout), [job])[0]


@pytest.mark.parametrize("spec", ["dynamic", "static", "static(room=20)"])
@pytest.mark.parametrize("head_layout", ["mistral", "llama-two-kv-heads-of-three", "gemma3-sliding"])
def test_a_lossless_cache_replies_as_the_uncompressed_model(head_layout: str, spec: str) -> None:
    plain, generation = run(head_layout, "none"), run(head_layout, spec)
    assert generation.token_ids == plain.token_ids
    assert generation.entries_after == generation.entries_before and generation.notes == (
        "run by transformers' own attention, alone in its batch",
    )


def test_the_bytes_of_a_static_cache_include_its_unused_room() -> None:
    generation = run("mistral", "static(room=20)")
    assert generation.bytes_after * TOKENS == generation.bytes_before * (TOKENS + 20)


def test_a_static_cache_that_is_too_small_is_an_error_of_one_line() -> None:
    with pytest.raises(PolicyError, match=r"^static\(room=9\) broke while the model went on with its cache: [^\n]*$"):
        run("mistral", "static(room=9)")


def test_a_sliding_cache_holds_the_newest_tokens_and_loses_more_while_it_replies() -> None:
    generation = run("mistral", "sliding(window=32)")
    assert generation.kept is not None
    fed = 5 + len(generation.token_ids) - 1
    for heads in generation.kept.positions:
        assert all(kept.tolist() == list(range(TOKENS + fed - 31, TOKENS)) for kept in heads)


def test_a_window_that_holds_the_whole_conversation_proves_nothing() -> None:
    with pytest.raises(InactivePolicyError, match="changed nothing: the cache holds all 240 entries"):
        run("mistral", "sliding(window=512)")


def test_layers_that_slide_by_themselves_are_refused() -> None:
    with pytest.raises(PolicyError, match=r"this one has sliding_attention\. .* --kv-cache=dynamic"):
        run("gemma3-sliding", "sliding")


def test_nothing_can_be_offloaded_from_the_processor() -> None:
    with pytest.raises(PolicyError, match=r"the model runs on cpu, so there is nothing to measure\. Use --kv-device"):
        run("mistral", "offloaded")


@pytest.mark.parametrize("name", cache_names())
def test_caches_load_as_themselves_and_ignore_ratios(name: str) -> None:
    assert load(name).spec == name and PolicySpec(name).ignores_ratio and PolicySpec(f"{name}()").ignores_ratio


@pytest.mark.parametrize(
    ("cache", "policy", "spec"),
    [
        ("quanto", "snapkv", "quanto(snapkv)"),
        ("quanto(bits=2, group=32)", "fair(snapkv(window=8))", "quanto(fair(snapkv(window=8)), bits=2, group=32)"),
        ("fp8", None, "fp8"),
        ("static(room=9)", None, "static(room=9)"),
    ],
)
def test_a_quantizer_goes_around_a_policy(cache: str, policy: str | None, spec: str) -> None:
    assert put_cache_around(PolicySpec(cache), policy and PolicySpec(policy)) == PolicySpec(spec)


@pytest.mark.parametrize(
    ("cache", "policy", "message"),
    [
        (
            "static",
            "snapkv",
            r"--kv-cache=static decides by itself what it stores and takes no policy, but --kv-policy=snapkv",
        ),
        ("statik", None, r"Unknown cache --kv-cache=statik\. Did you mean 'static'\? Known: dynamic, fp8, gear, hqq"),
        ("snapkv", None, r"Unknown cache --kv-cache=snapkv\."),
        ("kivi(snapkv)", "tova", r"--kv-cache=kivi\(snapkv\) already names a policy"),
    ],
)
def test_what_does_not_fit_together_is_refused_with_the_way_out(cache: str, policy: str | None, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        put_cache_around(PolicySpec(cache), policy and PolicySpec(policy))


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("static(room=0)", "room=0 is not a whole number of 1 or more"),
        ("sliding(window=1)", "window=1 is not a whole number of 2 or more"),
        ("keep(static)", "static fills a cache of its own, and nothing can be put around that"),
        ("kivi(dynamic)", "dynamic fills a cache of its own, and nothing can be put around that"),
    ],
)
def test_a_wrong_spec_is_refused(spec: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        load(spec)
