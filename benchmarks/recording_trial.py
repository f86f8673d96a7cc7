"""A measurement of a recorded or plain prefill in a process of its own, which ``recording_cost`` starts.

It prints one JSON line. It needs a process of its own because the system reports the peak of a whole process, and
allocators keep freed memory.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import MappingProxyType

import torch
from transformers import DynamicCache, PreTrainedModel

from benchmarks.timing_options import CLOCKS
from kvguard_policies import cache_argument, load, prefill
from kvguard_policies.policy import Layout
from pytest_kvguard.models.heap import hand_back_freed_memory
from pytest_kvguard.models.load_model import ModelOptions, load_model

__all__ = [
    "MODES",
    "PLAIN",
    "SPANS",
    "even_layout",
    "main",
    "measure_memory",
    "measure_seconds",
    "prefill_in_mode",
]

PLAIN = "plain"
MODES = MappingProxyType({"window": "snapkv", "span windows": "fair(snapkv)", "column sums": "h2o"})
"""Mode → the policy for whose needs the prefill records."""

SPANS = 6
FRAME_TOKENS = 16
WARM_UP_TOKENS = 64

CacheAndBytes = tuple[object, int]


def even_layout(tokens: int) -> Layout:
    """Return the layout of a short frame and ``SPANS`` instruction spans of equal length."""
    edges = [FRAME_TOKENS + (tokens - FRAME_TOKENS) * i // SPANS for i in range(SPANS + 1)]
    return Layout(tokens, groups=tuple(((start, stop),) for start, stop in zip(edges, edges[1:], strict=False)))


def random_context(vocabulary: int, tokens: int) -> list[int]:
    """Return random token ids, the same on every call."""
    generator = torch.Generator().manual_seed(0)
    return torch.randint(vocabulary, (tokens,), generator=generator).tolist()


def prefill_in_mode(model: PreTrainedModel, token_ids: Sequence[int], mode: str) -> CacheAndBytes:
    """Prefill, and return the cache or the record of it with the bytes of its keys and values."""
    if mode == PLAIN:
        return _plain_prefill(model, token_ids)
    layout = even_layout(len(token_ids))
    record = prefill(model, token_ids, layout, load(MODES[mode]).needs(layout))
    return record, record.cache_bytes


@torch.no_grad()
def _plain_prefill(model: PreTrainedModel, token_ids: Sequence[int]) -> CacheAndBytes:
    cache = DynamicCache(config=model.config)
    model(
        input_ids=torch.tensor([list(token_ids)], device=model.device), **cache_argument(model, cache), logits_to_keep=1
    )
    return cache, sum(layer.keys.nbytes + layer.values.nbytes for layer in cache.layers)


def measure_seconds(
    run: Callable[[str], object], modes: Sequence[str], repeats: int, clock: Callable[[], float]
) -> dict[str, list[float]]:
    """Return, per mode, the seconds of ``repeats`` runs; modes take turns, and each is warmed up once."""
    seconds: dict[str, list[float]] = {mode: [] for mode in modes}
    for turn in range(repeats + 1):
        for mode in modes:
            gc.collect()
            start = clock()
            run(mode)
            if turn > 0:
                seconds[mode].append(clock() - start)
    return seconds


def measure_memory(run: Callable[[], CacheAndBytes]) -> dict[str, int | None]:
    """Return the peak of resident bytes during ``run`` above those before; None if the system does not report it."""
    gc.collect()
    hand_back_freed_memory()
    before = _reset_peak()
    _, cache_bytes = run()
    peak = _status_bytes("VmHWM")
    return {"peak_bytes": None if before is None or peak is None else peak - before, "cache_bytes": cache_bytes}


def _reset_peak() -> int | None:
    """Reset the process's peak to the resident bytes and return them; None if the system cannot."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return None
    return _status_bytes("VmHWM")


def _status_bytes(field: str) -> int | None:
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{field}:")), None)


def main(arguments: Sequence[str]) -> None:
    """Run the trial that the JSON argument describes: model, dtype, clock, tokens, modes, repeats (0: memory)."""
    trial = json.loads(arguments[0])
    model = load_model(ModelOptions(name=trial["model"], dtype=trial["dtype"])).model
    context = random_context(model.config.vocab_size, trial["tokens"])
    modes, repeats = trial["modes"], trial["repeats"]
    if repeats:
        clock = CLOCKS[trial["clock"]]
        print(json.dumps(measure_seconds(lambda mode: prefill_in_mode(model, context, mode), modes, repeats, clock)))
        return
    prefill_in_mode(model, context[:WARM_UP_TOKENS], modes[0])
    print(json.dumps(measure_memory(lambda: prefill_in_mode(model, context, modes[0]))))


if __name__ == "__main__":
    main(sys.argv[1:])
