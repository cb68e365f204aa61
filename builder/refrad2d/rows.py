"""The record that travels from `match` to the shards: one slice and what is said of it. Column names exist only here.

`schema` makes the features of Parquet, card and loader from these types, so a new column is one line here and the stage
that fills it. It is stored structured (text, spans, boxes); markup is rendered from it, never stored.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, NotRequired, TypedDict, cast

from refrad2d.system.files import read_jsonl

Box = Annotated[list[float], 4]  # xyxy in [0, 1], ends exclusive, from the native mask
Spacing = Annotated[list[float], 2]  # mm between rows, mm between columns, of the native slice
VoxelBox = Annotated[list[int], 6]  # xyzxyz: column, row, slice from the series' first voxel, ends exclusive
MmBox = Annotated[list[float], 6]  # the same in mm along columns, rows and slices
Picture = Annotated[Any, "image"]  # {"bytes", "path"} where it is written, a PIL image where it is read


class SpanRow(TypedDict):
    """A mention: characters `start` to `end` (exclusive) of its text, and the box of its classes in the slice."""

    start: int
    end: int
    label: str  # the first of `labels`
    labels: list[str]
    box: Box


class Context(TypedDict):
    """What the report table says beside the report: each field is a column of it, and is scrubbed like the report."""

    clinical_question: str | None
    clinical_info: str | None


class Report(Context):
    """The sentences of a report that belong to a slice, in one language."""

    findings: str
    spans: list[SpanRow]
    origin: str  # original | translated


class Reports(TypedDict):
    """A report by language, None where there is none."""

    de: Report | None
    en: Report | None


class ObjectRow(TypedDict):
    """A class in the mask of a slice."""

    label: str
    box: Box
    area: int  # pixels of the native mask
    pixels: int  # of the mask resized to the image (windows.count_pixels): the visible size; 0 if the class vanishes


class Question(TypedDict):
    """A question about a slice and its answer."""

    question: str
    answer: str
    language: str  # de | en
    type: str  # open | yesno | multiple
    choices: list[str]
    spans: list[SpanRow]  # places in the answer, for grounded questions
    source: str  # text | mask | metadata


class FindingRow(TypedDict):
    """An object outside the 121 classes."""

    label: str
    box: Box
    source: str


class Shown(TypedDict):
    """By language: the share of the sentences of a report that are about what the slice shows, None without one."""

    de: float | None
    en: float | None


class Provenance(TypedDict):
    """How a row came to be."""

    slice_rule: str  # named, finding, structure, middle; joined by + where sentences came by several
    curator: str
    segmenter: str | None
    blanked: int  # boxes of burnt-in text that were filled
    version: str
    shown: Shown


class Row(TypedDict):
    """One slice. `match` makes it without `vqa`, `image` and `mask`; `questions` and `shards` add these."""

    id: str
    patient: str
    study: str
    series: str
    modality: str  # CT | MR
    body_part: str | None
    plane: str  # axial | coronal | sagittal
    spacing: Spacing
    image: NotRequired[Picture]  # 224 px RGB windows: what the model sees
    mask: NotRequired[Picture]  # 8-bit unified class ids, native size; None without a segmenter
    objects: list[ObjectRow]
    absent: list[str]  # some classes that the slice certainly does not show; none where that is not certain
    sex: str | None
    age: int | None  # decade: 60 means 60 to 69
    site: str | None
    report: Reports
    vqa: NotRequired[list[Question]]
    findings: list[FindingRow]
    provenance: Provenance


class SliceBox(TypedDict):
    """A class in one slice of a series."""

    number: int  # of the slice in its series, from 0, in order of depth
    id: str  # of the slice; a row of this id is there only where a sentence went to the slice
    box: Box
    area: int  # as of an object
    pixels: int


class Volume(TypedDict):
    """A class in a whole series: a row of the `volumes` config."""

    id: str
    patient: str
    study: str
    series: str
    modality: str  # CT | MR
    body_part: str | None
    plane: str  # of the slices
    shape: Annotated[list[int], 3]  # slices, rows, columns
    spacing: Annotated[list[float], 3]  # mm between slices, between rows, between columns
    sex: str | None
    age: int | None
    site: str | None
    label: str
    voxel_box: VoxelBox
    mm_box: MmBox
    voxels: int
    slices: list[SliceBox]
    segmenter: str


class Part(TypedDict):
    """A piece of a message: the picture, whose text is None, or a text."""

    type: str  # image | text
    text: str | None


class Message(TypedDict):
    """One turn of a conversation, as TRL reads it."""

    role: str  # user | assistant
    content: list[Part]


class Conversation(TypedDict):
    """A row of the `sft` config."""

    image: Picture
    messages: list[Message]
    length: int


CONTEXT_COLUMNS = tuple(Context.__annotations__)
TEXT_COLUMNS = (*CONTEXT_COLUMNS, "findings")  # the free texts of a report
WHO = ("id", "patient", "study", "series", "modality", "body_part", "plane", "spacing", "sex", "age", "site")
PICTURES = ("image", "mask")
SCALE = ("slope", "intercept")  # of the archive only: hu = pixels * slope + intercept for CT


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of a file that `match` or `questions` wrote, without pictures."""
    return cast("Iterator[Row]", read_jsonl(path))


def reports_of(row: Row) -> dict[str, Report]:
    """The reports that a row has, by language."""
    reports = cast("Mapping[str, Report | None]", row["report"])  # the values of any TypedDict are typed as object
    return {language: report for language, report in reports.items() if report}


def is_grounded(row: Row) -> bool:
    """True if a report of the row has a span."""
    return any(report["spans"] for report in reports_of(row).values())
