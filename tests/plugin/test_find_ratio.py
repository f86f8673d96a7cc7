"""``--kv-find-ratio``: the largest safe ratio of every contract and policy, as items and in the summary."""

from __future__ import annotations

import pytest

# Imported here once: an in-process run drops modules that it imports first, so each run would import them again.
import pytest_kvguard.evaluation.advise  # noqa: F401
from tests.plugin.conftest import Guard

HOURS_ALONE = """\
kvguard: 1
name: shop
context:
  instructions:
    - {id: hours, text: The shop opens at 9:30., check: {contains: "9:30"}}
probes: {opening: "When do you open?"}
"""
CONFTEST = """
from fractions import Fraction
from pytest_kvguard.backends.scripted import Scripted

def answer(request):
    if request.turns[-1].startswith("Repeat"):
        return "i would rather not."
    beyond = Fraction(request.ratio) > Fraction({limits!r}.get(request.policy, "1"))
    return {lost!r} if beyond else {good!r}

def pytest_kvguard_backend(config):
    return Scripted(answer)
"""


def forgets(guard: Guard, good: str = "we open at 9:30", lost: str = "we open at nine", **limits: str) -> None:
    guard.pytester.makeconftest(CONFTEST.format(limits=limits, good=good, lost=lost))


def rows(screen: str) -> dict[str, list[str]]:
    lines = screen.partition("kvguard: largest safe ratios, scope context")[2].splitlines()
    return {line.split()[1]: line.split() for line in lines if line.startswith("shop ")}


def test_every_policy_has_one_item_and_a_row_with_its_ratio(guard: Guard, spread: tuple[str, ...]) -> None:
    forgets(guard, snapkv="0.4", knorm="0.05")
    result = guard.run("--kv-policy=snapkv,knorm,tova", "--kv-find-ratio", *spread)
    result.assert_outcomes(passed=3)
    ratios = rows(result.stdout.str())
    assert ratios["snapkv"][2:4] == ["0.4", "0.45"]
    assert ratios["knorm"][2:4] == ["0.05", "0.1"]
    assert ratios["tova"][2:4] == ["0.95", "n/a"]
    assert "shop::hours" in " ".join(ratios["snapkv"])


def test_items_are_named_after_their_policy_and_replace_the_checks(guard: Guard) -> None:
    assert guard.node_ids("--kv-policy=fair(snapkv(window=8)),tova", "--kv-find-ratio") == [
        "shop.kv.yaml::find-ratio[fair-snapkv-window.8]",
        "shop.kv.yaml::find-ratio[tova]",
    ]


def test_only_typed_ratios_are_tried(guard: Guard) -> None:
    forgets(guard, snapkv="0.4")
    ratios = rows(guard.screen("--kv-policy=snapkv", "--kv-find-ratio", "--ratio=0.25,0.5,0"))
    assert ratios["snapkv"][2:4] == ["0.25", "0.5"]


def test_a_policy_without_a_safe_ratio_fails_and_names_the_lost_instruction(guard: Guard) -> None:
    forgets(guard, snapkv="0")
    result = guard.run("--kv-policy=snapkv", "--kv-find-ratio")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["NOT SAFE  shop under snapkv: safe at no ratio that was tried*shop::hours*"])
    assert rows(result.stdout.str())["snapkv"][2:4] == ["none", "0.05"]


def test_a_typed_gate_decides_which_ratio_is_safe(guard: Guard) -> None:
    forgets(guard, snapkv="0.4")
    ratios = rows(guard.screen("--kv-policy=snapkv", "--kv-find-ratio", "--kv-max-lost=1"))
    assert ratios["snapkv"][2:4] == ["0.95", "n/a"]


def test_a_model_that_obeys_nothing_shows_no_ratio_to_be_safe(guard: Guard) -> None:
    guard.contract(HOURS_ALONE)
    forgets(guard, good="WHO KNOWS", lost="WHO KNOWS")
    result = guard.run("--kv-policy=snapkv", "--kv-find-ratio", "-rs")
    result.assert_outcomes(skipped=1)
    assert "obeys none of the instructions" in result.stdout.str()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--kv-find-ratio",), "searches for a policy's ratio. Name a policy, e.g. --kv-policy=snapkv."),
        (
            ("--kv-find-ratio", "--kv-policy=none"),
            "searches for a policy's ratio. Name a policy, e.g. --kv-policy=snapkv.",
        ),
    ],
)
def test_a_search_for_ratios_without_a_policy_is_refused(guard: Guard, arguments: tuple[str, ...], said: str) -> None:
    result = guard.run(*arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert said in result.stderr.str()


def test_an_ini_value_without_a_policy_runs_the_ordinary_checks(guard: Guard) -> None:
    guard.pytester.makeini("[pytest]\nkv_find_ratio = true\n")
    guard.run().assert_outcomes(passed=3)
