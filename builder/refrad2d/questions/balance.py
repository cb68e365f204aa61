"""Yes as often as no, for every question about every structure: one table of counts for a dataset.

    >>> dataset = read_dataset(lambda: read_jsonl(path))
    >>> dataset.balance.keeps(dataset.view(row, "en"), claim)

A pass before the questions counts how often each claim could be answered by yes and by no; of the more frequent answer
only such a share is asked, drawn by a hash of the row's id. What all patients answer alike is not asked. The table is
kept with the dataset, so that rows that are appended change nothing in the old ones.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from refrad2d.boxes import pixels_of
from refrad2d.labels import LANGUAGES, MODALITIES
from refrad2d.questions.from_mask import mask_claims, metadata_claims
from refrad2d.questions.from_text import text_claims
from refrad2d.questions.known import Said, read_known, said_findings
from refrad2d.questions.view import Claim, View
from refrad2d.rows import Report, Row

METADATA = ("modality", "plane", "body_part")


@dataclass(frozen=True)
class Balance:
    """`counts` is the key of a claim → how many rows answer yes, how many no; `values` what metadata columns hold."""

    counts: Mapping[str, tuple[int, int]]
    values: Mapping[str, Collection[str]]

    def keeps(self, view: View, claim: Claim) -> bool:
        """Whether the row of `view` may ask the claim."""
        yes, no = self.counts.get(claim.key(view.language), (0, 0))
        mine, other = (yes, no) if claim.holds else (no, yes)
        return bool(other) and view.draw.share(("keep", claim.kind, claim.subject)) * mine < other

    def varies(self, column: str) -> bool:
        """True if a metadata column has more than one value in the dataset."""
        return len(self.values.get(column, ())) > 1

    def to_json(self) -> dict[str, Any]:
        """As it is kept with a dataset."""
        return {
            "counts": {key: list(pair) for key, pair in sorted(self.counts.items())},
            "values": dict(self.values),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Balance":
        """As `to_json` gave it."""
        return cls({key: tuple(pair) for key, pair in stored["counts"].items()}, stored["values"])


@dataclass(frozen=True)
class Dataset:
    """What a question needs to know beyond its row.

    `balance` is the table, None to balance within the row; `segmented` the classes by modality that the masks looked
    for (all of the modality by default): only they can be absent; `studies` what the texts of each study tell of.
    """

    balance: Balance | None = None
    segmented: Mapping[str, Collection[str]] | None = None
    studies: Mapping[str, Collection[Said]] = field(default_factory=dict)

    def view(self, row: Row, language: str) -> View:
        """A row in one language."""
        segmented = self.segmented[row["modality"]] if self.segmented else None
        elsewhere = self.studies.get(row.get("study") or "", ())
        return View(row, language, mask_sizes(row), segmented, elsewhere)


def read_dataset(rows: Callable[[], Iterable[Row]], balance: Balance | None = None) -> Dataset:
    """The dataset of rows that can be read more than once; the table is counted unless it is given."""
    segmented: dict[str, set[str]] = {modality: set() for modality in MODALITIES}
    studies: dict[str, set[Said]] = {}
    for row in rows():
        segmented[row["modality"]].update(found["label"] for found in row["objects"])
        reports = cast("Mapping[str, Report | None]", row.get("report") or {})  # a TypedDict's values are objects
        for language, report in reports.items():
            if report and row.get("study"):
                said = said_findings(report.get("findings") or "", language, row["modality"])
                studies.setdefault(row["study"], set()).update(said)
    known = Dataset(None, segmented, studies)
    return replace(known, balance=balance or count_claims(rows(), known))


def claims(view: View) -> Iterator[Claim]:
    """All questions with two answers that a slice could be asked in a language."""
    yield from text_claims(view, read_known(view))
    yield from mask_claims(view)
    yield from metadata_claims(view)


def spoken(row: Row) -> list[str]:
    """The languages in which a row is asked: those of its texts, all if it has none."""
    reports = row.get("report") or {}
    return [language for language in LANGUAGES if reports.get(language)] or list(LANGUAGES)


def mask_sizes(row: Row) -> dict[str, int] | None:
    """The visible size of each object; None without a mask."""
    return pixels_of(row["objects"]) if row["provenance"]["segmenter"] else None


def count_claims(rows: Iterable[Row], dataset: Dataset) -> Balance:
    """The table of a dataset."""
    counts: dict[str, list[int]] = {}
    values: dict[str, set[str]] = {column: set() for column in METADATA}
    for row in rows:
        for column in METADATA:
            values[column].add(str(row.get(column)))
        for language in spoken(row):
            view = dataset.view(row, language)
            for key, holds in {(claim.key(language), claim.holds) for claim in claims(view)}:
                counts.setdefault(key, [0, 0])[0 if holds else 1] += 1
    both = {key: (yes, no) for key, (yes, no) in counts.items() if yes and no}
    return Balance(both, {column: sorted(found) for column, found in values.items()})
