"""Everything that can be asked about the findings text of a slice: what it affirms, denies, measures and places.

Claims have two answers, which a dataset balances; candidates are the open and multiple-choice questions.
"""

import re
from collections.abc import Iterator

from refrad2d.questions.known import Known, Shown, others
from refrad2d.questions.view import CHOICES, Candidate, Claim, View, regions_of
from refrad2d.text.clauses.records import ABNORMAL
from refrad2d.text.findings import NamedFinding, named_findings

LIMITS = (5, 10, 15, 20, 30, 40, 50)  # mm; a size is asked against those that it clearly misses
ALIKE = {  # what another reader may call a finding: no wrong choice beside it
    "hematoma": ("hemorrhage",), "hemorrhage": ("hematoma",), "ascites": ("free_fluid",), "free_fluid": ("ascites",),
    "nodule": ("pulmonary_nodule", "lesion"), "pulmonary_nodule": ("nodule", "lesion"), "calcification": ("stone",),
    "stone": ("calcification",), "thrombosis": ("pulmonary_embolism",), "pulmonary_embolism": ("thrombosis",),
    "wall_thickening": ("cholecystitis",), "cholecystitis": ("wall_thickening",), "steatosis": ("hepatomegaly",),
    "cholestasis": ("stone",), "hydronephrosis": ("stone",), "consolidation": ("atelectasis", "ground_glass"),
    "atelectasis": ("consolidation",), "ground_glass": ("consolidation",), "fracture": ("osteolysis",),
}  # fmt: skip
STATE_MAY_BE = {  # findings that a state of a structure may amount to
    "enlarged": ("hepatomegaly", "splenomegaly", "cardiomegaly", "goitre", "lymphadenopathy", "mass"),
    "dilated": ("hydronephrosis", "cholestasis", "aneurysm", "hydrocephalus", "ileus", "stenosis"),
    "thickened": ("wall_thickening", "cholecystitis", "pancreatitis", "edema"),
    "obstructed": ("hydronephrosis", "cholestasis", "hydrocephalus", "ileus", "stenosis"),
}
CLEARLY = 1.2  # a size that differs by less is neither larger nor smaller


def text_claims(view: View, known: Known) -> Iterator[Claim]:
    """Everything in the text that yes or no can answer."""
    yield from _presence(view, known)
    yield from _states(view, known)
    for one in known.single:
        yield from _about(view, known, one)


def _presence(view: View, known: Known) -> Iterator[Claim]:
    for one in known.shown:
        if one.finding.name not in known.doubted and one.finding not in known.absent:
            yield _anywhere(view, one.finding, True)
        if one.label and known.has(one.finding.name, one.label) and (one.finding, one.label) not in known.denied:
            yield _in(view, one.finding, one.label, True)
    for finding in sorted(known.absent, key=lambda f: f.name):
        if finding.name not in {*others(known)}:
            yield _anywhere(view, finding, False)
    for finding, label in sorted(known.denied, key=lambda pair: (pair[0].name, pair[1])):
        if known.lacks(finding, label):
            yield _in(view, finding, label, False)
    for finding, _ in named_findings(view.language):
        if finding.name == "fracture":
            for label in known.intact:
                if finding.can_lie_in(label) and not known.speaks_of(finding, label):
                    yield _in(view, finding, label, False, implied=True)
    for label in known.normal:
        for finding, _ in named_findings(view.language):
            if finding.places != ("-",) and finding.can_lie_in(label) and (finding, label) not in known.denied:
                if not known.speaks_of(finding, label):
                    yield _in(view, finding, label, False, implied=True)


def _anywhere(view: View, finding: NamedFinding, holds: bool) -> Claim:
    return Claim("has_finding", holds, (finding.name,), ("has", finding.name, None), "text", view.finding(finding))


def _in(view: View, finding: NamedFinding, label: str, holds: bool, *, implied: bool = False) -> Claim:
    fields = {**view.finding(finding), **view.organ(label)}
    fact = ("has", finding.name, label)
    return Claim("has_finding_in", holds, (finding.name, label), fact, "text", fields, implied)


def _states(view: View, known: Known) -> Iterator[Claim]:
    normal, abnormal = known.normal, known.abnormal
    for label, kinds in known.states.items():
        for kind, holds in kinds.items():
            if kind != "normal":
                yield _state(view, label, kind, holds)
    for label in normal:
        yield _state(view, label, "normal", True)
        for kind in ABNORMAL:
            if kind not in known.states[label]:
                yield _state(view, label, kind, False, implied=True)
    for label in abnormal:
        yield _state(view, label, "normal", False)
    for label, holds in [*((x, True) for x in normal), *((x, False) for x in abnormal)]:
        yield Claim("normal_or_not", holds, (label,), ("normal", label), "text", view.organ(label))


def _state(view: View, label: str, kind: str, holds: bool, *, implied: bool = False) -> Claim:
    fields = {**view.organ(label), "state": view.words["states"][kind]}
    return Claim("organ_state", holds, (kind, label), ("state", kind, label), "text", fields, implied)


def _about(view: View, known: Known, one: Shown) -> Iterator[Claim]:
    """Place, side and size of a finding that is alone of its kind."""
    words, name = view.finding(one.finding), one.finding.name
    if one.label and not _has_one_place(one.finding):
        elsewhere = [x for x in view.speakable if one.finding.can_lie_in(x) and not _partners(x, one.label)]
        for label in (one.label, *elsewhere):
            fields, holds = {**words, **view.organ(label)}, label == one.label
            yield Claim("finding_organ", holds, (name, label), ("where", name), "text", fields, not holds)
    if one.side in ("left", "right"):
        for side in ("left", "right"):
            fields = {**words, "side": view.words["sides"][side]}
            yield Claim("finding_side", one.side == side, (name, side), ("side", name), "text", fields)
    size = one.said.millimetres
    for limit in LIMITS:
        if size and not limit / CLEARLY < size < limit * CLEARLY:
            fields = {**words, "size": f"{limit} mm"}
            yield Claim("finding_larger", size > limit, (name, str(limit)), ("size", name), "text", fields)


def _has_one_place(finding: NamedFinding) -> bool:
    return len(finding.places) == 1 and "*" not in finding.places[0]


def _partners(a: str, b: str) -> bool:
    """True for the two sides of one structure, and for parts of one kind (ribs, vertebrae, lung lobes)."""
    return a.split("_")[0] == b.split("_")[0]


def text_candidates(view: View, known: Known) -> Iterator[Candidate]:
    """Open and multiple-choice questions about the text."""
    single = known.single
    for one in known.shown:
        if one.finding.name not in known.doubted:
            yield from _ask_which(view, known, one)
    for one in single:
        yield from _ask_place(view, known, one)
        yield from _ask_measure(view, one)
    yield from _ask_larger(view, single)
    yield from _ask_denied(view, known)
    for label, kinds in known.states.items():
        yield from _ask_state(view, known, label, kinds)
    yield from _ask_words(view, known)
    yield from _compare(view, known)


def _ask_which(view: View, known: Known, one: Shown) -> Iterator[Candidate]:
    """Which finding it is: among others, and at its structure."""
    name = one.finding.names[view.language]
    distractors = _distractors(view, known, one.finding)
    if len(distractors) == CHOICES - 1:
        fact = ("which", one.finding.name)
        yield view.ask("which_finding_anywhere", name, fact=fact, source="text", choices=[name, *distractors])
    at_organ = {finding.name for finding, labels in known.affirmed if not labels or one.label in labels}
    if one.label and at_organ == {one.finding.name} and one.label not in known.unsure:
        fact = ("which in", one.label)
        yield view.ask("which_finding", name, fact=fact, source="text", **view.organ(one.label))
        fitting = _distractors(view, known, one.finding, one.label)
        if len(fitting) == CHOICES - 1:
            choices = [name, *fitting]
            yield view.ask("which_finding", name, fact=fact, source="text", choices=choices, **view.organ(one.label))


def _told_by_states(known: Known) -> set[str]:
    """The findings that states of any structure may amount to: what is dilated may be an aneurysm."""
    kinds = {kind for states in known.states.values() for kind, holds in states.items() if holds}
    return {name for kind in kinds for name in STATE_MAY_BE.get(kind, ())}


def _distractors(view: View, known: Known, finding: NamedFinding, label: str | None = None) -> list[str]:
    """Three findings that the text does not leave open and that a reader would think of here, denied ones first.

    What names no kind ("lesion") is no distractor for a kind, nor the other way round.
    """
    spoken, regions = {*others(known), *ALIKE.get(finding.name, ()), *_told_by_states(known)}, regions_of(view)
    spoken |= {name for told in others(known) for name in ALIKE.get(told, ())}
    denied = {f.name for f, _ in known.denied} | {f.name for f in known.absent}
    usable = [
        k
        for k, _ in named_findings(view.language)
        if k.name not in spoken
        and (k.name in denied or label not in known.unread)
        and k.group != "generic"
        and not (finding.group == "generic" and k.group == "mass")
        and (not k.regions or bool(k.regions & regions))
        and (label is None or k.can_lie_in(label) and k.places != ("-",))
    ]
    drawn = view.draw.shuffled(usable, ("distractors", finding.name, label))
    ranked = sorted(drawn, key=lambda k: (k.name not in denied, k.group != finding.group))
    return [k.names[view.language] for k in ranked[: CHOICES - 1]]


def _ask_place(view: View, known: Known, one: Shown) -> Iterator[Candidate]:
    words = view.finding(one.finding)
    if one.label and not _has_one_place(one.finding):
        fact, organ = ("where", one.finding.name), view.name(one.label)
        yield view.ask("where_finding", organ, fact=fact, source="text", label=one.label, **words)
        elsewhere = [x for x in view.speakable if one.finding.can_lie_in(x) and not _partners(x, one.label)]
        drawn = view.draw.shuffled(sorted(elsewhere), fact)[: CHOICES - 1]
        if len(drawn) == CHOICES - 1:
            choices = [organ, *map(view.name, drawn)]
            yield view.ask("which_has", organ, fact=fact, source="text", choices=choices, **words)
    if one.side:
        sides, fact = view.words["sides"], ("side", one.finding.name)
        yield view.ask("what_side", sides[one.side], fact=fact, source="text", **words)
        choices = [sides["left"], sides["right"]] + ([sides["both"]] if one.label is None else [])
        if sides[one.side] in choices:
            yield view.ask("what_side", sides[one.side], fact=fact, source="text", choices=choices, **words)


def _ask_measure(view: View, one: Shown) -> Iterator[Candidate]:
    size = one.said.size
    if not size:
        return
    words, fact = view.finding(one.finding), ("size", one.finding.name)
    yield view.ask("what_size", size, fact=fact, source="text", **words)
    factors = view.draw.shuffled((0.4, 0.6, 1.5, 2.0, 2.5), fact)
    scaled = [_format_size(size, factor) for factor in factors]
    drawn = [other for other in dict.fromkeys(scaled) if other != size][: CHOICES - 1]
    if len(drawn) == CHOICES - 1:
        yield view.ask("what_size", size, fact=fact, source="text", choices=[size, *drawn], **words)


def _format_size(size: str, factor: float) -> str:
    """The size, every number times `factor`, written the same way."""

    def scaled(number: re.Match) -> str:
        digits = len(number[0].partition(",")[2] or number[0].partition(".")[2])
        value = f"{max(float(number[0].replace(',', '.')) * factor, 0.1 if digits else 1):.{digits}f}"
        return value.replace(".", ",") if "," in number[0] else value

    return re.sub(r"\d+(?:[.,]\d+)?", scaled, size)


def _ask_larger(view: View, single: list[Shown]) -> Iterator[Candidate]:
    """Which of two measured findings is larger."""
    for a in single:
        for b in single:
            if a.said.millimetres and b.said.millimetres and a.said.millimetres >= 1.5 * b.said.millimetres:
                names = [_the(view, a), _the(view, b)]
                first, second = view.draw.shuffled(names, ("larger", a.finding.name, b.finding.name))
                plain = [a.finding.names[view.language], b.finding.names[view.language]]
                fact = ("larger", a.finding.name, b.finding.name)
                yield view.ask(
                    "which_finding_larger",
                    plain[0],
                    fact=fact,
                    source="text",
                    choices=plain,
                    first=first,
                    second=second,
                )


def _the(view: View, one: Shown) -> str:
    name = one.finding.names[view.language]
    return name if view.language == "en" else f"{view.words['the'][one.finding.gender]} {name}"


def _ask_denied(view: View, known: Known) -> Iterator[Candidate]:
    """What a structure does not show: the only such finding, or told from findings that it shows."""
    places = [label for _, label in known.denied]
    for finding, label in sorted(known.denied, key=lambda pair: (pair[0].name, pair[1])):
        if known.lacks(finding, label):
            name, organ = finding.names[view.language], view.organ(label)
            if places.count(label) == 1 and label not in known.normal:
                yield view.ask("which_denied", name, fact=("denied in", label), source="text", **organ)
        here = {s.finding.names[view.language] for s in known.shown if s.label == label}
        if known.lacks(finding, label) and here:
            name = finding.names[view.language]
            choices = [name, *view.draw.shuffled(sorted(here), "denied")[: CHOICES - 1]]
            fact = ("denied", finding.name, label)
            yield view.ask("what_denied", name, fact=fact, source="text", choices=choices, **view.organ(label))


def _ask_state(view: View, known: Known, label: str, kinds: dict[str, bool]) -> Iterator[Candidate]:
    """How a structure looks as a whole, where the text has one word for it."""
    said = [kind for kind, holds in kinds.items() if holds]
    if not said and len(kinds) == 1 and label not in known.abnormal:
        word, fact = view.words["not_so"].get(next(iter(kinds))), ("appearance", label)
        if word:
            yield view.ask("what_state", word, fact=fact, source="text", **view.organ(label))
    if len(said) != 1 or said == ["normal"] and label not in known.normal:
        return
    words, fact = view.words["states"], ("appearance", label)
    word, fields = words[said[0]], view.organ(label)
    yield view.ask("what_state", word, fact=fact, source="text", **fields)
    wrong = [kind for kind in ABNORMAL if kind not in said] + (["normal"] if said[0] in ABNORMAL else [])
    if said[0] in ("normal", *ABNORMAL):
        drawn = [words[kind] for kind in view.draw.shuffled(wrong, fact)[: CHOICES - 1]]
        yield view.ask("what_state", word, fact=fact, source="text", choices=[word, *drawn], **fields)


def _ask_words(view: View, known: Known) -> Iterator[Candidate]:
    """What the text says of a structure, in its words, and that it shows nothing else."""
    for label, words in known.said.items():
        if words:
            yield view.ask("describe", words, fact=("words", label), source="text", **view.organ(label))
    for label in known.normal:
        nothing, fields = view.words["nothing"], view.organ(label)
        kinds = [k for k, _ in named_findings(view.language) if k.can_lie_in(label) and k.places != ("-",)]
        kinds = [k for k in kinds if k.group != "generic" and (not k.regions or k.regions & regions_of(view))]
        wrong = [k.names[view.language] for k in view.draw.shuffled(kinds, ("none", label))[: CHOICES - 1]]
        fact = ("which in", label)
        yield view.ask("which_finding", nothing, fact=fact, source="text", **fields)
        yield view.ask("which_finding", nothing, fact=fact, source="text", choices=[nothing, *wrong], **fields)


def _compare(view: View, known: Known) -> Iterator[Candidate]:
    """Which of two structures is unremarkable, which abnormal."""
    for good in known.normal:
        for bad in known.abnormal:
            order = view.draw.shuffled([view.name(good), view.name(bad)], ("compare", good, bad))
            fields = dict(zip(("first", "second"), order, strict=True))
            for kind, label in (("which_normal", good), ("which_abnormal", bad)):
                fact = ("compare", kind)
                yield view.ask(kind, view.name(label), fact=fact, source="text", choices=order, **fields)
