"""Prompts: Markdown files with instructions, a JSON schema and few-shots, turned into messages.

    >>> prompt = load_prompt("rewrite")
    >>> prompt.messages("Leber unverändert.")[-1]["content"]
    '<report>\\nLeber unverändert.\\n</report>'

A prompt file is Markdown: the instructions, then "## Schema" with a JSON block, then "## Example" sections with a text
block (the input) and a JSON block (the answer).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any

from refrad2d.grounding import neutralise
from refrad2d.system.tables import list_names, read_text

_BLOCK = re.compile(r"```(text|json)\n(.*?)\n```", re.DOTALL)
_TAG = re.compile(r"<(/?report>)", re.IGNORECASE)
_CHECKS = {"string": str, "array": list, "object": dict, "boolean": bool, "integer": int}


@dataclass(frozen=True)
class Prompt:
    """Instructions, examples and the schema of the answers. `hash` names this version of the file."""

    name: str
    instructions: str
    schema: Mapping[str, Any]
    examples: tuple[tuple[str, str], ...]
    hash: str

    def messages(self, text: str) -> list[dict[str, str]]:
        """The chat messages that ask for one text. The text is data: it stands between tags and cannot close them."""
        turns = [{"role": "system", "content": self.instructions}]
        for question, answer in self.examples:
            turns += [{"role": "user", "content": delimit(question)}, {"role": "assistant", "content": answer}]
        return [*turns, {"role": "user", "content": delimit(text)}]


def delimit(text: str) -> str:
    """The text between report tags; tags and markup tokens inside it are taken apart."""
    inside = _TAG.sub(r"‹\1", neutralise(text))
    return f"<report>\n{inside}\n</report>"


@cache
def load_prompt(name: str) -> Prompt:
    """The prompt data/<name>.md. ValueError if there is none."""
    known = [file.removesuffix(".md") for file in list_names(__package__, ".md")]
    if name not in known:
        raise ValueError(f"Unknown prompt {name!r}. Choose from {', '.join(known)}.")
    return read_prompt(name, read_text(__package__, f"{name}.md"))


def read_prompt(name: str, markdown: str) -> Prompt:
    """A prompt from its Markdown. ValueError if it has no schema."""
    instructions, *sections = re.split(r"^## ", markdown, flags=re.MULTILINE)
    blocks = [(section.split("\n", 1)[0].strip(), _BLOCK.findall(section)) for section in sections]
    schemas = [json.loads(found[0][1]) for title, found in blocks if title == "Schema" and found]
    if len(schemas) != 1:
        raise ValueError(f"Prompt {name!r} has {len(schemas)} schemas. Give one JSON block under '## Schema'.")
    examples = tuple((found[0][1], found[1][1]) for title, found in blocks if title == "Example")
    return Prompt(name, instructions.strip(), schemas[0], examples, sha256(markdown.encode()).hexdigest()[:12])


def fits(value: Any, schema: Mapping[str, Any]) -> bool:
    """True if a JSON value has the form of a schema: type, enum, items, properties, required, additionalProperties."""
    kind = schema.get("type")
    if kind and (not isinstance(value, _CHECKS[kind]) or (kind == "integer" and isinstance(value, bool))):
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    if isinstance(value, list):
        return all(fits(item, schema.get("items", {})) for item in value)
    if isinstance(value, dict):
        known = schema.get("properties", {})
        if not set(schema.get("required", ())) <= set(value):
            return False
        if schema.get("additionalProperties") is False and not set(value) <= set(known):
            return False
        return all(fits(item, known.get(name, {})) for name, item in value.items())
    return True
