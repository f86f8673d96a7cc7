"""Parity with the public reference of IFEval is counted correctly, and the checks reach it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from benchmarks import ifeval_parity
from benchmarks.ifeval_parity import MIN_AGREEMENT, explain, format_table, main, measure_parity, read_rows, to_json
from benchmarks.ifeval_reference import Reference
from benchmarks.ifeval_replies import DEGENERATE, WRITTEN, replies_to
from pytest_kvguard.errors import UsageError
from pytest_kvguard.verifiers.ifeval.table import INSTRUCTIONS
from pytest_kvguard.verifiers.table import verify

SHARED_DATA = Path(os.environ.get("KVGUARD_SHARED_DATA") or Path(__file__).parents[4] / "shared" / "data")
SHARED = SHARED_DATA / "pitfalls"


def row(*instructions: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "key": 1,
        "prompt": "Tell me about Ellerby.",
        "instruction_id_list": [name for name, _ in instructions],
        "kwargs": [kwargs for _, kwargs in instructions],
        "messages": [{"role": "system", "content": "Follow."}, {"role": "user", "content": "Tell me about Ellerby."}],
    }


NO_COMMA = row(("punctuation:no_comma", {}))
HASHES = row(("keywords:letter_frequency", {"letter": "#", "let_frequency": 2, "let_relation": "at least"}))
EVERY_KIND = [
    row(
        ("combination:repeat_prompt", {"prompt_to_repeat": "Tell me about Ellerby."}),
        ("detectable_format:number_highlighted_sections", {"num_highlights": 2}),
        ("detectable_content:number_placeholders", {"num_placeholders": 2}),
        ("keywords:frequency", {"keyword": "river", "frequency": 2, "relation": "at least"}),
        ("startend:end_checker", {"end_phrase": "That is all."}),
    ),
    row(
        ("change_case:capital_word_frequency", {"capital_frequency": 3, "capital_relation": "less than"}),
        ("change_case:english_capital", {}),
        ("change_case:english_lowercase", {}),
        ("combination:two_responses", {}),
        ("language:response_language", {"language": "de"}),
    ),
    row(
        ("detectable_format:number_bullet_lists", {"num_bullets": 4}),
        ("keywords:existence", {"keywords": ["tent", "bottle"]}),
        ("length_constraints:number_sentences", {"num_sentences": 5, "relation": "at least"}),
        ("length_constraints:number_words", {"num_words": 60, "relation": "less than"}),
        ("detectable_content:postscript", {"postscript_marker": "P.P.S"}),
    ),
    row(
        ("detectable_format:multiple_sections", {"section_spliter": "SECTION", "num_sections": 3}),
        ("length_constraints:number_paragraphs", {"num_paragraphs": 3}),
        ("keywords:letter_frequency", {"letter": "q", "let_frequency": 1, "let_relation": "less than"}),
        ("keywords:forbidden_words", {"forbidden_words": ["coaches", "mill"]}),
        ("detectable_format:json_format", {}),
    ),
    row(
        (
            "length_constraints:nth_paragraph_first_word",
            {"num_paragraphs": 4, "nth_paragraph": 2, "first_word": "The"},
        ),
        ("detectable_format:title", {}),
        ("detectable_format:constrained_response", {}),
        ("punctuation:no_comma", {}),
        ("startend:quotation", {}),
    ),
]


class Echo:
    """A reference that agrees with this project on all replies but one."""

    def __init__(self, but: str | None = None) -> None:
        self.but = but

    def judge(self, names: Sequence[str], kwargs: Sequence[Mapping[str, Any]], reply: str, mode: str) -> list[bool]:
        return [
            verify("ifeval", {"id": name, "mode": mode, **given}, reply).holds is (reply != self.but)
            for name, given in zip(names, kwargs, strict=True)
        ]


@pytest.fixture(scope="module")
def reference() -> Reference:
    try:
        return Reference()
    except UsageError as error:
        pytest.skip(str(error))


def measured(rows: list[dict[str, Any]], but: str | None = None) -> ifeval_parity.Parity:
    return measure_parity(Echo(but), rows)  # type: ignore[arg-type]


def test_every_pair_of_reply_and_instruction_counts_in_both_readings() -> None:
    parity = measured([NO_COMMA])
    replies = list(replies_to(NO_COMMA))
    assert dict(parity.pairs) == {"strict": len(replies), "loose": len(replies)}
    assert parity.agreement("strict") == 1
    assert parity.passes


def test_a_disagreement_that_is_not_explained_is_shown_and_fails() -> None:
    parity = measured([NO_COMMA], but="12345")
    assert parity.agreement("strict") == 1 - 1 / parity.pairs["strict"]
    assert parity.reasons == {"": 2}
    assert not parity.passes
    assert "2 disagreements: NOT EXPLAINED" in format_table(parity)
    assert "reply='12345', holds=True" in format_table(parity)


def test_characters_that_the_reference_replaces_are_an_explanation() -> None:
    parity = measured([HASHES], but="12345")
    assert [reason.partition(" by a random letter")[0] for reason in parity.reasons] == [
        "the reference replaces a character that is not a to z"
    ]
    assert to_json(parity)["disagreements"] == dict(parity.reasons)


@pytest.mark.parametrize(("word", "explained"), [("C++", True), ("Mr.", True), ("river", False)])
def test_words_that_would_be_patterns_are_an_explanation(word: str, explained: bool) -> None:
    parity = measured([row(("keywords:existence", {"keywords": [word]}))], but="12345")
    assert bool(explain(parity.disagreements[0])) is explained


def test_the_replies_hold_every_degenerate_one_and_an_attempt_at_the_row() -> None:
    for given in EVERY_KIND:
        replies = list(replies_to(given))
        assert {"", "12345", *DEGENERATE, *WRITTEN} <= set(replies)
    assert any("*part 1*" in reply for reply in replies_to(EVERY_KIND[0]))


def test_both_agree_on_every_kind_of_instruction(reference: Reference) -> None:
    assert {name for given in EVERY_KIND for name in given["instruction_id_list"]} == set(INSTRUCTIONS)
    parity = measure_parity(reference, EVERY_KIND)
    assert parity.disagreements == ()
    assert 0.1 < parity.held["strict"] / parity.pairs["strict"] < 0.6, "neither side says the same of everything"


def test_both_agree_on_rows_of_the_data_set(reference: Reference) -> None:
    if not SHARED.is_dir():
        pytest.skip(f"there is no {SHARED}; KVGUARD_SHARED_DATA names the folder that holds pitfalls")
    parity = measure_parity(reference, read_rows(SHARED)[200:216])
    assert parity.pairs["strict"] > 800
    assert parity.agreement("strict") >= MIN_AGREEMENT
    assert parity.agreement("loose") >= MIN_AGREEMENT
    assert "" not in parity.reasons


def test_the_reference_is_seeded_and_leaves_the_librarys_seed_alone(reference: Reference) -> None:
    from langdetect import DetectorFactory

    before = DetectorFactory.seed
    answers = {
        tuple(reference.judge(["language:response_language"], [{"language": "en"}], "ok hotel taxi", "strict"))
        for _ in range(5)
    }
    assert len(answers) == 1
    assert DetectorFactory.seed == before


def test_the_command_prints_a_table_and_writes_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ifeval_parity, "Reference", Echo)
    data = tmp_path / "sys_ifeval.jsonl"
    data.write_text(json.dumps(NO_COMMA) + "\n", encoding="utf-8")
    assert main(["--data", str(tmp_path), "--json", str(tmp_path / "out.json")]) == 0
    assert "strict" in capsys.readouterr().out
    assert json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["agreement"] == {"strict": 1.0, "loose": 1.0}


def test_a_missing_file_and_a_bad_row_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(tmp_path)]) == 2
    assert "there is no file" in capsys.readouterr().err
    (tmp_path / "sys_ifeval.jsonl").write_text("{}\n", encoding="utf-8")
    assert main(["--data", str(tmp_path)]) == 2
    assert "sys_ifeval.jsonl:1: the line has no 'instruction_id_list'" in capsys.readouterr().err


def test_a_reference_that_is_not_installed_is_named_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UsageError, match="needs lm_eval, which is not installed. Run: pip install --no-deps lm-eval"):
        Reference()
