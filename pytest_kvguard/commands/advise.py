"""advise: each policy's largest safe ratio, with its cost and quality."""

from __future__ import annotations

import argparse
import atexit
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_kvguard.commands.output_file import require_json_output, write_json, write_output
from pytest_kvguard.commands.run_arguments import add_run_arguments, given_arguments
from pytest_kvguard.commands.validate import contract_files
from pytest_kvguard.contract.model import Contract
from pytest_kvguard.contract.parse import parse_contract
from pytest_kvguard.errors import UsageError
from pytest_kvguard.evaluation.measure_frontier import FrontierSettings
from pytest_kvguard.evaluation.ratio_search import default_grid
from pytest_kvguard.external.optional import require_optional
from pytest_kvguard.reports.advice import GateCommand, advice_record, advice_text
from pytest_kvguard.reports.advice_plot import draw_frontier
from pytest_kvguard.reports.ownership import is_own_plot, require_output, tool_mark
from pytest_kvguard.reports.printable import printable
from pytest_kvguard.reports.unmet import MODEL_GUIDE
from pytest_kvguard.runs.cells import read_ratios
from pytest_kvguard.runs.given import GivenOptions
from pytest_kvguard.runs.settings import RunSettings, read_settings
from pytest_kvguard.values.frontier import FrontierPoint, PolicyAdvice

if TYPE_CHECKING:
    from pytest_kvguard.backends.protocol import Backend

__all__ = ["HELP", "add_arguments", "load_backend", "run"]

HELP = "find the largest ratio at which each policy loses nothing of contracts, and what it costs and buys"
STDOUT = "-"
PLOTS = ("png", "svg", "pdf")
RUN_OPTIONS = (
    "kv_max_lost",
    "kv_max_new_leaks",
    "kv_max_length_ratio",
    "kv_model",
    "kv_device",
    "kv_dtype",
    "kv_attn",
    "kv_scope",
    "kv_seed",
    "kv_null",
    "kv_trust_remote_code",
    "kv_no_code",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("paths", type=Path, nargs="+", metavar="CONTRACTS", help="contracts, or folders of them")
    parser.add_argument("--policies", required=True, metavar="SPECS", help="e.g. 'snapkv,streaming_llm'")
    parser.add_argument("--ratios", metavar="R", help="ratios that may be tried (default: 0.05, 0.1, … 0.95)")
    add_run_arguments(parser, RUN_OPTIONS)
    parser.add_argument("--orders", type=int, metavar="N", help="shuffled orders per contract (default: as written)")
    parser.add_argument("--no-remedies", action="store_true", help="do not try keep and fair")
    parser.add_argument(
        "--json", nargs="?", const=STDOUT, metavar="FILE", help="write everything there, or instead of the tables"
    )
    parser.add_argument("--plot", type=Path, metavar="FILE", help=f"draw the frontier: {', '.join(PLOTS)}")


def run(options: argparse.Namespace) -> int:
    """Print the tables; return 1 if no policy is safe at any ratio.

    Raises:
        KVGuardError: a contract, policy, ratio or the model is wrong, or there is nothing that could be lost.
    """
    settings = _settings(options)
    contracts = [settings.resolve(parse_contract(file)) for file in contract_files(options.paths)]
    plot_format = _plot_format(options.plot)
    require_json_output("advise", _json_path(options.json))
    from pytest_kvguard.backends.null_changes import choose_null_change
    from pytest_kvguard.evaluation.advise import find_safe_ratios, find_with_remedies
    from pytest_kvguard.evaluation.run_case import Runner

    backend = load_backend(settings)
    runner = Runner(backend, choose_null_change(backend, settings.null))
    find = find_safe_ratios if options.no_remedies else find_with_remedies
    grid = settings.ratios or default_grid()
    advices = find(runner, contracts, settings.policies, grid, _frontier_settings(settings), on_round=_print_round)
    _require_something_to_lose(advices)
    command = GateCommand(tuple(str(path) for path in options.paths), settings.given, settings.kernels[0])
    if options.json != STDOUT:
        print(printable(f"{_head(advices, contracts)}, {backend.title}, scope {settings.scope}"))
        print(f"\n{printable(advice_text(advices, command))}")
    if options.json:
        names = [contract.name for contract in contracts]
        head = {"model": settings.model.name, "scope": settings.scope, "contracts": names}
        _write_json(options.json, {**head, "policies": [advice_record(advice, command) for advice in advices]})
    if options.plot:
        write_output(options.plot, draw_frontier(advices, f"{backend.title}, {len(contracts)} contracts", plot_format))
    return 0 if any(advice.safe for advice in advices) else 1


def load_backend(settings: RunSettings) -> Backend:
    """Return the backend, after checking its options."""
    from pytest_kvguard.models.load_model import load_model
    from pytest_kvguard.runs.backend import BackendMaker

    return BackendMaker(
        settings, lambda: load_model(settings.model, for_contracts=True), atexit.register, timed=True
    ).make()


def _settings(options: argparse.Namespace) -> RunSettings:
    given = GivenOptions.of(
        {"kv_policy": options.policies, "kv_ratio": options.ratios, **given_arguments(options, RUN_OPTIONS)}
    )
    settings = read_settings(given, options.orders)
    if not settings.policies:
        raise UsageError("--policies names none. Write e.g. --policies=snapkv,streaming_llm.")
    if options.ratios is not None and not all(ratio > 0 for ratio in read_ratios(given)):
        raise UsageError(f"--ratios={options.ratios}: name ratios above 0, e.g. --ratios=0.25,0.5,0.75.")
    return settings


def _frontier_settings(settings: RunSettings) -> FrontierSettings:
    return FrontierSettings(settings.kernels[0], settings.scope, settings.seed)


def _plot_format(path: Path | None) -> str:
    if path is None:
        return ""
    require_optional("matplotlib", "--plot")
    name = path.suffix.removeprefix(".").lower()
    if name not in PLOTS:
        raise UsageError(f"--plot={path}: the name must end in one of {', '.join('.' + known for known in PLOTS)}.")
    require_output(f"--plot={path}", path, is_own_plot)
    return name


def _json_path(place: str | None) -> Path | None:
    return None if place in (None, STDOUT) else Path(str(place))


def _require_something_to_lose(advices: Sequence[PolicyAdvice]) -> None:
    points = [point for advice in advices for point in advice.points]
    if not any(point.checks for point in points):
        raise UsageError(
            "The uncompressed model obeys none of the instructions, so nothing could be lost and no ratio is shown to "
            f"be safe. Run the contracts without a policy, and mend them or choose another model: {MODEL_GUIDE}"
        )


def _head(advices: Sequence[PolicyAdvice], contracts: Sequence[Contract]) -> str:
    measured = next(point for advice in advices for point in advice.points if point.checks)
    cells = sum(len(advice.points) for advice in advices)
    return (
        f"{len(contracts)} contracts, {measured.prompts} prompts, {measured.checks} checks that hold uncompressed, "
        f"{cells} cells run"
    )


def _write_json(place: str, document: dict[str, object]) -> None:
    if place == STDOUT:
        print(json.dumps({"tool": tool_mark("advise"), **document}, indent=2))
    else:
        write_json("advise", Path(place), document)


def _print_round(number: int, points: Sequence[FrontierPoint]) -> None:
    """Print the points of a round to stderr, as progress."""
    tried = ", ".join(f"{point.policy} {point.ratio} {'safe' if point.is_safe else 'fails'}" for point in points)
    print(f"round {number}: {tried}", file=sys.stderr, flush=True)
