"""The words of the page in both languages, from texts.csv: `say("notice", "de")`."""

import csv
from functools import cache
from pathlib import Path


@cache
def _texts() -> dict[str, dict[str, str]]:
    with Path(__file__).with_name("texts.csv").open(encoding="utf-8", newline="") as file:
        return {row["key"]: row for row in csv.DictReader(file)}


def say(key: str, language: str) -> str:
    """One text in German ("de") or English ("en"). KeyError for a text or language that does not exist."""
    return _texts()[key][language]


class Refusal(Exception):
    """Something that a visitor can put right; the message is a key of texts.csv, `fields` fill its sentence."""

    def __init__(self, key: str, **fields: str) -> None:
        super().__init__(key)
        self.fields = fields

    def tell(self, language: str) -> str:
        """The sentence that the visitor reads."""
        return say(str(self), language).format(**self.fields)
