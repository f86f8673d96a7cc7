"""The benchmark reproduces the second paper's figures from its data, and reads other data of the same formats."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest

from benchmarks.rethinking import main, make_report
from pytest_kvguard.serving_cost.negative_samples import THRESHOLDS

SHARED_DATA = Path(os.environ.get("KVGUARD_SHARED_DATA") or Path(__file__).parents[4] / "shared" / "data")
DATA = SHARED_DATA / "rethinking"

published = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"there is no {DATA}; KVGUARD_SHARED_DATA names the data folder"
)

NEGATIVES = {
    "kivi-4bit": (182, 168, 143, 107, 86, 64, 41, 26),
    "gear-8bit": (255, 246, 218, 173, 157, 119, 67, 39),
    "h2o-2048": (336, 332, 307, 263, 242, 192, 134, 103),
    "streamingllm-2048": (431, 420, 395, 368, 342, 292, 224, 177),
    "kivi-4bit+gear-8bit": (108, 97, 78, 50, 36, 19, 6, 4),
    "h2o-2048+streamingllm-2048": (218, 211, 190, 161, 136, 97, 51, 35),
}
MEANS = {"fp16": 41.22, "kivi-4bit": 41.29, "gear-8bit": 40.90, "h2o-2048": 39.13, "streamingllm-2048": 38.90}
PAIRS = {
    "kivi-4bit": (444, 427, 0.59, "no regression"),
    "gear-8bit": (470, 533, 0.05, "borderline"),
    "h2o-2048": (388, 631, 3e-14, "regression"),
    "streamingllm-2048": (542, 767, 5e-10, "regression"),
}


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    return make_report(DATA)


@published
def test_means_and_benign_samples_are_the_published_ones(report: dict[str, Any]) -> None:
    assert {name: round(mean, 2) for name, mean in report["macro_mean"].items()} == MEANS
    assert (report["baseline"], report["benign"]) == ("fp16", 1552)


@published
@pytest.mark.parametrize("name", NEGATIVES)
def test_negative_samples_are_the_published_ones_at_every_threshold(report: dict[str, Any], name: str) -> None:
    assert report["negatives"][name] == dict(zip(map(str, THRESHOLDS), NEGATIVES[name], strict=True))
    assert report["negatives"]["+".join(reversed(name.split("+")))] == report["negatives"][name]


@published
@pytest.mark.parametrize("name", PAIRS)
def test_a_verdict_needs_the_pairs(report: dict[str, Any], name: str) -> None:
    pair, (better, worse, p, verdict) = report["pairs"][name], PAIRS[name]
    assert (pair["better"], pair["worse"], pair["verdict"]) == (better, worse, verdict)
    assert pair["p"] == pytest.approx(p, rel=0.2)


@published
def test_a_count_that_condemns_is_matched_by_its_mirror_image(report: dict[str, Any]) -> None:
    assert (report["negatives"]["kivi-4bit"]["10"], report["mirrored"]["kivi-4bit"]["10"]) == (86, 94)


@published
@pytest.mark.parametrize("name", ["fp16", "h2o", "kivi"])
def test_throughput_is_predicted_as_well_as_published(report: dict[str, Any], name: str) -> None:
    accuracy = report["throughput"][name]
    llama = accuracy["by_model"]["meta-llama-Llama-2-7b-hf"]
    assert min(accuracy["loo"], llama["loo"]) >= 97
    assert min(row["six_points"] for row in (accuracy, *accuracy["by_model"].values())) >= 94


def write_folder(folder: Path) -> Path:
    """Write data of other methods and another model in the same formats, and return the folder."""
    rows = [
        {"method": method, "dataset": "qa", "id": number, "score": score}
        for method, scores in {"full-kv": (1, 1, 0.5), "a": (1, 0, 0.5), "b": (0, 0, 1)}.items()
        for number, score in enumerate(scores)
    ]
    (folder / "any.jsonl.gz").write_bytes(gzip.compress("\n".join(map(json.dumps, rows)).encode()))
    timings = [
        f"m,x,{b},{n},{s},{1000 / (1 + b * n)}"
        for b in (1, 2, 4)
        for n in (64, 128, 256)
        for s in ("prefill", "decoding")
    ]
    (folder / "throughput-x.csv").write_text("\n".join(["model,method,bsz,prompt_len,stage,thr", *timings]))
    (folder / "throughput-few.csv").write_text("bsz,prompt_len,stage,thr\n1,1,decoding,1\n")
    (folder / "notes.md").write_text("Not data.")
    return folder


def test_other_methods_and_models_are_read_from_files_of_the_same_formats(tmp_path: Path, capsys: Any) -> None:
    target = tmp_path / "report" / "figures.json"
    target.parent.mkdir()
    assert main(["--data", str(write_folder(tmp_path)), "--json", str(target)]) == 0
    figures = json.loads(target.read_text())
    assert figures["macro_mean"] == {"full-kv": 83.3333, "a": 50.0, "b": 33.3333}
    assert (figures["benign"], figures["negatives"]["a"]["10"], figures["negatives"]["a+b"]["10"]) == (2, 1, 1)
    assert set(figures["pairs"]) == {"a", "b"}
    assert figures["throughput"]["x"]["points"] == 18
    assert figures["throughput"]["few"] == {
        "loo": None,
        "six_points": None,
        "points": 0,
        "by_model": figures["throughput"]["few"]["by_model"],
    }
    screen = capsys.readouterr().out
    assert "baseline full-kv: macro mean 83.33" in screen
    assert "n/a" in screen


def test_timings_alone_are_enough(tmp_path: Path) -> None:
    write_folder(tmp_path)
    (tmp_path / "any.jsonl.gz").unlink()
    assert list(make_report(tmp_path)) == ["throughput"]


def test_a_folder_without_data_is_refused(tmp_path: Path, capsys: Any) -> None:
    assert main(["--data", str(tmp_path)]) == 2
    assert "holds no file of scores or timings" in capsys.readouterr().err


def test_a_baseline_can_be_named(tmp_path: Path) -> None:
    assert make_report(write_folder(tmp_path), "a")["baseline"] == "a"
