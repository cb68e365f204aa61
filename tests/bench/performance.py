"""One table of what the data side costs, measured side by side in one run: `make bench`; docs/performance.md is written.

    python -m tests.bench.performance [--sizes 1000 5000] [--side 512]
    python -m tests.bench.performance --large build/bench-large --minutes 55      # make bench-large; again until it ends
    python -m tests.bench.performance --docs                                      # the page alone, from the JSON files

CPU seconds of one thread, children included, medians where a step is repeated; wall seconds where it says so.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from refrad2d.stages.pipeline import STAGES
from refrad2d.system.files import write_json, write_text
from refrad2d.system.markdown import table
from tests.bench import boxes, one_look, reading
from tests.bench.memory import added, build_once, forget_build, measure, write_export
from tests.fixtures.paths import ROOT

SMALL, LARGE = ROOT / "docs/results/performance.json", ROOT / "docs/results/performance-large.json"
PAGE, PLOT = ROOT / "docs/performance.md", ROOT / "docs/images/performance.svg"
SIZES, SIDE = (1000, 5000), 512  # of a whole run
FEWEST, STARTS = 10, 3  # slices of the build that tells what a build costs by itself, and how often it is done
AGAIN = 75  # the exit code of a run that ended in the middle and goes on when it is called again
SITE = 1_200_000  # slices
BEFORE = ("ingest", "segment")  # stages that (c) leaves out: files are read, masks too
SMALLER = "This was a smaller run than that of `make bench`, which has 1,000 and 5,000 slices of 512² pixels."
_LOAD = """
import json, sys, time
from datasets import disable_progress_bars, load_dataset

disable_progress_bars()
folder, clock, found = sys.argv[1], time.process_time, {}

def timed(name, work):
    began = clock()
    found[name] = (work(), clock() - began)

timed("load_dataset", lambda: load_dataset(folder, "report", split="train").num_rows)
stream = load_dataset(folder, "report", split="train", streaming=True)
timed("streaming, first row", lambda: len([next(iter(stream))]))
timed("streaming, full pass", lambda: sum(1 for _ in stream))
timed("streaming, shuffled", lambda: sum(1 for _ in stream.shuffle(seed=0, buffer_size=500)))
kept = load_dataset(folder, "report", split="train").shuffle(seed=0)
timed("rows in random order", lambda: sum(1 for row in kept))
print(json.dumps(found))
"""


def load(out: Path) -> dict[str, tuple[int, float]]:
    """Rows and CPU seconds of each way to read the `report` config of a dataset, in a process with an empty cache."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "HF_HOME": home, "HF_DATASETS_CACHE": f"{home}/cache", "HF_HUB_OFFLINE": "1"}
        command = [sys.executable, "-c", _LOAD, str(out / "refrad2d")]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def machine() -> dict[str, Any]:
    """What the figures depend on; other work on the machine shows in its load."""
    return {
        "python": platform.python_version(),
        "cores": len(os.sched_getaffinity(0)),
        "threads": os.environ.get("OMP_NUM_THREADS", "as many as cores"),
        "bytecode": "not kept" if sys.dont_write_bytecode else "kept",
        "load before": round(os.getloadavg()[0], 1),
    }


def run_small(sizes: Sequence[int], side: int, rounds: int, kinds: int) -> dict[str, Any]:
    """All sections of the table; `kinds` are the slices of each kind of file."""
    found: dict[str, Any] = {"machine": machine(), "sizes": list(sizes), "side": side, "builds": [], "loading": []}
    say = _Progress()
    say("(a) reading, (b) boxes")
    found["reading"], found["boxes"] = reading.measure(rounds), boxes.measure(rounds)
    say(f"(f) a build of {FEWEST} slices, {STARTS} times")
    starts = [measure(FEWEST, side=side) for _ in range(STARTS)]
    found["start"] = sorted(starts, key=lambda one: one["cpu"])[STARTS // 2]
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            say(f"writing an export of {size} slices")
            write_export(root, size, side=side)
            say("(c) building it")
            found["builds"].append(build_once(root))
            say("(d) loading it")
            found["loading"].append(load(root / "out"))
            if size == sizes[-1]:  # at the smaller one a start takes its share
                say("(e) building it again, with two workers")
                forget_build(root)
                found["two workers"] = build_once(root, workers=2)
    say(f"{kinds} slices of each kind of file")
    found["kinds"] = one_look.measure(kinds, side, ("keep",))
    say("done")
    return found


class _Progress:
    """Says what is measured, and how many seconds after the beginning."""

    def __init__(self) -> None:
        self.began = time.monotonic()

    def __call__(self, what: str) -> None:
        print(f"{time.monotonic() - self.began:6.0f} s  {what}", file=sys.stderr, flush=True)


def run_large(folder: Path, sizes: Sequence[int], side: int, minutes: float) -> bool:
    """Build the large exports below `folder`, or go on; False where the time was over first. ValueError without room."""
    found = {"machine": machine(), "sizes": [], "side": side, "builds": []}
    for size in sizes:
        root = folder / str(size)
        done = root / "measured.json"
        if not done.exists():
            need = 4 * size * side * side * 2  # the export, its pixels, the shards, and room to write them
            root.mkdir(parents=True, exist_ok=True)
            if shutil.disk_usage(root).free < need and not (root / "out").exists():
                raise ValueError(f"{size} slices of {side}² need {need >> 30} GB below {folder}. Give another --large.")
            write_export(root, size, side=side)
            try:
                write_json(done, build_once(root, patience_s=60 * minutes))
            except subprocess.TimeoutExpired:
                return False
            shutil.rmtree(root / "dicom")
        found["sizes"].append(size)
        found["builds"].append(json.loads(done.read_text()))
        write_json(LARGE, found)
    return True


# --- the page -----------------------------------------------------------------------------------------------------


def rows_of(found: Mapping[str, Any]) -> list[list[str]]:
    """The cells of the one table: what, measured, asked."""
    plain, jpeg, image, lossless = (found["reading"][name] for name in reading.WAYS)
    sizes, builds, start = found["sizes"], found["builds"], found["start"]
    rate = 1 / added(sizes, builds, "cpu")
    later = [{"cpu": sum(cpu for name, cpu in one["stages"].items() if name not in BEFORE)} for one in builds]
    grown = 1024 * added(sizes, builds, "command_mb")
    one, two = builds[-1], found["two workers"]
    rows = [
        ["(a) zstd DICOM → tensor, against our image", f"{plain / image:.1f}×", "≥ 6×"],
        ["(a) zstd DICOM → tensor, against our lossless pixels", f"{plain / lossless:.2f}×", "≥ 1.6×"],
        ["(a) JPEG 2000 → tensor, against our image", f"{jpeg / image:.1f}×", "≥ 15×"],
        ["(a) JPEG 2000 → tensor, against our lossless pixels", f"{jpeg / lossless:.2f}×", "≥ 4×"],
        [
            f"(b) boxes of {boxes.CLASSES} classes, against components",
            f"{found['boxes']['class_boxes']['ratio']:.0f}×",
            "≥ 40×",
        ],
        ["(c) all after segmentation, slices a second and core", f"{1 / added(sizes, later, 'cpu'):.0f}", "≥ 80"],
        ["(c) the whole build, slices a second and core", f"{rate:.0f}", ""],
    ]
    rows += [
        [f"(c) {size:,} slices: peak MB of the command, of its largest child",
         f"{one['command_mb']:.0f}, {one['child_mb']:.0f}", "≤ 1,000"]
        for size, one in zip(sizes, builds, strict=True)
    ]  # fmt: skip
    rows += [["(c) what a slice adds to the command, KB", f"{grown:.2f}", "0"]]
    for name in found["loading"][0]:
        costs = [1000 * load[name][1] / max(1, load[name][0]) for load in found["loading"]]
        rows.append([f"(d) {name}, ms a row at {' and '.join(f'{size:,}' for size in sizes)}",
                     ", ".join(f"{cost:.2f}" for cost in costs), "not growing"])  # fmt: skip
    rows += [
        [
            f"(e) one worker against two at {found['sizes'][-1]:,} slices, wall clock",
            f"{one['wall'] / two['wall']:.2f}×",
            "≥ 1.8×, two idle cores",
        ],
        [
            f"(e) one worker against two at {found['sizes'][-1]:,} slices, CPU seconds",
            f"{one['cpu'] / two['cpu']:.2f}×",
            "",
        ],
        [f"(f) a build of {FEWEST} slices, CPU seconds, median of {STARTS}", f"{start['cpu']:.1f}", "≤ 3"],
    ]
    rows += [
        [f"(g) {SITE:,} slices on {cores} cores, hours", f"{SITE / rate / cores / 3600:.1f}", ""]
        for cores in (1, 16, 256)
    ]
    classic = found["kinds"]["classic, raw"]["keep"], found["kinds"]["classic, JPEG 2000"]["keep"]
    rows += [
        [f"a slice of {kind}, against a classic file", f"{cost['keep'] / classic['JPEG' in kind]:.2f}×", "≤ 1.3×"]
        for kind, cost in found["kinds"].items()
        if not kind.startswith("classic")
    ]
    return rows


def page(found: Mapping[str, Any], large: Mapping[str, Any] | None) -> str:
    """docs/performance.md."""
    about, sizes = found["machine"], " and ".join(f"{size:,}" for size in found["sizes"])
    stages = found["builds"][-1]["stages"]
    order = [*(stage.name for stage in STAGES), "shards"]
    shares = [[name, f"{stages[name]:.1f}", f"{100 * stages[name] / sum(stages.values()):.0f} %"] for name in order]
    parts = [
        "# What the data side costs\n\nWritten by `make bench` (tests/bench/performance.py), of one run on one thread: "
        f"builds of {sizes} generated slices of {found['side']}² pixels, 50 a patient, text in pixels not sought. "
        f"Python {about['python']}, bytecode of the package {about['bytecode']}, {about['cores']} core(s) for the run, "
        f"OMP_NUM_THREADS {about['threads']}; CPU seconds include those of children, and what is repeated is a median. "
        f"Load of the machine before the run {about['load before']}: where others worked beside it, wall-clock rows say little."
        + ("" if (tuple(found["sizes"]), found["side"]) == (SIZES, SIDE) else f" {SMALLER}"),
        table(["", "measured", "asked"], rows_of(found)),
        "(c) is the slope between the sizes; its fixed part is (f). (g) is 1 / (c) of the whole build, which reads uncompressed "
        "DICOM files and masks: decoding of compressed files, text in pixels (`--burnt-in-text blank`) and segmentation come on top.",
        f"## Where the time goes\nCPU seconds of the stages of the build of {found['sizes'][-1]:,} slices.",
        table(["stage", "CPU seconds", "share"], shares),
        "## How it grows\n![Peak memory by slices](images/performance.svg)",
    ]
    if large:
        rows = [[f"{size:,}", one["rows"], *(f"{one[name]:.0f}" for name in ("command_mb", "child_mb", "cpu"))]
                for size, one in zip(large["sizes"], large["builds"], strict=True)]  # fmt: skip
        head = ["slices", "rows", "peak MB, command", "peak MB, child", "CPU seconds"]
        parts += [f"`make bench-large`, slices of {large['side']}² pixels:", table(head, rows)]
    return "\n\n".join(parts) + "\n"


def plot(runs: Mapping[str, Mapping[str, Any]]) -> str:
    """An SVG of peak memory by slices, both on linear axes from 0."""
    points = {
        f"{name}, {part.split('_')[0]}": [(size, one[part]) for size, one in zip(run["sizes"], run["builds"], strict=True)]
        for name, run in runs.items()
        for part in ("command_mb", "child_mb")
    }  # fmt: skip
    most_x, most_y = (max(point[axis] for line in points.values() for point in line) for axis in (0, 1))
    colours, drawn = ("#1b6ca8", "#7fb2d6", "#b5521b", "#e0a37f"), []
    for n, (name, line) in enumerate(points.items()):
        spots = [(60 + 500 * x / most_x, 250 - 220 * y / most_y) for x, y in line]
        path, colour = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots), colours[n % len(colours)]
        drawn.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        drawn += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in spots]
        drawn.append(f'<text x="575" y="{40 + 18 * n}" fill="{colour}">{name}</text>')
    axes = '<path d="M60 25V250H565" fill="none" stroke="#444"/>'
    ends = f'<text x="55" y="30" text-anchor="end">{most_y:.0f}</text><text x="560" y="268" text-anchor="end">{most_x:,}</text>'
    names = '<text x="20" y="262">0 MB</text><text x="300" y="268">slices</text>'
    body = "\n".join([axes, ends, names, *drawn])
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 280" font-family="sans-serif" font-size="12">\n{body}\n</svg>\n'


def write_page() -> None:
    """The page and its plot, from the JSON files."""
    runs = {name: json.loads(path.read_text()) for name, path in (("bench", SMALL), ("large", LARGE)) if path.exists()}
    write_text(PLOT, plot(runs))
    write_text(PAGE, page(runs["bench"], runs.get("large")))


def main() -> int:
    """Measure, print the table, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", help="slices of the builds (1000 5000; large: 10000 100000)")
    parser.add_argument("--side", type=int, help="pixels (512; large: 128)")
    parser.add_argument("--rounds", type=int, default=15, help="of steps that are repeated")
    parser.add_argument("--kinds", type=int, default=96, help="slices of each kind of file")
    parser.add_argument("--large", type=Path, help="a folder for the large builds")
    parser.add_argument("--minutes", type=float, default=55, help="after which a large build stops; call again")
    parser.add_argument("--docs", action="store_true", help="measure nothing")
    given = parser.parse_args()
    if given.large:
        if not run_large(given.large, given.sizes or (10_000, 100_000), given.side or 128, given.minutes):
            print("The time is over. Run the command again; it goes on.", file=sys.stderr)
            return AGAIN
    elif not given.docs:
        write_json(SMALL, run_small(given.sizes or SIZES, given.side or SIDE, given.rounds, given.kinds))
    write_page()
    print(table(["", "measured", "asked"], rows_of(json.loads(SMALL.read_text()))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
