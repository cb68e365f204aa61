"""The refrad2d benchmark: its items and figures, on a tiny dataset and models that answer by rule.

pytest tests/radgrounder/benchmarks/test_refrad2d.py
"""

import numpy as np
import pytest

from radgrounder.benchmarks.base import Item, load_benchmark, plain
from radgrounder.benchmarks.refrad2d import eligible, score
from radgrounder.evaluation.run import run
from radgrounder.metrics.boxes import iou
from refrad2d.grounding import Parsed, Span
from tests.fixtures.tiny_dataset import MASK_SIZE, make_row, write_dataset
from tests.fixtures.tiny_evaluations import TEST_BOXES, TRAIN_BOXES, Seer, write_tiny


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_tiny(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def results(data, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    return run(Seer(), "refrad2d", data, out, samples=200), out


def test_results_hold_the_figures_of_the_contract(results):
    names = {section: list(results[0][section]) for section in ("grounding", "report", "vqa")}
    assert names == {
        "grounding": [
            "miou",
            "prior_miou",
            "shuffled_miou",
            "miou_over_prior",
            "miou_over_shuffled",
            "present_boxed",
            "absent_boxed",
            "g_iou_class",
            "invalid",
        ],
        "report": [
            "f1",
            "majority_f1",
            "shuffled_f1",
            "blank_image_f1",
            "f1_over_majority",
            "finding_f1",
            "shuffled_finding_f1",
            "other_patient_finding_f1",
            "majority_finding_f1",
        ],
        "vqa": [
            "accuracy_closed",
            "majority_accuracy",
            "shuffled_accuracy",
            "blank_image_accuracy",
            "accuracy_over_majority",
            "f1_open",
            "majority_f1_open",
            "shuffled_f1_open",
            "blank_image_f1_open",
            "f1_open_over_majority",
        ],
    }


def test_miou_counts_only_structures_that_can_be_asked_for(results):
    assert results[0]["grounding"]["miou"]["n"] == len(TEST_BOXES)  # no spleen of one pixel
    assert results[0]["grounding"]["miou"]["mean"] > 0.98


def test_absent_structures_are_asked_for_and_only_a_box_counts(results, data):
    assert results[0]["grounding"]["present_boxed"]["n"] == len(TEST_BOXES)
    assert results[0]["grounding"]["absent_boxed"]["n"] == len(TEST_BOXES)
    items = [item for item in load_benchmark("refrad2d", data).items if item.control == "absent"]
    assert {item.prompt for item in items} == {"\n\nWhere is the brain? "} and not any(i.true.spans for i in items)
    scores = score(items[:2], [plain("not visible"), Parsed("brain", [Span(0, 5, "brain", (0, 0, 1, 1))], 0)])
    assert [one["boxed"] for one in scores] == [0, 1] and "iou" not in scores[0]


def test_findings_of_reports_are_scored_beside_those_of_another_patient():
    true = plain("Cyst of the liver measuring 20 mm.")
    item = Item("r", "report", "", "s", "", true, "p", "en", groups={"modality": "CT"})
    right, wrong, none = score([item] * 3, [true, plain("Stone in the gallbladder."), plain("The liver is normal.")])
    assert (right["finding_f1"], right["finding_false"], right["finding_size_error"]) == (1, 0, 0)
    assert (wrong["finding_f1"], wrong["finding_precision"], wrong["finding_false"]) == (0, 0, 1)
    assert none["finding_recall"] == 0 and np.isnan(none["finding_precision"])


def test_prior_is_the_iou_with_the_training_mean_box(results):
    mean = np.mean(TRAIN_BOXES, axis=0) / MASK_SIZE
    expected = np.mean([iou(mean, np.array(box) / MASK_SIZE) for box in TEST_BOXES])
    assert results[0]["grounding"]["prior_miou"]["mean"] == pytest.approx(expected)


def test_shuffled_images_are_of_another_patient(data):
    items = load_benchmark("refrad2d", data).items
    patients = {f"s{n}": f"p{n // 2}" for n in range(len(TEST_BOXES))}
    shuffled = [item for item in items if item.control == "shuffled"]
    asked = [item for item in items if not item.control]
    assert sorted(item.id.removesuffix("/shuffled") for item in shuffled) == sorted(item.id for item in asked)
    assert {item.task for item in shuffled} == {"locate", "report", "vqa"}
    assert all(patients[item.image] != item.cluster for item in shuffled)


def test_places_are_asked_for_in_german_too(data, results):
    items = [item for item in load_benchmark("refrad2d", data).items if item.control.startswith("german")]
    assert {(item.control, item.prompt) for item in items} == {
        ("german", "\n\nWo ist: Leber? "),
        ("german_absent", "\n\nWo ist: Gehirn? "),
    }
    found = results[0]["additional"]["grounding"]
    assert found["miou_de"]["n"] == found["present_boxed_de"]["n"] == found["absent_boxed_de"]["n"] == len(TEST_BOXES)


def test_what_a_model_has_more_than_a_control_is_the_mean_difference(results):
    found = results[0]
    for section, name, control in (
        ("grounding", "miou", "prior"),
        ("report", "f1", "majority"),
        ("vqa", "f1_open", "majority"),
    ):
        figures = found[section]
        beside = figures[f"{control}_{name}"]["mean"]
        assert figures[f"{name}_over_{control}"]["mean"] == pytest.approx(figures[name]["mean"] - beside)


def test_a_model_that_sees_loses_with_shuffled_images(results):
    assert results[0]["grounding"]["shuffled_miou"]["mean"] < 0.6


def test_no_box_scores_zero(data, tmp_path):
    class Mute(Seer):
        def answer(self, image, prompt):
            return "liver"

    found = run(Mute(), "refrad2d", data, tmp_path, samples=50)["grounding"]
    assert (found["miou"]["mean"], found["miou"]["n"], found["g_iou_class"]["mean"]) == (0.0, len(TEST_BOXES), 0.0)


def test_broken_markup_counts_as_invalid(data, tmp_path):
    class Broken(Seer):
        def answer(self, image, prompt):
            return super().answer(image, prompt).replace("</p>", "")

    found = run(Broken(), "refrad2d", data, tmp_path, samples=50)["grounding"]
    assert found["invalid"]["mean"] == pytest.approx(4 / 12)  # four locate answers of these and eight reports


def test_languages_are_pooled_in_the_report_figure(results):
    assert results[0]["report"]["f1"] == {"mean": 1.0, "low": 1.0, "high": 1.0, "n": 2 * len(TEST_BOXES)}


def test_majority_answer_is_the_training_one(results):
    # trained rows 20 and 21 answer "no" and "yes": the tie goes to the first by alphabet, which test row 0 alone has
    assert results[0]["vqa"]["majority_accuracy"]["mean"] == pytest.approx(1 / 4)
    assert results[0]["vqa"]["accuracy_closed"]["mean"] == pytest.approx(3 / 4)


def test_limit_is_stated_and_drawn_by_hash(data, tmp_path):
    found = run(Seer(), "refrad2d", data, tmp_path, samples=50, limit=2)
    assert (found["n_slices"], found["slices_of_the_split"], found["grounding"]["miou"]["n"]) == (2, 4, 2)


def test_a_folder_of_the_same_name_is_not_mistaken_for_another(tmp_path):
    """The cache of `datasets` would give the first folder's rows for both."""
    for name, box in (("first", (10, 10, 60, 60)), ("second", (40, 40, 90, 100))):
        data = write_dataset(tmp_path / name / "refrad2d", {"test": [make_row(1, "p", box)]})
        locate = next(item for item in load_benchmark("refrad2d", data).items if item.task == "locate")
        assert locate.true.spans[0].box == pytest.approx(np.array(box) / MASK_SIZE)


def test_a_dataset_without_masks_has_no_grounding_figures(tmp_path):
    rows = {"train": [make_row(9, "q", (10, 10, 60, 60))], "test": [make_row(1, "p", (10, 10, 60, 60))]}
    data = write_dataset(tmp_path / "d", rows, configs=("report", "vqa"))
    found = run(Seer(), "refrad2d", data, tmp_path / "out", samples=50)
    assert found["grounding"]["miou"] == {"mean": None, "low": None, "high": None, "n": 0}


def test_a_dataset_without_test_slices_is_refused(tmp_path):
    data = write_dataset(tmp_path / "d", {"train": [make_row(1, "p", (10, 10, 60, 60))]})
    with pytest.raises(ValueError, match="no test slices"):
        load_benchmark("refrad2d", data)


def test_a_folder_without_a_dataset_is_refused(tmp_path):
    with pytest.raises(ValueError, match="holds no dataset. Give a build's folder"):
        load_benchmark("refrad2d", str(tmp_path))


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(ValueError, match="There is no dataset at .*nowhere"):
        load_benchmark("refrad2d", str(tmp_path / "nowhere"))


def test_a_dataset_that_does_not_say_the_visible_size_is_refused():
    """No count of our own takes the place of what the dataset stores."""
    with pytest.raises(ValueError, match="no `pixels`.* Build the dataset again"):
        eligible({"objects": [{"label": "liver", "box": [0, 0, 1, 1], "area": 50176}]})
