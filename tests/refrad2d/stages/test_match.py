"""The stage of matching: rows of a series without masks, from texts and spans."""

import json

import numpy as np
import pytest

from refrad2d.images.segmentation.tasks import Asked
from refrad2d.rows import CONTEXT_COLUMNS
from refrad2d.stages import ingest, match, segment
from refrad2d.system.files import read_jsonl, write_jsonl
from tests.fixtures import fake_totalsegmentator
from tests.fixtures.dicom_files import write_slice
from tests.fixtures.export_records import KEY, report_row

FRAMES = [{"id": f"s{n}", "instance": n + 1, "depth": 5.0 * n, "blanked": []} for n in range(5)]
SERIES = {
    "patient": "p",
    "study": "st",
    "series": "se",
    "number": 2,
    "modality": "CT",
    "body_part": "abdomen",
    "plane": "axial",
    "spacing": [1.0, 1.0, 5.0],
    "sex": None,
    "age": None,
    "site": None,
    "head": False,
    "frames": FRAMES,
}


@pytest.fixture
def match_texts(tmp_path):
    """Rows and counts of texts (German, of the one series); each is (text, named slices)."""

    def run(*texts, more=()):
        for name in ("ingest", "segment", "match"):
            (tmp_path / name).mkdir()
        write_jsonl(tmp_path / "ingest" / "series.jsonl", [SERIES, *more])
        for name in ("segmented", "findings", "hidden"):
            write_jsonl(tmp_path / "segment" / f"{name}.jsonl", [])
        shared = {
            "language": "de",
            "series": ["se", *(other["series"] for other in more)],
            **dict.fromkeys(CONTEXT_COLUMNS),
            "clinical_question": "Q",
        }
        rows = [
            {"id": f"t{n}", "text": text, "named": named, "origin": "original", "curator": "rules", **shared}
            for n, (text, named) in enumerate(texts)
        ]
        write_jsonl(tmp_path / "texts.jsonl", rows)
        write_jsonl(tmp_path / "spans.jsonl", [{"id": row["id"], "spans": []} for row in rows])
        folders = (tmp_path / "ingest", tmp_path / "segment", tmp_path / "texts.jsonl", tmp_path / "spans.jsonl")
        counts = match.run(*folders, tmp_path / "match")
        return list(read_jsonl(tmp_path / "match" / "rows.jsonl")), counts

    return run


def test_without_masks_a_report_goes_whole_to_the_middle(match_texts):
    (row,), counts = match_texts(("Leber glatt. Milz glatt.", []))
    assert (row["id"], row["report"]["de"]["findings"], row["report"]["en"]) == ("s2", "Leber glatt. Milz glatt.", None)
    assert row["provenance"]["slice_rule"] == "middle" and counts["sentences_middle"] == 2


def test_images_that_a_report_names_get_its_sentences(match_texts):
    rows, counts = match_texts(("Leber glatt (Bild 2). Milz glatt (Bild 4).", []))
    assert {row["id"]: row["report"]["de"]["findings"] for row in rows} == {"s1": "Leber glatt.", "s3": "Milz glatt."}
    assert counts["sentences_named"] == 2


def test_images_that_a_table_names_go_before_all_rules(match_texts):
    rows, _ = match_texts(("Leber glatt. Milz glatt.", ["s0"]))
    assert [row["id"] for row in rows] == ["s0"]


def test_an_image_of_another_series_gets_nothing(match_texts):
    rows, counts = match_texts(("Leber glatt (Serie 7, Bild 2).", []))
    assert rows == [] and counts["sentences_without_slice"] == 1


def test_two_texts_of_a_series_share_a_row(match_texts):
    (row,), _ = match_texts(("Leber glatt.", []), ("Milz glatt.", []))
    assert row["report"]["de"]["findings"] == "Leber glatt. Milz glatt."


def test_a_sentence_that_two_texts_share_stands_once(match_texts):
    (row,), _ = match_texts(("Leber glatt. Milz glatt.", []), ("Leber glatt. Niere glatt. Niere glatt.", []))
    assert row["report"]["de"]["findings"] == "Leber glatt. Milz glatt. Niere glatt. Niere glatt."


def test_a_reference_as_subject_is_rewritten(match_texts):
    rows, _ = match_texts(("Bild 2 zeigt eine glatte Leber.", []))
    assert [(r["id"], r["report"]["de"]["findings"]) for r in rows] == [("s1", "Dieses Bild zeigt eine glatte Leber.")]


@pytest.mark.parametrize(
    "text",
    [
        "Bild 3 zeigt eine Zyste, Bild 2 eine Narbe.",
        "Zyste der Leber (Bild 2), Narbe der Milz (Bild 1).",
        "Zyste in Bild 12, Narbe der Milz in Bild 2.",
        "Bild 2 zeigt die Leber und Bild 3 die Milz.",
    ],
)
def test_a_sentence_that_says_different_things_of_several_images_goes_nowhere(match_texts, text):
    rows, counts = match_texts((text, []))
    assert rows == [] and counts["sentences_several_images"] == 1


@pytest.mark.parametrize(
    "text", ["Zysten der Leber (Bild 2 und 3).", "Zyste von Bild 2 bis Bild 3.", "Leber (Bild 2) glatt, siehe Bild 2."]
)
def test_one_thing_of_several_images_goes_to_each(match_texts, text):
    rows, counts = match_texts((text, []))
    assert rows and counts["sentences_several_images"] == 0


def test_a_sentence_that_is_only_a_reference_says_nothing(match_texts):
    rows, counts = match_texts(("Leber glatt (Bild 2). Siehe Bild 3.", []))
    assert [row["id"] for row in rows] == ["s1"] and counts["sentences_only_reference"] == 1


def test_a_sentence_that_names_another_image_than_its_table_goes_nowhere(match_texts):
    rows, counts = match_texts(("Leber glatt (Bild 2). Milz glatt (Bild 1).", ["s0"]))
    assert [(r["id"], r["report"]["de"]["findings"]) for r in rows] == [("s0", "Milz glatt.")]
    assert counts["sentences_without_slice"] == 1


def other_series(depth: float, number: int = 7, frame_of_reference=None) -> dict:
    """A second series of the study, whose images lie by `depth` away from those of the first."""
    frames = [{**frame, "id": f"o{n}", "depth": frame["depth"] + depth} for n, frame in enumerate(FRAMES)]
    return {**SERIES, "series": "other", "number": number, "frames": frames, "frame_of_reference": frame_of_reference}


@pytest.mark.parametrize(
    ("text", "other", "ids"),
    [
        ("Zyste (Bild 2).", other_series(40.0), set()),
        ("Zyste (Bild 2).", other_series(0.0, frame_of_reference="another"), set()),
        ("Zyste (Bild 2).", other_series(0.4), {"s1", "o1"}),
        ("Zyste (Serie 2, Bild 2).", other_series(40.0), {"s1"}),
        ("Zyste (Serie 7, Bild 2).", other_series(40.0), {"o1"}),
        ("Bild 2 zeigt eine Zyste.", other_series(40.0), set()),
    ],
)
def test_an_image_that_is_named_without_its_series_must_be_one(match_texts, text, other, ids):
    rows, counts = match_texts((text, []), more=[other])
    assert {row["id"] for row in rows} == ids
    assert counts["sentences_unclear_image"] == (0 if ids else 2)


def test_an_image_that_the_table_names_is_clear(match_texts):
    rows, _ = match_texts(("Zyste (Bild 2).", ["s1"]), more=[other_series(40.0)])
    assert [row["id"] for row in rows] == ["s1"]


@pytest.fixture
def match_segmented(tmp_path, monkeypatch):
    """The `absent` of all rows of a series in which TotalSegmentator found one structure; its bright box is that."""

    def run(name, number, *, given=False, coronal=False, hidden=(), finding=None, **elements):
        pixels = np.full((16, 16), 900, np.uint16)
        pixels[2:8, 4:12] = 1100
        for k in range(9):
            if coronal:
                elements |= {"ImageOrientationPatient": [1, 0, 0, 0, 0, -1], "ImagePositionPatient": [-8, 5 * k, 8]}
            write_slice(tmp_path / "export" / "p" / f"{k}", k, pixels=pixels + k, **elements)
        fake_totalsegmentator.install(tmp_path, monkeypatch)
        monkeypatch.setenv("FAKE_ORGAN", json.dumps({number: name}))
        ingested, segmented = tmp_path / "ingested", tmp_path / "segmented"
        ingest.run(tmp_path / "export", [report_row(path="p")], ingested, key=KEY, burnt_in_text="keep")
        asked = Asked((), "cpu", fast=True)
        segment.run(ingested, None, segmented, key=KEY, segmenter="totalsegmentator", asked=asked)
        (scan,) = read_jsonl(ingested / "series.jsonl")
        if given:
            write_jsonl(segmented / "segmented.jsonl", [{"series": scan["series"], "segmenter": "masks"}])
        frame = scan["frames"][0]["id"]
        write_jsonl(segmented / "hidden.jsonl", [{"slice": frame, "labels": list(hidden)}])
        found = {"slice": frame, "label": finding, "box": [0, 0, 1, 1], "source": "mask"}
        write_jsonl(segmented / "findings.jsonl", [found] if finding else [])
        about = {"language": "de", "series": [scan["series"]], "named": [], "origin": "original", "curator": "rules"}
        text = {"id": "t", "text": "Regelrecht.", **about, **dict.fromkeys(CONTEXT_COLUMNS)}
        span = {"start": 0, "end": 10, "labels": [name], "negated": False}
        write_jsonl(tmp_path / "texts.jsonl", [text])
        write_jsonl(tmp_path / "spans.jsonl", [{"id": "t", "spans": [span]}])
        match.run(ingested, segmented, tmp_path / "texts.jsonl", tmp_path / "spans.jsonl", tmp_path / "match")
        return [row["absent"] for row in read_jsonl(tmp_path / "match" / "rows.jsonl")]

    return run


def test_a_series_segmented_on_site_denies_what_lies_far_from_it(match_segmented):
    denied = match_segmented("brain", 90)
    assert denied and all(len(some) == 4 for some in denied)
    assert not {"brain", "skull", "spinal_cord", "humerus_left"} & set().union(*denied)


def test_masks_that_were_given_say_nothing_of_what_lies_far(match_segmented):
    assert set(map(tuple, match_segmented("brain", 90, given=True))) == {()}


@pytest.mark.parametrize("more", [{"hidden": ["prostate"]}, {"finding": "prostate_lesion"}])
def test_a_class_under_a_blank_and_the_place_of_a_finding_are_reached_too(match_segmented, more):
    assert set(map(tuple, match_segmented("brain", 90, **more))) == {()}


def test_slices_along_the_body_deny_nothing_far(match_segmented):
    assert set(map(tuple, match_segmented("brain", 90, coronal=True))) == {()}


@pytest.mark.parametrize(("age", "denies"), [("067Y", True), ("031Y", False)])
def test_the_belly_of_a_patient_who_may_be_pregnant_denies_nothing_far(match_segmented, age, denies):
    assert all(bool(some) == denies for some in match_segmented("pancreas", 7, PatientAge=age))
