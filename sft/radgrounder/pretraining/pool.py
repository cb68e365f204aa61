"""Training material for the nano, drawn fresh from the phantom: small slices with their conversations.

The same windows, questions and prompts as in a build, without the detour through DICOM. What a report says follows from
its slice (`phantom.reports.slice_sentences`).
"""

import json
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import inf
from pathlib import Path
from sys import intern
from typing import cast

import numpy as np
from PIL import Image

from radgrounder.pretraining.clock import pause_after
from radgrounder.pretraining.foreign import FOREIGN_EVERY, draw_foreign, foreign_turns
from radgrounder.training.plain import plain_turn
from refrad2d.boxes import merge_boxes, objects
from refrad2d.conversations import conversations
from refrad2d.grounding import as_box
from refrad2d.labels import LANGUAGES, label_by_name
from refrad2d.phantom import (
    Patient,
    Series,
    draw_series,
    join_sentences,
    labels_of,
    make_patient,
    render_grid,
    report_sentences,
    shown_findings,
)
from refrad2d.phantom.findings import finding_names, size_class
from refrad2d.phantom.render import RenderedSlice
from refrad2d.phantom.reports import SliceContent, context_of, seen_findings, slice_sentences
from refrad2d.phantom.series import Region, all_ids, get_region, published_classes
from refrad2d.questions.balance import Dataset
from refrad2d.questions.choose import questions
from refrad2d.questions.known import said_findings
from refrad2d.rows import Context, Message, ObjectRow, Report, Reports, Row, SpanRow
from refrad2d.system.files import atomic_path
from refrad2d.system.processes import run_isolated
from refrad2d.text.slices import ABSENT, ABSENT_NEAR
from refrad2d.windows import IMAGE_SIZE, resize_mask, windows

_log = logging.getLogger(__name__)
PART = 2048  # slices in a file of a pool
SLICES_OF_STUDY = 8  # as many seeds share a study
SCOUT = 56  # pixels of the quick look at a whole series that tells where structures are largest


@dataclass(frozen=True)
class PhantomSlice:
    """`image` is (S, S, 3) uint8, `mask` (S, S) uint8 unified ids, `findings` (S, S) uint8 numbers of `finding_names`
    from 1 on, 0 for none, `boxes` by class id, `turns` (prompt, answer)."""

    image: np.ndarray
    mask: np.ndarray
    findings: np.ndarray
    boxes: dict[int, tuple[float, float, float, float]]
    turns: list[tuple[str, str]]
    region: str = ""  # none for a picture that shows no body


@dataclass(frozen=True)
class PhantomStudy:
    """One series of one patient: `numbers` are the eight slices that are drawn of it, `classes` what any slice of it
    shows, `context` the clinical lines, `told` what a report on the whole series would tell of, by language."""

    patient: Patient
    region: str
    series: Series
    numbers: Sequence[int]
    classes: frozenset[str]
    context: Mapping[str, Mapping[str, str]]
    told: Mapping[str, str]


@lru_cache(maxsize=4)
def draw_study(number: int, site: str, regions: tuple[str, ...]) -> PhantomStudy:
    """A study by its number. Four of its slices are drawn from those that show a focal finding, where there are any."""
    rng = np.random.default_rng([number, 29, SLICES_OF_STUDY])
    region = get_region(regions[int(rng.integers(len(regions)))])
    patient = make_patient(number, site, parts=region.parts)
    series = draw_series(patient, rng, region=region.name)
    scouts = [
        render_grid(patient, replace(series, size=SCOUT).grid(k), series.protocol, np.random.default_rng([number, k]))
        for k in range(len(series.positions))
    ]
    present = {name for scout in scouts for name in labels_of(region.select(scout.mask))}
    with_finding = [k for k, scout in enumerate(scouts) if any(mask.any() for mask in scout.findings.values())]
    half = SLICES_OF_STUDY // 2
    ill = rng.choice(with_finding, half) if with_finding else rng.integers(len(scouts), size=half)
    numbers = [int(k) for pair in zip(ill, rng.integers(len(scouts), size=half), strict=True) for k in pair]
    focal = {name for scout in scouts for name, mask in scout.findings.items() if mask.any()}
    shown = shown_findings(patient, region.name, present, focal)
    sentences = [
        sentence
        for sentence in report_sentences(
            patient, sorted(present), shown=shown, wordings=region.wordings, modality=region.modality
        )
        if sentence.finding
    ]
    context = context_of(patient, rng, {s.finding for s in sentences}, body_part=region.body_part)
    told = {language: join_sentences(sentences, language)[1] for language in LANGUAGES}
    return PhantomStudy(patient, region.name, series, numbers, frozenset(present), context, told)


def draw_row(seed: int, *, sites: Sequence[str], regions: Sequence[str]) -> Row:
    """One slice by its seed: a row of `refrad2d.rows`, its `mask` at 224 px and both it and its `image` as arrays.

    Eight seeds share a study, whose site follows from them.
    """
    return _draw(seed, sites, regions)[0]


def _draw(seed: int, sites: Sequence[str], regions: Sequence[str]) -> tuple[Row, np.ndarray]:
    """A row, and what `finding_map` says of it."""
    number = seed // SLICES_OF_STUDY
    site = sites[number % len(sites)]
    study = draw_study(number, site, tuple(regions))
    region, patient = get_region(study.region), study.patient
    grid = replace(study.series, size=IMAGE_SIZE).grid(study.numbers[seed % SLICES_OF_STUDY])
    picture = render_grid(patient, grid, study.series.protocol, np.random.default_rng([seed, 31]))
    mask = region.select(picture.mask)
    found = objects(mask)
    content = content_of(picture, region, study.series.plane, grid.spacing)
    row: Row = {
        "id": f"phantom-{seed}", "patient": f"phantom-{number}", "study": "", "series": "",
        "modality": region.modality, "body_part": region.body_part.lower(), "plane": study.series.plane,
        "spacing": [grid.spacing, grid.spacing],
        "image": windows(picture.pixels, region.modality), "mask": mask, "objects": found,
        "absent": _absent(study, picture.mask, np.random.default_rng([seed, 37])),
        "sex": patient.sex, "age": patient.age // 10 * 10, "site": site,
        "report": _reports(study, content, found), "findings": [],
        "provenance": {
            "slice_rule": "structure", "curator": "", "segmenter": "phantom", "blanked": 0, "version": "",
            "shown": {"de": 1.0, "en": 1.0},
        },
    }  # fmt: skip
    row["vqa"] = questions(row, Dataset(studies={row["study"]: _told(study, region.modality)}))
    return row, finding_map(patient, picture, content, region)


def draw_slice(seed: int, *, sites: Sequence[str], size: int, regions: Sequence[str]) -> PhantomSlice:
    """One slice by its seed, `size` pixels wide; see `draw_row`. Every `FOREIGN_EVERY`th shows no body."""
    if seed % FOREIGN_EVERY == FOREIGN_EVERY - 1:
        foreign = draw_foreign(np.random.default_rng([seed, 41]), size)
        nothing = np.zeros((size, size), np.uint8)
        return PhantomSlice(foreign, nothing, nothing, {}, foreign_turns(seed))
    row, findings = _draw(seed, sites, regions)
    turns = [(_text(m[0]), _text(m[1])) for m in conversations(row)]
    image = Image.fromarray(row["image"]).resize((size, size), Image.Resampling.BICUBIC)
    boxes = {label_by_name(o["label"]).id: as_box(o["box"]) for o in row["objects"]}
    region = draw_study(seed // SLICES_OF_STUDY, str(row["site"]), tuple(regions)).region
    return PhantomSlice(
        np.asarray(image), resize_mask(row["mask"], size), resize_mask(findings, size), boxes, turns, region
    )


def without_places(shown: PhantomSlice) -> PhantomSlice:
    """The slice with its conversations as plain text; see `training.plain`."""
    return replace(shown, turns=[kept for turn in shown.turns if (kept := plain_turn(*turn))])


def content_of(picture: RenderedSlice, region: Region, plane: str, spacing: float) -> SliceContent:
    """What a slice rendered at the size of the image shows."""
    findings = {name: int(mask.sum()) for name, mask in picture.findings.items()}
    sizes = {name: size_class(mask, spacing) for name, mask in picture.findings.items() if findings[name]}
    return SliceContent(labels_of(region.select(picture.mask)), findings, sizes, plane)


def finding_map(patient: Patient, picture: RenderedSlice, content: SliceContent, region: Region) -> np.ndarray:
    """Where each finding is that a report on this slice tells of: its number in `finding_names` from 1 on, 0 elsewhere.

    (S, S) uint8 of the size of the picture. A finding without a mask of its own is where its host is. Of two in one
    place the focal one is told, of two focal ones the smaller.
    """
    found = np.zeros(picture.mask.shape, np.uint8)
    mask, names = region.select(picture.mask), finding_names()
    seen = seen_findings(patient, content, region.published, region.modality)  # focal ones first, the largest first
    for finding in sorted(seen, key=lambda f: not f.is_diffuse):
        host = region.published(finding.host)
        where = picture.findings[finding.name] if not finding.is_diffuse else mask == label_by_name(str(host)).id
        found[where] = names.index(finding.name) + 1
    return found


def _absent(study: PhantomStudy, painted: np.ndarray, rng: np.random.Generator) -> list[str]:
    """Classes without a pixel in what was painted of the slice, known to the masks of a region or not: up to
    ABSENT_NEAR that another slice of the series shows, then of all others of the modality up to ABSENT in all."""
    modality = get_region(study.region).modality
    there = labels_of(all_ids(modality)[painted])
    near = sorted(study.classes - there.keys())
    far = sorted(published_classes(modality) - there.keys() - study.classes)
    near = [near[i] for i in rng.permutation(len(near))[:ABSENT_NEAR]]
    return sorted(near + [far[i] for i in rng.permutation(len(far))[: ABSENT - len(near)]])


def _text(message: Message) -> str:
    return "".join(part["text"] or "" for part in message["content"] if part["type"] == "text")


def _told(study: PhantomStudy, modality: str) -> set:
    """The findings that the whole series shows, so that "this cyst" is the only one."""
    texts = study.told.items()
    return {said for language, text in texts for said in said_findings(text, language, modality)}


def _reports(study: PhantomStudy, content: SliceContent, found: Sequence[ObjectRow]) -> Reports:
    """Report structs of both languages: what the slice shows, the spans of what is visible in it."""
    region = get_region(study.region)
    sentences = slice_sentences(
        study.patient, content, publish=region.published, wordings=region.wordings, modality=region.modality
    )
    boxes = {o["label"]: as_box(o["box"]) for o in found if o["label"] in content.visible}
    reports: dict[str, Report | None] = {}
    for language in LANGUAGES:
        _, clean, spans = join_sentences(sentences, language)
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
    folder: Path,
    seeds: Sequence[int],
    *,
    sites: Sequence[str],
    size: int,
    regions: Sequence[str],
    workers: int,
    deadline: float = inf,
) -> list[PhantomSlice]:
    """`draw_slices`, kept on disk: parts that lie in `folder` are read, the others drawn and written; Paused past the
    deadline."""
    folder.mkdir(parents=True, exist_ok=True)
    kind = "-".join([f"{size}px-findings", *sites, *regions])
    pool: list[PhantomSlice] = []
    for start in range(0, len(seeds), PART):
        part = seeds[start : start + PART]
        file = folder / f"{kind}-{part[0]}-{len(part)}.npz"
        if not file.is_file():
            pause_after(deadline)
            began = time.monotonic()
            _save(draw_slices(part, sites=sites, size=size, regions=regions, workers=workers), file)
            _log.info("slices %d to %d drawn in %.0f s", start, start + len(part), time.monotonic() - began)
        pool += _load(file)
    return pool


def _save(slices: Sequence[PhantomSlice], file: Path) -> None:
    texts = json.dumps([{"boxes": list(s.boxes.items()), "turns": s.turns, "region": s.region} for s in slices])
    with atomic_path(file) as temporary, temporary.open("wb") as opened:
        np.savez(
            opened,
            images=np.stack([drawn.image for drawn in slices]),
            masks=np.stack([drawn.mask for drawn in slices]),
            findings=np.stack([drawn.findings for drawn in slices]),
            texts=np.frombuffer(texts.encode(), np.uint8),
        )


def _load(file: Path) -> list[PhantomSlice]:
    with np.load(file) as stored:
        texts = json.loads(stored["texts"].tobytes())
        return [
            PhantomSlice(
                image,
                mask,
                findings,
                {k: tuple(box) for k, box in text["boxes"]},
                [(intern(prompt), intern(answer)) for prompt, answer in text["turns"]],
                text["region"],
            )
            for image, mask, findings, text in zip(
                stored["images"], stored["masks"], stored["findings"], texts, strict=True
            )
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
