"""The `refrad2d` command: phantom, build, append, remove, deidentify, curate, mentions, draw, verify, inspect, explain.

Exit codes: 0 done, 1 nothing usable or faults found, 2 wrong arguments. Errors are one line with value, rule, remedy.
"""

import argparse
import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from refrad2d import __version__

if TYPE_CHECKING:
    from refrad2d.stages.pipeline import Options

Commands = argparse._SubParsersAction


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    arguments = _parser().parse_args(argv)
    try:
        return arguments.command(arguments)
    except (ValueError, FileNotFoundError, NotADirectoryError, PermissionError) as error:
        print(f"refrad2d: error: {_one_line(error)}", file=sys.stderr)
        return 2
    except OSError as error:
        from refrad2d.system.files import is_disk_full

        if not is_disk_full(error):
            raise
        print("refrad2d: error: The disk is full. Free some space and run the same command again.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("refrad2d: interrupted. Run the same command again to go on.", file=sys.stderr)
        return 130


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="refrad2d", description="From PACS export and reports to a grounded dataset.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    phantom = commands.add_parser("phantom", help="write a synthetic hospital export with known truth")
    phantom.add_argument("out", type=Path, metavar="OUT")
    phantom.add_argument("--patients", type=int, default=20, metavar="N")
    phantom.add_argument("--seed", type=int, default=0, metavar="S")
    phantom.add_argument("--site", choices=("A", "B", "C"), default="A")
    phantom.add_argument(
        "--regions", nargs="+", default=["abdomen_ct"], metavar="NAME", help="such as chest_ct head_mr"
    )
    phantom.set_defaults(command=_phantom)

    _add_build(commands)
    _add_texts(commands)
    _add_looks(commands)
    return parser


def _add_build(commands: Commands) -> None:
    build = commands.add_parser("build", help="turn an export and its reports into a dataset")
    build.add_argument("export", type=Path, metavar="EXPORT", help="folder of DICOM or NIfTI files")
    build.add_argument("--out", type=Path, required=True, metavar="DIR")
    _add_options(build)
    build.add_argument("--key-file", type=Path, metavar="F", help="default: DIR.key beside DIR; made if missing")
    build.set_defaults(command=_build)

    append = commands.add_parser("append", help="add another export to a dataset; its shards stay as they are")
    append.add_argument("out", type=Path, metavar="DIR", help="a build's DIR")
    append.add_argument("export", type=Path, metavar="EXPORT", help="folder of DICOM or NIfTI files")
    _add_options(append)
    append.add_argument("--key-file", type=Path, metavar="F", help="the key of the build; default: DIR.key beside DIR")
    append.set_defaults(command=_append)

    remove = commands.add_parser("remove", help="take a patient out of a dataset, and prove that nothing is left")
    remove.add_argument("out", type=Path, metavar="DIR", help="a build's DIR")
    remove.add_argument("--patient", required=True, metavar="PSEUDONYM", help="from the column `patient`")
    remove.add_argument("--key-file", type=Path, metavar="F", help="the key of the build, checked if it is there")
    remove.set_defaults(command=_remove)


def _add_options(parser: argparse.ArgumentParser) -> None:
    """What build and append share."""
    parser.add_argument("--reports", type=Path, required=True, metavar="FILE", help="CSV, Parquet or JSONL")
    parser.add_argument("--masks", type=Path, metavar="DIR", help="folder of NIfTI or DICOM SEG masks")
    parser.add_argument("--segmenter", choices=("totalsegmentator",), help="make the masks instead")
    parser.add_argument(
        "--mask-labels", metavar="total|total_mr|unified|FILE", help="classes of masks without a label table"
    )
    parser.add_argument(
        "--column", action="append", default=[], metavar="NAME=COLUMN", help="our column name = the table's"
    )
    parser.add_argument("--site", metavar="NAME", help="a name for this site in every row")
    parser.add_argument("--benchmarks", type=Path, metavar="DIR", help="pictures that must not be here: a folder each")
    parser.add_argument(
        "--burnt-in-text", choices=("blank", "drop", "keep"), default="blank", help="what becomes of text in the pixels"
    )
    parser.add_argument(
        "--head", choices=("thin", "drop", "keep"), default="thin", help="what becomes of series that show a face"
    )
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, metavar="N")
    parser.add_argument("--offline", action="store_true", help="fail if anything opens a connection")
    parser.add_argument(
        "--llm", metavar="URL", help="an OpenAI-compatible server on site, such as http://127.0.0.1:8000/v1"
    )
    parser.add_argument("--model", metavar="NAME", help="the model it serves")


def _add_texts(commands: Commands) -> None:
    for name, help_text in (
        ("deidentify", "remove names, dates, numbers and places from texts"),
        ("curate", "remove temporal context from reports"),
        ("mentions", "find the 121 anatomical classes in texts"),
    ):
        text = commands.add_parser(name, help=help_text)
        text.add_argument("source", type=Path, metavar="IN.jsonl")
        text.add_argument("target", type=Path, metavar="OUT.jsonl")
        if name != "deidentify":
            text.add_argument("--llm", metavar="URL", help="an OpenAI-compatible server on site")
            text.add_argument("--model", metavar="NAME", help="the model it serves")
        text.set_defaults(command=_texts, stage=name)


def _add_looks(commands: Commands) -> None:
    draw = commands.add_parser("draw", help="draw rows of a dataset with their boxes as one picture")
    draw.add_argument("dataset", type=Path, metavar="DIR", help="a build's DIR")
    draw.add_argument("out", type=Path, metavar="OUT.png")
    draw.add_argument("--rows", type=int, default=6, metavar="N")
    draw.add_argument("--split", choices=("train", "validation", "test"))
    draw.add_argument("--window", default="soft_tissue", metavar="NAME", help="CT window of the native pixels")
    draw.add_argument("--language", choices=("de", "en"), default="en")
    draw.set_defaults(command=_draw)

    verify = commands.add_parser("verify", help="check every file, member, row and box; a JSON line a fault")
    verify.add_argument("dataset", type=Path, metavar="DIR")
    verify.set_defaults(command=_verify)

    inspect = commands.add_parser("inspect", help="write privacy-report.html and .json for a person to sign")
    inspect.add_argument("dataset", type=Path, metavar="DIR")
    inspect.add_argument("--benchmarks", type=Path, metavar="DIR", help="pictures that must not be here: a folder each")
    inspect.set_defaults(command=_inspect)

    explain = commands.add_parser(
        "explain", help="name the input file at a position of accounting.jsonl (on site only)"
    )
    explain.add_argument("export", type=Path, metavar="EXPORT")
    explain.add_argument("n", type=int, metavar="N")
    explain.add_argument(
        "--root", default="export", help="which folder EXPORT is, as in accounting.jsonl: export, masks-b001"
    )
    explain.add_argument("--key-file", type=Path, metavar="F", help="accepted for symmetry; positions need no key")
    explain.set_defaults(command=_explain)


def _phantom(arguments: argparse.Namespace) -> int:
    from refrad2d import phantom

    if arguments.out.exists() and any(arguments.out.iterdir()):
        raise ValueError(f"{arguments.out} is not empty. Choose a new folder.")
    if arguments.patients < 1:
        raise ValueError(f"--patients {arguments.patients} is not positive. Give at least 1.")
    unknown = set(arguments.regions) - set(phantom.REGIONS)
    if unknown:
        raise ValueError(f"Unknown region {min(unknown)!r}. Choose from {', '.join(phantom.REGIONS)}.")
    counts = phantom.run(
        arguments.out, patients=arguments.patients, seed=arguments.seed, site=arguments.site, regions=arguments.regions
    )
    print(f"{arguments.out}: " + ", ".join(f"{n:,} {name}" for name, n in counts.items()))
    return 0


def _build(arguments: argparse.Namespace) -> int:
    from refrad2d.operations.build import build

    out, key_file = arguments.out, _key_file(arguments)
    return _to_dataset(arguments, lambda options: build(
        arguments.export, arguments.reports, out, key_file, options, progress_bar
    ), f'{out}/refrad2d is ready: load_dataset("{out}/refrad2d", "grounded"). Key: {key_file}')  # fmt: skip


def _append(arguments: argparse.Namespace) -> int:
    from refrad2d.operations.append import append

    out, key_file = arguments.out, _key_file(arguments)
    return _to_dataset(arguments, lambda options: append(
        out, arguments.export, arguments.reports, key_file, options, progress_bar
    ), f"{out} holds this export now. {out}/CHANGELOG.md has a row for it.")  # fmt: skip


def _to_dataset(arguments: argparse.Namespace, work: Callable[["Options"], dict | None], ready: str) -> int:
    """Build or append with the options of the command, and print what became of the input."""
    from refrad2d.dataset.stats import attrition_table
    from refrad2d.stages.pipeline import NothingUsable, Options

    if arguments.offline:
        if arguments.llm:
            raise ValueError("--offline and --llm are both given. An LLM needs a connection; choose one.")
        refuse_connections()
    options = Options(
        masks=arguments.masks,
        mask_labels=arguments.mask_labels,
        segmenter=arguments.segmenter,
        columns=_columns(arguments.column),
        site=arguments.site,
        workers=arguments.workers,
        burnt_in_text=arguments.burnt_in_text,
        head=arguments.head,
        benchmarks=arguments.benchmarks,
        llm=_llm(arguments, cache=arguments.out.with_name(arguments.out.name + ".llm-cache")),
    )
    try:
        stats = work(options)
    except NothingUsable as nothing:
        print(f"refrad2d: error: {_one_line(nothing)}", file=sys.stderr)
        return 1
    if stats is None:
        print("This export was added before. Nothing was changed.")
        return 0
    print(attrition_table(stats))
    print(f"\n{ready}")
    return 0


def _key_file(arguments: argparse.Namespace) -> Path:
    return arguments.key_file or arguments.out.with_name(arguments.out.name + ".key")


def _remove(arguments: argparse.Namespace) -> int:
    import json

    from refrad2d.operations.remove import remove

    found = remove(arguments.out, arguments.patient, _key_file(arguments))
    for fault in found.faults:
        print(json.dumps(fault._asdict()))
    done = "the patient had been removed before"
    if counts := found.counts:
        done = (
            f"{counts['slices']:,} slices in {counts['studies']:,} studies of the patient removed, "
            f"{counts['files_rewritten']:,} shards rewritten, {counts['files_deleted']:,} deleted"
        )
    proof = f"{len(found.faults)} faults" if found.faults else "no trace in any file, verify found no fault"
    print(f"{arguments.out}: {done}; {proof}.", file=sys.stderr)
    return 1 if found.faults else 0


def _columns(pairs: Iterable[str]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        name, equals, column = pair.partition("=")
        if not (name and equals and column):
            raise ValueError(f"--column {pair!r} is not NAME=COLUMN. Write for example --column report=Befundtext.")
        found[name] = column
    return found


def _llm(arguments: argparse.Namespace, cache: Path):
    if not arguments.llm:
        return None
    if not arguments.model:
        raise ValueError("--llm is given without --model. Name the model that the server serves.")
    from refrad2d.llm.client import LLM

    return LLM(base_url=arguments.llm, model=arguments.model, cache=cache)


def refuse_connections() -> None:
    """From now on any connection of this process or a child to a network address raises RuntimeError."""
    os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1")

    def refuse(event: str, details: tuple) -> None:
        if event == "socket.getaddrinfo" or (event == "socket.connect" and isinstance(details[1], tuple)):
            raise RuntimeError("Something tried to open a connection under --offline.")

    sys.addaudithook(refuse)


def progress_bar(items: Iterable, total: int, name: str) -> Iterable:
    """A tqdm bar on stderr; silent where stderr is no terminal."""
    from tqdm import tqdm

    return tqdm(items, total=total, desc=f"{name:<8}", unit="", disable=None)


def _texts(arguments: argparse.Namespace) -> int:
    from importlib import import_module

    if not arguments.source.is_file():
        raise ValueError(f"{arguments.source} does not exist. Give a JSONL file with id, text, language and modality.")
    stage = import_module(
        {"deidentify": "refrad2d.privacy.deidentify", "curate": "refrad2d.stages.curate"}.get(
            arguments.stage, "refrad2d.stages.mentions"
        )
    )
    more = {}
    if getattr(arguments, "llm", None):
        more["llm"] = _llm(arguments, cache=arguments.target.with_name(arguments.target.name + ".llm-cache"))
    counts = stage.run(arguments.source, arguments.target, **more)
    print(f"{arguments.stage}: " + ", ".join(f"{n:,} {name}" for name, n in sorted(counts.items())), file=sys.stderr)
    return 0 if arguments.target.stat().st_size or not arguments.source.stat().st_size else 1


def _draw(arguments: argparse.Namespace) -> int:
    from refrad2d.drawing import contact_sheet
    from refrad2d.windows import get_window

    get_window(arguments.window)
    sheet = contact_sheet(
        arguments.dataset,
        rows=arguments.rows,
        split=arguments.split,
        window=arguments.window,
        language=arguments.language,
    )
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(arguments.out)
    print(arguments.out)
    return 0


def _verify(arguments: argparse.Namespace) -> int:
    import json

    from refrad2d.operations.verify import verify

    _require_dataset(arguments.dataset)
    found = False
    for fault in verify(arguments.dataset):
        found = True
        print(json.dumps(fault._asdict()))
    return 1 if found else 0


def _inspect(arguments: argparse.Namespace) -> int:
    from refrad2d.operations.privacy_report import run

    _require_dataset(arguments.dataset)
    run(arguments.dataset, arguments.benchmarks)
    print(arguments.dataset / "privacy-report.html")
    return 0


def _require_dataset(folder: Path) -> None:
    if not folder.is_dir():
        raise ValueError(f"{folder} does not exist. Give the DIR of `refrad2d build`.")


def _explain(arguments: argparse.Namespace) -> int:
    from refrad2d.images.sources import list_sources

    if not re.fullmatch(r"(export|masks|reports)(-b\d{3})?", arguments.root):
        raise ValueError(
            f"Unknown root {arguments.root!r}. Choose from export, masks, reports, or such as export-b001."
        )
    if not arguments.export.exists():
        raise ValueError(f"{arguments.export} does not exist. Give the folder that the build read.")
    sources = list_sources(arguments.export)
    if not 0 <= arguments.n < len(sources):
        raise ValueError(f"Position {arguments.n} is outside 0..{len(sources) - 1}. Take n from accounting.jsonl.")
    print(sources[arguments.n].name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
