"""Which questions are asked about a slice, each answered by its text, its mask or its metadata.

    >>> [q["answer"] for q in questions(row, mask_sizes) if q["language"] == "en" and q["type"] == "yesno"]

Per language: five questions from the findings, three about what is certain, and up to two that point at a box; fewer
where the slice does not carry them. Every choice is drawn from a hash of the row's id, every wording stands in
templates.yaml.
"""

from collections.abc import Collection, Mapping, Sequence

from refrad2d.labels import LANGUAGES
from refrad2d.questions.from_mask import (
    box_candidates,
    mask_candidates,
    metadata_candidates,
    metadata_yes_or_no,
    visible_or_not,
)
from refrad2d.questions.from_text import text_candidates
from refrad2d.questions.view import Candidate, View

FROM_TEXT = 5
FROM_CERTAIN = 3
FROM_BOXES = 2


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


def _in_language(view: View, written: Sequence[dict] | None) -> list[dict]:
    from_text = list(written or (c.entry for c in _choose(view, list(text_candidates(view)), FROM_TEXT)))
    surplus = sum(1 if entry["answer"] == view.words["yes"] else -1 for entry in from_text if entry["type"] == "yesno")
    rest = [*_certain(view, surplus), *box_candidates(view)[:FROM_BOXES]]
    return [*from_text, *(candidate.entry for candidate in rest)]


def _choose(view: View, candidates: Sequence[Candidate], count: int) -> list[Candidate]:
    """At most `count` candidates, their types in turn, no fact twice, as many yes as no within one."""
    types = ("yesno", "open", "multiple")
    pools = {name: view.draw.shuffled([c for c in candidates if c.entry["type"] == name], name) for name in types}
    chosen: list[Candidate] = []
    facts: set[tuple] = set()
    surplus = 0  # of yes over no
    for turn in range(count):
        for name in (*types[turn % 3 :], *types[: turn % 3]):
            fresh = [c for c in pools[name] if c.fact not in facts]
            if name == "yesno":
                fresh = [c for c in fresh if abs(surplus + _sign(view, c)) <= 1]
            if fresh:
                chosen.append(fresh[0])
                facts.add(fresh[0].fact)
                surplus += _sign(view, fresh[0])
                break
    return chosen


def _sign(view: View, candidate: Candidate) -> int:
    """+1 for yes, -1 for no, 0 for answers of other types."""
    if candidate.entry["type"] != "yesno":
        return 0
    return 1 if candidate.entry["answer"] == view.words["yes"] else -1


def _certain(view: View, surplus: int) -> list[Candidate]:
    """Three questions about what mask and metadata tell; the first one levels the surplus of yes over no."""
    wants_yes = surplus < 0 or (surplus == 0 and view.draw.number("yes or no") % 2 == 0)
    pictured = list(mask_candidates(view))
    described = view.draw.shuffled(list(metadata_candidates(view)), "metadata")
    first = visible_or_not(view, wants_yes) or metadata_yes_or_no(view, wants_yes)
    drawn = view.draw.shuffled(pictured, "mask")
    rest = [*described[:1], *drawn[:1], *described[1:], *drawn[1:]]
    return [*([first] if first else []), *rest][:FROM_CERTAIN]
