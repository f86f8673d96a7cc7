"""The shipped goldens are small and complete, and the models still match them."""

from __future__ import annotations

import os
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from kvguard_policies.spec import split_specs
from pytest_kvguard.contract.parse import parse_contract
from pytest_kvguard.golden.store import GoldenStore
from pytest_kvguard.models.embedded_model import cache_directory
from pytest_kvguard.values.cell import NO_POLICY
from tests.golden.runs import ROOT, RUNS, GoldenRun

FOLDER = ROOT / "golden"
MODELS = sorted(path.parent.name for path in FOLDER.glob("*/manifest.json"))
MOST_BYTES = 6_000_000

converted = any(cache_directory().glob("smollm2-135m-instruct-*/config.json"))


def test_the_goldens_are_small_enough_for_version_control() -> None:
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) < MOST_BYTES


@pytest.mark.parametrize("model", MODELS)
def test_every_golden_can_be_read_and_has_all_levels(model: str) -> None:
    store = GoldenStore(FOLDER / model)
    for key in store.recorded_keys():
        recording = store.read(key)
        assert recording is not None
        contract = parse_contract(ROOT / key.subject)
        assert set(recording.conversations) == {probe.id for probe in contract.probes}
        for turn in (turn for turns in recording.conversations.values() for turn in turns):
            assert turn.logits is not None and turn.prompt_ids and turn.entries
            assert (turn.kept is None) == key.cell.is_uncompressed
        assert recording.verdicts


def test_they_pin_every_kernel_scope_and_kind_of_policy_and_a_long_context() -> None:
    keys = [key for model in MODELS for key in GoldenStore(FOLDER / model).recorded_keys()]
    assert {key.cell.kernel for key in keys} == {"sdpa", "eager"}
    assert {key.scope for key in keys} == {"context", "decode"}
    assert {key.cell.policy_name for key in keys} >= {"none", "snapkv", "adakv", "keep(snapkv)", "kivi", "gear", "fp8"}
    long = next(key for key in keys if key.subject == "golden/field-guide.kv.yaml")
    recording = GoldenStore(FOLDER / "smolguard").read(long)
    assert recording is not None
    assert all(len(turn.prompt_ids) > 1000 for turns in recording.conversations.values() for turn in turns)


@pytest.mark.parametrize("model", MODELS)
def test_no_golden_is_missing_or_left_over_from_a_run_that_is_made_no_more(model: str) -> None:
    recorded = {
        (key.subject, key.cell.policy_name, key.cell.kernel, key.scope)
        for key in GoldenStore(FOLDER / model).recorded_keys()
    }
    assert recorded == {
        (f"golden/{run.contract}", policy, run.kernel, run.scope)
        for run in RUNS
        if run.model == model
        for policy in (NO_POLICY, *split_specs(run.policies))
    }


@pytest.mark.parametrize("run", RUNS, ids=[run.name for run in RUNS])
def test_the_models_match_their_goldens(run: GoldenRun, tmp_path: Path) -> None:
    if not run.is_tiny and not converted and os.environ.get("KVGUARD_TEST_DOWNLOAD") != "1":
        pytest.skip("the stock model is not in the cache; KVGUARD_TEST_DOWNLOAD=1 fetches it (90 MB)")
    process = subprocess.run(
        run.command("check", tmp_path), cwd=ROOT, capture_output=True, text=True, timeout=600, check=False
    )
    assert process.returncode == pytest.ExitCode.OK, process.stdout + process.stderr
    counts = re.search(rf"^golden/{run.model}: (.+)$", process.stdout, re.MULTILINE)
    assert counts is not None
    compared = Counter({word: int(number) for number, word in re.findall(r"(\d+) (as recorded|moved)", counts[1])})
    assert compared.total() == 1 + len(split_specs(run.policies))
