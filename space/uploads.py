"""Uploads: one that is too large is answered with a sentence, and what nobody finished is deleted.

gradio ends the connection of an upload that is too large while the visitor still sends, and keeps the part of one whose
visitor has left.
"""

import os
import threading
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from pictures import MAX_BYTES
from texts import say

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

FORM_BYTES = 64 << 10  # what a form adds to its file
DRAINED_BYTES = 4 * MAX_BYTES  # of a refused upload that is still read, so that its sender gets to read the answer


class Guard:
    """An ASGI layer: uploads that say they are too large never reach the app."""

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 413 with the sentence in the visitor's language, else pass on."""
        if scope["type"] != "http" or scope["method"] != "POST" or not scope["path"].endswith("/upload"):
            await self.app(scope, receive, send)
            return
        headers = {name.lower(): value for name, value in scope["headers"]}
        stated = headers.get(b"content-length", b"")
        if not stated.isdigit() or int(stated) <= MAX_BYTES + FORM_BYTES:
            await self.app(scope, receive, send)
            return
        await _drain(receive)
        german = headers.get(b"accept-language", b"").lower().startswith(b"de")
        body = say("too_large", "de" if german else "en").encode()
        fields = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 413, "headers": [*fields, (b"connection", b"close")]})
        await send({"type": "http.response.body", "body": body})


async def _drain(receive: Receive) -> None:
    """Read what is sent, up to a bound, and forget it."""
    read = 0
    while read < DRAINED_BYTES:
        message = await receive()
        read += len(message.get("body", b""))
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            return


def sweep(folder: str, seconds: float) -> int:
    """Delete the files below a folder that nothing has touched for `seconds`; the number of those deleted."""
    oldest, deleted = time.time() - seconds, 0
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)
            try:
                if os.lstat(path).st_mtime < oldest:
                    os.unlink(path)
                    deleted += 1
            except FileNotFoundError:
                pass  # gradio was faster
    return deleted


def keep_sweeping(folder: str, every: float, seconds: float) -> None:
    """Sweep in the background for as long as the process lives."""

    def work() -> None:
        while True:
            time.sleep(every)
            sweep(folder, seconds)

    threading.Thread(target=work, daemon=True, name="sweep uploads").start()
