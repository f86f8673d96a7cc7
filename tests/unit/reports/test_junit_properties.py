"""Properties of a case in pytest's own JUnit file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pytest_kvguard.reports.junit import junit_properties
from pytest_kvguard.values.cell import Cell
from pytest_kvguard.values.results import CaseResult, Verdict


def test_a_case_tells_its_coordinates_its_verdict_and_what_was_measured(result_of: Callable[..., CaseResult]) -> None:
    assert dict(junit_properties(result_of())) == {
        "kv_verdict": "LOST",
        "kv_contract": "shop",
        "kv_instruction": "hours",
        "kv_probe": "opening",
        "kv_policy": "snapkv",
        "kv_ratio": "0.5",
        "kv_kernel": "sdpa",
        "kv_order": "tone,hours",
        "kv_evidence": "LOST: why",
        "kv_baseline_tokens": "4",
        "kv_compressed_tokens": "2",
        "kv_achieved_ratio": "0.4950",
        "kv_keep_rate": "0.6250",
    }


def test_what_was_not_measured_is_not_told(result_of: Callable[..., CaseResult]) -> None:
    result = result_of(Verdict.HELD)
    alone = replace(result, case=replace(result.case, cell=Cell()), compressed=None, reason="")
    assert "kv_baseline_tokens" in dict(junit_properties(alone))
    assert not {"kv_evidence", "kv_compressed_tokens", "kv_keep_rate"} & set(dict(junit_properties(alone)))
    broken = replace(result, baseline=None, compressed=None)
    assert "kv_baseline_tokens" not in dict(junit_properties(broken))


def test_evidence_steers_no_terminal(result_of: Callable[..., CaseResult]) -> None:
    evidence = dict(junit_properties(replace(result_of(), reason="\x1b[2J\n::error::x")))["kv_evidence"]
    assert evidence == r"\x1b[2J" + "\n" + r"\x3a:error::x"
