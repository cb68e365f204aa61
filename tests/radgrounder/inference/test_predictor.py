"""The predictor: one look a picture, confidence, abstention, grammar."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from radgrounder.inference.confidence import Calibration, Generated, Scale
from radgrounder.inference.picture import Picture
from radgrounder.inference.predictor import Predictor
from radgrounder.masks.codec import MaskCodec
from radgrounder.masks.head import MaskHead
from radgrounder.masks.reader import MaskReader
from radgrounder.masks.shape import MaskShape
from radgrounder.masks.storage import save_head
from radgrounder.metrics.masks import decode_rle
from refrad2d.grounding import Span, locate_answer, parse, render
from tests.fixtures.tiny_models import BOX, picture, save_nano, turns


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


def test_nothing_of_a_picture_stays_where_none_is_to_be_kept(folder):
    predictor = Predictor.load(folder, cached_pictures=0)
    predictor.generate([picture(), picture()], ["a", "b"], max_new_tokens=1)
    assert len(predictor.decoder.features) == 0


def test_many_questions_about_a_picture_look_at_it_once(predictor, monkeypatch):
    counted = looks(predictor, monkeypatch)
    prompts = [question for question, _ in turns(0)]
    predictor.generate([picture() for _ in prompts], prompts, max_new_tokens=3)
    assert counted == [1]


def test_answers_equal_those_of_the_stock_processor_and_model(predictor):
    question = turns(0)[0][0]
    batch = predictor.processor(images=picture(), text="<image>" + question, return_tensors="pt")
    batch.pop("labels")
    ids = predictor.model.generate(**batch, max_new_tokens=12, do_sample=False)[0, batch["input_ids"].shape[1] :]
    [one] = predictor.generate_scored([picture()], [question], max_new_tokens=12, constrained=False)
    assert list(one.ids) == ids.tolist()[: len(one.ids)]


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
    ask, answer = {"task": "vqa", "question": "Is it?"}, Generated("yes", (5,), (0.9,))
    said, silent = (predict_of(predictor, answer, **ask, abstain_below=below) for below in (0.8, 0.95))
    assert said.answer == "yes" and not said.abstained
    assert (silent.answer, silent.text, silent.abstained) == ("", "", True)


def predict_of(predictor, answer, **asked):
    """The prediction where the model writes this answer."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(predictor, "generate_scored", lambda *_, **__: [answer])
        return predictor.predict(Picture(picture(), 224, 224), **asked)


def test_a_place_below_the_threshold_has_no_words_either(predictor):
    there, ask = Generated(locate_answer("liver", "liver", BOX), spans=(0.8,), share=1.0), {"task": "locate"}
    said, silent = (predict_of(predictor, there, **ask, question="liver", abstain_below=b) for b in (0.7, 0.9))
    assert (said.text, len(said.spans), said.abstained) == ("liver", 1, False)
    assert (silent.text, silent.spans, silent.abstained) == ("", (), True)
    gone = predict_of(predictor, Generated("not visible", share=1.0), **ask, question="liver", abstain_below=0.9)
    assert (gone.text, gone.abstained) == ("not visible", False)


def test_a_place_of_another_class_than_the_one_asked_of_is_left_out(predictor):
    other = Generated(locate_answer("right kidney cyst", "kidney_cyst_right", BOX), spans=(0.9,), share=1.0)
    for question, text in (("liver", ""), ("left kidney cyst", ""), ("rechte Nierenzyste", "right kidney cyst")):
        said = predict_of(predictor, other, task="locate", question=question)
        assert (said.text, bool(said.spans), said.abstained) == (text, bool(text), not text)
    assert predict_of(predictor, other, task="vqa", question="Where is the liver?").spans


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"task": "locate", "question": "unicorn"}, "none of the 121 classes"),
        ({"task": "report", "question": "liver"}, "takes no --question"),
        ({"abstain_below": -1.0}, "abstain_below -1.0 is no confidence"),
    ],
)
def test_what_cannot_be_asked_is_refused(predictor, asked, message):
    with pytest.raises(ValueError, match=message):
        predictor.predict(Picture(picture(), 224, 224), **asked)


def test_answers_are_bound_unless_free_ones_are_asked_for(folder):
    question = turns(0)[0][0]
    bound, free = Predictor.load(folder), Predictor.load(folder, constrained=False)
    for ask in ({"max_new_tokens": 40}, {"max_new_tokens": 40, "samples": 3}):
        call = "reports" if "samples" in ask else "generate_scored"
        languages = [["en"]] if "samples" in ask else []
        said = [getattr(one, call)([picture()], [question], *languages, **ask)[0] for one in (bound, free)]
        also = getattr(free, call)([picture()], [question], *languages, **ask, constrained=True)[0]
        assert said[0] == also != said[1]


@pytest.mark.parametrize("task", ["report", "vqa", "locate"])
def test_an_answer_that_loops_or_is_unsure_is_none(predictor, task):
    seen = Picture(picture(), 224, 224)
    sure, unsure = (Generated("yes", (5, 1), (chance, 1.0), share=chance) for chance in (0.9, 0.01))
    loop = Generated("ollowollow", (5, 6) * 8, (1.0,) * 16, share=1.0, looped=True)
    consensus = [Generated(one.markup, share=one.share) if task == "report" else one for one in (sure, unsure)]
    said = [predictor.as_prediction(one, seen, task, 0.0) for one in (*consensus, loop)]
    assert [one.abstained for one in said] == [False, True, True]
    assert [one.text for one in said] == ["yes", "", ""] and said[2].markup == "ollowollow"


def test_a_greedy_report_is_not_judged_by_the_product_of_its_words(predictor):
    long = Generated("The liver is normal.", tuple(range(40, 60)), (0.7,) * 20)
    assert not predictor.abstains(long, "report") and predictor.abstains(long, "vqa")


def test_the_confidence_of_an_answer_is_calibrated(folder):
    sure = Predictor.load(folder)
    sure.calibration = Calibration(answer=Scale(1.0, 100.0))
    ask = {"task": "vqa", "question": "Is it?", "max_new_tokens": 4, "constrained": True}
    assert sure.predict(Picture(picture(), 224, 224), **ask).confidence == 1.0


def test_the_contract_has_confidence_beside_its_fields(predictor):
    fields = predictor.predict(Picture(picture(), 224, 224), max_new_tokens=2).to_json()
    assert {"text", "answer", "width", "height", "spans", "confidence", "abstained"} == fields.keys()


def with_head(loaded, prompt="detection"):
    """A predictor with a head that draws something."""
    torch.manual_seed(0)
    head = MaskHead(MaskShape.of(loaded.model.config, prompt=prompt))
    torch.nn.init.constant_(head.weights[2].bias, 1.0)
    return Predictor(loaded.model, loaded.processor, mask_head=head)


def test_masks_change_neither_text_nor_boxes_and_have_the_size_of_the_picture(predictor):
    drawing, given = with_head(predictor), Picture(picture(3), 50, 40)
    for task, question in (("locate", "liver"), ("report", "")):
        plain, drawn = (drawing.predict(given, task=task, question=question, samples=2, masks=m) for m in (False, True))
        assert all(span.mask is None for span in plain.spans)
        assert replace(drawn, spans=tuple(replace(s, mask=None) for s in drawn.spans)) == plain
        assert all(s.mask is None or s.mask["size"] == [40, 50] for s in drawn.spans)
        assert all("mask" not in span for span in plain.to_json()["spans"])


def test_the_k_th_span_has_the_k_th_mask(predictor, monkeypatch):
    drawing, given = with_head(predictor), Picture(picture(3), 50, 40)
    words = "spleen, right kidney, aorta"
    spans = [Span(0, 6, "spleen", BOX), Span(8, 20, "kidney_right", BOX), Span(22, 27, "aorta", BOX)]
    markup = render(words, spans)
    monkeypatch.setattr(drawing, "reports", lambda *_, **__: [Generated(markup, spans=(0.9, 0.8, 0.7), share=1.0)])
    masks = [np.zeros((40, 50), bool) for _ in spans]
    masks[0][:3], masks[2][5:, 7] = True, True
    monkeypatch.setattr(MaskReader, "read", lambda self, images, turns, sizes: [masks])
    found = drawing.predict(given, task="report", masks=True).spans
    assert [s.label for s in found] == ["spleen", "kidney_right", "aorta"] and found[1].mask is None  # it has no pixel
    assert [decode_rle(s.mask).sum() for s in found if s.mask] == [150, 35]


def test_a_head_draws_what_the_text_points_at(predictor, monkeypatch):
    drawing, given = with_head(predictor), Picture(picture(3), 50, 40)
    answer = Generated(locate_answer("liver", "liver", BOX), spans=(0.9,), share=1.0)
    monkeypatch.setattr(drawing, "generate_scored", lambda *_, **__: [answer])
    [span] = drawing.predict(given, task="locate", question="liver", masks=True).spans
    assert span.mask["size"] == [40, 50] and 0 < decode_rle(span.mask).sum()


def test_a_mask_stays_with_its_span_when_others_are_left_out(predictor):
    drawing, given = with_head(predictor), Picture(picture(3), 50, 40)
    whole = drawing.predict(given, task="report", samples=1, masks=True)
    for span in whole.spans:
        kept = drawing.predict(given, task="report", samples=1, masks=True, abstain_below=span.confidence).spans
        assert set(s.confidence for s in kept) <= set(s.confidence for s in whole.spans)
        assert all(s in whole.spans for s in kept)


def test_masks_without_a_head_are_refused(predictor):
    with pytest.raises(ValueError, match="no mask head"):
        predictor.predict(Picture(picture(), 50, 40), task="locate", question="liver", masks=True)


def test_a_head_for_mentions_gives_places_without_boxes_in_the_text(predictor, monkeypatch):
    drawing, given, asked = with_head(predictor, "mention"), Picture(picture(3), 50, 40), []
    answer = Generated("<seg>Leber</seg> glatt, <seg>Milz</seg> groß.", share=0.8)
    monkeypatch.setattr(drawing, "generate_scored", lambda _, prompts, **how: asked.append((prompts, how)) or [answer])
    masks = [np.zeros((40, 50), bool) for _ in range(2)]
    masks[0][10:20, 5:30] = True
    monkeypatch.setattr(MaskReader, "read", lambda self, images, turns, sizes: [masks])
    found = drawing.predict(given, task="report", language="de", masks=True)
    assert "segmentiere" in asked[0][0][0] and not asked[0][1]["constrained"]
    assert found.text == "Leber glatt, Milz groß." and found.abstained  # the spleen has no pixel
    [span] = found.spans
    assert (span.start, span.end, span.label, span.confidence) == (0, 5, "liver", 0.8)
    assert span.box == (0.1, 0.25, 0.6, 0.5) and span.pixel_box == (5, 10, 30, 20)
    assert np.array_equal(decode_rle(span.mask), masks[0])
    assert drawing.gives_masks and drawing.reads_mentions and not with_head(predictor).reads_mentions


@pytest.mark.parametrize(
    ("question", "words", "pixels", "text", "labels"),
    [
        ("Leber", "Leber", True, "Leber", ["liver"]),
        ("left lung", "linke Lunge", True, "linke Lunge", ["lung_left"]),  # of a text they would be its lobes
        ("Leber", "Milz", True, "", []),
        ("Leber", "Leber", False, "", []),
    ],
)
def test_a_mention_is_a_place_only_of_the_class_asked_of(predictor, monkeypatch, question, words, pixels, text, labels):
    drawing, mask = with_head(predictor, "mention"), np.full((224, 224), pixels)
    monkeypatch.setattr(MaskReader, "read", lambda self, images, turns, sizes: [[mask]])
    answer = Generated(f"<seg>{words}</seg>", share=0.8)
    said = predict_of(drawing, answer, task="locate", question=question, language="de", masks=True)
    assert (said.text, [span.label for span in said.spans], said.abstained) == (text, labels, not text)


def test_a_head_for_mentions_reads_what_the_model_writes(predictor):
    drawn = with_head(predictor, "mention").predict(
        Picture(picture(), 50, 40), task="locate", question="liver", masks=True
    )
    assert all(span.mask["size"] == [40, 50] for span in drawn.spans)


def test_a_model_folder_with_a_head_is_loaded_with_it(tmp_path):
    folder = save_nano(tmp_path / "model")
    assert Predictor.load(folder).masks is None
    save_head(MaskHead(MaskShape.of(Predictor.load(folder).model.config)), folder)
    assert Predictor.load(folder).mask_reader().head.shape.size == 16


def with_codec(loaded):
    torch.manual_seed(0)
    return Predictor(loaded.model, loaded.processor, mask_codec=MaskCodec().eval())


def test_a_model_that_writes_masks_is_asked_in_its_own_prompt_and_its_codes_are_read(predictor, monkeypatch):
    writing, given, asked = with_codec(predictor), Picture(picture(3), 50, 40), []
    codes = tuple(range(16))
    answer = Generated(locate_answer("liver", "liver", BOX, codes=codes), spans=(0.9,), share=1.0)
    monkeypatch.setattr(
        writing, "generate_scored", lambda images, prompts, **limits: asked.append((prompts, limits)) or [answer]
    )
    [span] = writing.predict(given, task="locate", question="liver", masks=True).spans
    wanted = writing.codes.codec.decode(torch.tensor([codes]), torch.tensor([span.box]), (40, 50))[0].numpy()
    assert asked[0][0] == ["\n\nSegment the liver: "] and asked[0][1]["masks"]
    assert np.array_equal(decode_rle(span.mask) if span.mask else np.zeros((40, 50), bool), wanted)
    assert [s.mask for s in writing.predict(given, task="locate", question="liver").spans] == [None]
    assert asked[1][0] == ["\n\nWhere is the liver? "] and not asked[1][1]["masks"]
    assert writing.gives_masks and not predictor.gives_masks and with_head(predictor).gives_masks


def test_codes_follow_spans_only_where_masks_are_asked_for(predictor):
    for masks in (False, True):
        written = predictor.generate([picture()] * 2, ["a", "bb"], max_new_tokens=90, masks=masks)
        assert all(parse(markup).invalid == 0 for markup in written)
        assert masks or not any(span.codes for markup in written for span in parse(markup).spans)


def test_codes_do_not_count_as_words(predictor):
    tokenizer = predictor.processor.tokenizer
    plain, masked = (
        tokenizer(locate_answer("liver", "liver", BOX, codes=c), add_special_tokens=False)["input_ids"]
        for c in ((), (7,) * 16)
    )
    assert len(masked) == len(plain) + 16

    def sure(ids, of_codes):
        behind = range(len(plain), len(ids))
        return predictor.answer_confidence(
            Generated("", tuple(ids), tuple(of_codes if n in behind else 0.9 for n in range(len(ids))))
        )

    assert sure(masked, 0.1) == pytest.approx(sure(plain, 0.9))
