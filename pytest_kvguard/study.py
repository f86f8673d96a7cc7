"""Studies: a contract under policies without pytest, for notebooks and scripts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_kvguard.backends.protocol import Backend
from pytest_kvguard.contract.model import Contract
from pytest_kvguard.contract.parse import parse_contract
from pytest_kvguard.errors import UsageError
from pytest_kvguard.external.optional import load_optional
from pytest_kvguard.runs.cells import read_cells, server_cells
from pytest_kvguard.runs.given import GivenOptions
from pytest_kvguard.runs.settings import RunSettings, read_settings
from pytest_kvguard.values.cell import NO_POLICY, Cell
from pytest_kvguard.values.results import CaseResult, Verdict

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

__all__ = ["Study", "study_contract"]


@dataclass(frozen=True)
class Study:
    """The results of a contract in several cells.

    Attributes:
        contract: the contract as it ran.
        title: the title of the backend: model, dtype and device, or servers.
        results: one per check and cell, with both arms' replies and all evidence.
    """

    contract: Contract
    title: str
    results: tuple[CaseResult, ...]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """One row of plain values per check and cell.

        ``keep_rate`` and ``achieved_ratio`` are shares, 0..1; ``distance`` and ``noise`` are mean |Δ logprob|. They are
        None if the backend does not measure them.
        """
        return [_row(result) for result in self.results]

    @property
    def cells(self) -> list[dict[str, Any]]:
        """One row per cell: the number of results by verdict, and the share that held of those that could be lost."""
        counts: dict[Cell, Counter[str]] = {}
        for result in self.results:
            counts.setdefault(result.case.cell, Counter())[str(result.verdict)] += 1
        return [_cell(cell, verdicts) for cell, verdicts in counts.items()]

    def frame(self) -> DataFrame:
        """Return ``rows`` as a pandas DataFrame.

        Raises:
            UsageError: pandas is not installed.
        """
        frame: DataFrame = load_optional("pandas").DataFrame(self.rows)
        return frame

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the share of checks that still hold against the ratio, one line per policy, and return the axes.

        Args:
            ax: the axes to draw on; None for a new figure.

        Raises:
            UsageError: matplotlib is not installed.
        """
        figure = load_optional("matplotlib.figure")
        axes: Axes = figure.Figure(figsize=(6, 4)).subplots() if ax is None else ax
        lines: dict[str, list[tuple[float, float]]] = {}
        for cell in self.cells:
            if cell["held_share"] is not None and cell["policy"] != NO_POLICY:
                lines.setdefault(cell["policy"], []).append((float(Fraction(cell["ratio"])), cell["held_share"]))
        for policy, points in lines.items():
            axes.plot(*zip(*sorted(points), strict=True), marker="o", label=policy)
        axes.set(xlabel="ratio", ylabel="share of checks that still hold", ylim=(-0.03, 1.03), title=self.contract.name)
        if lines:
            axes.legend()
        return axes

    def _repr_html_(self) -> str:
        """Return the cells as an HTML table, for notebooks."""
        names = list(self.cells[0]) if self.cells else []
        head = "".join(f"<th>{escape(name)}</th>" for name in names)
        body = "".join(f"<tr>{''.join(f'<td>{_shown(v)}</td>' for v in cell.values())}</tr>" for cell in self.cells)
        caption = f"{escape(self.contract.name)}, {escape(self.title)}"
        return f"<table><caption>{caption}</caption><tr>{head}</tr>{body}</table>"


def study_contract(
    contract: Contract | Path | str,
    policies: Sequence[str] = (),
    ratios: Sequence[str | float] = (),
    backend: Backend | None = None,
    model: str | None = None,
    kernel: str | None = None,
    scope: str | None = None,
    seed: int | None = None,
) -> Study:
    """Run every check of a contract, in all its orders, uncompressed and under policies, and return the study.

    Arguments that are left out have the defaults of pytest's options.

    Args:
        contract: a contract, or its file.
        policies: specs as in ``--kv-policy``, or names of servers; none runs only the uncompressed model.
        ratios: fractions of entries to remove.
        backend: runs the conversations; None loads ``model`` into this process. Pass the same backend to several calls
            to load the model once.
        model: hub id, folder, ``.gguf`` file, ``smolguard`` or ``smollm2``.
        kernel: attention implementation.
        scope: ``context``, ``prompt`` or ``decode``.
        seed: the seed of sampled orders and replies.

    Raises:
        KVGuardError: the contract, the model, a policy or another argument is wrong.
    """
    from pytest_kvguard.backends.null_changes import choose_null_change
    from pytest_kvguard.contract.order import sample_orders
    from pytest_kvguard.evaluation.cases import cases_of_cell
    from pytest_kvguard.evaluation.run_case import Runner

    typed = {
        "kv_policy": [",".join(policies)] if backend is None and policies else [],
        "kv_ratio": [",".join(map(str, ratios))] if ratios else [],
        "kv_model": model,
        "kv_attn": kernel,
        "kv_scope": scope,
        "kv_seed": seed,
    }
    settings = read_settings(GivenOptions.of(typed))
    if backend is not None:
        settings = settings.with_cells(_cells_of_backend(backend, policies, settings))
    resolved = settings.resolve(parse_contract(contract) if isinstance(contract, Path | str) else contract)
    runs_on = _make_backend(settings) if backend is None else backend
    orders = sample_orders(resolved, settings.seed)
    cases = [case for cell in settings.cells for case in cases_of_cell(resolved, orders, cell)]
    runner = Runner(runs_on, choose_null_change(runs_on, settings.null))
    runner.run_cases([(resolved, case) for case in cases], settings.scope)
    results = tuple(runner.result(resolved, case, settings.scope) for case in cases)
    return Study(resolved, runs_on.title, results)


def _cells_of_backend(backend: Backend, policies: Sequence[str], settings: RunSettings) -> tuple[Cell, ...]:
    """Return the cells for the caller's own backend: servers by their names, else policies."""
    servers: Mapping[str, Any] | None = getattr(backend, "arms", None)
    if servers is None or not policies:
        given = replace(settings.given, typed={**settings.given.typed, "kv_policy": tuple(policies)})
        return read_cells(given if policies else settings.given)
    unknown = next((name for name in policies if name not in servers), None)
    if unknown:
        raise UsageError(f"no server is called {unknown!r}. There are: {', '.join(servers)}.")
    return server_cells(policies)


def _make_backend(settings: RunSettings) -> Backend:
    import atexit

    from pytest_kvguard.models.load_model import load_model
    from pytest_kvguard.runs.backend import BackendMaker

    return BackendMaker(settings, lambda: load_model(settings.model, for_contracts=True), atexit.register).make()


def _row(result: CaseResult) -> dict[str, Any]:
    case, arm = result.case, result.compressed
    rate = arm.keep_rates.get(case.instruction) if arm else None
    distance, noise = result.distance, result.noise
    return {
        "contract": case.contract,
        "probe": case.probe,
        "instruction": case.instruction,
        **case.cell.record,
        "order": case.order_index,
        "verdict": str(result.verdict),
        "reason": result.reason,
        "uncompressed": result.baseline.text if result.baseline else None,
        "compressed": arm.text if arm else None,
        "keep_rate": rate.mean if rate else None,
        "achieved_ratio": arm.cache.achieved_ratio if arm and arm.cache else None,
        "distance": distance.mean if distance else None,
        "noise": noise.mean if noise else None,
    }


def _cell(cell: Cell, counts: Counter[str]) -> dict[str, Any]:
    losable = sum(counts[str(v)] for v in (Verdict.HELD, Verdict.LOST, Verdict.LEAKED, Verdict.UNSTABLE))
    return {
        **cell.record,
        **{str(verdict): counts[str(verdict)] for verdict in Verdict},
        "held_share": counts[str(Verdict.HELD)] / losable if losable else None,
    }


def _shown(value: Any) -> str:
    if value is None:
        return "n/a"
    return f"{value:.0%}" if isinstance(value, float) else escape(str(value))
