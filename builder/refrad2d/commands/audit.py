"""`refrad2d inspect` and `refrad2d audit`: what a person must look at before a dataset is published."""

import json
from dataclasses import dataclass
from pathlib import Path

from refrad2d.commands.shared import open_llm, require_dataset
from refrad2d.system.arguments import argument, command, option

SHOWN_PAIRS = 20
GROUP = {"audit": "look for what should not be published: leaks, traces of persons, bad translations"}


@dataclass(frozen=True, kw_only=True)
class Audit:
    """A dataset, and pictures that must not be in it."""

    dataset: Path = argument("a build's DIR", metavar="DIR")
    benchmarks: Path | None = option("pictures that must not be here: a folder each", default=None, metavar="DIR")


def _report_privacy(given: Audit) -> int:
    from refrad2d.operations.privacy_report import run

    require_dataset(given.dataset)
    run(given.dataset, given.benchmarks)
    print(given.dataset / "privacy-report.html")
    return 0


@command("inspect", example="dataset")
def inspect(given: Audit) -> int:
    """Write privacy-report.html and .json for a person to sign.

    In: a build's DIR. Out: the report in it, whose name is printed.
    """
    return _report_privacy(given)


@command("audit privacy", example="dataset --benchmarks benchmarks")
def privacy(given: Audit) -> int:
    """Write privacy-report.html and .json for a person to sign: the same as `refrad2d inspect`.

    In: a build's DIR. Out: the report in it, whose name is printed.
    """
    return _report_privacy(given)


@command("audit leaks", example="dataset --benchmarks benchmarks")
def leaks(given: Audit) -> int:
    """Count pictures that look alike in two splits, or here and in a benchmark.

    In: a build's DIR. Out: one JSON object on stdout: "places" has a row for each two places, as the card has; "pairs"
    has the nearest 20 pairs of ids across splits, with the bits of 256 that differ.
    """
    from refrad2d.dataset.leaks import count_leaks, hash_rows, near_duplicates

    require_dataset(given.dataset)
    slices = sorted((given.dataset / "refrad2d" / "data").glob("slices-*.parquet"))
    if not slices:
        raise ValueError(
            f"{given.dataset} holds no slices-*.parquet. Give the folder that `refrad2d build --out` filled."
        )
    pairs = near_duplicates(hash_rows(slices))[:SHOWN_PAIRS]
    print(json.dumps({"places": count_leaks(slices, given.benchmarks), "pairs": pairs}, indent=2))
    return 0


@dataclass(frozen=True, kw_only=True)
class Translations:
    """Options of `refrad2d audit translations`."""

    curated: Path = argument("what `refrad2d curate --llm` wrote", metavar="CURATED.jsonl")
    errors: Path = argument("table to write", metavar="ERRORS.csv")
    server: str = option("an OpenAI-compatible server on site, with the model that judges", flag="--llm", metavar="URL")
    model: str = option("the model it serves", metavar="NAME")
    sample: int = option("how many translations are judged", default=200, metavar="N")


@command("audit translations", example="curated.jsonl errors.csv --llm http://127.0.0.1:8000/v1 --model judge")
def translations(given: Translations) -> int:
    """Have sampled translations judged by a language model.

    In: curated texts with translations. Out: ERRORS.csv, the errors of translations, the worst first: what to improve
    the prompt translate.md with. The number of texts by score and of errors by category is printed.
    """
    from refrad2d.llm.translate import judge_translations, write_errors
    from refrad2d.system.files import read_jsonl

    llm = open_llm(given.server, given.model, given.errors)
    if llm is None:
        raise ValueError("--llm is empty. Give the URL of a server.")
    counts = write_errors(judge_translations(read_jsonl(given.curated), llm, sample=given.sample), given.errors)
    print(f"{given.errors}: " + (", ".join(f"{n} {name}" for name, n in sorted(counts.items())) or "no translations"))
    return 0
