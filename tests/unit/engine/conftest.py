"""A small model, and a way to count its forward calls."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch

from kvguard_policies.attention import MATMUL
from pytest_kvguard.engine.ties import safe_call_size
from pytest_kvguard.models.load_model import LoadedModel
from tests.models import random_model


@pytest.fixture(scope="session")
def small_model() -> LoadedModel:
    model = random_model("llama-two-kv-heads-of-three")
    for kernel in (MATMUL, "sdpa", "eager"):  # tried out once per model, so that tests do not count these calls
        safe_call_size(model, kernel)
    return LoadedModel("small", model, None, frozenset(), 256)


@pytest.fixture
def count_calls():  # type: ignore[no-untyped-def]
    """Return a context manager that lists the (rows, tokens) shape of every forward call of a model."""

    @contextmanager
    def counting(model: LoadedModel) -> Iterator[list[tuple[int, int]]]:
        shapes: list[tuple[int, int]] = []

        def note(module, args, kwargs) -> None:  # type: ignore[no-untyped-def]
            shapes.append(tuple(kwargs["input_ids"].shape))

        hook = model.model.register_forward_pre_hook(note, with_kwargs=True)
        try:
            yield shapes
        finally:
            hook.remove()

    return counting


@pytest.fixture(autouse=True)
def no_gradients() -> Iterator[None]:
    with torch.no_grad():
        yield
