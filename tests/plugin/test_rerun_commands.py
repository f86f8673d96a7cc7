"""The command that reruns one item repeats the typed options and leaves the rest to the ini file."""

from __future__ import annotations

import json
import shlex

import pytest

from tests.plugin.conftest import Guard
from tests.plugin.shop import FORGETS_HOURS, OBEYS, SHOP

INI = """
[pytest]
kv_policy = knorm
kv_ratio = 0.25
kv_scope = prompt
kv_seed = 4
kv_strict = true
kv_max_lost = 1
kv_judge_timeout = 9
"""
NODE = "shop.kv.yaml::opening::hours[snapkv-0.5]"


def commands(guard: Guard, *args: str) -> dict[str, list[str]]:
    """Run pytest and return node id → the words of its rerun command, for every check in the report."""
    guard.run(*args, "--kv-report=json:x.json")
    document = json.loads((guard.pytester.path / "x.json").read_text())
    return {case["nodeid"]: shlex.split(case["rerun"]) for case in document["cases"]}


def test_what_was_typed_is_repeated_and_nothing_of_the_ini_file(guard: Guard) -> None:
    guard.pytester.makeini(INI)
    guard.replies(OBEYS, snapkv=FORGETS_HOURS)
    typed = ("--kv-null=off", "--kv-max-lost=0", "--kv-no-shrink", "-o", "kv_endpoint_retries=7")
    command = commands(guard, "--kv-policy=snapkv,tova", "--ratio=0.5", *typed)[NODE]
    assert command == [
        *("pytest", NODE, "--kv-policy=snapkv", "--ratio=0.5"),
        *("--kv-null=off", "--kv-max-lost=0", "-o", "kv_endpoint_retries=7", "--kv-no-shrink"),
    ]
    again = guard.run(*command[1:])
    again.assert_outcomes(failed=1)
    again.stdout.fnmatch_lines(["*, scope prompt*"])


def test_options_that_concern_only_the_whole_run_are_not_repeated(guard: Guard) -> None:
    guard.replies(OBEYS, snapkv=FORGETS_HOURS)
    typed = ("--kv-no-store", "--kv-show-secrets", "--kv-golden=off", "-o", "kv_faults_jobs=1")
    assert commands(guard, "--kv-policy=snapkv", *typed)[NODE] == [
        *("pytest", NODE, "--kv-policy=snapkv", "--ratio=0.5")
    ]


@pytest.mark.parametrize("kernel", ["eager", "sdpa"])
def test_a_cell_on_another_kernel_runs_again_on_that_kernel(guard: Guard, kernel: str) -> None:
    guard.replies(OBEYS, snapkv=FORGETS_HOURS)
    nodeid = NODE if kernel == "sdpa" else NODE.replace("0.5", "0.5-eager")
    command = commands(guard, "--kv-policy=snapkv", "--kv-attn=eager,sdpa")[nodeid]
    assert command == ["pytest", nodeid, "--kv-policy=snapkv", "--ratio=0.5", f"--kv-attn={kernel}"]
    guard.run(*command[1:]).assert_outcomes(failed=1)


def test_a_gates_rerun_command_names_all_cells_it_was_judged_over(guard: Guard) -> None:
    guard.contract(SHOP + "orderings: {sample: 2}\ngate: {max_drop: 0.1, max_lost: 0}\n")
    guard.replies(OBEYS, snapkv=FORGETS_HOURS)
    screen = guard.screen("--kv-policy=snapkv,knorm", "--ratio=0.25,0.5", "-k", "gate and snapkv-0.5")
    (line,) = (line for line in screen.splitlines() if line.startswith("  rerun: "))
    command = shlex.split(line.removeprefix("  rerun: "))
    assert command[1:] == ["shop.kv.yaml::gate[snapkv-0.5]", "--kv-policy=snapkv,knorm", "--ratio=0.25,0.5"]
    guard.run(*command[1:]).assert_outcomes(failed=1)
