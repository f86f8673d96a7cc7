"""Arguments of commands that are pytest options without their prefix."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import Any

from pytest_kvguard.runs.options import option_help, option_named

__all__ = ["add_run_arguments", "given_arguments"]

PREFIX = "kv_"


def add_run_arguments(parser: argparse._ActionsContainer, names: Iterable[str]) -> None:
    """Declare an argument for each of these options; ``kv_dtype`` becomes ``--dtype``."""
    for name in names:
        option = option_named(name)
        details: dict[str, Any] = {"action": "store_true"} if option.is_flag else {"metavar": option.metavar}
        argument = name.removeprefix(PREFIX).replace("_", "-")
        parser.add_argument(f"--{argument}", help=option_help(option), **details)


def given_arguments(options: argparse.Namespace, names: Iterable[str]) -> dict[str, Any]:
    """Return option name → what was given for it on the command line."""
    return {name: getattr(options, name.removeprefix(PREFIX)) for name in names}
