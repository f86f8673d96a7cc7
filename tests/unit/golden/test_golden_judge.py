"""Checks fail where a run differs, and updates write only at the levels that are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_kvguard.golden.judge import Status, check_golden, update_golden
from pytest_kvguard.golden.key import GoldenKey
from pytest_kvguard.golden.levels.table import LEVELS
from pytest_kvguard.golden.store import GoldenStore
from pytest_kvguard.values.cell import Cell
from tests.recordings import ELSEWHERE, REPORTS, recording, turn, with_swap

ALL = LEVELS
KEY = GoldenKey("shop.kv.yaml", Cell.of("snapkv", "0.5"), "context")


@pytest.fixture
def store(tmp_path: Path) -> GoldenStore:
    golden_store = GoldenStore(tmp_path / "small")
    golden_store.write(KEY, recording())
    return golden_store


def written(store: GoldenStore) -> str:
    return store.manifest_path.read_text(encoding="utf-8")


def test_a_check_reports_the_status_of_a_golden_and_writes_nothing(store: GoldenStore, tmp_path: Path) -> None:
    before = written(store)
    assert check_golden(store, KEY, recording(), ALL).status is Status.SAME
    differs = check_golden(store, KEY, recording(turn(token_ids=(4, 3))), ALL)
    assert (differs.status, differs.status.fails) == (Status.DIFFERS, True)
    assert differs.headline == (
        "GOLDEN: tokens differs: talk, reply token 1: recorded id 7, now id 3; the recorded logits were 4.5 apart"
    )
    missing = check_golden(GoldenStore(tmp_path / "none"), KEY, recording(), ALL)
    assert missing.status is Status.MISSING
    assert missing.headline.startswith("GOLDEN missing: nothing is recorded of shop.kv.yaml under snapkv 0.5")
    assert written(store) == before


def test_an_update_keeps_a_golden_that_differs_by_rounding_alone(store: GoldenStore) -> None:
    close = turn(logits=type(turn().logits)(turn().logits.ids, turn().logits.values + 1e-5, turn().logits.log_sums))
    before = written(store)
    judged = update_golden(store, KEY, recording(close), ALL)
    assert judged.status is Status.MOVED
    assert judged.headline == f"GOLDEN moved within what is allowed: {KEY.title}"
    assert written(store) == before


def test_an_update_records_another_environment_even_if_nothing_differs(store: GoldenStore) -> None:
    assert update_golden(store, KEY, recording(environment=ELSEWHERE), ALL).status is Status.UPDATED
    assert store.read(KEY).environment == ELSEWHERE


def test_an_update_adds_the_figures_that_a_golden_of_an_earlier_version_lacks(store: GoldenStore) -> None:
    store.write(KEY, recording(turn(reports={})))
    assert update_golden(store, KEY, recording(), ALL).status is Status.UPDATED
    assert store.read(KEY).conversations["talk"][0].reports == REPORTS
    before = written(store)
    assert update_golden(store, KEY, recording(), ALL).status is Status.SAME
    assert written(store) == before


def test_a_difference_outside_the_named_levels_keeps_the_golden(store: GoldenStore) -> None:
    now = recording(with_swap(0, 0, evicted=1, kept=3), hours="LOST")
    refused = update_golden(store, KEY, now, ("kept",))
    assert (refused.status, refused.status.fails) == (Status.REFUSED, True)
    assert refused.headline.startswith("GOLDEN: verdicts differs outside the levels to update: hours: recorded HELD")
    assert store.read(KEY).verdicts == {"hours": "HELD"}
    assert update_golden(store, KEY, now, ("kept", "verdicts")).status is Status.UPDATED
    assert store.read(KEY).verdicts == {"hours": "LOST"}


def test_another_prompt_is_recorded_only_with_all_levels(store: GoldenStore) -> None:
    now = recording(turn(prompt_ids=(1, 2, 3)))
    assert update_golden(store, KEY, now, ALL[:-1]).status is Status.REFUSED
    assert update_golden(store, KEY, now, ALL).status is Status.UPDATED
