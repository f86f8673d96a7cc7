"""The uncompressed model without each instruction, for ``explain --ablate`` and ``validate --model``."""

from __future__ import annotations

import argparse
import atexit
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pytest_kvguard.commands.run_arguments import add_run_arguments, given_arguments
from pytest_kvguard.contract.model import Contract
from pytest_kvguard.errors import UsageError
from pytest_kvguard.leaks.masking import Masker
from pytest_kvguard.reports.ablation import problem_of
from pytest_kvguard.reports.printable import printable
from pytest_kvguard.runs.given import GivenOptions
from pytest_kvguard.runs.settings import RunSettings, read_settings
from pytest_kvguard.values.ablation import AblatedCheck

if TYPE_CHECKING:
    from pytest_kvguard.backends.protocol import Backend

__all__ = ["add_ablation_arguments", "load_backend", "print_problems", "run_ablation", "settings_of"]

RUN_OPTIONS = (
    "kv_device",
    "kv_dtype",
    "kv_attn",
    "kv_seed",
    "kv_no_code",
    "kv_judge",
    "kv_judge_model",
    "kv_store_dir",
    "kv_no_store",
)
DECLARED_ALREADY = ("kv_model", "kv_trust_remote_code")
"""Options that each command declares itself."""


def add_ablation_arguments(parser: argparse.ArgumentParser, when: str) -> None:
    """Declare how the model runs.

    Args:
        parser: the command's parser.
        when: the argument with which the model runs.
    """
    add_run_arguments(parser.add_argument_group(f"with {when}"), RUN_OPTIONS)


def settings_of(options: argparse.Namespace) -> RunSettings:
    """Return the settings that the arguments describe.

    Raises:
        UsageError: one of them is wrong.
    """
    return read_settings(GivenOptions.of(given_arguments(options, (*RUN_OPTIONS, *DECLARED_ALREADY))))


def run_ablation(settings: RunSettings, contracts: Sequence[Contract]) -> tuple[str, list[AblatedCheck]]:
    """Return the title of the backend, and whether each check of the contracts needs its instruction.

    Raises:
        KVGuardError: the model is wrong, or there is no check to try.
    """
    from pytest_kvguard.evaluation.ablate import ablate
    from pytest_kvguard.evaluation.run_case import Runner
    from pytest_kvguard.verifiers.judge import use_judge
    from pytest_kvguard.verifiers.judge_endpoint import JudgeEndpoint

    judge = settings.judge
    use_judge(JudgeEndpoint(judge.url, judge.model, judge.key, judge.timeout_seconds) if judge.url else None)
    backend = load_backend(settings)
    resolved = [settings.resolve(contract) for contract in contracts]
    checks = ablate(Runner(backend), resolved, settings.kernels[0], _print_progress)
    if not checks:
        raise UsageError("nothing was tried without its instruction: no probe has a check. Attacks do not count.")
    return backend.title, checks


def print_problems(checks: Sequence[AblatedCheck], contracts: Sequence[Contract], masker: Masker) -> bool:
    """Print a line for every check that proves nothing; return whether there is one."""
    by_file = {contract.path: contract for contract in contracts}
    problems = [(check, problem) for check in checks if (problem := problem_of(check))]
    for check, problem in problems:
        line = by_file[check.file].instruction(check.instruction).line
        print(printable(masker.mask(f"{check.file}:{line}: {problem}")))
    return bool(problems)


def load_backend(settings: RunSettings) -> Backend:
    """Return the backend; replies come from the result store where they are there, and go there."""
    from pytest_kvguard.models.load_model import load_model
    from pytest_kvguard.runs.backend import BackendMaker, open_store

    store = open_store(settings, lambda trouble: print(trouble, file=sys.stderr)) if settings.store.is_on else None
    if store is not None:
        atexit.register(store.close)
    return BackendMaker(settings, lambda: load_model(settings.model, for_contracts=True), atexit.register).make(store)


def _print_progress(label: str, done: int, total: int) -> None:
    """Overwrite one line of a terminal; a pipe gets none."""
    if sys.stderr.isatty():
        print(f"\r{label} {done}/{total}\x1b[K", end="" if done < total else "\r\x1b[K", file=sys.stderr, flush=True)
