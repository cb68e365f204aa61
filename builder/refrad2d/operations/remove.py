"""`refrad2d remove DIR --patient PSEUDONYM`: a dataset without a patient, and the proof that nothing of it is left.

Files that hold the patient are rewritten under their names without it, all others stay as they are, byte for byte.
Then every file below DIR is decoded and searched for the pseudonyms of the patient, its studies, series and rows.
"""

import re
import shutil
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from refrad2d.dataset.manifest import hash_file
from refrad2d.dataset.stats import count_rows, read_columns, read_counted
from refrad2d.dataset.writers import ParquetShards, TarShards
from refrad2d.layout import CHANGELOG, MANIFEST, REPORTS, STATS, kind_of, parse_shard
from refrad2d.operations.traces import find_traces
from refrad2d.operations.transaction import (
    carry_out,
    check_present,
    hold,
    is_half_changed,
    open_manifest,
    retire,
    seal,
    tombstone,
    with_change,
)
from refrad2d.operations.verify import Fault, verify
from refrad2d.privacy.people_file import PeopleFile
from refrad2d.samples import read_samples
from refrad2d.schema import arrow_schema, columns
from refrad2d.system.files import atomic_folder, read_json, write_text
from refrad2d.system.pseudonyms import LENGTH

IDENTITIES = ("patient", "study", "series", "id")


class Removed(NamedTuple):
    """What a removal did: counts for people to read, and the faults that are left, none where all is well."""

    counts: dict[str, int]
    faults: list[Fault]


def remove(out: Path, patient: str, key_file: Path) -> Removed:
    """Remove a patient from a finished dataset, search for what is left, and verify. Can be killed and run again.

    The key only says whether it is the right dataset; what the file beside it knows of the patient is forgotten (see
    privacy/people_file). ValueError if the pseudonym names nobody in DIR, if nobody else
    is in it, or if another command is at work; then DIR is as before.
    """
    manifest, _ = open_manifest(out, key_file, key_needed=False)
    people = PeopleFile(key_file, manifest["inputs"])
    people.check()
    if not re.fullmatch(f"[a-z2-7]{{{LENGTH}}}", patient):
        raise ValueError(
            f"--patient is no pseudonym ({LENGTH} characters of a-z and 2-7). Take one from the column `patient`."
        )
    if not is_half_changed(out):
        _check_known(out, patient)
    with hold(out, f"remove {tombstone(patient)}", discard=("append",)) as stages:
        if not is_half_changed(out) and not (stages / "done").exists() and not _was_removed(out, patient):
            try:
                _check_known(out, patient)
                shutil.rmtree(out.with_name(out.name + ".llm-cache"), ignore_errors=True)
                with atomic_folder(stages / "commit") as commit:
                    _prepare(out, patient, people.names_of(patient), commit)
            except ValueError:
                retire(out)
                raise
        if is_half_changed(out):
            carry_out(out)
        done = read_json(stages / "done" / "plan.json") if (stages / "done").exists() else {}
        names = {patient, *done.get("names", ())}
        traces = [Fault(name, None, "trace_of_removed_patient") for name in find_traces(out, names)]
        people.forget(people.names_of(patient))
        found = Removed(done.get("counts", {}), [*traces, *verify(out)])
        retire(out)
    return found


def _was_removed(out: Path, patient: str) -> bool:
    return tombstone(patient) in read_json(out / MANIFEST).get("removed", ())


def _check_known(out: Path, patient: str) -> None:
    if _was_removed(out, patient):
        return
    files = (out / name for name in read_json(out / MANIFEST)["files"] if kind_of(name) == "slices")
    everybody = {row["patient"] for path in files for row in read_columns(path, ("patient",))}
    if patient not in everybody:
        raise ValueError(f"--patient names nobody in {out}. Take a pseudonym from the column `patient` of its rows.")
    if everybody == {patient}:
        raise ValueError(f"{out} holds this patient only, and a dataset needs rows. Delete the whole folder.")


def _prepare(out: Path, patient: str, names: Collection[str], commit: Path) -> None:
    """Write what changes below `commit`: files without the patient, and all that speaks of the rows that stay.

    `names` are the pseudonyms of all PatientIDs of the patient, none of which may come in again.
    """
    manifest = read_json(out / MANIFEST)
    check_present(out, manifest)
    mine: dict[str, set[str]] = defaultdict(set)
    others: dict[str, set[str]] = defaultdict(set)
    for name in manifest["files"]:
        if kind_of(name) == "slices":
            for row in read_columns(out / name, IDENTITIES):
                for column in IDENTITIES:
                    (mine if row["patient"] == patient else others)[column].add(row[column])
    ids = set(mine["id"])
    for name in manifest["files"]:
        if kind_of(name) == "volumes":
            _add_volumes(out / name, patient, mine, others)
    lost: dict[str, Counter] = defaultdict(Counter)
    gone, rewritten = [], 0
    shards = {name: shard for name in manifest["files"] if (shard := parse_shard(name))}
    for name, shard in shards.items():
        gone_rows = mine["id"] if shard.kind == "volumes" else ids
        count = sum(key in gone_rows for key in row_ids(out / name))
        if not count:
            continue
        lost[shard.kind][shard.split] += count
        if hash_file(out / name)[0] != manifest["files"][name]["sha256"]:
            raise ValueError(f"{name} is not what {MANIFEST} says. Run `refrad2d verify`, restore it from a copy.")
        if write_without(out / name, commit / "files" / name, gone_rows):
            rewritten += 1
        else:
            gone.append(name)
    stats = _count_again(out, commit / "files", manifest, gone, lost)
    counts = {"patients": 1, "studies": len(mine["study"]), "slices": len(ids)}
    counts |= {"files_rewritten": rewritten, "files_deleted": len(gone)}
    cells = (f"-{counts['patients']}", f"-{counts['studies']}", f"-{counts['slices']}")
    details = f"{rewritten} shards rewritten, {len(gone)} deleted"
    write_text(commit / "files" / CHANGELOG, with_change(out, manifest, "remove", *cells, details))
    traces = sorted(set().union(*(mine[column] - others[column] for column in IDENTITIES)))
    seal(
        commit,
        {
            **manifest,
            "removed": sorted({*manifest.get("removed", ()), *map(tombstone, names)}),
            "emptied": sorted([*manifest.get("emptied", ()), *gone]),
        },
        stats,
        {"delete": [*gone, *REPORTS], "names": traces, "counts": counts},
    )


def _add_volumes(path: Path, patient: str, mine: Mapping[str, set[str]], others: Mapping[str, set[str]]) -> None:
    """Add the pseudonyms of the volumes of a file, and of their slices, which need not have a row."""
    for row in read_columns(path, (*IDENTITIES, "slices")):
        names = mine if row["patient"] == patient else others
        for column in IDENTITIES:
            names[column].add(row[column])
        names["id"].update(shown["id"] for shown in row["slices"])


def row_ids(path: Path) -> Iterator[str]:
    """The id of the slice that each row or sample of a shard belongs to; a conversation has that of its picture, a
    volume its own."""
    kind = kind_of(path.name)
    if kind == "archive":
        for key, _ in read_samples(path):
            yield key
    elif kind == "sft":
        for row in read_columns(path, ("image.path",)):
            yield row["image"]["path"].partition(".")[0]
    else:
        for row in read_columns(path, ("id",)):
            yield row["id"]


def write_without(src: Path, dst: Path, ids: set[str]) -> bool:
    """Write a shard again without the rows of these ids, as the build would; False, and no file, if none are left."""
    kind, stem = kind_of(src.name), dst.name.partition(".")[0]
    if kind == "archive":
        tars = TarShards(dst.parent, stem, limit=float("inf"))
        for key, sample in read_samples(src):
            if key not in ids:
                tars.write(key, sample)
        written = tars.close()
    else:
        tables = ParquetShards(dst.parent, stem, arrow_schema(kind), limit=float("inf"))
        for key, row in zip(row_ids(src), read_columns(src, columns(kind)), strict=True):
            if key not in ids:
                tables.write(row)
        written = tables.close()
    for path in written:
        path.rename(dst)
        return True
    return False


def _count_again(out: Path, files: Path, manifest: Mapping, gone: list[str], lost: Mapping[str, Counter]) -> dict:
    """The stats of what stays. What the inputs of the builds became is history and is not changed."""
    stats = read_json(out / STATS)
    rows = {
        config: {split: n - lost[config][split] for split, n in by_split.items() if n > lost[config][split]}
        for config, by_split in stats["rows"].items()
    }
    left = [
        (shard.split, files / name if (files / name).exists() else out / name)
        for name in manifest["files"]
        if (shard := parse_shard(name)) and shard.kind == "slices" and name not in gone
    ]
    people: dict[str, set[str]] = defaultdict(set)
    for split, path in left:
        people[split].update(row["patient"] for row in read_columns(path, ("patient",)))
    return {
        **stats,
        **count_rows(row for _, path in left for row in read_counted(path)),
        "rows": {config: by_split for config, by_split in rows.items() if by_split},
        "patients": {split: len(names) for split, names in people.items()},
    }
