"""Refuses ini keys that were meant for this plugin and are none of its options; pytest only warns of them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

import pytest

from pytest_kvguard.errors import UsageError
from pytest_kvguard.runs.options import OPTIONS

__all__ = ["refuse_unknown_keys"]

OWN, FOREIGN = 0.6, 0.8
"""The similarity, 0..1, from which a key resembles an option: of a key that begins like ours, and of any other key."""


def refuse_unknown_keys(config: pytest.Config) -> None:
    """Refuse a misspelt key: a run without its policy would compress nothing and end green.

    Raises:
        UsageError: the ini file, or ``-o``, sets a key that no plugin declares and that resembles one of ours.
    """
    for key in _keys(config):
        if not _is_declared(config, key) and (advice := _advice(key)):
            place = f"{config.inipath}: " if config.inipath else ""
            raise UsageError(
                f"{place}the ini key {key} is no option of pytest-kvguard, so it would do nothing. {advice}"
            )


def _keys(config: pytest.Config) -> Iterator[str]:
    # The public attribute is deprecated from pytest 9.1 on, and nothing else lists the keys.
    yield from config._inicfg if hasattr(config, "_inicfg") else config.inicfg
    yield from (text.partition("=")[0] for text in config.getoption("override_ini", None) or ())


def _is_declared(config: pytest.Config, key: str) -> bool:
    try:
        config.getini(key)
    except ValueError:
        return False
    return True


def _advice(key: str) -> str:
    """Return what to do about an unknown key; empty for one that was meant for another plugin."""
    spelt = re.sub(r"\W+", "_", key.lower()).strip("_")
    is_own = spelt.startswith("kv")
    names = [option.name for option in OPTIONS]
    near = difflib.get_close_matches(spelt, names, n=1, cutoff=OWN if is_own else FOREIGN)
    strings = {string.strip("-").replace("-", "_"): option.name for option in OPTIONS for string in option.strings}
    name = strings.get(spelt) or (near[0] if near else "")
    if name:
        return f"Did you mean {name}?"
    return "Remove it; --help lists the keys that begin with kv_." if is_own else ""
