"""Runs conversations to their end, each distinct one once, in batches, and compares their arms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from pytest_kvguard.backends.protocol import Backend, Progress, TurnOutcome, TurnRequest
from pytest_kvguard.contract.model import Contract, Probe
from pytest_kvguard.evaluation.compare_runs import compare_arms, compare_seeds, with_control, with_null_arm
from pytest_kvguard.values.cell import Cell
from pytest_kvguard.values.results import Arm, CaseId, CaseResult, Verdict

__all__ = ["Conversation", "Runner", "all_conversations", "conversations_of"]


@dataclass(frozen=True)
class Conversation:
    """One arm to run: a probe in one order, cell, seed and harmless change."""

    contract: Contract
    probe: Probe
    order: tuple[str, ...]
    cell: Cell
    scope: str
    seed: int | None = None
    null_change: str = ""

    def request(self, replies: Sequence[str]) -> TurnRequest:
        """Return the request for the turn after these replies."""
        turns = self.probe.turns[: len(replies) + 1]
        return TurnRequest(
            self.contract,
            self.order,
            turns,
            tuple(replies),
            self.cell,
            self.scope,
            self.seed,
            self.null_change,
        )

    @property
    def uncompressed(self) -> Conversation:
        """The same conversation, uncompressed."""
        return replace(self, cell=self.cell.uncompressed)


def conversations_of(
    contract: Contract, case: CaseId, scope: str, seed: int | None = None
) -> tuple[Conversation, Conversation | None]:
    """Return the uncompressed and, under a policy, the compressed conversation of a case with one seed."""
    probe = next(probe for probe in contract.probes if probe.id == case.probe)
    arm = Conversation(contract, probe, case.order, case.cell, scope, seed)
    return arm.uncompressed, (None if case.cell.is_uncompressed else arm)


def all_conversations(contract: Contract, case: CaseId, scope: str) -> list[Conversation]:
    """Return every conversation a case needs to be judged: both arms, with every seed."""
    seeds = contract.generate.drawn_seeds
    return [arm for seed in seeds for arm in conversations_of(contract, case, scope, seed) if arm is not None]


class Runner:
    """Keeps every arm it has run; asks the backend only for what is missing.

    Args:
        backend: runs conversations.
        null_change: the harmless change of the null arm; empty runs none.
    """

    def __init__(self, backend: Backend, null_change: str = "") -> None:
        self.backend = backend
        self.null_change = null_change
        self._arms: dict[tuple[object, ...], Arm | Exception] = {}
        self._compared: dict[tuple[object, ...], CaseResult] = {}

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
            traces = tuple(turn.trace for turn in turns if turn.trace is not None)
            seconds = tuple(turn.seconds for turn in turns if turn.seconds is not None)
            self._arms[key] = Arm(
                replies, outcome.cache, keep_rates, outcome.kept, outcome.prompt, traces, seconds, outcome.notes
            )

    def arm(self, conversation: Conversation) -> Arm | Exception:
        """Return one arm, running it if need be."""
        self.run([conversation])
        return self._arms[_key(conversation)]

    def has_run(self, contract: Contract, case: CaseId, scope: str) -> bool:
        """Return whether both arms of a case are known, be it by their errors."""
        return all(_key(arm) in self._arms for arm in all_conversations(contract, case, scope))

    def run_cases(self, cases: Iterable[tuple[Contract, CaseId]], scope: str, progress: Progress | None = None) -> None:
        """Run what cases need in one batch, then the null arms of those that turn out to need one in another."""
        wanted = list(cases)
        arms = [arm for case in wanted for arm in all_conversations(*case, scope)]
        self.run([*arms, *(self._null_of(*case, scope) for case in wanted if self._always_runs_null(*case))], progress)
        self.run((self._null_of(*case, scope) for case in wanted if self._runs_null(*case, scope)), progress)

    def result(self, contract: Contract, case: CaseId, scope: str) -> CaseResult:
        """Return the outcome of one case, running what it needs."""
        self.run_cases([(contract, case)], scope)
        made = self._compare(contract, case, scope)
        if not self._asks_null(made):
            return self._with_control(made, contract, scope)
        arm = self.arm(self._null_of(contract, case, scope))
        instruction, probe = contract.instruction(case.instruction), self._probe(contract, case)
        return with_null_arm(made, instruction, probe, self.null_change, arm)

    def _compare(self, contract: Contract, case: CaseId, scope: str) -> CaseResult:
        """Compare the arms that have been run, once: a check may be expensive."""
        instruction, probe = contract.instruction(case.instruction), self._probe(contract, case)
        # What is judged is part of the key: Python tests make contracts that share a name and differ in a check.
        judged = repr((instruction.text, instruction.under(probe).checks, instruction.no_leak))
        key = (*(_key(arm) for arm in conversations_of(contract, case, scope) if arm), case, judged)
        if key not in self._compared:
            self._compared[key] = self._compare_seeds(contract, case, scope)
        return self._compared[key]

    def _compare_seeds(self, contract: Contract, case: CaseId, scope: str) -> CaseResult:
        instruction, probe = contract.instruction(case.instruction), self._probe(contract, case)
        made = []
        for seed in contract.generate.drawn_seeds:
            baseline, compressed = conversations_of(contract, case, scope, seed)
            arms = self._arms[_key(baseline)], None if compressed is None else self._arms[_key(compressed)]
            made.append(replace(compare_arms(case, instruction, probe, *arms), seed=seed))
        return made[0] if contract.generate.temperature is None else compare_seeds(made)

    def _asks_null(self, result: CaseResult) -> bool:
        """Whether the null arm decides; of sampled replies, other seeds are the harmless change."""
        return bool(self.null_change) and result.seed is None and result.verdict in (Verdict.LOST, Verdict.LEAKED)

    def _runs_null(self, contract: Contract, case: CaseId, scope: str) -> bool:
        result = self._compare(contract, case, scope) if self.null_change else None
        return result is not None and (self._asks_null(result) or self._asks_control(result, contract))

    def _always_runs_null(self, contract: Contract, case: CaseId) -> bool:
        """Whether the gate compares with the null arm, whatever the replies are: it need not wait for them."""
        gate, greedy = contract.gate, contract.generate.temperature is None
        is_compared = gate.max_longer_share is not None or gate.max_distance is not None
        return bool(self.null_change) and greedy and not case.cell.is_uncompressed and is_compared

    def _asks_control(self, result: CaseResult, contract: Contract) -> bool:
        """Whether the null arm is wanted for its length, or its distance; under seeds, other seeds are the control."""
        greedy = result.seed is None and result.compressed is not None
        compared = contract.gate.max_longer_share is not None or result.distance is not None
        return bool(self.null_change) and greedy and compared

    def _with_control(self, result: CaseResult, contract: Contract, scope: str) -> CaseResult:
        """Return a result in which nothing is lost with the null arm beside it, where lengths are compared with it."""
        if not self._asks_control(result, contract):
            return result
        return with_control(result, self.null_change, self.arm(self._null_of(contract, result.case, scope)))

    def _null_of(self, contract: Contract, case: CaseId, scope: str) -> Conversation:
        return replace(conversations_of(contract, case, scope)[0], null_change=self.null_change)

    def _probe(self, contract: Contract, case: CaseId) -> Probe:
        return next(probe for probe in contract.probes if probe.id == case.probe)


def _key(conversation: Conversation) -> tuple[object, ...]:
    """Return what tells conversations apart: what is generated from, and whose it is; checks are no part of it."""
    return (
        conversation.contract.path,
        conversation.contract.name,
        conversation.contract.system_text(conversation.order),
        conversation.contract.generate,
        tuple(part.id for part in conversation.contract.instructions if part.protect),
        conversation.probe,
        conversation.order,
        conversation.cell,
        conversation.scope,
        conversation.seed,
        conversation.null_change,
    )
