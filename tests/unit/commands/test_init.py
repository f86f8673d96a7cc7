"""init: a new project is set up, and existing files are kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_kvguard.commands.init import CONTRACT, INI, SCHEMA, WORKFLOW
from pytest_kvguard.commands.table import run
from pytest_kvguard.contract.parse import find_problems


def test_an_empty_folder_gets_a_contract_settings_and_a_workflow(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["init", str(tmp_path)]) == 0
    written = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    assert written == sorted(map(str, (CONTRACT, INI, SCHEMA, WORKFLOW)))
    assert capsys.readouterr().out.count("  written  ") == 4
    assert find_problems(tmp_path / CONTRACT) == ()


def test_an_editor_finds_the_schema_beside_the_contract(tmp_path: Path) -> None:
    run(["init", str(tmp_path)])
    first = (tmp_path / CONTRACT).read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=.contract.schema.json"
    assert "gate" in json.loads((tmp_path / SCHEMA).read_text())["properties"]


def test_what_is_there_is_left_as_it_is_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (CONTRACT, WORKFLOW, INI):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("mine")
    assert run(["init", str(tmp_path)]) == 0
    assert all((tmp_path / path).read_text() == "mine" for path in (CONTRACT, WORKFLOW, INI))
    assert capsys.readouterr().out.count("  kept     ") == 3


@pytest.mark.parametrize("rival", ["pyproject.toml", "tox.ini", "setup.cfg"])
def test_no_ini_file_is_put_before_another_that_may_configure_pytest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rival: str
) -> None:
    (tmp_path / rival).write_text("")
    run(["init", str(tmp_path)])
    assert not (tmp_path / INI).exists()
    assert f"kept     {rival}; pytest may be configured there" in capsys.readouterr().out


def test_a_folder_that_cannot_be_written_is_said_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "contracts").write_text("")
    assert run(["init", str(tmp_path)]) == 1
    assert "cannot be written" in capsys.readouterr().err
