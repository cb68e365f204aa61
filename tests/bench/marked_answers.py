"""Invented answers of a model with their damage marked: `python -m tests.bench.marked_answers [LOT ...]`.

A lot is a file of tests/fixtures/data/llm/marked. An item is three lines: `S de:` a report, `= de:` a rewrite of it, `> en:` a
translation; `{{right|wrong}}` in an answer is a place where the right side is sound and the wrong one damage. An answer
with all right sides is sound, with one wrong side damaged. The command prints how many damaged ones pass the checks of
refrad2d.llm and how many sound ones are refused; some 15 seconds of a core each lot.
"""

import argparse
import re
from collections.abc import Iterator

from tests.bench.faithfulness import judge, rates
from tests.fixtures.paths import DATA

LOTS = DATA / "llm" / "marked"
HELD_OUT = ("d", "h")  # no word of any table comes from these
_MARK = re.compile(r"\{\{([^{}|]*)\|([^{}|]*)\}\}")
_LINE = re.compile(r"([S=>]) (de|en): (.+)")


def lots() -> list[str]:
    """The names of all lots."""
    return sorted(path.stem for path in LOTS.glob("*.txt"))


def read_marked(lot: str) -> Iterator[dict]:
    """The rows of a lot as tests.bench.faithfulness judges them, a sound one before those that are damaged."""
    text = (LOTS / f"{lot}.txt").read_text(encoding="utf-8")
    for item in text.strip().split("\n\n"):
        (_, before, source), *answers = _LINE.findall(item)
        for _, after, marked in answers:
            for number, answer in enumerate(versions(marked)):
                kind = "damaged" if number else "sound"
                yield {"source": source, "answer": answer, "languages": [before, after], "kind": kind}


def versions(marked: str) -> list[str]:
    """The sound answer, then one with each damage.

    >>> versions("Zyste {{links|rechts}}{{, 4 mm|}}.")
    ['Zyste links, 4 mm.', 'Zyste rechts, 4 mm.', 'Zyste links.']
    """
    count = len(_MARK.findall(marked))
    return [_version(marked, wrong) for wrong in (None, *range(count))]


def _version(marked: str, wrong: int | None) -> str:
    sides = iter(range(len(_MARK.findall(marked))))
    return _MARK.sub(lambda found: found[2 if next(sides) == wrong else 1], marked).strip()


def main() -> None:
    """Print the two rates of each lot, rewrites and translations apart."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lots", nargs="*", help="all without a name")
    for lot in parser.parse_args().lots or lots():
        judged = [(row, judge(row)) for row in read_marked(lot)]
        for name, same in (("rewrites", True), ("translations", False)):
            mine = [(row, reason) for row, reason in judged if (row["languages"][0] == row["languages"][1]) == same]
            accepted, refused = rates(mine)
            sound = sum(row["kind"] == "sound" for row, _ in mine)
            print(
                f"{lot} {name}: accepted {accepted:.1%} of {len(mine) - sound} damaged, refused {refused:.1%} of {sound} sound",
                flush=True,
            )


if __name__ == "__main__":
    main()
