"""Correct policies, quantizers and caches keep every promise: whatever an oracle says against them is a false alarm."""

from __future__ import annotations

import dataclasses
import warnings
from fractions import Fraction

import pytest
from transformers import LlamaConfig, PreTrainedModel

from kvguard_policies.policy import Policy
from kvguard_policies.spec import load as load_policy
from pytest_kvguard.invariants import random_models
from pytest_kvguard.invariants.subject import LoadedModels, RandomModels, Subject
from pytest_kvguard.invariants.table import KERNEL, RUNS, load, names
from pytest_kvguard.invariants.violation import NotApplicable, Violation
from tests.families import family

LAYOUT = "llama-two-kv-heads-of-three"
CORRECT = "pytest_kvguard.faults.correct"
STORED = ("stored-rows", "stored-growth", "active", RUNS, "second-call", "prefix-reuse", "chunks", "ratio-zero")
OF_OWN_CACHES = ("active", "budget", "rows-moved", "kept-alone", "true-positions", "chunks", "decoding", "batch-rows")
SCORED = (RUNS, "budget", "plain-after", "observed-attention", "kept-alone", "half-scores")

OF_COMPRESSED_CACHES = ("kernel-compressed", "kernel-uneven", "kernel-lengths", "kernel-windows")
"""The oracles of kernels that take a 4D mask, which ``flex_attention`` does not."""

ASKED = {
    "kivi(snapkv)": ("second-call", "prefix-reuse", "decoding"),
    "kivi(adakv)": ("second-call", "prefix-reuse", "stored-rows", "rows-moved"),
    "kivi(residual=128)": ("stored-rows", "second-call", "batch-rows"),
    "gear": STORED,
    f"{CORRECT}.quantizers:SymmetricInt8": STORED,
    f"{CORRECT}.quantizers:PerChannel": STORED,
    f"{CORRECT}.quantizers:PerToken": STORED,
    f"{CORRECT}.quantizers:LayerScale": STORED,
    f"{CORRECT}.policies:ValueNorm": SCORED,
    f"{CORRECT}.policies:UnevenHeads": SCORED,
    f"{CORRECT}.policies:LateLayers": SCORED,
    f"{CORRECT}.policies:HiddenNorm": SCORED,
    f"fair({CORRECT}.policies:HiddenNorm)": SCORED,
    f"{CORRECT}.own_caches:SinksAndRecent": OF_OWN_CACHES,
    f"{CORRECT}.own_caches:Shifted": OF_OWN_CACHES,
    f"{CORRECT}.own_caches:Int8Context": OF_OWN_CACHES,
    f"{CORRECT}.own_caches:SinksAndRing": OF_OWN_CACHES,
    "dynamic": OF_OWN_CACHES,
    "static": ("ratio-zero", *OF_OWN_CACHES),
    "static(room=8)": ("chunks", "decoding"),
    "sliding": OF_OWN_CACHES,
    "sliding(window=9)": ("ratio-zero", *OF_OWN_CACHES),
}


def violation_of(oracle: str, spec: str | Policy, source: object) -> Violation | None:
    policy = spec if isinstance(spec, Policy) else load_policy(spec)
    try:
        return load(oracle)(Subject(source, policy, Fraction(1, 2)))  # type: ignore[arg-type]
    except NotApplicable:
        return None


@pytest.mark.parametrize("spec", ASKED)
def test_what_is_correct_raises_no_alarm(spec: str) -> None:
    alarms = [str(found) for oracle in ASKED[spec] if (found := violation_of(oracle, spec, RandomModels(LAYOUT)))]
    assert alarms == []


@pytest.mark.parametrize("oracle", STORED)
def test_fp8_shares_scales_between_heads_and_clips_what_its_context_did_not_reach(oracle: str) -> None:
    pytest.importorskip("transformers", minversion="5.23")
    assert violation_of(oracle, "fp8", RandomModels("gemma3-sliding")) is None


def test_a_cache_that_refuses_a_model_breaks_no_promise_there() -> None:
    with pytest.raises(NotApplicable, match="refuses this model: sliding needs a model whose layers attend"):
        load("chunks")(Subject(RandomModels("gemma3-sliding"), load_policy("sliding")))


@dataclasses.dataclass(frozen=True)
class DynamicRotation:
    """Random models whose rotation follows the longest call."""

    label: str = "dynamic-ntk"

    def _model(self, layers: int) -> PreTrainedModel:
        sizes = {**random_models._SIZE, "max_position_embeddings": 64, "num_attention_heads": 6, "head_dim": 16}
        rope = {"rope_type": "dynamic", "factor": 4.0, "rope_theta": 10000.0}
        config = LlamaConfig(**sizes, num_key_value_heads=2, num_hidden_layers=layers, rope_parameters=rope)
        return random_models.with_random_weights(config, std=0.25)

    def model(self) -> PreTrainedModel:
        return self._model(2)

    def one_layer(self) -> PreTrainedModel:
        return self._model(1)


@pytest.mark.parametrize("spec", ["snapkv", "kivi", "dynamic"])
def test_a_rotation_that_remembers_longer_calls_raises_no_alarm(spec: str) -> None:
    alarms = [str(found) for oracle in names() if (found := violation_of(oracle, spec, DynamicRotation()))]
    assert alarms == []


@pytest.mark.parametrize("oracle", [name for name in names(KERNEL) if name not in OF_COMPRESSED_CACHES])
def test_flex_attention_is_compared_where_warnings_are_errors(oracle: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load(oracle)(Subject(RandomModels(LAYOUT), kernel="flex_attention")) is None


def test_rows_that_the_engine_decodes_one_by_one_are_not_asked_in_a_batch() -> None:
    model = LoadedModels("xglm", family("XGLMConfig", kernel="eager"))
    with pytest.raises(NotApplicable, match="attends in code of its own"):
        load("decoding")(Subject(model, load_policy("knorm")))


@pytest.mark.parametrize("oracle", ["chunks", "batch-rows", "kernel-compressed"])
def test_a_quantizer_is_not_asked_what_attention_reads_where_no_attention_is_seen(oracle: str) -> None:
    subject = Subject(
        LoadedModels("xglm", family("XGLMConfig", kernel="eager")), load_policy("kivi(bits=4,residual=8,group=8)")
    )
    with pytest.raises(NotApplicable, match="calls no registered attention"):
        load(oracle)(subject)
