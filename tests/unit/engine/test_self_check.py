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
from pytest_kvguard.engine import exact_twin, self_check
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
    assert problem.endswith(
        "Use one of the decoders whose layers read all that they cache, such as Llama, Qwen or Gemma."
    )


LOW = [torch.bfloat16, torch.float16]


def off_by_one(plant: pytest.MonkeyPatch) -> None:
    right = attention.window_of

    def wide(mask: Any, option: Any) -> Any:
        window = right(mask, option)
        return None if window is None else type(window)(window + 1)

    plant.setattr(attention, "window_of", wide)


def without_softcap(plant: pytest.MonkeyPatch) -> None:
    right = attention._run
    plant.setattr(attention, "_run", lambda *given: right(*given[:-1], {**given[-1], "softcap": None}))


def one_layer_sees_the_future(plant: pytest.MonkeyPatch) -> None:
    right = attention._attend_prefill

    def blind(step: Any, module: Any, query: Any, key: Any, value: Any, window: Any, options: Any) -> Any:
        if step.layer != 0 or query.shape[2] < 2:
            return right(step, module, query, key, value, window, options)
        heads = query.shape[1] // key.shape[1]
        keys, values = (states.repeat_interleave(heads, 1) for states in (key, value))
        scale = attention.scaling_of(query, options)
        return torch.nn.functional.scaled_dot_product_attention(query, keys, values, scale=scale).transpose(1, 2)

    plant.setattr(attention, "_attend_prefill", blind)


PLANTED: dict[str, tuple[Any, PreTrainedModel | Any, str]] = {
    "a window off by one, Mistral": (off_by_one, lambda: restricted("mistral-window"), "sdpa"),
    "a window off by one, PhiMoE": (off_by_one, lambda: restricted("phimoe-window"), "sdpa"),
    "a chunk off by one, Llama 4": (off_by_one, lambda: restricted("llama4-chunks"), "sdpa"),
    "no softcap, Gemma 2": (
        without_softcap,
        lambda: family("Gemma2Config", "eager", head_dim=12, query_pre_attn_scalar=4, attn_logit_softcapping=3.0),
        "eager",
    ),
    "one layer without a mask, Llama": (one_layer_sees_the_future, lambda: family("LlamaConfig"), "sdpa"),
    "one layer without a mask, Qwen3": (one_layer_sees_the_future, lambda: family("Qwen3Config", head_dim=12), "sdpa"),
}


@pytest.mark.parametrize("dtype", LOW)
@pytest.mark.parametrize("error", PLANTED)
def test_an_error_is_found_in_a_low_precision_too(
    error: str, dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant, build, kernel = PLANTED[error]
    model = loaded(build().to(dtype))
    assert not check_model(model, kernel).problem
    plant(monkeypatch)
    assert "the uncompressed arm would not be this model, of the family" in check_model(model, kernel).problem


@pytest.mark.parametrize("dtype", LOW)
def test_an_error_that_only_the_low_precision_has_is_found(dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch) -> None:
    right = attention._run

    def coarse(kernel: str, module: Any, query: Any, *given: Any) -> Any:
        output = right(kernel, module, query, *given)
        return output if output.dtype == torch.float32 else output * 1.5

    monkeypatch.setattr(attention, "_run", coarse)
    problem = check_model(loaded(family("LlamaConfig").to(dtype)), "sdpa").problem
    assert f"is rounding in {str(dtype).removeprefix('torch.')}" in problem


def test_a_model_that_rounds_by_more_than_an_error_is_compared_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(self_check, "LARGEST_OWN_ERROR", 1e-4)
    found = check_model(loaded(random_model("llama-no-gqa").to(torch.bfloat16)), "sdpa")
    assert not found.problem and "compared with the plain model in float32 alone" in found.note
    off_by_one(monkeypatch)
    assert check_model(loaded(restricted("mistral-window").to(torch.bfloat16)), "sdpa").problem


def test_where_memory_is_short_no_copy_in_float32_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact_twin, "free_bytes", lambda device: 1000)
    model = loaded(random_model("llama-no-gqa").to(torch.bfloat16))
    assert exact_twin.exact_twin(model) is None
    assert check_model(model, "sdpa") == SelfCheck()


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
