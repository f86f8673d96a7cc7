"""A backend that answers from a script, for tests of contracts, reports and plugins without a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pytest_kvguard.backends.null_changes import NULL_CHANGES
from pytest_kvguard.backends.protocol import Progress, TurnOutcome, TurnRequest
from pytest_kvguard.values.results import CacheReport, KeepRate, Reply

__all__ = ["Scripted"]


class Scripted:
    """Answers every turn with the text that a function returns; its exceptions become errors of the turn.

    Args:
        answer: returns the text of the reply to a request.

    Attributes:
        requests: all requests so far, in order.
        null_changes: all harmless changes; requests of the null arm name one in ``null_change``.

    Example:
        >>> backend = Scripted(lambda request: "we open at 9:30")
    """

    title = "scripted replies (no model)"
    null_changes = tuple(NULL_CHANGES)

    def __init__(self, answer: Callable[[TurnRequest], str]) -> None:
        self.answer = answer
        self.requests: list[TurnRequest] = []

    def run_turns(
        self, requests: Sequence[TurnRequest], progress: Progress | None = None
    ) -> list[TurnOutcome | Exception]:
        """See ``Backend.run_turns``."""
        return [self._run_turn(request) for request in requests]

    def _run_turn(self, request: TurnRequest) -> TurnOutcome | Exception:
        self.requests.append(request)
        try:
            text = self.answer(request)
        except Exception as error:  # noqa: BLE001 - a script may raise anything to imitate a failing engine
            return error
        reply = Reply(text, tuple(range(len(text.split()))), "stop")
        if request.cell.is_uncompressed:
            return TurnOutcome(reply)
        share = float(1 - request.cell.ratio)
        kept = round(100 * share)
        rates = {name: KeepRate((share, share), 10) for name in request.order}
        return TurnOutcome(reply, CacheReport(request.ratio, 100, kept, 1000, kept * 10), rates)
