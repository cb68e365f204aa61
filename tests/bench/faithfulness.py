"""How many damaged answers of a model pass the checks, and how many sound ones are refused.

    python -m tests.bench.faithfulness [--list]     # --list prints each wrong verdict on the seen halves

The rows stand in tests/fixtures/data/llm, whose README says how they were made.
"""

import argparse
import json
from pathlib import Path

from refrad2d.llm.checks import check_rewrite, check_translation
from refrad2d.text.temporal import curate

HALVES = ("seen", "apart", "outside_seen", "outside_apart")
ROWS = Path(__file__).parents[1] / "fixtures" / "data" / "llm"


def judge(row: dict) -> str | None:
    """The reason for which the checks refuse the answer of a row, None if they accept it."""
    source, answer, (before, after) = row["source"], row["answer"], row["languages"]
    if before == after:
        return check_rewrite(source, curate(source, before), answer, before)
    return check_translation(source, answer, languages=(before, after))


def read_half(half: str) -> list[tuple[dict, str | None]]:
    """The rows of one of HALVES with the verdicts of the checks."""
    lines = (ROWS / f"{half}.jsonl").read_text(encoding="utf-8").splitlines()
    return [(row, judge(row)) for row in map(json.loads, lines)]


def rates(judged: list[tuple[dict, str | None]]) -> tuple[float, float]:
    """(share of damaged answers that are accepted, share of sound ones that are refused)."""
    damaged = [reason for row, reason in judged if row["kind"] != "sound"]
    sound = [reason for row, reason in judged if row["kind"] == "sound"]
    return damaged.count(None) / len(damaged), 1 - sound.count(None) / len(sound)


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


if __name__ == "__main__":
    main()
