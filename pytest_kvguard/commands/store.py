"""store: the content of the result store, and its removal."""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path

from pytest_kvguard.errors import UsageError
from pytest_kvguard.models.embedded_model import results_directory
from pytest_kvguard.result_store.store import DEFAULT_MIB, ResultStore

__all__ = ["HELP", "add_arguments", "run"]

HELP = "show what the result store holds, prune or clear it"
MIB = 1 << 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "action", nargs="?", choices=("show", "prune", "clear"), default="show", help="what to do (%(default)s)"
    )
    parser.add_argument("--dir", type=Path, metavar="DIR", help="its folder (default: in the cache folder)")
    parser.add_argument(
        "--mib", type=int, default=DEFAULT_MIB, metavar="N", help="prune: what may be left (%(default)s)"
    )


def run(options: argparse.Namespace) -> int:
    """Run the action, then print the content of the store.

    Raises:
        UsageError: a negative limit, or entries that cannot be removed.
    """
    if options.mib < 0:
        raise UsageError(f"--mib={options.mib} is below 0. Give the MiB that may be left.")
    store = ResultStore(options.dir or results_directory(), options.mib * MIB)
    try:
        if options.action == "prune":
            print(f"removed {_count(store.prune())}, the longest unused ones")
        if options.action == "clear":
            print(f"removed {_count(store.clear())}")
    except OSError as error:
        raise UsageError(f"{store.folder} cannot be cleared: {error}. Check whose files these are.") from error
    print(_content(store))
    return 0


def _content(store: ResultStore) -> str:
    entries = store.entries()
    if not entries:
        return f"{store.folder}: empty"
    oldest, newest = (
        datetime.fromtimestamp(entry.used).isoformat(" ", "minutes") for entry in (entries[0], entries[-1])
    )
    size = sum(entry.size_bytes for entry in entries) / MIB
    return f"{store.folder}: {_count(len(entries))}, {size:.1f} MiB, used from {oldest} to {newest}"


def _count(entries: int) -> str:
    return f"{entries} {'entry' if entries == 1 else 'entries'}"
