"""The shipped goldens are small and complete, and the models still match them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_kvguard.contract.parse import parse_contract
from pytest_kvguard.golden.store import GoldenStore
from pytest_kvguard.models.embedded_model import cache_directory

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "golden"
MODELS = sorted(path.parent.name for path in FOLDER.glob("*/manifest.json"))
MOST_BYTES = 1_000_000

converted = any(cache_directory().glob("smollm2-135m-instruct-*/config.json"))


def test_the_stock_model_has_goldens_of_every_kind_of_policy() -> None:
    policies = {key.cell.policy_name for key in GoldenStore(FOLDER / "smollm2").recorded_keys()}
    assert policies >= {"none", "streaming_llm", "snapkv", "h2o", "knorm", "adakv", "keep(snapkv)"}


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


@pytest.mark.skipif(
    not converted and os.environ.get("KVGUARD_TEST_DOWNLOAD") != "1",
    reason="the stock model is not in the cache; KVGUARD_TEST_DOWNLOAD=1 fetches it (90 MB)",
)
@pytest.mark.parametrize("model", MODELS)
def test_the_models_match_their_goldens(model: str) -> None:
    keys = GoldenStore(FOLDER / model).recorded_keys()
    policies = ",".join(dict.fromkeys(key.cell.policy_name for key in keys if not key.cell.is_uncompressed))
    words = ("-m", "kv_golden", "--kv-golden=check", f"--kv-model={model}", f"--kv-policy={policies}")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "golden", *words]
    process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert process.returncode == pytest.ExitCode.OK, process.stdout + process.stderr
    counts = re.search(rf"^golden/{model}: (.+)$", process.stdout, re.MULTILINE)
    assert counts is not None
    assert sum(map(int, re.findall(r"\d+", counts.group(1)))) == len(keys)
    assert "unused: recorded" not in process.stdout
