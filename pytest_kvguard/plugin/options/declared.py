"""Declares every option of the table to pytest, and reads the texts that the user gave."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_kvguard.runs.given import GivenOptions
from pytest_kvguard.runs.options import GROUPS, OPTIONS, Option, option_help

__all__ = ["add_options", "given_options"]


def add_options(parser: pytest.Parser) -> None:
    """Declare every option and its ini value, under one heading per group."""
    groups = {name: parser.getgroup(*heading) for name, heading in GROUPS.items()}
    for option in OPTIONS:
        text = option_help(option)
        if option.strings:
            groups[option.group].addoption(*option.strings, dest=option.name, help=text, **_details(option))
        same = f" (same as {option.strings[0]})" if option.strings else ""
        parser.addini(option.name, text + same, type=_ini_type(option), default=_ini_default(option))


def _details(option: Option) -> dict[str, Any]:
    if option.is_flag:
        return {"action": "store_true", "default": None}
    return {"action": "append", "default": [], "metavar": option.metavar}


def _ini_type(option: Option) -> Any:
    return "bool" if option.is_flag else "linelist" if option.is_list else None


def _ini_default(option: Option) -> Any:
    return False if option.is_flag else [] if option.is_list else ""


def given_options(config: pytest.Config) -> GivenOptions:
    """Return the texts of all options that were given on the command line or in the ini file."""
    typed: dict[str, tuple[str, ...]] = {}
    configured: dict[str, tuple[str, ...]] = {}
    overrides = dict(text.partition("=")[::2] for text in config.getoption("override_ini", None) or ())
    for option in OPTIONS:
        value = config.getoption(option.name, None) if option.strings else overrides.get(option.name)
        if value:
            typed[option.name] = () if option.is_flag else tuple(value) if isinstance(value, list) else (value,)
        if texts := _ini_texts(config, option):
            configured[option.name] = texts
    return GivenOptions(typed, configured, config.invocation_params.dir, config.rootpath)


def _ini_texts(config: pytest.Config, option: Option) -> tuple[str, ...]:
    value = config.getini(option.name)
    if option.is_flag:
        return ("true",) if value else ()
    return tuple(value) if option.is_list else tuple(filter(None, [str(value)]))
