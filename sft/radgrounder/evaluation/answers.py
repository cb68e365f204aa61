"""A model's answers to a benchmark's items: asked once each, kept on disk, read from elsewhere.

    >>> asked = ask(predictor, rows, Path("OUT/predictions.jsonl"), identify(predictor, "MODEL"), batch_size=16)
    >>> asked.outputs, asked.made

Every line of predictions.jsonl carries what made it (`run`, which weights) and what it answers (`key`, the
hash of picture and prompt), so an answer is reused exactly where it would come out again.
"""

import inspect
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PIL import Image
from tqdm import tqdm

from radgrounder.benchmarks.base import Benchmark, Item
from radgrounder.inference.confidence import Generated, chance_of_box
from radgrounder.inference.tasks import REPORT_SAMPLES, TOKENS
from refrad2d.grounding import Parsed, parse
from refrad2d.system.files import write_text

Outputs = dict[str, str]
# By item, of answers of our own models: is it none (abstained), does it run in circles (looped), and of a place how
# probable it was that there is a box (boxed)?
Notes = dict[str, dict[str, float]]
NOTES = ("abstained", "looped", "boxed")


@dataclass(frozen=True)
class Asked:
    """What a model said: outputs and notes by item id, `made` of them new."""

    outputs: Outputs
    notes: Notes
    made: int


@dataclass(frozen=True)
class Answered:
    """Which items were answered, and how: `outputs` are raw texts by item id, of the items that a model was asked.

    `weights` is what tells one model from another, `run` that and the way to answer, `made` how many answers are new.
    `notes` are what the model said of its answers.
    """

    items: Sequence[Item]
    outputs: Outputs
    weights: str
    run: str
    made: int = 0
    notes: Notes = field(default_factory=dict)

    @property
    def confidences(self) -> dict[str, float]:
        """By item id the probability that the model gave to there being a box, of locate prompts where it says it."""
        return {item: notes["boxed"] for item, notes in self.notes.items() if "boxed" in notes}

    @cached_property
    def answers(self) -> list[Parsed]:
        """The answers of all items, parsed."""
        return [item.given if item.given is not None else parse(self.outputs[item.id]) for item in self.items]


class Generator(Protocol):
    """Whatever answers a picture and a prompt: `predict.Predictor`, `endpoint.Endpoint`, a fake in a test."""

    def generate(self, images: Sequence[Any], prompts: Sequence[str]) -> list[str]:
        """One raw text, markup included, for each picture and prompt."""
        ...


def identify(predictor: Generator, model: str = "") -> str:
    """What tells one set of weights from another: the hash of the model's folder, else its name.

    `model` or `predictor.model_dir` may be a folder, whose files are hashed; `predictor.fingerprint` wins if it exists.
    """
    if own := getattr(predictor, "fingerprint", None):
        return str(own)
    return hash_model(str(model or getattr(predictor, "model_dir", ""))) or type(predictor).__name__


def hash_model(name: str) -> str:
    """The hash of all files of a model's folder; a name that is no folder stays as it is."""
    if not name or not Path(name).is_dir():
        return name
    folder, digest = Path(name), sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
        with path.open("rb") as file:
            while block := file.read(1 << 22):
                digest.update(block)
    return f"sha256:{digest.hexdigest()[:16]}"


def answer_keys(rows: Benchmark, items: Sequence[Item]) -> dict[str, str]:
    """By item id: the hash of picture and prompt, for the items that a model is asked."""
    asked = [item for item in items if item.given is None]
    pictures = {key: _digest(rows.picture(key)) for key in dict.fromkeys(item.image for item in asked)}
    return {item.id: sha256(f"{pictures[item.image]} {item.prompt}".encode()).hexdigest()[:24] for item in asked}


def ask(
    predictor: Generator,
    rows: Benchmark,
    path: Path,
    identity: str,
    *,
    batch_size: int,
    report_samples: int = REPORT_SAMPLES,
) -> Asked:
    """The raw output of every item that needs one.

    A report is the consensus of `report_samples`, of a model that can. Every (picture, prompt) is asked once, shortest
    prompts first within a task; each batch is on disk before the next.
    ValueError if the model does not give one answer a prompt.
    """
    keys = answer_keys(rows, rows.items)
    outputs, notes = _read_outputs(path, identity)
    pending = {keys[item.id]: item for item in rows.items if item.given is None and keys[item.id] not in outputs}
    # What stands in the file belongs to these weights or is dropped: a stale line must not survive a second resume.
    write_text(path, "".join(_to_line(identity, key, outputs, notes) for key in outputs))
    with path.open("a", encoding="utf-8") as file, tqdm(total=len(pending), desc=rows.name, unit="answer") as bar:
        for batch in _batches(pending, batch_size):
            items = [pending[key] for key in batch]
            images = [Image.fromarray(rows.picture(item.image)) for item in items]
            texts, said = _answer(predictor, images, items, report_samples)
            if len(texts) != len(batch):
                raise ValueError(f"The model gave {len(texts)} answers to {len(batch)} prompts. It must give one each.")
            outputs |= dict(zip(batch, texts, strict=True))
            notes |= dict(zip(batch, said, strict=True))
            file.writelines(_to_line(identity, key, outputs, notes) for key in batch)
            file.flush()
            os.fsync(file.fileno())
            bar.update(len(batch))
    mine = {item: outputs[key] for item, key in keys.items()}
    return Asked(mine, {item: notes[key] for item, key in keys.items()}, len(pending))


def _answer(
    predictor: Generator, images: list[Image.Image], items: list[Item], report_samples: int
) -> tuple[list[str], list[dict[str, float]]]:
    """Answers to items of one task, and what the model says of them."""
    task, prompts = items[0].task, [item.prompt for item in items]
    most = {"max_new_tokens": TOKENS[task]}
    if task == "report" and report_samples > 1 and hasattr(predictor, "reports"):
        generated = predictor.reports(
            images, prompts, [item.language for item in items], samples=report_samples, **most
        )
    elif hasattr(predictor, "generate_scored"):
        generated = predictor.generate_scored(images, prompts, locate=task == "locate", **most)
    else:
        bounded = "max_new_tokens" in inspect.signature(predictor.generate).parameters
        return predictor.generate(images, prompts, **(most if bounded else {})), [{} for _ in items]
    return [one.markup for one in generated], [_notes(predictor, one, task) for one in generated]


def _notes(predictor: Any, answer: Generated, task: str) -> dict[str, float]:
    abstains = getattr(predictor, "abstains", None)
    notes = {"abstained": float(abstains(answer, task)), "looped": float(answer.looped)} if abstains else {}
    return notes | ({"boxed": round(chance_of_box(answer), 6)} if task == "locate" else {})


def _batches(pending: dict[str, Item], size: int) -> list[list[str]]:
    """Batches of one task each: answers of one length end together."""
    batches = []
    for task in TOKENS:
        mine = [key for key, item in pending.items() if item.task == task]
        mine.sort(key=lambda key: (len(pending[key].prompt), key))
        batches += [mine[start : start + size] for start in range(0, len(mine), size)]
    return batches


def _digest(picture: np.ndarray) -> str:
    return sha256(str(picture.shape).encode() + np.ascontiguousarray(picture).tobytes()).hexdigest()


def to_line(**row: Any) -> str:
    """A row as a line of a JSONL file."""
    return json.dumps(row, ensure_ascii=False) + "\n"


def _to_line(run: str, key: str, outputs: Outputs, notes: Notes) -> str:
    return to_line(run=run, key=key, output=outputs[key], **notes[key])


def _read_outputs(path: Path, identity: str) -> tuple[Outputs, Notes]:
    """Outputs of these weights in an earlier file, and their notes, by key; a line that a kill cut off is left out."""
    rows = _read_lines(path, _skip) if path.is_file() else []
    mine = [row for row in rows if row.get("run") == identity and row.get("key") and isinstance(row.get("output"), str)]
    notes = {row["key"]: {name: float(row[name]) for name in NOTES if name in row} for row in mine}
    return {row["key"]: row["output"] for row in mine}, notes


def _read_lines(path: Path, on_broken: Callable[[int, str], None]) -> list[dict[str, Any]]:
    """The objects of a JSONL file; `on_broken` gets the number of a line that is none, and the file's name."""
    rows = []
    # Not splitlines(): texts may hold U+2028 and its like, which end a line there but not in JSON.
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").split("\n"), start=1):
        try:
            row = json.loads(line) if line.strip() else {}
        except json.JSONDecodeError:
            row = None
        if isinstance(row, dict):
            rows += [row] if row else []
        else:
            on_broken(number, path.name)
    return rows


def _skip(number: int, name: str) -> None:
    pass


def _refuse(number: int, name: str) -> None:
    raise ValueError(f"Line {number} of {name} is no JSON object. Give one object with id and output a line.")


def read_foreign(rows: Benchmark, path: Path) -> tuple[list[Item], Outputs]:
    """Items that a file from elsewhere answers, and its outputs by item id.

    Controls may be missing from it. ValueError if the file is, or a line is no object, or a question has no answer.
    """
    if not path.is_file():
        raise ValueError(f"There is no {path}. Give a JSONL file of rows with id and output.")
    raw = {str(r["id"]): str(r["output"]) for r in _read_lines(path, _refuse) if {"id", "output"} <= r.keys()}
    missing = [item.id for item in rows.items if not item.control and item.id not in raw]
    if missing:
        total = sum(not item.control for item in rows.items)
        raise ValueError(
            f"{path.name} lacks {len(missing)} of {total} answers, such as {missing[0]!r}. "
            "Answer every request that write_requests() lists."
        )
    items = [item for item in rows.items if item.given is not None or item.id in raw]
    return items, {item.id: raw[item.id] for item in items if item.given is None}


def write_requests(rows: Benchmark, out: Path) -> int:
    """What a model from elsewhere is to answer: OUT/requests.jsonl (id, prompt, image) and the pictures as PNG.

    Returns the number of requests. The answers, rows {"id", "output"}, are evaluated as `predictions`.
    """
    asked = [item for item in rows.items if item.given is None]
    (out / "images").mkdir(parents=True, exist_ok=True)
    names = {key: f"images/{number:06d}.png" for number, key in enumerate(dict.fromkeys(item.image for item in asked))}
    for key, name in names.items():
        Image.fromarray(rows.picture(key)).save(out / name)
    lines = (to_line(id=item.id, task=item.task, prompt=item.prompt, image=names[item.image]) for item in asked)
    write_text(out / "requests.jsonl", "".join(lines))
    return len(asked)
