"""Runs of the attention implementation under test, and of the float32 eager reference it is compared with."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from kvguard_policies.attention import attention_kernel, forget_longest_call, rotation_depends_on_length
from kvguard_policies.hf_cache import cache_argument
from kvguard_policies.reading_on import carries_on
from pytest_kvguard.invariants.arms import plain_answer
from pytest_kvguard.invariants.differences import difference
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.tracing import Answer, traced
from pytest_kvguard.invariants.violation import NotApplicable, Violation

__all__ = ["TOLERANCES", "check_kernel", "compare_dtypes", "models_of", "run_rows", "uncompiled"]

TOLERANCES = {"float32": 3e-5, "float16": 1.5e-2, "bfloat16": 1e-1}
"""Allowed difference from float32 eager attention, as a share of the largest value of a layer's output."""
FLEX = "flex_attention"


@dataclass(frozen=True)
class Models:
    """One set of weights, in the dtype under test and in float32."""

    tested: PreTrainedModel
    reference: PreTrainedModel

    def reference_answer(self, ids: Sequence[int]) -> Answer:
        """Return the answer of float32 eager attention to a whole sequence."""
        with attention_kernel(self.reference, "eager"):
            return plain_answer(self.reference, ids)


def models_of(subject: Subject, dtype: str) -> Models:
    """Return a subject's model in a dtype, and in float32 with the weights as that dtype rounds them.

    In half precision the model has a single layer: over several, rounding errors add up until they hide the errors of a
    kernel.
    """
    tested_dtype = getattr(torch, dtype)
    model = subject.source.model() if tested_dtype == torch.float32 else subject.source.one_layer()
    if model.dtype == tested_dtype == torch.float32:
        return Models(model, model)
    tested = model.to(tested_dtype)
    return Models(tested, copy.deepcopy(tested).float())


def compare_dtypes(subject: Subject, rows: Sequence[Sequence[int]], pieces: Sequence[int]) -> Violation | None:
    """Feed rows of tokens to a kernel in every dtype; return the first number too far from the reference, or None.

    Args:
        subject: gives the kernel and the model.
        rows: token ids; shorter rows are padded on the left.
        pieces: how many of the (padded) tokens are fed at a time; they sum to the longest row.
    """
    check_kernel(subject.kernel)
    if not carries_on(subject.source.model(), subject.kernel):
        raise NotApplicable("the model itself forgets its recurrent states in a call of several tokens")
    for dtype, tolerance in TOLERANCES.items():
        models = models_of(subject, dtype)
        if rotation_depends_on_length(models.tested) and (len(rows) > 1 or len(pieces) > 1):
            raise NotApplicable("the model rotates early tokens of a longer call otherwise, so pieces and rows differ")
        answers = run_rows(models.tested, subject.kernel, rows, pieces)
        for number, (ids, answer) in enumerate(zip(rows, answers, strict=True)):
            where = dtype if len(rows) == 1 else f"{dtype}, row {number} of {len(rows)}, {len(ids)} tokens"
            if violation := difference(answer, models.reference_answer(ids), tolerance, where):
                return violation
    return None


def check_kernel(kernel: str) -> None:
    """Raise ``NotApplicable`` where a kernel is not registered with transformers."""
    if kernel != "eager" and kernel not in ALL_ATTENTION_FUNCTIONS:
        raise NotApplicable(f"{kernel} is not registered with transformers here")


@torch.no_grad()
def run_rows(model: PreTrainedModel, kernel: str, rows: Sequence[Sequence[int]], pieces: Sequence[int]) -> list[Answer]:
    """Feed left-padded rows in pieces to transformers' own cache; return each row's answer without its padding."""
    longest = max(map(len, rows))
    pads = torch.tensor([longest - len(ids) for ids in rows], device=model.device)
    tokens = torch.tensor([[*[0] * (longest - len(ids)), *ids] for ids in rows], device=model.device)
    ready = kernel not in ALL_MASK_ATTENTION_FUNCTIONS
    cache = DynamicCache() if ready else DynamicCache(config=model.config)
    logits, fed = [], 0
    forget_longest_call(model)
    with attention_kernel(model, kernel), uncompiled(kernel, model), traced(kernel) as trace:
        for size in pieces:
            mask = _ready_mask(model, pads, fed, size) if ready else _padding_mask(pads, fed + size)
            positions = (torch.arange(fed, fed + size, device=model.device) - pads[:, None]).clamp(min=0)
            piece = tokens[:, fed : fed + size]
            output = model(piece, attention_mask=mask, position_ids=positions, **cache_argument(model, cache))
            logits.append(output.logits)
            fed += size
    joined = torch.cat(logits, dim=1)
    return [Answer(joined[row], trace.row(row)).tokens(int(pad)) for row, pad in enumerate(pads)]


def _padding_mask(pads: Tensor, tokens: int) -> Tensor | None:
    """Return the (B, tokens) mask that users pass; None where no row is padded, since they leave it out then."""
    if not pads.any():
        return None
    return (torch.arange(tokens, device=pads.device) >= pads[:, None]).long()


def _ready_mask(model: PreTrainedModel, pads: Tensor, fed: int, size: int) -> Any:
    """Return the additive (B, 1, size, fed + size) mask for a kernel for which transformers builds none."""
    own = torch.arange(fed, fed + size, device=pads.device)[:, None]
    keys = torch.arange(fed + size, device=pads.device)
    seen = (keys <= own)[None] & (keys >= pads[:, None, None])
    config = model.config.get_text_config()
    if "sliding_attention" not in (getattr(config, "layer_types", None) or ()):
        return _additive(seen, model.dtype)
    slid = seen & (keys > own - config.sliding_window)
    return {"full_attention": _additive(seen, model.dtype), "sliding_attention": _additive(slid, model.dtype)}


def _additive(seen: Tensor, dtype: torch.dtype) -> Tensor:
    blocked = torch.finfo(dtype).min
    return torch.zeros(seen.shape, dtype=dtype, device=seen.device).masked_fill_(~seen, blocked)[:, None]


@contextmanager
def uncompiled(kernel: str, model: PreTrainedModel) -> Iterator[None]:
    """Run flex attention uncompiled inside the block on a CPU, where compiling takes longer than all of the rest."""
    if kernel != FLEX:
        yield
        return
    if model.device.type != "cpu":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
        return
    with warnings.catch_warnings(), torch.compiler.set_stance("force_eager"):
        # The user's own filters may turn torch's warnings about this kernel into errors.
        warnings.simplefilter("ignore")
        yield
