"""The release's decoder; that it draws what its tensors say is tested where they are converted (test_convert)."""

import torch
from transformers import AutoConfig

from radgrounder.masks.release_head import ReleaseHead, ReleaseShape
from radgrounder.masks.storage import load_head, require_fit, save_head
from tests.fixtures.tiny_models import SIZE, save_nano

SHAPE = ReleaseShape(width=SIZE.width, tower=SIZE.width, side=2)


def test_it_is_read_back_from_a_model_folder(tmp_path):
    torch.manual_seed(0)
    head = ReleaseHead(SHAPE)
    save_head(head, tmp_path, dtype=torch.float32)
    read = load_head(tmp_path)
    assert read.shape == SHAPE and all(torch.equal(a, read.state_dict()[n]) for n, a in head.state_dict().items())


def test_it_fits_a_model_of_its_tower(tmp_path):
    import pytest

    config = AutoConfig.from_pretrained(save_nano(tmp_path / "nano"))
    require_fit(ReleaseHead(SHAPE), config)
    with pytest.raises(ValueError, match="mask head is for states"):
        require_fit(ReleaseHead(ReleaseShape(width=SIZE.width, tower=24, side=2)), config)


def test_no_mention_gives_no_mask():
    drawn = ReleaseHead(SHAPE)(
        torch.zeros(0, 32), torch.zeros(1, 4, 32), torch.zeros(1, 3, 8, 8), torch.zeros(0).long(), torch.zeros(0, 4)
    )
    assert drawn.shape == (0, 2, 2)
