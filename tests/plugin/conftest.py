"""A user's folder for tests: contracts, a scripted model in conftest.py, and runs of pytest."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

# Imported here once: an in-process run drops modules that it imports first, so each run would import them again.
import pytest_kvguard.backends.scripted
import pytest_kvguard.contract.order
import pytest_kvguard.contract.parse
import pytest_kvguard.evaluation.gates
import pytest_kvguard.evaluation.judge_gate
import pytest_kvguard.leaks.masking
import pytest_kvguard.plugin.evidence.concealment
import pytest_kvguard.plugin.evidence.stream
import pytest_kvguard.plugin.hookspecs
import pytest_kvguard.plugin.items.guarded
import pytest_kvguard.plugin.items.ifeval_file
import pytest_kvguard.reports.failure
import pytest_kvguard.reports.gate
import pytest_kvguard.reports.github
import pytest_kvguard.reports.html.page
import pytest_kvguard.reports.json_report
import pytest_kvguard.reports.junit
import pytest_kvguard.reports.masked  # noqa: F401
from tests.plugin.shop import OBEYS, SHOP

if TYPE_CHECKING:
    from tests.plugin.tiny_suite import TinySuite

CONFTEST = """
from pytest_kvguard.backends.scripted import Scripted

REPLIES = {replies!r}

def answer(request):
    reply = REPLIES.get(request.policy, REPLIES["none"])[request.turns[-1]]
    if reply.startswith("raise "):
        raise RuntimeError(reply.removeprefix("raise "))
    return reply

def pytest_kvguard_backend(config):
    return Scripted(answer)
"""


class Guard:
    """Does what a user does: writes contracts, chooses the model's replies, runs pytest."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester

    def contract(self, text: str = SHOP, name: str = "shop.kv.yaml") -> Path:
        path = self.pytester.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def replies(self, uncompressed: Mapping[str, str] = OBEYS, **by_policy: Mapping[str, str]) -> None:
        """Set the reply to each user turn; a policy without replies of its own replies as the uncompressed model."""
        self.pytester.makeconftest(CONFTEST.format(replies={"none": uncompressed, **by_policy}))

    def run(self, *args: str) -> pytest.RunResult:
        return self.pytester.runpytest_inprocess(*args)

    def node_ids(self, *args: str) -> list[str]:
        lines = self.run("--collect-only", "-q", *args).outlines
        return [line for line in lines if "::" in line]

    def screen(self, *args: str) -> str:
        return self.run(*args).stdout.str()


@pytest.fixture
def guard(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Guard:
    """A folder with the shop's contract and a model that obeys it under every policy."""
    for name in ("CI", "BUILD_NUMBER", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setenv("KVGUARD_MASK_KEY", "a key for tests")
    guard = Guard(pytester)
    guard.contract()
    guard.replies()
    return guard


@pytest.fixture(params=[(), ("-n0",), ("-n2",)], ids=["alone", "n0", "n2"])
def spread(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """Arguments that run without xdist, with xdist but no workers, and over two workers."""
    if request.param:
        pytest.importorskip("xdist")
    args: tuple[str, ...] = request.param
    return args


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.tiny_model import save_tiny_model

    return save_tiny_model(tmp_path_factory.mktemp("model"))


@pytest.fixture
def suite(pytester: pytest.Pytester, tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> TinySuite:
    """A folder with a contract and a tiny model that runs it."""
    from tests.plugin.tiny_suite import TinySuite

    monkeypatch.setenv("KVGUARD_MASK_KEY", "a key for tests")
    monkeypatch.setenv("COLUMNS", "160")
    return TinySuite(pytester, tiny_model)
