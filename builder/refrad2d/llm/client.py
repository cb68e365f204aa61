"""One call to an OpenAI-compatible server: a prompt and a text in, JSON of a schema out; retried, cached, counted.

    >>> llm = LLM(base_url="http://127.0.0.1:8000/v1", model="gpt-oss-120b", cache=Path("llm-cache"))
    >>> [reply.value for reply in llm.ask_all(load_prompt("rewrite"), [(text, None) for text in texts])]

The cache holds text derived from reports. It lives where the caller says: keep it on site, and give only de-identified
texts. The key of the server is read from OPENAI_API_KEY.

The calls go through urllib3: of 50 ms that a small model takes, 32 calls at a time leave 1.6 ms of one core to each,
and the openai package alone spends 2.9 ms (building and validating its models), httpx 1.2 ms, urllib3 0.6 ms.
"""

import json
import logging
import os
import random
import re
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

from tqdm import tqdm

from refrad2d.llm.prompts import Prompt, fits

Check = Callable[[Mapping[str, Any]], str | None]  # answer → why it is no good, None if it is good

REJECTED = "rejected"  # the reason of a text that the server cannot take, such as one that is too long
_TOO_BUSY, _REJECTED = 429, (400, 413, 422)
WINDOW = 16  # texts read ahead, times concurrency: memory stays bounded, and one slow answer stops nobody
_FENCE = re.compile(r"```(?:json\b)?\s*(.*?)\s*```", re.DOTALL | re.IGNORECASE)
_OBJECTS_TRIED = 20  # braces in the words before an answer at which its JSON might begin
_THOUGHT = re.compile(r"^\s*<think>.*?</think>", re.DOTALL)
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reply:
    """What came back for one text: `value` is the answer, or None with the `reason` of the last failure."""

    value: Mapping[str, Any] | None
    reason: str | None = None


class Refused(ValueError):
    """The server turned the call away for good: a wrong model, key or address."""


@dataclass
class LLM:
    """A server, a model, and a cache of its answers.

    `attempts` is the number of tries a text has, `backoff` the seconds before the second one, doubled each time.
    `counts` has calls, cached, retried, answered, failed_<reason>, prompt_tokens and completion_tokens.
    """

    base_url: str
    model: str
    cache: Path
    concurrency: int = 32
    attempts: int = 5
    backoff: float = 0.5
    timeout: float = 120.0
    max_tokens: int = 4096
    progress: bool = True
    counts: Counter = field(default_factory=Counter, repr=False)

    def __post_init__(self) -> None:
        import urllib3

        self._pool = urllib3.PoolManager(
            maxsize=self.concurrency,
            block=False,
            retries=False,
            timeout=self.timeout,  # retries are counted here
        )
        key = os.environ.get("OPENAI_API_KEY") or "none"
        self._headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
        self._lock = threading.Lock()

    def ask_all(self, prompt: Prompt, texts: Iterable[tuple[str, Check | None]]) -> Iterator[Reply]:
        """The replies to texts and their checks, in order, `concurrency` calls at a time.

        Refused if the server turns calls away.
        """
        pending: deque[Future[Reply]] = deque()
        bar = tqdm(desc=prompt.name, unit="text", disable=not self.progress or None)
        with ThreadPoolExecutor(self.concurrency) as pool, bar:
            try:
                for text, check in texts:
                    pending.append(pool.submit(self.ask, prompt, text, check))
                    while len(pending) >= WINDOW * self.concurrency:
                        yield pending.popleft().result()
                        bar.update()
                while pending:
                    yield pending.popleft().result()
                    bar.update()
            finally:
                for future in pending:
                    future.cancel()
        _log.info("%s: %s", prompt.name, ", ".join(f"{n} {name}" for name, n in sorted(self.counts.items())))

    def ask(self, prompt: Prompt, text: str, check: Check | None = None) -> Reply:
        """The reply to one text, from the cache if it stands there. Answers that `check` objects to are asked again."""
        path = self._cache_path(prompt, text)
        if path.exists():
            self._count(cached=1)
            known = Reply(**json.loads(path.read_text(encoding="utf-8")))
            objection = check(known.value) if check and known.value is not None else None
            return Reply(None, objection) if objection else known
        reason, lasting = "", False
        for attempt in range(self.attempts):
            if attempt:
                self._count(retried=1)
                time.sleep(self.backoff * 2 ** (attempt - 1) * random.uniform(0.75, 1.25))
            value, reason, lasting = self._try_once(prompt, text, attempt)
            reason = reason or (check(value) if check else None) or ""
            if not reason:
                self._count(answered=1)
                return self._remember(path, Reply(value))
            if reason == REJECTED:  # the same text would be turned away again
                break
        self._count(**{f"failed_{reason}": 1})
        failed = Reply(None, reason)
        return self._remember(path, failed) if lasting else failed

    def _try_once(self, prompt: Prompt, text: str, attempt: int) -> tuple[Any, str, bool]:
        """(answer, reason of failure or "", whether the model itself failed rather than the way to it)."""
        from urllib3.exceptions import HTTPError, NewConnectionError, TimeoutError

        self._count(calls=1)
        schema = {"name": prompt.name, "schema": dict(prompt.schema), "strict": True}
        request = {
            "model": self.model,
            "messages": prompt.messages(text),
            "temperature": 0.0 if attempt == 0 else 0.4,  # the same question would get the same wrong answer
            "seed": attempt,
            "max_tokens": self.max_tokens,
            "response_format": {"type": "json_schema", "json_schema": schema},
        }
        address = self.base_url.rstrip("/") + "/chat/completions"
        body = json.dumps(request).encode()
        try:
            response = self._pool.request("POST", address, body=body, headers=self._headers)
        except NewConnectionError:  # urllib3 counts it among the timeouts
            return None, "connection", False
        except TimeoutError:
            return None, "timeout", False
        except HTTPError:
            return None, "connection", False
        if response.status == _TOO_BUSY:
            time.sleep(_retry_after(response.headers.get("Retry-After", "")))
            return None, "rate_limited", False
        if response.status >= 500:
            return None, "server_error", False
        if response.status in _REJECTED:
            return None, REJECTED, False
        if response.status != 200:
            raise Refused(
                f"The server at {self.base_url} refused model {self.model!r} with status {response.status}. "
                "Check --llm, --model and OPENAI_API_KEY."
            )
        return self._read(prompt, response.data)

    def _read(self, prompt: Prompt, body: bytes) -> tuple[Any, str, bool]:
        try:
            completion = json.loads(body)
            choice = completion["choices"][0]
            message, finish = choice["message"], choice.get("finish_reason")
            content, refusal = message.get("content") or "", message.get("refusal")
            usage = completion.get("usage") or {}
            self._count(**{name: int(usage.get(name) or 0) for name in ("prompt_tokens", "completion_tokens")})
        except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
            return None, "malformed", True
        if refusal or finish == "content_filter":
            return None, "refused", True
        if finish == "length":
            return None, "truncated", True
        try:
            value = read_answer(content)
        except (ValueError, RecursionError, TypeError):
            return None, "malformed", True
        return (value, "", True) if fits(value, prompt.schema) else (None, "wrong_schema", True)

    def _cache_path(self, prompt: Prompt, text: str) -> Path:
        key = json.dumps([self.model, prompt.name, prompt.hash, self.max_tokens, text], ensure_ascii=False)
        name = sha256(key.encode()).hexdigest()
        return self.cache / name[:2] / f"{name}.json"

    def _remember(self, path: Path, reply: Reply) -> Reply:
        """Write the reply where a restart finds it, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}.tmp")
        temporary.write_text(json.dumps({"value": reply.value, "reason": reply.reason}), encoding="utf-8")
        os.replace(temporary, path)
        return reply

    def _count(self, **numbers: int) -> None:
        with self._lock:
            self.counts.update(numbers)


def read_answer(content: str) -> Any:
    """The JSON value of an answer. ValueError or RecursionError if it is none, or holds what UTF-8 cannot write."""
    value = _read_json(unfence(content))
    json.dumps(value, ensure_ascii=False).encode("utf-8")  # half a surrogate pair would end the build when it is stored
    return value


def _read_json(content: str) -> Any:
    """The JSON value, or the first object in it where words stand around."""
    try:
        return json.loads(content)
    except json.JSONDecodeError as error:
        failure = error
    starts = (match.start() for match in re.finditer(r"{", content))
    for start in islice(starts, _OBJECTS_TRIED):
        try:
            return json.JSONDecoder().raw_decode(content, start)[0]
        except json.JSONDecodeError:
            continue
    raise failure


def unfence(content: str) -> str:
    """The JSON of an answer that a model wrapped in a code fence or put behind its thoughts."""
    content = _THOUGHT.sub("", content)
    fenced = _FENCE.search(content) if not content.lstrip().startswith("{") else None
    return fenced[1] if fenced else content


def _retry_after(stated: str) -> float:
    """Seconds that a server asks to wait, at most a minute; 0 if it does not say."""
    return min(float(stated), 60.0) if re.fullmatch(r"\d+(?:\.\d+)?", stated) else 0.0
