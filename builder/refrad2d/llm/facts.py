"""What a text states, as facts that do not depend on its language: who checks a model's text compares these.

    >>> [(fact.key, fact.affirmed) for fact in read_facts("Leberzyste, kein Aszites.", "de").facts]
    [('cyst', True), ('ascites', False)]

A sentence is cut into pieces around its heads (findings, structures, states), at commas and conjunctions. What stands
in a piece belongs to its heads; what a piece lacks (a side, a structure) it takes from its neighbour. The reading is
coarse but the same in both languages, which is what a comparison needs. Anatomy comes from text/clauses, findings from
text/findings, all other words from data/concepts.csv.
"""

import re
from collections import Counter
from collections.abc import Callable, Container
from dataclasses import dataclass, field, replace
from functools import cache

from refrad2d.system.tables import read_csv
from refrad2d.text.clauses.measures import read_measures
from refrad2d.text.clauses.reading import read_clauses
from refrad2d.text.clauses.records import Structure
from refrad2d.text.findings import named_findings
from refrad2d.text.lexicon import side_of
from refrad2d.text.sentences import split_sentences

PERHAPS = "?"  # stands among the neighbour's sides or structures where the neighbour is the sentence before
_COLUMNS = {"en": "english", "de": "german"}
_ORDER = ("certainty", "denied", "free", "finding", "organ", "good", "bad", "quality", "side", "number", "denial")
_SAME = {
    "nodule": "lesion", "pulmonary_nodule": "lesion", "consolidation": "infiltrate", "hydronephrosis": "obstruction",
    "pleural_effusion": "effusion",
    "pericardial_effusion": "effusion",
    "thrombosis": "thrombus", "pulmonary_embolism": "embolism", "free_fluid": "fluid", "free_air": "air",
}  # fmt: skip
_CUT = re.compile(
    r"(?<!\d),|,(?!\d)|;|\s[–-]\s|\b(?:und|sowie|oder|noch|bzw\.|aber|jedoch|während|wohingegen|ohne|mit|and|or|nor|but|"
    r"while|whereas|without|with|as well as)\b",
    re.IGNORECASE,
)
_ATTRIBUTES = re.compile(r"[\s\d]([a-zäöüß-]{3,}e[nrms]?)(?P<comma>,)\s(?=[a-zäöüß])")  # "große, anreichernde Läsion"
_OR = ("or", "nor", "oder", "noch", "bzw.")
_AND = ("and", "und", "sowie", "as well as")
_BEGINS_ANEW = re.compile(r"\b(?:an?|the|ein\w*|der|die|das|is|are|ist|sind|shows|zeigt|with|mit)\b|\d", re.IGNORECASE)
_PLACE_NUMBER = re.compile(r"\b(?:segment\w*|seg\.)\s(?P<roman>[IVX]+|\d+)(?P<part>[ab]?)\b", re.IGNORECASE)
_DATE = re.compile(
    r"\b\d{1,2}\.\s?\d{1,2}\.(?:\s?\d{2,4})?|\b\d{1,2}/(?:19|20)?\d{2}\b(?!\s?mm)|\b(?:19|20)\d{2}\b(?!\s?(?:mm|ml|HU|HE))|"
    r"\b\d{1,2}(?:\.|st|nd|rd|th)?\s(?:of\s)?(?:jan|feb|mar|mär|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz])\w*(?:\s\d{4})?|"
    r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w*\s\d{1,2}\b(?!\s?(?:mm|cm|ml))",
    re.IGNORECASE,
)
_DENIED_CHANGE = re.compile(
    r"\b(?:kein\w*|ohne|nicht)\s(?:\w+\s){0,2}?(?:neu\w*|zunehm\w*|progredient\w*|größenprogred\w*|weitere\w*|"
    r"größenzu\w*|zunahme\w*)|"
    r"\b(?:no|without|not)\s(?:\w+\s){0,2}?(?:new(?:ly)?|increas\w+|enlarging|worsening|progress\w*|interval|further|additional)\b",
    re.IGNORECASE,
)
CHANGE = "change:denied"  # quality of a denial that speaks of a change: "no new lesion"
_IN_BRAIN = tuple(f"place:{lobe}" for lobe in ("frontal", "temporal", "parietal", "occipital"))
_STATE_NAMES = {  # findings that are states of a structure
    "splenomegaly": ("spleen", "enlarged"), "hepatomegaly": ("liver", "enlarged"),
    "cardiomegaly": ("heart", "enlarged"),
    "goitre": ("thyroid_gland", "enlarged"), "wall_thickening": ("", "thickened"),
}  # fmt: skip
_SAME_ORGAN = {"skull": "brain", "intervertebral_discs": "vertebrae"}
_ANYTHING = "abnormality"  # "no abnormality" is a state, not a finding
_ROMAN = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6, "VII": 7, "VIII": 8, "IX": 9, "X": 10}
_LARGER = re.compile(
    r"\b(?:larger|greater|more|predominantly)\s(?:\w+\s){0,3}?(?P<a>left|right)|"
    r"\b(?P<b>links|rechts|left|right)"
    r"(?:\s(?:etwas\s|slightly\s)?(?:größer|mehr|stärker|ausgeprägter|larger|greater|more)|betont|\s?>"
    r"|[- ]predominant)",
    re.IGNORECASE,
)
_NAMED_BY_ENDING = re.compile(
    r"\b([^\W\d_]{4,})(?:itis|itiden|itides|osis|oses|ose|osen|oma|omas|omata|om|ome|omen|oms)\b", re.IGNORECASE
)
_NO_FINDING = re.compile(r"(?:diagn|progn|sympt|phant|l|cust|gluc|gr)$", re.IGNORECASE)
_FOLD = (("ä", "e"), ("ae", "e"), ("oe", "e"), ("ö", "o"), ("ü", "u"), ("k", "c"), ("z", "c"), ("ph", "f"), ("y", "i"))


@dataclass(frozen=True)
class Fact:
    """A finding ("cyst") or how a structure is ("organ:liver").

    `affirmed` is False for a finding that is denied, `certainty` "" where nothing hedges. `sides`, `organs`,
    `measures` ((value, unit), lengths in mm), `qualities` ("benignity:benign") and `states` ("enlarged", "good")
    belong to it; `near_sides` and `near_organs` are what it takes from its neighbours, as a guess.
    """

    key: str
    affirmed: bool = True
    certainty: str = ""
    sides: frozenset[str] = frozenset()
    organs: frozenset[str] = frozenset()
    near_sides: frozenset[str] = frozenset()
    near_organs: frozenset[str] = frozenset()
    measures: frozenset[tuple[float, str]] = frozenset()
    qualities: frozenset[str] = frozenset()
    states: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Facts:
    """The facts of a text, and over all of it: its organs, its sides, its numbers.

    `possible_sides` adds both sides of "kidneys", which says neither.
    """

    facts: tuple[Fact, ...]
    organs: frozenset[str]
    sides: frozenset[str]
    possible_sides: frozenset[str]
    numbers: Counter
    qualities: frozenset[str] = frozenset()


@dataclass
class _Word:
    """A concept in the text."""

    start: int
    end: int
    kind: str
    name: str
    affirmed: bool = True
    certainty: str = ""


@dataclass
class _Piece:
    """Words and structures of a stretch of a sentence; `joint` is what stands before it."""

    start: int
    end: int
    joint: str
    words: list[_Word] = field(default_factory=list)
    structures: list[Structure] = field(default_factory=list)
    sentence: int = 0

    def of(self, *kinds: str) -> list[_Word]:
        return [word for word in self.words if word.kind in kinds]

    @property
    def has_head(self) -> bool:
        return bool(self.structures or self.of("finding", "organ"))


@cache
def _patterns(language: str) -> dict[str, list[tuple[str, re.Pattern]]]:
    """Kind → its names and patterns, kinds in the order in which they are looked for."""
    found: dict[str, list[tuple[str, re.Pattern]]] = {kind: [] for kind in _ORDER}
    for row in read_csv(__package__, "concepts.csv"):
        pattern = rf"(?<!\w)(?:{row[_COLUMNS[language]]})(?!\w)"
        found[row["kind"]].append((row["name"], re.compile(pattern, re.IGNORECASE)))
    found["finding"] += [(_SAME.get(f.name, f.name), pattern) for f, pattern in named_findings(language)]
    return found


def read_facts(text: str, language: str) -> Facts:
    """What a text in German or English states. ValueError for another language."""
    structures = [s for clause in read_clauses(text, language) for s in clause.structures]
    words = _find_words(text, language)
    pieces: list[_Piece] = []
    for number, (start, end) in enumerate(split_sentences(text, language)):
        commas = {m.start("comma") for m in _ATTRIBUTES.finditer(text)} if language == "de" else set()
        pieces += _cut(text, start, end, number, words, structures, commas)
    pieces = _join_headless(pieces)
    _deny(text, pieces)
    facts = [fact for at in range(len(pieces)) for fact in _facts_of(text, pieces, at)]
    whole = _Piece(0, len(text), "", words, structures)
    sides = frozenset(side for piece in pieces for side in _sides(piece))
    both = {"left", "right"} if any(s.side == "both" for s in structures) else set()
    named = frozenset(word.name for word in words if word.kind == "quality")
    return Facts(tuple(facts), _organs(whole), sides, sides | both, Counter(_measures(text, whole)), named)


def _find_words(text: str, language: str) -> list[_Word]:
    taken = bytearray(len(text))
    found = []
    for kind, patterns in _patterns(language).items():
        matches = [(m, name) for name, pattern in patterns for m in pattern.finditer(text) if m.end() > m.start()]
        for match, name in sorted(matches, key=lambda pair: pair[0].start() - pair[0].end()):  # the longest first
            loose = kind in ("side", "organ") or name.startswith(
                "place:"
            )  # may lie in a longer term, "enlarged hilar nodes"
            if loose or not any(taken[match.start() : match.end()]):
                if not loose:
                    taken[match.start() : match.end()] = b"\x01" * (match.end() - match.start())
                found.append(_Word(*match.span(), "finding" if kind == "free" else kind, name, kind != "free"))
    for match in _NAMED_BY_ENDING.finditer(text):
        if not any(taken[match.start() : match.end()]) and not _NO_FINDING.search(match[1]):
            found.append(_Word(*match.span(), "finding", _fold(match[1])))
    for match in _LARGER.finditer(text):
        side = (match["a"] or match["b"]).lower()
        found.append(_Word(*match.span(), "quality", f"larger:{side in ('links', 'left')}"))
    for match in _PLACE_NUMBER.finditer(text):
        raw = match["roman"].upper()
        number = f"{_ROMAN.get(raw, raw)}{match['part'].lower()}"
        found.append(_Word(match.start("roman"), match.end("part"), "quality", f"segment:{number}"))
    found += [_Word(*match.span(), "change", CHANGE) for match in _DENIED_CHANGE.finditer(text)]
    found += [_Word(*match.span(), "date", "") for match in _DATE.finditer(text)]
    return sorted(found, key=lambda word: word.start)


def _fold(word: str) -> str:
    """A word of Greek or Latin in a spelling that German and English share."""
    word = word.lower()
    for old, new in _FOLD:
        word = word.replace(old, new)
    return word


def _cut(
    text: str,
    start: int,
    end: int,
    number: int,
    words: list[_Word],
    structures: list[Structure],
    commas: Container[int],
) -> list[_Piece]:
    """The pieces of a sentence; `commas` are those that divide nothing."""
    inside = [(s.start, s.end) for s in structures] + [(w.start, w.end) for w in words if w.kind == "finding"]
    pieces, at, joint = [], start, ""
    cuts = [
        m
        for m in _CUT.finditer(text, start, end)
        if not any(a < m.end() and m.start() < b for a, b in inside) and m.start() not in commas
    ]
    for cut in [*cuts, None]:
        upto = cut.start() if cut else end
        keeps_cut = joint in ("ohne", "without", "nor")
        pieces.append(_Piece(at - len(joint) if keeps_cut else at, upto, joint, sentence=number))
        if cut:
            at, joint = cut.end(), cut[0].lower()
    for piece in pieces:
        piece.words = [w for w in words if piece.start <= w.start < piece.end]
        piece.structures = [s for s in structures if piece.start <= s.start < piece.end]
    return pieces


def _join_headless(pieces: list[_Piece]) -> list[_Piece]:
    """Give what has no finding and no structure (", 12 mm") to its neighbour in the sentence."""
    joined: list[_Piece] = []
    for piece in pieces:
        before = joined[-1] if joined else None
        if before and before.sentence == piece.sentence and not (piece.has_head and before.has_head):
            before.words += piece.words
            before.structures += piece.structures
            before.end = piece.end
        else:
            joined.append(piece)
    return joined


def _deny(text: str, pieces: list[_Piece]) -> None:
    """Set polarity and certainty of the findings and states."""
    carried, doubt = False, ""
    for at, piece in enumerate(pieces):
        goes_on = at > 0 and piece.sentence == pieces[at - 1].sentence and _goes_on(text, pieces, at)
        carried, doubt = (carried, doubt) if goes_on else (False, "")
        heads = piece.of("finding", "good", "bad")
        denials = piece.of("denial")
        for word in heads:
            before = [d for d in denials if d.start < word.start]
            near = [d for d in before if word.kind == "finding" or d.end + 30 >= word.start]
            if carried and word.kind == "finding" or near:
                word.affirmed = not word.affirmed if word.kind != "finding" else False
        if denials:
            carried = True
        if piece.of("denied"):
            last = piece.of("denied")[-1]
            for word in piece.of("finding"):
                word.affirmed = word.affirmed and word.start > last.start
            _deny_list_before(text, pieces, at)
        for hedge in piece.of("certainty"):
            behind = [w for w in piece.of("finding") if w.start > hedge.start]
            doubt = hedge.name
            for word in behind or piece.of("finding"):
                word.certainty = word.certainty or hedge.name
        if doubt and not piece.of("certainty"):
            for word in piece.of("finding"):
                word.certainty = doubt


def _goes_on(text: str, pieces: list[_Piece], at: int) -> bool:
    """True if a denial before a piece covers it too: "no cyst, mass or stone"."""
    piece = pieces[at]
    if piece.joint in _OR:
        return True
    if piece.of("denial", "denied", "good", "bad", "certainty") or _BEGINS_ANEW.search(text, piece.start, piece.end):
        return False
    if piece.joint in _AND:
        return True
    later = [p for p in pieces[at + 1 :] if p.sentence == piece.sentence]
    return piece.joint == "," and bool(later) and later[0].joint in (*_OR, ",") and any(p.joint in _OR for p in later)


def _deny_list_before(text: str, pieces: list[_Piece], at: int) -> None:
    """ "Effusion and pneumothorax are not seen": the words in front of the conjunction are denied as well."""
    while at > 0 and pieces[at].joint in (*_AND, *_OR) and pieces[at - 1].sentence == pieces[at].sentence:
        at -= 1
        if re.search(r"\b(?:is|are|ist|sind)\b", text[pieces[at].start : pieces[at].end]):
            return
        for word in pieces[at].of("finding"):
            word.affirmed = False


def _facts_of(text: str, pieces: list[_Piece], at: int) -> list[Fact]:
    piece = pieces[at]
    organs, sides = _organs(piece), _sides(piece)
    near_organs = frozenset() if organs else _near(pieces, at, _organs)
    near_sides = frozenset() if sides else _near(pieces, at, _sides)
    if not sides and any(s.side == "both" for s in piece.structures):
        near_sides |= {"left", "right"}
    measures = frozenset(_measures(text, piece))
    common = Fact(
        "", sides=sides, organs=organs, near_sides=near_sides, near_organs=near_organs, measures=measures
    )  # what all facts of the piece share
    qualities = frozenset(word.name for word in piece.of("quality", "change")) | _pairs(text, piece)
    facts = [
        replace(common, key=word.name, affirmed=word.affirmed, certainty=word.certainty, qualities=qualities)
        for word in piece.of("finding")
        if word.name not in _STATE_NAMES and (word.affirmed or word.name != _ANYTHING)
    ]
    for word in piece.of("finding"):
        if word.name in _STATE_NAMES:
            organ, state = _STATE_NAMES[word.name]
            own = {organ} if organ else organs or {""}
            says = frozenset({state if word.affirmed else "good"})
            facts += [
                replace(common, key=f"organ:{name}", organs=frozenset(own - {""}), states=says, qualities=qualities)
                for name in sorted(own)
            ]
    states = _states(piece) or (frozenset() if facts else _states_near(pieces, at))
    if states or (measures and not facts):
        named = [f"organ:{organ}" for organ in sorted(organs)] or ["organ:"]
        facts += [replace(common, key=key, states=states, qualities=qualities) for key in named]
    elif not facts and not organs and piece.of("denial", "denied"):
        facts.append(replace(common, key="something", affirmed=False))
    return facts


def _pairs(text: str, piece: _Piece) -> frozenset[str]:
    """Which value goes with which place, where a piece lists as many of both: "rechts 9 mm, links 11 mm"."""
    sides = [(w.start, w.name) for w in piece.of("side")]
    sides += [(s.start, s.side) for s in piece.structures if s.side and not any(s.start <= a < s.end for a, _ in sides)]
    places = [
        [name for _, name in sorted(sides) if name != "both"],
        [word.name for word in piece.of("quality") if word.name.startswith("segment:")],
    ]
    values = [
        [str(value) for value, _ in _measures(text, piece)],
        [word.name for word in piece.of("quality") if word.name.startswith(("degree:", "age:"))],
    ]
    return frozenset(
        f"pair:{place}={value}"
        for listed in places
        for said in values
        if len(set(listed)) > 1 and len(listed) == len(said)
        for place, value in zip(listed, said, strict=True)
    )


def _states(piece: _Piece) -> frozenset[str]:
    good = {"good" for w in piece.of("good", "bad") if w.affirmed == (w.kind == "good")}
    good |= {"good" for w in piece.of("finding") if w.name == _ANYTHING and not w.affirmed}
    return frozenset(good | {w.name for w in piece.of("bad") if w.affirmed}) | frozenset(
        "not good" for w in piece.of("good") if not w.affirmed
    )


def _states_near(pieces: list[_Piece], at: int) -> frozenset[str]:
    """The state of a list: of the next piece that has one, else of the one before."""
    same = pieces[at].sentence
    if pieces[at + 1 :] and pieces[at + 1].joint in ("mit", "with", "ohne", "without"):
        return frozenset()  # the structure has a statement of its own
    for other in [*pieces[at + 1 :], *reversed(pieces[:at])]:
        if other.sentence == same and _states(other):
            return _states(other)
    return frozenset()


def _near(pieces: list[_Piece], at: int, read: Callable[[_Piece], frozenset[str]]) -> frozenset[str]:
    """What the nearest piece says: before in the sentence, behind in it, else in the sentence before."""
    same = pieces[at].sentence
    around = [p for p in reversed(pieces[:at]) if p.sentence == same]
    around += [p for p in pieces[at + 1 :] if p.sentence == same]
    earlier = [p for p in reversed(pieces[:at]) if p.sentence == same - 1]
    guess = next((read(piece) | {PERHAPS} for piece in earlier if read(piece)), frozenset())
    return next((read(piece) for piece in around if read(piece)), guess)


def _organs(piece: _Piece) -> frozenset[str]:
    implied = {"brain" for word in piece.of("quality") if word.name in _IN_BRAIN}
    outside = {word.name for word in piece.of("organ")}  # of the 121 classes
    named = {_base(label) for s in piece.structures if not _is_spine(s) for label in s.labels}
    return frozenset(named | implied | outside)


def _is_spine(structure: Structure) -> bool:
    """True for "lumbar spine" and discs, which name no level that another language has to name."""
    return len(structure.labels) > 2 and structure.labels[0].startswith("vertebrae") or "discs" in structure.labels[0]


def _base(label: str) -> str:
    side = side_of(label)
    name = (label.removesuffix(f"_{side}") if side else label).replace("kidney_cyst", "kidney")
    return _SAME_ORGAN.get(name, name)


def _sides(piece: _Piece) -> frozenset[str]:
    said = {word.name for word in piece.of("side")} | {s.side for s in piece.structures if s.side in ("left", "right")}
    return frozenset({"left", "right"} if "both" in said else said)


def _measures(text: str, piece: _Piece) -> list[tuple[float, str]]:
    spans = [(s.start, s.end) for s in piece.structures] + [(w.start, w.end) for w in piece.of("quality", "date")]
    found = [
        (measure.value, measure.unit)
        for measure in read_measures(text, piece.start, piece.end)
        if not any(a <= measure.start < b for a, b in spans)
    ]
    return found + [(float(word.name), "") for word in piece.of("number")]
