"""The parts of a run, each with its share of the time; the report is written after every figure."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from benchmarks.json_report import write_json
from pytest_kvguard.engine.room import is_out_of_memory

__all__ = ["Part", "PartReport", "Scale", "missing_packages", "run_parts"]


@dataclass(frozen=True)
class Scale:
    """How large everything is.

    Attributes:
        device: where models run.
        dtype: of the weights that are timed.
        layers, hidden, heads, kv_heads, intermediate, vocabulary: of the random model that is timed.
        prefill_tokens: lengths of contexts whose prefill is timed.
        decode_rows: numbers of rows that are decoded together.
        decode_tokens: length of the context of every row.
        steps: timed decoding steps.
        sweep_contexts, sweep_tokens, sweep_new: contexts of the sweep, their length, and the tokens of a reply.
        repeats: times that a prefill is timed, where there is time for it.
        families, policies: how many of them the invariants run on; None for all.
        moved_bytes: bytes of the copy that measures the memory bandwidth.
    """

    device: str
    dtype: torch.dtype
    layers: int
    hidden: int
    heads: int
    kv_heads: int
    intermediate: int
    vocabulary: int
    prefill_tokens: tuple[int, ...]
    decode_rows: tuple[int, ...]
    decode_tokens: int
    steps: int
    sweep_contexts: int
    sweep_tokens: int
    sweep_new: int
    repeats: int
    families: int | None
    policies: int | None
    moved_bytes: int


@dataclass
class PartReport:
    """What a part found.

    Attributes:
        state: ``done``, ``skipped``, ``cut short`` or ``failed``.
        seconds: wall time.
        figures: one per measurement.
        skipped: what did not run, and why.
    """

    save: Callable[[], None]
    ends: float
    state: str = "done"
    seconds: float = 0.0
    figures: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[dict[str, str]] = field(default_factory=list)

    def add(self, **figure: Any) -> None:
        """Add a figure and save the report."""
        self.figures.append(figure)
        self.save()

    def skip(self, what: str, why: str) -> None:
        """Note what does not run, and why."""
        self.skipped.append({"what": what, "why": why})
        self.save()

    @property
    def left(self) -> float:
        """Seconds until the part's time is spent."""
        return self.ends - time.monotonic()

    def has_time(self, what: str, seconds: float = 0.0) -> bool:
        """Return whether ``seconds`` are left; if not, note that ``what`` is skipped."""
        if self.left > seconds:
            return True
        self.state = "cut short"
        self.skip(
            what, f"{max(0.0, self.left):.0f} s are left of this part's time, and about {seconds:.0f} s are needed"
        )
        return False

    def measure(self, what: str, run: Callable[[], Any]) -> Any:
        """Return what ``run`` returns; None, with a note, if memory runs out."""
        try:
            return run()
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            self.skip(what, "memory ran out")
            return None


@dataclass(frozen=True)
class Part:
    """A part of the run.

    Attributes:
        name: in the report.
        module: defines ``run(scale, report)``.
        share: of the whole time.
        packages: what it imports beyond torch and transformers.
    """

    name: str
    module: str
    share: float
    packages: tuple[str, ...] = ()


def missing_packages(part: Part) -> list[str]:
    """Return the packages that a part needs and that cannot be imported."""
    return [package for package in part.packages if not _imports(package)]


def _imports(package: str) -> bool:
    try:
        importlib.import_module(package)
    except ImportError:
        return False
    return True


def run_parts(
    parts: Sequence[Part], scale: Scale, seconds: float, path: Path, environment: Mapping[str, object]
) -> dict[str, PartReport]:
    """Run the parts one after the other; time that one leaves over goes to those after it."""
    reports: dict[str, PartReport] = {}
    begun = time.monotonic()

    def save() -> None:
        plain = {name: _plain(report) for name, report in reports.items()}
        write_json(path, {"environment": dict(environment), "scale": _settings(scale), "parts": plain})

    ends = begun
    for part in parts:
        ends += part.share * seconds
        report = reports[part.name] = PartReport(save, ends)
        print(f"== {part.name}: up to {max(0.0, report.left):.0f} s", flush=True)
        start = time.monotonic()
        _run(part, scale, report)
        report.seconds = round(time.monotonic() - start, 2)
        print(f"   {report.state} in {report.seconds:.0f} s, {len(report.figures)} figures", flush=True)
        save()
    return reports


def _run(part: Part, scale: Scale, report: PartReport) -> None:
    """Run a part; whatever breaks in it is its own."""
    if missing := missing_packages(part):
        report.state = "skipped"
        report.skip(part.name, f"not installed: {', '.join(missing)}")
        return
    try:
        importlib.import_module(part.module).run(scale, report)
    except Exception as error:
        report.state = "failed"
        report.skip(part.name, f"{type(error).__name__}: {' '.join(str(error).split()) or 'no message'}")
    if scale.device == "cuda":
        torch.cuda.empty_cache()


def _plain(report: PartReport) -> dict[str, object]:
    return {name: getattr(report, name) for name in ("state", "seconds", "figures", "skipped")}


def _settings(scale: Scale) -> dict[str, object]:
    return {**asdict(scale), "dtype": str(scale.dtype).removeprefix("torch.")}
