"""Before a run, the uncompressed arm is compared with the plain model; where it is another, the run is refused once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import PreTrainedModel

from kvguard_policies import attention
from pytest_kvguard.backends import checked_model
from pytest_kvguard.backends.checked_model import CheckMemory, require_faithful
from pytest_kvguard.backends.turn_key import TurnKeys
from pytest_kvguard.engine import self_check
from pytest_kvguard.engine.self_check import SelfCheck, check_model, named_limits
from pytest_kvguard.errors import ModelError
from pytest_kvguard.result_store.store import ResultStore
from tests.families import family, loaded
from tests.models import LAYOUTS, random_model
from tests.unit.engine.test_model_masks import RESTRICTED
from tests.unit.kvguard_policies.test_unusual_attention import with_dynamic_rotation, with_sinks


def restricted(name: str, **settings: Any) -> PreTrainedModel:
    class_name, own = RESTRICTED[name]
    return family(class_name, **{**own, **settings})


@pytest.mark.parametrize("kernel", ["sdpa", "eager"])
@pytest.mark.parametrize("head_layout", LAYOUTS)
def test_supported_families_pass(head_layout: str, kernel: str) -> None:
    assert check_model(loaded(random_model(head_layout)), kernel) == SelfCheck()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("name", RESTRICTED)
def test_rounding_errors_of_a_dtype_are_no_difference(name: str, dtype: torch.dtype) -> None:
    assert not check_model(loaded(restricted(name).to(dtype)), "sdpa").problem


def test_sinks_and_rotations_that_rescale_themselves_pass() -> None:
    assert check_model(loaded(with_sinks()), "eager") == SelfCheck()
    assert check_model(loaded(with_dynamic_rotation()), "sdpa").problem == ""


@pytest.mark.parametrize("name", ["llama4-chunks", "phimoe-window", "qwen2-moe-window", "mistral-window"])
def test_a_window_that_is_not_kept_to_is_found_where_it_begins(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attention, "window_of", lambda mask, option: None)
    problem = check_model(loaded(restricted(name), "lookalike"), "sdpa").problem
    limit = "attention_chunk_size" if name == "llama4-chunks" else "sliding_window"
    assert problem.startswith("--kv-model=lookalike cannot run any contract on --kv-attn=sdpa: the uncompressed arm")
    assert f"from token 8 of 32 on, past {limit}=8" in problem
    assert problem.endswith("Use one of the decoders whose attention runs through transformers' attention registry, "
                            "such as Llama, Qwen or Gemma.")  # fmt: skip


def test_what_works_instead_is_named_if_another_kernel_does(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = attention._run

    def without_eager(kernel: str, *arguments: Any) -> Any:
        return whole(kernel, *arguments) * (0.5 if kernel == "sdpa" else 1.0)

    monkeypatch.setattr(attention, "_run", without_eager)
    assert "Use --kv-attn=eager." in check_model(loaded(random_model("llama-no-gqa")), "sdpa").problem


def test_what_breaks_on_every_conversation_is_refused_in_one_line() -> None:
    problem = check_model(loaded(family("DogeConfig")), "sdpa").problem
    assert "brings a mask of its own" in problem and "\n" not in problem and "such as Llama" in problem


def test_a_model_on_which_transformers_fails_is_not_blamed_on_the_guard() -> None:
    problem = check_model(loaded(family("HeliumConfig", head_dim=16)), "sdpa").problem
    assert "transformers itself fails on it (RuntimeError: mat1 and mat2 shapes" in problem and "\n" not in problem


def test_limits_are_read_from_the_configuration() -> None:
    assert named_limits(restricted("llama4-chunks").config) == {"attention_chunk_size": 8, "floor_scale": 8192}
    assert named_limits(restricted("mistral-window").config) == {"sliding_window": 8}
    assert named_limits(family("LlamaConfig").config) == {}
    yarn = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32, "rope_theta": 10000.0}
    assert named_limits(family("LlamaConfig", rope_parameters=yarn).config) == {}


def test_a_limit_beyond_the_cost_of_a_check_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    model = restricted("mistral-window", sliding_window=500)
    assert check_model(loaded(model), "sdpa") == SelfCheck()
    monkeypatch.setattr(self_check, "TOKENS_TIMES_WEIGHTS", {"cpu": 1000})
    found = check_model(loaded(model), "sdpa")
    assert found == SelfCheck(
        note="random is compared with the plain model over 32 tokens only, which sliding_window=500 exceeds"
    )


def test_a_window_that_no_conversation_reaches_is_no_limit() -> None:
    assert check_model(loaded(restricted("mistral-window", sliding_window=10**6)), "sdpa") == SelfCheck()


def test_a_model_is_compared_once_and_the_result_is_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def count(model: Any, kernel: str) -> SelfCheck:
        asked.append(kernel)
        return SelfCheck("it is another model" if kernel == "eager" else "", "up to 64 tokens")

    monkeypatch.setattr(checked_model, "check_model", count)
    memory = CheckMemory(ResultStore(tmp_path, 1 << 20), TurnKeys("digest", "float32", "cpu"))
    said: list[str] = []
    for _ in range(2):  # every time a newly loaded model
        require_faithful(loaded(random_model("llama-no-gqa")), ["sdpa"], memory, said.append)
        with pytest.raises(ModelError, match="it is another model"):
            require_faithful(loaded(random_model("llama-no-gqa")), ["sdpa", "eager"], memory)
    assert asked == ["sdpa", "eager"] and said == ["up to 64 tokens"] * 2
    other = CheckMemory(ResultStore(tmp_path, 1 << 20), TurnKeys("other digest", "float32", "cpu"))
    require_faithful(loaded(random_model("llama-no-gqa")), ["sdpa"], other)
    assert asked == ["sdpa", "eager", "sdpa"]


def test_a_comparison_that_ran_out_of_memory_is_made_again_by_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def exhausted(model: Any, kernel: str) -> SelfCheck:
        asked.append(kernel)
        return SelfCheck(note="not compared, for want of memory", is_lasting=False)

    monkeypatch.setattr(checked_model, "check_model", exhausted)
    memory = CheckMemory(ResultStore(tmp_path, 1 << 20), TurnKeys("digest", "float32", "cpu"))
    for _ in range(2):  # every time a newly loaded model
        require_faithful(loaded(random_model("llama-no-gqa")), ["sdpa"], memory)
    assert asked == ["sdpa", "sdpa"]
