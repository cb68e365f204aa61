"""`radgrounder predict`: what it prints, and what is refused before a model loads."""

import json
from dataclasses import replace
from inspect import signature
from pathlib import Path

import pytest
from PIL import Image

from radgrounder.cli import main
from radgrounder.commands.predict import Predict
from radgrounder.inference.predictor import PredictedSpan, Prediction, Predictor
from refrad2d.samples import read_png
from tests.fixtures.dicom_files import write_slice

SPAN = PredictedSpan(4, 9, "liver", (0.0, 0.0, 0.5, 0.5), (0.0, 0.0, 10.4, 20.0), 0.875)


class Stub:
    """Gives one answer, and keeps what it was asked."""

    def predict(self, picture, **options):
        self.options = options
        return Prediction("The liver.", None, picture.width, picture.height, (SPAN,), "", 0, 0.5)


@pytest.fixture
def stub(monkeypatch):
    made = Stub()
    monkeypatch.setattr(Predictor, "load", lambda model: made)
    return made


@pytest.fixture
def picture(tmp_path):
    Image.new("L", (20, 40)).save(tmp_path / "slice.png")
    return str(tmp_path / "slice.png")


def test_text_and_boxes_are_printed(stub, picture, capsys):
    assert main(["predict", picture, "--model", "m"]) == 0
    assert capsys.readouterr().out == "The liver.\n  liver (liver): [0, 0, 10, 20], confidence 0.88\n"


def test_json_has_the_fields_of_the_contract(stub, picture, capsys):
    assert main(["predict", picture, "--model", "m", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {"text", "answer", "width", "height", "spans"} <= found.keys() and found["width"] == 20
    assert set(found["spans"][0]) == {"start", "end", "label", "box", "pixel_box", "confidence"}


def test_options_reach_the_model(stub, picture):
    words = ["--task", "locate", "--question", "liver", "--modality", "CT", "--abstain-below", "0.9"]
    assert main(["predict", picture, "--model", "m", *words]) == 0
    assert stub.options["modality"] == "CT" and stub.options["constrained"] and stub.options["abstain_below"] == 0.9


def test_a_folder_is_a_series(stub, tmp_path, monkeypatch, capsys):
    from radgrounder.inference import volumes
    from radgrounder.inference.volumes import Box3D, SeriesPrediction

    for k in range(3):
        write_slice(tmp_path / "s" / f"{k}", k)
    box = Box3D("liver", (1.0, 2.0, 0.0, 3.0, 4.0, 2.0), (1.0, 2.0, 0.0, 3.0, 4.0, 10.0), 0.75, (0, 1))

    def answer(predictor, series, **options):
        stub.options = options
        said = tuple(predictor.predict(shown.picture) for shown in series.slices)
        stub.options = options
        return SeriesPrediction(series, said, (box,))

    monkeypatch.setattr(volumes, "predict_series", answer)
    words = ["predict", str(tmp_path / "s"), "--model", "m", "--task", "locate", "--question", "liver"]
    assert main(words) == 0 and stub.options["task"] == "locate"
    assert capsys.readouterr().out == "liver: [1, 2, 0, 3, 4, 10] mm, on 2 slices, confidence 0.75\n"
    assert main([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert len(told["slices"]) == 3 and told["boxes_3d"][0]["slices"] == [0, 1] and told["shape"] == [3, 16, 16]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--task", "vqa", "--question", "x"], "asked of one picture"),
        (["--task", "report", "--masks"], "--masks gives the masks of one picture"),
        (["--task", "report"], "holds no series"),
        (["--task", "locate", "--question", "kidney"], "Give the name of one, such as right kidney, left kidney"),
    ],
)
def test_a_folder_is_refused_before_a_model_loads(tmp_path, capsys, words, message):
    assert main(["predict", str(tmp_path), "--model", "m", *words]) == 2
    assert message in capsys.readouterr().err


def test_free_decoding_has_to_be_asked_for(stub, picture):
    assert main(["predict", picture, "--model", "m", "--free"]) == 0 and stub.options["constrained"] is False


def test_the_help_says_of_which_answers_confidence_counts_and_what_a_label_is(capsys):
    with pytest.raises(SystemExit):
        main(["predict", "--help"])
    told = " ".join(capsys.readouterr().out.split())
    assert "Of a greedy report (--samples 1) the confidence does not count" in told
    assert 'several structures ("both kidneys") has the first as its label' in told


def test_abstention_is_said(stub, picture, capsys, monkeypatch):
    silent = Prediction("", None, 20, 40, (), "ollowollow", 0, 0.0, abstained=True)
    monkeypatch.setattr(stub, "predict", lambda picture, **options: silent)
    assert main(["predict", picture, "--model", "m"]) == 0
    assert capsys.readouterr().out == "(no answer: the model abstains)\n"


def test_defaults_are_those_of_the_function():
    given = Predict(image=Path("x"), model="m")
    shared = {name: known.default for name, known in signature(Predictor.predict).parameters.items()}
    names = (shared.keys() & vars(given).keys()) - {"masks"}  # a folder here, a switch there; both off
    assert len(names) == 8 and {name: shared[name] for name in names} == {name: getattr(given, name) for name in names}


def with_mask(span):
    return replace(span, mask={"size": [2, 3], "counts": [2, 3, 1]})


def test_masks_are_given_as_run_lengths_and_pictures(stub, picture, capsys, monkeypatch, tmp_path):
    drawn = Prediction("The liver.", None, 3, 2, (SPAN, with_mask(SPAN)), "", 0, 0.5)
    monkeypatch.setattr(stub, "predict", lambda picture, **options: setattr(stub, "options", options) or drawn)
    assert main(["predict", picture, "--model", "m", "--json", "--masks", str(tmp_path / "drawn")]) == 0
    bare, span = json.loads(capsys.readouterr().out)["spans"]
    assert stub.options["masks"] and "mask" not in bare and span["mask"] == {"size": [2, 3], "counts": [2, 3, 1]}
    [file] = (tmp_path / "drawn").iterdir()
    assert file.name == "02-liver.png" and read_png(file.read_bytes()).tolist() == [[0, 255, 255], [0, 255, 0]]


def test_no_masks_unless_asked_for_and_a_folder_of_its_own_without_a_name(stub, picture, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["predict", picture, "--model", "m"]) == 0 and stub.options["masks"] is False
    assert not (tmp_path / "masks").exists()
    assert main(["predict", picture, "--model", "m", "--masks"]) == 0 and (tmp_path / "masks").is_dir()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--task", "vqa"], "Task 'vqa' needs --question: what to ask."),
        (["--free", "--modality", "CT"], "--modality binds what is written, --free does not. Give one of the two."),
        (["--samples", "0"], "--samples 0 is not positive. Give 1 or more."),
        (["--abstain-below", "2"], "--abstain-below 2.0 is no share. Give a number from 0 to 1."),
        (["--abstain-below", "-1"], "--abstain-below -1.0 is no share. Give a number from 0 to 1."),
        (
            ["--task", "locate", "--question", "liver", "--samples", "3"],
            "--samples 3 is of a report, and --task is locate. Leave --samples out.",
        ),
        (
            ["--question", "liver"],
            "Task 'report' takes no --question, and 'liver' is one. Ask it with --task vqa or locate, or give it as "
            "--clinical-question.",
        ),
        (
            ["--task", "locate", "--question", "unicorn"],
            "Structure 'unicorn' is none of the 121 classes of labels.csv. Give the name of one, such as liver, or ask a "
            "question with --task vqa.",
        ),
    ],
)
def test_what_does_not_fit_is_refused_before_a_model_loads(words, message, picture, monkeypatch, capsys):
    monkeypatch.setattr(Predictor, "load", None)
    assert main(["predict", picture, "--model", "m", *words]) == 2
    assert capsys.readouterr().err == f"radgrounder: error: {message}\n"
