"""What the text of a slice makes certain about what the slice shows: the ground on which questions stand.

    >>> known = read_known(view)
    >>> known.has("cyst", "liver"), known.lacks("stone", "spleen")
    (True, True)

A finding counts where the slice shows it: a finding of its kind in the mask, or the structure that its clause names. A
denial counts for the visible structures that its clause names. Whatever the text doubts, places unclearly or
contradicts counts for nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache

from refrad2d.labels import is_label
from refrad2d.questions.continued import ANYTHING, SOUND, carried_on, half_told, is_cut, spread
from refrad2d.questions.view import View
from refrad2d.text.clauses.reading import patterns, read_clauses
from refrad2d.text.clauses.records import ABNORMAL, Clause, ClauseFinding, State, Structure
from refrad2d.text.findings import NamedFinding, kinds_of, named_findings
from refrad2d.text.lexicon import side_of
from refrad2d.text.sentences import split_sentences

_HOSTS = {f"kidney_cyst_{side}": f"kidney_{side}" for side in ("left", "right")}  # a class that is a finding
_WITH_PARTS = frozenset(  # classes that names of their parts can stand for
    "brain skull heart colon liver spleen pancreas stomach gallbladder thyroid_gland duodenum spinal_cord "
    "kidney_left kidney_right".split()
)
_ARTICLES = frozenset("der die das den dem des ein eine einer the a an left right links rechts linke rechte".split())
_VAGUE = ("generic", "mass")
_FOCAL = ("mass", "abscess", "hematoma", "infarct", "osteolysis")  # what "no focal lesion" denies, by group or name


Said = tuple[NamedFinding, tuple[str, ...]]  # a finding and the classes that it is stated of, () if unclear


@dataclass(frozen=True)
class Shown:
    """An affirmed finding that the slice shows. `label` is its one structure, visible, or None."""

    said: ClauseFinding
    label: str | None
    side: str | None

    @property
    def finding(self) -> NamedFinding:
        """What it is."""
        return self.said.finding


@dataclass
class Known:
    """All that is certain. `states` is structure → kind → whether it holds; `normal` and `abnormal` are structures."""

    shown: list[Shown] = field(default_factory=list)
    denied: set[tuple[NamedFinding, str]] = field(default_factory=set)
    absent: set[NamedFinding] = field(default_factory=set)  # denied for the whole picture
    affirmed: list[Said] = field(default_factory=list)  # shown or not
    elsewhere: tuple[Said, ...] = ()  # affirmed by the text of another slice of the study
    doubted: set[str] = field(default_factory=set)  # names of findings without a certain place or polarity
    perhaps: list[Said] = field(default_factory=list)  # doubted, but for a certain structure
    states: dict[str, dict[str, bool]] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)  # structure → the one clause about it
    unsure: set[str] = field(default_factory=set)  # structures of clauses with a doubt
    unread: set[str] = field(default_factory=set)  # structures of which something is said that we cannot read

    def has(self, name: str, label: str) -> bool:
        """True if the structure certainly has the finding."""
        if name in self.doubted or any(f.name == name and label in labels for f, labels in self.perhaps):
            return False
        return any(s.finding.name == name and s.label == label for s in self.shown)

    def lacks(self, finding: NamedFinding, label: str) -> bool:
        """True if the text denies the finding for the structure and says nothing to the contrary."""
        return (finding, label) in self.denied and not self.speaks_of(finding, label)

    def speaks_of(self, finding: NamedFinding, label: str) -> bool:
        """True if the text affirms, doubts or places unclearly what could be this finding in this structure."""
        if finding.name in self.doubted:
            return True
        said = (*self.affirmed, *self.perhaps, *self.elsewhere)
        return any(_alike(finding, other) and (not labels or label in labels) for other, labels in said)

    @property
    def single(self) -> list[Shown]:
        """Findings that "this cyst" can mean: the only ones of their kind in the study, said once."""
        names = [finding.name for finding, _ in (*self.affirmed, *self.perhaps)]
        return [
            one
            for one in self.shown
            if names.count(one.finding.name) + names.count(ANYTHING.name) == 1
            and not one.said.several
            and one.finding.name not in self.doubted
            and one.finding.gender != "p"
            and all(one.label in labels for other, labels in self.elsewhere if _alike(one.finding, other))
        ]

    @property
    def normal(self) -> list[str]:
        """Structures that the text calls unremarkable and of which it says nothing else."""
        ill = {label for _, labels in (*self.affirmed, *self.perhaps, *self.elsewhere) for label in labels}
        ill |= self.unsure | self.unread
        told = [o for o, kinds in self.states.items() if kinds.get("normal") and o not in ill and not _abnormal(kinds)]
        loose = [f for f, labels in (*self.affirmed, *self.perhaps, *self.elsewhere) if not labels]
        return [o for o in told if not any(f.can_lie_in(o) for f in loose)]

    @property
    def intact(self) -> list[str]:
        """Structures that the text calls intact, but not unremarkable, and of which it says nothing unread."""
        whole = [label for label, kinds in self.states.items() if kinds.get("intact")]
        return [label for label in whole if label not in self.unread | self.unsure | set(self.normal)]

    @property
    def abnormal(self) -> list[str]:
        """Structures with a finding that is shown, or an abnormal state."""
        named = [s.label for s in self.shown if s.label and s.finding.name not in self.doubted]
        return list(dict.fromkeys([*named, *(o for o, kinds in self.states.items() if _abnormal(kinds))]))


def _abnormal(kinds: dict[str, bool]) -> bool:
    return any(kinds.get(kind) for kind in ABNORMAL)


def _alike(one: NamedFinding, other: NamedFinding) -> bool:
    """True if the one can be called the other: "lesion" and "cyst"."""
    if ANYTHING in (one, other):
        return True
    vague = "generic" in (one.group, other.group)
    both = {one.group, other.group} <= set(_VAGUE) or "pulmonary_nodule" in (one.name, other.name)
    focal = "lesion" in (one.name, other.name) and bool({one.group, other.group, one.name, other.name} & set(_FOCAL))
    return one.name == other.name or vague and (both or focal)


def read_known(view: View) -> Known:
    """What is certain about a slice in its language."""
    known = Known(elsewhere=tuple(view.elsewhere))
    if not view.text or not (view.masked or view.named):
        return known
    conflicts: dict[tuple[str, str], set[bool]] = {}
    clauses = _clauses(view.text, view.language, view.row["modality"])
    known.affirmed += [(finding, ()) for finding in carried_on(view.text, clauses, view.language)]
    reached = spread(view.text, clauses, view.language, _sentences(view.text, view.language))
    known.affirmed += [(finding, _hosts(labels)) for finding, labels in reached]
    for clause in clauses:
        for said in clause.findings:
            _add_finding(known, view, clause, said)
        _add_words(known, view, clause)
        if clause.doubted:
            known.unsure |= {label for structure in clause.structures for label in structure.labels}
        known.unread |= _unread(clause)
        _add_states(known, view, clause, conflicts)
    for label in _hosts(tuple(sorted(half_told(view.text, clauses, view.language)))):
        known.unread.add(label)
        known.said[label] = ""
    for (label, kind), holds in conflicts.items():
        if len(holds) == 1 and label not in known.unsure and not (kind == "intact" and _is_hurt(known, label)):
            known.states.setdefault(label, {})[kind] = holds.pop()
    return known


def _add_states(known: Known, view: View, clause: Clause, said: dict[tuple[str, str], set[bool]]) -> None:
    """Gather the states of the visible structures; that of a part makes none of the whole, nor is the whole sound."""
    for state in clause.states:
        labels = _hosts(state.structure.labels) if state.structure else ()
        if state.structure and _is_part(view, state.structure) and not _covers(state, labels):
            known.unread |= set(labels) if SOUND.get(state.kind) is not state.holds else set()
        elif state.kind in view.words["states"]:
            for label in (one for one in labels if one in view.speakable):
                said.setdefault((label, state.kind), set()).add(state.holds)


def _is_part(view: View, structure: Structure) -> bool:
    """True for the name of a part, "Kleinhirn" of the brain, of which the whole need not be as the part is."""
    whole = set(structure.labels) <= _WITH_PARTS
    return whole and bool(patterns(view.language)["part_name"].search(view.text, structure.start, structure.end))


def _covers(state: State, labels: tuple[str, ...]) -> bool:
    """True for what a part makes of the whole: a colon is thickened where the sigmoid is."""
    return state.kind == "thickened" and state.holds and "heart" not in labels


def _is_hurt(known: Known, label: str) -> bool:
    """True if the text goes on with what it does not tell, or with a fracture that may be there."""
    if label in known.unread:
        return True
    said = [(f, labels) for f, labels in (*known.affirmed, *known.perhaps, *known.elsewhere) if f.name == "fracture"]
    return any(label in labels if labels else finding.can_lie_in(label) for finding, labels in said)


def _unread(clause: Clause) -> set[str]:
    """The structures of a clause in which words that we do not know may state something of them."""
    if not set(clause.signs) & set("XJ") or not clause.structures:
        return set()
    read = [f.structure for f in clause.findings] + [state.structure for state in clause.states]
    return {label for s in clause.structures if s not in read for label in _hosts(s.labels)}


@lru_cache(maxsize=4096)
def _clauses(text: str, language: str, modality: str) -> tuple[Clause, ...]:
    """Slices share sentences, and each text is read twice: to count and to ask."""
    return tuple(read_clauses(text, language, modality))


def said_findings(text: str, language: str, modality: str) -> set[Said]:
    """The findings that a text affirms or doubts, shown or not."""
    clauses = _clauses(text, language, modality)
    said = [said for clause in clauses for said in clause.findings if said.polarity != "denied"]
    return {
        *((one.finding, _place(one)) for one in said),
        *((finding, ()) for finding in carried_on(text, clauses, language)),
    }


def _add_words(known: Known, view: View, clause: Clause) -> None:
    """Keep the words about a structure, as long as one clause alone speaks of it; "" where several do."""
    words = view.text[clause.start : clause.end].strip(" ,;:")
    whole = clause.signs[-1:] not in tuple("WOGAHUDnY")  # not broken off: "… enthält"
    whole = whole and not is_cut(view.text, clause, view.language)
    certain = whole and not clause.doubted and len(clause.structures) == 1 and _says_more(view.text, clause)
    for label in dict.fromkeys(label for s in clause.structures for label in _hosts(s.labels)):  # a set has no order
        known.said[label] = words if certain and label not in known.said and label in view.speakable else ""


def _says_more(text: str, clause: Clause) -> bool:
    """True if a clause about one structure has more words than its name and an article."""
    named = clause.structures[0]
    words = f"{text[clause.start : named.start]} {text[named.end : clause.end]}".casefold()
    return bool(set(re.findall(r"\w+", words)) - _ARTICLES)


def _hosts(labels: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_HOSTS.get(label, label) for label in labels))


def _add_finding(known: Known, view: View, clause: Clause, said: ClauseFinding) -> None:
    finding, labels, polarity = said.finding, _place(said), _polarity(view, clause, said)
    if polarity == "denied":
        if said.structure and _is_part(view, said.structure):
            return
        if said.where == "said":
            denied = _denied_with(finding, view.language)
            known.denied |= {(one, label) for one in denied for label in labels if label in view.speakable}
        elif said.where == "own" and not (clause.structures or clause.sides or set(clause.signs) & set("OGHXW")):
            known.absent.add(finding)
        return
    if polarity == "doubted":
        if said.where == "said" and labels:
            known.perhaps.append((finding, labels))
        else:
            known.doubted.add(finding.name)
        return
    known.affirmed.append((finding, labels))
    label = labels[0] if len(labels) == 1 and labels[0] in view.speakable else None
    if label or _is_masked(view, said, labels):
        side = side_of(label) if label else said.side
        known.shown.append(Shown(said, label, side or said.side))


def _polarity(view: View, clause: Clause, said: ClauseFinding) -> str:
    """The polarity of a finding; what a denial excepts, and one of two that "or" leaves open, are in doubt."""
    if said.polarity == "denied":
        start, end = next(s for s in _sentences(view.text, view.language) if s[0] <= said.start < s[1])
        return "doubted" if patterns(view.language)["exception"].search(view.text, start, end) else "denied"
    if said.polarity == "affirmed":
        left = re.split("[CU;!]", clause.signs[: said.at])[-1]
        right = re.split("[CU;!]", clause.signs[said.at + 1 :])[0]
        return "doubted" if re.search("[FB].*R", left) or re.search("R.*[FB]|R$", right) else "affirmed"
    return said.polarity


@lru_cache(maxsize=4096)
def _sentences(text: str, language: str) -> tuple[tuple[int, int], ...]:
    return tuple(split_sentences(text, language))


@cache
def _denied_with(finding: NamedFinding, language: str) -> tuple[NamedFinding, ...]:
    """What a denial denies: where there is no lesion, there is no mass either."""
    if finding.name != "lesion":
        return (finding,)
    return (finding, *(one for one, _ in named_findings(language) if one.name == "mass"))


def _place(said: ClauseFinding) -> tuple[str, ...]:
    """The classes that a finding is stated of; a finding that has one place only is there."""
    places = said.finding.places
    if not said.structure and len(places) == 1 and is_label(places[0]):
        return places
    return _hosts(said.labels)


def _is_masked(view: View, said: ClauseFinding, labels: tuple[str, ...]) -> bool:
    """True if the slice has a mask of such a finding, and shows the structure that the text names, if it names one."""
    if said.where == "unclear" or view.masked and labels and not set(labels) & set(view.visible):
        return False
    kinds = {kind for found in view.row.get("findings") or () for kind in kinds_of(found["label"])}
    return said.finding.kind in kinds or view.named and not view.masked


def others(known: Known) -> Iterator[str]:
    """Names of the findings that the text leaves open or affirms."""
    yield from known.doubted
    yield from (finding.name for finding, _ in (*known.affirmed, *known.perhaps))
