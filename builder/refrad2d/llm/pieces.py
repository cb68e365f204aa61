"""The pieces of a sentence: its signs between commas and conjunctions, with what is denied and what is a guess.

A denial covers what follows it, in a list all of it; where nothing follows, or behind "is not seen", what stands
before. A hedge covers the findings behind it, or those before it if none stands behind.

    >>> from refrad2d.llm.concepts import read_signs
    >>> [piece.polarity for piece in read_pieces("Kein Aszites.", read_signs("Kein Aszites.", "de"), 0)]
    [{1: 'denied'}]
"""

import re
from dataclasses import dataclass, field, replace

from refrad2d.llm.concepts import CUT, LEVEL, NUMBER, Sign, closure, members

GOOD = "good"  # kind of the words that call a structure normal
ABSENT = "not_assessed"  # what a denial without a finding says of a structure: "no nodes", "appendix not seen"
DENIED, CHANGE = "denied", "change"  # what a denial denies: a thing, or that it changed
AMOUNTS = {"size:small": "little", "degree:mild": "little", "size:large": "much", "degree:severe": "much"}
_HEADS = ("finding", "organ", LEVEL)
_STRONG = frozenset(";:()[]–—")
_ENDS_SCOPE = frozenset({"with", "link", "but", *_STRONG})
_BEGINS_ANEW = re.compile(
    r"\b(?:an?|the|ein\w*|der|die|das|is|are|ist|sind|shows|zeigt|liegt|liegen|findet|finden|there|it)\b|\d",
    re.IGNORECASE,
)
_MEANT = (  # what a word means in a place: "Stauung" of a kidney, "Sonde" in a ventricle
    (frozenset("kidney renal_pelvis ureter calyx upj uvj lower_pole upper_pole".split()), "congestion", "obstructed"),
    (frozenset("rv ra la lv heart coronary_sinus".split()), "ng_tube", "pacemaker"),
)
_NODES = ("enlarged", "lymph_node")
_NEGATIVE = re.compile(r"neg(?:ativ\w*)?\b", re.IGNORECASE)
_NEW = re.compile(r"neu|new|addition|further|weiter|zusätz", re.IGNORECASE)
_VERSUS = re.compile(r"v(?:s|ersus)\b", re.IGNORECASE)
_GUESSES = re.compile(r"ddx?\b|diff", re.IGNORECASE)  # a list of guesses begins
_ARTICLE = re.compile(r"\s(?:an?|the|ein\w*|der|die|das|dem|den)\s", re.IGNORECASE)
_CENTRAL = frozenset("trachea mediastinum infundibulum talus patella".split())  # that should lie in the middle
_OF = re.compile(r"\s*(?:in\s(?:the\s)?size\s)?(?:of|in|des|der|von|eines|einer|the)\b", re.IGNORECASE)


@dataclass
class Piece:
    """The signs of a stretch of a sentence; `joint` is what divides it from the piece before."""

    joint: str
    sentence: int
    signs: list[Sign] = field(default_factory=list)
    polarity: dict[int, str] = field(default_factory=dict)  # start and place of a sign → DENIED or CHANGE
    certainty: dict[int, str] = field(default_factory=dict)
    aside: bool = False  # says why the examination was done
    breaks: list[int] = field(default_factory=list)  # where in `signs` a stretch begins that was joined to it

    def of(self, *kinds: str) -> list[Sign]:
        return [sign for sign in self.signs if sign.kind in kinds]

    def stretches(self) -> list[range]:
        """The places in `signs` of each stretch between commas and conjunctions."""
        ends = [0, *self.breaks, len(self.signs)]
        return [range(a, b) for a, b in zip(ends, ends[1:], strict=False)]

    @property
    def has_head(self) -> bool:
        return any(sign.kind in _HEADS for sign in self.signs)

    @property
    def says(self) -> bool:
        """True if it states more than a place."""
        return any(sign.kind in ("finding", "free", GOOD) for sign in self.signs)


def _cut(signs: list[Sign], sentence: int) -> list[Piece]:
    pieces = [Piece("", sentence)]
    before: Sign | None = None
    for sign in signs:
        divides = sign.kind == CUT or sign.kind == "joint"
        binds = before is not None and (before.kind == "certainty" or before.name == "contact")
        if divides and binds and sign.name in ("with", "link", "and"):
            divides = False  # "vereinbar mit"
        if divides and sign.name == "and" and before is not None and before.kind == "joint":
            divides = False
        if divides:
            pieces.append(Piece(sign.name, sentence))
        elif sign.kind not in ("joint", "fill"):
            pieces[-1].signs.append(sign)
        before = sign
    return pieces


def _join(pieces: list[Piece]) -> list[Piece]:
    """Give what has no finding and no structure (", 12 mm") to its neighbour."""
    joined: list[Piece] = []
    for piece, behind in zip(pieces, [*pieces[1:], None], strict=True):
        if not piece.signs:
            if joined and piece.joint in _STRONG:
                joined[-1].joint = joined[-1].joint  # an empty piece says nothing
            continue
        before = joined[-1] if joined else None
        if before and not piece.has_head and piece.of("side") and piece.of("denial"):  # ", none on the right"
            piece.signs += [sign for sign in before.signs if sign.kind == "finding"][:1]
        own = piece.has_head or any(sign.kind == GOOD for sign in piece.signs) and piece.joint not in ("and",)
        heads = before is not None and piece.joint == ":" and bool(before.of("side"))  # "Mammography, both sides: …"
        host = (
            behind is not None and behind.joint == "with" and bool(piece.of("side")) and not piece.of("denial", NUMBER)
        )
        if host and before and before.says and piece.joint != "with":  # ", linker Lappen mit …"
            joined.append(piece)
            continue
        if before and not heads and not (own and before.has_head):
            before.breaks.append(len(before.signs))
            before.signs += piece.signs
        else:
            joined.append(piece)
    return joined


def _call_free(pieces: list[Piece]) -> None:
    """ "Freie Zisternen" and "trachea central" call a structure normal, as "Zisternen frei" does."""
    for piece in pieces:
        if piece.of("organ", LEVEL) and not piece.says:
            said = {"free:free", "margin:smooth", "margin:sharp"} if piece.of("organ") else {"free:free"}
            if {sign.name for sign in piece.of("organ")} <= _CENTRAL:
                said.add("distribution:central")
            piece.signs = [replace(s, kind=GOOD, name="normal") if s.name in said else s for s in piece.signs]


def _mark_aims(pieces: list[Piece]) -> None:
    """ "Lymphom-Staging, Vergleich …: Milz o. B.": what stands before the colon says why the examination was done."""
    last = max((n for n, piece in enumerate(pieces) if piece.of("aim")), default=-1)
    for n, piece in enumerate(pieces):
        piece.aside = n <= last or last >= 0 and all(other.joint != ":" for other in pieces[last + 1 : n + 1])


def _mark_earlier(text: str, pieces: list[Piece]) -> None:
    """Mark the numbers behind "previously", or in front of "earlier", as those of another day."""
    for piece in pieces:
        if any(sign.name == "strong" for sign in piece.of("prior")) and not piece.says and not piece.of(NUMBER):
            piece.signs = [s for s in piece.signs if s.kind != "organ"] or piece.signs  # "previously in the oesophagus"
        prior = [sign.start for sign in piece.of("prior") if sign.name == "strong"]
        neighbours = zip(piece.signs, piece.signs[1:], strict=False)
        prior += [
            a.start
            for a, b in neighbours
            if a.kind == "prior"
            and b.kind == NUMBER
            and not _ARTICLE.match(text, a.end, b.start)  # "from a 5 mm stone"
        ]
        now = [sign.start for sign in piece.of("now")]
        numbers = [sign for sign in piece.of(NUMBER) if sign.unit]
        if not prior or not numbers:
            continue
        for sign in numbers:
            last = max((p for p in prior if p < sign.start), default=None)
            behind = last is not None and not any(last < n < sign.start for n in now)
            closing = last is None and sign is numbers[-1] and len(numbers) > 1 and prior[0] > sign.start
            if behind or closing:
                piece.signs[piece.signs.index(sign)] = replace(sign, name="earlier")


def _deny(text: str, pieces: list[Piece]) -> None:
    """Set the polarity of findings and states."""
    carried = ""
    for at, piece in enumerate(pieces):
        scope, only = (carried if at > 0 and _goes_on(text, pieces, at) else ""), False
        pending: Sign | None = None
        goes_on = scope
        for number, sign in enumerate(piece.signs):
            if sign.kind == "denial":
                scope, pending, only = DENIED, sign, sign.name == "one"  # "nicht dislozierte Fraktur"
            elif sign.kind in ("change", "now") and pending is not None:
                if _OF.match(text, sign.end):
                    scope = ""  # "no increase of the effusion"
                else:
                    scope = CHANGE
                pending = None
            elif sign.kind in ("finding", GOOD):
                if scope and pending is None and sign.name in members("family", "device") and piece.polarity:
                    continue  # "no leak from the staple line"
                if scope:
                    piece.polarity[number] = scope
                    goes_on = scope
                if sign.name != "abnormality":  # "nicht pathologisch vergrößert"
                    pending, scope = None, "" if only else scope
            elif sign.kind == "denied":
                _deny_before(text, pieces, at, number)
        behind = [s for s in piece.signs if pending is not None and s.start > pending.start]
        weak = pending is not None and pending.name == "one"  # "nicht"; "ohne Verbindung" denies what is behind it
        if pending is not None and not any(s.kind in ("finding", GOOD) or not weak for s in behind):
            if at + 1 == len(pieces) or not _goes_on(text, pieces, at + 1):
                _deny_before(text, pieces, at, piece.signs.index(pending))
        elif pending is not None and (at + 1 == len(pieces) or not _goes_on(text, pieces, at + 1)):
            _mark_absent(piece, pending)
        carried = scope or goes_on


def _deny_before(text: str, pieces: list[Piece], at: int, number: int) -> None:
    """ "Effusion and pneumothorax are not seen": what stands in front is denied, in a list all of it."""
    signs = pieces[at].signs
    found = [n for n in range(number) if signs[n].kind == "finding" and "resection" not in closure((signs[n].name,))]
    if not found:
        _mark_absent(pieces[at], signs[number])
    for n in found:
        pieces[at].polarity[n] = CHANGE if n and _is_new(text, signs[n - 1]) else DENIED
    while found and at > 0 and pieces[at].joint in ("and", "or"):
        at -= 1
        if pieces[at].of(GOOD, "denied") or pieces[at].polarity:
            return
        for n, sign in enumerate(pieces[at].signs):
            if sign.kind == "finding":
                pieces[at].polarity[n] = DENIED


def _is_new(text: str, sign: Sign) -> bool:
    """True for "new" and "additional", which a denial may deny of a thing instead of the thing."""
    return sign.kind == "change" and _NEW.match(text, sign.start) is not None


def _mark_absent(piece: Piece, denial: Sign) -> None:
    """Read "no nodes" and "appendix not seen" as statements of a structure, "no suspicious nodes" as a good one."""
    others = [s for s in piece.of("finding", GOOD) if "resection" not in closure((s.name,))]
    if not others and piece.of("organ") and not piece.of("change"):
        named = {sign.name for sign in piece.signs}
        wrong = piece.of("certainty") or named & {"pathologic:pathologic", "lymph_node"}  # "no nodes": no enlarged ones
        kind, name = (GOOD, "normal") if wrong else ("finding", ABSENT)
        piece.signs.append(Sign(denial.start, denial.end, kind, name))


def _goes_on(text: str, pieces: list[Piece], at: int) -> bool:
    """True if a denial before a piece covers it too: "no cyst, mass or stone"."""
    piece = pieces[at]
    if piece.joint in _ENDS_SCOPE:
        return False
    if piece.joint == "or":
        return True
    if piece.of("denial", "denied", GOOD, "certainty"):
        return False
    if _BEGINS_ANEW.search(text, piece.signs[0].start - 12 if piece.signs[0].start > 12 else 0, piece.signs[-1].end):
        before = text[max(0, piece.signs[0].start - 12) : piece.signs[-1].end]
        begins = re.split(r",|\b(?:and|und|sowie)\b", before)[-1]
        if _BEGINS_ANEW.search(begins):
            return False
    if piece.joint == "and":
        return True
    later = pieces[at + 1 :]
    if piece.joint != "," or not later:
        return False
    goes_on = later[0].joint in (",", "and") and any(p.joint in ("or", "and") for p in later)
    return later[0].joint == "or" or goes_on and _goes_on(text, pieces, at + 1)


def _name_in_place(pieces: list[Piece]) -> None:
    """ "Suspicious mesorectal nodes" are a lymphadenopathy, as in the table; what is congested in a kidney is urine."""
    for piece in pieces:
        for places, said, meant in _MEANT:
            if any(sign.name in places for sign in piece.of("organ", "part")):
                piece.signs = [
                    replace(s, name=meant, implies=(), names=()) if s.name == said else s for s in piece.signs
                ]
        nodes = [n for n, sign in enumerate(piece.signs) if sign.name == "lymph_node"]
        if not nodes or piece.of(GOOD) or any(sign.name != "abnormality" for sign in piece.of("finding")):
            continue
        for n, sign in enumerate(piece.signs[: nodes[0]]):
            if sign.name in ("suspected", "abnormality", "pathologic:pathologic"):
                piece.signs[n] = replace(sign, kind="finding", name="lymphadenopathy", implies=_NODES, names=())
                break


def _deny_signs(text: str, pieces: list[Piece]) -> None:
    """ "Murphy sign negative" denies the sign, "breast negative" calls the breast normal."""
    for piece in pieces:
        for n, sign in enumerate(piece.signs):
            if sign.kind == GOOD and _NEGATIVE.match(text, sign.start):
                before = n > 0 and piece.signs[n - 1].kind == "finding"
                behind = piece.signs[n + 1 : n + 2]
                if before:
                    piece.signs[n] = replace(sign, kind="denied", name="")
                elif behind and behind[0].name in members("group", "sign"):
                    piece.signs[n] = replace(sign, kind="denial", name="")


def _name_suspected(pieces: list[Piece]) -> None:
    """ "suspected to be malignant" is "suspected malignancy"."""
    for piece in pieces:
        if piece.of("certainty"):
            piece.signs = [
                replace(s, kind="finding", name="malignancy", names=()) if s.name == "benign:malignant" else s
                for s in piece.signs
            ]


def _hedge(text: str, pieces: list[Piece]) -> None:
    """Set the certainty of findings: of those behind a hedge, or of those before it if none stands behind."""
    doubt, listed = "", False
    for at, piece in enumerate(pieces):
        goes_on = listed and piece.joint in (",", "and") and all(sign.kind == "finding" for sign in piece.signs)
        doubt = doubt if piece.joint == "or" or goes_on else ""
        hedges = [(n, sign) for n, sign in enumerate(piece.signs) if sign.kind == "certainty"]
        findings = [n for n, sign in enumerate(piece.signs) if sign.kind == "finding"]
        if doubt and not hedges:
            piece.certainty.update(dict.fromkeys(findings, doubt))
        for n, hedge in hedges:
            same = [m for m in findings if piece.signs[m].start == hedge.start]  # "malignomverdächtig"
            after = [sign for sign in piece.signs[n + 1 :] if sign.kind in ("finding", "quality")]
            if not same and after and after[0].name.startswith("age:") and not any(m > n for m in findings):
                continue  # "likely acute"
            behind = same or [m for m in findings if m > n]
            if _VERSUS.match(text, hedge.start):  # "polyp versus carcinoma"
                behind = [m for m in findings if m < n][-1:] + behind
            for m in behind or findings:
                piece.certainty.setdefault(m, hedge.name)
            if not findings and piece.signs[-1] is hedge:  # "uptake in the rib and the femur, suspicious"
                _hedge_before(pieces, at, hedge.name)
            doubt, listed = hedge.name, _GUESSES.match(text, hedge.start) is not None
        if any(hedge.name == "excluded" for _, hedge in hedges):
            piece.polarity.update(dict.fromkeys(findings, DENIED))
            piece.certainty.update(dict.fromkeys(findings, ""))


def _hedge_before(pieces: list[Piece], at: int, name: str) -> None:
    """Let a hedge at the end of a list of places reach the finding in front of the list."""
    while at > 0 and pieces[at].joint in ("and", ",") and not pieces[at].says:
        at -= 1
    for n, sign in enumerate(pieces[at].signs):
        if sign.kind == "finding":
            pieces[at].certainty.setdefault(n, name)


def _without_still(text: str, signs: list[Sign]) -> list[Sign]:
    """The signs without the "noch" that denies nothing: "noch normal weit", but "weder Erguss noch Stauung"."""
    kept: list[Sign] = []
    denied = False
    for sign in signs:
        if sign.name in ("", "or") and not denied and text[sign.start : sign.end].casefold() == "noch":
            continue
        denied = denied or sign.kind == "denial"
        kept.append(sign)
    return kept


def read_pieces(bare: str, signs: list[Sign], sentence: int) -> list[Piece]:
    """The pieces of a sentence from its signs; `bare` is the text without numbers, to which their places point."""
    cut = _join(_cut(_without_still(bare, signs), sentence))
    _call_free(cut)
    _name_in_place(cut)
    _deny_signs(bare, cut)
    _name_suspected(cut)
    _mark_aims(cut)
    _mark_earlier(bare, cut)
    _deny(bare, cut)
    _hedge(bare, cut)
    return cut


def read_pairs(piece: Piece) -> list[str]:
    """Which value or finding goes with which place in a piece: "pair:right=9.0", "pair:left=stenosis:no"."""
    return _pairs(piece) + _pairs_of_stretches(piece) + _counts(piece)


def _counts(piece: Piece) -> list[str]:
    """How many of a finding there are: "three gallstones", "two left renal cysts"; a figure may be a class."""
    found: list[str] = []
    for n, sign in enumerate(piece.signs):
        if sign.kind == NUMBER and sign.name.isdigit():
            head = next((s for s in piece.signs[n + 1 :] if s.kind not in ("side", "organ", "part", "quality")), None)
            if head and head.kind == "finding":
                found.append(f"pair:count:{head.name}=count {_value(sign)}")
    return found


def _pairs(piece: Piece) -> list[str]:
    """Which value goes with which place, where a piece lists as many of both: "rechts 9 mm, links 11 mm"."""
    found: list[str] = []
    values = [sign for sign in piece.of(NUMBER) if sign.unit and sign.name != "earlier"]
    degrees = [sign for sign in piece.of("quality") if sign.name.startswith(("degree:", "age:", "size:"))]
    sides = [sign for sign in piece.of("side") if sign.name != "both"]
    segments = [sign for sign in piece.of(LEVEL) if sign.name.startswith("seg:")]
    depths = [sign for sign in piece.of("quality") if sign.name.startswith("depth:")]
    classes = [sign for sign in piece.of(NUMBER) if not sign.unit and sign.name != "earlier"]
    found += [f"pair:{_value(depth)}={_value(grade)}" for depth, grade in _couple(depths, classes)]
    # "station 7 19 mm"
    marks = [s for s in piece.signs if s in sides or s.kind == NUMBER and not s.unit and not s.name.isdigit()]
    for places in (sides, segments, marks):
        for said in (values, degrees):
            found += [f"pair:{_value(place)}={_value(value)}" for place, value in _couple(places, said)]
    return found


def _pairs_of_stretches(piece: Piece) -> list[str]:
    """What each stretch with a side of its own says of it: "both sides, 2 cm on the right", "left 4, right one"."""
    found: list[str] = []
    for places in piece.stretches() if piece.breaks else ():
        signs = [piece.signs[n] for n in places]
        sides = {sign.name for sign in signs if sign.kind == "side"}
        if len(sides) != 1 or "both" in sides:
            continue
        said = [_value(sign) for sign in signs if sign.kind == NUMBER and sign.name != "earlier"]
        heads = [n for n in places if piece.signs[n].kind in ("finding", "free")]
        denied = {n for n in heads if piece.signs[n].kind == "free" or n in piece.polarity}
        said += [f"{piece.signs[n].name}:{'no' if n in denied else 'yes'}" for n in heads]
        found += [f"pair:{side}={value}" for side in sides for value in said]
    return found


def _value(sign: Sign) -> str:
    return str(sign.value) if sign.kind == NUMBER else AMOUNTS.get(sign.name, sign.name)


def _couple(places: list[Sign], values: list[Sign]) -> list[tuple[Sign, Sign]]:
    """Each value with its place, if every one of several has a place of its own in front, or every one behind."""
    if len(values) < 2 or len(places) < 2:
        return []
    before = [[p for p in places if low < p.start < v.start] for low, v in _between(values, first=-1)]
    if before[0] and all(len(some) <= 1 for some in before):  # "right lobe 48 mm, left lobe 41 mm, isthmus 3 mm"
        return [(some[0], value) for some, value in zip(before, values, strict=True) if some]
    starts = [value.start for value in values[1:]] + [places[-1].start + 1]
    behind = [[p for p in places if v.start < p.start < high] for v, high in zip(values, starts, strict=True)]
    if all(len(some) == 1 for some in behind):
        return [(some[0], value) for some, value in zip(behind, values, strict=True)]
    return list(zip(places, values, strict=True)) if len(places) == len(values) else []


def _between(values: list[Sign], first: int) -> list[tuple[int, Sign]]:
    """Each value with where the one before it begins."""
    return list(zip([first, *(value.start for value in values[:-1])], values, strict=True))
