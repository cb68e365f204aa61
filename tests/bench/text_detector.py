"""What the text detector misses of what the reader finds, what it passes on of clean slices, and what both cost.

    nice python -m tests.bench.text_detector [--planted 2000] [--clean 3000] [--write docs/results/text-detector.json]
    python -m tests.bench.text_detector --docs      # nothing is run: that file as tables in docs/privacy.md

Text is planted in slices of phantoms and of a real CT series, in fonts that neither training nor threshold saw. The reader
is asked once a slice; its answers are kept below `--work` by the hash of the picture, so that a run that was stopped by
`--seconds` goes on. A slice counts where a box of the reader touches the text. Clean slices are of other phantoms and of the
real series; pictures of VQA-RAD, all written on, are counted apart.
"""

import argparse
import hashlib
import json
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from refrad2d.privacy.burnt_in import PixelBox, find_text, load_reader, render
from refrad2d.privacy.text_detector import SMALLEST, highest_score, threshold
from refrad2d.system.files import write_json
from refrad2d.system.markdown import table
from tests.bench.clean_slices import MR, phantom_slices, real_series, volume_slices
from tests.bench.planted_text import Planted, pictures, plant
from tests.bench.text_fonts import families
from tests.fixtures.paths import ROOT

FIRST = {"calibrate": 300_000, "report": 400_000}  # seeds of the patients that are written on
FIRST_CLEAN = 600_000
ALWAYS = 99.0
MOVED = 3, 5  # rows above and columns to the left that a frame is given to ask the reader again
SHARES = (0.5, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01)  # of clean slices
GROUPS = ("contrast", "degraded", "size", "turns", "tilt", "family")
RESULTS, DOCS = ROOT / "docs" / "results" / "text-detector.json", ROOT / "docs" / "privacy.md"
BEGIN, END = "<!-- text detector: begin -->", "<!-- text detector: end -->"
Row = dict[str, Any]


def planted_slices(part: str, fonts: Path) -> Iterator[Planted]:
    """Text in slices without end: of phantoms at their own size or at 512 pixels, and of the real series; where the
    threshold is chosen, of the real MR volume instead."""
    rng, writers = np.random.default_rng(FIRST[part]), families(fonts, part)
    real = real_series() if part == "report" else [one for one in volume_slices(MR) if np.ptp(one)]
    for _, pixels in phantom_slices(FIRST[part], each=2):
        if rng.random() < 0.12 and real:
            pixels = real[int(rng.integers(len(real)))]
        elif rng.random() < 0.3:
            pixels = enlarge(pixels, 512)
        if planted := plant(pixels, writers, rng):
            yield planted


def enlarge(pixels: np.ndarray, side: int) -> np.ndarray:
    """A frame at `side` × `side` pixels, uint16."""
    large = Image.fromarray(pixels.astype(np.float32)).resize((side, side), Image.Resampling.BICUBIC)
    return np.round(np.asarray(large).clip(0, 65535)).astype(np.uint16)


class Reader:
    """The boxes that the reader finds in frames, each asked once; answers lie in a file."""

    def __init__(self, path: Path, seconds: float) -> None:
        self.path, self.deadline = path, time.monotonic() + seconds
        lines = path.read_text().splitlines() if path.is_file() else []
        self.known: dict[str, Row] = {row["sha256"]: row for row in map(json.loads, lines)}
        load_reader()

    def ask(self, frame: np.ndarray) -> Row | None:
        """Boxes and CPU milliseconds for a frame; None if it is not known and the time is over."""
        name = hashlib.sha256(render(frame).tobytes() + str(frame.shape).encode()).hexdigest()
        if name not in self.known and time.monotonic() < self.deadline:
            begun = time.process_time()
            boxes = find_text(frame)
            self.known[name] = {"sha256": name, "boxes": boxes, "ms": round(1000 * (time.process_time() - begun), 1)}
            with self.path.open("a") as file:
                file.write(json.dumps(self.known[name]) + "\n")
        return self.known.get(name)


def touches(boxes: list[PixelBox], box: PixelBox) -> bool:
    """Whether one of the boxes overlaps `box`."""
    return any(min(a[2], box[2]) > max(a[0], box[0]) and min(a[3], box[3]) > max(a[1], box[1]) for a in boxes)


def look(frame: np.ndarray) -> tuple[float, float]:
    """The score of a frame, the highest for one that is always read, and CPU milliseconds for it."""
    begun = time.process_time()
    score = highest_score(frame) if min(frame.shape) >= SMALLEST else ALWAYS
    return round(score, 3), 1000 * (time.process_time() - begun)


def examine_planted(part: str, most: int, fonts: Path, reader: Reader, *, moved: int = 0) -> list[Row]:
    """What text was planted, whether the reader finds it, and what the detector says; as many slices as were read.

    Of the first `moved` finds, and of those that the detector misses, it is also asked whether the reader makes them
    `again`, see `MOVED`."""
    rows, finds = list[Row](), 0
    for planted in planted_slices(part, fonts):
        answer = reader.ask(planted.frame)
        if answer is None or len(rows) == most:
            return rows
        found = touches(answer["boxes"], planted.box)
        rows.append({**planted.about, "found": found, "score": look(planted.frame)[0]})
        finds += found
        if found and moved and (finds <= moved or rows[-1]["score"] <= threshold()):
            rows[-1]["again"] = finds_again(planted, reader)
    return rows


def finds_again(planted: Planted, reader: Reader) -> bool | None:
    """Whether the reader finds a text in the frame with some rows and columns more; None if the time is over."""
    answer = reader.ask(np.pad(planted.frame, [(more, 0) for more in MOVED], "edge"))
    (y, x), (x_min, y_min, x_max, y_max) = MOVED, planted.box
    return touches(answer["boxes"], (x_min + x, y_min + y, x_max + x, y_max + y)) if answer else None


def examine_pictures(most: int, reader: Reader) -> list[Row]:
    """The same for pictures of VQA-RAD, whose text is not ours."""
    rows = list[Row]()
    for picture in pictures("report")[:most]:
        if (answer := reader.ask(picture)) is None:
            return rows
        rows.append({"found": bool(answer["boxes"]), "score": look(picture)[0]})
    return rows


def clean_slices(volumes: list[Path], most: int) -> Iterator[tuple[str, np.ndarray]]:
    """Slices on which nothing was written: the real series, volumes that are given, phantoms of all regions and sites,
    each at its own size and at 512 pixels in turn."""
    yield from (("real CT, 512 pixels", pixels) for pixels in real_series())
    for path in volumes:
        yield from ((path.name, pixels) for pixels in volume_slices(path) if np.ptp(pixels))
    for n, (_, pixels) in enumerate(phantom_slices(FIRST_CLEAN, each=2)):
        if n == most:
            return
        yield ("phantom, 512 pixels", enlarge(pixels, 512)) if n % 3 == 2 else ("phantom, own size", pixels)


def examine_clean(slices: Iterator[tuple[str, np.ndarray]], reads: int) -> tuple[dict[str, list[float]], Row]:
    """Scores of clean slices by kind; and mean CPU ms of both on frames of 512 pixels, `reads` of which are read."""
    scores, looks, asked = defaultdict[str, list[float]](list), list[float](), list[float]()
    for kind, pixels in slices:
        score, ms = look(pixels)
        scores[kind].append(score)
        if pixels.shape == (512, 512):
            looks.append(ms)
            if len(asked) < reads:
                begun = time.process_time()
                find_text(pixels)
                asked.append(1000 * (time.process_time() - begun))
    return scores, {
        "detector_ms": round(float(np.mean(looks)), 2), "detector_median_ms": round(float(np.median(looks)), 2),
        "detector_slices": len(looks), "reader_ms": round(float(np.mean(asked)), 1),
        "reader_median_ms": round(float(np.median(asked)), 1), "reader_slices": len(asked),
    }  # fmt: skip


def recall(rows: list[Row], bound: float) -> Row:
    """How many of the reader's finds the detector passes on."""
    found = [row for row in rows if row["found"]]
    passed = sum(row["score"] > bound for row in found)
    share = round(passed / len(found), 4) if found else None
    others = sum(row["score"] > bound for row in rows) - passed
    return {"slices": len(rows), "found_by_reader": len(found), "passed_on": passed, "recall": share, "others_passed_on": others}  # fmt: skip


def by(rows: list[Row], name: str, bound: float) -> dict[str, Row]:
    """The same for each value of what was planted."""
    groups = defaultdict[str, list[Row]](list)
    for row in rows:
        groups[str(band(row["size"]) if name == "size" else bool(row["tilt"]) if name == "tilt" else row[name])].append(
            row
        )
    return {value: recall(some, bound) for value, some in sorted(groups.items())}


def band(size: int) -> str:
    """The band of a size of font in pixels."""
    return next(
        (f"{low:02d} to {high}" for low, high in ((7, 9), (10, 14), (15, 24), (25, 40)) if size <= high), "over 40"
    )


def summarise(
    planted: list[Row], pictured: list[Row], clean: dict[str, list[float]], cost: Row, bound: float, moved: int
) -> Row:
    """All figures of a run."""
    every = [score for scores in clean.values() for score in scores]
    missed = [row for row in planted if row["found"] and row["score"] <= bound]
    finds = sorted(row["score"] for row in planted if row["found"])
    return {
        "threshold": bound,
        "planted": recall(planted, bound),
        "pictures": recall(pictured, bound) if pictured else None,
        "clean": {
            kind: {"slices": len(some), "passed_on": sum(one > bound for one in some)}
            for kind, some in (*clean.items(), ("all", every))
        },
        "other_thresholds": trade(planted, every),
        "reader_again": repeated([row for row in planted if row["found"]][:moved]),
        "cost": cost,
        **{f"by_{name}": by(planted, name, bound) for name in GROUPS},
        "fonts": len({row["font"] for row in planted}),
        "missed": missed,
        "lowest_of_finds": finds[:10],
    }


def repeated(finds: list[Row]) -> Row:
    """How many of some finds the reader makes again in the moved frame."""
    asked = [row["again"] for row in finds if row.get("again") is not None]
    return {"finds": len(asked), "again": sum(asked), "share": round(sum(asked) / len(asked), 4) if asked else None}


def trade(planted: list[Row], scores: list[float]) -> dict[str, Row]:
    """The recall that other thresholds would give, by the share of clean slices that they pass on."""
    return {f"{share:.1%}": recall(planted, float(np.quantile(scores, 1 - share))) for share in SHARES}


def show(summary: Row, groups: Sequence[str] = GROUPS) -> str:
    """The figures as tables; those of planted text by some of its properties."""
    head = ("planted text", "slices", "found by the reader", "passed on", "recall")
    named = [("all", summary["planted"]), ("pictures of VQA-RAD, their own text", summary["pictures"])]
    named += [(f"{name}: {value}", row) for name in groups for value, row in summary[f"by_{name}"].items()]
    figures = ("slices", "found_by_reader", "passed_on", "recall")
    texts = table(head, [[name, *(row[figure] for figure in figures)] for name, row in named if row])
    clean = table(
        ("clean slices", "made", "passed on", "share"),
        [
            [kind, one["slices"], one["passed_on"], f"{one['passed_on'] / max(one['slices'], 1):.1%}"]
            for kind, one in summary["clean"].items()
        ],
    )
    other = table(
        ("were so many clean slices passed on", "recall would be", "missed"),
        [
            [share, row["recall"], row["found_by_reader"] - row["passed_on"]]
            for share, row in sorted(summary["other_thresholds"].items(), key=lambda one: -float(one[0].rstrip("%")))
        ],
    )
    cost = table(
        ("CPU ms a clean slice of 512 × 512", "mean", "median", "slices"),
        [
            ["detector", *(summary["cost"][f"detector_{name}"] for name in ("ms", "median_ms", "slices"))],
            ["reader", *(summary["cost"][f"reader_{name}"] for name in ("ms", "median_ms", "slices"))],
        ],
    )
    again = summary["reader_again"]
    twice = table(
        ("the reader against itself", "finds", "made again", "share"),
        [
            [
                f"the same frames with {MOVED[0]} rows and {MOVED[1]} columns more",
                again["finds"],
                again["again"],
                again["share"],
            ]
        ],
    )
    return "\n\n".join((cost, clean, other, twice, texts))


def write_docs(path: Path, tables: str) -> None:
    """Put the tables between their marks in a document. ValueError if it has none."""
    before, mark, rest = path.read_text("utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (mark and end):
        raise ValueError(f"{path.name} has no {BEGIN} … {END}. Put them where the tables belong.")
    path.write_text(f"{before}{BEGIN}\n{tables}\n{END}{after}", "utf-8")


def main() -> None:
    """Examine, print tables, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--planted", type=int, default=2000)
    parser.add_argument("--part", choices=("report", "calibrate"), default="report", help="which fonts and phantoms")
    parser.add_argument("--clean", type=int, default=3000, help="phantom slices")
    parser.add_argument("--pictures", type=int, default=60)
    parser.add_argument("--moved", type=int, default=300, help="finds that the reader is asked for again")
    parser.add_argument("--volumes", type=Path, nargs="*", default=[], help="more real volumes without text, NIfTI")
    parser.add_argument("--reads", type=int, default=12, help="clean slices that the reader is timed on")
    parser.add_argument("--seconds", type=float, default=3000, help="after which the reader is not asked any more")
    parser.add_argument("--work", type=Path, default=Path("build/text_detector"))
    parser.add_argument("--fonts", type=Path, default=Path("build/fonts"))
    parser.add_argument("--write", type=Path, help="a file for the figures, JSON")
    parser.add_argument("--docs", action="store_true", help="run nothing, write the tables into docs/privacy.md")
    given = parser.parse_args()
    if given.docs:
        return write_docs(DOCS, show(json.loads(RESULTS.read_text("utf-8")), ("contrast", "size")))
    given.work.mkdir(parents=True, exist_ok=True)
    reader = Reader(given.work / "answers.jsonl", given.seconds)
    look(np.zeros((64, 64), np.uint8))
    find_text(np.zeros((300, 300), np.uint8))  # load the models
    clean, cost = examine_clean(clean_slices(given.volumes, given.clean), given.reads)
    planted = examine_planted(given.part, given.planted, given.fonts, reader, moved=given.moved)
    pictured = examine_pictures(given.pictures, reader)
    summary = summarise(planted, pictured, clean, cost, threshold(), given.moved)
    print(show(summary))
    write_json(given.write or given.work / f"{given.part}.json", summary)


if __name__ == "__main__":
    main()
