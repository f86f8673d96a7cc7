"""Training is seeded, and a run that was killed goes on to the same adapter."""

from __future__ import annotations

import json
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from pytest_kvguard.models.load_model import LoadedModel
from smolguard import train
from tests.models import VOCABULARY, random_model
from tests.unit.smolguard.letters import Letters


class FewLetters(Letters):
    """A tokenizer whose ids fit a small model's vocabulary and are the same in every run."""

    def _id(self, word: str) -> int:
        return zlib.crc32(word.encode()) % VOCABULARY


@pytest.fixture(autouse=True)
def small_base(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def load(options: object) -> LoadedModel:
        return LoadedModel("small", random_model("llama-two-kv-heads-of-three"), FewLetters(), frozenset(), 4096)  # type: ignore[arg-type]

    monkeypatch.setattr(train, "load_model", load)
    monkeypatch.setattr(train, "CHECKPOINT_STEPS", 1)
    with torch.enable_grad():
        yield


def run(monkeypatch: pytest.MonkeyPatch, out: Path, steps: int = 3) -> dict[str, torch.Tensor]:
    monkeypatch.setattr(sys, "argv", ["train", "--steps", str(steps), "--rows", "1", "--out", str(out)])
    train.main()
    return load_file(out / "adapter" / "adapter_model.safetensors")


def steps_of(out: Path) -> list[int]:
    return [json.loads(line)["step"] for line in (out / "log.jsonl").read_text().splitlines()]


def test_training_moves_the_adapter_and_logs_every_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = run(monkeypatch, tmp_path)
    assert steps_of(tmp_path) == [0, 1, 2]
    ups = [tensor for name, tensor in weights.items() if "lora_B" in name]
    assert ups and all(tensor.dtype == torch.bfloat16 and bool(tensor.any()) for tensor in ups)


def test_a_killed_run_resumes_at_its_checkpoint_and_ends_with_the_same_adapter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run(monkeypatch, tmp_path / "whole")
    drawing = train.draw_rows
    left = iter([1, 1])

    def killed(*args: object) -> object:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return drawing(*args)  # type: ignore[arg-type]

    with monkeypatch.context() as killing, pytest.raises(KeyboardInterrupt):
        killing.setattr(train, "draw_rows", killed)
        run(monkeypatch, tmp_path / "killed")
    assert steps_of(tmp_path / "killed") == [0, 1]
    resumed = run(monkeypatch, tmp_path / "killed")
    assert steps_of(tmp_path / "killed") == [0, 1, 2]
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_the_learning_rate_warms_up_and_decays_to_a_twentieth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["train", "--steps", "100", "--warmup-steps", "10", "--learning-rate", "1e-3"])
    options = train._arguments()
    rates = [train._learning_rate(step, options) for step in range(100)]
    assert rates[0] == pytest.approx(1e-4) and rates[9] == pytest.approx(1e-3) and max(rates) == pytest.approx(1e-3)
    assert rates[-1] == pytest.approx(5e-5, rel=0.02)


def test_training_can_start_from_an_adapter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = run(monkeypatch, tmp_path / "first", steps=1)
    start = ["--start", str(tmp_path / "first" / "adapter"), "--learning-rate", "0", "--out", str(tmp_path / "second")]
    monkeypatch.setattr(sys, "argv", ["train", "--steps", "1", "--rows", "1", *start])
    train.main()
    second = load_file(tmp_path / "second" / "adapter" / "adapter_model.safetensors")
    assert all(torch.equal(first[name], second[name]) for name in first)
