"""What a text states, as facts that do not depend on its language: who checks a model's text compares these.

    >>> [(fact.key, fact.affirmed) for fact in read_facts("Leberzyste, kein Aszites.", "de").facts]
    [('cyst', True), ('ascites', False)]

A sentence is a string of signs (llm/concepts, llm/numbers), cut into pieces at commas and conjunctions. What stands in a
piece belongs to the findings of it; what a piece lacks (a side, a structure) it may take from its neighbours. The
reading is coarse but the same in both languages, which is what a comparison needs.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cache

from refrad2d.llm.concepts import CUT, HIDDEN, LEVEL, NUMBER, UNKNOWN, Sign, read_signs
from refrad2d.llm.numbers import blank_numbers, read_numbers
from refrad2d.system.tables import read_csv
from refrad2d.text.sentences import split_sentences

GOOD, PLACE = "good", "organ"  # keys of facts that state no finding: how a structure is, and that it is named at all
_SIZES = frozenset("enlarged dilated shrunken thickened thin atrophy".split())  # "from 6 to 8 cm enlarged" is a change
_AMOUNTS = {"size:small": "little", "degree:mild": "little", "size:large": "much", "degree:severe": "much"}
ABSENT = "not_assessed"  # what a denial without a finding says of a structure: "no nodes", "appendix not seen"
DENIED, CHANGE = "denied", "change"  # what a denial denies: a thing, or that it changed
_HEADS = ("finding", "organ", LEVEL)
_STRONG = frozenset(";:()[]–—")
_ENDS_SCOPE = frozenset({"with", "link", "but", *_STRONG})
_BEGINS_ANEW = re.compile(
    r"\b(?:an?|the|ein\w*|der|die|das|is|are|ist|sind|shows|zeigt|liegt|liegen|findet|finden|there|it)\b|\d", re.IGNORECASE
)
_OF = re.compile(r"\s*(?:in\s(?:the\s)?size\s)?(?:of|in|des|der|von|eines|einer|the)\b", re.IGNORECASE)
_TAIL_DENIAL = ("none", "keine", "keiner", "keines", "nicht", "not")
_ATTRIBUTES = re.compile(r"[\s\d]([a-zäöüß-]{3,}e[nrms]?)(?P<comma>,)\s(?=[a-zäöüß-]{4,}e[nrms]?\s)")  # "große, anreichernde Läsion"


@dataclass(frozen=True)
class Fact:
    """A finding ("cyst"), how a structure is (GOOD) or that it is named (PLACE).

    `affirmed` is False for what is denied, `certainty` "" where nothing hedges. `sides`, `organs`, `measures` ((value,
    unit), lengths in mm) and `qualities` ("benign:malignant") belong to it; what begins with `near_` stands around it
    and may belong to it. `implied` is what the finding says of itself: its structure, the finding that it is a kind of.
    `change` if the text denies not the finding but that it changed, `gone` if it was so on another day,
    `optional` if an answer may leave it out.
    """

    key: str
    affirmed: bool = True
    certainty: str = ""
    sides: frozenset[str] = frozenset()
    organs: frozenset[str] = frozenset()
    measures: frozenset[tuple[float, str]] = frozenset()
    qualities: frozenset[str] = frozenset()
    near_sides: frozenset[str] = frozenset()
    near_organs: frozenset[str] = frozenset()
    near_measures: frozenset[tuple[float, str]] = frozenset()
    list_organs: frozenset[str] = frozenset()
    implied: frozenset[str] = frozenset()
    change: bool = False
    optional: bool = False
    gone: bool = False


@dataclass(frozen=True)
class Facts:
    """The facts of a text, and over all of it: structures, sides, numbers, qualities, and words without a concept.

    `earlier` are the numbers of another day; `only_both` if the only side that is said is "both",
    `hidden` the number of compounds of which a part is not understood.
    """

    facts: tuple[Fact, ...]
    organs: frozenset[str]
    sides: frozenset[str]
    numbers: frozenset[tuple[float, str]]
    earlier: frozenset[tuple[float, str]]
    qualities: frozenset[str]
    unknown: tuple[str, ...]
    pairs: frozenset[str] = frozenset()
    implied: frozenset[str] = frozenset()
    only_both: bool = False
    hidden: int = 0


@dataclass
class _Piece:
    """The signs of a stretch of a sentence; `joint` is what divides it from the piece before."""

    joint: str
    sentence: int
    signs: list[Sign] = field(default_factory=list)
    polarity: dict[int, str] = field(default_factory=dict)  # start and place of a sign → DENIED or CHANGE
    certainty: dict[int, str] = field(default_factory=dict)
    aside: bool = False  # says why the examination was done

    def of(self, *kinds: str) -> list[Sign]:
        return [sign for sign in self.signs if sign.kind in kinds]

    @property
    def has_head(self) -> bool:
        return any(sign.kind in _HEADS for sign in self.signs)

    @property
    def says(self) -> bool:
        """True if it states more than a place."""
        return any(sign.kind in ("finding", "free", GOOD) for sign in self.signs)


def read_facts(text: str, language: str) -> Facts:
    """What a text in German or English states. ValueError for another language."""
    numbers = read_numbers(text)
    hidden = 0
    bare = blank_numbers(text, numbers)
    pieces: list[_Piece] = []
    commas = {m.start("comma") for m in _ATTRIBUTES.finditer(bare)} if language == "de" else set()
    for number, (start, end) in enumerate(split_sentences(text, language)):
        signs = read_signs(bare, language, start, end)
        hidden += sum(sign.kind == HIDDEN for sign in signs)
        signs = [sign for sign in signs if sign.kind != HIDDEN]
        signs += [sign for sign in numbers if start <= sign.start < end]
        ends = [s for s in signs if s.kind == LEVEL and text[s.end : s.end + 2] == ". " and text[s.end + 2 : s.end + 3].isupper()]
        signs += [Sign(s.end, s.end + 1, CUT, ";") for s in ends]  # "HWK 6/7. Keine Fraktur"
        signs.sort(key=lambda sign: sign.start)
        cut = _join(_cut([s for s in signs if not (s.kind == CUT and s.start in commas)], number))
        _name_suspected(cut)
        _mark_aims(cut)
        _mark_earlier(cut)
        _deny(bare, cut)
        _hedge(cut)
        pieces += cut
    facts = tuple(fact for at in range(len(pieces)) for fact in _facts_of(pieces, at))
    return replace(_whole(facts, pieces), hidden=hidden)


def _whole(facts: tuple[Fact, ...], pieces: list[_Piece]) -> Facts:
    signs = [sign for piece in pieces for sign in piece.signs]
    values = {False: set(), True: set()}  # type: dict[bool, set[tuple[float, str]]]
    for sign in signs:
        if sign.kind == NUMBER:
            values[sign.name == "earlier"].add((sign.value, sign.unit))
    return Facts(
        facts,
        frozenset(organ for piece in pieces for organ in _organs(piece)),
        frozenset(side for piece in pieces for side in _sides(piece)),
        frozenset(values[False]),
        frozenset(values[True]),
        frozenset(name for piece in pieces for name in _qualities(piece)),
        tuple(sign.unit for sign in signs if sign.kind == UNKNOWN),
        frozenset(pair for piece in pieces for pair in _pairs(piece)),
        frozenset(name for sign in signs for name in (sign.name, *closure(sign.implies))),
        not any(sign.kind in ("side", "sided") and "both" not in (sign.name, *sign.implies) for sign in signs),
    )


def _cut(signs: list[Sign], sentence: int) -> list[_Piece]:
    pieces = [_Piece("", sentence)]
    before: Sign | None = None
    for sign in signs:
        divides = sign.kind == CUT or sign.kind == "joint"
        if divides and before is not None and (before.kind == "certainty" or before.name == "contact") and sign.name in ("with", "link", "and"):
            divides = False  # "vereinbar mit"
        if divides and sign.name == "and" and before is not None and before.kind == "joint":
            divides = False
        if divides:
            pieces.append(_Piece(sign.name, sentence))
        elif sign.kind not in ("joint", "fill"):
            pieces[-1].signs.append(sign)
        before = sign
    return pieces


def _join(pieces: list[_Piece]) -> list[_Piece]:
    """Give what has no finding and no structure (", 12 mm") to its neighbour."""
    joined: list[_Piece] = []
    for piece in pieces:
        if not piece.signs:
            if joined and piece.joint in _STRONG:
                joined[-1].joint = joined[-1].joint  # an empty piece says nothing
            continue
        before = joined[-1] if joined else None
        if before and not piece.has_head and piece.of("side") and piece.of("denial"):  # ", none on the right"
            piece.signs += [sign for sign in before.signs if sign.kind == "finding"][:1]
        own = piece.has_head or any(sign.kind == GOOD for sign in piece.signs) and piece.joint not in ("and",)
        heads = before is not None and piece.joint == ":" and bool(before.of("side"))  # "Mammography, both sides: …"
        if before and not heads and not (own and before.has_head):
            before.signs += piece.signs
        else:
            joined.append(piece)
    return joined


def _mark_aims(pieces: list[_Piece]) -> None:
    """ "Lymphom-Staging, Vergleich …: Milz o. B.": what stands before the colon says why the examination was done."""
    last = max((n for n, piece in enumerate(pieces) if piece.of("aim")), default=-1)
    for n, piece in enumerate(pieces):
        piece.aside = n <= last or last >= 0 and all(other.joint != ":" for other in pieces[last + 1 : n + 1])


def _mark_earlier(pieces: list[_Piece]) -> None:
    """Mark the numbers behind "previously", or in front of "earlier", as those of another day."""
    for piece in pieces:
        if any(sign.name == "strong" for sign in piece.of("prior")) and not piece.says and not piece.of(NUMBER):
            piece.signs = [s for s in piece.signs if s.kind != "organ"] or piece.signs  # "previously in the oesophagus"
        prior = [sign.start for sign in piece.of("prior") if sign.name == "strong"]
        prior += [a.start for a, b in zip(piece.signs, piece.signs[1:], strict=False) if a.kind == "prior" and b.kind == NUMBER]
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


def _deny(text: str, pieces: list[_Piece]) -> None:
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


def _deny_before(text: str, pieces: list[_Piece], at: int, number: int) -> None:
    """ "Effusion and pneumothorax are not seen": what stands in front is denied, in a list all of it."""
    signs = pieces[at].signs
    found = [n for n in range(number) if signs[n].kind == "finding" and "resection" not in closure((signs[n].name,))]
    if not found:
        _mark_absent(pieces[at], signs[number])
    for n in found:
        pieces[at].polarity[n] = DENIED
    while found and at > 0 and pieces[at].joint in ("and", "or"):
        at -= 1
        if pieces[at].of(GOOD, "denied") or pieces[at].polarity:
            return
        for n, sign in enumerate(pieces[at].signs):
            if sign.kind == "finding":
                pieces[at].polarity[n] = DENIED


def _mark_absent(piece: _Piece, denial: Sign) -> None:
    """Read "no nodes" and "appendix not seen" as statements of a structure, "no suspicious nodes" as a good one."""
    others = [s for s in piece.of("finding", GOOD) if "resection" not in closure((s.name,))]
    if not others and piece.of("organ") and not piece.of("change"):
        kind, name = (GOOD, "normal") if piece.of("certainty") else ("finding", ABSENT)
        piece.signs.append(Sign(denial.start, denial.end, kind, name))


def _goes_on(text: str, pieces: list[_Piece], at: int) -> bool:
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
    return piece.joint == "," and bool(later) and (
        later[0].joint == "or" or later[0].joint in (",", "and") and any(p.joint in ("or", "and") for p in later) and _goes_on(text, pieces, at + 1)
    )


def _name_suspected(pieces: list[_Piece]) -> None:
    """ "suspected to be malignant" is "suspected malignancy"."""
    for piece in pieces:
        if piece.of("certainty"):
            piece.signs = [
                replace(s, kind="finding", name="malignancy", names=()) if s.name == "benign:malignant" else s
                for s in piece.signs
            ]


def _hedge(pieces: list[_Piece]) -> None:
    """Set the certainty of findings: of those behind a hedge, or of those before it if none stands behind."""
    doubt = ""
    for piece in pieces:
        doubt = doubt if piece.joint == "or" else ""
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
            for m in behind or findings:
                piece.certainty.setdefault(m, hedge.name)
            doubt = hedge.name
        for n, hedge in hedges:
            if hedge.name in ("excluded",):
                for m in findings:
                    piece.polarity[m] = DENIED
                    piece.certainty[m] = ""


@cache
def _closures() -> dict[str, tuple[str, ...]]:
    return {
        row["name"]: tuple(filter(None, row["implies"].split("|")))
        for row in read_csv(__package__, "concepts.csv")
        if row["implies"] and row["kind"] not in ("compose", "sided", "paired", "family")
    }


@cache
def closure(names: tuple[str, ...]) -> frozenset[str]:
    """The names and all that they imply."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _closures().get(name, ())
    return frozenset(found)


def _organs(piece: _Piece) -> frozenset[str]:
    named = {sign.name for sign in piece.of("organ", LEVEL)}
    for sign in piece.of("sided"):
        named |= {name for name in sign.implies if name not in ("left", "right", "both")}
    present = named | {name for sign in piece.signs for name in (sign.name, *sign.names)}
    return frozenset(named | {name for name, parts in _composed() if parts <= present})


@cache
def _composed() -> tuple[tuple[str, frozenset[str]], ...]:
    """Structures that two words name: "medial meniscus"."""
    rows = read_csv(__package__, "concepts.csv")
    return tuple((row["name"], frozenset(row["implies"].split("|"))) for row in rows if row["kind"] == "compose")


def _larger(piece: _Piece) -> str:
    """The side where a thing is larger: "rechts mehr als links", "more on the right"."""
    said = next((sign.name for sign in piece.of("quality") if sign.name.startswith("larger:")), "")
    if said != "larger:more":
        return said.removeprefix("larger:")
    return next((sign.name for sign in piece.of("side") if sign.name != "both"), "")


@cache
def families() -> dict[str, frozenset[str]]:
    """Finding → the findings that another hand may call it: a swelling is called oedema, a shift displacement."""
    found: dict[str, frozenset[str]] = {}
    for row in read_csv(__package__, "concepts.csv"):
        if row["kind"] == "family":
            members = frozenset(row["implies"].split("|"))
            found |= {name: found.get(name, frozenset()) | members for name in members}
    return found


@cache
def paired() -> frozenset[str]:
    """The structures of which everybody has two."""
    return frozenset(
        name
        for row in read_csv(__package__, "concepts.csv")
        if row["kind"] == "paired"
        for name in row["implies"].split("|")
    )


def _sides(piece: _Piece) -> frozenset[str]:
    if _larger(piece):
        return frozenset({"left", "right"})
    said = {sign.name for sign in piece.of("side")}
    for sign in piece.of("sided"):
        said |= {name for name in sign.implies if name in ("left", "right", "both")}
    return frozenset({"left", "right"} if "both" in said else said)


def _qualities(piece: _Piece) -> frozenset[str]:
    found: set[str] = set()
    before: Sign | None = None
    for sign, behind in zip(piece.signs, [*piece.signs[1:], None], strict=True):
        if sign.name.startswith("relation:") and behind is not None and behind.kind == NUMBER and behind.unit:
            continue  # "über 12 mm"
        measured = before is not None and before.kind == NUMBER and before.unit and sign.name == "size:large"
        if sign.kind == "quality" and not measured:  # "7 mm große Zyste"
            found |= {name for name in sign.names if not name.startswith("larger:")}
        before = sign
    found |= {f"amount:{_AMOUNTS[name]}" for name in found if name in _AMOUNTS}
    return frozenset(found | ({f"larger:{_larger(piece)}"} if _larger(piece) else set()))


def _measures(piece: _Piece) -> frozenset[tuple[float, str]]:
    return frozenset((s.value, s.unit) for s in piece.of(NUMBER) if s.unit and s.name != "earlier")


def _pairs(piece: _Piece) -> list[str]:
    """Which value goes with which place, where a piece lists as many of both: "rechts 9 mm, links 11 mm"."""
    places = [
        [sign.name for sign in piece.of("side") if sign.name != "both"],
        [sign.name for sign in piece.of(LEVEL) if sign.name.startswith("seg:")],
    ]
    values = [
        [str(sign.value) for sign in piece.of(NUMBER) if sign.unit and sign.name != "earlier"],
        [sign.name for sign in piece.of("quality") if sign.name.startswith(("degree:", "age:"))],
    ]
    return [
        f"pair:{place}={value}"
        for listed in places
        for said in values
        if len(set(listed)) > 1 and len(listed) == len(said)
        for place, value in zip(listed, said, strict=True)
    ]


def _facts_of(pieces: list[_Piece], at: int) -> list[Fact]:
    piece = pieces[at]
    organs, sides, measures = _organs(piece), _sides(piece), _measures(piece)
    host = pieces[at - 1] if at and pieces[at - 1].sentence == piece.sentence and piece.joint in ("with", ":") else None
    if host and not host.says:  # "Niere links mit Zyste"
        exam = piece.joint == ":" and bool(host.of("exam"))  # "MRI of the pelvis: …"
        organs, sides = organs or (frozenset() if exam else _organs(host)), sides or _sides(host)
    findings = [(n, sign) for n, sign in enumerate(piece.signs) if sign.kind in ("finding", "free")]
    listed = _list_organs(pieces, at) if findings or piece.of(GOOD) else frozenset()
    common = Fact(
        "",
        sides=sides,
        organs=organs,
        measures=measures,
        qualities=_qualities(piece),
        near_sides=_near(pieces, at, _sides),
        near_organs=_near(pieces, at, _organs),
        near_measures=_near(pieces, at, _measures),
        list_organs=listed,
    )
    facts = []
    resized = any(sign.name == "earlier" for sign in piece.of(NUMBER))
    again = {n for n, sign in findings if sign.name in ("recurrence", "residual") and n in piece.polarity}
    for n, sign in findings:
        if n not in again and any(abs(n - m) == 1 for m in again):
            continue  # "no recurrent hernia" denies no hernia
        polarity = DENIED if sign.kind == "free" else piece.polarity.get(n, "")
        earlier = any(prior.name == "strong" and prior.start < sign.start for prior in piece.of("prior"))
        earlier = earlier and not any(prior.start < s.start < sign.start for prior in piece.of("prior") for _, s in findings)
        facts.append(
            replace(
                common,
                key=sign.name,
                affirmed=not polarity,
                change=polarity == CHANGE,
                certainty="" if polarity else piece.certainty.get(n, ""),
                optional=piece.aside or earlier or resized and sign.name in _SIZES,
                gone=earlier and not polarity,
                implied=closure(sign.implies),
            )
        )
    good = [n for n, sign in enumerate(piece.signs) if sign.kind == GOOD]
    if len(facts) > 1:  # "nicht pathologisch vergrößert"
        facts = [fact for fact in facts if fact.affirmed or fact.key != "abnormality"] or facts[:1]
    if good and not [f for f in facts if f.affirmed and not f.gone and f.key not in families()["stent"]]:
        holds = any(n not in piece.polarity for n in good)
        facts += [replace(common, key=GOOD, affirmed=holds)] if organs or not listed else []
        facts += [replace(common, key=GOOD, affirmed=holds, organs=frozenset({o})) for o in sorted(listed - organs)]
    if not facts and (organs or measures):
        facts.append(replace(common, key=PLACE))
    return facts


def _list_organs(pieces: list[_Piece], at: int) -> frozenset[str]:
    """The structures of a list that a statement closes: "Leber, Milz und Pankreas unauffällig"."""
    found: frozenset[str] = frozenset()
    same = pieces[at].sentence
    joint = pieces[at].joint
    for piece in reversed(pieces[:at]):
        if joint == ":" and piece.of("exam"):
            break
        if piece.sentence != same or piece.says or piece.of("prior") or joint not in ("and", "or", ",", "with", ":", "link") or not _organs(piece):
            break
        found |= _organs(piece)
        joint = piece.joint
    for piece in pieces[at + 1 :]:
        if piece.sentence != same or piece.says or piece.joint not in ("and", "or", ","):
            break
        found |= _organs(piece)
    return found


def _near(pieces: list[_Piece], at: int, read: Callable[[_Piece], frozenset]) -> frozenset:
    """What the other pieces of the sentence say, or else the sentences before and the one behind."""
    same = pieces[at].sentence
    around = [read(p) for n, p in enumerate(pieces) if p.sentence == same and n != at]
    found = frozenset().union(*around)
    if found:
        return found
    return frozenset().union(*(read(p) for p in pieces if p.sentence <= same + 1 and p.sentence != same))
