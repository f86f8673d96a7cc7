"""Codes read aloud: digits as number words of many languages, letters in a spelling alphabet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import pairwise

from icu4py.messageformat import MessageFormat

from pytest_kvguard.leaks.code import code_of
from pytest_kvguard.leaks.look_alikes import unadorned
from pytest_kvguard.text.pattern import Pattern

__all__ = ["read_aloud", "tells_number"]

# Where a word means different numbers, the earlier language wins.
_LOCALES = (
    "en de es fr it pt nl pl ru uk sv da nb fi cs sk sl hr ro hu el tr ar he fa hi ta id ms vi ca lt lv et bg sw ko th "
    "lo"
)
_UNSPACED_LOCALES = "zh ja ko th lo"
_SPELLING_ALPHABETS = (
    "alfa bravo charlie delta echo foxtrot golf hotel india juliett kilo lima mike november oscar papa quebec romeo "
    "sierra tango uniform victor whiskey x-ray yankee zulu",
    "anton berta cäsar dora emil friedrich gustav heinrich ida julius kaufmann ludwig martha nordpol otto paula quelle "
    "richard samuel theodor ulrich viktor wilhelm xanthippe ypsilon zacharias",
    "anatole berthe célestin désiré eugène françois gaston henri irma joseph kléber louis marcel nicolas oscar pierre "
    "quintal raoul suzanne thérèse ursule victor william xavier yvonne zoé",
    "aachen berlin chemnitz düsseldorf essen frankfurt goslar hamburg ingelheim jena köln leipzig münchen nürnberg "
    "offenbach potsdam quickborn rostock salzwedel tübingen unna völklingen wuppertal xanten ypsilon zwickau",
    "adam bruno christine david emanuel franz georg hermann isidor jakob konrad leopold marie nathan oskar peter "
    "quelle rudolf siegfried toni ulrike vera walter xaver york zürich",
    "antonio barcelona carmen dolores enrique francia gerona historia inés josé kilo lorenzo madrid navarra oviedo "
    "parís queso ramón sábado tarragona ulises valencia washington xiquena yolanda zaragoza",
    "ancona bologna cagliari domodossola empoli firenze genova hotel imola jolly kappa livorno milano napoli otranto "
    "palermo quarto roma savona torino udine venezia washington xeres york zara",
)
_VARIANTS = {"alpha": "a", "juliet": "j", "whisky": "w", "xray": "x"}
# The names of letters in English, but for those that are everyday words.
_LETTER_NAMES = "kay:k ex:x bee:b cee:c dee:d eff:f gee:g aitch:h jay:j ell:l pee:p cue:q ess:s tee:t vee:v zee:z zed:z"
_OTHER_DIGITS = {"oh": "0", "nought": "0", "null": "0", "niner": "9", "zwo": "2", "ein": "1", "eine": "1", "una": "1"}
_DASHES = "dash hyphen minus bindestrich strich guion tiret trattino streepje hifen bindestreck"
_CJK_SIGNS = "〇零一二三四五六七八九两壹贰叁肆伍陆柒捌玖幺"
_CJK_DIGITS = str.maketrans(_CJK_SIGNS, "0012345678921234567891")
_HAS_CJK_DIGIT = re.compile(f"[{_CJK_SIGNS}]")
_REPEATED = {"double": 2, "triple": 3, "doppel": 2, "doble": 2}

# Words that are far more common in another language; they are numbers only after a number.
_AMBIGUOUS = frozenset(["to", "on", "en", "et", "hat", "bin", "er"])

_TOKEN = Pattern(r"[\p{L}\p{N}\p{M}]+")
_ASCII_TOKEN = re.compile(r"[a-z0-9]+")
_INNER_GAP = re.compile(r"[ ‐-]{1,2}")
_AND = re.compile(r"\b(hundred|thousand) and\b")
_AS_IN = re.compile(
    r"\b([a-z])[\"'”’]?(?:[ ,:–-]{1,3}(?:as in|as|like|for|wie in|wie|von|comme|como|como en|come|de|di|zoals|van|som)"
    r"(?: (?:the word|in|das wort|le mot|la palabra|la parola))?[ :]+[\"'“„‘«*`]{0,2}| ?[(=][\"'“„‘«]?)"
    r"[^\W\d_]+(?:-[^\W\d_]+)?[\"'”’»*`]{0,2}\)?(?!\w)"
)
_LONGEST_WHOLE = 9
Phrase = tuple[str, ...]

_NO_NUMERAL_BEFORE = "(?<![0-9十百千万亿億])"


@cache
def _spellout(locale: str) -> MessageFormat:
    return MessageFormat("{n,spellout}", locale)


def _words_of(text: str) -> Phrase:
    return tuple(_TOKEN.findall(unadorned(text)))


@cache
def _dictionary(letters_first: bool) -> Mapping[str, Sequence[tuple[Phrase, str]]]:
    """Return the phrases that stand for digits or letters, by their first word, the longest first.

    Args:
        letters_first: whether a word that is both, as "lima" and "otto" are, stands for a letter.
    """
    found: dict[Phrase, str] = {}
    for phrase, sign in (*_letters(), *_digits()) if letters_first else (*_digits(), *_letters()):
        found.setdefault(phrase, sign)
    by_first: dict[str, list[tuple[Phrase, str]]] = {}
    for phrase, sign in sorted(found.items(), key=lambda entry: -len(entry[0])):
        by_first.setdefault(phrase[0], []).append((phrase, sign))
    return by_first


@cache
def _first_signs(letters_first: bool) -> frozenset[str]:
    """Return the words with which a row of signs can begin."""
    return frozenset({*_dictionary(letters_first), *_REPEATED} - _AMBIGUOUS)


@cache
def _ambiguous_letters() -> tuple[str, ...]:
    digits = {phrase for phrase, _ in _digits()}
    return tuple(phrase[0] for phrase, _ in _letters() if phrase in digits)


def _letters() -> Iterator[tuple[Phrase, str]]:
    for alphabet in _SPELLING_ALPHABETS:
        for letter, word in zip("abcdefghijklmnopqrstuvwxyz", alphabet.split(), strict=True):
            yield _words_of(word), letter
    names = dict(name.split(":") for name in _LETTER_NAMES.split())
    yield from ((_words_of(word), letter) for word, letter in (_VARIANTS | names).items())
    yield from ((_words_of(word), "-") for word in _DASHES.split())


@cache
def _digits() -> tuple[tuple[Phrase, str], ...]:
    found = [(_words_of(word), digit) for word, digit in _OTHER_DIGITS.items()]
    for locale in _LOCALES.split():
        lines = unadorned("\n".join(_spellout(locale).format({"n": number}) for number in range(100))).split("\n")
        spelled = ((tuple(_TOKEN.findall(line)), str(number)) for number, line in enumerate(lines))
        # A single letter, such as the Catalan "u", is the letter.
        found += ((phrase, number) for phrase, number in spelled if not (phrase[0].isascii() and len(phrase[0]) == 1))
    return tuple(found)


@lru_cache(maxsize=1024)
def _whole_phrases(groups: tuple[str, ...]) -> tuple[tuple[str, re.Pattern[str], str], ...]:
    """Return (phrase, pattern, digits) for the numbers in a canary read as one, the longest first."""
    found: dict[str, tuple[re.Pattern[str], str]] = {}
    for group in groups:
        for locale, number in _read_as_one(group):
            phrase = "".join(_phrase(locale, part) for part in number)
            if not phrase.isdigit():
                before = _NO_NUMERAL_BEFORE if locale in ("zh", "ja") else "" if locale in ("th", "lo") else r"(?<!\w)"
                found[phrase] = re.compile(before + re.escape(phrase)), "".join(number)
    return tuple((phrase, *found[phrase]) for phrase in sorted(found, key=len, reverse=True))


def _read_as_one(group: str) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield (locale, numbers that are written without a space) for the digits of a canary."""
    if group[0] != "0" and 2 < len(group) <= _LONGEST_WHOLE:
        yield from ((locale, [group]) for locale in (_LOCALES + " zh ja").split())
    pairs = {group[start : start + 2] for start in range(0, len(group), 2)}
    for locale in _UNSPACED_LOCALES.split():
        yield locale, list(group)
        yield from ((locale, [pair]) for pair in pairs if len(pair) == 2 and pair[0] != "0")


def _phrase(locale: str, number: str) -> str:
    spelled = unadorned(_spellout(locale).format({"n": int(number)}))
    return spelled.replace("-", " ").translate(_CJK_DIGITS)


def read_aloud(canary: str, text: str) -> str:
    """Return a text with number words and the words of spelling alphabets replaced by what they stand for."""
    plain = _spelled_out(text)
    flat = _flat(plain)
    for phrase, pattern, digits in _whole_phrases(code_of(canary).digit_groups):
        if phrase in flat:
            plain = flat = pattern.sub(f" {digits} ", flat)
    return _sign_by_sign(plain)


def tells_number(canary: str, text: str) -> bool:
    """Return whether a text may tell digits of a canary as one number, in words."""
    phrases = _phrases(code_of(canary).digit_groups)
    return bool(phrases) and any(map(_flat(_spelled_out(text)).__contains__, phrases))


@lru_cache(maxsize=1024)
def _phrases(groups: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(phrase for phrase, _, _ in _whole_phrases(groups))


@lru_cache(maxsize=256)
def _sign_by_sign(plain: str) -> str:
    readings = [_with_signs(plain, letters_first=False)]
    if any(word in plain for word in _ambiguous_letters()):
        readings.append(_with_signs(plain, letters_first=True))
    return "\n".join(readings)


@lru_cache(maxsize=256)
def _spelled_out(text: str) -> str:
    """Return the unadorned text with digits for those of Chinese, and "K" for "K as in Kilo"."""
    plain = unadorned(text)
    plain = plain.translate(_CJK_DIGITS) if _HAS_CJK_DIGIT.search(plain) else plain
    return _AS_IN.sub(r"\1", plain)


@lru_cache(maxsize=256)
def _flat(plain: str) -> str:
    return _AND.sub(r"\1", plain.replace("-", " ").replace("‐", " "))


@lru_cache(maxsize=1024)
def _with_signs(plain: str, letters_first: bool) -> str:
    pattern, dictionary = _ASCII_TOKEN if plain.isascii() else _TOKEN, _dictionary(letters_first)
    if _first_signs(letters_first).isdisjoint(pattern.findall(plain)):
        return plain
    tokens = list(pattern.finditer(plain))
    words = [token.group() for token in tokens]
    parts: list[str] = []
    position = following = 0
    after_sign = False
    # Most words stand for nothing.
    for index in [index for index, word in enumerate(words) if word in dictionary or word in _REPEATED]:
        if index < following:
            continue
        after_sign = after_sign and index == following
        size, sign = _sign_at(tokens, index, dictionary)
        after_sign = sign is not None and (after_sign or words[index] not in _AMBIGUOUS)
        if sign is not None and after_sign:
            parts += [plain[position : tokens[index].start()], sign]
            position = tokens[index + size - 1].end()
        following = index + size
    return "".join([*parts, plain[position:]])


def _sign_at(
    tokens: Sequence[re.Match[str]], index: int, dictionary: Mapping[str, Sequence[tuple[Phrase, str]]]
) -> tuple[int, str | None]:
    """Return how many words from here on stand for a sign, and the sign; (1, None) if they stand for none."""
    word = tokens[index].group()
    for phrase, sign in dictionary.get(word, ()):
        if len(phrase) == 1 or _is_phrase(tokens[index : index + len(phrase)], phrase):
            return len(phrase), sign
    if word in _REPEATED and index + 1 < len(tokens):
        size, repeated = _sign_at(tokens, index + 1, dictionary)
        if repeated is not None and len(repeated) == 1:
            return size + 1, " ".join(repeated * _REPEATED[word])
    return 1, None


def _is_phrase(tokens: Sequence[re.Match[str]], phrase: tuple[str, ...]) -> bool:
    if tuple(token.group() for token in tokens) != phrase:
        return False
    gaps = (tokens[0].string[one.end() : other.start()] for one, other in pairwise(tokens))
    return all(map(_INNER_GAP.fullmatch, gaps))
