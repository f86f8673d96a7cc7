"""API keys: which can be sent, and errors without them."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from pytest_kvguard.backends.endpoint.address import Address, RequestPolicy
from pytest_kvguard.backends.endpoint.chat_server import ChatServer
from pytest_kvguard.errors import EndpointError, JudgeError, UsageError
from pytest_kvguard.external.api_key import hide
from pytest_kvguard.verifiers.judge_endpoint import JudgeEndpoint
from tests.chat_server import chat_server

KEY = "sk-pro/9\"'\\+=&%Zq71"
SPELLINGS: dict[str, Callable[[str], str]] = {
    "raw": str,
    "repr": repr,
    "repr of bytes": lambda key: repr(key.encode()),
    "JSON": json.dumps,
    "JSON in JSON": lambda key: json.dumps(json.dumps(key)),
    "URL": quote,
    "URL parameter": lambda key: quote(key, safe=""),
    "form": quote_plus,
    "HTML": html.escape,
    "base64": lambda key: base64.b64encode(key.encode()).decode(),
    "hex": lambda key: key.encode().hex(),
    "cut off": lambda key: key[:12],
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("who", ["server", "judge"])
def test_a_key_is_hidden_in_errors_however_the_server_spells_it(who: str, spelling: str) -> None:
    written = SPELLINGS[spelling](KEY)
    with chat_server(lambda body: (401, f"bad key: {written}".encode())) as server:
        ask = {
            "server": lambda: ChatServer(Address(server.url, "m", KEY), RequestPolicy(retries=0)).ask([], 1),
            "judge": lambda: JudgeEndpoint(server.url, "m", KEY).ask("polite", "hi"),
        }
        with pytest.raises((EndpointError, JudgeError)) as caught:
            ask[who]()
    shown = str(caught.value)
    assert "bad key: " in shown and "***" in shown
    assert "Zq71" not in shown and written[:10] not in shown and repr(written)[1:11] not in shown


@pytest.mark.parametrize("who", ["server", "judge"])
def test_a_password_in_the_url_is_in_no_error(who: str) -> None:
    url = "http://me:hunter2@127.0.0.1/v1"
    with pytest.raises((EndpointError, JudgeError)) as caught:
        if who == "server":
            ChatServer(Address(url, "m"), RequestPolicy(retries=0)).ask([], 1)
        else:
            JudgeEndpoint(url, "m").ask("polite", "hi")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("who", ["server", "judge"])
def test_a_wrong_url_is_refused_without_its_password(who: str) -> None:
    with pytest.raises(UsageError, match="is not an http or https URL") as caught:
        Address("ftp://me:hunter2@host") if who == "server" else JudgeEndpoint("ftp://me:hunter2@host", "m")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("ending", "kind"),
    [
        ("\n", "a line break"),
        ("\r", "a line break"),
        (" ", "a space"),
        ("\x00", "a control character"),
        ("\x7f", "a control character"),
        ("\u2026", "a character that is not ASCII"),
    ],
)
@pytest.mark.parametrize("who", ["server", "judge"])
def test_a_key_that_no_header_can_carry_is_refused_before_any_request(who: str, ending: str, kind: str) -> None:
    with pytest.raises(UsageError, match=f"the key has {kind} .character 7 of 9") as caught:
        make: Callable[[str], object] = (
            (lambda key: Address("http://localhost", "m", key))
            if who == "server"
            else (lambda key: JudgeEndpoint("http://localhost", "m", key))
        )
        make(f"sk-123{ending}45")
    assert "sk-123" not in str(caught.value)


def test_a_text_without_the_key_stays_as_it_is() -> None:
    assert hide("answered with status 500", "", "k-123") == "answered with status 500"
