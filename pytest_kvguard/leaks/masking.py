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
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Any

from pytest_kvguard.leaks.canary import find_canary
from pytest_kvguard.leaks.detector import Transcript
from pytest_kvguard.leaks.verbatim import DETECTOR as VERBATIM

__all__ = ["Masker", "Secret", "secrets_in"]

SHORTENED = " … "
"""The mark in place of the middle of a shortened quotation; see ``verifiers.rule.quote``."""

_RUN_WORDS = 3
_CUT_CHARACTERS = 3
_MAX_STRETCHES = 100
_CONTINUED = "…"
_BLANK = "\u0278"  # a letter, so that the texts around a masked stretch do not join into one word
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|[nrt])")
_COLOUR = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")

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
            for start, stop in _intervals_of(secret, text):
                stretches.append(((start, stop), token))
                text = text[:start] + _BLANK * (stop - start) + text[stop:]
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


def _intervals_of(secret: Secret, text: str) -> Iterator[Interval]:
    """Yield the intervals of a secret; each one counts as blank in the search for the next."""
    for matched in re.finditer(re.escape(secret.text), text, re.IGNORECASE):
        yield matched.span()
        text = _blank(text, matched.span())
    if secret.by_words:
        for interval in _runs(secret.text, text):
            yield interval
            text = _blank(text, interval)
    for interval in _cut_ends(secret.text, text):
        yield interval
        text = _blank(text, interval)
    for _ in range(_MAX_STRETCHES):
        if not _is_in(secret, text):
            return
        interval = _narrow(text, lambda part: _is_in(secret, part))
        if not text[slice(*interval)].strip(_BLANK):
            break
        yield interval
        text = _blank(text, interval)
    if _is_in(secret, text):
        yield from (matched.span() for matched in re.finditer(f"[^{_BLANK}]+", text))


def _blank(text: str, interval: Interval) -> str:
    start, stop = interval
    return text[:start] + _BLANK * (stop - start) + text[stop:]


def _is_in(secret: Secret, text: str) -> bool:
    readings = dict.fromkeys([text, unescaped := _ESCAPE.sub(_character, text), _COLOUR.sub("", unescaped)])
    if any(find_canary(secret.text, [reading]) for reading in readings):
        return True
    return secret.by_words and any(
        VERBATIM.detect(Transcript((reading,), secret.text), True).leaked for reading in readings
    )


def _character(escape: re.Match[str]) -> str:
    """Return the character behind an escape of ``repr``, which writes the quotations in messages."""
    code = next((group for group in escape.groups() if group), None)
    return " " if code is None or int(code, 16) > 0x10FFFF else chr(int(code, 16))


def _narrow(text: str, is_in: Callable[[str], bool]) -> Interval:
    """Return the first stretch that the detectors recognise; the whole text where it cannot be narrowed down."""
    stop = bisect_left(range(len(text)), True, key=lambda end: is_in(text[:end]))
    start = stop - bisect_left(range(stop), True, key=lambda size: is_in(text[stop - size : stop]))
    return (start, stop) if is_in(text[start:stop]) else (0, len(text))


def _runs(protected: str, text: str) -> Iterator[Interval]:
    """Yield the intervals in which several words of the protected text follow each other."""
    words, secret = (list(re.finditer(r"\w+", source)) for source in (text, protected))
    before, after = ([word.group().casefold() for word in matches] for matches in (words, secret))
    shortest = min(_RUN_WORDS, len(after))
    for block in SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks():
        if block.size >= max(shortest, 1):
            yield words[block.a].start(), words[block.a + block.size - 1].end()


def _cut_ends(secret: str, text: str) -> Iterator[Interval]:
    """Yield the intervals of the two ends of a secret that a shortened quotation was cut through."""
    for cut in re.finditer(re.escape(SHORTENED), text):
        sizes = range(len(secret) - 1, _CUT_CHARACTERS - 1, -1)
        before = next((size for size in sizes if _same(text[: cut.start()][-size:], secret[:size])), 0)
        after = next((size for size in sizes if _same(text[cut.end() :][:size], secret[-size:])), 0)
        if before:
            yield cut.start() - before, cut.start()
        if after:
            yield cut.end(), cut.end() + after


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()
