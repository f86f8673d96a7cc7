"""The fixture ``kv_golden`` in Python tests."""

from __future__ import annotations

import json

import pytest

from tests.plugin.conftest import Guard
from tests.plugin.shop import OBEYS, OPENING

TEST = """
SHOP = {"hours": "The shop opens at 9:30."}

def test_opening(kv_run, kv_golden):
    kv_golden(kv_run(SHOP, "When do you open?"))
"""

ARGS = ("test_shop.py", "--kv-policy=snapkv,knorm")


@pytest.fixture
def shop(guard: Guard) -> Guard:
    guard.pytester.makepyfile(test_shop=TEST)
    return guard


def subjects(guard: Guard) -> list[tuple[str, str]]:
    path = guard.pytester.path / "golden" / "scripted-replies-no-model" / "manifest.json"
    return [(cell["subject"], cell["policy"]) for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]]


def test_the_test_skips_while_goldens_are_off(shop: Guard) -> None:
    result = shop.run(*ARGS, "-rs")
    result.assert_outcomes(skipped=2)
    result.stdout.fnmatch_lines(["SKIPPED * goldens are off: --kv-golden=check compares, --kv-golden=update records"])


def test_it_records_one_golden_per_cell_and_compares(shop: Guard) -> None:
    shop.run(*ARGS, "--kv-golden=update").assert_outcomes(passed=2)
    assert subjects(shop) == [("test_shop.py::test_opening", "knorm"), ("test_shop.py::test_opening", "snapkv")]
    shop.run(*ARGS, "--kv-golden=check", "-m", "kv_golden").assert_outcomes(passed=2)
    shop.replies(OBEYS, knorm={**OBEYS, OPENING: "we open at 9:30 sharp"})
    result = shop.run(*ARGS, "--kv-golden=check")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*GOLDEN differs",
            "*  where         conversation, reply token 4",
            "*  update        pytest 'test_shop.py::test_opening[[]knorm-0.5]' --kv-policy=knorm --ratio=0.5 "
            "--kv-golden=update",
            "  test_shop.py::test_opening under knorm 0.5: tokens differs: *",
        ]
    )


def test_a_missing_golden_fails_with_the_command(shop: Guard) -> None:
    result = shop.run(*ARGS, "--kv-golden=check")
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        ["*GOLDEN missing", "*  record        pytest 'test_shop.py::test_opening[[]snapkv-0.5]'*"]
    )


def test_a_second_kernel_does_not_change_the_goldens_of_the_first(shop: Guard) -> None:
    shop.run(*ARGS, "--kv-golden=update")
    result = shop.run(*ARGS, "--kv-golden=check", "--kv-attn=sdpa,eager")
    result.assert_outcomes(passed=2, failed=2)


def test_several_goldens_in_a_test_need_names(guard: Guard) -> None:
    guard.pytester.makepyfile(
        test_shop=TEST + '    kv_golden(kv_run(SHOP, "When do you open?"), name="again")\n'
        '    kv_golden(kv_run(SHOP, "When do you open?"), name="again")\n'
    )
    result = guard.run(*ARGS, "--kv-golden=update")
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*GoldenError: kv_golden was called twice with name='again'. Give each call *"])
    assert ("test_shop.py::test_opening#again", "knorm") in subjects(guard)


def test_a_users_own_recordings_can_be_goldens(guard: Guard) -> None:
    guard.pytester.makepyfile(
        """
        import pytest
        from pytest_kvguard.golden.recording import RecordedTurn, Recording

        @pytest.mark.parametrize("tokens", [3, 4])
        def test_kernel(kv_golden, tokens):
            kv_golden(Recording({"prompt": (RecordedTurn((1, 2, tokens)),)}))
        """
    )
    guard.run("--kv-golden=update", "-m", "kv_golden", "-k", "kernel").assert_outcomes(passed=2, deselected=4)
    node_ids = [f"test_a_users_own_recordings_can_be_goldens.py::test_kernel[{tokens}]" for tokens in (3, 4)]
    assert [subject for subject, _ in subjects(guard)] == node_ids


def test_goldens_of_deleted_tests_and_of_tests_that_compare_nothing_are_unused(shop: Guard) -> None:
    shop.run(*ARGS, "--kv-golden=update")
    shop.pytester.makepyfile(test_shop=TEST + "\ndef test_other(kv_golden):\n    kv_golden\n")
    assert "unused: recorded" not in shop.screen(*ARGS, "--kv-golden=check")
    shop.pytester.makepyfile(test_shop=TEST.replace("test_opening", "test_hours"))
    assert "2 unused: recorded" in shop.screen(*ARGS, "--kv-golden=check")
    shop.pytester.makepyfile(test_shop=TEST + "    raise ValueError\n")
    assert "unused: recorded" not in shop.screen(*ARGS, "--kv-golden=check")
