"""The sizes of a head follow from its model's configuration."""

from types import SimpleNamespace as Config

import pytest

from radgrounder.masks.shape import MaskShape


def config(image, patch, width):
    return Config(vision_config=Config(image_size=image, patch_size=patch), text_config=Config(hidden_size=width))


@pytest.mark.parametrize(
    ("model", "side", "size", "channels"),
    [((96, 8, 128), 12, 96, 64), ((144, 12, 160), 12, 96, 64), ((224, 14, 2304), 16, 128, 256)],
    ids=["nano of 96 px", "nano of 144 px", "3B"],
)
def test_masks_have_eight_pixels_a_token(model, side, size, channels):
    shape = MaskShape.of(config(*model))
    assert (shape.side, shape.size, shape.channels, shape.width) == (side, size, channels, model[2])
    assert MaskShape(**shape.to_json()) == shape


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="Choose from detection, mention"):
        MaskShape.of(config(96, 8, 128), prompt="point")
    with pytest.raises(ValueError, match="Give 96, 8 pixels a token"):
        MaskShape(128, 12, 224, 64, 4)
