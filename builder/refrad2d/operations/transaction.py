"""One command at a time changes a dataset: what it makes is prepared aside, then renamed into place.

Everything aside lies below DIR/.stages. A prepared change is DIR/.stages/commit: files/ (what is new or rewritten) and
plan.json (what goes). Once it stands it is carried out, if not by the command that made it then by the next one.
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, TextIO, overload

from refrad2d.dataset.blind import count_blind
from refrad2d.dataset.card import write_card
from refrad2d.dataset.leaks import count_leaks
from refrad2d.dataset.manifest import digest_files, hash_files, in_splits
from refrad2d.layout import CARD, CHANGELOG, MANIFEST, STAGES, STATS, kind_of, require_format
from refrad2d.system.files import read_json, write_json
from refrad2d.system.markdown import table_row
from refrad2d.system.pseudonyms import key_id, load_key

CHANGES_HEAD = """# Changes
One row a command. `from` is the start of the fingerprint that manifest.json had before: a copy with that fingerprint
lacks this change. Who was removed stands nowhere.

| change | from | patients | studies | slices | details |
|---|---|---|---|---|---|
"""


def tombstone(patient: str) -> str:
    """What manifest.json keeps of a removed patient: enough to know the pseudonym if it comes again, not to tell it."""
    return hashlib.sha256(f"removed {patient}".encode()).hexdigest()[:20]


@overload
def open_manifest(out: Path, key_file: Path, *, key_needed: Literal[True]) -> tuple[dict, bytes]:
    """The manifest and the key, which must be there."""


@overload
def open_manifest(out: Path, key_file: Path, *, key_needed: Literal[False]) -> tuple[dict, bytes | None]:
    """The manifest, and the key if it is there."""


def open_manifest(out: Path, key_file: Path, *, key_needed: bool) -> tuple[dict, bytes | None]:
    """The manifest of a finished dataset and its key, None if it is not needed and not there. ValueError otherwise."""
    if not out.is_dir():
        raise ValueError(f"{out} does not exist. Give the DIR of `refrad2d build`.")
    if not (out / MANIFEST).is_file():
        raise ValueError(f"{out} has no {MANIFEST}, so it is no finished dataset. Run `refrad2d build` to its end.")
    manifest = read_json(out / MANIFEST)
    require_format(manifest, out)
    if not key_file.is_file():
        if key_needed:
            raise ValueError(f"Key file {key_file} does not exist. Name that of the build with --key-file.")
        return manifest, None
    key = load_key(key_file)
    if key_id(key) != manifest["key_id"]:
        raise ValueError(
            f"Key file {key_file} holds key {key_id(key)}, the dataset was made with {manifest['key_id']}. "
            "Name that of the build with --key-file."
        )
    return manifest, key


@contextmanager
def hold(out: Path, task: str, *, discard: Collection[str] = ()) -> Iterator[Path]:
    """Hold `out` for one task, such as "append 3f…"; yields its folder of stages, with what an earlier try left there.

    A prepared change of any task is carried out first. ValueError if another command is at work, if unfinished stages
    of another task lie there, unless its verb is one of `discard`, or if those of `task` are of another version.
    """
    stages = out / ".stages"
    with _lock(out) as lock:
        known, made_by = _task(lock)
        if known == task and made_by != str(STAGES) and not is_half_changed(out) and not _is_finished(out, known):
            raise ValueError(
                f"{stages} holds stages of another version of this program ({made_by or 'an old one'}, not {STAGES}). "
                "Delete that folder and run the command again, or go on with the version that began."
            )
        if known != task:
            if is_half_changed(out):
                carry_out(out)
            elif known and known.split()[0] not in discard and not _is_finished(out, known):
                raise ValueError(_advice(out, known.split()[0]))
            for path in stages.iterdir():
                if path.name != "lock":
                    shutil.rmtree(path)
            lock.truncate(0)
            lock.write(f"{task}\n{STAGES}")
            lock.flush()
        yield stages


def _task(lock: TextIO) -> tuple[str, str]:
    """The task that DIR/.stages was last held for, and by which format of stages; "" where there is none."""
    lock.seek(0)
    known, _, made_by = lock.read().partition("\n")
    return known, made_by


def _advice(out: Path, verb: str) -> str:
    if verb == "build":
        return f"{out} holds an unfinished build of other input. Choose another --out, or delete it."
    return (
        f"{out} holds an unfinished {verb} of other input. Run that one again, or give it up by deleting {out}/.stages."
    )


def _lock(out: Path) -> TextIO:
    """The open, locked file DIR/.stages/lock. Whoever finishes takes the folder away, so the name is checked after."""
    stages = out / ".stages"
    while True:
        stages.mkdir(parents=True, exist_ok=True)
        try:
            lock = (stages / "lock").open("a+")
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(lock.fileno()), os.stat(stages / "lock")):
                shutil.rmtree(_retired(out), ignore_errors=True)
                return lock
        except BlockingIOError as error:
            lock.close()
            raise ValueError(f"Another command is writing {out}. Wait for it, or choose another folder.") from error
        except FileNotFoundError:
            pass
        lock.close()


def _retired(out: Path) -> Path:
    return out / ".stages.old"


def retire(out: Path) -> None:
    """Take the stages away, as the last deed of a task that holds `out`."""
    os.replace(out / ".stages", _retired(out))
    shutil.rmtree(_retired(out), ignore_errors=True)  # the next command deletes there too


def clean_up(out: Path) -> None:
    """Take away what finished commands have left, were they killed at the end; unfinished ones are let be."""
    if not (out / ".stages").exists() and not _retired(out).exists():
        return
    with _lock(out) as lock:
        known, _ = _task(lock)
        if not known or (_is_finished(out, known) and not is_half_changed(out)):
            retire(out)


def _is_finished(out: Path, task: str) -> bool:
    if not (out / MANIFEST).is_file():
        return False
    manifest = read_json(out / MANIFEST)
    verb, name = task.split()
    done = {
        "build": [manifest["inputs"]],
        "append": [batch["inputs"] for batch in manifest.get("batches", ())],
        "remove": manifest.get("removed", ()),
    }
    return name in done[verb]


def is_half_changed(out: Path) -> bool:
    """True while files of a prepared change may stand in place beside old ones."""
    return (out / ".stages" / "commit").exists()


def seal(commit: Path, manifest: Mapping, stats: Mapping, plan: Mapping, *, benchmarks: Path | None = None) -> None:
    """Complete the change in `commit`, whose files/ holds all that is new: stats, card, manifest, plan.

    `manifest` is that of before with what the change adds, `plan` may hold "delete", names of files that go. The leak
    and blind tables are counted again, the former for `benchmarks` only where their pictures are given.
    """
    files, gone = commit / "files", plan.get("delete", ())
    kept = {name: facts for name, facts in manifest["files"].items() if name not in gone}
    sizes = {name: facts["bytes"] for name, facts in {**kept, **hash_files(files)}.items()}
    slices = [name for name in sizes if kind_of(name) == "slices"]
    places = [path if (path := files / name).exists() else commit.parent.parent / name for name in slices]
    stats = {**stats, "leaks": count_leaks(places, benchmarks), "blind": count_blind(places)}
    write_json(files / STATS, stats)
    write_card(files, stats, sizes)
    kept |= hash_files(files)
    facts = {"rows": in_splits(stats["rows"]), "files": kept, "fingerprint": digest_files(kept)}
    write_json(files / MANIFEST, {**manifest, **facts})
    write_json(commit / "plan.json", plan)


def carry_out(out: Path) -> Mapping:
    """Rename a prepared change into place, the card and the manifest last; returns its plan. Can be killed and rerun.

    The plan then stands as DIR/.stages/done until the task is retired.
    """
    commit = out / ".stages" / "commit"
    plan = read_json(commit / "plan.json")
    names = [path.relative_to(commit / "files").as_posix() for path in (commit / "files").rglob("*") if path.is_file()]
    last = (CARD, MANIFEST)
    for name in sorted(names, key=lambda name: (last.index(name) if name in last else -1, name)):
        if name == last[-1]:
            _delete(out, plan.get("delete", ()))
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        os.replace(commit / "files" / name, out / name)
    os.replace(commit, commit.with_name("done"))
    return plan


def _delete(out: Path, names: Collection[str]) -> None:
    """Delete files, and the folders that they leave empty."""
    for name in names:
        path = out / name
        path.unlink(missing_ok=True)
        if path.parent.is_dir() and not any(path.parent.iterdir()):
            path.parent.rmdir()


def with_change(out: Path, manifest: Mapping, change: str, *cells: object) -> str:
    """The text of CHANGELOG.md with one row more."""
    path = out / CHANGELOG
    text = path.read_text(encoding="utf-8") if path.is_file() else CHANGES_HEAD
    number = sum(line.startswith("|") for line in text.splitlines()) - 1
    return text + table_row([f"{number}. {change}", manifest["fingerprint"][:12], *cells]) + "\n"


def check_present(out: Path, manifest: Mapping) -> None:
    """ValueError unless every file of the manifest is there with its size; `verify` does the rest."""
    for name, facts in manifest["files"].items():
        if not (out / name).is_file() or (out / name).stat().st_size != facts["bytes"]:
            raise ValueError(f"{name} is missing or has another size than in manifest.json. Run `refrad2d verify`.")
