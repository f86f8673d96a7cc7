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

__all__ = [
    "CurveJobs",
    "cell_jobs",
    "context_jobs",
    "count_distinct_tokens",
    "order_jobs",
    "preamble_jobs",
    "prefill_all",
]

CELLS_PER_CONTEXT = 16
CONTEXT_TOKENS = 256
PREAMBLE_TOKENS = 2048
STRIDE = 61
"""Distance in tokens between the starts of contexts, so that no two contexts are equal."""

CELLS = (Cell(), Cell.of("snapkv", "0.5"), Cell.of("knorm", "0.5"), Cell.of("tova", "0.5"))


@dataclass(frozen=True)
class CurveJobs:
    """The jobs of one size of a curve, and their contexts."""

    jobs: list[Job]

    @property
    def contexts(self) -> list[tuple[int, ...]]:
        """The contexts of the jobs, each once, in the order of the jobs."""
        return list(dict.fromkeys(job.region for job in self.jobs))


def _contexts(model: LoadedModel, count: int, tokens: int) -> list[tuple[int, ...]]:
    """Return contexts cut from the shipped contracts' tokens, which are repeated where they run out."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(CASES.rglob("*.kv.yaml"))]
    ids: list[int] = model.tokenizer("\n".join(texts), add_special_tokens=False)["input_ids"]
    repeated = ids * (1 + (count * STRIDE + tokens) // len(ids))
    return [tuple(repeated[start * STRIDE : start * STRIDE + tokens]) for start in range(count)]


def _question_ids(model: LoadedModel) -> list[int]:
    return list(model.tokenizer(QUESTION, add_special_tokens=False)["input_ids"])


def cell_jobs(model: LoadedModel, cells: int, new: int) -> CurveJobs:
    """Return the jobs of ``cells`` cells, 16 per context of 256 tokens: five policies at three ratios, and none.

    Raises:
        UsageError: ``cells`` is not a multiple of 16.
    """
    if cells % CELLS_PER_CONTEXT:
        raise UsageError(f"--cells: {cells} is not a multiple of {CELLS_PER_CONTEXT}. Give one, e.g. 64.")
    contexts = _contexts(model, cells // CELLS_PER_CONTEXT, CONTEXT_TOKENS)
    question = _question_ids(model)
    return CurveJobs(make_jobs(plan_replies(len(contexts)), [(context, question) for context in contexts], new))


def context_jobs(model: LoadedModel, tokens: int, new: int) -> CurveJobs:
    """Return the jobs of one context of ``tokens`` tokens, under three policies and none."""
    (context,) = _contexts(model, 1, tokens)
    return CurveJobs(_in_all_cells(Job((*context, *_question_ids(model)), tokens, Layout(tokens), max_new_tokens=new)))


def order_jobs(model: LoadedModel, orders: int, new: int, preamble: int = 0) -> CurveJobs:
    """Return the jobs of the shipped contract with the most instructions, in ``orders`` orders.

    Args:
        model: the model whose tokenizer is used.
        orders: number of orders of the contract.
        new: tokens of every reply.
        preamble: number of tokens that replace the contract's own preamble; 0 keeps it.

    Raises:
        UsageError: the contract has fewer orders.
    """
    contracts = map(parse_contract, sorted(CASES.rglob("*.kv.yaml")))
    longest = max(contracts, key=lambda contract: len(contract.written_order))
    generate = replace(longest.generate, max_new_tokens=new)
    text = model.tokenizer.decode(_contexts(model, 1, preamble)[0]) + "\n" if preamble else longest.preamble
    contract = replace(longest, orderings=Orderings(sample=orders - 1), generate=generate, preamble=text)
    sampled = sample_orders(contract)
    if len(sampled) != orders:
        raise UsageError(f"--orders: {contract.path.name} has {len(sampled)} orders, not {orders}. Give fewer.")
    jobs = []
    for order in sampled:
        request = TurnRequest(contract, order, contract.probes[0].turns[:1], (), Cell(), "context")
        jobs.append(build_job(render_prompt(model.tokenizer, contract, order, request.turns, ()), request))
    return CurveJobs([copy for job in jobs for copy in _in_all_cells(job)])


def _in_all_cells(job: Job) -> list[Job]:
    return [replace(job, cell=cell) for cell in CELLS]


def preamble_jobs(model: LoadedModel, orders: int, new: int) -> CurveJobs:
    """Return the jobs of ``orders`` orders after a preamble of 2048 tokens."""
    return order_jobs(model, orders, new, PREAMBLE_TOKENS)


def prefill_all(model: LoadedModel, jobs: Sequence[Job]) -> int:
    """Prefill all contexts as a sweep does, without recording, and return how many tokens that computed."""
    computed, record = 0, None
    for region, layout in {job.region: job.layout for job in jobs}.items():
        record = prefill(model.model, region, layout, earlier=record)
        computed += record.tokens - record.reused_tokens
    return computed


def count_distinct_tokens(contexts: Sequence[tuple[int, ...]]) -> int:
    """Return the number of tokens to compute if all prefixes were shared: the nodes of the contexts' prefix tree."""
    ordered = sorted(contexts)
    shared = sum(_shared_prefix(one, other) for one, other in zip(ordered, ordered[1:], strict=False))
    return sum(map(len, ordered)) - shared


def _shared_prefix(one: Sequence[int], other: Sequence[int]) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((index for index, (a, b) in pairs if a != b), min(len(one), len(other)))
