"""Names in a contract that must lead somewhere, and must be unique."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_kvguard.contract.model import Contract
from pytest_kvguard.contract.yaml_document import Document, KeyPath
from pytest_kvguard.errors import ContractError, suggest

__all__ = ["reference_problems"]


def reference_problems(document: Document, contract: Contract) -> Iterator[ContractError]:
    """Yield ids that stand twice, names that lead nowhere, and that nothing is checked."""
    yield from _doubled_ids(document, contract)
    yield from _unknown_probes(document, contract)
    yield from _wrong_pins(document, contract)
    if not any(contract.checked(probe.id) for probe in contract.probes):
        yield document.error(
            "nothing is checked: no instruction has a 'check' or 'no_leak'. "
            'Add one, e.g. check: {contains: "9:30"} to an instruction.',
            ("context", "instructions"),
        )


def _doubled_ids(document: Document, contract: Contract) -> Iterator[ContractError]:
    lines: dict[str, int] = {}
    for index, part in enumerate(contract.parts):
        if part.id in lines:
            yield document.error(
                f"the id {part.id!r} stands twice, first in line {lines[part.id]}. Rename one.",
                ("context", "instructions", index),
            )
        lines.setdefault(part.id, part.line)


def _unknown_probes(document: Document, contract: Contract) -> Iterator[ContractError]:
    known = [probe.id for probe in contract.probes]
    for index, part in enumerate(document.data["context"]["instructions"]):
        for position, name in enumerate(part.get("probes", ())):
            key_path = ("context", "instructions", index, "probes", position)
            yield from _unknown(document, key_path, "probe", name, known)


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


def _unknown(
    document: Document, key_path: KeyPath, kind: str, name: str, known: Sequence[str]
) -> Iterator[ContractError]:
    if name not in known:
        remedy = suggest(name, known) or " Correct the name, or add it."
        yield document.error(f"unknown {kind} {name!r}. Allowed: {', '.join(known)}.{remedy}", key_path)
