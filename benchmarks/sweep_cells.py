"""The replies of the sweep: contexts × policies × ratios and the uncompressed ones, and their jobs in this engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from kvguard_policies.policy import Layout
from pytest_kvguard.engine.jobs import Generation, Job
from pytest_kvguard.engine.planner import run_jobs
from pytest_kvguard.errors import UsageError
from pytest_kvguard.models.load_model import LoadedModel
from pytest_kvguard.values.cell import Cell

__all__ = ["POLICIES", "QUESTION", "RATIOS", "PlannedReply", "list_contexts", "make_jobs", "plan_replies", "run_cells"]

POLICIES = MappingProxyType(
    {
        "streaming_llm": "StreamingLLMPress",
        "snapkv": "SnapKVPress",
        "tova": "TOVAPress",
        "knorm": "KnormPress",
        "keydiff": "KeyDiffPress",
    }
)
"""Policies of the sweep → their names in kvpress."""

RATIOS = ("0.25", "0.5", "0.75")
QUESTION = "Summarize the rules above in a few sentences."
CASES = Path(__file__).parent.parent / "cases"
LENGTH_STEP = 4
"""Difference in tokens between the lengths of a context and the next."""


@dataclass(frozen=True)
class PlannedReply:
    """A reply to generate.

    Attributes:
        context: index of its context.
        cell: the cell in which it is generated.
    """

    context: int
    cell: Cell = Cell()


def plan_replies(contexts: int) -> list[PlannedReply]:
    """Return, for each context, a reply under every policy at every ratio and an uncompressed one."""
    cells = [Cell(), *(Cell.of(policy, ratio) for policy in POLICIES for ratio in RATIOS)]
    return [PlannedReply(number, cell) for number in range(contexts) for cell in cells]


def list_contexts(tokenizer: Any, contexts: int, tokens: int) -> list[str]:
    """Return texts of about ``tokens`` tokens, cut from the shipped contracts.

    Raises:
        UsageError: too few contracts are that long.
    """
    texts: list[str] = []
    for path in sorted(CASES.rglob("*.kv.yaml")):
        ids = tokenizer(path.read_text(encoding="utf-8"), add_special_tokens=False)["input_ids"]
        length = tokens + LENGTH_STEP * (len(texts) - contexts // 2)
        if len(ids) >= length and len(texts) < contexts:
            texts.append(str(tokenizer.decode(ids[:length])))
    if len(texts) < contexts:
        raise UsageError(f"Only {len(texts)} of the contracts in {CASES} have {tokens} tokens. Give fewer --contexts.")
    return texts


def make_jobs(
    planned: Sequence[PlannedReply], prompts: Sequence[tuple[Sequence[int], Sequence[int]]], new: int
) -> list[Job]:
    """Return the job of each reply.

    Args:
        planned: the replies to generate.
        prompts: per context, the token ids to compress and those to feed after them.
        new: tokens of every reply.
    """
    jobs = []
    for reply in planned:
        region, fed = prompts[reply.context]
        jobs.append(Job((*region, *fed), len(region), Layout(len(region)), reply.cell, max_new_tokens=new))
    return jobs


def run_cells(model: LoadedModel, jobs: Sequence[Job]) -> list[Generation]:
    """Generate all replies at their full length; no token ends them."""
    return run_jobs(replace(model, stop_ids=frozenset()), jobs)
