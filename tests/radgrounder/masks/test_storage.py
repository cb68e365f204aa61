"""A head beside a stock folder: read back as it was, refused where it does not belong."""

import json

import pytest
import torch
from transformers import AutoModelForImageTextToText, AutoProcessor, PaliGemmaForConditionalGeneration

from radgrounder.masks.head import MaskHead
from radgrounder.masks.shape import MaskShape
from radgrounder.masks.storage import SHAPE, WEIGHTS, load_head, require_fit, save_head
from tests.fixtures.tiny_models import save_nano

SMALL = MaskShape(width=32, side=2, size=16, channels=16, heads=2)


@pytest.fixture
def folder(tmp_path):
    save_nano(tmp_path / "model")
    torch.manual_seed(0)
    save_head(MaskHead(SMALL), tmp_path / "model")
    return tmp_path / "model"


def test_a_head_is_read_back_in_half_precision(folder):
    torch.manual_seed(0)
    saved, read = MaskHead(SMALL).state_dict(), load_head(folder).state_dict()
    assert load_head(folder).shape == SMALL and saved.keys() == read.keys()
    assert all(torch.equal(saved[name].half().float(), read[name]) for name in saved)


def test_stock_classes_load_the_folder_as_before(folder):
    model, report = AutoModelForImageTextToText.from_pretrained(folder, output_loading_info=True)
    assert type(model) is PaliGemmaForConditionalGeneration and AutoProcessor.from_pretrained(folder)
    assert not report["unexpected_keys"] and not report["missing_keys"]


def test_a_folder_without_a_head_has_none(tmp_path):
    assert load_head(tmp_path) is None


@pytest.mark.parametrize("name", [WEIGHTS, SHAPE])
def test_half_a_head_is_refused(folder, name):
    (folder / name).unlink()
    with pytest.raises(ValueError, match="one is missing"):
        load_head(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"channels": 32}, "not those of the shape"),
        ({"format": 2}, "Use the version that wrote it"),
        ({"more": 1}, "no description of a mask head"),
        ({"prompt": "x"}, "Choose from detection"),
    ],
)
def test_a_shape_that_is_not_the_weights_own_is_refused(folder, change, message):
    stored = json.loads((folder / SHAPE).read_text())
    (folder / SHAPE).write_text(json.dumps({**stored, **change}))
    with pytest.raises(ValueError, match=message):
        load_head(folder)


def test_what_is_no_json_is_refused(folder):
    for text in ("[", "[]", "{}"):
        (folder / SHAPE).write_text(text)
        with pytest.raises(ValueError, match="no description of a mask head"):
            load_head(folder)


def test_a_head_for_another_model_is_refused(folder):
    config = AutoModelForImageTextToText.from_pretrained(folder).config
    require_fit(load_head(folder), config)
    with pytest.raises(ValueError, match="Train a head for this model"):
        require_fit(MaskHead(MaskShape(32, 3, 24, 16, 2)), config)
