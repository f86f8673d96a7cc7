"""The last door before anything is shown: what pytest reports of a test gives no secret away and steers nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pytest_kvguard.plugin.items.guarded import is_guarded
from pytest_kvguard.plugin.session import session_key
from pytest_kvguard.reports.printable import printable_in_colour

__all__ = ["conceal"]

Clean = Callable[[str], str]


def conceal(item: pytest.Item, report: pytest.TestReport) -> None:
    """Mask secrets in a report's message, captured output and properties, whatever test it is of.

    Where the test runs models, they may be quoted there, too: no reply gets a say over terminal or CI.
    """
    kv = item.config.stash[session_key]
    guarded = is_guarded(item)
    if not guarded and not kv.has_secrets:
        return
    masker = kv.masker

    def clean(text: str) -> str:
        masked = masker.mask(text)
        return printable_in_colour(masked) if guarded else masked

    report.sections = [(name, clean(text)) for name, text in report.sections]
    report.user_properties = [(name, masker.mask_values(value)) for name, value in report.user_properties]
    report.longrepr = _cleaned(report.longrepr, clean)
    if hasattr(report, "wasxfail"):
        report.wasxfail = clean(report.wasxfail)


def _cleaned(part: Any, clean: Clean) -> Any:
    """Clean a message of pytest's: a text, a tuple, or the object it makes of a traceback."""
    if isinstance(part, str):
        return clean(part)
    if isinstance(part, list | tuple):
        return type(part)([_cleaned(inner, clean) for inner in part])
    if type(part).__module__.startswith("_pytest."):
        for name, value in vars(part).items():
            object.__setattr__(part, name, _cleaned(value, clean))
    return part
