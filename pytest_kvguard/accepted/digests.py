"""Digests of what a check is made of."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from hashlib import sha256

from pytest_kvguard.accepted.entry import Evidence
from pytest_kvguard.contract.model import Contract

__all__ = ["evidence_of", "short_digest"]

LETTERS = 8


def evidence_of(contract: Contract, instruction_id: str, probe_id: str) -> Evidence:
    """Return the digests of one instruction under one probe of a contract."""
    probe = next(probe for probe in contract.probes if probe.id == probe_id)
    instruction = contract.instruction(instruction_id).under(probe)
    return Evidence(
        instruction=short_digest([instruction.text]),
        probe=short_digest([*probe.turns]),
        check=short_digest([*map(list, instruction.checks), instruction.no_leak]),
        context=short_digest([*_around(contract, instruction_id)]),
    )


def _around(contract: Contract, instruction_id: str) -> Iterator[object]:
    """Yield what surrounds an instruction in the prompt, what is drawn, and how replies are generated."""
    yield contract.preamble
    yield contract.join
    yield [None if part.id == instruction_id else part.text for part in contract.parts]
    yield contract.protected
    orderings, generate = contract.orderings, contract.generate
    yield None if orderings is None else vars(orderings)
    is_drawn = contract.is_sampled or bool(orderings and orderings.search)
    yield {name: value for name, value in vars(generate).items() if name != "first_seed" or is_drawn}


def short_digest(values: Sequence[object]) -> str:
    """Return a digest of plain values."""
    text = json.dumps(values, sort_keys=True, default=repr)
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:LETTERS]
