"""validate: every problem, as file:line, without a model."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pytest_kvguard.commands.table import run
from pytest_kvguard.verifiers import table

ROOT = Path(__file__).parents[3]


@pytest.fixture
def contract(tmp_path: Path) -> Path:
    path = tmp_path / "bakery.kv.yaml"
    run(["new", str(path)])
    return path


def output(capsys: pytest.CaptureFixture[str], *arguments: object) -> list[str]:
    capsys.readouterr()
    run(["validate", *map(str, arguments)])
    return capsys.readouterr().out.splitlines()


def test_sound_contracts_have_no_problem(contract: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", str(contract)]) == 0
    assert output(capsys, contract)[-1] == "1 contract: no problem"


def test_every_problem_is_a_line_that_begins_with_its_place(contract: Path, capsys: pytest.CaptureFixture[str]) -> None:
    contract.write_text(contract.read_text().replace("contains:", "contians:").replace("preamble:", "preambel:"))
    assert run(["validate", str(contract)]) == 1
    first, second, total = output(capsys, contract)
    assert first.startswith(f"{contract}:7: unknown key 'preambel'")
    assert second.startswith(f"{contract}:14: unknown check 'contians'")
    assert second.endswith("Did you mean 'contains'?")
    assert total == "1 contract: 2 problems"


def test_a_folder_is_searched_for_contracts(contract: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (contract.parent / "sub").mkdir()
    (contract.parent / "sub" / "b.kv.yaml").write_text("kvguard: 2")
    lines = output(capsys, contract.parent)
    assert lines[0].startswith(str(contract.parent / "sub" / "b.kv.yaml") + ":1: ")
    assert lines[-1] == "2 contracts: 1 problem"


def test_the_shipped_contracts_are_sound() -> None:
    assert run(["validate", str(ROOT / "cases")]) == 0


def test_a_folder_without_contracts_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", str(tmp_path)]) == 1
    assert "holds no contract (*.kv.yaml)" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_a_problem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "cannot be read: No such file" in output(capsys, tmp_path / "a.kv.yaml")[0]


def test_problems_do_not_show_secrets(
    contract: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KVGUARD_MASK_KEY", "key")
    contract.write_text(contract.read_text().replace('canary: "KX-4471"', "canary: 447100"))
    shown = "\n".join(output(capsys, contract))
    assert "found [secret:" in shown
    assert "4471" not in shown.replace("KX-4471", "")


def test_checks_of_ones_own_are_known_once_their_module_is_imported(
    contract: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(contract.parent)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(table, "_RULES", dict(table._RULES))
    module = "from pytest_kvguard.verifiers.table import register\n@register('polite')\ndef judge(reply, value): ...\n"
    Path("my_checks_of_politeness.py").write_text(module)
    contract.write_text(contract.read_text().replace("{max_words: 30}", "{polite: true}"))
    assert run(["validate", str(contract)]) == 1
    assert run(["validate", str(contract), "--import=my_checks_of_politeness"]) == 0
    assert run(["validate", str(contract), "--import=no_such_module"]) == 1
    assert "--import=no_such_module: No module named 'no_such_module'" in capsys.readouterr().err


def test_no_model_library_is_loaded(contract: Path) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "pytest_kvguard", "validate", str(contract)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert ran.stdout == "1 contract: no problem\n"
    modules = {line.rpartition("|")[2].strip().partition(".")[0] for line in ran.stderr.splitlines()}
    assert "yaml" in modules
    assert not modules & {"torch", "transformers"}


@pytest.mark.parametrize("command", [["validate"], ["explain"], ["advise", "--policies=snapkv"]])
def test_no_command_shows_the_secret_of_a_contract_that_is_no_yaml(
    contract: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    contract.write_text("kvguard: 1\nname: bakery\ncontext:\n  instructions:\n    - no_leak: {canary: *Passw0rd}\n")
    capsys.readouterr()
    assert run([*command, str(contract)]) == 1
    shown = "".join(capsys.readouterr())
    assert "found the YAML alias or anchor *[secret:" in shown
    assert "Passw0rd" not in shown
