"""One slice in one language as a maker of questions: its words, its structures, its drawn choices.

>>> view = View(row, "en", mask_sizes, segmented=None)
>>> view.yes_or_no("visible", True, fact=("visible", "liver"), source="mask", organ="liver").entry["answer"]
'yes'
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any, TypeVar

from refrad2d.boxes import MIN_PIXELS
from refrad2d.labels import exists_in, label_by_name, labels
from refrad2d.system.tables import read_csv, read_yaml

CHOICES = 4  # of a multiple-choice question

T = TypeVar("T")


@dataclass(frozen=True)
class Candidate:
    """A question that could be asked. `fact` is what it gives away: no two questions about one fact are asked."""

    kind: str
    fact: tuple
    entry: dict


class Draw:
    """Choices from a hash of the row's id and a purpose, the same on every machine."""

    def __init__(self, *seed: str):
        self._seed = " ".join(seed)

    def number(self, purpose: object) -> int:
        """A number below 2**64."""
        return int.from_bytes(sha256(f"{self._seed} {purpose}".encode()).digest()[:8], "big")

    def shuffled(self, items: Sequence[T], purpose: object) -> list[T]:
        """The items in drawn order."""
        order = sorted(range(len(items)), key=lambda i: self.number((purpose, i)))
        return [items[i] for i in order]

    def one(self, items: Sequence[T], purpose: object) -> T:
        """One of the items."""
        return items[self.number(purpose) % len(items)]


@cache
def templates(language: str) -> dict[str, Any]:
    """The wordings and words of a language in templates.yaml."""
    return read_yaml(__package__, "templates.yaml")[language]


@cache
def body_parts() -> dict[str, dict[str, str]]:
    """DICOM's terms for examined body parts in lower case → language → name."""
    return {row["name"]: {"en": row["english"], "de": row["german"]} for row in read_csv(__package__, "body_parts.csv")}


class View:
    """A row in one language, with what its questions are made of."""

    def __init__(self, row: Mapping, language: str, sizes: Mapping[str, int] | None, segmented: Collection[str] | None):
        self.row, self.language = row, language
        self.words = templates(language)
        self.draw = Draw(row["id"], language)
        self.masked = sizes is not None
        self.sizes = dict(sizes or {})
        self.boxes = {o["label"]: list(o["box"]) for o in row["objects"]}
        self.visible = [name for name in self.boxes if self.sizes.get(name, 0) >= MIN_PIXELS]
        self.absent = self._absent(segmented)
        report = (row.get("report") or {}).get(language) or {}
        self.text = report.get("findings") or ""
        self.spans = [span for span in report.get("spans") or [] if set(span["labels"]) <= set(self.boxes)]

    def _absent(self, segmented: Collection[str] | None) -> list[str]:
        """Classes that the mask knows and does not show, the likeliest confusions first."""
        if not self.visible:
            return []
        shown = [label_by_name(name) for name in self.boxes]
        known = (
            label
            for label in labels()
            if exists_in(label, self.row["modality"]) and (segmented is None or label.name in segmented)
        )
        missing = [label for label in known if label.name not in self.boxes and not self.sizes.get(label.name)]
        return [label.name for label in sorted(missing, key=lambda x: min(abs(x.id - y.id) for y in shown))]

    def name(self, label: str) -> str:
        """The class as a reader of this language sees it."""
        return label_by_name(label).display(self.language)

    def ask(
        self,
        kind: str,
        answer: str,
        *,
        fact: tuple,
        source: str,
        choices: Sequence[str] = (),
        yesno: bool = False,
        label: str | None = None,
        **fields: str,
    ) -> Candidate:
        """A candidate of a template; with `label` its whole answer is a span at the box of that class."""
        question = self.draw.one(self.words["questions"][kind], kind).format(**fields)
        spans = (
            [{"start": 0, "end": len(answer), "label": label, "labels": [label], "box": self.boxes[label]}]
            if label
            else []
        )
        entry = {
            "question": question,
            "answer": answer,
            "language": self.language,
            "type": "yesno" if yesno else "multiple" if choices else "open",
            "choices": self.draw.shuffled(sorted(choices), (kind, fact)),
            "spans": spans,
            "source": source,
        }
        return Candidate(kind, fact, entry)

    def yes_or_no(self, kind: str, holds: bool, *, fact: tuple, source: str, **fields: str) -> Candidate:
        """A candidate that is answered by yes or no."""
        return self.ask(kind, self.words["yes" if holds else "no"], fact=fact, source=source, yesno=True, **fields)
