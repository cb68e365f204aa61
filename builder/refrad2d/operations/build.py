"""`refrad2d build EXPORT --reports FILE --out DIR`: an export becomes a dataset, stage by stage.

Every stage is a folder below DIR/.stages, written as .tmp and renamed; one whose folder stands is skipped, so a killed
build goes on where it was. DIR/manifest.json is written last: where it stands, the build is whole.
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from refrad2d.dataset.card import write_card
from refrad2d.dataset.leaks import count_leaks
from refrad2d.dataset.stats import count_attrition, count_rows
from refrad2d.images.archives import name_bytes
from refrad2d.images.blanking import require_reader
from refrad2d.images.segmenter import require_command
from refrad2d.images.sources import list_sources
from refrad2d.labels import MODALITIES
from refrad2d.operations.transaction import clean_up, hold, retire
from refrad2d.privacy.heads import require_policy
from refrad2d.stages import curate, ingest, match, segment, shards
from refrad2d.stages import questions as vqa
from refrad2d.stages.report_table import read_reports
from refrad2d.system.accounting import Progress, no_progress
from refrad2d.system.files import atomic_folder, read_json, read_jsonl, write_json, write_jsonl
from refrad2d.system.pseudonyms import load_key, pseudonym
from refrad2d.text import mentions

PUBLISHED = ("refrad2d", "refrad2d-wds", "stats.json", "accounting.jsonl", "manifest.json")  # in order of renaming


class NothingUsable(Exception):
    """No row could be made of the input; the message says why, in one line."""


@dataclass(frozen=True)
class Options:
    """What a build does beside its input and output."""

    masks: Path | None = None
    mask_labels: str | None = None
    segmenter: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    site: str | None = None
    workers: int = 1
    llm: Any = None
    burnt_in_text: str = "blank"  # blank | drop | keep
    head: str = "thin"  # thin | drop | keep
    benchmarks: Path | None = None  # pictures that the card's leak table compares with

    @property
    def privacy(self) -> dict[str, str]:
        """What the user decides about pixels that could tell who a patient is; the same for all of a dataset."""
        return {"burnt_in_text": self.burnt_in_text, "head": self.head}


def build(
    export: Path, reports: Path, out: Path, key_file: Path, options: Options, progress: Progress = no_progress
) -> dict:
    """Build a dataset and return its stats. ValueError for wrong arguments, NothingUsable if no row came out."""
    check_arguments(export, out, options)
    rows = read_reports(reports, options.columns)
    new_key, new_out = not key_file.exists(), not out.exists()
    key = load_key(key_file)
    try:
        inputs = fingerprint_inputs(export, reports, options, key)
        if (out / "manifest.json").exists():
            if read_json(out / "manifest.json")["inputs"] != inputs:
                raise ValueError(
                    f"{out} already holds a dataset built from other input or options. "
                    "Choose another --out, or delete it."
                )
            clean_up(out)
            return read_json(out / "stats.json")
        with hold(out, f"build {inputs}") as stages:
            run_stages(export, rows, stages, key, options, progress)
            stage(stages / "shards", lambda dst: _write_dataset(stages, dst, key, inputs, options, progress))
            _publish(stages / "shards", out)
            retire(out)
        return read_json(out / "stats.json")
    except (ValueError, NothingUsable):
        if new_out:
            shutil.rmtree(out, ignore_errors=True)
        if new_key:
            key_file.unlink(missing_ok=True)
        raise


def check_arguments(export: Path, out: Path, options: Options) -> None:
    """ValueError for an export, output or options that cannot be."""
    if not export.exists():
        raise ValueError(f"Export {export} does not exist. Give the folder that the PACS wrote.")
    if options.masks is not None and not options.masks.exists():
        raise ValueError(
            f"Mask folder {options.masks} does not exist. "
            "Give a folder of NIfTI or DICOM SEG files, or leave --masks out."
        )
    if options.masks is not None and options.segmenter:
        raise ValueError("Both --masks and --segmenter are given. Choose one source of masks.")
    if options.segmenter:
        require_command()
    require_reader(options.burnt_in_text)
    require_policy(options.head)
    if out.exists() and not out.is_dir():
        raise ValueError(f"--out {out} is a file. Give a folder.")
    if options.benchmarks is not None and not options.benchmarks.is_dir():
        raise ValueError(f"Benchmark folder {options.benchmarks} does not exist. Give a folder of PNG or JPEG files.")
    for folder in filter(None, (export, options.masks)):
        if folder.is_dir() and out.resolve().is_relative_to(folder.resolve()):
            raise ValueError(f"--out {out} lies inside the input {folder}. Choose a folder outside it.")
    if options.workers < 1:
        raise ValueError(f"--workers {options.workers} is not positive. Give at least 1.")


def fingerprint_inputs(export: Path, reports: Path, options: Options, key: bytes) -> str:
    """A keyed name of the input: file names and sizes, the report table, the options that change the output."""
    listing = [
        (name_bytes(source.name), _size(source.root, source.path))  # bytes: the same in any locale
        for root in (export, options.masks, options.benchmarks)
        if root
        for source in list_sources(root)
    ]
    table = hashlib.sha256(reports.read_bytes()).hexdigest()
    choices = (options.mask_labels, options.segmenter, sorted(options.columns.items()), options.site, bool(options.llm))
    choices += tuple(options.privacy.values())
    return pseudonym(key, "inputs", listing, table, choices)


def _size(root: str, path: str) -> int:
    try:
        return os.stat(os.path.join(root, path)).st_size
    except OSError:
        return -1


def run_stages(export: Path, rows: list, stages: Path, key: bytes, options: Options, progress: Progress) -> None:
    """From export and reports to rows without pixels, stage by stage. NothingUsable if a stage leaves nothing."""
    workers = options.workers
    stage(stages / "ingest", lambda dst: ingest.run(
        export, rows, dst, key=key, workers=workers, site=options.site, burnt_in_text=options.burnt_in_text,
        progress=progress,
    ))  # fmt: skip
    _require_series_and_texts(stages / "ingest")
    stage(stages / "segment", lambda dst: segment.run(
        stages / "ingest", options.masks, dst, key=key, scheme=options.mask_labels,
        segmenter=options.segmenter, workers=workers, progress=progress,
    ))  # fmt: skip
    _require_masks(stages / "segment", options)
    stage(
        stages / "curate",
        lambda dst: curate.run(
            stages / "ingest" / "texts.jsonl", dst / "texts.jsonl", llm=options.llm, anatomy=named_classes
        ),
    )
    curated = stages / "curate" / "texts.jsonl"
    stage(stages / "mentions", lambda dst: mentions.run(curated, dst / "spans.jsonl", llm=options.llm))
    stage(stages / "match", lambda dst: match.run(
        stages / "ingest", stages / "segment", curated, stages / "mentions" / "spans.jsonl", dst,
        head=options.head, progress=progress,
    ))  # fmt: skip
    if not any(True for _ in read_jsonl(stages / "match" / "rows.jsonl")):
        raise NothingUsable(
            "No sentence of any report could be given to a slice. Check that reports, images and masks belong together."
        )
    stage(
        stages / "vqa",
        lambda dst: vqa.run(
            stages / "match" / "rows.jsonl",
            dst / "rows.jsonl",
            masks=stages / "segment" / "masks",
            llm=options.llm,
            anatomy=named_classes,
        ),
    )


def stage(folder: Path, work: Callable[[Path], Any]) -> None:
    """Do the work of a stage unless its folder stands; its counts go into counts.json."""
    if folder.exists():
        return
    with atomic_folder(folder) as temporary:
        counts = work(temporary)
        write_json(temporary / "counts.json", counts)


def named_classes(text: str, language: str) -> set[str]:
    """The classes that a text names in either modality; no language model may add one."""
    return {
        label for modality in MODALITIES for m in mentions.find_mentions(text, language, modality) for label in m.labels
    }


def _require_series_and_texts(folder: Path) -> None:
    counts = read_json(folder / "counts.json")
    if not any(True for _ in read_jsonl(folder / "series.jsonl")):
        raise NothingUsable(
            f"No file of the export is a usable CT or MR image ({_reasons(counts, 'dropped_')}). "
            "Export CT or MR as DICOM or NIfTI."
        )
    if not any(True for _ in read_jsonl(folder / "texts.jsonl")):
        raise NothingUsable(
            f"No report row belongs to an image of the export ({_reasons(counts, 'reports_dropped_')}). "
            "Give StudyInstanceUID, AccessionNumber or path as they are in the export."
        )


def _require_masks(folder: Path, options: Options) -> None:
    counts = read_json(folder / "counts.json")
    if options.masks is not None and not counts.get("kept"):
        raise NothingUsable(
            f"No mask belongs to a series of the export ({_reasons(counts, 'dropped_')}). "
            "A mask must have the grid of its series; leave --masks out to build without."
        )


def _reasons(counts: Mapping[str, int], prefix: str) -> str:
    found = [f"{n} {name.removeprefix(prefix)}" for name, n in sorted(counts.items()) if name.startswith(prefix)]
    return ", ".join(found) or "none given"


def _write_dataset(stages: Path, dst: Path, key: bytes, inputs: str, options: Options, progress: Progress) -> dict:
    rows = stages / "vqa" / "rows.jsonl"
    counts = shards.run(
        stages / "ingest", stages / "segment", rows, dst, key=key, workers=options.workers, progress=progress
    )
    patients = counts.pop("patients")
    stats = {
        **count_attrition(stages),
        **count_rows(read_jsonl(rows)),
        "rows": {name: dict(by_split) for name, by_split in counts.items()},
        "patients": dict(patients),
        "leaks": count_leaks((dst / "refrad2d" / "data").glob("slices-*.parquet"), options.benchmarks),
    }
    write_card(dst / "refrad2d", stats)
    write_json(dst / "stats.json", stats)
    write_jsonl(dst / "accounting.jsonl", account_stages(stages))
    about = {"inputs": inputs, "privacy": options.privacy}
    write_json(dst / "manifest.json", {**shards.manifest(dst, key, counts), **about})
    return stats["rows"]


def account_stages(stages: Path) -> list[dict]:
    """A line for every input of the stages, and one for the report table."""
    lines = [line for name in ("ingest", "segment") for line in read_jsonl(stages / name / "accounting.jsonl")]
    return [*lines, {"root": "reports", "n": 0, "status": "kept", "reason": None}]


def _publish(finished: Path, out: Path) -> None:
    """Rename the finished parts into place, the manifest last."""
    for name in PUBLISHED:
        if (finished / name).exists():
            if (out / name).is_dir():
                shutil.rmtree(out / name)
            os.replace(finished / name, out / name)
