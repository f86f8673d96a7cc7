"""Two runs compared: what is newly lost, whether it is worse, and what else changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_kvguard.reports.comparison.compare import FAIL_ON, Comparison, compare_runs
from pytest_kvguard.reports.comparison.outcomes import UNCOMPRESSED
from pytest_kvguard.stats.run_changes import Direction
from tests.compared_runs import Record, item, items, run_of

Runs = tuple[list[Record], list[Record]]


def compared(folder: Path, before: list[Record], after: list[Record], **changes: Any) -> Comparison:
    return compare_runs(run_of(folder, "before", *before), run_of(folder, "after", *after, **changes))


def groups(comparison: Comparison) -> dict[str, int]:
    return {group: len(pairs) for group, pairs in comparison.groups.items() if pairs}


@pytest.mark.parametrize(
    ("before", "after", "group"),
    [
        ("HELD", "LOST", "newly lost"),
        ("HELD", "LEAKED", "newly lost"),
        ("UNSTABLE", "LOST", "newly lost"),
        ("UNMET", "LOST", "newly lost"),
        ("ERROR", "LOST", "newly lost"),
        ("LOST", "LEAKED", "newly lost"),
        ("LEAKED", "LOST", "still lost"),
        ("LOST", "LOST", "still lost"),
        ("LOST", "HELD", "newly held"),
        ("HELD", "ERROR", "could not run now"),
        ("LOST", "ERROR", "could not run now"),
        ("HELD", "UNSTABLE", "moved otherwise"),
        ("HELD", "UNMET", "moved otherwise"),
        ("LOST", "UNMET", "moved otherwise"),
        ("HELD", "HELD", "unchanged"),
        ("ERROR", "ERROR", "unchanged"),
    ],
)
def test_every_pair_of_verdicts_has_its_group(tmp_path: Path, before: str, after: str, group: str) -> None:
    assert groups(compared(tmp_path, [item(before)], [item(after)])) == {group: 1}


def test_equal_runs_show_no_difference_and_nothing_moved(tmp_path: Path) -> None:
    cases = items(["HELD"] * 8 + ["LOST", "UNMET"])
    comparison = compared(tmp_path, cases, cases)
    assert groups(comparison) == {"still lost": 1, "unchanged": 9}
    assert (comparison.direction, comparison.new_losses, comparison.facts) == (Direction.NOT_SHOWN, 0, ())
    assert comparison.moved == []
    assert not any(fails(comparison) for fails in FAIL_ON.values())


def test_noise_in_both_directions_loses_items_and_is_not_worse(tmp_path: Path) -> None:
    before = items(["HELD", "LOST"] * 10)
    after = items(["LOST", "HELD"] * 3 + ["HELD", "LOST"] * 7)
    comparison = compared(tmp_path, before, after)
    assert groups(comparison) == {"newly lost": 3, "newly held": 3, "still lost": 7, "unchanged": 7}
    assert comparison.direction is Direction.NOT_SHOWN
    assert (FAIL_ON["new-loss"](comparison), FAIL_ON["worse"](comparison)) == (True, False)


def test_a_policy_that_loses_more_prompts_is_worse_and_the_other_way_round_better(tmp_path: Path) -> None:
    held, lost = items(["HELD"] * 20), items(["LOST"] * 9 + ["HELD"] * 11, policy="snapkv(window=8)")
    comparison = compared(tmp_path, held, lost)
    assert comparison.direction is Direction.WORSE and FAIL_ON["worse"](comparison)
    assert comparison.changes["snapkv 0.5 → snapkv(window=8) 0.5"].size == -0.45
    assert compared(tmp_path, lost, held).direction is Direction.BETTER


def test_a_new_library_that_breaks_the_uncompressed_model_as_well_is_worse(tmp_path: Path) -> None:
    """Nothing is lost under compression, for nothing holds without."""
    environment = {"python": "3.11", "platform": "Linux", "pytest": "9", "torch": None, "transformers": "5.24.0"}
    comparison = compared(tmp_path, items(["HELD"] * 9), items(["UNMET"] * 9), environment=environment)
    assert comparison.changes[UNCOMPRESSED].direction is comparison.direction is Direction.WORSE
    (change,) = comparison.facts
    assert (change.fact.kind, change.fact.name) == ("libraries", "transformers")
    assert (change.before, change.after) == ("not installed", "5.24.0")


def test_uncompressed_runs_are_compared_by_what_the_model_obeys(tmp_path: Path) -> None:
    before, after = (items([verdict] * 9, policy="none", ratio="0") for verdict in ("HELD", "UNMET"))
    comparison = compared(tmp_path, before, after)
    assert list(comparison.changes) == [UNCOMPRESSED]
    assert comparison.direction is Direction.WORSE


def test_one_cell_that_gains_does_not_hide_another_that_loses(tmp_path: Path) -> None:
    before = items(["HELD"] * 12) + items(["LOST"] * 12, policy="knorm")
    after = items(["LOST"] * 12) + items(["HELD"] * 12, policy="knorm")
    assert compared(tmp_path, before, after).direction is Direction.WORSE


def test_what_is_lost_without_having_run_before_is_newly_lost(tmp_path: Path) -> None:
    comparison = compared(tmp_path, [item()], [item(), item("LOST", instruction="tone")])
    assert (groups(comparison), comparison.new_losses) == ({"new": 1, "unchanged": 1}, 1)
    assert FAIL_ON["new-loss"](comparison)


@pytest.mark.parametrize("fail_on", ["new-loss", "worse"])
def test_a_later_run_that_was_stopped_or_could_not_run_is_not_green(tmp_path: Path, fail_on: str) -> None:
    stopped = compared(tmp_path, items(["HELD"] * 3), items(["HELD"] * 2), complete=False)
    assert stopped.warnings and FAIL_ON[fail_on](stopped)
    assert not FAIL_ON["nothing"](stopped)


@pytest.mark.parametrize("fail_on", ["new-loss", "worse"])
def test_an_item_that_cannot_run_any_more_fails_as_a_loss_does(tmp_path: Path, fail_on: str) -> None:
    assert FAIL_ON[fail_on](compared(tmp_path, [item()], [item("ERROR")]))


@pytest.mark.parametrize("fail_on", ["new-loss", "worse"])
def test_a_contract_that_cannot_be_read_any_more_fails(tmp_path: Path, fail_on: str) -> None:
    broken = [{"file": "b.kv.yaml", "line": 1, "message": "not valid YAML"}]
    assert FAIL_ON[fail_on](compared(tmp_path, [item()], [item()], broken=broken))


def test_checks_of_one_prompt_are_one_unit_however_many_they_are(tmp_path: Path) -> None:
    before = [item(probe=f"p{n}") for n in range(40)]
    after = [item("LOST", probe=f"p{n}") for n in range(40)]
    change = compared(tmp_path, before, after).changes["snapkv 0.5"]
    assert (change.prompts, change.pairs.lost) == (1, 40)
    assert change.direction is Direction.NOT_SHOWN


def test_sampled_replies_of_a_single_prompt_are_units_of_their_own(tmp_path: Path) -> None:
    def sampled(verdict: str) -> Record:
        return item(by_seed=[{"seed": seed, "verdicts": [verdict]} for seed in range(9)], seed=0)

    change = compared(tmp_path, [sampled("HELD")], [sampled("LOST")]).changes["snapkv 0.5"]
    assert (change.prompts, change.direction) == (9, Direction.WORSE)


def test_seeds_of_one_run_alone_are_not_counted(tmp_path: Path) -> None:
    before, after = (
        item(by_seed=[{"seed": seed, "verdicts": ["HELD"]} for seed in seeds], seed=0) for seeds in ((0, 1), (1, 2))
    )
    assert compared(tmp_path, [before], [after]).changes["snapkv 0.5"].pairs.checks == 1


def test_an_undecided_check_tells_the_test_nothing(tmp_path: Path) -> None:
    unsure = item("UNSTABLE")
    unsure["checks"][0]["compressed"]["undecided"] = True
    assert compared(tmp_path, [item()], [unsure]).changes["snapkv 0.5"].pairs.checks == 0


def test_figures_that_moved_are_told_with_both_values(tmp_path: Path) -> None:
    kept = {"mean": 0.5, "tokens": 8, "by_layer": [0.5, 0.5]}
    reply = [{"text": "we open at 9:30", "tokens": 9, "stopped": "stop"}]
    comparison = compared(tmp_path, [item()], [item(keep_rate=kept, compressed=reply)])
    moved = {figure.name: (figure.before, figure.after) for figure in comparison.moved}
    assert moved == {"tokens of the instruction kept": (0.25, 0.5), "length of replies": (4, 9)}


def test_a_gate_that_fails_now_is_told(tmp_path: Path) -> None:
    gate = {"file": "shop.kv.yaml", "contract": "shop", "policy": "snapkv", "ratio": "0.5", "kernel": "sdpa"}
    one, other = (
        run_of(tmp_path, outcome, item(), gates=[{**gate, "outcome": outcome}]) for outcome in ("passed", "failed")
    )
    assert compare_runs(one, other).gates == ("gate of shop · snapkv 0.5: fails now",)


def test_code_and_servers_that_changed_are_named(tmp_path: Path) -> None:
    def run(name: str, code: str, build: str) -> Any:
        case = item(notes=[f"server at 127.0.0.1:{len(name)}: llama.cpp {build}"])
        cell = {"policy": "snapkv", "ratio": "0.5", "kernel": "sdpa", "label": "snapkv 0.5", "code": code}
        return run_of(tmp_path, name, case, run={"model": "tiny", "cells": [cell], "dtype": "float32"})

    facts = compare_runs(run("a", "12ab", "b1"), run("bb", "34cd", "b2")).facts
    assert [(change.fact.kind, change.before, change.after) for change in facts] == [
        ("policy code", "12ab", "34cd"),
        ("server", "llama.cpp b1", "llama.cpp b2"),
    ]
