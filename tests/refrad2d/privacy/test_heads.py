"""Head series: which they are, and which of their slices may be published."""

import pytest

from refrad2d.privacy.heads import APART_MM, kept_slices, names_head, require_policy, shows_head
from refrad2d.stages import ingest, match
from refrad2d.system.files import read_jsonl, write_jsonl
from tests.fixtures.dicom_files import write_slice
from tests.fixtures.export_records import report_row


@pytest.mark.parametrize(
    "text",
    ["HEAD", "BRAIN", "Schädel nativ", "SCHAEDEL", "cCT", "NNH", "t1_mprage_brain", "Orbita", "Hals", "CTA neck"],
)
def test_headers_name_the_head_in_both_languages(text):
    assert names_head(["ABDOMEN", text])


@pytest.mark.parametrize("text", ["ABDOMEN", "Thorax", "LSPINE", "CCTA", "Cardiac CMR", "Becken", "", "linear"])
def test_other_regions_are_no_head(text):
    assert not names_head([text])


def test_masks_show_a_head_that_no_header_names():
    assert shows_head(False, {"brain", "liver"}) and shows_head(False, {"skull"}) and not shows_head(False, {"liver"})


@pytest.mark.parametrize("step", [0.5, 1.0, 3.0, 5.0, 7.5])
def test_slices_that_stay_lie_far_apart(step):
    depths = [-93.7 + step * n for n in range(int(180 / step))]
    kept = [depths[n] for n in kept_slices(depths, "thin")]
    gaps = [b - a for a, b in zip(kept, kept[1:], strict=False)]
    assert min(gaps) >= APART_MM - step and max(gaps) <= APART_MM + step and len(kept) >= 8


def test_a_single_slice_stays():
    assert kept_slices([7.0], "thin") == [0]


def test_other_series_of_a_study_do_not_fill_the_gaps():
    series = [[offset + 4.0 * n for n in range(45)] for offset in (0.0, 1.0, 2.0, 3.0)]
    kept = sorted(depths[n] for depths in series for n in kept_slices(depths, "thin"))
    assert all(abs(depth / APART_MM - round(depth / APART_MM)) * APART_MM <= 4.0 for depth in kept)


def test_dropping_leaves_none_and_keeping_all():
    assert kept_slices([1.0, 2.0], "drop") == [] and kept_slices([1.0, 2.0], "keep") == [0, 1]


def test_a_policy_without_that_name_is_refused():
    with pytest.raises(ValueError, match="'blur'. Choose from thin, drop, keep"):
        require_policy("blur")


@pytest.mark.parametrize(("policy", "rows", "left_out"), [("thin", 3, 9), ("drop", 0, 12), ("keep", 12, 0)])
def test_slices_that_are_left_out_make_no_rows(tmp_path, policy, rows, left_out):
    """A report whose sentences name every image of a head series: only slices that stay become rows."""
    for k in range(12):
        write_slice(tmp_path / "export" / f"IM{k}", k, BodyPartExamined="HEAD")
    text = " ".join(f"Befund {'abcdefghijkl'[k]} in Bild {k + 1}." for k in range(12))
    ingested = tmp_path / "ingested"
    ingest.run(tmp_path / "export", [report_row(text)], ingested, key=b"k" * 32, burnt_in_text="keep")
    (tmp_path / "segment").mkdir()
    for name in ("segmented", "findings", "hidden"):
        write_jsonl(tmp_path / "segment" / f"{name}.jsonl", [])
    texts = [{**text, "curator": "c"} for text in read_jsonl(ingested / "texts.jsonl")]
    write_jsonl(tmp_path / "texts.jsonl", texts)
    write_jsonl(tmp_path / "spans.jsonl", [{"id": text["id"], "spans": []} for text in texts])
    dst = tmp_path / "match"
    dst.mkdir()
    counts = match.run(
        ingested, tmp_path / "segment", tmp_path / "texts.jsonl", tmp_path / "spans.jsonl", dst, head=policy
    )
    assert len(list(read_jsonl(dst / "rows.jsonl"))) == rows
    assert (counts["heads_series"], counts["heads_slices_left_out"]) == (1, left_out)
