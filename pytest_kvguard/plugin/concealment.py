"""The last door before anything is shown: secrets are masked in all that pytest reports of a test."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_kvguard.leaks.masking import Masker
from pytest_kvguard.plugin.cells import is_guarded
from pytest_kvguard.plugin.collection import CONTRACT_SUFFIX
from pytest_kvguard.plugin.session import session_key
from pytest_kvguard.reports.printable import printable, without_commands

__all__ = ["conceal"]

NOT_REPORTED = (str, bytes, int, float, bool, type(None))


def conceal(item: pytest.Item, report: pytest.TestReport) -> None:
    """Mask secrets in a report's message, captured output and properties, whatever test it is of."""
    masker = item.config.stash[session_key].masker
    report.sections = [(name, _harmless(item, masker.mask(text))) for name, text in report.sections]
    if masker.is_idle:
        return
    report.user_properties = [(name, masker.mask_values(value)) for name, value in report.user_properties]
    report.longrepr = _conceal(report.longrepr, masker)
    if hasattr(report, "wasxfail"):
        report.wasxfail = masker.mask(report.wasxfail)


def _harmless(item: pytest.Item, text: str) -> str:
    """Return captured output of a test that runs models so that no reply in it has a say over terminal or CI."""
    if not is_guarded(item):
        return text
    return printable(text) if item.path.name.endswith(CONTRACT_SUFFIX) else without_commands(text)


def _conceal(part: Any, masker: Masker) -> Any:
    """Mask a message of pytest's: a text, a tuple, or the object it makes of a traceback."""
    if isinstance(part, str):
        return masker.mask(part)
    if isinstance(part, NOT_REPORTED):
        return part
    if isinstance(part, list | tuple):
        return type(part)([_conceal(inner, masker) for inner in part])
    if type(part).__module__.startswith("_pytest."):
        for name, value in vars(part).items():
            object.__setattr__(part, name, _conceal(value, masker))
    return part
