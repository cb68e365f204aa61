"""results.json as tables.

pytest tests/radgrounder/results/test_tables.py
"""

import pytest

from radgrounder.results.tables import (
    format_figure,
    format_gaps,
    format_interventions,
    format_layout,
    format_table,
    holds_figures,
)

FIGURE = {"mean": 0.436, "low": 0.42, "high": 0.4523, "n": 9}
EMPTY = {"mean": None, "low": None, "high": None, "n": 0}
RESULTS = {
    "benchmark": "refrad2d",
    "grounding": {"miou": FIGURE, "g_iou_class": FIGURE},
    "report": {"f1": EMPTY},
    "vqa": {"f1_open": FIGURE},
    "additional": {"report": {"cider": FIGURE, "hallucinated": {**FIGURE, "mean": 2.0, "low": None}}},
    "gaps": {},
    "notes": ["Beware."],
    "model": {"name": "models/nano", "fingerprint": "f"},
}


def test_a_figure_is_shown_in_percent():
    assert format_figure({"mean": 0.436, "low": 0.42, "high": 0.4523, "n": 9}) == "43.6 [42.0, 45.2]"


def test_nothing_scored_is_a_dash():
    assert format_figure({"mean": None, "low": None, "high": None, "n": 0}) == "–"


def test_the_table_has_every_figure_with_its_number():
    table = format_table(RESULTS)
    assert "| grounding | g iou class | 43.6 [42.0, 45.2] | 9 |" in table and "| report | f1 | – | 0 |" in table


def test_counts_are_not_shown_in_percent():
    assert "| report | hallucinated | 2.0 | 9 |" in format_table(RESULTS)


def test_notes_stand_above_the_figures():
    table = format_table(RESULTS)
    assert 0 < table.index("> **Note.** Beware.") < table.index("| task |")


def test_published_figures_are_marked():
    table = format_layout(RESULTS)
    assert "| RadGrounder (all data + detection) † | 37.5 ±3.3 | 30.3 ±1.4 | 48.9 ±2.8 |" in table
    assert table.endswith("so they show a scale, not a contest.")


def test_class_identity_never_stands_in_the_column_of_g_iou():
    assert format_layout(RESULTS).split("\n")[2].endswith("| – |")


@pytest.mark.parametrize("benchmark", ["forkme", "somebody-elses"])
def test_a_benchmark_without_published_figures_has_no_such_table(benchmark):
    assert format_layout({**RESULTS, "benchmark": benchmark}) == ""


def test_a_gap_beyond_chance_is_marked():
    rows = format_gaps({"vqa.f1": {"sex: F - M": FIGURE, "site: A - others": {**FIGURE, "low": -0.1}}}).split("\n")
    assert rows[2].endswith("| 9 | yes |") and rows[3].endswith("| 9 |  |")


def test_a_section_is_a_mapping_of_figures():
    assert holds_figures(RESULTS["vqa"]) and not holds_figures(RESULTS["model"]) and not holds_figures({})


MOVED = {"moved_iou": FIGURE, "moved_iou_control": {**FIGURE, "mean": 0.1, "low": None}, "moved_iou_before": FIGURE,
         "moved_iou_over_control": FIGURE}  # fmt: skip


def test_a_change_stands_beside_its_controls_in_words():
    table = format_table({**RESULTS, "interventions": {**MOVED, "removed_goes": EMPTY}})
    rate = "| an organ moved: IoU of the box with the new place | 43.6 [42.0, 45.2] | 9 "
    assert f"{rate}| the answer to the unchanged picture | 10.0 | 43.6 [42.0, 45.2] |" in table
    assert "|  |  |  | the unchanged picture, held to its own truth | 43.6 [42.0, 45.2] | – |" in table
    assert (
        "| a finding taken out: the report tells of it no more | – | 0 |" in table and "| interventions |" not in table
    )


def test_a_control_without_a_paired_difference_is_not_shown():
    found = {name: figure for name, figure in MOVED.items() if "_over_" not in name}
    assert "the answer to the unchanged picture" not in format_interventions({"interventions": found})


def test_the_table_of_changes_says_of_whom_and_is_apart_by_region():
    made = {"patients": 18, "sites": ["A"], "regions": ["head_ct", "head_mr"], "settings": {"report_samples": 1}}
    found = format_interventions({**made, "interventions": MOVED, "by_region": dict.fromkeys(made["regions"], MOVED)})
    assert found.startswith("18 patients of the phantom, site A, by turns head ct, head mr;")
    assert "Reports are decoded greedily." in found and "\n| head mr | " in found
    assert format_interventions({}) == ""


def test_bound_and_free_figures_stand_side_by_side():
    free = {"grounding": {"miou": {**FIGURE, "mean": 0.1, "low": None}, "prior_miou": FIGURE, "g_iou_class": EMPTY}}
    table = format_table({**RESULTS, "free": free})
    assert "| grounding | miou | 43.6 [42.0, 45.2] | 10.0 |" in table and "prior miou" not in table


def test_a_class_of_finding_stands_beside_another_patients_report():
    mine = {"precision": EMPTY, "recall": FIGURE, "f1": FIGURE}
    findings = {"model": {"bile_stone": mine}, "other_patient": {"bile_stone": {**mine, "f1": EMPTY}}}
    assert "| bile stone | – | 43.6 [42.0, 45.2] | 43.6 [42.0, 45.2] | – | 9 |" in format_table(
        {**RESULTS, "findings": findings}
    )
