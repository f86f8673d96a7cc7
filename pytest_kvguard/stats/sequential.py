"""Interim looks at a gate's tests, without more false alarms."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

__all__ = ["Look", "last_level", "plan_looks"]

INTERIM_SHARE = 0.1
"""The share of the significance level that each interim look may spend."""

LEAST_PROMPTS = 8
"""An interim look at fewer prompts cannot reject: 2^-8 is under a tenth of 5 %, 2^-7 is not."""


@dataclass(frozen=True)
class Look:
    """A point of the run at which the gate may be decided.

    Attributes:
        prompts: number of prompts that have run by then.
        significance_level: the probability of a false alarm that this look may spend.
        last: whether no further look follows.
    """

    prompts: int
    significance_level: float
    last: bool = False


def plan_looks(prompts: int, significance_level: float) -> tuple[Look, ...]:
    """Return the looks at a quarter, at half and at all of the planned prompts.

    An interim look runs the whole procedure of tests at a tenth of the significance level, the last look at the rest
    of it. The levels of all looks add up to ``significance_level``, so by Bonferroni's inequality the probability of
    any false alarm at any look is at most that, whatever procedure a look runs. The same levels, added up the same
    way, bound the probability that a drop is excluded at any look although it is there.

    Source: Haybittle, Repeated assessment of results in clinical trials of cancer treatment, British Journal of
    Radiology 44 (1971), and Peto et al., British Journal of Cancer 34 (1976). Differs: the last look pays for the
    interim ones, which makes the guarantee exact.

    Args:
        prompts: number of planned prompts.
        significance_level: the accepted probability of a false alarm, e.g. 0.05.
    """
    interim = sorted({ceil(prompts * part) for part in (0.25, 0.5)})
    early = [Look(count, significance_level * INTERIM_SHARE) for count in interim if LEAST_PROMPTS <= count < prompts]
    return (*early, Look(prompts, significance_level * (1 - INTERIM_SHARE * len(early)), last=True))


def last_level(prompts: int, significance_level: float) -> float:
    """Return the significance level that is left for the last look at this number of prompts."""
    return plan_looks(prompts, significance_level)[-1].significance_level
