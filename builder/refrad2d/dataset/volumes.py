"""The `volumes` config: which classes of whole series are published, and the laws that their rows keep.

A volume is published where its series is, and every slice of the series that was ready is: a picture that was left out
would otherwise be drawn by its boxes, and a series without any row would bring in a person whom no row shows.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

from refrad2d.dataset.laws import MAX_AGE_DECADE, SEGMENTERS, SEXES
from refrad2d.dataset.splits import split_of
from refrad2d.dataset.writers import ParquetShards
from refrad2d.images.dicom import BODY_PARTS
from refrad2d.images.volumes import to_mm, union_of_slices, volume_id
from refrad2d.labels import MODALITIES, PLANES, is_label
from refrad2d.layout import shard_folder, stem
from refrad2d.rows import SliceBox, Volume
from refrad2d.schema import arrow_schema
from refrad2d.system.files import read_jsonl
from refrad2d.system.pseudonyms import is_pseudonym, pseudonym
from refrad2d.system.sorting import SortedRows

KIND = "volumes"
FARTHEST_MM = 1000.0  # between two slices, rows or columns


def write_volumes(
    src: Path, dst: Path, refuse: Callable[[str], str | None], *, key: bytes, batch: str = ""
) -> tuple[Counter, Counter]:
    """Write the volumes of a JSONL file below `dst`, the classes of a series together, in the hashed order of slices.

    `refuse` says why a series has none, by its pseudonym. Returns rows by split, and by reason those not written.
    """
    shards: dict[str, ParquetShards] = {}
    counts, left_out, order = Counter[str](), Counter[str](), SortedRows(dst / "volumes.order")
    try:
        for row in read_jsonl(src):
            order.add(f"{pseudonym(key, 'order', row['series'])} {row['label']}", row)
        for _, row in order:
            if reason := refuse(row["series"]):
                left_out[reason] += 1
                continue
            split = split_of(row["patient"], key)
            if split not in shards:
                shards[split] = ParquetShards(shard_folder(dst, KIND), stem(KIND, split, batch), arrow_schema(KIND))
            shards[split].write(row)
    finally:
        order.close()
    for split, writer in shards.items():
        counts[split] = writer.rows
        writer.close()
    return counts, left_out


def check_volume(row: Volume) -> Iterator[str]:
    """Kinds of law that a volume breaks by itself: boxes follow from those of its slices, its id from its series."""
    try:
        yield from _check_fields(row)
        yield from _check_slices(row["slices"], row["shape"])
        if row["voxels"] != sum(shown["area"] for shown in row["slices"]):
            yield "voxels_differ"
        if list(row["voxel_box"]) != list(union_of_slices(row["slices"], row["shape"])):
            yield "box_differs"
        if list(row["mm_box"]) != to_mm(row["voxel_box"], row["spacing"]):
            yield "mm_box_differs"
    except (TypeError, AttributeError, LookupError, ValueError, OverflowError):  # null or nothing where a value belongs
        yield "value_missing"


def _check_fields(row: Volume) -> Iterator[str]:
    if not all(map(is_pseudonym, (row["id"], row["patient"], row["study"], row["series"]))):
        yield "not_a_pseudonym"
    if row["id"] != volume_id(row["series"], row["label"]):
        yield "id_differs"
    if not is_label(row["label"]):
        yield "unknown_label"
    known = row["modality"] in MODALITIES and row["plane"] in PLANES and row["segmenter"] in SEGMENTERS
    if not known or row["sex"] not in (None, *SEXES) or row["body_part"] not in (None, *BODY_PARTS):
        yield "unknown_value"
    if row["age"] is not None and (row["age"] % 10 or not 0 <= row["age"] <= MAX_AGE_DECADE):
        yield "age_is_no_decade"
    if not all(0 < mm < FARTHEST_MM for mm in row["spacing"]) or not row["shape"][0] > 1:
        yield "spacing_out_of_range"


def _check_slices(slices: Sequence[SliceBox], shape: Sequence[int]) -> Iterator[str]:
    """Slices are in order, inside the series and named once; boxes lie on the edges of pixels that their areas fit."""
    count, rows, columns = shape
    numbers, names = [shown["number"] for shown in slices], {shown["id"] for shown in slices}
    if numbers != sorted(set(numbers)) or not 0 <= numbers[0] <= numbers[-1] < count or len(names) < len(slices):
        yield "slice_out_of_place"
    if not all(map(is_pseudonym, names)):
        yield "not_a_pseudonym"
    for shown in slices:
        left, top, right, bottom = shown["box"]
        edges = (left * columns, top * rows, right * columns, bottom * rows)
        inside = 0 <= left < right <= 1 and 0 <= top < bottom <= 1
        if not inside or any(abs(edge - round(edge)) > 1e-6 for edge in edges):
            yield "box_out_of_range"
        elif not 0 < shown["area"] <= round((edges[2] - edges[0]) * (edges[3] - edges[1])) or shown["pixels"] < 0:
            yield "voxels_differ"


def publishable(
    published: Collection[str], left_out: Collection[str], known: Collection[str] = ()
) -> Callable[[str], str | None]:
    """Why a series has no volumes, by its pseudonym: `known` were in the dataset before, slices of `left_out` were not
    published, and of those that are not `published` none was."""

    def refuse(series: str) -> str | None:
        if series in known:
            return "series_published_before"
        if series in left_out:
            return "slices_left_out"
        return None if series in published else "series_without_row"

    return refuse
