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
ARMS = ("head", "ellipse_in_token_box", "ellipse_in_true_box", "true_box_filled", "mean_mask")
MEASURES = ("dice", "iou", "hausdorff95_mm")

Scored = Mapping[str, Any]  # patient, scores; of a structure also label and size


def size_of(box: Box) -> str:
    """The name of the size of a structure, by its true box."""
    side = IMAGE_SIZE * ((box[2] - box[0]) * (box[3] - box[1])) ** 0.5
    return next(name for bound, name in SIZES if side < bound)


def summarise(structures: Sequence[Scored], reports: Sequence[Scored]) -> dict[str, Any]:
    """Figures with intervals by patient: all structures, by size, by class (the head's only), and of reports."""
    found = {
        "structures": _figures(structures),
        "reports": _figures(reports),
        "by_size": {name: _figures([i for i in structures if i["size"] == name]) for _, name in SIZES},
        "by_class": {
            label: _figures([i for i in structures if i["label"] == label], ("head/dice", "token_box_iou"))
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
    lines = [(arm.replace("_", " "), *(_cell(whole.get(f"{arm}/{m}")) for m in MEASURES)) for arm in ARMS]
    parts = [
        f"Structures of new patients: {whole['head/dice']['n']}. Mean [95 % interval, whole patients resampled].",
        table(("mask", "Dice", "IoU", "95 % Hausdorff, mm"), lines),
        table(
            ("box", "IoU"),
            [
                ("written by the model", _cell(whole["token_box_iou"])),
                ("around the head's mask", _cell(whole["mask_box_iou"])),
                ("difference", _cell(result["mask_box_minus_token_box"])),
            ],
        ),
    ]
    if result["reports"]:
        named = [("G-IoU, boxes", "g_iou_class"), ("G-IoU, masks", "g_iou_class_masks")]
        parts.append(table(("reports", "by class"), [(name, _cell(result["reports"][key])) for name, key in named]))
    sizes = [
        (name, *(_cell(own.get(f"{arm}/dice")) for arm in ARMS[:3]), str(own["head/dice"]["n"]))
        for name, own in result["by_size"].items()
        if own
    ]
    parts.append(table(("√area of the box", *(f"Dice, {arm.replace('_', ' ')}" for arm in ARMS[:3]), "n"), sizes))
    classes = [
        (label, _cell(own["head/dice"]), _cell(own["token_box_iou"]), str(own["head/dice"]["n"]))
        for label, own in result["by_class"].items()
    ]
    parts.append(table(("class", "Dice, head", "IoU, token box", "n"), classes))
    return "\n\n".join(parts) + "\n"


def _cell(figure: Mapping[str, Any] | None) -> str:
    if figure is None or figure["mean"] is None:
        return "–"
    mean = f"{figure['mean']:.3f}"
    return mean if figure["low"] is None else f"{mean} [{figure['low']:.3f}, {figure['high']:.3f}]"
