"""The table of supported models: it is what the trials say, and a trial says ``works`` only after a comparison."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers

from benchmarks import model_support, model_trial
from benchmarks.model_support import FIGURES, classes, try_class
from benchmarks.model_trial import COLUMNS, CRASHED, POLICIES, REFUSED, UNTESTED, WORKS, WRONG, Trial, run_trial
from benchmarks.support_page import PAGE, read_trials, summary_lines, verdict, write_page, write_trials
from benchmarks.tiny_models import WINDOW, config_classes, tiny_config
from kvguard_policies import attention
from kvguard_policies.observations import ColumnSums
from pytest_kvguard.engine.self_check import SelfCheck

SAMPLE = {
    "every layer sees everything": "LlamaConfig",
    "sliding and full layers": "Gemma3TextConfig",
    "chunked and full layers": "Llama4TextConfig",
    "sinks": "GptOssConfig",
    "a softcap": "Gemma2Config",
    "latent attention": "DeepseekV3Config",
    "recurrent and attention layers": "Qwen3NextConfig",
    "shared keys and values": "Gemma3nTextConfig",
    "attention beside the registry": "BloomConfig",
}


def committed() -> dict[str, Any]:
    """Return the records of the release that runs, or of the nearest one that the table has."""
    figures = read_trials(FIGURES)
    own = transformers.__version__
    return figures.get(own) or max(figures.items(), key=lambda item: common_start(item[0], own))[1]


def common_start(release: str, other: str) -> tuple[bool, int]:
    minor, own = (int(text.split(".")[1]) for text in (release, other))
    return minor <= own, minor


def outcomes(record: dict[str, Any]) -> dict[str, str]:
    return {name: column["outcome"] for name, column in record["columns"].items()}


@pytest.mark.parametrize("mechanism", SAMPLE)
def test_the_table_says_what_a_trial_finds(mechanism: str) -> None:
    name = SAMPLE[mechanism]
    assert outcomes(run_trial(name).record()) == outcomes(committed()[name])


def test_figures_are_read_as_they_were_written_one_line_per_row(tmp_path: Path) -> None:
    path, figures = tmp_path / "figures.json", read_trials(FIGURES)
    write_trials(path, figures)
    assert read_trials(path) == figures
    assert len(path.read_text("utf-8").splitlines()) < sum(map(len, figures.values())) + 10


def test_the_page_is_made_of_the_figures(tmp_path: Path) -> None:
    write_page(read_trials(FIGURES), tmp_path / "page.md")
    assert (tmp_path / "page.md").read_text("utf-8") == PAGE.read_text("utf-8"), "run `make models`"


def test_no_row_of_the_table_is_wrong() -> None:
    for release, records in read_trials(FIGURES).items():
        assert not [name for name, record in records.items() if verdict(record) in (WRONG, CRASHED)], release


def test_the_table_has_every_class_of_the_release_that_runs() -> None:
    if (records := read_trials(FIGURES).get(transformers.__version__)) is None:
        pytest.skip(f"the table has no transformers {transformers.__version__}")
    assert records.keys() == classes().keys()


def trial_of(monkeypatch: pytest.MonkeyPatch, name: str) -> dict[str, str]:
    """Return the outcomes of a class whose differences the check before the first reply does not find."""
    monkeypatch.setattr(model_trial, "check_model", lambda model, kernel: SelfCheck())
    return outcomes(run_trial(name).record())


def test_a_window_that_is_ignored_is_wrong_in_every_column(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attention, "window_of", lambda mask, option: None)
    found = trial_of(monkeypatch, "Gemma3TextConfig")
    assert {found[name] for name in ("plain", *POLICIES)} <= {WRONG, UNTESTED} and found["plain"] == WRONG


def test_observations_of_another_attention_are_wrong_although_every_reply_is_right(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = ColumnSums.measure

    def later_queries_count_less(self: ColumnSums, call: Any) -> torch.Tensor:
        sums = whole(self, call)
        return sums * torch.linspace(1, 0.5, sums.shape[-1])

    monkeypatch.setattr(ColumnSums, "measure", later_queries_count_less)
    found = trial_of(monkeypatch, "LlamaConfig")
    assert found["h2o"] == found["observed_attention"] == found["scores"] == WRONG
    assert found["plain"] == found["snapkv"] == WORKS


def test_what_cannot_be_compared_does_not_work(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("no reference")

    monkeypatch.setattr(model_trial, "masked_logits", broken)
    monkeypatch.setattr(model_trial, "stored_logits", broken)
    monkeypatch.setattr(model_trial, "expected_scores", lambda *_: {})
    found = trial_of(monkeypatch, "LlamaConfig")
    assert {outcome for name, outcome in found.items() if name != "plain"} == {UNTESTED}


def test_a_class_whose_process_dies_or_hangs_crashes_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_support, "run_trial", lambda name, settings: os._exit(3))
    assert try_class("LlamaConfig")["state"] == CRASHED
    monkeypatch.setattr(model_support, "run_trial", lambda name, settings: __import__("time").sleep(60))
    assert try_class("LlamaConfig", seconds=0.2)["detail"] == "not finished after 0 seconds"


def test_counts_are_those_of_the_cells() -> None:
    right = run_like(WORKS)
    refused = run_like(REFUSED)
    assert summary_lines({"A": right, "B": refused})[:2] == [
        "2 rows: 1 works, 1 refused",
        "decoders with a KV cache: 1 of 2 (50%) work with 10 or more of 12 policies",
    ]


def run_like(outcome: str) -> dict[str, Any]:
    columns = {name: {"outcome": outcome, "detail": ""} for name in COLUMNS}
    return {**Trial("A", cached_layers=2).record(), "columns": columns}


def test_tiny_configurations_have_every_type_of_layer_and_windows_that_bite() -> None:
    gemma, jamba = tiny_config("Gemma3TextConfig"), tiny_config("JambaConfig")
    assert sorted(gemma.layer_types) == ["full_attention", "sliding_attention"] and gemma.sliding_window == WINDOW
    assert len(set(jamba.layer_types)) == 2 and tiny_config("Llama4TextConfig").attention_chunk_size == WINDOW
    assert len(config_classes()) > 100
