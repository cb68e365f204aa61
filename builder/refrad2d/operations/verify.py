"""Whether a dataset is what was built: files, shards, rows and laws; one fault a line, exit 1 if there is any.

refrad2d verify DIR
{"file": "refrad2d-wds/train-00000-of-00001.tar", "key": "k3f…", "kind": "duplicate_member"}
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from refrad2d.dataset.laws import require_manifest
from refrad2d.layout import ACCOUNTING, MANIFEST, STATS, require_format
from refrad2d.operations.archive_checks import check_archive
from refrad2d.operations.file_checks import Fault, check_files
from refrad2d.operations.row_checks import Dataset, check_counts, check_rows, check_splits
from refrad2d.operations.transaction import is_half_changed
from refrad2d.system.files import read_json

_MALFORMED = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


def verify(dir: Path) -> Iterator[Fault]:
    """Every fault of a build's DIR. Reads everything once; never changes anything.

    Damage shows twice, as `changed` for the file and as what it did to rows, so a fault can be traced to its rows.
    ValueError if the dataset has another format than this version can check.
    """
    try:
        manifest = json.loads((dir / MANIFEST).read_text(encoding="utf-8"))
        files = manifest["files"]
        require_manifest(manifest)
    except FileNotFoundError:
        yield Fault(MANIFEST, None, "missing_file")
        return
    except _MALFORMED:
        yield Fault(MANIFEST, None, "unreadable")
        return
    require_format(manifest, dir)
    if is_half_changed(dir):
        yield Fault(MANIFEST, None, "unfinished_change")  # run the same append or remove again
        return
    yield from check_files(dir, manifest, files)
    dataset = Dataset(dir, manifest)
    yield from check_rows(dataset)
    yield from check_archive(dataset)
    yield from check_splits(dataset)
    yield from check_counts(dataset)
    yield from check_accounting(dir)


def _shares_its_tree(root: str, positions: Mapping[str, Sequence[int]]) -> bool:
    """True if masks and images may lie in one tree, where a gap here is a line there."""
    twin = root.replace("export", "masks", 1) if root.startswith("export") else root.replace("masks", "export", 1)
    numbers = positions[root]
    if twin not in positions or not all(isinstance(n, int) and n >= 0 for n in numbers):
        return False
    return len(set(numbers)) == len(numbers) and max(numbers) + 1 - len(numbers) <= len(positions[twin])


def check_accounting(dir: Path) -> Iterator[Fault]:
    """One line an input file, positions without gap or repetition, a reason exactly where something was dropped."""
    positions: dict[str, list[int]] = defaultdict(list)
    outcomes: dict[str, Counter] = defaultdict(Counter)
    try:
        for line in (dir / ACCOUNTING).read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            positions[entry["root"]].append(entry["n"])
            outcome = f"dropped_{entry['reason']}" if entry["status"] == "dropped" else "kept"
            outcomes[str(entry["root"]).partition("-")[0]][outcome] += 1
            if entry["status"] not in ("kept", "dropped") or (entry["status"] == "dropped") != bool(entry["reason"]):
                yield Fault(ACCOUNTING, f"{entry['root']} {entry['n']}", "status")
    except FileNotFoundError:
        yield Fault(ACCOUNTING, None, "missing_file")
        return
    except _MALFORMED:
        yield Fault(ACCOUNTING, None, "unreadable")
        return
    for root, numbers in sorted(positions.items(), key=str):
        if isinstance(root, str) and _shares_its_tree(root, positions):
            continue
        if sorted(numbers, key=str) != sorted(range(len(numbers)), key=str):
            yield Fault(ACCOUNTING, root, "positions")
    yield from _check_sums(dir, outcomes)


def _check_sums(dir: Path, outcomes: Mapping[str, Counter]) -> Iterator[Fault]:
    """The lines of images and of masks, all batches together, are as many of each outcome as stats.json counts."""
    try:
        stated = read_json(dir / STATS).get("files", {})
    except (FileNotFoundError, *_MALFORMED):
        return  # said elsewhere
    for root, counts in stated.items():
        said = {name: n for name, n in counts.items() if n and (name == "kept" or name.startswith("dropped_"))}
        found = outcomes.get(root, Counter())
        if (found or root == "export") and found != said:  # a segmenter's masks have no lines
            yield Fault(ACCOUNTING, root, "counts")
