"""What a clause says: structures, findings, states, measures. Offsets are into the whole text, ends exclusive."""

from dataclasses import dataclass, field

from refrad2d.text.clauses.measures import Measure
from refrad2d.text.findings import NamedFinding

ABNORMAL = ("enlarged", "dilated", "thickened", "obstructed")  # states that no unremarkable structure has


@dataclass(frozen=True)
class Structure:
    """A mention of anatomy. `side` is left, right, both (a paired structure, both or no side said) or None."""

    start: int
    end: int
    labels: tuple[str, ...]
    side: str | None
    negated: bool = False


@dataclass(frozen=True)
class ClauseFinding:
    """A finding. `polarity` is affirmed, denied or doubted.

    `structure` is what the clause states it of. `where` says how sure that is: "said" (with a structure), "own" (the
    name is the place), "open" (the clause names no place at all), "unclear" (a place that we cannot read). `size` is
    its measure as written, `millimetres` the largest diameter; `count` how many, where a number says so; `several` if
    more than one or unknown how many; `at` the place of its sign in `Clause.signs`.
    """

    start: int
    end: int
    finding: NamedFinding
    polarity: str
    structure: Structure | None = None
    where: str = "unclear"
    side: str | None = None
    size: str | None = None
    millimetres: float | None = None
    count: int | None = None
    several: bool = False
    at: int = field(default=0, repr=False, compare=False)

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes of the structure, () if there is none."""
        return self.structure.labels if self.structure else ()


@dataclass(frozen=True)
class State:
    """How a structure looks as a whole: `kind` is normal, enlarged, dilated, …; `holds` whether it is so."""

    start: int
    end: int
    kind: str
    holds: bool
    structure: Structure | None


@dataclass(frozen=True)
class Clause:
    """A clause; all offsets are into the whole text, ends exclusive. `sides` are all side words, those in structures
    included; `denials` the ranges of words that deny; `doubted` if anything in it is a guess; `sizes` are all sizes as
    written, with their largest diameter in mm."""

    start: int
    end: int
    structures: tuple[Structure, ...] = ()
    findings: tuple[ClauseFinding, ...] = ()
    states: tuple[State, ...] = ()
    measures: tuple[Measure, ...] = ()
    sides: tuple[str, ...] = ()
    denials: tuple[tuple[int, int], ...] = ()
    doubted: bool = False
    signs: str = field(default="", repr=False, compare=False)
    sizes: tuple[tuple[str, float], ...] = field(default=(), repr=False, compare=False)
