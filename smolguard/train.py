"""LoRA training of smolguard: ``python -m smolguard.train --steps 900 --out build/smolguard``.

The same command with the same seed draws the same rows; a killed run resumes from its last checkpoint. On a CPU,
preload jemalloc without decay (see the model card): the default allocator spends most of the time on page faults.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import time
from pathlib import Path
from random import Random
from typing import Any

import torch
from torch import Tensor, nn
from tqdm import tqdm

from pytest_kvguard.models.load_model import LoadedModel, ModelOptions, load_model
from pytest_kvguard.models.options import STOCK_MODEL
from smolguard.lora import adapt, factors, load_adapter, save_adapter
from smolguard.packing import draw_rows, stack_rows

__all__ = ["main"]

BASE = "HuggingFaceTB/SmolLM2-135M-Instruct"
RANK, ALPHA = 8, 32
CHECKPOINT_STEPS = 50


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m smolguard.train", description="Train smolguard's LoRA adapter.")
    parser.add_argument("--steps", type=int, default=900)
    parser.add_argument("--rows", type=int, default=4, help="prompts of a step")
    parser.add_argument("--learning-rate", type=float, default=1.5e-3)
    parser.add_argument("--warmup-steps", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", type=Path, help="folder of an adapter to start from (default: a fresh one)")
    parser.add_argument("--compile", action="store_true", help="torch.compile the layers; needs a C++ compiler")
    parser.add_argument(
        "--out", type=Path, default=Path("build/smolguard"), help="folder of adapter, checkpoint and log"
    )
    return parser.parse_args()


def _learning_rate(step: int, options: argparse.Namespace) -> float:
    """Return the rate of a step: a warm-up, then a decay to a twentieth along a half cosine."""
    if step < options.warmup_steps:
        return float(options.learning_rate * (step + 1) / options.warmup_steps)
    progress = (step - options.warmup_steps) / max(1, options.steps - options.warmup_steps)
    return float(options.learning_rate * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * progress))))


def _adapted(options: argparse.Namespace) -> LoadedModel:
    torch.manual_seed(options.seed)
    base = load_model(ModelOptions(name=STOCK_MODEL, dtype="bfloat16"))
    adapt(base.model, RANK, ALPHA)
    if options.start:
        load_adapter(base.model, options.start)
    if options.compile:
        for layer in base.model.model.layers:
            layer.compile(dynamic=False)
    return base


def _loss(base: LoadedModel, batch: tuple[Tensor, Tensor, Tensor, Tensor]) -> Tensor:
    """Return the mean negative log likelihood, nats, of the reply tokens of a batch."""
    ids, positions, visible, learned = batch
    blocked = torch.finfo(base.model.dtype).min
    mask = torch.zeros(visible.shape, dtype=base.model.dtype).masked_fill_(~visible, blocked)
    states = base.model.model(
        input_ids=ids, attention_mask=mask, position_ids=positions, use_cache=False
    ).last_hidden_state
    predicting = states[:, :-1][learned[:, 1:]]
    return nn.functional.cross_entropy(base.model.lm_head(predicting).float(), ids[:, 1:][learned[:, 1:]])


def _save(folder: Path, model: nn.Module, optimizer: torch.optim.Optimizer, step: int) -> None:
    """Write the checkpoint beside the old one and swap them, so that a killed run leaves one of them intact."""
    new_file = folder / "checkpoint.pt.new"
    state = {"step": step, "factors": [f.data for f in factors(model).values()], "optimizer": optimizer.state_dict()}
    torch.save(state, new_file)
    os.replace(new_file, folder / "checkpoint.pt")


def _resume(folder: Path, model: nn.Module, optimizer: torch.optim.Optimizer) -> int:
    path = folder / "checkpoint.pt"
    if not path.exists():
        return 0
    state: dict[str, Any] = torch.load(path, weights_only=True)
    for factor, saved in zip(factors(model).values(), state["factors"], strict=True):
        factor.data.copy_(saved)
    optimizer.load_state_dict(state["optimizer"])
    return int(state["step"])


def _train(base: LoadedModel, options: argparse.Namespace) -> None:
    weights = list(factors(base.model).values())
    optimizer = torch.optim.AdamW(weights, lr=options.learning_rate, weight_decay=0.01)
    first = _resume(options.out, base.model, optimizer)
    bar = tqdm(range(first, options.steps), initial=first, total=options.steps, unit="step")
    with (options.out / "log.jsonl").open("a", encoding="utf-8") as log:
        for step in bar:
            rng = Random(f"{options.seed}-{step}")
            rows = draw_rows(base.tokenizer, rng, options.rows)
            started = time.perf_counter()
            loss = _loss(base, stack_rows(rows))
            loss.backward()
            nn.utils.clip_grad_norm_(weights, 1.0)
            for parameters in optimizer.param_groups:
                parameters["lr"] = _learning_rate(step, options)
            optimizer.step()
            optimizer.zero_grad()
            figures = {"step": step, "loss": round(loss.item(), 4), "seconds": round(time.perf_counter() - started, 3)}
            log.write(json.dumps({**figures, "reply_tokens": sum(sum(row.learned) for row in rows)}) + "\n")
            log.flush()
            bar.set_postfix(loss=figures["loss"])
            if (step + 1) % CHECKPOINT_STEPS == 0 or step + 1 == options.steps:
                _save(options.out, base.model, optimizer, step + 1)


def main() -> None:
    """Train, or resume training, and write the adapter in bfloat16."""
    options = _arguments()
    options.out.mkdir(parents=True, exist_ok=True)
    base = _adapted(options)
    _train(base, options)
    save_adapter(base.model, options.out / "adapter", RANK, ALPHA, BASE)
    print(f"adapter: {options.out / 'adapter'}")


if __name__ == "__main__":
    main()
