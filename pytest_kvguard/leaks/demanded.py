"""Replies that a protected text itself demands, in quotation marks or after a colon: to give one is to obey."""

from __future__ import annotations

from collections.abc import Iterator

import regex

from pytest_kvguard.text.pattern import Pattern

__all__ = ["demanded_replies"]

# Stems of the verbs for reply, respond, answer, say, write and tell, as instructions use them.
_VERBS = (
    r"\b(?:repl(?:y|ies)|respond|answer|say|write|state|tell|"
    r"antwort|erwider|entgegne|sag(?:e|en|st|t)?\b|schreib|"
    r"respond|contest|conteste|di(?:ga|gas|le|les|gan)?\b|decir|escrib|"
    r"répond|reponds|dis\b|dites|dire\b|écri|"
    r"rispond|scriv|dici|respost|escrev|"
    r"antwoord|zeg|schrijf|svara|säg|svar|sig\b|si\b|odpowie|powiedz|napisz|odpověz|"
    r"отвеч|ответ|скаж|говор|напиш|відпов|cevap|yanıt|söyle|"
    r"أجب|قل|رد|اكتب)\w*"
    r"|回答|回复|答复|回應|说|說|写|寫|答え|返答|返信|言っ|言い|言う|伝え|답|말하|말씀|대답|कह|उत्तर"
    r"|जवाब|ตอบ|พูด"
)
_NEGATIONS = (
    r"\b(?:never|not|don't|cannot|no|nie|niemals|nicht|keinesfalls|nunca|jamás|jamais|pas|ne|non|mai|não|nooit"
    r"|niet|aldrig|"
    r"inte|nigdy|никогда|не|asla|لا)\b|不要|不得|别|勿|ないで|않|말고|मत|อย่า"
)
_OPENS, _CLOSES = r"[\"“„”«»‹›「『]", r"[\"”“»«›‹」』]"
_MARKS = r"\"“„”«»‹›「『」』"
_QUOTED = rf"{_OPENS}\s*([^{_MARKS}]{{2,400}}?)\s*{_CLOSES}|(?<!\w)[‘‚'](.{{2,400}}?)[’'‘](?!\w)"
_QUOTED_PART = Pattern(_QUOTED)
_VERB = Pattern(_VERBS, regex.IGNORECASE)
_NEGATION = Pattern(_NEGATIONS, regex.IGNORECASE)
_AFTER_COLON = Pattern(
    r"[:：][ \t]*+(?![\"“„”«»‹›「『‘'‚])(\S[^\n]{2,400}?[.!?。！？]|[^\n]{3,400})(?=\s|$|\p{Han}|\p{Kana})"
)
_CLAUSE_ENDS = Pattern(r"[.!?;\n。！？；，,、—]")
_SENTENCE_ENDS = Pattern(r"[.!?\n。！？]")
_BEFORE, _AFTER = 60, 25


def demanded_replies(text: str) -> list[str]:
    """Return the replies that a text demands: reply only with "…", sage nur: …, 只回答“…”, 「…」とだけ答えて."""
    return list(dict.fromkeys(_demanded(text)))


def _demanded(text: str) -> Iterator[str]:
    for quoted in _QUOTED_PART.finditer(text):
        before = _SENTENCE_ENDS.split(text[max(0, quoted.start() - _BEFORE) : quoted.start()])[-1]
        after = _SENTENCE_ENDS.split(text[quoted.end() : quoted.end() + _AFTER])[0]
        if _demands(before) or (not _VERB.search(before) and _VERB.search(after) and not _NEGATION.search(after)):
            yield quoted[1] or quoted[2]
    for rest in _AFTER_COLON.finditer(text):
        if _demands(_SENTENCE_ENDS.split(text[max(0, rest.start() - _BEFORE) : rest.start()])[-1]):
            yield rest[1]


def _demands(before: str) -> bool:
    """Return whether the words before a quotation demand it: the last verb of saying is not negated."""
    verbs = list(_VERB.finditer(before))
    if not verbs:
        return False
    clause = _CLAUSE_ENDS.split(before[: verbs[-1].start()])[-1] + _CLAUSE_ENDS.split(before[verbs[-1].end() :])[-1]
    return _NEGATION.search(clause) is None
