"""The hint for a model that obeys so little that hardly anything could be lost."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_kvguard.values.results import Verdict

__all__ = ["MODEL_GUIDE", "unmet_hint"]

MODEL_GUIDE = "docs/how-to/use-your-own-model.md"
"""The page on models, by its place in the project."""

_MUCH = 0.5
"""The share of UNMET checks from which on the model is to blame, and not single checks."""


def unmet_hint(totals: Mapping[str, int]) -> str:
    """Return where to read how to run another model, if at least half of the checks are UNMET; else an empty string.

    Args:
        totals: the number of checks by verdict.
    """
    unmet, checks = totals.get(Verdict.UNMET, 0), sum(totals.values())
    if not unmet or unmet < _MUCH * checks:
        return ""
    return (
        f"{unmet} of {checks} checks are UNMET: this model obeys too little for much to be lost. How to run another "
        f"one, and how to tell whether it is good enough: {MODEL_GUIDE}"
    )
