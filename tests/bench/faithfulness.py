"""How many damaged answers of a model pass the checks, and how many sound ones are refused.

    python -m tests.bench.faithfulness [--list]     # --list prints each wrong verdict on the seen halves

The rows stand in tests/fixtures/data/llm, whose README says how they were made.
"""

import argparse
import json
import time
from pathlib import Path

from refrad2d.llm.answers import fault_of_mentions, place_mentions, usable_questions
from refrad2d.llm.checks import check_rewrite, check_translation
from refrad2d.text.mentions import find_mentions
from refrad2d.text.temporal import curate

HALVES = (
    "seen", "apart", "outside_seen", "outside_apart", "fresh_seen", "fresh_apart", "own", "trunk", "later_seen", "later_apart",
    "newest_seen", "sixth_seen", "seventh_seen", "eighth_seen", "ninth_seen", "tenth_apart", "relaxed",
    "head_and_limbs",
)  # fmt: skip
ROWS = Path(__file__).parents[1] / "fixtures" / "data" / "llm"


def judge(row: dict) -> str | None:
    """The reason for which the checks refuse the answer of a row, None if they accept it."""
    source, answer, (before, after) = row["source"], row["answer"], row["languages"]
    if before == after:
        return check_rewrite(source, curate(source, before), answer, before)
    return check_translation(source, answer, languages=(before, after))


def milliseconds_a_report(half: str) -> float:
    """CPU time that the check of one answer takes, the rules' own rewrite not counted."""
    rows = [row for row, _ in read_half(half)]
    kept = [curate(row["source"], row["languages"][0]) for row in rows]
    start = time.process_time()
    for row, text in zip(rows, kept, strict=True):
        before, after = row["languages"]
        if before == after:
            check_rewrite(row["source"], text, row["answer"], before)
        else:
            check_translation(row["source"], row["answer"], languages=(before, after))
    return (time.process_time() - start) / len(rows) * 1e3


def read_half(half: str) -> list[tuple[dict, str | None]]:
    """The rows of one of HALVES with the verdicts of the checks."""
    lines = (ROWS / f"{half}.jsonl").read_text(encoding="utf-8").splitlines()
    return [(row, judge(row)) for row in map(json.loads, lines)]


def rates(judged: list[tuple[dict, str | None]]) -> tuple[float, float]:
    """(share of damaged answers that are accepted, share of sound ones that are refused)."""
    damaged = [reason for row, reason in judged if row["kind"] != "sound"]
    sound = [reason for row, reason in judged if row["kind"] == "sound"]
    return damaged.count(None) / len(damaged), 1 - sound.count(None) / len(sound)


def accepts_mentions(row: dict) -> bool:
    """Whether the mentions that a model names in a text would be taken over; labels of one quote are one mention."""
    text, quotes = row["text"], {}
    for mention in row["mentions"]:
        quotes.setdefault(mention["quote"], []).append(mention["label"])
    named = [{"text": quote, "labels": labels, "negated": False} for quote, labels in quotes.items()]
    spans = place_mentions(text, named)
    known = find_mentions(text, row["language"], row["modality"])
    for span in spans or ():
        same = [m.negated for m in known if m.start < span["end"] and span["start"] < m.end]
        span["negated"] = bool(same) and same[0]  # the rows are about classes
    return spans is not None and fault_of_mentions(text, spans, row["language"], row["modality"]) is None


def accepts_question(row: dict) -> bool:
    """Whether a question that a model asks about a text would be taken over."""
    answer = row["answer"].strip(" .")
    closed = answer.lower() in ("ja", "nein", "yes", "no")
    asked = {
        "question": row["question"],
        "answer": answer.lower() if closed else answer,
        "type": "yesno" if closed else "open",
        "choices": [],
        "quote": row["text"],
    }
    return bool(usable_questions(row["text"], row["language"], [asked]))


def count_errors(half: str, kind: str) -> tuple[int, int, int, int]:
    """(bad ones that are accepted, bad ones, sound ones that are refused, sound ones) of "mentions" or "questions"."""
    accepts = {"mentions": accepts_mentions, "questions": accepts_question}[kind]
    lines = (ROWS / f"{half}_{kind}.jsonl").read_text(encoding="utf-8").splitlines()
    judged = [(row["sound"], accepts(row)) for row in map(json.loads, lines)]
    bad, sound = [taken for good, taken in judged if not good], [taken for good, taken in judged if good]
    return sum(bad), len(bad), len(sound) - sum(sound), len(sound)


def main() -> None:
    """Print the two rates of each half."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", action="store_true", help="print each wrong verdict on the seen halves")
    given = parser.parse_args()
    for half in HALVES:
        judged = read_half(half)
        accepted, refused = rates(judged)
        sound = sum(row["kind"] == "sound" for row, _ in judged)
        print(
            f"{half}: accepted {accepted:.1%} of {len(judged) - sound} damaged, refused {refused:.1%} of {sound} sound"
        )
        for row, reason in judged if given.list and half.endswith("seen") else ():
            if (row["kind"] == "sound") != (reason is None):
                print(f"  {row['kind']} {reason}: {row['source']} | {row['answer']}")
    print(f"a check takes {milliseconds_a_report(HALVES[-1]):.1f} ms CPU a report ({HALVES[-1]})")
    for kind in ("mentions", "questions"):
        for half in HALVES[2:4]:
            accepted, bad, refused, sound = count_errors(half, kind)
            print(f"{half} {kind}: accepted {accepted} of {bad} bad, refused {refused} of {sound} sound")


if __name__ == "__main__":
    main()
