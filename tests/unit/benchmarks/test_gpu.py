"""The run on a GPU goes through the same code on a CPU; no part spoils another, and what does not run is said."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import torch

from benchmarks.gpu.__main__ import PARTS, TINY, main
from benchmarks.gpu.exactness import EXACT, FAMILIES, POLICIES
from benchmarks.gpu.plan import Part, PartReport, Scale, run_parts


@pytest.mark.skipif(torch.cuda.is_available(), reason="on a GPU this takes minutes: run `make gpu`")
def test_everything_runs_on_a_cpu_at_a_tiny_scale(tmp_path: Path) -> None:
    path = tmp_path / "gpu.json"
    assert main(["--json", str(path)]) == 0
    report = json.loads(path.read_text())
    assert report["environment"]["device"].endswith("a dry run") and report["environment"]["torch"] == torch.__version__
    parts = report["parts"]
    assert {name: part["state"] for name, part in parts.items()} == {part.name: "done" for part in PARTS}
    assert all(part["figures"] for part in parts.values())
    assert [figure["waits_by_operation"] for figure in parts["waits"]["figures"]] == [{}] * 4
    assert not any(figure["broken"] for figure in parts["invariants"]["figures"])
    ratios = [figure for name in ("decoding", "prefill", "sweep") for figure in parts[name]["figures"][1:]]
    assert all(figure["ratio"] > 0 and figure["peer"] for figure in ratios)
    assert {line["what"] for line in parts["sweep"]["skipped"]} <= {"kvpress"}


def test_six_policies_and_eight_families_are_checked() -> None:
    assert (len(POLICIES), len(FAMILIES), TINY.device) == (6, 8, "cpu")
    assert {"budget", "bytes-held", "rows-moved", "protected", "plain-after"} <= set(EXACT)


def parts_of(monkeypatch: pytest.MonkeyPatch, **runs: Callable[[Scale, PartReport], None]) -> list[Part]:
    for name, run in runs.items():
        module = ModuleType(f"part_{name}")
        module.run = run  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return [Part(name, f"part_{name}", 1 / len(runs)) for name in runs]


def test_what_breaks_in_a_part_is_its_own_and_earlier_figures_stay(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "gpu.json"

    def broken(scale: Scale, report: PartReport) -> None:
        report.add(rows=1, ratio=0.5)
        assert json.loads(path.read_text())["parts"]["broken"]["figures"] == [{"rows": 1, "ratio": 0.5}], (
            "saved at once"
        )
        raise ValueError("two\nlines")

    parts = parts_of(monkeypatch, broken=broken, fine=lambda scale, report: report.add(rows=2))
    parts.append(Part("lacking", "no_such_module", 0.1, ("no_such_package",)))
    run_parts(parts, TINY, 60, path, {})
    written = json.loads(path.read_text())["parts"]
    assert {name: part["state"] for name, part in written.items()} == {
        "broken": "failed",
        "fine": "done",
        "lacking": "skipped",
    }
    assert written["broken"]["skipped"] == [{"what": "broken", "why": "ValueError: two lines"}]
    assert written["lacking"]["skipped"][0]["why"] == "not installed: no_such_package"


def test_a_part_skips_what_it_has_no_time_or_memory_for_and_leaves_its_rest_to_the_next(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    left = []

    def greedy(scale: Scale, report: PartReport) -> None:
        assert report.has_time("short", 1) and not report.has_time("long", 100)
        assert report.measure("large", raise_out_of_memory) is None

    def raise_out_of_memory() -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    parts = parts_of(monkeypatch, greedy=greedy, next=lambda scale, report: left.append(report.left))
    reports = run_parts(parts, TINY, 60, tmp_path / "gpu.json", {})
    assert reports["greedy"].state == "cut short"
    assert [line["what"] for line in reports["greedy"].skipped] == ["long", "large"]
    assert 50 < left[0] <= 60 and reports["next"].ends <= time.monotonic() + 60


def test_a_report_that_cannot_be_written_is_refused_before_any_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--json", str(tmp_path / "missing" / "gpu.json")]) == 2
    assert "does not exist" in capsys.readouterr().err
