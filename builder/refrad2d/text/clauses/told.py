"""The findings that a text tells, each once although a sentence may call it twice.

    >>> [f.finding.name for f in told_findings("Lesion in the liver, suspicious for a metastasis.", "en", "CT")]
    ['metastasis']

A sentence calls one finding twice where it names and then describes it ("Cholelithiasis, calculus in the gallbladder",
"metastatic disease of the liver with lesions"), or guesses what it is. A vague name ("lesion") takes the one name of a
guess that the text favours; any other finding, and one whose guess is merely possible, keeps its own. Two findings with
places that differ are two, and so are two between which other words stand than those that connect them.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from refrad2d.text.clauses.reading import patterns, read_clauses
from refrad2d.text.clauses.records import Clause, ClauseFinding
from refrad2d.text.findings import named_findings
from refrad2d.text.sentences import split_sentences

_LONGEST = 40  # signs between two findings that are read
_LEAD = "[AGIJjMNOZ]*"  # O as in "im Sinne einer"
_MORE = "(?:(?:C[AGIJ]*S)*C?U[AGIJ]*S)?I?"
_PLACE = rf"(?:[ZQJjMI]|WZ|CC?Z)*(?:[OG][AGIJjMN]*(?:PN*[OG][AGIJj]*)*SI?{_MORE})?(?:[ZQYJjMI]|WZ|C[AGJN]*[YXW]*Z)*"
_NAMED_AGAIN = re.compile(rf"I?[CW]{_LEAD}")  # "Cholezystolithiasis, ein Konkrement", "… mit einem Stein"
_WITH = re.compile(rf"{_PLACE}W{_LEAD}")  # "Metastasierung der Leber mit Herden"
_GUESSED = re.compile(rf"{_PLACE}C*[AJjMNWXHOGYRE]*S?")  # the words of a guess
_OR = re.compile(r"[\s,]*(?:oder|or|als|than|versus|vs\.?|bzw\.?|/)\s*(?:an?|eine?[mnrs]?)?\s*", re.IGNORECASE)
# from a finding to its size: "… der Leber mit Herden bis maximal", "… in the gallbladder, the largest"
_TO_SIZE = re.compile(
    r"[JjMI]*(?:[OGH]+[AGIJjMN]*(?:PN*[OG][AGIJj]*)*S)?I?(?:[CW]?[AGJjMNO]*F[JjMI]*(?:[OG][AGIJj]*S)?)?"
    r"[IJMYXH]*(?:C[AGN]*[JNXY]*|W[AJ]*)?"
)
_ELSEWHERE = re.compile(r"[ZQJjMI]*[OH]")


def told_findings(text: str, language: str, modality: str | None = None) -> list[ClauseFinding]:
    """What a text affirms or doubts, without what is another name for it; ValueError as of `read_clauses`."""
    clauses = read_clauses(text, language, modality)
    told: list[ClauseFinding] = []
    for start, end in split_sentences(text, language):
        inside = [clause for clause in clauses if start <= clause.start and clause.end <= end]
        told += _Sentence(text, language, inside).told()
    return told


class _Sentence:
    """The clauses of one sentence, their signs in one row with a comma where they divide."""

    def __init__(self, text: str, language: str, clauses: Sequence[Clause]):
        self.text, self.language, self.words = text, language, patterns(language)
        self.start, self.end = (clauses[0].start, clauses[-1].end) if clauses else (0, 0)
        self.sizes = [size for clause in clauses for size in clause.sizes]
        self.all = [finding for clause in clauses for finding in clause.findings]
        self.found: list[tuple[int, ClauseFinding]] = []  # where its sign stands in `codes`
        self.codes = ""
        for clause in clauses:
            self.codes += "C" if self.codes else ""
            told = [f for f in clause.findings if self._is_told(clause, f)]
            self.found += [(len(self.codes) + f.at, f) for f in told]
            self.codes += clause.signs

    def _is_told(self, clause: Clause, one: ClauseFinding) -> bool:
        """True for what is affirmed, and for what is suspected rather than perhaps denied, gone or unlikely."""
        if one.polarity != "doubted":
            return one.polarity == "affirmed"
        denial = max((end for start, end in clause.denials if end <= one.start), default=None)
        last = self.text[denial : one.start].rpartition(",") if denial is not None else ("", "", "")
        denied = denial is not None and not (last[1] and self.words["doubt"].search(last[2]))
        gone = self.words["not_told"].search(self.text, clause.start, min(self._end_of(one), clause.end))
        return not denied and not gone and not self._is_denied_beside(one)

    def _is_denied_beside(self, one: ClauseFinding) -> bool:
        """True if the sentence also denies it there: "loss of height of T12, without fracture"."""
        others = [f for f in self.all if f.finding.name == one.finding.name and f.polarity == "denied"]
        return any(not f.labels or not one.labels or set(f.labels) & set(one.labels) for f in others)

    def told(self) -> list[ClauseFinding]:
        """Each finding once, in the order of the text."""
        kept: list[ClauseFinding] = []
        guesses = 0  # that were taken for the last one kept
        vague: ClauseFinding | None = None  # the last one kept, before a guess named it
        last = end = 0
        for at, one in self.found:
            before = kept[-1] if kept else None
            between = _shortened(self.codes[last + 1 : at])
            same_sign = bool(kept) and last == at  # one finding of several structures
            first, last, before_end, end = last, at, end, one.end
            if before is None or same_sign:
                kept.append(one)
                guesses, vague = 0, None
            elif self._is_guess(before, one, between) or (
                guesses and one.polarity == "doubted" and _OR.fullmatch(self.text, before_end, one.start)
            ):
                vague, guesses = vague or before, guesses + 1
                favoured = guesses == 1 and self._is_favoured(before, one)
                kept[-1] = _named(before, one) if favoured else _placed(_placed(vague, before), one)
            elif self._is_same(before, one, between, first):
                kept[-1] = _placed(one, before) if one.labels else _placed(before, one)
            else:
                kept.append(one)
                guesses, vague = 0, None
        return [self._with_size(self._as_compound_says(one)) for one in kept] if len(kept) == 1 else kept

    def _with_size(self, one: ClauseFinding) -> ClauseFinding:
        """The only finding of a sentence with the only size in it, where nothing else can have that."""
        at, place = self.found[0][0], self.codes.find("Z")
        if one.millimetres or self.codes.count("Z") != 1 or len(self.sizes) != 1:
            return one
        between = _shortened(self.codes[at + 1 : place])
        near = _TO_SIZE.fullmatch(between) if place > at else re.fullmatch("[JjI]*", self.codes[place + 1 : at])
        size, millimetres = self.sizes[0]
        return replace(one, size=size, millimetres=millimetres) if near else one

    def _as_compound_says(self, one: ClauseFinding) -> ClauseFinding:
        """A vague finding by the name in "metastasenverdächtig"."""
        words = [m[1] for m in self.words["suspect"].finditer(self.text, self.start, self.end)]
        meant = [f for f, pattern in named_findings(self.language) if len(words) == 1 and pattern.fullmatch(words[0])]
        certain = one.finding.group == "generic" and len(meant) == 1 and meant[0].group != "generic"
        certain = certain and all(meant[0].can_lie_in(label) for label in one.labels)
        return replace(one, finding=meant[0]) if certain else one

    def _is_guess(self, before: ClauseFinding, one: ClauseFinding, between: str) -> bool:
        """True if the words between two findings guess that the first is the second."""
        words = self.text[before.end : self._end_of(one)]
        if one.polarity != "doubted" or not self.words["doubt"].search(words) or not _GUESSED.fullmatch(between):
            return False
        if one.finding.names_its_place or before.finding.names_its_place or self._is_elsewhere(one):
            return False
        one_kind = before.finding.name == one.finding.name
        one_kind = (
            one_kind
            or before.finding.group == "generic"
            or {before.finding.group, one.finding.group} <= {"generic", "mass"}
        )
        alternative = self.words["idle_guess"].search(words) is not None
        fits = all(one.finding.can_lie_in(label) for label in before.labels)
        return fits and (one_kind or alternative and not one.labels) and _agree(before, one)

    def _end_of(self, one: ClauseFinding) -> int:
        """Where the words about a finding end at the latest."""
        stop = re.compile(r"[,;:]").search(self.text, one.end, self.end)
        return stop.start() if stop else self.end

    def _is_favoured(self, before: ClauseFinding, one: ClauseFinding) -> bool:
        """True if a vague finding takes the name of a guess."""
        words = self.text[before.end : self._end_of(one)]
        vague = before.finding.group == "generic" and one.finding.group != "generic"
        return vague and bool(self.words["guess"].search(words)) and not self.words["idle_guess"].search(words)

    def _is_same(self, before: ClauseFinding, one: ClauseFinding, between: str, first: int) -> bool:
        """True if the second name describes what the first, whose sign is the `first`, has named."""
        if before.finding.names_its_place or not _agree(before, one):
            return False
        named = before.finding.name == one.finding.name
        if named and not before.labels and one.labels:
            sided = before.side in (None, one.side)
            alone = sided and re.fullmatch(r"(?:.*[C;])?[AJjMN]*", self.codes[:first])
            return bool(alone) and _NAMED_AGAIN.fullmatch(between) is not None
        described = one.finding.group == "generic" and before.finding.group != "generic"
        behind = bool(_WITH.fullmatch(between)) and not self._is_elsewhere(one)
        return behind and bool(before.labels) and not one.labels and (named or described)

    def _is_elsewhere(self, one: ClauseFinding) -> bool:
        """True if a place that we cannot read stands behind a finding."""
        at = next(k for k, other in self.found if other is one)
        return not one.labels and _ELSEWHERE.match(self.codes, at + 1) is not None


def _shortened(codes: str) -> str:
    """Signs between two findings, a mark that matches nothing if they are too many."""
    return codes if len(codes) <= _LONGEST else ";"


def _agree(one: ClauseFinding, other: ClauseFinding) -> bool:
    """True if two findings may lie in one place: the place of the one is that of the other, part of it, or unknown."""
    places = set(one.labels), set(other.labels)
    return places[0] <= places[1] or places[1] <= places[0]


def _named(one: ClauseFinding, guess: ClauseFinding) -> ClauseFinding:
    """A finding under the name of a guess."""
    return replace(_placed(one, guess), finding=guess.finding)


def _placed(one: ClauseFinding, other: ClauseFinding) -> ClauseFinding:
    """A finding with the place and the size that its other name has."""
    if not one.labels and other.labels:
        one = replace(one, structure=other.structure, where=other.where, side=other.side)
    if one.millimetres is None:
        one = replace(one, size=other.size, millimetres=other.millimetres)
    return one
