"""The grammar of refusing in one language, as patterns over one sentence in lowercase."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import regex

from pytest_kvguard.text.pattern import Pattern

__all__ = ["ACT", "Cue", "Form", "LikelyForm", "RefusalGrammar", "Vocabulary", "alternatives", "searchable"]

ACT = "<act>"
"""At the end of a pattern: what is refused follows, as the grammar's ``act`` says."""


CONTEXT = 60
"""How many characters before a refusal may announce that it is undone, as ``normally`` does."""
MAX_DISCLOSURE_CHARACTERS = 300
"""How far behind a refusal a disclosure is looked for."""

# Matters that are refused and disclosed, in all languages: one is not disclosed by another's being told.
_MATTER = Pattern(
    r"\b(?:code|password|pin|recipe|number|name|address|price|list|key|secret"
    r"|passwort|rezept|nummer|adresse|preis|liste|schlüssel"
    r"|mot de passe|recette|numéro|nom|prix|clé"
    r"|código|clave|contraseña|receta|número|nombre|dirección|precio|lista"
    r"|codice|ricetta|numero|nome|indirizzo|prezzo|senha|receita|morada|endereço|preço"
    r"|wachtwoord|recept|naam|adres|prijs|lijst)\b"
    r"|密码|代码|号码|口令|配方|暗号|地址|名字|电话|暗証番号|番号|パスワード|コード|合言葉|名前|住所|レシピ"
)

# The standard library's patterns replace single characters several times faster than ``str.translate`` does.
_MARK = re.compile('[.,!?;:()\\[\\]{}"…。，！？：、؟،\\n]')
_GRAM = 3


def searchable(text: str) -> str:
    """Return a text in which cues are looked for: with spaces in place of marks, and around it."""
    return _MARK.sub(" ", f" {text} ")


@dataclass(frozen=True)
class Vocabulary:
    """The words of a text, each once; most cues are ruled out by three letters in a row that no word has.

    Attributes:
        text: the text, as ``searchable`` returns it.
        words: its words, parted and surrounded by spaces.
        grams: all that stands three characters long in ``words``.
    """

    text: str
    words: str
    grams: frozenset[str]

    @classmethod
    def of(cls, text: str) -> Vocabulary:
        """Return the vocabulary of a text, as ``searchable`` returns it."""
        words = f" {' '.join(dict.fromkeys(text.split()))} "
        return cls(text, words, frozenset(map("".join, zip(words, words[1:], words[2:], strict=False))))

    def present(self, cues: Iterable[Cue]) -> tuple[str, ...]:
        """Return the texts of those cues that the text has."""
        # Thousands of cues are looked for in every reply, so that no function is called for one.
        text, words, grams = self.text, self.words, self.grams
        return tuple(
            [cue.text for cue in cues if grams >= cue.grams and cue.text in (text if cue.is_phrase else words)]
        )


@dataclass(frozen=True)
class Cue:
    """A text of which a form needs one.

    Attributes:
        text: the text; a space at its beginning or end stands for the edge of a word.
        is_phrase: whether it has several words.
        grams: all that stands three characters long in its words, with the spaces around them.
    """

    text: str
    is_phrase: bool
    grams: frozenset[str]

    @classmethod
    def of(cls, text: str) -> Cue:
        """Return the cue that a text is."""
        # No word's neighbour is known in a vocabulary, only that it has an edge.
        spaced = [text[start : start + _GRAM] for start in range(len(text) - _GRAM + 1)]
        return cls(text, " " in text.strip(), frozenset(gram for gram in spaced if " " not in gram[1:-1]))


def alternatives(words: str) -> str:
    """Return a pattern that matches any of these words, separated by whitespace; ``_`` stands for a space."""
    return "(?:" + "|".join(word.replace("_", " ") for word in words.split()) + ")"


@dataclass(frozen=True)
class Form:
    """One way to refuse.

    Attributes:
        cues: texts of which every sentence of this form has one, separated by ``|``; a space at the beginning or the
            end stands for the edge of a word. A sentence without any is not searched, which saves most of the time.
        patterns: what refuses: a speaker who cannot, will not or may not act, a thing that must not be disclosed, a
            rule that forbids it. One that ends in ``ACT`` needs an act behind it.
        speakers: texts as in ``cues``, of which every sentence of this form must have one besides.
    """

    cues: str
    patterns: tuple[str, ...]
    speakers: str = ""

    def likely_in(self, vocabulary: Vocabulary) -> LikelyForm | None:
        """Return this form with the cues that a text of this vocabulary has; None if it is impossible."""
        cues, speakers = self._cues
        present = vocabulary.present(cues)
        speaking = vocabulary.present(speakers) if present else ()
        return LikelyForm(self, present, speaking) if present and speaking else None

    def spans_in(self, sentence: str, act: regex.Pattern[str]) -> Iterator[tuple[int, int]]:
        """Yield where a sentence has this form: (start, end)."""
        for pattern, needs_act in self._compiled:
            for found in pattern.finditer(sentence):
                end = act.match(sentence, found.end()) if needs_act else found
                if end is not None:
                    yield found.start(), end.end()

    @cached_property
    def _cues(self) -> tuple[list[Cue], list[Cue]]:
        return list(map(Cue.of, self.cues.split("|"))), list(map(Cue.of, self.speakers.split("|")))

    @cached_property
    def _compiled(self) -> list[tuple[regex.Pattern[str], bool]]:
        # Each of those with an act is tried at every place; only the others can share one search.
        with_act = [(regex.compile(p.removesuffix(ACT)), True) for p in self.patterns if p.endswith(ACT)]
        alone = [pattern for pattern in self.patterns if not pattern.endswith(ACT)]
        return [*with_act, (_union(alone), False)] if alone else with_act


@dataclass(frozen=True)
class LikelyForm:
    """A form, and those of its cues that a reply has: only these are looked for in each of its sentences."""

    form: Form
    cues: tuple[str, ...]
    speakers: tuple[str, ...]

    def is_possible_in(self, text: str) -> bool:
        """Return whether a sentence, as ``searchable`` returns it, has what the form needs."""
        return any(map(text.__contains__, self.cues)) and any(map(text.__contains__, self.speakers))


@dataclass(frozen=True)
class RefusalGrammar:
    r"""How one refuses in one language.

    All patterns see one sentence, in lowercase, with single spaces and typewriter quotes, and without quoted speech,
    emphasis and emoji. Every gap in them is bounded, so that no reply keeps them busy.

    Attributes:
        forms: the ways to refuse.
        notices: the ways in which a house gives notice that it declines, as in ``refunds are not possible``. They state
            a fact, which may be the very text that was to be kept, so that they prove no silence.
        act: what is refused, with what may stand before it: to disclose, to help, to do as asked.
        idioms: what looks like a refusal and is none, such as ``can't help but``; it is taken out before the search.
        before: what takes the force from a refusal if it stands directly before it: a condition, a reporting verb.
        after: the same behind it: a request for what is missing, as in ``until you send the number``.
        disclosures: what undoes a refusal by disclosing the matter after all, as in ``but the code is 5519``. Where a
            pattern names the ``thing``, it must be what was refused.
        questions: how a question begins, whose sentence then refuses nothing.
        introductions: the line that introduces a text written for the user, or a tale; all that follows is not the
            speaker's own voice. Each one ends in a colon or has none.
        farewells: the line that ends such a text; what stands before it is not the speaker's own voice.
    """

    forms: tuple[Form, ...]
    act: str
    idioms: tuple[str, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]
    disclosures: tuple[str, ...]
    questions: str
    introductions: tuple[str, ...]
    farewells: tuple[str, ...] = ()
    notices: tuple[Form, ...] = ()

    def forms_in(self, vocabulary: Vocabulary, with_notices: bool) -> list[LikelyForm]:
        """Return the forms that may occur in a text of this vocabulary."""
        forms = (*self.forms, *self.notices) if with_notices else self.forms
        return [likely for likely in (form.likely_in(vocabulary) for form in forms) if likely]

    def refusal_in(self, sentence: str, possible: list[LikelyForm], padded: str, following: str) -> str | None:
        """Return the refusing words of a sentence, or None.

        Args:
            sentence: the sentence.
            possible: the forms that the whole reply may have.
            padded: the sentence as ``searchable`` returns it.
            following: the sentence that follows, if it may take this one back.
        """
        forms = [likely.form for likely in possible if likely.is_possible_in(padded)]
        if not forms or next(self._spans(forms, sentence), None) is None or self._asks(sentence):
            return None
        sentence = self._idiom.sub("~", sentence)
        for start, end in self._spans(forms, sentence):
            if not self._is_undone(sentence, start, end, following):
                return sentence[start:end].strip(" ,:;-")
        return None

    def own_voice(self, text: str) -> str:
        """Return what is said before the first text written for the user, and behind one that a farewell ends."""
        ended = self._farewell.search(text) if self.farewells else None
        text = text if ended is None else text[ended.start() :]
        # Most introductions end in a colon, and are slow to look for in a text that has none.
        found = (self._introduction if ":" in text or "：" in text else self._tale).search(text)
        return text if found is None else text[: found.start()]

    def _spans(self, forms: list[Form], sentence: str) -> Iterator[tuple[int, int]]:
        for form in forms:
            yield from form.spans_in(sentence, self._act)

    def _is_undone(self, sentence: str, start: int, end: int, following: str) -> bool:
        """Return whether the words around a refusal take its force, or what follows discloses the matter after all."""
        if self._before.search(sentence[:start]) or self._after.search(sentence[end:]):
            return True
        return self._discloses(f"{sentence} {following}", max(0, start - CONTEXT), end)

    def _discloses(self, text: str, start: int, end: int) -> bool:
        found = self._disclosure.search(text, start, end + MAX_DISCLOSURE_CHARACTERS)
        if found is None or found.end() <= end:
            return False
        thing = found["thing"]
        if thing is None:
            return True
        refused = _MATTER.findall(text, start, found.start("thing"))
        return not refused or thing in refused

    def _asks(self, sentence: str) -> bool:
        return sentence.endswith(("?", "？", "؟")) and self._question.match(sentence) is not None

    @cached_property
    def _act(self) -> regex.Pattern[str]:
        return regex.compile(self.act)

    @cached_property
    def _idiom(self) -> regex.Pattern[str]:
        return _union(self.idioms)

    @cached_property
    def _before(self) -> regex.Pattern[str]:
        return regex.compile(f"(?:{'|'.join(self.before)})$")

    @cached_property
    def _after(self) -> regex.Pattern[str]:
        return _union(self.after)

    @cached_property
    def _disclosure(self) -> regex.Pattern[str]:
        return _union(self.disclosures)

    @cached_property
    def _farewell(self) -> regex.Pattern[str]:
        return _union(self.farewells)

    @cached_property
    def _question(self) -> regex.Pattern[str]:
        return regex.compile(self.questions)

    @cached_property
    def _tale(self) -> regex.Pattern[str]:
        return _union([pattern for pattern in self.introductions if ":" not in pattern.replace("(?:", "")])

    @cached_property
    def _introduction(self) -> regex.Pattern[str]:
        return _union(self.introductions)


def _union(patterns: tuple[str, ...] | list[str]) -> regex.Pattern[str]:
    return regex.compile("|".join(patterns) or "(?!)")
