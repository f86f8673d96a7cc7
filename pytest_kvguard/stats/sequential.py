"""Looking at results before all of them are there, without raising more false alarms for it."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

__all__ = ["Look", "plan_looks"]

INTERIM_SHARE = 0.1
"""The share of the error level that each interim look may spend."""

LEAST_PROMPTS = 8
"""An interim look at fewer prompts could reject nothing: 2^-8 is under a tenth of 5 %, 2^-7 is not."""


@dataclass(frozen=True)
class Look:
    """A moment at which the gate may be decided.

    Attributes:
        prompts: how many prompts have been run by then.
        level: the chance of a false alarm that this look may spend.
        last: no further look follows.
    """

    prompts: int
    level: float
    last: bool = False


def plan_looks(prompts: int, level: float) -> tuple[Look, ...]:
    """Return the looks at a quarter, at half and at all of the planned prompts.

    The rule: at an interim look the gate fails if some test's p-value, times the number of tests, is at or under a
    tenth of the level; at the last look Holm's procedure runs at what is left of it. The levels of all looks add up
    to ``level``, so by Bonferroni's inequality the chance of any false alarm at any look is at most ``level``.
    Passing early, because the drop's interval lies under the margin, cannot raise a false alarm at all.

    Source: Haybittle, Repeated assessment of results in clinical trials of cancer treatment, British Journal of
    Radiology 44 (1971), and Peto et al., British Journal of Cancer 34 (1976). Differs: the last look pays for the
    interim ones, which makes the guarantee exact.

    Args:
        prompts: how many are planned.
        level: the chance of a false alarm that is accepted, e.g. 0.05.
    """
    interim = sorted({ceil(prompts * part) for part in (0.25, 0.5)})
    early = [Look(count, level * INTERIM_SHARE) for count in interim if LEAST_PROMPTS <= count < prompts]
    return (*early, Look(prompts, level * (1 - INTERIM_SHARE * len(early)), last=True))
