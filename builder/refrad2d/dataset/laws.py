"""The laws of a row: boxes and visible sizes follow from the mask, spans from the text.

kinds = list(check_row(row, mask))     # such as "box_differs"; empty where all is well
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import numpy as np

from refrad2d.boxes import box_of, objects
from refrad2d.grounding import has_markup
from refrad2d.images.dicom import BODY_PARTS
from refrad2d.labels import FINDING, LANGUAGES, MODALITIES, PLANES, exists_in, is_label, label_by_name
from refrad2d.rows import TEXT_COLUMNS, ObjectRow, Row, SpanRow, reports_of
from refrad2d.system.pseudonyms import is_pseudonym
from refrad2d.text.slices import ABSENT, RULES

VQA_TYPES = ("open", "yesno", "multiple")
MAX_AGE_DECADE = 90  # older patients share this decade
SEXES = ("M", "F", "O")
ORIGINS = ("original", "translated")
SOURCES = ("text", "mask", "metadata")  # of a question
SEGMENTERS = ("masks", "totalsegmentator")
_CURATOR = re.compile(r"(?:rules(?::[a-z_]+)?|[\w.:/ -]{1,80}@[a-z_]+:[0-9a-f]+)")
_VERSION = re.compile(r"\d[\w.+!-]{0,40}")
TOLERANCE = 1e-9


def check_row(row: Row, mask: np.ndarray | None) -> Iterator[str]:
    """Kinds of law that a row breaks. `mask` is (rows, columns) of unified ids, None where the row has none."""
    try:
        yield from _check_row(row, mask)
    except (TypeError, AttributeError, KeyError, OverflowError):  # null or nothing where a law needs a value
        yield "value_missing"


def _check_row(row: Row, mask: np.ndarray | None) -> Iterator[str]:
    yield from check_fields(row)
    if mask is None:
        if row["objects"]:
            yield "objects_without_mask"
    elif mask.ndim != 2 or not _same_objects(row["objects"] or [], objects(mask)):
        yield "objects_differ"
    if not _truly_absent(row):
        yield "absent_is_shown"
    if not all(_is_share(row, language) for language in LANGUAGES):
        yield "shown_is_no_share"
    for text, spans in grounded_texts(row):
        yield from check_spans(text, spans)
        for span in spans:
            if not _true_box(span, row, mask):
                yield "box_differs"


def require_manifest(manifest: Mapping[str, Any]) -> None:
    """ValueError, KeyError, TypeError or AttributeError if a manifest lacks what is checked, or has another form."""
    if not isinstance(manifest["format"], int):
        raise ValueError("The format in the manifest is no number. Build again.")
    for entry in manifest["files"].values():
        if not isinstance(entry["sha256"], str) or not isinstance(entry["bytes"], int):
            raise ValueError("A file in the manifest has no sha256 or no size. Build again.")
    if not all(isinstance(by_split, dict) for by_split in manifest.get("rows", {}).values()):
        raise ValueError("The rows in the manifest are not counted by split. Build again.")
    if not all(isinstance(name, str) for part in ("emptied", "removed") for name in manifest.get(part, [])):
        raise ValueError("The manifest lists a shard or patient that is no name. Build again.")


def check_fields(row: Row) -> Iterator[str]:
    """Kinds of law that the plain fields of a row break."""
    if not all(map(is_pseudonym, (row["id"], row["patient"], row["study"], row["series"]))):
        yield "not_a_pseudonym"
    if row["modality"] not in MODALITIES or row["plane"] not in PLANES:
        yield "unknown_value"
    if row["age"] is not None and (row["age"] % 10 or not 0 <= row["age"] <= MAX_AGE_DECADE):
        yield "age_is_no_decade"
    if row["spacing"] is not None and not (len(row["spacing"]) == 2 and all(0 < mm < 1000 for mm in row["spacing"])):
        yield "spacing_out_of_range"
    if any(q["type"] not in VQA_TYPES or q["language"] not in LANGUAGES or not q["answer"] for q in row["vqa"] or ()):
        yield "unknown_value"
    if not _has_known_values(row):
        yield "unknown_value"
    for text in texts_of(row):
        if has_markup(text):
            yield "markup_in_text"


def _has_known_values(row: Row) -> bool:
    """True if every field of a closed set holds a value of it."""
    made = row["provenance"]
    rules = (made["slice_rule"] or "").split("+")
    return (
        row["sex"] in (None, *SEXES)
        and (row["body_part"] is None or row["body_part"] in BODY_PARTS)
        and all(report["origin"] in ORIGINS for report in reports_of(row).values())
        and all(question["source"] in SOURCES for question in row["vqa"] or ())
        and all(found["source"] == "mask" for found in row["findings"] or ())
        and rules == [rule for rule in RULES if rule in rules]
        and made["segmenter"] in (None, *SEGMENTERS)
        and made["blanked"] >= 0
        and all(map(_CURATOR.fullmatch, made["curator"].split("+")))
        and bool(_VERSION.fullmatch(made["version"]))
    )


def texts_of(row: Row) -> Iterator[str]:
    """Every free text of a row."""
    for report in reports_of(row).values():
        columns = cast("Mapping[str, str | None]", report)  # a TypedDict is indexed by literals only
        yield from filter(None, (columns[name] for name in TEXT_COLUMNS))
    for entry in row["vqa"] or ():
        yield from (entry["question"], entry["answer"], *(entry["choices"] or ()))


def grounded_texts(row: Row) -> Iterator[tuple[str, Sequence[SpanRow]]]:
    """(text, spans in it) of each report and each answer."""
    for report in reports_of(row).values():
        yield report["findings"] or "", report["spans"] or ()
    for entry in row["vqa"] or ():
        yield entry["answer"] or "", entry["spans"] or ()


def check_spans(text: str, spans: Sequence[SpanRow]) -> Iterator[str]:
    """Spans are sorted, apart and inside the text; boxes inside the picture; labels known, the first being `label`."""
    at = 0
    for span in spans:
        if not at <= span["start"] < span["end"] <= len(text):
            yield "span_out_of_place"
        at = span["end"]
        box = span["box"]
        if len(box) != 4 or not (0 <= box[0] < box[2] <= 1 and 0 <= box[1] < box[3] <= 1):
            yield "box_out_of_range"
        labels = list(span["labels"] or ())
        if not labels or labels[0] != span["label"] or not all(name == FINDING or is_label(name) for name in labels):
            yield "unknown_label"


def _truly_absent(row: Row) -> bool:
    """True if the classes that a row denies are classes, at most ABSENT, none of its objects and, where the mask was
    made on site, such as its segmenter looks for; and if the row then has a mask without a blank."""
    denied, made = list(row["absent"] or ()), row["provenance"]
    there = {found["label"] for found in row["objects"] or ()}
    certain = not denied or bool(there) and not made["blanked"]
    if not certain or len(set(denied)) != len(denied) or len(denied) > ABSENT or not all(map(is_label, denied)):
        return False
    looked = made["segmenter"] in (None, "masks") or all(exists_in(label_by_name(x), row["modality"]) for x in denied)
    return looked and there.isdisjoint(denied)


def _is_share(row: Row, language: str) -> bool:
    """True if the share of sentences about the slice lies in [0, 1] and is there just where a report is."""
    share = row["provenance"]["shown"]["de" if language == "de" else "en"]
    return (share is not None and 0 <= share <= 1) if language in reports_of(row) else share is None


def _true_box(span: SpanRow, row: Row, mask: np.ndarray | None) -> bool:
    """True if the span's box is the union box of its labels in the mask, or for a finding one of the row's findings."""
    if FINDING in span["labels"] or not all(map(is_label, span["labels"])):
        return any(_close(span["box"], finding["box"]) for finding in row["findings"] or ())
    box = box_of(mask, list(span["labels"])) if mask is not None and mask.ndim == 2 else None
    present = {found["label"] for found in row["objects"] or ()}
    return box is not None and _close(span["box"], box) and set(span["labels"]) <= present


def _same_objects(stored: Sequence[ObjectRow], true: Sequence[ObjectRow]) -> bool:
    return len(stored) == len(true) and all(
        all(a[name] == b[name] for name in ("label", "area", "pixels")) and _close(a["box"], b["box"])
        for a, b in zip(stored, true, strict=True)
    )


def _close(a: Sequence[float], b: Sequence[float]) -> bool:
    return len(a) == len(b) == 4 and all(abs(x - y) <= TOLERANCE for x, y in zip(a, b, strict=True))
