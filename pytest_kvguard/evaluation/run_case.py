"""Runs conversations to their end, each distinct one once, in batches, and compares their arms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from pytest_kvguard.backends.protocol import NO_POLICY, Backend, Progress, TurnOutcome, TurnRequest
from pytest_kvguard.contract.model import Contract, Probe
from pytest_kvguard.evaluation.compare_runs import compare_arms
from pytest_kvguard.results import Arm, CaseId, CaseResult

__all__ = ["Conversation", "Runner", "conversations_of"]


@dataclass(frozen=True)
class Conversation:
    """One arm to run: a probe under one order, policy, ratio and kernel."""

    contract: Contract
    probe: Probe
    order: tuple[str, ...]
    policy: str
    ratio: str
    kernel: str
    scope: str

    def request(self, replies: Sequence[str]) -> TurnRequest:
        """Return the request for the turn after these replies."""
        turns = self.probe.turns[: len(replies) + 1]
        return TurnRequest(
            self.contract, self.order, turns, tuple(replies), self.policy, self.ratio, self.kernel, self.scope
        )

    @property
    def uncompressed(self) -> Conversation:
        """The same conversation without a policy."""
        return replace(self, policy=NO_POLICY, ratio="0")


def conversations_of(contract: Contract, case: CaseId, scope: str) -> tuple[Conversation, Conversation | None]:
    """Return the uncompressed and, under a policy, the compressed conversation of a case."""
    probe = next(probe for probe in contract.probes if probe.id == case.probe)
    arm = Conversation(contract, probe, case.order, case.policy, case.ratio, case.kernel, scope)
    return arm.uncompressed, (None if case.policy == NO_POLICY else arm)


class Runner:
    """Keeps every arm it has run; asks the backend only for what is missing."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self._arms: dict[tuple[object, ...], Arm | Exception] = {}

    def run(self, conversations: Iterable[Conversation], progress: Progress | None = None) -> None:
        """Run what was not run before, turn by turn, all conversations side by side."""
        missing = {_key(c): c for c in conversations if _key(c) not in self._arms}
        outcomes: dict[tuple[object, ...], list[TurnOutcome]] = {key: [] for key in missing}
        while open_keys := [key for key in missing if key not in self._arms]:
            requests = [missing[key].request([turn.reply.text for turn in outcomes[key]]) for key in open_keys]
            for key, outcome in zip(open_keys, self._run_turns(open_keys, requests, progress), strict=True):
                self._take(key, missing[key], outcomes[key], outcome)

    def _run_turns(
        self, keys: Sequence[tuple[object, ...]], requests: Sequence[TurnRequest], progress: Progress | None
    ) -> list[TurnOutcome | Exception]:
        """Ask the backend; when it breaks, remember that, so that nothing is run into the same wall again."""
        try:
            return self.backend.run_turns(requests, progress)
        except Exception as error:
            self._arms.update(dict.fromkeys(keys, error))
            raise

    def _take(
        self,
        key: tuple[object, ...],
        conversation: Conversation,
        turns: list[TurnOutcome],
        outcome: TurnOutcome | Exception,
    ) -> None:
        if isinstance(outcome, Exception):
            self._arms[key] = outcome
            return
        turns.append(outcome)
        if len(turns) == len(conversation.probe.turns):
            replies = tuple(turn.reply for turn in turns)
            keep_rates = conversation.contract.for_every_instruction(outcome.keep_rates)
            self._arms[key] = Arm(replies, outcome.cache, keep_rates, outcome.kept)

    def arm(self, conversation: Conversation) -> Arm | Exception:
        """Return one arm, running it if need be."""
        self.run([conversation])
        return self._arms[_key(conversation)]

    def has_run(self, contract: Contract, case: CaseId, scope: str) -> bool:
        """Return whether both arms of a case are known, be it by their errors."""
        return all(_key(arm) in self._arms for arm in conversations_of(contract, case, scope) if arm is not None)

    def result(self, contract: Contract, case: CaseId, scope: str) -> CaseResult:
        """Return the outcome of one case, running what it needs."""
        baseline, compressed = conversations_of(contract, case, scope)
        self.run([c for c in (baseline, compressed) if c is not None])
        return compare_arms(
            case,
            contract.instruction(case.instruction),
            baseline.probe,
            self.arm(baseline),
            None if compressed is None else self.arm(compressed),
        )


def _key(conversation: Conversation) -> tuple[object, ...]:
    """Return what tells conversations apart; contracts hold unhashable values, their files do not."""
    return (
        conversation.contract.path,
        conversation.contract.name,
        conversation.probe,
        conversation.order,
        conversation.policy,
        conversation.ratio,
        conversation.kernel,
        conversation.scope,
    )
