"""Entries are ranked by another sort."""

from __future__ import annotations

from typing import Any

import numpy
import torch
from torch import Tensor

from kvguard_policies import selection
from kvguard_policies.policy import Scores
from pytest_kvguard.faults.fault import POLICY, Refactor
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["REFACTOR"]


def plant(planting: Planting, setting: Setting) -> None:
    """Sort by priority, score and position at once, in numpy; scores with NaN are ranked by the original."""

    def rank(real: Any, scores: Scores) -> Tensor:
        if torch.isnan(scores.values).any():
            return real(scores)  # type: ignore[no-any-return]
        position = numpy.arange(scores.values.shape[-1])
        heads = zip(scores.values.cpu().numpy(), scores.priority.cpu().numpy(), strict=True)
        ranked = [numpy.lexsort((position, values, priority))[::-1].copy() for values, priority in heads]
        return torch.from_numpy(numpy.stack(ranked)).to(scores.values.device)

    planting.function(selection.rank_entries, rank)


REFACTOR = Refactor("lexical-ranking", POLICY, "entries are ranked by another sort", plant)
