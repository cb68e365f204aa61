"""The k-th closing tag asks for mask k, by its place in the text: whatever the words, their lengths and their order."""

import random

import pytest
import torch
from transformers import AutoModelForImageTextToText, PaliGemmaProcessor

from radgrounder.masks.answers import attention_of, closing_tokens, encode_answers
from refrad2d.grounding import Span, closings, render, render_mentions
from tests.fixtures.tiny_models import gemma_tokenizer, picture, save_nano

BOX = (0.1, 0.2, 0.5, 0.9)
WORDS = ["Leber", "rechte Niere", "Milz", "Aorta", "<5 mm große Zyste", "Lebervene", "kidneys", "Übergang"]


@pytest.fixture(scope="module")
def nano(tmp_path_factory):
    folder = save_nano(tmp_path_factory.mktemp("answers") / "nano")
    return AutoModelForImageTextToText.from_pretrained(folder).eval(), PaliGemmaProcessor.from_pretrained(folder)


def sentence(words, glue=", "):
    text, spans = "", []
    for word in words:
        text += glue if text else ""
        spans.append(Span(len(text), len(text) + len(word), "liver", BOX))
        text += word
    return text + ".", spans


TOKENIZERS = {
    "nano": lambda nano: nano[1].tokenizer,
    "gemma": lambda nano: gemma_tokenizer(),
    "gemma with markup tokens": lambda nano: gemma_tokenizer(("<p bbox=", "id=", "</p>")),
}


@pytest.mark.parametrize("name", TOKENIZERS)
@pytest.mark.parametrize("form", [render, render_mentions])
def test_each_closing_token_covers_the_end_of_its_tag(nano, name, form):
    tokenizer, rng = TOKENIZERS[name](nano), random.Random(0)
    for _ in range(25):
        words = rng.sample(WORDS, rng.randint(1, len(WORDS)))
        markup = form(*sentence(words, rng.choice([", ", " ", "", "\n", ": "])))
        ids, tokens = closing_tokens(tokenizer, markup)
        offsets = tokenizer(markup, add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"]
        assert len(tokens) == len(words) == len(set(tokens)) and tokens == sorted(tokens) and max(tokens) < len(ids)
        for token, end in zip(tokens, closings(markup), strict=True):
            assert offsets[token][0] < end <= offsets[token][1]


def test_the_place_in_the_text_counts_not_the_length_of_the_word(nano):
    """A known fault elsewhere: masks listed by falling length of their words, closing tags by their place."""
    processor = nano[1]
    for words in (["Milz", "rechte Niere", "Leber"], ["rechte Niere", "Leber", "Milz"]):
        markup = render(*sentence(words))
        ids, tokens = closing_tokens(processor.tokenizer, markup)
        for word, token in zip(words, tokens, strict=True):
            said = processor.tokenizer.decode(ids[: token + 1])
            assert said.rstrip(",.").endswith(f"{word}</p>")


def test_rows_and_places_point_at_the_tokens_of_each_turn(nano):
    model, processor = nano
    turns = [
        [("\n\nWhere is the liver? ", render("liver", [Span(0, 5, "liver", BOX)])), ("\n\nAny? ", "not visible")],
        [("\n\nCaption: ", render(*sentence(WORDS[:3]))), ("\n\nWhere? ", render("Milz", [Span(0, 4, "spleen", BOX)]))],
    ]
    encoded = encode_answers(processor, turns, attention_of(model, processor))
    assert encoded.rows.tolist() == [0, 1, 1, 1, 1]
    said = [
        processor.tokenizer.decode(encoded.inputs["input_ids"][r, : a + 1])
        for r, a in zip(encoded.rows, encoded.at, strict=True)
    ]
    wanted = ["liver", *WORDS[:3], "Milz"]
    assert all(text.rstrip(",.").endswith(f"{word}</p>") for text, word in zip(said, wanted, strict=True))
    assert (encoded.inputs["labels"][encoded.rows, encoded.at] >= 0).all()  # of the answer


def test_a_state_is_the_same_whatever_else_is_asked_about_the_picture(nano):
    model, processor = nano
    liver = ("\n\nWhere is the liver? ", render("liver", [Span(0, 5, "liver", BOX)]))
    more = ("\n\nCaption: ", render(*sentence(WORDS)))
    pixels = processor.image_processor([picture()], return_tensors="pt")["pixel_values"]
    states = []
    for turns, number in (([liver], 0), ([more, liver], -1), ([liver, more], 0)):
        encoded = encode_answers(processor, [turns], attention_of(model, processor))
        inputs = {name: tensor for name, tensor in encoded.inputs.items() if name != "labels"}
        with torch.no_grad():
            outputs = model.model(**inputs, pixel_values=pixels)
        states.append(outputs.last_hidden_state[0, encoded.at[number]])
    assert torch.allclose(states[0], states[1], atol=1e-5) and torch.allclose(states[0], states[2], atol=1e-5)


def test_no_box_and_an_empty_span_ask_for_no_mask(nano):
    empty = render("ab", [Span(0, 1, "liver", BOX)]).replace(">a</p>", "></p>")
    for answer in ("not visible", "", empty, "<p bbox=<loc0001>"):
        assert closing_tokens(nano[1].tokenizer, answer)[1] == []


def test_a_picture_without_a_turn_is_refused(nano):
    with pytest.raises(ValueError, match="Picture 1 has no turn"):
        encode_answers(nano[1], [[("a", "b")], []], attention_of(*nano))
