"""A run of an arm on a tiny model: it leaves a stock folder, the same for the same seed."""

import numpy as np
import pytest
from safetensors.torch import load_file, save_file

from radgrounder.claims.fit import Example, draw_order, fit, rate_at
from radgrounder.models.release import MASK_CODEC
from refrad2d.conversations import prompt
from refrad2d.grounding import locate_answer
from tests.fixtures.tiny_models import BOX, SIZE, save_nano

TURNS = [
    (prompt("vqa", "en", question="Is the liver visible?"), "yes"),
    (prompt("locate", "en", name="liver"), locate_answer("liver", "liver", BOX)),
]
EXAMPLES = [Example(np.full((SIZE.image, SIZE.image, 3), 40 * n, np.uint8), TURNS) for n in range(3)]


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return save_nano(tmp_path_factory.mktemp("fit") / "base")


def weights(base, out, seed, **more):
    fit(EXAMPLES, out, base=base, steps=2, batch=2, seed=seed, precision="float32", **more)
    return load_file(out / "model.safetensors")


def test_a_seed_gives_the_same_weights_and_another_seed_others(base, tmp_path):
    found = [weights(base, tmp_path / str(n), seed) for n, seed in enumerate((0, 0, 1))]
    name = next(iter(found[0]))
    assert all(found[0][key].equal(found[1][key]) for key in found[0])
    assert not all(found[0][key].equal(found[2][key]) for key in found[0]) and name in load_file(
        base / "model.safetensors"
    )


def test_the_codec_lies_beside_the_weights(base, tmp_path):
    codec = tmp_path / "codec.safetensors"
    save_file({"x": load_file(base / "model.safetensors").popitem()[1]}, codec)
    weights(base, tmp_path / "model", 0, codec=codec)
    assert (tmp_path / "model" / MASK_CODEC).read_bytes() == codec.read_bytes()


def test_every_example_comes_before_one_comes_again():
    order = draw_order(5, 12, np.random.default_rng(0))
    assert len(order) == 12 and sorted(order[:5]) == sorted(order[5:10]) == list(range(5))


def test_the_rate_rises_stays_and_falls():
    rates = [rate_at(step, 100) for step in range(100)]
    assert rates[0] < rates[9] == max(rates) == rates[39] and rates[99] < 0.05 * max(rates)
