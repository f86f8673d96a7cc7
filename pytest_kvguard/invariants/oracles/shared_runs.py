"""A job gives the same in a run with others as alone: other ratios, policies and questions to one context, twice."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from transformers import PreTrainedModel

from kvguard_policies.policy import OwnCache
from kvguard_policies.quantization import AllExactError
from pytest_kvguard.engine.jobs import Generation, Job
from pytest_kvguard.errors import InactivePolicyError
from pytest_kvguard.invariants.engine_runs import cell_of, job_of, run
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.violation import NotApplicable, Violation
from pytest_kvguard.values.cell import Cell

__all__ = ["find"]

TOKENS, OTHER_TOKENS = 160, 131
OTHER_RATIO, OTHER_POLICY = Fraction(3, 5), "knorm"
NEW = 40
"""Generated tokens: more than the exact window of any usual quantizer, so that entries are packed meanwhile."""


def find(subject: Subject) -> Violation | None:
    """Return how a job in a run of several differs from the same job alone, or None."""
    model = subject.source.model()
    jobs = _jobs(subject, model)
    try:
        alone = [run(model, [job])[0] for job in jobs.values()]
    except (AllExactError, InactivePolicyError) as error:
        raise NotApplicable(f"nothing changes in contexts of {OTHER_TOKENS} to {TOKENS} tokens: {error}") from None
    together = run(model, list(jobs.values()))
    again = run(model, list(jobs.values())[::-1])[::-1]
    for name, *results in zip(jobs, together, again, alone, strict=True):
        for where, result in zip(("one run", "a second run in reverse order"), results, strict=False):
            if violation := _difference(result, results[-1], f"{name}, {where}, against alone"):
                return violation
    return None


def _jobs(subject: Subject, model: PreTrainedModel) -> dict[str, Job]:
    """Return jobs by what they are: most of them share a context."""
    cell = cell_of(subject)
    job = job_of(model, cell, TOKENS, new=NEW)
    jobs = {
        "the policy": job,
        "no policy": replace(job, cell=cell.uncompressed),
        "another policy": replace(job, cell=Cell.of(OTHER_POLICY, Fraction(1, 2), cell.kernel)),
        "another question": job_of(model, cell, TOKENS, question=10, new=NEW // 2),
        "another context": job_of(model, cell, OTHER_TOKENS, seed=3, new=NEW // 4),
    }
    if cell.ratio:
        jobs["another ratio"] = replace(job, cell=cell_of(subject, OTHER_RATIO))
    policy = subject.required_policy
    if policy.can_decode and not isinstance(policy, OwnCache):
        jobs["a held budget"] = replace(job, hold_budget=True)
        jobs["a held budget and another question"] = replace(jobs["another question"], hold_budget=True)
    return jobs


def _difference(observed: Generation, expected: Generation, where: str) -> Violation | None:
    """Return the first kept entry, figure or token in which two generations differ."""
    if observed.kept and expected.kept:
        for layer, pair in enumerate(zip(observed.kept.positions, expected.kept.positions, strict=True)):
            for head, (now, alone) in enumerate(zip(*pair, strict=True)):
                if now.tolist() != alone.tolist():
                    return Violation("positions kept", str(now.tolist()), str(alone.tolist()), where, layer, head)
    for name in ("entries_before", "entries_after", "bytes_before", "bytes_after", "notes", "token_ids"):
        now, alone = getattr(observed, name), getattr(expected, name)
        if now != alone:
            return Violation(name.replace("_", " "), str(now), str(alone), where)
    return None
