"""The table of supported models: every decoder class of transformers as a tiny random model, in every column.

Run ``python -m benchmarks.model_support --help``. Each class runs in a process of its own, which may break or be ended
without ending the others. The figures of this release of transformers go into a JSON file, from which the page is made.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import torch
import transformers

from benchmarks.model_trial import CRASHED, Trial, run_trial
from benchmarks.support_page import read_trials, summary_lines, write_page, write_trials
from benchmarks.tiny_models import config_classes

__all__ = ["FIGURES", "VARIANTS", "classes", "main", "try_class"]

FIGURES = Path(__file__).parents[1] / "docs" / "reference" / "model-support.json"
SECONDS = 120
"""Time limit of one class."""

_SHARED = ["sliding_attention", "full_attention"] * 2
VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "Gemma4TextConfig (shared keys and values)": (
        "Gemma4TextConfig",
        {"layer_types": _SHARED, "num_hidden_layers": 4, "num_kv_shared_layers": 2},
    ),
    "FalconConfig (grouped heads)": ("FalconConfig", {"new_decoder_architecture": True, "num_kv_heads": 2}),
    "LlamaConfig (dynamic NTK)": (
        "LlamaConfig",
        {"rope_parameters": {"rope_type": "dynamic", "factor": 2.0, "rope_theta": 1e4}},
    ),
    "Qwen2MoeConfig (window)": (
        "Qwen2MoeConfig",
        {"use_sliding_window": True, "layer_types": ["full_attention", "sliding_attention"]},
    ),
}
"""Further rows: a class with settings that make it attend otherwise than by default."""


def classes() -> dict[str, tuple[str, dict[str, Any]]]:
    """Return, by the name of its row, each class of this release and its settings."""
    rows: dict[str, tuple[str, dict[str, Any]]] = {name: (name, {}) for name in config_classes()}
    return rows | {row: (name, settings) for row, (name, settings) in VARIANTS.items() if name in rows}


def try_class(row: str, seconds: float = SECONDS) -> dict[str, Any]:
    """Return the record of one row's trial, run in a process of its own."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=_send_trial, args=(row, sender))
    process.start()
    sender.close()
    try:
        if receiver.poll(seconds):
            record: dict[str, Any] = receiver.recv()
            return record
        return Trial(row, state=CRASHED, detail=f"not finished after {seconds:.0f} seconds").record()
    except EOFError:
        return Trial(row, state=CRASHED, detail="the process died").record()
    finally:
        process.kill()
        process.join()


def _send_trial(row: str, sender: Connection) -> None:
    name, settings = classes()[row]
    sender.send({**run_trial(name, settings).record(), "name": row})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the trials and write the figures and the page."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    figures = read_trials(options.json)
    own = figures.setdefault(transformers.__version__, {})
    rows = options.only or list(classes())
    for number, row in enumerate(rows, start=1):
        if row in own and options.resume:
            continue
        own[row] = try_class(row, options.seconds)
        print(f"{number}/{len(rows)} {row}: {_said(own[row])}", file=sys.stderr, flush=True)
        write_trials(options.json, figures)
    if options.json == FIGURES:
        write_page(figures)
    print("\n".join(summary_lines(own)))
    return 0


def _said(record: Mapping[str, Any]) -> str:
    counts: dict[str, int] = {}
    for column in record["columns"].values():
        counts[column["outcome"]] = counts.get(column["outcome"], 0) + 1
    return (
        ", ".join(f"{count} {outcome}" for outcome, count in counts.items()) or f"{record['state']}: {record['detail']}"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.model_support", description=__doc__)
    parser.add_argument("--json", type=Path, default=FIGURES, help="the figures; default: those of the documentation")
    parser.add_argument("--only", nargs="+", metavar="CLASS", help="run these configuration classes only")
    parser.add_argument("--resume", action="store_true", help="skip the classes that the file has for this release")
    parser.add_argument("--seconds", type=float, default=SECONDS, help=f"time limit of one class; default {SECONDS}")
    return parser


if __name__ == "__main__":
    sys.exit(main())
