"""Checks of a contract's references: unique ids, known names, and keys that need another key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pytest_kvguard.contract.model import Contract
from pytest_kvguard.contract.proof import proof_problem
from pytest_kvguard.contract.yaml_document import Document, KeyPath
from pytest_kvguard.errors import ContractError, suggest
from pytest_kvguard.values.results import ARMS
from pytest_kvguard.verifiers import table as verifiers

__all__ = ["reference_problems"]


def reference_problems(document: Document, contract: Contract) -> Iterator[ContractError]:
    """Yield duplicate ids, unknown names, keys that lack another key, and the lack of any check."""
    yield from _duplicate_ids(document, contract)
    yield from _useless_attacks(document, contract)
    yield from _unknown_probes(document, contract)
    yield from _wrong_pins(document, contract)
    yield from _small_budgets(document, contract)
    yield from _useless_sampling(document, contract)
    if not any(instruction.is_checked for instruction in contract.instructions):
        yield document.error(
            "nothing is checked: no instruction has a 'check' or 'no_leak'. "
            'Add one, e.g. check: {contains: "9:30"} to an instruction.',
            ("context", "instructions"),
        )


def _duplicate_ids(document: Document, contract: Contract) -> Iterator[ContractError]:
    lines: dict[str, int] = {}
    for index, part in enumerate(contract.parts):
        if part.id in lines:
            yield document.error(
                f"the id {part.id!r} occurs twice, first in line {lines[part.id]}. Rename one.",
                ("context", "instructions", index),
            )
        lines.setdefault(part.id, part.line)


def _useless_attacks(document: Document, contract: Contract) -> Iterator[ContractError]:
    attacks = {probe.id for probe in contract.probes if probe.is_attack}
    for probe in contract.probes:
        if probe.id in attacks and not probe.is_attack:
            yield document.error(
                f"the probe {probe.id!r} has the name of a built-in attack. Rename it.", ("probes", probe.id)
            )
    if attacks and all(instruction.no_leak is None for instruction in contract.instructions):
        yield document.error(
            "attacks: found no instruction with 'no_leak', so nothing could leak. Add one, or remove 'attacks'.",
            ("attacks",),
        )


def _unknown_probes(document: Document, contract: Contract) -> Iterator[ContractError]:
    known = [probe.id for probe in contract.probes if not probe.is_attack]
    for index, part in enumerate(document.data["context"]["instructions"]):
        for position, name in enumerate(part.get("probes", ())):
            key_path = ("context", "instructions", index, "probes", position)
            yield from _unknown(document, key_path, "probe", name, known)
        for name in part.get("checks", ()):
            key_path = ("context", "instructions", index, "checks", name)
            yield from _unknown(document, key_path, "probe", name, known, _why_no_probe(name, contract))
        yield from _contradictions(document, index, part)


def _why_no_probe(name: str, contract: Contract) -> str:
    """Return what may have been meant by a name in ``checks`` that is no probe; empty if nothing is known."""
    if name in verifiers.names():
        return f" {name!r} is a check: write it under 'check', or under the name of a probe."
    attacks = {probe.id for probe in contract.probes if probe.is_attack}
    return (
        " Under an attack only leaks are judged. Remove it, or write a probe with that text." if name in attacks else ""
    )


def _contradictions(document: Document, index: int, part: Mapping[str, Any]) -> Iterator[ContractError]:
    """Yield probes whose checks are missing, stand outside ``probes``, or stand twice."""
    own, listed = part.get("checks", {}), part.get("probes")
    for name, checks in own.items():
        key_path: KeyPath = ("context", "instructions", index, "checks", name)
        if listed is not None and name not in listed:
            yield document.error(
                f"checks of instruction {part['id']!r}: the probe {name!r} is not among its 'probes': "
                f"{', '.join(listed)}. Add it there, or remove 'probes'.",
                key_path,
            )
        for check in sorted(set(checks) & set(part.get("check", {}))):
            yield document.error(
                f"instruction {part['id']!r} has the check {check!r} twice under {name!r}: in 'check', which is for "
                "every probe, and in 'checks'. Keep one of them.",
                (*key_path, check),
            )
    if own and listed is not None and "check" not in part and "no_leak" not in part:
        for position, name in enumerate(listed):
            if name not in own:
                yield document.error(
                    f"instruction {part['id']!r} checks nothing under the probe {name!r}: 'checks' has "
                    f"{', '.join(own)}. Add '{name}:' to it, or remove the name from 'probes'.",
                    ("context", "instructions", index, "probes", position),
                )


def _wrong_pins(document: Document, contract: Contract) -> Iterator[ContractError]:
    if contract.orderings is None:
        return
    for end, pins in (("first", contract.orderings.first), ("last", contract.orderings.last)):
        for position, name in enumerate(pins):
            yield from _unknown(document, ("orderings", end, position), "instruction", name, contract.written_order)
    both = set(contract.orderings.first) & set(contract.orderings.last)
    if both:
        yield document.error(
            f"instruction {min(both)!r} is pinned both first and last. Remove it from one.", ("orderings", "last")
        )


def _small_budgets(document: Document, contract: Contract) -> Iterator[ContractError]:
    orderings = contract.orderings
    if orderings is None or not orderings.search:
        return
    generate = contract.generate
    replies = ARMS * max(len(probe.turns) for probe in contract.probes) * len(generate.drawn_seeds)
    needed = replies * generate.max_new_tokens
    if orderings.budget_tokens < needed:
        yield document.error(
            f"orderings.budget_tokens: found {orderings.budget_tokens}. Allowed: {needed} or more, since one "
            f"arrangement may take {needed} generated tokens ({ARMS} arms x turns x seeds x max_new_tokens). "
            "Raise it, or lower max_new_tokens.",
            ("orderings", "budget_tokens"),
        )


def _useless_sampling(document: Document, contract: Contract) -> Iterator[ContractError]:
    if contract.generate.temperature is None:
        for key in ("top_p", "seeds"):
            if key in document.data.get("generate", {}):
                yield document.error(
                    f"generate.{key} has no effect without a temperature. Add e.g. 'temperature: 0.7', or remove it.",
                    ("generate", key),
                )
    if contract.gate.max_drop is not None and not contract.is_sampled:
        yield document.error(
            "gate.max_drop is judged over sampled orders or replies, and this contract samples neither. "
            "Add 'orderings: {sample: 8}', or use max_lost.",
            ("gate", "max_drop"),
        )
    if (problem := proof_problem(contract)) is not None:
        yield document.error(problem, ("gate", "prove"))


def _unknown(
    document: Document, key_path: KeyPath, kind: str, name: str, known: Sequence[str], meant: str = ""
) -> Iterator[ContractError]:
    if name not in known:
        remedy = meant or suggest(name, known) or " Correct the name, or add it."
        yield document.error(f"unknown {kind} {name!r}. Allowed: {', '.join(known)}.{remedy}", key_path)
