"""Jobs that an oracle runs through the engine, as a run does: planned, batched, compressed, generated and reported."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from transformers import PreTrainedModel

from kvguard_policies.spec import PolicySpec, SpecError
from pytest_kvguard.engine.jobs import Generation, Job
from pytest_kvguard.engine.planner import run_jobs
from pytest_kvguard.invariants.arms import context_of, layout_of
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.violation import NotApplicable
from pytest_kvguard.models.load_model import LoadedModel
from pytest_kvguard.values.cell import Cell

__all__ = ["cell_of", "job_of", "run"]

FED = 6
ROOM = 1 << 20
"""Positions that a model is said to have: the engine refuses longer prompts, and no job here is that long."""


def cell_of(subject: Subject, ratio: Fraction | None = None) -> Cell:
    """Return the cell of a subject's policy, at its own ratio unless another is given.

    Raises:
        NotApplicable: the engine could not load the policy by its spec.
    """
    try:
        spec = PolicySpec.read(subject.required_policy.spec)
    except SpecError as error:
        raise NotApplicable(f"the policy cannot be loaded by its spec: {error}") from None
    own = subject.ratio if ratio is None else ratio
    return Cell(spec, Fraction(0) if spec.ignores_ratio else own, subject.kernel)


def job_of(
    model: PreTrainedModel, cell: Cell, tokens: int, seed: int = 0, question: int = 9, new: int = 8, hold: bool = False
) -> Job:
    """Return a job with a random context and question.

    Args:
        model: gives the vocabulary.
        cell: the policy, ratio and kernel.
        tokens: length of the context.
        seed: of the context.
        question: the seed of the tokens that are fed after it.
        new: tokens to generate.
        hold: hold the budget while generating.
    """
    ids = (*context_of(model, tokens, seed), *context_of(model, FED, question))
    return Job(ids, tokens, layout_of(tokens), cell, hold_budget=hold, max_new_tokens=new)


def run(model: PreTrainedModel, jobs: Sequence[Job]) -> list[Generation]:
    """Run jobs together and return their generations, in order."""
    return run_jobs(LoadedModel("model", model, None, frozenset(), ROOM), jobs)
