"""Masking of contracts' secrets in any form that a leak detector recognises.

The detectors themselves narrow down the stretch of text to mask, so that every form that a detector learns to recognise
is masked from then on.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pytest_kvguard.leaks.aligned_text import AlignedText, legible
from pytest_kvguard.leaks.canary import find_canary
from pytest_kvguard.leaks.code import code_of
from pytest_kvguard.leaks.declining import split_words
from pytest_kvguard.leaks.detector import Transcript
from pytest_kvguard.leaks.first_look import could_tell
from pytest_kvguard.leaks.fragments import code_fragments, text_fragments
from pytest_kvguard.leaks.look_alikes import plain_character, unadorned
from pytest_kvguard.leaks.spelling import spelled_spans
from pytest_kvguard.leaks.verbatim import DEFAULT_RECALL
from pytest_kvguard.leaks.verbatim import DETECTOR as VERBATIM
from pytest_kvguard.text.shortened import SHORTENED

__all__ = ["Masker", "Secret", "secrets_in"]


_CUT_CHARACTERS = 3
_MAX_STRETCHES = 100
_CONTINUED = "…"
_LETTER, _EDGE = "\u0278", "\ue000"  # what a masked stretch is blanked with: no word goes on into it or through it
_WINDOW = 2048
"""The text is searched for encoded secrets in windows of this many characters; they overlap by the longest encoding."""

_LONGEST_ENCODING = 16
"""How many characters may stand for one of a secret, e.g. in number words or with markup in between."""

Interval = tuple[int, int]


@dataclass(frozen=True)
class Secret:
    """A text that no report may show.

    Attributes:
        text: a canary, or a protected text.
        by_words: whether runs of its words are secret, too.
    """

    text: str
    by_words: bool = False


def secrets_in(no_leak: Mapping[str, Any], protected_text: str) -> Iterator[Secret]:
    """Yield the secrets of one ``no_leak``: its canaries, and the protected text for any other detector."""
    for name, value in no_leak.items():
        if name != "canary":
            yield Secret(protected_text, by_words=True)
        elif isinstance(value, list):
            yield from (Secret(str(canary)) for canary in value)
        else:
            yield Secret(str(value))


class Masker:
    """Replaces secrets with ``[secret:1a2b3c4d]``; the keyed digest distinguishes two secrets and reveals neither.

    Args:
        key: returns the key of the digests; called when there is a secret. Equal keys give equal digests.
        show: leave every text unchanged.
    """

    def __init__(self, key: Callable[[], bytes], show: bool = False) -> None:
        self._key = key
        self._show = show
        self._secrets: dict[Secret, str] = {}
        self._stretches = lru_cache(maxsize=4096)(self._find_stretches)
        self._masked = lru_cache(maxsize=4096)(lambda text: self.mask_pieces([text])[0])

    def add(self, secrets: Iterable[Secret]) -> None:
        """Mask these secrets, too, from now on."""
        new = [secret for secret in secrets if secret not in self._secrets and secret.text.strip() and not self._show]
        for secret in new:
            digest = hmac.new(self._key(), secret.text.encode(), hashlib.sha256).hexdigest()
            self._secrets[secret] = f"[secret:{digest[:8]}]"
        if new:
            self._stretches.cache_clear()
            self._masked.cache_clear()

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to mask."""
        return not self._secrets

    def mask(self, text: str) -> str:
        """Return a text without secrets."""
        return self._masked(text)

    def mask_pieces(self, pieces: Sequence[str], joint: str = "") -> list[str]:
        """Return consecutive texts without secrets; a secret that is spread over several of them is masked in each.

        Args:
            pieces: e.g. the tokens of a prompt, or the replies of a conversation.
            joint: the text between two pieces.
        """
        if self.is_idle:
            return list(pieces)
        stretches = self._stretches(joint.join(pieces))
        masked, start = [], 0
        for piece in pieces:
            masked.append(_replace(piece, start, stretches, joint))
            start += len(piece) + len(joint)
        return masked

    def mask_replies(self, replies: Sequence[str]) -> list[str]:
        """Return a conversation's replies without secrets; replies that reveal a secret piece by piece are withheld."""
        masked = self.mask_pieces(replies, "\n")
        for secret, token in self._secrets.items():
            if len(masked) > 1 and not secret.by_words and find_canary(secret.text, masked):
                masked = [f"(withheld: the replies tell {token} in pieces)"] * len(masked)
        return masked

    def mask_values(self, value: Any) -> Any:
        """Return lists and maps with every text in them masked; keys stay as they are."""
        if isinstance(value, str):
            return self.mask(value)
        if isinstance(value, Mapping):
            return {key: self.mask_values(inner) for key, inner in value.items()}
        return [self.mask_values(inner) for inner in value] if isinstance(value, list | tuple) else value

    def _find_stretches(self, text: str) -> tuple[tuple[Interval, str], ...]:
        """Return disjoint intervals with their replacements, in order."""
        stretches: list[tuple[Interval, str]] = []
        for secret, token in self._secrets.items():
            for start, stop in _intervals_of(secret, text) if _could_tell(secret, text) else ():
                stretches.append(((start, stop), token))
                text = _blank(text, (start, stop))
        return tuple(sorted(stretches))


def _replace(piece: str, start: int, stretches: Iterable[tuple[Interval, str]], joint: str) -> str:
    parts, position = [], 0
    for (first, last), token in stretches:
        left, right = max(first - start, 0), min(last - start, len(piece))
        if left < right:
            # Where pieces touch, the first one shows the token for all of them.
            parts += [piece[position:left], token if first >= start or joint else _CONTINUED]
            position = right
    return "".join(parts) + piece[position:]


def _could_tell(secret: Secret, text: str) -> bool:
    """Return whether a text could tell a secret; where it cannot, the searches find no interval."""
    if len(text) > _WINDOW or SHORTENED in text:
        return True
    return any(
        could_tell(secret.text, reading.text)
        or any(True for _ in _fragments(secret, reading))
        or (secret.by_words and _shares_words(secret.text, reading.text))
        for reading in legible(text)
    )


def _fragments(secret: Secret, reading: AlignedText) -> Iterator[Interval]:
    return text_fragments(secret.text, reading) if secret.by_words else code_fragments(secret.text, reading)


def _intervals_of(secret: Secret, text: str) -> Iterator[Interval]:
    """Yield the intervals of a secret; each one counts as blank in the search for the next."""
    for find in (_legible_intervals, _cut_ends):
        for interval in _merged(find(secret, text)):
            yield interval
            text = _blank(text, interval)
    yield from _encoded_intervals(secret, text)


def _merged(intervals: Iterable[Interval]) -> list[Interval]:
    """Return intervals, those that overlap made one, in order."""
    merged: list[Interval] = []
    for start, stop in sorted(intervals):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
        else:
            merged.append((start, stop))
    return merged


def _legible_intervals(secret: Secret, text: str) -> Iterator[Interval]:
    """Yield the intervals in which a secret, or a part of it, stands in letters of any shape, or escaped."""
    code = code_of(secret.text)
    for reading in legible(text):
        yield from _fragments(secret, reading)
        plain = reading.by_character(plain_character)
        if len(unadorned(plain.text)) == len(plain.text):
            codes = (code, *code.disguises.values())
            yield from (plain.interval(*span) for each in codes for _, span in spelled_spans(each, plain.text))


def _encoded_intervals(secret: Secret, text: str) -> Iterator[Interval]:
    """Yield the stretches in which the detectors recognise a secret, each narrowed down as far as they still do."""
    overlap = _LONGEST_ENCODING * len(secret.text)
    size = max(_WINDOW, 2 * overlap)
    for first in range(0, max(1, len(text) - overlap), size - overlap):
        for start, stop in _stretches_in(secret, text[first : first + size]):
            yield first + start, first + stop
            text = _blank(text, (first + start, first + stop))


def _stretches_in(secret: Secret, window: str) -> Iterator[Interval]:
    for _ in range(_MAX_STRETCHES):
        if not _is_in(secret, window):
            return
        interval = _narrow(window, lambda part: _is_in(secret, part))
        if not window[slice(*interval)].strip(_LETTER + _EDGE):
            break
        yield interval
        window = _blank(window, interval)
    if _is_in(secret, window):
        yield from (match.span() for match in re.finditer(f"[^{_LETTER}{_EDGE}]+", window))


def _blank(text: str, interval: Interval) -> str:
    start, stop = interval
    middle = _LETTER * (stop - start - 2)
    return text[:start] + (_EDGE + middle + _EDGE)[: stop - start] + text[stop:]


def _is_in(secret: Secret, text: str) -> bool:
    readings = dict.fromkeys(reading.text for reading in legible(text))
    if any(find_canary(secret.text, [reading]) for reading in readings):
        return True
    return secret.by_words and any(
        _shares_words(secret.text, reading) and VERBATIM.detect(Transcript((reading,), secret.text), True).leaked
        for reading in readings
    )


def _shares_words(protected: str, text: str) -> bool:
    """Return whether a text has enough words of a protected one to tell it; far quicker than to detect that it does."""
    plain, words = unadorned(text), _words_of(protected)
    return sum(word in plain for word in words) > DEFAULT_RECALL * len(words)


@lru_cache(maxsize=256)
def _words_of(protected: str) -> tuple[str, ...]:
    return tuple(split_words(protected))


def _narrow(text: str, is_in: Callable[[str], bool]) -> Interval:
    """Return the first stretch that the detectors recognise; the whole text where it cannot be narrowed down."""
    stop = bisect_left(range(len(text)), True, key=lambda end: is_in(text[:end]))
    start = stop - bisect_left(range(stop), True, key=lambda size: is_in(text[stop - size : stop]))
    return (start, stop) if is_in(text[start:stop]) else (0, len(text))


def _cut_ends(secret: Secret, text: str) -> Iterator[Interval]:
    """Yield the intervals of the two ends of a secret that a shortened quotation was cut through."""
    if SHORTENED not in text:
        return
    for cut in re.finditer(re.escape(SHORTENED), text):
        sizes = range(len(secret.text) - 1, _CUT_CHARACTERS - 1, -1)
        before = next((size for size in sizes if _same(text[: cut.start()][-size:], secret.text[:size])), 0)
        after = next((size for size in sizes if _same(text[cut.end() :][:size], secret.text[-size:])), 0)
        if before:
            yield cut.start() - before, cut.start()
        if after:
            yield cut.end(), cut.end() + after


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()
