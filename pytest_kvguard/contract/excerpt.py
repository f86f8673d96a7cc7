"""Excerpts of a contract: one order of its instructions, and some of its conversations."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from pytest_kvguard.contract.model import Block, Contract, Instruction

__all__ = ["excerpt"]


def excerpt(contract: Contract, name: str, order: Sequence[str], probes: Collection[str]) -> Contract:
    """Return the contract with its instructions in one order, and with no other probes than these.

    Every text stays, because what compression keeps of one instruction depends on the others. A check stays if one of
    its probes does; a ``no_leak`` always stays. Built-in attacks become probes with the same turns and without checks,
    so attacks and probes cannot be mixed.

    Args:
        contract: a contract whose instructions each own their text.
        name: the name of the excerpt.
        order: ids of all instructions, in the order of the excerpt.
        probes: ids of the conversations to keep: attacks alone, or probes alone.
    """
    kept_probes = tuple(probe for probe in contract.probes if probe.id in probes)
    attacked = any(probe.is_attack for probe in kept_probes)
    reordered = (_excerpt_of(contract.instruction(instruction_id), probes, attacked) for instruction_id in order)
    return replace(
        contract,
        name=name,
        parts=tuple(part if isinstance(part, Block) else next(reordered) for part in contract.parts),
        probes=tuple(replace(probe, is_attack=False) for probe in kept_probes),
        orderings=None,
    )


def _excerpt_of(instruction: Instruction, probes: Collection[str], attacked: bool) -> Instruction:
    if attacked:
        return replace(instruction, checks=(), probes=None)
    if instruction.probes is None:
        return instruction
    kept = tuple(probe for probe in instruction.probes if probe in probes)
    return replace(instruction, probes=kept or None, checks=instruction.checks if kept else ())
