"""`refrad2d build EXPORT --reports FILE --out DIR`: an export becomes a dataset, stage by stage.

Every stage is a folder below DIR/.stages, written as .tmp and renamed; one whose folder stands is skipped, so a killed
build goes on where it was. DIR/manifest.json is written last: where it stands, the build is whole.
"""

import os
import shutil
from pathlib import Path

from refrad2d.dataset.blind import count_blind
from refrad2d.dataset.card import write_card
from refrad2d.dataset.duplicates import Pictures, count_seen
from refrad2d.dataset.manifest import manifest, masks_made_by
from refrad2d.dataset.stats import (
    count_attrition,
    count_left_out,
    count_rows,
    count_volumes,
    list_patients,
    read_counted,
)
from refrad2d.layout import ACCOUNTING, ARCHIVE, MANIFEST, PARQUET, STATS, list_shards
from refrad2d.operations.transaction import clean_up, hold, retire
from refrad2d.privacy.people_file import PeopleFile
from refrad2d.stages import shards
from refrad2d.stages.pipeline import (
    Input,
    NothingUsable,
    Options,
    account_stages,
    check_arguments,
    fingerprint_inputs,
    kept_balance,
    rows_file,
    run_stage,
    run_stages,
    volumes_file,
)
from refrad2d.stages.report_table import read_report_table
from refrad2d.system.accounting import Progress, no_progress
from refrad2d.system.files import read_json, write_json, write_jsonl
from refrad2d.system.processes import keep_freed_memory, kept_children
from refrad2d.system.pseudonyms import load_key

PUBLISHED = (PARQUET, ARCHIVE, STATS, ACCOUNTING, MANIFEST)  # in order of renaming


@kept_children()  # of one stage for the next
def build(
    export: Path, reports: Path, out: Path, key_file: Path, options: Options, progress: Progress = no_progress
) -> dict:
    """Build a dataset and return its stats. ValueError for wrong arguments, NothingUsable if no row came out."""
    check_arguments(export, out, options)
    keep_freed_memory()
    table = read_report_table(reports, options.columns, encoding=options.encoding, language=options.language)
    new_key, new_out = not key_file.exists(), not out.exists()
    key = load_key(key_file)
    try:
        inputs = fingerprint_inputs(export, reports, options, key)
        people = PeopleFile(key_file, inputs)
        people.check()
        if (out / MANIFEST).exists():
            if read_json(out / MANIFEST)["inputs"] != inputs:
                raise ValueError(
                    f"{out} already holds a dataset built from other input or options. "
                    "Choose another --out, or delete it."
                )
            clean_up(out)
            people.settle()
            return read_json(out / STATS)
        with hold(out, f"build {inputs}") as stages:
            try:
                given = run_stages(export, table, stages, key, options, progress, people=people, key_file=key_file)
            except (ValueError, NothingUsable):
                people.settle()
                raise
            run_stage(stages / "shards", lambda dst: _write_dataset(given, dst, inputs, people))
            _publish(stages / "shards", out)
            retire(out)
        people.settle()
        return read_json(out / STATS)
    except (ValueError, NothingUsable):
        if new_out:
            shutil.rmtree(out, ignore_errors=True)
        if new_key:
            key_file.unlink(missing_ok=True)
        raise


def _write_dataset(given: Input, dst: Path, inputs: str, people: PeopleFile) -> dict:
    stages, key, options = given.root, given.key, given.options
    pictures = Pictures()
    counts = shards.run(
        stages / "ingest", stages / "segment", rows_file(stages), dst, key=key, pictures=pictures,
        volumes=volumes_file(stages), work=given.sealing("shards"),
    )  # fmt: skip
    patients, left_out = counts.pop("patients"), counts.pop("left_out")
    stats = {
        **count_attrition(stages),
        **count_volumes(stages, counts, left_out),
        **count_left_out(left_out),
        **count_rows(row for path in list_shards(dst, "slices") for row in read_counted(path)),
        "rows": {name: dict(by_split) for name, by_split in counts.items()},
        "patients": dict(patients),
        "leaks": count_seen(pictures, options.benchmarks),
        "blind": count_blind(list_shards(dst, "slices")),
    }
    write_card(dst, stats)
    write_json(dst / STATS, stats)
    write_jsonl(dst / ACCOUNTING, account_stages(stages))
    about = {"inputs": inputs, "privacy": options.privacy, "balance": kept_balance(stages)}
    about |= masks_made_by(stages / "segment", options.masks)
    if options.assumptions:
        about["assumptions"] = options.assumptions
    write_json(dst / MANIFEST, {**manifest(dst, key, counts), **about})
    people.adopt(list_patients(dst))  # before anything is published: nobody in DIR is unknown there
    return stats["rows"]


def _publish(finished: Path, out: Path) -> None:
    """Rename the finished parts into place, the manifest last."""
    for name in PUBLISHED:
        if (finished / name).exists():
            if (out / name).is_dir():
                shutil.rmtree(out / name)
            os.replace(finished / name, out / name)
