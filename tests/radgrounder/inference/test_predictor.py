"""The predictor: one look a picture, confidence, abstention, grammar."""

import pytest
import torch

from radgrounder.evaluation.calibrate import Calibration, Scale
from radgrounder.inference.predictor import Picture, Predictor
from refrad2d.grounding import parse
from tests.fixtures.tiny_models import picture, save_nano, turns


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_nano(tmp_path_factory.mktemp("predict") / "nano")


@pytest.fixture
def predictor(folder):
    return Predictor.load(folder, batch_size=2)


def looks(predictor, monkeypatch):
    """The number of pictures each call of the tower gets."""
    counted, look = [], predictor.model.get_image_features
    monkeypatch.setattr(predictor.model, "get_image_features", lambda p: counted.append(len(p)) or look(p))
    return counted


def test_many_questions_about_a_picture_look_at_it_once(predictor, monkeypatch):
    counted = looks(predictor, monkeypatch)
    prompts = [question for question, _ in turns(0)]
    predictor.generate([picture() for _ in prompts], prompts, max_new_tokens=3)
    assert counted == [1]


def test_the_features_kept_are_bounded(predictor, monkeypatch):
    monkeypatch.setattr(Predictor, "CACHED_PICTURES", 2)
    predictor.generate([picture(n) for n in range(5)], ["a"] * 5, max_new_tokens=1)
    assert len(predictor._features) == 2


def test_answers_equal_those_of_the_stock_processor_and_model(predictor):
    question = turns(0)[0][0]
    batch = predictor.processor(images=picture(), text="<image>" + question, return_tensors="pt")
    batch.pop("labels")
    ids = predictor.model.generate(**batch, max_new_tokens=12, do_sample=False)[0, batch["input_ids"].shape[1] :]
    [one] = predictor.generate_scored([picture()], [question], max_new_tokens=12)
    assert list(one.ids) == ids.tolist()[: len(one.ids)]


@pytest.mark.parametrize("how", [{"do_sample": False}, {"do_sample": True, "temperature": 0.7}], ids=str)
def test_probabilities_are_those_of_the_model(predictor, how):
    prompts = ["a", "what does it show"]
    answers = predictor._write([picture(), picture(1)], prompts, None, max_new_tokens=9, **how)
    for n, (one, question) in enumerate(zip(answers, prompts, strict=True)):
        batch = predictor.processor(images=picture(n), text=f"<image>{question}", return_tensors="pt")
        batch.pop("labels")
        asked, written = batch["input_ids"].shape[1], torch.tensor([one.ids])
        batch["input_ids"] = torch.cat([batch["input_ids"], written], dim=1)
        batch["attention_mask"] = torch.ones_like(batch["input_ids"])
        batch["token_type_ids"] = torch.cat([torch.zeros(1, asked, dtype=torch.long), torch.ones_like(written)], dim=1)
        with torch.no_grad():
            logits = predictor.model(**batch, labels=batch["input_ids"]).logits[0, asked - 1 : -1]
        expected = torch.softmax(logits, -1).gather(1, written.T)[:, 0]
        assert one.probabilities == pytest.approx(expected.tolist(), rel=1e-3)


def test_a_report_is_the_same_each_time_and_parses(predictor):
    question = turns(0)[0][0]
    ask = {"samples": 5, "max_new_tokens": 40, "constrained": True}
    first, second = (predictor.reports([picture()], [question], ["en"], **ask)[0] for _ in range(2))
    assert first == second and not parse(first.markup).invalid
    assert len(first.spans) == len(parse(first.markup).spans)


def test_no_sample_is_no_report(predictor):
    with pytest.raises(ValueError, match="Give 1, which is greedy"):
        predictor.predict(Picture(picture(), 224, 224), samples=0)


def test_one_sample_is_the_greedy_report(predictor):
    question = turns(0)[0][0]
    greedy = predictor.generate([picture()], [question], max_new_tokens=12)
    assert [predictor.reports([picture()], [question], ["en"], samples=1, max_new_tokens=12)[0].markup] == greedy


def test_answers_come_in_the_order_of_the_prompts(predictor):
    prompts = ["a long question about it", "b", "the third", "c c c c c c c"]
    images = [picture(n) for n in range(4)]
    alone = [predictor.generate([i], [p], max_new_tokens=6)[0] for i, p in zip(images, prompts, strict=True)]
    assert predictor.generate(images, prompts, max_new_tokens=6) == alone


def test_bound_answers_parse(predictor):
    prediction = predictor.predict(Picture(picture(), 224, 224), constrained=True, modality="CT", max_new_tokens=60)
    assert prediction.invalid == 0


def test_an_answer_below_the_threshold_is_left_out(predictor):
    ask = {"task": "vqa", "question": "Is it?", "max_new_tokens": 4, "constrained": True}
    said = predictor.predict(Picture(picture(), 224, 224), **ask)
    silent = predictor.predict(Picture(picture(), 224, 224), **ask, abstain_below=1.01)
    assert said.answer and not said.abstained
    assert (silent.answer, silent.text, silent.abstained) == ("", "", True)


def test_the_confidence_of_an_answer_is_calibrated(folder):
    sure = Predictor.load(folder)
    sure.calibration = Calibration(answer=Scale(1.0, 100.0))
    ask = {"task": "vqa", "question": "Is it?", "max_new_tokens": 4, "constrained": True}
    assert sure.predict(Picture(picture(), 224, 224), **ask).confidence == 1.0


def test_the_contract_has_confidence_beside_its_fields(predictor):
    fields = predictor.predict(Picture(picture(), 224, 224), max_new_tokens=2).to_json()
    assert {"text", "answer", "width", "height", "spans", "confidence", "abstained"} == fields.keys()
