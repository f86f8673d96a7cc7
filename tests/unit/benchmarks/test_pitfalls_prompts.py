"""The prompts are those of the paper, and every span is exactly its own text."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import torch

from benchmarks.pitfalls_prompts import (
    DATA_FILE,
    DIRECTIVE_HEAD,
    FLIPPED_DEFENCE,
    ORDERS,
    STANDARD_DEFENCE,
    check_order,
    defended_text,
    read_directives,
    render_prompt,
    shuffled,
)
from pytest_kvguard.errors import UsageError

DIRECTIVE = "Write in French.\nUse no commas."


def decoded(tokenizer: Any, token_ids: tuple[int, ...], intervals: tuple[tuple[int, int], ...]) -> list[str]:
    return [tokenizer.decode(token_ids[start:stop]) for start, stop in intervals]


def test_the_standard_order_is_defence_newline_system_text() -> None:
    system = defended_text(DIRECTIVE, "standard")
    assert system.text == f"{STANDARD_DEFENCE}\n{DIRECTIVE_HEAD}{DIRECTIVE}"
    assert system.text[slice(*system.defence)] == STANDARD_DEFENCE
    assert system.text[slice(*system.directive)] == DIRECTIVE_HEAD + DIRECTIVE


def test_the_flipped_order_is_system_text_blank_line_defence_of_previous_instructions() -> None:
    system = defended_text(DIRECTIVE, "flipped")
    assert system.text == f"{DIRECTIVE_HEAD}{DIRECTIVE}\n\n{FLIPPED_DEFENCE}"
    assert system.text[slice(*system.defence)] == FLIPPED_DEFENCE
    assert system.text[slice(*system.directive)] == DIRECTIVE_HEAD + DIRECTIVE
    assert "FOLLOWING" not in FLIPPED_DEFENCE and "USE THE PREVIOUS INSTRUCTIONS" in FLIPPED_DEFENCE


def test_the_system_text_is_the_fixed_sentence_a_blank_line_and_the_directive() -> None:
    assert DIRECTIVE_HEAD.endswith("adhering to the following guidelines:\n\n")


@pytest.mark.parametrize("order", ORDERS)
def test_the_prefix_is_the_system_turn_without_a_generation_prompt(tokenizer: Any, order: str) -> None:
    system = defended_text(DIRECTIVE, order)
    prompt = render_prompt(tokenizer, system)
    assert tokenizer.decode(prompt.token_ids) == f"<|im_start|>system\n{system.text}<|im_end|>\n"


@pytest.mark.parametrize("order", ORDERS)
def test_each_span_decodes_to_its_own_text(tokenizer: Any, order: str) -> None:
    system = defended_text(DIRECTIVE, order)
    prompt = render_prompt(tokenizer, system)
    assert decoded(tokenizer, prompt.token_ids, prompt.directive) == [DIRECTIVE_HEAD + DIRECTIVE]
    assert decoded(tokenizer, prompt.token_ids, prompt.defence) == [system.text[slice(*system.defence)]]


def test_a_directive_that_quotes_the_defence_does_not_move_the_spans(tokenizer: Any) -> None:
    system = defended_text(STANDARD_DEFENCE, "standard")
    prompt = render_prompt(tokenizer, system)
    assert prompt.defence[0][1] < prompt.directive[0][0]
    assert decoded(tokenizer, prompt.token_ids, prompt.directive) == [DIRECTIVE_HEAD + STANDARD_DEFENCE]


def test_the_layout_has_two_spans_and_the_rest_is_frame(tokenizer: Any) -> None:
    prompt = render_prompt(tokenizer, defended_text(DIRECTIVE, "standard"))
    spans = prompt.layout.group_ids(torch.arange(len(prompt.token_ids)))
    frame = tokenizer.decode([i for i, span in zip(prompt.token_ids, spans.tolist(), strict=True) if span == 0])
    assert frame == "<|im_start|>system\n\n<|im_end|>\n"
    assert spans.unique().tolist() == [0, 1, 2]


def test_a_template_that_alters_the_message_is_refused() -> None:
    class Shouting:
        def apply_chat_template(self, messages: list[dict[str, str]], tokenize: bool) -> str:
            return messages[0]["content"].upper()

    with pytest.raises(UsageError, match="alters the system message. Use a model whose template leaves it"):
        render_prompt(Shouting(), defended_text(DIRECTIVE, "standard"))


def test_the_shuffle_is_that_of_the_authors_and_leaves_the_rows_alone() -> None:
    rows = [str(number) for number in range(100)]
    expected = list(rows)
    random.seed(42)
    random.shuffle(expected)
    random.seed(7)
    assert shuffled(rows, 10) == shuffled(rows, 10) == expected[:10]
    assert rows == [str(number) for number in range(100)]


@pytest.mark.parametrize("count", [0, -1, 4])
def test_a_count_outside_the_rows_of_the_data_set_is_refused(count: int) -> None:
    with pytest.raises(UsageError, match=rf"--rows={count} is outside 1\.\.3.*Give a count in this range"):
        shuffled(["a", "b", "c"], count)


def test_the_file_and_its_folder_read_the_same(data_folder: Path) -> None:
    directives = read_directives(data_folder)
    assert directives == read_directives(data_folder / DATA_FILE)
    assert directives[0] == "Answer in 1 words. Do not use commas." and len(directives) == 12


def test_a_missing_file_is_named_with_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"there is no file .*sys_ifeval\.jsonl\. Give sys_ifeval\.jsonl of the paper"):
        read_directives(tmp_path)
    with pytest.raises(UsageError, match=r"there is no file .*absent\.jsonl"):
        read_directives(tmp_path / "absent.jsonl")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{broken", "JSONDecodeError"),
        ('{"prompt": "x"}', "KeyError: 'messages'"),
        ("[1]", "TypeError"),
        ('{"messages": [{"role": "user", "content": "x"}]}', "0 system messages, expected 1"),
    ],
)
def test_a_line_that_is_not_a_row_is_named_by_its_number(data_folder: Path, line: str, reason: str) -> None:
    path = data_folder / DATA_FILE
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(UsageError, match=rf"sys_ifeval\.jsonl:13: .*{reason}.*as it was published"):
        read_directives(path)


def test_an_unknown_order_suggests_the_nearest() -> None:
    with pytest.raises(UsageError, match="Unknown --order=fliped. Did you mean 'flipped'. Known: standard, flipped"):
        check_order("fliped")
