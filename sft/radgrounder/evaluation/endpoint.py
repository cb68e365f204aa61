"""A model behind any OpenAI-compatible server, to be judged or to be the judge.

    radgrounder eval --endpoint http://127.0.0.1:8000/v1 --model NAME --benchmark slake --data Slake1.0 --out OUT

Pictures go there as the 224 px PNG that every model is judged on. The key is read from OPENAI_API_KEY.
"""

import base64
import io
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any, cast

import numpy as np
from PIL import Image

WORKERS = 8  # requests at a time


class Endpoint:
    """Chat completions of one model on one server, temperature 0.

    `instruction` is the system message, such as "Answer with one word or phrase." for models that like to talk; it is
    part of the `fingerprint`, so answers to another instruction are never reused.
    """

    def __init__(self, url: str, model: str, *, instruction: str = "", workers: int = WORKERS) -> None:
        try:
            from openai import OpenAI
        except ImportError as error:
            raise ValueError("An endpoint needs the package openai. Install it with pip.") from error
        self.model, self.instruction, self._workers = model, instruction, workers
        self._client = OpenAI(
            base_url=url, api_key=os.environ.get("OPENAI_API_KEY", "none"), max_retries=3, timeout=120
        )

    @property
    def fingerprint(self) -> str:
        """The model's name and, if there is one, the hash of the instruction."""
        marked = f" {sha256(self.instruction.encode()).hexdigest()[:8]}" if self.instruction else ""
        return f"endpoint:{self.model}{marked}"

    def generate(self, images: Sequence[Any], prompts: Sequence[str], *, max_new_tokens: int = 512) -> list[str]:
        """One answer for each picture and prompt. An error of the server ends the run, which can then be resumed."""

        def one(image: Any, prompt: str) -> str:
            parts = [
                {"type": "image_url", "image_url": {"url": _data_url(image)}},
                {"type": "text", "text": prompt.strip()},
            ]
            return self.chat([*self._system(), {"role": "user", "content": parts}], max_tokens=max_new_tokens)

        with ThreadPoolExecutor(self._workers) as pool:
            return list(pool.map(one, images, prompts))

    def chat(
        self, messages: Sequence[Mapping[str, Any]], *, schema: Mapping[str, Any] | None = None, max_tokens: int = 512
    ) -> str:
        """The text of one reply, empty if there is none; with a `schema` the server is bound to JSON of this form."""
        bound = {"name": "reply", "strict": True, "schema": dict(schema or {})}
        options: Any = {"response_format": {"type": "json_schema", "json_schema": bound}} if schema else {}
        reply = self._client.chat.completions.create(
            model=self.model, messages=cast(Any, list(messages)), temperature=0, max_tokens=max_tokens, **options
        )
        return reply.choices[0].message.content or ""

    def _system(self) -> list[dict[str, str]]:
        return [{"role": "system", "content": self.instruction}] if self.instruction else []


def _data_url(image: Any) -> str:
    file = io.BytesIO()
    picture = image if isinstance(image, Image.Image) else Image.fromarray(np.asarray(image))
    picture.save(file, format="PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
