"""What two reports of one suite say of early stops."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.early_stops import compare_reports, main


def case(tokens: int, verdict: str = "HELD", null: bool = False, **changes: Any) -> dict[str, Any]:
    replies = [{"text": "x", "tokens": 2, "stopped": "stop"}, {"text": "y", "tokens": tokens, "stopped": "stop"}]
    names = {"contract": "shop", "probe": "p", "order_index": 0, "kernel": "sdpa", "policy": "snapkv", "ratio": "0.5"}
    arms = {"baseline": replies, "compressed": replies, "null": {"replies": replies} if null else None}
    return {**names, **arms, "verdict": verdict, **changes}


def test_every_conversation_counts_once_however_many_checks_read_it() -> None:
    whole = {"cases": [case(10), case(10), case(10, policy="knorm"), case(6, probe="q", null=True)]}
    early = {"cases": [case(4), case(4), case(4, policy="knorm"), case(6, "LOST", probe="q", null=True)]}
    assert compare_reports(whole, early) == {
        "conversations": 6,
        "stopped": 3,
        "tokens": 3 * 12 + 3 * 8,
        "tokens_early": 3 * 6 + 3 * 8,
        "saved_share": 0.3,
        "checks": 4,
        "verdicts_changed": 1,
    }


def test_nothing_that_ran_saved_no_share() -> None:
    broken = {"cases": [case(0, "ERROR", baseline=None, compressed=None)]}
    assert compare_reports(broken, broken)["saved_share"] is None


def test_a_suite_that_does_not_run_ends_with_what_pytest_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["no/such/folder"]) == 2
    assert "pytest ended with exit code 4" in capsys.readouterr().err
