"""The record of one case, and a run's record put together from them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from jsonschema import Draft202012Validator

from pytest_kvguard.contract.model import Contract
from pytest_kvguard.leaks.masking import Masker, Secret
from pytest_kvguard.reports.json_report import render_json
from pytest_kvguard.reports.records import case_record, context_record, gate_record
from pytest_kvguard.reports.run_record import RunRecord, report_schema
from pytest_kvguard.values.cell import Cell
from pytest_kvguard.values.gates import DropTest, GateResult
from pytest_kvguard.values.results import (
    Arm,
    CaseResult,
    NullArm,
    PromptTokens,
    Reply,
    SeedResult,
    Verdict,
)
from tests.report_documents import document_of, recorded

Make = Callable[..., CaseResult]


def errors(document: object) -> list[str]:
    return [error.message for error in Draft202012Validator(report_schema()).iter_errors(document)]


def test_the_shipped_schema_is_a_json_schema_that_describes_every_key() -> None:
    schema = report_schema()
    Draft202012Validator.check_schema(schema)
    for definition in (schema, *schema["$defs"].values()):
        described = [
            key for key, value in definition["properties"].items() if re.search("description|[$]ref", str(value))
        ]
        assert described == list(definition["properties"])


def test_a_record_has_what_the_schema_says(result_of: Make, contract: Contract) -> None:
    record = case_record(result_of(), contract, "pytest shop.kv.yaml")
    assert record["order"] == ["tone", "hours"]
    assert record["line"] == 6
    assert record["checks"][0]["compressed"] == {
        "holds": False,
        "expected": "contains '9:30'",
        "observed": "'9:30' is not in the reply",
    }
    assert record["compressed"] == [{"text": "we open at nine", "tokens": 2, "stopped": "stop"}]
    assert record["keep_rate"] == {"mean": 0.625, "tokens": 8, "by_layer": [1.0, 0.25]}
    assert record["cache"]["achieved_ratio"] == 0.495
    assert errors(document_of(recorded(record))) == []


def test_a_record_may_have_the_arrangement_of_a_search(result_of: Make, contract: Contract) -> None:
    inserted = {"after": 1, "text": None, "words": 20}
    arrangement = {"order": ["hours"], "phrasings": [["hours", 1]], "inserted": [inserted]}
    record = case_record(result_of(), contract, "", arrangement)
    assert record["arrangement"] == arrangement
    assert errors(document_of(recorded(record))) == []
    assert errors(document_of(recorded(arrangement={**arrangement, "inserted": [{"after": "x"}]})))
    assert case_record(result_of(), contract, "")["arrangement"] is None


def test_token_ids_are_in_no_record_for_they_would_spell_secrets(result_of: Make, contract: Contract) -> None:
    assert "token_ids" not in json.dumps(case_record(result_of(), contract, ""))


def test_a_case_that_could_not_run_has_a_record(result_of: Make, contract: Contract) -> None:
    broken = replace(result_of(), verdict=Verdict.ERROR, checks=(), baseline=None, compressed=None)
    record = case_record(broken, contract, "")
    assert record["baseline"] is record["compressed"] is record["cache"] is record["keep_rate"] is None
    assert errors(document_of(recorded(record))) == []


def with_prompt(result: CaseResult) -> CaseResult:
    assert result.compressed is not None
    prompt = PromptTokens(("The", " code", " K", "X-", "4471"), (None, "secret", "secret", "secret", "secret"))
    kept = (((0, 1, 4), (0, 4)), ((0, 1, 2, 4), (0, 2)))
    return replace(result, compressed=replace(result.compressed, prompt=prompt, kept=kept))


def test_a_context_says_which_share_of_layers_and_heads_kept_each_token(result_of: Make) -> None:
    masker = Masker(lambda: b"key")
    masker.add([Secret("KX-4471")])
    record = context_record(with_prompt(result_of()), masker)
    assert record is not None
    assert record["kept"] == [1.0, 0.5, 0.5, 0.0, 0.75]
    assert "4471" not in json.dumps(record)
    assert record["pieces"][:2] == ["The", " code"]
    assert record["instructions"] == [None, "secret", "secret", "secret", "secret"]
    assert errors(document_of(recorded(), contexts=[{**record, "file": "shop.kv.yaml"}])) == []


def test_without_a_prompt_there_is_no_context(result_of: Make) -> None:
    assert context_record(result_of(), Masker(lambda: b"key")) is None


def test_a_run_is_the_same_whichever_process_finished_first() -> None:
    cases = [recorded(line=9), recorded(line=6), recorded(line=6, nodeid="shop.kv.yaml::a")]
    probes_of_files = (("b", "x"), ("b", "y"), ("a", "x"))
    contexts = [{"file": file, "kept": [0.5], "probes": [probe]} for file, probe in probes_of_files]
    first, second = RunRecord(cases=cases), RunRecord(cases=cases[::-1])
    for context, later in zip(contexts, contexts[::-1], strict=True):
        first.add({"kind": "context", "nodeid": "x", "outcome": "passed", **context})
        second.add({"kind": "context", "nodeid": "y", "outcome": "failed", **later})
    assert render_json(first.document({})) == render_json(second.document({}))
    assert [case["line"] for case in first.document({})["cases"]] == [6, 6, 9]
    assert first.document({})["contexts"] == [
        {"file": "a", "kept": [0.5], "probes": ["x"]},
        {"file": "b", "kept": [0.5], "probes": ["x", "y"]},
    ]


def test_an_item_that_runs_once_more_is_told_once() -> None:
    other = recorded(nodeid="shop.kv.yaml::b")
    run = RunRecord(cases=[recorded(), other], gates=[{"file": "a", "nodeid": other["nodeid"]}])
    run.forget(other["nodeid"])
    assert (run.cases, run.gates) == ([recorded()], [])


def test_totals_count_verdicts_this_version_does_not_know() -> None:
    run = RunRecord(cases=[recorded(verdict="UNSTABLE"), recorded(verdict="HELD"), recorded(verdict="HELD")])
    assert run.document({})["totals"] == {"HELD": 2, "UNSTABLE": 1}
    assert errors(document_of(*run.cases)) == []


@pytest.mark.parametrize("text", ["##[error]x", "\x1b[31m\x9b\u202e", "::error::\n::error::", "###[group]", "é"])
def test_json_says_all_and_steers_nothing(text: str) -> None:
    rendered = render_json({"text": text})
    assert json.loads(rendered) == {"text": text}
    assert rendered.isascii()
    assert not [char for char in rendered if ord(char) < 32 and char != "\n"]
    assert "##" not in rendered
    assert not [line for line in rendered.splitlines() if line.lstrip().startswith("::")]


def test_the_null_arm_and_every_seed_stand_in_a_record(result_of: Make, contract: Contract) -> None:
    result = result_of()
    seeds = tuple(SeedResult(seed, result.checks, 4, 2) for seed in (7, 8))
    null = NullArm("bfloat16", Arm((Reply("we open at 9:30", (1, 2), "stop"),)))
    record = case_record(replace(result, null=null, seed=7, by_seed=seeds), contract, "")
    assert record["null"] == {
        "change": "bfloat16",
        "replies": [{"text": "we open at 9:30", "tokens": 2, "stopped": "stop"}],
    }
    assert record["by_seed"][1] == {
        "seed": 8,
        "verdicts": ["LOST"],
        "baseline_tokens": 4,
        "compressed_tokens": 2,
        "baseline_capped": False,
        "compressed_capped": False,
    }
    assert errors(document_of(recorded(record))) == []


def test_a_gates_record_has_its_tests_and_what_was_not_measured_is_null() -> None:
    drop = DropTest(
        instruction="hours",
        prompts=9,
        checks=9,
        held_uncompressed=9,
        held_compressed=4,
        drop=5 / 9,
        interval=(0.2, 0.8),
        p_value=0.03,
        needed_prompts=5,
        failed=True,
        unstable=0,
    )
    gate = GateResult(Cell.of("snapkv", "0.5"), ("hours drops",), drops=(drop,), family=4, orders_run=9)
    record = gate_record(gate)
    assert record["drops"][0]["interval"] == [0.2, 0.8] and record["drops"][0]["failed"] is True
    assert record["length_ratio"] is None and record["confidence"] == 0.95
    where = {"nodeid": "a.kv.yaml::gate", "file": "a.kv.yaml", "outcome": "failed", "contract": "a"}
    whole = {**where, "policy": "snapkv", "ratio": "0.5", "kernel": "sdpa", **record}
    assert errors({**document_of(), "gates": [whole]}) == []
