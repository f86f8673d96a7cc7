"""A canary told in parts, with the words of whoever dictates it in between: "the letters are KX, the digits 4471"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from unicodedata import category, normalize

import regex

from pytest_kvguard.leaks.code import GAP, Code, code_of
from pytest_kvguard.leaks.spelling import is_unit_after, points_of
from pytest_kvguard.text.edges import stands_alone

__all__ = ["is_told_in_parts"]

_ENOUGH = 3
_MANY_PARTS = 3
_MOST_PARTS_OF_NAME = 3

# Words that say which part of a code comes, or that it follows: nobody says them of an amount.
_LABELS = (
    "letters? digits? characters? prefix suffix followed preceded half halves part parts hyphen dash "
    "buchstaben? ziffern? zeichen präfix gefolgt teile? hälfte bindestrich "
    "lettres? chiffres? préfixe suffixe suivie? partie moitié tiret "
    "letras? dígitos? cifras? prefijo sufijo seguid[oa] parte mitad guion guión "
    "lettere cifre seguit[oa] cijfers gevolgd буквы цифры затем"
)
_LINKS = (
    "and then plus with by the a an is are it its it's of numbers? first second third fourth last next final "
    "beginning begins? starts? ends? ending comes? after before finally both "
    "one two three four zwei drei vier deux trois quatre dos tres cuatro "
    "und dann danach plus von mit der die das den dem ist sind lautet lauten zahl zahlen erste[rn]? zweite[rn]? "
    "dritte[rn]? letzte[rn]? beginnt endet zuletzt zum schluss folgt folgen "
    "et puis ensuite enfin de par les le la est sont nombre première? deuxième seconde? dernière? finit commence "
    "y luego después más los las el es son número números primera segunda última termina empieza "
    "e poi dopo il i gli sono numero prima seconda en daarna met het zijn eerste tweede laatste и это"
)
_UNSPACED = "然后 接着 加上 加 和 是 后面 前面 字母 数字 第一 第二 部分 再 最后 的 文字 と です は 次に それから"


def _any_of(words: str) -> str:
    return rf"(?<!\w)(?:{'|'.join(words.split())})(?!\w)"


_JOIN_WORD = re.compile("|".join([_any_of(f"{_LABELS} {_LINKS}"), *_UNSPACED.split()]), re.IGNORECASE)
_LABEL = re.compile(f"{_any_of(_LABELS)}|字母|数字|部分|文字", re.IGNORECASE)
_TURNED = "preceded after prefix letters? begins? starts? first nach vor buchstaben lettres précédé letras"
_AFTERWARDS = re.compile(_any_of(_TURNED), re.IGNORECASE)
_BETWEEN = rf"(?:{GAP}{{0,6}}(?:(?:{_JOIN_WORD.pattern}){GAP}{{0,6}}){{1,7}}|{GAP}{{0,12}})"
# Called by name between any two letters, so that it is compiled once per canary.
_DEFINED = rf"(?(DEFINE)(?P<between>{_BETWEEN}))"
_LONGEST = 40
_CONTEXT = 40
_CASELESS = {"Lo", "Nd"}


def is_told_in_parts(canary: str, text: str) -> bool:
    """Return whether a text tells a canary part by part, in order, with nothing between them but words that join."""
    if not _required_characters(canary) <= _small_characters(text):
        return False
    letters = _letters(canary)
    if len(letters) > _LONGEST:
        return False
    code, text = code_of(canary), normalize("NFKC", text)
    if any(_is_told(code, text, match) for match in _matches(letters[:2], _pattern(letters), text)):
        return True
    chunks = re.findall(r"[^\W_]+", normalize("NFKC", canary))
    if len(chunks) != 2:
        return False
    turned = _matches(chunks[1][:2], _turned(*chunks), text)
    return any(stands_alone(text, *match.span()) and _AFTERWARDS.search(match["joint"]) for match in turned)


@lru_cache(maxsize=1024)
def _letters(canary: str) -> str:
    """Return a canary's letters and digits, which a text tells part by part."""
    return "".join(filter(str.isalnum, normalize("NFKC", canary)))


@lru_cache(maxsize=1024)
def _required_characters(canary: str) -> frozenset[str]:
    """Return small characters that a text must have to tell a canary in parts.

    These are letters of ASCII, and letters and digits without case. An "i" is not among them, because the dotless one
    of Turkish passes for it where case does not matter.
    """
    letters = (letter.lower() for letter in _letters(canary) if letter.isascii() or category(letter) in _CASELESS)
    return frozenset(letters) - {"i"}


@lru_cache(maxsize=1024)
def _small_characters(text: str) -> frozenset[str]:
    """Return the characters of a text, small."""
    return frozenset(normalize("NFKC", text).lower())


def _matches(beginning: str, pattern: regex.Pattern[str], text: str) -> Iterator[regex.Match[str]]:
    """Yield the matches of a pattern, which is tried only where its first letter stands with the next one or a gap."""
    for place in _start(beginning).finditer(text):
        if match := pattern.match(text, place.start()):
            yield match


@lru_cache(maxsize=1024)
def _start(beginning: str) -> re.Pattern[str]:
    first, second = re.escape(beginning[:1]), re.escape(beginning[1:])
    goes_on = rf"[\W_]|[^\x00-\x7f]{f'|{second}' if second else ''}"
    return re.compile(rf"(?<![a-z0-9]){first}(?={goes_on})", re.IGNORECASE)


@lru_cache(maxsize=1024)
def _pattern(letters: str) -> regex.Pattern[str]:
    return regex.compile(_DEFINED + "(?&between)".join(map(regex.escape, letters)), regex.IGNORECASE)


@lru_cache(maxsize=1024)
def _turned(first: str, second: str) -> regex.Pattern[str]:
    """Return the pattern of a code of two parts that is told with the second part first."""
    turned = f"{regex.escape(second)}(?P<joint>(?&between)){regex.escape(first)}"
    return regex.compile(_DEFINED + turned, regex.IGNORECASE)


def _is_told(code: Code, text: str, match: regex.Match[str]) -> bool:
    found, (start, stop) = match.group(), match.span()
    joints = _JOIN_WORD.findall(found)
    if not joints or not stands_alone(text, start, stop):
        return False
    parts = re.findall(r"[^\W_]+", _JOIN_WORD.sub(" ", found))
    around = text[max(0, start - _CONTEXT) : stop]
    is_labelled = _LABEL.search(found) is not None or (code.is_number and _LABEL.search(around) is not None)
    if code.is_number:
        return is_labelled and not is_unit_after(text, stop)
    is_shouted = all(joint.isupper() for joint in joints)
    points = sum(_points(part, is_shouted) for part in parts) + 2 * is_labelled
    points += 2 * (len(parts) >= _MANY_PARTS and [*map(str.lower, parts)] == re.findall(r"[^\W_]+", code.text.lower()))
    points += 2 * _is_quoted(text[start - 1 : start]) + _is_quoted(text[stop : stop + 1])
    return points - _goes_on(text, stop) >= _ENOUGH and not is_unit_after(text, stop)


def _is_quoted(sign: str) -> bool:
    return sign != "" and sign in "\"'`*“”„«»‘’「」『』"


def _points(part: str, is_shouted: bool) -> int:
    """Return how unusual a part is; a word counts only if it stands in capitals."""
    if len(part) > 1 and part.isupper() and not is_shouted:
        return len(part)
    points = points_of(part.lower())
    return 0 if part.isalpha() and len(part) > _MOST_PARTS_OF_NAME else points


def _goes_on(text: str, stop: int) -> bool:
    return re.match(r"[ \t]+[^\W\d_]", text[stop : stop + 4]) is not None
