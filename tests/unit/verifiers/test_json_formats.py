"""format in a JSON Schema is asserted, whatever packages are installed."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kvguard.verifiers.json_formats import FORMATS, follows
from pytest_kvguard.verifiers.table import rule, verify

CASES: list[tuple[str, str, bool]] = [
    ("email", '"not an email"', False),
    ("email", '"a@b.de"', True),
    ("email", '"a@@b.de"', False),
    ("email", '"@"', False),
    ("email", '"Ann <a@b.de>"', False),
    ("email", '".a@b.de"', False),
    ("email", '"a@b..de"', False),
    ("uri", '"https://a.de/x?y=1#z"', True),
    ("uri", '"not a url"', False),
    ("uri", '"//a.de"', False),
    ("uri", '"http://"', False),
    ("uri", '"https://a.de/ä"', False),
    ("uri", '"mailto:a@b.de"', True),
    ("uri", '"http://[::1]:80/"', True),
    ("uri", '"http://[zz]/"', False),
    ("uri", '"www.a.de"', False),
    ("iri", '"https://a.de/ä"', True),
    ("uri", '"https://a.de:8080/p%20q"', True),
    ("uri", '"https://a.de/p%2"', False),
    ("uri", '"urn:isbn:123"', True),
    ("uri-reference", '"/a/b"', True),
    ("uri-reference", '"a b"', False),
    ("uri", '"http:///x"', False),
    ("uri", '"file:///etc/x"', True),
    ("uri", '"http://u:p@h/"', True),
    ("uri", '"http://:80/"', False),
    ("date-time", '"2024-05-01T12:00:00Z"', True),
    ("date-time", '"2024-05-01 12:00:00"', False),
    ("date-time", '"2024-05-01T25:00:00Z"', False),
    ("date-time", '"2016-12-31T23:59:60Z"', True),
    ("time", '"12:00:60Z"', False),
    ("time", '"12:00"', False),
    ("time", '"12:00:00+01:00"', True),
    ("uuid", '"2eb8aa08-aa98-11ea-b4aa-73b441d16380"', True),
    ("uuid", '"2eb8aa08aa9811eab4aa73b441d16380"', False),
    ("ipv4", '"1.2.3.400"', False),
    ("ipv6", '"::1"', True),
    ("hostname", '"-a.de"', False),
    ("hostname", '"a.de"', True),
    ("hostname", '"a_b.de"', False),
    ("regex", '"("', False),
    ("duration", '"P1DT2H"', True),
    ("duration", '"PT"', False),
    ("duration", '"P"', False),
    ("json-pointer", '"/a/~2"', False),
    ("date", '"２０２４-01-01"', False),
    ("duration", '"P1Y2M"', True),
    ("duration", '"P1D\\n"', False),
    ("email", '"ann.lee+shop@mail.example.org"', True),
    ("email", '"ann lee@example.org"', False),
    ("email", '"ann@example.org, bob@example.org"', False),
    ("email", '"ann@[127.0.0.1]"', True),
    ("email", '"ann@exa_mple.org"', False),
    ("email", '""', False),
    ("uri", '"https://example.org/a b"', False),
    ("uri", '"https://exa mple.org"', False),
    ("uri", '"example.org/a"', False),
    ("uri-reference", '"?q=1#x"', True),
    ("relative-json-pointer", '"1/a"', True),
    ("relative-json-pointer", '"/a"', False),
    ("ipv6", '"fe80::1%eth0"', False),
    ("hostname", '"a..b"', False),
    ("time", '"24:00:00Z"', False),
    ("date-time", '"2024-02-30T10:00:00Z"', False),
    ("date", '"2024-1-5"', False),
    ("date", '"05.01.2024"', False),
]


@pytest.mark.parametrize(("name", "reply", "holds"), CASES)
def test_a_text_must_have_the_format(name: str, reply: str, holds: bool) -> None:
    check = verify("json", {"type": "string", "format": name}, reply)
    assert check.holds is holds
    assert holds or f"is not of the format '{name}'" in check.observed or "…" in check.observed


@pytest.mark.parametrize("name", FORMATS)
def test_no_format_lets_everything_pass(name: str) -> None:
    assert not all(follows(name, text) for text in ("", "(", "not one of them at all ((", "\x00", "~2"))


@pytest.mark.parametrize("name", ["dates", "Email", "int32", "double", "password", "binary", "uri-template", "color"])
def test_a_format_that_is_not_asserted_is_refused(name: str) -> None:
    problem = rule("json").problem({"type": "object", "properties": {"a": {"type": "string", "format": name}}})
    assert problem is not None and f"at $.properties.a: the format {name!r} is not one that is checked" in problem


def test_a_value_of_another_type_has_no_format() -> None:
    schema = {"type": "object", "properties": {"when": {"format": "date"}}}
    assert not verify("json", schema, json.dumps({"when": 20240105})).holds


@given(st.dates(), st.datetimes(timezones=st.just(timezone.utc)), st.times(timezones=st.just(timezone.utc)), st.uuids())
def test_what_python_writes_has_the_format(day: date, moment: datetime, clock: time, number: object) -> None:
    assert follows("date", day.isoformat())
    assert follows("date-time", moment.isoformat())
    assert follows("time", clock.isoformat())
    assert follows("uuid", str(number))


@given(
    st.ip_addresses(),
    st.emails(),
    st.from_regex(r"https?://[a-z]{1,9}\.[a-z]{2,3}(/[a-z0-9]{0,4})?(\?[a-z]=[0-9])?", fullmatch=True),
)
def test_addresses_have_their_formats(address: object, email: str, uri: str) -> None:
    assert follows("ipv6" if ":" in str(address) else "ipv4", str(address))
    assert follows("uri", uri)
    assert follows("email", email)


@given(st.sampled_from(sorted(FORMATS)), st.text())
def test_any_text_can_be_judged(name: str, text: str) -> None:
    assert follows(name, text) in (True, False)
