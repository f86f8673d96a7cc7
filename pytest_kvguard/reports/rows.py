"""One line of evidence per finished check, small enough to travel between processes as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from pytest_kvguard.results import CaseResult, Check

__all__ = ["SummaryRow"]


@dataclass(frozen=True)
class SummaryRow:
    """What the summary needs of one check.

    Attributes:
        contract, probe, instruction, policy, ratio, kernel, order_index: the case's coordinates.
        verdict: e.g. ``HELD``.
        keep_rate: share of the instruction's tokens kept, 0..1; None without compression.
        achieved_ratio: measured on the cache; None without compression.
        bytes_before, bytes_after: of the context's cache; 0 without compression.
        baseline_tokens, compressed_tokens: reply lengths over all seeds; 0 where an arm did not run.
        notes: what the reader must know of the compression.
        nodeid: the pytest item.
        line: where the instruction stands in its file, 1-based.
        family: of the IFEval instruction that is checked; empty for other checks.
        baseline_holds, compressed_holds: whether an arm obeys; None where it did not run.
        floor: share of degenerate replies that obey, 0..1; None where it is not known.
    """

    contract: str
    probe: str
    instruction: str
    policy: str
    ratio: str
    kernel: str
    order_index: int
    verdict: str
    keep_rate: float | None
    achieved_ratio: float | None
    bytes_before: int
    bytes_after: int
    baseline_tokens: int
    compressed_tokens: int
    notes: tuple[str, ...]
    nodeid: str
    line: int = 0
    family: str = ""
    baseline_holds: bool | None = None
    compressed_holds: bool | None = None
    floor: float | None = None

    @property
    def place(self) -> tuple[str, int, str]:
        """Sorts rows by file, then as their instructions stand in it."""
        return self.nodeid.partition("::")[0], self.line, self.nodeid

    @classmethod
    def of(cls, result: CaseResult, nodeid: str, line: int = 0, family: str = "") -> SummaryRow:
        """Return the row of one result."""
        case, arm = result.case, result.compressed
        cache = arm.cache if arm else None
        rate = arm.keep_rates.get(case.instruction) if arm else None
        return cls(
            contract=case.contract,
            probe=case.probe,
            instruction=case.instruction,
            policy=case.policy,
            ratio=case.ratio,
            kernel=case.kernel,
            order_index=case.order_index,
            verdict=str(result.verdict),
            keep_rate=rate.mean if rate else None,
            achieved_ratio=cache.achieved_ratio if cache else None,
            bytes_before=cache.bytes_before if cache else 0,
            bytes_after=cache.bytes_after if cache else 0,
            baseline_tokens=sum(reply.baseline_tokens for reply in result.replies),
            compressed_tokens=sum(reply.compressed_tokens or 0 for reply in result.replies),
            notes=cache.notes if cache else (),
            nodeid=nodeid,
            line=line,
            family=family,
            baseline_holds=_holds(pair.baseline for pair in result.checks),
            compressed_holds=_holds(pair.compressed for pair in result.checks),
            floor=_floor(pair.floor for pair in result.checks),
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> SummaryRow:
        """Return the row that ``to_json`` described."""
        return cls(**{**values, "notes": tuple(values["notes"])})


def _holds(checks: Iterable[Check | None]) -> bool | None:
    made = [check.holds for check in checks if check is not None]
    return all(made) if made else None


def _floor(floors: Iterable[float | None]) -> float | None:
    """Return the lowest floor: of several checks, junk passes all at most as often as the hardest."""
    known = [floor for floor in floors if floor is not None]
    return min(known, default=None)
