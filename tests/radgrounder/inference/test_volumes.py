"""A series is asked slice by slice, and its answers become boxes in 3D."""

import json

import pytest
from PIL import Image

from radgrounder.inference.confidence import Generated
from radgrounder.inference.picture import Picture
from radgrounder.inference.predictor import Predictor
from radgrounder.inference.series import Series, SeriesSlice
from radgrounder.inference.volumes import predict_series
from refrad2d.grounding import Span, locate_answer, render
from refrad2d.images.geometry import Grid
from tests.fixtures.tiny_models import save_nano

BOX = (0.25, 0.25, 0.5, 0.75)


@pytest.fixture(scope="module")
def predictor(tmp_path_factory):
    return Predictor.load(save_nano(tmp_path_factory.mktemp("series") / "nano"), batch_size=8)


def series(count=5):
    slices = (SeriesSlice(n, n + 1, Picture(Image.new("RGB", (224, 224), (n, n, n)), 64, 32)) for n in range(count))
    return Series("CT", "axial", Grid((count, 32, 64), (4.0, 2.0, 0.5)), tuple(slices))


def answers(predictor, monkeypatch, method, *markups):
    said = [Generated(markup, (5,), (0.9,)) for markup in markups]
    monkeypatch.setattr(predictor, method, lambda images, prompts, *rest, **options: said)


def test_a_structure_that_is_asked_for_gets_one_box(predictor, monkeypatch):
    there, gone = locate_answer("liver", "liver", BOX), "not visible"
    answers(predictor, monkeypatch, "generate_scored", gone, there, there, there, gone)
    found = predict_series(predictor, series(), task="locate", question="liver")
    (box,) = found.boxes
    assert box.label == "liver" and box.voxel_box == pytest.approx((16, 8, 1, 32, 24, 4), abs=0.2)
    assert box.mm_box == pytest.approx([8, 16, 4, 16, 48, 16], abs=0.4) and box.slices == (1, 2, 3)
    assert box.confidence == pytest.approx(0.9)


def test_json_has_the_picture_fields_of_the_slice_that_says_most_and_all_slices(predictor, monkeypatch):
    there = locate_answer("liver", "liver", BOX)
    answers(predictor, monkeypatch, "generate_scored", "not visible", there, there)
    told = json.loads(json.dumps(predict_series(predictor, series(3), question="liver").to_json()))
    assert told["number"] == 1 and told["text"] == "liver" and told["width"] == 64
    assert (told["shape"], told["spacing"], told["plane"]) == ([3, 32, 64], [4.0, 2.0, 0.5], "axial")
    assert [(s["number"], s["instance"], len(s["spans"])) for s in told["slices"]] == [(0, 1, 0), (1, 2, 1), (2, 3, 1)]
    assert told["boxes_3d"][0].keys() == {"label", "voxel_box", "mm_box", "confidence", "slices"}


def test_a_report_gives_a_box_for_each_class_and_none_for_findings(predictor, monkeypatch):
    text = "The liver has a cyst."
    spans = [Span(4, 9, "liver", BOX), Span(16, 20, "finding", (0.3, 0.3, 0.4, 0.4))]
    answers(predictor, monkeypatch, "reports", *[render(text, spans)] * 3)
    found = predict_series(predictor, series(3), task="report")
    assert [box.label for box in found.boxes] == ["liver"] and len(found.slices[0].spans) == 2


def test_without_any_box_the_first_slice_speaks(predictor, monkeypatch):
    answers(predictor, monkeypatch, "generate_scored", *["not visible"] * 3)
    told = predict_series(predictor, series(3), question="liver").to_json()
    assert told["number"] == 0 and told["boxes_3d"] == []


def test_a_question_is_of_one_picture(predictor):
    with pytest.raises(ValueError, match="'vqa' is asked of one picture. Choose report or locate"):
        predict_series(predictor, series(2), task="vqa", question="Is it large?")


def test_a_structure_that_was_not_asked_for_gets_no_box(predictor, monkeypatch):
    answers(predictor, monkeypatch, "generate_scored", *[locate_answer("spleen", "spleen", BOX)] * 3)
    found = predict_series(predictor, series(3), question="liver")
    assert found.boxes == () and all(one.abstained and one.text == "" for one in found.slices)


@pytest.mark.parametrize(
    ("given", "message"),
    [({"question": "unicorn"}, "none of the 121"), ({"question": "liver", "abstain_below": 2.0}, "from 0 to 1")],
)
def test_a_series_is_asked_what_a_picture_can_be(predictor, given, message):
    with pytest.raises(ValueError, match=message):
        predict_series(predictor, series(2), **given)


def test_a_model_answers_every_slice(predictor):
    found = predict_series(predictor, series(3), task="locate", question="liver")
    assert len(found.slices) == 3 and all(box.voxel_box[5] <= 3 for box in found.boxes)
