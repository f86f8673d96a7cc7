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
POLICIES = (
    "h2o,streaming_llm,adakv,kivi,gear,fp8,pyramidkv,expected_attention,kivi(adakv, group=4, residual=4),"
    "sliding(window=24)"
)
"""The default policies under test: sums and a window, sinks, uneven heads, three quantizers, uneven layers, future
queries, a quantizer of uneven heads, and one of transformers' caches."""
LAYOUTS = ("runs", "llama-two-kv-heads-of-three", "gemma3-sliding")
"""What correct policies are asked: whether they run on every random model, and all else on two of them."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    parser.add_argument("--list", action="store_true", help="list the faults instead")
    parser.add_argument(
        "--correct",
        action="store_true",
        help="plant nothing: ask the invariants of policies that are correct, where every alarm is false",
    )


def run(options: argparse.Namespace) -> int:
    """Run pytest with the shipped suite and ``--kv-faults``, or print the catalogue."""
    if options.list:
        _print_catalogue()
        return 0
    if options.correct:
        return subprocess.call([*_correct(), *options.rest])
    policy = [] if any(word.startswith("--kv-policy") for word in options.rest) else [f"--kv-policy={POLICIES}"]
    # A separate process, because pytest must import the tests before anything else does.
    command = [sys.executable, "-m", "pytest", "--kv-faults", "--pyargs", SUITE, *policy, *options.rest]
    return subprocess.call(command)


def _correct() -> list[str]:
    """Return the command that asks the invariants of everything that is correct and can be created here."""
    from pytest_kvguard.faults.correct.specs import runnable_specs

    policies = f"--kv-policy={','.join(runnable_specs())}"
    suite = [sys.executable, "-m", "pytest", "--pyargs", "pytest_kvguard.invariants", policies, "--ratio=0.5"]
    return [*suite, "-k", " or ".join(LAYOUTS)]


def _print_catalogue() -> None:
    from pytest_kvguard.faults.catalogue import all_faults, all_refactors

    for fault in all_faults():
        levels = ", ".join(LEVELS[letter] for letter in fault.levels)
        print(f"{fault.id}  (around the {fault.around}; {fault.seen})")
        print(f"    {fault.symptom}: {fault.seed}; seen in: {levels}")
    print("\nchanges that change nothing:")
    for refactor in all_refactors():
        print(f"{refactor.id}  (around the {refactor.around}): {refactor.change}")
