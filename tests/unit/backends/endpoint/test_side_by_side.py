"""Several servers are asked concurrently; one with several names is still asked one question at a time."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from pytest_kvguard.backends.endpoint.address import Address, RequestPolicy
from pytest_kvguard.backends.endpoint.backend import Endpoints
from pytest_kvguard.backends.endpoint.chat_server import ChatServer
from pytest_kvguard.backends.protocol import TurnOutcome, TurnRequest
from pytest_kvguard.contract.parse import parse_contract
from pytest_kvguard.values.cell import ON_SERVER, Cell
from tests.chat_server import chat_server, says

PATIENCE_SECONDS = 30.0
SHOP = """
kvguard: 1
name: shop
context:
  instructions:
    - {id: hours, text: "We open at 9:30.", check: {contains: "9:30"}}
probes: {opening: "When do you open?"}
"""
QUESTION = "When do you open?"


def requests(tmp_path: Path) -> list[TurnRequest]:
    """Return a request to the baseline and one to the compressed arm."""
    path = tmp_path / "shop.kv.yaml"
    path.write_text(SHOP)
    contract = parse_contract(path)
    return [
        TurnRequest(contract, contract.written_order, (QUESTION,), (), cell, "context")
        for cell in (Cell(kernel=ON_SERVER), Cell(server="fp8", kernel=ON_SERVER))
    ]


def asked(url: str) -> ChatServer:
    return ChatServer(Address(url), RequestPolicy(retries=0))


def test_two_servers_are_asked_at_the_same_time(tmp_path: Path) -> None:
    meeting = threading.Barrier(2)

    def answer(body: dict[str, Any]) -> Any:
        if body["messages"][-1]["content"] == QUESTION:
            meeting.wait(PATIENCE_SECONDS)
        return says({})(body)

    with chat_server(answer) as one, chat_server(answer) as other:
        outcomes = Endpoints(asked(one.url), {"fp8": asked(other.url)}).run_turns(requests(tmp_path))
    assert all(isinstance(outcome, TurnOutcome) for outcome in outcomes)


def test_one_server_under_two_names_is_asked_one_thing_at_a_time(tmp_path: Path) -> None:
    counting, second = threading.Lock(), threading.Event()
    under_way: list[int] = []

    def answer(body: dict[str, Any]) -> Any:
        with counting:
            under_way.append(1)
            if sum(under_way) > 1:
                second.set()
        # A second request would come within this time.
        second.wait(0.2)
        with counting:
            under_way.append(-1)
        return says({})(body)

    with chat_server(answer) as server:
        Endpoints(asked(server.url), {"fp8": asked(server.url + "/")}).run_turns(requests(tmp_path))
    assert under_way and not second.is_set()
