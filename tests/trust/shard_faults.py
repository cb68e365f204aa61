"""Seeded damage to a built dataset: `refrad2d verify` finds each of the faults.

    python -m tests.trust.shard_faults [DIR] [--faults 200] [--seed 0]

Half of the faults come with a manifest that was made to fit, so that only the laws can tell. Prints found of made.
"""

import io
import json
import random
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq

from refrad2d.dataset.manifest import manifest
from refrad2d.dataset.writers import ParquetShards
from refrad2d.operations.verify import verify
from refrad2d.schema import arrow_schema
from tests.trust.outcome import PLAIN as PLAIN_BUILD
from tests.trust.outcome import Clock, Outcome, arguments, build_command, finish, phantom


def shards(root: Path, ending: str) -> list[Path]:
    """Files of this ending, sorted."""
    return sorted(p for p in root.rglob(f"*{ending}") if p.is_file())


def flip(root: Path, draw: random.Random) -> None:
    path = draw.choice(shards(root, ".parquet") + shards(root, ".tar") + shards(root, ".md"))
    data = bytearray(path.read_bytes())
    for _ in range(draw.choice((1, 1, 5))):
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    path.write_bytes(data)


def cut(root: Path, draw: random.Random) -> None:
    path = draw.choice(shards(root, ".parquet") + shards(root, ".tar"))
    data = path.read_bytes()
    path.write_bytes(data[: draw.randrange(len(data))])


def remove(root: Path, draw: random.Random) -> None:
    draw.choice(shards(root, ".parquet") + shards(root, ".tar")).unlink()


def swap(root: Path, draw: random.Random) -> None:
    a, b = draw.sample(shards(root, draw.choice((".parquet", ".tar"))), 2)
    data = a.read_bytes(), b.read_bytes()
    a.write_bytes(data[1]), b.write_bytes(data[0])


def add(root: Path, draw: random.Random) -> None:
    path = draw.choice(shards(root, ".parquet") + shards(root, ".tar"))
    shutil.copy(path, path.with_name("x" + path.name))


def members(root: Path, draw: random.Random, change: Callable) -> None:
    path = draw.choice(shards(root, ".tar"))
    with tarfile.open(path) as tar:
        parts = [(m.name, tar.extractfile(m).read()) for m in tar]
    parts = change(parts, draw)
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in parts:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


def drop_member(parts: list, draw: random.Random) -> list:
    parts.pop(draw.randrange(len(parts)))
    return parts


def repeat_member(parts: list, draw: random.Random) -> list:
    return [*parts, draw.choice(parts)]


def swap_members(parts: list, draw: random.Random) -> list:
    kind = draw.choice((".json", ".pixels.png", ".mask.png"))
    a, b = draw.sample([n for n, (name, _) in enumerate(parts) if name.endswith(kind)], 2)
    parts[a], parts[b] = (parts[a][0], parts[b][1]), (parts[b][0], parts[a][1])
    return parts


def extra_member(parts: list, draw: random.Random) -> list:
    parts.insert(draw.randrange(len(parts)), (f"{'abcdef'[draw.randrange(6)]}.json", b"{}"))
    return parts


def rows(root: Path, draw: random.Random, change: Callable) -> None:
    paths = [p for p in shards(root, ".parquet") if "slices" in p.name or "grounded" in p.name]
    for path in draw.sample(paths, len(paths)):
        table = pq.read_table(path).to_pylist()
        try:
            table = change(table, draw) or table
        except (IndexError, ValueError):  # this file holds nothing that could be damaged so
            continue
        break
    config, stem = path.name.split("-")[0], path.name.split("-000")[0]
    path.unlink()
    writer = ParquetShards(path.parent, stem, arrow_schema(config))
    for row in table:
        writer.write(row)
    writer.close()


def move_box(table: list, draw: random.Random) -> None:
    row = draw.choice([r for r in table if any(rep and rep["spans"] for rep in r["report"].values())])
    span = draw.choice([s for rep in row["report"].values() if rep for s in rep["spans"]])
    span["box"] = [min(1.0, c + draw.choice((0.01, -0.01)) * (c > 0.02)) for c in span["box"]]


def relabel(table: list, draw: random.Random) -> None:
    row = draw.choice([r for r in table if any(rep and rep["spans"] for rep in r["report"].values())])
    span = draw.choice([s for rep in row["report"].values() if rep for s in rep["spans"]])
    span["label"], span["labels"] = "brain", ["brain"]


def shift_span(table: list, draw: random.Random) -> None:
    row = draw.choice([r for r in table if any(rep and rep["spans"] for rep in r["report"].values())])
    span = draw.choice([s for rep in row["report"].values() if rep for s in rep["spans"]])
    span["end"] += 1000


def change_area(table: list, draw: random.Random) -> None:
    draw.choice(draw.choice([r for r in table if r["objects"]])["objects"])["area"] += 1


def swap_masks(table: list, draw: random.Random) -> None:
    distinct = {bytes(r["mask"]["bytes"]): r for r in table if r["mask"]}
    a, b = draw.sample(list(distinct.values()), 2)
    a["mask"], b["mask"] = b["mask"], a["mask"]


def change_patient(table: list, draw: random.Random) -> None:
    draw.choice(table)["patient"] = "Mustermann"


def drop_row(table: list, draw: random.Random) -> None:
    table.pop(draw.randrange(len(table)))


def repeat_row(table: list, draw: random.Random) -> list:
    return [*table, draw.choice(table)]


def refit(root: Path) -> None:
    old = json.loads((root / "manifest.json").read_text())
    new = manifest(root, b"0" * 32, {})
    (root / "manifest.json").write_text(json.dumps({**old, "files": new["files"], "fingerprint": new["fingerprint"]}))


PLAIN = (flip, cut, remove, swap, add)
IN_ARCHIVES = (drop_member, repeat_member, swap_members, extra_member)
IN_ROWS = (move_box, relabel, shift_span, change_area, swap_masks, change_patient, drop_row, repeat_row)


def check(dataset: Path, faults: int = 200, seed: int = 0) -> list[Outcome]:
    """The outcome of damage to copies of a dataset; DIR itself is left as it is."""
    clock = Clock()
    if before := list(verify(dataset)):
        raise SystemExit(f"{dataset} has faults before any damage: {before[:3]}")
    draw, made, found = random.Random(seed), Counter(), Counter()
    for number in range(faults):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder) / "ds"
            shutil.copytree(dataset, root)
            if number % 2:
                change = draw.choice(IN_ARCHIVES + IN_ROWS)
                (members if change in IN_ARCHIVES else rows)(root, draw, change)
                refit(root)
            else:
                change = draw.choice(PLAIN)
                change(root, draw)
            made[change.__name__] += 1
            found[change.__name__] += next(verify(root), None) is not None
    print("| damage | made | found |\n|---|---:|---:|")
    for name in sorted(made):
        print(f"| {name} | {made[name]} | {found[name]} |")
    all_found = found.total() == made.total()
    kinds = {name: [made[name], found[name]] for name in sorted(made)}
    return [
        Outcome(
            "faults in shards that verify finds", made.total(), found.total(), "all", all_found, clock.read(), kinds
        )
    ]


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("dir", type=Path, nargs="?", help="a build's DIR (default: a small phantom is built)")
    parser.add_argument("--faults", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = args.work or Path(folder)
        if args.dir is None:
            hospital = phantom(work / "hospital", patients=12, seed=7, keep_every=4)
            args.dir = work / "dataset"
            subprocess.run(
                build_command(hospital, args.dir, work / "key", *PLAIN_BUILD), check=True, capture_output=True
            )
        return finish(check(args.dir, args.faults, args.seed), args.json)


if __name__ == "__main__":
    sys.exit(main())
