"""Region by region: controls as in eval, and means that weigh each region alike."""

import numpy as np

from tests.bench.sites import KINDS, UNSEEN, mean_boxes, mean_of_regions, score


def scores(*values):
    return {kind: np.array(values) for kind in KINDS}


def test_a_region_with_many_questions_weighs_no_more_than_another():
    many, few = (scores(0.2, 0.2, 0.2, 0.2), ["p1", "p1", "p2", "p2"]), (scores(0.6, 0.6), ["p1", "p2"])
    found = mean_of_regions([many, few])["base"]
    assert np.isclose(found["mean"], 0.4) and np.allclose([found["low"], found["high"]], 0.4) and found["n"] == 6


def test_what_a_kind_does_not_score_counts_for_nothing():
    one, other = (scores(0.2, np.nan), ["p1", "p2"]), (scores(0.6, 0.4), ["p1", "p2"])
    found = mean_of_regions([one, other])["large"]
    assert np.isclose(found["mean"], 0.35) and found["n"] == 3


def test_the_mean_boxes_of_a_region_are_by_class_and_plane():
    boxes = mean_boxes("C", UNSEEN, 3)
    assert {plane for _, plane in boxes} <= {"axial", "coronal", "sagittal"}
    assert all(0 <= x0 < x1 <= 1 and 0 <= y0 < y1 <= 1 for x0, y0, x1, y1 in boxes.values())


class Asked:
    """A predictor that keeps which pictures it is shown and finds nothing."""

    def __init__(self):
        self.shown = []

    def generate(self, pictures, prompts, *, locate):
        self.shown.append(list(pictures))
        return ["not visible"] * len(prompts)


def test_the_other_picture_is_of_another_patient_and_the_same_plane():
    body = {"modality": "MR", "body_part": "pelvis"}
    spots = [{"label": "liver", "box": [0.0, 0.0, 0.5, 0.5], "pixels": 400}]
    rows = [
        {**body, "id": str(n), "patient": patient, "plane": plane, "image": n, "objects": spots}
        for n, (patient, plane) in enumerate([("p1", "axial"), ("p1", "axial"), ("p2", "axial"), ("p3", "coronal")])
    ]
    predictor = Asked()
    found, patients = score(predictor, rows, {("liver", "axial"): (0.0, 0.0, 0.5, 0.5)})
    own, other = predictor.shown
    assert own == [0, 1, 2, 3] and other[:2] == [2, 2] and other[2] in (0, 1) and patients == ["p1", "p1", "p2", "p3"]
    assert np.isnan(found["shuffled"]).tolist() == [False, False, False, True]
    assert found["mean box"].tolist() == [1, 1, 1, 0] and found["above mean box"].tolist() == [-1, -1, -1, 0]
