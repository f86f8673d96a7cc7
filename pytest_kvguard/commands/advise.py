"""advise: the largest ratio each policy may run at without losing anything, and what it costs and buys."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_kvguard.backends.null_changes import AUTO, NULL_CHANGES, OFF
from pytest_kvguard.backends.specs import NO_POLICY, SpecError, check_spec, parse_ratio, split_specs
from pytest_kvguard.commands.output_file import write_output
from pytest_kvguard.commands.validate import contract_files
from pytest_kvguard.contract.model import Contract, Gate, Orderings
from pytest_kvguard.contract.parse import parse_contract
from pytest_kvguard.errors import UsageError
from pytest_kvguard.external.optional import require_optional
from pytest_kvguard.reports.advice import advice_record, advice_text
from pytest_kvguard.reports.advice_plot import draw_frontier
from pytest_kvguard.reports.printable import printable
from pytest_kvguard.serving_cost.frontier import FrontierPoint, PolicyAdvice
from pytest_kvguard.serving_cost.ratio_search import default_grid

if TYPE_CHECKING:
    from pytest_kvguard.backends.protocol import Backend

__all__ = ["HELP", "add_arguments", "load_backend", "run"]

HELP = "find the largest ratio at which each policy loses nothing of contracts, and what it costs and buys"
STDOUT = "-"
PLOTS = ("png", "svg", "pdf")
DEFAULTS = {"model": "probe", "device": "cpu", "dtype": "float32", "attn": "sdpa", "scope": "context", "null": AUTO}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("paths", type=Path, nargs="+", metavar="CONTRACTS", help="contracts, or folders of them")
    parser.add_argument("--policies", required=True, metavar="SPECS", help="e.g. 'snapkv,streaming_llm'")
    parser.add_argument("--ratios", metavar="R", help="ratios that may be tried (default: 0.05, 0.1, … 0.95)")
    parser.add_argument("--max-lost", type=int, metavar="N", help="checks of a contract that may be LOST")
    parser.add_argument("--max-new-leaks", type=int, metavar="N", help="checks of a contract that may be LEAKED")
    parser.add_argument("--max-length-ratio", type=float, metavar="X", help="how much longer replies may become")
    parser.add_argument("--orders", type=int, metavar="N", help="shuffled orders per contract (default: as written)")
    parser.add_argument("--no-remedies", action="store_true", help="do not try keep and fair")
    parser.add_argument("--model", default="probe", help="hub id, directory, .gguf file, probe (default) or smollm2")
    parser.add_argument("--device", default="cpu", help="cpu or cuda:0")
    parser.add_argument("--dtype", default="float32", help="float32, bfloat16, float16 or auto")
    parser.add_argument("--attn", default="sdpa", metavar="KERNEL", help="attention kernel")
    parser.add_argument(
        "--scope", default="context", choices=("context", "prompt", "decode"), help="what is compressed"
    )
    parser.add_argument("--seed", type=int, default=0, help="of orders, and of drawn replies")
    parser.add_argument("--null", default=AUTO, choices=(AUTO, *NULL_CHANGES, OFF), help="change of the null arm")
    parser.add_argument("--trust-remote-code", action="store_true", help="run code that a hub repository brings along")
    parser.add_argument(
        "--json", nargs="?", const=STDOUT, metavar="FILE", help="write everything there, or instead of the tables"
    )
    parser.add_argument("--plot", type=Path, metavar="FILE", help=f"draw the frontier: {', '.join(PLOTS)}")


def run(options: argparse.Namespace) -> int:
    """Print the tables; return 1 if no policy is safe at any ratio.

    Raises:
        KVGuardError: a contract, policy, ratio or the model is wrong, or there is nothing that could be lost.
    """
    policies, grid = _policies(options.policies), _grid(options.ratios)
    contracts = [_resolve(parse_contract(file), options) for file in contract_files(options.paths)]
    kind = _plot_kind(options.plot)
    from pytest_kvguard.backends.null_changes import choose_null_change
    from pytest_kvguard.evaluation.advise import find_safe_ratios, find_with_remedies
    from pytest_kvguard.evaluation.measure_frontier import Setting
    from pytest_kvguard.evaluation.run_case import Runner

    backend = load_backend(options, policies)
    runner = Runner(backend, choose_null_change(backend, options.null))
    find = find_safe_ratios if options.no_remedies else find_with_remedies
    setting = Setting(options.attn, options.scope, options.seed)
    advices = find(runner, contracts, policies, grid, setting, told=_tell)
    _require_something_to_lose(advices)
    paths, repeated = [str(path) for path in options.paths], _repeated(options)
    if options.json != STDOUT:
        print(printable(f"{_head(advices, contracts)}, {backend.title}, scope {options.scope}"))
        print(f"\n{printable(advice_text(advices, paths, repeated))}")
    if options.json:
        head = {"model": options.model, "scope": options.scope, "contracts": [contract.name for contract in contracts]}
        records = [advice_record(advice, paths, repeated) for advice in advices]
        _write_json(options.json, {**head, "policies": records})
    if options.plot:
        write_output(options.plot, draw_frontier(advices, f"{backend.title}, {len(contracts)} contracts", kind))
    return 0 if any(advice.safe for advice in advices) else 1


def load_backend(options: argparse.Namespace, policies: Sequence[str]) -> Backend:
    """Return what runs the model, after all that can be wrong with its options was looked at."""
    from pytest_kvguard.backends.in_process import InProcess
    from pytest_kvguard.backends.specs import load_all
    from pytest_kvguard.engine.load_model import ModelOptions, load_model

    load_all(policies)
    model = load_model(ModelOptions(options.model, options.device, options.dtype, options.trust_remote_code))
    model.check_kernel(options.attn)
    return InProcess(model, timed=True)


def _policies(text: str) -> list[str]:
    specs = list(dict.fromkeys(spec for spec in split_specs(text) if spec != NO_POLICY))
    if not specs:
        raise UsageError("--policies names none. Write e.g. --policies=snapkv,streaming_llm.")
    try:
        for spec in specs:
            check_spec(spec)
    except SpecError as error:
        raise UsageError(str(error)) from None
    return specs


def _grid(text: str | None) -> tuple[Fraction, ...]:
    if text is None:
        return default_grid()
    try:
        ratios = sorted({parse_ratio(part) for part in split_specs(text)})
    except SpecError as error:
        raise UsageError(str(error)) from None
    if not ratios or ratios[0] == 0:
        raise UsageError(f"--ratios={text}: name ratios above 0, e.g. --ratios=0.25,0.5,0.75.")
    return tuple(ratios)


def _resolve(contract: Contract, options: argparse.Namespace) -> Contract:
    """Return a contract as it is run: with the gate, the orders and the seed of the command line."""
    limits = {name: getattr(options, name) for name in ("max_lost", "max_new_leaks", "max_length_ratio")}
    gate = Gate(**limits).over(contract.gate)
    if options.orders is not None:
        contract = replace(contract, orderings=replace(contract.orderings or Orderings(), sample=options.orders))
    if not contract.is_sampled:
        gate = replace(gate, max_drop=None)
    return replace(contract, gate=gate, generate=replace(contract.generate, first_seed=options.seed))


def _plot_kind(path: Path | None) -> str:
    if path is None:
        return ""
    require_optional("matplotlib", "--plot")
    kind = path.suffix.removeprefix(".").lower()
    if kind not in PLOTS:
        raise UsageError(f"--plot={path}: the name must end in one of {', '.join('.' + name for name in PLOTS)}.")
    return kind


def _repeated(options: argparse.Namespace) -> list[str]:
    """Return the options of pytest without which the same would not be run."""
    words = [
        f"--kv-{name}={getattr(options, name)}" for name, usual in DEFAULTS.items() if getattr(options, name) != usual
    ]
    words += [f"--kv-seed={options.seed}"] * (options.seed != 0)
    limits = {name: getattr(options, name) for name in ("max_lost", "max_new_leaks", "max_length_ratio")}
    words += [f"--kv-{name.replace('_', '-')}={limit}" for name, limit in limits.items() if limit is not None]
    return words + ["--kv-trust-remote-code"] * options.trust_remote_code


def _require_something_to_lose(advices: Sequence[PolicyAdvice]) -> None:
    points = [point for advice in advices for point in advice.points]
    if not any(point.checks for point in points):
        raise UsageError(
            "The uncompressed model obeys none of the instructions, so nothing could be lost and no ratio is shown to "
            "be safe. Run the contracts without a policy, and mend them or choose another model."
        )


def _head(advices: Sequence[PolicyAdvice], contracts: Sequence[Contract]) -> str:
    measured = next(point for advice in advices for point in advice.points if point.checks)
    cells = sum(len(advice.points) for advice in advices)
    return (
        f"{len(contracts)} contracts, {measured.prompts} prompts, {measured.checks} checks that hold uncompressed, "
        f"{cells} cells run"
    )


def _write_json(place: str, document: dict[str, object]) -> None:
    text = json.dumps(document, indent=2)
    if place == STDOUT:
        print(text)
    else:
        write_output(Path(place), text + "\n")


def _tell(number: int, points: Sequence[FrontierPoint]) -> None:
    """Tell who waits what a round was about; not part of the output."""
    tried = ", ".join(f"{point.policy} {point.ratio} {'safe' if point.is_safe else 'fails'}" for point in points)
    print(f"round {number}: {tried}", file=sys.stderr, flush=True)
