"""A golden's report and the summary, in which model output cannot steer a terminal or CI runner."""

from __future__ import annotations

from pytest_kvguard.golden.compare import compare_levels
from pytest_kvguard.golden.judge import Judgement, Status
from pytest_kvguard.golden.key import GoldenKey
from pytest_kvguard.reports.golden import explain_golden, golden_table
from pytest_kvguard.values.cell import Cell
from tests.recordings import ELSEWHERE, recording, turn

KEY = GoldenKey("shop.kv.yaml", Cell.of("snapkv", "0.5"), "context")
UPDATE = "pytest x --kv-golden=update"


def outcome(status: Status, policy: str = "snapkv", line: str = "", subject: str = "shop.kv.yaml") -> dict[str, str]:
    return {
        "status": str(status),
        "golden": f"{subject} under {policy}",
        "subject": subject,
        "policy": policy,
        "line": line or str(status),
    }


def test_a_difference_is_told_with_every_other_level_and_the_environment() -> None:
    now = recording(turn(token_ids=(2, 7)), environment=ELSEWHERE)
    report = explain_golden(
        Judgement(KEY, Status.DIFFERS, compare_levels(recording(), now)), UPDATE, ("at nine", "at ten")
    )
    assert report.splitlines() == [
        "GOLDEN differs",
        "  of            shop.kv.yaml under snapkv 0.5",
        "  first         level tokens",
        "  where         talk, reply token 0",
        "  difference    recorded id 4, now id 2; the recorded logits were 2 apart",
        "  kept          same",
        "  size          same",
        "  reports       same",
        "  logits        same",
        "  verdicts      same",
        "  environment   torch 2.13 → 2.14",
        "  recorded",
        "    | at [-nine-]",
        "  now",
        "    | at {+ten+}",
        "  update        pytest x --kv-golden=update",
    ]


def test_replies_and_prompts_are_made_harmless() -> None:
    now = turn(prompt_ids=(1,), pieces=("\x1b[2J",), owners=("##[error]",))
    report = explain_golden(
        Judgement(KEY, Status.DIFFERS, compare_levels(recording(), recording(now))),
        UPDATE,
        ("a", "::error::\x1b[31m b"),
    )
    assert "\x1b" not in report
    assert "\n::error" not in report and "##[error]" not in report


def test_the_summary_counts_and_names_what_is_not_as_recorded() -> None:
    outcomes = [
        outcome(Status.SAME, "none"),
        outcome(Status.SAME, "knorm"),
        outcome(
            Status.MOVED, "tova", "moved within what is allowed; logits moved: largest difference of a logit 2e-05"
        ),
        outcome(Status.DIFFERS, line="kept differs: opening, layer 3"),
    ]
    assert golden_table(outcomes, "golden/small", [], False).splitlines() == [
        "golden/small: 2 as recorded, 1 moved within what is allowed, 1 differs",
        "  shop.kv.yaml under snapkv: kept differs: opening, layer 3",
        "  shop.kv.yaml under tova: moved within what is allowed; logits moved: largest difference of a logit 2e-05",
        "shop.kv.yaml is as recorded uncompressed: look at the policy and the cache first",
    ]


def test_the_uncompressed_run_speaks_for_its_own_contract_alone() -> None:
    outcomes = [outcome(Status.SAME, "none", subject="other.kv.yaml"), outcome(Status.DIFFERS)]
    assert "look at" not in golden_table(outcomes, "golden/small", [], False)
    both = [outcome(Status.DIFFERS, "none"), outcome(Status.DIFFERS)]
    assert "differs uncompressed, too: look at model, kernel and libraries first" in golden_table(both, "g", [], False)


def test_unused_goldens_are_listed_up_to_a_dozen() -> None:
    table = golden_table([], "golden/small", [f"cell {number}" for number in range(14)], False)
    assert "14 unused: recorded, but not looked at here" in table
    assert "  cell 11\n  and 2 more\n" in table
    assert "deletes them" in table
    assert "1 deleted, since this run does not use them\n  a" in golden_table([], "golden/small", ["a"], True)
