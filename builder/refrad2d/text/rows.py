"""The rows that `refrad2d deidentify`, `curate` and `mentions` take: JSONL, read line by line, each bad row counted.

    >>> counts = Counter()
    >>> [row["id"] for row in read_rows(Path("in.jsonl"), counts)], counts
    (['a'], Counter({'dropped_malformed': 1}))

A row is a JSON object {"id", "text", "language", …} in UTF-8. `id` is a string or a whole number and goes into the
output as it came; it need not be unique (the same report in two languages may share one), since the rows that come out
stand in the order of those that went in. Whatever is not so is dropped: nothing is guessed or repaired.
"""

import codecs
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from refrad2d.labels import LANGUAGES

MALFORMED = "malformed"  # the reason of whatever is no row at all

Fault = Callable[[Mapping[str, Any]], str | None]  # row → the reason for which it cannot be used, None if it can


def read_rows(src: Path, counts: Counter, fault: Fault = lambda row: None) -> Iterator[dict[str, Any]]:
    """The usable rows of a JSONL file in order, with all their fields; the others are counted as dropped_<reason>.

    Reasons: malformed (no JSON object in UTF-8 with these fields), unknown_language, and those of `fault`, which says
    what else the command needs of a row. Blank lines are no rows; a byte order mark before the first line is skipped.
    """
    with src.open("rb") as file:
        for number, line in enumerate(file):
            if number == 0:
                line = line.removeprefix(codecs.BOM_UTF8)
            if not line.strip():
                continue
            row = _parse(line)
            reason = MALFORMED if row is None else _fault_of_any(row) or fault(row)
            if row is not None and reason is None:
                yield row
            else:
                counts[f"dropped_{reason}"] += 1


def count_dropped(counts: Mapping[str, int]) -> int:
    """How many rows were dropped, for whatever reason."""
    return sum(number for name, number in counts.items() if name.startswith("dropped_"))


def _parse(line: bytes) -> dict[str, Any] | None:
    """The JSON object of a line, None if there is none that could be written to UTF-8 again.

    Python reads more than JSON: NaN, and halves of surrogate pairs, over which the output file would stumble.
    """
    try:
        row = json.loads(line.decode("utf-8"))
        json.dumps(row, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except (ValueError, RecursionError):  # ValueError: also bad UTF-8, and numbers of thousands of digits
        return None
    return row if isinstance(row, dict) else None


def _fault_of_any(row: Mapping[str, Any]) -> str | None:
    """What every command needs: an id, a text, and a language that we speak."""
    name = row.get("id")
    if not isinstance(name, str | int) or isinstance(name, bool):
        return MALFORMED
    if not isinstance(row.get("text"), str) or not isinstance(row.get("language"), str):
        return MALFORMED
    return None if row["language"] in LANGUAGES else "unknown_language"
