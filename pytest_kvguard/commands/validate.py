"""validate: every problem of contracts, without a model."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from pytest_kvguard.contract.parse import find_problems
from pytest_kvguard.contract.secrets import secrets_in_file
from pytest_kvguard.errors import ContractError, UsageError
from pytest_kvguard.leaks.masking import Masker
from pytest_kvguard.reports.printable import printable
from pytest_kvguard.runs.mask_key import mask_key

__all__ = ["HELP", "add_arguments", "contract_files", "masked_problem", "run"]

HELP = "check contracts; prints every problem as file:line"
PATTERN = "*.kv.yaml"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("paths", type=Path, nargs="+", metavar="FILE", help=f"contracts, or folders of {PATTERN}")
    parser.add_argument(
        "--import", dest="modules", action="append", default=[], metavar="MODULE", help="a module that registers checks"
    )


def run(options: argparse.Namespace) -> int:
    """Print every problem; return 1 if there is one.

    Raises:
        UsageError: a folder holds no contract, or a module cannot be imported.
    """
    _import_all(options.modules)
    contracts = contract_files(options.paths)
    problems = {contract: find_problems(contract) for contract in contracts}
    for contract, of_contract in problems.items():
        for problem in of_contract:
            print(masked_problem(problem, contract))
    count = sum(map(len, problems.values()))
    files = f"{len(contracts)} contract{'s' if len(contracts) != 1 else ''}"
    print(f"{files}: {f'{count} problem' + 's' * (count != 1) if count else 'no problem'}")
    return 1 if count else 0


def contract_files(paths: Sequence[Path]) -> list[Path]:
    """Return the named files, and the contracts in the named folders.

    Raises:
        UsageError: a folder holds no contract.
    """
    return [file for path in paths for file in _in(path)]


def _in(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    contracts = sorted(path.rglob(PATTERN))
    if not contracts:
        raise UsageError(f"{path} holds no contract ({PATTERN}). Name another folder, or the files.")
    return contracts


def masked_problem(problem: ContractError, contract: Path) -> str:
    """Return a problem's message with the secrets of its file masked, which it may quote."""
    masker = Masker(mask_key)
    masker.add(secrets_in_file(contract))
    return printable(masker.mask(str(problem)))


def _import_all(modules: Sequence[str]) -> None:
    sys.path.insert(0, str(Path.cwd()))
    for name in modules:
        try:
            import_module(name)
        except ImportError as error:
            raise UsageError(f"--import={name}: {error}. Name a module that Python finds from here.") from error
