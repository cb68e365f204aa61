"""Which questions are asked about a slice, each answered by its text, its mask or its metadata.

    >>> [q["answer"] for q in questions(row, dataset) if q["language"] == "en" and q["type"] == "yesno"]

Per language: up to seven questions from the findings, three about what is certain, and two that point at a box; fewer
where the slice does not carry them. Every choice is drawn from a hash of the row's id, every wording stands in
templates.yaml.
"""

from collections.abc import Iterable, Mapping, Sequence

from refrad2d.questions.balance import Balance, Dataset, spoken
from refrad2d.questions.from_mask import (
    box_candidates,
    mask_candidates,
    mask_claims,
    metadata_candidates,
    metadata_claims,
)
from refrad2d.questions.from_text import text_candidates, text_claims
from refrad2d.questions.known import Known, read_known
from refrad2d.questions.view import Candidate, Claim, View
from refrad2d.rows import Question, Row

FROM_TEXT = 7
TWO_ANSWERS = 3  # of those from the text at most
FROM_CERTAIN = 3
FROM_BOXES = 2


def questions(
    row: Row, dataset: Dataset | None = None, *, written: Mapping[str, Sequence[Question]] | None = None
) -> list[Question]:
    """The questions of a row, the same for the same row.

    `dataset` is what the rows beside it tell; without it yes and no are balanced within the row. `written` are
    questions about the text by language that a model wrote; they stand in for those of the rules.
    """
    written, dataset = written or {}, dataset or Dataset()
    return [
        entry
        for language in spoken(row)
        for entry in _in_language(dataset.view(row, language), written.get(language), dataset.balance)
    ]


def _in_language(view: View, written: Sequence[Question] | None, balance: Balance | None) -> list[Question]:
    from_text = list(written or (c.entry for c in _from_text(view, balance)))
    rest = [*_certain(view, balance), *box_candidates(view)[:FROM_BOXES]]
    return [*from_text, *(candidate.entry for candidate in rest)]


def _from_text(view: View, balance: Balance | None) -> list[Candidate]:
    """Balanced questions first: whether they are asked must not depend on what else there is to ask."""
    known = read_known(view)
    chosen = _settle(view, text_claims(view, known), TWO_ANSWERS, balance)
    return [*chosen, *_choose(view, known, FROM_TEXT - len(chosen))]


def _settle(view: View, claims: Iterable[Claim], count: int, balance: Balance | None) -> list[Candidate]:
    """At most `count` claims, no fact twice, drawn without a look at their answers."""
    if balance:
        kept = [claim for claim in claims if balance.keeps(view, claim)]
        drawn = view.draw.shuffled(kept, "claims")
    else:
        drawn = _in_turn(view, [claim for claim in claims if not claim.implied], count)
    chosen: dict[tuple, Claim] = {}
    for claim in drawn:
        chosen.setdefault(claim.fact, claim)
    return [view.answer(claim) for claim in list(chosen.values())[:count]]


def _in_turn(view: View, claims: Sequence[Claim], count: int) -> list[Claim]:
    """Without a table: a coin for each place says which answer it takes; a place stays empty where there is none."""
    pools = {holds: view.draw.shuffled([c for c in claims if c.holds == holds], holds) for holds in (True, False)}
    chosen: list[Claim] = []
    for place in range(count):
        wanted = view.draw.number(("coin", place)) % 2 == 0
        pool = [c for c in pools[wanted] if c.fact not in {other.fact for other in chosen}]
        chosen += pool[:1]
    return chosen


def _choose(view: View, known: Known, count: int) -> list[Candidate]:
    """At most `count` open and multiple-choice questions in turn, no fact twice."""
    candidates = list(text_candidates(view, known))
    types = view.draw.shuffled(("open", "multiple"), "types")
    pools = {name: view.draw.shuffled([c for c in candidates if c.entry["type"] == name], name) for name in types}
    chosen: list[Candidate] = []
    facts: set[tuple] = set()
    for turn in range(count):
        for name in (types[turn % 2], types[(turn + 1) % 2]):
            fresh = [c for c in pools[name] if c.fact not in facts]
            if fresh:
                chosen.append(fresh[0])
                facts.add(fresh[0].fact)
                break
    return chosen


def _certain(view: View, balance: Balance | None) -> list[Candidate]:
    """Three questions about what mask and metadata tell."""
    told = [c for c in metadata_candidates(view) if balance is None or balance.varies(c.fact[0])]
    described = view.draw.shuffled(told, "metadata")
    first = _settle(view, mask_claims(view), 1, balance) or _settle(view, metadata_claims(view), 1, balance)
    drawn = view.draw.shuffled(list(mask_candidates(view)), "mask")
    rest = [*described[:1], *drawn[:1], *described[1:], *drawn[1:]]
    return [*first, *rest][:FROM_CERTAIN]
