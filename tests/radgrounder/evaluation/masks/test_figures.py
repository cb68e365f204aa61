"""Figures of masks: by patient, by size and class, and the table of them."""

import json

import pytest

from radgrounder.evaluation.masks.figures import ARMS, MEASURES, format_masks, size_of, summarise


def scored(patient, label, dice, size="below 16 px"):
    scores = {f"{arm}/{measure}": dice for arm in ARMS for measure in MEASURES}
    return {
        "patient": patient,
        "label": label,
        "size": size,
        "scores": scores | {"token_box_iou": 0.5, "mask_box_iou": dice},
    }


STRUCTURES = [
    scored("a", "liver", 0.0),
    scored("b", "liver", 0.0, "40 px and more"),
    *(scored(p, "spleen", 1.0) for p in "abcc"),
]
REPORTS = [{"patient": p, "scores": {"g_iou_class": 0.25, "g_iou_class_masks": 0.5}} for p in "ab"]


def test_figures_have_intervals_and_a_table():
    result = json.loads(json.dumps(summarise(STRUCTURES, REPORTS)))
    whole = result["structures"]["head/dice"]
    assert whole["mean"] == pytest.approx(2 / 3) and whole["n"] == 6 and whole["low"] < whole["mean"] <= whole["high"]
    assert result["by_class"]["liver"]["head/dice"]["mean"] == 0.0
    assert result["mask_box_minus_token_box"]["mean"] == pytest.approx(2 / 3 - 0.5)
    assert [own["head/dice"]["n"] if own else 0 for own in result["by_size"].values()] == [5, 0, 1]
    text = format_masks(result)
    assert "| head | 0.667" in text and "| G-IoU, masks | 0.500" in text and "| liver | 0.000" in text


def test_without_reports_there_is_no_line_for_them():
    assert "G-IoU" not in format_masks(summarise(STRUCTURES, []))


@pytest.mark.parametrize(
    ("side", "name"), [(8, "below 16 px"), (16.1, "16 to 40 px"), (40.1, "40 px and more"), (224, "40 px and more")]
)
def test_a_size_is_the_root_of_the_box(side, name):
    assert size_of((0, 0, side / 224, side / 224)) == name
