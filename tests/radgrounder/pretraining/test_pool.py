"""Phantom slices: a seed is a slice, eight share a study, and a pool that was drawn is read."""

import numpy as np
import pytest

from radgrounder.metrics.findings import read_findings
from radgrounder.pretraining import pool
from radgrounder.pretraining.pool import SLICES_OF_STUDY, draw_pool, draw_row, draw_slice, draw_slices, draw_study
from refrad2d.grounding import parse
from refrad2d.labels import label_by_name
from refrad2d.phantom.findings import finding_names

KIND = {"sites": ("A",), "regions": ("abdomen_ct",)}
SEED = 640


@pytest.fixture(scope="module")
def row():
    return draw_row(SEED, **KIND)


@pytest.fixture(scope="module")
def drawn():
    return draw_slice(SEED, size=32, **KIND)


def test_a_seed_is_a_slice(drawn):
    draw_study.cache_clear()
    again = draw_slice(SEED, size=32, **KIND)
    assert np.array_equal(drawn.image, again.image) and np.array_equal(drawn.mask, again.mask)
    assert drawn.turns == again.turns and drawn.boxes == again.boxes
    assert np.array_equal(drawn.findings, again.findings)


def test_eight_seeds_share_a_patient(row):
    patients = [draw_row(seed, **KIND)["patient"] for seed in (SEED + SLICES_OF_STUDY - 1, SEED + SLICES_OF_STUDY)]
    assert patients[0] == row["patient"] != patients[1]


def test_the_site_follows_from_the_study():
    sites = [draw_row(8 * n, sites=("A", "B"), regions=("abdomen_ct",))["site"] for n in (80, 81)]
    assert sites == ["A", "B"]


def test_a_slice_has_its_size_and_the_boxes_of_its_structures(drawn, row):
    assert drawn.image.shape == (32, 32, 3) and drawn.mask.shape == (32, 32)
    assert drawn.boxes.keys() == {label_by_name(found["label"]).id for found in row["objects"]}


def test_a_report_grounds_only_what_the_slice_shows(row):
    shown = {found["label"] for found in row["objects"]}
    for report in filter(None, row["report"].values()):
        assert all(set(span["labels"]) <= shown for span in report["spans"])
        assert all(report["findings"][span["start"] : span["end"]] for span in report["spans"])


def test_what_a_report_tells_is_on_the_map_of_findings():
    """Of many slices: a finding is told in words if and only if it has pixels on the map."""
    told = 0
    for seed in range(SEED, SEED + 80):
        row, found = pool._draw(seed, **KIND)
        names = {finding_names()[number - 1] for number in np.unique(found) if number}
        said = read_findings(row["report"]["en"]["findings"], "en", "CT")
        assert found.shape == row["mask"].shape and len(names) == len(said)
        told += len(said)
    assert told > 10


def test_the_answers_can_be_read(drawn):
    assert drawn.turns and not any(parse(answer).invalid for _, answer in drawn.turns)
    assert any(parse(answer).spans for _, answer in drawn.turns)


def test_a_pool_is_drawn_in_parts_and_read_again(drawn, tmp_path, monkeypatch):
    asked = []

    def draw(seeds, **kind):
        asked.append((list(seeds), kind["sites"]))
        return [drawn] * len(seeds)

    monkeypatch.setattr(pool, "PART", 2)
    monkeypatch.setattr(pool, "draw_slices", draw)
    first, second = (draw_pool(tmp_path, range(5, 8), size=32, workers=1, **KIND) for _ in range(2))
    assert asked == [([5, 6], ("A",)), ([7], ("A",))]
    assert len(first) == len(second) == 3
    assert np.array_equal(second[2].image, drawn.image) and second[2].turns == drawn.turns
    assert second[2].boxes == drawn.boxes
    draw_pool(tmp_path, range(5, 7), size=32, workers=1, **{**KIND, "sites": ("B",)})
    assert asked[2:] == [([5, 6], ("B",))]


def test_a_slice_that_cannot_be_drawn_ends_the_run():
    with pytest.raises(RuntimeError, match="Drawing phantom slices failed"):
        draw_slices([0], sites=("A",), size=32, regions=("nowhere",), workers=1)
