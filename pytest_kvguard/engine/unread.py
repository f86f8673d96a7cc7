"""A step that is queued: what it chose is on the device, and on its way to the host."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from pytest_kvguard.engine.logit_trace import SeenLogits, see_logits
from pytest_kvguard.engine.row import Row
from pytest_kvguard.engine.sampling import best_tokens, draw_tokens
from pytest_kvguard.engine.transfers import Arrival, upload

__all__ = ["UnreadStep", "queue_step"]


@dataclass
class UnreadStep:
    """One step of a batch, before the host has read what it chose.

    Attributes:
        rows: the B rows, in order.
        answers: whether what was chosen for a row is a token of its reply.
        next_tokens: (B,) int64 on the device, what the rows read next if they go on.
        positions: (B,) int64 on the device, where the tokens stand that this step read.
        arrival: the chosen tokens, and whether each is a tie, on their way.
        seen: by index of a row that is traced, its highest logits.
    """

    rows: Sequence[Row]
    answers: Sequence[bool]
    next_tokens: Tensor
    positions: Tensor
    arrival: Arrival
    seen: dict[int, SeenLogits]
    _void: set[int] = field(default_factory=set)

    def void(self, row: Row) -> None:
        """Let the step not count for a row, which had read a token that is not in its reply."""
        self._void.add(id(row))

    def read(self) -> Iterator[tuple[Row, int, bool, SeenLogits | None]]:
        """Yield each row that the step answered, its token, whether that is a tie, and its highest logits."""
        tokens, *ties = self.arrival.read()
        for number, row in enumerate(self.rows):
            if self.answers[number] and id(row) not in self._void:
                yield row, tokens[number], bool(ties and ties[0][number]), self.seen.get(number)


def queue_step(rows: Sequence[Row], logits: Tensor, positions: Tensor, tie: float) -> UnreadStep:
    """Choose the next token of every row, without waiting for the device.

    Args:
        rows: B rows.
        logits: (B, V).
        positions: (B,) int64, where the tokens stand that the rows have read.
        tie: two best logits that are closer than this are a tie.
    """
    answers = [row.answers for row in rows]
    chosen = _choose(rows, logits, answers)
    facts = [chosen]
    if tie:
        best, second = logits.float().topk(2).values.unbind(-1)
        facts.append(best - second < tie)
    # Of a row without a next token, any will do: its reply ends before the host reads another.
    return UnreadStep(
        rows, answers, chosen.clamp(min=0), positions, Arrival(torch.stack(facts)), _seen(rows, logits, answers)
    )


def _choose(rows: Sequence[Row], logits: Tensor, answers: Sequence[bool]) -> Tensor:
    """Return (B,) int64, the next tokens: the most likely one, the row's draw, or ``NO_TOKEN``."""
    best = best_tokens(logits)
    draws = [(number, row) for number, row in enumerate(rows) if row.sampling and answers[number]]
    if not draws:
        return best
    index = upload([number for number, _ in draws], logits.device)
    settings = [(row.sampling, row.read - len(row.fed) + 1) for _, row in draws if row.sampling]
    drawn = draw_tokens(logits.index_select(0, index), settings)
    return best.index_copy(0, index, drawn).where(best >= 0, best)


def _seen(rows: Sequence[Row], logits: Tensor, answers: Sequence[bool]) -> dict[int, SeenLogits]:
    """Return the highest logits of the rows that are traced, by index; rows that record as many are read together."""
    traced: dict[int, list[int]] = {}
    for number, row in enumerate(rows):
        if row.trace and answers[number]:
            traced.setdefault(row.trace.most, []).append(number)
    seen: dict[int, SeenLogits] = {}
    for most, numbers in traced.items():
        part = logits.index_select(0, upload(numbers, logits.device))
        seen.update(zip(numbers, see_logits(part, most), strict=True))
    return seen
