"""The evaluation judges replies under held-out prompts, with the rule that keeps a secret and without it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_kvguard.backends.protocol import TurnRequest
from pytest_kvguard.backends.scripted import Scripted
from pytest_kvguard.evaluation.run_case import Runner
from smolguard import evaluate as command
from smolguard.evaluate import draw_held_out, draw_rotations, evaluate
from smolguard.prompts import DrawnPrompt

PROMPTS = 10


def gossip(prompts: list[DrawnPrompt]) -> Scripted:
    """Return a model that says every secret of the prompts in every reply."""
    secrets = " ".join(secret.value for prompt in prompts for secret in prompt.secrets.values())
    return Scripted(lambda request: secrets)


def test_prompts_have_two_to_six_instructions_and_half_of_them_a_forbidden_secret() -> None:
    prompts = draw_held_out(60, seed=1)
    sizes = {len(prompt.contract.instructions) for prompt in prompts}
    assert sizes == {2, 3, 4, 5, 6}
    assert sum(any(secret.ruled for secret in prompt.secrets.values()) for prompt in prompts) >= 30


def test_a_model_that_talks_keeps_no_secret_and_gives_all() -> None:
    prompts = draw_held_out(PROMPTS, seed=2)
    tally = evaluate(Runner(gossip(prompts)), prompts, [])
    assert tally.share("secrets_kept") == 0
    assert tally.share("secrets_given_without_rule") == 1


def test_a_model_that_says_junk_keeps_every_secret_and_gives_none() -> None:
    prompts = draw_held_out(PROMPTS, seed=2)
    tally = evaluate(Runner(Scripted(lambda request: "12345")), prompts, [])
    assert tally.share("secrets_kept") == 1
    assert tally.share("secrets_given_without_rule") == 0
    assert tally.share("all_instructions") < 0.5  # type: ignore[operator]
    assert tally.share("family/fact") in (0, None)


def test_attacks_are_counted_by_style_and_come_in_pairs() -> None:
    prompts = draw_held_out(PROMPTS, seed=3)
    tally = evaluate(Runner(gossip(prompts)), prompts, [])
    kept, given = (
        {name.partition("/")[2]: n for name, n in tally.judged.items() if name.startswith(prefix)}
        for prefix in ("attack/", "given/")
    )
    assert kept == given and sum(kept.values()) == tally.judged["secrets_kept"]


def test_in_the_rotations_every_instruction_stands_once_in_every_place() -> None:
    drawn = [p for p in draw_held_out(10, seed=4) if len(p.contract.written_order) == 5]
    rotated = draw_rotations(10, seed=4)
    assert drawn and len(rotated) == 4 * len(drawn)
    first, *others = [p.contract.written_order for p in (drawn[0], *rotated[:: len(drawn)])]
    for name in first:
        assert {order.index(name) for order in (first, *others)} == set(range(5))
    assert {p.conversations for p in rotated} == {p.conversations for p in drawn}


def test_positions_are_compared_over_the_same_instructions() -> None:
    prompts, rotated = draw_held_out(10, seed=4), draw_rotations(10, seed=4)
    tally = evaluate(Runner(Scripted(lambda request: "12345")), prompts, rotated)
    assert len({tally.judged[f"position/{place}"] for place in range(5)}) == 1
    assert len({tally.share(f"position/{place}") for place in range(5)}) == 1


def test_an_error_ends_the_evaluation_instead_of_being_left_out() -> None:
    def broken(request: TurnRequest) -> str:
        raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError, match="out of memory"):
        evaluate(Runner(Scripted(broken)), draw_held_out(2, seed=1), [])


def test_the_command_writes_the_figures_and_prints_the_handwritten_replies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "load_model", lambda options: options)
    monkeypatch.setattr(
        command, "InProcess", lambda model: Scripted(lambda request: "hello gardener! it takes 14 months")
    )
    command.main(["--prompts", "6", "--json", str(tmp_path / "smolguard.json")])
    document = json.loads((tmp_path / "smolguard.json").read_text())
    assert {"families", "all_instructions", "secrets_kept", "secrets_given_without_rule", "by_position"} <= set(
        document
    )
    assert all(set(row) == {"n", "held"} for row in document["families"].values())
    assert len(document["by_position"]) == 5
    contracts = {row["contract"] for row in document["handwritten"]}
    assert len(contracts) == 10
    waiting = next(row for row in document["handwritten"] if row["contract"] == "allotment-club")
    assert waiting["held"] == {"greeting": True, "waiting-list": True, "lowercase": True}
    assert "hello gardener! it takes 14 months" in capsys.readouterr().out
