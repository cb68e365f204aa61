"""What a text states, as facts that do not depend on its language: who checks a model's text compares these.

    >>> [(fact.key, fact.affirmed) for fact in read_facts("Leberzyste, kein Aszites.", "de").facts]
    [('cyst', True), ('ascites', False)]

A sentence is a string of signs (llm/concepts, llm/numbers), cut into pieces (llm/pieces). What stands in a
piece belongs to the findings of it; what a piece lacks (a side, a structure) it may take from its neighbours. The
reading is coarse but the same in both languages, which is what a comparison needs.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from refrad2d.llm.abbreviations import spell_known
from refrad2d.llm.concepts import (
    CUT,
    HIDDEN,
    LEVEL,
    NUMBER,
    UNKNOWN,
    Sign,
    closure,
    composed,
    fold,
    members,
    read_signs,
)
from refrad2d.llm.ellipsis import complete
from refrad2d.llm.numbers import blank_numbers, read_numbers
from refrad2d.llm.pieces import AMOUNTS, CHANGE, DENIED, GOOD, Piece, read_pairs, read_pieces
from refrad2d.text.sentences import split_sentences

_BEFORE, _BEHIND = 12, 6  # pieces around one in which its side or structure may stand
GENERIC = "lesion"  # the finding that names no kind
_WORD = re.compile(r"[^\W\d_]+|[,.;:()]")
_HEDGES = frozenset("possible suspected probable".split())
PLACE = "organ"  # key of facts that only name a structure, with its size or nothing
_BESIDE_GOOD = members("family", "device") | {"vascularity"}  # "regular perfusion of both kidneys"
_SIZES = frozenset("enlarged dilated shrunken thickened thin atrophy".split())  # "from 6 to 8 cm enlarged" is a change
_ENDS_SENTENCE = re.compile(r"\. [A-ZÄÖÜ]")  # "HWK 6/7. Keine Fraktur"
_BEHIND_BOTH = re.compile(  # "Hüft-TEP bds. Lockerungssaum links", "Spiegel li. Siebbeinzellen frei"
    r"(?<=\bbds\.)\s(?=[A-ZÄÖÜ][a-zäöüß]{3})|(?<=\b(?:li|re)\.)\s(?=[A-ZÄÖÜ][a-zäöüß]{3}[^,;.]*(?:[.;]|$))"
)
_PREFIXES = re.compile(  # "intra- or extra-axial"
    r"\b(?:intra|extra|supra|infra|prä|pre|post|peri|endo|exo|retro|ante|sub|epi|para|inter|mono|bi|uni)-\s(?:or|and|und|oder|bzw\.|sowie)\s(?=\w)",
    re.IGNORECASE,
)
_PANCREAS = re.compile(r"pan[ck]rea|bauchspeicheldrüse", re.IGNORECASE)
_PARTS_OF_PANCREAS = {
    "caput_part": "pancreatic_head",
    "corpus_part": "pancreatic_body",
    "cauda_part": "pancreatic_tail",
}
_ASKED = re.compile(r"(?<![\w?])\?\s?(?=[^\W\d_])")  # "?pneumonia"
_DOUBTED = re.compile(r"(?<=[\s(])([^\W\d_]{4,}|[^\W\d_]{2,}\s\d\w?)\s?\?(?=\W|$)")  # "Metastase?", "Typ 1?"
_VIEWS = re.compile(
    r"\b(?:in\s)?(?:\d|zwei|drei|two|three)\s(?:Ebenen|Projektionen|views?|planes|projections)\b", re.IGNORECASE
)
_X_RAY = re.compile(r"\bRö\b\.?")  # folded, it would be the right side
_SIDE_LETTERS = re.compile(  # "L hip", "L UOQ", "R 4 cm", "18 mm R", "on R", not the lumbar spine
    r"(?<![\w.])(?:(L)|(R))\.?\s(?=(?!spine|sided)[a-z]{3}|[AMP][123]\b|[A-Z]{2,5}\b|\d+(?:\.\d+)?\s?[cm]m\b)|"
    r"(?<=(?:[mc]m|on|to) )(?:(L)|(R))(?=[\s,;.)]|$)"
)
_AGED = re.compile(  # "14-day-old", "3 Wochen altem": no old finding
    r"\b(?P<age>days?|weeks?|months?|years?|Tage|Wochen?|Monate?|Jahre?)[\s-](?:old|alte?[nrms]?)\b", re.IGNORECASE
)
_WITHOUT = re.compile(r"\bo\.\s(?=(?!B\b)[A-ZÄÖÜ][\wäöü])")  # "HWS o. Fx"
_BUT_NOT = re.compile(r"\bnicht\s(?:jedoch|aber)\b")
_SHORT_FRACTURE = re.compile(r"(?<=[a-zäöüß]{3})fr?x\b")  # "Radiusfx"
_UNIT_ENDS = re.compile(r"(?<=\d)\s?(?:mm|cm|ml|%)\.\s(?=[A-ZÄÖÜ])")
_ATTRIBUTES = re.compile(  # "große, anreichernde Läsion"
    r"[\s\d]([a-zäöüß-]{3,}e[nrms]?)(?P<comma>,)\s(?=[a-zäöüß-]{4,}e[nrms]?\s|(?:(?:etwa|ca\.|rund)\s)?\s{3,}[A-ZÄÖÜ])"
)


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
class Strange:
    """A word without a concept, with what stands in its piece: whether it is denied there, sides, structures, sizes."""

    word: str
    denied: bool
    sides: frozenset[str]
    organs: frozenset[str]
    measures: frozenset[tuple[float, str]]


@dataclass(frozen=True)
class Facts:
    """The facts of a text, and over all of it: structures, sides, numbers, qualities, and words without a concept.

    `earlier` are the numbers of another day; `single` the sides that are said by another word than "both",
    `strange` the unknown words with their piece, `hidden` the number of compounds of which a part is not understood,
    `proven` if anything is called so, `hedged` is 2 if anything is only guessed, 1 if only what is denied.
    `words` are all words, folded, and the stops between them, `spelt` the structures and findings with the words
    that name each.
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
    single: frozenset[str] = frozenset()
    strange: tuple[Strange, ...] = ()
    hidden: int = 0
    proven: bool = False
    hedged: int = 0
    words: tuple[str, ...] = ()
    spelt: tuple[tuple[str, tuple[str, ...]], ...] = ()


def read_facts(text: str, language: str) -> Facts:
    """What a text in German or English states. ValueError for another language."""
    text = complete(spell_known(text, language), language)
    if language == "en":
        text = _SIDE_LETTERS.sub(lambda found: "Left " if found[1] or found[3] else "Right ", text)
    text = _AGED.sub(lambda found: found["age"].ljust(len(found[0])), text)
    if language == "de":
        text = _BUT_NOT.sub("aber nicht", _SHORT_FRACTURE.sub("fraktur", _WITHOUT.sub("ohne ", text)))
    text = _DOUBTED.sub({"de": r"fraglich \1", "en": r"possible \1"}[language], text)
    text = _ASKED.sub({"de": "fraglich ", "en": "possible "}[language], text)
    for pattern in (_VIEWS, _X_RAY):
        text = pattern.sub(lambda found: " " * len(found[0]), text)
    numbers = read_numbers(text)
    hidden = 0
    bare = _PREFIXES.sub(lambda found: " " * len(found[0]), blank_numbers(text, numbers))
    pieces: list[Piece] = []
    pancreas = _PANCREAS.search(text) is not None
    commas = {m.start("comma") for m in _ATTRIBUTES.finditer(bare)} if language == "de" else set()
    for number, (start, end) in enumerate(split_sentences(text, language)):
        signs = read_signs(bare, language, start, end)
        hidden += sum(sign.kind == HIDDEN for sign in signs)
        signs = [sign for sign in signs if sign.kind != HIDDEN]
        signs = [_of_pancreas(sign) for sign in signs] if pancreas else signs
        signs += [sign for sign in numbers if start <= sign.start < end]
        ends = [s.end for s in signs if s.kind == LEVEL and _ENDS_SENTENCE.match(text, s.end)]
        ends += [
            m.start() for m in _BEHIND_BOTH.finditer(text, start, end) if _ends_statement(text, signs, m, start, end)
        ]
        ends += [m.end() - 2 for m in _UNIT_ENDS.finditer(text, start, end)]
        signs += [Sign(end, end + 1, CUT, ";") for end in ends]
        signs.sort(key=lambda sign: sign.start)
        pieces += read_pieces(bare, [s for s in signs if not (s.kind == CUT and s.start in commas)], number)
    facts = tuple(fact for at in range(len(pieces)) for fact in _with_list(_facts_of(pieces, at), pieces, at))
    named = [sign for piece in pieces for sign in piece.of("organ", "finding")]
    spelt = {(sign.name, _words(text[sign.start : sign.end])): None for sign in named}
    return replace(_whole(facts, pieces), hidden=hidden, words=_words(text), spelt=tuple(spelt))


def _words(text: str) -> tuple[str, ...]:
    return tuple(fold(word) for word in _WORD.findall(text))


def _of_pancreas(sign: Sign) -> Sign:
    """ "Tail" as that of the pancreas, where a text speaks of one."""
    name = _PARTS_OF_PANCREAS.get(sign.name) if sign.kind == "part" else None
    return replace(sign, kind="organ", name=name, names=(name,)) if name else sign


def _ends_statement(text: str, signs: list[Sign], stop: re.Match, start: int, end: int) -> bool:
    """True if the full stop of "bds." or "li." ends a statement, and behind "li." another one stands."""
    before = any(sign.kind == "finding" and start <= sign.start < stop.start() for sign in signs)
    behind = any(sign.kind in ("finding", "free", GOOD) and stop.start() <= sign.start < end for sign in signs)
    return before and (behind or text[stop.start() - 4 : stop.start()] == "bds.")


def _whole(facts: tuple[Fact, ...], pieces: list[Piece]) -> Facts:
    signs = [sign for piece in pieces for sign in piece.signs]
    values = {False: set(), True: set()}  # type: dict[bool, set[tuple[float, str]]]
    for sign in signs:
        if sign.kind == NUMBER:
            values[sign.name == "earlier"].add((sign.value, sign.unit))
    return Facts(
        facts,
        frozenset(organ for at, piece in enumerate(pieces) for organ in _organs(piece) if not _names_exam(pieces, at)),
        frozenset(side for piece in pieces for side in _sides(piece)),
        frozenset(values[False]),
        frozenset(values[True]),
        frozenset(name for piece in pieces for name in _qualities(piece) if not _denies_nature(piece, name)),
        tuple(sign.unit for sign in signs if sign.kind == UNKNOWN),
        frozenset(pair for piece in pieces for pair in read_pairs(piece)),
        frozenset(name for sign in signs for name in (sign.name, *closure(sign.implies)))
        | frozenset(organ for at, piece in enumerate(pieces) if _names_exam(pieces, at) for organ in _organs(piece)),
        strange=tuple(_stranger(piece, sign.unit) for piece in pieces for sign in piece.of(UNKNOWN)),
        proven=any(sign.kind == "certainty" and sign.name == "proven" for sign in signs),
        hedged=max((2 - _denies(p) for p in pieces for s in p.of("certainty") if s.name in _HEDGES), default=0),
        single=frozenset(
            side
            for sign in signs
            if sign.kind in ("side", "sided")
            for side in (sign.name, *sign.implies)
            if side in ("left", "right")
        ),
    )


def _denies_nature(piece: Piece, name: str) -> bool:
    """True for the "aggressive" of a lesion that is denied."""
    return name.startswith("benign:") and DENIED in piece.polarity.values()


def _denies(piece: Piece) -> bool:
    return bool(piece.of("denial", "denied", "free")) or DENIED in piece.polarity.values()


def _stranger(piece: Piece, word: str) -> Strange:
    return Strange(word, _denies(piece), _sides(piece), _organs(piece), _measures(piece))


def _names_exam(pieces: list[Piece], at: int) -> bool:
    """True for "MRT Schädel:", which says what was examined."""
    if not pieces[at].of("exam") or pieces[at].says:
        return False
    for piece in pieces[at + 1 :]:
        if piece.sentence != pieces[at].sentence or piece.joint == ":":
            return piece.sentence == pieces[at].sentence
        if piece.says:  # "Schädelsonographie beim Neugeborenen: …"
            return False
    return False


def _organs(piece: Piece) -> frozenset[str]:
    named = {sign.name for sign in piece.of("organ", LEVEL)}
    for sign in piece.of("sided"):
        named |= {name for name in sign.implies if name not in ("left", "right", "both")}
    present = named | {name for sign in piece.signs for name in (sign.name, *sign.names)}
    return frozenset(named | {name for name, parts in composed() if parts <= present})


def _larger(piece: Piece) -> str:
    """The side where a thing is larger: "rechts mehr als links", "more on the right"."""
    found = next((sign for sign in piece.of("quality") if sign.name.startswith("larger:")), None)
    if found is None or found.name != "larger:more":
        return found.name.removeprefix("larger:") if found else ""
    sides = piece.of("side")
    if len(sides) == 1 and sides[0].start < found.start:
        return ""  # "left, larger than in 2016"
    return next((sign.name for sign in sides if sign.name != "both"), "")


def _sides(piece: Piece) -> frozenset[str]:
    if _larger(piece):
        return frozenset({"left", "right"})
    said = {sign.name for sign in piece.of("side")}
    for sign in piece.of("sided"):
        said |= {name for name in sign.implies if name in ("left", "right", "both")}
    return frozenset({"left", "right"} if "both" in said else said)


def _qualities(piece: Piece) -> frozenset[str]:
    found: set[str] = set()
    before: Sign | None = None
    for sign, behind in zip(piece.signs, [*piece.signs[1:], None], strict=True):
        if sign.name.startswith("relation:") and behind is not None and behind.kind == NUMBER and behind.unit:
            continue  # "über 12 mm"
        measured = before is not None and before.kind == NUMBER and before.unit and sign.name == "size:large"
        if sign.kind == "quality" and not measured:  # "7 mm große Zyste"
            found |= {name for name in sign.names if not name.startswith("larger:")}
        before = sign
    found |= {f"amount:{AMOUNTS[name]}" for name in found if name in AMOUNTS}
    return frozenset(found | ({f"larger:{_larger(piece)}"} if _larger(piece) else set()))


def _measures(piece: Piece) -> frozenset[tuple[float, str]]:
    return frozenset((s.value, s.unit) for s in piece.of(NUMBER) if s.unit and s.name != "earlier")


def _facts_of(pieces: list[Piece], at: int) -> list[Fact]:
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
    recurrent = {n for n in again if piece.signs[n].name == "recurrence"}
    for n, sign in findings:
        if n not in again and any(abs(n - m) == 1 for m in again):
            continue  # "no recurrent hernia" denies no hernia
        polarity = DENIED if sign.kind == "free" else piece.polarity.get(n, "")
        if polarity and _is_modifier(piece, n):
            continue
        earlier = _is_earlier(piece, sign)
        facts.append(
            replace(
                common,
                key=sign.name,
                affirmed=not polarity,
                change=polarity == CHANGE,
                certainty="" if polarity else piece.certainty.get(n, ""),
                optional=piece.aside or earlier or _is_generic(n, sign, findings) or resized and sign.name in _SIZES,
                gone=earlier and not polarity,
                implied=closure(sign.implies) | (_beside(findings, n) if n in again - recurrent else set()),
            )
        )
    good = [n for n, sign in enumerate(piece.signs) if sign.kind == GOOD]
    if len(facts) > 1:  # "nicht pathologisch vergrößert"
        facts = [fact for fact in facts if fact.affirmed or fact.key != "abnormality"] or facts[:1]
    held = members("group", "patent")  # "Transplantat intakt"
    kept = frozenset(fact.key for fact in facts if fact.affirmed and fact.key in held)
    facts = [replace(f, organs=kept) if kept and f.key == "fracture" and not f.organs else f for f in facts]
    if good and kept:
        holds = any(n not in piece.polarity for n in good)
        facts.append(replace(common, key=GOOD, affirmed=holds, organs=organs | kept))
    elif good and not [f for f in facts if f.affirmed and not f.gone and f.key not in _BESIDE_GOOD]:
        holds = any(n not in piece.polarity for n in good)
        facts += [replace(common, key=GOOD, affirmed=holds)] if organs or not listed else []
        facts += [replace(common, key=GOOD, affirmed=holds, organs=frozenset({o})) for o in sorted(listed - organs)]
    if not facts and (organs or measures):
        facts.append(replace(common, key=PLACE))
    return facts


def _beside(findings: list[tuple[int, Sign]], at: int) -> set[str]:
    """What is left in "no residual stone", which is as much as "no stone any more"."""
    return {name for n, sign in findings if abs(n - at) == 1 for name in closure((sign.name, *sign.implies))}


def _with_list(facts: list[Fact], pieces: list[Piece], at: int) -> list[Fact]:
    """The facts of a piece, and those of "uptake in the right rib and the left femur" for the second place as well."""
    found = list(facts)
    listed = [f for f in facts if f.organs and f.sides and f.key not in (GOOD, PLACE)]
    behind = [*pieces[at + 2 :], Piece("", -1)]
    for piece, after in zip(pieces[at + 1 :], behind, strict=False):
        organs, sides = _organs(piece), _sides(piece)
        told = piece.says or _measures(piece) or piece.of("denial", "denied", "prior", LEVEL)
        goes_on = piece.sentence == pieces[at].sentence and piece.joint in ("and", ",") and not told
        owns = after.sentence == piece.sentence and after.joint not in ("and", ",", ";")  # "left kidney with a cyst"
        if not goes_on or owns or not organs or not sides:
            break
        found += [
            replace(fact, organs=organs, sides=sides, qualities=_with_own(fact.qualities, piece)) for fact in listed
        ]
    return found


def _with_own(qualities: frozenset[str], piece: Piece) -> frozenset[str]:
    """The qualities of a finding at another place, where that place has some of the same group of its own."""
    own = _qualities(piece)
    groups = {name.partition(":")[0] for name in own}
    return frozenset(own | {name for name in qualities if name.partition(":")[0] not in groups})


def _is_modifier(piece: Piece, at: int) -> bool:
    """True for the screw in "no screw migration", which denies no screw."""
    behind = piece.signs[at + 1 : at + 2]
    device = piece.signs[at].name in members("family", "device")
    return device and any(s.kind == "finding" and at + 1 in piece.polarity for s in behind)


def _is_generic(at: int, sign: Sign, findings: list[tuple[int, Sign]]) -> bool:
    """True for "lesion" beside the finding that says of what kind: "zystische Läsion", "Granulomherd"."""
    traits = members("group", "soft") | members("group", "how")
    return sign.name == GENERIC and any(abs(n - at) == 1 and s.name not in traits for n, s in findings)


def _is_earlier(piece: Piece, sign: Sign) -> bool:
    """True if a finding is the first behind "previously"."""
    strong = [prior.start for prior in piece.of("prior") if prior.name == "strong" and prior.start < sign.start]
    return bool(strong) and not any(min(strong) < s.start < sign.start for s in piece.of("finding", "free"))


def _list_organs(pieces: list[Piece], at: int) -> frozenset[str]:
    """The structures of a list that a statement closes: "Leber, Milz und Pankreas unauffällig"."""
    found: frozenset[str] = frozenset()
    same = pieces[at].sentence
    joint = pieces[at].joint
    for piece in reversed(pieces[:at]):
        if joint == ":" and piece.of("exam"):
            break
        listed = joint in ("and", "or", ",", "with", ":", "link") and bool(_organs(piece))
        if piece.sentence != same or piece.says or piece.of("prior") or not listed:
            break
        found |= _organs(piece)
        joint = piece.joint
    for piece in pieces[at + 1 :]:
        if piece.sentence != same or piece.says or piece.joint not in ("and", "or", ",") or _measures(piece):
            break
        found |= _organs(piece)
    return found


def _near(pieces: list[Piece], at: int, read: Callable[[Piece], frozenset]) -> frozenset:
    """What the other pieces of the sentence say, or else the sentences before and the one behind."""
    same = pieces[at].sentence
    first = max(0, at - _BEFORE)
    window = [p for n, p in enumerate(pieces[first : at + _BEHIND], first) if n != at]
    found = frozenset().union(*(read(p) for p in window if p.sentence == same))
    if found:
        return found
    return frozenset().union(*(read(p) for p in window if p.sentence != same and p.sentence <= same + 1))
