"""After a policy, and after an exception in it, the plain model computes the same as before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

from transformers import PreTrainedModel

from kvguard_policies.attention import ragged_attention
from pytest_kvguard.invariants.arms import context_of, plain_answer, question_of
from pytest_kvguard.invariants.contexts import compressed
from pytest_kvguard.invariants.differences import difference
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.violation import Violation

__all__ = ["find"]


class _Interrupted(Exception):
    """Raised on purpose to interrupt a policy."""


def find(subject: Subject) -> Violation | None:
    """Return how the plain model differs after the policy, or after an interruption in one of two places, or None."""
    model = subject.source.model()
    ids = context_of(model, 40, seed=5)
    before, setting, hooks = plain_answer(model, ids), model.config._attn_implementation, _hooks(model)
    for where, use in _USES.items():
        use(subject, model)
        if model.config._attn_implementation != setting:
            return Violation("the model's attention", model.config._attn_implementation, setting, where)
        if (left := _hooks(model) - hooks) > 0:
            return Violation("number of hooks left on the model", str(left), "0", where)
        if violation := difference(plain_answer(model, ids), before, 0.0, f"the plain model {where}"):
            return violation
    return None


def _hooks(model: PreTrainedModel) -> int:
    """Return the number of hooks, without those that transformers leaves once it was asked for hidden states."""
    hooks = [
        hook for each in model.modules() for hook in (*each._forward_hooks.values(), *each._forward_pre_hooks.values())
    ]
    return sum(not str(getattr(hook, "__module__", "")).startswith("transformers.") for hook in hooks)


def _compress_and_ask(subject: Subject, model: PreTrainedModel) -> None:
    compressed(subject, model, context_of(model)).ask(question_of(model))


def _break_while_filling(subject: Subject, model: PreTrainedModel) -> None:
    with _last_layer_breaking(model), suppress(_Interrupted):
        compressed(subject, model, context_of(model))


def _break_inside_the_block(subject: Subject, model: PreTrainedModel) -> None:
    with suppress(_Interrupted), ragged_attention(model):
        raise _Interrupted


@contextmanager
def _last_layer_breaking(model: PreTrainedModel) -> Iterator[None]:
    """Make the model's last norm raise inside the block, after every layer has run."""

    def explode(*args: Any) -> NoReturn:
        raise _Interrupted

    norms = [child for child in model.get_decoder().children() if "Norm" in type(child).__name__]
    handle = norms[-1].register_forward_pre_hook(explode)
    try:
        yield
    finally:
        handle.remove()


_USES: dict[str, Callable[[Subject, PreTrainedModel], None]] = {
    "after the policy": _compress_and_ask,
    "after an exception while the context was filled": _break_while_filling,
    "after an exception inside ragged_attention": _break_inside_the_block,
}
