"""Invariants of policies and kernels in half precision, on the device."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from itertools import product

import torch
from transformers import PreTrainedModel

from benchmarks.gpu.plan import PartReport, Scale
from kvguard_policies import load as load_policy
from pytest_kvguard.invariants.random_models import HEAD_LAYOUTS, one_layer_of, random_model_of
from pytest_kvguard.invariants.subject import LoadedModels, Subject
from pytest_kvguard.invariants.table import KERNEL, POLICY, load, names
from pytest_kvguard.invariants.violation import NotApplicable
from pytest_kvguard.models.kernels import KERNELS, compared_kernels

__all__ = ["EXACT", "FAMILIES", "POLICIES", "run"]

POLICIES = ("snapkv(window=8)", "h2o", "knorm", "adakv(tova)", "fair(streaming_llm)", "kivi")
FAMILIES = {
    **{name: HEAD_LAYOUTS[name] for name in ("llama-two-kv-heads-of-three", "qwen2-one-kv-head", "gemma3-sliding")},
    **{name: HEAD_LAYOUTS[name] for name in ("qwen3-three-kv-heads-of-two", "mistral", "phi3")},
    "olmo2": ("Olmo2Config", {"num_attention_heads": 4, "num_key_value_heads": 2}),
    "granite": ("GraniteConfig", {"num_attention_heads": 4, "num_key_value_heads": 2, "attention_multiplier": 0.25}),
}
"""Eight families: heads with and without groups, normalised queries, windows, and a scaling of its own."""

WITH_TOLERANCES = (
    *("kept-alone", "observed-attention", "chunks", "batch-rows", "decoding"),
    *("lengths", "rows-together", "future-queries", "long-observations"),
)
"""Oracles whose tolerances are those of float32."""

EXACT = tuple(name for name in names(POLICY) if name not in WITH_TOLERANCES)
DTYPES = (torch.bfloat16, torch.float16)


class HalfModels(LoadedModels):
    """A model in half precision, whose one-layer counterpart has the same dtype."""

    def one_layer(self) -> PreTrainedModel:
        """See ``ModelSource``."""
        model: PreTrainedModel = one_layer_of(self.loaded).to(self.loaded.dtype)
        return model


def run(scale: Scale, report: PartReport) -> None:
    """Add, per family and dtype, how many invariants of policies held under sdpa; and per kernel, those of kernels."""
    families = [*FAMILIES][: scale.families]
    for dtype, family in product(DTYPES, families):
        if not report.has_time(f"{family}, {dtype}"):
            return
        source = _models(scale, family, dtype)
        subjects = [Subject(source, load_policy(spec)) for spec in POLICIES[: scale.policies]]
        held, broken = _outcomes(subjects, EXACT)
        report.add(model=family, dtype=str(dtype)[6:], kernel="sdpa", held=held, broken=broken)
    for kernel, family in product(_kernels(report), families):
        if not report.has_time(f"kernel {kernel} on {family}"):
            return
        held, broken = _outcomes([Subject(_models(scale, family, torch.float32), kernel=kernel)], names(KERNEL))
        report.add(model=family, dtype="all", kernel=kernel, held=held, broken=broken)
    if any(figure["broken"] for figure in report.figures):
        report.state = "failed"


def _models(scale: Scale, family: str, dtype: torch.dtype) -> HalfModels:
    return HalfModels(family, random_model_of(*FAMILIES[family], dtype=dtype).to(scale.device))


def _kernels(report: PartReport) -> list[str]:
    """Return sdpa and the flash kernels that are installed."""
    installed = [kernel for kernel in compared_kernels() if kernel.startswith(("sdpa", "flash"))]
    for absent in (kernel.name for kernel in KERNELS if kernel.package and kernel.name not in installed):
        report.skip(absent, "its package is not installed")
    return installed


def _outcomes(subjects: list[Subject], oracles: tuple[str, ...]) -> tuple[int, list[str]]:
    """Return how many promises held, and a line for each that did not."""
    held, broken = 0, []
    for subject, line in _checked(subjects, oracles):
        held += not line
        if line:
            broken.append(f"{subject.policy.spec if subject.policy else subject.kernel}: {line}")
    return held, broken


def _checked(subjects: list[Subject], oracles: tuple[str, ...]) -> Iterator[tuple[Subject, str]]:
    for subject, name in product(subjects, oracles):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                violation = load(name)(subject)
        except NotApplicable:
            continue
        yield subject, " ".join(str(violation).split()) if violation else ""
