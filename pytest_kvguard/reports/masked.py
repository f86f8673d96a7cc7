"""Masking of secrets in results and contracts, before a report sees them."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any

from pytest_kvguard.contract.model import Block, Contract, Instruction
from pytest_kvguard.leaks.masking import Masker, secrets_in
from pytest_kvguard.values.results import Arm, CaseId, CaseResult

__all__ = ["mask_case", "mask_contract", "mask_result", "register_secrets"]


def register_secrets(masker: Masker, contract: Contract) -> None:
    """Add a contract's secrets to a masker."""
    for instruction in contract.instructions:
        masker.add(secrets_in(instruction.no_leak or {}, instruction.text))


def mask_contract(contract: Contract, masker: Masker) -> Contract:
    """Return a contract with secrets masked in its texts; the values of its checks stay as they are."""
    return replace(
        contract,
        preamble=masker.mask(contract.preamble),
        parts=tuple(_mask_part(part, masker) for part in contract.parts),
        probes=tuple(replace(probe, turns=tuple(map(masker.mask, probe.turns))) for probe in contract.probes),
    )


def mask_case(contract: Contract, case: CaseId, masker: Masker) -> Contract:
    """Return what one case needs of a contract, its instruction and its probe, with secrets masked.

    Each of thousands of cases asks for it, so the rest of the contract is not looked at.
    """
    probes = tuple(probe for probe in contract.probes if probe.id == case.probe)
    return mask_contract(replace(contract, parts=(contract.instruction(case.instruction),), probes=probes), masker)


def _mask_part(part: Instruction | Block, masker: Masker) -> Instruction | Block:
    if isinstance(part, Block):
        return replace(part, text=masker.mask(part.text))
    return replace(part, text=masker.mask(part.text), paraphrases=tuple(map(masker.mask, part.paraphrases)))


def mask_result(result: CaseResult, masker: Masker) -> CaseResult:
    """Return a result with secrets masked in its texts; token ids and prompts stay as they are, so do not show them."""
    masked: CaseResult = _mask(result, masker)
    return masked


def _mask(value: Any, masker: Masker) -> Any:
    """Return a value with every text within it masked, whatever its fields."""
    if isinstance(value, Enum | CaseId):
        return value
    if isinstance(value, str):
        return masker.mask(value)
    if isinstance(value, tuple):
        return tuple(_mask(inner, masker) for inner in value)
    if isinstance(value, Arm):
        return _mask_arm(value, masker)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: _mask(getattr(value, field.name), masker) for field in fields(value)})
    return value


def _mask_arm(arm: Arm, masker: Masker) -> Arm:
    """Return an arm with its replies masked as one text, because a secret may be split over them."""
    texts = masker.mask_replies([reply.text for reply in arm.replies])
    replies = (replace(reply, text=text) for reply, text in zip(arm.replies, texts, strict=True))
    return replace(arm, replies=tuple(replies))
