"""RefRad2D's own test split: grounding, reports and questions in both languages.

    radgrounder eval --model MODEL --benchmark refrad2d --data build/demo/dataset/refrad2d --out OUT

Controls: the training mean box of (label, modality, plane), a constant report, the most frequent answer, a blank
image, and the image and the true report of another patient of the same modality, body part and plane. Structures that a
slice certainly does not show are asked for too, and all places in German as well.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import datasets
import numpy as np
from datasets import Dataset, get_dataset_config_names, get_dataset_split_names, load_dataset

from radgrounder.benchmarks.base import (
    ABSENT_ASKED,
    BLANK,
    GERMAN,
    GERMAN_ABSENT,
    OTHER,
    SHUFFLED,
    Benchmark,
    Column,
    Facts,
    Item,
    Scores,
    blank_picture,
    plain,
    sample_ids,
    set_over,
)
from radgrounder.benchmarks.priors import average_boxes, constant_report, majority_answers, partners
from radgrounder.benchmarks.questions import score_answer
from radgrounder.metrics.boxes import iou, pointing
from radgrounder.metrics.captions import cider, rouge_l
from radgrounder.metrics.findings import compare_findings
from radgrounder.metrics.grounding import count_entities, entities, g_iou, invalid
from radgrounder.metrics.text import normalise, token_overlap
from refrad2d.boxes import visible
from refrad2d.conversations import ABSENT, CONTEXTS, context, prompt, spans_of, vqa_prompt
from refrad2d.grounding import Box, Parsed, Span, as_box
from refrad2d.labels import LANGUAGES, label_by_name

Row = Mapping[str, Any]

CONTEXT = CONTEXTS[-1]  # evaluation gives the clinical information and the clinical question, as the release does
TRAINING_ROWS = 20_000  # so many training slices, evenly spaced, are enough for a prior
OVER = {  # by task: measure and control whose difference is a figure of its own
    "locate": (("iou", "prior"), ("iou", SHUFFLED)),
    "report": (("f1", "majority"), ("f1", SHUFFLED), ("finding_f1", SHUFFLED)),
    "vqa": tuple((name, control) for name in ("accuracy_closed", "f1_open") for control in ("majority", SHUFFLED)),
}
SIZES = ((0.01, "small"), (0.05, "medium"), (2.0, "large"))  # of a structure: share of the slice below the bound


COLUMNS = (
    Column("grounding", "miou", ("locate",), "", "iou"),
    Column("grounding", "prior_miou", ("locate",), "prior", "iou"),
    Column("grounding", "shuffled_miou", ("locate",), SHUFFLED, "iou"),
    Column("grounding", "miou_over_prior", ("locate",), "", "iou_over_prior"),
    Column("grounding", "miou_over_shuffled", ("locate",), "", "iou_over_shuffled"),
    Column("grounding", "present_boxed", ("locate",), "", "boxed"),
    Column("grounding", "absent_boxed", ("locate",), ABSENT_ASKED, "boxed"),
    Column("grounding", "g_iou_class", ("report",), "", "g_iou_class"),
    Column("grounding", "invalid", ("locate", "report"), "", "invalid"),
    Column("report", "f1", ("report",), "", "f1"),
    Column("report", "majority_f1", ("report",), "majority", "f1"),
    Column("report", "shuffled_f1", ("report",), SHUFFLED, "f1"),
    Column("report", "blank_image_f1", ("report",), "blank_image", "f1"),
    Column("report", "f1_over_majority", ("report",), "", "f1_over_majority"),
    Column("report", "finding_f1", ("report",), "", "finding_f1"),
    Column("report", "shuffled_finding_f1", ("report",), SHUFFLED, "finding_f1"),
    Column("report", "other_patient_finding_f1", ("report",), OTHER, "finding_f1"),
    Column("report", "majority_finding_f1", ("report",), "majority", "finding_f1"),
    Column("vqa", "accuracy_closed", ("vqa",), "", "accuracy_closed"),
    Column("vqa", "majority_accuracy", ("vqa",), "majority", "accuracy_closed"),
    Column("vqa", "shuffled_accuracy", ("vqa",), SHUFFLED, "accuracy_closed"),
    Column("vqa", "blank_image_accuracy", ("vqa",), "blank_image", "accuracy_closed"),
    Column("vqa", "accuracy_over_majority", ("vqa",), "", "accuracy_closed_over_majority"),
    Column("vqa", "f1_open", ("vqa",), "", "f1_open"),
    Column("vqa", "majority_f1_open", ("vqa",), "majority", "f1_open"),
    Column("vqa", "shuffled_f1_open", ("vqa",), SHUFFLED, "f1_open"),
    Column("vqa", "blank_image_f1_open", ("vqa",), "blank_image", "f1_open"),
    Column("vqa", "f1_open_over_majority", ("vqa",), "", "f1_open_over_majority"),
)
EXTRA = (
    Column("grounding", "miou_de", ("locate",), GERMAN, "iou"),
    Column("grounding", "present_boxed_de", ("locate",), GERMAN, "boxed"),
    Column("grounding", "absent_boxed_de", ("locate",), GERMAN_ABSENT, "boxed"),
    Column("grounding", "shuffled_g_iou_class", ("report",), SHUFFLED, "g_iou_class"),
    Column("grounding", "pointing", ("locate",), "", "pointing"),
    Column("grounding", "prior_pointing", ("locate",), "prior", "pointing"),
    Column("grounding", "g_iou_class_optimal", ("report",), "", "g_iou_class_optimal"),
    Column("grounding", "blank_image_g_iou_class", ("report",), "blank_image", "g_iou_class"),
    *(
        Column("grounding", measure, ("report",), "", measure)
        for measure in ("entity_precision", "entity_recall", "entity_f1", "hallucinated", "missed")
    ),
    *(
        Column("report", name, ("report",), "", name)
        for name in ("f1_over_shuffled", "finding_f1_over_shuffled", "recall", "cider", "rouge_l", "finding_size_error")
    ),
    *(
        Column("report", f"{prefix}{measure}", ("report",), control, measure)
        for measure in ("finding_precision", "finding_recall", "finding_false")
        for prefix, control in (("", ""), ("other_patient_", OTHER), ("majority_", "majority"))
    ),
    Column("report", "other_patient_f1", ("report",), OTHER, "f1"),
    Column("report", "majority_cider", ("report",), "majority", "cider"),
    Column("vqa", "accuracy_over_shuffled", ("vqa",), "", "accuracy_closed_over_shuffled"),
    *(Column("vqa", name, ("vqa",), "", name) for name in ("f1_open_over_shuffled", "recall_open")),
)
BENCHMARK = Facts(
    name="refrad2d",
    columns=COLUMNS,
    extra=EXTRA,
    title="RefRad2D",
    layout={  # G-IoU is the one with embeddings: the class-identity variant is another measure and never stands here
        "report CIDEr": ("additional", "report", "cider"),
        "report LLMScore": ("additional", "report", "llm_score"),
        "VQA F1 open": ("vqa", "f1_open"),
        "VQA LLMScore open": ("additional", "vqa", "llm_score_open"),
        "VQA accuracy closed": ("vqa", "accuracy_closed"),
        "G-IoU": ("additional", "grounding", "g_iou"),
    },
    published="refrad2d_published.csv",
    caveat="The published figures are of the authors' private test set, so they show a scale, not a contest.",
)


def load(data: str, *, limit: int | None = None, seed: int = 0) -> Benchmark:
    """The test split of the dataset in this folder (or in its build folder); at most `limit` slices.

    ValueError if it has no test split.
    """
    data = str(Path(data) / "refrad2d") if (Path(data) / "refrad2d" / "README.md").is_file() else data
    configs = [name for name in ("report", "vqa", "grounded") if name in config_names(data)]
    test: dict[str, Dataset | None] = {name: read_split(data, name, "test") for name in configs}
    ids = [i for rows in test.values() if rows is not None for i in rows["id"]]
    if not ids:
        raise ValueError(f"The dataset {data} has no test slices. Build it from more patients.")
    chosen = set(sample_ids(ids, limit, seed))
    train = {name: read_split(data, name, "train") for name in configs}
    reports = {row["id"]: row["report"] for row in _rows(test.get("report"), ("id", "report"))}
    items = [
        *_grounding_items(test.get("grounded"), train.get("grounded"), test.get("report"), chosen, seed),
        *_report_items(test.get("report"), train.get("report"), chosen, seed),
        *_vqa_items(test.get("vqa"), train.get("vqa"), chosen, reports, seed),
    ]
    return Benchmark(
        facts=BENCHMARK,
        items=items,
        picture=_pictures(test),
        score=score,
        about={"n_slices": len(chosen), "slices_of_the_split": len(set(ids)), "limit": limit},
        notes=[f"{len(chosen)} of {len(set(ids))} test slices, drawn by hash."] if limit else [],
    )


def config_names(data: str) -> list[str]:
    """The configs of a dataset folder or a Hub repository. ValueError if there is no dataset."""
    if not Path(data).is_dir() and data.count("/") != 1:
        raise ValueError(f"There is no dataset at {data}. Give the folder that a build left, or ORG/NAME on the Hub.")
    try:
        return get_dataset_config_names(data)
    except (FileNotFoundError, ConnectionError) as error:
        raise ValueError(f"{data} holds no dataset. Give a build's folder, or ORG/NAME on the Hub.") from error


def read_split(data: str, config: str, split: str) -> Dataset | None:
    """The rows of a split of a dataset as it lies there now, None if it has no such split."""
    if split not in get_dataset_split_names(data, config):
        return None
    return load_dataset(data, config, split=split, cache_dir=_cache_dir(data))


def _cache_dir(data: str) -> str | None:
    """A cache of its own for every state of a local folder; None, the usual cache, for a repository on the Hub.

    `datasets` 5.2 tells local folders apart by name and card alone: a rebuilt folder with as many rows as before, or
    another one of the same name, would give the old rows.
    """
    folder = Path(data)
    if not folder.is_dir():
        return None
    found = sorted((p.relative_to(folder).as_posix(), p.stat()) for p in folder.rglob("*") if p.is_file())
    state = [(name, stat.st_size, stat.st_mtime_ns) for name, stat in found]
    return str(Path(datasets.config.HF_DATASETS_CACHE) / f"refrad2d-{sha256(repr(state).encode()).hexdigest()[:16]}")


def _rows(rows: Dataset | None, columns: Sequence[str], most: int | None = None) -> Iterator[Row]:
    """Rows of these columns only, so that no picture is decoded in vain; at most `most` of them, evenly spaced."""
    if rows is None:
        return iter(())
    if most is not None and len(rows) > most:
        rows = rows.select(np.linspace(0, len(rows) - 1, most).astype(int))
    return iter(rows.select_columns(list(columns)))


def _pictures(test: Mapping[str, Dataset | None]) -> Callable[[str], np.ndarray]:
    """Pictures of slices by id, from whichever config holds them."""
    where: dict[str, tuple[Dataset, int]] = {}
    for rows in test.values():
        if rows is not None:
            where |= {row_id: (rows, number) for number, row_id in enumerate(rows["id"])}

    @lru_cache(maxsize=256)
    def picture(key: str) -> np.ndarray:
        if key == BLANK:
            return blank_picture()
        rows, number = where[key]
        return np.asarray(rows.select_columns(["image"])[number]["image"].convert("RGB"))

    return picture


def _groups(row: Row, language: str) -> dict[str, str]:
    groups = {name: str(row[name]) for name in ("modality", "body_part", "plane", "sex", "site") if row.get(name)}
    return groups | {"language": language}


# Grounding


def eligible(row: Row) -> list[tuple[str, Box]]:
    """(label, box) of the structures that cover at least 20 pixels of the image.

    ValueError if the dataset is too old to say (see `refrad2d.boxes.visible`).
    """
    return [(found["label"], as_box(found["box"])) for found in visible(row["objects"])]


def mean_boxes(rows: Iterable[Row]) -> dict[tuple[str, str, str], Box]:
    """The mean box of every (label, modality, plane) of the rows, over the structures that can be asked for."""
    return average_boxes(((label, row["modality"], row["plane"]), box) for row in rows for label, box in eligible(row))


def _grounding_items(
    test: Dataset | None, train: Dataset | None, every: Dataset | None, chosen: set[str], seed: int
) -> list[Item]:
    columns = ("id", "patient", "modality", "body_part", "plane", "sex", "site", "objects")
    asked = (*columns, "absent") if test is not None and "absent" in test.column_names else columns
    rows = [row for row in _rows(test, asked) if row["id"] in chosen]
    if not rows:
        return []
    prior = mean_boxes(_rows(train, columns, TRAINING_ROWS))
    who = ("id", "patient", "modality", "body_part", "plane")
    # A grounded slice as stand-in where there is one, else any slice of the test split.
    partner = partners(list(_rows(every, who)), seed) | partners(list(_rows(test, who)), seed)
    items = []
    for row in rows:
        for label, box in eligible(row):
            name = label_by_name(label).english
            area = (box[2] - box[0]) * (box[3] - box[1])
            size = next(word for bound, word in SIZES if area < bound)
            item = Item(
                id=f"locate/{row['id']}/{label}",
                task="locate",
                control="",
                image=row["id"],
                prompt=prompt("locate", "en", name=name),
                true=Parsed(name, [Span(0, len(name), label, box)], 0),
                cluster=row["patient"],
                language="en",
                groups={**_groups(row, "en"), "label": label, "size": size},
            )
            mean = prior.get((label, row["modality"], row["plane"]))
            guess = Parsed(name, [Span(0, len(name), label, mean)] if mean else [], 0)
            items += [item, _as_control(item, "prior", given=guess), _in_german(item, GERMAN, label)]
            if row["id"] in partner:
                items.append(_as_control(item, SHUFFLED, image=partner[row["id"]]))
        for label in row.get("absent") or ():
            item = _absent_item(row, label)
            items += [item, _in_german(item, GERMAN_ABSENT, label)]
    return items


def _in_german(item: Item, control: str, label: str) -> Item:
    """The same place asked for in German."""
    name = label_by_name(label).display("de")
    asked = replace(item, language="de", groups={**item.groups, "language": "de"}, control=control)
    return replace(
        asked, id=f"{item.id.removesuffix(f'/{item.control}')}/{control}", prompt=prompt("locate", "de", name=name)
    )


def _absent_item(row: Row, label: str) -> Item:
    """The prompt for a structure that the slice certainly does not show; the true answer has no span."""
    return Item(
        id=f"locate/{row['id']}/{label}/{ABSENT_ASKED}",
        task="locate",
        control=ABSENT_ASKED,
        image=row["id"],
        prompt=prompt("locate", "en", name=label_by_name(label).english),
        true=plain(ABSENT["en"]),
        cluster=row["patient"],
        language="en",
        groups={**_groups(row, "en"), "label": label},
    )


def _as_control(item: Item, control: str, **changes: Any) -> Item:
    return replace(item, id=f"{item.id}/{control}", control=control, **changes)


# Reports


def _report_items(test: Dataset | None, train: Dataset | None, chosen: set[str], seed: int) -> list[Item]:
    columns = ("id", "patient", "modality", "body_part", "plane", "sex", "site", "report")
    rows = [row for row in _rows(test, columns) if row["id"] in chosen]
    if not rows:
        return []
    training = [row["report"] for row in _rows(train, ("report",), TRAINING_ROWS)]
    constant = {}
    for language in LANGUAGES:
        findings = [report[language]["findings"] for report in training if report[language]]
        constant[language] = constant_report([text for text in findings if text], language)
    partner = partners(rows, seed)
    told = {row["id"]: row["report"] for row in rows}
    items = []
    for row in rows:
        for language in LANGUAGES:
            report = row["report"][language]
            if not report or not report["findings"]:
                continue
            item = Item(
                id=f"report/{row['id']}/{language}",
                task="report",
                control="",
                image=row["id"],
                prompt=prompt("report_boxes", language, context=context(report, language, CONTEXT)),
                true=Parsed(report["findings"], spans_of(report["spans"]), 0),
                cluster=row["patient"],
                language=language,
                groups=_groups(row, language),
            )
            items += [item, _as_control(item, "blank_image", image=BLANK)]
            if row["id"] in partner:
                items.append(_as_control(item, SHUFFLED, image=partner[row["id"]]))
            if constant[language]:
                items.append(_as_control(item, "majority", given=plain(constant[language])))
            other = (told.get(partner.get(row["id"], "")) or {}).get(language) or {}
            if other.get("findings"):
                items.append(_as_control(item, OTHER, given=plain(other["findings"])))
    return items


# Questions


def _vqa_items(
    test: Dataset | None, train: Dataset | None, chosen: set[str], reports: Mapping[str, Row], seed: int
) -> list[Item]:
    columns = ("id", "patient", "modality", "body_part", "plane", "sex", "site", "vqa")
    rows = [row for row in _rows(test, columns) if row["id"] in chosen]
    if not rows:
        return []
    training = (entry for row in _rows(train, ("vqa",), TRAINING_ROWS) for entry in row["vqa"] or [])
    majority = majority_answers((e["language"], e["question"], e["type"], e["answer"]) for e in training)
    partner = partners(rows, seed)
    items = []
    for row in rows:
        for number, entry in enumerate(row["vqa"] or []):
            language = entry["language"]
            report = (reports.get(row["id"]) or {}).get(language) or {}
            item = Item(
                id=f"vqa/{row['id']}/{number}",
                task="vqa",
                control="",
                image=row["id"],
                prompt=vqa_prompt(entry, context=context(report, language, CONTEXT)),
                true=Parsed(entry["answer"], spans_of(entry["spans"]), 0),
                cluster=row["patient"],
                language=language,
                kind="open" if entry["type"] == "open" else "closed",
                groups={**_groups(row, language), "type": entry["type"]},
            )
            constant = plain(majority(language, entry["question"], entry["type"]))
            items += [item, _as_control(item, "blank_image", image=BLANK)]
            items.append(_as_control(item, "majority", given=constant))
            if row["id"] in partner:
                items.append(_as_control(item, SHUFFLED, image=partner[row["id"]]))
    return items


# Scoring


def score(items: Sequence[Item], answers: Sequence[Parsed]) -> list[Scores]:
    """The measures of every answer."""
    scores = [_SCORERS[item.task](item, answer) for item, answer in zip(items, answers, strict=True)]
    groups = defaultdict(list)
    for number, item in enumerate(items):
        if item.task == "report":
            groups[item.control, item.language].append(number)
    for numbers in groups.values():  # CIDEr weighs words by how many references of the group hold them
        texts = [answers[n].text for n in numbers], [items[n].true.text for n in numbers]
        for number, value in zip(numbers, cider(*texts), strict=True):
            scores[number]["cider"] = value
    set_over(items, scores, OVER)
    return scores


def _score_locate(item: Item, answer: Parsed) -> Scores:
    boxed = float(bool(answer.spans))
    if item.control in (ABSENT_ASKED, GERMAN_ABSENT):
        return {"boxed": boxed, "invalid": invalid(answer)}
    box = answer.spans[0].box if answer.spans else None
    target = item.true.spans[0].box
    return {"iou": iou(box, target), "pointing": pointing(box, target), "invalid": invalid(answer), "boxed": boxed}


def _score_report(item: Item, answer: Parsed) -> Scores:
    _, recall, f1 = token_overlap(answer.text, item.true.text, language=item.language)
    true, predicted = entities(item.true), entities(answer)
    counts = count_entities(true, predicted)
    modality = item.groups.get("modality", "CT")
    found = compare_findings(item.true.text, answer.text, item.language, modality)
    return {
        "finding_f1": found.f1,
        "finding_precision": found.precision,
        "finding_recall": found.recall,
        "finding_false": float(len(found.false)),
        "finding_size_error": found.size_error,
        "f1": f1,
        "recall": recall,
        "rouge_l": rouge_l(normalise(answer.text, item.language), normalise(item.true.text, item.language)),
        "invalid": invalid(answer),
        "g_iou_class": g_iou(true, predicted),
        "g_iou_class_optimal": g_iou(true, predicted, matching="optimal"),
        "entity_precision": counts.precision,
        "entity_recall": counts.recall,
        "entity_f1": counts.f1,
        "hallucinated": float(counts.hallucinated),
        "missed": float(counts.missed),
    }


_SCORERS = {"locate": _score_locate, "report": _score_report, "vqa": score_answer}
