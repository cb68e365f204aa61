"""A small server that speaks the OpenAI chat protocol on 127.0.0.1 and answers as a test tells it to.

>>> with stub_server(lambda request: reply({"findings": "Leber glatt."})) as stub: ...
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Answer:
    """What goes back: a status, a body, and the seconds to wait before."""

    status: int
    body: bytes
    delay: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)


def reply(content: Any, *, finish: str = "stop", refusal: str | None = None, delay: float = 0.0) -> Answer:
    """A completion with this content: text as it is, anything else as JSON."""
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    message = {"role": "assistant", "content": text, "refusal": refusal}
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": "stub",
        "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": None}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
    }
    return Answer(200, json.dumps(body).encode(), delay)


def error(status: int, *, headers: dict[str, str] | None = None) -> Answer:
    """An error of the server in the protocol's form."""
    body = {"error": {"message": "stub", "type": "stub", "code": str(status)}}
    return Answer(status, json.dumps(body).encode(), headers=headers or {})


def text_of(request: dict) -> str:
    """The text that a request asks about, without its tags."""
    return request["messages"][-1]["content"].removeprefix("<report>\n").removesuffix("\n</report>")


@dataclass
class Stub:
    """A running server: its address for `base_url`, and every request that it got."""

    url: str
    requests: list[dict]


@contextmanager
def stub_server(answer: Callable[[dict], Answer]) -> Iterator[Stub]:
    """Serve until the block ends. `answer` gets each request's JSON."""
    requests: list[dict] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            requests.append(request)
            given = answer(request)
            time.sleep(given.delay)
            try:
                self.send_response(given.status)
                for name, value in {"Content-Type": "application/json", **given.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(given.body)))
                self.end_headers()
                self.wfile.write(given.body)
            except (BrokenPipeError, ConnectionResetError):
                pass  # the client gave up waiting: that is what the test wants

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield Stub(f"http://127.0.0.1:{server.server_address[1]}/v1", requests)
        finally:
            server.shutdown()
            thread.join(timeout=5)
