"""Files of throughput or seconds are read as timings."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_kvguard.errors import UsageError
from pytest_kvguard.serving_cost.throughput import Timing, read_throughput


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "throughput-x.csv"
    path.write_text(text)
    return path


def test_throughput_of_a_prefill_counts_its_prompts_tokens_that_of_decoding_its_requests(tmp_path: Path) -> None:
    rows = "model,method,bsz,prompt_len,stage,thr\nm,kivi,4,100,prefill,200\nm,kivi,4,100,decoding,8\n"
    assert read_throughput(write(tmp_path, rows)) == {
        ("kivi", "m", "decode"): (Timing(4, 100, 0.5),),
        ("kivi", "m", "prefill"): (Timing(4, 100, 2.0),),
    }


def test_seconds_need_no_reckoning_and_names_may_be_left_out(tmp_path: Path) -> None:
    timings = read_throughput(write(tmp_path, "batch,tokens,stage,seconds\n2,50,decode,0.25\n"))
    assert timings == {("throughput-x.csv", "model", "decode"): (Timing(2, 50, 0.25),)}


def test_the_same_point_measured_twice_is_one_point(tmp_path: Path) -> None:
    timings = read_throughput(write(tmp_path, "batch,tokens,stage,seconds\n2,50,decode,1\n2,50,decode,3\n"))
    assert list(timings.values()) == [(Timing(2, 50, 2.0),)]


def test_what_did_not_run_is_no_measurement(tmp_path: Path) -> None:
    rows = "batch,tokens,stage,thr\n1,50,decode,5\n2,50,decode,\n4,50,decode,nan\n8,50,decode,0\n"
    assert list(read_throughput(write(tmp_path, rows)).values()) == [(Timing(1, 50, 0.2),)]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("1,50,train,1", ":2: the stage is 'train'. Write prefill or decoding."),
        (",50,decode,1", ":2: batch or length is missing. Columns: bsz, prompt_len, stage, thr or seconds."),
        ("1,50,decode,inf", ":2: throughput is 'inf', which is not finite. Leave it empty if unknown."),
        ("1e999,50,decode,1", ":2: batch is '1e999', which is not finite."),
        ("1,Infinity,decode,1", ":2: tokens is 'Infinity', which is not finite."),
        ("nan,50,decode,1", ":2: batch or length is missing."),
        ("9e300,50,decode,1e-300", ":2: a throughput of 1e-300 gives no finite time. Leave it empty if unknown."),
        ("1,50,decode,fast", ":2: throughput is 'fast', which is no number."),
    ],
)
def test_what_is_wrong_with_a_row_is_said_with_its_line(tmp_path: Path, row: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_throughput(write(tmp_path, f"bsz,prompt_len,stage,thr\n{row}\n"))
    assert message in str(caught.value)
