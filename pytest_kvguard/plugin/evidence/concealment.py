"""Makes what pytest reports of a test fit to be shown: it gives no secret away and steers nothing."""

from __future__ import annotations

import pytest

from pytest_kvguard.errors import ContractError
from pytest_kvguard.plugin.evidence.last_door import RUNS_MODELS, LastDoor
from pytest_kvguard.plugin.items.guarded import is_guarded
from pytest_kvguard.plugin.session import session_key

__all__ = ["conceal", "conceal_error"]


def conceal_error(item: pytest.Item, error: BaseException) -> None:
    """Mask the secrets of a contract that cannot be read; its error may quote them."""
    if isinstance(error, ContractError):
        from pytest_kvguard.contract.secrets import secrets_in_file

        item.config.stash[session_key].masker.add(secrets_in_file(error.path))


def conceal(item: pytest.Item, report: pytest.TestReport) -> None:
    """Mask secrets in a report's message, captured output and properties, whatever test it is of.

    Where the test runs models, they may be quoted there, too: no reply gets a say over terminal or CI.
    """
    setattr(report, RUNS_MODELS, is_guarded(item))
    LastDoor(item.config, item.config.stash[session_key]).clean_report(report)
