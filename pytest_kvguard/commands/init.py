"""init: sets a project up."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from pytest_kvguard.errors import UsageError
from pytest_kvguard.external.whole_file import create_file

__all__ = ["HELP", "add_arguments", "run"]

HELP = "set a project up: a contract, ini settings, a CI workflow; never over a file that is there"
CONTRACT = Path("contracts", "assistant.kv.yaml")
SCHEMA = Path("contracts", ".contract.schema.json")
WORKFLOW = Path(".github", "workflows", "kvguard.yml")
INI = Path("pytest.ini")
RIVALS = ("pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")
"""Files that may configure pytest already; a new pytest.ini would hide their settings."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("folder", type=Path, nargs="?", default=Path(), help="the project (default: where you are)")


def run(options: argparse.Namespace) -> int:
    """Write the files that are missing, and print which were written and which were kept.

    Raises:
        UsageError: a file cannot be written.
    """
    folder: Path = options.folder
    for path, text in _files(folder):
        if (folder / path).exists():
            print(f"  kept     {path}")
        else:
            _write(folder / path, text)
            print(f"  written  {path}")
    print("Next:")
    print("  pytest -rs                      # what the uncompressed model obeys")
    print("  pytest --kv-policy=snapkv       # what survives compression")
    print("  pytest --kv-policy=snapkv --kv-accept=update   # accept what is lost today; commit kvguard.accepted.yaml")
    return 0


def _files(folder: Path) -> Iterator[tuple[Path, str]]:
    starter = _text("starter.yaml").replace("name: starter", "name: assistant")
    yield CONTRACT, f"# yaml-language-server: $schema={SCHEMA.name}\n{starter}"
    yield SCHEMA, files("pytest_kvguard.contract").joinpath("contract.schema.json").read_text(encoding="utf-8")
    yield WORKFLOW, _text("project/kvguard.yml")
    rival = next((name for name in RIVALS if (folder / name).exists()), None)
    if rival in (None, INI.name):
        yield INI, _text("project/pytest.ini")
    else:
        print(f"  kept     {rival}; pytest may be configured there: set testpaths, kv_policy and kv_ratio in it")


def _text(name: str) -> str:
    return files("pytest_kvguard.commands").joinpath(*name.split("/")).read_text(encoding="utf-8")


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        create_file(path, text.encode())
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}. Choose another folder.") from error
