"""The findings that a report states, and how those of two reports agree.

    >>> read_findings("The liver shows a cyst measuring 20 mm.", "en", "CT")
    [Stated(name='cyst', places=frozenset({'liver'}), millimetres=20.0)]

A finding is what our reader of clauses affirms or suspects (`refrad2d.text.clauses`), or an abnormal state of a
structure ("enlarged"). Two agree if name and place are equal; a metastasis named where a cyst is counts twice, as
false and as missed. Definitions: docs/evaluation.md.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from radgrounder.metrics.intervals import SAMPLES, Figure, figure
from refrad2d.labels import is_label
from refrad2d.text.clauses.reading import read_clauses
from refrad2d.text.clauses.records import ABNORMAL, ClauseFinding
from refrad2d.text.clauses.told import told_findings

AS_STATES = {  # a finding that is the state of its one structure, named either way
    "hepatomegaly": ("enlarged", "liver"),
    "splenomegaly": ("enlarged", "spleen"),
    "cardiomegaly": ("enlarged", "heart"),
    "goitre": ("enlarged", "thyroid_gland"),
}
_WHOLE = ("emphysema",)  # one disease of both lungs, however it is said: "of the lungs", "of both lungs"


@dataclass(frozen=True)
class Stated:
    """A finding of a text: its name, the classes that it is stated of, its largest diameter where one is said."""

    name: str
    places: frozenset[str]
    millimetres: float | None = None
    side: str | None = None  # of one whose name is its place ("pleural effusion"); of others the classes have it

    @property
    def key(self) -> tuple[str, frozenset[str], str | None]:
        """What two texts must share: name and place, side included."""
        return self.name, self.places, self.side


@dataclass(frozen=True)
class FindingCounts:
    """Findings of one text: in both, said only, true only; `errors` are |said - true| / true of the sizes in both."""

    found: tuple[str, ...]
    false: tuple[str, ...]
    missed: tuple[str, ...]
    errors: tuple[float, ...]

    @property
    def precision(self) -> float:
        """Found of said; NaN where nothing is said."""
        said = len(self.found) + len(self.false)
        return len(self.found) / said if said else np.nan

    @property
    def recall(self) -> float:
        """Found of true; NaN where nothing is true."""
        true = len(self.found) + len(self.missed)
        return len(self.found) / true if true else np.nan

    @property
    def f1(self) -> float:
        """Twice the found over said and true together; NaN where both are empty."""
        both = 2 * len(self.found) + len(self.false) + len(self.missed)
        return 2 * len(self.found) / both if both else np.nan

    @property
    def size_error(self) -> float:
        """The mean of `errors`; NaN without any."""
        return float(np.mean(self.errors)) if self.errors else np.nan


def read_findings(text: str, language: str, modality: str) -> list[Stated]:
    """The findings that a text affirms or suspects, each once, in the order of the text; `modality` CT or MR."""
    return list(_read(text, language, modality))


@lru_cache(maxsize=8192)
def _read(text: str, language: str, modality: str) -> tuple[Stated, ...]:
    clauses = read_clauses(text, language, modality)
    stated: list[tuple[int, Stated]] = []
    whole: dict[str, int] = {}  # a disease of both lungs → where it stands in `stated`
    for said in told_findings(text, language, modality):  # "suspicious for metastases" is told too
        name = said.finding.name
        if name in whole and said.structure and stated[whole[name]][0] == said.start:
            before = stated[whole[name]][1]
            stated[whole[name]] = (said.start, replace(before, places=before.places | set(said.labels)))
            continue
        if name in _WHOLE:
            whole[name] = len(stated)
        stated += [(said.start, one) for one in _as_stated(said)]
    for clause in clauses:
        stated += [
            (state.start, _state_as_stated(state.kind, state.structure.labels))
            for state in clause.states
            if state.holds and state.kind in ABNORMAL and state.structure
        ]
    wide = {one.places for _, one in stated if one.name == "aneurysm"}  # "aneurysmal, dilated to 6 cm"
    ordered = [one for _, one in sorted(stated, key=lambda pair: pair[0])]
    kept = [one for one in ordered if not (one.name == "dilated" and one.places in wide)]
    return tuple({one.key: one for one in reversed(kept)}[key] for key in dict.fromkeys(one.key for one in kept))


def _state_as_stated(kind: str, labels: Sequence[str]) -> Stated:
    """A state as it counts: what is dilated of the brain are its ventricles."""
    name = "hydrocephalus" if (kind, *labels) == ("dilated", "brain") else kind
    return Stated(name, frozenset(labels))


def _as_stated(said: ClauseFinding) -> list[Stated]:
    """A finding as it counts: a state of its structure, with its only place, or with its side where it has no class."""
    name, place = AS_STATES.get(said.finding.name, (said.finding.name, ""))
    only = said.finding.places
    if not place and said.where == "open" and len(only) == 1 and is_label(only[0]):
        place = only[0]  # "Cholecystitis."
    if said.finding.names_its_place and said.side:
        sides = ("left", "right") if said.side == "both" else (said.side,)
        return [Stated(name, frozenset(), said.millimetres, side) for side in sides]
    return [Stated(name, frozenset((place,) if place else said.labels), said.millimetres)]


def count_findings(true: Sequence[Stated], said: Sequence[Stated]) -> FindingCounts:
    """How the findings of two texts agree."""
    there, named = {one.key: one for one in true}, {one.key: one for one in said}
    both = [key for key in there if key in named]
    sizes = [(there[key].millimetres, named[key].millimetres) for key in both]
    return FindingCounts(
        found=tuple(key[0] for key in both),
        false=tuple(key[0] for key in named if key not in there),
        missed=tuple(key[0] for key in there if key not in named),
        errors=tuple(abs(second - first) / first for first, second in sizes if first and second),
    )


def compare_findings(true: str, said: str, language: str, modality: str) -> FindingCounts:
    """How the findings that two texts state agree."""
    return count_findings(read_findings(true, language, modality), read_findings(said, language, modality))


def class_figures(
    counts: Sequence[FindingCounts], clusters: Sequence[Hashable], *, samples: int = SAMPLES, seed: int = 0
) -> dict[str, dict[str, Figure]]:
    """Precision, recall and F1 of each class of finding over all texts together ("micro"), the most frequent first.

    `counts` and `clusters` are one a text; "all" are all classes. Each finding said is right or wrong, each true one
    found or missed; F1 = 2·found / (said + true) is the mean of both kinds together. A figure's `n` is how many those
    are; 0 where a class is never said, or never true.
    """
    told: dict[str, list[tuple[bool, float, Hashable]]] = {}  # is it one that is said, is it in both, whose it is
    for one, who in zip(counts, clusters, strict=True):
        for names, value, sides in (
            (one.found, 1.0, (True, False)),
            (one.false, 0.0, (True,)),
            (one.missed, 0.0, (False,)),
        ):
            for name in names:
                for said in sides:
                    told.setdefault("all", []).append((said, value, who))
                    told.setdefault(name, []).append((said, value, who))
    out = {}
    for name in sorted(told, key=lambda name: (-len(told[name]), name != "all", name)):
        chosen = {"precision": (True,), "recall": (False,), "f1": (True, False)}
        out[name] = {
            measure: figure(
                [value for said, value, _ in told[name] if said in sides],
                [who for said, _, who in told[name] if said in sides],
                samples=samples,
                seed=seed,
            )
            for measure, sides in chosen.items()
        }
    return out
