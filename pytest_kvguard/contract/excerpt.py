"""Excerpts of a contract: one order, some of its conversations, or all but one of its instructions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from pytest_kvguard.contract.model import Block, Contract, Instruction

__all__ = ["excerpt", "reworded", "without"]


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
        return replace(instruction, checks=(), probe_checks={}, probes=None)
    own = {probe: checks for probe, checks in instruction.probe_checks.items() if probe in probes}
    instruction = replace(instruction, probe_checks=own)
    if instruction.probes is None:
        return instruction
    kept = tuple(probe for probe in instruction.probes if probe in probes)
    return replace(instruction, probes=kept or None, checks=instruction.checks if kept else ())


def without(contract: Contract, instruction_id: str) -> Contract:
    """Return the contract without one instruction, and without those that share its text."""
    owner = contract.instruction(instruction_id).text_owner or instruction_id
    parts = (part for part in contract.parts if isinstance(part, Block) or owner not in (part.id, part.text_owner))
    return replace(contract, parts=tuple(parts), orderings=None)


def reworded(contract: Contract, instruction_id: str, text: str) -> Contract:
    """Return the contract with another text of one instruction."""
    parts = (replace(part, text=text) if part.id == instruction_id else part for part in contract.parts)
    return replace(contract, parts=tuple(parts), orderings=None)
