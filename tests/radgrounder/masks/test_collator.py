"""Batches with masks: what each row and each mention of them is."""

import numpy as np
import pytest
import torch
from transformers import AutoModelForImageTextToText, PaliGemmaProcessor

from radgrounder.masks.collator import MaskCollator
from radgrounder.masks.shape import MaskShape
from tests.fixtures.mask_rows import mask_row
from tests.fixtures.tiny_models import save_nano


@pytest.fixture(scope="module")
def collator(tmp_path_factory):
    folder = save_nano(tmp_path_factory.mktemp("collator") / "nano")
    model = AutoModelForImageTextToText.from_pretrained(folder)
    return MaskCollator(PaliGemmaProcessor.from_pretrained(folder), model, MaskShape.of(model.config), structures=2)


def test_a_batch_has_a_target_a_mention(collator):
    batch = collator([mask_row(0), mask_row(1)])
    n = len(batch["mask_rows"])
    assert batch["mask_targets"].shape == (n, 16, 16) and n == len(batch["mask_at"]) == 10
    assert batch["pixel_values"].shape == (2, 3, 16, 16) and batch["mask_rows"].bincount().tolist() == [5, 5]
    assert batch["mask_boxes"].shape == (10, 4) and (batch["mask_boxes"][:, 2:] > batch["mask_boxes"][:, :2]).all()
    closing = batch["input_ids"][batch["mask_rows"], batch["mask_at"]]
    assert all(">" in text for text in collator.processor.tokenizer.batch_decode(closing[:, None]))


def test_a_plural_has_the_union(collator):
    targets = collator([mask_row(0)])["mask_targets"]
    one, _, both = (target.numpy() for target in targets[:3])
    assert np.all(both >= one) and both.sum() > 1.5 * one.sum()


def test_findings_have_no_target(collator):
    batch = collator([mask_row(0, told=(("Zyste", ("finding",)), ("Leber", ("liver",))))])
    assert len(batch["mask_rows"]) == 3


def test_rows_that_show_nothing_are_left_out(collator):
    bare = {**mask_row(), "objects": [], "absent": [], "report": {"de": None, "en": None}}
    assert collator([bare, mask_row(1)])["pixel_values"].shape[0] == 1
    only_words = collator([{**bare, "absent": ["brain"]}])
    assert only_words["mask_targets"].shape == (0, 16, 16) and (only_words["labels"] >= 0).any()
    with pytest.raises(ValueError, match="shows a structure"):
        collator([bare])


def test_a_batch_is_always_taught_the_same_and_a_slice_other_things_in_other_company(collator):
    first, again, other = (collator([mask_row(0), mask_row(n)]) for n in (1, 1, 2))
    assert all(torch.equal(first[name], again[name]) for name in first)
    said = [collator.processor.tokenizer.decode(batch["input_ids"][0]) for batch in (first, other)]
    assert said[0] != said[1]


def test_nothing_to_ask_for_is_refused(collator):
    with pytest.raises(ValueError, match="0 structures a slice teach nothing"):
        MaskCollator(collator.processor, AutoModelStub, collator.shape, structures=0)


class AutoModelStub:
    dtype = torch.float32
