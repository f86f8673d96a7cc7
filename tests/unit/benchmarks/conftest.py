"""Fixtures: a small data set in the paper's format, and a small real tokenizer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from benchmarks.pitfalls_prompts import DATA_FILE, DIRECTIVE_HEAD, STANDARD_DEFENCE

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
DIRECTIVES = [f"Answer in {number} words. Do not use commas." for number in range(1, 13)]


@pytest.fixture(scope="session")
def tokenizer() -> Any:
    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=500,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<|im_start|>", "<|im_end|>"],
        show_progress=False,
    )
    backend.train_from_iterator([STANDARD_DEFENCE, DIRECTIVE_HEAD, *DIRECTIVES], trainer)
    wrapped = PreTrainedTokenizerFast(tokenizer_object=backend)
    wrapped.chat_template = CHATML
    return wrapped


@pytest.fixture
def data_folder(tmp_path: Path) -> Path:
    rows = [
        {"key": key, "messages": [{"role": "system", "content": text}, {"role": "user", "content": "Hello!"}]}
        for key, text in enumerate(DIRECTIVES)
    ]
    (tmp_path / DATA_FILE).write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    return tmp_path
