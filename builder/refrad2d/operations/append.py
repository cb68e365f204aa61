"""`refrad2d append DIR EXPORT --reports FILE`: a new month beside the old ones, whose shards stay as they are.

The export goes through the stages of a build with the key of the dataset, so that a patient who comes again keeps
pseudonym and split. Its shards carry the name of their batch (train-b001-00000-of-00001.tar). A slice or picture that
is published already, and a patient who was removed, do not come in again; stats.json counts them by reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from refrad2d.dataset.duplicates import REASON, Pictures, Seen, digest_of, look_of
from refrad2d.dataset.manifest import installed_versions, masks_made_by
from refrad2d.dataset.parts import Made
from refrad2d.dataset.stats import (
    add_counts,
    count_attrition,
    count_left_out,
    count_rows,
    count_volumes,
    list_patients,
    read_columns,
    read_counted,
)
from refrad2d.layout import ACCOUNTING, CHANGELOG, MANIFEST, SPLITS, STATS, Shard, list_shards, parse_shard
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
from refrad2d.privacy.people_file import PeopleFile
from refrad2d.questions.balance import Balance
from refrad2d.samples import read_png
from refrad2d.stages import shards
from refrad2d.stages.pipeline import (
    Input,
    NothingUsable,
    Options,
    account_stages,
    check_arguments,
    fingerprint_inputs,
    rows_file,
    run_stage,
    run_stages,
    volumes_file,
)
from refrad2d.stages.report_table import read_report_table
from refrad2d.system.accounting import Progress, no_progress
from refrad2d.system.files import read_json, write_jsonl, write_text
from refrad2d.system.processes import keep_freed_memory, kept_children


@dataclass(frozen=True)
class Published:
    """What a dataset holds already, and who must stay out."""

    pictures: Mapping[str, str]  # row id → what its picture shows
    contents: frozenset[str]
    patients: frozenset[str]
    studies: frozenset[str]
    series: frozenset[str]
    removed: frozenset[str]
    seen: Pictures

    def refuse(self, made: Made) -> str | None:
        """Why a slice may not be appended, None if it may."""
        if tombstone(made.patient) in self.removed:
            return "patient_was_removed"
        if made.id in self.pictures:
            return "already_published" if self.pictures[made.id] == made.digest else "id_of_another_picture"
        return "picture_already_published" if made.digest in self.contents else None


def read_published(out: Path, manifest: Mapping) -> Published:
    """What stands in the row files of a dataset."""
    pictures, patients, studies, series, seen = {}, set(), set(), set(), Pictures()
    for path in list_shards(out, "slices"):
        split = cast(Shard, parse_shard(path.name)).split
        for row in read_columns(path, ("id", "patient", "study", "series", "image")):
            picture = read_png(row["image"]["bytes"])
            pictures[row["id"]] = digest_of(picture)
            patients.add(row["patient"])
            studies.add(row["study"])
            series.add(row["series"])
            seen.add(Seen(row["id"], split, look_of(picture)))
    contents = frozenset(pictures.values()) - {""}  # blank pictures are all alike
    removed = frozenset(manifest.get("removed", ()))
    return Published(pictures, contents, frozenset(patients), frozenset(studies), frozenset(series), removed, seen)


@kept_children()  # of one stage for the next
def append(
    out: Path, export: Path, reports: Path, key_file: Path, options: Options, progress: Progress = no_progress
) -> dict | None:
    """Append an export to a finished dataset. Returns the stats of what was added, None if it had been before.

    ValueError for wrong arguments, another key or choice of privacy, or a running command; NothingUsable if no row is
    new; then DIR is as before.
    """
    manifest, key = open_manifest(out, key_file, key_needed=True)
    check_arguments(export, out, options)
    keep_freed_memory()
    _require_same_privacy(manifest.get("privacy", {}), options.privacy)
    table = read_report_table(reports, options.columns, encoding=options.encoding, language=options.language)
    inputs = fingerprint_inputs(export, reports, options, key)
    with hold(out, f"append {inputs}") as stages:
        manifest = read_json(out / MANIFEST)
        people = _people_of(out, manifest, key_file)
        if not is_half_changed(out) and not (stages / "done").exists():
            if inputs in [manifest["inputs"], *(batch["inputs"] for batch in manifest.get("batches", ()))]:
                retire(out)
                people.settle()
                return None
            try:
                people.check()
                check_present(out, manifest)
                balance = _balance_of(manifest)
                given = run_stages(export, table, stages, key, options, progress, balance, people, key_file)
                run_stage(stages / "commit", lambda dst: _prepare(out, manifest, given, inputs, dst, people))
            except (ValueError, NothingUsable):
                people.settle()
                retire(out)
                raise
        if is_half_changed(out):
            carry_out(out)
        plan = read_json(stages / "done" / "plan.json")
        retire(out)
        people.settle()
    return {**plan["stats"], "published_twice": plan.get("published_twice", [])}


def _require_same_privacy(built: Mapping[str, str], asked: Mapping[str, str]) -> None:
    """ValueError where the new rows would be treated otherwise than the old. Older datasets do not say."""
    for name, choice in built.items():
        if asked[name] != choice:
            flag = f"--{name.replace('_', '-')}"
            raise ValueError(f"{flag} is {asked[name]} here and was {choice} in the build. Give {flag} {choice}.")


def _people_of(out: Path, manifest: Mapping, key_file: Path) -> PeopleFile:
    """Who is in the dataset, and who left it."""
    removed = frozenset(manifest.get("removed", ()))
    return PeopleFile(key_file, manifest["inputs"], list_patients(out), lambda name: tombstone(name) in removed)


def _balance_of(manifest: Mapping) -> Balance | None:
    """The table of questions of a dataset; older ones have none."""
    return Balance.from_json(manifest["balance"]) if "balance" in manifest else None


def _prepare(out: Path, manifest: Mapping, given: Input, inputs: str, dst: Path, people: PeopleFile) -> dict:
    """Write the new shards, and all that speaks of old and new rows together."""
    stages, options = given.root, given.options
    files, batch = dst / "files", f"b{len(manifest.get('batches', ())) + 1:03d}"
    old = read_published(out, manifest)
    counts = shards.run(
        stages / "ingest", stages / "segment", rows_file(stages), files,
        key=given.key, batch=batch, refuse=old.refuse, published=old.seen, volumes=volumes_file(stages),
        known=old.series, work=given.sealing("shards"),
    )  # fmt: skip
    left_out = counts.pop("left_out")
    volumes = count_volumes(stages, counts, left_out)
    refused = dict(sorted(left_out.items()))
    del counts["patients"]
    reasons = ", ".join(f"{n} {reason}" for reason, n in refused.items())
    twice = people.published_twice()
    if not counts:
        joined = "".join(f" By this export {' and '.join(names)} are one person." for names in twice)
        raise NothingUsable(f"No row of the export is new ({reasons}). The dataset is as it was.{joined}")
    patients = {split: list_patients(files, split) - old.patients for split in SPLITS}
    added = {
        **count_attrition(stages),
        **volumes,
        **count_rows(row for path in list_shards(files, "slices") for row in read_counted(path)),
        "rows": {name: dict(by_split) for name, by_split in counts.items()},
        "patients": {split: len(names) for split, names in patients.items() if names},
        "not_appended": {reason: n for reason, n in refused.items() if reason != REASON},
        **count_left_out({REASON: refused.get(REASON, 0)}),
    }
    old_lines = (out / ACCOUNTING).read_text(encoding="utf-8")
    write_jsonl(files / "new.jsonl", ({**line, "root": f"{line['root']}-{batch}"} for line in account_stages(stages)))
    write_text(files / ACCOUNTING, old_lines + (files / "new.jsonl").read_text(encoding="utf-8"))
    (files / "new.jsonl").unlink()
    cells = (
        f"+{sum(map(len, patients.values()))}",
        f"+{len(_studies(files) - old.studies)}",
        f"+{sum(counts['slices'].values())}",
        f"shards {batch}" + (f"; left out: {reasons}" if reasons else ""),
    )
    write_text(files / CHANGELOG, with_change(out, manifest, "append", *cells))
    about = {"name": batch, "inputs": inputs, "versions": installed_versions()}
    about |= masks_made_by(stages / "segment", options.masks)
    if options.assumptions:
        about["assumptions"] = options.assumptions
    batches = [*manifest.get("batches", ()), about]
    stats = add_counts(read_json(out / STATS), added)
    plan = {"stats": added, "published_twice": twice}
    seal(dst, {**manifest, "batches": batches}, stats, plan, benchmarks=options.benchmarks)
    people.adopt(old.patients | list_patients(files))
    return added["rows"]


def _studies(root: Path) -> set[str]:
    return {row["study"] for path in list_shards(root, "slices") for row in read_columns(path, ("study",))}
