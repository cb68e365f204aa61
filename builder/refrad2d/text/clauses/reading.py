"""What the clauses of a text say: which finding of which structure, affirmed or denied, sizes, states, numbers.

    >>> [(c.findings[0].finding.name, c.findings[0].labels) for c in read_clauses("Leberzyste, Milz o. B.", "de", "CT")]
    [('cyst', ('liver',))]

Evidence or nothing: a finding has a structure only where the words between the two are known to connect them; an
unknown noun, "neben" or "adjacent to" leave it without. A sentence is read as a string of signs, one for each phrase
(see `clause_signs`), and the grammar is regular expressions over them. The words stand in clauses.yaml.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from refrad2d.labels import LANGUAGES
from refrad2d.text.clauses import grammar
from refrad2d.text.clauses.joined import (
    FINDING_FIRST,
    settle,
    with_apposition,
    with_ellipsis,
    without_heading,
    without_unplaced,
)
from refrad2d.text.clauses.measures import read_measures
from refrad2d.text.clauses.records import Clause, ClauseFinding, State, Structure
from refrad2d.text.clauses.signs import Sign, read_signs, split_signs, stored
from refrad2d.text.clauses.structures import name_structures, narrow, read_structures
from refrad2d.text.clauses.undone import with_lists_undone, with_taken_back
from refrad2d.text.findings import NamedFinding
from refrad2d.text.mentions import Mention
from refrad2d.text.sentences import split_sentences


def read_clauses(
    text: str, language: str, modality: str | None = None, *, mentions: Sequence[Mention] | None = None
) -> list[Clause]:
    """The clauses of a text in order.

    `modality` is "CT" or "MR", None for the classes of both. `mentions` are those of `find_mentions`, if at hand.
    ValueError for an unknown language or modality.
    """
    if language not in LANGUAGES:
        raise ValueError(f"Unknown language {language!r}. Choose from {', '.join(LANGUAGES)}.")
    found = read_structures(text, name_structures(text, language, modality) if mentions is None else mentions)
    clauses: list[Clause] = []
    words = patterns(language)
    for start, end in split_sentences(text, language):
        inside = [s for s in found if start <= s.start and s.end <= end]
        signs = read_signs(text, start, end, language, inside)
        signs = settle(without_heading(signs, text, language), text)
        codes = "".join(sign.code for sign in signs)
        asks, guess, ranges, begin = text[start:end].rstrip().endswith("?"), False, split_signs(codes), len(clauses)
        for first, last in ranges:
            goes_on = guess and codes[first - 1] in "CU" and FINDING_FIRST.match(codes, first)
            clauses.append(_Reader(text, language, signs[first:last], asks or bool(goes_on)).read())
            if len(clauses) > 1:
                clauses[-1] = with_ellipsis(clauses[-2], clauses[-1])
                clauses[-2] = with_apposition(text, language, clauses[-2], clauses[-1])
            guess = clauses[-1].doubted and any(f.polarity == "doubted" for f in clauses[-1].findings[:1])
        joints = "".join(codes[max(first - 1, 0)] for first, _ in ranges)
        clauses[begin:] = with_lists_undone(text, clauses[begin:], joints, [words["doubt"], words["denied_later"]])
    return [without_unplaced(text, words["of_place"], clause) for clause in with_taken_back(text, clauses)]


@dataclass
class _Reader:
    """Reads one clause from its signs."""

    text: str
    language: str
    signs: list[Sign]
    asks: bool

    def __post_init__(self):
        self.codes = "".join(sign.code for sign in self.signs)
        self.start, self.end = self.signs[0].start, self.signs[-1].end
        self.words = patterns(self.language)
        self.doubted = self.asks or bool(self.words["doubt"].search(self.text, self.start, self.end))

    def read(self) -> Clause:
        measures = tuple(read_measures(self.text, self.start, self.end))
        states = tuple(self._states())
        return Clause(
            start=self.start,
            end=self.end,
            structures=tuple(sign.structure for sign in self.signs if sign.structure),
            findings=tuple(
                one
                for at, s in enumerate(self.signs)
                if s.finding
                for one in self._findings(at, s.finding)
                if not self._is_idle(s, one)
            ),
            states=states,
            measures=measures,
            sides=tuple(side for sign in self.signs for side in sign.sides),
            denials=tuple((s.start, s.end) for s in self.signs if s.code in "Dn"),
            doubted=self.doubted,
            signs=self._known_codes(states),
            sizes=tuple(sign.value for sign in self.signs if sign.code == "Z"),
        )

    def _known_codes(self, states: Sequence[State]) -> str:
        """The signs, X for a state word that means nothing of the structures here."""
        bound, read = stored(self.language)["state_of"], {state.start for state in states}
        idle = {k for k, s in enumerate(self.signs) if s.code == "T" and s.value[0][0] in bound and s.start not in read}
        return "".join("X" if k in idle else code for k, code in enumerate(self.codes)) if idle else self.codes

    def _is_idle(self, sign: Sign, one: ClauseFinding) -> bool:
        """True for words that hint at a finding of some structures, where they are not said of one."""
        if sign.value is None:
            return False
        place = one.structure
        if not place or "/" in self.text[place.start : place.end] or one.polarity == "denied":  # "L4/5" is a disc
            return True
        fits = all(any(fnmatchcase(label, glob) for glob in sign.value) for label in place.labels)
        return not fits or bool(set(self.codes[: one.at]) & set("Dn"))

    def _finding(self, at: int, finding: NamedFinding) -> ClauseFinding:
        sign, polarity = self.signs[at], self._polarity(at)
        structure, where = self._place(at, finding, polarity)
        if structure and not all(finding.can_lie_in(label) for label in structure.labels):
            structure, where = None, "unclear"
        size, millimetres = self._size(at) if polarity == "affirmed" else (None, None)
        count = self._count(at)
        return ClauseFinding(
            sign.start,
            sign.end,
            finding,
            polarity,
            structure,
            where,
            self._side(at, structure),
            size,
            millimetres,
            count or None,
            count not in (None, 1) or bool(self.words["plural"].search(self.text[sign.start : sign.end])),
            at,
        )

    def _findings(self, at: int, finding: NamedFinding) -> list[ClauseFinding]:
        """A finding once for each of the structures that the clause states it of: "Infarkt der Milz und der Niere"."""
        one = self._finding(at, finding)
        more = self._shared(at, one)
        if not more:
            return [one]
        if not all(finding.can_lie_in(label) for structure in more for label in structure.labels):
            return [replace(one, structure=None, where="unclear", side=None)]
        return [self._at(one, structure) for structure in more]

    def _at(self, one: ClauseFinding, structure: Structure) -> ClauseFinding:
        side = structure.side
        return replace(
            one, structure=structure, where="said", side=side, size=None, millimetres=None, count=None, several=True
        )

    def _shared(self, at: int, one: ClauseFinding) -> list[Structure]:
        """The structures that share a finding: those of a list, and both of a pair where the text says "both"."""
        if self._said_polarity(at) == "doubted" or one.finding.names_its_place:
            return []
        codes, last = self.codes, one.polarity == "denied"
        behind = grammar.ALL_BEHIND.fullmatch(codes, at + 1)
        if self._is_predicate(at) and codes[:at].count("S") > 1 and not behind and not last:
            found = [s.structure for s in self.signs[:at] if s.code == "S"]
            return [part for structure in found for part in self._both(structure) or [structure]]
        before = grammar.ALL_BEFORE.fullmatch(codes, 0, at)
        if behind:
            places = range(at + 1, len(codes))
        elif before and (last or before["denied"] is None):
            places = range(before.end("list"))
        elif one.structure:
            return self._both(one.structure)
        else:
            return []
        found = [sign.structure for sign in self.signs[places.start : places.stop] if sign.code == "S"]
        return [part for structure in found for part in self._both(structure) or [structure]]

    def _both(self, structure: Structure) -> list[Structure]:
        """The two sides of a structure beside which the text says "both", nothing if it does not."""
        said = {sign.sides for sign in self.signs if sign.code == "I"}
        pair = structure.side == "both" and said == {("both",)} and self.codes.count("S") + self.codes.count("B") == 1
        pair = pair or structure.side == "both" and self._says_both(structure)
        return [narrow(structure, side) for side in ("left", "right")] if pair else []

    def _says_both(self, structure: Structure) -> bool:
        """True if "both" stands directly before the structure, adjectives between."""
        at = next((k for k, sign in enumerate(self.signs) if sign.structure is structure), 0)
        before = re.search(r"I[AJj]*$", self.codes[:at])
        return before is not None and self.signs[before.start()].sides == ("both",)

    def _place(self, at: int, finding: NamedFinding, polarity: str) -> tuple[Structure | None, str]:
        """The structure that a finding is stated of, and how sure that is."""
        codes, sign = self.codes, self.signs[at]
        if finding.names_its_place:
            return None, "own"
        if sign.structure:
            listed = re.search(r"S[CUR]+[AGIJj]*$", codes[:at])
            return (None, "unclear") if listed else (sign.structure, "said")
        behind = grammar.WHERE.match(codes, at + 1)
        if behind:
            if grammar.LISTED.match(codes, behind.end()):
                return None, "unclear"
            return self.signs[behind.end() - 1].structure, "said"
        if grammar.BESIDE.fullmatch(codes, at + 1) and not grammar.GOVERNED.search(codes[:at]):
            return self.signs[at + 1].structure, "said"
        if self._is_predicate(at) and codes[:at].count("S") == 1 and polarity != "denied":
            return next(s.structure for s in self.signs if s.code == "S"), "said"
        if grammar.PLACE_BEHIND.match(codes, at + 1) and not grammar.OWN_PART.match(codes, at + 1):
            return None, "unclear"
        before = self._adjective(at) or self._subject(at, polarity) or self._described(at, polarity)
        if before:
            return before, "said"
        alone = "S" not in codes and "B" not in codes[:at] and grammar.ALONE.fullmatch(codes[:at])
        return None, "open" if alone and not re.search("[XOGH]", codes[at + 1 :]) else "unclear"

    def _adjective(self, at: int) -> Structure | None:
        """ "hepatic cyst", "left kidney stone"."""
        near = self.language == "en" or self.text[self.signs[at].start].islower()  # "Aorta verkalkt"
        match = re.search(r"S[Jj]*$", self.codes[:at]) if near else None
        if match and self.language == "de" and "H" in self.codes[: match.start()]:  # "Milz neben der Aorta verkalkt"
            return None
        if not match or re.search(r"[SB][CUR]+[AGIJj]*$", self.codes[: match.start()]):
            return None
        return self.signs[match.start()].structure

    def _subject(self, at: int, polarity: str) -> Structure | None:
        """The subject of the clause, where a verb, "mit" or a colon connects it with the finding."""
        if polarity == "denied" and re.search("[FB]", self.codes[:at]) and self._may_describe(at):
            return None
        match = grammar.OF_SUBJECT.fullmatch(self.codes, 0, at)
        if not match and polarity == "denied":  # "Hirnödem, keine Blutung": the denial covers at least the brain
            match = grammar.DENIED_BESIDE.fullmatch(self.codes, 0, at)
            return self.signs[match.start("subject")].structure if match else None
        if not match or (match["denied"] is not None and polarity != "denied"):
            return None
        if match["exists"] is not None and match["in"] is None:
            return None
        structure = self.signs[match.start("subject")].structure
        own = [self.signs[k].sides[0] for k in range(at) if self.codes[k] == "I" and k > match.start("subject")]
        after = re.match(r"I", self.codes[at + 1 :]) and self.signs[at + 1].sides[0]
        said = {*own, *([after] if after else [])}
        if not said or structure.side is None:
            return structure
        if structure.side == "both" and len(said) == 1 and not said & {"both"}:
            return narrow(structure, said.pop())
        return structure if said == {structure.side} else None

    def _is_predicate(self, at: int) -> bool:
        """True for a participle that is said of the subjects before it: "Die Aorta ist verkalkt"."""
        word = self.text[self.signs[at].start : self.signs[at].end]
        near = self.words["predicate"].fullmatch(word) is not None
        return near and grammar.PREDICATE_OF.fullmatch(self.codes, 0, at) is not None

    def _described(self, at: int, polarity: str) -> Structure | None:
        """The subject of a participle, or of a description that a guess at the finding ends."""
        before = self.signs[:at]
        subjects = [sign.structure for sign in before if sign.structure]
        if len(subjects) != 1 or polarity == "denied":
            return None
        if self._is_predicate(at):
            return subjects[0]
        guess = self.words["guess"].search(self.text, subjects[0].end, self.signs[at].start)
        if polarity != "doubted" or not guess or self.words["idle_guess"].search(self.text, self.start, self.end):
            return None
        name, finding = self.text[self.signs[at].start :].casefold(), self.signs[at].finding
        if not finding or not name.startswith(finding.names[self.language][:4].casefold()):  # "Mammakarzinom"
            return None
        plain = [s for s in before if s.end <= guess.start()]
        said = "".join("J" if s.code == "X" and self._is_german_word(s) else s.code for s in plain)
        return subjects[0] if grammar.GUESS_OF.fullmatch(said) and self._is_mere(at, guess) else None

    def _is_german_word(self, sign: Sign) -> bool:
        """True for a German word that is no noun."""
        return self.language == "de" and self.text[sign.start].islower()

    def _is_mere(self, at: int, guess: re.Match) -> bool:
        """True if nothing but the words of a guess stands before a finding, and no place behind it."""
        between = "".join(s.code for s in self.signs[:at] if s.start >= guess.end())
        return re.fullmatch(r"[AGJMNWHOY]*", between) is not None and not re.search("[OGHSBF]", self.codes[at + 1 :])

    def _may_describe(self, at: int) -> bool:
        """True for what may be a trait of another finding: "Leber mit Zyste, keine Verkalkung"."""
        finding = self.signs[at].finding
        return finding is not None and finding.name in grammar.TRAITS

    def _side(self, at: int, structure: Structure | None) -> str | None:
        """The side of a finding: that of its structure, or a side word that touches it."""
        if structure and structure.side:
            return structure.side
        codes = self.codes
        near = re.match(r"Z?C?(I)", codes[at + 1 :])
        if near and not re.match(r"[AJ]*[SFX]", codes[at + 1 + near.end() :]):
            return self.signs[at + 1 + near.start(1)].sides[0]
        near = re.search(r"(I)[Jj]*$", codes[:at])
        return self.signs[near.start(1)].sides[0] if near else self._side_touched(at)

    def _side_touched(self, at: int) -> str | None:
        """The side of what lies in the chest beside the lung: "pleural effusion adjacent to the left lower lobe"."""
        finding, behind = self.signs[at].finding, grammar.TOUCHED.match(self.codes, at + 1)
        words = self.text[self.start : self.signs[at].start]
        if not finding or not finding.names_its_place or finding.group != "chest":
            return None
        if behind:
            touched = self.signs[behind.end() - 1].structure
        elif grammar.TOUCHING.fullmatch(self.codes, 0, at) and self.words["touching"].search(words):
            touched = next(sign.structure for sign in self.signs if sign.structure)
        else:
            return None
        only = {side for sign in self.signs for side in sign.sides} == {touched.side}
        return touched.side if only and all(label.startswith("lung_") for label in touched.labels) else None

    def _size(self, at: int) -> tuple[str | None, float | None]:
        """The only size of the clause, if it stands beside its only affirmed finding."""
        codes = self.codes
        if codes.count("Z") != 1 or sum(codes.count(code) for code in "FB") != 1:
            return None, None
        z = codes.index("Z")
        if not (
            re.fullmatch(r"[JjI]*S?[Jj]*", codes[z + 1 : at]) and z < at or grammar.SIZE_BEHIND.match(codes, at + 1)
        ):
            return None, None
        return self.signs[z].value

    def _count(self, at: int) -> int | None:
        """2 for "two cysts", 0 for "several", None if nothing counts it."""
        near = re.search(r"(N)[IJjS]*$", self.codes[:at])
        if not near or near.start(1) and self.codes[near.start(1) - 1] == "P":
            return None
        return self.signs[near.start(1)].value

    def _polarity(self, at: int) -> str:
        """affirmed, denied or doubted; a denial that may or may not reach the finding is doubt."""
        polarity = self._said_polarity(at)
        return "doubted" if polarity == "affirmed" and self.signs[at].value else polarity

    def _said_polarity(self, at: int) -> str:
        codes, sign = self.codes, self.signs[at]
        behind = self.text[sign.end : self.end]
        if self.asks or self.words["doubt"].search(self.text, self.start, sign.end):
            return "doubted"
        after = re.split(r"[,;:]", behind, maxsplit=1)
        denial = codes.rfind("D", 0, at)
        if grammar.DENIED_BEHIND.fullmatch(codes, at + 1):
            return "denied" if denial < 0 and "n" not in codes[:at] else "doubted"
        if self.words["doubt"].search(behind):
            guess = len(after) == 2 and self.words["guess_behind"].match(behind[len(after[0]) :])
            if self.words["doubt"].search(after[0]) or not guess or denial >= 0:
                return "doubted"
        if grammar.GOVERNED.search(codes[:at]) or grammar.NOT_THERE.search(codes, at + 1):
            return "doubted"
        said_before = denial < 0 and "n" not in codes[:at]
        first = re.split(r"[,;:]", self._without_places(at), maxsplit=1)[0]
        if self.words["denial_after"].search(first):
            return "denied" if said_before else "doubted"
        if self.words["denied_later"].search(first) or not said_before and denial < 0:
            return "doubted"
        if denial < 0:
            return "doubted" if self._is_unread(at) else "affirmed"
        if "n" in codes[:at]:
            return "doubted"
        between = codes[denial + 1 : at]
        if "Z" in codes[at + 1 :]:  # "keine Zyste … größer 1 cm"
            return "doubted"
        if grammar.DIRECT.fullmatch(between):
            return "denied"
        if grammar.NO_SUBJECT.fullmatch(codes, 0, at):
            return "denied"
        neither = grammar.ALL_BEFORE.fullmatch(codes, 0, at)
        return "denied" if neither and neither["neither"] or self._list_is_denied(at) else "doubted"

    def _is_unread(self, at: int) -> bool:
        """True if a verb behind a finding says of it what we do not know, or a denial at the end denies it."""
        match = grammar.UNREAD.match(self.codes, at + 1)
        if match is None or match[1] is None:
            return bool(match or grammar.NONE.match(self.codes, at + 1))
        verb = self.signs[match.start(1)]
        return self.text[verb.start : verb.end].casefold() in ("has", "have", "had", "hat", "haben", "hatte", "hatten")

    def _without_places(self, at: int) -> str:
        """The text behind a finding, past the structure that follows ("… in der Leber nicht nachweisbar")."""
        match = grammar.WHERE.match(self.codes, at + 1)
        last = self.signs[match.end() - 1] if match else self.signs[at]
        states = [s for s in self.signs if s.code == "T" and s.start >= last.end]
        text = self.text[last.end : self.end]
        for sign in states:  # "not enlarged" denies a state, not the finding
            text = text.replace(self.text[sign.start : sign.end], " " * (sign.end - sign.start))
        return text

    def _list_is_denied(self, at: int) -> bool:
        """True for a member of a list that its denial covers: "keine Zyste, Raumforderung oder Stein"."""
        first = self.codes.find("D")
        match = grammar.DENIED_LIST.fullmatch(self.codes, first + 1, at)
        if not match:
            return False
        joined, rest = match[0], self.codes[at + 1 :]
        if "R" in joined or re.match(r"(?:[CR]+[AGjIS]*[FB])*?[CR]*R[AGjIS]*[FB]", rest):
            return True
        return "C" not in joined and not rest.strip("I")

    def _states(self) -> list[State]:
        if self.doubted:
            return []
        found: list[State] = []
        for at, sign in enumerate(self.signs):
            if sign.code != "T":
                continue
            for structure in self._bearers(at):
                for kind, holds in sign.value:
                    if kind == "normal" and "D" in self.codes[:at]:
                        continue
                    found.append(State(sign.start, sign.end, kind, holds, structure))
        return [replace(state, kind=self._kind(state)) for state in found if self._kind(state)]

    def _kind(self, state: State) -> str:
        """What a state is of its structure: "widened" means enlarged of a heart, and "" where it means nothing."""
        meant = stored(self.language)["state_of"].get(state.kind)
        labels = state.structure.labels if state.structure else ()
        return state.kind if meant is None else meant.get(labels[0], "") if len(labels) == 1 else ""

    def _bearers(self, at: int) -> list[Structure]:
        """The structures that a state is said of."""
        codes = self.codes
        if (
            codes[at + 1 : at + 2] in grammar.AFTER_STATE or codes[at + 1 : at + 3] in ("HZ", "OZ")
        ) and grammar.SUBJECTS.fullmatch(codes, 0, at):
            if "P" in codes[:at] and self.signs[at].value[0][0] != "thickened":
                return []
            return [sign.structure for sign in self.signs[:at] if sign.code == "S"]
        match = grammar.ATTRIBUTE.match(codes, at)
        if match and self.language == "en" and codes[match.end() : match.end() + 1] == "X":  # "enlarged gastric folds"
            return []
        more = grammar.MORE_BEARERS.match(codes, match.end()) if match else None
        if more and re.fullmatch(r"[MAGI]*", codes[:at]):
            return [sign.structure for sign in self.signs[at : more.end()] if sign.code == "S"]
        if match and re.fullmatch(r"[MAGI]*", codes[:at]) and not grammar.LISTED.match(codes, match.end()):
            return [self.signs[match.end() - 1].structure]
        return []


@cache
def patterns(language: str) -> dict[str, Any]:
    """The phrases of clauses.yaml as regular expressions."""
    return {name: re.compile(find, re.IGNORECASE) for name, find in stored(language)["phrases"].items()}
