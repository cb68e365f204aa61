"""What the look before the reader misses of planted text, what it passes of clean slices, and what both cost.

    nice python -m tests.bench.lettering [--planted 2000] [--clean 600] [--seconds 600] [--work build/lettering]

Every planted slice is read, too; the reader's finds are those of its boxes that touch the text. The work is kept slice by
slice, so that a second run goes on where the first was stopped by `--seconds`. Fonts and regions on which the weights and
thresholds were chosen are told from those held out; real slices are counted apart, pictures of VQA-RAD too, where they are.
"""

import argparse
import itertools
import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from refrad2d.privacy.burnt_in import PixelBox, find_text, load_reader
from refrad2d.privacy.lettering import highest_score, load_weights, may_hold_text
from refrad2d.system.files import write_json
from refrad2d.system.markdown import table
from tests.bench.planted_text import HELD_REGIONS, Box, Planted, fonts, phantom_slices, plant, real_slices
from tests.fixtures.paths import SHARED

FIRST_SEEN, FIRST_HELD, FIRST_CLEAN = 300_000, 400_000, 600_000  # seeds of patients
Row = dict[str, Any]


def planted_slices(kind: str) -> Iterator[tuple[str, Planted]]:
    """Text in phantom slices without end; in the fonts and regions that were developed on, or in those held out."""
    rng = np.random.default_rng(FIRST_SEEN if kind == "seen" else FIRST_HELD)
    real = real_slices()
    for region, pixels in phantom_slices(FIRST_SEEN if kind == "seen" else FIRST_HELD, each=3):
        of_volume = rng.random() < 0.12 and bool(real)
        if of_volume:  # the single-frame series is held out, the two volumes were developed on
            choice = [one for one in real if (one.shape == (512, 512)) == (kind == "held")]
            region, pixels = "real", choice[int(rng.integers(len(choice)))]
        elif (region in HELD_REGIONS) == (kind == "seen") and (kind == "seen" or rng.random() < 0.9):
            continue
        if planted := plant(pixels, fonts(kind), rng):
            yield region, planted


def clean_slices() -> Iterator[tuple[str, np.ndarray]]:
    """Slices without text: (kind, pixels); first the real ones, then those of all regions and sites."""
    for pixels in real_slices():
        yield "real", pixels
    for region, pixels in phantom_slices(FIRST_CLEAN, each=2):
        yield "held" if region in HELD_REGIONS else "seen", pixels


def pictures() -> Iterator[np.ndarray]:
    """Pictures of VQA-RAD, some of them written on: nothing was developed on these."""
    for path in sorted((SHARED / "data" / "vqa-rad" / "images").glob("*.jpg")):
        yield np.asarray(Image.open(path).convert("L"))


def touches(boxes: list[PixelBox], box: PixelBox) -> bool:
    """Whether one of the boxes overlaps `box`."""
    return any(min(a[2], box[2]) > max(a[0], box[0]) and min(a[3], box[3]) > max(a[1], box[1]) for a in boxes)


def frames(kind: str) -> Iterator[tuple[Row, np.ndarray, Box | None]]:
    """Every slice of a kind: what is known of it, its pixels, and the box of its text where one was planted."""
    if kind.startswith("planted"):
        for region, planted in planted_slices(kind.rpartition(" ")[2]):
            about = {name: getattr(planted, name) for name in ("font", "manner", "height", "turns")}
            yield {"region": region, **about}, planted.frame, planted.box
    elif kind == "pictures":
        yield from (({}, pixels, (0, 0, *pixels.shape[::-1])) for pixels in pictures())
    else:
        yield from (({"kind": which}, pixels, None) for which, pixels in clean_slices())


def examine(about: Row, pixels: np.ndarray, box: Box | None) -> Row:
    """Whether a slice is passed on, what the reader finds where it is asked, and CPU seconds of the steps."""
    begun = time.process_time()
    passed = may_hold_text(pixels)
    row = {**about, "shape": pixels.shape, "passed": passed, "look_s": time.process_time() - begun}
    if box is None:
        return row
    row["score"] = round(highest_score(pixels, load_weights()), 2)
    begun = time.process_time()
    found = touches(find_text(pixels), box)
    return row | {"found": found, "read_s": time.process_time() - begun}


def gather(kind: str, most: int, work: Path, deadline: float) -> list[Row]:
    """What was examined of a kind so far, and more until there are `most` or the time is over."""
    path = work / f"{kind.replace(' ', '-')}.jsonl"
    known = [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []
    if len(known) >= most or time.monotonic() > deadline:
        return known[:most]
    with path.open("a") as file:
        for about, pixels, box in itertools.islice(frames(kind), len(known), most):
            known.append(examine(about, pixels, box))
            file.write(json.dumps(known[-1]) + "\n")
            file.flush()
            if time.monotonic() > deadline:
                break
    return known


def summarise(kind: str, rows: list[Row]) -> Row:
    """Counts and mean milliseconds of a kind."""
    found = [row for row in rows if row.get("found")]
    missed = [row for row in found if not row["passed"]]
    others = [row for row in rows if not row.get("found")]
    large = [row for row in rows if row["shape"] == [512, 512]] or rows
    summary: Row = {
        "kind": kind, "slices": len(rows), "found_by_reader": len(found), "missed": len(missed),
        "passed_of_others": sum(row["passed"] for row in others), "others": len(others),
        "look_ms": mean_ms(large, "look_s"), "read_ms": mean_ms(large, "read_s"),
    }  # fmt: skip
    if "font" in rows[0]:
        summary |= {"fonts": len({row["font"] for row in found})}
        summary |= {"missed_by_manner": Counter(row["manner"] for row in missed)}
        summary |= {
            "missed_of": [
                {k: row[k] for k in ("font", "manner", "height", "turns", "region", "score")} for row in missed
            ]
        }
    return summary


def mean_ms(rows: list[Row], name: str) -> float | None:
    """Mean CPU milliseconds of a step, None where it was not taken."""
    taken = [row[name] for row in rows if name in row]
    return round(1000 * sum(taken) / len(taken), 2) if taken else None


def main() -> None:
    """Examine, print a table, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--planted", type=int, default=2000, help="slices with text, half of them held out")
    parser.add_argument("--clean", type=int, default=600)
    parser.add_argument("--pictures", type=int, default=315)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--work", type=Path, default=Path("build/lettering"))
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + given.seconds
    may_hold_text(np.zeros((64, 64), np.uint8))
    load_reader()
    wanted = {
        "clean": given.clean,
        "planted seen": given.planted // 2,
        "planted held": given.planted // 2,
        "pictures": given.pictures,
    }
    gathered = {kind: gather(kind, most, given.work, deadline) for kind, most in wanted.items()}
    clean = gathered.pop("clean")
    parts = {f"clean, {which}": [row for row in clean if row["kind"] == which] for which in ("seen", "held", "real")}
    summaries = [summarise(kind, rows) for kind, rows in (parts | gathered).items() if rows]
    columns = ("kind", "slices", "found_by_reader", "missed", "others", "passed_of_others", "look_ms", "read_ms")  # fmt: skip
    print(table([name.replace("_", " ") for name in columns], [[one[name] for name in columns] for one in summaries]))
    write_json(given.work / "lettering.json", summaries)


if __name__ == "__main__":
    main()
