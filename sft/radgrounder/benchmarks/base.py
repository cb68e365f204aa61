"""A benchmark is its rows, its prompts and its scoring, one file each: refrad2d, slake, vqa_rad.

    >>> benchmark = load_benchmark("refrad2d", "build/demo/dataset/refrad2d", limit=100)

`radgrounder.evaluation.run` asks a model every item, scores the answers and puts intervals on the figures of it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from importlib import import_module
from inspect import signature
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from refrad2d.grounding import Parsed
from refrad2d.windows import IMAGE_SIZE

BENCHMARKS = {"refrad2d": "refrad2d", "slake": "slake", "vqa-rad": "vqa_rad"}  # name on the command line → module
BLANK = "blank"  # the key of the picture that shows nothing
TOKENS = {"locate": 48, "vqa": 64, "report": 320}  # the longest answer of a task; a span costs about 20
REPORT_SAMPLES = 24  # of which a report is the consensus; what is short, greedy decoding answers as well

Scores = dict[str, float]


@dataclass(frozen=True)
class Item:
    """One question to the model, or one answer of a control that needs no model (`given`).

    `control` is empty where the model is judged, else it names what was taken away from it ("shuffled", "blank_image",
    "text_only") or what answers in its place ("prior", "majority"). `image` is a key of the benchmark's pictures.
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


class Column(NamedTuple):
    """A figure of results.json: section and name there, and the tasks, control and measure that it is the mean of."""

    section: str
    name: str
    tasks: tuple[str, ...]
    control: str
    measure: str


@dataclass(frozen=True)
class Benchmark:
    """Rows, pictures, scoring and figures.

    `picture` gives the RGB uint8 array (height, width, 3) of a key. `score` gives each item's measures by name, NaN or
    absence meaning "not scored". `extra` are figures beyond the contract, `about` goes into results.json, `notes` are
    said to the reader.
    """

    name: str
    items: Sequence[Item]
    picture: Callable[[str], np.ndarray]
    score: Callable[[Sequence[Item], Sequence[Parsed]], list[Scores]]
    columns: Sequence[Column]
    extra: Sequence[Column] = ()
    about: Mapping[str, Any] = field(default_factory=dict)
    notes: Sequence[str] = ()


def load_benchmark(name: str, data: str, *, limit: int | None = None, seed: int = 0, **options: Any) -> Benchmark:
    """The benchmark of this name over the data in this folder; `limit` keeps so many slices or questions, by hash.

    ValueError if there is no benchmark of this name, or if the data or an option does not fit it.
    """
    if name not in BENCHMARKS:
        raise ValueError(f"Unknown benchmark {name!r}. Choose from {', '.join(BENCHMARKS)}.")
    if limit is not None and limit < 1:
        raise ValueError(f"A limit of {limit} leaves nothing to judge. Give a positive number or leave it out.")
    load = import_module(f"radgrounder.benchmarks.{BENCHMARKS[name]}").load
    known = signature(load).parameters.keys() - {"data", "limit", "seed"}
    if unknown := options.keys() - known:
        choice = f"It takes {', '.join(sorted(known))}." if known else "It takes none."
        raise ValueError(f"Benchmark {name!r} has no option {min(unknown)!r}. {choice}")
    return load(data, limit=limit, seed=seed, **options)


def draw(ids: Sequence[str], limit: int | None, seed: int) -> list[str]:
    """`limit` of the ids, drawn by hash: the same whatever their order, and a larger limit only adds to it."""
    drawn = sorted(set(ids), key=lambda i: sha256(f"{seed} {i}".encode()).digest())
    return drawn[:limit]


def blank_picture() -> np.ndarray:
    """Mid-grey everywhere: (224, 224, 3) uint8."""
    return np.full((IMAGE_SIZE, IMAGE_SIZE, 3), 127, dtype=np.uint8)


def plain(text: str) -> Parsed:
    """An answer without markup."""
    return Parsed(text, [], 0)
