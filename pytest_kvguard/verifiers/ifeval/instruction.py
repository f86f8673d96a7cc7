"""An IFEval instruction: its id, its keyword arguments, and its check of one reply."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["RELATIONS", "IFEvalInstruction", "Inspect", "compare"]

Inspect = Callable[[str, Mapping[str, Any]], tuple[bool, str]]

RELATIONS = ("less than", "at least")


@dataclass(frozen=True)
class IFEvalInstruction:
    """One of IFEval's verifiable instructions.

    Source: Instruction-Following Evaluation for Large Language Models, arXiv:2311.07911, Table 1.

    Attributes:
        id: family and name, e.g. ``length_constraints:number_words``.
        kwargs: names of the keyword arguments it takes, all of them required.
        inspect: (reply, keyword arguments) → (holds, observation, short).
        packages: import names of the optional packages that ``inspect`` needs.
    """

    id: str
    kwargs: tuple[str, ...]
    inspect: Inspect
    packages: tuple[str, ...] = ()

    @property
    def family(self) -> str:
        """The part of the id before the colon."""
        return self.id.partition(":")[0]


def compare(count: int, relation: str, threshold: int) -> bool:
    """Return whether a count is ``at least`` or ``less than`` a threshold."""
    return count < threshold if relation == "less than" else count >= threshold
