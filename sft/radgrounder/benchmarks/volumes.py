"""Structures of whole series: a box a slice, fused into a box in 3D, against the masks.

    radgrounder eval --model MODEL --benchmark volumes --data build/demo/dataset/refrad2d --out OUT
    radgrounder eval … --export hospital/dicom           # ask about every slice, published or not

Every visible structure of a test series is asked for on each of its slices; `inference.fusion.fuse` makes one box of
the answers, as `radgrounder predict FOLDER` does. Without --export these are the slices that the dataset publishes.
Controls: the mean box of training series, as shares of the volume (`prior`), and the true boxes of the same slices,
fused by the same rule, which is the most that these slices allow (`true_slices`).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import numpy as np
from datasets import Dataset

from radgrounder.benchmarks.base import Benchmark, Column, Facts, Item, Scores, plain, sample_ids
from radgrounder.benchmarks.refrad2d import config_names, read_split
from radgrounder.inference.fusion import SliceVote, VoxelBox, fuse
from radgrounder.inference.picture import Picture
from radgrounder.inference.series import read_stacks
from radgrounder.metrics.boxes import iou_3d
from radgrounder.metrics.grounding import FOUND_IOU, invalid
from refrad2d.boxes import MIN_PIXELS
from refrad2d.conversations import ABSENT, prompt
from refrad2d.grounding import Parsed, Span, as_box
from refrad2d.images.geometry import Grid
from refrad2d.labels import label_by_name

Row = Mapping[str, Any]
Pictures = Mapping[int, Any]  # slice number → what shows it
PRIOR, TRUE_SLICES = "prior", "true_slices"

COLUMNS = (
    Column("volumes", "iou_3d", ("locate",), "", "iou_3d"),
    Column("volumes", "prior_iou_3d", ("locate",), PRIOR, "iou_3d"),
    Column("volumes", "iou_3d_over_prior", ("locate",), "", "iou_3d_over_prior"),
    Column("volumes", "true_slices_iou_3d", ("locate",), TRUE_SLICES, "iou_3d"),
    Column("volumes", "found_3d", ("locate",), "", "found_3d"),
    Column("volumes", "prior_found_3d", ("locate",), PRIOR, "found_3d"),
    Column("volumes", "found_3d_over_prior", ("locate",), "", "found_3d_over_prior"),
    Column("volumes", "invalid", ("locate",), "", "invalid"),
)
BENCHMARK = Facts(name="volumes", columns=COLUMNS, title="RefRad2D volumes")


@dataclass(frozen=True)
class Volume:
    """A structure of a test series: its true box, the box of the prior (None without one), the slices that are asked
    about and the true boxes on them."""

    box: VoxelBox
    prior: VoxelBox | None
    grid: Grid
    asked: tuple[int, ...]
    votes: tuple[SliceVote, ...]


def load(data: str, *, limit: int | None = None, seed: int = 0, export: str | None = None) -> Benchmark:
    """The test series of the dataset in this folder (or in its build folder); at most `limit` of them.

    `export` is the folder that the dataset was built from. ValueError if there is no series to ask about.
    """
    data = str(Path(data) / "refrad2d") if (Path(data) / "refrad2d" / "README.md").is_file() else data
    test = read_split(data, "volumes", "test") if "volumes" in config_names(data) else None
    if test is None:
        raise ValueError(
            f"The dataset {data} has no test series with masks. Build it from more patients, with --masks."
        )
    every: dict[str, list[Row]] = defaultdict(list)
    for row in test:
        every[row["series"]].append(row)
    chosen = {series: every[series] for series in sample_ids(list(every), limit, seed)}
    published = _Published(data, chosen)
    shown: dict[str, Pictures] = published.numbers
    notes = [f"{len(chosen)} of {len(every)} test series, drawn by hash."] if limit else []
    if export:
        shown = dict(whole_series(Path(export), chosen, published))
        notes.append(f"{len(shown)} of {len(chosen)} test series lie whole in the export.")
    prior = mean_volumes(read_split(data, "volumes", "train") or ())
    volumes: dict[str, Volume] = {}
    items: list[Item] = []
    for series, rows in chosen.items():
        for row in rows if shown.get(series) else ():
            if any(seen["pixels"] >= MIN_PIXELS for seen in row["slices"]):
                volumes[row["id"]] = _volume(row, shown[series], prior)
                items += _items(row, volumes[row["id"]])
    if not items:
        raise ValueError(
            f"No test series of {data} has a picture to ask about. Give the export that it was built from."
        )
    n_slices = sum(len(numbers) for numbers in shown.values())

    def picture(key: str) -> np.ndarray:
        series, number = key.split()
        found = shown[series][int(number)]
        return np.asarray(found.image) if isinstance(found, Picture) else published.picture(found)

    return Benchmark(
        facts=BENCHMARK,
        items=items,
        picture=picture,
        score=lambda items, answers: score(items, answers, {}, volumes),
        score_sure=lambda items, answers, sure: score(items, answers, sure, volumes),
        about={"n_series": len(shown), "n_slices": n_slices, "limit": limit},
        notes=notes,
    )


class _Published:
    """The published slices of some series: `numbers` are their ids, by series and number."""

    def __init__(self, data: str, chosen: Mapping[str, Sequence[Row]]) -> None:
        self.rows = cast(Dataset, read_split(data, "report", "test"))  # a volume has rows of its series
        self.places = {name: n for n, name in enumerate(self.rows["id"])}
        self.numbers: dict[str, Pictures] = {}
        for series, rows in chosen.items():
            found = {seen["number"]: seen["id"] for row in rows for seen in row["slices"]}
            self.numbers[series] = {n: name for n, name in sorted(found.items()) if name in self.places}

    def picture(self, name: str) -> np.ndarray:
        """(224, 224, 3) uint8 of a slice."""
        row = self.rows.select_columns(["image"])[self.places[name]]
        return np.asarray(row["image"].convert("RGB"))


def whole_series(
    export: Path, chosen: Mapping[str, Sequence[Row]], published: _Published
) -> Iterator[tuple[str, Pictures]]:
    """The pictures of all slices of those series that lie in an export.

    A series is known by its published pictures: each must be, pixel by pixel, at its number in a stack of as many
    slices. The export's names and identifiers are not looked at.
    """
    wanted = {
        series: {n: _digest(published.picture(name)) for n, name in numbers.items()}
        for series, numbers in published.numbers.items()
        if numbers
    }
    for stack, pictures in read_stacks(export, Counter()):
        seen = [_digest(np.asarray(picture.image)) for picture in pictures]
        for series, known in list(wanted.items()):
            same_size = chosen[series][0]["shape"][0] == len(stack.slices)
            if same_size and all(seen[n] == digest for n, digest in known.items()):
                del wanted[series]
                yield series, dict(enumerate(pictures))


def _digest(picture: np.ndarray) -> str:
    return sha256(np.ascontiguousarray(picture).tobytes()).hexdigest()


def _keys(row: Row) -> tuple[tuple[str, ...], ...]:
    """What series have in common for their mean to be a guess, the nearest first."""
    about = (row["label"], row["modality"], row["plane"])
    return (*about, str(row["body_part"])), about


def mean_volumes(rows: Iterable[Row]) -> dict[tuple[str, ...], np.ndarray]:
    """The mean box of training volumes, xyzxyz as shares of the volume, by label, modality, plane and body part, and
    without the last."""
    groups: dict[tuple[str, ...], list[np.ndarray]] = defaultdict(list)
    for row in rows:
        for key in _keys(row):
            groups[key].append(np.array(row["voxel_box"]) / (*row["shape"][::-1], *row["shape"][::-1]))
    return {key: np.mean(group, axis=0) for key, group in groups.items()}


def _volume(row: Row, shown: Pictures, prior: Mapping[tuple[str, ...], np.ndarray]) -> Volume:
    mean = next((prior[key] for key in _keys(row) if key in prior), None)
    size = np.array((*row["shape"][::-1], *row["shape"][::-1]))
    numbers = tuple(sorted(shown))
    votes = tuple(SliceVote(s["number"], as_box(s["box"]), 1.0) for s in row["slices"] if s["number"] in shown)
    guess = tuple((mean * size).tolist()) if mean is not None else None
    return Volume(tuple(row["voxel_box"]), guess, Grid(tuple(row["shape"]), tuple(row["spacing"])), numbers, votes)


def _items(row: Row, volume: Volume) -> Iterator[Item]:
    """A question a slice, and an item a control, which needs no answer."""
    name = label_by_name(row["label"]).english
    groups = {key: str(row[key]) for key in ("modality", "body_part", "plane", "sex", "site", "label") if row.get(key)}
    boxes = {vote.number: vote.box for vote in volume.votes}
    for number in volume.asked:
        there = Parsed(name, [Span(0, len(name), row["label"], boxes[number])], 0) if number in boxes else None
        yield Item(
            id=f"volume/{row['id']}/{number}",
            task="locate",
            control="",
            image=f"{row['series']} {number}",
            prompt=prompt("locate", "en", name=name),
            true=there or plain(ABSENT["en"]),
            cluster=row["patient"],
            language="en",
            groups={**groups, "language": "en"},
        )
    last = f"{row['series']} {volume.asked[-1]}"
    control = Item(f"volume/{row['id']}/", "locate", "", last, "", plain(""), row["patient"], "en", given=plain(""))
    for kind in (PRIOR, TRUE_SLICES):
        yield replace(control, id=control.id + kind, control=kind, groups=groups)


def score(
    items: Sequence[Item], answers: Sequence[Parsed], sure: Mapping[str, float], volumes: Mapping[str, Volume]
) -> list[Scores]:
    """The measures of every item; those in 3D stand at the first slice of a volume, and so does by how much each is
    above that of the prior box of the same volume (no box without a prior). `sure`, by item id, is how probable the
    model finds a box; 1 where it does not say."""
    scores: list[Scores] = [
        {} if item.control else {"invalid": invalid(a)} for item, a in zip(items, answers, strict=True)
    ]
    votes: dict[str, list[SliceVote]] = defaultdict(list)
    first: dict[str, int] = {}
    for n, (item, answer) in enumerate(zip(items, answers, strict=True)):
        _, name, what = item.id.split("/")
        volume = volumes[name]
        if item.control:
            guess = volume.prior if item.control == PRIOR else _fuse(volume.votes, volume)
            scores[n] |= _compare(guess, volume)
            continue
        first.setdefault(name, n)
        votes[name] += [SliceVote(int(what), span.box, sure.get(item.id, 1.0)) for span in answer.spans[:1]]
    for name, n in first.items():
        volume = volumes[name]
        reached, prior = _compare(_fuse(votes[name], volume), volume), _compare(volume.prior, volume)
        scores[n] |= reached | {f"{measure}_over_prior": reached[measure] - prior[measure] for measure in reached}
    return scores


def _fuse(votes: Iterable[SliceVote], volume: Volume) -> VoxelBox | None:
    fused = fuse(votes, volume.asked, volume.grid)
    return fused.voxel_box if fused else None


def _compare(guess: VoxelBox | None, volume: Volume) -> Scores:
    overlap = iou_3d(guess, volume.box)
    return {"iou_3d": overlap, "found_3d": float(overlap >= FOUND_IOU)}
