"""Currencies: the signs, codes and names that people write beside amounts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from babel import Locale
from babel.numbers import get_currency_name, get_currency_precision

from pytest_kvguard.verifiers.stated_numbers.notation import find_locale

__all__ = ["currencies_meant", "currencies_of", "has_two_decimals", "signs_before"]

# Words that several currencies share. In a contract such a word means itself and the currencies that come first; in a
# reply it may stand for any of them.
_SHARED: tuple[tuple[str, str, str], ...] = (
    (
        "$ dollar dollars dollaro dollari dólar dólares dolar dolarów доллар доллара долларов ドル 달러",
        "USD",
        "CAD AUD NZD SGD HKD TWD MXN ARS CLP COP",
    ),
    ("£ pound pounds pfund sterling livres libras", "GBP", "EGP LBP"),
    ("¥ ￥", "JPY CNY", ""),
    ("kr kr. krone kronen kroner krona kronor crowns", "SEK NOK DKK ISK", ""),
    ("franc francs franken fr. franchi francos", "CHF", "XOF XAF"),
    ("rupee rupees rupien rupie roupies rs rs.", "INR", "PKR LKR NPR"),
    ("peso pesos", "MXN", "ARS CLP COP PHP"),
)

_OWN = {
    "€": "EUR", "euro": "EUR", "euros": "EUR", "eur": "EUR", "евро": "EUR", "євро": "EUR", "ユーロ": "EUR",
    "유로": "EUR", "欧元": "EUR", "歐元": "EUR", "يورو": "EUR", "אירו": "EUR", "यूरो": "EUR", "ευρώ": "EUR",
    "euroa": "EUR", "eura": "EUR", "ยูโร": "EUR",
    "gb£": "GBP", "us$": "USD", "$us": "USD", "us-dollar": "USD", "us dollars": "USD", "us dollar": "USD",
    "美元": "USD", "美金": "USD",
    "ca$": "CAD", "c$": "CAD", "a$": "AUD", "au$": "AUD", "nz$": "NZD", "s$": "SGD", "hk$": "HKD", "nt$": "TWD",
    "mx$": "MXN", "r$": "BRL", "real": "BRL", "reais": "BRL",
    "yen": "JPY", "円": "JPY", "日元": "JPY", "엔": "JPY", "jp¥": "JPY",
    "yuan": "CNY", "rmb": "CNY", "人民币": "CNY", "人民幣": "CNY", "元": "CNY", "块": "CNY", "塊": "CNY", "cn¥": "CNY",
    "₩": "KRW", "won": "KRW", "원": "KRW",
    "₹": "INR", "रुपये": "INR", "रु": "INR", "रुपए": "INR",
    "₽": "RUB", "руб": "RUB", "руб.": "RUB", "рубль": "RUB", "рубля": "RUB", "рублей": "RUB", "rubles": "RUB",
    "zł": "PLN", "złoty": "PLN", "złotych": "PLN", "złote": "PLN", "zl": "PLN",
    "kč": "CZK", "korun": "CZK", "koruny": "CZK", "ft": "HUF", "forint": "HUF",
    "₺": "TRY", "tl": "TRY", "lira": "TRY", "₴": "UAH", "грн": "UAH", "₪": "ILS", "שקל": "ILS", "שקלים": "ILS",
    "฿": "THB", "บาท": "THB", "baht": "THB", "₫": "VND", "đ": "VND", "đồng": "VND", "rp": "IDR", "rupiah": "IDR",
    "лв": "BGN", "лв.": "BGN", "lei": "RON", "leu": "RON", "sfr.": "CHF", "schweizer franken": "CHF",
    "ريال": "SAR", "درهم": "AED", "₦": "NGN", "₱": "PHP", "₿": "BTC",
}  # fmt: skip


_COMMON = (
    "EUR USD GBP JPY CNY CHF CAD AUD NZD SEK NOK DKK ISK PLN CZK HUF RON BGN TRY RUB UAH INR KRW THB VND IDR BRL MXN "
    "ILS SAR AED EGP ZAR SGD HKD TWD"
)
"""The currencies whose names are read, which takes time; of all others, codes and signs are."""


@lru_cache(maxsize=1)
def _codes() -> frozenset[str]:
    return frozenset(Locale("en").currencies)


@lru_cache(maxsize=32)
def _of_language(language: str) -> dict[str, frozenset[str]]:
    """Return the signs and full names of currencies in one language."""
    locale = find_locale(language)
    found: dict[str, frozenset[str]] = {}
    if locale is None:
        return found
    names = [(sign, code) for code, sign in locale.currency_symbols.items()]
    names += [(get_currency_name(code, count=n, locale=locale), code) for code in _COMMON.split() for n in (None, 1, 5)]
    for name, code in names:
        found[name.casefold()] = found.get(name.casefold(), frozenset()) | {code}
    return found


def _shared(word: str) -> tuple[str, frozenset[str], frozenset[str]] | None:
    for words, first, others in _SHARED:
        if word in words.split():
            return words.split()[0], frozenset(first.split()), frozenset(others.split())
    return None


@lru_cache(maxsize=4096)
def currencies_of(word: str, languages: tuple[str, ...]) -> frozenset[str]:
    """Return what a sign, code or name in a reply may mean: codes, and the sign itself if currencies share it."""
    if word in _codes():
        return frozenset({word})
    folded = word.casefold()
    shared = _shared(folded)
    if shared is not None:
        return shared[1] | shared[2] | {shared[0]}
    if folded in _OWN:
        return frozenset({_OWN[folded]})
    if folded.upper() in _codes() and len(word) == 3 and word.islower() and word not in _ENGLISH_WORDS:
        return frozenset({folded.upper()})
    return next((found for language in languages if (found := _of_language(language).get(folded))), frozenset())


# Codes of currencies that are words in lowercase.
_ENGLISH_WORDS = frozenset({"all", "any", "top", "try", "mop", "cup", "gel", "bob", "sit", "pen", "bam", "ban", "kid"})


def currencies_meant(word: str, languages: tuple[str, ...]) -> frozenset[str]:
    """Return what a contract means by a unit; a sign that currencies share means the first of them, or itself."""
    shared = _shared(word.casefold())
    return currencies_of(word, languages) if shared is None else shared[1] | {shared[0]}


def signs_before(text: str) -> bool:
    """Return whether a text is a sign or code of a currency that may stand before an amount."""
    folded = text.casefold()
    return text in _codes() or folded in _OWN or _shared(folded) is not None


def has_two_decimals(codes: Sequence[str] | frozenset[str]) -> bool:
    """Return whether amounts of these currencies have at most two decimals."""
    known = [code for code in codes if code in _codes()]
    return bool(known) and all(get_currency_precision(code) <= 2 for code in known)
