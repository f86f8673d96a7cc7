"""Permission to update goldens, in CI and elsewhere, and goldens that a run does not use."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import Guard
from tests.plugin.shop import OBEYS, OPENING
from tests.plugin.test_goldens import ARGS, manifest

CHANGED = {**OBEYS, OPENING: "we open at 9:30 or so"}


@pytest.mark.parametrize("variable", ["CI", "BUILD_NUMBER"])
def test_ci_refuses_to_update(guard: Guard, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "true")
    result = guard.run(*ARGS, "--kv-golden=update")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: --kv-golden=update is refused: {variable} is set, *add --kv-golden-force, *"])
    assert not (guard.pytester.path / "golden").exists()


@pytest.mark.parametrize("value", ["", "0", "false"])
def test_a_false_ci_variable_does_not_count_as_ci(guard: Guard, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("CI", value)
    assert guard.run(*ARGS, "--kv-golden=update").ret == 0


def test_a_forced_update_in_ci_writes_and_fails(
    guard: Guard, monkeypatch: pytest.MonkeyPatch, spread: tuple[str, ...]
) -> None:
    monkeypatch.setenv("CI", "true")
    result = guard.run(*ARGS, "--kv-golden=update", "--kv-golden-force", *spread)
    assert result.parseoutcomes()["passed"] == 3
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["kvguard: --kv-golden-force was given, so this run fails: *"])
    assert len(manifest(guard)["cells"]) == 3
    assert guard.run(*ARGS, "--kv-golden=check").ret == 0


def test_an_ini_file_may_check_but_never_update(guard: Guard) -> None:
    guard.pytester.makeini("[pytest]\nkv_golden = update")
    result = guard.run(*ARGS)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["ERROR: kv_golden = update in an ini file would overwrite the goldens in every run. *"]
    )
    guard.run(*ARGS, "--kv-golden=update").assert_outcomes(passed=3, deselected=6)
    guard.pytester.makeini("[pytest]\nkv_golden = check")
    guard.run(*ARGS).assert_outcomes(passed=3, deselected=6)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--kv-golden=chek", "Unknown --kv-golden=chek. Did you mean 'check'? Allowed: check, update, off."),
        ("--kv-golden-level=logit", "Unknown --kv-golden-level=logit. Did you mean 'logits'? Allowed: kept, size, *"),
        ("--kv-golden-prune", "--kv-golden-prune deletes goldens, so it needs --kv-golden=update. Add it."),
    ],
)
def test_a_wrong_option_is_explained(guard: Guard, option: str, message: str) -> None:
    result = guard.run(option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {message}"])


def test_asking_for_goldens_that_no_test_has_is_a_usage_error(guard: Guard) -> None:
    guard.pytester.makepyfile("def test_nothing(): pass")
    (guard.pytester.path / "shop.kv.yaml").unlink()
    result = guard.run("--kv-golden=check")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --kv-golden=check was given, but * holds no contract and no test *"])


def test_goldens_that_a_whole_run_does_not_use_are_listed(guard: Guard) -> None:
    guard.run(*ARGS, "--kv-golden=update")
    result = guard.run("--kv-policy=snapkv", "--kv-golden=check")
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        [
            "1 unused: recorded, but not looked at here",
            "  shop.kv.yaml under knorm 0.5",
            "  --kv-golden=update --kv-golden-prune deletes them, if this run is all there is",
        ]
    )


NARROW = {
    "by keyword": ("-k", "snapkv"),
    "by id": ("shop.kv.yaml::golden[snapkv-0.5]",),
    "by failures": ("--maxfail=1",),
}


@pytest.mark.parametrize("how", NARROW)
def test_a_narrowed_run_lists_no_golden_as_unused(guard: Guard, how: str) -> None:
    guard.run(*ARGS, "--kv-golden=update")
    screen = guard.screen("--kv-policy=snapkv", "--kv-golden=check", *NARROW[how])
    assert "1 as recorded" in screen or "2 as recorded" in screen
    assert "unused: recorded" not in screen


def test_goldens_of_files_that_this_run_leaves_out_are_not_unused(guard: Guard) -> None:
    guard.contract(name="other.kv.yaml")
    guard.run(*ARGS, "--kv-golden=update")
    assert "unused: recorded" not in guard.screen("shop.kv.yaml", *ARGS, "--kv-golden=check")
    (guard.pytester.path / "other.kv.yaml").unlink()
    assert "3 unused: recorded" in guard.screen("shop.kv.yaml", *ARGS, "--kv-golden=check")


def test_a_contract_that_cannot_be_read_keeps_its_goldens(guard: Guard) -> None:
    guard.contract(name="other.kv.yaml")
    guard.run(*ARGS, "--kv-golden=update")
    guard.contract("kvguard: 1", name="other.kv.yaml")
    guard.run("--kv-policy=snapkv,knorm", "--kv-golden=update", "--kv-golden-prune")
    assert len(manifest(guard)["cells"]) == 6


def test_unused_goldens_are_deleted_on_demand(guard: Guard) -> None:
    guard.run(*ARGS, "--kv-golden=update")
    guard.run("--kv-policy=snapkv", "--kv-golden=update", "--kv-golden-prune").stdout.fnmatch_lines(
        ["1 deleted, since this run does not use them", "  shop.kv.yaml under knorm 0.5"]
    )
    assert [cell["policy"] for cell in manifest(guard)["cells"]] == ["none", "snapkv"]
