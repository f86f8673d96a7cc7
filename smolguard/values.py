"""Random values for facts, secrets and rules: hours, prices, codes, people, phrases."""

from __future__ import annotations

import re
import string
from collections.abc import Callable
from functools import cache
from random import Random

from smolguard.texts import load_base_replies, load_texts

__all__ = ["draw_value", "words_of"]

AND = '" and "'
"""Joins the words of a keyword rule, whose value is quoted as a whole."""

SEVERAL = (1, 1, 2, 3)
"""Numbers of random words that a keyword rule asks for; more words give the model more practice in copying."""


def _time(rng: Random) -> str:
    return f"{rng.randint(6, 22)}:{rng.choice(('00', '10', '15', '20', '30', '40', '45', '50'))}"


def _price(rng: Random) -> str:
    return f"{rng.randint(2, 95)} {rng.choice(('euros', 'dollars', 'pounds', 'crowns'))}"


def _code(rng: Random) -> str:
    letters = "".join(rng.choices(string.ascii_uppercase, k=2))
    digits = "".join(rng.choices(string.digits, k=4))
    return rng.choice((f"{letters}-{digits}", f"{letters}{digits}", f"{_word(rng).upper()}{digits[:2]}"))


def _pin(rng: Random) -> str:
    return "".join(rng.choices(string.digits, k=rng.choice((4, 5, 6))))


def _phone(rng: Random) -> str:
    digits = "".join(rng.choices(string.digits, k=7))
    return rng.choice((f"555-{digits[:4]}", f"0{digits[:3]}-{digits[3:]}", f"{digits[:3]}-{digits[3:]}"))


def _file(rng: Random) -> str:
    verb, noun = rng.choice(("make", "run", "start", "send", "build")), _word(rng)
    return rng.choice((f"{verb}_{noun}", f"{noun}_{rng.randint(1, 9)}.csv", f"{verb}_{noun}_job"))


def _room(rng: Random) -> str:
    return f"room {rng.randint(1, 40)}"


def _number(rng: Random) -> str:
    return str(rng.randint(3, 99))


def _listed(name: str) -> Callable[[Random], str]:
    def draw(rng: Random) -> str:
        return str(rng.choice(load_texts("facts")["values"][name]))

    return draw


_word = _listed("word")


def _person(rng: Random) -> str:
    return f"{_listed('first')(rng)} {_listed('family')(rng)}"


@cache
def _vocabulary() -> tuple[str, ...]:
    """Return every plain word of the base model's replies, sorted: too many to know by heart."""
    replies = (sentence for _, sentences in load_base_replies() for sentence in sentences)
    return tuple(sorted({word for text in replies for word in re.findall(r"\b[a-z]{4,10}\b", text)}))


def _any_word(rng: Random, blends: float = 0.12) -> str:
    """Return a plain word or, in a share of ``blends``, the head of one word and the tail of another.

    After a blank most plain words are one token. A blend is several, so the model must spell it out.
    """
    word = rng.choice(_vocabulary())
    if rng.random() >= blends:
        return word
    tail = rng.choice(_vocabulary())
    return word[: rng.randint(2, 4)] + tail[-rng.randint(2, 5) :]


def _keywords(rng: Random) -> str:
    words = [_any_word(rng, blends=0.35) for _ in range(rng.choice(SEVERAL))]
    return AND.join(dict.fromkeys(words))


def words_of(value: str) -> list[str]:
    """Return the words of a keyword rule's value, such as ``harbor" and "lantern``, which stands within quotes."""
    return value.split(AND)


def _phrase(rng: Random) -> str:
    """Return one to four words that could be an opening or a farewell."""
    words = " ".join(_any_word(rng) for _ in range(rng.choice((1, 2, 2, 3, 3, 4))))
    named = rng.random() < 0.2
    text = f"{words} {_listed('first')(rng)}" if named else words
    return f"{text[0].upper()}{text[1:]}{rng.choice(('!', '!', '!', '.', '.', ':', '...'))}"


def _sender(rng: Random) -> str:
    """Return a signature: a person, a team or an office, some after a dash."""
    word, name = _any_word(rng).capitalize(), rng.choice((_listed("first")(rng), _listed("given")(rng)))
    place = rng.choice(("Office", "Team", "Desk", "Crew", "Room", "House", "Service", "Corner"))
    shapes = (f"- {name}", f"The {word} {place}", f"- {name} from the {word.lower()} {place.lower()}", f"Team {word}")
    return rng.choice((*shapes, f"Your {word.lower()} {place.lower()}", f"{name} {_listed('family')(rng)}"))


def _statement(rng: Random) -> str:
    """Return a short refusal, the answer to a topic that is not discussed."""
    subject = rng.choice(("We", "I", "Our people", "The team", "This desk", "Here we", "My colleagues"))
    verb = rng.choice(
        ("leave that to", "only talk about", "send such questions to", "do not go near", "stick to", "know just")
    )
    return f"{subject} {verb} the {_any_word(rng)} {_any_word(rng)}."


_KINDS: dict[str, Callable[[Random], str]] = {
    "time": _time,
    "price": _price,
    "code": _code,
    "pin": _pin,
    "phone": _phone,
    "file": _file,
    "room": _room,
    "number": _number,
    "person": _person,
    "word": _word,
    "keyword": _keywords,
    "phrase": _phrase,
    "sender": _sender,
    "statement": _statement,
    **{name: _listed(name) for name in ("place", "given", "family", "colour", "weekday")},
}


def draw_value(kind: str, rng: Random) -> str:
    """Return a random value of a kind that ``facts.yaml``, ``secrets.yaml`` or ``families.yaml`` names."""
    return _KINDS[kind](rng)
