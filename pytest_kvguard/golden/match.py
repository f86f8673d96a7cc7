"""Two recordings side by side: the turns to compare, and the tolerance of the comparison."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from pytest_kvguard.golden.recording import RecordedTurn, Recording
from pytest_kvguard.golden.tolerance import Change, Tolerance, changes_between, is_excused, tolerance_for

__all__ = ["LevelOutcome", "LevelResult", "Match", "PromptChange", "TurnPair", "match_recordings"]


class LevelOutcome(str, Enum):
    """The outcome of the comparison at one level."""

    SAME = "same"
    MOVED = "moved"
    DIFFERS = "differs"
    ABSENT = "absent"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class LevelResult:
    """The result of the comparison of two recordings at one level.

    Attributes:
        level: the name of the level.
        outcome: ``moved`` is a difference that the changed environment or the dtype's rounding excuses.
        where: the first place that differs; empty if none does.
        detail: the recorded and the present value at that place, and the allowed difference.
    """

    level: str
    outcome: LevelOutcome
    where: str = ""
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.level} {self.outcome}" + "".join(f": {part}" for part in (self.where, self.detail) if part)


@dataclass(frozen=True, eq=False)
class TurnPair:
    """One turn, as it was recorded and as it is now."""

    name: str
    recorded: RecordedTurn
    now: RecordedTurn

    @property
    def same_tokens(self) -> int:
        """The number of equal tokens at the start of both replies."""
        pairs = enumerate(zip(self.recorded.token_ids, self.now.token_ids, strict=False))
        shorter = min(len(self.recorded.token_ids), len(self.now.token_ids))
        return next((number for number, (old, new) in pairs if old != new), shorter)

    @property
    def same_reply(self) -> bool:
        """Whether both replies have the same tokens."""
        return self.recorded.token_ids == self.now.token_ids


@dataclass(frozen=True)
class PromptChange:
    """A turn whose prompt differs from the recorded one, so that nothing after it can be compared."""

    where: str
    detail: str


@dataclass(frozen=True, eq=False)
class Match:
    """Two recordings side by side.

    Attributes:
        pairs: turns with the same prompt.
        changed: turns whose prompt differs although no earlier reply does, and conversations that one side lacks.
        tolerance: that of the coarser dtype.
        changes: the changes of the environment.
    """

    recorded: Recording
    now: Recording
    pairs: tuple[TurnPair, ...]
    changed: tuple[PromptChange, ...]
    tolerance: Tolerance
    changes: tuple[Change, ...]

    @property
    def excused(self) -> bool:
        """Whether changes of the environment excuse near ties that went the other way."""
        return is_excused(self.changes)


def match_recordings(recorded: Recording, now: Recording) -> Match:
    """Return two recordings with their turns in pairs."""
    pairs: list[TurnPair] = []
    changed: list[PromptChange] = []
    for name in dict.fromkeys([*recorded.conversations, *now.conversations]):
        turns = recorded.conversations.get(name), now.conversations.get(name)
        if turns[0] is None or turns[1] is None:
            missing = "was not recorded" if turns[0] is None else "was recorded and is no longer run"
            changed.append(PromptChange(name, f"this conversation {missing}"))
            continue
        for turn in _pair_turns(name, turns[0], turns[1]):
            (pairs if isinstance(turn, TurnPair) else changed).append(turn)  # type: ignore[arg-type]
    tolerance = tolerance_for(recorded.environment.get("dtype", ""), now.environment.get("dtype", ""))
    changes = changes_between(recorded.environment, now.environment)
    return Match(recorded, now, tuple(pairs), tuple(changed), tolerance, changes)


def _pair_turns(
    name: str, recorded: Sequence[RecordedTurn], now: Sequence[RecordedTurn]
) -> Iterator[TurnPair | PromptChange]:
    """Yield turns up to the first whose prompt or reply differs, since a different reply makes later prompts differ."""
    if len(recorded) != len(now):
        yield PromptChange(name, f"recorded with {len(recorded)} turns, now {len(now)}")
        return
    for number, (old, new) in enumerate(zip(recorded, now, strict=True), start=1):
        where = f"{name}, turn {number}" if len(recorded) > 1 else name
        pair = TurnPair(where, old, new)
        if old.prompt_ids and new.prompt_ids and old.prompt_ids != new.prompt_ids:
            yield _prompt_change(pair)
            return
        yield pair
        if not pair.same_reply:
            return


def _prompt_change(pair: TurnPair) -> PromptChange:
    old, new = pair.recorded.prompt_ids, pair.now.prompt_ids
    first = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    length = f"{len(old)} tokens" if len(old) == len(new) else f"{len(old)} tokens recorded, {len(new)} now"
    return PromptChange(f"{pair.name}, prompt {pair.now.token_name(first)}", f"the prompt differs ({length})")
