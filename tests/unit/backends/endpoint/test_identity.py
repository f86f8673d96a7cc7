"""A server's build, model and cache type are read in the ways of several engines, whatever the answers look like."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from pytest_kvguard.backends.endpoint.address import Address, RequestPolicy
from pytest_kvguard.backends.endpoint.backend import Endpoints
from pytest_kvguard.backends.endpoint.chat_server import ChatServer
from pytest_kvguard.backends.endpoint.identity import Identity, differences, read_identity
from pytest_kvguard.backends.protocol import TurnOutcome
from pytest_kvguard.errors import EndpointError
from tests.chat_server import chat_server, says
from tests.unit.backends.endpoint.test_side_by_side import asked, requests

LLAMA_CPP = {"/props": json.dumps({"build_info": "b6942-a1b2", "model_path": "/models/tiny.Q4_1.gguf"}).encode()}
SGLANG = {
    "/get_server_info": json.dumps(
        {"version": "0.5.4", "model_path": "org/tiny", "kv_cache_dtype": "fp8_e5m2"}
    ).encode()
}
VLLM = {
    "/version": b'{"version": "0.32.0"}',
    "/metrics": b'# HELP x\nvllm:cache_config_info{block_size="16",cache_dtype="fp8",engine="0"} 1.0\n',
    "/v1/models": b'{"data": [{"id": "tiny", "root": "/models/tiny"}]}',
}


def told(pages: Mapping[str, bytes]) -> Identity:
    return read_identity(lambda path: pages.get(path, b""))


@pytest.mark.parametrize(
    ("pages", "identity"),
    [
        (LLAMA_CPP, Identity("llama.cpp b6942-a1b2", "tiny.Q4_1.gguf")),
        (SGLANG, Identity("SGLang 0.5.4", "tiny", "fp8_e5m2")),
        (VLLM, Identity("vLLM 0.32.0", "tiny", "fp8")),
        ({"/version": VLLM["/version"]}, Identity("vLLM 0.32.0")),
        (
            {"/props": b'{"model_path": "C:\\\\models\\\\tiny.gguf", "build_info": "b1"}'},
            Identity("llama.cpp b1", "tiny.gguf"),
        ),
        ({}, Identity()),
    ],
)
def test_what_an_engine_tells_is_read(pages: Mapping[str, bytes], identity: Identity) -> None:
    assert told(pages) == identity


@pytest.mark.parametrize(
    "answer", [b"", b"[]", b"null", b"<html>", b'{"build_info": 7}', b'{"version": ["1"]}', b"[" * 9999]
)
@pytest.mark.parametrize("path", ["/props", "/get_server_info", "/version", "/metrics", "/v1/models"])
def test_an_answer_of_another_form_tells_nothing(path: str, answer: bytes) -> None:
    assert told({path: answer}) == Identity()
    assert told({**VLLM, path: answer}) in (
        Identity(),
        told(VLLM),
        Identity("vLLM 0.32.0", "tiny"),
        Identity("vLLM 0.32.0", "", "fp8"),
    )


def test_what_is_told_is_one_short_printable_line() -> None:
    build = str(told({"/version": json.dumps({"version": "1\n::error::" + "x" * 999}).encode()}))
    assert len(build) <= 100 and build.isprintable()


def test_two_arms_may_differ_in_their_cache_alone() -> None:
    one = Identity("vLLM 0.32.0", "tiny", "auto")
    assert not list(differences(one, Identity("vLLM 0.32.0", "tiny", "fp8")))
    assert not list(differences(one, Identity()))
    assert len(list(differences(one, Identity("vLLM 0.31.0", "other", "fp8")))) == 2


def test_a_server_is_asked_at_its_root_once() -> None:
    with chat_server(says({})) as server:
        server.pages.update(LLAMA_CPP)
        client = ChatServer(Address(server.url), RequestPolicy(retries=0))
        assert client.identity == client.identity == told(LLAMA_CPP)
        assert server.paths == ["/props"]


def test_goldens_are_recorded_with_the_builds_of_all_servers() -> None:
    with chat_server(says({})) as one, chat_server(says({})) as other:
        silent = Endpoints(asked(one.url), {"fp8": asked(other.url)}).environment
        one.pages.update(VLLM)
        other.pages.update({**VLLM, "/version": b'{"version": "0.33.0"}'})
        told = Endpoints(asked(one.url), {"fp8": asked(other.url)}).environment
    assert "build" not in silent
    assert told["build"].count("vLLM 0.32.0") == told["build"].count("vLLM 0.33.0") == 1


def test_a_server_that_cannot_be_reached_tells_nothing() -> None:
    assert ChatServer(Address("http://127.0.0.1:9/v1"), RequestPolicy(retries=0)).identity == Identity()


@pytest.mark.parametrize(
    ("ordered", "told_by_arm", "is_refused"),
    [("fp8", "auto", True), ("fp8", "fp8_e4m3", False), ("fp8", "", False), ("", "auto", False)],
)
def test_an_arm_that_has_the_cache_of_the_uncompressed_one_although_another_was_ordered_is_refused(
    tmp_path: Path, ordered: str, told_by_arm: str, is_refused: bool
) -> None:
    with chat_server(says({})) as one, chat_server(says({})) as other:
        for server, cache in ((one, "auto"), (other, told_by_arm)):
            server.pages.update(VLLM)
            server.pages["/metrics"] = f'vllm:cache_config_info{{cache_dtype="{cache}"}} 1.0\n'.encode()
        arms = {"fp8": asked(other.url)}
        backend = Endpoints(asked(one.url), arms, caches={"fp8": ordered} if ordered else {})
        outcome = backend.run_turns(requests(tmp_path))[1]
    if is_refused:
        assert isinstance(outcome, EndpointError)
        assert "was started with cache type fp8 and says that it has auto" in str(outcome)
    else:
        assert isinstance(outcome, TurnOutcome)
