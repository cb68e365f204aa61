"""Numbered anatomy: "LWK 2 bis 4", "Th11/12", "L5/S1", "4. und 5. Rippe", "ribs 4 to 6", "third lumbar vertebra".

A spinal level is a region and a number; lists and ranges of them, also across regions ("BWK 11 bis LWK 2"), are one
mention. A numbered noun takes ordinals before it and plain numbers behind it.
"""

import re
from functools import cache

from refrad2d.text.tokens import Token

_REGIONS = {
    "HWK": "C", "HW": "C", "C": "C", "BWK": "T", "BW": "T", "TH": "T", "T": "T", "D": "T",
    "LWK": "L", "LW": "L", "L": "L",
    "SWK": "S", "SW": "S", "S": "S",
}  # fmt: skip
_SPACED = frozenset(("HWK", "HW", "BWK", "BW", "LWK", "LW", "SWK", "SW", "TH"))  # "LWK 3", but never "T 2" or "C 4"
_ROMAN = {n: i for i, n in enumerate("I II III IV V VI VII VIII IX X XI XII".split(), 1)}
_HIGHEST = {"C": 7, "T": 12, "L": 5, "S": 5}
_COLUMN = [(region, n) for region in "CTLS" for n in range(1, _HIGHEST[region] + 1)]
_STAGE = ("stadium", "stage", "tnm")
_VERTEBRA = ("vertebra", "wirbel")
_SEGMENTED = ("segment", "liver", "leber", "hepat", "lung", "lobe", "lobus", "oberlappen", "unterlappen", "pulmo")

Levels = tuple[int, tuple[tuple[str, int], ...]]  # last token (exclusive), levels


def read_levels(tokens: list[Token], at: int, modality: str) -> Levels | None:
    """The spinal levels that begin at token `at`, None if there are none."""
    first = _read_level(tokens, at, None)
    if first is None:
        return None
    end, level = first
    levels, spaced = [level], tokens[at].raw.upper() in _SPACED
    while True:
        joined = _read_connector(tokens, end)
        step = _read_level(tokens, joined[0], levels[-1][0], bare=spaced or joined[1] in "-/") if joined else None
        if joined is None or step is None:
            break
        if joined[1] == "," and not _number(tokens[joined[0]].raw):
            break  # "Th5 und L3" are two mentions, "LWK 3 und 4" is one
        end, level = step
        levels += _between(levels[-1], level)[1:] if joined[1] == "-" else [level]
    if _is_something_else(tokens, at, end, levels, modality):
        return None
    return end, tuple(levels)


def _read_level(tokens: list[Token], at: int, region: str | None, bare: bool = True) -> tuple[int, tuple] | None:
    """One level at `at`: (last token, (region, number)); a bare number belongs to `region`."""
    if at >= len(tokens):
        return None
    raw = tokens[at].raw
    named = _REGIONS.get(raw.upper()) if raw[0].isupper() and (len(raw) > 1 or raw.isupper()) else None
    if named and raw.isalpha():
        number = at + 1
        if number < len(tokens) and tokens[number].raw in ".-" and raw.upper() in _SPACED:
            number += 1
        if number >= len(tokens):
            return None
        apart = tokens[number].start != tokens[at].end and raw.upper() not in _SPACED
        if apart and not (number + 1 < len(tokens) and tokens[number + 1].raw == "/"):  # "L 4/5", but not "C 4"
            return None
        at, region = number, named
    elif not (region and bare):
        return None
    number = _number(tokens[at].raw)
    if not 1 <= number <= _HIGHEST[region] or _is_quantity(tokens, at) or named == "D" and number < 4:  # vitamin D3
        return None
    return at + 1, (region, number)


def _number(raw: str) -> int:
    """The value of digits or of a Roman numeral up to XII, else 0."""
    return int(raw) if raw.isdecimal() and len(raw) < 3 else _ROMAN.get(raw, 0)


def _is_quantity(tokens: list[Token], at: int) -> bool:
    return at + 1 < len(tokens) and (tokens[at + 1].raw in "%°" or "unit" in tokens[at + 1].word.roles)


def _read_connector(tokens: list[Token], at: int) -> tuple[int, str] | None:
    """(next token, "-" for a range or "," for a list or "/") if a connector stands at `at`."""
    if at >= len(tokens):
        return None
    raw, roles = tokens[at].raw, tokens[at].word.roles
    if "range" in roles or raw in "-–":
        return at + 1, "-"
    if raw == "/":
        return at + 1, "/"
    if raw in ",+&" or "and" in roles:
        after = at + 1
        while after < len(tokens) and (tokens[after].raw == "." or "and" in tokens[after].word.roles):  # ", and", "u."
            after += 1
        return after, ","
    return None


def _between(first: tuple[str, int], last: tuple[str, int]) -> list[tuple[str, int]]:
    """All levels from first to last, both included; in the wrong order just the two."""
    start, end = _COLUMN.index(first), _COLUMN.index(last)
    return _COLUMN[start : end + 1] if start <= end else [first, last]


def _is_something_else(tokens: list[Token], at: int, end: int, levels: list, modality: str) -> bool:
    """True for what only looks like a level: MR weightings, tumour stages, nerve roots, segment S4."""
    after = end + (end < len(tokens) and tokens[end].raw == "-")
    following, roles = (tokens[after].word.norm, tokens[after].word.roles) if after < len(tokens) else ("", frozenset())
    if "no_level" in roles:
        return True
    if tokens[at].raw not in ("T", "S"):
        return False
    if tokens[at].raw == "S":
        bony = following.startswith(_VERTEBRA) or at and tokens[at - 1].word.norm.startswith(_VERTEBRA)
        return not (bony or len(levels) > 1 or _names_sacrum(tokens, at, levels[0][1]))
    if "weighting" in roles or following.startswith(("hyper", "hypo", "iso", "gewicht")):
        return True
    if at and tokens[at - 1].word.norm.endswith(_STAGE) or tokens[end - 1].end == _start_of(tokens, end, "abc"):
        return True  # "Stadium T3", "T4b"
    staged = after + 1 < len(tokens) and tokens[after].raw in ("N", "M") and tokens[after + 1].raw.isdecimal()
    only_weightings = all(number <= 2 for _, number in levels) and modality == "MR"
    return staged or only_weightings and not following.startswith(("vertebra", "level", "body", "wirbel"))


def _start_of(tokens: list[Token], at: int, letters: str) -> int:
    """Where the token at `at` begins if it is one of the letters, else -1."""
    return tokens[at].start if at < len(tokens) and tokens[at].raw in letters else -1


def _names_sacrum(tokens: list[Token], at: int, number: int) -> bool:
    """True if "S1" is the vertebra and no segment of liver or lung; below it, if the sentence names another level."""
    if any(token.word.norm.startswith(_SEGMENTED) for token in tokens):
        return False
    pairs = enumerate(zip(tokens, tokens[1:], strict=False))
    return number == 1 or any(one.raw in _REGIONS and _number(two.raw) and j != at for j, (one, two) in pairs)


@cache
def level_labels(levels: tuple[tuple[str, int], ...]) -> tuple[str, ...]:
    """Class names of levels; below S1 there is only the sacrum."""
    names = [f"vertebrae_{r}{n}" if r != "S" or n == 1 else "sacrum" for r, n in levels]
    return tuple(dict.fromkeys(names))


def keep_numbers(labels: tuple[str, ...], numbers: set[int]) -> tuple[str, ...]:
    """Those of the classes that carry one of the numbers ("rib_left_4", "vertebrae_L3")."""
    return tuple(name for name in labels if (m := re.search(r"_[CTLS]?(\d+)$", name)) and int(m.group(1)) in numbers)


def read_numbers_before(tokens: list[Token], at: int, floor: int) -> tuple[int, set[int]]:
    """Ordinals before a noun at `at`: (first token, numbers); (at, empty) if none or if they count ("3 Rippen")."""
    numbers: set[int] = set()
    first, ordinal, higher, pending = at, False, None, False
    j = at - 1
    while j >= floor:
        token = tokens[j]
        marked = "ordinal_ending" in token.word.roles or token.raw == "."
        if marked and j > floor and _number(tokens[j - 1].raw) and tokens[j - 1].end == token.start:
            j, token = j - 1, tokens[j - 1]
            number = _number(token.raw)
        elif _number(token.raw):
            number = _number(token.raw)
        else:
            number = token.word.ordinal
            marked = number is not None
        if number is not None:
            if not ordinal and not marked:
                break
            ordinal = True
            numbers |= set(range(number, higher + 1)) if pending and higher and number < higher else {number}
            first, higher, pending = j, number, False
        elif "range" in token.word.roles or token.raw in "-–":
            if not ordinal:
                break
            pending = True
        elif not (token.raw in ",/&+" or token.word.roles & {"and", "article"} or token.word.side):
            if ordinal or not token.raw[0].islower() or token.word.roles:
                break
        j -= 1
    return (first, numbers) if numbers else (at, set())


def read_numbers_after(tokens: list[Token], at: int) -> tuple[int, set[int]]:
    """Plain numbers behind a noun: (last token, numbers) of "ribs 4, 5 and 7"; (at, empty) if there are none."""
    numbers: set[int] = set()
    end, previous, connector = at, None, ""
    skipped = at + 1 < len(tokens) and (tokens[at].raw == "#" or tokens[at].word.side and len(tokens[at].raw) > 1)
    j = at + 1 if skipped else at
    while j < len(tokens):
        number = _number(tokens[j].raw)
        if number and not _is_quantity(tokens, j):
            numbers |= set(range(previous, number + 1)) if connector == "-" and previous else {number}
            end, previous = j + 1, number
        elif number:
            break
        joined = _read_connector(tokens, end) if end > at else None
        if not joined or joined[0] >= len(tokens):
            break
        j, connector = joined
        if not _number(tokens[j].raw):
            break
    return end, numbers
