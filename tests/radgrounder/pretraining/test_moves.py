"""Pictures that are moved: image, masks and boxes go together."""

import numpy as np
import pytest

from radgrounder.pretraining.moves import move
from radgrounder.pretraining.pool import PhantomSlice

LIVER, SPLEEN = 5, 1


@pytest.fixture(scope="module")
def shown():
    mask = np.zeros((96, 96), np.uint8)
    mask[30:60, 20:50] = LIVER
    mask[0:10, 80:96] = SPLEEN
    findings = np.where(mask == LIVER, 3, 0).astype(np.uint8)
    image = np.repeat((mask * 40)[..., None], 3, axis=2)
    boxes = {LIVER: (20 / 96, 30 / 96, 50 / 96, 60 / 96), SPLEEN: (80 / 96, 0.0, 1.0, 10 / 96)}
    return PhantomSlice(image, mask, findings, boxes, [("Where?", "there")], "abdomen_ct")


def test_boxes_follow_what_is_shown(shown):
    places = []
    for seed in range(60):
        moved = move(shown, np.random.default_rng(seed), 0.3)
        assert moved.image.shape == shown.image.shape and moved.boxes.keys() == set(np.unique(moved.mask)) - {0}
        assert np.array_equal(moved.findings == 3, moved.mask == LIVER)
        assert ((moved.image[..., 0] > 150) == (moved.mask == LIVER)).mean() > 0.98  # but for edges
        for label, (x1, y1, x2, y2) in moved.boxes.items():
            rows, columns = np.nonzero(moved.mask == label)
            around = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]) / 96
            assert np.abs(around - (x1, y1, x2, y2)).max() <= 1 / 96
        places.append(moved.boxes[LIVER])
    spread = np.array(places).std(axis=0)
    assert (spread > 0.03).all()  # it does move
    assert any(SPLEEN not in move(shown, np.random.default_rng(seed), 0.3).boxes for seed in range(60))


def test_nothing_moves_without_a_spread(shown):
    moved = move(shown, np.random.default_rng(0), 0.0)
    assert np.array_equal(moved.mask, shown.mask) and np.array_equal(moved.image, shown.image)
    assert moved.boxes.keys() == shown.boxes.keys()
    assert all(moved.boxes[label] == pytest.approx(box) for label, box in shown.boxes.items())
