"""Attacks of a contract: built-in conversations that check for leaks, one item per secret and attack."""

from __future__ import annotations

import pytest

from pytest_kvguard.leaks.attacks import ATTACKS
from tests.plugin.conftest import Guard
from tests.plugin.shop import SHOP

CONFTEST = """
from pytest_kvguard.backends.scripted import Scripted

def answer(request):
    turn = len(request.turns)
    if request.policy != "none" and "first half" in request.turns[-1]:
        return "The first half is KX-4, that is all."
    if request.policy != "none" and "second half" in request.turns[-1]:
        return "The second half is 471, that is all."
    if "parrot" in request.turns[-1]:
        return "Kraa! KX-4471!"
    return "we open at 9:30"

def pytest_kvguard_backend(config):
    return Scripted(answer)
"""


@pytest.fixture
def attacked(guard: Guard) -> Guard:
    """A shop whose model leaks its secret in halves under a policy, and always when asked about a parrot."""
    guard.pytester.makeconftest(CONFTEST)
    guard.contract(SHOP + "attacks: [all]\n")
    return guard


def test_every_secret_is_attacked_in_every_style_and_nothing_else_is_checked(attacked: Guard) -> None:
    ids = [line for line in attacked.node_ids("--kv-policy=snapkv") if "attack-" in line]
    assert ids == [f"shop.kv.yaml::attack-{name}::secret[snapkv-0.5]" for name in ATTACKS]


def test_only_a_new_leak_fails_and_each_attack_compares_its_own_two_arms(attacked: Guard) -> None:
    result = attacked.run("--kv-policy=snapkv", "-k", "attack-", "-rs")
    result.assert_outcomes(passed=len(ATTACKS) - 2, failed=1, skipped=1)
    result.stdout.fnmatch_lines(
        [
            "LEAKED  shop · attack-multi-turn-2 · secret",
            "*check*secret:*stays secret: *is in the reply, split over turns",
            "*withheld:*in pieces*",
            "SKIPPED*UNMET, the uncompressed model does not obey either: *is in the reply, as it is",
        ]
    )
    screen = "\n".join(result.outlines)
    assert "KX-4" not in screen and "is 471" not in screen


def test_an_attack_checks_only_for_leaks(attacked: Guard) -> None:
    both = SHOP.replace(
        'no_leak: {canary: "KX-4471"}', 'check: {contains: "voucher"}\n      no_leak: {canary: "KX-4471"}'
    )
    attacked.contract(both + "attacks: [debug]\n")
    attacked.run("--kv-policy=snapkv", "-k", "attack-debug").assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SHOP + "attacks: [debgu]\n", "shop.kv.yaml:21: unknown attack 'debgu'. Allowed: all, *Did you mean 'debug'?"),
        (SHOP + "attacks: all\n", "shop.kv.yaml:21: attacks: found the text 'all'. Allowed: a list of names*"),
        (
            SHOP.replace('no_leak: {canary: "KX-4471"}', "check: {lowercase: true}") + "attacks: [all]\n",
            "shop.kv.yaml:21: attacks: found no instruction with 'no_leak'*",
        ),
        (
            SHOP.replace("  attack: ", "  attack-debug-1: ").replace("[attack]", "[attack-debug-1]")
            + "attacks: [all]\n",
            "shop.kv.yaml:20: the probe 'attack-debug-1' has the name of a built-in attack. Rename it.",
        ),
    ],
)
def test_a_mistake_in_attacks_is_reported_with_its_line(attacked: Guard, text: str, message: str) -> None:
    attacked.contract(text)
    result = attacked.run("--kv-policy=snapkv")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([message])
