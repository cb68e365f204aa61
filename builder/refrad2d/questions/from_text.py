"""Everything that can be asked about the findings text of a slice: what it affirms, denies, measures and places."""

import re
from collections.abc import Iterator

from refrad2d.questions.statements import ABNORMAL, Statement, Statements, Status, read_statements
from refrad2d.questions.view import CHOICES, Candidate, View
from refrad2d.text.findings import named_findings


def text_candidates(view: View) -> Iterator[Candidate]:
    """Everything that can be asked about the findings text."""
    said = read_statements(view.text, view.language, view.spans)
    if (
        view.masked and view.spans
    ):  # a sentence without a place in this slice speaks of something that the slice may lack
        said = Statements(tuple(f for f in said.findings if f.label), said.states, said.doubted)
    for number, statement in enumerate(said.findings):
        if _contradicted(statement, said):
            continue
        yield _ask_presence(view, statement)
        if statement.denied:
            yield from _ask_denied(view, statement, said)
        else:
            yield from _ask_finding(view, statement, said, number)
    for status in said.states:
        yield from _ask_state(view, status, said)


def _ask_state(view: View, status: Status, said: Statements) -> Iterator[Candidate]:
    """How a structure looks as a whole, unless the text says the opposite elsewhere."""
    own = [other for other in said.states if other.label == status.label]
    if any(other.kind == status.kind and other.holds != status.holds for other in own):
        return
    organ, words = view.name(status.label), view.words["states"]
    fact = ("state", status.kind, status.label)
    yield view.yes_or_no("organ_state", status.holds, fact=fact, source="text", organ=organ, state=words[status.kind])
    shown_kinds = {other.kind for other in own if other.holds}
    if shown_kinds == {status.kind}:
        word, fact = words[status.kind], ("appearance", status.label)
        yield view.ask("what_state", word, fact=fact, source="text", organ=organ)
        others = [
            words[kind]
            for kind in (*ABNORMAL, *(("normal",) if status.kind in ABNORMAL else ()))
            if kind not in shown_kinds
        ]
        drawn = view.draw.shuffled(others, fact)[: CHOICES - 1]
        yield view.ask("what_state", word, fact=fact, source="text", organ=organ, choices=[word, *drawn])


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


def _ask_presence(view: View, statement: Statement) -> Candidate:
    fields = {"article": statement.finding.articles[view.language]}
    kind = "has_finding"
    if statement.label:
        kind, fields["organ"] = "has_finding_in", view.name(statement.label)
    fact = ("has", statement.finding.name, statement.label)
    return view.yes_or_no(kind, not statement.denied, fact=fact, source="text", **fields)


def _ask_denied(view: View, statement: Statement, said: Statements) -> Iterator[Candidate]:
    """What a structure does not show, told from findings that the text affirms elsewhere."""
    affirmed = {f.finding.names[view.language] for f in said.findings if not f.denied} - said.doubted
    if statement.label and len(affirmed) >= CHOICES - 1:
        name = statement.finding.names[view.language]
        choices = [name, *view.draw.shuffled(sorted(affirmed - {name}), "denied")[: CHOICES - 1]]
        fact = ("has", statement.finding.name, statement.label)
        yield view.ask("what_denied", name, fact=fact, source="text", choices=choices, organ=view.name(statement.label))


def _ask_finding(view: View, statement: Statement, said: Statements, number: int) -> Iterator[Candidate]:
    """Kind, place, side and size of an affirmed finding."""
    finding, same_kind = statement.finding, [f for f in said.findings if f.finding.name == statement.finding.name]
    name = finding.names[view.language]
    others = _other_findings(view, statement, said)
    if len(others) == CHOICES - 1:
        fact = ("which", number)
        yield view.ask("which_finding_anywhere", name, fact=fact, source="text", choices=[name, *others])
    if statement.several or len(same_kind) > 1:
        return  # "the cyst" would mean several
    if statement.label:
        organ = view.name(statement.label)
        at_organ = [f for f in said.findings if f.label == statement.label and not f.denied]
        if len(at_organ) == 1:
            yield view.ask("which_finding", name, fact=("which", number), source="text", organ=organ)
        yield view.ask(
            "where_finding", organ, fact=("where", number), source="text", finding=name, label=statement.label
        )
        elsewhere = [
            label for label in view.visible if label != statement.label and not _partners(label, statement.label)
        ]
        for place, holds in [(statement.label, True)] + [
            (label, False) for label in view.draw.shuffled(elsewhere, number)[:1]
        ]:
            fact = ("where", number)
            yield view.yes_or_no("finding_organ", holds, fact=fact, source="text", finding=name, organ=view.name(place))
    if statement.side:
        yield from _ask_side(view, statement, number)
    if statement.size:
        yield from _ask_size(view, statement, number)


def _other_findings(view: View, statement: Statement, said: Statements) -> list[str]:
    """Three findings that the text does not leave open: denied ones first, then of the same group.

    What names no kind ("lesion") is no distractor for a kind, nor the other way round.
    """
    kinds = [finding for finding, _ in named_findings(view.language)]
    spoken = {f.finding.name for f in said.findings if not f.denied} | said.doubted
    denied = {f.finding.name for f in said.findings if f.denied}
    own = statement.finding.group
    vague = ("generic", "mass")
    usable = [
        k
        for k in kinds
        if k.name not in spoken and k.group != "generic" and not (own == "generic" and k.group in vague)
    ]
    drawn = view.draw.shuffled(usable, ("distractors", statement.finding.name))
    ranked = sorted(drawn, key=lambda k: (k.name not in denied, k.group != own))
    return [k.names[view.language] for k in ranked[: CHOICES - 1]]


def _partners(a: str, b: str) -> bool:
    """True for the two sides of one structure, and for parts of one kind (ribs, vertebrae, lung lobes)."""
    return a.split("_")[0] == b.split("_")[0]


def _ask_side(view: View, statement: Statement, number: int) -> Iterator[Candidate]:
    sides, name, fact = view.words["sides"], statement.finding.names[view.language], ("side", number)
    yield view.ask("what_side", sides[statement.side], fact=fact, source="text", finding=name)
    yield view.ask(
        "what_side", sides[statement.side], fact=fact, source="text", choices=list(sides.values()), finding=name
    )
    if statement.side != "both":
        for side in ("left", "right"):
            holds = side == statement.side
            yield view.yes_or_no("finding_side", holds, fact=fact, source="text", finding=name, side=sides[side])


def _ask_size(view: View, statement: Statement, number: int) -> Iterator[Candidate]:
    name, fact = statement.finding.names[view.language], ("size", number)
    yield view.ask("what_size", statement.size, fact=fact, source="text", finding=name)
    factors = view.draw.shuffled((0.4, 0.6, 1.5, 2.0, 2.5), fact)
    others = [_format_size(statement, factor, view.language) for factor in factors]
    others = [other for other in dict.fromkeys(others) if other != statement.size][: CHOICES - 1]
    if len(others) == CHOICES - 1:
        yield view.ask(
            "what_size", statement.size, fact=fact, source="text", choices=[statement.size, *others], finding=name
        )
    for factor in (0.6, 1.6):
        limit = max(1, round(statement.millimetres * factor))
        if limit != statement.millimetres:
            larger = statement.millimetres > limit
            yield view.yes_or_no("finding_larger", larger, fact=fact, source="text", finding=name, size=f"{limit} mm")


def _format_size(statement: Statement, factor: float, language: str) -> str:
    """The statement's size, every number times `factor`, written the same way."""

    def scaled(number: re.Match) -> str:
        digits = len(number[0].partition(",")[2] or number[0].partition(".")[2])
        value = f"{max(float(number[0].replace(',', '.')) * factor, 0.1 if digits else 1):.{digits}f}"
        return value.replace(".", ",") if "," in number[0] else value

    return re.sub(r"\d+(?:[.,]\d+)?", scaled, statement.size)
