"""Questions and answers about a slice, each answered by its text, its mask or its metadata.

    >>> [q["answer"] for q in questions(row, mask_sizes) if q["language"] == "en" and q["type"] == "yesno"]

Per language: five questions from the findings, three about what is certain, and up to two that point at a box; fewer
where the slice does not carry them. Every choice is drawn from a hash of the row's id, every wording stands in
vqa_templates.yaml.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import repeat
from pathlib import Path

from refrad2d.boxes import pixels_of
from refrad2d.labels import LANGUAGES, MODALITIES
from refrad2d.llm.answers import ask_questions
from refrad2d.llm.checks import Anatomy
from refrad2d.llm.client import LLM
from refrad2d.questions.statements import ABNORMAL, Statement, Statements, Status, finding_kinds, read_statements
from refrad2d.questions.view import Candidate, View, body_parts
from refrad2d.system.files import read_jsonl, write_jsonl

FROM_TEXT = 5
FROM_CERTAIN = 3
FROM_BOXES = 2
CHOICES = 4
CLEAR_RATIO = 1.5  # areas that differ by less are not compared
MAX_OVERLAP = 0.3  # IoU with any other box up to which a box means one structure


def questions(
    row: Mapping,
    mask_sizes: Mapping[str, int] | None,
    *,
    segmented: Collection[str] | None = None,
    written: Mapping[str, Sequence[dict]] | None = None,
) -> list[dict]:
    """The questions of a row: dicts of schema.VQA, the same for the same row.

    `mask_sizes` are the pixels of each label in the 224 px mask, None if there is no mask. `segmented` are the classes
    that whoever made the mask looked for (all of the modality by default): only they can be absent. `written` are
    questions about the text by language that a model wrote; they stand in for those of the rules.
    """
    reports = row.get("report") or {}
    spoken = [language for language in LANGUAGES if reports.get(language)] or list(LANGUAGES)
    written = written or {}
    return [
        entry
        for language in spoken
        for entry in _in_language(View(row, language, mask_sizes, segmented), written.get(language))
    ]


def _in_language(s: View, written: Sequence[dict] | None) -> list[dict]:
    from_text = list(written or (c.entry for c in _choose(s, list(_from_text(s)), FROM_TEXT)))
    surplus = sum(1 if entry["answer"] == s.words["yes"] else -1 for entry in from_text if entry["type"] == "yesno")
    return [*from_text, *(candidate.entry for candidate in [*_certain(s, surplus), *_boxes(s)])]


def _choose(s: View, candidates: Sequence[Candidate], count: int) -> list[Candidate]:
    """At most `count` candidates, their types in turn, no fact twice, as many yes as no within one."""
    types = ("yesno", "open", "multiple")
    pools = {name: s.draw.shuffled([c for c in candidates if c.entry["type"] == name], name) for name in types}
    chosen: list[Candidate] = []
    facts: set[tuple] = set()
    surplus = 0  # of yes over no
    for turn in range(count):
        for name in (*types[turn % 3 :], *types[: turn % 3]):
            fresh = [c for c in pools[name] if c.fact not in facts]
            if name == "yesno":
                fresh = [c for c in fresh if abs(surplus + _sign(s, c)) <= 1]
            if fresh:
                chosen.append(fresh[0])
                facts.add(fresh[0].fact)
                surplus += _sign(s, fresh[0])
                break
    return chosen


def _sign(s: View, candidate: Candidate) -> int:
    """+1 for yes, -1 for no, 0 for answers of other types."""
    if candidate.entry["type"] != "yesno":
        return 0
    return 1 if candidate.entry["answer"] == s.words["yes"] else -1


def _from_text(s: View) -> Iterator[Candidate]:
    """Everything that can be asked about the findings text."""
    said = read_statements(s.text, s.language, s.spans)
    if s.masked and s.spans:  # a sentence without a place in this slice speaks of something that the slice may lack
        said = Statements(tuple(f for f in said.findings if f.label), said.states, said.doubted)
    for number, statement in enumerate(said.findings):
        if _contradicted(statement, said):
            continue
        yield _ask_presence(s, statement)
        if statement.denied:
            yield from _ask_denied(s, statement, said)
        else:
            yield from _ask_finding(s, statement, said, number)
    for status in said.states:
        yield from _ask_state(s, status, said)


def _ask_state(s: View, status: Status, said: Statements) -> Iterator[Candidate]:
    """How a structure looks as a whole, unless the text says the opposite elsewhere."""
    own = [other for other in said.states if other.label == status.label]
    if any(other.kind == status.kind and other.holds != status.holds for other in own):
        return
    organ, words = s.name(status.label), s.words["states"]
    fact = ("state", status.kind, status.label)
    yield s.yes_or_no("organ_state", status.holds, fact=fact, source="text", organ=organ, state=words[status.kind])
    held = {other.kind for other in own if other.holds}
    if held == {status.kind}:
        word, fact = words[status.kind], ("appearance", status.label)
        yield s.ask("what_state", word, fact=fact, source="text", organ=organ)
        others = [
            words[kind] for kind in (*ABNORMAL, *(("normal",) if status.kind in ABNORMAL else ())) if kind not in held
        ]
        drawn = s.draw.shuffled(others, fact)[: CHOICES - 1]
        yield s.ask("what_state", word, fact=fact, source="text", organ=organ, choices=[word, *drawn])


def _contradicted(statement: Statement, said: Statements) -> bool:
    """True if the text says, or might say, the opposite somewhere else: then neither yes nor no follows from it."""
    kind = statement.finding
    if kind.name in said.doubted:
        return True

    def same(other: Statement) -> bool:
        generic = statement.denied and kind.group == "generic" and other.finding.group in ("generic", "mass")
        return other.finding.name == kind.name or generic

    return any(
        other.denied != statement.denied
        and same(other)
        and (None in (other.label, statement.label) or other.label == statement.label)
        for other in said.findings
    )


def _ask_presence(s: View, statement: Statement) -> Candidate:
    fields = {"article": statement.finding.articles[s.language]}
    kind = "has_finding"
    if statement.label:
        kind, fields["organ"] = "has_finding_in", s.name(statement.label)
    fact = ("has", statement.finding.name, statement.label)
    return s.yes_or_no(kind, not statement.denied, fact=fact, source="text", **fields)


def _ask_denied(s: View, statement: Statement, said: Statements) -> Iterator[Candidate]:
    """What a structure does not show, told from findings that the text affirms elsewhere."""
    affirmed = {f.finding.names[s.language] for f in said.findings if not f.denied} - said.doubted
    if statement.label and len(affirmed) >= CHOICES - 1:
        name = statement.finding.names[s.language]
        choices = [name, *s.draw.shuffled(sorted(affirmed - {name}), "denied")[: CHOICES - 1]]
        fact = ("has", statement.finding.name, statement.label)
        yield s.ask("what_denied", name, fact=fact, source="text", choices=choices, organ=s.name(statement.label))


def _ask_finding(s: View, statement: Statement, said: Statements, number: int) -> Iterator[Candidate]:
    """Kind, place, side and size of an affirmed finding."""
    finding, same_kind = statement.finding, [f for f in said.findings if f.finding.name == statement.finding.name]
    name = finding.names[s.language]
    others = _other_findings(s, statement, said)
    if len(others) == CHOICES - 1:
        fact = ("which", number)
        yield s.ask("which_finding_anywhere", name, fact=fact, source="text", choices=[name, *others])
    if statement.several or len(same_kind) > 1:
        return  # "the cyst" would mean several
    if statement.label:
        organ = s.name(statement.label)
        at_organ = [f for f in said.findings if f.label == statement.label and not f.denied]
        if len(at_organ) == 1:
            yield s.ask("which_finding", name, fact=("which", number), source="text", organ=organ)
        yield s.ask("where_finding", organ, fact=("where", number), source="text", finding=name, label=statement.label)
        elsewhere = [label for label in s.visible if label != statement.label and not _partners(label, statement.label)]
        for place, holds in [(statement.label, True)] + [
            (label, False) for label in s.draw.shuffled(elsewhere, number)[:1]
        ]:
            fact = ("where", number)
            yield s.yes_or_no("finding_organ", holds, fact=fact, source="text", finding=name, organ=s.name(place))
    if statement.side:
        yield from _ask_side(s, statement, number)
    if statement.size:
        yield from _ask_size(s, statement, number)


def _other_findings(s: View, statement: Statement, said: Statements) -> list[str]:
    """Three findings that the text does not leave open: denied ones first, then of the same group.

    What names no kind ("lesion") is no distractor for a kind, nor the other way round.
    """
    kinds = [finding for finding, _ in finding_kinds(s.language)]
    spoken = {f.finding.name for f in said.findings if not f.denied} | said.doubted
    denied = {f.finding.name for f in said.findings if f.denied}
    own = statement.finding.group
    vague = ("generic", "mass")
    usable = [
        k
        for k in kinds
        if k.name not in spoken and k.group != "generic" and not (own == "generic" and k.group in vague)
    ]
    drawn = s.draw.shuffled(usable, ("distractors", statement.finding.name))
    ranked = sorted(drawn, key=lambda k: (k.name not in denied, k.group != own))
    return [k.names[s.language] for k in ranked[: CHOICES - 1]]


def _partners(a: str, b: str) -> bool:
    """True for the two sides of one structure, and for parts of one kind (ribs, vertebrae, lung lobes)."""
    return a.split("_")[0] == b.split("_")[0]


def _ask_side(s: View, statement: Statement, number: int) -> Iterator[Candidate]:
    sides, name, fact = s.words["sides"], statement.finding.names[s.language], ("side", number)
    yield s.ask("what_side", sides[statement.side], fact=fact, source="text", finding=name)
    yield s.ask(
        "what_side", sides[statement.side], fact=fact, source="text", choices=list(sides.values()), finding=name
    )
    if statement.side != "both":
        for side in ("left", "right"):
            holds = side == statement.side
            yield s.yes_or_no("finding_side", holds, fact=fact, source="text", finding=name, side=sides[side])


def _ask_size(s: View, statement: Statement, number: int) -> Iterator[Candidate]:
    name, fact = statement.finding.names[s.language], ("size", number)
    yield s.ask("what_size", statement.size, fact=fact, source="text", finding=name)
    factors = s.draw.shuffled((0.4, 0.6, 1.5, 2.0, 2.5), fact)
    others = [_format_size(statement, factor, s.language) for factor in factors]
    others = [other for other in dict.fromkeys(others) if other != statement.size][: CHOICES - 1]
    if len(others) == CHOICES - 1:
        yield s.ask(
            "what_size", statement.size, fact=fact, source="text", choices=[statement.size, *others], finding=name
        )
    for factor in (0.6, 1.6):
        limit = max(1, round(statement.millimetres * factor))
        if limit != statement.millimetres:
            larger = statement.millimetres > limit
            yield s.yes_or_no("finding_larger", larger, fact=fact, source="text", finding=name, size=f"{limit} mm")


def _format_size(statement: Statement, factor: float, language: str) -> str:
    """The statement's size, every number times `factor`, written the same way."""

    def scaled(number: re.Match) -> str:
        digits = len(number[0].partition(",")[2] or number[0].partition(".")[2])
        value = f"{max(float(number[0].replace(',', '.')) * factor, 0.1 if digits else 1):.{digits}f}"
        return value.replace(".", ",") if "," in number[0] else value

    return re.sub(r"\d+(?:[.,]\d+)?", scaled, statement.size)


def _certain(s: View, surplus: int) -> list[Candidate]:
    """Three questions about what mask and metadata tell; the first one levels the surplus of yes over no."""
    wants_yes = surplus < 0 or (surplus == 0 and s.draw.number("yes or no") % 2 == 0)
    shown = list(_from_mask(s))
    told = s.draw.shuffled(list(_from_metadata(s)), "metadata")
    first = _visible_or_not(s, wants_yes) or _metadata_yes_or_no(s, wants_yes)
    drawn = s.draw.shuffled(shown, "mask")
    rest = [*told[:1], *drawn[:1], *told[1:], *drawn[1:]]
    return [*([first] if first else []), *rest][:FROM_CERTAIN]


def _visible_or_not(s: View, wants_yes: bool) -> Candidate | None:
    pool = s.visible if wants_yes else s.absent[:20]
    if not pool:
        return None
    label = s.draw.one(sorted(pool), "visible")
    return s.yes_or_no("visible", wants_yes, fact=("visible", label), source="mask", organ=s.name(label))


def _metadata_yes_or_no(s: View, wants_yes: bool) -> Candidate | None:
    kind = s.draw.one(("modality", "plane"), "metadata yes or no")
    true, words = s.row.get(kind), s.words[kind]
    if true not in words:
        return None
    value = true if wants_yes else s.draw.one([name for name in words if name != true], kind)
    return s.yes_or_no(f"is_{kind}", wants_yes, fact=(kind,), source="metadata", **{kind: words[value]})


def _from_metadata(s: View) -> Iterator[Candidate]:
    modality, plane, part = s.row.get("modality"), s.row.get("plane"), s.row.get("body_part")
    multiple = s.draw.number("metadata choices") % 2 == 0
    if modality in MODALITIES:
        choices = s.words["modality_choices"] if multiple else ()
        yield s.ask("modality", s.words["modality"][modality], fact=("modality",), source="metadata", choices=choices)
    if plane in s.words["plane"]:
        choices = () if multiple else list(s.words["plane"].values())
        yield s.ask("plane", s.words["plane"][plane], fact=("plane",), source="metadata", choices=choices)
    if part in body_parts():
        yield s.ask("body_part", body_parts()[part][s.language], fact=("body_part",), source="metadata")


def _from_mask(s: View) -> Iterator[Candidate]:
    """Which structures, on which side of the picture, which of two is larger."""
    near = s.draw.shuffled(s.absent[:20], "absent")[: CHOICES - 1]
    if len(near) == CHOICES - 1 and s.visible:
        label = s.draw.one(sorted(s.visible), "which visible")
        choices = [s.name(name) for name in (label, *near)]
        yield s.ask("which_visible", choices[0], fact=("visible", label), source="mask", choices=choices)
    for label in s.draw.shuffled(sorted(s.visible), "side"):
        other = label.replace("_left", "_right") if "_left" in label else label.replace("_right", "_left")
        if other != label and other in s.absent:
            left, right = sorted((label, other), key=lambda name: "_right" in name)
            fields = {"left": s.name(left), "right": s.name(right)}
            yield s.ask(
                "which_side", s.name(label), fact=("side",), source="mask", choices=list(fields.values()), **fields
            )
            break
    for label in s.draw.shuffled(sorted(s.visible), "half"):
        x_min, _, x_max, _ = s.boxes[label]
        if x_max <= 0.5 or x_min >= 0.5:
            sides = s.words["sides"]
            half = sides["left" if x_max <= 0.5 else "right"]
            choices = [sides["left"], sides["right"]]
            yield s.ask("which_half", half, fact=("half", label), source="mask", choices=choices, organ=s.name(label))
            break
    pairs = [(a, b) for a in s.visible for b in s.visible if s.sizes[a] >= CLEAR_RATIO * s.sizes[b]]
    if pairs:
        larger, smaller = s.draw.one(sorted(pairs), "larger")
        first, second = s.draw.shuffled([s.name(larger), s.name(smaller)], "larger order")
        fact = ("larger", larger, smaller)
        yield s.ask(
            "which_larger",
            s.name(larger),
            fact=fact,
            source="mask",
            choices=[first, second],
            first=first,
            second=second,
        )


def _boxes(s: View) -> list[Candidate]:
    """A structure to point at, and a box to name; the box stands in the question in percent, so it needs no markup."""
    if not s.visible:
        return []
    place = s.draw.one(sorted(s.visible), "point")
    asked = [s.ask("point", s.name(place), fact=("point",), source="mask", label=place, organ=s.name(place))]
    clear = [
        name
        for name in sorted(s.visible)
        if all(_overlap(s.boxes[name], box) <= MAX_OVERLAP for other, box in s.boxes.items() if other != name)
    ]
    if clear:
        label = s.draw.one(clear, "box")
        edges = [str(round(100 * edge)) for edge in s.boxes[label]]
        fields = dict(zip(("x_min", "y_min", "x_max", "y_max"), edges, strict=True))
        asked.append(s.ask("in_box", s.name(label), fact=("box",), source="mask", label=label, **fields))
    return asked[:FROM_BOXES]


def _overlap(a: Sequence[float], b: Sequence[float]) -> float:
    """Intersection over union of two xyxy boxes."""
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


def run(src: Path, dst: Path, *, llm: LLM | None = None, anatomy: Anatomy | None = None) -> Counter:
    """Add `vqa` to the rows of a JSONL file.

    With a model, it writes the questions about the text; those that the text does not bear out are left out, and the
    rules ask where nothing is left. Returns the number of rows and of questions by language and type.
    """
    segmented = {modality: set() for modality in MODALITIES}
    for row in read_jsonl(src):
        segmented[row["modality"]].update(o["label"] for o in row["objects"])
    counts: Counter = Counter()
    written = ask_questions(list(read_jsonl(src)), llm, counts, anatomy=anatomy) if llm else repeat(None)

    def asked() -> Iterator[dict]:
        for row, by_model in zip(read_jsonl(src), written, strict=False):  # `repeat` has no end
            seen = segmented[row["modality"]]
            vqa = questions(row, _mask_sizes(row), segmented=seen, written=by_model)
            counts["rows"] += 1
            counts.update(f"{q['language']}_{q['type']}" for q in vqa)
            yield {**row, "vqa": vqa}

    write_jsonl(dst, asked())
    return counts


def _mask_sizes(row: Mapping) -> dict[str, int] | None:
    """The visible size of each object; None without a mask."""
    return pixels_of(row["objects"]) if row["provenance"]["segmenter"] else None
