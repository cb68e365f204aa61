"""Features of pictures: new ones are looked at, known ones are kept, the oldest go."""

from types import SimpleNamespace

import pytest
import torch

from radgrounder.inference.features import PictureFeatures, picture_key
from tests.fixtures.tiny_models import picture


class Tower:
    """Notes how many pictures it sees; the features are the pixels."""

    device, dtype = torch.device("cpu"), torch.float32

    def __init__(self):
        self.seen = []

    def get_image_features(self, pixels):
        self.seen.append(len(pixels))
        return SimpleNamespace(pooler_output=pixels)


PIXELS = torch.arange(3.0)[:, None]


def test_a_known_picture_is_not_looked_at_again():
    tower = Tower()
    features = PictureFeatures(tower, kept=2)
    features.look([b"a", b"b", b"a"], torch.tensor([[0.0], [1.0], [0.0]]))
    assert features.look([b"b"], torch.tensor([[9.0]])).tolist() == [[1.0]] and tower.seen == [2]


def test_features_come_in_the_order_of_the_keys():
    assert PictureFeatures(Tower(), kept=3).look([b"a", b"b", b"c"], PIXELS).tolist() == PIXELS.tolist()


def test_the_picture_used_longest_ago_goes_first():
    tower = Tower()
    features = PictureFeatures(tower, kept=2)
    features.look([b"a", b"b"], PIXELS[:2])
    features.look([b"a"], PIXELS[:1])
    features.look([b"c"], PIXELS[2:])
    features.look([b"a"], PIXELS[:1])
    assert len(features) == 2 and tower.seen == [2, 1]
    features.look([b"b"], PIXELS[1:2])
    assert tower.seen == [2, 1, 1]


def test_a_batch_larger_than_what_is_kept_is_answered_whole():
    features = PictureFeatures(Tower(), kept=0)
    assert len(features.look([b"a", b"b", b"c"], PIXELS)) == 3 and len(features) == 0


def test_less_than_none_cannot_be_kept():
    with pytest.raises(ValueError, match="-1 pictures cannot be kept. Give 0"):
        PictureFeatures(Tower(), kept=-1)


def test_equal_pictures_have_one_key():
    assert picture_key(picture(1)) == picture_key(picture(1)) != picture_key(picture(2))
