"""The work that a report takes grows with its length: function calls are counted, not seconds.

    python -m tests.refrad2d.stages.test_report_length     # the counts of each step and text

A report is capped besides (MAX_REPORT, MAX_RAW in stages/report_table).
"""

from collections.abc import Callable, Mapping

import pytest

from refrad2d.privacy.deidentify import deidentify
from refrad2d.stages.report_table import MAX_REPORT
from refrad2d.text.decoding.plain import to_plain_text
from refrad2d.text.mentions import find_mentions
from refrad2d.text.slices import cut_references, join_sentences, read_sentences
from refrad2d.text.temporal import curate
from tests.fixtures.calls import count_calls

TEXTS = {
    "prose": "Die Leber ist glatt, zur Voruntersuchung vom 12.03.2020 unverändert. In der linken Niere Zyste (Bild 12). ",
    "references": "Bild 3, 5 und 7 zeigen die Leber, siehe Bild 12. ",
    "lines": "Leber glatt\n",
    "no stop": "Leber glatt und Milz glatt und ",
    "titles": "Dr. A. B. ",
    "blanks": "x   \t   ",
    "markup": "<p>Leber &lt; 5 mm</p>",
    "open style": "<style> x ",
    "tokens": "<|im_start|>Leber ",
}
SHOWN = [{"label": "liver", "box": [0.1, 0.1, 0.4, 0.5], "area": 100, "pixels": 90}]


def match(text: str) -> None:
    """What the stage of matching does to one text."""
    found = find_mentions(text, "de", "CT")
    spans = [{"start": m.start, "end": m.end, "labels": m.labels, "negated": m.negated} for m in found]
    join_sentences(map(cut_references, read_sentences(text, "de", spans)), SHOWN)


STEPS: Mapping[str, Callable[[str], object]] = {
    "decode": to_plain_text,
    "deidentify": lambda text: deidentify(text, "de", ["Weber^Hans", "PID1234"], ["Haus Quorx"]),
    "curate": lambda text: curate(text, "de"),
    "match": match,
}


def counts_of(step: str, unit: str, lengths=(2000, 4000, 8000)) -> list[int]:
    """The calls of a step for texts of these lengths, the caches of words being warm."""
    texts = [unit * (length // len(unit)) for length in lengths]
    STEPS[step](texts[-1])
    return [count_calls(lambda text=text: STEPS[step](text)) for text in texts]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("step", STEPS)
def test_twice_the_length_takes_twice_the_work(step, text):
    counts = counts_of(step, TEXTS[text])
    for once, twice in zip(counts, counts[1:], strict=False):
        assert twice < 2.3 * once + 200


def test_the_mentions_of_a_text_are_looked_at_once():
    seen = 0

    class Span(dict):
        def __getitem__(self, name):
            nonlocal seen
            seen += 1
            return super().__getitem__(name)

    def count(n: int) -> int:
        nonlocal seen
        seen = 0
        text = "Leber glatt. " * n
        read_sentences(
            text, "de", [Span(start=13 * k, end=13 * k + 5, labels=["liver"], negated=False) for k in range(n)]
        )
        return seen

    assert count(400) < 2.1 * count(200)


def test_the_cap_is_beyond_what_people_dictate():
    assert MAX_REPORT >= 20_000


if __name__ == "__main__":
    for step in STEPS:
        for name, unit in TEXTS.items():
            print(f"{step:<11} {name:<11}", *(f"{n:>8,}" for n in counts_of(step, unit)))
