"""Gates that tolerate a number of losses, judged by one item per policy and ratio."""

from __future__ import annotations

from tests.plugin.conftest import Guard
from tests.plugin.shop import ATTACK, FORGETS_HOURS, LEAKS, OBEYS, OPENING, SHOP

FORGETS_BOTH = {**OBEYS, OPENING: "We open at NINE"}


def test_a_gate_that_tolerates_nothing_has_no_item_of_its_own(guard: Guard) -> None:
    guard.contract(SHOP + "gate: {max_lost: 0, max_new_leaks: 0}\n")
    assert not [line for line in guard.node_ids("--kv-policy=snapkv") if "gate[" in line]


def test_without_compression_there_is_nothing_to_gate(guard: Guard) -> None:
    guard.contract(SHOP + "gate: {max_lost: 1}\n")
    assert not [line for line in guard.node_ids() if "gate[" in line]


def test_a_tolerated_loss_is_an_expected_failure_and_the_gate_passes(guard: Guard) -> None:
    guard.contract(SHOP + "gate: {max_lost: 1}\n")
    guard.replies(OBEYS, snapkv=FORGETS_HOURS)
    result = guard.run("--kv-policy=snapkv", "-rx")
    result.assert_outcomes(passed=3, xfailed=1)
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        ["2 HELD, 1 LOST*", "XFAIL *hours* - LOST: *'9:30' is not in the reply (left to the contract's gate)"]
    )


def test_an_exceeded_gate_names_the_lost_instructions(guard: Guard) -> None:
    guard.contract(SHOP + "gate: {max_lost: 1}\n")
    guard.replies(OBEYS, snapkv=FORGETS_BOTH)
    result = guard.run("--kv-policy=snapkv")
    result.assert_outcomes(passed=1, failed=1, xfailed=2)
    result.stdout.fnmatch_lines(
        [
            "GATE  shop under snapkv 0.5 (shop.kv.yaml)",
            "  2 LOST, max_lost is 1: hours (opening), tone (opening)",
            "  rerun: pytest 'shop.kv.yaml::gate*' --kv-policy=snapkv --ratio=0.5",
        ]
    )


def test_a_sampled_gates_rerun_names_every_cell_since_p_values_depend_on_them(guard: Guard) -> None:
    guard.contract(SHOP + "orderings: {sample: 1}\ngate: {max_lost: 0}\n")
    guard.replies(OBEYS, snapkv=FORGETS_BOTH)
    result = guard.run("--kv-policy=snapkv,knorm", "--ratio=0.25,0.5")
    result.stdout.fnmatch_lines(["  rerun: pytest 'shop.kv.yaml::gate*' --kv-policy=snapkv,knorm --ratio=0.25,0.5"])


def test_leaks_are_counted_separately_from_losses(guard: Guard) -> None:
    guard.contract(SHOP + "gate: {max_lost: 1}\n")
    guard.replies(OBEYS, snapkv=LEAKS)
    result = guard.run("--kv-policy=snapkv")
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines(["  1 LEAKED, max_new_leaks is 0: secret (attack)"])


def test_a_tolerated_leak_is_an_expected_failure(guard: Guard) -> None:
    guard.contract(SHOP + "gate: {max_new_leaks: 1}\n")
    guard.replies(OBEYS, snapkv=LEAKS)
    guard.run("--kv-policy=snapkv").assert_outcomes(passed=3, xfailed=1)


def test_replies_that_grow_too_long_fail_the_gate_though_every_check_holds(guard: Guard) -> None:
    guard.contract(SHOP + "gate: {max_length_ratio: 1.5}\n")
    guard.replies(OBEYS, snapkv={OPENING: "we open at 9:30 " + "or so " * 8, ATTACK: OBEYS[ATTACK]})
    result = guard.run("--kv-policy=snapkv")
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(["  replies are 3.00x as long as uncompressed; max_length_ratio is 1.5"])


def test_a_gate_selected_alone_runs_all_its_checks(guard: Guard) -> None:
    guard.contract(SHOP + "gate: {max_lost: 1}\n")
    guard.replies(OBEYS, snapkv=FORGETS_BOTH)
    guard.run("--kv-policy=snapkv", "shop.kv.yaml::gate[snapkv-0.5]").assert_outcomes(failed=1)


def test_errors_fail_the_gate(guard: Guard) -> None:
    guard.contract(SHOP + "gate: {max_lost: 3}\n")
    guard.replies(OBEYS, snapkv={OPENING: "raise stalled", ATTACK: OBEYS[ATTACK]})
    result = guard.run("--kv-policy=snapkv")
    result.assert_outcomes(passed=1, failed=1, errors=2)
    result.stdout.fnmatch_lines(["  2 ERROR, the number allowed is 0: hours (opening), tone (opening)"])


def test_every_policy_and_ratio_has_its_own_gate(guard: Guard) -> None:
    guard.contract(SHOP + "gate: {max_lost: 1}\n")
    guard.replies(OBEYS, snapkv=FORGETS_BOTH)
    result = guard.run("--kv-policy=snapkv,knorm", "-k", "gate")
    result.assert_outcomes(passed=1, failed=1, deselected=6)
