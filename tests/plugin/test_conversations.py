"""Requests to the backend: each conversation once, each arm with its own history."""

from __future__ import annotations

import json

from tests.plugin.conftest import Guard
from tests.plugin.shop import SHOP

LOGGING = """
import json
from pathlib import Path
from pytest_kvguard.backends.scripted import Scripted

LOG = Path(__file__).with_name("requests.jsonl")

def answer(request):
    fields = ("policy", "ratio", "kernel", "scope", "turns", "replies", "order")
    with LOG.open("a") as file:
        file.write(json.dumps({name: getattr(request, name) for name in fields}) + "\\n")
    return f"9:30 under {request.policy}, turn {len(request.turns)}"

def pytest_kvguard_backend(config):
    return Scripted(answer)
"""


def requests(guard: Guard, *args: str) -> list[dict[str, object]]:
    guard.pytester.makeconftest(LOGGING)
    guard.run(*args)
    return [json.loads(line) for line in (guard.pytester.path / "requests.jsonl").read_text().splitlines()]


def test_both_arms_of_a_conversation_are_run_once_for_all_its_instructions(guard: Guard) -> None:
    asked = requests(guard, "--kv-policy=snapkv,knorm", "-k", "opening")
    assert [request["policy"] for request in asked] == ["none", "snapkv", "knorm"]


def test_a_later_turn_carries_the_first_reply_of_its_own_arm(guard: Guard) -> None:
    guard.contract(SHOP.replace("opening: When do you open?", 'opening: ["Hello!", "When do you open?"]'))
    asked = requests(guard, "--kv-policy=snapkv", "-k", "opening")
    first, second = asked[:2], asked[2:]
    assert [request["turns"] for request in first] == [["Hello!"]] * 2
    assert [request["replies"] for request in first] == [[], []]
    assert [request["turns"] for request in second] == [["Hello!", "When do you open?"]] * 2
    assert [(request["policy"], request["replies"]) for request in second] == [
        ("none", ["9:30 under none, turn 1"]),
        ("snapkv", ["9:30 under snapkv, turn 1"]),
    ]


def test_checks_read_the_last_reply_of_a_conversation(guard: Guard) -> None:
    guard.contract(SHOP.replace("opening: When do you open?", 'opening: ["Hello!", "When do you open?"]'))
    guard.replies({"Hello!": "Good day, 9:30 it is", "When do you open?": "nine"})
    guard.run("-k", "hours").assert_outcomes(skipped=1)


def test_a_conversation_that_breaks_in_its_second_turn_is_an_error(guard: Guard) -> None:
    guard.contract(SHOP.replace("opening: When do you open?", 'opening: ["Hello!", "When do you open?"]'))
    guard.replies({"Hello!": "hi", "When do you open?": "9:30"}, snapkv={"Hello!": "hi"})
    result = guard.run("--kv-policy=snapkv", "-k", "opening")
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["ERROR  the run under snapkv 0.5 broke: KeyError: 'When do you open?' (raised at *)"])


def test_scope_and_kernel_reach_the_backend(guard: Guard) -> None:
    asked = requests(guard, "--kv-policy=snapkv", "--kv-scope=prompt", "--kv-attn=eager", "-k", "hours")
    assert {(request["scope"], request["kernel"]) for request in asked} == {("prompt", "eager")}
    assert [(request["policy"], request["ratio"]) for request in asked] == [("none", "0"), ("snapkv", "0.5")]


def test_without_a_policy_only_the_uncompressed_model_runs(guard: Guard) -> None:
    assert {request["policy"] for request in requests(guard)} == {"none"}


def test_sampled_orders_reach_the_backend(guard: Guard) -> None:
    guard.contract(SHOP + "orderings: {sample: 2, first: [secret]}\n")
    orders = [request["order"] for request in requests(guard, "-k", "hours")]
    assert orders[0] == ["hours", "tone", "secret"]
    assert sorted(orders[1:]) == [["secret", "hours", "tone"], ["secret", "tone", "hours"]]


def test_all_selected_conversations_of_a_contract_are_one_batch(guard: Guard) -> None:
    guard.contract(SHOP + "orderings: {sample: 2}\n")
    guard.pytester.makeconftest(
        """
        from pytest_kvguard.backends.scripted import Scripted

        class Counting(Scripted):
            def run_turns(self, requests, progress=None):
                print("BATCH OF", len(requests))
                return super().run_turns(requests, progress)

        def pytest_kvguard_backend(config):
            return Counting(lambda request: "we open at 9:30")
        """
    )
    lines = guard.screen("--kv-policy=snapkv,knorm", "-s").splitlines()
    # Three orders of two probes under three policies, the uncompressed one among them.
    assert [line.partition("BATCH OF ")[2] for line in lines if "BATCH OF" in line] == ["18"]
