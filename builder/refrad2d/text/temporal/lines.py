"""Lines that a narrow page has broken, made whole: a text of the same length, so that offsets stay true.

>>> unwrap("Im Vergleich zur VU kein Nachweis neuer\\nHerde.")
'Im Vergleich zur VU kein Nachweis neuer Herde.'
"""

import re

_BREAK = re.compile(r"[ \t]*\r?\n[ \t]*(?:\r?\n[ \t]*)?")
_ITEM = re.compile(r"(?:[-–•*·▪]|\d{1,2}[.)]|[a-z]\))\s|\||(?:[^\n.:()]|\([^\n()]*\)){1,40}:(?:\s|$)")
_OPEN = re.compile(
    r"(?:[,/(–-]|\b(?:der|die|das|den|dem|des|ein|eine[rsnm]?|kein\w*|ohne|nicht|im|in|am|an|auf|aus|bei|mit|von|vom|zu|zur|"
    r"zum|nach|seit|gegenüber|und|oder|sowie|bis|ca\.|z\.|vs\.?|the|of|in|on|and|or|with|without|no|not|a|an|to|at|from|"
    r"by|for|new|prior|previous|increasing|stable|unchanged|left|right|is|are|has|was))$",
    re.IGNORECASE,
)
_ADJECTIVE = re.compile(r"(?<!\w)[a-zäöüß]*[a-zäöüß]{2}e(?:[rsmn])?$")
_BULLET = re.compile(r"\s*(?:[-–•*·▪]|\d{1,2}[.)])\s")
_DIVIDED = re.compile(r"(?<=[^\W\d_])-[ \t]*\r?\n\s*(?!(?:und|oder|bzw|sowie|and|or)\b)(?=[a-zäöüß])")
_NARROW = 30  # a line shorter than this is not one that a page breaks, characters


_CELLS = re.compile(r"\s*\|\s*|\s+/\s+|\t+")
_NOW_CELL = re.compile(r"(?:aktuell\w*|jetzt|heute|derzeit|current|now|today)\b.*", re.IGNORECASE)
_EARLIER_CELL = re.compile(
    r"(?:(?:vor(?:-?(?:ct|mrt?|untersuchung|befund|aufnahme|wert))|vu|va|zuvor|vormals|baseline|ausgangs\w+|nadir|prior|previous"
    r"|previously|before|last|earlier)\b.*)",
    re.IGNORECASE,
)


def without_earlier_columns(text: str) -> str:
    """The text without the columns of a table whose heads name an earlier examination beside a column of now."""
    if "|" not in text and " / " not in text and "\t" not in text:
        return text
    lines = text.split("\n")
    kept: list[str] = []
    stays: list[int] = []
    width = 0
    for line in lines:
        cells = _CELLS.split(line.strip())
        if len(cells) > 2 and any(_NOW_CELL.fullmatch(c) for c in cells) and any(map(_EARLIER_CELL.fullmatch, cells)):
            width, stays = len(cells), [at for at, cell in enumerate(cells) if not _EARLIER_CELL.fullmatch(cell)]
        elif len(cells) != width:
            width = 0
        if width:
            sign = _CELLS.search(line.strip())
            line = (sign[0] if sign else " ").join(cells[at] for at in stays)
        kept.append(line)
    return "\n".join(kept)


def unwrap(text: str) -> str:
    """The text with a blank for every line break that falls inside a sentence; as many characters as before.

    A break stays where a list item, a table row or a heading begins, behind a full stop or colon, and where the next
    word would still have fitted on the line.
    """
    if "\n" not in text.strip():
        return text
    width = max(len(line.rstrip()) for line in text.splitlines())
    return _BREAK.sub(lambda gap: " " * len(gap[0]) if _inside(text, gap, width) else gap[0], text)


def _inside(text: str, gap: re.Match, width: int) -> bool:
    line = text[text.rfind("\n", 0, gap.start()) + 1 : gap.start()].rstrip()
    after = text[gap.end() : gap.end() + 80].split("\n", 1)[0]
    if not line or not after or line[-1] in ".:!?|" and not _OPEN.search(line) or _ITEM.match(after):
        return False
    if after[0].islower() or _OPEN.search(line):
        return True
    if _BULLET.match(line) and gap[0][-1] in " \t" and gap[0].count("\n") == 1:
        return True  # "- Im Verlauf keine neuen⏎  Rundherde"
    if gap[0].count("\n") > 1:
        return False
    if after[0].isdigit() or after[0] == "(" or _ADJECTIVE.search(line):
        return True
    return width >= _NARROW and len(line) + 1 + len(after.split()[0]) > width


def join(sentence: str) -> str:
    """A sentence on one line, a word divided at the end of a line ("un-⏎verändert") in one piece."""
    whole = _DIVIDED.sub("", sentence) if "\n" in sentence else sentence
    return " ".join(whole.split())
