"""Contexts of every length are compressed and answered."""

from __future__ import annotations

from transformers import PreTrainedModel

from kvguard_policies.quantization import AllExactError, UnchangedError
from pytest_kvguard.invariants.arms import context_of, question_of
from pytest_kvguard.invariants.contexts import Context, compressed
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.violation import Refused, Violation, refusal

__all__ = ["find"]

LENGTHS = (160, 96, 33, 5, 2, 1)
"""The longest leaves policies with windows of up to 64 tokens entries to choose from."""

FEW = 2
"""Tokens of which a group may hold its smallest and largest number alone, which no rounding changes."""


def find(subject: Subject) -> Violation | None:
    """Return the first length at which the policy fails or a number is not finite, or None.

    Raises:
        Refused: the policy refuses this model at every length.
    """
    model = subject.source.model()
    refused = []
    for tokens in LENGTHS:
        try:
            context = compressed(subject, model, context_of(model, tokens))
        except AllExactError:
            continue  # a context that fits the exact window: the quantizer says so, as it must
        except UnchangedError:
            if tokens > FEW:
                raise
            continue
        except Exception as error:
            if not (isinstance(error, Refused) or refusal(error)):
                raise
            refused.append(error)
            continue
        if violation := _wrong_answer(context, model, tokens):
            return violation
    if len(refused) == len(LENGTHS):
        raise refused[0]
    return None


def _wrong_answer(context: Context, model: PreTrainedModel, tokens: int) -> Violation | None:
    try:
        answer = context.ask(question_of(model))
    except Exception as error:
        if refusal(error) or not (uneven := _uneven(context)):
            raise
        message = (str(error).strip() or "no message").splitlines()[0]
        where = f"{tokens} tokens, {uneven}, from which the model cannot continue"
        return Violation(type(error).__name__, message, "", where, crashed=True)
    wrong = (~answer.logits.isfinite()).any(dim=-1).nonzero()
    if not len(wrong):
        return None
    position = tokens + int(wrong[0])
    return Violation("a logit", "not finite", "finite", f"{tokens} tokens", position=position)


def _uneven(context: Context) -> str:
    """Return a sentence with the numbers of entries of the layers, where they are not equal; else an empty one."""
    counts = [max(heads) for heads in context.counts()]
    return f"layers hold unequal numbers of entries: {', '.join(map(str, counts))}" if len(set(counts)) > 1 else ""
