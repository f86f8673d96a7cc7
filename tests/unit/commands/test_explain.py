"""explain: the tokens of a prompt, each with its instruction."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from pytest_kvguard.commands import explain
from pytest_kvguard.commands.table import run
from pytest_kvguard.errors import ModelError
from pytest_kvguard.models.options import ModelOptions
from pytest_kvguard.runs.settings import read_settings
from tests.tokenizers import character_tokenizer

pytest.importorskip("torch", reason="explain asks the models' room for a tokenizer")

CONTRACT = """\
kvguard: 1
name: shop
context:
  preamble: You help.
  instructions:
    - id: hours
      text: Open at 9.
      check: {contains: "9"}
    - id: secret
      text: It is KX-4471.
      no_leak: {canary: "KX-4471"}
probes:
  opening: When?
  talk: ["Hi!", "Bye!"]
"""


@pytest.fixture
def contract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A contract, and a tokenizer in which every character is a token."""
    monkeypatch.setenv("KVGUARD_MASK_KEY", "key")
    monkeypatch.setattr("pytest_kvguard.models.load_model.load_tokenizer", lambda options: character_tokenizer())
    path = tmp_path / "shop.kv.yaml"
    path.write_text(CONTRACT)
    return path


def explained(capsys: pytest.CaptureFixture[str], *arguments: object) -> list[str]:
    assert run(["explain", *map(str, arguments)]) == 0
    return capsys.readouterr().out.splitlines()


def test_tokens_are_counted_by_instruction(contract: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = explained(capsys, contract)
    assert lines[0] == f"shop ({contract}), tokens of smolguard, probe opening"
    assert lines[1].startswith("120 tokens: 65 in the context, 55 after it")
    rows = [line.split() for line in lines[3:7]]
    assert rows[0] == ["instruction", "line", "tokens", "share", "where"]
    assert rows[1] == ["hours", "6", "10", "15%", "29-38"]
    assert rows[2] == ["secret", "9", "14", "22%", "40-53"]
    assert rows[3][:3] == ["(frame)", "41", "63%"]


def test_the_default_model_is_that_of_every_run() -> None:
    parser = argparse.ArgumentParser()
    explain.add_arguments(parser)
    assert parser.parse_args(["shop.kv.yaml"]).model == ModelOptions().name == read_settings().model.name


def test_the_default_models_former_name_becomes_the_present_one(
    contract: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "tokens of smolguard, probe" in explained(capsys, contract, "--model=probe")[0]


def test_every_token_is_shown_under_its_owner_with_borders(contract: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = explained(capsys, contract)
    assert lines[lines.index("hours  29-38") + 1] == "    O|p|e|n| |a|t| |9|."
    assert "(after the context)  65-119" in lines


def test_secrets_are_masked_unless_asked_for(contract: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "I|t| |i|s| |[secret:" in "\n".join(explained(capsys, contract))
    assert "I|t| |i|s| |K|X|-|4|4|7|1|." in "\n".join(explained(capsys, contract, "--show-secrets"))


def test_another_order_and_another_probe_can_be_asked_for(contract: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = explained(capsys, contract, "--order=secret,hours", "--probe=talk")
    assert "secret  29-42" in lines and "hours  44-53" in lines
    assert "H|i|!" in "\n".join(lines)


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("--probe=opning", "--probe=opning: unknown probe. Allowed: opening, talk. Did you mean 'opening'?"),
        ("--order=hours", "--order=hours does not name each instruction once. As written they are: hours,secret."),
    ],
)
def test_a_wrong_name_is_answered_with_the_right_ones(
    contract: Path, capsys: pytest.CaptureFixture[str], argument: str, message: str
) -> None:
    assert run(["explain", str(contract), argument]) == 1
    assert capsys.readouterr().err == message + "\n"


def test_what_is_wrong_with_the_contract_or_the_model_is_said(
    contract: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(options: object) -> None:
        raise ModelError("no such model.")

    monkeypatch.setattr("pytest_kvguard.models.load_model.load_tokenizer", refuse)
    assert run(["explain", str(contract)]) == 1
    assert capsys.readouterr().err == "no such model.\n"
    contract.write_text(CONTRACT.replace("contains", "holds"))
    assert run(["explain", str(contract)]) == 1
    assert f"{contract}:8: unknown check 'holds'" in capsys.readouterr().err
