"""What taggers are taught: invented texts with marks.

`time`: the lines of tests/fixtures/data/curate/marked_de.txt and marked_en.txt. `[[...]]` goes, and so does "old" of
`{{old|new}}`. Headings `# name` divide them into lots.

`letters`: the letters of tests/fixtures/data/letters, each three times: as it is, and with about half and nine in ten of
its marked spans as placeholders; clinical phrases; and the sentences of `time` that name no day. Unread lots stay out.
"""

import hashlib
import json
import random
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from refrad2d.labels import LANGUAGES
from refrad2d.privacy.recognisers import tagged as tagged_letters
from refrad2d.text.tagging.tagger import tokens
from refrad2d.text.temporal.checks import second_reader
from tests.fixtures.paths import DATA

UNREAD = ("apart", "eighth_apart", "ninth_apart", "informal_apart")  # of letters
TIME = {language: DATA / "curate" / f"marked_{language}.txt" for language in LANGUAGES}
_MARK = re.compile(r"\[\[(.*?)\]\]|\{\{(.*?)\|.*?\}\}")


class Lesson(NamedTuple):
    """The tokens of a text, the number of each one's tag, and that of the language."""

    tokens: list[str]
    tags: list[int]
    language: int


@dataclass(frozen=True)
class Subject:
    """What a tagger is for: its tags, words between those that each convolution joins, weights, lessons and how often
    it reads them."""

    tags: tuple[str, ...]
    apart: tuple[int, ...]
    weights: Path
    files: tuple[Path, ...]
    read: Callable[[Iterable[str]], list[Lesson]]
    epochs: int

    def digest(self) -> str:
        """Of all lessons: weights of other lessons are out of date."""
        return hashlib.sha256(b"".join(path.read_bytes() for path in self.files)).hexdigest()


def plain(line: str) -> tuple[str, list[tuple[int, int]]]:
    """The sentence of a marked line, and the stretches of it that go."""
    text, spans, end = "", [], 0
    for mark in _MARK.finditer(line):
        text += line[end : mark.start()]
        start = len(text)
        text += mark[1] if mark[1] is not None else mark[2]
        spans.append((start, len(text)))
        end = mark.end()
    return text + line[end:], spans


def lesson(line: str, language: str) -> Lesson:
    """A marked line as the network is taught it."""
    text, spans = plain(line)
    found = tokens(text)
    tags = [int(any(start <= a and b <= stop for start, stop in spans)) for _, a, b in found]
    return Lesson([word for word, _, _ in found], tags, LANGUAGES.index(language))


def read_time(without: Iterable[str] = ()) -> list[Lesson]:
    """The lessons of curation but those of some lots."""
    left_out, lessons = set(without), []
    for language, path in TIME.items():
        lot = ""
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("# "):
                lot = line[2:]
            elif lot not in left_out:
                lessons.append(lesson(line, language))
    return [one for one in lessons if one.tokens]


LETTERS = tuple(
    path for path in sorted((DATA / "letters").glob("*.jsonl")) if path.stem.removeprefix("clinical_") not in UNREAD
)
KINDS = {  # kind of mark → placeholder
    "PATIENT": "NAME", "DOCTOR": "NAME", "RELATIVE": "NAME", "TITLE": "NAME", "DATE": "DATE", "ADDRESS": "ADDRESS",
    "PHONE": "PHONE", "EMAIL": "EMAIL", "URL": "URL", "ID": "ID", "HOSPITAL": "ORGANISATION", "WARD": "ORGANISATION",
    "ORGANISATION": "ORGANISATION",
}  # fmt: skip
NONE = "NONE"
TAGS = (NONE, *sorted(set(KINDS.values())))
HIDDEN = (0.0, 0.5, 0.9)  # shares of spans that stand as placeholders, once each letter
_DATED = re.compile(
    r"\d[./]\d|\b(?:19|20)\d\d\b|\b(?:jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[kc]t|nov|de[zc])[a-zä]{0,6}\b"
    r"|(?:tag|woch)s?\b|day\b|ostern|easter|weihnacht|christmas|pfingst",
    re.IGNORECASE,
)


def read_letters(without: Iterable[str] = ()) -> list[Lesson]:
    """The lessons of letters but those of some lots."""
    left_out, drawn, lessons = set(without), random.Random(0), []
    for path in LETTERS:
        if path.stem.removeprefix("clinical_") in left_out:
            continue
        for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            spans = [(start, end, KINDS[kind]) for start, end, kind in row.get("spans", ())]
            if not spans:
                lessons.append(tagged(row["text"], [], row["language"]))
            for hidden in HIDDEN if spans else ():
                lessons.append(tagged(*replaced(row["text"], spans, hidden, drawn), row["language"]))
    for language, path in TIME.items():
        for line in path.read_text(encoding="utf-8").splitlines():
            if not line.startswith("# ") and not _DATED.search(text := plain(line)[0]):
                lessons.append(tagged(text, [], language))
    return [one for one in lessons if one.tokens]


Spans = Sequence[tuple[int, int, str]]


def replaced(text: str, spans: Spans, share: float, drawn: random.Random) -> tuple[str, list[tuple[int, int, str]]]:
    """The text with about a share of its spans as placeholders, and the spans that are left."""
    out, left, end = "", [], 0
    for start, stop, kind in sorted(spans):
        if start < end:
            continue
        out += text[end:start]
        if drawn.random() < share:
            out += f"[{kind}]"
        else:
            left.append((len(out), len(out) + stop - start, kind))
            out += text[start:stop]
        end = stop
    return out + text[end:], left


def tagged(text: str, spans: Spans, language: str) -> Lesson:
    """A text as the network of letters is taught it."""
    found = tokens(text)
    kinds = [next((kind for start, stop, kind in spans if start < b and a < stop), NONE) for _, a, b in found]
    return Lesson([word for word, _, _ in found], [TAGS.index(kind) for kind in kinds], LANGUAGES.index(language))


SUBJECTS = {
    "time": Subject(("stays", "goes"), (1, 1, 2, 4, 8, 1), second_reader.WEIGHTS, tuple(TIME.values()), read_time, 16),
    "letters": Subject(
        TAGS, (1, 1, 2, 4, 8, 16, 1), tagged_letters.WEIGHTS, (*LETTERS, *TIME.values()), read_letters, 12
    ),
}
