"""The table of presses: the call of each, and the rows of presses that work and of presses that do not."""

from __future__ import annotations

import importlib.util
import json

import pytest

from benchmarks.kvpress_presses import CALLS, LENGTHS, PressTrial, format_table, spec_of, to_json, try_presses
from kvguard_policies.spec import PolicySpec
from pytest_kvguard.models.load_model import LoadedModel
from tests.models import random_ids, random_model

WORKS = PressTrial("APress", "APress", "short", 20, True, 0.5, 1.0, "900 of 1800 entries are held but masked")
FAILS = PressTrial("APress", "APress", "long", 400, False, None, None, "filling its cache: ValueError: a | b <c>")


@pytest.mark.parametrize("press", [*CALLS, "SnapKVPress"])
def test_every_call_is_a_spec(press: str) -> None:
    spec = spec_of(press, 3)
    assert spec.startswith(f"kvpress:{press}") and "{" not in spec
    PolicySpec.read(spec)


def test_ratios_by_layer_are_as_many_as_the_model_has_layers() -> None:
    assert spec_of("PerLayerCompressionPress", 3).endswith("compression_ratios=[0.4, 0.5, 0.4])")


def test_a_row_says_what_is_attended_and_held_or_why_it_did_not_work() -> None:
    row = format_table([WORKS, FAILS]).splitlines()[-1]
    assert row == (
        "| `APress` | `APress` | works: 50% attended, 100% of the bytes; 900 of 1800 entries are held but masked | "
        "no: filling its cache: ValueError: a \\| b ‹c› |"
    )


def test_the_json_counts_what_works_by_prompt() -> None:
    report = json.loads(json.dumps(to_json("m", "0.5", [WORKS, FAILS])))
    assert report["works"] == {"short": 1, "long": 0} and len(report["rows"]) == 2


needs_kvpress = pytest.mark.skipif(
    importlib.util.find_spec("kvpress") is None, reason="kvpress needs transformers < 5.3"
)


@needs_kvpress
def test_presses_run_on_both_prompts_and_a_failure_is_a_row() -> None:
    model = LoadedModel("random", random_model("mistral"), None, frozenset({2}), 4096)  # type: ignore[arg-type]
    presses = ["KnormPress", "PyramidKVPress", "ChunkKVPress"]
    trials = list(try_presses(model, presses, random_ids(420), "0.5"))
    assert [(trial.press, trial.prompt) for trial in trials] == [
        (name, length) for name in presses for length in LENGTHS
    ]
    assert [trial.works for trial in trials] == [True, True, False, False, False, True]
    assert trials[0].kept == trials[0].bytes_held == 0.5
    assert trials[3].words.startswith("the model went on with its cache: RuntimeError: The size of tensor a")
    assert trials[4].words == "changes nothing"


@needs_kvpress
def test_a_press_that_compresses_during_generation_runs_even_if_the_model_would_stop() -> None:
    model = random_model("mistral")
    ends_at_once = LoadedModel("random", model, None, frozenset(range(model.config.vocab_size)), 4096)  # type: ignore[arg-type]
    trials = list(try_presses(ends_at_once, ["DecodingPress"], random_ids(420), "0.5"))
    assert [trial.works for trial in trials] == [True, True]
