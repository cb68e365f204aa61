"""The refrad2d benchmark and the judge, on a tiny dataset and models that answer by rule.

pytest tests/radgrounder/benchmarks/test_refrad2d.py
"""

import json

import numpy as np
import pytest

from radgrounder.benchmarks import refrad2d
from radgrounder.benchmarks.base import load_benchmark
from radgrounder.benchmarks.refrad2d import eligible
from radgrounder.evaluation import run as judge
from radgrounder.evaluation.answers import write_requests
from radgrounder.inference.predictor import Generated
from radgrounder.metrics.boxes import iou
from refrad2d.grounding import locate_answer
from tests.fixtures.tiny_dataset import MASK_SIZE, make_row, write_dataset

TEST_BOXES = [(10, 10, 60, 60), (30, 20, 90, 70), (50, 40, 100, 100), (5, 60, 40, 110)]
TRAIN_BOXES = [(10, 10, 50, 50), (20, 20, 70, 80)]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    rows = {
        "train": [make_row(20 + n, f"trained{n}", box) for n, box in enumerate(TRAIN_BOXES)],
        "test": [make_row(n, f"p{n // 2}", box, site="AB"[n // 2]) for n, box in enumerate(TEST_BOXES)],
    }
    return write_dataset(tmp_path_factory.mktemp("data") / "refrad2d", rows)


class Seer:
    """Answers with the box of the bright pixels, as a perfect model of these pictures would."""

    def __init__(self, fingerprint="seer", die_after=None):
        self.fingerprint, self.die_after, self.asked = fingerprint, die_after, []

    def generate(self, images, prompts):
        if self.die_after is not None and len(self.asked) >= self.die_after:
            raise KeyboardInterrupt
        self.asked += [(np.asarray(image).tobytes(), prompt) for image, prompt in zip(images, prompts, strict=True)]
        return [self.answer(np.asarray(image), prompt) for image, prompt in zip(images, prompts, strict=True)]

    def answer(self, image, prompt):
        ys, xs = np.nonzero(image[..., 0] == 200)
        if "Where is" in prompt:
            box = (
                (xs.min() / 224, ys.min() / 224, (xs.max() + 1) / 224, (ys.max() + 1) / 224)
                if len(xs)
                else (0, 0, 1, 1)
            )
            return locate_answer("liver", "liver", box)
        if "Answer:" in prompt:
            return "yes" if "visible" in prompt else "liver"
        return "The liver is smooth." if "Caption" in prompt else "Die Leber ist glatt."


@pytest.fixture(scope="module")
def results(data, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    return judge.run(Seer(), "refrad2d", data, out, samples=200), out


def test_results_hold_the_figures_of_the_contract(results):
    names = {section: list(results[0][section]) for section in ("grounding", "report", "vqa")}
    assert names == {
        "grounding": ["miou", "prior_miou", "shuffled_miou", "g_iou_class", "invalid"],
        "report": ["f1", "majority_f1", "blank_image_f1"],
        "vqa": ["accuracy_closed", "majority_accuracy", "blank_image_accuracy", "f1_open"],
    }


def test_miou_counts_only_structures_that_can_be_asked_for(results):
    assert results[0]["grounding"]["miou"]["n"] == len(TEST_BOXES)  # no spleen of one pixel
    assert results[0]["grounding"]["miou"]["mean"] > 0.98


def test_prior_is_the_iou_with_the_training_mean_box(results):
    mean = np.mean(TRAIN_BOXES, axis=0) / MASK_SIZE
    expected = np.mean([iou(mean, np.array(box) / MASK_SIZE) for box in TEST_BOXES])
    assert results[0]["grounding"]["prior_miou"]["mean"] == pytest.approx(expected)


def test_shuffled_images_are_of_another_patient(data):
    items = load_benchmark("refrad2d", data).items
    patients = {f"s{n}": f"p{n // 2}" for n in range(len(TEST_BOXES))}
    shuffled = [item for item in items if item.control == "shuffled"]
    assert len(shuffled) == len(TEST_BOXES)
    assert all(patients[item.image] != item.cluster for item in shuffled)


def test_a_model_that_sees_loses_with_shuffled_images(results):
    assert results[0]["grounding"]["shuffled_miou"]["mean"] < 0.6


def test_no_box_scores_zero(data, tmp_path):
    class Mute(Seer):
        def answer(self, image, prompt):
            return "liver"

    found = judge.run(Mute(), "refrad2d", data, tmp_path, samples=50)["grounding"]
    assert (found["miou"]["mean"], found["miou"]["n"], found["g_iou_class"]["mean"]) == (0.0, len(TEST_BOXES), 0.0)


def test_broken_markup_counts_as_invalid(data, tmp_path):
    class Broken(Seer):
        def answer(self, image, prompt):
            return super().answer(image, prompt).replace("</p>", "")

    found = judge.run(Broken(), "refrad2d", data, tmp_path, samples=50)["grounding"]
    assert found["invalid"]["mean"] == pytest.approx(4 / 12)  # four locate answers of these and eight reports


def test_languages_are_pooled_in_the_report_figure(results):
    assert results[0]["report"]["f1"] == {"mean": 1.0, "low": 1.0, "high": 1.0, "n": 2 * len(TEST_BOXES)}


def test_majority_answer_is_the_training_one(results):
    # trained rows 20 and 21 answer "no" and "yes": the tie goes to the first by alphabet, which test row 0 alone has
    assert results[0]["vqa"]["majority_accuracy"]["mean"] == pytest.approx(1 / 4)
    assert results[0]["vqa"]["accuracy_closed"]["mean"] == pytest.approx(3 / 4)


def test_the_same_picture_and_prompt_is_asked_once(data, tmp_path):
    model = Seer()
    judge.run(model, "refrad2d", data, tmp_path, samples=50)
    assert len(model.asked) == len(set(model.asked))


def test_a_killed_run_goes_on_where_it_stopped(data, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        judge.run(Seer(die_after=8), "refrad2d", data, tmp_path, samples=50, batch_size=4)
    with (tmp_path / "predictions.jsonl").open("a") as file:
        file.write('{"run": "seer", "key": "cut off')
    model = Seer()
    resumed = judge.run(model, "refrad2d", data, tmp_path, samples=50)
    whole = judge.run(Seer(), "refrad2d", data, tmp_path / "other", samples=50)
    assert (len(model.asked), resumed["grounding"], resumed["vqa"]) == (
        whole["n_generated"] - 8,
        whole["grounding"],
        whole["vqa"],
    )


def test_a_finished_run_is_not_asked_again(data, tmp_path):
    judge.run(Seer(), "refrad2d", data, tmp_path, samples=50)
    assert judge.run(Seer(), "refrad2d", data, tmp_path, samples=50)["n_generated"] == 0


def test_without_controls_the_model_is_asked_only_what_it_is_judged_on(results, data, tmp_path):
    found = judge.run(Seer(), "refrad2d", data, tmp_path, samples=50, controls=False)
    assert found["n_generated"] < results[0]["n_generated"]
    assert found["grounding"]["miou"]["mean"] == results[0]["grounding"]["miou"]["mean"]
    assert found["grounding"]["prior_miou"]["mean"] is not None  # needs no model
    assert found["grounding"]["shuffled_miou"]["mean"] is None


class Sampler(Seer):
    def reports(self, images, prompts, languages, *, samples, max_new_tokens):
        assert samples == 3 and ["detek" in prompt for prompt in prompts] == [one == "de" for one in languages]
        return [Generated(markup) for markup in self.generate(images, prompts)]


def test_reports_are_a_consensus_and_how_many_samples_is_part_of_the_answer(data, tmp_path):
    first = judge.run(Sampler(), "refrad2d", data, tmp_path, samples=50, report_samples=3)
    assert first["settings"]["report_samples"] == 3
    assert judge.run(Sampler(), "refrad2d", data, tmp_path, samples=50, report_samples=3)["n_generated"] == 0
    assert judge.run(Sampler(), "refrad2d", data, tmp_path, samples=50, report_samples=1)["n_generated"] > 0


def test_other_weights_are_asked_again(data, tmp_path):
    first = judge.run(Seer(), "refrad2d", data, tmp_path, samples=50)["n_generated"]
    assert judge.run(Seer(fingerprint="tuned"), "refrad2d", data, tmp_path, samples=50)["n_generated"] == first


def test_limit_is_stated_and_drawn_by_hash(data, tmp_path):
    found = judge.run(Seer(), "refrad2d", data, tmp_path, samples=50, limit=2)
    assert (found["n_slices"], found["slices_of_the_split"], found["grounding"]["miou"]["n"]) == (2, 4, 2)


def test_predictions_from_elsewhere_give_the_same_figures(results, data, tmp_path):
    file = results[1] / "predictions.jsonl"
    again = judge.run(None, "refrad2d", data, tmp_path, predictions=file, samples=200)
    assert (again["grounding"], again["report"]) == (results[0]["grounding"], results[0]["report"])


def test_a_predictions_file_that_lacks_rows_is_refused(results, data, tmp_path):
    lines = (results[1] / "predictions.jsonl").read_text().splitlines()
    (tmp_path / "some.jsonl").write_text("\n".join(line for line in lines if '"locate/s0/liver"' not in line))
    with pytest.raises(ValueError, match=r"some.jsonl lacks 1 of .* 'locate/s0/liver'"):
        judge.run(None, "refrad2d", data, tmp_path, predictions=tmp_path / "some.jsonl")


def test_requests_can_be_answered_elsewhere(data, tmp_path):
    count = write_requests(load_benchmark("refrad2d", data), tmp_path)
    rows = [json.loads(line) for line in (tmp_path / "requests.jsonl").read_text().splitlines()]
    assert len(rows) == count and all((tmp_path / row["image"]).is_file() for row in rows)


def test_a_folder_of_the_same_name_is_not_mistaken_for_another(tmp_path):
    """The cache of `datasets` would give the first folder's rows for both."""
    for name, box in (("first", (10, 10, 60, 60)), ("second", (40, 40, 90, 100))):
        data = write_dataset(tmp_path / name / "refrad2d", {"test": [make_row(1, "p", box)]})
        locate = next(item for item in load_benchmark("refrad2d", data).items if item.task == "locate")
        assert locate.true.spans[0].box == pytest.approx(np.array(box) / MASK_SIZE)


def test_a_dataset_without_masks_has_no_grounding_figures(tmp_path):
    rows = {"train": [make_row(9, "q", (10, 10, 60, 60))], "test": [make_row(1, "p", (10, 10, 60, 60))]}
    data = write_dataset(tmp_path / "d", rows, configs=("report", "vqa"))
    found = judge.run(Seer(), "refrad2d", data, tmp_path / "out", samples=50)
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


def test_one_patient_gives_no_interval(tmp_path):
    rows = {"train": [make_row(9, "q", (10, 10, 60, 60))], "test": [make_row(1, "p", (10, 10, 60, 60))]}
    found = judge.run(Seer(), "refrad2d", write_dataset(tmp_path / "d", rows), tmp_path / "out", samples=50)
    assert found["grounding"]["miou"]["low"] is None


def test_sites_and_sexes_are_set_against_each_other(results):
    assert {"site: A - others", "sex: F - M"} <= results[0]["gaps"]["grounding.miou"].keys()


def test_constant_report_is_the_one_most_like_the_others():
    texts = ["liver smooth", "liver smooth spleen", "kidney stone"]
    assert refrad2d.constant_report(texts, "en") == "liver smooth"


def test_unknown_benchmark_names_the_known_ones():
    with pytest.raises(ValueError, match="Unknown benchmark 'vqarad'. Choose from refrad2d, slake, vqa-rad"):
        load_benchmark("vqarad", "x")


def test_a_dataset_that_does_not_say_the_visible_size_is_refused():
    """No count of our own takes the place of what the dataset stores."""
    with pytest.raises(ValueError, match="no `pixels`.* Build the dataset again"):
        eligible({"objects": [{"label": "liver", "box": [0, 0, 1, 1], "area": 50176}]})
