"""`refrad2d build`, `append` and `remove`: what makes and changes a dataset."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from refrad2d.commands.shared import LanguageModel, key_file_of, open_llm, progress_bar, refuse_connections
from refrad2d.stages.options import Options
from refrad2d.system.arguments import argument, command, option, say_error


@dataclass(frozen=True, kw_only=True)
class ToDataset(LanguageModel, Options):
    """What build and append share: the options of a build, and where things are."""

    reports: Path = option("table of reports: CSV, Parquet, JSONL, JSON or Excel", metavar="FILE")
    offline: bool = option("fail if anything opens a connection", default=False)


@dataclass(frozen=True, kw_only=True)
class Build(ToDataset):
    """Options of `refrad2d build`."""

    export: Path = argument("folder of DICOM or NIfTI files", metavar="EXPORT")
    out: Path = option("folder to make", metavar="DIR")
    key_file: Path | None = option(
        "key of the pseudonyms; made if missing", default=None, metavar="F", shown_default="DIR.key beside DIR"
    )


@dataclass(frozen=True, kw_only=True)
class Append(ToDataset):
    """Options of `refrad2d append`."""

    out: Path = argument("a build's DIR", metavar="DIR")
    export: Path = argument("folder of DICOM or NIfTI files", metavar="EXPORT")
    key_file: Path | None = option(
        "the key of the build", default=None, metavar="F", shown_default="DIR.key beside DIR"
    )


@dataclass(frozen=True, kw_only=True)
class Remove:
    """Options of `refrad2d remove`."""

    out: Path = argument("a build's DIR", metavar="DIR")
    patient: str = option("from the column `patient`", metavar="PSEUDONYM")
    key_file: Path | None = option(
        "the key of the build, checked if it is there", default=None, metavar="F", shown_default="DIR.key beside DIR"
    )


@command("build", example="hospital/dicom --reports hospital/reports.csv --masks hospital/masks --out dataset")
def build(given: Build) -> int:
    """Turn an export and its reports into a dataset.

    In: a folder of images, a table with a row per study and language, and masks or a segmenter if boxes are wanted.
    Out: DIR/refrad2d (Parquet for load_dataset), DIR/refrad2d-wds (the archive), manifest.json, stats.json and
    accounting.jsonl, a line an input file. A killed build goes on where it was when the command is run again.
    """
    from refrad2d.operations.build import build as build_dataset

    out, key_file = given.out, key_file_of(given.key_file, given.out)
    return _to_dataset(
        given,
        lambda options: build_dataset(given.export, given.reports, out, key_file, options, progress_bar),
        lambda config: f'{out}/refrad2d is ready: load_dataset("{out}/refrad2d", "{config}"). Key: {key_file}',
    )


@command("append", example="dataset february/dicom --reports february/reports.csv --masks february/masks")
def append(given: Append) -> int:
    """Add another export to a dataset; its shards stay as they are.

    In: a build's DIR, and what a build takes. Out: further shards in DIR, and a row in DIR/CHANGELOG.md.
    """
    from refrad2d.operations.append import append as append_export

    out, key_file = given.out, key_file_of(given.key_file, given.out)
    return _to_dataset(
        given,
        lambda options: append_export(out, given.export, given.reports, key_file, options, progress_bar),
        lambda config: f"{out} holds this export now. {out}/CHANGELOG.md has a row for it.",
    )


def _to_dataset(given: Build | Append, work: Callable[[Options], dict | None], ready: Callable[[str], str]) -> int:
    """Build or append with the options of the command, and print what became of the input; `ready` takes a config."""
    from refrad2d.dataset.stats import attrition_table
    from refrad2d.engine.parts import Unfinished
    from refrad2d.stages.pipeline import NothingUsable

    if given.offline:
        if given.server:
            raise ValueError("--offline and --llm are both given. An LLM needs a connection; choose one.")
        refuse_connections()
    options = replace(given, llm=open_llm(given.server, given.model, given.out))
    try:
        stats = work(options)
    except (NothingUsable, Unfinished) as error:
        say_error("refrad2d", error)
        return 1
    if stats is None:
        print("This export was added before. Nothing was changed.")
        return 0
    print(attrition_table(stats))
    print(f"\n{ready('grounded' if 'grounded' in stats['rows'] else 'slices')}")
    return 0


@command("remove", example="dataset --patient p4k7ab2c")
def remove(given: Remove) -> int:
    """Take a patient out of a dataset, and prove that nothing is left.

    In: a build's DIR. Out: the shards that held the patient, written anew, and a row in DIR/CHANGELOG.md. A JSON line
    on stdout and exit code 1 for each trace or fault that is found afterwards.
    """
    from refrad2d.operations.remove import remove as remove_patient

    found = remove_patient(given.out, given.patient, key_file_of(given.key_file, given.out))
    for fault in found.faults:
        print(json.dumps(fault._asdict()))
    done = "the patient had been removed before"
    if counts := found.counts:
        done = (
            f"{counts['slices']:,} slices in {counts['studies']:,} studies of the patient removed, "
            f"{counts['files_rewritten']:,} shards rewritten, {counts['files_deleted']:,} deleted"
        )
    proof = f"{len(found.faults)} faults" if found.faults else "no trace in any file, verify found no fault"
    print(f"{given.out}: {done}; {proof}.", file=sys.stderr)
    return 1 if found.faults else 0
