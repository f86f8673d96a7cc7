"""The benchmark reproduces the paper's figure: 40 rows, the stock model, three of the policies."""

from __future__ import annotations

import os
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import pytest
import torch

from benchmarks.pitfalls_keep_rate import MODEL, DefendedKeepRate, measure_keep_rates
from benchmarks.pitfalls_prompts import DATA_FILE, defended_text, read_directives, render_prompt, shuffled
from kvguard_policies import load
from pytest_kvguard.models.embedded_model import cache_directory
from pytest_kvguard.models.load_model import load_model

SHARED_DATA = Path(os.environ.get("KVGUARD_SHARED_DATA") or Path(__file__).parents[4] / "shared" / "data")
DATA = SHARED_DATA / "pitfalls" / DATA_FILE
CONVERTED = any(cache_directory().glob("smollm2-135m-instruct-*/config.json"))

pytestmark = [
    pytest.mark.skipif(not DATA.is_file(), reason=f"there is no {DATA}; KVGUARD_SHARED_DATA names the data folder"),
    pytest.mark.skipif(
        not CONVERTED and os.environ.get("KVGUARD_TEST_DOWNLOAD") != "1",
        reason="the default model is not in the cache; KVGUARD_TEST_DOWNLOAD=1 fetches it (90 MB)",
    ),
]

ROWS = 40
RATIOS = tuple(map(Fraction, ("0.2", "0.5", "0.8")))
FIGURE = {
    "streaming_llm": [(100, 70), (100, 27), (59, 1)],
    "snapkv": [(100, 71), (98, 28), (58, 2)],
    "knorm": [(71, 83), (39, 53), (14, 20)],
}
TOLERANCE = {"streaming_llm": 1.0, "snapkv": 2.0, "knorm": 2.0}


@pytest.fixture(scope="module")
def rates() -> Mapping[str, tuple[DefendedKeepRate, ...]]:
    loaded = load_model(MODEL)
    directives = shuffled(read_directives(DATA), ROWS)
    prompts = [render_prompt(loaded.tokenizer, defended_text(text, "standard")) for text in directives]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # on prompts this short a second thread gains little, and on a busy machine it only waits
    try:
        return measure_keep_rates(loaded, prompts, {spec: load(spec) for spec in FIGURE}, RATIOS)
    finally:
        torch.set_num_threads(threads)


@pytest.mark.parametrize("policy", FIGURE)
def test_keep_rates_are_those_of_the_figure(rates: Mapping[str, tuple[DefendedKeepRate, ...]], policy: str) -> None:
    for rate, (directive, defence) in zip(rates[policy], FIGURE[policy], strict=True):
        assert rate.directive == pytest.approx(directive, abs=TOLERANCE[policy])
        assert rate.defence == pytest.approx(defence, abs=TOLERANCE[policy])
