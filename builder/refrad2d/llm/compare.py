"""Whether one text's facts are those of another: each finding of each borne out by one of the other, and the totals.

>>> from refrad2d.llm.facts import read_facts
>>> known = read_facts("Zyste links.", "de")
>>> compare(known, read_facts("Cyst on the right.", "en"), [known])
'side_changed'
"""

from collections.abc import Iterable

from refrad2d.llm.concepts import closure, composed, families, fold, members, structures
from refrad2d.llm.facts import GENERIC, PLACE, Fact, Facts, Strange
from refrad2d.llm.pieces import GOOD

_FILLS = {  # denied, they say that a space is clear
    "fluid": {"pouch_of_douglas", "pleura", "pericardium", "lesser_sac"},
    "free_fluid": {"pouch_of_douglas"},
    "effusion": {"pleura", "pericardium", "joint"},
    "opacity": {"lung"},
}
_OF_NODES = {"axilla", "groin"}  # "Axilla frei" speaks of its nodes
_LUNGS = {"lung", "upper_lobe", "middle_lobe", "lower_lobe", "kidney", "bronchus"}  # they have segments as well
_WIDTHS = members("group", "widths")  # denied, they say that a structure is normal
_MASSES = members("group", "mass")
_HOW = members("group", "how")  # what an answer may say or leave unsaid
_SIZED = frozenset("thickened dilated enlarged".split())
_POLES = frozenset("upper_pole lower_pole interpolar posterior_horn anterior_horn condyle calyx".split())
_IN_CHEST = frozenset("lung heart chest pleura".split())
_OWN_SIDE = {"middle_lobe": "right", "lingula": "left"}  # of structures that there is one of
_NORMAL = frozenset({"normal", "homogeneous", "midline"})
_TISSUES = frozenset("fibroglandular nipple".split())  # that a text speaks of with their organ
_SIZED_KINDS = _WIDTHS | _SIZED | {"lymphadenopathy", "opacity", "ground_glass"}
_SOFT = members("group", "soft")  # what says how rather than what; two texts may leave it to the finding beside it
_DEVICES = members("family", "device")
_HELD = members("group", "patent")
_TUBES = _DEVICES & frozenset(
    "stent stent_graft catheter device_drain tube shunt plate screw nail wire osteosynthesis prosthesis "
    "hip_prosthesis knee_prosthesis".split()
)
_NEVER_ADDED = frozenset("benign age density extent phase contrast weighting activity".split())
_NEVER_LOST = frozenset("benign age density".split())
_TURNED = frozenset(
    "zone degree count size level face depth axis distribution margin width larger solid relation "
    "content simple quadrant flow position".split()
)
_ACROSS = {"pair:left": "pair:right", "pair:right": "pair:left"}
_HOLDS = {"yes": "no", "no": "yes"}
_NEAR = (
    {"possible", "suspected"}, {"suspected", "probable"}, {"suspected", "consistent"}, {"probable", "consistent"},
    {"consistent", ""}, {"consistent", "plain"}, {"plain", ""}, {"proven", ""}, {"proven", "plain"},
)  # fmt: skip


def compare(required: Facts, answer: Facts, allowed: Iterable[Facts]) -> str | None:
    """Why an answer does not state what it has to (`required`) or states what no text bears out (`allowed`)."""
    allowed = tuple(allowed)
    return (
        _numbers(required, answer, allowed)
        or _places(required, answer, allowed)
        or _statements(required, answer, allowed)
        or _qualities(required, answer, allowed)
    )


def _is_alike(one: str, other: str) -> bool:
    """True if two unknown words begin alike."""
    one, other = fold(one), fold(other)
    shared = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return shared >= min(4, len(one), len(other))


def _strangers(words: Iterable[Strange], other: Iterable[Strange]) -> list[Strange]:
    """The unknown words of one text that the other lacks."""
    known = [word.word for word in other]
    return [word for word in words if len(word.word) > 3 and not any(_is_alike(word.word, one) for one in known)]


def _numbers(required: Facts, answer: Facts, allowed: tuple[Facts, ...]) -> str | None:
    known = frozenset().union(*(facts.numbers for facts in allowed))
    added, lost = answer.numbers - known, required.numbers - answer.numbers
    if "left" in answer.sides and "right" in answer.sides:
        lost -= {(2.0, "")}  # "both" for "two"
    if any({"left", "right"} <= facts.sides for facts in allowed):
        added -= {(2.0, "")}
    if added:
        return "numbers_added"
    return "numbers_lost" if lost else None


def _places(required: Facts, answer: Facts, allowed: tuple[Facts, ...]) -> str | None:
    known = frozenset().union(*(facts.sides for facts in allowed))
    named = frozenset().union(*(facts.organs | facts.implied for facts in allowed))
    own = frozenset(side for organ, side in _OWN_SIDE.items() if organ in named & answer.organs)
    if answer.single - known - own or required.single - answer.sides - own:
        return "side_changed"
    guessed = {"lymph_node"} if named & _OF_NODES else set()
    guessed |= {name for name in _TISSUES if closure((name,)) - {name} & named}
    if any(name.startswith("seg:") for name in named) and not named & _LUNGS:
        guessed.add("liver")  # "Segment VIII"
    if any(word.startswith("rundherd") for facts in allowed for word in facts.words):
        guessed.add("lung")  # "pulmonary nodule"
    spoken = closure(tuple(sorted(named)))
    guessed |= {name for name, parts in composed() if parts <= spoken}  # "Pankreaskorpus … Gang", "Aorta …, Bogen"
    organs = closure(tuple(sorted(named | guessed)))
    unknown = _strangers([word for facts in allowed[:1] for word in facts.strange], answer.strange)
    new, lost = answer.organs - organs, required.organs - closure(tuple(sorted(answer.organs | answer.implied)))
    if len(new) > len(unknown) or new and lost:  # a structure for another is no unknown word
        return "new_anatomy"
    pairs = frozenset().union(*(facts.pairs | _single_pairs(facts) for facts in allowed))
    if _contradicts(answer.pairs | _single_pairs(answer), pairs):
        return "numbers_changed"
    return None


def _single_pairs(facts: Facts) -> frozenset[str]:
    """The pairs of a side with the value and with the finding of facts that have one side."""
    single = [fact for fact in facts.facts if len(fact.sides) == 1 and not fact.gone]
    sized = {
        f"pair:{s}={v}" for fact in single if len(fact.measures) == 1 for s in fact.sides for v, _ in fact.measures
    }
    told = {
        f"pair:{s}={fact.key}:{'yes' if fact.affirmed else 'no'}"
        for fact in single
        if fact.key != PLACE
        for s in fact.sides
    }
    levels = {
        f"pair:{level}={value}"
        for fact in facts.facts
        if len(fact.measures) == 1 and not fact.gone
        for level in _only_level(fact)
        for value, _ in fact.measures
    }
    return frozenset(sized | told | levels)


def _only_level(fact: Fact) -> list[str]:
    """The segment or vertebra of a fact that has one."""
    levels = [name for name in fact.organs if name.startswith(("seg:", "vert:"))]
    return levels if len(levels) == 1 else []


def _contradicts(said: frozenset[str], known: frozenset[str]) -> bool:
    """True if a value or a state goes with another place than in the text."""
    for pair in said - known:
        if _is_across(pair, known):
            return True
        place, _, value = pair.partition("=")
        if value.rpartition(":")[2] in _HOLDS:
            continue  # a finding may stand at several places
        if any(other.startswith(f"{place}=") or other.endswith(f"={value}") for other in known):
            same_places = {p.partition("=")[0] for p in known if p.endswith(f"={value}")}
            if same_places and place not in same_places and any(other.startswith(f"{place}=") for other in known):
                return True
    return False


def _is_across(pair: str, known: frozenset[str]) -> bool:
    """True if what a text says of one side only is said of the other."""
    place, _, value = pair.partition("=")
    other = _ACROSS.get(place)
    if other is None or f"{other}={value}" not in known:
        return False
    state, _, holds = value.rpartition(":")  # a finding of both sides may be named for one
    return holds not in _HOLDS or f"{place}={state}:{_HOLDS[holds]}" in known


def _statements(required: Facts, answer: Facts, allowed: tuple[Facts, ...]) -> str | None:
    known = [fact for facts in allowed for fact in facts.facts if not fact.gone]
    if answer.proven and not any(facts.proven for facts in allowed):
        return "certainty_changed"
    nodes = any(fact.key == "lymphadenopathy" for fact in (*known, *answer.facts))  # what suspected nodes are called
    guessed = any(facts.hedged for facts in allowed)
    if not nodes and (required.hedged == 2 and not answer.hedged or answer.hedged == 2 and not guessed):
        return "certainty_changed"
    around = frozenset().union(*(facts.implied for facts in allowed))
    spoken = closure(tuple(sorted(around.union(*(facts.organs for facts in allowed)))))
    calls_normal = bool(spoken & _NORMAL)
    for fact in answer.facts:
        if fact.key == GENERIC and fact.optional or fact.key == GOOD and calls_normal and _is_new(fact, known):
            continue
        if reason := find_fault(fact, known, around):
            return reason.replace("lost", "added")
        if _goes_beyond(fact, known, spoken):
            return "finding_added"
        if fact.certainty == "proven" and fact.affirmed and not _is_proven(fact, known):
            return "certainty_changed"
    resized = {
        (fact.key, fact.organs) for facts in allowed for fact in facts.facts if fact.optional and fact.key != GENERIC
    }
    for fact in required.facts:
        if _may_go(fact) or (fact.key, fact.organs) in resized:
            continue
        reason = find_fault(fact, answer.facts, answer.implied)
        if reason == "certainty_changed" and _said_again(fact, required.facts, answer.facts):
            reason = None
        if reason:
            return reason
    organs = closure(tuple(sorted(answer.organs | answer.implied)))
    said = answer.organs | answer.implied
    lost = {organ for organ in required.organs - organs if not closure((organ,)) & said}
    telling = [f for f in required.facts if not (_may_go(f) or (f.key, f.organs) in resized)]
    needed = {
        organ
        for fact in telling
        for organ in (fact.organs | fact.list_organs if fact.key == GOOD or not fact.organs else fact.organs)
    }
    return "anatomy_lost" if lost & needed else None


def _is_new(fact: Fact, known: Iterable[Fact]) -> bool:
    """True for "normal" of a structure of which nothing else is known."""
    return fact.affirmed and not fact.measures and not any(is_same_thing(fact, other) for other in known)


def _goes_beyond(fact: Fact, known: Iterable[Fact], spoken: frozenset[str]) -> bool:
    """True if an answer names a kind of what the text says: a metastasis for its "malignancy".

    A word that only joins the finding and its place, both of which the text names (`spoken`), is no such kind:
    "gallstone" for its stone in the gallbladder.
    """
    if not fact.affirmed or fact.key in (PLACE, GOOD, GENERIC):
        return False
    same = [other for other in known if is_same_thing(fact, other)]
    alike = families().get(fact.key, frozenset())
    if not same or any(o.key == fact.key or fact.key in o.implied or o.key in alike for o in same):
        return False
    if all(other.key == PLACE for other in same):
        return fact.key not in _SIZED_KINDS and not fact.implied & _SIZED
    places = fact.implied & structures()
    if fact.key == "pleural_effusion" and spoken & _IN_CHEST:
        return False
    return not places or not places <= spoken


def _is_proven(fact: Fact, known: Iterable[Fact]) -> bool:
    """True unless the text says the same and calls none of it proven."""
    same = [other for other in known if other.key == fact.key and other.affirmed]
    return not same or any(other.certainty in ("proven", "plain", "consistent") for other in same)


def _may_go(fact: Fact) -> bool:
    """True for what an answer may leave out: what denies a change, only names a place, or calls nothing normal."""
    removed = fact.key in _DEVICES and not fact.affirmed  # "stent removed"
    bare = fact.key == PLACE and not fact.measures or fact.key == GOOD and not fact.organs
    return fact.change or fact.optional or bare or removed


def _misplaced(fact: Fact, known: Iterable[Fact]) -> str | None:
    """Why a place that is only named ("most pronounced in the right lower lobe") is not in the other text."""
    same = [
        other for other in known if other.sides and fact.organs & (other.organs | other.list_organs | other.implied)
    ]
    loose = any(fact.sides & other.sides and other.organs & _POLES for other in known)  # "am rechten Unterpol"
    wrong = len(fact.sides) == 1 and same and not loose and not any(fact.sides & other.sides for other in same)
    return "side_changed" if wrong else None


def _said_again(fact: Fact, required: Iterable[Fact], answer: Iterable[Fact]) -> bool:
    """True if the text says the same a second time, and that certainly: "Ileus, vermutlich Bridenileus"."""
    others = [f for f in required if f.key == fact.key != GENERIC and f.affirmed and f.certainty != fact.certainty]
    return any(find_fault(other, answer) is None for other in others)


def find_fault(fact: Fact, known: Iterable[Fact], around: frozenset[str] = frozenset()) -> str | None:
    """None if one of the known facts says as much, else what the nearest of them says otherwise.

    `around` is all that the other text speaks of: a finding that says how rather than what may hide in another word.
    """
    if fact.key == PLACE and not fact.measures:
        return _misplaced(fact, known)
    same = [other for other in known if is_same_thing(fact, other)]
    owners = [other for other in same if other.measures & fact.measures]  # whose number it is
    if not owners and fact.sides and fact.organs:  # of two the one of the same structure
        alike = [other for other in same if (other.key, other.affirmed) == (fact.key, fact.affirmed)]
        owners = [other for other in alike if fact.organs & other.organs and other.sides]
    faults = [_faults(fact, other) for other in owners or same]
    if not faults:
        if fact.key in _HOW and fact.affirmed:
            return None
        if fact.key in _TUBES and fact.affirmed and any(_is_such_a_tube(fact, other) for other in known):
            return None
        if fact.key in _SIZED and fact.affirmed and any(fact.measures & other.measures for other in known):
            return None  # "dilated to 7 mm" is "7 mm wide"
        return None if fact.key in _SOFT and fact.affirmed and fact.key in around else "finding_lost"
    nearest = min(faults, key=len)
    return nearest[0] if nearest else None


def _is_such_a_tube(fact: Fact, other: Fact) -> bool:
    """True for a drain that the other text calls a catheter."""
    return other.key in _TUBES and other.affirmed and _sides_fit(fact, other)


def is_same_thing(fact: Fact, other: Fact) -> bool:
    """True if two facts are about the same thing, so that the one can bear out or contradict the other."""
    if fact.key == other.key:
        return True
    if fact.key == PLACE and fact.measures & other.measures and fact.organs & other.organs:
        return True
    if fact.key == GOOD or other.key == GOOD:
        bad = other if fact.key == GOOD else fact
        if bad.key == "recanalised" and bad.affirmed and "extent:partial" not in bad.qualities:
            return True
        clear = bool(_FILLS.get(bad.key, set()) & closure(tuple(sorted(fact.organs | bad.organs))))
        own = bool(
            bad.implied & fact.organs if fact.key == GOOD else bad.implied & other.organs
        )  # "kein Knorpelschaden"
        return (
            not bad.affirmed and not bad.change and (clear or own or bad.key in _WIDTHS or bool(bad.implied & _WIDTHS))
        )
    if PLACE in (fact.key, other.key):
        if GENERIC in (fact.key, other.key) and fact.organs | other.organs == {"lymph_node"}:
            return fact.measures == other.measures  # "Lymphadenopathie, größter Knoten 28 mm"
        sized = fact.implied & _SIZED
        organs = (
            fact.organs & other.organs or sized and fact.implied & other.organs
        )  # "Milz 15 cm" and "Splenomegalie (15 cm)"
        return fact.key == PLACE or bool(fact.measures & other.measures and organs)
    if fact.key in other.implied or other.key in fact.implied:
        device = fact.key in _DEVICES or other.key in _DEVICES
        return fact.affirmed == other.affirmed or not device  # "no hardware failure" denies no hardware
    if GENERIC in (fact.key, other.key) and {fact.key, other.key} & _MASSES and fact.affirmed and other.affirmed:
        return bool(fact.measures & other.measures)  # "18 mm lesion, suspicious for meningioma"
    if not fact.affirmed and not other.affirmed and other.key in families("denied_family").get(fact.key, ()):
        return True
    return other.key in families().get(fact.key, ()) and fact.key not in _DEVICES


def _faults(fact: Fact, other: Fact) -> list[str]:
    """What a fact says that the other does not bear out."""
    found = []
    place = fact.key == PLACE and fact.organs and not _is_listed_level(fact, other)
    if place and not fact.organs & other.organs and (other.organs or other.key == PLACE):
        found.append("anatomy_changed")
    good = GOOD in (fact.key, other.key) and fact.key != other.key
    named = GENERIC in (fact.key, other.key) and fact.key != other.key  # the lesion is there, what it is may be a guess
    if not good and PLACE not in (fact.key, other.key):
        if fact.affirmed != other.affirmed or not fact.affirmed and fact.change != other.change:
            found.append("negation_changed")
        elif fact.affirmed and not named and not _certainties_fit(fact.certainty, other.certainty):
            found.append("certainty_changed")
    if good and not (fact.affirmed if fact.key == GOOD else other.affirmed):
        found.append("state_changed")
    if not _sides_fit(fact, other):
        found.append("side_changed")
    if not _organs_fit(fact, other):
        found.append("anatomy_changed")
    if not _measures_fit(fact, other):
        found.append("numbers_changed")
    if fact.affirmed and GOOD not in (fact.key, other.key) and not _qualities_fit(fact, other):
        found.append("quality_changed")
    return found


def _certainties_fit(one: str, other: str) -> bool:
    return one == other or {one, other} in _NEAR


def _sides_fit(fact: Fact, other: Fact) -> bool:
    """True if what is said agrees, and what is taken from a neighbour does not contradict it."""
    if fact.sides and other.sides:
        part = fact.sides < other.sides and fact.affirmed and fact.key != GOOD and not other.measures
        return fact.sides == other.sides or part or _is_listed(fact, other) or _is_listed(other, fact)
    if fact.sides:
        both = len(fact.sides) > 1 and bool((closure(tuple(sorted(fact.organs))) | fact.implied) & members("paired"))
        own = any(fact.sides == {side} for organ, side in _OWN_SIDE.items() if organ in fact.organs & other.organs)
        good = len(fact.sides) > 1 and fact.key == GOOD == other.key and not other.near_sides  # "both limbs patent"
        return both or own or good or bool(fact.sides & other.near_sides)
    return True


def _is_listed(one: Fact, both: Fact) -> bool:
    """True if a fact is one of two that the other lists: "stenosis right 70%, left 30%"."""
    return one.sides < both.sides and bool(one.measures) and one.measures < both.measures


def _is_listed_level(place: Fact, other: Fact) -> bool:
    """True if a level with a size is that of a finding beside it: "cysts, the largest in segment VIII at 45 mm"."""
    levels = {name for name in place.organs if name.startswith(("seg:", "vert:"))}
    return other.key != PLACE and levels == place.organs <= other.near_organs and bool(place.measures & other.measures)


def _organs_fit(fact: Fact, other: Fact) -> bool:
    if not fact.organs or fact.key == PLACE and _is_listed_level(fact, other):
        return True
    if fact.key == GOOD and fact.organs & _HELD and other.organs & _HELD:  # "Implantat" and "hardware"
        return True
    mine = closure(tuple(sorted(fact.organs))) | fact.implied
    known = closure(tuple(sorted(other.organs))) | other.implied
    if not other.organs:
        return True
    left, right = fact.organs - known, other.organs - mine
    if not left or not right:
        return bool(fact.organs & known) or bool(other.organs & mine) or not (left and right)
    return left <= closure(tuple(sorted(other.list_organs))) or right <= closure(tuple(sorted(fact.list_organs)))


def _measures_fit(fact: Fact, other: Fact) -> bool:
    if not fact.measures:
        return True
    if other.measures or fact.key == PLACE and other.key != PLACE:
        return bool(fact.measures & other.measures)
    return not other.near_measures or bool(fact.measures & other.near_measures)


def _qualities_fit(fact: Fact, other: Fact) -> bool:
    """True if no quality is turned into another of its group."""
    groups = {name.partition(":")[0] for name in fact.qualities - other.qualities}
    for group in groups:
        mine = {name for name in fact.qualities if name.startswith(f"{group}:")}
        theirs = {name for name in other.qualities if name.startswith(f"{group}:")}
        if theirs and not mine & theirs:
            return False
    return True


def _qualities(required: Facts, answer: Facts, allowed: tuple[Facts, ...]) -> str | None:
    known = frozenset().union(*(facts.qualities for facts in allowed))
    healed = any(fact.key == "healed" for facts in (*allowed, answer) for fact in facts.facts)
    old = healed or "past:past" in known | answer.qualities  # "status post" and "healed" call a thing old
    known |= {"age:chronic"} if old else frozenset()
    added = {name.partition(":")[0] for name in answer.qualities - known}
    said = answer.qualities | ({"age:chronic"} if old else frozenset())
    lost = {name.partition(":")[0] for name in required.qualities - said}
    complicated = "simple:complex" in answer.qualities - known
    if added & _NEVER_ADDED or added & lost & _TURNED or complicated:
        return "quality_added"
    return "quality_lost" if lost & _NEVER_LOST else None
