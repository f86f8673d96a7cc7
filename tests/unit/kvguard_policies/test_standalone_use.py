"""The policies without pytest: compress a context, then let transformers generate."""

from __future__ import annotations

import pytest
import torch

from kvguard_policies import Layout, RaggedCache, cache_argument, compress_prefix, load, ragged_attention
from pytest_kvguard.engine.decode import Row, decode_rows
from tests.models import LAYOUTS, random_ids, random_model
from tests.policies.matrix import LAYOUT, QUESTION, TOKENS, compressed, context_record

GREEDY = {"do_sample": False, "max_new_tokens": 12, "eos_token_id": None}


@pytest.mark.parametrize("spec", ["snapkv(window=8)", "adakv(keydiff)", "fair(streaming_llm)"])
@pytest.mark.parametrize("head_layout", LAYOUTS)
def test_generate_goes_on_from_a_compressed_prefix(head_layout: str, spec: str) -> None:
    model, ids = random_model(head_layout), random_ids(TOKENS)
    cache = compress_prefix(model, ids, load(spec), "0.5", LAYOUT)
    with ragged_attention(model):
        said = model.generate(torch.tensor([ids + QUESTION]), **cache_argument(model, cache), **GREEDY)[0, TOKENS + 5 :]
    row = Row(compressed(context_record(head_layout), spec, "0.5"), tuple(QUESTION), 12)
    decode_rows(model, [row], frozenset())
    assert said.tolist() == row.generated
    assert cache.get_seq_length() == TOKENS + len(QUESTION) + 11


def test_an_uncompressed_prefix_generates_what_the_plain_model_does() -> None:
    model, prompt = random_model("qwen3-three-kv-heads-of-two"), torch.tensor([random_ids(TOKENS) + QUESTION])
    plain = model.generate(prompt, **GREEDY)
    cache = compress_prefix(model, random_ids(TOKENS), load("knorm"), "0")
    with ragged_attention(model):
        assert torch.equal(model.generate(prompt, **cache_argument(model, cache), **GREEDY), plain)


def test_a_compressed_prefix_holds_fewer_entries_and_reports_the_length_of_the_context() -> None:
    model = random_model("mistral")
    cache = compress_prefix(model, random_ids(20), load("knorm"), "0.9", Layout(20))
    assert isinstance(cache, RaggedCache)
    assert cache.layers[0].lengths.tolist() == [[2, 2]] and cache.get_seq_length() == 20
