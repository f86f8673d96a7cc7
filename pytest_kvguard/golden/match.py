"""Two recordings side by side: the turns that can be compared, and how exactly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from pytest_kvguard.golden.environment import Change, changes_between, excused_by
from pytest_kvguard.golden.recording import RecordedTurn, Recording
from pytest_kvguard.golden.tolerance import Tolerance, tolerance_for

__all__ = ["LevelResult", "Match", "Outcome", "PromptChange", "TurnPair", "match_recordings"]


class Outcome(str, Enum):
    """What one level says."""

    SAME = "same"
    MOVED = "moved"
    DIFFERS = "differs"
    ABSENT = "absent"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class LevelResult:
    """One level of one cell.

    Attributes:
        level: its name.
        outcome: ``moved`` is a difference that the changed environment or the dtype's rounding excuses.
        where: the first place that differs; empty where none does.
        found: what was found there, recorded against now, and what would be allowed.
    """

    level: str
    outcome: Outcome
    where: str = ""
    found: str = ""

    def __str__(self) -> str:
        return f"{self.level} {self.outcome}" + "".join(f": {part}" for part in (self.where, self.found) if part)


@dataclass(frozen=True, eq=False)
class TurnPair:
    """The same turn, recorded and now."""

    name: str
    recorded: RecordedTurn
    now: RecordedTurn

    @property
    def same_tokens(self) -> int:
        """How many tokens at the beginning of both replies are the same."""
        pairs = enumerate(zip(self.recorded.token_ids, self.now.token_ids, strict=False))
        shorter = min(len(self.recorded.token_ids), len(self.now.token_ids))
        return next((number for number, (old, new) in pairs if old != new), shorter)

    @property
    def same_reply(self) -> bool:
        """Whether the replies are the same."""
        return self.recorded.token_ids == self.now.token_ids


@dataclass(frozen=True)
class PromptChange:
    """A prompt that is not the recorded one; nothing after it can be compared."""

    where: str
    found: str


@dataclass(frozen=True, eq=False)
class Match:
    """Two recordings side by side.

    Attributes:
        pairs: turns with the same prompt.
        changed: turns with another prompt that no earlier reply explains, and conversations that one side lacks.
        tolerance: of the coarser dtype.
        changes: of the environment.
    """

    recorded: Recording
    now: Recording
    pairs: tuple[TurnPair, ...]
    changed: tuple[PromptChange, ...]
    tolerance: Tolerance
    changes: tuple[Change, ...]

    @property
    def excused(self) -> bool:
        """Whether the environment excuses that near ties fall the other way."""
        return excused_by(self.changes)


def match_recordings(recorded: Recording, now: Recording) -> Match:
    """Return the turns of two recordings in pairs."""
    pairs: list[TurnPair] = []
    changed: list[PromptChange] = []
    for name in dict.fromkeys([*recorded.conversations, *now.conversations]):
        turns = recorded.conversations.get(name), now.conversations.get(name)
        if turns[0] is None or turns[1] is None:
            missing = "was not recorded" if turns[0] is None else "was recorded and is not run any more"
            changed.append(PromptChange(name, f"this conversation {missing}"))
            continue
        for found in _pair_turns(name, turns[0], turns[1]):
            (pairs if isinstance(found, TurnPair) else changed).append(found)  # type: ignore[arg-type]
    tolerance = tolerance_for(recorded.environment.get("dtype", ""), now.environment.get("dtype", ""))
    changes = changes_between(recorded.environment, now.environment)
    return Match(recorded, now, tuple(pairs), tuple(changed), tolerance, changes)


def _pair_turns(
    name: str, recorded: Sequence[RecordedTurn], now: Sequence[RecordedTurn]
) -> Iterator[TurnPair | PromptChange]:
    """Yield the turns up to the first whose prompt differs; after other replies prompts differ by themselves."""
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
    return PromptChange(f"{pair.name}, prompt {pair.now.token_name(first)}", f"the prompt is another one ({length})")
