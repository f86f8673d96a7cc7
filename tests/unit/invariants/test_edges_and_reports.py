"""Invariants at the edges of length, window and ratio, of rows and runs side by side, and of reported figures."""

from __future__ import annotations

from fractions import Fraction

import pytest

from pytest_kvguard.engine.planner import forget_policies
from pytest_kvguard.faults.catalogue import find_faults
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting
from pytest_kvguard.invariants.subject import RandomModels, Subject, load_policy
from pytest_kvguard.invariants.table import load
from pytest_kvguard.invariants.violation import NotApplicable, Violation

LLAMA, SLIDING = "llama-two-kv-heads-of-three", "gemma3-sliding"
QUARTER = Fraction(1, 4)


def violation_with(fault: str, oracle: str, policy: str, layout: str = LLAMA) -> Violation | None:
    """Return what an oracle finds while a fault is planted; without a policy, of sdpa."""
    forget_policies()
    with Planting() as planting:
        if fault:
            find_faults([fault])[-1].plant(planting, Setting())
        subject = Subject(RandomModels(layout), load_policy(policy) if policy else None, QUARTER)
        violation = load(oracle)(subject)
    forget_policies()
    return violation


@pytest.mark.parametrize(
    ("oracle", "policy", "layout"),
    [
        ("kernel-lengths", "", LLAMA),
        ("kernel-windows", "", SLIDING),
        ("kernel-uneven", "", LLAMA),
        ("lengths", "snapkv", LLAMA),
        ("rows-together", "kivi", LLAMA),
        ("shared-runs", "kivi(adakv, group=4, residual=4)", LLAMA),
        ("shared-runs", "sliding(window=24)", LLAMA),
        ("reports", "gear", SLIDING),
        ("reports", "sliding(window=24)", LLAMA),
        ("stored-edges", "kivi", LLAMA),
        ("stored-edges", "gear", LLAMA),
        ("future-queries", "expected_attention", SLIDING),
        ("long-observations", "h2o", LLAMA),
        ("kept-alone", "kivi", LLAMA),
    ],
)
def test_correct_subjects_keep_these_promises(oracle: str, policy: str, layout: str) -> None:
    assert violation_with("", oracle, policy, layout) is None


@pytest.mark.parametrize(
    ("fault", "oracle", "policy", "layout"),
    [
        ("split-lost", "kernel-lengths", "", LLAMA),
        ("positions-assigned", "kernel-lengths", "", LLAMA),
        ("slots-overflow", "kernel-lengths", "", LLAMA),
        ("unaligned-prefill", "kernel-lengths", "", LLAMA),
        ("window-start-part-full", "kernel-windows", "", SLIDING),
        ("masked-slots-overflow", "kernel-uneven", "", LLAMA),
        ("page-128-corrupt", "lengths", "snapkv", LLAMA),
        ("scores-end-at-512", "lengths", "snapkv", LLAMA),
        ("store-row-not-moved", "rows-together", "kivi", LLAMA),
        ("reorder-skips-packed", "rows-together", "kivi", LLAMA),
        ("residual-not-counted", "rows-together", "kivi", LLAMA),
        ("branch-of-sibling", "rows-together", "snapkv", LLAMA),
        ("split-batch-collapsed", "rows-together", "snapkv", LLAMA),
        ("ratios-share-a-cache", "shared-runs", "snapkv", LLAMA),
        ("held-state-shared", "shared-runs", "snapkv", LLAMA),
        ("packed-again-on-restore", "shared-runs", "kivi", LLAMA),
        ("ratio-multiplied", "reports", "snapkv", LLAMA),
        ("keep-rate-denominator", "reports", "snapkv", LLAMA),
        ("bytes-without-scales", "reports", "kivi", LLAMA),
        ("error-diluted", "reports", "kivi(snapkv)", LLAMA),
        ("constant-group-overflow", "stored-edges", "kivi", LLAMA),
        ("zero-point-overflow", "stored-edges", "kivi", LLAMA),
        ("residual-never-ages", "stored-edges", "kivi", LLAMA),
        ("scales-lost-decoding", "stored-edges", "kivi", LLAMA),
        ("future-horizon", "future-queries", "expected_attention", LLAMA),
        ("first-call-observed", "long-observations", "h2o", LLAMA),
        ("sums-of-newest-queries", "long-observations", "h2o", LLAMA),
        ("scale-dropped", "kept-alone", "kivi", LLAMA),
    ],
)
def test_a_fault_breaks_the_promise_that_names_it(fault: str, oracle: str, policy: str, layout: str) -> None:
    assert violation_with(fault, oracle, policy, layout) is not None


@pytest.mark.parametrize(
    ("fault", "policy", "what"),
    [
        ("layer-budget-exceeded", "snapkv", "achieved ratio"),
        ("ratio-multiplied", "snapkv", "reported ratio"),
        ("keep-rate-denominator", "snapkv", "reported keep rates"),
        ("bytes-without-scales", "kivi", "reported bytes after"),
        ("error-diluted", "kivi(snapkv)", "reported error"),
    ],
)
def test_the_wrong_figure_of_a_report_is_named(fault: str, policy: str, what: str) -> None:
    violation = violation_with(fault, "reports", policy)
    assert violation is not None
    assert violation.what == what


def test_a_model_without_windows_is_not_asked_about_them() -> None:
    with pytest.raises(NotApplicable, match="sliding window"):
        violation_with("", "kernel-windows", "")


def test_a_policy_that_reads_no_queries_is_not_asked_about_them() -> None:
    with pytest.raises(NotApplicable, match="reads no observation"):
        violation_with("", "long-observations", "knorm")
    with pytest.raises(NotApplicable, match="models no future queries"):
        violation_with("", "future-queries", "h2o")
