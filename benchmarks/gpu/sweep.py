"""The sweep on a random model: this engine against the same cells one after another, by kvpress or by ``generate``."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from transformers import DynamicCache

from benchmarks.gpu.plan import PartReport, Scale
from benchmarks.gpu.random_llama import timed_model
from benchmarks.recording_trial import random_context
from benchmarks.sweep_cells import POLICIES, PlannedReply, make_jobs, plan_replies, run_cells
from benchmarks.sweep_reference import reference_seconds
from kvguard_policies import cache_argument
from pytest_kvguard.engine.stopwatch import read_stopwatch
from pytest_kvguard.models.load_model import LoadedModel

__all__ = ["run"]

QUESTION_TOKENS = 8


@torch.no_grad()
def run(scale: Scale, report: PartReport) -> None:
    """Add the seconds of each arm and their ratios; the peer runs the cells of the first context, scaled to all."""
    model = timed_model(scale)
    loaded = LoadedModel("random", model, None, frozenset(), model.config.max_position_embeddings)
    prompts = [_prompt(scale, number) for number in range(scale.sweep_contexts)]
    planned = plan_replies(len(prompts))
    jobs = make_jobs(planned, prompts, scale.sweep_new)
    run_cells(loaded, jobs[:2])
    own = _seconds(scale, partial(run_cells, loaded, jobs))
    report.add(arm="this engine", cells=len(jobs), seconds=own, peer=None, ratio=None)
    if report.has_time("plain transformers at its best rate", own):
        regions, clock = [region for region, _ in prompts], partial(read_stopwatch, model.device)
        best = reference_seconds(model, regions, len(jobs) * scale.sweep_new, clock)
        report.add(arm="plain transformers at its best rate", seconds=best, peer="this engine", ratio=best / own)
    name, peer = _peer(scale, report)
    cells = [plan for plan in planned if plan.context == 0]
    peer(cells[0], prompts[0])
    spent: list[float] = []
    for plan in cells:
        if not report.has_time(f"{plan.cell.label} by {name}", max(spent, default=0.0)):
            break
        spent.append(_seconds(scale, partial(peer, plan, prompts[0])))
    if spent:
        seconds = sum(spent) * len(jobs) / len(spent)
        report.add(arm=name, cells=len(spent), seconds=seconds, peer="this engine", ratio=seconds / own)


def _prompt(scale: Scale, number: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    ids = random_context(scale.vocabulary, scale.sweep_tokens + 4 * number + QUESTION_TOKENS)
    return tuple(ids[:-QUESTION_TOKENS]), tuple(ids[-QUESTION_TOKENS:])


def _seconds(scale: Scale, run: Callable[[], object]) -> float:
    device = torch.device(scale.device)
    start = read_stopwatch(device)
    run()
    return read_stopwatch(device) - start


Peer = Callable[[PlannedReply, tuple[Sequence[int], Sequence[int]]], object]


def _peer(scale: Scale, report: PartReport) -> tuple[str, Peer]:
    """Return the engine to compare with: kvpress where it can be imported, else plain ``generate``."""
    model: Any = timed_model(scale)

    def generate(plan: PlannedReply, prompt: tuple[Sequence[int], Sequence[int]]) -> object:
        ids = torch.tensor([[*prompt[0], *prompt[1]]], device=model.device)
        options = {"do_sample": False, "eos_token_id": None, "pad_token_id": 0, "max_new_tokens": scale.sweep_new}
        return model.generate(ids, attention_mask=torch.ones_like(ids), **options)

    try:
        presses: Any = importlib.import_module("kvpress")
    except ImportError as error:
        report.skip("kvpress", f"it cannot be imported ({error}); plain generate, uncompressed, takes its place")
        return "plain generate", generate

    def pressed(plan: PlannedReply, prompt: tuple[Sequence[int], Sequence[int]]) -> object:
        if plan.cell.is_uncompressed:
            return generate(plan, prompt)
        region, fed = (torch.tensor([list(ids)], device=model.device) for ids in prompt)
        cache, position = DynamicCache(), region.shape[1]
        with getattr(presses, POLICIES[plan.cell.policy_name])(float(plan.cell.ratio))(model):
            model(input_ids=region, **cache_argument(model, cache), logits_to_keep=1)
        for _ in range(scale.sweep_new):
            positions = torch.arange(position, position + fed.shape[1], device=model.device)[None]
            logits = model(
                input_ids=fed, **cache_argument(model, cache), position_ids=positions, logits_to_keep=1
            ).logits
            position, fed = position + fed.shape[1], logits[:, -1].argmax(-1, keepdim=True)
        return fed.tolist()

    return "kvpress", pressed
