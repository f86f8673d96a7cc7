"""The formats that a JSON Schema can demand of a text, each with what decides on it."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from datetime import date, time
from email.errors import MessageError
from email.headerregistry import Address
from types import MappingProxyType
from uuid import UUID

import regex

from pytest_kvguard.text.pattern import Pattern
from pytest_kvguard.verifiers.timed_regex import pattern_problem

__all__ = ["FORMATS", "follows"]


def _matches(pattern: str) -> Callable[[str], bool]:
    compiled = Pattern(pattern)
    return lambda text: compiled.fullmatch(text) is not None


def _parses(read: Callable[[str], object]) -> Callable[[str], bool]:
    def judge(text: str) -> bool:
        try:
            read(text)
        except (ValueError, IndexError, AttributeError, MessageError):
            return False
        return True

    return judge


_DAY = Pattern(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CLOCK = Pattern(
    r"(?P<clock>[0-9]{2}:[0-9]{2}:(?P<second>[0-9]{2}))(?:\.[0-9]+)?"
    r"(?:[Zz]|(?P<sign>[+-])(?P<hours>[01][0-9]|2[0-3]):(?P<minutes>[0-5][0-9]))"
)
"""A time of RFC 3339, whose offset is not optional."""


def _is_date(text: str) -> bool:
    return _DAY.fullmatch(text) is not None and _parses(date.fromisoformat)(text)


def _is_time(text: str) -> bool:
    match = _CLOCK.fullmatch(text)
    if match is None:
        return False
    if match["second"] != "60":
        return _parses(time.fromisoformat)(match["clock"])
    hour, minute = int(match["clock"][:2]), int(match["clock"][3:5])
    offset = 60 * int(match["hours"] or 0) + int(match["minutes"] or 0)
    utc = 60 * hour + minute - (-offset if match["sign"] == "-" else offset)
    # Leap seconds are inserted at the end of a day in UTC only.
    return hour < 24 and minute < 60 and utc % (24 * 60) == 24 * 60 - 1


def _is_date_time(text: str) -> bool:
    return text[10:11] in ("T", "t") and _is_date(text[:10]) and _is_time(text[11:])


_LABEL = r"(?!-)[{}]{{1,63}}(?<!-)"
_is_ascii_host = _matches(rf"(?=.{{1,253}}\Z){_LABEL.format('A-Za-z0-9-')}(?:\.{_LABEL.format('A-Za-z0-9-')})*")


def _is_email(text: str) -> bool:
    """Return whether a text is one bare address; ``a@b`` is, ``Ann <a@b>`` is not."""
    local, at, domain = text.rpartition("@")
    if not at or any(sign.isspace() for sign in domain) or not _parses(lambda spec: Address(addr_spec=spec))(text):
        return False
    if domain.startswith("[") and domain.endswith("]"):
        return _parses(ipaddress.ip_address)(domain[1:-1].removeprefix("IPv6:"))
    return len(local) <= 64 and _is_ascii_host(domain)


_DURATION = (
    r"P(?:[0-9]+W|(?=[0-9T])(?:[0-9]+Y)?(?:[0-9]+M)?(?:[0-9]+D)?"
    r"(?:T(?=[0-9])(?:[0-9]+H)?(?:[0-9]+M)?(?:[0-9]+(?:\.[0-9]+)?S)?)?)"
)
_CHARACTER = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@{more}-]|%[0-9A-Fa-f]{{2}})"
"""A character of a path; ``more`` are those that an IRI allows beyond a URI."""

_BEYOND_ASCII = r"\u00a0-\ud7ff\uf900-\ufdcf\ufdf0-\uffef\U00010000-\U000efffd"


def _reference(more: str, scheme: str) -> Callable[[str], bool]:
    """Return what decides whether a text is a URI, from RFC 3986.

    Args:
        more: characters allowed beyond ASCII.
        scheme: pattern of the scheme with its colon, in a quantifier of its own if it is optional.
    """
    character = _CHARACTER.format(more=more)
    inside = rf"(?:{character}|[/?])*+"
    user_or_host = _CHARACTER.format(more=more).replace(":@", "")
    authority = rf"(?:(?:{user_or_host}|:)*+@)?+(?:\[(?P<address>[^\]]*)\]|{user_or_host}*+)(?::[0-9]*+)?+"
    path = rf"(?://(?P<authority>{authority})(?:/{character}*+)*+|/?(?:{character}+(?:/{character}*+)*+)?+)"
    compiled = Pattern(rf"(?P<scheme>{scheme}){path}(?:\?{inside})?(?:\#{inside})?")

    def judge(text: str) -> bool:
        match = compiled.fullmatch(text)
        if match is None:
            return False
        needs_host = (match["scheme"] or "").lower() in ("http:", "https:", "ftp:", "ws:", "wss:")
        if needs_host and not regex.match(r"(?:[^@]*@)?[^:@]", match["authority"] or ""):
            return False
        if not match["scheme"] and not match["authority"] and ":" in regex.split(r"[/?#]", text)[0]:
            return False  # what stands before a colon in the first segment would be a scheme
        return match["address"] is None or _parses(ipaddress.IPv6Address)(match["address"])

    return judge


_SCHEME = r"[A-Za-z][A-Za-z0-9+.-]*+:"


def _is_uuid(text: str) -> bool:
    return len(text) == 36 and all(text[at] == "-" for at in (8, 13, 18, 23)) and _parses(UUID)(text)


def _is_ipv6(text: str) -> bool:
    return "%" not in text and _parses(ipaddress.IPv6Address)(text)


FORMATS: Mapping[str, Callable[[str], bool]] = MappingProxyType(
    {
        "date": _is_date,
        "date-time": _is_date_time,
        "duration": _matches(_DURATION),
        "email": lambda text: text.isascii() and _is_email(text),
        "hostname": _is_ascii_host,
        "ipv4": _parses(ipaddress.IPv4Address),
        "ipv6": _is_ipv6,
        "iri": _reference(_BEYOND_ASCII, _SCHEME),
        "iri-reference": _reference(_BEYOND_ASCII, f"(?:{_SCHEME})?"),
        "json-pointer": _matches(r"(?:/(?:[^~/]|~[01])*)*"),
        "regex": lambda text: pattern_problem(text) is None,
        "relative-json-pointer": _matches(r"(?:0|[1-9][0-9]*)(?:#|(?:/(?:[^~/]|~[01])*)*)"),
        "time": _is_time,
        "uri": _reference("", _SCHEME),
        "uri-reference": _reference("", f"(?:{_SCHEME})?"),
        "uuid": _is_uuid,
    }
)
"""Every format that is asserted. No other name is allowed in a schema, because it would assert nothing."""


def follows(name: str, text: str) -> bool:
    """Return whether a text has a format; the name is one of ``FORMATS``."""
    return FORMATS[name](text)
