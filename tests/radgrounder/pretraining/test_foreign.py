"""Pictures that show no body: of every kind, the same for a seed, answered in words."""

import numpy as np

from radgrounder.pretraining.foreign import FOREIGN_EVERY, draw_foreign, foreign_turns
from radgrounder.pretraining.pool import draw_slice
from refrad2d.conversations import NO_IMAGE


def test_a_picture_has_its_size_and_follows_from_its_seed():
    drawn = [draw_foreign(np.random.default_rng(seed), 24) for seed in range(60)]
    assert all(one.shape == (24, 24, 3) and one.dtype == np.uint8 for one in drawn)
    assert all(np.array_equal(one, draw_foreign(np.random.default_rng(n), 24)) for n, one in enumerate(drawn))
    assert any(np.ptp(one) == 0 for one in drawn) and any(np.ptp(one) > 200 for one in drawn)


def test_every_prompt_is_answered_by_no_image_content():
    turns = foreign_turns(3)
    assert {answer for _, answer in turns} == set(NO_IMAGE.values())
    german = [prompt for prompt, answer in turns if answer == NO_IMAGE["de"]]
    assert len(german) == len(turns) // 2 and all("the" not in prompt.split() for prompt in german)


def test_the_pool_has_some():
    drawn = draw_slice(FOREIGN_EVERY - 1, sites=("A",), size=24, regions=("head_ct",))
    assert not drawn.boxes and not drawn.mask.any() and drawn.region == ""
    assert {answer for _, answer in drawn.turns} == set(NO_IMAGE.values())
