"""The list of correct things is complete, and each can be created."""

from __future__ import annotations

from kvguard_policies.spec import load
from kvguard_policies.table import CACHES, QUANTIZERS, names
from pytest_kvguard.faults.correct import own_caches, policies, quantizers
from pytest_kvguard.faults.correct.specs import HOME, NEEDS_ACCELERATOR, OF_USERS, correct_specs, runnable_specs

FEWEST, FEWEST_OF_USERS = 30, 10


def test_every_shipped_policy_quantizer_and_cache_is_asked() -> None:
    asked = " ".join(correct_specs())
    assert [name for name in (*names(), *QUANTIZERS, *CACHES) if name not in asked] == [NEEDS_ACCELERATOR]


def test_every_correct_class_of_users_is_asked() -> None:
    for module in (own_caches, policies, quantizers):
        for name in module.__all__:
            assert any(f"{module.__name__}:{name}" in spec for spec in OF_USERS)


def test_at_least_thirty_things_can_be_created_here_ten_of_them_written_as_users_do() -> None:
    specs = runnable_specs()
    assert len(specs) >= FEWEST
    assert len({load(spec).spec for spec in specs}) == len(specs)
    assert sum(HOME in spec for spec in specs) >= FEWEST_OF_USERS
