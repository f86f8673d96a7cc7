"""The choice of a harmless change for a backend."""

from __future__ import annotations

import pytest

from pytest_kvguard.backends.null_changes import NULL_CHANGES, choose_null_change
from pytest_kvguard.backends.scripted import Scripted
from pytest_kvguard.errors import UsageError


class Old:
    """A backend from before there was a null arm."""

    title = "an old server"


def backend(*offered: str) -> Scripted:
    scripted = Scripted(lambda request: "")
    scripted.null_changes = offered
    return scripted


def test_auto_takes_what_the_backend_prefers() -> None:
    assert choose_null_change(backend("batch", "kernel"), "auto") == "batch"


def test_a_change_can_be_named_or_switched_off() -> None:
    assert choose_null_change(backend("batch", "kernel"), "kernel") == "kernel"
    assert choose_null_change(backend("batch"), "off") == ""


def test_a_backend_that_knows_no_change_has_no_null_arm() -> None:
    assert choose_null_change(Old(), "auto") == ""  # type: ignore[arg-type]
    assert choose_null_change(backend(), "auto") == ""


def test_a_change_that_the_backend_cannot_run_is_refused_with_those_it_can() -> None:
    with pytest.raises(UsageError, match=r"It can run batch. Use --kv-null=auto, or --kv-null=off"):
        choose_null_change(backend("batch"), "kernel")
    with pytest.raises(UsageError, match="an old server has no such harmless change. It has no null arm."):
        choose_null_change(Old(), "kernel")  # type: ignore[arg-type]


def test_the_scripted_backend_has_every_change() -> None:
    assert Scripted(lambda request: "").null_changes == tuple(NULL_CHANGES)
