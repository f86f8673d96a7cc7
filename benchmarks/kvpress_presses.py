"""The presses of kvpress that work here, on a short and on a long prompt, and why the others do not.

Run ``python -m benchmarks.kvpress_presses --help``. Every press runs as shipped, at one ratio, on a prefix of a shipped
contract's prompt, and every reply has the same number of tokens, whatever the model would say. The entries that a
press removed, masked or altered are measured on its cache.
"""

from __future__ import annotations

import argparse
import sys
import textwrap
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from benchmarks.json_report import check_writable, write_json
from kvguard_policies.policy import Layout, PolicyError
from kvguard_policies.presses.spec import press_names
from kvguard_policies.spec import SpecError
from pytest_kvguard.contract.parse import parse_contract
from pytest_kvguard.contract.render import render_prompt
from pytest_kvguard.engine.jobs import Generation, Job
from pytest_kvguard.engine.planner import try_jobs
from pytest_kvguard.errors import InactivePolicyError, KVGuardError
from pytest_kvguard.models.load_model import LoadedModel, ModelOptions, load_model
from pytest_kvguard.models.options import DEFAULT_MODEL
from pytest_kvguard.values.cell import Cell

__all__ = ["CALLS", "PressTrial", "format_table", "main", "spec_of", "to_json", "try_presses"]

PROMPT = Path(__file__).parents[1] / "cases" / "long-context" / "tenant-handbook.kv.yaml"
LENGTHS = {"short": 20, "long": 400}
FED_TOKENS = 12
REPLY_TOKENS = 24
REASON_LETTERS = 200
INNER = "SnapKVPress(window_size=16)"
CALLS = {
    "AdaKVPress": f"AdaKVPress({INNER})",
    "BlockPress": "BlockPress(KeyDiffPress)",
    "CAMPress": "CAMPress(StreamingLLMPress, target_size=16, compression_interval=8)",
    "ChunkKVPress": f"ChunkKVPress({INNER})",
    "ChunkPress": f"ChunkPress({INNER}, chunk_length=100)",
    "ComposedPress": "ComposedPress([KnormPress(compression_ratio=0.3), "
    "ThinKPress(key_channel_compression_ratio=0.3)])",
    "CompressionRatioDecodingPress": "CompressionRatioDecodingPress(KnormPress, compression_interval=8)",
    "CriticalAdaKVPress": f"CriticalAdaKVPress({INNER})",
    "CriticalKVPress": f"CriticalKVPress({INNER})",
    "DMSPress": "DMSPress(KnormPress, threshold=-20.0, sliding_window_size=16)",
    "DecodingPress": "DecodingPress(KnormPress, target_size=16, compression_interval=8)",
    "EntropyGatedChunkKVPress": f"EntropyGatedChunkKVPress({INNER})",
    "KeyRerotationPress": f"KeyRerotationPress({INNER})",
    "LUKVPress": f"LUKVPress({INNER})",
    "MergingPress": f"MergingPress({INNER})",
    "PerLayerCompressionPress": "PerLayerCompressionPress(KnormPress, compression_ratios=[{layers}])",
    "PrefillDecodingPress": "PrefillDecodingPress(KnormPress(compression_ratio=0.5), "
    "DecodingPress(KnormPress, target_size=16, compression_interval=8))",
    "RandomPress": "RandomPress(seed=0)",
    "SimLayerKVPress": "SimLayerKVPress(lazy_threshold=0.1, n_recent=64)",
}
"""The calls of presses that need another press, or options without which they do nothing on such prompts."""


@dataclass(frozen=True)
class PressTrial:
    """The run of one press on one prompt.

    Attributes:
        press: the name of the press.
        spec: its call.
        prompt: a key of ``LENGTHS``.
        tokens: length of the context.
        works: whether it ran to the end and changed something.
        kept: share of the attended entries, 0..1; None if it did not run.
        bytes_held: share of the held bytes, 0..1; None if it did not run.
        words: what it did apart from evicting, or why it did not work.
    """

    press: str
    spec: str
    prompt: str
    tokens: int
    works: bool
    kept: float | None
    bytes_held: float | None
    words: str


def spec_of(press: str, layers: int) -> str:
    """Return the spec of a press for a model of ``layers`` layers."""
    ratios = ", ".join("0.5" if number % 2 else "0.4" for number in range(layers))
    return "kvpress:" + CALLS.get(press, press).replace("{layers}", ratios)


def try_presses(model: LoadedModel, presses: Sequence[str], ids: Sequence[int], ratio: str) -> Iterator[PressTrial]:
    """Run every press on a short and on a long prefix of a prompt, and yield a trial for each.

    Args:
        model: the model.
        presses: names of presses.
        ids: token ids of the prompt; the last ``FED_TOKENS`` are fed after the context.
        ratio: fraction of entries to remove.
    """
    # A short reply would end before a press that compresses during generation runs.
    model = replace(model, stop_ids=frozenset())
    layers = model.model.config.get_text_config().num_hidden_layers
    for press in presses:
        cell = Cell.of(spec_of(press, layers), ratio)
        for prompt, tokens in LENGTHS.items():
            region = tuple(ids[:tokens])
            layout = Layout(len(region))
            job = Job((*region, *ids[-FED_TOKENS:]), len(region), layout, cell, max_new_tokens=REPLY_TOKENS)
            yield _trial(press, prompt, job, _generate(model, job), model.model.config.name_or_path)


def _generate(model: LoadedModel, job: Job) -> Generation | Exception:
    assert job.cell.policy is not None
    try:
        job.cell.policy.build()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return try_jobs(model, [job])[0]
    except SpecError as error:
        return error


def _trial(press: str, prompt: str, job: Job, generation: Generation | Exception, place: str) -> PressTrial:
    fixed = (press, job.cell.policy_name.removeprefix("kvpress:"), prompt, job.region_tokens)
    if isinstance(generation, Exception):
        return PressTrial(*fixed, False, None, None, _reason(generation, place))
    kept = generation.entries_after / generation.entries_before
    words = "; ".join(note for note in generation.notes if not note.startswith(_OMITTED_NOTES))
    return PressTrial(*fixed, True, kept, generation.bytes_after / generation.bytes_before, words)


_OMITTED_NOTES = ("run by transformers' own attention", "--ratio=", "the press's own options")


def _reason(error: Exception, place: str) -> str:
    """Return why a press did not work, without the parts that the table shows anyway and without the model's path."""
    text = str(error)
    if place:
        text = text.replace(place, "MODEL").replace(place.replace("/", "_"), "MODEL")
    if isinstance(error, InactivePolicyError):
        return "changes nothing"
    _, _, cause = text.partition(" broke while ")
    return textwrap.shorten(cause or text, REASON_LETTERS, placeholder=" …")


def format_table(trials: Sequence[PressTrial]) -> str:
    """Return the report as a Markdown table, one row per press."""
    lines = ["| press | called as | short prompt | long prompt |", "|---|---|---|---|"]
    by_press: dict[str, dict[str, PressTrial]] = {}
    for trial in trials:
        by_press.setdefault(trial.press, {})[trial.prompt] = trial
    for press, by_prompt in by_press.items():
        columns = [_describe(by_prompt[prompt]) if prompt in by_prompt else "" for prompt in LENGTHS]
        spec = next(iter(by_prompt.values())).spec
        shown = spec if len(spec) < 120 else f"{spec[:100]}…"
        lines.append(f"| `{press}` | `{shown}` | {' | '.join(columns)} |")
    return "\n".join(lines)


def _describe(trial: PressTrial) -> str:
    words = trial.words.replace("|", "\\|").replace("<", "‹").replace(">", "›")
    if trial.kept is None or trial.bytes_held is None:
        return f"no: {words}"
    held = f"{trial.kept:.0%} attended, {trial.bytes_held:.0%} of the bytes"
    return f"works: {held}" + (f"; {words}" if words else "")


def to_json(model: str, ratio: str, trials: Sequence[PressTrial]) -> dict[str, object]:
    """Return the report as plain values."""
    works = {prompt: sum(trial.works for trial in trials if trial.prompt == prompt) for prompt in LENGTHS}
    return {"model": model, "ratio": ratio, "works": works, "rows": [asdict(trial) for trial in trials]}


def _prompt_ids(model: LoadedModel) -> tuple[int, ...]:
    contract = parse_contract(PROMPT)
    turns = (contract.probes[0].turns[0],)
    return render_prompt(model.tokenizer, contract, contract.written_order, turns, ()).token_ids


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kvpress_presses", description=__doc__)
    parser.add_argument("--ratio", default="0.5", help="fraction of entries to remove (%(default)s)")
    parser.add_argument("--model", default=DEFAULT_MODEL, help="hub id, directory, GGUF file, or %(default)s")
    parser.add_argument("--press", action="append", help="run this press only; may be given again")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        check_writable(options.json)
        model = load_model(ModelOptions(options.model))
        trials: list[PressTrial] = []
        for trial in try_presses(model, options.press or press_names(), _prompt_ids(model), options.ratio):
            print(f"{trial.press}, {trial.prompt}: {_describe(trial)}", file=sys.stderr, flush=True)
            trials.append(trial)
        print(format_table(trials))
        write_json(options.json, to_json(options.model, options.ratio, trials))
    except (KVGuardError, PolicyError, SpecError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
