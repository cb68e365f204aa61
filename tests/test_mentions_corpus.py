"""Score the mention finder on hand-written sentences with gold spans, classes and negation.

python tests/test_mentions_corpus.py            # the table of both halves
pytest -s tests/test_mentions_corpus.py         # the same table, and the targets
"""

import json
from collections import Counter
from pathlib import Path

import pytest
from refrad2d.mentions import find_mentions

CORPUS = Path(__file__).parent / "data" / "mentions"
LANGUAGES = ("en", "de")
HALVES = ("dev", "heldout")
TARGET_F1 = {"en": 0.95, "de": 0.93}
TARGET_CLASS_ACCURACY = 0.97


def read_corpus(half: str, language: str) -> list[dict]:
    """The rows {id, text, language, modality, spans [{start, end, labels, negated}]} of one file."""
    lines = (CORPUS / f"{half}_{language}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def pair_spans(gold: list[dict], found: list) -> list[tuple]:
    """Gold and found spans that overlap, one to one, the largest overlap first."""
    overlaps = sorted(
        (
            (min(g["end"], m.end) - max(g["start"], m.start), i, j)
            for i, g in enumerate(gold)
            for j, m in enumerate(found)
        ),
        reverse=True,
    )
    pairs: dict[int, int] = {}
    for overlap, i, j in overlaps:
        if overlap > 0 and i not in pairs and j not in pairs.values():
            pairs[i] = j
    return [(gold[i], found[j]) for i, j in pairs.items()]


def score(rows: list[dict]) -> dict[str, float]:
    """Precision, recall and F1 of spans that overlap; of those, the share with equal bounds, classes, negation."""
    counts: Counter = Counter()
    for row in rows:
        found = find_mentions(row["text"], row["language"], row["modality"])
        pairs = pair_spans(row["spans"], found)
        counts.update(gold=len(row["spans"]), found=len(found), matched=len(pairs))
        counts["bounds"] += sum((g["start"], g["end"]) == (m.start, m.end) for g, m in pairs)
        counts["classes"] += sum(set(g["labels"]) == set(m.labels) for g, m in pairs)
        counts["negation"] += sum(g["negated"] == m.negated for g, m in pairs)
    matched = max(counts["matched"], 1)
    return {
        "sentences": len(rows),
        "mentions": counts["gold"],
        "precision": counts["matched"] / max(counts["found"], 1),
        "recall": counts["matched"] / max(counts["gold"], 1),
        "f1": 2 * counts["matched"] / max(counts["found"] + counts["gold"], 1),
        "classes": counts["classes"] / matched,
        "negation": counts["negation"] / matched,
        "bounds": counts["bounds"] / matched,
    }


def table() -> str:
    """The scores of all four files as a Markdown table."""
    columns = ("sentences", "mentions", "precision", "recall", "f1", "classes", "negation", "bounds")
    lines = ["| corpus | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for language in LANGUAGES:
        for half in HALVES:
            scores = score(read_corpus(half, language))
            cells = [f"{scores[c]:.3f}" if isinstance(scores[c], float) else str(scores[c]) for c in columns]
            lines.append(f"| {language} {half} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def test_scores_are_printed(capsys):
    with capsys.disabled():
        print("\n" + table())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("half", HALVES)
def test_spans_reach_the_target(half, language):
    assert score(read_corpus(half, language))["f1"] >= TARGET_F1[language]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("half", HALVES)
def test_classes_reach_the_target(half, language):
    assert score(read_corpus(half, language))["classes"] >= TARGET_CLASS_ACCURACY


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("half", HALVES)
def test_each_file_holds_a_hundred_sentences(half, language):
    assert len(read_corpus(half, language)) >= 100


if __name__ == "__main__":
    print(table())
