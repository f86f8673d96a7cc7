"""validate: every problem of contracts; with a model also the checks that hold without their instruction."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from pytest_kvguard.commands.ablation import add_ablation_arguments, print_problems, run_ablation, settings_of
from pytest_kvguard.contract.file_name import SUFFIX, is_misnamed
from pytest_kvguard.contract.model import Contract
from pytest_kvguard.contract.parse import find_problems, parse_contract
from pytest_kvguard.contract.placeholders import placeholder_warning
from pytest_kvguard.contract.secrets import secrets_in_file
from pytest_kvguard.errors import ContractError, UsageError
from pytest_kvguard.leaks.masking import Masker
from pytest_kvguard.reports.ablation import ablation_total
from pytest_kvguard.reports.masked import register_secrets
from pytest_kvguard.reports.printable import printable
from pytest_kvguard.runs.mask_key import mask_key

__all__ = ["HELP", "add_arguments", "contract_files", "masked_problem", "run"]

HELP = "check contracts; prints every problem as file:line"
PATTERN = f"*{SUFFIX}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("paths", type=Path, nargs="+", metavar="FILE", help=f"contracts, or folders of {PATTERN}")
    parser.add_argument(
        "--import", dest="modules", action="append", default=[], metavar="MODULE", help="a module that registers checks"
    )
    parser.add_argument("--model", help="also run this model, uncompressed, without each instruction in turn")
    parser.add_argument("--trust-remote-code", action="store_true", help="run code from the model's hub repository")
    add_ablation_arguments(parser, "--model")


def run(options: argparse.Namespace) -> int:
    """Print every problem; return 1 if there is one.

    With a model, a check that holds without its instruction is a problem, too.

    Raises:
        KVGuardError: a folder holds no contract, a module cannot be imported, or the model is wrong.
    """
    _import_all(options.modules)
    contracts = contract_files(options.paths, with_misnamed=True)
    problems = {contract: find_problems(contract) for contract in contracts}
    for contract, of_contract in problems.items():
        for problem in of_contract:
            print(masked_problem(problem, contract))
    sound = [parse_contract(contract) for contract, of_contract in problems.items() if not of_contract]
    count, warnings = sum(map(len, problems.values())), sum(map(_warn, sound))
    told = _counted(warnings, "warning") if warnings else ""
    found = _counted(count, "problem") if count else "no problem"
    print(f"{_counted(len(contracts), 'contract')}: {found}{told and f', {told}'}")
    useless = options.model is not None and bool(sound) and _print_ablation(sound, options)
    return 1 if count or useless else 0


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _warn(contract: Contract) -> bool:
    """Print the warning about a contract's placeholders, if it has any; return whether it has."""
    warning = placeholder_warning(contract)
    if warning is not None:
        message, line = warning
        print(masked_problem(ContractError(f"warning: {message}", contract.path, line), contract.path))
    return warning is not None


def _print_ablation(contracts: Sequence[Contract], options: argparse.Namespace) -> bool:
    """Print the checks that hold without their instruction, and their number; return whether there is one."""
    title, checks = run_ablation(settings_of(options), contracts)
    masker = Masker(mask_key)
    for contract in contracts:
        register_secrets(masker, contract)
    useless = print_problems(checks, contracts, masker)
    print(f"{title}, uncompressed: {ablation_total(checks)}")
    return useless


def contract_files(paths: Sequence[Path], with_misnamed: bool = False) -> list[Path]:
    """Return the named files, and the contracts in the named folders.

    Args:
        paths: files and folders.
        with_misnamed: also return the files in folders whose names end nearly as a contract's does.

    Raises:
        UsageError: a folder holds no contract.
    """
    return [file for path in paths for file in _in(path, with_misnamed)]


def _in(path: Path, with_misnamed: bool) -> list[Path]:
    if not path.is_dir():
        return [path]
    misnamed = [file for file in path.rglob("*.*") if is_misnamed(file.name)]
    contracts = sorted([*path.rglob(PATTERN), *(misnamed if with_misnamed else ())])
    if not contracts:
        found = f", but {misnamed[0].name}. Rename it" if misnamed else ". Name another folder, or the files"
        raise UsageError(f"{path} holds no contract ({PATTERN}){found}.")
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
