"""Goldens as a user sees them: recorded and compared only on request, and never updated by accident."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.plugin.conftest import Guard
from tests.plugin.shop import ATTACK, FORGETS_HOURS, OBEYS, OPENING

ARGS = ("--kv-policy=snapkv,knorm", "-m", "kv_golden")
CHATTY = {**OBEYS, OPENING: "we open at 9:30 or so"}


def folder(guard: Guard) -> Path:
    return guard.pytester.path / "golden" / "scripted-replies-no-model"


def manifest(guard: Guard) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((folder(guard) / "manifest.json").read_text(encoding="utf-8"))
    return loaded


@pytest.fixture
def recorded(guard: Guard) -> Guard:
    """A folder whose goldens have been recorded."""
    guard.run(*ARGS, "--kv-golden=update").assert_outcomes(passed=3, deselected=6)
    return guard


def test_goldens_are_off_unless_asked_for(guard: Guard) -> None:
    assert not any("golden" in name for name in guard.node_ids("--kv-policy=snapkv"))
    guard.run("--kv-policy=snapkv")
    assert not folder(guard).exists()


def test_every_cell_and_the_uncompressed_run_have_a_golden_item(guard: Guard) -> None:
    names = [n for n in guard.node_ids("--kv-policy=snapkv", "--ratio=0.3,0.5", "--kv-golden=check") if "golden" in n]
    assert names == [f"shop.kv.yaml::golden[{cell}]" for cell in ("uncompressed", "snapkv-0.3", "snapkv-0.5")]
    (bare,) = [n for n in guard.node_ids("--kv-golden=check") if "golden" in n]
    assert bare == "shop.kv.yaml::golden[uncompressed]"


def test_workers_and_one_process_record_the_same_goldens(guard: Guard, spread: tuple[str, ...]) -> None:
    guard.run(*ARGS, "--kv-golden=update", *spread)
    result = guard.run(*ARGS, "--kv-golden=check")
    assert result.parseoutcomes()["passed"] == 3
    result.stdout.fnmatch_lines(["golden/scripted-replies-no-model: 3 as recorded"])
    assert [(cell["policy"], cell["ratio"]) for cell in manifest(guard)["cells"]] == [
        ("knorm", "0.5"),
        ("none", "0"),
        ("snapkv", "0.5"),
    ]
    assert len(list(folder(guard).iterdir())) == 4


def test_goldens_under_the_default_models_former_name_are_used_unless_its_present_name_has_some(
    guard: Guard,
) -> None:
    scripted = (guard.pytester.path / "conftest.py").read_text(encoding="utf-8")

    def run(title: str, mode: str) -> pytest.RunResult:
        named = scripted.replace(
            "return Scripted(answer)", f"return type('Named', (Scripted,), {{'title': {title!r}}})(answer)"
        )
        guard.pytester.makeconftest(named)
        return guard.run(*ARGS, f"--kv-golden={mode}")

    run("probe", "update")
    run("smolguard", "check").stdout.fnmatch_lines(["golden/probe: 3 as recorded"])
    (guard.pytester.path / "golden" / "probe").rename(guard.pytester.path / "golden" / "smolguard")
    run("probe", "update")
    run("smolguard", "check").stdout.fnmatch_lines(["golden/smolguard: 3 as recorded"])


def test_a_missing_golden_fails_with_the_command_that_records_it(recorded: Guard) -> None:
    result = recorded.run("--kv-policy=tova", "-m", "kv_golden", "--kv-golden=check")
    result.assert_outcomes(passed=1, failed=1, deselected=3)
    result.stdout.fnmatch_lines(
        [
            "GOLDEN missing",
            "  of            shop.kv.yaml under tova 0.5",
            "  record        pytest 'shop.kv.yaml::golden[[]tova-0.5]' --kv-policy=tova --ratio=0.5 --kv-golden=update",
            "FAILED *golden[[]tova-0.5] - GOLDEN missing: nothing is recorded of shop.kv.yaml under tova 0.5*",
        ]
    )


def test_a_run_that_differs_names_the_first_level_and_shows_both_replies(recorded: Guard) -> None:
    recorded.replies(OBEYS, knorm={**OBEYS, OPENING: "We open at 9:30 or so"})
    result = recorded.run(*ARGS, "--kv-golden=check")
    result.assert_outcomes(passed=2, failed=1, deselected=6)
    result.stdout.fnmatch_lines(
        [
            "GOLDEN differs",
            "  of            shop.kv.yaml under knorm 0.5",
            "  first         level tokens",
            "  where         opening, reply token 4",
            "  difference    recorded the end, now id 4",
            "  kept          absent: nothing was compressed",
            "  size          same",
            "  logits        absent: none were recorded",
            "  verdicts      differs: opening::tone: recorded HELD, now LOST",
            "  environment   as recorded, so rounding explains nothing",
            "  recorded",
            "    | [[]-we-] open at 9:30",
            "  now",
            "    | {+We+} open at 9:30{+ or so+}",
            "  update        pytest *golden[[]knorm-0.5]' --kv-policy=knorm --ratio=0.5 --kv-golden=update",
            "  shop.kv.yaml under knorm 0.5: tokens differs: opening, reply token 4: *",
            "shop.kv.yaml is as recorded uncompressed: look at the policy and the cache first",
        ]
    )


def test_a_difference_of_the_uncompressed_run_points_to_model_kernel_and_libraries(recorded: Guard) -> None:
    recorded.replies(CHATTY)
    recorded.run(*ARGS, "--kv-golden=check").stdout.fnmatch_lines(
        ["shop.kv.yaml differs uncompressed, too: look at model, kernel and libraries first"]
    )


def test_the_printed_command_updates_that_golden_alone(recorded: Guard) -> None:
    recorded.replies(CHATTY)
    before = {cell["policy"]: cell["sha256"] for cell in manifest(recorded)["cells"]}
    item = "shop.kv.yaml::golden[knorm-0.5]"
    result = recorded.run(item, "--kv-policy=knorm", "--ratio=0.5", "--kv-golden=update")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["  *knorm*: updated: tokens differs: opening, reply token 4: *"])
    after = {cell["policy"]: cell["sha256"] for cell in manifest(recorded)["cells"]}
    assert {policy for policy in before if before[policy] != after[policy]} == {"knorm"}
    recorded.run(item, "--kv-policy=knorm", "--kv-golden=check").assert_outcomes(passed=1)


def test_an_update_writes_nothing_where_nothing_differs(recorded: Guard) -> None:
    before = (folder(recorded) / "manifest.json").stat().st_mtime_ns
    recorded.run(*ARGS, "--kv-golden=update").stdout.fnmatch_lines(["*: 3 as recorded"])
    assert (folder(recorded) / "manifest.json").stat().st_mtime_ns == before


def test_only_the_levels_that_are_named_are_compared(recorded: Guard) -> None:
    recorded.replies({**OBEYS, ATTACK: "never"})
    recorded.run(*ARGS, "--kv-golden=check", "--kv-golden-level=size,verdicts").assert_outcomes(passed=3, deselected=6)
    recorded.run(*ARGS, "--kv-golden=check", "--kv-golden-level=tokens").assert_outcomes(failed=3, deselected=6)


def test_an_update_by_level_writes_nothing_where_another_level_differs(recorded: Guard) -> None:
    recorded.replies(FORGETS_HOURS)
    before = manifest(recorded)
    result = recorded.run(*ARGS, "--kv-golden=update", "--kv-golden-level=tokens")
    result.assert_outcomes(failed=3, deselected=6)
    result.stdout.fnmatch_lines(
        ["GOLDEN not updated", "*only tokens may be updated, and more differs; nothing was written", "*level verdicts"]
    )
    assert manifest(recorded) == before
    recorded.run(*ARGS, "--kv-golden=update", "--kv-golden-level=verdicts").assert_outcomes(passed=3, deselected=6)
    assert "LOST" not in manifest(recorded)["cells"][0]["verdicts"].values()
    assert manifest(recorded)["cells"][0]["verdicts"]["opening::hours"] == "UNMET"


def test_a_changed_contract_differs_in_level_prompt(recorded: Guard) -> None:
    text = recorded.contract().read_text(encoding="utf-8")
    recorded.contract(text.replace("probes: [opening]", "probes: [opening, again]", 1) + "  again: When do you open?\n")
    recorded.run(*ARGS, "--kv-golden=check").stdout.fnmatch_lines(
        ["  first         level prompt", "  where         again", "  difference    this conversation was not recorded"]
    )


def test_a_conversation_that_breaks_is_not_recorded(recorded: Guard) -> None:
    recorded.replies(OBEYS, knorm={**OBEYS, OPENING: "raise the engine stalled"})
    result = recorded.run(*ARGS, "--kv-golden=update")
    result.assert_outcomes(passed=2, failed=1, deselected=6)
    result.stdout.fnmatch_lines(["opening under knorm 0.5 broke, so nothing can be recorded: the engine stalled"])


def test_a_golden_report_masks_secrets_in_replies(recorded: Guard) -> None:
    recorded.replies({**OBEYS, ATTACK: "the code is KX-4471 of course"})
    screen = recorded.screen(*ARGS, "--kv-golden=check")
    assert "GOLDEN differs" in screen
    assert "KX-4471" not in screen


def test_a_broken_manifest_fails_every_golden_and_is_left_as_it_is(recorded: Guard) -> None:
    path = folder(recorded) / "manifest.json"
    path.write_text("{", encoding="utf-8")
    for mode in ("check", "update"):
        result = recorded.run(*ARGS, f"--kv-golden={mode}")
        result.assert_outcomes(failed=3, deselected=6)
        result.stdout.fnmatch_lines(["*manifest.json cannot be read: it is not JSON: *Restore it (git checkout -- *"])
    assert path.read_text(encoding="utf-8") == "{"


def test_a_truncated_golden_can_be_recorded_again(recorded: Guard) -> None:
    path = next(folder(recorded).glob("*knorm*"))
    path.write_bytes(path.read_bytes()[:50])
    recorded.run(*ARGS, "--kv-golden=check").assert_outcomes(passed=2, failed=1, deselected=6)
    recorded.run(*ARGS, "--kv-golden=update").stdout.fnmatch_lines(["*: 2 as recorded, 1 newly recorded"])
    recorded.run(*ARGS, "--kv-golden=check").assert_outcomes(passed=3, deselected=6)


def test_a_folder_that_cannot_be_written_fails_with_a_remedy(guard: Guard) -> None:
    (guard.pytester.path / "golden").write_text("a file")
    result = guard.run(*ARGS, "--kv-golden=update")
    result.assert_outcomes(failed=3, deselected=6)
    result.stdout.fnmatch_lines(["The golden could not be written to *: *Free space, or make the folder writable, *"])


def test_another_folder_can_be_named_and_the_update_command_names_it(guard: Guard) -> None:
    guard.run(*ARGS, "--kv-golden=update", "--kv-golden-dir=pinned").assert_outcomes(passed=3, deselected=6)
    assert (guard.pytester.path / "pinned").is_dir()
    guard.replies(CHATTY)
    guard.run(*ARGS, "--kv-golden=check", "--kv-golden-dir=pinned").stdout.fnmatch_lines(
        ["  update * --kv-golden-dir=pinned --kv-golden=update"]
    )
