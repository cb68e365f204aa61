"""The stages of a build, in order: what each reads and writes, and what must be left for the next one.

Every stage is a folder below DIR/.stages, written as .tmp and renamed; one whose folder stands is skipped, so a killed
build goes on where it was. Build and append run the same ones.
"""

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from refrad2d.engine.parts import Executor, run_parts
from refrad2d.engine.processes import Processes
from refrad2d.engine.ray import Ray
from refrad2d.engine.sealed import Sealing
from refrad2d.engine.slurm import Slurm
from refrad2d.images.archives import name_bytes
from refrad2d.images.blanking import require_reader
from refrad2d.images.segmentation.segmenter import find_segmenter
from refrad2d.images.sources import list_sources
from refrad2d.privacy.heads import require_policy
from refrad2d.privacy.people_file import PeopleFile
from refrad2d.questions.balance import Balance
from refrad2d.stages import curate, ingest, match, mentions, questions, segment
from refrad2d.stages.options import Options, fingerprint_folders, fingerprint_values, require_orientation
from refrad2d.stages.report_table import ReportTable
from refrad2d.system.accounting import Progress
from refrad2d.system.files import atomic_folder, read_json, read_jsonl, write_json
from refrad2d.system.pseudonyms import pseudonym_of_list
from refrad2d.system.reasons import main_advice
from refrad2d.system.sealed import require_sealing
from refrad2d.text.slices import UNPLACED


class NothingUsable(Exception):
    """No row could be made of the input; the message says why, in one line."""


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
        find_segmenter(options.segmenter, options.asked).require()
    elif options.findings or options.fast or options.device:
        raise ValueError("--findings, --fast and --device are of --segmenter, which is not given. Give it, or none.")
    require_sealing()
    require_reader(options.burnt_in_text)
    require_policy(options.head)
    require_orientation(options.assume_orientation)
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
    listing = (
        repr((name_bytes(source.name), _size(source.root, source.path)))  # bytes: the same in any locale
        for root in (export, *fingerprint_folders(options))
        for source in list_sources(root)
    )
    table = hashlib.sha256(reports.read_bytes()).hexdigest()
    return pseudonym_of_list(key, "inputs", listing, table, fingerprint_values(options))


def _size(root: str, path: str) -> int:
    try:
        return os.stat(os.path.join(root, path)).st_size
    except OSError:
        return -1


@dataclass(frozen=True)
class Input:
    """What the stages of one build or append work on; `root` is the folder that holds theirs."""

    export: Path
    reports: ReportTable
    root: Path
    key: bytes
    options: Options
    progress: Progress
    balance: Balance | None = None  # of the dataset that is appended to
    people: PeopleFile | None = None
    key_file: Path | None = None  # where machines that do parts find the key

    @property
    def texts(self) -> Path:
        """The curated texts."""
        return self.root / "curate" / "texts.jsonl"

    def parts(self, stage: str) -> tuple[Path, Executor]:
        """Where the parts of a stage lie while it is done, and who does them."""
        options = self.options
        makers: dict[str, Callable[[], Executor]] = {
            "processes": lambda: Processes(options.workers, self.key, self.progress),
            "slurm": Slurm,
            "ray": lambda: Ray(options.address),
        }
        return self.root / f"{stage}.parts", makers[options.executor]()

    def sealing(self, stage: str) -> Sealing:
        """The same for parts whose tasks and results are sealed, since they may identify patients."""
        return Sealing(*self.parts(stage), self.key, self.key_file)


def _ingest(given: Input, dst: Path) -> Counter:
    options = given.options
    return ingest.run(
        given.export,
        given.reports.rows,
        dst,
        table=given.reports.facts,
        key=given.key,
        masks=options.masks,
        workers=options.workers,
        site=options.site,
        burnt_in_text=options.burnt_in_text,
        modality=options.modality or "",
        orientation=options.assume_orientation or "",
        people=given.people,
        work=given.sealing("ingest"),
        progress=given.progress,
    )


def _segment(given: Input, dst: Path) -> Counter:
    options = given.options
    return segment.run(
        given.root / "ingest",
        options.masks,
        dst,
        key=given.key,
        scheme=options.mask_labels,
        orientation=options.assume_orientation or "",
        segmenter=options.segmenter,
        asked=options.asked,
        workers=options.workers,
        work=given.sealing("segment"),
        progress=given.progress,
    )


def _curate(given: Input, dst: Path) -> Counter:
    texts = given.root / "ingest" / "texts.jsonl"
    if given.options.llm:
        return curate.run(texts, dst / "texts.jsonl", llm=given.options.llm)
    return run_parts("refrad2d.stages.curate:run", texts, dst / "texts.jsonl", *given.parts("curate"))


def _mentions(given: Input, dst: Path) -> Counter:
    if given.options.llm:
        return mentions.run(given.texts, dst / "spans.jsonl", llm=given.options.llm)
    return run_parts("refrad2d.stages.mentions:run", given.texts, dst / "spans.jsonl", *given.parts("mentions"))


def _match(given: Input, dst: Path) -> Counter:
    spans = given.root / "mentions" / "spans.jsonl"
    folders = (given.root / "ingest", given.root / "segment")
    return match.run(*folders, given.texts, spans, dst, head=given.options.head, progress=given.progress)


def _questions(given: Input, dst: Path) -> Counter:
    return questions.run(
        given.root / "match" / "rows.jsonl",
        dst / "rows.jsonl",
        llm=given.options.llm,
        balance=given.balance,
    )


def _require_series_and_texts(folder: Path, options: Options) -> None:
    counts = read_json(folder / "counts.json")
    if not any(True for _ in read_jsonl(folder / "series.jsonl")):
        raise NothingUsable(
            f"No file of the export is a usable CT or MR image ({_reasons(counts, 'dropped_')}). {main_advice(counts)}"
        )
    if not counts.get("reports_kept") and not any(name.startswith("reports_dropped_") for name in counts):
        raise NothingUsable("The report table has no row below its header. Export it with the reports.")
    if not any(True for _ in read_jsonl(folder / "texts.jsonl")):
        raise NothingUsable(
            f"No report row belongs to an image of the export ({_reasons(counts, 'reports_dropped_')}). "
            f"{main_advice(counts, 'reports_dropped_')}"
        )


def _require_masks(folder: Path, options: Options) -> None:
    counts = read_json(folder / "counts.json")
    if options.masks is None or counts.get("kept"):
        return
    if not any(name.startswith("dropped_") for name in counts):
        raise NothingUsable(
            "No file of --masks is a mask: the export holds the same files, and they were read as images. "
            "Give the folder of the masks, or leave --masks out to build without."
        )
    raise NothingUsable(
        f"No mask belongs to a series of the export ({_reasons(counts, 'dropped_')}). "
        f"{main_advice(counts)} Leave --masks out to build without."
    )


def _require_rows(folder: Path, options: Options) -> None:
    if any(True for _ in read_jsonl(folder / "rows.jsonl")):
        return
    curate = folder.parent / "curate" / "counts.json"
    matched, curated = read_json(folder / "counts.json"), read_json(curate) if curate.is_file() else {}
    lost = {f"dropped_{name}": n for name in UNPLACED if (n := matched.get(f"sentences_{name}", 0))}
    lost |= {name: n for name, n in curated.items() if name.startswith("dropped_") and n}
    if not lost:
        raise NothingUsable(
            "No sentence of any report could be given to a slice. Check that reports, images and masks belong together."
        )
    raise NothingUsable(
        f"No sentence of any report could be given to a slice ({_reasons(lost, 'dropped_')}). {main_advice(lost)}"
    )


def _reasons(counts: Mapping[str, int], prefix: str) -> str:
    found = [f"{n} {name.removeprefix(prefix)}" for name, n in sorted(counts.items()) if name.startswith(prefix)]
    return ", ".join(found) or "none given"


class Stage(NamedTuple):
    """One stage: the name of its folder, its work, and the check that it left something for the next."""

    name: str
    work: Callable[[Input, Path], Counter]
    require: Callable[[Path, Options], None] = lambda folder, options: None


STAGES = (
    Stage("ingest", _ingest, _require_series_and_texts),
    Stage("segment", _segment, _require_masks),
    Stage("curate", _curate),
    Stage("mentions", _mentions),
    Stage("match", _match, _require_rows),
    Stage("questions", _questions),
)


def run_stages(
    export: Path,
    reports: ReportTable,
    root: Path,
    key: bytes,
    options: Options,
    progress: Progress,
    balance: Balance | None = None,
    people: PeopleFile | None = None,
    key_file: Path | None = None,
) -> Input:
    """From export and reports to rows without pixels, stage by stage. NothingUsable if a stage leaves nothing. Returns
    what the stages worked on, for the one that writes the dataset.

    `balance` is the table of questions of the dataset that is appended to, `people` knows who is in it.
    `key_file` is where other machines find the key.
    """
    given = Input(export, reports, root, key, options, progress, balance, people, key_file)
    for name, work, require in STAGES:
        run_stage(root / name, partial(work, given))
        require(root / name, options)
    return given


def rows_file(root: Path) -> Path:
    """The rows without pixels that the last stage left."""
    return root / STAGES[-1].name / "rows.jsonl"


def volumes_file(root: Path) -> Path:
    """The volumes of whole series that `match` left."""
    return root / "match" / "volumes.jsonl"


def kept_balance(root: Path) -> dict:
    """The table of questions, as the manifest of a dataset keeps it."""
    return questions.read_balance(root / STAGES[-1].name).to_json()


def run_stage(folder: Path, work: Callable[[Path], Any]) -> None:
    """Do the work of a stage unless its folder stands; its counts go into counts.json."""
    if folder.exists():
        return
    with atomic_folder(folder) as temporary:
        counts = work(temporary)
        write_json(temporary / "counts.json", counts)


def account_stages(stages: Path) -> Iterator[dict]:
    """A line for every input of the stages, and one for the report table."""
    for name in ("ingest", "segment"):
        yield from read_jsonl(stages / name / "accounting.jsonl")
    yield {"root": "reports", "n": 0, "status": "kept", "reason": None}
