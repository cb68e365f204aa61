"""The nano: its tokenizer keeps any text, neighbours start alike, and a seed is a model."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import cosine_similarity

from radgrounder.models.nano import NanoSize, build_model, build_processor, location_ids
from tests.fixtures.tiny_models import SIZE, TEXTS, picture

PROCESSOR = build_processor(TEXTS, SIZE)


@pytest.fixture(scope="module")
def model():
    return build_model(PROCESSOR, SIZE, seed=1)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_any_text_survives_the_tokenizer(text):
    ids = PROCESSOR.tokenizer(text, add_special_tokens=False)["input_ids"]
    special = set(PROCESSOR.tokenizer.all_special_tokens)
    if not any(token in text for token in special):
        assert PROCESSOR.tokenizer.decode(ids) == text


def test_digits_are_tokens_of_their_own():
    assert len(PROCESSOR.tokenizer("123", add_special_tokens=False)["input_ids"]) == 3


def test_an_image_becomes_as_many_tokens_as_it_has_patches():
    assert NanoSize(image=96, patch=8).image_tokens == 144
    ids = PROCESSOR(images=picture(), text="<image>a", return_tensors="pt")["input_ids"]
    assert int((ids == PROCESSOR.image_token_id).sum()) == SIZE.image_tokens


def test_location_tokens_stand_in_a_row():
    ids = location_ids(PROCESSOR)
    assert ids.tolist() == list(range(int(ids[0]), int(ids[0]) + 513))


def test_neighbouring_coordinates_start_alike(model):
    codes = model.get_input_embeddings().weight[location_ids(PROCESSOR)].detach()
    near = cosine_similarity(codes[:-1], codes[1:]).mean()
    far = cosine_similarity(codes[:-200], codes[200:]).mean()
    assert near > 0.9 > far


def test_patches_of_one_row_start_alike():
    size = NanoSize(image=32, patch=8, width=32, tower_layers=1, decoder_layers=1, heads=2, vocabulary=420)
    places = build_model(build_processor(TEXTS, size), size, seed=0).model.vision_tower.embeddings.position_embedding
    half = places.weight.detach().reshape(4, 4, 32)
    assert torch.equal(half[0, 0, :16], half[0, 3, :16])  # the half of the channels that tells the row
    assert torch.equal(half[0, 2, 16:], half[3, 2, 16:])  # the half that tells the column


def test_a_seed_is_a_model(model):
    same, other = (build_model(PROCESSOR, SIZE, seed=seed).state_dict() for seed in (1, 2))
    assert all(torch.equal(value, same[name]) for name, value in model.state_dict().items())
    assert any(not torch.equal(value, other[name]) for name, value in model.state_dict().items())
