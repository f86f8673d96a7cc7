"""Drawn requests have the given rate and share of longer replies; errors in traces are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.serving_simulation.request_stream import Workload, draw_requests, length_spread, read_trace
from pytest_kvguard.errors import UsageError

KINDS = ["fp16", "kivi"]


def test_a_stream_has_its_rate_and_its_lengths() -> None:
    workload = Workload(rate=4.0, count=4000, most_reply=100_000)
    requests = draw_requests(workload, KINDS, "fp16")
    assert requests[-1].arrival == pytest.approx(1000, rel=0.1)
    changes = sorted(r.reply_tokens["kivi"] / r.reply_tokens["fp16"] for r in requests)
    assert sum(change >= 1.5 for change in changes) / len(requests) == pytest.approx(0.2, abs=0.03)
    assert sum(change <= 1 / 1.5 for change in changes) / len(requests) == pytest.approx(0.2, abs=0.03)
    errors = [abs(r.expected_tokens["kivi"] / r.reply_tokens["kivi"] - 1) for r in requests]
    assert sum(errors) / len(errors) == pytest.approx(0.15, abs=0.01)


def test_the_same_seed_draws_the_same_requests() -> None:
    first, again, other = (draw_requests(Workload(rate=1.0, count=5, seed=seed), KINDS, "fp16") for seed in (1, 1, 2))
    assert first == again != other


def test_no_reply_grows_at_a_longer_share_of_zero() -> None:
    assert length_spread(0.0) == 0.0
    requests = draw_requests(Workload(rate=1.0, count=20, longer_share=0.0), KINDS, "fp16")
    assert all(r.reply_tokens["kivi"] == r.reply_tokens["fp16"] for r in requests)
    with pytest.raises(UsageError, match="cannot become longer"):
        length_spread(0.5)


def test_a_trace_is_read_by_arrival_with_the_lengths_of_each_kind(tmp_path: Path) -> None:
    path = tmp_path / "trace.csv"
    path.write_text("arrival,prompt_tokens,reply_tokens,reply_tokens:kivi\n2.5,300,40,60\n0.5,100,20,\n")
    first, second = read_trace(path, KINDS)
    assert (first.arrival, first.prompt_tokens, first.reply_tokens) == (0.5, 100, {"fp16": 20, "kivi": 20})
    assert second.reply_tokens == {"fp16": 40, "kivi": 60}
    assert second.expected_tokens == {"fp16": 40.0, "kivi": 60.0}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("arrival,prompt_tokens\n1,2\n", "trace.csv:2: there is no reply_tokens"),
        ("arrival,prompt_tokens,reply_tokens\nnow,2,3\n", "arrival is 'now'"),
        ("arrival,prompt_tokens,reply_tokens\n-1,2,3\n", "Write a number of 0 or more"),
        ("arrival,prompt_tokens,reply_tokens\n", "holds no request"),
    ],
)
def test_an_error_in_a_trace_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "trace.csv"
    path.write_text(text)
    with pytest.raises(UsageError, match=said):
        read_trace(path, KINDS)
