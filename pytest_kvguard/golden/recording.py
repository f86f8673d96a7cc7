"""The recording of one cell: every turn of its conversations, and the verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy

from pytest_kvguard.values.results import Arm, KeptPositions, Reply
from pytest_kvguard.values.traces import TopLogits, TurnTrace

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["RecordedTurn", "Recording", "keep_rate_name", "kept_mask", "record_arm", "record_turn"]


@dataclass(frozen=True, eq=False)
class RecordedTurn:
    """One turn of a conversation; None stands for values that the backend does not report.

    Attributes:
        token_ids: the tokens of the reply.
        text: the text of the reply, for people.
        prompt_ids: the tokens of the whole prompt; empty where the backend does not report them.
        kept: (L, H, T) bool, the tokens that each compressed layer and KV head kept; None for an uncompressed turn.
        entries, cache_bytes: the size of the cache.
        logits: the highest logits of every token of the reply.
        pieces: the text of the prompt's first tokens, for people; not stored.
        owners: the instruction to which each of them belongs, None for the frame; not stored.
        reports: the figures that are reported of the cache, by name; empty where none are.
    """

    token_ids: tuple[int, ...]
    text: str = ""
    prompt_ids: tuple[int, ...] = ()
    kept: NDArray[numpy.bool_] | None = None
    entries: int | None = None
    cache_bytes: int | None = None
    logits: TopLogits | None = None
    pieces: tuple[str, ...] = ()
    owners: tuple[str | None, ...] = ()
    reports: Mapping[str, float] = field(default_factory=dict)

    def with_reports(self, more: Mapping[str, float]) -> RecordedTurn:
        """Return the turn with more reported figures."""
        return replace(self, reports={**self.reports, **more})

    def token_name(self, position: int) -> str:
        """Return the name of a prompt token in reports: its number, text and instruction."""
        if position >= len(self.pieces):
            return f"token {position}"
        owner = self.owners[position]
        return f"token {position} {self.pieces[position]!r}" + (f" of {owner}" if owner else "")


@dataclass(frozen=True, eq=False)
class Recording:
    """The recording of one cell: a contract, or some prompts, under one policy, ratio and kernel.

    Attributes:
        conversations: the turns of each conversation, by its name.
        verdicts: the verdict of each check.
        environment: the properties on which the numbers depend besides the inputs.
        quantized: whether entries are quantized; set for runs, not for recordings read from a file.
    """

    conversations: Mapping[str, tuple[RecordedTurn, ...]]
    verdicts: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    quantized: bool = False


def record_turn(trace: TurnTrace, token_ids: Sequence[int], text: str = "") -> RecordedTurn:
    """Return the recording of one turn."""
    return RecordedTurn(
        token_ids=tuple(token_ids),
        text=text,
        prompt_ids=trace.prompt_ids,
        kept=kept_mask(trace.kept, len(trace.prompt_ids)) if trace.kept else None,
        entries=trace.entries,
        cache_bytes=trace.cache_bytes,
        logits=trace.logits,
        reports=trace.reports,
    )


def record_arm(arm: Arm) -> tuple[RecordedTurn, ...]:
    """Return the recording of every turn of an arm, from its traces or, without those, its replies and cache report."""
    if len(arm.traces) == len(arm.replies):
        turns = [
            record_turn(trace, reply.token_ids, reply.text)
            for trace, reply in zip(arm.traces, arm.replies, strict=True)
        ]
    else:
        turns = [_record_reply(reply) for reply in arm.replies[:-1]] + [_record_last(arm)]
    turns[-1] = turns[-1].with_reports({keep_rate_name(name): rate.mean for name, rate in arm.keep_rates.items()})
    if arm.prompt:
        turns[-1] = _with_words(turns[-1], arm.prompt.pieces, arm.prompt.owners)
    return tuple(turns)


def _record_reply(reply: Reply) -> RecordedTurn:
    return RecordedTurn(reply.token_ids, reply.text)


def _record_last(arm: Arm) -> RecordedTurn:
    reply, cache = arm.replies[-1], arm.cache
    return RecordedTurn(
        reply.token_ids,
        reply.text,
        kept=kept_mask(arm.kept) if arm.kept else None,
        entries=cache.entries_after if cache else None,
        cache_bytes=cache.bytes_after if cache else None,
        reports={"achieved ratio": cache.achieved_ratio} if cache else {},
    )


def _with_words(turn: RecordedTurn, pieces: tuple[str, ...], owners: tuple[str | None, ...]) -> RecordedTurn:
    return replace(turn, pieces=pieces, owners=owners)


def keep_rate_name(span: str) -> str:
    """Return the name under which the keep rate of an instruction is recorded."""
    return f"keep rate of {span}"


def kept_mask(kept: KeptPositions, tokens: int = 0) -> NDArray[numpy.bool_]:
    """Return kept positions as (L, H, T) bool.

    Args:
        kept: the kept positions by layer and KV head; heads may keep different numbers.
        tokens: T, or less where a kept position lies beyond it.
    """
    last = max((positions[-1] for heads in kept for positions in heads if positions), default=-1)
    mask = numpy.zeros((len(kept), len(kept[0]), max(tokens, last + 1)), dtype=bool)
    for layer, heads in enumerate(kept):
        for head, positions in enumerate(heads):
            mask[layer, head, list(positions)] = True
    return mask
