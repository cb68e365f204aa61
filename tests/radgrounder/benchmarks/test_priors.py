"""What answers without looking.

pytest tests/radgrounder/benchmarks/test_priors.py
"""

import pytest

from radgrounder.benchmarks.priors import average_boxes, constant_report, majority_answers, order_key, partners


def test_majority_answer_falls_back_to_its_type():
    answer = majority_answers(
        [
            ("en", "Q1", "yesno", "yes"),
            ("en", "Q1", "yesno", "yes"),
            ("en", "Q2", "yesno", "no"),
            ("en", "Q3", "open", "x"),
        ]
    )
    assert [answer("en", q, t) for q, t in (("Q2", "yesno"), ("new", "yesno"), ("new", "open"))] == ["no", "yes", "x"]


def test_majority_answer_without_training_is_empty():
    assert majority_answers([])("en", "Q", "open") == ""


def test_constant_report_is_the_one_most_like_the_others():
    texts = ["liver smooth", "liver smooth spleen", "kidney stone"]
    assert constant_report(texts, "en") == "liver smooth"


def test_without_training_reports_the_constant_one_is_empty():
    assert constant_report([], "de") == ""


def test_the_mean_box_is_of_its_key():
    boxes = [("liver", (0, 0, 0.5, 0.5)), ("liver", (0.5, 0.5, 1, 1)), ("spleen", (0, 0, 1, 1))]
    found = average_boxes(boxes)
    assert found["liver"] == pytest.approx((0.25, 0.25, 0.75, 0.75)) and found["spleen"] == (0, 0, 1, 1)


def slice_of(number, patient, plane="axial"):
    return {"id": f"s{number}", "patient": patient, "modality": "CT", "body_part": "chest", "plane": plane}


def test_a_partner_is_of_another_patient_and_the_same_plane():
    rows = [slice_of(n, f"p{n % 3}", ("axial", "coronal")[n % 2]) for n in range(12)]
    known = {row["id"]: row for row in rows}
    found = partners(rows, seed=0)
    assert found.keys() == known.keys()
    for mine, other in found.items():
        assert known[mine]["patient"] != known[other]["patient"] and known[mine]["plane"] == known[other]["plane"]


def test_a_patient_alone_has_no_partner():
    assert partners([slice_of(0, "p"), slice_of(1, "p")], seed=0) == {}


def test_partners_do_not_depend_on_the_order_of_the_rows():
    rows = [slice_of(n, f"p{n % 3}") for n in range(9)]
    assert partners(rows, seed=1) == partners(rows[::-1], seed=1)


def test_lots_depend_on_every_part():
    assert len({order_key(1, "a"), order_key(2, "a"), order_key(1, "b")}) == 3
