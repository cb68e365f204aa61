"""A process in another Python environment that answers one JSON line with another.

>>> with Answering([python, "inside.py", "cpu"], environment) as ask:
...     ask({"ask": "check", "tasks": []}, timeout_s=60.0)
"""

import json
import os
import selectors
import subprocess
import time
from collections.abc import Mapping, Sequence
from typing import Any


class NoAnswer(Exception):
    """The process ended, or took too long: `reason` is "failed" or "timeout"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Answering:
    """Starts its process when it is first asked, and again after one that ended; what the process prints is lost."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.command, self.environment = list(command), dict(environment)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Answering":
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def __call__(self, request: Mapping[str, Any], *, timeout_s: float) -> dict[str, Any]:
        """The answer. NoAnswer if there is none; the next request then gets a new process."""
        try:
            process = self._process or self._start()
            assert process.stdin is not None
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
            return json.loads(self._read_line(process, time.monotonic() + timeout_s))
        except (OSError, ValueError) as error:
            self._end()
            raise NoAnswer("failed") from error
        except NoAnswer:
            self._end()
            raise

    def _start(self) -> "subprocess.Popen[bytes]":
        self._process = subprocess.Popen(
            self.command, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        return self._process

    def _read_line(self, process: "subprocess.Popen[bytes]", deadline: float) -> bytes:
        assert process.stdout is not None
        line = b""
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while not line.endswith(b"\n"):
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise NoAnswer("timeout")
                part = os.read(process.stdout.fileno(), 1 << 16)
                if not part:
                    raise NoAnswer("failed")
                line += part
        return line

    def _end(self) -> None:
        """Kill the process and what it started: it is a session of its own."""
        if self._process is not None:
            try:
                os.killpg(self._process.pid, 9)
            except ProcessLookupError:
                pass
            self._process.communicate()
            self._process = None
