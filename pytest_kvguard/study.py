"""Runs a contract under policies without pytest: for notebooks and scripts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_kvguard.backends.protocol import Backend
from pytest_kvguard.backends.specs import NO_POLICY, check_spec, ignores_ratio, parse_ratio
from pytest_kvguard.contract.model import Contract
from pytest_kvguard.contract.parse import parse_contract
from pytest_kvguard.errors import UsageError
from pytest_kvguard.external.optional import load_optional
from pytest_kvguard.results import ON_SERVER, CaseId, CaseResult, Verdict

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

__all__ = ["Study", "study_contract"]

DEFAULT_MODEL = "probe"


@dataclass(frozen=True)
class Study:
    """What came out of a contract in some cells.

    Attributes:
        contract: what was run.
        title: what it was run on.
        results: one per check and cell, with both arms' replies and all evidence.
    """

    contract: Contract
    title: str
    results: tuple[CaseResult, ...]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """One row of plain values per check and cell.

        ``keep_rate`` and ``achieved_ratio`` are shares, 0..1, ``distance`` and ``noise`` mean |Δ logprob|; None where
        a backend does not tell.
        """
        return [_row(result) for result in self.results]

    @property
    def cells(self) -> list[dict[str, Any]]:
        """One row per cell: how often each verdict was given, and the share that held of what could be lost."""
        found: dict[tuple[str, str, str], Counter[str]] = {}
        for result in self.results:
            case = result.case
            found.setdefault((case.policy, case.ratio, case.kernel), Counter())[str(result.verdict)] += 1
        return [_cell(*cell, counts) for cell, counts in found.items()]

    def frame(self) -> DataFrame:
        """Return ``rows`` as a pandas DataFrame; ``rows`` has the same without pandas.

        Raises:
            UsageError: pandas is not installed.
        """
        frame: DataFrame = load_optional("pandas").DataFrame(self.rows)
        return frame

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the share of checks that still hold against the ratio, a line per policy.

        Args:
            ax: where to; None makes a figure.

        Raises:
            UsageError: matplotlib is not installed.
        """
        figure = load_optional("matplotlib.figure")
        axes: Axes = figure.Figure(figsize=(6, 4)).subplots() if ax is None else ax
        lines: dict[str, list[tuple[float, float]]] = {}
        for cell in self.cells:
            if cell["held_share"] is not None and cell["policy"] != NO_POLICY:
                lines.setdefault(cell["policy"], []).append((float(parse_ratio(cell["ratio"])), cell["held_share"]))
        for policy, points in lines.items():
            axes.plot(*zip(*sorted(points), strict=True), marker="o", label=policy)
        axes.set(xlabel="ratio", ylabel="share of checks that still hold", ylim=(-0.03, 1.03), title=self.contract.name)
        if lines:
            axes.legend()
        return axes

    def _repr_html_(self) -> str:
        """Show the cells as a table in a notebook."""
        names = list(self.cells[0]) if self.cells else []
        head = "".join(f"<th>{escape(name)}</th>" for name in names)
        body = "".join(f"<tr>{''.join(f'<td>{_shown(v)}</td>' for v in cell.values())}</tr>" for cell in self.cells)
        caption = f"{escape(self.contract.name)}, {escape(self.title)}"
        return f"<table><caption>{caption}</caption><tr>{head}</tr>{body}</table>"


def study_contract(
    contract: Contract | Path | str,
    policies: Sequence[str] = (),
    ratios: Sequence[str | float] = ("0.5",),
    backend: Backend | None = None,
    model: str = DEFAULT_MODEL,
    kernel: str = "sdpa",
    scope: str = "context",
    seed: int = 0,
) -> Study:
    """Run every check of a contract, in all its orders, uncompressed and under policies.

    Args:
        contract: a contract, or its file.
        policies: specs as ``--kv-policy`` takes them; none runs the uncompressed model alone. On servers, their names.
        ratios: fractions of entries to remove.
        backend: what runs the conversations; None loads ``model`` into this process. Hand the same one to several
            calls, and the model is loaded once.
        model: hub id, folder, ``.gguf`` file, ``probe`` or ``smollm2``.
        kernel: attention kernel.
        scope: ``context``, ``prompt`` or ``decode``.
        seed: of sampled orders and replies.

    Raises:
        KVGuardError: the contract or the model is wrong.
        SpecError: a policy or a ratio is wrong.
    """
    from pytest_kvguard.backends.null_changes import AUTO, choose_null_change
    from pytest_kvguard.contract.order import sample_orders
    from pytest_kvguard.evaluation.cases import cases_of_cell
    from pytest_kvguard.evaluation.run_case import Runner

    read = parse_contract(contract) if isinstance(contract, Path | str) else contract
    runs_on = _in_process(model, policies, kernel) if backend is None else backend
    orders = sample_orders(read, seed)
    cells = _cells(runs_on, policies, ratios, kernel)
    cases: list[CaseId] = [case for cell in cells for case in cases_of_cell(read, orders, *cell)]
    runner = Runner(runs_on, choose_null_change(runs_on, AUTO))
    runner.run_cases([(read, case) for case in cases], scope)
    return Study(read, runs_on.title, tuple(runner.result(read, case, scope) for case in cases))


def _cells(
    backend: Backend, policies: Sequence[str], ratios: Sequence[str | float], kernel: str
) -> list[tuple[str, str, str]]:
    """Return policy, ratio and kernel of every cell; a server is a cell by its name."""
    if not policies:
        return [(NO_POLICY, "0", kernel)]
    servers: Mapping[str, Any] | None = getattr(backend, "arms", None)
    if servers is not None:
        unknown = next((name for name in policies if name not in servers), None)
        if unknown:
            raise UsageError(f"no server is called {unknown!r}. There are: {', '.join(servers)}.")
        return [(name, "0", ON_SERVER) for name in policies]
    for spec in policies:
        check_spec(spec)
    wanted = [(spec, "0" if ignores_ratio(spec) else str(ratio), kernel) for spec in policies for ratio in ratios]
    return list(dict.fromkeys(wanted))


def _in_process(model: str, policies: Sequence[str], kernel: str) -> Backend:
    from pytest_kvguard.backends.in_process import InProcess
    from pytest_kvguard.backends.specs import load_all
    from pytest_kvguard.engine.load_model import ModelOptions, load_model

    load_all(policies)
    loaded = load_model(ModelOptions(model))
    loaded.check_kernel(kernel)
    return InProcess(loaded)


def _row(result: CaseResult) -> dict[str, Any]:
    case, arm = result.case, result.compressed
    rate = arm.keep_rates.get(case.instruction) if arm else None
    distance, noise = result.distance, result.noise
    return {
        "contract": case.contract,
        "probe": case.probe,
        "instruction": case.instruction,
        "policy": case.policy,
        "ratio": case.ratio,
        "kernel": case.kernel,
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


def _cell(policy: str, ratio: str, kernel: str, counts: Counter[str]) -> dict[str, Any]:
    losable = sum(counts[str(v)] for v in (Verdict.HELD, Verdict.LOST, Verdict.LEAKED, Verdict.UNSTABLE))
    return {
        "policy": policy,
        "ratio": ratio,
        "kernel": kernel,
        **{str(verdict): counts[str(verdict)] for verdict in Verdict},
        "held_share": counts[str(Verdict.HELD)] / losable if losable else None,
    }


def _shown(value: Any) -> str:
    if value is None:
        return "n/a"
    return f"{value:.0%}" if isinstance(value, float) else escape(str(value))
