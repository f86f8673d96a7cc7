"""A press whose layers end up with unequal lengths: the invariants say so in one line."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from importlib.util import find_spec
from typing import Any, ClassVar

import pytest
from torch import Tensor
from transformers import DynamicCache

from kvguard_policies.policy import OwnCache
from kvguard_policies.presses.containment import import_kvpress
from pytest_kvguard.invariants.contexts import compressed
from pytest_kvguard.invariants.random_models import random_ids
from pytest_kvguard.invariants.subject import RandomModels, Subject
from pytest_kvguard.invariants.table import RUNS, load

if find_spec("kvpress") is None:
    pytest.skip("kvpress needs transformers < 5.3; see `make compatibility`", allow_module_level=True)
kvpress = import_kvpress()  # not a plain import, which would patch every attention function for all tests after it


@dataclass(frozen=True)
class WindowedPress(OwnCache):
    """A press of kvpress behind the public protocol: this is all that it takes."""

    name: ClassVar[str] = "windowed_press"
    kind: str = "PyramidKVPress"

    def fill(self, model: Any, token_ids: Tensor, ratio: Fraction) -> DynamicCache:
        press, cache = getattr(kvpress, self.kind)(float(ratio), window_size=8), DynamicCache()
        with press(model):
            model(token_ids, past_key_values=cache)
        return cache


def test_unequal_lengths_of_layers_are_named_in_one_line() -> None:
    finding = load(RUNS)(Subject(RandomModels("llama-two-kv-heads-of-three"), WindowedPress()))
    assert finding is not None
    line = str(finding)
    assert "\n" not in line
    assert line.startswith("runs: RuntimeError: The size of tensor a (")
    assert "layers hold unequal numbers of entries: " in line


def test_a_press_with_equal_layers_goes_on() -> None:
    subject = Subject(RandomModels("llama-two-kv-heads-of-three"), WindowedPress("SnapKVPress"))
    context = compressed(subject, subject.source.model(), random_ids(96))
    assert context.ask([5, 6, 7]).logits.isfinite().all()
