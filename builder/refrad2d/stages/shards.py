"""Rows and pixels → what is published: Parquet for viewing and training, WebDataset as lossless archive.

Writes the two folders of `layout` below `dst`. Rows are sorted on disk, split by split in the order of a keyed hash;
neighbours are a part, of which whatever executor makes shards (`dataset/parts`). Parts with rows that are refused, or
with pictures that are the same in two splits, are done a second time without them.
"""

import os
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from refrad2d.dataset.duplicates import REASON, Pictures, Seen, left_out
from refrad2d.dataset.order import write_order
from refrad2d.dataset.parts import Folders, Made, Part, Writing
from refrad2d.dataset.volumes import publishable, write_volumes
from refrad2d.engine.parts import discard
from refrad2d.engine.processes import Processes
from refrad2d.engine.sealed import SealedParts, Sealing
from refrad2d.layout import ending, numbered, shard_folder, stem
from refrad2d.system.accounting import Progress, no_progress
from refrad2d.system.packed import unpack

FIRST, AGAIN = "shards", "shards_again"  # passes over the parts: all of them, and those that rows are left out of
Refuse = Callable[[Made], str | None]
LeftOut = Mapping[int, Mapping[str, str]]  # by the number of a part, the ids of rows and why they are left out


def run(
    ingested: Path,
    segmented: Path,
    rows: Path,
    dst: Path,
    *,
    key: bytes,
    workers: int = 1,
    progress: Progress = no_progress,
    batch: str = "",
    refuse: Refuse | None = None,
    published: Iterable[Seen] = (),
    pictures: Pictures | None = None,
    volumes: Path | None = None,
    known: Collection[str] = (),
    work: Sealing | None = None,
) -> dict[str, Counter]:
    """Write all configs and splits. Returns rows as {config: {split: rows}}, under "patients" patients a split, under
    "left_out" the reasons of rows that were not written; those of volumes begin with volumes_.

    `batch` stands in the names of the shards, so that they can lie beside those of other batches. `refuse` says why a
    row is left out, None to keep it. `published` are the pictures that the dataset holds already, in all its splits,
    `known` its series; `pictures` is given those that were written. `volumes` are those of whole series, of which
    `volumes.publishable` says what is written. `work` says who does the parts and where they lie meanwhile, by default
    processes and a folder beside `dst`.
    """
    work = work or Sealing(dst.with_name(f"{dst.name}.parts"), Processes(workers, key, progress), key)
    order = write_order(ingested, rows, work.folder / "order", key)
    folders = Folders(*(str(path.resolve()) for path in (order.folder, ingested / "frames", segmented / "masks")))
    tasks = [Writing(n, some, folders, batch, refuse is not None) for n, some in enumerate(order.divide())]
    passes = {FIRST: _Pass.done(work, FIRST, tasks, order.version)}
    without = _find_left_out(passes[FIRST], refuse, published)
    if without:
        tasks = [tasks[n]._replace(without=tuple(sorted(without[n]))) for n in sorted(without)]
        passes[AGAIN] = _Pass.done(work, AGAIN, tasks, order.version)
    written = _Written()
    for task, part in passes[FIRST]:
        written.note(task.run.split, part.made, without.get(task.number, {}), pictures)
    for name, some in passes.items():
        for task, part in some:
            if name == AGAIN or task.number not in without:
                written.take(task, part, dst / name)
    dst.mkdir(parents=True, exist_ok=True)
    for name, some in passes.items():
        some.parts.close(dst / name)
    written.rename(dst, batch)
    for name in passes:
        shutil.rmtree(dst / name)
    discard(work.folder)
    patients = Counter({split: len(names) for split, names in written.patients.items()})
    if volumes and written.series:
        refuse_series = publishable(written.series, written.incomplete, known)
        found, not_written = write_volumes(volumes, dst, refuse_series, key=key, batch=batch)
        written.counts |= {"volumes": found} if found else {}
        written.left_out.update({f"volumes_{reason}": n for reason, n in not_written.items()})
    return {**written.counts, "patients": patients, "left_out": written.left_out}


@dataclass(frozen=True)
class _Pass:
    """Parts that were done, and what each was asked."""

    tasks: Sequence[Writing]
    parts: SealedParts

    @classmethod
    def done(cls, work: Sealing, name: str, tasks: Sequence[Writing], version: str) -> "_Pass":
        """Have the parts done that do not stand yet."""
        function = f"{Part.__module__}:write_part"
        return cls(tasks, work.run(function, lambda: ([task] for task in tasks), name, [version]))

    def __iter__(self) -> Iterator[tuple[Writing, Part]]:
        return ((task, unpack(value)) for task, (_, value) in zip(self.tasks, self.parts, strict=True))


def _find_left_out(done: _Pass, refuse: Refuse | None, published: Iterable[Seen]) -> LeftOut:
    """The rows that are refused, and of the others those whose picture another split has."""
    found: dict[int, dict[str, str]] = defaultdict(dict)
    seen = Pictures()
    for task, part in done:
        for made in part.made:
            if refuse and (reason := refuse(made)):
                found[task.number][made.id] = reason
            else:
                seen.add(Seen(made.id, task.run.split, made.look))
    if twice := left_out(seen, published):
        for task, part in done:
            for made in part.made:
                if made.id in twice:
                    found[task.number][made.id] = REASON
    return found


@dataclass
class _Written:
    """What is published of the parts."""

    counts: dict[str, Counter] = field(default_factory=lambda: defaultdict(Counter))
    patients: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    series: set[str] = field(default_factory=set)
    incomplete: set[str] = field(default_factory=set)  # series of which a slice was left out
    left_out: Counter = field(default_factory=Counter)
    shards: dict[tuple[str, str], list[tuple[int, Path]]] = field(default_factory=lambda: defaultdict(list))

    def note(self, split: str, made: Iterable[Made], reasons: Mapping[str, str], pictures: Pictures | None) -> None:
        """Count the slices of a part, of which some are left out."""
        for one in made:
            if one.id in reasons:
                self.left_out[reasons[one.id]] += 1
                self.incomplete.add(one.series)
                continue
            self.patients[split].add(one.patient)
            self.series.add(one.series)
            if pictures is not None:
                pictures.add(Seen(one.id, split, one.look))

    def take(self, task: Writing, part: Part, folder: Path) -> None:
        """Take the shards of a part, which will lie in a folder."""
        split = task.run.split
        for kind, rows in part.rows.items():
            self.counts[kind][split] += rows
        for kind, name in part.shards:
            self.shards[kind, split].append((task.number, folder / name))

    def rename(self, dst: Path, batch: str) -> None:
        """Give the shards their final names below `dst`, in the order of their parts."""
        for (kind, split), found in self.shards.items():
            folder = shard_folder(dst, kind)
            folder.mkdir(parents=True, exist_ok=True)
            for n, (_, path) in enumerate(sorted(found, key=lambda one: one[0])):
                name = numbered(stem(kind, split, batch), n, len(found))
                os.replace(path, folder / f"{name}.{ending(kind)}")
