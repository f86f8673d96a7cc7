"""Secrets of contracts, masked wherever a detector would find them.

What is masked is what is found: a stretch of text is narrowed down with the detectors themselves, so that a form they
learn to see is masked from then on.
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
from pytest_kvguard.leaks.finding import Conversation
from pytest_kvguard.leaks.verbatim import DETECTOR as VERBATIM

__all__ = ["Masker", "Secret", "secrets_in"]

SHORTENED = " … "
"""What stands for the middle of a quotation that was cut; see ``verifiers.rule.quote``."""

_RUN_WORDS = 3
_CUT_CHARACTERS = 3
_MOST_STRETCHES = 100
_CONTINUED = "…"
_BLANK = "\u0278"  # a letter, so that what stands around a masked stretch does not grow together
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|[nrt])")
_COLOUR = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")

Interval = tuple[int, int]


@dataclass(frozen=True)
class Secret:
    """What must not be read in a report.

    Attributes:
        text: a canary, or a protected text.
        by_words: also runs of its words are secret.
    """

    text: str
    by_words: bool = False


def secrets_in(no_leak: Mapping[str, Any], protected_text: str) -> Iterator[Secret]:
    """Return the secrets of one ``no_leak``: its canaries; under any other detector the protected text as a whole."""
    for name, value in no_leak.items():
        if name != "canary":
            yield Secret(protected_text, by_words=True)
        elif isinstance(value, list):
            yield from (Secret(str(canary)) for canary in value)
        else:
            yield Secret(str(value))


class Masker:
    """Writes ``[secret:1a2b3c4d]`` for secrets; the digest under a key tells two of them apart and gives neither away.

    Args:
        key: returns the key of the digests, once there is a secret. Equal keys give equal digests.
        show: leave everything as it is.
    """

    def __init__(self, key: Callable[[], bytes], show: bool = False) -> None:
        self._key = key
        self._show = show
        self._secrets: dict[Secret, str] = {}
        self._stretches = lru_cache(maxsize=4096)(self._find_stretches)

    def add(self, secrets: Iterable[Secret]) -> None:
        """Mask these, too, from now on."""
        new = [secret for secret in secrets if secret not in self._secrets and secret.text.strip() and not self._show]
        for secret in new:
            digest = hmac.new(self._key(), secret.text.encode(), hashlib.sha256).hexdigest()
            self._secrets[secret] = f"[secret:{digest[:8]}]"
        if new:
            self._stretches.cache_clear()

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to mask."""
        return not self._secrets

    def mask(self, text: str) -> str:
        """Return a text without secrets."""
        return self.mask_pieces([text])[0]

    def mask_pieces(self, pieces: Sequence[str], joint: str = "") -> list[str]:
        """Mask texts that are read one after the other; a secret that is spread over several is masked in each.

        Args:
            pieces: e.g. the tokens of a prompt, or the replies of a conversation.
            joint: what stands between two pieces.
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
        """Mask a conversation's replies; those over which a secret is told piece by piece are withheld whole."""
        masked = self.mask_pieces(replies, "\n")
        for secret, token in self._secrets.items():
            if len(masked) > 1 and not secret.by_words and find_canary(secret.text, masked):
                masked = [f"(withheld: the replies tell {token} in pieces)"] * len(masked)
        return masked

    def mask_values(self, value: Any) -> Any:
        """Mask every text in plain lists and maps; keys stay."""
        if isinstance(value, str):
            return self.mask(value)
        if isinstance(value, Mapping):
            return {key: self.mask_values(inner) for key, inner in value.items()}
        return [self.mask_values(inner) for inner in value] if isinstance(value, list | tuple) else value

    def _find_stretches(self, text: str) -> tuple[tuple[Interval, str], ...]:
        """Return disjoint intervals and what to write for each, in order."""
        found: list[tuple[Interval, str]] = []
        for secret, token in self._secrets.items():
            for start, stop in _intervals_of(secret, text):
                found.append(((start, stop), token))
                text = text[:start] + _BLANK * (stop - start) + text[stop:]
        return tuple(sorted(found))


def _replace(piece: str, start: int, stretches: Iterable[tuple[Interval, str]], joint: str) -> str:
    parts, position = [], 0
    for (first, last), token in stretches:
        left, right = max(first - start, 0), min(last - start, len(piece))
        if left < right:
            # Of pieces that touch, the first says it for all.
            parts += [piece[position:left], token if first >= start or joint else _CONTINUED]
            position = right
    return "".join(parts) + piece[position:]


def _intervals_of(secret: Secret, text: str) -> Iterator[Interval]:
    """Yield where a secret stands; every interval is taken as blanked before the next one is looked for."""
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
    for _ in range(_MOST_STRETCHES):
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
        VERBATIM.detect(Conversation((reading,), secret.text), True).leaked for reading in readings
    )


def _character(escape: re.Match[str]) -> str:
    """Return what ``repr`` wrote as an escape; quotations in messages are made with it."""
    code = next((group for group in escape.groups() if group), None)
    return " " if code is None or int(code, 16) > 0x10FFFF else chr(int(code, 16))


def _narrow(text: str, is_in: Callable[[str], bool]) -> Interval:
    """Return the first stretch that is seen as the secret; the whole text where it cannot be narrowed down."""
    stop = bisect_left(range(len(text)), True, key=lambda end: is_in(text[:end]))
    start = stop - bisect_left(range(stop), True, key=lambda size: is_in(text[stop - size : stop]))
    return (start, stop) if is_in(text[start:stop]) else (0, len(text))


def _runs(protected: str, text: str) -> Iterator[Interval]:
    """Yield where several words of the protected text follow each other."""
    words, secret = (list(re.finditer(r"\w+", source)) for source in (text, protected))
    before, after = ([word.group().casefold() for word in found] for found in (words, secret))
    shortest = min(_RUN_WORDS, len(after))
    for block in SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks():
        if block.size >= max(shortest, 1):
            yield words[block.a].start(), words[block.a + block.size - 1].end()


def _cut_ends(secret: str, text: str) -> Iterator[Interval]:
    """Yield what a shortened quotation left of a secret that it cut through."""
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
