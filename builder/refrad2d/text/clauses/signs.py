"""A sentence as a row of signs, one for each phrase: what the grammar of text/clauses is written in.

    >>> "".join(sign.code for sign in read_signs("Zyste der Leber.", 0, 16, "de", [liver]))
    'FGS'

S structure · V one that was taken out (as "nephrectomy")
F finding · B both in one word ("Leberzyste") · T state · D denial · n "nicht" alone · Z size · N count
I side · A article · G genitive article · O "in", "of" · H other prepositions · P part noun · J adjective · j adjective
that narrows nothing · M light word · E "appearance" · Y verb · W "mit", "shows" · U and · R or · C comma · K colon ·
Q bracket · ; end of clause · ! "but" · h "hingegen" · X anything else
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from refrad2d.system.tables import read_yaml
from refrad2d.text.findings import NamedFinding, hinted_findings, named_findings
from refrad2d.text.lexicon import lexicon
from refrad2d.text.tokens import tokenize

_LENGTH = r"\d+(?:[.,]\d+)?(?: ?(?:mm|cm))?(?: ?[x×] ?\d+(?:[.,]\d+)?(?: ?(?:mm|cm))?)* ?(?:mm|cm)\b"
SIZE = re.compile(_LENGTH)
_MARKS = {",": "C", ":": "K", ";": ";", "(": "Q", ")": "Q", "–": ";", "/": "U", "&": "U", "+": "U", "-": "Q", ".": "Q"}
_LISTS = (  # list in clauses.yaml → sign; the first that holds a word wins
    ("contrast", "!"), ("adverb_contrast", "h"), ("number", "N"), ("link", "W"), ("inside", "O"), ("genitive", "G"),
    ("article", "A"), ("part", "P"), ("neutral", "j"), ("light", "M"), ("named", "E"), ("or", "R"), ("and", "U"),
    ("beside", "H"), ("not", "n"), ("verb", "Y"), ("adjective", "J"),
)  # fmt: skip
# German adjectives by their form; those of place ("perirenal", "ovariell") are no mere description
_INFLECTED = re.compile(r"[a-zäöüß-]{3,}(?:e|er|es|en|em)")
_OF_PLACE = re.compile(
    r"(?:peri|para|extra|retro|inter|supra|infra|angrenz|benachbart|anliegend|umgeb|umlieg|begleit)|"
    r"(?:al|är|ar|isch|ell)(?:e|er|es|en|em)$"
)
_DESCRIBES = re.compile(
    r"(?:zentral|kortikal|fokal|zystisch|basal|apikal|lateral|medial|dorsal|ventral|kranial|kaudal|proximal|distal|"
    r"multilokulär|solitär|unspezifisch|unifokal|multifokal|normal|maximal|vereinzelt|singulär|typisch|benign|"
    r"peripher|komplex|hypodens|hyperdens|pneumonisch|global|minimal|partiell|potentiell|aktuell|flächig|"
    r"sklerotisch|osteoblastisch|osteolytisch|osteoporotisch|nekrotisch|ischämisch|embolisch|thrombotisch|intraaxial|"
    r"extraaxial|parenchymal|intraparenchymal|subkapsulär|zirkulär|knöchern|parenchymatös|sakkulär|fusiform|"
    r"spindelförmig|aneurysmatisch|degenerativ|traumatisch|pathologisch|atypisch|untypisch|metastatisch|entzündlich|"
    r"arteriosklerotisch|atherosklerotisch|chronisch|hämorrhagisch|spikuliert|semisolid|oval|ovalär|irregulär|"
    r"polyzyklisch|diametral|optimal|marginal|klassisch|massiv|symmetrisch|asymmetrisch|homogen|dystrophisch|"
    r"subpleural|subtotal|total|segmental|subsegmental|lobär|bipolar|linear|punktuell|granulär|nodulär|tubulär|"
    r"kolbig|suspekt|frisch|metabolisch|septiert|hyperämisch|hypervaskulär|hypovaskulär|vaskulär|zentrilobulär|panlobulär|"
    r"paraseptal|bullös)\w*$"
)
_ADVERB = re.compile(  # and no noun, none that says the opposite or where
    r"(?!anomaly|family|supply|assembly|hardly|barely|scarcely|nearly|allegedly|reportedly|supposedly|apparently|seemingly|"
    r"questionably|potentially|insignificantly|negligibly|initially|recently|transiently|temporarily|theoretically|un|"
    r"non|virtually|(?:peri|para|extra|retro|inter|intra|supra|infra|trans)\w)[a-z]{3,}ly"
)
_DEGREE = re.compile(r"(?!un|wenig|kaum)[a-zäöüß]{3,}(?:ig|isch|lich|iv|ell|end|weise)")
_ROMAN = re.compile(r"[IVX]+[ab]?")


@dataclass(frozen=True)
class Sign:
    """A phrase in the text: its `code`, where it stands, and what it means, as far as its code has a meaning.

    `value` is (text, millimetres) of a size, the number of a count (0: several), (kind, holds) pairs of a state, and of
    a finding the globs of the classes of which its words hint at it, None if they name it.
    """

    start: int
    end: int
    code: str
    structure: Any = None
    finding: NamedFinding | None = None
    sides: tuple[str, ...] = ()
    value: Any = None


@cache
def stored(language: str) -> dict[str, Any]:
    """The part of clauses.yaml of a language."""
    return read_yaml(__package__, "clauses.yaml")[language]


@cache
def _codes(language: str) -> dict[str, str]:
    codes: dict[str, str] = {}
    for name, code in _LISTS:
        for word in stored(language)[name]:
            codes.setdefault(word, code)
    return codes


@cache
def _state_patterns(language: str) -> tuple[tuple[str, bool, re.Pattern], ...]:
    return tuple(
        (kind, holds, re.compile(find, re.IGNORECASE))
        for kind, pair in stored(language)["states"].items()
        for find, holds in zip(pair, (True, False), strict=True)
        if find != "(?!)"
    )


@cache
def _phrase(language: str, name: str) -> re.Pattern:
    words = stored(language)["phrases"]
    if name == "size":
        return re.compile(f"{words['size_before']}({_LENGTH}){words['size_after']}", re.IGNORECASE)
    return re.compile(words[name], re.IGNORECASE)


def read_signs(text: str, start: int, end: int, language: str, structures: Sequence[Any]) -> list[Sign]:
    """The signs of text[start:end]; `structures` are those that lie in it (start, end, labels, side)."""
    taken = _findings(text, start, end, language, structures)
    taken += [
        Sign(s.start, s.end, "V" if _is_removed(text, s) else "S", s, sides=_said(s))
        for s in structures
        if _free(taken, s.start, s.end)
    ]
    taken += [sign for sign in _freedoms(text, start, end, language) if _free(taken, sign.start, sign.end)]
    for m in _BOTH.finditer(text, start, end) if language == "de" else ():
        if _free(taken, m.start(), m.end()):
            taken += [Sign(m.start(), m.start(), "G"), Sign(m.start(), m.end(), "I", sides=("both",))]
    for find in (_sizes, _denials, _states):
        taken += [sign for sign in find(text, start, end, language) if _free(taken, sign.start, sign.end)]
    taken.sort(key=lambda sign: sign.start)
    words, signs, at = lexicon(language), [], start
    for sign in [*taken, None]:
        upto = sign.start if sign else end
        tokens = tokenize(text, at, upto, words) if upto > at else []
        signs += [_word(token, language, text, first=token.start == start) for token in tokens]
        if sign:
            signs.append(sign)
            at = sign.end
    for at, sign in enumerate(signs[:-1]):  # "pathologisch vergrößert", "homogen verkalkt"
        follows, word = signs[at + 1], text[sign.start : sign.end]
        if language == "de" and sign.code == "X" and follows.code in "TF" and text[follows.start].islower():
            if _DEGREE.fullmatch(word.lower() if sign.start == start else word):
                signs[at] = replace(sign, code="M")
    return [sign for sign in signs if sign.code]


def _said(structure: Any) -> tuple[str, ...]:
    return (structure.side,) if structure.side else ()


def _is_removed(text: str, structure: Any) -> bool:
    """True for an operation that names what it took away: "Cholezystektomie"."""
    return text[structure.start : structure.end].lower().endswith(("ektomie", "ectomy"))


def _free(taken: Sequence[Sign], start: int, end: int) -> bool:
    return all(end <= sign.start or sign.end <= start for sign in taken)


def _findings(text: str, start: int, end: int, language: str, structures: Sequence[Any]) -> list[Sign]:
    """The findings, the longest name first, then in the order of the table. One that shares its word with a structure
    takes it in."""
    named: list[tuple[tuple[int, int], NamedFinding, tuple[str, ...] | None]] = [
        (match.span(), finding, None)
        for finding, pattern in named_findings(language)
        for match in pattern.finditer(text, start, end)
    ]
    named += [
        (match.span(), finding, globs)
        for finding, pattern, globs in hinted_findings(language)
        if any(fnmatchcase(label, glob) for s in structures for label in s.labels for glob in globs)
        for match in pattern.finditer(text, start, end)
    ]
    found: list[Sign] = []
    for (first, last), finding, globs in sorted(named, key=lambda one: one[0][0] - one[0][1]):
        own = [s for s in structures if s.start < last and first < s.end]
        within = own[0] if len(own) == 1 else None
        begin, stop = min([first, *(s.start for s in own)]), max([last, *(s.end for s in own)])
        if _free(found, begin, stop):
            code = "B" if within else "F" if not own else "X"
            found.append(Sign(begin, stop, code, within, finding, _said(within) if within else (), globs))
    return found


_BOTH = re.compile(r"\bbeider\b(?= )", re.IGNORECASE)  # a genitive and a side: "Infarkt beider Nieren"
_WITHOUT = re.compile(r"\b([^\W\d_]{4,}?)(?:frei(?:e[nmrs]?)?|-free)\b", re.IGNORECASE)


def _freedoms(text: str, start: int, end: int, language: str) -> list[Sign]:
    """A finding that one word denies, as a denial and a finding: "steinfrei", "stone-free"."""
    found: list[Sign] = []
    for m in _WITHOUT.finditer(text, start, end):
        named = [finding for finding, pattern in named_findings(language) if pattern.fullmatch(m[1])]
        if named:
            found += [Sign(m.start(), m.start(), "D"), Sign(m.start(), m.end(), "F", finding=named[0])]
    return found


_DISTANCE = re.compile(
    r" (?:away )?(?:from|to the|below|above|beneath|under|behind|before|vom?|von der|entfernt|oberhalb|unterhalb|unter|"
    r"über|vor|hinter|neben|Abstand|Entfernung|"
    r"(?:caudal|cranial|ventral|dorsal|lateral|medial|proximal|distal|anterior|posterior|superior|inferior|deep)"
    r"(?:ly)? (?:to|of|from)|"
    r"(?:[ck]audal|[ck]ranial|ventral|dorsal|lateral|medial|proximal|distal|seitlich)(?:wärts)? "
    r"(?:de[sr]|von|vom|zu[mr]?|davon))\b"
)
_BEFORE_DISTANCE = re.compile(r"\b(?:Abstand|Entfernung|Distanz|distance) ?$", re.IGNORECASE)


def _sizes(text: str, start: int, end: int, language: str) -> list[Sign]:
    """The sizes; a distance from something is no size, and a noun that we do not know."""
    return [
        Sign(m.start(), m.end(), "X" if _is_distance(text, start, m) else "Z", value=(m[1], to_millimetres(m[1])))
        for m in _phrase(language, "size").finditer(text, start, end)
    ]


def _is_distance(text: str, start: int, size: re.Match) -> bool:
    """True for "15 mm kaudal der Kuppel", "im Abstand von 2 cm"."""
    before = _BEFORE_DISTANCE.search(text[start : size.start()])
    return before is not None or _DISTANCE.match(text, size.end()) is not None


def to_millimetres(size: str) -> float:
    """The largest number of a size such as "2,3 x 1.8 cm", in mm."""
    numbers = [float(number.replace(",", ".")) for number in re.findall(r"\d+(?:[.,]\d+)?", size)]
    return round(max(numbers) * (10 if size.lower().endswith("cm") else 1), 2)


def _denials(text: str, start: int, end: int, language: str) -> list[Sign]:
    found = [Sign(m.start(), m.end(), "D") for m in _phrase(language, "denial").finditer(text, start, end)]
    for name, code in (("place", "O"), ("quality", "M"), ("reflexive", "Y"), ("composed", "J")):
        found += [Sign(m.start(), m.end(), code) for m in _phrase(language, name).finditer(text, start, end)]
    return found


def states_in(text: str, start: int, end: int, language: str) -> dict[str, bool]:
    """The states that text[start:end] names, of whatever structure: kind → whether it holds."""
    return dict(pair for sign in _states(text, start, end, language) for pair in sign.value)


def _states(text: str, start: int, end: int, language: str) -> list[Sign]:
    found: list[Sign] = []
    for kind, holds, pattern in _state_patterns(language):
        for m in pattern.finditer(text, start, end):
            clash = [s for s in found if s.start < m.end() and m.start() < s.end]
            if all(m.end() - m.start() > s.end - s.start for s in clash):
                found = [s for s in found if s not in clash]
                found.append(Sign(m.start(), m.end(), "T", value=((kind, holds),)))
    return found


def _word(token: Any, language: str, text: str, *, first: bool) -> Sign:
    """The sign of a word, number or mark outside all phrases."""
    raw, low, word = token.raw, token.raw.lower(), token.word
    code, value = _codes(language).get(low, ""), None
    if word.side and not (code and len(raw) == 1):
        return Sign(token.start, token.end, "I", sides=(word.side,))
    if code == "N":
        value = stored(language)["number"][low]
    elif not code and raw in _MARKS:
        code = _MARKS[raw] if raw != "." else ""
        if raw == "-" and (text[token.start - 1 : token.start] != " "):
            code = ""
        return Sign(token.start, token.end, code)
    elif not code and (raw[0].isdecimal() or _ROMAN.fullmatch(raw)):
        code, value = "N", int(raw) if raw.isdecimal() else 0
    elif not code:
        if language == "de":
            code = "J" if _is_adjective(low if first else raw) else "X"
        else:
            code = "M" if _ADVERB.fullmatch(low) else "X"
    return Sign(token.start, token.end, code, value=value)


def _is_adjective(raw: str) -> bool:
    if not _INFLECTED.fullmatch(raw):
        return False
    return not _OF_PLACE.search(raw) or _DESCRIBES.match(raw) is not None


# Where a sentence divides. Signs: see clause_signs.
_LEAD = "[AGIJMN]*"
_SUBJECT = re.compile(rf"[CU]*M*{_LEAD}(?:O{_LEAD})?S(?P<more>(?:C{_LEAD}S)*C?U{_LEAD}S)?(?:[IMZ]|P(?=[T]))*[YTWKDn]")
_COMPOUND = re.compile(rf"[CU]*D?{_LEAD}B")
_PLACED = re.compile(rf"[CU]*D?{_LEAD}j*{_LEAD}F[ZQ]*[IOGH]")
_SIDED = re.compile(r"[CU]*[AM]*IM*[TDFWYB]")
_STATED = re.compile(r"S.*[TYWDKFn]|[TD].*S|[FBV]")
_NONE_THERE = re.compile(rf"[CU]+DO{_LEAD}S(?=[C;!]|$)")  # "…, keine in der Milz"
_UNREAD = re.compile(rf"C{_LEAD}S[IMP]*[XJn]+(?=[C;!]|$)")  # something that we cannot read is said of another structure


def split_signs(codes: str) -> list[tuple[int, int]]:
    """The clauses of a sentence as ranges of its signs."""
    bounds, start = [], 0
    for at, code in enumerate(codes):
        if code in ";!":
            bounds.append((start, at))
            start = at + 1
        elif code in "CU" and at > start and codes[at - 1] not in "CU" and _divides(codes, start, at):
            bounds.append((start, at))
            start = at + 1
    bounds.append((start, len(codes)))
    return [(a, b) for a, b in bounds if b > a]


def _divides(codes: str, start: int, at: int) -> bool:
    left = codes[start:at]
    if not _STATED.search(left):
        return False
    if codes[at] == "C" and _UNREAD.match(codes, at):
        return True
    if _NONE_THERE.match(codes, at):
        return True
    subject = _SUBJECT.match(codes, at)
    if subject and not (codes[at] == "U" and subject["more"]):
        return True
    if "S" in left and _SIDED.match(codes, at):
        return True
    listed = _COMPOUND.match(codes, at) or _PLACED.match(codes, at)
    # "keine Leberzyste, Nierenzyste …": the denial goes on, so the list stays in one piece
    return listed is not None and not ("D" in left and "D" not in listed[0])
