"""The default model's tokenizer, rebuilt from its GGUF fields.

Transformers guesses the tokenizer's class from a GGUF file, and guessed wrong before 5.3 (another family, another end
token), so the same prompt had different ids on different versions.
"""

from __future__ import annotations

from pathlib import Path

from gguf import GGUFReader
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

__all__ = ["byte_level_tokenizer"]

CONTROL = 3
"""The GGUF token type of special tokens."""


def byte_level_tokenizer(path: Path) -> PreTrainedTokenizerFast:
    """Return the byte-level BPE tokenizer of a GGUF file whose ``tokenizer.ggml.pre`` is ``smollm``.

    Each digit is a token of its own, as in the tokenizer with which the model was trained; no token is added to a text.
    """
    fields = GGUFReader(path).fields
    read = {name.rpartition(".")[2]: field.contents() for name, field in fields.items() if name.startswith("tokenizer")}
    tokens: list[str] = read["tokens"]
    merges = [tuple(merge.split(" ", 1)) for merge in read["merges"]]
    backend = Tokenizer(models.BPE(vocab={token: i for i, token in enumerate(tokens)}, merges=merges))
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    backend.decoder = decoders.ByteLevel()
    control = [token for token, kind in zip(tokens, read["token_type"], strict=True) if kind == CONTROL]
    backend.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in control])
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        bos_token=tokens[read["bos_token_id"]],
        eos_token=tokens[read["eos_token_id"]],
        unk_token=tokens[read["unknown_token_id"]],
        pad_token=tokens[read["padding_token_id"]],
        chat_template=read["chat_template"],
        clean_up_tokenization_spaces=False,
    )
