"""Results and contracts as reports may show them: without secrets."""

from __future__ import annotations

from dataclasses import replace

from pytest_kvguard.contract.model import Contract
from pytest_kvguard.leaks.masking import Masker, secrets_in
from pytest_kvguard.results import Arm, CaseResult, Check, CheckPair

__all__ = ["mask_contract", "mask_result", "register_secrets"]


def register_secrets(masker: Masker, contract: Contract) -> None:
    """Have a contract's secrets masked from now on."""
    for instruction in contract.instructions:
        masker.add(secrets_in(instruction.no_leak or {}, instruction.text))


def mask_contract(contract: Contract, masker: Masker) -> Contract:
    """Return a contract whose texts hold no secrets; the values of its checks are left as they are."""
    return replace(
        contract,
        preamble=masker.mask(contract.preamble),
        parts=tuple(replace(part, text=masker.mask(part.text)) for part in contract.parts),
        probes=tuple(replace(probe, turns=tuple(map(masker.mask, probe.turns))) for probe in contract.probes),
    )


def mask_result(result: CaseResult, masker: Masker) -> CaseResult:
    """Return a result whose texts hold no secrets; token ids stay, and must not be shown."""
    return replace(
        result,
        checks=tuple(_mask_pair(pair, masker) for pair in result.checks),
        baseline=_mask_arm(result.baseline, masker),
        compressed=_mask_arm(result.compressed, masker),
        reason=masker.mask(result.reason),
    )


def _mask_pair(pair: CheckPair, masker: Masker) -> CheckPair:
    compressed = pair.compressed and _mask_check(pair.compressed, masker)
    return replace(pair, baseline=_mask_check(pair.baseline, masker), compressed=compressed)


def _mask_check(check: Check, masker: Masker) -> Check:
    return replace(check, expected=masker.mask(check.expected), observed=masker.mask(check.observed))


def _mask_arm(arm: Arm | None, masker: Masker) -> Arm | None:
    """Mask the replies as one text: a secret may be split over them."""
    if arm is None:
        return None
    texts = masker.mask_pieces([reply.text for reply in arm.replies], "\n")
    return replace(
        arm, replies=tuple(replace(reply, text=text) for reply, text in zip(arm.replies, texts, strict=True))
    )
