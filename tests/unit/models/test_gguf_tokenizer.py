"""The tokenizer of a GGUF file, rebuilt from its fields without guessing the model's family."""

from __future__ import annotations

from pathlib import Path

import pytest
from gguf import GGUFWriter

from pytest_kvguard.models.gguf_tokenizer import byte_level_tokenizer

LETTERS = ["a", "b", "c", "1", "2", "Ġ", "!", "ab", "Ġa", "12", "Ġab"]
SPECIAL = ["<unk>", "<|start|>", "<|end|>", "<pad>"]
TOKENS = [*SPECIAL, *LETTERS]
MERGES = ["a b", "Ġ a", "1 2", "Ġ ab"]
TEMPLATE = "{% for m in messages %}<|start|>{{ m.content }}<|end|>{% endfor %}"


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    path = tmp_path_factory.mktemp("gguf") / "tiny.gguf"
    write_gguf(path)
    return byte_level_tokenizer(path)


def write_gguf(path: Path) -> None:
    writer = GGUFWriter(path, "llama")
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(TOKENS)
    writer.add_token_types([3] * len(SPECIAL) + [1] * len(LETTERS))
    writer.add_token_merges(MERGES)
    for number, kind in enumerate(("unk", "bos", "eos", "pad")):
        getattr(writer, f"add_{kind}_token_id")(number)
    writer.add_chat_template(TEMPLATE)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def test_ids_are_the_places_of_the_tokens_in_the_file(tokenizer) -> None:  # type: ignore[no-untyped-def]
    assert tokenizer.convert_ids_to_tokens(range(len(TOKENS))) == TOKENS
    assert (tokenizer.bos_token, tokenizer.eos_token) == ("<|start|>", "<|end|>")
    assert (tokenizer.unk_token, tokenizer.pad_token) == ("<unk>", "<pad>")


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("ab", ["ab"]),
        ("a ab", ["a", "Ġab"]),
        ("12", ["1", "2"]),
        ("a1b", ["a", "1", "b"]),
        ("<|start|>ab<|end|>", ["<|start|>", "ab", "<|end|>"]),
        ("", []),
    ],
)
def test_words_are_merged_digits_are_split_and_nothing_is_added(tokenizer, text: str, tokens: list[str]) -> None:  # type: ignore[no-untyped-def]
    ids = tokenizer(text)["input_ids"]
    assert tokenizer.convert_ids_to_tokens(ids) == tokens
    assert tokenizer.decode(ids) == text


def test_the_chat_template_is_the_files_own_and_opens_each_turn_once(tokenizer) -> None:  # type: ignore[no-untyped-def]
    chat = [{"role": "user", "content": "ab !"}]
    assert tokenizer.apply_chat_template(chat, tokenize=False) == "<|start|>ab !<|end|>"
    ids = tokenizer.apply_chat_template(chat, tokenize=True, return_dict=False)
    assert tokenizer.convert_ids_to_tokens(ids) == ["<|start|>", "ab", "Ġ", "!", "<|end|>"]


def test_spaces_before_punctuation_survive_a_round_trip(tokenizer) -> None:  # type: ignore[no-untyped-def]
    assert tokenizer.decode(tokenizer("ab ! 12")["input_ids"]) == "ab ! 12"


def test_special_tokens_can_be_left_out_when_reading_a_reply(tokenizer) -> None:  # type: ignore[no-untyped-def]
    assert tokenizer.decode(tokenizer("ab<|end|>")["input_ids"], skip_special_tokens=True) == "ab"
