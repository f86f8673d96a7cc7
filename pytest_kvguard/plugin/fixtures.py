"""Fixtures for tests written in Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_kvguard.backends.specs import NO_POLICY
from pytest_kvguard.errors import KVGuardError, RunError
from pytest_kvguard.plugin.hypothesis_tests import upcoming_arrangements
from pytest_kvguard.plugin.options import Point
from pytest_kvguard.plugin.session import KVSession, session_key

if TYPE_CHECKING:
    from pytest_kvguard.contract.model import Contract
    from pytest_kvguard.models.load_model import LoadedModel
    from pytest_kvguard.orderings.arrangement import Arrangement
    from pytest_kvguard.plugin.invariants import InvariantCheck
    from pytest_kvguard.values.results import Arm, CaseId, CaseResult, CheckPair, Verdict

__all__ = ["ArmPair", "ContractRunner", "kv_invariant", "kv_model", "kv_policy", "kv_run"]

BATCH = 16
"""Arrangements that a drawn test runs together."""


@dataclass(frozen=True)
class ArmPair:
    """Both arms of one conversation.

    Attributes:
        baseline: the uncompressed arm.
        compressed: the arm under the policy; the baseline again when no policy was given.
    """

    baseline: Arm
    compressed: Arm

    def check(self, rule: str, value: Any) -> CheckPair:
        """Apply a contract rule, e.g. ``check("contains", "9:30")``, to the last reply of both arms."""
        from pytest_kvguard.values.results import CheckPair
        from pytest_kvguard.verifiers.table import floor, verify

        before, after = self.baseline.text, self.compressed.text
        pair = verify(rule, value, before), verify(rule, value, after, before)
        return CheckPair(*pair, floor=floor(rule, value, before))

    def verdict(self, rule: str, value: Any) -> Verdict:
        """Return the verdict on one rule: HELD, LOST or UNMET."""
        return self.check(rule, value).verdict


class ContractRunner:
    """Runs conversations under this test's policy, ratio and kernel; arms are shared with the contracts' items."""

    def __init__(self, kv: KVSession, point: Point, look_ahead: Callable[[], Sequence[Arrangement]] = tuple) -> None:
        self._kv = kv
        self._point = point
        self._look_ahead = look_ahead
        self._upcoming: Sequence[Arrangement] | None = None

    def __call__(
        self,
        system: Mapping[str, str],
        user: str | Sequence[str],
        max_new_tokens: int = 64,
        protect: Sequence[str] = (),
    ) -> ArmPair:
        """Run one conversation on both arms.

        Args:
            system: instruction id → text, in order.
            user: the user's turn, or several.
            max_new_tokens: cap on each reply.
            protect: ids that ``keep(...)`` must not evict.

        Raises:
            KVGuardError: an arm could not run.
        """
        from pytest_kvguard.contract.model import Contract, Generate, Instruction, Probe

        instructions = tuple(Instruction(name, text, protect=name in protect) for name, text in system.items())
        probe = Probe("user", (user,) if isinstance(user, str) else tuple(user))
        name = f"python-{hash((instructions_key(instructions), max_new_tokens))}"
        contract = Contract(name, Path(name), "", instructions, (probe,), generate=Generate(max_new_tokens))
        return self._pair(contract, probe.id)

    def contract(self, contract: str | Path | Contract, order: Arrangement | None = None) -> list[CaseResult]:
        """Run every check of a contract.

        Args:
            contract: a contract or its file.
            order: an arrangement of its instructions, e.g. drawn from ``orderings(contract)``; None = as written.
        """
        from pytest_kvguard.contract.parse import parse_contract
        from pytest_kvguard.orderings.arrangement import arrange
        from pytest_kvguard.plugin.collection import resolve_contract
        from pytest_kvguard.reports.masked import register_secrets

        given = parse_contract(Path(contract)) if isinstance(contract, str | Path) else contract
        read = resolve_contract(given, self._kv.options)
        register_secrets(self._kv.masker, read)
        if order is None:
            return self._results(read)
        ahead = [other for other in self._ahead_of(order) if other.fits(read)]
        self._run_together([arrange(read, other) for other in (order, *ahead)])
        return [replace(r, case=replace(r.case, contract=read.name)) for r in self._results(arrange(read, order))]

    def _ahead_of(self, order: Arrangement) -> Sequence[Arrangement]:
        """Return what the test is about to draw after a first arrangement, so that they run in one batch."""
        if self._upcoming is None:
            self._upcoming = self._look_ahead()
        place = self._upcoming.index(order) if order in self._upcoming else len(self._upcoming)
        # Batch borders stay where they are: one that has run costs nothing the second time.
        return self._upcoming[place // BATCH * BATCH : (place // BATCH + 1) * BATCH]

    def _run_together(self, contracts: Sequence[Contract]) -> None:
        self._kv.run_cases((contract, case) for contract in contracts for case in self._cases(contract))

    def _cases(self, contract: Contract) -> list[CaseId]:
        from pytest_kvguard.plugin.collection import cases_of

        orders = (contract.written_order,)
        return [case for probe in contract.probes for case in cases_of(contract, probe.id, orders, [self._point])]

    def _results(self, contract: Contract) -> list[CaseResult]:
        self._run_together([contract])
        return [self._kv.result(contract, case) for case in self._cases(contract)]

    def _pair(self, contract: Any, probe: str) -> ArmPair:
        from pytest_kvguard.evaluation.run_case import conversations_of
        from pytest_kvguard.values.results import CaseId

        point = self._point
        case = CaseId(contract.name, probe, "", point.policy, point.ratio, point.kernel, contract.written_order)
        arms = [arm for arm in conversations_of(contract, case, self._kv.options.scope) if arm is not None]
        self._kv.run(arms)
        made = [self._kv.runner.arm(arm) for arm in arms]
        for arm in made:
            if isinstance(arm, Exception):
                raise arm if isinstance(arm, KVGuardError) else RunError(str(arm)) from arm
        return ArmPair(made[0], made[-1])  # type: ignore[arg-type]


def instructions_key(instructions: Sequence[Any]) -> tuple[tuple[str, str, bool], ...]:
    """Return what makes two Python-made contracts the same."""
    return tuple((i.id, i.text, i.protect) for i in instructions)


@pytest.fixture(scope="session")
def kv_model(pytestconfig: pytest.Config) -> LoadedModel:
    """The loaded model: ``.model``, ``.tokenizer``, ``.stop_ids``, ``.max_tokens``."""
    return pytestconfig.stash[session_key].model


@pytest.fixture
def kv_policy(request: pytest.FixtureRequest) -> Point:
    """The policy, ratio and kernel of this test; tests that use it run once per cell of the command line."""
    point: Point = getattr(request, "param", None) or Point(NO_POLICY, "0", "sdpa")
    return point


@pytest.fixture
def kv_run(request: pytest.FixtureRequest, pytestconfig: pytest.Config, kv_policy: Point) -> ContractRunner:
    """Run conversations on both arms.

    Example:
        >>> pair = kv_run({"hours": "We open at 9:30."}, "When do you open?")  # doctest: +SKIP
        >>> assert pair.verdict("contains", "9:30") is not Verdict.LOST       # doctest: +SKIP
    """
    kv = pytestconfig.stash[session_key]
    return ContractRunner(kv, kv_policy, lambda: upcoming_arrangements(request.node))


@pytest.fixture
def kv_invariant(request: pytest.FixtureRequest, pytestconfig: pytest.Config) -> InvariantCheck:
    """One invariant of one policy or kernel on one model; a test that uses it runs once for each.

    Example:
        >>> def test_invariant(kv_invariant):                                  # doctest: +SKIP
        ...     kv_invariant()
    """
    from pytest_kvguard.plugin.invariants import InvariantCheck, check_key, target_of

    check = InvariantCheck(pytestconfig.stash[session_key], request.param, target_of(request.node))
    request.node.stash[check_key] = check
    return check
