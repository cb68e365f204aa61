"""One slice in one language as a maker of questions: its words, its structures, its drawn choices.

>>> view = View(row, "en", mask_sizes, segmented=None)
>>> view.answer(Claim("visible", True, ("liver",), ("visible", "liver"), "mask", view.organ("liver"))).entry["answer"]
'yes'
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from hashlib import sha256
from typing import Any, TypeVar

from refrad2d.boxes import MIN_PIXELS
from refrad2d.labels import exists_in, label_by_name, labels
from refrad2d.rows import Question, SpanRow
from refrad2d.system.tables import read_csv, read_yaml
from refrad2d.text.findings import NamedFinding

CHOICES = 4  # of a multiple-choice question

T = TypeVar("T")


@dataclass(frozen=True)
class Candidate:
    """A question that could be asked. `fact` is what it gives away: no two questions about one fact are asked."""

    kind: str
    fact: tuple
    entry: Question


@dataclass(frozen=True)
class Claim:
    """A question with two answers before it is asked: `holds` is which of the two is true.

    `subject` are the names in it, the same in both languages: with `kind` they are what yes and no are balanced over.
    An `implied` one is asked only where the table of a dataset knows the other answer, of another patient.
    """

    kind: str
    holds: bool
    subject: tuple[str, ...]
    fact: tuple
    source: str
    fields: Mapping[str, str]
    implied: bool = False

    def key(self, language: str) -> str:
        """Its name in the table of counts."""
        return " ".join((language, self.kind, *self.subject))


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

    def share(self, purpose: object) -> float:
        """A number from 0 to below 1."""
        return self.number(purpose) / 2**64

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


@cache
def organs() -> dict[str, dict[str, str]]:
    """Class → its names with an article: english, german, german_accusative, german_dative; number is s or p."""
    return {row["name"]: row for row in read_csv(__package__, "organs.csv")}


_REGIONS = {  # structures that tell which part of the body a slice shows
    "head": ("brain", "skull"),
    "neck": ("thyroid_gland", "vertebrae_C*"),
    "chest": ("lung_*", "heart", "trachea"),
    "abdomen": ("liver", "spleen", "kidney_left", "kidney_right", "pancreas", "stomach", "gallbladder"),
    "pelvis": ("urinary_bladder", "prostate", "hip_*"),
}


def regions_of(view: "View") -> frozenset[str]:
    """The parts of the body that a slice shows: head, neck, chest, abdomen, pelvis; limbs if none of them."""
    shown = {
        region
        for region, patterns in _REGIONS.items()
        if any(fnmatchcase(label, pattern) for label in view.boxes for pattern in patterns)
    }
    return frozenset(shown or {"limbs"})


class View:
    """A row in one language, with what its questions are made of."""

    def __init__(
        self,
        row: Mapping,
        language: str,
        sizes: Mapping[str, int] | None,
        segmented: Collection[str] | None,
        elsewhere: Iterable = (),
    ):
        """`elsewhere` are the findings that other slices of the study tell of (known.Said)."""
        self.row, self.language, self.elsewhere = row, language, elsewhere
        self.words = templates(language)
        self.draw = Draw(row["id"], language)
        self.masked = sizes is not None
        self.named = (row.get("provenance") or {}).get("slice_rule") == "named"  # the report names this very image
        self.sizes = dict(sizes or {})
        self.boxes = {o["label"]: list(o["box"]) for o in row["objects"]}
        self.visible = [name for name in self.boxes if self.sizes.get(name, 0) >= MIN_PIXELS]
        self.speakable = [name for name in self.visible if organs()[name]["number"] == "s"]  # "the … is"
        self.absent = self._absent(segmented)
        report = (row.get("report") or {}).get(language) or {}
        self.text = report.get("findings") or ""
        self.spans = [span for span in report.get("spans") or [] if set(span["labels"]) <= set(self.boxes)]

    def _absent(self, segmented: Collection[str] | None) -> list[str]:
        """Classes that the mask knows and does not show, the likeliest confusions first."""
        if not self.visible or (self.row.get("provenance") or {}).get("blanked"):  # what lay under text is unknown
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

    def organ(self, label: str) -> dict[str, str]:
        """The structure as the wordings name it: "the liver", "in the liver"."""
        row = organs()[label]
        if self.language == "en":
            return {"organ": row["english"], "organ_acc": row["english"], "in_organ": f"in {row['english']}"}
        dative = row["german_dative"]
        inside = f"im {dative[4:]}" if dative.startswith("dem ") else f"in {dative}"
        return {"organ": row["german"], "organ_acc": row["german_accusative"], "in_organ": inside}

    def finding(self, finding: NamedFinding) -> dict[str, str]:
        """The finding as the wordings name it: "cyst", "a cyst", "diese Zyste"."""
        name = finding.names[self.language]
        word = self.words["this"].get(finding.gender if self.language == "de" else "s", "")
        return {"finding": name, "article": finding.articles[self.language], "this": f"{word} {name}"}

    def answer(self, claim: Claim) -> Candidate:
        """The claim as a question."""
        kind, holds, source = claim.kind, "yes" if claim.holds else "no", claim.source
        if kind in self.words["pairs"]:
            pair = self.words["pairs"][kind]
            choices = list(pair.values())
            return self.ask(kind, pair[holds], fact=claim.fact, source=source, choices=choices, **claim.fields)
        return self._candidate("yesno", kind, self.words[holds], claim.fact, source, (), None, claim.fields)

    def ask(
        self,
        kind: str,
        answer: str,
        *,
        fact: tuple,
        source: str,
        choices: Sequence[str] = (),
        label: str | None = None,
        **fields: str,
    ) -> Candidate:
        """A candidate of a template; with `label` its whole answer is a span at the box of that class."""
        form = "multiple" if choices else "open"
        return self._candidate(form, kind, answer, fact, source, choices, label, fields)

    def _candidate(
        self,
        form: str,
        kind: str,
        answer: str,
        fact: tuple,
        source: str,
        choices: Sequence[str],
        label: str | None,
        fields: Mapping[str, str],
    ) -> Candidate:
        question = self.draw.one(self.words["questions"][kind], kind).format(**fields)
        spans: list[SpanRow] = (
            [{"start": 0, "end": len(answer), "label": label, "labels": [label], "box": self.boxes[label]}]
            if label
            else []
        )
        entry: Question = {
            "question": question,
            "answer": answer,
            "language": self.language,
            "type": form,
            "choices": self.draw.shuffled(sorted(choices), (kind, fact)),
            "spans": spans,
            "source": source,
        }
        return Candidate(kind, fact, entry)
