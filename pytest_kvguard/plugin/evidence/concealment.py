"""Cleans pytest's reports before they are shown: masks secrets and makes control characters visible."""

from __future__ import annotations

import pytest

from pytest_kvguard.errors import ContractError
from pytest_kvguard.plugin.evidence.output_masking import RUNS_MODELS, OutputMasking
from pytest_kvguard.plugin.items.guarded import is_guarded
from pytest_kvguard.plugin.session import session_key

__all__ = ["conceal", "conceal_error"]


def conceal_error(item: pytest.Item, error: BaseException) -> None:
    """Mask the secrets of a contract that cannot be read, because its error may quote them."""
    if isinstance(error, ContractError):
        from pytest_kvguard.contract.secrets import secrets_in_file

        item.config.stash[session_key].masker.add(secrets_in_file(error.path))


def conceal(item: pytest.Item, report: pytest.TestReport) -> None:
    """Mask secrets in the message, captured output and properties of any test's report.

    The report of a test that runs models may quote their replies, so control characters are made visible there:
    a reply must not control the terminal or the CI log.
    """
    setattr(report, RUNS_MODELS, is_guarded(item))
    OutputMasking(item.config, item.config.stash[session_key]).clean_report(report)
