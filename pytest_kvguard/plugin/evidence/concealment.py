"""Cleans pytest's reports before they are shown: masks secrets and removes control characters."""

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
    """Mask secrets in the message, captured output and properties of any test's report.

    The report of a test that runs models may quote their replies, so control characters are made visible there:
    a reply must not control the terminal or the CI log.
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
    """Return a part of pytest's message with its texts cleaned: a text, a sequence, or a traceback object."""
    if isinstance(part, str):
        return clean(part)
    if isinstance(part, list | tuple):
        return type(part)([_cleaned(inner, clean) for inner in part])
    if type(part).__module__.startswith("_pytest."):
        for name, value in vars(part).items():
            object.__setattr__(part, name, _cleaned(value, clean))
    return part
