"""Timings of a simulated machine with known costs."""

from __future__ import annotations

from itertools import product
from math import inf

import numpy as np

from pytest_kvguard.serving_cost.throughput import Roofline, Timing

BATCHES, LENGTHS = (1, 2, 4, 8), (256, 512, 1024, 2048, 4096)
TERMS = {"prefill": (0.01, 2e-5, 3e-9), "decode": (0.02, 1e-4, 2e-7)}


def measured(stage: str, budget: float = inf, noise: float = 0.0, seed: int = 0) -> list[Timing]:
    """Return timings whose costs are exactly these, but for noise."""
    true = Roofline(stage, TERMS[stage], budget, 0.0, 0.0, (1, 1), (1, 1))
    generator = np.random.default_rng(seed)
    return [
        Timing(batch, tokens, true.seconds(batch, tokens) * (1 + noise * generator.standard_normal()))
        for batch, tokens in product(BATCHES, LENGTHS)
    ]
