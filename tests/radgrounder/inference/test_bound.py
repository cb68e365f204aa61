"""Decoding as in use: whatever the logits, markup parses; coordinates at the median; answers that loop end."""

import json
import shutil

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoModelForImageTextToText, AutoProcessor, pipeline

from radgrounder.inference.bound import (
    LOOP_TOKENS,
    BoundDecoding,
    begin_absence,
    bound_decoding,
    ends_in_loop,
    has_loop,
    without_codes,
)
from radgrounder.inference.decoding import Decoder
from radgrounder.inference.grammar import Grammar
from radgrounder.predict import bound_decoding as public
from refrad2d.grounding import Span, parse, render
from tests.fixtures.tiny_models import picture, save_gemma, save_nano, turns


@pytest.fixture(scope="module", params=["nano", "gemma"])
def folder(request, tmp_path_factory):
    save = {"nano": save_nano, "gemma": save_gemma}[request.param]
    return save(tmp_path_factory.mktemp("bound") / request.param)


@pytest.fixture(scope="module")
def model(folder):
    return AutoModelForImageTextToText.from_pretrained(folder).eval()


@pytest.fixture(scope="module")
def processor(folder):
    return AutoProcessor.from_pretrained(folder)


@pytest.fixture(scope="module")
def grammar(model, processor):
    return Grammar.build(processor.tokenizer, width=model.get_output_embeddings().weight.shape[0])


def encode(processor, *questions):
    images, texts = [picture(n) for n in range(len(questions))], [f"<image>{question}" for question in questions]
    batch = processor(images=images, text=texts, return_tensors="pt", padding=True, padding_side="left")
    batch.pop("labels")
    return batch


def read(processor, batch, ids):
    end, pad = processor.tokenizer.eos_token_id, processor.tokenizer.pad_token_id
    written = [
        [token for token in row if token not in (end, pad)] for row in ids[:, batch["input_ids"].shape[1] :].tolist()
    ]
    return [processor.tokenizer.decode(row, skip_special_tokens=False) for row in written]


def spell(processor, text):
    return processor.tokenizer(text, add_special_tokens=False)["input_ids"]


WAYS = [{"do_sample": False}, {"do_sample": True, "temperature": 3.0}, {"num_beams": 3}]


@pytest.mark.parametrize("how", WAYS, ids=str)
def test_plain_generate_with_the_one_liner_writes_markup_that_parses(model, processor, how):
    torch.manual_seed(0)
    batch = encode(processor, turns(0)[0][0], turns(0)[2][0])
    options = bound_decoding(processor, "report", modality="CT", max_new_tokens=70)
    for _ in range(2):  # the same keywords serve the next call
        for markup in read(processor, batch, model.generate(**batch, **options, **how)):
            assert parse(markup).invalid == 0


def test_plain_generate_writes_what_the_predictor_writes(model, processor):
    question = turns(0)[2][0]
    batch = encode(processor, question)
    ids = model.generate(**batch, **bound_decoding(processor, "locate"), do_sample=False)
    [ours] = Decoder(model, processor, kept_pictures=1).write(
        [picture()], [question], max_new_tokens=48, do_sample=False
    )
    assert ids[0, batch["input_ids"].shape[1] :].tolist()[: len(ours.ids)] == list(ours.ids)


@pytest.mark.parametrize(("absence", "text"), [(1000.0, "not visible"), (-1000.0, "")])
def test_what_is_added_to_an_absence_decides_how_an_answer_begins(model, processor, absence, text):
    question, denials = turns(0)[2][0], begin_absence(processor.tokenizer)
    batch = encode(processor, question)
    ids = model.generate(**batch, **bound_decoding(processor, "locate", absence=absence), do_sample=False)
    first = ids[0, batch["input_ids"].shape[1]].item()
    assert (first in denials) == bool(text) and spell(processor, "not visible")[0] in denials
    other = model.generate(**batch, **bound_decoding(processor, "vqa", absence=absence), do_sample=False)
    plain = model.generate(**batch, **bound_decoding(processor, "vqa"), do_sample=False)
    assert torch.equal(other, plain)


def absence_of(tokenizer, task):
    return bound_decoding(tokenizer, task)["logits_processor"][0]._more


def test_the_offset_is_that_of_the_folder_of_the_tokenizer_for_places_only(folder, tmp_path, monkeypatch):
    scale = {"slope": 1.0, "offset": 0.0}
    stored = json.dumps({"box": scale, "answer": scale, "absent": {"offset": -1.5}})
    copied = shutil.copytree(folder, tmp_path / "model")
    (copied / "calibration.json").write_text(stored)
    tokenizer = AutoProcessor.from_pretrained(copied).tokenizer
    assert [absence_of(tokenizer, task) for task in ("locate", "vqa", "report")] == [-1.5, 0.0, 0.0]
    monkeypatch.chdir(copied)
    tokenizer.name_or_path = ""
    assert absence_of(tokenizer, "locate") == 0.0


def test_the_pipeline_takes_the_one_liner(folder, processor):
    pipe = pipeline("image-text-to-text", model=str(folder), device="cpu")
    text = "<image>" + turns(0)[0][0]
    [answer] = pipe(images=picture(), text=text, generate_kwargs=public(processor, "locate"), return_full_text=False)
    assert parse(answer["generated_text"]).invalid == 0


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_a_coordinate_is_the_median_of_those_that_may_follow(grammar, processor, seed):
    bound = BoundDecoding(lambda width: grammar, max_new_tokens=60)
    ids = torch.tensor([[processor.tokenizer.bos_token_id]])
    for token in spell(processor, grammar.open):  # the prompt is <bos>; the opening was written by the model
        bound(ids, torch.zeros(1, grammar.width))
        ids = torch.cat([ids, torch.tensor([[token]])], dim=1)
    scores, bins = torch.randn(1, grammar.width, generator=torch.Generator().manual_seed(seed)) * 4, []
    places = torch.tensor(grammar.locations)
    for number in range(4):
        chosen = int(bound(ids, scores).argmax())
        low, high = (0, 512) if number < 2 else (bins[number - 2] + 1, 513)
        chances = torch.softmax(scores[0, places[low:high]], -1).cumsum(-1)
        assert grammar.bin_of[chosen] == low + int((chances < 0.5).sum())
        bins.append(grammar.bin_of[chosen])
        ids = torch.cat([ids, torch.tensor([[chosen]])], dim=1)


LOOPS = {"one token": "a", "two letters": "x1", "a sentence": "The liver is normal. "}


@pytest.mark.parametrize("unit", LOOPS.values(), ids=LOOPS)
@pytest.mark.parametrize("inside", [False, True], ids=["in text", "in a mention"])
def test_an_answer_that_loops_closes_and_ends(grammar, processor, unit, inside):
    start = render("x", [Span(0, 1, "liver", (0.1, 0.1, 0.5, 0.5))]).partition("x")[0] if inside else "The "
    wanted = [*spell(processor, start), *spell(processor, unit) * 60]
    bound = BoundDecoding(lambda width: grammar, max_new_tokens=400)
    ids = torch.tensor([[processor.tokenizer.bos_token_id]])
    for token in wanted:  # a model that wants nothing else
        scores = torch.zeros(1, grammar.width)
        scores[0, token] = 50.0
        chosen = int(bound(ids, scores).argmax())
        ids = torch.cat([ids, torch.tensor([[chosen]])], dim=1)
        if chosen == grammar.eos:
            break
    written = ids[0, 1:].tolist()
    assert written[-1] == grammar.eos and len(written) < len(wanted) / 2
    assert has_loop(written[:-1]) and parse(processor.tokenizer.decode(written[:-1])).invalid == 0


@pytest.mark.parametrize("tokens", [[1] * 15, [1, 2] * 7, [1, 2, 3, 4, 5, 6, 7, 8] * 2, list(range(99))], ids=len)
def test_what_is_said_twice_is_no_loop(tokens):
    assert not has_loop(tokens)


@pytest.mark.parametrize("tokens", [[1] * 16, [1, 2] * 8, [1, 2, 3, 4, 5, 6, 7, 8] * 3, list(range(64)) * 3], ids=len)
def test_a_loop_is_found_at_its_end_and_anywhere(tokens):
    assert ends_in_loop(tokens) and has_loop([9, *tokens, 10, 11]) and not ends_in_loop([*tokens, 10])
    assert LOOP_TOKENS <= len(tokens)


def test_another_prompt_begins_anew(grammar, processor):
    bound = BoundDecoding(lambda width: grammar, max_new_tokens=9)
    scores = torch.zeros(1, grammar.width)
    opening = spell(processor, grammar.open)
    bound(torch.tensor([[1, 2, 3]]), scores)
    for end in range(1, len(opening) + 1):
        bound(torch.tensor([[1, 2, 3, *opening[:end]]]), scores)
    fresh = bound(torch.tensor([[1, 2, 3, *opening, 4]]), scores)  # as long as the next step, but not its row
    assert fresh[0, grammar.eos] == 0


def test_more_tokens_than_announced_open_no_span(grammar):
    bound = BoundDecoding(lambda width: grammar, max_new_tokens=2)
    ids = torch.tensor([[1]])
    for _ in range(8):
        scores = bound(ids, torch.zeros(1, grammar.width))
        assert torch.isfinite(scores).any()
        ids = torch.cat([ids, scores.argmax(-1, keepdim=True)], dim=1)


@pytest.mark.parametrize(
    ("task", "modality", "message"),
    [("segment", None, "Unknown task 'segment'"), ("vqa", "US", "Unknown modality 'US'")],
)
def test_unknown_words_are_refused_before_a_model_runs(processor, task, modality, message):
    with pytest.raises(ValueError, match=message):
        bound_decoding(processor, task, modality=modality)


def test_the_codes_of_a_full_box_are_no_loop_and_a_class_stays():
    codes, full = {5, 6, 7}, [1, 2, 5, 3, *[6] * 16]  # a class, then a mask
    assert ends_in_loop(full) and not ends_in_loop(without_codes(full, codes))
    assert without_codes([*full, 4], codes) == [1, 2, 5, 3, 4] and without_codes(full, ()) == full
    assert ends_in_loop(without_codes([*full, *[4] * 16], codes))
