"""Keep rates are averaged as in the paper and reported in percent; bad arguments are refused before any work."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from benchmarks import pitfalls_keep_rate
from benchmarks.pitfalls_keep_rate import DefendedKeepRate, main, measure_keep_rates, parse_ratios
from benchmarks.pitfalls_prompts import DefendedPrompt
from kvguard_policies import load
from pytest_kvguard.errors import UsageError
from pytest_kvguard.models.load_model import LoadedModel
from tests.models import random_ids, random_model

TOKENS = 40


@pytest.fixture(scope="module")
def small_model() -> LoadedModel:
    return LoadedModel("small", random_model("llama-two-kv-heads-of-three"), None, frozenset(), 4096)


def prompt_of(seed: int, directive: tuple[int, int], defence: tuple[int, int]) -> DefendedPrompt:
    return DefendedPrompt(tuple(random_ids(TOKENS, seed)), (directive,), (defence,))


def test_keep_rates_of_streaming_llm_equal_a_count_by_hand(small_model: LoadedModel) -> None:
    prompts = [prompt_of(0, (25, 38), (2, 22)), prompt_of(1, (30, 40), (2, 12))]
    rates = measure_keep_rates(small_model, prompts, {"s": load("streaming_llm")}, [Fraction(1, 2)])["s"]
    # 20 of 40 entries stay: the first 4 and the last 16, which are 24..39.
    assert rates == (DefendedKeepRate(Fraction(1, 2), 100.0, pytest.approx((100 * 2 / 20 + 100 * 2 / 10) / 2)),)


def test_each_row_is_prefilled_once_for_all_policies_and_ratios(
    small_model: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    prefilled: list[int] = []
    genuine = pitfalls_keep_rate.prefill

    def counting(model: Any, token_ids: Any, *rest: Any) -> Any:
        prefilled.append(len(token_ids))
        return genuine(model, token_ids, *rest)

    monkeypatch.setattr(pitfalls_keep_rate, "prefill", counting)
    policies = {spec: load(spec) for spec in ("snapkv", "fair(snapkv)", "h2o")}
    rates = measure_keep_rates(
        small_model, [prompt_of(0, (20, 38), (2, 18))] * 2, policies, [Fraction(1, 5), Fraction(1, 2), Fraction(0)]
    )
    assert prefilled == [TOKENS, TOKENS]
    assert [len(by_ratio) for by_ratio in rates.values()] == [3, 3, 3]
    assert all(by_ratio[2] == DefendedKeepRate(Fraction(0), 100.0, 100.0) for by_ratio in rates.values())


@pytest.mark.parametrize("base", ["streaming_llm", "snapkv", "tova", "observed_attention", "knorm"])
def test_fair_brings_both_parts_near_to_what_the_ratio_leaves(small_model: LoadedModel, base: str) -> None:
    spec, ratios = f"fair({base})", [Fraction(1, 5), Fraction(1, 2), Fraction(3, 5)]
    for rate in measure_keep_rates(small_model, [prompt_of(3, (22, 38), (3, 19))], {spec: load(spec)}, ratios)[spec]:
        token = 100 / 16
        assert abs(rate.directive - rate.defence) <= token
        assert abs(rate.directive - 100 * (1 - float(rate.ratio))) <= 1.5 * token


def test_ratios_are_read_exactly() -> None:
    assert parse_ratios("0.2, 0.4,1/3") == (Fraction(1, 5), Fraction(2, 5), Fraction(1, 3))
    with pytest.raises(UsageError, match="--ratios is empty. Write e.g. --ratios=0.2,0.4."):
        parse_ratios(" , ")


@pytest.fixture
def run(
    data_folder: Path, tokenizer: Any, small_model: LoadedModel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Any:
    """Return a function that runs the command on the small data set; its arguments replace defaults."""
    replaced = LoadedModel("small", _widened(small_model, len(tokenizer)), tokenizer, frozenset(), 4096)
    monkeypatch.setattr(pitfalls_keep_rate, "load_model", lambda options: replaced)

    def run_command(**changed: str) -> int:
        options = {
            "data": str(data_folder),
            "rows": "3",
            "policy": "streaming_llm",
            "ratios": "0.2,0.5",
            "json": str(tmp_path / "report.json"),
            **changed,
        }
        return main([f"--{name}={value}" for name, value in options.items()])

    return run_command


def _widened(loaded: LoadedModel, vocabulary: int) -> Any:
    loaded.model.resize_token_embeddings(vocabulary, mean_resizing=False)
    return loaded.model


@pytest.mark.parametrize("order", ["standard", "flipped"])
def test_the_command_prints_a_table_and_writes_json_in_percent(
    run: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], order: str
) -> None:
    assert run(order=order) == 0
    report = json.loads((tmp_path / "report.json").read_text())
    assert list(report) == ["tool", "policy", "order", "rows"]
    assert report["policy"] == "streaming_llm" and report["order"] == order
    assert [list(row) for row in report["rows"]] == [["ratio", "directive", "defense"]] * 2
    assert [row["ratio"] for row in report["rows"]] == [0.2, 0.5]
    newest_part = {"standard": "directive", "flipped": "defense"}[order]
    assert report["rows"][0][newest_part] == 100.0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"streaming_llm, {order} order, 3 rows: % of KV entries kept"
    assert lines[2].split()[0] == "0.2" and "100.0" in lines[2] and len(lines) == 4


def test_two_runs_write_the_same_bytes(run: Any, tmp_path: Path) -> None:
    written = []
    for _ in range(2):
        assert run(policy="fair(snapkv)") == 0
        written.append((tmp_path / "report.json").read_bytes())
    assert written[0] == written[1]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"data": "absent"}, "--data=absent: there is no file absent. Give sys_ifeval.jsonl of the paper"),
        ({"order": "backwards"}, "Unknown --order=backwards. Known: standard, flipped."),
        ({"policy": "snapvk"}, "Unknown policy 'snapvk'. Did you mean 'snapkv'?"),
        ({"policy": "keep(snapkv)"}, "keep(snapkv) protects nothing: no span was marked."),
        ({"ratios": "0.2,1.5"}, "The ratio 1.5 is outside 0 <= r < 1"),
        ({"ratios": "0.2,half"}, "The ratio 'half' is not a number."),
        ({"rows": "13"}, "--rows=13 is outside 1..12"),
        ({"json": "absent/report.json"}, "the folder absent does not exist. Create it first."),
    ],
)
def test_a_bad_argument_ends_in_an_error_and_code_2(
    run: Any, capsys: pytest.CaptureFixture[str], changed: dict[str, str], message: str
) -> None:
    assert run(**changed) == 2
    shown = capsys.readouterr()
    assert shown.err.strip().splitlines()[-1].startswith("error: ") and message in shown.err
    assert shown.out == ""


def test_the_stock_model_in_float32_is_not_a_matter_of_choice() -> None:
    assert (pitfalls_keep_rate.MODEL.name, pitfalls_keep_rate.MODEL.dtype) == ("smollm2", "float32")
