"""A part of a contract that stands for itself: one order, and some of the conversations."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from pytest_kvguard.contract.model import Block, Contract, Instruction

__all__ = ["excerpt"]


def excerpt(contract: Contract, name: str, order: Sequence[str], probes: Collection[str]) -> Contract:
    """Return the contract with its instructions in one order, and nothing but these probes.

    Every text stays, since what is kept of one instruction depends on the others. Checks stay where they apply to a
    probe that is left; what must not leak must not leak under any. Built-in attacks become probes with the same
    turns, under which only leaks are looked for: so take them alone.

    Args:
        contract: where the parts come from; each of its instructions owns its text.
        name: of the excerpt.
        order: ids of all instructions, as they are to stand.
        probes: ids of the conversations that are wanted: only attacks, or none.
    """
    kept = tuple(probe for probe in contract.probes if probe.id in probes)
    attacked = any(probe.is_attack for probe in kept)
    following = (_kept(contract.instruction(instruction_id), probes, attacked) for instruction_id in order)
    return replace(
        contract,
        name=name,
        parts=tuple(part if isinstance(part, Block) else next(following) for part in contract.parts),
        probes=tuple(replace(probe, is_attack=False) for probe in kept),
        orderings=None,
    )


def _kept(instruction: Instruction, probes: Collection[str], attacked: bool) -> Instruction:
    if attacked:
        return replace(instruction, checks=(), probes=None)
    if instruction.probes is None:
        return instruction
    left = tuple(probe for probe in instruction.probes if probe in probes)
    return replace(instruction, probes=left or None, checks=instruction.checks if left else ())
