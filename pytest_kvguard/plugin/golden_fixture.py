"""The fixture that compares what a Python test ran with what was recorded."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from pytest_kvguard.errors import GoldenError
from pytest_kvguard.plugin.collection import point_label
from pytest_kvguard.plugin.fixtures import ArmPair
from pytest_kvguard.plugin.golden_options import CHECK, OFF, UPDATE
from pytest_kvguard.plugin.goldens import Goldens
from pytest_kvguard.plugin.options import Point
from pytest_kvguard.plugin.session import session_key
from pytest_kvguard.values.results import CaseId

if TYPE_CHECKING:
    from pytest_kvguard.golden.recording import Recording

__all__ = ["GoldenChecker", "kv_golden"]


class GoldenChecker:
    """Compares what it is called with with this test's golden, or records it."""

    def __init__(self, item: pytest.Item, goldens: Goldens, point: Point) -> None:
        self._item = item
        self._goldens = goldens
        self._point = point
        self._names: set[str] = set()

    def __call__(self, ran: ArmPair | Recording, name: str = "") -> None:
        """Compare, or record.

        Args:
            ran: what ``kv_run`` returned (its compressed arm is meant), or a recording of your own.
            name: tells the goldens of one test apart.

        Raises:
            GoldenError: nothing is recorded, or the run is not as recorded.
        """
        if name in self._names:
            raise GoldenError(f"kv_golden was called twice with name={name!r}. Give each call a name of its own.")
        self._names.add(name)
        recording = self._recording_of(ran)
        subject = f"{self._test()}#{name}" if name else self._test()
        judgement = self._goldens.judge(self._item, self._goldens.cell(subject, self._point), recording)
        if judgement.status.fails:
            raise GoldenError(self._goldens.explain(judgement, recording, self._update_command()))

    def _recording_of(self, ran: ArmPair | Recording) -> Recording:
        from pytest_kvguard.evaluation.record_cell import recorded_environment
        from pytest_kvguard.golden.recording import Recording, record_arm

        if isinstance(ran, Recording):
            return ran
        environment = recorded_environment(self._goldens.kv.runner, self._point.kernel)
        return Recording({"conversation": record_arm(ran.compressed)}, environment=environment)

    def _test(self) -> str:
        """Return the test's id without its cell, which the golden knows by itself."""
        kernels = len(self._goldens.kv.options.kernels)
        label = point_label(self._point, kernels, 0)
        test, _, parameters = self._item.nodeid.partition("[")
        others = re.sub(rf"(?:^|-){re.escape(label)}(?=-|$)", "", parameters.removesuffix("]")).strip("-")
        return f"{test}[{others}]" if others else test

    def _update_command(self) -> str:
        from pytest_kvguard.reports.rerun import rerun_command

        options, point = self._goldens.kv.options, self._point
        case = CaseId("", "", "", point.policy, point.ratio, point.kernel, ())
        needed = (f"--kv-golden={UPDATE}", *options.golden.update_words)
        return rerun_command(self._item.nodeid, options, case, needed)


@pytest.fixture
def kv_golden(request: pytest.FixtureRequest, pytestconfig: pytest.Config, kv_policy: Point) -> GoldenChecker:
    """Compare what a test ran with its golden; the test skips while goldens are off.

    Example:
        >>> kv_golden(kv_run({"hours": "We open at 9:30."}, "When do you open?"))  # doctest: +SKIP
    """
    goldens = pytestconfig.stash[session_key].goldens
    if goldens.options.mode == OFF:
        pytest.skip(f"goldens are off: --kv-golden={CHECK} compares, --kv-golden={UPDATE} records")
    return GoldenChecker(request.node, goldens, kv_policy)
