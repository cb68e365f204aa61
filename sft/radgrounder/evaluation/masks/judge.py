"""How good masks are: a model with a mask head, or one that writes masks as text, or both, on a dataset's test
patients, beside what needs neither.

    radgrounder masks build/masks/model --data build/masks/data --out build/masks/judged
    radgrounder masks build/masks/model --text-model build/masks/text-model --data build/masks/data --out build/both

Every visible structure is asked for as in `radgrounder eval`; the model writes its box, the head draws from what it
wrote, and the mask is compared with the true one at the size of the image. A structure that got no box has no mask and
scores 0. A model that writes masks is asked in its own prompt, and its codes are read inside the box that it wrote.
What each way costs is counted beside it: tokens written, and CPU seconds of this process. Controls: an ellipse in the
box that was written, an ellipse in the true box, the true box filled, the mean mask of (label, modality, plane) of
training patients.
"""

import json
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from radgrounder.benchmarks.base import sample_ids
from radgrounder.benchmarks.refrad2d import read_split
from radgrounder.evaluation.masks.figures import format_masks, size_of, summarise
from radgrounder.inference.predictor import Predictor
from radgrounder.inference.tasks import MASK_TOKENS, TOKENS
from radgrounder.masks.targets import as_mask, has_mask, select
from radgrounder.masks.text import CodeReader
from radgrounder.metrics.boxes import iou
from radgrounder.metrics.grounding import Entity, g_iou
from radgrounder.metrics.masks import (
    MaskEntity,
    ellipse_in_box,
    filled_box,
    g_iou_masks,
    hausdorff95,
    mask_box_iou,
    mask_dice,
    mask_iou,
    mean_masks,
)
from radgrounder.models.fingerprint import head_digest
from refrad2d.boxes import visible
from refrad2d.conversations import CONTEXTS, context, prompt, spans_of
from refrad2d.grounding import Box, as_box, parse
from refrad2d.labels import label_by_name
from refrad2d.system.files import atomic_path
from refrad2d.windows import IMAGE_SIZE, resize_mask

SLICES = 24  # at a time
TRAINING_SLICES = 400  # enough for a mean mask
GRID = (IMAGE_SIZE, IMAGE_SIZE)

Row = Mapping[str, Any]
Scores = dict[str, float]
Answers = Sequence[tuple[int, str, str]]  # number of the picture, prompt, markup


class Costs:
    """What was spent: CPU seconds, tokens, and structures by way ("locate", "head", "segment")."""

    def __init__(self) -> None:
        self.seconds, self.tokens, self.structures = (defaultdict[str, float](float) for _ in range(3))

    @contextmanager
    def of(self, way: str) -> Iterator[None]:
        """Count the CPU seconds of what happens inside."""
        begun = time.process_time()
        yield
        self.seconds[way] += time.process_time() - begun

    def note(self, way: str, tokens: Sequence[int]) -> None:
        """Count answers by their tokens."""
        self.tokens[way] += sum(tokens)
        self.structures[way] += len(tokens)

    def each(self) -> dict[str, dict[str, float]]:
        """Of each way CPU seconds and tokens a structure."""
        return {
            way: {"cpu_s": self.seconds[way] / max(1, count), "tokens": self.tokens[way] / max(1, count)}
            for way, count in self.structures.items()
        }


def run(
    model: str, data: str, out: Path, *, text_model: str | None = None, limit: int | None = None, batch_size: int = 64
) -> dict[str, Any]:
    """Judge, write OUT/masks.json and OUT/masks.md, and return the figures.

    `text_model` writes masks as text and is judged beside the head of `model`. ValueError if the model has neither a
    mask head nor a codec or a head for mentions without boxes, the other one no codec, or the dataset no test slice
    with a mask.
    """
    predictor = Predictor.load(model, batch_size=batch_size)
    if predictor.reads_mentions:
        raise ValueError(f"The head of {model} reads mentions without boxes. Judge a head with boxes, of masks.yaml.")
    writes = isinstance(predictor.mask_reader(), CodeReader)
    writer = predictor if writes else None
    if text_model:
        writer = Predictor.load(text_model, batch_size=batch_size)
        if not isinstance(writer.mask_reader(), CodeReader):
            raise ValueError(
                f"{text_model} does not write masks as text. Release it with --mask-codec, without a head."
            )
    test, train = (read_split(data, "grounded", split) for split in ("test", "train"))
    if not test:
        raise ValueError(f"The dataset {data} has no test slices with masks. Build it from more patients.")
    chosen = set(sample_ids(test["id"], limit, 0))
    rows = test.select([n for n, row_id in enumerate(test["id"]) if row_id in chosen])
    mean = _mean_of(train) if train else {}
    structures, reports, costs = [], [], Costs()
    for at in range(0, len(rows), SLICES):
        part = [rows[n] for n in range(at, min(at + SLICES, len(rows)))]
        structures += list(judge_structures(predictor, part, mean, writer=writer, costs=costs))
        reports += list(judge_reports(predictor, part))
    result = {"head": head_digest(Path(model)), **summarise(structures, reports), "costs": costs.each()}
    out.mkdir(parents=True, exist_ok=True)
    for name, text in (("masks.json", json.dumps(result, indent=2) + "\n"), ("masks.md", format_masks(result))):
        with atomic_path(out / name) as temporary:
            temporary.write_text(text, encoding="utf-8")
    return result


def _key(row: Row, label: str) -> tuple[str, str, str]:
    return label, row["modality"], row["plane"]


def _mean_of(train: Any) -> Mapping[Any, np.ndarray]:
    """The mean mask of each (label, modality, plane) of training slices, evenly spaced."""
    numbers = np.unique(np.linspace(0, len(train) - 1, min(TRAINING_SLICES, len(train))).astype(int))
    rows = (train[int(n)] for n in numbers)
    return mean_masks(
        (_key(row, found["label"]), select(resize_mask(as_mask(row["mask"])), (found["label"],)))
        for row in rows
        for found in visible(row["objects"])
    )


def spacing_of(row: Row) -> tuple[float, float]:
    """mm between rows and between columns of a slice's mask once it is resized to the image."""
    height, width = as_mask(row["mask"]).shape
    down, across = row["spacing"]
    return down * height / IMAGE_SIZE, across * width / IMAGE_SIZE


def judge_structures(
    predictor: Predictor,
    rows: Sequence[Row],
    mean: Mapping[Any, np.ndarray],
    *,
    writer: Predictor | None = None,
    costs: Costs | None = None,
) -> Iterator[Row]:
    """One item a visible structure: patient, label, size and its scores by arm. `writer` writes masks as text; where it
    is the predictor itself, there is no head."""
    asked = [(n, found) for n, row in enumerate(rows) for found in visible(row["objects"])]
    images = [row["image"].convert("RGB") for row in rows]
    costs = Costs() if costs is None else costs
    named = [(n, label_by_name(found["label"]).english) for n, found in asked]
    answers = _ask(predictor, images, named, "locate", costs)
    drawn, written = [list[np.ndarray]()] * len(asked), [list[np.ndarray]()] * len(asked)
    if writer is not predictor:
        with costs.of("head"):
            drawn = _read(predictor, images, answers)
        costs.note("head", [0] * len(answers))
    said = _ask(writer, images, named, "segment", costs) if writer else answers
    if writer:
        with costs.of("segment"):
            written = _read(writer, images, said)
    for (n, found), (*_, markup), masks, (*_, text), codes in zip(asked, answers, drawn, said, written, strict=True):
        row = rows[n]
        box, text_box, true_box = _box(markup), _box(text), as_box(found["box"])
        true = select(resize_mask(as_mask(row["mask"])), (found["label"],))
        guesses = {
            **({} if writer is predictor else {"head": masks[0] if masks else None}),
            **(
                {"codes": codes[0] if codes else None, "ellipse_in_codes_box": ellipse_in_box(text_box, GRID)}
                if writer
                else {}
            ),
            "ellipse_in_token_box": ellipse_in_box(box, GRID),
            "ellipse_in_true_box": ellipse_in_box(true_box, GRID),
            "true_box_filled": filled_box(true_box, GRID),
            "mean_mask": mean.get(_key(row, found["label"])),
        }
        yield {
            "patient": row["patient"],
            "label": found["label"],
            "size": size_of(true_box),
            "scores": score_masks(guesses, true, spacing_of(row))
            | {
                "token_box_iou": iou(box, true_box),
                "mask_box_iou": mask_box_iou(next(iter(guesses.values())), true_box),
            }
            | ({"codes_box_iou": iou(text_box, true_box)} if writer else {}),
        }


def _ask(
    predictor: Predictor, images: Sequence[Image.Image], named: Sequence[tuple[int, str]], task: str, costs: Costs
) -> Answers:
    """The answers of a model to "locate" or "segment", in the order of the names."""
    prompts = [prompt(task, "en", name=name) for _, name in named]
    masks = task == "segment"
    most = TOKENS["locate"] + MASK_TOKENS["locate"] * masks
    with costs.of(task):
        shown = [images[n] for n, _ in named]
        answers = predictor.generate(shown, prompts, max_new_tokens=most, locate=True, masks=masks)
    costs.note(task, [predictor.count_tokens(markup) for markup in answers])
    return [(n, asked, markup) for (n, _), asked, markup in zip(named, prompts, answers, strict=True)]


def _box(markup: str) -> Box | None:
    spans = parse(markup).spans
    return spans[0].box if spans else None


def score_masks(guesses: Mapping[str, np.ndarray | None], true: np.ndarray, spacing: Sequence[float]) -> Scores:
    """The three measures of each arm's mask against the true one."""
    scores: Scores = {}
    for arm, guess in guesses.items():
        scores[f"{arm}/dice"] = mask_dice(guess, true)
        scores[f"{arm}/iou"] = mask_iou(guess, true)
        scores[f"{arm}/hausdorff95_mm"] = hausdorff95(guess, true, spacing)
    return scores


def _read(predictor: Predictor, images: Sequence[Image.Image], answers: Answers) -> list[list[np.ndarray]]:
    """The masks of each (picture, prompt, answer), every picture passed once with all its answers."""
    turns: list[list[tuple[str, str]]] = [[] for _ in images]
    for n, asked, markup in answers:
        turns[n].append((asked, markup))
    found = [iter(own) for own in predictor.mask_reader().read(images, turns, [GRID] * len(images))]
    return [[next(found[n]) for _ in parse(markup).spans] for n, _, markup in answers]


def judge_reports(predictor: Predictor, rows: Sequence[Row]) -> Iterator[Row]:
    """One item a slice with a grounded English report: its G-IoU with boxes and with masks, classes as similarity."""
    rows = [row for row in rows if (row["report"]["en"] or {}).get("spans")]
    if not rows:
        return
    images = [row["image"].convert("RGB") for row in rows]
    written = isinstance(predictor.mask_reader(), CodeReader)
    task = "report_masks" if written else "report_boxes"
    prompts = [prompt(task, "en", context=context(row["report"]["en"], "en", CONTEXTS[-1])) for row in rows]
    most = TOKENS["report"] + MASK_TOKENS["report"] * written
    answers = predictor.generate(images, prompts, max_new_tokens=most, masks=written)
    asked = [(n, p, a) for n, (p, a) in enumerate(zip(prompts, answers, strict=True))]
    for row, markup, masks in zip(rows, answers, _read(predictor, images, asked), strict=True):
        parsed, told = parse(markup), spans_of(row["report"]["en"]["spans"])
        small = resize_mask(as_mask(row["mask"]))
        spans = [span for span in told if has_mask(span.labels)]
        words = row["report"]["en"]["findings"]
        true = [MaskEntity(words[s.start : s.end], s.label, select(small, s.labels)) for s in spans]
        said = [
            MaskEntity(parsed.text[s.start : s.end], s.label, mask) for s, mask in zip(parsed.spans, masks, strict=True)
        ]
        boxes = [Entity(e.text, e.label, s.box) for e, s in zip(true, spans, strict=True)]
        said_boxes = [Entity(e.text, e.label, s.box) for e, s in zip(said, parsed.spans, strict=True)]
        yield {
            "patient": row["patient"],
            "scores": {"g_iou_class": g_iou(boxes, said_boxes), "g_iou_class_masks": g_iou_masks(true, said)},
        }
