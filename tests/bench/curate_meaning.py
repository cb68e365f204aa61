"""Texts whose meaning curation must not turn: each output is the source itself or one that a person allowed.

python -m tests.bench.curate_meaning     prints errors, words of time left and examples as Markdown
"""

import json
from collections.abc import Callable

from refrad2d.text.temporal import curate
from tests.bench.curate_scores import OUTSIDE, written
from tests.fixtures.paths import DATA

HALVES = ("dev", "heldout")
LANGUAGES = ("de", "en")


def read_meaning(half: str, language: str) -> list[dict]:
    """Rows {"text", "allowed"}: what may come out besides the text itself with its lines joined."""
    name = f"{half}_meaning_{language}" if half in OUTSIDE else f"meaning_{half}_{language}"
    lines = (DATA / "curate" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def _plain(text: str) -> str:
    """The text without line breaks, full stop at its end and capital at its beginning."""
    plain = " ".join(text.replace("un-\nver", "unver").split()).removesuffix(".")
    return plain[:1].casefold() + plain[1:]


def errors(half: str, language: str, rewrite: Callable[[str, str], str] = curate) -> list[tuple[str, str]]:
    """(text, output) where the output is none of the allowed."""
    wrong = []
    for row in read_meaning(half, language):
        out = rewrite(row["text"], language)
        if _plain(out) not in {_plain(text) for text in (row["text"], *row["allowed"])}:
            wrong.append((row["text"], out))
    return wrong


def rewritten(half: str, language: str) -> tuple[int, int]:
    """How many of the texts that may be rewritten are, of how many."""
    rows = [row for row in read_meaning(half, language) if row["allowed"]]
    return sum(_plain(curate(row["text"], language)) != _plain(row["text"]) for row in rows), len(rows)


def table() -> str:
    """The errors as Markdown."""
    lines = [
        "| half | language | texts | meaning turned or lost | rewritten, of those that may be |",
        "|---|---|---|---|---|",
    ]
    for half in HALVES + OUTSIDE:
        for language in written(half):
            wrong, texts = len(errors(half, language)), len(read_meaning(half, language))
            done, may = rewritten(half, language)
            lines.append(f"| {half} | {language} | {texts} | {wrong} ({wrong / texts:.1%}) | {done} of {may} |")
    return "\n".join(lines)


def pairs(number: int = 20) -> str:
    """Before and after of texts that may be read, half of each language, as Markdown."""
    cells = []
    for language in LANGUAGES:
        half = "outside_seen" if language in written("outside_seen") else "dev"
        texts = [row["text"] for row in read_meaning(half, language) if "|" not in row["text"]]
        chosen = [texts[int((k + 0.5) * 2 * len(texts) / number)] for k in range(number // 2)]
        cells += [(text, curate(text, language)) for text in chosen]
    lines = [f"| {_cell(before)} | {_cell(after) or '(nothing)'} |" for before, after in cells]
    return "\n".join(["| before | after |", "|---|---|", *lines])


def _cell(text: str) -> str:
    return " ⏎ ".join(text.splitlines())


if __name__ == "__main__":
    print(table())
    print(pairs())
