"""``--kv-no-code``: contracts of strangers run, and nothing that they bring along does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.plugin.conftest import Guard
from tests.plugin.shop import SHOP

TRAP = "from pathlib import Path\nPath({touched!r}).touch()\n\ndef judge(reply):\n    return True\n"


def set_trap(guard: Guard) -> Path:
    """Write a module that leaves a file behind when it is imported, and a contract that names it."""
    touched = guard.pytester.path / "touched"
    guard.pytester.makepyfile(trap=TRAP.format(touched=str(touched)))
    guard.pytester.syspathinsert()
    guard.contract(SHOP.replace("{lowercase: true}", "{python: trap:judge}"))
    return touched


def test_a_contract_that_names_a_function_runs_none_of_it(guard: Guard) -> None:
    touched = set_trap(guard)
    result = guard.run("--kv-no-code")
    result.assert_outcomes(failed=1)
    assert "shop.kv.yaml:10: the check python: 'trap:judge' of instruction 'tone' runs code, " in result.stdout.str()
    assert not touched.exists()
    assert guard.run().ret == pytest.ExitCode.OK and touched.exists(), "the trap works"


def test_a_function_that_one_probe_alone_is_judged_by_does_not_run_either(guard: Guard) -> None:
    touched = set_trap(guard)
    own = SHOP.replace(
        "      check: {lowercase: true}\n      probes: [opening]\n", "      checks: {opening: {python: trap:judge}}\n"
    )
    guard.contract(own)
    result = guard.run("--kv-no-code")
    result.assert_outcomes(failed=1)
    assert "the check python: 'trap:judge' of instruction 'tone' runs code, " in result.stdout.str()
    assert not touched.exists()
    assert guard.run().ret == pytest.ExitCode.OK and touched.exists(), "the trap works"


def test_a_contract_without_code_runs_as_ever(guard: Guard) -> None:
    guard.run("--kv-no-code", "--kv-policy=snapkv").assert_outcomes(passed=3)


@pytest.mark.parametrize(
    ("ini", "named"),
    [
        ("kv_trust_remote_code = true", "--kv-trust-remote-code"),
        ("kv_server_python = ./python", "--kv-server-python"),
        ("kv_faults_only = trap.fault", "kv_faults_only"),
        ("kv_policy = snapkv, fair(trap:Policy)", "--kv-policy=fair(trap:Policy)"),
        ("kv_policy = kvpress:KnormPress()", "--kv-policy=kvpress:KnormPress()"),
        ("kv_cache = trap:Cache", "--kv-cache=trap:Cache"),
    ],
)
def test_an_ini_file_that_names_code_is_refused_before_anything_is_imported(guard: Guard, ini: str, named: str) -> None:
    touched = set_trap(guard)
    guard.pytester.makeini(f"[pytest]\nkv_no_code = true\n{ini}\n")
    result = guard.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {named}*which --kv-no-code forbids. *"])
    assert not touched.exists()


def test_pythons_own_functions_are_refused_with_or_without_it(guard: Guard) -> None:
    guard.contract(SHOP.replace("{lowercase: true}", '{python: "os:system"}'))
    screen = guard.screen()
    assert "shop.kv.yaml:12: check 'python': 'os:system' stands in Python's own 'os'" in screen
