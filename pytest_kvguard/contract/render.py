"""Contract + conversation → token ids, and the token span of every instruction.

Spans come from the tokenizer's character offsets in the rendered chat template, never from a search for tokens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_kvguard.contract.chat_layout import ChatLayout, lay_out
from pytest_kvguard.contract.model import Contract
from pytest_kvguard.contract.token_spans import Interval, assign_tokens, runs
from pytest_kvguard.errors import PromptError

__all__ = ["Prompt", "render_prompt"]


@dataclass(frozen=True)
class Prompt:
    """One prompt, ready to be prefilled.

    Attributes:
        token_ids: the whole prompt, generation prompt included.
        context_tokens: the number of tokens that end before the last user turn.
        spans: instruction id → half-open token intervals; disjoint, all within the context.
        text: the rendered chat template, whose tokens these are.
        system_span: half-open token interval of the whole system text (preamble, blocks and instructions).
        notes: remarks on the rendering, for readers of reports.
        starts: the character of ``text`` at which each token begins.
    """

    token_ids: tuple[int, ...]
    context_tokens: int
    spans: Mapping[str, tuple[Interval, ...]]
    text: str
    system_span: Interval
    notes: tuple[str, ...] = ()
    starts: tuple[int, ...] = ()

    @property
    def pieces(self) -> tuple[str, ...]:
        """The text from every token to the next one; joined, the pieces are the whole text."""
        borders = (0, *self.starts[1:], len(self.text))
        return tuple(self.text[start:stop] for start, stop in zip(borders, borders[1:], strict=False))

    @property
    def owners(self) -> tuple[str | None, ...]:
        """The instruction each token belongs to, None for all others."""
        owners: list[str | None] = [None] * len(self.token_ids)
        for name, intervals in self.spans.items():
            for start, stop in intervals:
                owners[start:stop] = [name] * (stop - start)
        return tuple(owners)


def render_prompt(
    tokenizer: Any, contract: Contract, order: Sequence[str], turns: Sequence[str], replies: Sequence[str] = ()
) -> Prompt:
    """Render a conversation up to its last user turn.

    Args:
        tokenizer: a fast tokenizer of transformers, with a chat template.
        contract: the contract with the system prompt.
        order: the instruction ids in the order to render.
        turns: the user turns so far.
        replies: the model's replies to all turns but the last.

    Raises:
        PromptError: the tokenizer has no chat template or no offsets, or its template alters the system text.
        ValueError: the number of replies is not the number of turns minus one.
    """
    if len(replies) != len(turns) - 1:
        raise ValueError(f"{len(turns)} user turns need {len(turns) - 1} replies, got {len(replies)}")
    layout = lay_out(tokenizer, contract.system_text(order), turns, replies)
    token_ids, offsets = _tokenize(tokenizer, layout.text)
    context_tokens = _count_before(offsets, layout.context_end)
    owners = assign_tokens(offsets[:context_tokens], _intervals(contract, order, layout))
    spans = {name: runs(owner == name for owner in owners) for name in order}
    return Prompt(
        token_ids=token_ids,
        context_tokens=context_tokens,
        spans=spans,
        text=layout.text,
        system_span=_system_span(offsets[:context_tokens], layout),
        notes=layout.notes + _empty_span_notes(spans),
        starts=tuple(start for start, _ in offsets),
    )


def _intervals(contract: Contract, order: Sequence[str], layout: ChatLayout) -> dict[str, Interval]:
    """Return the character interval of every instruction in the rendered text."""
    first, last = layout.system_start, layout.system_stop
    shift = first - layout.dropped
    return {
        name: (max(start + shift, first), min(stop + shift, last))
        for name, (start, stop) in contract.instruction_intervals(order).items()
    }


def _tokenize(tokenizer: Any, text: str) -> tuple[tuple[int, ...], list[Interval]]:
    if not getattr(tokenizer, "is_fast", False):
        raise PromptError(
            f"the tokenizer {type(tokenizer).__name__} gives no character offsets, so the tokens of an instruction "
            "cannot be located. Use the model's fast tokenizer (a tokenizer.json beside the model)."
        )
    # The template has already written its special tokens; adding them again would double the first one.
    encoding = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    offsets = [(int(start), int(stop)) for start, stop in encoding["offset_mapping"]]
    return tuple(int(token) for token in encoding["input_ids"]), offsets


def _count_before(offsets: Sequence[Interval], boundary: int) -> int:
    """Return how many leading tokens end at or before a character; a token that straddles it does not count."""
    return next((index for index, (_, stop) in enumerate(offsets) if stop > boundary), len(offsets))


def _system_span(offsets: Sequence[Interval], layout: ChatLayout) -> Interval:
    inside = [
        index
        for index, (start, stop) in enumerate(offsets)
        if max(start, layout.system_start) < min(stop, layout.system_stop)
    ]
    return (inside[0], inside[-1] + 1) if inside else (0, 0)


def _empty_span_notes(spans: Mapping[str, tuple[Interval, ...]]) -> tuple[str, ...]:
    return tuple(
        f"instruction {name!r} has no token of its own: it shares all its tokens with its neighbours"
        for name, span in spans.items()
        if not span
    )
