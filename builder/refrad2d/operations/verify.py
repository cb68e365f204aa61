"""Whether a dataset is what was built: files, shards, rows and laws; one fault a line, exit 1 if there is any.

refrad2d verify DIR
{"file": "refrad2d-wds/train-00000-of-00001.tar", "key": "k3f…", "kind": "duplicate_member"}
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from refrad2d.dataset.laws import require_manifest
from refrad2d.layout import MANIFEST, require_format
from refrad2d.operations.archive_checks import check_archive
from refrad2d.operations.file_checks import Fault, check_files
from refrad2d.operations.row_checks import Dataset, check_counts, check_rows, check_splits
from refrad2d.operations.text_checks import check_accounting, check_texts
from refrad2d.operations.transaction import is_half_changed
from refrad2d.operations.tree_checks import check_tree, told

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
    said = set[Fault]()
    for fault in _check(dir, manifest, files):
        if (clean := told(dir, fault)) not in said:
            said.add(clean)
            yield clean


def _check(dir: Path, manifest: dict[str, Any], files: Mapping[str, Mapping]) -> Iterator[Fault]:
    yield from check_tree(dir)
    yield from check_files(dir, manifest, files)
    dataset = Dataset(dir, manifest)
    yield from check_rows(dataset)
    yield from check_archive(dataset)
    yield from check_splits(dataset)
    yield from check_counts(dataset)
    yield from check_accounting(dir)
    yield from check_texts(dataset)
