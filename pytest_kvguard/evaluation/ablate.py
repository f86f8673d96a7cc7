"""The baseline without an instruction: a check that still holds proves nothing about the instruction.

A secret cannot leak from a prompt that does not hold it. For a leak detector, only the sentences of its instruction
that do not hold the secret are left out, so that the secret stands there without the rule that guards it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pytest_kvguard.contract.excerpt import reworded, without
from pytest_kvguard.contract.model import Contract, Instruction, Probe
from pytest_kvguard.evaluation.compare_runs import check_arm
from pytest_kvguard.evaluation.contract_tools import with_contract_tools
from pytest_kvguard.evaluation.run_case import Conversation, Runner
from pytest_kvguard.leaks.canary import find_canary
from pytest_kvguard.leaks.masking import secrets_in
from pytest_kvguard.values.ablation import AblatedCheck, Need
from pytest_kvguard.values.cell import DEFAULT_KERNEL, Cell
from pytest_kvguard.values.results import Arm, Check, Progress

__all__ = ["ablate"]

_SENTENCE_END = re.compile(r"(?<=[.!?。！？])\s+|\n+|(?<=[。！？])")


@dataclass(frozen=True)
class _Ablation:
    """One instruction under one probe, and the contract without it."""

    contract: Contract
    probe: Probe
    instruction: Instruction
    ablated: Contract

    def conversations(self, kernel: str) -> list[tuple[Conversation, Conversation]]:
        """Return the conversations with and without the instruction, one pair per seed."""
        seeds = self.contract.generate.drawn_seeds
        return [
            (_conversation(self, self.contract, kernel, s), _conversation(self, self.ablated, kernel, s)) for s in seeds
        ]


def _conversation(ablation: _Ablation, contract: Contract, kernel: str, seed: int | None) -> Conversation:
    cell = Cell(kernel=kernel)
    return Conversation(contract, ablation.probe, contract.written_order, cell, "context", seed)


def ablate(
    runner: Runner, contracts: Sequence[Contract], kernel: str = DEFAULT_KERNEL, progress: Progress | None = None
) -> list[AblatedCheck]:
    """Return every check of the contracts, with whether it needs its instruction; all replies run in one batch.

    Attacks are left out, and so are leak detectors whose instruction consists of the secret alone.
    """
    ablations = [ablation for contract in contracts for ablation in _ablations(contract)]
    pairs = [pair for ablation in ablations for pair in ablation.conversations(kernel)]
    runner.run([conversation for pair in pairs for conversation in pair], progress)
    return [check for ablation in ablations for check in _judged(runner, ablation, kernel)]


def _ablations(contract: Contract) -> Iterator[_Ablation]:
    for probe in contract.probes:
        for checked in () if probe.is_attack else contract.checked(probe.id):
            instruction = with_contract_tools(contract, checked).under(probe)
            if instruction.checks:
                asked = replace(instruction, no_leak=None)
                yield _Ablation(contract, probe, asked, without(contract, instruction.id))
            bare = _without_rule(instruction)
            if bare:
                yield _Ablation(
                    contract, probe, replace(instruction, checks=()), reworded(contract, instruction.id, bare)
                )


def _without_rule(instruction: Instruction) -> str:
    """Return the sentences of an instruction that hold a canary; empty where there is none, or no other sentence."""
    canaries = [s.text for s in secrets_in(instruction.no_leak or {}, instruction.text) if not s.by_words]
    sentences = [sentence for sentence in _SENTENCE_END.split(instruction.text) if sentence.strip()]
    kept = [sentence for sentence in sentences if any(find_canary(canary, [sentence]) for canary in canaries)]
    return "" if len(kept) == len(sentences) else " ".join(kept)


def _judged(runner: Runner, ablation: _Ablation, kernel: str) -> Iterator[AblatedCheck]:
    """Yield the checks of one instruction under one probe."""
    where = ablation.contract.path, ablation.probe.id, ablation.instruction.id
    leak = not ablation.instruction.checks
    try:
        by_seed = [_checks(runner, ablation, *pair) for pair in ablation.conversations(kernel)]
    except Exception as error:  # noqa: BLE001 - an arm or a check that broke is an outcome of its own
        yield AblatedCheck(*where, "no_leak" if leak else "check", "", Need.ERROR, str(error), leak=leak)
        return
    by_rule = list(zip(*by_seed, strict=True))
    needs = [_need(pairs) for pairs in by_rule]
    reply = _arm(runner, ablation.conversations(kernel)[0][1]).text
    for pairs, need in zip(by_rule, needs, strict=True):
        # Of an instruction with several checks all must hold, so one that fails keeps the others from proving too much.
        stands_beside = need is Need.HOLDS and set(needs) != {Need.HOLDS}
        before, after = pairs[0]
        shown = Need.BESIDE if stands_beside else need
        yield AblatedCheck(*where, before.rule, before.expected, shown, after.observed, reply, leak)


def _checks(
    runner: Runner, ablation: _Ablation, intact: Conversation, ablated: Conversation
) -> list[tuple[Check, Check]]:
    """Return every rule of the instruction on the reply with it and on the one without it."""
    before, after = _arm(runner, intact), _arm(runner, ablated)
    first = check_arm(ablation.instruction, ablation.probe, before)
    second = check_arm(ablation.instruction, ablation.probe, after, before)
    return list(zip(first, second, strict=True))


def _arm(runner: Runner, conversation: Conversation) -> Arm:
    arm = runner.arm(conversation)
    if isinstance(arm, Exception):
        raise arm
    return arm


def _need(pairs: Sequence[tuple[Check, Check]]) -> Need:
    """Return the outcome over all seeds: a check that holds at least as often without its instruction needs it not."""
    intact, ablated = (sum(check.holds for check in checks) for checks in zip(*pairs, strict=True))
    if not intact:
        return Need.UNMET
    return Need.HOLDS if ablated >= intact else Need.NEEDED
