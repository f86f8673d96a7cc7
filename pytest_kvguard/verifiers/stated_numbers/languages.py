"""The language of a reply, as far as the notation of its numbers depends on it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from pytest_kvguard.text.pattern import Pattern

__all__ = ["ENGLISH", "candidate_languages", "reply_language"]

ENGLISH = "en"

_OF_SCRIPT: Mapping[str, tuple[str, ...]] = {
    "Latin": ("de", "fr", "es", "it", "pt", "nl", "sv", "da", "nb", "fi", "pl", "cs", "tr", "ro", "hu", "id", "vi"),
    "Cyrillic": ("ru", "uk", "bg"),
    "Greek": ("el",),
    "Hiragana": ("ja",),
    "Katakana": ("ja",),
    "Hangul": ("ko",),
    "Han": ("zh", "ja"),
    "Arabic": ("ar", "fa"),
    "Hebrew": ("he",),
    "Devanagari": ("hi",),
    "Thai": ("th",),
}

# Words that nearly every sentence has. A language whose regions write numbers differently, such as Spanish, has none
# of the notations for certain, but its words still speak against every other language.
_WORDS = {
    "en": (
        "the is are was it of to for and you your our we this that with at costs from have has will there "
        "be per about or by can not they each total price cost fee deposit around approximately than if "
        "but all any more less than sum amount weighs takes up"
    ),
    "de": (
        "der die das ist sind und kostet kosten ein eine es den dem sie wir für mit von zu beträgt auf im "
        "bei pro ich sich nicht auch oder aber zum zur vom beim an als bis ab nur preis gebühr kaution "
        "insgesamt etwa rund ca dauert wiegt ihr ihre unser"
    ),
    "fr": (
        "le la les est sont et un une des du vous nous pour avec il elle coûte dans ce cette à sur par au "
        "aux ou que qui pas se son ses nos votre prix total environ caution frais jusqu plus moins dure "
        "pèse"
    ),
    "es": (
        "el la los las es son y un una del usted para con cuesta cuestan su en que por nuestro al o no se "
        "lo más menos precio total fianza unos unas hasta desde tiene dura pesa sus nuestra"
    ),
    "it": (
        "il lo la gli è sono e un una di del della per con costa che nel le i al alla dei delle o non si "
        "più meno prezzo totale cauzione circa fino dura pesa nostro nostra"
    ),
    "pt": (
        "o a os as é são e um uma do da de para com custa custam não seu em no na dos das ao ou mais "
        "menos preço total caução cerca até dura pesa nosso nossa sua"
    ),
    "nl": (
        "de het is zijn en een van voor met kost kosten u uw wij op bij dat te per niet ook of maar prijs "
        "totaal borg ongeveer tot vanaf duurt weegt onze aan"
    ),
    "sv": (
        "den det är och en ett av för med kostar på till som vi du i inte eller men pris priset totalt ungefär från"
    ),
    "da": "den det er og en et af for med koster på til som vi du i ikke eller men pris prisen cirka fra",
    "nb": "den det er og en et av for med koster på til som vi du i ikke eller men pris prisen cirka fra",
    "fi": "on ja se ovat maksaa että tämä hinta me ei",
    "pl": "jest są i w na z do to kosztuje kosztują za od nie się",
    "cs": "je jsou a v na z do to stojí za od ne se",
    "tr": "ve bir bu için ile fiyatı var olan toplam ücreti",
    "ro": "este sunt și o un de la pentru cu costă în pe",
    "hu": "a az és egy van ára kerül hogy ez nem",
    "id": "yang dan di ini itu adalah harga untuk dengan dari",
    "vi": "là và của có giá cho với một này được",
    "ru": "и в на не это стоит стоят цена для с по за у составляет",
    "uk": "і в на не це коштує коштують ціна для з по за",
    "bg": "и в на не това струва струват цена за с е са",
}
_LANGUAGES: dict[str, set[str]] = {}
for _language, _words in _WORDS.items():
    for _word in _words.split():
        _LANGUAGES.setdefault(_word, set()).add(_language)

_LETTERS = Pattern(r"[\p{L}\p{M}]+")
_RUNS = {script: Pattern(rf"\p{{Script={script}}}+") for script in _OF_SCRIPT}
_ENOUGH = 2
_SAMPLE = 4000
"""So many characters of a reply tell its language; more of them only take time."""


def _scripts(text: str) -> list[str]:
    """Return the scripts of a text, the one with the most letters first."""
    counts = {script: sum(map(len, runs.findall(text))) for script, runs in _RUNS.items()}
    return [script for script, count in sorted(counts.items(), key=lambda item: -item[1]) if count]


@lru_cache(maxsize=512)
def reply_language(text: str) -> str | None:
    """Return the language of a text if its script or its commonest words tell; None if they do not."""
    text = text[:_SAMPLE]
    scripts = _scripts(text)
    if not scripts:
        return None
    if {"Hiragana", "Katakana"} & set(scripts):
        return "ja"
    of_script = _OF_SCRIPT[scripts[0]]
    if len(of_script) == 1:
        return of_script[0]
    if scripts[0] == "Han":
        return "zh"
    if scripts[0] == "Cyrillic":  # its languages share one notation
        return _by_words(text) or "ru"
    return _by_words(text)


def _by_words(text: str) -> str | None:
    votes: dict[str, int] = {}
    for word in _LETTERS.findall(text.casefold()):
        for language in _LANGUAGES.get(word, ()):
            votes[language] = votes.get(language, 0) + 1
    ranked = sorted(votes, key=lambda language: -votes[language])
    if not ranked or votes[ranked[0]] < _ENOUGH:
        return None
    ties = len(ranked) > 1 and votes[ranked[1]] == votes[ranked[0]]
    return None if ties else ranked[0]


@lru_cache(maxsize=512)
def candidate_languages(text: str) -> tuple[str, ...]:
    """Return the languages whose words may stand in a text: its own and English, or all of its scripts."""
    likely = reply_language(text)
    if likely is not None and likely != "zh":  # Japanese may be written in Chinese characters alone
        return tuple(dict.fromkeys((likely, ENGLISH)))
    return (ENGLISH, *dict.fromkeys(language for script in _scripts(text[:_SAMPLE]) for language in _OF_SCRIPT[script]))
