"""What must hold for any input of a parser: typed refusals, results within their laws, nothing else raised.

Each `check_*` takes one hostile input and asserts; `tests/refrad2d/images/test_fuzz_parsers.py` (hypothesis) and `fuzz_atheris.py` feed
them.
"""

import json
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from refrad2d.dataset.laws import check_row
from refrad2d.grounding import Span, has_markup, parse, render
from refrad2d.images.dicom import BODY_PARTS
from refrad2d.images.masks.reading import read_mask
from refrad2d.images.masks.records import MaskRecord, read_layers
from refrad2d.images.records import Record, open_file, read_file
from refrad2d.images.sources import Source, Unreadable, list_sources
from refrad2d.labels import FINDING, LANGUAGES, PLANES, is_label
from refrad2d.llm.answers import place_mentions, usable_questions
from refrad2d.llm.client import read_answer
from refrad2d.llm.prompts import fits, load_prompt
from refrad2d.operations.file_checks import Fault
from refrad2d.operations.verify import verify
from refrad2d.privacy.deidentify import KINDS, deidentify
from refrad2d.privacy.recognisers.dates import find_dates, read_header_date
from refrad2d.stages.report_table import COLUMNS, read_reports
from refrad2d.text.references import MAX_RANGE, find_references

KEY = b"k" * 32
_REASON = re.compile(r"[a-z_]{3,40}")
_PLACEHOLDER = re.compile(rf"\[(?:{'|'.join(KINDS)})\]")
SECRET = "Xylanderberg"  # stands in inputs that a parser may refuse; no message may repeat it


def _folder() -> tempfile.TemporaryDirectory:
    return tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None)


def check_markup(text: str) -> None:
    """Whatever a model writes: plain text comes back, spans in order inside it, boxes and labels within their laws."""
    found = parse(text)
    assert not has_markup(found.text)
    at = 0
    for span in found.spans:
        assert at <= span.start < span.end <= len(found.text)
        assert all(0 <= c <= 1 for c in span.box) and span.box[0] < span.box[2] and span.box[1] < span.box[3]
        assert span.label == FINDING or is_label(span.label)
        at = span.end
    again = parse(render(found.text, found.spans))
    assert (again.text, again.spans, again.invalid) == (found.text, found.spans, 0)


def check_spans(text: str, spans: list[Span]) -> None:
    """Sorted, disjoint spans of any text: they come back, or are refused."""
    try:
        markup = render(text, spans)
    except ValueError:
        assert has_markup(text) or any(not (0 <= s.start < s.end <= len(text)) for s in spans) or _overlap(spans)
        return
    found = parse(markup)
    assert found.text == text and found.invalid == 0
    assert [(s.start, s.end, s.label) for s in found.spans] == [(s.start, s.end, s.label) for s in spans]


def _overlap(spans: list[Span]) -> bool:
    return any(a.end > b.start for a, b in zip(spans, spans[1:], strict=False))


def check_table(data: bytes, ending: str) -> None:
    """A report table of any bytes: rows of our columns, or one ValueError that repeats nothing of the table."""
    with _folder() as folder:
        path = Path(folder) / f"reports{ending}"
        path.write_bytes(data)
        try:
            rows = read_reports(path)
        except ValueError as error:
            assert type(error) is ValueError and SECRET not in str(error)
            return
    for row in rows:
        assert set(row.fields) == set(COLUMNS) and all(isinstance(v, str) for v in row.fields.values())
        assert re.fullmatch("[a-z_]*", row.reason)
        assert bool(row.reason) == (row.fields["language"] not in LANGUAGES or not row.fields["report"])
        json.dumps(row.fields).encode("ascii")
        "".join(row.fields.values()).encode("utf-8")


def check_image(data: bytes) -> None:
    """An export file of any bytes: a record whose fields are allow-listed and whose slices are sound, or a reason."""
    with _folder() as folder:
        (Path(folder) / "x").write_bytes(data)
        record = read_file((Source(folder, "x"), KEY))
        if isinstance(record, str):
            assert _REASON.fullmatch(record)
            return
        assert isinstance(record, Record)
        assert record.sex in (None, "M", "F", "O") and record.age in (None, *range(0, 100, 10))
        assert record.body_part in (None, *BODY_PARTS)
        for frame, stored in zip(record.slices, open_file(Source(folder, "x"))[1], strict=True):
            pixels = stored.pixels
            assert pixels.dtype == np.uint16 and pixels.shape == tuple(frame.placement.shape)
            assert frame.slope != 0 and np.isfinite([frame.slope, frame.intercept]).all()
            with np.errstate(over="raise", invalid="raise"):
                values = stored.values()
            assert np.isfinite(values).all()
            assert np.isfinite(frame.placement.depth) and all(0 < mm < 1e6 for mm in frame.placement.spacing)


def check_mask(data: bytes) -> None:
    """A mask file of any bytes: slices of non-negative values with names, or a reason."""
    with _folder() as folder:
        root = Path(folder)
        (root / "raw").mkdir()
        (root / "liver.nii").write_bytes(data)
        record = read_mask((Source(folder, "liver.nii"), KEY, str(root / "raw"), frozenset(PLANES)))
        if isinstance(record, str):
            assert _REASON.fullmatch(record)
            return
        assert isinstance(record, MaskRecord)
        assert all(isinstance(n, int) and isinstance(name, str) for n, name in record.names.items())
        for part in record.slices:
            if part.file:
                assert read_layers(root / "raw", part).shape[1:] == tuple(part.placement.shape)


def check_archive(data: bytes, ending: str) -> None:
    """An archive of any bytes: a sorted list of distinct inputs, each of which can be read or says why not."""
    with _folder() as folder:
        (Path(folder) / f"a{ending}").write_bytes(data)
        sources = list_sources(Path(folder), isolated=False)
        names = [source.name.encode("utf-8", "surrogateescape") for source in sources]
        assert sources and names == sorted(names) and len(set(names)) == len(names)
        for source in sources:
            try:
                assert isinstance(source.read(), bytes)
            except Unreadable as reason:
                assert _REASON.fullmatch(str(reason))
        assert [p.name for p in Path(folder).iterdir()] == [f"a{ending}"]  # nothing was unpacked


def check_references(text: str) -> None:
    """Image references: in order, apart, inside the text, of numbers that stand there."""
    at = 0
    for found in find_references(text):
        assert at <= found.start < found.end <= len(text) and 0 < len(found.instances) <= MAX_RANGE
        assert str(found.instances[0]) in re.sub(r"\b0+(?=\d)", "", _ascii_digits(text[found.start : found.end]))
        at = found.end


def _ascii_digits(text: str) -> str:
    return "".join(str(int(c)) if c.isdecimal() else c for c in text)


def check_dates(text: str) -> None:
    """Dates: inside the text, not empty; a header date is a real one or none."""
    for found in find_dates(text):
        assert 0 <= found.start < found.end <= len(text) and found.kind in ("DATE", "TIME")
        assert text[found.start : found.end].strip()
    known = read_header_date(text)
    assert known is None or (1870 <= known[0] <= 2100 and 1 <= known[1] <= 12 and 1 <= known[2] <= 31)


def check_deidentify(text: str, language: str, known: tuple[str, ...]) -> None:
    """Scrubbed text: stable under a second pass, no markup, and outside placeholders nothing that was not there."""
    once = deidentify(text, language, known)
    assert deidentify(once, language, known) == once
    assert not has_markup(once)
    rest = _PLACEHOLDER.sub("", once)
    assert len(rest) <= 4 * len(text) and len(once) <= 4 * len(text) + 14 * (len(text) + 1)
    "".join(once).encode("utf-8", "surrogatepass")


def check_answer(content: str, text: str, language: str) -> None:
    """A model's answer of any content: mentions verbatim in the text, questions that the text bears out, or nothing."""
    try:
        value = read_answer(content)
    except (ValueError, RecursionError):
        return
    if fits(value, load_prompt("mentions").schema):
        for span in place_mentions(text, value["mentions"]) or ():
            assert 0 <= span["start"] < span["end"] <= len(text) and text[span["start"] : span["end"]].strip()
            assert span["labels"] and span["label"] == span["labels"][0] and all(map(is_label, span["labels"]))
    if fits(value, load_prompt("vqa").schema):
        for entry in usable_questions(text, language, value["questions"]):
            assert entry["question"] and entry["answer"] and entry["type"] in ("open", "yesno", "multiple")
            assert not has_markup(entry["question"] + entry["answer"] + "".join(entry["choices"]))


def check_laws(row: Mapping[str, Any], mask: np.ndarray | None, *, sound: bool) -> None:
    """The laws say what is wrong with any row of the schema, and nothing about a sound one."""
    kinds = list(check_row(row, mask))
    assert all(_REASON.fullmatch(kind) for kind in kinds)
    assert not (sound and kinds), kinds


def check_manifest(data: bytes, accounting: bytes = b"") -> None:
    """A dataset folder with any manifest and accounting: faults, never an exception."""
    with _folder() as folder:
        (Path(folder) / "manifest.json").write_bytes(data)
        (Path(folder) / "accounting.jsonl").write_bytes(accounting)
        faults = list(verify(Path(folder)))
        assert all(isinstance(fault, Fault) and _REASON.fullmatch(fault.kind) for fault in faults)
        assert [json.dumps(fault._asdict()) for fault in faults]
