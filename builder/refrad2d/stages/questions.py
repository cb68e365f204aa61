"""Questions and answers about every row: drawn by the rules of questions/choose, or asked by a language model."""

from collections import Counter
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path

from refrad2d.llm.answers import ask_questions
from refrad2d.llm.client import LLM
from refrad2d.questions.balance import Balance, read_dataset
from refrad2d.questions.choose import questions
from refrad2d.rows import read_rows
from refrad2d.system.files import read_json, write_json, write_jsonl

BALANCE = "balance.json"  # beside the rows; kept in the manifest of a dataset


def run(src: Path, dst: Path, *, llm: LLM | None = None, balance: Balance | None = None) -> Counter:
    """Add `vqa` to the rows of a JSONL file.

    `balance` is the table of the dataset that the rows are appended to; without one it is counted first. Either way it
    is left beside `dst`.

    With a model, it writes the questions about the text; those that the text does not bear out are left out, and the
    rules ask where nothing is left. Returns the number of rows and of questions by language and type.
    """
    dataset = read_dataset(lambda: read_rows(src), balance)
    assert dataset.balance is not None  # it is counted where it is not given
    write_json(dst.with_name(BALANCE), dataset.balance.to_json())
    counts: Counter = Counter()
    written = ask_questions(list(read_rows(src)), llm, counts) if llm else repeat(None)

    def asked() -> Iterator[dict]:
        for row, by_model in zip(read_rows(src), written, strict=False):  # `repeat` has no end
            vqa = questions(row, dataset, written=by_model)
            counts["rows"] += 1
            counts.update(f"{q['language']}_{q['type']}" for q in vqa)
            yield {**row, "vqa": vqa}

    write_jsonl(dst, asked())
    return counts


def read_balance(folder: Path) -> Balance:
    """The table that the stage left in its folder."""
    return Balance.from_json(read_json(folder / BALANCE))
