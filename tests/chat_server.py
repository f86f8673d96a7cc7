"""An OpenAI-compatible server on this machine that plays what a test wants: replies with logprobs, and failures."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Body = dict[str, Any]
Answer = Callable[[Body], "tuple[int, bytes] | tuple[int, bytes, Mapping[str, str]] | None"]
"""Status, content and headers; None drops the connection without a word, as a process that dies does."""

MODELS = json.dumps({"data": [{"id": "tiny"}]}).encode()


def reply(text: str, logprobs: bool = True, shift: float = 0.0, finish: str = "stop", **further: Any) -> bytes:
    """Return a completion whose tokens are words; the logprob of the n-th is -n/10, lowered by ``shift``."""
    words = text.split()
    content = [{"token": word, "logprob": -number / 10 - shift} for number, word in enumerate(words)]
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": finish}
    if logprobs:
        choice["logprobs"] = {"content": content}
    return json.dumps({"choices": [choice], "usage": {"completion_tokens": len(words)}, **further}).encode()


def says(texts: Mapping[str, str], shift: float = 0.0) -> Answer:
    """Answer by the last user turn; to what is not listed, a greeting."""

    def answer(body: Body) -> tuple[int, bytes]:
        text = texts.get(body["messages"][-1]["content"], "good day")
        return 200, reply(text, "logprobs" in body, shift)

    return answer


class ChatServerStub:
    """What was asked of the server, and where it is."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.bodies: list[Body] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.pages: dict[str, bytes] = {}
        """What is at a path besides the list of models, e.g. ``/props``."""
        # Set when the test is over, so that an answer that takes for ever does not.
        self.over = threading.Event()
        self.url = ""

    @property
    def keys(self) -> list[str | None]:
        """What each request authorized itself with."""
        return [headers.get("Authorization") for headers in self.headers]


def _handler(server: ChatServerStub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.paths.append(self.path)
            self.send(200, server.pages.get(self.path, MODELS), {})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            server.bodies.append(body)
            server.headers.append(dict(self.headers))
            server.paths.append(self.path)
            given = server.answer(body)
            if given is None:
                self.close_connection = True
                return
            status, content, *headers = given
            self.send(status, content, headers[0] if headers else {})

        def send(self, status: int, content: bytes, headers: Mapping[str, str]) -> None:
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", f"{server.url}/elsewhere")
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: Any) -> None:
            pass

    return Handler


@contextmanager
def chat_server(answer: Answer) -> Iterator[ChatServerStub]:
    """Run a server while the block runs."""
    server = ChatServerStub(answer)
    http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(server))
    http.daemon_threads = True
    server.url = f"http://127.0.0.1:{http.server_port}/v1"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()

    try:
        yield server
    finally:
        server.over.set()
        http.shutdown()
        thread.join()
        http.server_close()
