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
_STAGE = ("stadium", "stage", "tnm", "karzinom", "carcinoma", "tumor", "tumour", "malignoma")  # before "T2"
_HIGHEST_STAGE = 4
_ROOT = ("wurzel", "nervenwurzel", "spinalnerv", "radikul", "radicul", "dermatom")
_FORMULA = frozenset("pT cT ypT uT rT pN cN ypN N M pM cM V R Pn G".split())
_STAGE_LETTERS = "abcd"
_PLACES = frozenset("at the to of from im in auf".split())  # "at T4 level" is a place
_AMOUNTS = frozenset("low high normal elevated raised decreased increased reduced suppressed within".split())
_CLASSES = ("klass", "typ", "spine", "ota", "magerl", "fraktur", "foundation", "prinzip", "kriteri", "class")
_LINKS = frozenset(("of", "the", "der", "die", "von", "des", "den"))
_POSITIONS = (
    "anterior", "posterior", "lateral", "medial", "dorsal", "ventral", "anterolateral", "posterolateral",
    "dorsolateral", "ventrolateral", "hinter", "vorder", "seitlich",
)  # fmt: skip
_RIBS = ("ripp", "rib")
_NOUNS = (
    *_RIBS,
    "cost",
    "kost",
    "wirbel",
    "vertebra",
    "hwk",
    "bwk",
    "lwk",
    "lendenwirbel",
    "brustwirbel",
    "halswirbel",
)
_VERTEBRA = ("vertebra", "wirbel")
_LOBED = ("lunge", "lung", "pulmo", "leber", "liver", "hepat", "oberlappen", "unterlappen", "rundherd", "nodul")
_SEGMENTED = (
    "segment", "liver", "leber", "hepat", "lung", "lobe", "lobus", "oberlappen", "unterlappen", "pulmo", "rundherd",
    "nodul", "infiltrat", "atelekt", "atelect", "konsolid", "consolid", "milchglas", "groundglass", "pneumon", "bronch",
    "subpleur", "opacit", "segm",
)  # fmt: skip

Levels = tuple[int, tuple[tuple[str, int], ...]]  # last token (exclusive), levels


def read_levels(tokens: list[Token], at: int, modality: str) -> Levels | None:
    """The spinal levels that begin at token `at`, None if there are none."""
    first = _read_level(tokens, at, None)
    if first is None:
        return None
    end, level = first
    levels, spaced, listed = [level], tokens[at].raw.upper() in _SPACED, False
    while True:
        joined = read_connector(tokens, end)
        bare = joined is not None and (
            spaced or joined[1] in "-/" or _lists_numbers(tokens, joined[0], level[1], listed)
        )
        step = _read_level(tokens, joined[0], levels[-1][0], bare=bare) if joined else None
        if joined is None or step is None:
            break
        if joined[1] == "," and not read_number(tokens[joined[0]].raw):
            break  # "Th5 und L3" are two mentions, "LWK 3 und 4" is one
        (end, level), listed = step, joined[1] == ","
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
        apart = apart and not _follows_level(tokens, at)
        if apart and not (number + 1 < len(tokens) and tokens[number + 1].raw == "/"):  # "L 4/5", but not "C 4"
            return None
        at, region = number, named
    elif not (region and bare):
        return None
    number = read_number(tokens[at].raw)
    if (
        not 1 <= number <= _HIGHEST[region] or _is_quantity(tokens, at) or tokens[at - 1].raw == "D" and number < 4
    ):  # vitamin D3
        return None
    return at + 1, (region, number)


def _follows_level(tokens: list[Token], at: int) -> bool:
    """True if a level of the same region stands before an "and" or the like at `at`: "L1 und L 2"."""
    joined = at > 2 and read_connector(tokens, at - 1)
    return bool(joined) and bool(read_number(tokens[at - 2].raw)) and tokens[at - 3].raw == tokens[at].raw


def _lists_numbers(tokens: list[Token], at: int, previous: int, listed: bool = False) -> bool:
    """True if numbers that rise stand from `at` on, and no noun they count: "C3, 4 and 6", but not "C3, 4 nodules".

    `listed` if numbers stand before, so that one behind an "and" counts nothing: "L1, 2 and 4 fractures".
    """
    number = read_number(tokens[at].raw) if at < len(tokens) and tokens[at].raw.isdecimal() else 0
    if number <= previous:
        return False
    joined = read_connector(tokens, at + 1)
    if joined:
        return joined[0] < len(tokens) and _lists_numbers(tokens, joined[0], number, True)
    if at + 1 >= len(tokens) or not tokens[at + 1].raw[0].isalpha():
        return True
    if listed and "and" in tokens[at - 1].word.roles and "unit" not in tokens[at + 1].word.roles:
        return True
    return bool(tokens[at + 1].word.roles & {"verb", "preposition"} or tokens[at + 1].word.side)


def read_number(raw: str) -> int:
    """The value of digits or of a Roman numeral up to XII, else 0."""
    return int(raw) if raw.isdecimal() and len(raw) < 3 else _ROMAN.get(raw, 0)


def _is_quantity(tokens: list[Token], at: int) -> bool:
    return at + 1 < len(tokens) and (tokens[at + 1].raw in "%°" or "unit" in tokens[at + 1].word.roles)


def read_connector(tokens: list[Token], at: int) -> tuple[int, str] | None:
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
    """True for what only looks like a level: MR weightings, tumour stages, nerve roots, types, segment S4."""
    after = end + (end < len(tokens) and tokens[end].raw == "-")
    following, roles = (tokens[after].word.norm, tokens[after].word.roles) if after < len(tokens) else ("", frozenset())
    if "no_level" in roles or _is_class(tokens, at) or _is_longer_code(tokens, at, end) or _is_staged(tokens, at, end):
        return True
    if tokens[at].raw not in ("T", "S"):
        return False
    if _is_hormone(tokens, at, end):
        return True
    if tokens[at].raw == "S":
        if all(region == "S" for region, _ in levels) and any(t.word.norm.startswith(_LOBED) for t in tokens):
            return True
        bony = following.startswith(_VERTEBRA) or at and tokens[at - 1].word.norm.startswith(_VERTEBRA)
        return not (bony or len(levels) > 1 or _names_sacrum(tokens, at, levels[0][1]))
    if "weighting" in roles or following.startswith(("hyper", "hypo", "iso", "gewicht")):
        return True
    is_low = levels[0][1] <= _HIGHEST_STAGE
    opened = at > 1 and tokens[at - 1].raw == "("
    if at and is_low and tokens[at - 1 - opened].word.norm.endswith(_STAGE):
        return True  # "Stadium T3"
    if is_low and any(token.word.norm == "tsh" for token in tokens):
        return True  # thyroid hormones
    only_weightings = all(number <= 2 for _, number in levels) and modality == "MR"
    return only_weightings and not following.startswith(("vertebra", "level", "body", "wirbel"))


def _is_class(tokens: list[Token], at: int) -> bool:
    """True if a word before the level, or before the list that it ends, makes it a code: "Wurzeln L4 und L5"."""
    while at > 0:
        token = tokens[at - 1]
        if "no_level_before" in token.word.roles or token.word.norm.startswith(_ROOT):
            return True
        if "and" in token.word.roles or token.raw in ",/":
            if not (at > 2 and read_number(tokens[at - 2].raw) and tokens[at - 3].raw in _REGIONS):
                return False
            at -= 3
        elif token.raw in "-(" or token.word.norm in _LINKS:
            at -= 1
        else:
            return False
    return False


def _is_staged(tokens: list[Token], at: int, end: int) -> bool:
    """True for T0 to T4 and L0 or L1 beside another part of a tumour formula: "pT3, pN1, L1", "T2 N1"."""
    highest = {"T": _HIGHEST_STAGE, "L": 1}.get(tokens[at].raw, 0)
    if at + 1 >= len(tokens) or read_number(tokens[at + 1].raw) > highest:
        return False
    after = end + (end < len(tokens) and tokens[end].raw == ",")
    before = at - 1 - (at > 0 and tokens[at - 1].raw == ",")
    before -= before > 1 and tokens[before].raw in "abcd" and tokens[before].start == tokens[before - 1].end  # "pT3a"
    return any(
        0 <= j < len(tokens) - 1 and tokens[j].raw in _FORMULA and tokens[j].end == tokens[j + 1].start
        for j in (after, before - 1)
    )


def _is_longer_code(tokens: list[Token], at: int, end: int) -> bool:
    """True if more of a code is glued to the level: "T4b", "S2k", "T4bN1", "S1Q3T3", but not "L5S1"."""
    if at > 1 and tokens[at - 1].end == tokens[at].start and tokens[at - 1].raw.isdecimal():
        return tokens[at - 2].raw.upper() not in _REGIONS
    if end >= len(tokens) or tokens[end].start != tokens[end - 1].end:
        return False
    glued = tokens[end].raw
    if not glued.isalpha() or glued.upper() in _REGIONS:
        return False
    return len(glued) == 1 or glued[0] in _STAGE_LETTERS and glued[1:] in _FORMULA


def _is_hormone(tokens: list[Token], at: int, end: int) -> bool:
    """True for T3 and T4 of the thyroid: "T4 level low"; "at T4 level" is a vertebra."""
    if tokens[at].raw != "T" or tokens[end - 1].raw not in ("3", "4") or end + 1 >= len(tokens):
        return False
    if at and tokens[at - 1].word.norm in _PLACES:
        return False
    said = next((token.word.norm for token in tokens[end + 1 :] if "verb" not in token.word.roles), "")
    return tokens[end].word.norm in ("level", "levels", "uptake") and said in _AMOUNTS


def is_classification(tokens: list[Token], at: int) -> bool:
    """True if "AO" at `at` is the classification of fractures, not the aorta: "nach AO", "AO/Magerl", "AO 31-A2"."""
    after = at + 1
    following = tokens[after].raw if after < len(tokens) else ""
    if following == "-" and after + 1 < len(tokens):
        return tokens[after + 1].word.norm.startswith(_CLASSES)
    if (
        following == "/"
        or following.isdecimal()
        or after < len(tokens)
        and tokens[after].word.norm.startswith(_CLASSES)
    ):
        return True
    return at > 0 and tokens[at - 1].word.norm in ("nach", "gemaess", "laut", "typ", "n")


def _names_sacrum(tokens: list[Token], at: int, number: int) -> bool:
    """True if "S1" is the vertebra and no segment of liver or lung; below it, if the sentence names another level."""
    if any(token.word.norm.startswith(_SEGMENTED) for token in tokens):
        return False
    pairs = enumerate(zip(tokens, tokens[1:], strict=False))
    return number == 1 or any(one.raw in _REGIONS and read_number(two.raw) and j != at for j, (one, two) in pairs)


@cache
def level_labels(levels: tuple[tuple[str, int], ...]) -> tuple[str, ...]:
    """Class names of levels; below S1 there is only the sacrum."""
    names = [f"vertebrae_{r}{n}" if r != "S" or n == 1 else "sacrum" for r, n in levels]
    return tuple(dict.fromkeys(names))


def keep_numbers(labels: tuple[str, ...], numbers: set[int]) -> tuple[str, ...]:
    """Those of the classes that carry one of the numbers ("rib_left_4", "vertebrae_L3")."""
    return tuple(name for name in labels if (m := re.search(r"_[CTLS]?(\d+)$", name)) and int(m.group(1)) in numbers)


def read_numbers_before(tokens: list[Token], at: int, floor: int, noun: int | None = None) -> tuple[int, set[int]]:
    """Ordinals before a noun at `at`: (first token, numbers); (at, empty) if none or if they count ("3 Rippen").

    `noun` is the token of the noun where that stands further on, behind another group.
    """
    numbers: set[int] = set()
    number: int | None
    first, ordinal, higher, pending = at, False, None, False
    j = at - 1
    while j >= floor:
        token = tokens[j]
        marked = "ordinal_ending" in token.word.roles or token.raw == "."
        if marked and j > floor and read_number(tokens[j - 1].raw) and tokens[j - 1].end == token.start:
            j, token = j - 1, tokens[j - 1]
            number = read_number(token.raw)
        elif read_number(token.raw):
            number = read_number(token.raw)
        else:
            number = token.word.ordinal
            marked = number is not None
        if number is not None:
            if not ordinal and not marked and not _is_ordinal(tokens, j, at if noun is None else noun, floor):
                break
            ordinal = True
            numbers |= set(range(number, higher + 1)) if pending and higher and number < higher else {number}
            first, higher, pending = j, number, False
        elif "range" in token.word.roles or token.raw in "-–":
            if not ordinal:
                break
            pending = True
        elif not (token.raw in ",/&+" or token.word.roles & {"and", "article"} or token.word.side):
            joined = j > floor and (read_connector(tokens, j - 1) or tokens[j - 1].word.side)
            if ordinal and joined and is_position(token):
                pass  # "posterior 4th and lateral 5th rib"
            elif ordinal or not token.raw[0].islower() or token.word.roles:
                break
        j -= 1
    return (first, numbers) if numbers else (at, set())


def is_position(token: Token) -> bool:
    """True for a word that says which part of a rib is meant: "lateral 5th rib"."""
    return token.raw[0].isalpha() and token.word.norm.startswith(_POSITIONS)


def _is_ordinal(tokens: list[Token], at: int, noun: int, floor: int) -> bool:
    """True if a bare number ends a list of ordinals ("4., 5. und 6 Rippe") or stands before a singular ("6 Rippe")."""
    if tokens[noun].raw.casefold() == "rippe":
        return True
    before = at - 1
    while before >= floor and ("and" in tokens[before].word.roles or "range" in tokens[before].word.roles):
        before -= 1
    while before >= floor and tokens[before].raw in ",/-–":
        before -= 1
    if before == at - 1 or before <= floor:
        return False
    return (
        "ordinal_ending" in tokens[before].word.roles
        or tokens[before].raw == "."
        and read_number(tokens[before - 1].raw) > 0
    )


def read_numbers_after(tokens: list[Token], at: int) -> tuple[int, set[int]]:
    """Plain numbers behind a noun: (last token, numbers) of "ribs 4, 5 and 7"; (at, empty) if there are none."""
    numbers: set[int] = set()
    end, previous, connector = at, None, ""
    between = tokens[at] if at + 1 < len(tokens) else None
    skipped = between is not None and (
        between.raw == "#"
        or between.word.side is not None
        and len(between.raw) > 1
        or between.word.norm in ("fracture", "fractures")
    )
    j = at + 1 if skipped else at
    if skipped and j + 3 < len(tokens) and tokens[j].raw == "." and read_connector(tokens, j + 2):
        j += 1  # "re. 4-8"
    if _is_marked(tokens, j):
        return _read_ordinals_after(tokens, at, j)
    while j < len(tokens):
        number = read_number(tokens[j].raw)
        if number and not _is_quantity(tokens, j):
            numbers |= set(range(previous, number + 1)) if connector == "-" and previous else {number}
            end, previous = j + 1, number
        elif number:
            break
        joined = read_connector(tokens, end) if end > at else None
        if not joined or joined[0] >= len(tokens):
            break
        j, connector = joined
        if not read_number(tokens[j].raw):
            break
    return end, numbers


def _is_marked(tokens: list[Token], at: int) -> bool:
    """True for a number with its ordinal sign at `at`, and more behind: "4. bis", "4th"."""
    if at + 2 >= len(tokens) or not read_number(tokens[at].raw) or tokens[at + 1].start != tokens[at].end:
        return False
    return tokens[at + 1].raw == "." or "ordinal_ending" in tokens[at + 1].word.roles


def _read_ordinals_after(tokens: list[Token], at: int, first: int) -> tuple[int, set[int]]:
    """Ordinals from `first` on behind a noun that ends at `at`: "Rippenfrakturen 3., 4. und 5.".

    The same noun behind them belongs to them ("Rippenserienfraktur rechts 4. bis 8. Rippe"), another takes them.
    """
    end, numbers = read_list(tokens, first)
    if end < len(tokens) and tokens[end].word.norm.startswith(_RIBS):
        return (end + 1, numbers) if tokens[at - 1].word.norm.startswith(_RIBS) else (at, set())
    if is_noun(tokens, end) and tokens[end].word.norm.startswith(_NOUNS):
        return at, set()
    dotted = tokens[end - 1].raw == "." and not (end < len(tokens) and tokens[end].word.side)
    return end - dotted, numbers


def read_list(tokens: list[Token], at: int) -> tuple[int, set[int]]:
    """Numbers with or without their ordinal signs from `at` on: (last token (exclusive), numbers)."""
    numbers: set[int] = set()
    end, previous, connector = at, 0, ""
    while at < len(tokens):
        number = read_number(tokens[at].raw) or tokens[at].word.ordinal or 0
        if not number or at + 1 < len(tokens) and ("unit" in tokens[at + 1].word.roles or tokens[at + 1].raw in "%°"):
            break
        numbers |= set(range(previous, number + 1)) if connector == "-" and previous else {number}
        end, previous = at + 1, number
        marked = end < len(tokens) and tokens[end].start == tokens[at].end
        if marked and (tokens[end].raw == "." and end + 1 < len(tokens) or "ordinal_ending" in tokens[end].word.roles):
            end += 1
        joined = read_connector(tokens, end)
        if not joined:
            break
        at, connector = joined
    return end, numbers


def is_noun(tokens: list[Token], at: int) -> bool:
    """True if a noun stands at `at`, so that the numbers before it are no group: "right 4th and 5th ribs"."""
    if at >= len(tokens) or not tokens[at].raw[0].isalpha() or tokens[at].word.side:
        return False
    return tokens[at].raw[0].isupper() or tokens[at].word.norm.startswith(_NOUNS)
