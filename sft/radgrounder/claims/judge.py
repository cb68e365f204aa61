"""The answers of an arm, each in its own prompt, and their scores by measure.

>>> scores = judge(Predictor.load(model), tests, form=BOXES)      # measure → item → (score, patient)

Reports and places are asked in the form that the arm was taught; questions are asked of all alike, in plain text. What
needs no model, the mean box and the most frequent answer, is scored on the same items.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from radgrounder.benchmarks.base import Benchmark, Item, load_benchmark, sample_ids
from radgrounder.benchmarks.refrad2d import read_split
from radgrounder.claims.arms import BOXES, MASKS, PLAIN
from radgrounder.claims.institutions import INTERNAL, LANGUAGE, read_grounded
from radgrounder.claims.measures import MEASURES, Measure
from radgrounder.inference.predictor import Predictor
from radgrounder.inference.tasks import MASK_TOKENS, TOKENS
from radgrounder.masks.targets import as_mask, has_mask, select
from radgrounder.metrics.boxes import iou
from radgrounder.metrics.grounding import Entity, g_iou
from radgrounder.metrics.masks import MaskEntity, g_iou_masks, mask_iou
from radgrounder.metrics.text import normalise
from radgrounder.training.plain import plain_turn
from refrad2d.conversations import PROMPTS, without_context
from refrad2d.grounding import Parsed, parse, render
from refrad2d.windows import IMAGE_SIZE, resize_mask

REPORTS = {PLAIN: "report", BOXES: "report_boxes", MASKS: "report_masks"}  # the prompt of a report by form
GRID = (IMAGE_SIZE, IMAGE_SIZE)
VQA_RAD = "vqa-rad"
DECIDED_SHARE = 0.8  # of the training slices that a question is asked of, alike in more than these: decided

Measured = dict[str, dict[str, tuple[float, str]]]  # measure → item → score and patient
Answers = Mapping[str, str]  # item id → markup


@dataclass(frozen=True)
class Tests:
    """The test sets by name, and the true masks of the internal one: of each slice, its mask at 224 px of ids."""

    sets: Mapping[str, Benchmark]
    masks: Mapping[str, np.ndarray]


def load_tests(
    folders: Mapping[str, Path], vqa_rad: Path | None, *, structures: int, questions: int, pictures: int
) -> Tests:
    """The internal and the external institution's test patients, and so many `pictures` of VQA-RAD's test set if its
    folder is given, drawn by hash.

    English alone; of a picture at most so many `structures` and `questions`; none that tells or asks a place, and of
    the institutions' none whose words alone decide its answer (`decided`): all arms know those, and they say nothing.
    """
    most = {"locate": structures, "vqa": questions}
    kept = {}
    for name, folder in folders.items():
        rows, known = load_benchmark("refrad2d", str(folder)), decided(folder)
        open_ones = [item for item in rows.items if item.task != "vqa" or question_of(item.prompt) not in known]
        kept[name] = replace(rows, items=_kept(open_ones, name, most))
    if vqa_rad:
        rows = load_benchmark("vqa-rad", str(vqa_rad))
        few = set(sample_ids([item.image for item in rows.items], pictures, 0))
        asked = [item for item in rows.items if item.image in few]
        kept[VQA_RAD] = replace(rows, items=_kept(asked, VQA_RAD, most))
    slices = read_grounded(folders[INTERNAL], "test")
    return Tests(kept, {row["id"]: resize_mask(as_mask(row["mask"])) for row in slices})


def decided(folder: Path) -> frozenset[str]:
    """The questions that are answered alike in so many training slices that their words decide them."""
    answers: dict[str, Counter[str]] = defaultdict(Counter)
    train = read_split(str(folder), "vqa", "train")
    for entries in train["vqa"] if train else ():
        for entry in entries:
            answers[entry["question"]][normalise(entry["answer"], entry["language"])] += 1
    return frozenset(
        asked for asked, found in answers.items() if found.most_common(1)[0][1] > DECIDED_SHARE * found.total() > 1
    )


def question_of(asked: str) -> str:
    """The question of a prompt, without context and choices."""
    return without_context(asked).partition("\n")[0]


def _kept(items: Sequence[Item], name: str, most: Mapping[str, int]) -> list[Item]:
    """The items that are asked, of a picture so many of a task at `most`, drawn by hash, and their controls that need
    no model."""
    drawn: dict[tuple[str, str], list[Item]] = {}
    for item in items:
        if not item.control and item.language == LANGUAGE and _is_asked(item, name):
            drawn.setdefault((item.image, item.task), []).append(item)
    chosen = [item for (_, task), own in drawn.items() for item in sorted(own, key=_rank)[: most.get(task, len(own))]]
    ids = {item.id for item in chosen}
    given = [item for item in items if item.given is not None and item.id.removesuffix(f"/{item.control}") in ids]
    return [*chosen, *given]


def _is_asked(item: Item, name: str) -> bool:
    if item.task == "vqa":
        return plain_turn(item.prompt, render(item.true.text, item.true.spans)) is not None
    return name == INTERNAL


def _rank(item: Item) -> bytes:
    return sha256(item.id.encode()).digest()


def answer(predictor: Predictor, tests: Tests, form: str) -> dict[str, str]:
    """What a model says to each item, by set and item id ("internal report/…")."""
    said: dict[str, str] = {}
    for name, rows in tests.sets.items():
        asked = [item for item in rows.items if not item.control and (item.task != "locate" or form != PLAIN)]
        for task in ("locate", "report", "vqa"):
            mine = [item for item in asked if item.task == task]
            images = [Image.fromarray(rows.picture(item.image)) for item in mine]
            masks = form == MASKS and task != "vqa"
            most = TOKENS[task] + MASK_TOKENS[task] * masks
            prompts = [in_form(item.prompt, task, form) for item in mine]
            texts = predictor.generate(images, prompts, max_new_tokens=most, locate=task == "locate", masks=masks)
            said |= {f"{name} {item.id}": text for item, text in zip(mine, texts, strict=True)}
    return said


def in_form(asked: str, task: str, form: str) -> str:
    """A prompt of the benchmark, which asks for reports with boxes, in the form of an arm."""
    if task == "report":
        return asked.replace(PROMPTS["report_boxes"][LANGUAGE], PROMPTS[REPORTS[form]][LANGUAGE])
    if task == "locate" and form == MASKS:
        before, after = (PROMPTS[name][LANGUAGE].partition("{name}") for name in ("locate", "segment"))
        name = asked.strip().removeprefix(before[0]).removesuffix(before[2])
        return f"\n\n{after[0]}{name}{after[2]} "
    return asked


def score(said: Answers, tests: Tests, form: str, predictor: Predictor | None = None) -> Measured:
    """The measures of the answers of an arm of this form; `predictor` reads its masks."""
    found: Measured = {}
    for name, rows in tests.sets.items():
        items = [item for item in rows.items if f"{name} {item.id}" in said]
        answers = [parse(said[f"{name} {item.id}"]) for item in items]
        _collect(found, name, items, rows.score(items, answers), form)
        if name == INTERNAL and form != PLAIN:
            found |= _own_form(items, answers, tests.masks, predictor if form == MASKS else None)
    return found


def score_controls(tests: Tests) -> Measured:
    """The same measures of what needs no model: the prior box, the constant report, the most frequent answer."""
    found: Measured = {}
    for name, rows in tests.sets.items():
        items = [item for item in rows.items if item.control]
        scores = rows.score(items, [item.given for item in items if item.given is not None])
        for item, own in zip(items, scores, strict=True):
            for measure in MEASURES:
                if measure.control == item.control and measure.of == name and measure.task == item.task:
                    _note(found, measure, item, own)
    return found


def _collect(
    found: Measured, name: str, items: Sequence[Item], scores: Sequence[Mapping[str, float]], form: str
) -> None:
    for item, own in zip(items, scores, strict=True):
        for measure in MEASURES:
            if measure.of == name and measure.task == item.task and not measure.own_form:
                _note(found, measure, item, own)


def _note(found: Measured, measure: Measure, item: Item, own: Mapping[str, float]) -> None:
    value = own.get(measure.score, np.nan)
    if not np.isnan(value):
        key = item.id.removesuffix(f"/{item.control}")
        found.setdefault(measure.title, {})[key] = (float(value), item.cluster)


def _own_form(
    items: Sequence[Item], answers: Sequence[Parsed], truth: Mapping[str, np.ndarray], predictor: Predictor | None
) -> Measured:
    """IoU of what an arm points with, boxes against boxes and masks against masks, alone and inside reports (G-IoU, by
    class). A `predictor` reads masks. Mentions without a mask, and slices without any, are left out for both forms."""
    places: dict[str, tuple[float, str]] = {}
    reports: dict[str, tuple[float, str]] = {}
    for item, said in zip(items, answers, strict=True):
        if item.task == "locate":
            places[item.id] = (_place(item, said, truth[item.image], predictor), item.cluster)
        elif item.task == "report" and item.image in truth:
            value = _report(item, said, truth[item.image], predictor)
            if not np.isnan(value):
                reports[item.id] = (value, item.cluster)
    return {"own form IoU": places, "G-IoU": reports}


def _masks(said: Parsed, predictor: Predictor) -> list[np.ndarray]:
    reader: Any = predictor.mask_reader()
    return reader.read([None], [[("", render(said.text, said.spans))]], [GRID])[0]


def _place(item: Item, said: Parsed, mask: np.ndarray, predictor: Predictor | None) -> float:
    [true] = item.true.spans
    if predictor is None:
        return iou(said.spans[0].box if said.spans else None, true.box)
    drawn = _masks(said, predictor)
    return mask_iou(drawn[0] if drawn else None, select(mask, true.labels or (true.label,)))


def _report(item: Item, said: Parsed, mask: np.ndarray, predictor: Predictor | None) -> float:
    spans = [span for span in item.true.spans if has_mask(span.labels)]
    words = item.true.text
    if predictor is None:
        true = [Entity(words[s.start : s.end], s.label, s.box) for s in spans]
        return g_iou(true, [Entity(said.text[s.start : s.end], s.label, s.box) for s in said.spans])
    drawn = zip(said.spans, _masks(said, predictor), strict=True)
    true_masks = [MaskEntity(words[s.start : s.end], s.label, select(mask, s.labels)) for s in spans]
    return g_iou_masks(true_masks, [MaskEntity(said.text[s.start : s.end], s.label, m) for s, m in drawn])
