"""Gate procedures on simulated replies: step-down tests of whole prompts beside Holm's correction, and proofs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from benchmarks.simulated_checks import SIGNIFICANCE_LEVEL, Design, draw_checks
from pytest_kvguard.stats.exclusion import exclusion_test
from pytest_kvguard.stats.paired_tests import drop_test, holm
from pytest_kvguard.stats.pairs import Pairs
from pytest_kvguard.stats.step_down import max_drop_tests

__all__ = ["Rejections", "measure_procedures", "procedure_designs", "procedure_table", "proof_designs"]


@dataclass(frozen=True)
class Rejections:
    """How often each procedure rejects in one situation.

    Attributes:
        holm: share of runs in which some test is rejected after Holm's correction.
        step_down: the same with the step-down tests that flip whole prompts.
        proven: share of runs in which a drop of more than 10 points is excluded for the first instruction.
    """

    design: Design
    runs: int
    holm: float
    step_down: float
    proven: float

    @property
    def record(self) -> dict[str, Any]:
        """The figures as plain values."""
        return asdict(self)


def procedure_designs() -> Iterator[Design]:
    """Yield situations of 8 to 60 prompts and of 3 or 10 instructions, one of which drops by 0 to 20 points."""
    for instructions in (3, 10):
        for orders in (8, 20, 60):
            yield from (Design(orders, 0.0, drop, 1, instructions=instructions) for drop in (0.0, 0.05, 0.1, 0.2))


def proof_designs() -> Iterator[Design]:
    """Yield situations of 20 to 100 prompts with no drop, with one of 5 points, and with the one that is excluded."""
    for orders in (20, 30, 60, 100):
        yield from (Design(orders, 0.1, drop, 1, instructions=1) for drop in (0.0, 0.05, 0.1))
        yield Design(orders, 0.1, 0.1, 1, instructions=1, whole=True)


def measure_procedures(design: Design, runs: int, seed: int) -> Rejections:
    """Simulate a situation ``runs`` times and return how often each procedure rejects."""
    random = np.random.default_rng([seed, *repr(design).encode()])
    counts = np.zeros(3)
    for _ in range(runs):
        rows = _tables(*draw_checks(design, random))
        plain = [p for row in rows if (p := drop_test(row, design.max_drop)) is not None]
        joint = [p for p in max_drop_tests([rows], design.max_drop, SIGNIFICANCE_LEVEL)[0] if p is not None]
        proof = exclusion_test(rows[0], design.max_drop or 0.1)
        levels = (min(holm(plain)), min(joint), 1.0 if proof is None else proof)
        counts += [level <= SIGNIFICANCE_LEVEL for level in levels]
    return Rejections(design, runs, *(counts / runs).tolist())


def _tables(before: np.ndarray, after: np.ndarray) -> list[list[Pairs]]:
    """Return one table per prompt, by instruction."""
    kinds = [before & after, before & ~after, ~before & after, ~before & ~after]
    counts = np.stack([kind.sum(axis=1) for kind in kinds], axis=-1)
    return [[Pairs(*table) for table in column] for column in counts.transpose(1, 0, 2).tolist()]


def procedure_table(title: str, rows: Sequence[Rejections], proofs: bool = False) -> str:
    """Return a table of situations as text."""
    names = "  proven" if proofs else "    Holm  step-down"
    lines = [title, f"instructions  orders  drop  lost whole{names}"]
    for row in rows:
        design = row.design
        rates = f"{100 * row.proven:7.1f}%" if proofs else f"{100 * row.holm:7.1f}%{100 * row.step_down:10.1f}%"
        whole = "yes" if design.whole else "no"
        lines.append(f"{design.instructions:<12}  {design.orders:6}  {design.drop:4.2f}  {whole:10}{rates}")
    return "\n".join(lines)
