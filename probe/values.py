"""Random values of the kinds that facts and secrets name: hours, prices, codes, people."""

from __future__ import annotations

import string
from collections.abc import Callable
from random import Random

from probe.texts import load_texts

__all__ = ["draw_value"]


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
    **{name: _listed(name) for name in ("place", "given", "family", "colour", "weekday")},
}


def draw_value(kind: str, rng: Random) -> str:
    """Return a random value of a kind that ``facts.yaml`` or ``secrets.yaml`` names."""
    return _KINDS[kind](rng)
