"""Every IFEval instruction by id."""

from __future__ import annotations

from pytest_kvguard.verifiers.ifeval import (
    change_case,
    combination,
    detectable_content,
    detectable_format,
    keywords,
    language,
    length_constraints,
    punctuation,
    startend,
)
from pytest_kvguard.verifiers.ifeval.instruction import IFEvalInstruction

__all__ = ["INSTRUCTIONS"]

INSTRUCTIONS: dict[str, IFEvalInstruction] = {
    member.id: member
    for family in (
        change_case,
        combination,
        detectable_content,
        detectable_format,
        keywords,
        language,
        length_constraints,
        punctuation,
        startend,
    )
    for member in family.INSTRUCTIONS
}
