"""faults: the share of known defects that the shipped suite, and suites named beside it, notice."""

from __future__ import annotations

import argparse
import subprocess
import sys

from pytest_kvguard.faults.fault import LEVELS

__all__ = ["HELP", "PASSES_ON", "add_arguments", "run"]

HELP = "plant known defects and say which of them the shipped suite, and yours beside it, notices"
PASSES_ON = True
"""All other arguments are pytest's."""

SUITE = "pytest_kvguard.faults"
POLICIES = "h2o,streaming_llm,adakv,kivi"
"""The default policies under test: a window and sums, sinks, uneven heads, a quantizer."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    parser.add_argument("--list", action="store_true", help="list the faults instead")


def run(options: argparse.Namespace) -> int:
    """Run pytest with the shipped suite and ``--kv-faults``, or print the catalogue."""
    if options.list:
        _print_catalogue()
        return 0
    policy = [] if any(word.startswith("--kv-policy") for word in options.rest) else [f"--kv-policy={POLICIES}"]
    # A separate process, because pytest must import the tests before anything else does.
    command = [sys.executable, "-m", "pytest", "--kv-faults", "--pyargs", SUITE, *policy, *options.rest]
    return subprocess.call(command)


def _print_catalogue() -> None:
    from pytest_kvguard.faults.catalogue import all_faults, all_refactors

    for fault in all_faults():
        levels = ", ".join(LEVELS[letter] for letter in fault.levels)
        print(f"{fault.id}  (around the {fault.around}; {fault.seen})")
        print(f"    {fault.symptom}: {fault.seed}; seen in: {levels}")
    print("\nchanges that change nothing:")
    for refactor in all_refactors():
        print(f"{refactor.id}  (around the {refactor.around}): {refactor.change}")
