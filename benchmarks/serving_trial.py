"""A round of the serving-cost benchmark: every cell runs by itself, in turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType

from pytest_kvguard.backends.protocol import Backend
from pytest_kvguard.contract.model import Contract
from pytest_kvguard.errors import UsageError
from pytest_kvguard.evaluation.cases import cases_of_cell
from pytest_kvguard.evaluation.run_case import Conversation, Runner
from pytest_kvguard.values.cell import Cell
from pytest_kvguard.values.lengths import LengthPair
from pytest_kvguard.values.results import Arm, CaseResult, Verdict

__all__ = ["CLOCK", "CellRun", "run_round"]

CLOCK = MappingProxyType({True: "seconds of this process alone", False: "seconds of the clock"})
SCOPE = "context"


@dataclass(frozen=True)
class CellRun:
    """The figures of a cell in one round.

    Attributes:
        checks: checks that hold uncompressed.
        held: those of them that hold in the cell.
        leaked: instructions whose secret leaks in the cell and not uncompressed.
        cache_share: bytes of the compressed contexts over those of the uncompressed ones.
        lengths: lengths of the replies and of the uncompressed ones.
        prefill_seconds: seconds of prefilling all contexts, with the recording that the policy needs.
        compress_seconds: seconds of compressing them.
        decode_seconds, tokens: seconds and tokens of all replies.
    """

    held: int
    checks: int
    leaked: int
    cache_share: float
    lengths: tuple[LengthPair, ...]
    prefill_seconds: float
    compress_seconds: float
    decode_seconds: float
    tokens: int

    @property
    def seconds_per_token(self) -> float:
        """The seconds of decoding a token."""
        return self.decode_seconds / self.tokens

    @property
    def seconds(self) -> float:
        """The seconds of all stages, in which longer replies count."""
        return self.prefill_seconds + self.compress_seconds + self.decode_seconds


def run_round(backend: Backend, contracts: Sequence[Contract], cells: Sequence[Cell]) -> dict[Cell, CellRun]:
    """Run every cell once, one after the other, without sharing work; return their figures, uncompressed first.

    Raises:
        UsageError: a conversation has several turns, and so several contexts.
        Exception: a conversation could not run.
    """
    runner = Runner(backend)
    for cell in cells:
        runner.run(_conversation(contract, probe_id, cell) for contract in contracts for probe_id in _probes(contract))
    ordered = sorted(cells, key=lambda cell: not cell.is_uncompressed)
    return {cell: _cell_run(runner, contracts, cell) for cell in ordered}


def _probes(contract: Contract) -> list[str]:
    for probe in contract.probes:
        if len(probe.turns) > 1:
            raise UsageError(
                f"{contract.name}: {probe.id} has {len(probe.turns)} turns. Give contracts whose probes have one turn."
            )
    return [probe.id for probe in contract.probes]


def _conversation(contract: Contract, probe_id: str, cell: Cell) -> Conversation:
    probe = next(probe for probe in contract.probes if probe.id == probe_id)
    return Conversation(contract, probe, contract.written_order, cell, SCOPE, contract.generate.drawn_seeds[0])


def _cell_run(runner: Runner, contracts: Sequence[Contract], cell: Cell) -> CellRun:
    arms = {c.name: [_arm(runner, _conversation(c, name, cell)) for name in _probes(c)] for c in contracts}
    plain = [_arm(runner, _conversation(c, name, cell).uncompressed) for c in contracts for name in _probes(c)]
    all_arms = [arm for of_contract in arms.values() for arm in of_contract]
    results = [] if cell.is_uncompressed else [r for c in contracts for r in _results(runner, c, cell)]
    counts = {verdict: sum(result.verdict is verdict for result in results) for verdict in Verdict}
    caches = [arm.cache for arm in all_arms if arm.cache is not None]
    return CellRun(
        held=counts[Verdict.HELD],
        checks=counts[Verdict.HELD] + counts[Verdict.LOST] + counts[Verdict.LEAKED],
        leaked=counts[Verdict.LEAKED],
        cache_share=sum(c.bytes_after for c in caches) / sum(c.bytes_before for c in caches) if caches else 1.0,
        lengths=tuple(
            LengthPair(one.reply_tokens, other.reply_tokens, one.is_capped, other.is_capped)
            for one, other in zip(plain, all_arms, strict=True)
        ),
        # The conversations of a contract share its context.
        prefill_seconds=sum(of_contract[0].seconds[0].prefill for of_contract in arms.values()),
        compress_seconds=sum(of_contract[0].seconds[0].compress for of_contract in arms.values()),
        decode_seconds=sum(arm.seconds[0].decode for arm in all_arms),
        tokens=sum(arm.reply_tokens for arm in all_arms),
    )


def _arm(runner: Runner, conversation: Conversation) -> Arm:
    arm = runner.arm(conversation)
    if isinstance(arm, Exception):
        raise arm
    return arm


def _results(runner: Runner, contract: Contract, cell: Cell) -> list[CaseResult]:
    cases = cases_of_cell(contract, [contract.written_order], cell)
    return [runner.result(contract, case, SCOPE) for case in cases]
