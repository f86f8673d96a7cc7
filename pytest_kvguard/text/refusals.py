"""Finds refusals: sentences in which a reply, in its own voice, declines to disclose or to do what it was asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from itertools import zip_longest

import regex

from pytest_kvguard.text.normalise import normalise
from pytest_kvguard.text.pattern import Pattern
from pytest_kvguard.text.refusal_grammars.grammar import LikelyForm, RefusalGrammar, Vocabulary, searchable
from pytest_kvguard.text.refusal_grammars.table import GRAMMARS

__all__ = ["find_refusal"]

MAX_SENTENCE_CHARACTERS = 600
"""A longer sentence is read in pieces of this size."""

_FENCE = Pattern(r"(?m)^ {0,3}(`{3,}|~{3,})[^\n]*\n")
_CODE = Pattern(r"(?s)```(?!(?:json|te?xt|markdown|md)\b)\w+[^\n]*\n.{0,20000}?```")
_MARKUP = Pattern(r"[*_`#]+|^[ \t]*>[ \t]?|~~|</?\w{1,20}>", regex.MULTILINE)
_PICTURES = Pattern(r"\p{Extended_Pictographic}[\p{Emoji_Modifier}\u200d\p{Extended_Pictographic}]*")
# A letter of a script that parts words: beside it, a mark is an apostrophe or a sign of inches.
_LETTER = r"[\w--[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]]"
# A value in JSON is no quotation.
_QUOTED = Pattern(
    rf'(?<!{_LETTER})(?<!":)(?<!": )"[^"\n]{{1,400}}"(?!{_LETTER})'
    r"|«[^«»]{1,400}»|»[^«»\n]{1,400}«|‹[^‹›]{1,400}›|›[^‹›\n]{1,400}‹"
    r"|「[^「」]{1,400}」|『[^『』]{1,400}』|《[^《》]{1,400}》"
    r"|(?<!\w)'(?:[^'\n]|(?<=\w)'(?=\w)){1,400}'(?!\w)",
    regex.V1,
)
_WHOLLY_QUOTED = Pattern(r"""\s*(?:"([^"]+)"|'([^']+)'|«([^«»]+)»|»([^«»]+)«|「([^「」]+)」)\s*""")
_BLOCK_QUOTE = Pattern(r"(?m)^ {0,3}>[^\n]*$")
# A point behind a number is an ordinal's in "am 3. März".
_SENTENCE_END = Pattern(
    r"([.!?؟;])(?!\w| (?:januar|februar|märz|april|mai|juni|juli|august|september|oktober|november|dezember)\b)"
    r"|([。！？；])| [—–] | - (?=\w)"
)
# How a sentence begins that takes back the one before it.
_CONCESSION = Pattern(
    r"(?:between (?:you and me|us|ourselves)|unter uns|entre nous|entre nosotros|oh well|well|but|however|anyway"
    r"|okay|ok|fine|still|though|just kidding|aber|doch|na gut|na schön|also gut|mais|allez"
    r"|bon"
    r"|pero|bueno|vale|ma|però|mas|porém|maar|toch)\b|不过|不過|但|可是|でも|しかし|ただ|لكن|ولكن"
)
# An offer, and from when on it ends, as in "I'll change it now. Once it has shipped, it can't be changed."
_OFFER = (
    r"\b(?:i|we)(?:'ve reserved|(?:'ll| can| will) (?:\w+ly )?(?!(?:be|have|not|need|check|look|explain|pass|only|see"
    r"|help|confirm|understand|offer|tell)\b))|\byou can (?!see\b|only\b|\w+ that\b)"
    r"|\b(?:sure|of course|no problem),(?! (?:i|we) (?:understand|see)\b)"
    r"|\b(?:gerne?\b|(?:klar|natürlich|selbstverständlich|kein problem),|habe es für sie reserviert|sofort\b"
    r"|kann ich jetzt)"
    r"|\b(?:enseguida\b|puedo [^.;,]{3,25} ahora\b|con gusto\b|(?:claro|por supuesto|sin problema),|se lo he reservado)"
    r"|\b(?:tout de suite|je peux [^.;,]{3,25} maintenant|volontiers)\b|\b(?:bien sûr|bien entendu|pas de souci|pas"
    r" de problème),"
    r"|je vous l'ai réservé"
    r"|马上就?[改换換办辦取]|没问题|沒問題|^好的|可以(?=[,，加改换換帮幫])|都可以|(?:已|帮"
    r"|幫)[为為您你]{1,2}[预預取改换換]"
)
_FROM_THEN_ON = (
    r"\b(?:once|as soon as|after|sobald|einmal|nach de[mr]|una vez|en cuanto|después de\w*|une fois|dès que|après)\b"
    r"|一旦|一经|一經|之后就|之後就"
)
# What an offer to change something does not extend to; to disclose something is another matter.
_LATE_CHANGE = (
    r"(?:chang|alter|amend|edit|cancel|refund|restor|undo|swap|revers|änder|storn|erstatt|wiederherg|cambi|modific"
    r"|devol"
    r"|recuper|modif|annul|rembours|récup|改|换|換|取消|退|恢复|恢復)"
)
_LIMITED_OFFER = Pattern(
    rf"(?:{_OFFER}).{{0,160}}?(?:{_FROM_THEN_ON})(?=[^.!?;。；]{{0,100}}$).{{0,100}}?{_LATE_CHANGE}"
)
_LIST_MARKER = Pattern(r"^(?:[-•●○·▪+]|\(?\d{1,2}[.)])\s+")


@lru_cache(maxsize=1024)
def find_refusal(text: str, with_notices: bool = True) -> str | None:
    """Return the refusing words of a reply, or None.

    A refusal is a sentence of the reply's own voice, anywhere in it: quoted speech, a text written for the user, a
    condition and a question are not. Whoever refuses one part and answers another refuses.

    Args:
        text: the reply.
        with_notices: whether a notice of what is not to be had counts, as in "refunds are not possible". It declines a
            request, but may itself be what was to be kept silent.
    """
    unquoted = _QUOTED.sub("~", _plain(text))
    vocabulary = Vocabulary.of(searchable(unquoted))
    possible = [(grammar, grammar.forms_in(vocabulary, with_notices)) for grammar in GRAMMARS.values()]
    spoken = [(grammar, forms) for grammar, forms in possible if forms]
    if not spoken:
        return None
    sentences = list(_sentences(_own_voice(unquoted)))
    following = [sentence if _CONCESSION.match(sentence) else "" for sentence in sentences[1:]]
    cues = list(dict.fromkeys(cue for _, forms in spoken for form in forms for cue in form.cues))
    # A model that fails repeats itself: each sentence is searched once.
    pairs = dict.fromkeys(zip_longest(sentences, following, fillvalue=""))
    found = ((sentence, _refusal_in(sentence, then, spoken, cues)) for sentence, then in pairs)
    refusals = (words for sentence, words in found if words and not _limits_an_offer(sentences, sentence, words))
    return next(refusals, None)


def _limits_an_offer(sentences: list[str], sentence: str, refusal: str) -> bool:
    """Return whether a refusal only says from when on an offer ends that is made in its sentence or the one before."""
    place = sentences.index(sentence)
    end = sentence.find(refusal) + len(refusal)
    return _LIMITED_OFFER.search(" ".join((*sentences[max(0, place - 1) : place], sentence[:end]))) is not None


def _refusal_in(
    sentence: str, following: str, spoken: list[tuple[RefusalGrammar, list[LikelyForm]]], cues: list[str]
) -> str | None:
    padded = searchable(sentence)
    if not any(map(padded.__contains__, cues)):
        return None
    found = (grammar.refusal_in(sentence, forms, padded, following) for grammar, forms in spoken)
    return next(filter(None, found), None)


def _plain(text: str) -> str:
    """Return a reply in normal form and lowercase, without wrapping, emphasis and emoji."""
    text = _values_of_json(_FENCE.sub("\n", _CODE.sub("\n", normalise(text))))
    text = _PICTURES.sub(". ", text.lower())
    if _BLOCK_QUOTE.sub("", text).strip():
        text = _BLOCK_QUOTE.sub("", text)
    text = _MARKUP.sub("", text)
    wrapped = _WHOLLY_QUOTED.fullmatch(text)
    return next(filter(None, wrapped.groups())) if wrapped else text


def _values_of_json(text: str) -> str:
    """Return the texts in a reply that is JSON, one per line; any other reply as it is."""
    if not text.lstrip().startswith(("{", "[")):
        return text
    try:
        return "\n".join(_strings(json.loads(text)))
    except (ValueError, RecursionError):
        return text


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


def _own_voice(text: str) -> str:
    """Return a reply without the texts in it that are written for the user."""
    for grammar in GRAMMARS.values():
        text = grammar.own_voice(text)
    return text


def _sentences(text: str) -> Iterator[str]:
    for part in _SENTENCE_END.sub(r"\1\2\n", text).splitlines():
        sentence = " ".join(part.split())
        if not sentence[:1].isalpha():
            sentence = _LIST_MARKER.sub("", sentence)
        # A mark alone would part a sentence from the one that takes it back.
        if not sentence.strip(" .!?,;:~"):
            continue
        for start in range(0, len(sentence), MAX_SENTENCE_CHARACTERS):
            yield sentence[start : start + MAX_SENTENCE_CHARACTERS]
