"""Whole series are judged by 3D IoU, beside the prior box and the true boxes of the same slices."""

import numpy as np
import pytest
from datasets import Dataset

from radgrounder.benchmarks.base import load_benchmark
from radgrounder.benchmarks.volumes import mean_volumes
from radgrounder.evaluation.run import run
from refrad2d.boxes import objects
from refrad2d.grounding import locate_answer
from refrad2d.schema import features
from tests.fixtures.tiny_dataset import make_row, write_dataset
from tests.fixtures.volumes import scan_of, volumes_of

SIZE = 112


def make_series(patient, box, first):
    """Four slices, of which the liver fills a box on the two in the middle; the last has no row."""
    masks = np.zeros((4, SIZE, SIZE), np.uint8)
    x, y, right, bottom = box
    masks[1:3, y:bottom, x:right] = 5
    rows = [make_row(first + n, patient, box) | {"series": f"r{patient}"} for n in range(3)]
    for row, mask in zip(rows, masks, strict=False):
        row["objects"] = objects(mask)
    scan = scan_of([*(row["id"] for row in rows), f"b{patient}"], (SIZE, SIZE), patient=patient, series=f"r{patient}")
    return rows, volumes_of(scan, masks)[0]


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    made = {
        "train": [make_series("p1", (10, 20, 50, 60), 10), make_series("p2", (20, 20, 60, 60), 20)],
        "test": [make_series("p3", (12, 24, 52, 64), 30), make_series("p4", (30, 40, 70, 80), 40)],
    }
    write_dataset(folder, {split: [row for rows, _ in some for row in rows] for split, some in made.items()})
    card = ["- config_name: volumes", "  data_files:"]
    for split, some in made.items():
        volumes = [volume for _, found in some for volume in found]
        Dataset.from_list(volumes, features=features("volumes")).to_parquet(folder / f"volumes-{split}.parquet")
        card += [f"  - split: {split}", f"    path: volumes-{split}.parquet"]
    text = (folder / "README.md").read_text()
    (folder / "README.md").write_text(text.replace("\n---\n", "\n" + "\n".join(card) + "\n---\n", 1))
    return str(folder)


class Knows:
    """Answers what is true of each picture."""

    def __init__(self, data):
        rows = load_benchmark("volumes", data)
        self.pictures = {rows.picture(item.image).tobytes(): item.true for item in rows.items if not item.control}

    def generate(self, images, prompts):
        told = [self.pictures[np.asarray(image).tobytes()] for image in images]
        return [locate_answer("liver", "liver", t.spans[0].box) if t.spans else t.text for t in told]


def test_true_answers_reach_what_the_slices_allow(data, tmp_path):
    results = run(Knows(data), "volumes", data, tmp_path / "out", samples=20)
    found = results["volumes"]
    assert found["iou_3d"]["n"] == found["prior_iou_3d"]["n"] == 2
    assert found["iou_3d"]["mean"] == pytest.approx(found["true_slices_iou_3d"]["mean"], abs=0.02)
    assert found["true_slices_iou_3d"]["mean"] == pytest.approx(1.0) and found["found_3d"]["mean"] == 1.0
    assert 0 < found["prior_iou_3d"]["mean"] < 1 and found["iou_3d"]["low"] is not None
    gain = found["iou_3d_over_prior"]
    assert gain["mean"] == pytest.approx(found["iou_3d"]["mean"] - found["prior_iou_3d"]["mean"]) and gain["n"] == 2
    assert gain["low"] <= gain["mean"] <= gain["high"] and found["found_3d_over_prior"]["n"] == 2
    assert "| volumes | prior iou 3d |" in (tmp_path / "out" / "table.md").read_text()


def test_a_model_that_sees_nothing_scores_nothing(data, tmp_path):
    class Blind:
        def generate(self, images, prompts):
            return ["not visible"] * len(prompts)

    assert run(Blind(), "volumes", data, tmp_path / "out", samples=20)["volumes"]["iou_3d"]["mean"] == 0.0


def test_every_published_slice_with_a_known_place_is_asked_about(data):
    benchmark = load_benchmark("volumes", data)
    asked = [item for item in benchmark.items if not item.control]
    assert [item.image.split()[1] for item in asked] == [
        "1",
        "2",
    ] * 2  # the first shows no class, so nobody knows where
    assert {item.cluster for item in asked} == {"p3", "p4"} and benchmark.about["n_series"] == 2


def test_limit_draws_series(data):
    benchmark = load_benchmark("volumes", data, limit=1)
    assert len({item.cluster for item in benchmark.items}) == 1 and "1 of 2 test series" in benchmark.notes[0]


def test_the_prior_is_the_mean_of_training_series_as_shares_of_the_volume():
    rows = [make_series("p1", (10, 20, 50, 60), 10)[1][0], make_series("p2", (20, 20, 60, 60), 20)[1][0]]
    prior = mean_volumes(rows)
    expected = np.array([15, 20, 1, 55, 60, 3]) / (SIZE, SIZE, 4, SIZE, SIZE, 4)
    assert prior["liver", "CT", "axial", "abdomen"] == pytest.approx(expected) and len(prior) == 2


def test_a_dataset_without_volumes_says_what_to_do(tmp_path):
    data = write_dataset(tmp_path / "data", {"test": [make_row(1, "p", (10, 20, 50, 60))]})
    with pytest.raises(ValueError, match="no test series with masks. Build it from more patients, with --masks"):
        load_benchmark("volumes", data)


def test_an_export_that_holds_other_series_is_told(data, tmp_path):
    (tmp_path / "export").mkdir()
    with pytest.raises(ValueError, match="No test series of .* has a picture to ask about. Give the export"):
        load_benchmark("volumes", data, export=str(tmp_path / "export"))
