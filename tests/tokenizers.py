"""Small tokenizers whose tokens can be counted by hand."""

from __future__ import annotations

from typing import Any

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def character_tokenizer() -> Any:
    """One token per character, so that spans can be counted by hand."""
    characters = ["[UNK]", "<s>", "</s>", "\n", *map(chr, range(32, 127))]
    tokenizer = Tokenizer(models.WordLevel({text: number for number, text in enumerate(characters)}, "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    tokenizer.decoder = decoders.Fuse()
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="</s>")
    fast.chat_template = CHATML
    return fast
