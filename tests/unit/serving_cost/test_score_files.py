"""Score files of every kind are read alike, and an error names its line."""

from __future__ import annotations

import gzip
from fractions import Fraction
from pathlib import Path

import pytest

from pytest_kvguard.errors import UsageError
from pytest_kvguard.serving_cost import score_files
from pytest_kvguard.serving_cost.score_files import baseline_of, read_scores

JSONL = (
    '{"method": "fp16", "dataset": "qa", "id": 0, "score": 0.1}\n\n'
    '{"method": "h2o", "dataset": "qa", "id": 0, "score": 1}\n'
)
CSV = "method,dataset,id,score,note\nfp16,qa,0,0.1,\nh2o,qa,0,1,fine\n"


@pytest.mark.parametrize(
    ("name", "text"), [("s.jsonl", JSONL), ("s.csv", CSV), ("s.jsonl.gz", JSONL), ("s.csv.gz", CSV)]
)
def test_every_kind_of_file_gives_the_same_scores_as_they_were_written(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    assert read_scores([path]) == {"fp16": {("qa", "0"): Fraction(1, 10)}, "h2o": {("qa", "0"): 1}}


def write(tmp_path: Path, name: str, *rows: str) -> Path:
    path = tmp_path / name
    path.write_text("\n".join(["method,dataset,id,score", *rows]), encoding="utf-8")
    return path


def test_files_add_methods_and_samples_to_each_other(tmp_path: Path) -> None:
    one, two = (
        write(tmp_path, "1.csv", "fp16,qa,0,1", "h2o,qa,0,1"),
        write(tmp_path, "2.csv", "fp16,qa,0,1", "kivi,qa,0,0"),
    )
    by_method = read_scores([one, two])
    assert {name: set(keys) for name, keys in by_method.items()} == dict.fromkeys(
        ("fp16", "h2o", "kivi"), {("qa", "0")}
    )


def test_a_file_that_scores_known_samples_otherwise_is_of_another_model(tmp_path: Path) -> None:
    one, two = write(tmp_path, "1.csv", "fp16,qa,0,1"), write(tmp_path, "2.csv", "fp16,qa,0,0.5", "h2o,qa,0,0")
    by_method = read_scores([one, two])
    assert by_method["fp16"] == {("qa", "0"): 1, ("2.csv:qa", "0"): Fraction(1, 2)}
    assert by_method["h2o"] == {("2.csv:qa", "0"): 0}


def test_a_model_column_sets_its_data_sets_apart(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text("model,method,dataset,id,score\nllama,fp16,qa,0,1\nqwen,fp16,qa,0,0\n")
    assert set(read_scores([path])["fp16"]) == {("llama/qa", "0"), ("qwen/qa", "0")}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "method,dataset,id\nfp16,qa,0\n", "a.csv:2: no 'score'. Every row needs method, dataset, id, score."),
        ("a.csv", "method,dataset,id,score\nfp16,qa,0,good\n", "a.csv:2: the score 'good' is no number."),
        *(
            ("a.csv", f"method,dataset,id,score\nfp16,qa,0,{score}\n", f"a.csv:2: the score '{score}' is no number.")
            for score in ("nan", "inf", "-Infinity", "1e999", "1e999999999", "1e-999999999", "1/0", "1/0.5", "True")
        ),
        *(
            (
                "a.jsonl",
                f'{{"method": "fp16", "dataset": "qa", "id": 0, "score": {score}}}\n',
                f"a.jsonl:1: the score '{shown}' is no number.",
            )
            for score, shown in (
                ("NaN", "nan"),
                ("Infinity", "inf"),
                ("-Infinity", "-inf"),
                ("1e999999999", "1e999999999"),
                ("true", "True"),
            )
        ),
        ("a.csv", f"method,dataset,id,score\nfp16,qa,0,{'9' * 300}\n", f"the score '{'9' * 40}' is no number."),
        (
            "a.csv",
            "method,dataset,id,score\nfp16,qa,0,1\nfp16,qa,0,0\n",
            "a.csv:3: fp16 scores 0 on id 0 of qa, but 1 in",
        ),
        ("a.jsonl", "{'method': 1}\n", "a.jsonl:1: no JSON"),
        ("a.jsonl", "\n[1]\n", "a.jsonl:2: no object: '[1]'. Write one object"),
        ("a.jsonl", "", "The score files hold no row."),
        ("a.json", "{}", "neither .jsonl nor .csv"),
        ("a.csv.gz", "not gzipped", "cannot be read: Not a gzipped file"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_line(tmp_path: Path, name: str, text: str, message: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(UsageError) as caught:
        read_scores([path])
    assert message in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"absent.csv cannot be read: .*No such file"):
        read_scores([tmp_path / "absent.csv"])


@pytest.mark.parametrize(
    "name", ["fp16", "FP16", "None-16", "none", "full-kv", "FullKV", "bf16-baseline", "no compression"]
)
def test_the_baseline_is_known_by_its_name(name: str) -> None:
    assert baseline_of(["h2o-2048", name, "kivi-16"]) == name


def test_a_baseline_may_carry_another_word_if_no_other_could_be_meant() -> None:
    assert baseline_of(["llama-fp16", "llama-h2o"]) == "llama-fp16"
    assert baseline_of(["kivi-fp16", "fp16"]) == "fp16"


def test_what_cannot_be_told_is_asked_for() -> None:
    with pytest.raises(UsageError, match=r"fp16, bf16 all could be. Name it: --baseline=METHOD."):
        baseline_of(["fp16", "bf16", "h2o"])
    with pytest.raises(UsageError, match=r"no name of a, b says so"):
        baseline_of(["a", "b"])


def test_a_baseline_that_is_named_must_be_there() -> None:
    assert baseline_of(["a", "b"], "b") == "b"
    with pytest.raises(UsageError, match="Did you mean 'snapkv'"):
        baseline_of(["snapkv", "none"], "snapvk")


def test_a_compressed_file_that_holds_more_than_memory_may_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(score_files, "MOST_BYTES", 1 << 20)
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(gzip.compress(b"0" * (2 << 20)))
    with pytest.raises(UsageError, match="it holds more than 1 MiB"):
        read_scores([path])
