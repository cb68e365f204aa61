"""Figures of masks: by patient, by size and class, and the table of them."""

import json

import pytest

from radgrounder.evaluation.masks.figures import ARMS, MEASURES, format_masks, size_of, summarise


def scored(patient, label, dice, size="below 16 px"):
    scores = {f"{arm}/{measure}": dice for arm, _ in ARMS if "codes" not in arm for measure in MEASURES}
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


def test_text_codes_have_lines_of_their_own_and_costs_a_table():
    with_codes = [
        {**one, "scores": one["scores"] | {f"{arm}/{m}": 0.25 for arm in ("codes", "ellipse_in_codes_box") for m in MEASURES}
         | {"codes_box_iou": 0.75}}
        for one in STRUCTURES
    ]  # fmt: skip
    result = summarise(with_codes, [])
    result["costs"] = {"locate": {"cpu_s": 0.1, "tokens": 9.0}, "segment": {"cpu_s": 0.2, "tokens": 25.0}}
    text = format_masks(result)
    assert "| text codes | 0.250" in text and "| head | 0.667" in text and "| written with text codes | 0.750" in text
    assert "| box and mask as text | 0.200 | 25.0 |" in text and "by the head, beside" not in text
    for one in with_codes:
        one["scores"] = {name: value for name, value in one["scores"].items() if not name.startswith("head/")}
    text = format_masks(summarise(with_codes, []))
    assert "| head |" not in text and "around the mask (text codes)" in text and "Dice, text codes" in text
