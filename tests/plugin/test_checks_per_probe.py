"""An instruction with a value per probe: each conversation is judged by its own."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import Guard

OPENING, CLOSING = "When do you open?", "When do you close?"
OBEYS = {OPENING: "At 6:45.", CLOSING: "At 15:30."}
SWAPS = {OPENING: "At 15:30.", CLOSING: "At 15:30."}

BAKERY = """\
kvguard: 1
name: bakery
context:
  instructions:
    - id: hours
      text: The bakery opens at 6:45 and closes at 15:30.
      checks: {opening: {contains: "6:45"}, closing: {contains: "15:30"}}
    - id: door
      text: The door is green.
      check: {max_words: 9}
probes:
  opening: When do you open?
  closing: When do you close?
"""


@pytest.fixture
def bakery(guard: Guard) -> Guard:
    (guard.pytester.path / "shop.kv.yaml").unlink()
    guard.contract(BAKERY, "bakery.kv.yaml")
    guard.replies(OBEYS, snapkv=SWAPS)
    return guard


def test_a_value_of_the_other_probe_is_lost(bakery: Guard) -> None:
    result = bakery.run("--kv-policy=snapkv")
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(["LOST  bakery · opening · hours", "*contains '6:45'*"])


def test_it_is_so_in_every_order(bakery: Guard) -> None:
    bakery.contract(BAKERY + "orderings: {sample: 1}\n", "bakery.kv.yaml")
    screen = bakery.screen("--kv-policy=snapkv", "-rA")
    assert "bakery.kv.yaml::opening::hours[snapkv-0.5-order1]" in screen
    assert screen.count("LOST  bakery · opening · hours") >= 1
    assert "LOST  bakery · closing" not in screen


def test_a_rerun_of_one_probe_judges_by_its_value(bakery: Guard) -> None:
    bakery.run("bakery.kv.yaml::closing::hours[snapkv-0.5]", "--kv-policy=snapkv").assert_outcomes(passed=1)
    bakery.run("bakery.kv.yaml::opening::hours[snapkv-0.5]", "--kv-policy=snapkv").assert_outcomes(failed=1)


def test_a_function_is_told_what_the_user_asked(bakery: Guard) -> None:
    bakery.pytester.makepyfile(
        hours='def fits(reply, question):\n    return ("open" in question) == ("6:45" in reply)\n'
    )
    bakery.pytester.syspathinsert()
    checks = 'checks: {opening: {contains: "6:45"}, closing: {contains: "15:30"}}'
    bakery.contract(BAKERY.replace(checks, 'check: {python: "hours:fits"}'), "bakery.kv.yaml")
    bakery.run("--kv-policy=snapkv").assert_outcomes(passed=3, failed=1)


def test_a_contract_may_ask_for_a_number_per_probe(bakery: Guard) -> None:
    checks = 'checks: {opening: {contains: "6:45"}, closing: {contains: "15:30"}}'
    numbers = "checks: {opening: {number: {value: 4.2, locale: de}}, closing: {number: 7}}"
    bakery.contract(BAKERY.replace(checks, numbers), "bakery.kv.yaml")
    bakery.replies({OPENING: "Das kostet 4,20 €.", CLOSING: "7 €"}, snapkv={OPENING: "20 €", CLOSING: "7 €"})
    bakery.run("--kv-policy=snapkv").assert_outcomes(passed=3, failed=1)
