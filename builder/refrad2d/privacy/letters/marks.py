"""Marks of staff: initials and short forms of the names of a letter, typing marks at its margins.

find_short_names("Paula: P. isst. Gez. NAW:jf", ["Paula Weber", "Ngozi Achebe-Winter"], "de")
"""

import re
from collections.abc import Iterator, Sequence

from refrad2d.privacy.letters.layout import Line, cells, read_layout
from refrad2d.privacy.letters.words import drugs, is_familiar
from refrad2d.privacy.recognisers.lexicon import PLACEHOLDER, Found, clinical_words, context_words, report_words, spell

_PIECE = re.compile(r"[^\W\d_]+")
_MARK = r"(?:[A-ZÄÖÜ]{1,4}|[A-ZÄÖÜ]?[a-zäöüß]{1,4}|[a-z][A-ZÄÖÜ][a-z]{0,2}|[A-ZÄÖÜ]{2}[a-z])\.?"
_JOINT = r"[ ]?[/|:·,;\-–+&\\][ ]?"
_JOINED = rf"{_MARK}(?:{_JOINT}(?:{_MARK}|\d{{1,5}}))+"
_ROW = re.compile(rf"[\[(]?(?P<name>{_JOINED})[\])]?")
_LONE = re.compile(r"[\[(]?(?P<name>[a-zäöü]{2,4}|[A-ZÄÖÜ][a-zäöü]{1,2}|[A-ZÄÖÜ]{2})\.?[\])]?")
_SAID = re.compile(
    rf"(?<![\w\-])(?:Hdz\.?|Hz\.?|Handz(?:eichen|\.)|Kürzel|Vis(?:um|\.)|Paraphe|Zeichen|Schrift|Schreibkraft|Schr\.|"
    rf"Diktat(?:/Schrift)?|Dikt\.?|gez\.|Vidit|"
    rf"vid\.|sign\.|MA|MTA|Initials|[Tt]yped(?:[ ]by)?|[Tt]ranscribed[ ]by|Dictated[ ]by|[Mm]arked|[Ss]igned|By|pp|"
    rf"for|SD|Makro|Gross|"
    rf"Prot|Protokoll|Minutes|Scribe|Notes|Zuschnitt|ZS|Ltd)(?!\w)[ ]?[:.]?[ ]{{0,2}}\(?(?P<name>{_MARK}(?:{_JOINT}"
    rf"{_MARK}){{0,4}})(?=[ ]*(?:[.,;:)\n]|$|[ ]{{2}}|\[))"
    rf"|\((?P<shut>{_JOINED}|[a-zäöü]{{2,3}}|[A-ZÄÖÜ][a-zäöü]{{1,2}}\.?)\)(?=[ ]?:|[ \t]*(?:\n|$)|[ ]\[|:)"
    rf"|\((?P<slash>{_MARK})[ ]?/[ ]?(?=\[DATE\])|\[(?:DATE|TIME|ID|NAME)\][ ]?[/|"
    rf"][ ]?(?P<after>{_MARK}(?:[/\-]{_MARK})?)(?=[ \t]*(?:\n|$|[ ]{{2}}))"
    rf"|(?P<before>(?<![\w\-/]){_MARK})[ ]?[/|:][ ]?(?=\[NAME\][ \t]*(?:\n|$))"
)  # fmt: skip
_SHY = re.compile(
    r"(?<!\w)(?:Frau|Herrn?|Fr\.|Hr\.|Mr\.?|Mrs\.?|Ms\.?|Miss|Familie|Fam\.)[ ](?P<name>(?:(?:v\.|von|van|"
    r"de)[ ]?(?:d\.[ ]?)?)?[A-ZÄÖÜ][a-z]{0,2}\.(?:-[A-ZÄÖÜ]\.)?)(?!\w)"
)
_PLAIN = frozenset(
    "re li bds ct mrt mr ekg eeg op ed dd vd zn st lj ja nein kg cm mm ml mg iv po sc im am an in ab bis um ist war h"
    "at wie auf aus vor "
    "seit stat amb tgl usw etc evtl bzw vgl ggf std min sek mal ok frei gut kein keine nur noch auch sono rö m w d f "
    "pet the and for was "
    "has on at to of is no not left old new per via with done mild both bid tid prn male all see pm nil day days r l "
    "n t g p i ii iii iv v "
    "vi und u oder mit von vom bei zur zum der die das den dem des er sie es wir ihr sein ihre sr fr hr dr oa us rt x"
    "r mri usg cxr abd "
    "tte tee ecg bp hr rr o b ob oi od os so da dann wenn wo als für zu wg nach s e h ca dx rx tx hx pt px fu fx sx m"
    "it ohne a c x y z "
    "we he she it or as if by be do go so up dort hier heute kopie akte ende seite page blatt fax tel plan labs meds "
    "pat ref".split()
)
_LATIN = re.compile(r"[ ][a-zäöü]+(?:is|us|a|ae|um|i|ii|or|ens|e|ales|alis|aris)(?!\w)")
_INITIAL = re.compile(r"(?<![\w.\-/])(?P<name>[A-ZÄÖÜ]\.(?:[ ]?-?[A-ZÄÖÜ]\.){0,3})(?=['’]s|[ ,;)\]\n]|$)")
_SHORT = re.compile(r"(?<![\w.\-/])(?P<name>[A-ZÄÖÜ][a-zäöüß]{1,5})(?P<dot>\.?)(?![\w\-])")
_CAPITALS = re.compile(r"(?<![\w.\-])(?P<name>[A-ZÄÖÜ]{2,4}|[a-z]{2,3})(?![\w\-])")
_SMALL_BEHIND = re.compile(r"(?:['’]s)?(?:[ ][a-zäöü]{2,}|[,;)\]\n]|$|[ ]\[)")
_TITLES = frozenset(
    (
        "dr drs prof frau herr herrn mr mrs ms miss med "
        "oa oae ca pd mag priv doz univ prim ass dipl schwester pfleger sr"
    ).split()
)


def find_marks_of_staff(text: str) -> Iterator[Found]:
    """Rows of marks that are a cell of the foot or head or stand alone in a line, marks behind the word for them."""
    for line in read_layout(text):
        for start, end in cells(text, line):
            yield from _row(text, line, start, end)
    yield from (Found(*match.span("name"), "NAME", True) for match in _SHY.finditer(text))
    for match in _SAID.finditer(text):
        group = match.lastgroup or 0
        if not _is_plain(match[group]):
            yield Found(*match.span(group), "NAME", True)


def _row(text: str, line: Line, start: int, end: int) -> Iterator[Found]:
    bare = text[start:end]
    for placeholder in reversed(list(PLACEHOLDER.finditer(bare))):  # what stands behind the last placeholder
        start += placeholder.end()
        bare = text[start:end]
        break
    piece = bare.strip(" ,.;")
    at = start + len(bare) - len(bare.lstrip(" ,.;"))
    alone = text[line.start : line.end].strip() == piece
    if (match := _ROW.fullmatch(piece)) and (line.zone != "body" or alone) and not _is_plain(match["name"]):
        yield Found(at + match.start("name"), at + match.end("name"), "NAME", True)
    elif (match := _LONE.fullmatch(piece)) and line.zone == "foot" and not _is_plain(match["name"]):
        yield Found(at + match.start("name"), at + match.end("name"), "NAME", True)


def _is_plain(marks: str) -> bool:
    """True if any of the marks is a word or an abbreviation of reports."""
    words = [word.lower() for word in _PIECE.findall(marks)]
    known = [
        word in _PLAIN or spell(word) in report_words() or len(word) > 4 and spell(word) in clinical_words()
        for word in words
    ]
    return not words or all(known) or len(words) > 1 and sum(known) * 2 > len(words)


def find_short_names(text: str, names: Sequence[str], language: str) -> Iterator[Found]:
    """Initials ("P.", "E.P.-K."), capitals ("NAW") and beginnings ("Zwe.", "Kuhl") of names that the letter held."""
    words = [[w for w in _PIECE.findall(name) if w.lower() not in _TITLES and w[0].isupper()] for name in names]
    first = {word[0] for name in words for word in name}
    if not first:
        return
    initials = {form for name in words for form in _initials(name)}
    keys = {spell(word) for name in words for word in name if len(word) > 3}
    for match in _INITIAL.finditer(text):
        letters = [c for c in match["name"] if c.isalpha()]
        sure = len(letters) > 1 and "".join(letters) in initials
        if sure or set(letters) <= first and _stands_for_somebody(text, match):
            yield Found(*match.span("name"), "NAME", True)
    for match in _SHORT.finditer(text):
        key = spell(match["name"])
        dotted = match["dot"] and re.match(r"\s*(?:\n|$|[,;)/(]|\[)|[ ][A-Z(]", text[match.end() : match.end() + 3])
        long = len(key) > 2 and not is_familiar(match["name"], language) and key not in drugs()
        if (long or dotted and key not in report_words() and key not in _PLAIN) and any(
            k.startswith(key) and k != key for k in keys
        ):
            if long or re.search(
                r"(?:[(/:,;]|\]|durch|von|v\.|mit|an|bei|by|Frau|Herr|Herrn|Hr\.|Fr\.|\n)[ ]?$",
                text[max(0, match.start() - 8) : match.start()],
            ):
                yield Found(match.start(), match.end(), "NAME", True)
    for match in _CAPITALS.finditer(text):
        value = match["name"]
        if value.upper() in initials and value.lower() not in _PLAIN and value not in context_words("house_code"):
            if re.search(
                r"(?:^|\n|[(/:|]|\]|marked|by|for|gez\.|[ ]{3})[ ]?$", text[max(0, match.start() - 8) : match.start()]
            ) and re.match(r"[ ]*(?:\n|$|[/:|).,;]|\[|[ ]{2})", text[match.end() : match.end() + 4]):
                yield Found(*match.span("name"), "NAME", True)


def _initials(name: Sequence[str]) -> Iterator[str]:
    letters = "".join(word[0] for word in name)
    if len(letters) > 1:
        yield letters
        yield letters[0] + letters[-1]
        yield letters[-1] + letters[0]


def _stands_for_somebody(text: str, match: re.Match) -> bool:
    """True for "P. isst", "F.'s grading"; false for "A. carotis", "E. coli", "M. Crohn"."""
    if _LATIN.match(text, match.end()) or not _SMALL_BEHIND.match(text, match.end()):
        return False
    before = text[max(0, match.start() - 12) : match.start()]
    return (
        re.search(
            r"(?<!\w)[a-z]\.[ ]?$|(?:(?<!\w)(?:Typ|Grad|Stadium|Hepatitis|Vitamin|Child|[Tt]ype|[Gg]rade)|\d)[ ]$",
            before,
        )
        is None
    )
