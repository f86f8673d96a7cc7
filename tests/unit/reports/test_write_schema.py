"""The shipped report schema: what it says of a run is what the table of options says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_kvguard.reports.run_record import SCHEMA_VERSION, report_schema
from pytest_kvguard.reports.write_schema import SHIPPED, schema_text, write_schema
from pytest_kvguard.runs.options import OPTIONS
from pytest_kvguard.runs.settings import LIMITS
from pytest_kvguard.values.cell import Cell


def test_the_shipped_file_says_what_the_code_says() -> None:
    stale = SHIPPED.read_text(encoding="utf-8") != schema_text()
    assert not stale, f"{SHIPPED.name} is stale. Run: python -m pytest_kvguard.reports.write_schema"
    assert json.loads(schema_text()) == report_schema()


def test_the_file_is_written_from_the_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_schema(tmp_path / "schema.json")
    assert (tmp_path / "schema.json").read_bytes() == schema_text().encode()
    assert capsys.readouterr().out == f"{tmp_path / 'schema.json'} written\n"


def test_every_recorded_option_and_limit_is_described_with_its_type() -> None:
    run = report_schema()["properties"]["run"]["properties"]
    assert {option.key for option in OPTIONS if option.is_recorded} <= set(run)
    assert (run["seed"]["type"], run["strict"]["type"], run["scope"]["type"]) == ("integer", "boolean", "string")
    for side in run["gate"]["properties"].values():
        assert list(side["properties"]) == list(LIMITS)
        assert side["properties"]["max_lost"]["type"] == ["integer", "null"]
        assert side["properties"]["max_drop"]["type"] == ["number", "null"]


def test_the_version_and_the_keys_of_a_cell_are_those_that_are_written() -> None:
    properties = report_schema()["properties"]
    assert properties["version"]["const"] == SCHEMA_VERSION
    assert properties["run"]["properties"]["cells"]["items"]["required"] == [*Cell().record, "label"]
