"""The summary row of a finished check, which travels between processes as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pytest_kvguard.values.cell import Cell
from pytest_kvguard.values.distances import Distance
from pytest_kvguard.values.results import CaseResult, CheckPair

__all__ = ["SummaryRow"]

IFEVAL = "ifeval"
"""The rule whose adherence is counted by family."""


@dataclass(frozen=True)
class SummaryRow:
    """One case, as the summary's tables need it.

    Attributes:
        contract, probe, instruction, cell, order_index: the case's coordinates.
        verdict: e.g. ``HELD``.
        keep_rate: share of the instruction's tokens kept, 0..1; None without compression.
        achieved_ratio: measured on the cache; None without compression.
        bytes_before, bytes_after: size of the context's cache; 0 without compression.
        baseline_tokens, compressed_tokens: reply lengths over all seeds; 0 if an arm did not run.
        notes: remarks on the compression for the reader.
        nodeid: the pytest item.
        line: the instruction's line in its file, 1-based.
        family: the family of the IFEval instruction; empty for other checks.
        checks: number of checks of the IFEval instruction, one per pair of replies; 0 if no arm ran.
        held_uncompressed, held_compressed: number of them that hold; the latter None without a compressed arm.
        junk_floor: share of degenerate replies that obey it, 0..1, mean over the checks; None if not known.
        doubts: why a HELD proves little.
        distance, noise: distance under compression, and under a harmless change; None if not known.
        baseline_digest, compressed_digest: the digests of the arms; empty for an arm that did not run.
        unsure_tokens: number of generated tokens that are not almost certain; None without logprobs.
    """

    contract: str
    probe: str
    instruction: str
    cell: Cell
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
    checks: int = 0
    held_uncompressed: int = 0
    held_compressed: int | None = None
    junk_floor: float | None = None
    doubts: tuple[str, ...] = ()
    distance: Distance | None = None
    noise: Distance | None = None
    baseline_digest: str = ""
    compressed_digest: str = ""
    unsure_tokens: int | None = None

    @property
    def place(self) -> tuple[str, int, str]:
        """The sort key of rows: file, line, node id."""
        return self.nodeid.partition("::")[0], self.line, self.nodeid

    @classmethod
    def of(cls, result: CaseResult, nodeid: str, line: int = 0, family: str = "") -> SummaryRow:
        """Return the row of one result."""
        case, arm = result.case, result.compressed
        cache = arm.cache if arm else None
        rate = arm.keep_rates.get(case.instruction) if arm else None
        pairs = [pair for reply in result.replies for pair in reply.checks if family and pair.baseline.rule == IFEVAL]
        return cls(
            contract=case.contract,
            probe=case.probe,
            instruction=case.instruction,
            cell=case.cell,
            order_index=case.order_index,
            verdict=str(result.verdict),
            keep_rate=rate.mean if rate else None,
            achieved_ratio=cache.achieved_ratio if cache else None,
            bytes_before=cache.bytes_before if cache else 0,
            bytes_after=cache.bytes_after if cache else 0,
            baseline_tokens=sum(reply.baseline_tokens for reply in result.replies),
            compressed_tokens=sum(reply.compressed_tokens or 0 for reply in result.replies),
            notes=_notes(result),
            nodeid=nodeid,
            line=line,
            family=family,
            checks=len(pairs),
            held_uncompressed=sum(pair.baseline.holds for pair in pairs),
            held_compressed=_held_compressed(pairs),
            junk_floor=_junk_floor(pairs),
            doubts=tuple(map(str, result.doubts)),
            distance=result.distance,
            noise=result.noise,
            baseline_digest=result.baseline.digest if result.baseline else "",
            compressed_digest=arm.digest if arm else "",
            unsure_tokens=arm.unsure_tokens if arm else None,
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {**asdict(self), "cell": self.cell.record}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> SummaryRow:
        """Return the row from the values of ``to_json``."""
        measured = {name: Distance(**values[name]) for name in ("distance", "noise") if values[name] is not None}
        tuples = {name: tuple(values[name]) for name in ("notes", "doubts")}
        return cls(**{**values, "cell": Cell.from_record(values["cell"]), **tuples, **measured})


def _notes(result: CaseResult) -> tuple[str, ...]:
    arms = [arm for arm in (result.baseline, result.compressed) if arm is not None]
    cache = result.compressed.cache if result.compressed else None
    return tuple(dict.fromkeys((*(note for arm in arms for note in arm.notes), *(cache.notes if cache else ()))))


def _held_compressed(pairs: Sequence[CheckPair]) -> int | None:
    held = [pair.compressed.holds for pair in pairs if pair.compressed is not None]
    return sum(held) if held and len(held) == len(pairs) else None


def _junk_floor(pairs: Sequence[CheckPair]) -> float | None:
    """Return the mean junk floor; it may differ between seeds, since it may depend on the uncompressed reply."""
    known = [pair.junk_floor for pair in pairs if pair.junk_floor is not None]
    return sum(known) / len(known) if known and len(known) == len(pairs) else None
