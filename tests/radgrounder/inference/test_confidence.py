"""The confidence of a generated text, and the scale that a model folder brings."""

import json

import pytest

from radgrounder.inference.confidence import Calibration, Scale, answer_confidence, box_confidences, log_odds
from refrad2d.grounding import decode_box


def test_a_box_has_the_mean_of_its_coordinates():
    bins = [None, 1, 2, 3, 4, None, 5, 6, 7, 8]
    chances = [1, 0.2, 0.4, 0.6, 0.8, 1, 0.1, 0.1, 0.1, 0.1]
    boxes = [decode_box((1, 2, 3, 4)), decode_box((5, 6, 7, 8))]
    assert box_confidences(bins, chances, boxes, decode_box) == pytest.approx([0.5, 0.1])


def test_an_unreadable_box_does_not_shift_the_next_ones_confidence():
    bins = [9, 9, 1, 1, None, 5, 6, 7, 8]  # the first run ends before it starts, so the text has one box only
    chances = [0.9] * 5 + [0.1] * 4
    assert box_confidences(bins, chances, [decode_box((5, 6, 7, 8))], decode_box) == pytest.approx([0.1])


def test_an_answer_has_the_probability_of_all_its_tokens():
    assert answer_confidence([0.5, 0.5]) == 0.25 and answer_confidence([]) == 0


def test_a_model_without_calibration_keeps_its_confidence(tmp_path):
    assert Calibration.load(tmp_path).box(0.3) == pytest.approx(0.3)


@pytest.mark.parametrize("name", ["org/no-such-model", "no/such/folder"])
def test_a_name_that_is_no_model_has_no_calibration(name, tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.chdir(tmp_path)
    assert Calibration.load(name) == Calibration()


def test_a_model_of_the_hub_brings_its_calibration(tmp_path, monkeypatch):
    repo = tmp_path / "models--org--nano"
    (repo / "refs").mkdir(parents=True)
    (repo / "refs" / "main").write_text("1" * 40)
    snapshot = repo / "snapshots" / ("1" * 40)
    snapshot.mkdir(parents=True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert Calibration.load("org/nano") == Calibration()
    scale = {"slope": 2.0, "offset": 0.5}
    (snapshot / "calibration.json").write_text(json.dumps({"box": scale, "answer": scale}))
    assert Calibration.load("org/nano").box == Scale(2.0, 0.5)


def test_the_scale_of_one_keeps_a_confidence():
    assert Scale()(0.3) == pytest.approx(0.3)


def test_log_odds_are_finite_at_the_ends():
    assert log_odds(0.0) == pytest.approx(-log_odds(1.0)) and abs(log_odds(1.0)) < 10
