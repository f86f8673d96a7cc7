"""new: a commented contract to start from."""

from __future__ import annotations

import argparse
import re
from importlib.resources import files
from pathlib import Path

from pytest_kvguard.contract.file_name import SUFFIX, collected_name
from pytest_kvguard.errors import UsageError
from pytest_kvguard.external.whole_file import create_file

__all__ = ["HELP", "add_arguments", "run"]

HELP = "write a commented contract to start from"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("file", type=Path, help=f"the contract to write; its name ends in {SUFFIX}")


def run(options: argparse.Namespace) -> int:
    """Write the file, unless it exists.

    Raises:
        UsageError: pytest would not collect a file of this name, it exists, or it cannot be written.
    """
    path: Path = options.file
    if not path.name.endswith(SUFFIX):
        raise UsageError(f"{path}: pytest collects contracts by their ending. Name it {collected_name(path)}.")
    if path.exists():
        raise UsageError(f"{path} exists and is left as it is. Choose another name, or delete it first.")
    text = files("pytest_kvguard.commands").joinpath("starter.yaml").read_text(encoding="utf-8")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        create_file(path, text.replace("name: starter", f"name: {_contract_name(path)}").encode())
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}. Choose another folder.") from error
    print(f"{path} written. Edit it, then:")
    print(f"  python -m pytest_kvguard validate {path}")
    print(f"  pytest {path} -rs                      # what the uncompressed model obeys")
    print(f"  pytest {path} --kv-policy=snapkv       # what survives compression")
    return 0


def _contract_name(path: Path) -> str:
    """Return a valid contract name from the file's name."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", path.name.removesuffix(SUFFIX)).strip("-") or "starter"
