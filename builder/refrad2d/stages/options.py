"""What a build does beside its input and output: the options of `refrad2d build` and `append`, and their fingerprint.

    Options(masks=Path("masks"), site="A", workers=8)

Each field says in its metadata what the fingerprint of the input takes of it, so that no new option is forgotten: a
finished dataset is taken for another one exactly where an option changes it.
"""

import os
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from refrad2d.images.segmentation.tasks import FINDINGS, Asked
from refrad2d.privacy.heads import POLICIES as HEAD_POLICIES
from refrad2d.system.arguments import option

_KEY = "fingerprint"
VALUE = {_KEY: lambda value: value}  # the value counts as it is
PAIRS = {_KEY: lambda value: sorted(value.items())}  # the order in which pairs were given does not count
PRESENCE = {_KEY: bool}  # only whether there is one
LISTING = {_KEY: "listing"}  # a folder: the names and sizes of its files
GIVEN = {_KEY: "given"}  # the value, only where there is one: what was finished before the option came keeps its name
NOTHING = {_KEY: None}  # the option changes no byte


def count_cores() -> int:
    """The number of processes that a build starts if none is given."""
    return os.cpu_count() or 1


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a build does beside its input and output."""

    masks: Path | None = option("folder of NIfTI or DICOM SEG masks", default=None, metavar="DIR", metadata=LISTING)
    mask_labels: str | None = option(
        "classes of masks without a label table",
        default=None,
        metavar="total|total_mr|unified|FILE",
        shown_default="total for CT, total_mr for MR",
        metadata=VALUE,
    )
    modality: Literal["CT", "MR"] | None = option(
        "what NIfTI files are where the report table does not say", default=None, metadata=GIVEN
    )
    assume_orientation: str | None = option(
        "where the axes of NIfTI files lead that do not say it, such as RAS",
        default=None,
        metavar="XYZ",
        metadata=GIVEN,
    )
    segmenter: Literal["totalsegmentator"] | None = option("make the masks instead", default=None, metadata=VALUE)
    findings: tuple[str, ...] = option(
        f"of the segmenter: also look for {', '.join(FINDINGS)}",
        default=(),
        choices=tuple(FINDINGS),
        metavar="NAME",
        metadata=GIVEN,
    )
    fast: bool = option("of the segmenter: the coarser model", default=False, metadata=GIVEN)
    device: str | None = option(
        "of the segmenter: gpu, gpu:1, cpu", default=None, metavar="NAME", shown_default="a GPU if there is one",
        metadata=NOTHING,
    )  # fmt: skip
    columns: Mapping[str, str] = option(
        "our column name = the report table's; may be given again",
        default_factory=dict,
        flag="--column",
        metavar="NAME=COLUMN",
        sample="report=Befundtext",
        metadata=PAIRS,
    )
    encoding: str | None = option(
        "encoding of a report table of text",
        default=None,
        metavar="NAME",
        shown_default="UTF-8, else the page that reads it clearly best",
        metadata=GIVEN,
    )
    language: Literal["de", "en"] | None = option(
        "language of all reports, for a table without that column", default=None, metadata=GIVEN
    )
    site: str | None = option("a name for this site in every row", default=None, metavar="NAME", metadata=VALUE)
    workers: int = option(
        "processes", default_factory=count_cores, metavar="N", shown_default="one a core", metadata=NOTHING
    )
    executor: Literal["processes", "slurm", "ray"] = option(
        "who works on the parts of a build: docs/cluster.md", default="processes", metadata=NOTHING
    )
    address: str | None = option(
        "the head of the Ray cluster for --executor ray",
        default=None,
        metavar="HOST:PORT",
        shown_default="that of this machine",
        metadata=NOTHING,
    )
    llm: Any = field(default=None, metadata=PRESENCE)  # a refrad2d.llm.client.LLM; the command line names its server
    burnt_in_text: Literal["blank", "drop", "keep", "blank_suspected", "drop_suspected"] = option(
        "what becomes of text in the pixels; ..._suspected reads fewer slices: docs/privacy.md",
        default="blank",
        metadata=VALUE,
    )
    head: str = option("what becomes of series that show a face", default="thin", choices=HEAD_POLICIES, metadata=VALUE)
    benchmarks: Path | None = option(
        "pictures that must not be here: a folder each; the card's leak table compares with them",
        default=None,
        metavar="DIR",
        metadata=LISTING,
    )

    @property
    def asked(self) -> Asked:
        """What is asked of the segmenter."""
        return Asked(self.findings, self.device or "", self.fast)

    @property
    def privacy(self) -> dict[str, str]:
        """What the user decides about pixels that could tell who a patient is; the same for all of a dataset."""
        return {"burnt_in_text": self.burnt_in_text, "head": self.head}

    @property
    def assumptions(self) -> dict[str, str]:
        """What the user says of the images that no file shows, as the manifest keeps it; empty if nothing."""
        said = {"modality": self.modality, "assume_orientation": self.assume_orientation}
        return {name: value for name, value in said.items() if value}


def require_orientation(orientation: str | None) -> None:
    """ValueError for letters that are no orientation of three axes: one of L R, one of P A, one of I S, any order."""
    pairs = ["".join(sorted(pair)) for pair in ("LR", "PA", "IS")]
    found = sorted(next((pair for pair in pairs if letter in pair), letter) for letter in orientation or "RAS")
    if found != sorted(pairs):
        raise ValueError(
            f"Unknown --assume-orientation {orientation!r}. Give three letters for where the axes lead, one "
            "of L R, one of P A, one of I S, such as RAS."
        )


def fingerprint_values(options: Options, kind: type[Options] = Options) -> tuple:
    """What counts of the options beside folders, in the order of the fields of `kind`.

    Fields of a command that inherits from `kind` do not count. TypeError for a field that does not say whether it does.
    """
    decisions = [(entry.name, _decision(entry)) for entry in fields(kind)]
    values = [take(getattr(options, name)) for name, take in decisions if callable(take)]
    given = [(name, getattr(options, name)) for name, take in decisions if take == "given" and getattr(options, name)]
    return (*values, *given)


def fingerprint_folders(options: Options, kind: type[Options] = Options) -> list[Path]:
    """The folders among the options whose listing counts, where given."""
    names = [entry.name for entry in fields(kind) if _decision(entry) == "listing"]
    return [folder for folder in (getattr(options, name) for name in names) if folder]


def _decision(entry: Field) -> Any:
    if _KEY not in entry.metadata:
        raise TypeError(
            f"Option {entry.name!r} does not say what the fingerprint of the input takes of it. "
            "Give its field one of VALUE, PAIRS, PRESENCE, LISTING, GIVEN, NOTHING as metadata."
        )
    return entry.metadata[_KEY]
