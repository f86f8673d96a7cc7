"""The jobs of the cost curves: contexts cut from the shipped contracts, or one contract in many orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from benchmarks.sweep_cells import CASES, QUESTION, make_jobs, plan_replies
from kvguard_policies.compression import prefill
from kvguard_policies.policy import Layout
from pytest_kvguard.backends.in_process import build_job
from pytest_kvguard.backends.protocol import TurnRequest
from pytest_kvguard.contract.model import Orderings
from pytest_kvguard.contract.order import sample_orders
from pytest_kvguard.contract.parse import parse_contract
from pytest_kvguard.contract.render import render_prompt
from pytest_kvguard.engine.jobs import Job
from pytest_kvguard.errors import UsageError
from pytest_kvguard.models.load_model import LoadedModel
from pytest_kvguard.values.cell import Cell

__all__ = ["Run", "cells_run", "contexts_run", "distinct_prefixes", "orders_run", "preamble_run", "prefill_all"]

CELLS_PER_CONTEXT = 16
CONTEXT_TOKENS = 256
PREAMBLE_TOKENS = 2048
STRIDE = 61
"""Contexts begin so many tokens apart, so that no two are alike."""

CELLS = (Cell(), Cell.of("snapkv", "0.5"), Cell.of("knorm", "0.5"), Cell.of("tova", "0.5"))


@dataclass(frozen=True)
class Run:
    """Jobs, and the distinct contexts they read."""

    jobs: list[Job]

    @property
    def contexts(self) -> list[tuple[int, ...]]:
        """Return the contexts, each once, in the order of the jobs."""
        return list(dict.fromkeys(job.region for job in self.jobs))


def _contexts(model: LoadedModel, count: int, tokens: int) -> list[tuple[int, ...]]:
    """Return contexts of the shipped contracts' tokens; those are read in a circle."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(CASES.rglob("*.kv.yaml"))]
    ids: list[int] = model.tokenizer("\n".join(texts), add_special_tokens=False)["input_ids"]
    circle = ids * (1 + (count * STRIDE + tokens) // len(ids))
    return [tuple(circle[start * STRIDE : start * STRIDE + tokens]) for start in range(count)]


def _fed(model: LoadedModel) -> list[int]:
    return list(model.tokenizer(QUESTION, add_special_tokens=False)["input_ids"])


def cells_run(model: LoadedModel, cells: int, new: int) -> Run:
    """Return so many cells, 16 to a context of 256 tokens: five policies at three ratios, and none.

    Raises:
        UsageError: they are no multiple of 16.
    """
    if cells % CELLS_PER_CONTEXT:
        raise UsageError(f"--cells: {cells} is no multiple of {CELLS_PER_CONTEXT}. Give one, e.g. 64.")
    contexts = _contexts(model, cells // CELLS_PER_CONTEXT, CONTEXT_TOKENS)
    fed = _fed(model)
    return Run(make_jobs(plan_replies(len(contexts)), [(context, fed) for context in contexts], new))


def contexts_run(model: LoadedModel, tokens: int, new: int) -> Run:
    """Return the cells of one context of so many tokens, under three policies and none."""
    (context,) = _contexts(model, 1, tokens)
    return Run(_in_all_cells(Job((*context, *_fed(model)), tokens, Layout(tokens), max_new_tokens=new)))


def orders_run(model: LoadedModel, orders: int, new: int, preamble: int = 0) -> Run:
    """Return the cells of the shipped contract with the most instructions in so many orders.

    Args:
        model: tells tokens.
        orders: of the contract.
        new: tokens of every reply.
        preamble: tokens before the instructions, if other ones than the contract's own.

    Raises:
        UsageError: it has fewer orders.
    """
    contracts = map(parse_contract, sorted(CASES.rglob("*.kv.yaml")))
    longest = max(contracts, key=lambda contract: len(contract.written_order))
    generate = replace(longest.generate, max_new_tokens=new)
    text = model.tokenizer.decode(_contexts(model, 1, preamble)[0]) + "\n" if preamble else longest.preamble
    contract = replace(longest, orderings=Orderings(sample=orders - 1), generate=generate, preamble=text)
    found = sample_orders(contract)
    if len(found) != orders:
        raise UsageError(f"--orders: {contract.path.name} has {len(found)} orders, not {orders}. Give fewer.")
    jobs = []
    for order in found:
        request = TurnRequest(contract, order, contract.probes[0].turns[:1], (), Cell(), "context")
        jobs.append(build_job(render_prompt(model.tokenizer, contract, order, request.turns, ()), request))
    return Run([arm for job in jobs for arm in _in_all_cells(job)])


def _in_all_cells(job: Job) -> list[Job]:
    return [replace(job, cell=cell) for cell in CELLS]


def preamble_run(model: LoadedModel, orders: int, new: int) -> Run:
    """Return the cells of so many orders behind a preamble of 2048 tokens."""
    return orders_run(model, orders, new, PREAMBLE_TOKENS)


def prefill_all(model: LoadedModel, jobs: Sequence[Job]) -> int:
    """Prefill all contexts as a sweep does, with nothing recorded; return how many tokens that computed."""
    computed, record = 0, None
    for region, layout in {job.region: job.layout for job in jobs}.items():
        record = prefill(model.model, region, layout, earlier=record)
        computed += record.tokens - record.reused_tokens
    return computed


def distinct_prefixes(contexts: Sequence[tuple[int, ...]]) -> int:
    """Return the nodes of the contexts' prefix tree: the tokens that would be computed if prefixes were shared."""
    ordered = sorted(contexts)
    shared = sum(_common(one, other) for one, other in zip(ordered, ordered[1:], strict=False))
    return sum(map(len, ordered)) - shared


def _common(one: Sequence[int], other: Sequence[int]) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((index for index, (a, b) in pairs if a != b), min(len(one), len(other)))
