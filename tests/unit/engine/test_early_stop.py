"""Replies that stop once all is decided: the beginning of the whole reply, on tokenizers that write forwards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models
from transformers import PreTrainedTokenizerFast

from kvguard_policies.policy import Layout
from pytest_kvguard.early_verdict import Watch
from pytest_kvguard.engine.early_stop import _settled_text, stop_test, writes_forwards
from pytest_kvguard.engine.jobs import Generation, Job
from pytest_kvguard.engine.planner import run_jobs
from pytest_kvguard.models.load_model import LoadedModel
from pytest_kvguard.results import DECIDED
from tests.models import random_model
from tests.tokenizers import character_tokenizer

BYTE_PIECES = ["a", "Ġb", "\u0120", "Ã", "©", "ä", "½", "ł", "ð", "Ł", "!", "Ċ"]
FALLBACK_PIECES = ["a", "▁b", "▁", *(f"<0x{byte:02X}>" for byte in (0x0A, 0x41, 0xC3, 0xA9, 0xE4, 0xBD, 0xA0, 0xF0))]
LLAMA = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]


def tokenizer(pieces: Sequence[str], decoder: Any, **options: Any) -> Any:
    backend = Tokenizer(models.WordLevel({piece: number for number, piece in enumerate(["?", *pieces])}, "?"))
    backend.decoder = decoder
    options = {"clean_up_tokenization_spaces": False, **options}
    return PreTrainedTokenizerFast(tokenizer_object=backend, unk_token="?", **options)


BYTES = tokenizer(BYTE_PIECES, decoders.ByteLevel())
FALLBACK = tokenizer(FALLBACK_PIECES, decoders.Sequence(LLAMA))


@given(st.sampled_from([BYTES, FALLBACK]), st.lists(st.integers(1, len(BYTE_PIECES) - 1), max_size=12))
def test_what_is_judged_of_some_tokens_is_the_beginning_of_what_more_tokens_say(made: Any, ids: list[int]) -> None:
    whole = made.decode(ids, skip_special_tokens=True)
    for end in range(len(ids) + 1):
        assert whole.startswith(_settled_text(made, ids[:end], frozenset()))


@pytest.mark.parametrize(
    ("made", "forwards"),
    [
        (BYTES, True),
        (FALLBACK, True),
        (tokenizer(["a"], decoders.Metaspace()), True),
        (tokenizer(["a"], decoders.ByteLevel(), clean_up_tokenization_spaces=True), False),
        (tokenizer(["a"], decoders.WordPiece()), False),
        (tokenizer(["a"], decoders.Sequence([decoders.Fuse(), decoders.Strip(" ", 0, 1)])), False),
        (object(), False),
    ],
    ids=["bytes", "fallback", "metaspace", "cleans-up", "wordpiece", "strips-the-end", "unknown"],
)
def test_a_tokenizer_that_goes_back_on_what_it_wrote_lets_nothing_stop(made: Any, forwards: bool) -> None:
    assert writes_forwards(made) is forwards
    watch = Watch((("contains", "a"),), ())
    assert (stop_test(made, frozenset(), watch) is not None) is forwards


def test_a_reply_that_is_wanted_whole_is_not_asked() -> None:
    assert stop_test(BYTES, frozenset(), None) is None


@pytest.fixture(scope="module")
def model() -> LoadedModel:
    made = character_tokenizer()
    made.clean_up_tokenization_spaces = False
    return LoadedModel("tiny", random_model("llama-two-kv-heads-of-three"), made, frozenset({2}), 1024)


def reply(model: LoadedModel, watch: Watch | None, **changes: Any) -> Generation:
    prompt = tuple(range(4, 84))
    asked = Job(prompt, 70, Layout(70, (((0, 40),),), ()), ratio="0.5", max_new_tokens=24, watch=watch, **changes)
    return run_jobs(model, [asked])[0]


@pytest.mark.parametrize("policy", ["none", "snapkv"])
def test_a_reply_stops_at_the_token_that_decides_and_is_the_same_up_to_there(model: LoadedModel, policy: str) -> None:
    whole = reply(model, None, policy=policy)
    texts = [model.tokenizer.decode(list(whole.token_ids[:end])) for end in range(25)]
    wanted = texts[-1].strip()[:5]
    stopped = reply(model, Watch((("contains", wanted),), ()), policy=policy)
    end = next(number for number, text in enumerate(texts) if wanted in text)
    assert stopped.token_ids == whole.token_ids[:end]
    assert stopped.stopped == DECIDED
    assert (stopped.entries_after, stopped.bytes_after) == (whole.entries_after, whole.bytes_after)


def test_a_reply_that_nothing_decides_comes_to_its_end(model: LoadedModel) -> None:
    whole = reply(model, None)
    watched = reply(model, Watch((("contains", "no reply says this"),), ()))
    assert (watched.token_ids, watched.stopped) == (whole.token_ids, whole.stopped)
