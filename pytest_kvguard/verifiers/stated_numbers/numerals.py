"""Numerals of other forms than digits with separators: fractions, powers, and those of East Asia."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from pytest_kvguard.text.pattern import Pattern
from pytest_kvguard.verifiers.stated_numbers.notation import Notation, read_numeral

__all__ = ["of_myriads", "of_power", "of_slashed", "of_vulgar_fraction"]

_POINT = Notation(".", ",")
_MYRIAD_PART = Pattern(r"(\d[\d,.]*)[ ]?([十百千천万萬億亿兆만억조]*)")
_MYRIADS = {"十": 10, "百": 1e2, "千": 1e3, "천": 1e3, "万": 1e4, "萬": 1e4, "만": 1e4}
_MYRIADS |= {"億": 1e8, "亿": 1e8, "억": 1e8, "兆": 1e12, "조": 1e12}
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺−", "0123456789-+-")
_CERTAIN_FRACTIONS = (2, 3, 4, 8, 16)
_LARGEST_DENOMINATOR = 100
_EXPONENT = Pattern(r"(?:\A[eE]|10(?:\^|\*\*)?)([-+]?\d+)\Z")


def of_myriads(text: str) -> float:
    """Return the number of a numeral such as 3万5千."""
    total = 0.0
    for digits, signs in _MYRIAD_PART.findall(text):
        number = read_numeral(digits.rstrip(".,"), _POINT) or 0.0
        for sign in signs:
            number *= _MYRIADS[sign]
        total += number
    return total


def of_vulgar_fraction(text: str) -> float:
    """Return the number of a numeral such as 1½."""
    return float("".join(filter(str.isdecimal, text[:-1])) or 0) + unicodedata.numeric(text[-1])


def of_slashed(parts: Sequence[int]) -> tuple[tuple[float, ...], ...]:
    """Return the readings of 1/2; of 5/12, which may be a date or a score, two; of 24/7 and 5/3/24, none."""
    if len(parts) > 2 or parts[1] == 0 or parts[1] > _LARGEST_DENOMINATOR or parts == [24, 7]:
        return ()
    numerator, denominator = parts
    if numerator < denominator and denominator in _CERTAIN_FRACTIONS:
        return ((numerator / denominator,),)
    return (numerator / denominator,), (float(numerator), float(denominator)), ()


def of_power(text: str) -> float:
    """Return the factor of an exponent such as e3 or ×10³; 1 if there is none."""
    digits = _EXPONENT.search(text.translate(_SUPERSCRIPTS))
    return float(f"1e{max(-400, min(400, int(digits[1])))}") if digits else 1
