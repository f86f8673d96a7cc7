"""The table of a run's largest safe ratios, one row per contract and policy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pytest_kvguard.reports.advice import chance_text, first_lost
from pytest_kvguard.reports.report import Line, Report, RunEnd
from pytest_kvguard.values.frontier import PolicyAdvice

__all__ = ["RatioRow", "RatioTable", "ratio_lines"]


@dataclass(frozen=True)
class RatioRow:
    """The result of one search, which travels between processes as JSON.

    Attributes:
        contract, policy, kernel: the subject of the search.
        safe, unsafe: the largest safe and the smallest unsafe ratio, as written; empty if there is none.
        chance: the number of prompts that fail at the safe ratio, with an interval.
        cache, length: cache share and length ratio at the safe ratio; None if not measured.
        lost: the instructions that are lost first, in words.
        islands: safe ratios above the unsafe one.
        cells: number of ratios that were tried.
    """

    contract: str
    policy: str
    kernel: str
    safe: str
    unsafe: str
    chance: str
    cache: float | None
    length: float | None
    lost: str
    islands: tuple[str, ...]
    cells: int

    @classmethod
    def of(cls, contract: str, kernel: str, advice: PolicyAdvice) -> RatioRow:
        """Return the row of the advice on one policy."""
        costs = advice.safe.costs if advice.safe else None
        return cls(
            contract,
            advice.policy,
            kernel,
            advice.safe.ratio if advice.safe else "",
            advice.unsafe.ratio if advice.unsafe else "",
            chance_text(advice.safe),
            costs.cache_share if costs else None,
            costs.length_ratio if costs else None,
            first_lost(advice),
            advice.islands,
            len(advice.points),
        )

    @property
    def line(self) -> str:
        """The row as one line of text."""
        safe = f"safe to {self.safe}" if self.safe else "safe at no ratio that was tried"
        luck = f"; safe again at {', '.join(self.islands)}, by luck" if self.islands else ""
        return f"{self.contract} under {self.policy}: {safe} ({self.cells} tried); lost first: {self.lost}{luck}"

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> RatioRow:
        """Return the row from the values of ``to_json``."""
        return cls(**{**values, "islands": tuple(values["islands"])})


class RatioTable(Report):
    """The table of largest safe ratios."""

    reads = ("ratio",)

    def lines(self, run: RunEnd) -> Iterator[Line]:
        """See ``Report``."""
        rows = [RatioRow.from_json(event["row"]) for event in self.events]
        if rows:
            yield Line(f"kvguard: largest safe ratios, scope {run.scope}", is_heading=True)
            yield from map(Line, ratio_lines(sorted(rows, key=lambda row: (row.contract, row.policy, row.kernel))))


def ratio_lines(rows: Sequence[RatioRow]) -> Iterator[str]:
    """Yield the lines of the table."""
    widths = [max(8, *(len(getattr(row, name)) for row in rows)) for name in ("contract", "policy")]
    kernels = len({row.kernel for row in rows}) > 1
    yield (
        f"{'contract':<{widths[0]}}  {'policy':<{widths[1]}}  safe to  fails at  {'prompts failing, 95 %':>21}  cache  "
        "length  lost first"
    )
    for row in rows:
        cache = "n/a" if row.cache is None else f"{row.cache:.0%}"
        length = "n/a" if row.length is None else f"{row.length:.2f}"
        policy = f"{row.policy} ({row.kernel})" if kernels else row.policy
        yield (
            f"{row.contract:<{widths[0]}}  {policy:<{widths[1]}}  {row.safe or 'none':>7}  {row.unsafe or 'n/a':>8}  "
            f"{row.chance:>21}  {cache:>5}  {length:>6}  {row.lost}"
        )
