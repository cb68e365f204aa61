"""A run of a recipe: the options that reach TRL."""

from radgrounder.models import release
from radgrounder.training import runs
from tests.fixtures.paths import ROOT


def test_base_data_steps_and_seed_stand_over_those_of_the_recipe(monkeypatch, tmp_path):
    seen = {}
    monkeypatch.setattr("trl.scripts.sft.main", lambda script, training, *rest: seen.update(script=script, of=training))
    monkeypatch.setattr(release, "release", lambda *places: seen.update(places=places))
    recipe = ROOT / "sft/recipes/nano/detection.yaml"
    runs.train(recipe, tmp_path / "data", tmp_path, base=tmp_path / "base", steps=7, seed=3, learning_rate=0.5)
    assert seen["script"].dataset_name == str(tmp_path / "data")
    assert (seen["of"].max_steps, seen["of"].seed, seen["of"].data_seed) == (7, 3, 3) and seen[
        "of"
    ].learning_rate == 0.5
    assert seen["places"] == (tmp_path / "adapter", tmp_path / "model")
