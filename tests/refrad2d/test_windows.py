import numpy as np
import pytest

from refrad2d.windows import (
    CT_CHANNELS,
    WINDOWS,
    apply_window,
    count_pixels,
    get_window,
    picture_to_rgb,
    rescale,
    resize,
    resize_mask,
    scale_to_range,
    windows,
)


def test_an_unknown_window_names_the_choices():
    with pytest.raises(ValueError, match="Unknown window 'bones'. Choose from wide, soft_tissue"):
        get_window("bones")


def test_a_window_maps_its_edges_to_zero_and_one():
    center, width = WINDOWS["soft_tissue"]
    values = np.array([center - width / 2 - 1, center - width / 2, center, center + width / 2, center + width])
    assert apply_window(values, center, width).tolist() == [0.0, 0.0, 0.5, 1.0, 1.0]


def test_ct_channels_are_three_windows_and_air_is_clipped():
    slice_hu = np.full((8, 8), -2000.0)
    low = (np.float32(-1000) - np.float32(-1225)) / np.float32(2250)
    assert windows(slice_hu, "CT").tolist() == windows(np.full((8, 8), -1000.0), "CT").tolist()
    assert windows(slice_hu, "CT")[0, 0].tolist() == [round(float(low) * 255), 0, 0]


def test_mr_is_scaled_by_its_own_range_and_repeated():
    rgb = windows(np.array([[10.0, 20.0], [30.0, 50.0]]), "MR", size=2)
    assert rgb[..., 0].tolist() == [[0, 64], [128, 255]] and (rgb[..., 0] == rgb[..., 2]).all()


def test_an_unknown_modality_is_an_error():
    with pytest.raises(ValueError, match="Choose CT or MR"):
        windows(np.zeros((4, 4)), "PT")


def test_resize_takes_two_neighbours_without_antialias():
    stripes = np.tile([0.0, 1.0], 8)[None].repeat(16, 0)  # 16 columns
    assert resize(stripes, 8)[0].tolist() == [0.5] * 8
    assert resize(stripes, 4)[0].tolist() == [0.5] * 4  # an antialiased one would look alike here
    spike = np.zeros((16, 16))
    spike[:, 0] = 1.0
    assert resize(spike, 4)[0].tolist() == [0.0] * 4  # ... and would see this


def test_a_constant_picture_is_black():
    assert scale_to_range(np.full((3, 3), 7.0)).max() == 0


def test_a_resized_mask_has_no_new_classes():
    mask = np.zeros((100, 60), np.uint8)
    mask[20:50, 10:30] = 5
    mask[50:80, 10:30] = 9
    assert set(np.unique(resize_mask(mask))) == {0, 5, 9}


def test_grey_pictures_become_rgb():
    assert picture_to_rgb(np.arange(12, dtype=np.uint8).reshape(3, 4)).shape == (224, 224, 3)


def test_pixels_are_counted_at_the_size_of_the_image():
    mask = np.zeros((448, 112), np.uint8)
    mask[:224] = 5
    counts = count_pixels(mask)
    assert (len(counts), counts[5], counts[0]) == (256, 224 * 112, 224 * 112)


@pytest.mark.parametrize(
    ("stored", "values"), [(np.uint16, np.float32), (np.float32, np.float32), (np.int32, np.float64)]
)
def test_stored_pixels_are_rescaled_in_float32_and_wider_ones_in_float64(stored, values):
    rescaled = rescale(np.array([[0, 3]], stored), 0.5, -1024.0)
    assert rescaled.dtype == values and rescaled.tolist() == [[-1024, -1022.5]]


@pytest.mark.parametrize("shape", [(512, 512), (224, 224), (33, 70), (3, 500), (2, 2)])
@pytest.mark.parametrize("spread", [400.0, 1e5])
def test_a_ct_image_is_what_each_window_gives_when_it_is_resized_whole(shape, spread):
    hu = np.random.default_rng(shape[0]).normal(0, spread, shape).astype(np.float32)
    whole = [resize(apply_window(np.maximum(hu, -1000), *get_window(name))) for name in CT_CHANNELS]
    expected = np.round(np.stack(whole, axis=-1) * 255).astype(np.uint8)
    for pixels in (hu, np.asfortranarray(hu), hu.astype(np.float64)):
        assert np.array_equal(windows(pixels, "CT"), expected)
