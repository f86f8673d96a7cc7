"""A first look at a text: whether the letters of a canary follow each other in it, in any form in which they are told.

Nearly all texts tell nothing. The letters of a text are put together once for all canaries, so that the searches, which
take far longer, are spared.
"""

from __future__ import annotations

from functools import lru_cache

from pytest_kvguard.leaks.code import code_of
from pytest_kvguard.leaks.encoded import decoded
from pytest_kvguard.leaks.look_alikes import folded_readings, plain_characters
from pytest_kvguard.leaks.parts import is_told_in_parts
from pytest_kvguard.leaks.scattered import is_told_by_lines
from pytest_kvguard.leaks.spoken import read_aloud, tells_number

__all__ = ["could_tell"]


def could_tell(canary: str, text: str) -> bool:
    """Return whether a text could tell a canary; where it cannot, no search finds the canary in it."""
    code, letters = code_of(canary), _letters_told(text)
    return (
        code.folded_letters in letters
        or any(disguised.folded_letters in letters for disguised in code.disguises.values())
        or tells_number(canary, text)
        or any(is_told_in_parts(canary, reading) for reading in (text, read_aloud("", text)))
        or is_told_by_lines(code.folded_letters, text)
    )


@lru_cache(maxsize=256)
def _letters_told(text: str) -> str:
    """Return the letters and digits of a text as it is written, decoded and read aloud, folded; a line per reading."""
    texts = [text, read_aloud("", text), *(reading for _, reading in decoded(text))]
    if not text.isascii():
        texts.append(plain_characters(text))
    return "\n".join(_letters(folded) for each in texts for folded in folded_readings(each))


def _letters(folded: str) -> str:
    return "".join(filter(str.isalnum, folded))
