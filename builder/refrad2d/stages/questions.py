"""Questions and answers about every row: drawn by the rules of questions/choose, or asked by a language model."""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import repeat
from pathlib import Path

from refrad2d.boxes import pixels_of
from refrad2d.labels import MODALITIES
from refrad2d.llm.answers import ask_questions
from refrad2d.llm.client import LLM
from refrad2d.questions.choose import questions
from refrad2d.system.files import read_jsonl, write_jsonl


def run(src: Path, dst: Path, *, llm: LLM | None = None) -> Counter:
    """Add `vqa` to the rows of a JSONL file.

    With a model, it writes the questions about the text; those that the text does not bear out are left out, and the
    rules ask where nothing is left. Returns the number of rows and of questions by language and type.
    """
    segmented = {modality: set() for modality in MODALITIES}
    for row in read_jsonl(src):
        segmented[row["modality"]].update(o["label"] for o in row["objects"])
    counts: Counter = Counter()
    written = ask_questions(list(read_jsonl(src)), llm, counts) if llm else repeat(None)

    def asked() -> Iterator[dict]:
        for row, by_model in zip(read_jsonl(src), written, strict=False):  # `repeat` has no end
            seen = segmented[row["modality"]]
            vqa = questions(row, _mask_sizes(row), segmented=seen, written=by_model)
            counts["rows"] += 1
            counts.update(f"{q['language']}_{q['type']}" for q in vqa)
            yield {**row, "vqa": vqa}

    write_jsonl(dst, asked())
    return counts


def _mask_sizes(row: Mapping) -> dict[str, int] | None:
    """The visible size of each object; None without a mask."""
    return pixels_of(row["objects"]) if row["provenance"]["segmenter"] else None
