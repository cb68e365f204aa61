"""Pairs of slices and sentences, and batches without false opposites."""

import numpy as np
import pytest
import torch

from radgrounder.contrast.pairs import NO_PAIR, NOT_GROUNDED, PairCollator, encode_texts, read_pairs, relation
from radgrounder.models.nano import build_processor
from tests.fixtures.contrast_rows import TOLD, as_dataset, many, row
from tests.fixtures.tiny_models import SIZE, TEXTS


@pytest.fixture(scope="module")
def processor():
    return build_processor(TEXTS, SIZE)


def collate(processor, pairs, numbers, **more):
    collator = PairCollator(processor.image_processor, processor.tokenizer, length=24, **more)
    return collator([pairs[n] for n in numbers])


def test_grounded_sentences_are_kept_in_both_languages_and_the_rest_is_counted():
    rows = [row(1, {**TOLD[0], "en": TOLD[0]["en"] + " The brain is normal."}), row(2, {"en": "The brain is normal."})]
    pairs = read_pairs(as_dataset(rows))
    assert len(pairs) == 1 and pairs.dropped == {NOT_GROUNDED: 2, NO_PAIR: 1}
    assert [s.text for s in pairs.slices[0].sentences if s.language == "en"] == [
        "Cyst in the liver, 12 mm.",
        "Spleen unremarkable.",
    ]
    assert len(pairs.slices[0].sentences) == 4


def test_a_picture_is_that_of_its_row_also_where_others_fell_out():
    rows = [row(1, {}), row(2, TOLD[0]), row(3, TOLD[1])]
    pairs = read_pairs(as_dataset(rows))
    for n, kept in enumerate(rows[1:]):
        assert pairs[n]["slice"].id == kept["id"]
        assert np.array_equal(np.asarray(pairs[n]["image"]), np.asarray(kept["image"]))


def test_a_limit_takes_slices_evenly():
    pairs = read_pairs(as_dataset(many(10)), limit=3)
    assert [found.id for found in pairs.slices] == ["slice0", "slice4", "slice9"]


def test_two_slices_with_one_sentence_are_no_opposites():
    told = {"en": "Liver unremarkable."}
    slices = read_pairs(as_dataset([row(1, told), row(2, told), row(3, TOLD[0])])).slices
    drawn = [(n, found.sentences[0]) for n, found in enumerate(slices)]
    assert relation(slices, drawn).tolist() == [[1, 0, -1], [0, 1, -1], [-1, -1, 1]]


def test_a_sentence_that_is_true_of_another_slice_in_other_words_or_the_other_language_is_no_opposite():
    told = ({"en": "Cyst in the liver, 12 mm."}, {"de": "Leberzyste, 12 mm."}, {"en": "Liver unremarkable."})
    slices = read_pairs(as_dataset([row(n, one) for n, one in enumerate(told)])).slices
    drawn = [(n, found.sentences[0]) for n, found in enumerate(slices)]
    assert relation(slices, drawn).tolist() == [[1, 0, -1], [0, 1, -1], [-1, -1, 1]]


def test_a_finding_of_a_neighbouring_slice_is_no_opposite():
    told = ({"en": "Cyst in the liver."}, {"en": "Stone in the left kidney."})
    apart = read_pairs(as_dataset([row(n, one) for n, one in enumerate(told)])).slices
    beside = read_pairs(as_dataset([row(n, one, patient="p") for n, one in enumerate(told)])).slices
    for slices, wanted in ((apart, -1), (beside, 0)):
        drawn = [(n, found.sentences[0]) for n, found in enumerate(slices)]
        assert relation(slices, drawn).tolist() == [[1, wanted], [wanted, 1]]


def test_all_sentences_of_a_slice_are_its_own(processor):
    pairs = read_pairs(as_dataset(many(3)))
    batch = collate(processor, pairs, range(3), sentences=2)
    assert batch["pixel_values"].shape == (3, 3, 16, 16) and batch["input_ids"].shape == (6, 24)
    assert batch["relation"].shape == (3, 6)
    assert (batch["relation"] == 1).sum() == 6 and (batch["relation"][0, :2] == 1).all()


def test_a_batch_is_drawn_alike_each_time_and_a_slice_otherwise_beside_others(processor):
    pairs = read_pairs(as_dataset(many(8)))
    first, again = (collate(processor, pairs, range(8))["input_ids"] for _ in range(2))
    assert torch.equal(first, again)
    other = collate(processor, pairs, [*range(7)])["input_ids"]
    assert not torch.equal(first[:7], other)


def test_texts_have_one_length_and_their_padding_at_the_right(processor):
    ids = encode_texts(processor.tokenizer, ["liver", "liver " * 90], 12)
    assert ids.shape == (2, 12) and ids[0, -1] == processor.tokenizer.pad_token_id != ids[1, -1]


def test_what_teaches_nothing_is_refused(processor):
    with pytest.raises(ValueError, match="0 sentences an image teach nothing"):
        PairCollator(processor.image_processor, processor.tokenizer, length=8, sentences=0)
    with pytest.raises(ValueError, match="No slice has a sentence with a span"):
        read_pairs(as_dataset([row(1, {})]))
    with pytest.raises(ValueError, match="lacks a split"):
        read_pairs(None)
