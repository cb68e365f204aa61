"""Scores of masks as figures with intervals by patient, and as a table.

>>> print(format_masks(summarise(structures, reports)))
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from radgrounder.metrics.intervals import figures
from refrad2d.grounding import Box
from refrad2d.system.markdown import table
from refrad2d.windows import IMAGE_SIZE

SIZES = ((16, "below 16 px"), (40, "16 to 40 px"), (np.inf, "40 px and more"))  # √area of the true box, of 224 px
ARMS = (  # name → what is printed
    ("head", "head"),
    ("codes", "text codes"),
    ("ellipse_in_token_box", "ellipse in token box"),
    ("ellipse_in_codes_box", "ellipse in the box of the text codes"),
    ("ellipse_in_true_box", "ellipse in true box"),
    ("true_box_filled", "true box filled"),
    ("mean_mask", "mean mask"),
)
WAYS = (("locate", "box"), ("head", "mask by the head, beside the box"), ("segment", "box and mask as text"))
MEASURES = ("dice", "iou", "hausdorff95_mm")

Scored = Mapping[str, Any]  # patient, scores; of a structure also label and size


def size_of(box: Box) -> str:
    """The name of the size of a structure, by its true box."""
    side = IMAGE_SIZE * ((box[2] - box[0]) * (box[3] - box[1])) ** 0.5
    return next(name for bound, name in SIZES if side < bound)


def summarise(structures: Sequence[Scored], reports: Sequence[Scored]) -> dict[str, Any]:
    """Figures with intervals by patient: all structures, by size, by class (of the head, or of the codes where there is
    none), and of reports."""
    first = "head" if structures and "head/dice" in structures[0]["scores"] else "codes"
    found = {
        "structures": _figures(structures),
        "reports": _figures(reports),
        "by_size": {name: _figures([i for i in structures if i["size"] == name]) for _, name in SIZES},
        "by_class": {
            label: _figures([i for i in structures if i["label"] == label], (f"{first}/dice", "token_box_iou"))
            for label in sorted({i["label"] for i in structures})
        },
    }
    gains = [
        {"patient": i["patient"], "scores": {"gain": i["scores"]["mask_box_iou"] - i["scores"]["token_box_iou"]}}
        for i in structures
    ]
    return {**found, "mask_box_minus_token_box": _figures(gains).get("gain")}


def _figures(items: Sequence[Scored], names: Sequence[str] | None = None) -> dict[str, Any]:
    if not items:
        return {}
    names = names or list(items[0]["scores"])
    values = np.array([[item["scores"][name] for name in names] for item in items])
    found = figures(values, [item["patient"] for item in items])
    return {name: figure.as_dict() for name, figure in zip(names, found, strict=True)}


def format_masks(result: Mapping[str, Any]) -> str:
    """The figures as Markdown: the head beside its controls, boxes, reports, by size and by class."""
    whole = result["structures"]
    arms = [(arm, name) for arm, name in ARMS if f"{arm}/dice" in whole]
    first = arms[0][0]
    lines = [(name, *(_cell(whole[f"{arm}/{m}"]) for m in MEASURES)) for arm, name in arms]
    parts = [
        f"Structures of new patients: {whole[f'{first}/dice']['n']}. Mean [95 % interval, whole patients resampled].",
        table(("mask", "Dice", "IoU", "95 % Hausdorff, mm"), lines),
        table(
            ("box", "IoU"),
            [
                ("written by the model", _cell(whole["token_box_iou"])),
                (f"around the mask ({dict(ARMS)[first]})", _cell(whole["mask_box_iou"])),
                ("difference", _cell(result["mask_box_minus_token_box"])),
                *([("written with text codes", _cell(whole["codes_box_iou"]))] if "codes_box_iou" in whole else []),
            ],
        ),
    ]
    if result.get("costs"):
        spent = [
            (name, f"{result['costs'][way]['cpu_s']:.3f}", f"{result['costs'][way]['tokens']:.1f}")
            for way, name in WAYS
            if way in result["costs"]
        ]
        parts.append(table(("a structure costs", "CPU s", "tokens"), spent))
    if result["reports"]:
        named = [("G-IoU, boxes", "g_iou_class"), ("G-IoU, masks", "g_iou_class_masks")]
        parts.append(table(("reports", "by class"), [(name, _cell(result["reports"][key])) for name, key in named]))
    sizes = [
        (name, *(_cell(own.get(f"{arm}/dice")) for arm, _ in arms), str(own[f"{first}/dice"]["n"]))
        for name, own in result["by_size"].items()
        if own
    ]
    parts.append(table(("√area of the box", *(f"Dice, {name}" for _, name in arms), "n"), sizes))
    classes = [
        (label, _cell(own[f"{first}/dice"]), _cell(own["token_box_iou"]), str(own[f"{first}/dice"]["n"]))
        for label, own in result["by_class"].items()
    ]
    parts.append(table(("class", f"Dice, {dict(ARMS)[first]}", "IoU, token box", "n"), classes))
    return "\n\n".join(parts) + "\n"


def _cell(figure: Mapping[str, Any] | None) -> str:
    if figure is None or figure["mean"] is None:
        return "–"
    mean = f"{figure['mean']:.3f}"
    return mean if figure["low"] is None else f"{mean} [{figure['low']:.3f}, {figure['high']:.3f}]"
