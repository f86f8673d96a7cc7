"""A cache is passed to a model under the name that its release of transformers gives the argument."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
import torch
from transformers import DynamicCache, LlamaForCausalLM, PreTrainedModel

from kvguard_policies import cache_argument
from tests.models import LAYOUTS, random_ids, random_model

OF_THE_RELEASE = "cache" if "cache" in inspect.signature(LlamaForCausalLM.forward).parameters else "past_key_values"


class OldCode(LlamaForCausalLM):
    """A model whose own code keeps the name from before transformers 5.24."""

    def forward(self, input_ids: Any = None, past_key_values: Any = None, **others: Any) -> Any:
        return past_key_values


class Wrapper(LlamaForCausalLM):
    """A model that hands on whatever it gets."""

    def forward(self, *arguments: Any, **named: Any) -> Any:
        return named


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_model_fills_the_cache_without_a_warning(layout: str) -> None:
    model, cache = random_model(layout), DynamicCache()
    with torch.no_grad():
        model(torch.tensor([random_ids(5)]), **cache_argument(model, cache))
    assert cache.get_seq_length() == 5


def test_its_body_takes_it_under_the_same_name() -> None:
    model, cache = random_model("llama-no-gqa"), DynamicCache()
    assert cache_argument(model.model, cache) == cache_argument(model, cache) == {OF_THE_RELEASE: cache}


@pytest.mark.parametrize(("kind", "name"), [(OldCode, "past_key_values"), (Wrapper, OF_THE_RELEASE)])
def test_a_model_of_other_code_gets_the_name_it_asks_for(kind: type[PreTrainedModel], name: str) -> None:
    assert list(cache_argument(kind(random_model("llama-no-gqa").config), DynamicCache())) == [name]
