"""number: what Babel formats in any locale is read back, and never read as another number."""

from __future__ import annotations

from decimal import Decimal

import pytest
from babel import Locale, localedata
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_precision
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pytest_kvguard.verifiers.stated_numbers import statements
from pytest_kvguard.verifiers.stated_numbers.notation import EVERY_NOTATION, Notation, fold_separators
from pytest_kvguard.verifiers.table import rule, verify

LOCALES = [name for name in localedata.locale_identifiers() if Locale.parse(name).number_symbols.get("latn")]
CURRENCIES = ("EUR", "USD", "GBP", "JPY", "KWD", "CHF", "INR")

locales = st.sampled_from(LOCALES)
numbers = st.one_of(
    st.integers(-(10**9), 10**9).map(Decimal),
    st.decimals(-(10**7), 10**7, places=2),
    st.decimals(-1000, 1000, places=3),
)


def is_read_back(number: Decimal, text: str, locale: str) -> bool:
    check = verify("number", {"value": float(number), "locale": locale.replace("_", "-")}, text)
    return check.holds


def is_read_wrongly(number: Decimal, text: str) -> bool:
    """Whether some numeral of the text is read as other numbers only, in every one of its readings."""
    wanted = float(number)
    close = 1e-9 * max(1.0, abs(wanted))
    return any(
        all(reading.numbers and all(abs(read - wanted) > close for read in reading.numbers) for reading in one.readings)
        for one in statements(text)
    )


def as_money(number: Decimal, currency: str) -> Decimal:
    return round(number, get_currency_precision(currency))


@settings(deadline=None, max_examples=300)
@given(numbers, locales)
def test_a_decimal_of_any_locale_is_read_back(number: Decimal, locale: str) -> None:
    text = format_decimal(number, locale=locale, decimal_quantization=False)
    assert is_read_back(number, text, locale), (text, locale)
    assert not is_read_wrongly(number, text), (text, locale)


@settings(deadline=None, max_examples=300)
@given(numbers, locales, st.sampled_from(CURRENCIES))
@example(Decimal(-1), "en_FK", "GBP")
def test_an_amount_of_any_locale_is_read_back(number: Decimal, locale: str, currency: str) -> None:
    text = format_currency(number, currency, locale=locale)
    assert is_read_back(as_money(number, currency), text, locale), (text, locale)
    assert not is_read_wrongly(as_money(number, currency), text), (text, locale)


@settings(deadline=None, max_examples=300)
@given(numbers, locales)
def test_a_percentage_of_any_locale_is_read_back(number: Decimal, locale: str) -> None:
    text = format_percent(number / 100, locale=locale, decimal_quantization=False)
    assert is_read_back(number, text, locale), (text, locale)
    assert not is_read_wrongly(number, text), (text, locale)


@settings(deadline=None, max_examples=100)
@given(st.integers(1000, 10**8).map(Decimal), st.sampled_from(["ar_EG", "fa", "mr", "ne", "my", "bn", "as", "dz"]))
def test_the_digits_of_other_scripts_are_read_in_their_own_notation(number: Decimal, locale: str) -> None:
    text = format_decimal(number, locale=locale, numbering_system="default")
    assert is_read_back(number, text, locale), (text, locale)
    assert not is_read_wrongly(number, text), (text, locale)


def test_an_undeclared_notation_is_any_that_a_locale_has() -> None:
    symbols = [table for name in LOCALES for table in Locale.parse(name).number_symbols.values()]
    pairs = {Notation(*(fold_separators(table.get(key) or "") for key in ("decimal", "group"))) for table in symbols}
    assert {pair for pair in pairs if pair.decimal} <= EVERY_NOTATION


@pytest.mark.parametrize("locale", ["en", "de", "fr", "es", "it", "pt", "nl", "sv", "pl", "ru", "ja", "zh", "tr", "hi"])
@pytest.mark.parametrize("currency", ["EUR", "USD", "GBP", "JPY"])
def test_an_amount_is_found_in_its_currency(locale: str, currency: str) -> None:
    text = format_currency(20, currency, locale=locale)
    assert verify("number", {"value": 20, "unit": currency, "locale": locale}, text).holds, text


def test_an_unknown_locale_is_a_problem_with_the_nearest_name() -> None:
    problem = str(rule("number").problem({"value": 1, "locale": "xx"}))
    assert problem.startswith(
        "locale 'xx' is not known. Allowed: a language, or one of a region, e.g. de, de-CH or en-IN."
    )
    assert rule("number").problem({"value": 1, "locale": "pt-BR"}) is None
