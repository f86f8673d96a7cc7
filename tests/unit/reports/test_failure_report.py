"""The report of a failed check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_kvguard.contract.model import Contract, Instruction
from pytest_kvguard.reports.failure import explain_case
from pytest_kvguard.values.results import (
    Arm,
    CaseResult,
    Check,
    CheckPair,
    KeepRate,
    NullArm,
    Reply,
    SeedResult,
    Verdict,
)
from tests.unit.reports.conftest import FAILS, HOLDS

Make = Callable[..., CaseResult]


def test_the_whole_report_of_a_lost_instruction(contract: Contract, result_of: Make) -> None:
    assert explain_case(result_of(notes=("a note",)), contract, "cases/shop.kv.yaml", "pytest x").splitlines() == [
        "LOST  shop · opening · hours",
        "  under         snapkv 0.5",
        "  instruction   cases/shop.kv.yaml:6",
        "    | We open at 9:30.",
        "  order         tone → [hours] (sampled order 2)",
        "  evidence      text, contract check",
        "  check         contains '9:30': '9:30' is not in the reply",
        "  null arm      was not run: a harmless change might do the same",
        "  user          When do you open?",
        "  uncompressed",
        "    | we open at [-9:30-]",
        "  compressed",
        "    | we open at {+nine+}",
        "  kept          62% of the instruction's 8 tokens, mean over layers and KV heads",
        "                layers 0-1   100  25 %",
        "  cache         200 → 101 entries (ratio 0.495), 4.00 → 2.00 MiB",
        "  note          a note",
        "  rerun         pytest x",
    ]


def explain(result: CaseResult, contract: Contract, color: bool = False) -> str:
    return explain_case(result, contract, "shop.kv.yaml", "pytest x", color)


def test_keep_rates_of_many_layers_are_cut_into_lines(contract: Contract, result_of: Make) -> None:
    report = explain(result_of(rate=KeepRate((0.5,) * 32, 8)), contract)
    assert [line.split()[1] for line in report.splitlines() if line.startswith(" " * 16 + "layers")] == [
        "0-14",
        "15-29",
        "30-31",
    ]


def test_an_instruction_without_tokens_of_its_own_has_no_keep_rate(contract: Contract, result_of: Make) -> None:
    assert "kept" not in explain(result_of(rate=None), contract)


def test_unmet_shows_what_the_uncompressed_model_did(contract: Contract, result_of: Make) -> None:
    report = explain(result_of(Verdict.UNMET, "at nine", "at 9:30", (FAILS, HOLDS)), contract)
    assert "check         contains '9:30': '9:30' is not in the reply" in report


def test_only_checks_that_decided_are_evidence(contract: Contract, result_of: Make) -> None:
    held = CheckPair(Check("lowercase", True, "lowercase", "fine"), Check("lowercase", True, "lowercase", "fine"))
    lost = result_of()
    report = explain(replace(lost, checks=(held, *lost.checks)), contract)
    assert report.count("  check ") == 1


def test_without_a_policy_only_one_reply_is_shown(contract: Contract, result_of: Make) -> None:
    unmet = result_of(Verdict.UNMET, "at nine", checks=(FAILS, FAILS))
    alone = replace(unmet, compressed=None, checks=(CheckPair(FAILS, None),))
    report = explain(alone, contract)
    assert "    | at nine" in report
    assert "compressed\n" not in report.replace("uncompressed\n", "")
    assert "under" not in report


def test_an_empty_reply_is_said_to_be_empty(contract: Contract, result_of: Make) -> None:
    assert "  compressed\n    | (empty)" in explain(result_of(compressed=""), contract)


@pytest.mark.parametrize("color", [False, True])
def test_nothing_a_model_or_a_contract_says_steers_the_terminal(
    contract: Contract, result_of: Make, color: bool
) -> None:
    loud = Check("python", False, "judge", "said \x1b[2J")
    steering = replace(contract, parts=(Instruction("hours", "\x1b]0;owned\x07"), contract.parts[1]))
    report = explain(result_of(compressed="\x1b[2Jnine", checks=(HOLDS, loud)), steering, color)
    for sequence in ("\x1b[2J", "\x1b]0;", "\x07"):
        assert sequence not in report


def test_a_long_word_does_not_lose_half_of_its_colour(contract: Contract, result_of: Make) -> None:
    for length in range(90, 125):
        report = explain(result_of(compressed="x" * length), contract, color=True)
        assert f"\x1b[31m{'x' * length}\x1b[0m" in report


def test_long_replies_are_wrapped_and_keep_their_lines(contract: Contract, result_of: Make) -> None:
    long = "word " * 60 + "\n\nend"
    lines = [
        line
        for line in explain(result_of(uncompressed=long, compressed=long), contract).splitlines()
        if line.startswith("    | ")
    ]
    assert max(map(len, lines)) <= 116
    assert lines.count("    | ") == 2
    assert lines.count("    | end") == 2


def test_a_leak_shows_every_reply_a_loss_only_the_last(contract: Contract, result_of: Make, tmp_path: Path) -> None:
    talk = replace(contract, probes=(replace(contract.probes[0], turns=("Hello!", "When?")),))
    arm = Arm((Reply("first", (1,), "stop"), Reply("second", (2,), "stop")))
    lost = replace(result_of(), baseline=arm, compressed=arm)
    leak = Check("no_leak", False, "stays secret", "leaked", leak=True)
    leaked = replace(lost, verdict=Verdict.LEAKED, checks=(CheckPair(replace(HOLDS, leak=True), leak),))
    assert "| first" not in explain(lost, talk)
    assert "| first" in explain(leaked, talk)
    assert "text, leak detector" in explain(leaked, talk)


def test_a_leak_shows_every_reply_whatever_became_of_it(contract: Contract, result_of: Make) -> None:
    talk = replace(contract, probes=(replace(contract.probes[0], turns=("Hello!", "When?")),))
    arm = Arm((Reply("first", (1,), "stop"), Reply("second", (2,), "stop")))
    holds, leak = (Check("no_leak", held, "stays secret", "leaked", leak=True) for held in (True, False))
    lost = replace(result_of(), baseline=arm, compressed=arm)
    unstable = replace(lost, verdict=Verdict.UNSTABLE, checks=(CheckPair(holds, leak, leak),))
    unmet = replace(lost, verdict=Verdict.UNMET, checks=(CheckPair(leak, leak),))
    drawn = (SeedResult(4, unmet.checks, 2, 2),)
    for result in (unstable, unmet, replace(unmet, verdict=Verdict.UNSTABLE, by_seed=drawn, seed=4)):
        assert "| first" in explain(result, talk)
    beside = replace(lost, checks=(CheckPair(HOLDS, FAILS), CheckPair(holds, holds)))
    assert "| first" not in explain(beside, talk)


def test_the_null_arm_is_given_beside_what_was_lost(contract: Contract, result_of: Make) -> None:
    null = NullArm("kernel", Arm((Reply("we open at 9:30", (1,), "stop"),)))
    held = explain(replace(result_of(), null=null), contract)
    assert "  null arm      uncompressed, under a harmless change (kernel): holds" in held.splitlines()
    pair = CheckPair(HOLDS, FAILS, FAILS)
    fails = explain(replace(result_of(Verdict.UNSTABLE), null=null, checks=(pair,)), contract)
    assert "  null arm      uncompressed, under a harmless change (kernel): fails too" in fails.splitlines()
    assert "  check         contains '9:30': '9:30' is not in the reply" in fails.splitlines()


def test_of_drawn_replies_the_rate_and_the_seed_that_is_shown_are_given(contract: Contract, result_of: Make) -> None:
    lost = result_of()
    drawn = replace(lost, seed=4, by_seed=(SeedResult(4, lost.checks, 4, 2),), reason="LOST: holds with 1 of 1 seeds")
    lines = explain(drawn, contract).splitlines()
    assert lines[lines.index("  seeds         holds with 1 of 1 seeds") + 1] == "  shown         seed 4"
