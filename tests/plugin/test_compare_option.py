"""``--kv-compare``: a run shows how it differs from an earlier one, and reports of real runs are compared."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_kvguard.commands.table import run
from tests.plugin.conftest import Guard
from tests.plugin.shop import ATTACK, FORGETS_HOURS, LEAKS, OBEYS, OPENING, SHOUTS

USAGE_ERROR = int(pytest.ExitCode.USAGE_ERROR)
ORDERS = "\norderings: {sample: 7}\n"


@pytest.fixture
def before(guard: Guard) -> Path:
    guard.run("--kv-policy=snapkv", "--kv-report=json:before.json")
    return guard.pytester.path / "before.json"


def test_a_run_ends_with_what_it_lost_since_the_earlier_one(
    guard: Guard, before: Path, spread: tuple[str, ...]
) -> None:
    guard.replies(OBEYS, snapkv=FORGETS_HOURS)
    result = guard.run("--kv-policy=snapkv", f"--kv-compare={before}", *spread)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        ["*kvguard: compared with *before.json*", "newly lost (1)", "  HELD → LOST     shop · hours · opening", "*"]
    )
    result.stdout.fnmatch_lines(["no difference shown: 3 items in both runs, 1 newly lost"])
    result.stdout.fnmatch_lines(["*1 prompt can show no difference, however large: 6 are needed*"])


def test_the_comparison_does_not_change_the_outcome_of_the_run(guard: Guard) -> None:
    guard.replies(OBEYS, snapkv=FORGETS_HOURS)
    guard.run("--kv-policy=snapkv", "--kv-report=json:lost.json")
    guard.replies()
    result = guard.run("--kv-policy=snapkv", "--kv-compare=lost.json")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["newly held (1)"])


def test_a_report_that_cannot_be_read_ends_the_run_before_it_starts(guard: Guard) -> None:
    (guard.pytester.path / "broken.json").write_text("{")
    for name in ("broken.json", "absent.json"):
        result = guard.run("--kv-policy=snapkv", f"--kv-compare={name}")
        assert result.ret == USAGE_ERROR and "collected" not in result.stdout.str()
        result.stderr.fnmatch_lines([f"ERROR: *{name} cannot be read as JSON: *"])


def test_an_earlier_run_with_nothing_in_common_is_told_in_one_line(guard: Guard, before: Path) -> None:
    document = json.loads(before.read_text())
    for case in document["cases"]:
        case["contract"] = "other"
    before.write_text(json.dumps(document))
    result = guard.run("--kv-policy=snapkv", f"--kv-compare={before}")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*before.json and this run have no item in common, so nothing can be compared.*"])


def test_a_run_that_is_compared_with_its_own_report_moves_nothing(guard: Guard, before: Path) -> None:
    screen = guard.screen("--kv-policy=snapkv", f"--kv-compare={before}")
    assert "newly" not in screen.partition("compared with")[2].replace("0 newly lost", "")
    assert "no difference shown: 3 items in both runs, 0 newly lost" in screen


def report(guard: Guard, name: str, policy: str = "snapkv") -> str:
    assert guard.run(f"--kv-policy={policy}", f"--kv-report=json:{name}.json").ret in (0, 1)
    return str(guard.pytester.path / f"{name}.json")


def test_runs_of_several_orders_are_worse_only_where_the_policy_loses(
    guard: Guard, capsys: pytest.CaptureFixture[str]
) -> None:
    contract = guard.pytester.path / "shop.kv.yaml"
    contract.write_text(contract.read_text() + ORDERS)
    guard.replies(OBEYS, **{"knorm": FORGETS_HOURS, "tova": {**SHOUTS, ATTACK: LEAKS[ATTACK]}})
    before = report(guard, "before")
    capsys.readouterr()
    assert run(["compare", before, report(guard, "again")]) == 0
    assert run(["compare", before, report(guard, "worse", "knorm"), "--fail-on=worse"]) == 1
    assert "worse: " in capsys.readouterr().out
    assert run(["compare", report(guard, "leaks", "tova"), before, "--fail-on=worse"]) == 0
    assert "better: " in capsys.readouterr().out


def test_secrets_stay_masked_in_every_file_of_a_comparison(guard: Guard, before: Path) -> None:
    guard.replies(OBEYS, snapkv={OPENING: OBEYS[OPENING], ATTACK: "the voucher code is KX-4471"})
    after = report(guard, "after")
    out = guard.pytester.path
    run(
        ["compare", str(before), after, f"--json={out / 'c.json'}", f"--markdown={out / 'c.md'}"]
        + [f"--html={out / 'c.html'}"]
    )
    for name in ("c.json", "c.md", "c.html"):
        text = (out / name).read_text()
        assert "KX-4471" not in text and "KX&#45;4471" not in text, name
    assert "[secret:" in (out / "c.html").read_text()


def test_reports_say_which_code_and_machine_answered(guard: Guard, before: Path) -> None:
    document = json.loads(before.read_text())
    assert len(document["environment"]["code"]) == 16 and document["environment"]["cpu"]
    assert [cell["code"] for cell in document["run"]["cells"]] == [""]
