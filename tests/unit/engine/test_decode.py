"""Greedy decoding: the tokens of replies and where replies end."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch

from kvguard_policies import compress, prefill
from pytest_kvguard.engine import decode
from pytest_kvguard.engine.decode import Row, decode_rows
from pytest_kvguard.models.load_model import LoadedModel
from tests.models import random_ids
from tests.policies.matrix import plain_logits


def row_of(model: LoadedModel, tokens: int = 20, fed: int = 3, new: int = 10, seed: int = 0) -> Row:
    ids = random_ids(tokens + fed, seed)
    cache = compress(prefill(model.model, ids[:tokens]), None, Fraction(0))
    return Row(cache, tuple(ids[tokens:]), new)


def reply(model: LoadedModel, stops: frozenset[int] = frozenset(), **options: int) -> Row:
    row = row_of(model, **options)
    decode_rows(model.model, [row], stops)
    return row


@pytest.mark.parametrize("kernel", ["sdpa", "eager"])
def test_greedy_tokens_equal_those_of_the_plain_model(small_model: LoadedModel, kernel: str) -> None:
    row, tokens = row_of(small_model), random_ids(23)
    decode_rows(small_model.model, [row], frozenset(), kernel)
    for token in row.generated:
        assert plain_logits(small_model.model, tokens)[-1].argmax() == token
        tokens.append(token)


@pytest.mark.parametrize("new", [1, 2, 17])
def test_a_reply_ends_at_its_cap(small_model: LoadedModel, new: int) -> None:
    row = reply(small_model, new=new)
    assert len(row.generated) == new and row.stopped == "length"


def test_any_number_of_ids_can_end_a_reply_and_the_first_to_occur_does(small_model: LoadedModel) -> None:
    whole = reply(small_model, new=12).generated
    for end in (0, 3, 7):
        first = whole.index(whole[end])
        stopped = reply(small_model, frozenset({whole[end], 100_000, 100_001}), new=12)
        assert stopped.generated == whole[: first + 1] and stopped.stopped == "stop"
    both = reply(small_model, frozenset({whole[3], whole[7]}), new=12)
    assert len(both.generated) == min(whole.index(whole[3]), whole.index(whole[7])) + 1


def test_a_stop_id_as_the_last_token_allowed_is_a_stop(small_model: LoadedModel) -> None:
    whole = reply(small_model, new=4).generated
    if whole[3] in whole[:3]:
        pytest.skip("the reply repeats itself")
    assert reply(small_model, frozenset({whole[3]}), new=4).stopped == "stop"


def test_the_next_position_counts_the_true_tokens(small_model: LoadedModel) -> None:
    row = row_of(small_model, tokens=20, fed=3)
    assert (row.next_position, row.next_token, row.answers) == (20, row.fed[0], False)
    row.read = 2
    assert (row.next_position, row.next_token, row.answers) == (22, row.fed[2], True)
    row.read = 3
    row.accept(7, frozenset())
    assert (row.next_position, row.next_token, row.answers) == (23, 7, True)


def test_the_model_keeps_its_attention_when_decoding_fails(
    small_model: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(decode.Batch, "step", broken)
    with pytest.raises(KeyboardInterrupt):
        decode_rows(small_model.model, [row_of(small_model)], frozenset())
    assert small_model.model.config._attn_implementation == "sdpa"


def test_rows_can_be_decoded_again_from_the_same_cache(small_model: LoadedModel) -> None:
    first = row_of(small_model)
    again = Row(first.cache, first.fed, first.max_new_tokens)
    keys = [layer.keys.clone() for layer in first.cache.layers]
    for row in (first, again):
        decode_rows(small_model.model, [row], frozenset())
    assert first.generated == again.generated
    assert all(torch.equal(old, layer.keys) for old, layer in zip(keys, first.cache.layers, strict=True))
