"""Retrieval with hits, chance and what is left out; probes of findings with their areas and intervals."""

import json

import numpy as np
import pytest

from radgrounder.contrast.judge import (
    chance,
    findings_of,
    fit_probe,
    format_judged,
    hit,
    look,
    probe,
    retrieve,
    run,
    weighted_auc,
)
from radgrounder.contrast.pairs import read_pairs
from radgrounder.contrast.towers import TOWERS, TextShape, build_towers, load_tower, save_towers, write_back
from radgrounder.contrast.truth import Truth
from tests.fixtures.contrast_rows import as_dataset, many, row, save
from tests.fixtures.tiny_models import save_nano

T, U, F = Truth.TRUE, Truth.UNKNOWN, Truth.FALSE


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("judge")
    base = save_nano(root / "nano")
    splits = {"train": many(6), "validation": many(36, 100), "test": many(30, 200)}
    save(root / "data", splits)
    towers = build_towers(base, TextShape(layers=1, length=12))
    write_back(base, towers, root / "model", about={"steps": 0})
    save_towers(towers, root / "model" / TOWERS)
    return root


def test_a_true_sentence_among_the_first_is_a_hit_and_unknown_ones_are_left_out():
    truths = np.array([U, F, T, F, T])
    assert hit(np.array([9.0, 1, 2, 0, 0]), truths) == [1.0, 1.0]
    assert hit(np.array([9.0, 5, 2, 0, 0]), truths) == [0.0, 1.0]
    many_wrong = np.array([F] * 5 + [T])
    assert hit(np.array([5.0, 4, 3, 2, 1, 0]), many_wrong) == [0.0, 0.0]


def test_chance_is_the_share_of_random_rankings_that_hit():
    truths = np.array([T, F, F, F, F, F, F, F, T, U, U])
    rng = np.random.default_rng(0)
    drawn = np.mean([hit(rng.random(len(truths)), truths) for _ in range(4000)], axis=0)
    assert chance(truths) == pytest.approx(drawn, abs=0.03)
    assert chance(np.array([T, F])) == [0.5, 1.0]


def test_the_region_s_most_frequent_sentences_are_a_ranking_too(folder):
    told = {"en": "Liver unremarkable."}, {"en": "Cyst in the liver."}
    train = read_pairs(as_dataset([row(n, told[n > 3]) for n in range(6)]))
    test = read_pairs(as_dataset([row(10, told[0]), row(11, told[1])]))
    towers = build_towers(folder / "nano", TextShape(layers=1, length=12))
    found = retrieve({"adapted": towers, "before": towers}, train, test, "en")
    assert (found["candidates"], found["slices"]) == (2, 2)
    assert found["region"]["R@1"]["mean"] == 0.5 and found["chance"]["R@1"]["mean"] == 0.5
    assert found["adapted - before"]["R@1"]["mean"] == 0


def test_areas_are_those_of_all_pairs_and_weights_count_slices_several_times():
    scores, has = np.array([0.9, 0.4, 0.6, 0.1]), np.array([True, True, False, False])
    weights = np.array([[1, 1, 1, 1], [0, 2, 1, 1], [0, 0, 1, 1]])
    assert weighted_auc(scores, has, weights)[:2].tolist() == [0.75, 0.5]
    assert np.isnan(weighted_auc(scores, has, weights)[2])
    assert weighted_auc(np.zeros(4), has, weights)[0] == 0.5


def test_a_probe_finds_what_is_linear_and_nothing_in_noise():
    rng = np.random.default_rng(0)
    has = rng.random(200) < 0.3
    signal = np.stack([has + 0.1 * rng.normal(size=200), rng.normal(size=200)], axis=1)
    scores = fit_probe(signal[:100], has[:100], signal[100:])
    assert weighted_auc(scores, has[100:], np.ones((1, 100)))[0] > 0.95
    noise = rng.normal(size=(200, 5))
    scores = fit_probe(noise[:100], has[:100], noise[100:])
    assert 0.3 < weighted_auc(scores, has[100:], np.ones((1, 100)))[0] < 0.7


def test_findings_need_patients_in_both_splits_and_regions_that_have_them():
    fit = read_pairs(as_dataset(many(36))).slices
    test = read_pairs(as_dataset([*many(36, 100), row(500, {"en": "Liver unremarkable."}, modality="MR")])).slices
    found = findings_of(fit, test)
    assert sorted(found) == ["cyst", "stone"]
    assert found["cyst"].test_has.sum() == 12 and len(found["cyst"].test) == 36  # none of the region without
    assert findings_of(fit, test[:6]) == {}


def test_differences_of_towers_are_paired(folder):
    fit, test = (read_pairs(as_dataset(many(36, first))) for first in (0, 100))
    known = [np.array([[float(any(c.name == "cyst" and c.holds for c in s.facts.claims)), 0.0] for s in part.slices])
             for part in (fit, test)]  # fmt: skip
    blind = [np.zeros((36, 2)) for _ in known]
    found = probe(
        {"adapted": tuple(known), "before": tuple(blind), "random": tuple(blind)}, fit.slices, test.slices, seed=0
    )
    assert found["adapted"]["by finding"]["cyst"] == 1 and found["before"]["mean"]["mean"] == 0.5
    assert found["adapted - before"]["low"] > 0 and found["before - random"]["mean"] == 0


def test_what_a_tower_sees_is_mean_and_maximum_of_its_tokens(folder):
    pairs = read_pairs(as_dataset(many(3)))
    towers = build_towers(folder / "nano", TextShape(layers=1, length=12))
    features = look(load_tower(folder / "nano"), towers.image_processor, pairs)
    assert features.shape == (3, 64) and (features[:, 32:] >= features[:, :32]).all()


def test_a_judgement_is_written_and_printed(folder, tmp_path):
    found = run(folder / "model", folder / "nano", str(folder / "data"), tmp_path, control=folder / "model")
    assert json.loads((tmp_path / "contrast.json").read_text()) == json.loads(json.dumps(found))
    text = (tmp_path / "contrast.md").read_text()
    assert text == format_judged(found)
    assert "15 new patients, 30 slices; candidates: 6 de, 6 en sentences." in text
    assert found["probe"]["adapted - before"]["mean"] == 0  # nothing was trained
    assert set(found["retrieval"]["de"]) >= {"chance", "region", "adapted", "before", "adapted - before"}
