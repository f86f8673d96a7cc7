"""Names in a contract that must lead somewhere and be unique, and keys that are nothing without another."""

from __future__ import annotations

from pytest_kvguard.contract.model import Contract
from pytest_kvguard.contract.yaml_document import Document, KeyPath
from pytest_kvguard.errors import suggest
from pytest_kvguard.results import ARMS

__all__ = ["check_references"]


def check_references(document: Document, contract: Contract) -> None:
    """Check ids, probe names and pins.

    Raises:
        ContractError: an id stands twice, a name leads nowhere, a key lacks its companion, or nothing is checked.
    """
    _check_unique_ids(document, contract)
    _check_attacks(document, contract)
    _check_probe_names(document, contract)
    _check_pins(document, contract)
    _check_search_budget(document, contract)
    _check_sampling(document, contract)
    if not any(contract.checked(probe.id) for probe in contract.probes):
        raise document.error(
            "nothing is checked: no instruction has a 'check' or 'no_leak'. "
            'Add one, e.g. check: {contains: "9:30"} to an instruction.',
            ("context", "instructions"),
        )


def _check_unique_ids(document: Document, contract: Contract) -> None:
    lines: dict[str, int] = {}
    for index, part in enumerate(contract.parts):
        if part.id in lines:
            raise document.error(
                f"the id {part.id!r} stands twice, first in line {lines[part.id]}. Rename one.",
                ("context", "instructions", index),
            )
        lines[part.id] = part.line


def _check_attacks(document: Document, contract: Contract) -> None:
    attacks = {probe.id for probe in contract.probes if probe.is_attack}
    for probe in contract.probes:
        if probe.id in attacks and not probe.is_attack:
            raise document.error(
                f"the probe {probe.id!r} has the name of a built-in attack. Rename it.", ("probes", probe.id)
            )
    if attacks and all(instruction.no_leak is None for instruction in contract.instructions):
        raise document.error(
            "attacks: found no instruction with 'no_leak', so nothing could leak. Add one, or remove 'attacks'.",
            ("attacks",),
        )


def _check_probe_names(document: Document, contract: Contract) -> None:
    known = [probe.id for probe in contract.probes if not probe.is_attack]
    for index, part in enumerate(document.data["context"]["instructions"]):
        for position, name in enumerate(part.get("probes", ())):
            key_path = ("context", "instructions", index, "probes", position)
            _check_known(document, key_path, "probe", name, known)


def _check_pins(document: Document, contract: Contract) -> None:
    if contract.orderings is None:
        return
    for end, pins in (("first", contract.orderings.first), ("last", contract.orderings.last)):
        for position, name in enumerate(pins):
            _check_known(document, ("orderings", end, position), "instruction", name, contract.written_order)
    both = set(contract.orderings.first) & set(contract.orderings.last)
    if both:
        raise document.error(
            f"instruction {min(both)!r} is pinned both first and last. Remove it from one.", ("orderings", "last")
        )


def _check_search_budget(document: Document, contract: Contract) -> None:
    orderings = contract.orderings
    if orderings is None or not orderings.search:
        return
    generate = contract.generate
    replies = ARMS * max(len(probe.turns) for probe in contract.probes) * len(generate.drawn_seeds)
    most = replies * generate.max_new_tokens
    if orderings.budget_tokens < most:
        raise document.error(
            f"orderings.budget_tokens: found {orderings.budget_tokens}. Allowed: {most} or more, since one arrangement "
            f"may take {most} generated tokens ({ARMS} arms x turns x seeds x max_new_tokens). Raise it, or lower "
            "max_new_tokens.",
            ("orderings", "budget_tokens"),
        )


def _check_sampling(document: Document, contract: Contract) -> None:
    if contract.generate.temperature is None:
        for key in ("top_p", "seeds"):
            if key in document.data.get("generate", {}):
                raise document.error(
                    f"generate.{key} says how replies are drawn, but without a temperature none are. "
                    "Add e.g. 'temperature: 0.7', or remove it.",
                    ("generate", key),
                )
    if contract.gate.max_drop is not None and not contract.is_sampled:
        raise document.error(
            "gate.max_drop is judged over sampled orders or replies, and this contract has neither. "
            "Add 'orderings: {sample: 8}', or use max_lost.",
            ("gate", "max_drop"),
        )


def _check_known(
    document: Document, key_path: KeyPath, kind: str, name: str, known: list[str] | tuple[str, ...]
) -> None:
    if name not in known:
        remedy = suggest(name, known) or " Correct the name, or add it."
        raise document.error(f"unknown {kind} {name!r}. Allowed: {', '.join(known)}.{remedy}", key_path)
