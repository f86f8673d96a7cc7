"""The runner of conversations: each distinct one runs once, in batches, and the arms of a case are compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import isfinite

from pytest_kvguard.backends.protocol import Backend, Progress, TurnOutcome, TurnRequest
from pytest_kvguard.contract.model import Contract, Instruction, Probe
from pytest_kvguard.errors import RunError
from pytest_kvguard.evaluation.compare_runs import compare_arms, compare_seeds, with_control, with_null_arm
from pytest_kvguard.evaluation.contract_tools import with_contract_tools
from pytest_kvguard.text.reasoning import split_reasoning
from pytest_kvguard.values.cell import Cell
from pytest_kvguard.values.results import Arm, CaseId, CaseResult, Verdict

__all__ = ["Conversation", "Runner", "all_conversations", "conversations_of"]


@dataclass(frozen=True)
class Conversation:
    """One arm of a case: a probe in one order, cell and seed, under a harmless change or none."""

    contract: Contract
    probe: Probe
    order: tuple[str, ...]
    cell: Cell
    scope: str
    seed: int | None = None
    null_change: str = ""

    def request(self, replies: Sequence[str]) -> TurnRequest:
        """Return the request for the turn that follows these replies."""
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
    """Return the uncompressed and the compressed conversation of a case with one seed; without a policy None."""
    probe = next(probe for probe in contract.probes if probe.id == case.probe)
    arm = Conversation(contract, probe, case.order, case.cell, scope, seed)
    return arm.uncompressed, (None if case.cell.is_uncompressed else arm)


def all_conversations(contract: Contract, case: CaseId, scope: str) -> list[Conversation]:
    """Return every conversation that the verdict of a case needs: both arms with every seed."""
    seeds = contract.generate.drawn_seeds
    return [arm for seed in seeds for arm in conversations_of(contract, case, scope, seed) if arm is not None]


class Runner:
    """Runs conversations and keeps their arms, so that each runs once.

    Args:
        backend: generates the replies.
        null_change: the harmless change of the null arm; empty for no null arm.
    """

    def __init__(self, backend: Backend, null_change: str = "") -> None:
        self.backend = backend
        self.null_change = null_change
        self._arms: dict[tuple[object, ...], Arm | Exception] = {}
        self._compared: dict[tuple[object, ...], CaseResult] = {}

    def run(self, conversations: Iterable[Conversation], progress: Progress | None = None) -> None:
        """Run the conversations that have not run yet, turn by turn, all of them in one batch per turn."""
        missing = {_key(c): c for c in conversations if _key(c) not in self._arms}
        outcomes: dict[tuple[object, ...], list[TurnOutcome]] = {key: [] for key in missing}
        while open_keys := [key for key in missing if key not in self._arms]:
            requests = [missing[key].request(_answers(outcomes[key])) for key in open_keys]
            for key, outcome in zip(open_keys, self._run_turns(open_keys, requests, progress), strict=True):
                self._take(key, missing[key], outcomes[key], outcome)

    def _run_turns(
        self, keys: Sequence[tuple[object, ...]], requests: Sequence[TurnRequest], progress: Progress | None
    ) -> list[TurnOutcome | Exception]:
        """Return the outcomes of the backend; if it raises, record the error, so that nothing runs twice."""
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
        if strange := "; ".join(_not_finite(outcome)):
            self._arms[key] = RunError(
                f"the backend returned numbers that are not finite: {strange}. Check the model's weights and its dtype."
            )
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
        """Return the arm of a conversation, or the error that ended it; run it if it has not run yet."""
        self.run([conversation])
        return self._arms[_key(conversation)]

    def has_run(self, contract: Contract, case: CaseId, scope: str) -> bool:
        """Return whether both arms of a case have run, with or without an error."""
        return all(_key(arm) in self._arms for arm in all_conversations(contract, case, scope))

    def run_cases(self, cases: Iterable[tuple[Contract, CaseId]], scope: str, progress: Progress | None = None) -> None:
        """Run the arms of all cases in one batch, then the null arms of those whose results need one in another."""
        listed = list(cases)
        arms = [arm for case in listed for arm in all_conversations(*case, scope)]
        self.run([*arms, *(self._null_of(*case, scope) for case in listed if self._always_runs_null(*case))], progress)
        self.run((self._null_of(*case, scope) for case in listed if self._runs_null(*case, scope)), progress)

    def result(self, contract: Contract, case: CaseId, scope: str) -> CaseResult:
        """Return the result of one case, after running the arms that are missing."""
        self.run_cases([(contract, case)], scope)
        result = self._compare(contract, case, scope)
        if not self._asks_null(result):
            return self._with_control(result, contract, scope)
        arm = self.arm(self._null_of(contract, case, scope))
        instruction, probe = self._judged(contract, case), self._probe(contract, case)
        return with_null_arm(result, instruction, probe, self.null_change, arm)

    def _compare(self, contract: Contract, case: CaseId, scope: str) -> CaseResult:
        """Return the comparison of the finished arms; each case is compared once, because checks may be expensive."""
        instruction, probe = self._judged(contract, case), self._probe(contract, case)
        # The key holds the checks, because Python tests build contracts that share a name and differ in a check.
        judged = repr((instruction.text, instruction.under(probe).checks, instruction.no_leak))
        key = (
            *(_key(arm) for arm in conversations_of(contract, case, scope) if arm),
            case.instruction,
            case.order_index,
            judged,
        )
        if key not in self._compared:
            self._compared[key] = self._compare_seeds(contract, case, scope)
        return self._compared[key]

    def _compare_seeds(self, contract: Contract, case: CaseId, scope: str) -> CaseResult:
        instruction, probe = self._judged(contract, case), self._probe(contract, case)
        by_seed = []
        for seed in contract.generate.drawn_seeds:
            baseline, compressed = conversations_of(contract, case, scope, seed)
            arms = self._arms[_key(baseline)], None if compressed is None else self._arms[_key(compressed)]
            by_seed.append(replace(compare_arms(case, instruction, probe, *arms), seed=seed))
        return by_seed[0] if contract.generate.temperature is None else compare_seeds(by_seed)

    def _asks_null(self, result: CaseResult) -> bool:
        """Return whether the verdict depends on the null arm; for sampled replies, other seeds take its place."""
        return bool(self.null_change) and result.seed is None and result.verdict in (Verdict.LOST, Verdict.LEAKED)

    def _runs_null(self, contract: Contract, case: CaseId, scope: str) -> bool:
        result = self._compare(contract, case, scope) if self.null_change else None
        return result is not None and (self._asks_null(result) or self._asks_control(result, contract))

    def _always_runs_null(self, contract: Contract, case: CaseId) -> bool:
        """Return whether the gate compares with the null arm in any case, so that it can run with the other arms."""
        gate, greedy = contract.gate, contract.generate.temperature is None
        is_compared = gate.max_longer_share is not None or gate.max_distance is not None
        return bool(self.null_change) and greedy and not case.cell.is_uncompressed and is_compared

    def _asks_control(self, result: CaseResult, contract: Contract) -> bool:
        """Return whether the null arm is the control for length or distance; with seeds, other seeds are."""
        greedy = result.seed is None and result.compressed is not None
        compared = contract.gate.max_longer_share is not None or result.distance is not None
        return bool(self.null_change) and greedy and compared

    def _with_control(self, result: CaseResult, contract: Contract, scope: str) -> CaseResult:
        """Return a result with the null arm added if length or distance is compared with it, else as it is."""
        if not self._asks_control(result, contract):
            return result
        return with_control(result, self.null_change, self.arm(self._null_of(contract, result.case, scope)))

    def _null_of(self, contract: Contract, case: CaseId, scope: str) -> Conversation:
        return replace(conversations_of(contract, case, scope)[0], null_change=self.null_change)

    def _judged(self, contract: Contract, case: CaseId) -> Instruction:
        return with_contract_tools(contract, contract.instruction(case.instruction))

    def _probe(self, contract: Contract, case: CaseId) -> Probe:
        return next(probe for probe in contract.probes if probe.id == case.probe)


def _answers(turns: Sequence[TurnOutcome]) -> list[str]:
    """Return the replies of finished turns as the next turn sees them: a chat does not repeat a model's thinking."""
    return [split_reasoning(turn.reply.text).answer for turn in turns]


def _not_finite(outcome: TurnOutcome) -> Iterator[str]:
    """Yield the numbers of an outcome that are NaN or infinite: every comparison with them would be void."""
    for token, logprob in outcome.reply.logprobs:
        if not isfinite(logprob):
            yield f"the logprob of the token {token!r} is {logprob}"
            break
    for stage, seconds in vars(outcome.seconds).items() if outcome.seconds else ():
        if not isfinite(seconds):
            yield f"the seconds of {stage} are {seconds}"
    if outcome.trace is not None and outcome.trace.logits is not None and not outcome.trace.logits.are_finite:
        yield "its highest logits"


def _key(conversation: Conversation) -> tuple[object, ...]:
    """Return the identity of a conversation: all that its replies depend on, and its contract; checks do not count."""
    return (
        conversation.contract.path,
        conversation.contract.name,
        conversation.contract.system_text(conversation.order),
        conversation.contract.generate,
        conversation.contract.protected,
        conversation.probe,
        conversation.contract.order_text(conversation.order),
        conversation.cell,
        conversation.scope,
        conversation.seed,
        conversation.null_change,
    )
