"""How well the offline curator does on the corpus of tests/fixtures/data/curate: both halves, both languages.

    python -m tests.bench.curate_scores     prints the table of docs/text.md

A row of the corpus has the text, the temporal phrases that must go, the strings that must stay (findings, measurements,
sides, negations), the findings that are no longer there, and its kind: rewrite, unchanged or empty.
"""

import json
import re
import time
from dataclasses import dataclass

from refrad2d.text.temporal import curate, curate_sentence
from tests.fixtures.paths import DATA

CORPUS = DATA / "curate"
HALVES = ("dev", "heldout")
# by authors who never saw the rules; of apart only totals are printed
OUTSIDE = (
    "outside_seen",
    "outside_apart",
    "fresh_seen",
    "fresh_apart",
    "later_seen",
    "later_apart",
    "newest_seen",
    "sixth_seen",
    "seventh_own_1",
    "seventh_own_2",
    "seventh_own_3",
    "seventh_seen",
    "eighth_seen",
    "ninth_seen",
    "tenth_apart",
    "eleventh_apart",
)
_NEGATED = re.compile(r"\b(?:kein\w*|nicht|ohne|no|not|without)\b", re.IGNORECASE)


@dataclass
class Scores:
    """Counts over one half in one language."""

    texts: int = 0
    temporal: int = 0
    gone: int = 0
    keep: int = 0
    lost: int = 0
    resolved: int = 0
    invented: int = 0
    plain: int = 0
    plain_changed: int = 0
    empty: int = 0
    not_empty: int = 0


def read_corpus(half: str, language: str) -> list[dict]:
    """The rows of one file of the corpus."""
    return _rows(f"{half}_corpus_{language}" if half in OUTSIDE else f"{half}_{language}")


def written(half: str) -> list[str]:
    """The languages that a half has."""
    name = f"{half}_corpus" if half in OUTSIDE else half
    return [language for language in ("de", "en") if (CORPUS / f"{name}_{language}.jsonl").is_file()]


def _rows(name: str) -> list[dict]:
    return [json.loads(line) for line in (CORPUS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def score(half: str, language: str) -> Scores:
    """Curate a half and count."""
    scores = Scores()
    for row in read_corpus(half, language):
        text = curate(row["text"], language)
        scores.texts += 1
        scores.keep += len(row["keep"])
        scores.lost += sum(phrase.casefold() not in text.casefold() for phrase in row["keep"])
        scores.resolved += len(row["resolved"])
        scores.invented += sum(
            phrase.casefold() in text.casefold() and not _NEGATED.search(text) for phrase in row["resolved"]
        )
        if row["kind"] == "unchanged":
            scores.plain += 1
            scores.plain_changed += text != row["text"]
        else:
            scores.temporal += len(row["temporal"])
            scores.gone += sum(
                not re.search(rf"(?<!\w){re.escape(p.strip())}(?!\w)", text, re.I) for p in row["temporal"]
            )
        if row["kind"] == "empty":
            scores.empty += 1
            scores.not_empty += bool(text)
    return scores


def sentences_per_second(language: str, seconds: float = 1.0) -> float:
    """Sentences of the corpus curated in a second of one core."""
    texts = [row["text"] for half in HALVES for row in read_corpus(half, language)]
    for text in texts:
        curate_sentence(text, language)
    began, done = time.process_time(), 0
    while time.process_time() - began < seconds:
        for text in texts:
            curate_sentence(text, language)
        done += len(texts)
    return done / (time.process_time() - began)


def table() -> str:
    """The scores as Markdown."""
    lines = [
        "| half | language | texts | temporal phrases gone | findings lost | gone findings asserted "
        "| plain texts changed | purely temporal texts left |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for half in HALVES + OUTSIDE:
        for language in written(half):
            s = score(half, language)
            lines.append(
                f"| {half} | {language} | {s.texts} | {s.gone} of {s.temporal} ({s.gone / s.temporal:.1%}) "
                f"| {s.lost} of {s.keep} | {s.invented} of {s.resolved} | {s.plain_changed} of {s.plain} "
                f"| {s.not_empty} of {s.empty} |"
            )
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
    for language in ("de", "en"):
        print(f"{language}: {sentences_per_second(language):.0f} sentences/s on one core")
