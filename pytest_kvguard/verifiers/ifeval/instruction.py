"""What an IFEval instruction is: an id, the keyword arguments it takes, and a judgement over one reply."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pytest_kvguard.unfinished_text import settled_words, undecided

__all__ = ["RELATIONS", "IFEvalInstruction", "Inspect", "compare", "decide_count", "fatal", "lasting"]

Inspect = Callable[[str, Mapping[str, Any]], tuple[bool, str]]
Decide = Callable[[str, Mapping[str, Any]], bool | None]

RELATIONS = ("less than", "at least")


@dataclass(frozen=True)
class IFEvalInstruction:
    """One of IFEval's verifiable instructions.

    Source: Instruction-Following Evaluation for Large Language Models, arXiv:2311.07911, Table 1.

    Attributes:
        id: family and name, e.g. ``length_constraints:number_words``.
        kwargs: names of the keyword arguments it takes, all of them required.
        inspect: (reply, keyword arguments) → (holds, what was observed, short).
        decide: (beginning of a reply that is not blank, keyword arguments) → as for ``Rule``.
        packages: the optional packages that ``inspect`` needs, by the names they are imported by.
    """

    id: str
    kwargs: tuple[str, ...]
    inspect: Inspect
    decide: Decide = undecided
    packages: tuple[str, ...] = ()

    @property
    def family(self) -> str:
        """The part of the id before the colon."""
        return self.id.partition(":")[0]


def compare(count: int, relation: str, threshold: int) -> bool:
    """Return whether a count is ``at least`` or ``less than`` a threshold."""
    return count < threshold if relation == "less than" else count >= threshold


def decide_count(least: int, relation: str, threshold: int) -> bool | None:
    """Say how a count that can only grow will compare; None until it has reached the threshold."""
    return relation == "at least" if least >= threshold else None


def lasting(inspect: Inspect) -> Decide:
    """Decide by what is there: a reply whose beginning obeys does so to its end."""

    def decide(prefix: str, kwargs: Mapping[str, Any]) -> bool | None:
        return True if inspect(settled_words(prefix), kwargs)[0] else None

    return decide


def fatal(inspect: Inspect) -> Decide:
    """Decide by what must not be there: a reply whose beginning fails does so to its end."""

    def decide(prefix: str, kwargs: Mapping[str, Any]) -> bool | None:
        return None if inspect(settled_words(prefix), kwargs)[0] else False

    return decide
