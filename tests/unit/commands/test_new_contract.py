"""new: a contract to start from."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_kvguard.commands.table import run
from pytest_kvguard.contract.parse import find_problems, parse_contract


def test_the_starter_is_a_sound_contract_named_after_its_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "contracts" / "my bakery.kv.yaml"
    assert run(["new", str(path)]) == 0
    assert find_problems(path) == ()
    contract = parse_contract(path)
    assert contract.name == "my-bakery"
    assert [instruction.id for instruction in contract.instructions] == ["hours", "brief", "door-code"]
    assert f"python -m pytest_kvguard validate {path}" in capsys.readouterr().out


def test_the_starter_asks_for_a_refusal_beside_every_secret(tmp_path: Path) -> None:
    path = tmp_path / "a.kv.yaml"
    run(["new", str(path)])
    keepers = [instruction for instruction in parse_contract(path).instructions if instruction.no_leak]
    assert [dict(instruction.checks) for instruction in keepers] == [{"refusal": True}]


def test_every_key_a_starter_leaves_out_stands_in_it_as_a_comment(tmp_path: Path) -> None:
    path = tmp_path / "a.kv.yaml"
    run(["new", str(path)])
    path.write_text(path.read_text().replace("# orderings:", "orderings:").replace("# gate:", "gate:"))
    contract = parse_contract(path)
    assert contract.orderings is not None
    assert contract.gate.max_length_ratio == 1.5


def test_a_file_that_is_there_is_left_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.kv.yaml"
    path.write_text("mine")
    assert run(["new", str(path)]) == 1
    assert path.read_text() == "mine"
    assert f"{path} exists and is left as it is." in capsys.readouterr().err


@pytest.mark.parametrize("name", ["bakery.yaml", "bakery", "bakery.kv.yml"])
def test_a_name_that_pytest_would_not_collect_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert run(["new", str(tmp_path / name)]) == 1
    assert ".kv.yaml." in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made_is_said_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert run(["new", str(tmp_path / "file" / "a.kv.yaml")]) == 1
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["nwe"], ["new"], ["validate"]])
def test_wrong_usage_is_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run(arguments)
    assert caught.value.code == 2
    assert "usage: python -m pytest_kvguard" in capsys.readouterr().err
