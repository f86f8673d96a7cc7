"""The table of commands."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence

from pytest_kvguard.commands import (
    advise,
    compare,
    explain,
    faults,
    history,
    init,
    lengths,
    negatives,
    new,
    store,
    throughput,
    validate,
)
from pytest_kvguard.errors import ContractError, KVGuardError
from pytest_kvguard.external.extensions import load_extensions

__all__ = ["COMMANDS", "run"]

COMMANDS = {
    "init": init,
    "new": new,
    "validate": validate,
    "explain": explain,
    "advise": advise,
    "negatives": negatives,
    "lengths": lengths,
    "throughput": throughput,
    "compare": compare,
    "history": history,
    "faults": faults,
    "store": store,
}


def _write_any_text() -> None:
    """Let output that the terminal's encoding lacks characters for show them as escapes, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def run(arguments: Sequence[str]) -> int:
    """Run a command and return its exit code: 0 for success, 1 for a failure, 2 for wrong arguments."""
    _write_any_text()
    parser = argparse.ArgumentParser(prog="python -m pytest_kvguard", description="Tools beside the plugin.")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        command.add_arguments(subparsers.add_parser(name, help=command.HELP, description=command.HELP))
    options, rest = parser.parse_known_args(arguments)
    if rest and not getattr(COMMANDS[options.command], "PASSES_ON", False):
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    options.rest = rest
    try:
        load_extensions()
        code: int = COMMANDS[options.command].run(options)
        return code
    except BrokenPipeError:
        # The reader of the output has stopped, e.g. `head`; without this, Python would complain again when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except ContractError as error:
        print(validate.masked_problem(error, error.path), file=sys.stderr)
        return 1
    except KVGuardError as error:
        print(error, file=sys.stderr)
        return 1
