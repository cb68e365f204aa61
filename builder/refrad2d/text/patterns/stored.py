"""What patterns need, found once and kept in data/needs.json: to read it from all parse trees takes seconds a start.

    python -m tests.refrad2d.text.patterns.test_stored      # writes the file anew, after a change of the rules

A pattern that is not there costs time and nothing else; so does a file that another needs.py made.
"""

import json
from functools import cache
from hashlib import sha256
from importlib.resources import files

from refrad2d.system.tables import read_text

FILE = "needs.json"


def stored_needs(pattern: str, flags: int) -> tuple[frozenset[str], ...] | None:
    """The sets of `needs.compiled` for a pattern, None if they are not stored."""
    numbers = _table()["patterns"].get(name_of(pattern, flags))
    return None if numbers is None else tuple(frozenset(_table()["sets"][n]) for n in numbers)


def name_of(pattern: str, flags: int) -> str:
    """A short name of a pattern with its flags."""
    return sha256(f"{int(flags)} {pattern}".encode("utf-8", "surrogatepass")).hexdigest()[:20]


def made_by() -> str:
    """What tells that the needs were found as they would be now."""
    return sha256(files(__package__).joinpath("needs.py").read_bytes()).hexdigest()


@cache
def _table() -> dict:
    try:
        table = json.loads(read_text(__package__, FILE))
    except FileNotFoundError:
        table = {}
    return table if table.get("made_by") == made_by() else {"patterns": {}, "sets": []}
