"""Is a sentence of one slice true of another, by what the rows say? What is not certainly false is no opposite.

    >>> judge(read_sentence("Leber unauffällig.", "de"), facts_of(row, texts, looked))
    <Truth.UNKNOWN: 0>

A sentence is a conjunction of claims (a finding or a state of some structures, affirmed, denied or doubted). It is

- TRUE of a slice whose report says the same words, or states every claim;
- FALSE where the mask shows none of the structures that it names although it was looked for them, where the report
  contradicts a claim, or where it affirms a finding of which the report of another study says nothing: reports tell
  what is found. They do not tell all that is normal, so that a denial is never refuted by silence;
- UNKNOWN otherwise: sizes that differ, doubts, vague names, whatever else is found in the same place and may be the
  same thing by another name, slices of one study, words that nobody reads.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Any

from radgrounder.metrics.findings import AS_STATES
from refrad2d.labels import MODALITIES, is_label
from refrad2d.text.clauses.reading import read_clauses
from refrad2d.text.clauses.records import ABNORMAL, Clause, ClauseFinding
from refrad2d.text.findings import kinds_of
from refrad2d.text.mentions import find_mentions
from refrad2d.text.sentences import split_sentences

SAME_SIZE = 1.2  # sizes that differ by less are one
_VAGUE = ("generic", "mass")  # groups of findings that may be called each other
_STATE = "state"  # group of what a structure is as a whole
_SOUND = (
    "normal",
    "homogeneous",
    "intact",
    "patent",
    "aerated",
    "spared",
    "filled",
    "symmetrical",
)  # states of the well
_HOSTS = {f"kidney_cyst_{side}": f"kidney_{side}" for side in ("left", "right")}  # a class that is a finding


class Truth(IntEnum):
    """What the rows say of a sentence and a slice."""

    FALSE = -1
    UNKNOWN = 0
    TRUE = 1


@dataclass(frozen=True)
class Claim:
    """A finding or a state `name` of the classes `places`; `holds` is None where it is doubted or its place unclear.

    `places` are the finest classes of both modalities. `side` is left, right, both, None, or "unclear" where a side is
    said and we cannot tell of what.
    """

    name: str
    group: str  # of the finding, "state" for states
    places: frozenset[str]
    holds: bool | None
    side: str | None = None
    millimetres: float | None = None
    kind: str = ""  # what masks call the finding
    own: bool = False  # its name is its place ("ascites")


@dataclass(frozen=True)
class Sentence:
    """A sentence, its claims, and the classes that it names: `named` the finest, `places` those of each modality."""

    text: str
    language: str
    key: str  # its plain form
    claims: tuple[Claim, ...]
    named: frozenset[str]
    places: Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Facts:
    """What a row says of its slice. `shown` are the classes in its mask, `looked` those that masks of its kind have.

    `texts` are all sentences of its reports, in plain form; `unread` the classes of which something is said that nobody
    reads, None in place of a class that is not named either; `kinds` the kinds of finding in its mask.
    """

    patient: str
    study: str
    modality: str
    texts: frozenset[str]
    claims: tuple[Claim, ...]
    unread: frozenset[str | None]
    shown: frozenset[str]
    looked: frozenset[str]
    kinds: frozenset[str]


def plain(text: str) -> str:
    """A sentence without what does not change it: case, blanks, its full stop."""
    return " ".join(text.split()).rstrip(".").casefold()


@lru_cache(maxsize=65536)
def read_claims(text: str, language: str) -> tuple[Claim, ...]:
    """What a text claims, clause by clause."""
    return tuple(claim for clause in read_clauses(text, language) for claim in _claims_of(clause))


def _claims_of(clause: Clause) -> Iterator[Claim]:
    for one in clause.findings:
        finding, places = one.finding, _places(one.labels or _only_place(one))
        placed = bool(places) or one.where in ("own", "open")
        holds = {"affirmed": True, "denied": False}.get(one.polarity) if placed else None
        kind, place = AS_STATES.get(finding.name, ("", ""))
        if kind:  # "hepatomegaly" is an enlarged liver
            yield Claim(kind, _STATE, frozenset({place}), holds)
            continue
        side = one.side or ("unclear" if clause.sides and not places else None)
        yield Claim(
            finding.name, finding.group, places, holds, side, one.millimetres, finding.kind, finding.names_its_place
        )
    for state in clause.states:
        places = _places(state.structure.labels if state.structure else ())
        yield Claim(state.kind, _STATE, places, state.holds if places and not clause.doubted else None)


def _places(labels: Iterable[str]) -> frozenset[str]:
    return frozenset(_HOSTS.get(label, label) for label in labels)


def _only_place(one: ClauseFinding) -> tuple[str, ...]:
    """The gallbladder of "Cholecystitis." """
    only = one.finding.places
    return only if one.where == "open" and len(only) == 1 and is_label(only[0]) else ()


@lru_cache(maxsize=65536)
def read_unread(text: str, language: str) -> frozenset[str | None]:
    """The classes of clauses in which neither finding nor state is read; None where a whole sentence has nothing."""
    clauses = read_clauses(text, language)
    silent = [clause for clause in clauses if not clause.findings and not clause.states]
    found: set[str | None] = {label for clause in silent for s in clause.structures for label in _places(s.labels)}
    for start, end in split_sentences(text, language):
        inside = [clause for clause in clauses if start <= clause.start and clause.end <= end]
        if all(clause in silent and not clause.structures for clause in inside):
            found.add(None)
    return frozenset(found)


@lru_cache(maxsize=65536)
def read_sentence(text: str, language: str) -> Sentence:
    """A sentence on its own."""
    places = {
        modality: frozenset(label for found in find_mentions(text, language, modality) for label in found.labels)
        for modality in MODALITIES
    }
    named = _places(label for clause in read_clauses(text, language) for s in clause.structures for label in s.labels)
    return Sentence(text, language, plain(text), read_claims(text, language), named, places)


def facts_of(row: Mapping[str, Any], texts: Mapping[str, Sequence[str]], looked: frozenset[str]) -> Facts:
    """The facts of a row of the `grounded` config. `texts` are the sentences of its reports by language, `looked` the
    classes that masks of its kind have."""
    told = {name: report["findings"] for name, report in row["report"].items() if report and report["findings"]}
    claims = [claim for language, text in told.items() for claim in read_claims(text, language)]
    unread = [read_unread(text, language) for language, text in told.items()]
    hidden = bool((row.get("provenance") or {}).get("blanked"))  # filled boxes may hide a structure
    return Facts(
        patient=row["patient"],
        study=row["study"],
        modality=row["modality"],
        texts=frozenset(plain(text) for of_language in texts.values() for text in of_language),
        claims=tuple(dict.fromkeys(claims)),
        unread=frozenset.intersection(*unread) if unread else frozenset(),  # what one language reads is read
        shown=frozenset(found["label"] for found in row["objects"]),
        looked=frozenset() if hidden else looked,
        kinds=frozenset(kind for found in row["findings"] or () for kind in kinds_of(found["label"])),
    )


def looked_for(rows: Sequence[Mapping[str, Any]]) -> list[frozenset[str]]:
    """Of each row the classes that masks of its kind (segmenter, site, modality) have anywhere in the rows."""
    kinds = [(row["provenance"]["segmenter"], row["site"], row["modality"]) for row in rows]
    known: dict[tuple, set[str]] = {kind: set() for kind in kinds}
    for kind, row in zip(kinds, rows, strict=True):
        known[kind] |= {found["label"] for found in row["objects"]}
    frozen = {kind: frozenset(labels) for kind, labels in known.items()}
    return [frozen[kind] for kind in kinds]


# Judging


def judge(sentence: Sentence, facts: Facts, *, related: bool = False) -> Truth:
    """Whether the sentence is true of the slice; `related` if it is of the same study, which one report tells of."""
    if sentence.key in facts.texts:
        return Truth.TRUE
    if is_elsewhere(sentence.places[facts.modality], facts):
        return Truth.FALSE
    truths = {_judge(claim, facts, related) for claim in sentence.claims}
    if Truth.FALSE in truths:
        return Truth.FALSE
    told = frozenset(place for claim in sentence.claims for place in claim.places)
    return Truth.TRUE if truths == {Truth.TRUE} and sentence.named <= told else Truth.UNKNOWN


def is_elsewhere(places: frozenset[str], facts: Facts) -> bool:
    """True if the mask shows none of the classes although masks of its kind have all of them."""
    return bool(places) and places <= facts.looked and not places & facts.shown


def _judge(claim: Claim, facts: Facts, related: bool) -> Truth:
    if claim.holds is None:
        return Truth.UNKNOWN
    if claim.group == _STATE:
        return _judge_state(claim, facts, related)
    return _judge_finding(claim, facts, related) if claim.holds else _judge_denial(claim, facts)


def _judge_finding(claim: Claim, facts: Facts, related: bool) -> Truth:
    """An affirmed finding: stated, denied, perhaps meant by something else, or not there."""
    same = [one for one in facts.claims if one.name == claim.name and one.group != _STATE and _meets(one, claim)]
    if any(one.holds and _is_same(one, claim) for one in same):
        return Truth.TRUE
    if not any(one.holds is not False for one in same):
        normal = [one for one in facts.claims if one.name == "normal" and one.holds and _covers(one, claim)]
        if normal or any(_covers(one, claim) for one in same):
            return Truth.FALSE
    perhaps = any(_may_be(one, claim) for one in facts.claims)
    in_mask = bool(facts.kinds) and (claim.kind in facts.kinds or claim.group in _VAGUE or not claim.kind)
    return Truth.UNKNOWN if perhaps or in_mask or _is_open(claim, facts, related) else Truth.FALSE


def _judge_denial(claim: Claim, facts: Facts) -> Truth:
    """A denied finding: denied as well, contradicted, or not spoken of."""
    for one in facts.claims:
        lesion = claim.name == "lesion" and one.group in _VAGUE  # a cyst is a focal lesion
        if one.holds and one.group != _STATE and (one.name == claim.name or lesion) and _inside(one, claim):
            return Truth.FALSE
    denied = any(one.holds is False and one.name == claim.name and _covers(one, claim) for one in facts.claims)
    spoken = any(_may_be(one, claim) for one in facts.claims)
    return Truth.TRUE if denied and not spoken else Truth.UNKNOWN


def _judge_state(claim: Claim, facts: Facts, related: bool) -> Truth:
    """A state of structures: stated, contradicted, or not spoken of; an abnormal one is a finding."""
    here = [one for one in facts.claims if one.places & claim.places]
    same = [one for one in here if one.group == _STATE and one.name == claim.name and one.holds is not None]
    if any(one.holds != claim.holds and _inside(one, claim) for one in same):
        return Truth.FALSE
    if any(one.holds == claim.holds and _covers(one, claim) for one in same):
        return Truth.TRUE
    ill = [one for one in here if one.holds is not None and _is_ill(one)]
    if claim.name == "normal" and claim.holds:
        return Truth.FALSE if any(_inside(one, claim) for one in ill) else Truth.UNKNOWN
    if claim.name in ABNORMAL and claim.holds and not same and not ill:
        if any(one.name == "normal" and one.holds and _covers(one, claim) for one in here):
            return Truth.FALSE
        unplaced = any(one.holds and not one.places for one in facts.claims)
        doubted = unplaced or any(one.holds is None for one in here)
        return Truth.UNKNOWN if doubted or _is_open(claim, facts, related) else Truth.FALSE
    return Truth.UNKNOWN


def _is_open(claim: Claim, facts: Facts, related: bool) -> bool:
    """True if the report's silence means nothing: a sentence of it that stands with another slice tells the finding,
    something is said that nobody reads, a finding is doubted somewhere, or nothing is said at all."""
    unread = None in facts.unread or bool(claim.places & facts.unread) or (not claim.places and bool(facts.unread))
    doubted = any(one.holds is None and not one.places for one in facts.claims)
    return related or unread or doubted or not facts.texts


def _may_be(one: Claim, claim: Claim) -> bool:
    """True if what a report tells may be the claimed finding by another name: anything that is found in the same place,
    and without a place what may be called so."""
    if not _is_ill(one):
        return False
    bowel = claim.own and one.group == _STATE  # an ileus is dilated bowel
    return bool(one.places & claim.places) or bowel or (_meets(one, claim) and _alike(one, claim))


def _meets(one: Claim, other: Claim) -> bool:
    """True if two claims may be of one place: a class is shared, or one of them names none and the sides agree."""
    if one.places and other.places:
        return bool(one.places & other.places)
    vague = (None, "both", "unclear")
    return one.side in vague or other.side in vague or one.side == other.side


def _covers(one: Claim, other: Claim) -> bool:
    """True if what the one says of its places it says of the other's: what is denied everywhere is denied here."""
    if other.places:
        return other.places <= one.places
    return not one.places and (one.side in (None, "both") or one.side == other.side != "unclear")


def _inside(one: Claim, other: Claim) -> bool:
    """True if the places of the first are certainly among those of the second."""
    if one.places:
        return one.places <= other.places
    return not other.places and (other.side in (None, "both") or one.side == other.side != "unclear")


def _is_same(one: Claim, other: Claim) -> bool:
    """True if a stated finding is the claimed one: place, side and size."""
    if one.places != other.places or one.side != other.side or one.side == "unclear":
        return False
    mine, its = one.millimetres, other.millimetres
    return its is None or (mine is not None and max(mine, its) <= SAME_SIZE * min(mine, its))


def _alike(one: Claim, other: Claim) -> bool:
    """True if the one may be called the other, where they have no place in common: what is its own place (an effusion)
    by its kind, other findings by their group, and vague names any."""
    if one.name == other.name:
        return True
    if one.own or other.own:
        return bool(one.kind) and one.kind == other.kind
    if _STATE in (one.group, other.group):
        return False
    return one.group == other.group or "generic" in (one.group, other.group)


def _is_ill(one: Claim) -> bool:
    """True for a finding that is not denied, and for a state that no unremarkable structure has."""
    if one.group != _STATE:
        return one.holds is not False
    return one.holds is not (one.name in _SOUND)
