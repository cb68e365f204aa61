"""`radgrounder compare`: two runs on the same rows, with the paired difference of every figure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from radgrounder.commands.shared import read_results
from refrad2d.system.arguments import argument, command, option

RESULTS, PREDICTIONS, CHANGES = "results.json", "predictions.jsonl", "changes.json"


@dataclass(frozen=True, kw_only=True)
class Compare:
    """Options of `radgrounder compare`."""

    before: Path = argument("an --out folder of `radgrounder eval`, or its predictions.jsonl", metavar="BEFORE")
    after: Path = argument("another one, of the same kind", metavar="AFTER")
    where: Mapping[str, str] = option(
        "of two predictions.jsonl: only rows of this subgroup",
        default_factory=dict,
        metavar="KEY=VALUE",
        sample="site=C",
    )
    seed: int = option("of the intervals", default=0, metavar="S")
    out: Path | None = option(
        "of two folders: the file that the changes are written to",
        default=None,
        metavar="FILE.json",
        shown_default="AFTER/changes.json",
    )


@command("compare", example="build/demo/eval-before build/demo/eval")
def compare(given: Compare) -> int:
    """Compare two runs on the same rows: AFTER minus BEFORE.

    In: two --out folders of `radgrounder eval`, or two predictions.jsonl. Out: the paired differences with their
    intervals. Of folders, the figures of both runs side by side with the change of each, printed and in
    AFTER/changes.json, or in --out where AFTER is compared with several. Of files, every measure of every task with
    its difference in points and the p-value of a permutation test, printed; --where site=C keeps one subgroup, so that
    a model that never saw site C against one that did is the leave-one-site-out gap.
    """
    folders = [path.is_dir() for path in (given.before, given.after)]
    if folders[0] != folders[1]:
        folder = given.after if folders[1] else given.before
        raise ValueError(f"Only {folder} is a folder. Give two --out folders, or two {PREDICTIONS}.")
    return _compare_folders(given) if all(folders) else _compare_files(given)


def _compare_folders(given: Compare) -> int:
    if given.where:
        raise ValueError(f"--where is of two {PREDICTIONS}. Give {given.before / PREDICTIONS} and its counterpart.")
    from radgrounder.results.comparison import changes, columns_of, format_changes, read_rows
    from refrad2d.system.files import write_text

    before, after = read_results(given.before / RESULTS), read_results(given.after / RESULTS)
    if before["benchmark"] != after["benchmark"]:
        raise ValueError(f"One run is of {before['benchmark']}, the other of {after['benchmark']}. Give two of one.")
    answers, later = (read_rows(folder / PREDICTIONS) for folder in (given.before, given.after))
    changed = changes(answers, later, columns_of(after["benchmark"]), seed=given.seed)
    out = given.out or given.after / CHANGES
    out.parent.mkdir(parents=True, exist_ok=True)
    write_text(out, json.dumps(changed, indent=2) + "\n")
    print(format_changes(before, after, changed))
    return 0


def _compare_files(given: Compare) -> int:
    if given.out:
        raise ValueError(f"--out {given.out} is of two folders; two {PREDICTIONS} are only printed. Leave it out.")
    from radgrounder.results.comparison import compare_runs, format_comparison, read_rows

    before, after = read_rows(given.before), read_rows(given.after)
    print(format_comparison(compare_runs(after, before, where=given.where, seed=given.seed)), end="")
    return 0
