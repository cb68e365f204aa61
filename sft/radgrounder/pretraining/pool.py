"""Training material for the nano, drawn fresh from the phantom: small slices with their conversations.

The same windows, matching, questions and prompts as in a build, and sentences go to the same slices; only the detour
through DICOM is left out.
"""

import json
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import cast

import numpy as np
from PIL import Image

from refrad2d.boxes import merge_boxes, objects
from refrad2d.conversations import conversations
from refrad2d.grounding import as_box
from refrad2d.labels import LANGUAGES, label_by_name
from refrad2d.phantom import (
    Patient,
    Sentence,
    Series,
    draw_series,
    join_sentences,
    labels_of,
    make_patient,
    render_grid,
    report_sentences,
    shown_findings,
)
from refrad2d.phantom.reports import context_of
from refrad2d.phantom.series import get_region
from refrad2d.questions.balance import Dataset
from refrad2d.questions.choose import questions
from refrad2d.questions.known import said_findings
from refrad2d.rows import Context, Message, ObjectRow, Report, Reports, Row, SpanRow
from refrad2d.system.files import atomic_path
from refrad2d.system.processes import run_isolated
from refrad2d.text.slices import spread
from refrad2d.windows import IMAGE_SIZE, resize_mask, windows

_log = logging.getLogger(__name__)
PART = 2048  # slices in a file of a pool
SLICES_OF_STUDY = 8  # as many seeds share a study
SCOUT = 56  # pixels of the quick look at a whole series that tells where structures are largest


@dataclass(frozen=True)
class PhantomSlice:
    """`image` is (S, S, 3) uint8, `mask` (S, S) uint8 unified ids, `boxes` by class id, `turns` (prompt, answer)."""

    image: np.ndarray
    mask: np.ndarray
    boxes: dict[int, tuple[float, float, float, float]]
    turns: list[tuple[str, str]]


@dataclass(frozen=True)
class PhantomStudy:
    """One series of one patient and its report: `placed` has the sentences of each slice that got some."""

    patient: Patient
    region: str
    series: Series
    placed: Mapping[int, Sequence[Sentence]]
    context: Mapping[str, Mapping[str, str]]


@lru_cache(maxsize=4)
def draw_study(number: int, site: str, regions: tuple[str, ...]) -> PhantomStudy:
    """A study by its number; sentences lie where `match` puts them: on the slices that show most of theirs."""
    rng = np.random.default_rng([number, 29, SLICES_OF_STUDY])
    region = get_region(regions[int(rng.integers(len(regions)))])
    patient = make_patient(number, site, parts=region.parts)
    series = draw_series(patient, rng, region=region.name)
    scouts = [
        render_grid(patient, replace(series, size=SCOUT).grid(k), series.protocol, np.random.default_rng([number, k]))
        for k in range(len(series.positions))
    ]
    areas = [labels_of(region.select(scout.mask)) for scout in scouts]
    found = [{name: int(mask.sum()) for name, mask in scout.findings.items()} for scout in scouts]
    present = {name for shown in areas for name in shown}
    focal = {name for shown in found for name, pixels in shown.items() if pixels}
    sentences = report_sentences(
        patient, sorted(present), rng, shown=shown_findings(patient, region.name, present, focal),
        wordings=region.wordings, modality=region.modality,
    )  # fmt: skip
    placed: dict[int, list[Sentence]] = {}
    for sentence in sentences:
        names = {label for _, _, labels in sentence.spans["en"] for label in labels}
        where = spread([shown.get(sentence.finding, 0) for shown in found])
        for k in where or spread([sum(shown.get(name, 0) for name in names) for shown in areas]):
            placed.setdefault(k, []).append(sentence)
    context = context_of(patient, rng, {s.finding for s in sentences} - {""}, body_part=region.body_part)
    return PhantomStudy(patient, region.name, series, placed or {len(scouts) // 2: []}, context)


def draw_row(seed: int, *, sites: Sequence[str], regions: Sequence[str]) -> Row:
    """One slice by its seed: a row of `refrad2d.rows`, its `mask` at 224 px and both it and its `image` as arrays.

    Eight seeds share a study, whose site follows from them.
    """
    number = seed // SLICES_OF_STUDY
    site = sites[number % len(sites)]
    study = draw_study(number, site, tuple(regions))
    region, patient = get_region(study.region), study.patient
    k = sorted(study.placed)[seed % SLICES_OF_STUDY * len(study.placed) // SLICES_OF_STUDY]
    grid = replace(study.series, size=IMAGE_SIZE).grid(k)
    picture = render_grid(patient, grid, study.series.protocol, np.random.default_rng([seed, 31]))
    mask = region.select(picture.mask)
    found = objects(mask)
    spacing = study.series.fov_mm / IMAGE_SIZE
    row: Row = {
        "id": f"phantom-{seed}", "patient": f"phantom-{number}", "study": "", "series": "",
        "modality": region.modality, "body_part": region.body_part.lower(), "plane": study.series.plane,
        "spacing": [spacing, spacing],
        "image": windows(picture.pixels, region.modality), "mask": mask, "objects": found,
        "sex": patient.sex, "age": patient.age // 10 * 10, "site": site,
        "report": _reports(study, k, found), "findings": [],
        "provenance": {
            "slice_rule": "structure", "curator": "", "segmenter": "phantom", "blanked": 0, "version": "",
        },
    }  # fmt: skip
    row["vqa"] = questions(row, Dataset(studies={row["study"]: _told(study, region.modality)}))
    return row


def draw_slice(seed: int, *, sites: Sequence[str], size: int, regions: Sequence[str]) -> PhantomSlice:
    """One slice by its seed, `size` pixels wide; see `draw_row`."""
    row = draw_row(seed, sites=sites, regions=regions)
    turns = [(_text(m[0]), _text(m[1])) for m in conversations(row)]
    image = Image.fromarray(row["image"]).resize((size, size), Image.Resampling.BICUBIC)
    boxes = {label_by_name(o["label"]).id: as_box(o["box"]) for o in row["objects"]}
    return PhantomSlice(np.asarray(image), resize_mask(row["mask"], size), boxes, turns)


def _text(message: Message) -> str:
    return "".join(part["text"] or "" for part in message["content"] if part["type"] == "text")


def _told(study: PhantomStudy, modality: str) -> set:
    """The findings that the whole report tells of, so that "this cyst" is the only one."""
    sentences = [sentence for placed in study.placed.values() for sentence in placed]
    texts = {language: join_sentences(sentences, language)[1] for language in LANGUAGES}
    return {said for language, text in texts.items() for said in said_findings(text, language, modality)}


def _reports(study: PhantomStudy, k: int, found: Sequence[ObjectRow]) -> Reports:
    """Report structs of both languages: the sentences that lie on slice `k`, their spans with what it shows."""
    boxes = {o["label"]: as_box(o["box"]) for o in found}
    reports: dict[str, Report | None] = {}
    for language in LANGUAGES:
        _, clean, spans = join_sentences(study.placed[k], language)
        there = [(s, [label for label in s["labels"] if label in boxes]) for s in spans]
        shown: list[SpanRow] = [
            {
                "start": s["start"],
                "end": s["end"],
                "label": labels[0],
                "labels": labels,
                "box": list(merge_boxes([boxes[label] for label in labels])),
            }
            for s, labels in there
            if labels
        ]
        context = cast(Context, study.context[language])
        reports[language] = {**context, "findings": clean, "spans": shown, "origin": "original"} if clean else None
    return cast(Reports, reports)  # has just these languages


def draw_pool(
    folder: Path, seeds: Sequence[int], *, sites: Sequence[str], size: int, regions: Sequence[str], workers: int
) -> list[PhantomSlice]:
    """`draw_slices`, kept on disk: parts that lie in `folder` are read, the others drawn and written."""
    folder.mkdir(parents=True, exist_ok=True)
    kind = "-".join([f"{size}px", *sites, *regions])
    pool: list[PhantomSlice] = []
    for start in range(0, len(seeds), PART):
        part = seeds[start : start + PART]
        file = folder / f"{kind}-{part[0]}-{len(part)}.npz"
        if not file.is_file():
            began = time.monotonic()
            _save(draw_slices(part, sites=sites, size=size, regions=regions, workers=workers), file)
            _log.info("slices %d to %d drawn in %.0f s", start, start + len(part), time.monotonic() - began)
        pool += _load(file)
    return pool


def _save(slices: Sequence[PhantomSlice], file: Path) -> None:
    texts = json.dumps([{"boxes": list(drawn.boxes.items()), "turns": drawn.turns} for drawn in slices])
    with atomic_path(file) as temporary, temporary.open("wb") as opened:
        np.savez(
            opened,
            images=np.stack([drawn.image for drawn in slices]),
            masks=np.stack([drawn.mask for drawn in slices]),
            texts=np.frombuffer(texts.encode(), np.uint8),
        )


def _load(file: Path) -> list[PhantomSlice]:
    with np.load(file) as stored:
        texts = json.loads(stored["texts"].tobytes())
        return [
            PhantomSlice(image, mask, {k: tuple(box) for k, box in text["boxes"]}, [tuple(t) for t in text["turns"]])
            for image, mask, text in zip(stored["images"], stored["masks"], texts, strict=True)
        ]


def draw_slices(
    seeds: Sequence[int], *, sites: Sequence[str], size: int, regions: Sequence[str], workers: int
) -> list[PhantomSlice]:
    """Many slices, in the order of their seeds, by several processes. RuntimeError if one of them fails."""
    parts = [tuple(seeds[n : n + 16]) for n in range(0, len(seeds), 16)]
    tasks = [(part, tuple(sites), size, tuple(regions)) for part in parts]
    drawn: list[PhantomSlice] = []
    for _, result in run_isolated(_draw_part, tasks, workers=workers, timeout_s=600, memory_mb=2048):
        if result.reason:
            raise RuntimeError(f"Drawing phantom slices failed ({result.reason}). Run with workers=1 to see where.")
        drawn += result.value
    return drawn


def _draw_part(task: tuple[tuple[int, ...], tuple[str, ...], int, tuple[str, ...]]) -> list[PhantomSlice]:
    seeds, sites, size, regions = task
    return [draw_slice(seed, sites=sites, size=size, regions=regions) for seed in seeds]
