"""A benchmark to copy: closed and open questions about pictures, from a CSV.

    radgrounder eval --model MODEL --benchmark forkme --data DATA --out OUT

DATA holds images/ and questions.csv with the columns split (train, test), id, image, question, answer and kind (open,
closed). To make a benchmark of your own, copy this file and its test, tests/radgrounder/benchmarks/test_forkme.py:

1. Name the copy as the command line shall: my_set.py is `--benchmark my-set`. No list names the benchmarks; a module of
   this folder is one.
2. State in BENCHMARK what papers and the Hub call it. Figures of others to show beside ours go into
   data/my_set_published.csv, and their columns into `layout`, as slake.py has it.
3. Read your rows in `read_questions`. What identifies the test split should be checked here: a figure on other rows is
   another figure. With a data/my_set.csv of image and sha256, `Pictures` verifies every file, as in slake.py.
4. What is no question about a picture brings `items` and `score` of its own, as refrad2d.py does.
"""

import csv
from pathlib import Path

from radgrounder.benchmarks.base import Benchmark, Facts
from radgrounder.benchmarks.questions import COLUMNS, EXTRA, Pictures, Question, make_benchmark

SOURCE = "Put questions.csv and the folder images into DATA."
KINDS = ("open", "closed")
BENCHMARK = Facts(
    name="forkme", columns=COLUMNS, extra=EXTRA, title="A benchmark to copy", task="visual-question-answering"
)


def load(data: str, *, limit: int | None = None, seed: int = 0, text_only: bool = False) -> Benchmark:
    """The test questions of the folder `data`. ValueError if files are missing or a question is of an unknown kind."""
    root = Path(data)
    test, training = (read_questions(root / "questions.csv", split) for split in ("test", "train"))
    pictures = Pictures(lambda image: root / "images" / image, SOURCE)
    return make_benchmark(BENCHMARK, test, training, pictures, limit=limit, seed=seed, text_only=text_only)


def read_questions(path: Path, split: str) -> list[Question]:
    """The questions of a split. ValueError if there is no file, or a question is neither open nor closed."""
    if not path.is_file():
        raise ValueError(f"There is no {path}. {SOURCE}")
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == split]
    for row in rows:
        if row["kind"] not in KINDS:
            raise ValueError(f"Question {row['id']} in {path} is of kind {row['kind']!r}. It is open or closed.")
    return [
        Question(row["id"], row["question"], row["answer"], row["image"], language="en", kind=row["kind"])
        for row in rows
    ]
