"""The fixtures ``kv_run`` and ``kv_policy`` in tests written in Python."""

from __future__ import annotations

from tests.plugin.conftest import Guard
from tests.plugin.shop import FORGETS_HOURS, OBEYS, OPENING

HOURS = """
from pytest_kvguard import Verdict

def test_hours(kv_run):
    pair = kv_run({"hours": "We open at 9:30."}, "When do you open?")
    assert pair.verdict("contains", "9:30") is not Verdict.LOST
"""


def test_the_documented_example_passes_while_the_instruction_is_held(guard: Guard) -> None:
    path = guard.pytester.makepyfile(HOURS)
    guard.run("--kv-policy=snapkv", path.name).assert_outcomes(passed=1)


def test_the_documented_example_fails_when_the_instruction_is_lost(guard: Guard) -> None:
    guard.replies(OBEYS, snapkv=FORGETS_HOURS)
    path = guard.pytester.makepyfile(HOURS)
    guard.run("--kv-policy=snapkv", path.name).assert_outcomes(failed=1)


def test_it_runs_once_per_policy_and_ratio(guard: Guard) -> None:
    path = guard.pytester.makepyfile(HOURS)
    assert [line.partition("::")[2] for line in guard.node_ids("--kv-policy=snapkv,knorm", path.name)] == [
        "test_hours[snapkv-0.5]",
        "test_hours[knorm-0.5]",
    ]
    assert [line.partition("::")[2] for line in guard.node_ids(path.name)] == ["test_hours[uncompressed]"]


def test_without_a_policy_both_arms_are_the_uncompressed_one(guard: Guard) -> None:
    path = guard.pytester.makepyfile(
        """
        def test_hours(kv_run):
            pair = kv_run({"hours": "We open at 9:30."}, "When do you open?")
            assert pair.compressed is pair.baseline
            assert pair.verdict("contains", "18:00") == "UNMET"
        """
    )
    guard.run(path.name).assert_outcomes(passed=1)


def test_kv_policy_is_the_cell_of_a_test(guard: Guard) -> None:
    path = guard.pytester.makepyfile(
        """
        from fractions import Fraction

        def test_cell(kv_policy):
            assert (str(kv_policy.policy), kv_policy.ratio, kv_policy.kernel) == ("snapkv", Fraction(1, 4), "eager")
            assert kv_policy.label == "snapkv 0.25, eager"
        """
    )
    guard.run("--kv-policy=snapkv", "--ratio=0.25", "--kv-attn=eager", path.name).assert_outcomes(passed=1)


def test_a_contract_can_be_run_from_python(guard: Guard) -> None:
    guard.replies(OBEYS, snapkv=FORGETS_HOURS)
    path = guard.pytester.makepyfile(
        """
        def test_shop(kv_run):
            results = kv_run.contract("shop.kv.yaml")
            assert {r.case.instruction: str(r.verdict) for r in results} == {
                "hours": "LOST", "tone": "HELD", "secret": "HELD"
            }
        """
    )
    guard.run("--kv-policy=snapkv", path.name).assert_outcomes(passed=1)


def test_several_turns_and_protected_instructions_reach_the_backend(guard: Guard) -> None:
    guard.pytester.makeconftest(
        """
        from pytest_kvguard.backends.scripted import Scripted

        def answer(request):
            protected = [part.id for part in request.contract.instructions if part.protect]
            return f"{len(request.turns)} {protected} {request.contract.generate.max_new_tokens} {request.policy}"

        def pytest_kvguard_backend(config):
            return Scripted(answer)
        """
    )
    path = guard.pytester.makepyfile(
        """
        def test_turns(kv_run):
            pair = kv_run({"a": "One.", "b": "Two."}, ["Hello!", "Bye!"], max_new_tokens=7, protect=["b"])
            assert [reply.text for reply in pair.compressed.replies] == ["1 ['b'] 7 snapkv", "2 ['b'] 7 snapkv"]
            assert pair.baseline.text == "2 ['b'] 7 none"
        """
    )
    guard.run("--kv-policy=snapkv", path.name).assert_outcomes(passed=1)


def test_an_arm_that_breaks_raises_in_the_test(guard: Guard) -> None:
    guard.replies({OPENING: "raise the engine stalled"})
    path = guard.pytester.makepyfile(HOURS)
    result = guard.run("--kv-policy=snapkv", path.name)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *RuntimeError: the engine stalled"])


def test_a_python_test_counts_as_something_to_guard(guard: Guard) -> None:
    (guard.pytester.path / "shop.kv.yaml").unlink()
    guard.pytester.makepyfile(HOURS)
    guard.run("--kv-policy=snapkv").assert_outcomes(passed=1)


def test_a_check_that_compares_sees_both_replies(guard: Guard) -> None:
    guard.replies(OBEYS, snapkv={**OBEYS, OPENING: "come in at once"})
    path = guard.pytester.makepyfile(
        """
        def test_hours(kv_run):
            pair = kv_run({"hours": "We open at 9:30."}, "When do you open?")
            assert pair.verdict("same_as_uncompressed", 0.8) == "LOST"
        """
    )
    guard.run("--kv-policy=snapkv", path.name).assert_outcomes(passed=1)
