"""A benchmark is its rows, its prompts and its scoring, one file each: refrad2d, slake, vqa_rad, and forkme to copy.

    >>> benchmark = load_benchmark("refrad2d", "build/demo/dataset/refrad2d", limit=100)

A module of this folder is a benchmark by lying here: it states what is known of it as BENCHMARK, and has a function
`load(data, *, limit, seed, …)`. `radgrounder.evaluation.run` asks a model every item, scores the answers and puts
intervals on the figures of it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from importlib import import_module
from inspect import signature
from pkgutil import iter_modules
from types import MappingProxyType, ModuleType
from typing import Any, NamedTuple

import numpy as np

from radgrounder.inference.tasks import TASKS
from refrad2d.grounding import Parsed
from refrad2d.system.tables import read_csv
from refrad2d.windows import IMAGE_SIZE

SHARED = ("base", "priors", "questions")  # modules of this folder that are no benchmarks
EXAMPLE = "forkme"
BLANK = "blank"  # the key of the picture that shows nothing
ABSENT_ASKED = "absent"  # the model is asked for what is not there
GERMAN, GERMAN_ABSENT = "german", "german_absent"  # and for what is there and what is not, in German
ASKED = ("", ABSENT_ASKED, GERMAN, GERMAN_ABSENT)  # what judges the model itself; everything else is a control
OTHER = "other_patient"  # the control that answers with what is true of another patient
SHUFFLED = "shuffled"  # the control that shows the model another picture

Scores = dict[str, float]


@dataclass(frozen=True)
class Item:
    """One question to the model, or one answer of a control that needs no model (`given`).

    `control` is one of ASKED where the model is judged, "" by its main figures; else it names what was taken away from
    it ("shuffled", "blank_image", "text_only") or what answers in its place ("prior", "majority"). `image` is a key of
    the benchmark's pictures.
    `true` is the right answer, parsed. `cluster` is whom resampling keeps together: a patient or an image.
    """

    id: str
    task: str  # locate | report | vqa
    control: str
    image: str
    prompt: str
    true: Parsed
    cluster: str
    language: str
    kind: str = ""  # of a question: open | closed
    given: Parsed | None = None
    groups: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        if self.task not in TASKS:  # said before a model has answered for hours
            raise ValueError(f"Item {self.id!r} has the unknown task {self.task!r}. Choose from {', '.join(TASKS)}.")


class Column(NamedTuple):
    """A figure of results.json: section and name there, and the tasks, control and measure that it is the mean of."""

    section: str
    name: str
    tasks: tuple[str, ...]
    control: str
    measure: str

    @property
    def is_control(self) -> bool:
        """Whether it does not judge the model itself."""
        return self.control not in ASKED

    @property
    def is_difference(self) -> bool:
        """Whether it is what the model has more than a control."""
        return "_over_" in self.measure


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of a benchmark before its rows are read. Only `name` and `columns` are needed.

    `name` is the module's with hyphens, as on the command line. `columns` are its figures in results.json, `extra`
    those beyond the contract. `title` and `task` are what papers and the Hub's model index call it and its task.
    `layout` are the paper's columns and where our figure for each stands in results.json, `published` the file in data/
    with the figures of others (system, column, mean, half_width), `caveat` what to know before comparing with them.
    """

    name: str
    columns: Sequence[Column] = ()
    extra: Sequence[Column] = ()
    title: str = ""
    task: str = "image-text-to-text"
    layout: Mapping[str, Sequence[str]] = field(default_factory=dict)
    published: str = ""
    caveat: str = ""


@dataclass(frozen=True)
class Benchmark:
    """Rows, pictures and scoring.

    `picture` gives the RGB uint8 array (height, width, 3) of a key. `score` gives each item's measures by name, NaN or
    absence meaning "not scored"; `score_sure`, where there is one, is asked in its place, with how sure the model is
    that there is a box, by item id. `about` goes into results.json, `notes` are said to the reader.
    """

    facts: Facts
    items: Sequence[Item]
    picture: Callable[[str], np.ndarray]
    score: Callable[[Sequence[Item], Sequence[Parsed]], list[Scores]]
    score_sure: Callable[[Sequence[Item], Sequence[Parsed], Mapping[str, float]], list[Scores]] | None = None
    about: Mapping[str, Any] = field(default_factory=dict)
    notes: Sequence[str] = ()

    @property
    def name(self) -> str:
        """As on the command line."""
        return self.facts.name


def benchmark_names() -> list[str]:
    """The benchmarks that lie in this folder, as the command line names them; the example to copy comes last."""
    modules = [found.name for found in iter_modules(import_module(__package__).__path__) if found.name not in SHARED]
    return [name.replace("_", "-") for name in sorted(modules, key=lambda name: (name == EXAMPLE, name))]


def find_module(name: str) -> ModuleType:
    """The module of a benchmark. ValueError names the benchmarks there are."""
    names = benchmark_names()
    if name not in names:
        raise ValueError(f"Unknown benchmark {name!r}. Choose from {', '.join(names)}.")
    return import_module(f"{__package__}.{name.replace('-', '_')}")


def facts_of(name: str) -> Facts:
    """What is known of a benchmark: nothing but its name, where no module here has it or states no BENCHMARK."""
    module = find_module(name) if name in benchmark_names() else None
    return getattr(module, "BENCHMARK", Facts(name=name))


def read_published(name: str) -> dict[str, dict[str, str]]:
    """The published figures of a benchmark: system → column → "37.5 ±3.3"; empty where there are none."""
    systems: dict[str, dict[str, str]] = {}
    table = facts_of(name).published
    for row in read_csv(__package__, table) if table else ():
        half = f" ±{row['half_width']}" if row["half_width"] else ""
        systems.setdefault(row["system"], {})[row["column"]] = row["mean"] + half
    return systems


def load_benchmark(name: str, data: str, *, limit: int | None = None, seed: int = 0, **options: Any) -> Benchmark:
    """The benchmark of this name over the data in this folder; `limit` keeps so many slices or questions, by hash.

    ValueError if there is no benchmark of this name, or if the data or an option does not fit it.
    """
    load = find_module(name).load
    if limit is not None and limit < 1:
        raise ValueError(f"A limit of {limit} leaves nothing to judge. Give a positive number or leave it out.")
    known = signature(load).parameters.keys() - {"data", "limit", "seed"}
    if unknown := options.keys() - known:
        choice = f"It takes {', '.join(sorted(known))}." if known else "It takes none."
        raise ValueError(f"Benchmark {name!r} has no option {min(unknown)!r}. {choice}")
    return load(data, limit=limit, seed=seed, **options)


def sample_ids(ids: Sequence[str], limit: int | None, seed: int) -> list[str]:
    """`limit` of the ids, drawn by hash: the same whatever their order, and a larger limit only adds to it."""
    drawn = sorted(set(ids), key=lambda i: sha256(f"{seed} {i}".encode()).digest())
    return drawn[:limit]


def set_over(items: Sequence[Item], scores: Sequence[Scores], over: Mapping[str, Sequence[tuple[str, str]]]) -> None:
    """Give each item of the model its score minus that of its control, so that intervals are of pairs.

    `over` has by task measures and controls; the difference is called "measure_over_control".
    """
    by_id = {item.id: score for item, score in zip(items, scores, strict=True)}
    for item, mine in zip(items, scores, strict=True):
        for measure, control in over.get(item.task, ()) if not item.control else ():
            other = by_id.get(f"{item.id}/{control}", {})
            if measure in mine and measure in other:
                mine[f"{measure}_over_{control}"] = mine[measure] - other[measure]


def blank_picture() -> np.ndarray:
    """Mid-grey everywhere: (224, 224, 3) uint8."""
    return np.full((IMAGE_SIZE, IMAGE_SIZE, 3), 127, dtype=np.uint8)


def plain(text: str) -> Parsed:
    """An answer without markup."""
    return Parsed(text, [], 0)


BENCHMARKS = benchmark_names()
