"""`refrad2d draw`, `verify` and `explain`: commands that look at a dataset and change nothing in it."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from refrad2d.commands.shared import require_dataset
from refrad2d.system.arguments import argument, command, option
from refrad2d.system.files import read_jsonl


@dataclass(frozen=True, kw_only=True)
class Draw:
    """Options of `refrad2d draw`."""

    dataset: Path = argument("a build's DIR", metavar="DIR")
    out: Path = argument("picture to write", metavar="OUT.png")
    rows: int = option("how many rows", default=6, metavar="N")
    split: Literal["train", "validation", "test"] | None = option("only rows of this split", default=None)
    window: str = option("CT window of the native pixels", default="soft_tissue", metavar="NAME")
    language: Literal["de", "en"] = option("of the sentences", default="en")


@command("draw", example="dataset sheet.png --rows 12 --split test")
def draw(given: Draw) -> int:
    """Draw rows of a dataset with their boxes as one picture.

    In: a build's DIR. Out: OUT.png, whose name is printed.
    """
    from refrad2d.drawing import contact_sheet
    from refrad2d.windows import get_window

    get_window(given.window)
    sheet = contact_sheet(
        given.dataset, rows=given.rows, split=given.split, window=given.window, language=given.language
    )
    given.out.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(given.out)
    print(given.out)
    return 0


@dataclass(frozen=True, kw_only=True)
class Verify:
    """Options of `refrad2d verify`."""

    dataset: Path = argument("a build's DIR", metavar="DIR")


@command("verify", example="dataset")
def verify(given: Verify) -> int:
    """Check every file, member, row and box; a JSON line a fault.

    In: a build's DIR. Out: lines {"file", "key", "kind"} on stdout, and exit code 1 if there is one.
    """
    from refrad2d.operations.verify import verify as find_faults

    require_dataset(given.dataset)
    found = False
    for fault in find_faults(given.dataset):
        found = True
        print(json.dumps(fault._asdict()))
    return 1 if found else 0


@dataclass(frozen=True, kw_only=True)
class Explain:
    """Options of `refrad2d explain`."""

    export: Path = argument("the folder that the build read", metavar="EXPORT")
    n: int | None = argument("position, `n` of a line of accounting.jsonl", metavar="N", default=None)
    reason: str | None = option("list the files that were left out for this reason", default=None, metavar="R")
    dataset: Path | None = option(
        "the build's DIR, for --reason",
        default=None,
        metavar="DIR",
        shown_default="the one here that fits",
    )
    root: str = option("which folder EXPORT is, as in accounting.jsonl: export, masks-b001", default="export")
    key_file: Path | None = option("accepted for symmetry; positions need no key", default=None, metavar="F")


@command("explain", example="hospital/dicom 17")
def explain(given: Explain) -> int:
    """Name the input file at a position of accounting.jsonl, or all that were left out for a reason (on site only).

    In: the folder that the build read. Out: the names, which may identify a patient, on stdout.
    """
    from refrad2d.images.sources import list_sources

    if not re.fullmatch(r"(export|masks|reports)(-b\d{3})?", given.root):
        raise ValueError(f"Unknown root {given.root!r}. Choose from export, masks, reports, or such as export-b001.")
    if not given.export.exists():
        raise ValueError(f"{given.export} does not exist. Give the folder that the build read.")
    sources = list_sources(given.export)
    if (given.n is None) == (given.reason is None):
        raise ValueError("explain takes a position or --reason, and one of them. Write for example explain EXPORT 17.")
    if given.n is None:
        for n in _left_out(given, len(sources)):
            print(f"{n}\t{sources[n].name}")
        return 0
    if not 0 <= given.n < len(sources):
        raise ValueError(f"Position {given.n} is outside 0..{len(sources) - 1}. Take n from accounting.jsonl.")
    print(sources[given.n].name)
    return 0


def _say_parts(folder: Path, reason: str) -> str:
    """What a build left out for the reason that is no whole file: rows of the report table, slices, texts."""
    path = folder / "stats.json"
    sections = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    counts = {
        name: section.get(f"dropped_{reason}", 0) for name, section in sections.items() if isinstance(section, dict)
    }
    if rows := counts.get("reports", 0):
        return f"Rows ({rows}) of the report table were left out for {reason!r}: stats.json numbers their lines."
    parts = sum(counts.values())
    return f"Only parts ({parts}) of kept files were left out for {reason!r}." if parts else ""


def _left_out(given: Explain, files: int) -> list[int]:
    """The positions that a build left out for the reason. ValueError if no dataset, or more than one, fits."""
    folders = [given.dataset] if given.dataset else sorted(path.parent for path in Path().glob("*/accounting.jsonl"))
    found = []
    for folder in folders:
        if not (folder / "accounting.jsonl").is_file():
            raise ValueError(f"{folder} holds no accounting.jsonl. Give --dataset DIR of a finished build.")
        lines = [line for line in read_jsonl(folder / "accounting.jsonl") if line["root"] == given.root]
        last = max((line["n"] for line in lines), default=-1)
        if last == files - 1 or given.dataset and 0 <= last < files:  # masks in the same tree may hold the last places
            found.append(lines)
    if len(found) != 1:
        raise ValueError(
            f"{len(found)} builds here read {files} files as {given.root}. Give the build with --dataset DIR, or say "
            "with --root which folder this is, such as masks."
        )
    reasons = {line["reason"] for line in found[0]} - {None}
    if given.reason not in reasons:
        parts = next(filter(None, (_say_parts(folder, str(given.reason)) for folder in folders)), "")
        known = f"Choose from {', '.join(sorted(reasons))}." if reasons else f"All files of {given.root} were kept."
        nothing = f"Nothing was left out for {given.reason!r}."
        raise ValueError(f"{parts or nothing} {known}")
    return [line["n"] for line in found[0] if line["reason"] == given.reason]
