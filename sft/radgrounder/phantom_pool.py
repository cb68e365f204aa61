"""Training material for the nano, drawn fresh from the phantom: small slices with their conversations.

The same windows, matching, questions and prompts as in a build; only the detour through DICOM is left out.
"""

import json
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from refrad2d.boxes import merge_boxes, objects
from refrad2d.conversations import conversations
from refrad2d.executors import run_isolated
from refrad2d.labels import LANGUAGES, label_by_name
from refrad2d.phantom import join_sentences, report_sentences, sample_slice, shown_findings
from refrad2d.phantom.reports import context_of
from refrad2d.phantom.series import get_region
from refrad2d.vqa import questions
from refrad2d.windows import IMAGE_SIZE, resize_mask, windows

_log = logging.getLogger("radgrounder.pretrain")
PART = 2048  # slices in a file of a pool


@dataclass(frozen=True)
class PhantomSlice:
    """`image` is (S, S, 3) uint8, `mask` (S, S) uint8 unified ids, `boxes` by class id, `turns` (prompt, answer)."""

    image: np.ndarray
    mask: np.ndarray
    boxes: dict[int, tuple[float, float, float, float]]
    turns: list[tuple[str, str]]


def draw_row(seed: int, *, sites: Sequence[str], regions: Sequence[str]) -> tuple[dict[str, Any], dict[str, int]]:
    """One slice by its seed, and the pixels of each label: a row of `refrad2d.schema`, its `mask` at 224 px and both it
    and its `image` as arrays. Eight seeds share a patient, whose site follows from them."""
    rng = np.random.default_rng([seed, 7])
    site = sites[seed // 8 % len(sites)]
    sample = sample_slice(seed, site=site, size=IMAGE_SIZE, regions=regions)
    found = objects(sample["mask"])
    row = {
        "id": f"phantom-{seed}", "patient": f"phantom-{seed // 8}", "study": "", "series": "",
        **{name: sample[name] for name in ("modality", "plane")},
        "body_part": sample["body_part"].lower(), "spacing": list(sample["spacing"]),
        "image": windows(sample["pixels"], sample["modality"]), "mask": sample["mask"], "objects": found,
        "sex": sample["patient"].sex, "age": sample["patient"].age // 10 * 10, "site": site,
        "report": _reports(sample, found, rng), "findings": [],
        "provenance": {"slice_rule": "phantom", "curator": "", "segmenter": "phantom", "blanked": 0, "version": ""},
    }  # fmt: skip
    sizes = {o["label"]: o["area"] for o in found}
    row["vqa"] = questions(row, sizes)
    return row, sizes


def draw_slice(seed: int, *, sites: Sequence[str], size: int, regions: Sequence[str]) -> PhantomSlice:
    """One slice by its seed, `size` pixels wide; see `draw_row`."""
    row, sizes = draw_row(seed, sites=sites, regions=regions)
    turns = [(_text(m[0]), _text(m[1])) for m in conversations(row, sizes)]
    image = Image.fromarray(row["image"]).resize((size, size), Image.BICUBIC)
    boxes = {label_by_name(o["label"]).id: tuple(o["box"]) for o in row["objects"]}
    return PhantomSlice(np.asarray(image), resize_mask(row["mask"], size), boxes, turns)


def _text(message: dict) -> str:
    return "".join(part["text"] for part in message["content"] if part["type"] == "text")


def _reports(sample: dict, found: list[dict], rng: np.random.Generator) -> dict:
    """Report structs of both languages about what the slice shows."""
    boxes = {o["label"]: tuple(o["box"]) for o in found}
    patient, region = sample["patient"], get_region(sample["region"])
    focal = {name for name, mask in sample["findings"].items() if mask.any()}
    shown = shown_findings(patient, sample["region"], set(boxes), focal)
    told = report_sentences(
        patient, list(boxes), rng, shown=shown, wordings=region.wordings, modality=sample["modality"]
    )
    some = [told[i] for i in sorted(rng.permutation(len(told))[: rng.integers(1, 5)])]  # a slice has few sentences
    background = context_of(patient, rng, {s.finding for s in some} - {""}, body_part=sample["body_part"])
    reports = {}
    for language in LANGUAGES:
        _, clean, spans = join_sentences(some, language)
        for span in spans:
            span["labels"] = [label for label in span["labels"] if label in boxes]
        spans = [
            {**s, "label": s["labels"][0], "box": list(merge_boxes([boxes[l] for l in s["labels"]]))}
            for s in spans
            if s["labels"]
        ]
        reports[language] = (
            {**background[language], "findings": clean, "spans": spans, "origin": "original"} if clean else None
        )
    return reports


def draw_pool(
    folder: Path, seeds: Sequence[int], *, sites: Sequence[str], size: int, regions: Sequence[str], workers: int
) -> list[PhantomSlice]:
    """`draw_slices`, kept on disk: parts that lie in `folder` are read, the others drawn and written."""
    folder.mkdir(parents=True, exist_ok=True)
    pool: list[PhantomSlice] = []
    for start in range(0, len(seeds), PART):
        part = seeds[start : start + PART]
        file = folder / f"{part[0]}-{len(part)}.npz"
        if not file.is_file():
            began = time.monotonic()
            _save(draw_slices(part, sites=sites, size=size, regions=regions, workers=workers), file)
            _log.info("slices %d to %d drawn in %.0f s", start, start + len(part), time.monotonic() - began)
        pool += _load(file)
    return pool


def _save(slices: Sequence[PhantomSlice], file: Path) -> None:
    temporary = file.with_suffix(".tmp.npz")
    texts = json.dumps([{"boxes": list(one.boxes.items()), "turns": one.turns} for one in slices])
    np.savez(
        temporary,
        images=np.stack([one.image for one in slices]),
        masks=np.stack([one.mask for one in slices]),
        texts=np.frombuffer(texts.encode(), np.uint8),
    )
    temporary.rename(file)


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
