"""A contract that needs a package that is not installed fails and names the extra that installs it."""

from __future__ import annotations

import sys

import pytest

from tests.plugin.conftest import Guard
from tests.plugin.shop import OBEYS, SHOP
from tests.plugin.test_ifeval import ROWS

LANGUAGE = SHOP.replace("{lowercase: true}", "{language: en}")
MISSING = "{package}, which is not installed. Install it: pip install 'pytest-kvguard[{extra}]'."


@pytest.fixture(autouse=True)
def without_detectors(monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("langdetect", "lingua"):
        monkeypatch.setitem(sys.modules, package, None)


def test_a_contract_is_one_failing_item_that_names_the_extra(guard: Guard) -> None:
    guard.contract(LANGUAGE)
    ran = guard.run("--kv-policy=snapkv")
    ran.assert_outcomes(failed=1)
    missing = MISSING.format(package="lingua-language-detector", extra="language")
    message = f"shop.kv.yaml:12: check 'language': The check `language` needs {missing}"
    assert message in ran.stdout.str()


def test_other_contracts_of_the_run_are_judged(guard: Guard) -> None:
    guard.contract(LANGUAGE, "other.kv.yaml")
    guard.run("--kv-policy=snapkv").assert_outcomes(failed=1, passed=3)


def test_a_row_in_ifevals_format_fails_alone(guard: Guard) -> None:
    guard.replies(OBEYS)
    (guard.pytester.path / "rows.jsonl").write_text("\n".join(ROWS) + "\n", encoding="utf-8")
    ran = guard.run("--kv-ifeval=rows.jsonl", "-k", "rows.jsonl", "-rf")
    needs = (
        f"kwargs: IFEval's change_case:english_lowercase needs {MISSING.format(package='langdetect', extra='ifeval')}"
    )
    assert f"rows.jsonl:1: {needs}" in ran.stdout.str()
    assert ran.parseoutcomes()["failed"] == 1
