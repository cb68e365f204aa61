"""Each law of a row, broken once."""

import copy

import numpy as np
import pytest

from refrad2d.boxes import objects
from refrad2d.dataset.laws import check_row, check_spans, require_manifest
from tests.fixtures.tiny_dataset import make_row, pad

DRAWN = make_row(1, "p", (10, 20, 50, 60))
MASK = np.asarray(DRAWN["mask"])
SOUND = {**DRAWN, "objects": objects(MASK), **{name: pad(DRAWN[name]) for name in ("id", "patient", "study", "series")}}
SPAN = ("report", "de", "spans", 0)


def broken(path, value):
    row = copy.deepcopy({name: part for name, part in SOUND.items() if name not in ("image", "mask")})
    at = row
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return row


def test_a_sound_row_breaks_none():
    assert list(check_row(SOUND, MASK)) == []


@pytest.mark.parametrize(
    ("path", "value", "kind"),
    [
        (("objects", 0, "pixels"), 19, "objects_differ"),
        (("objects", 0, "area"), 19, "objects_differ"),
        (("objects", 0, "box"), [0, 0, 1, 1], "objects_differ"),
        (("objects",), [], "objects_differ"),
        ((*SPAN, "box"), [0.1, 0.1, 0.2, 0.2], "box_differs"),
        ((*SPAN, "end"), 99, "span_out_of_place"),
        ((*SPAN, "labels"), ["tail"], "unknown_label"),
        (("id",), "1.2.840", "not_a_pseudonym"),
        (("modality",), "US", "unknown_value"),
        (("patient",), "mueller_hans", "not_a_pseudonym"),
        (("series",), "series4711" + "x" * 10, "not_a_pseudonym"),
        (("sex",), "Hans", "unknown_value"),
        (("sex",), "m", "unknown_value"),
        (("sex",), "", "unknown_value"),
        (("body_part",), "Bauch von Hans", "unknown_value"),
        (("body_part",), "ABDOMEN", "unknown_value"),
        (("body_part",), "", "unknown_value"),
        (("plane",), "oblique", "unknown_value"),
        (("report", "de", "origin"), "Praxis Dr. Weber", "unknown_value"),
        (("report", "en", "origin"), "", "unknown_value"),
        (("report", "de", "origin"), "Original", "unknown_value"),
        (("vqa", 0, "source"), "Hans", "unknown_value"),
        (("vqa", 0, "language"), "fr", "unknown_value"),
        (("findings",), [{"label": "stone", "box": [0, 0, 1, 1], "source": "Hans"}], "unknown_value"),
        (("absent",), ["brain", "heart", "aorta", "colon", "prostate"], "absent_is_shown"),
        (("absent",), ["brain", "brain"], "absent_is_shown"),
        (("provenance", "slice_rule"), "guessed", "unknown_value"),
        (("provenance", "slice_rule"), "structure+named", "unknown_value"),
        (("provenance", "slice_rule"), "", "unknown_value"),
        (("provenance", "curator"), "Dr. Weber", "unknown_value"),
        (("provenance", "curator"), "rules+Weber", "unknown_value"),
        (("provenance", "curator"), "", "unknown_value"),
        (("provenance", "segmenter"), "Hans", "unknown_value"),
        (("provenance", "segmenter"), "", "unknown_value"),
        (("provenance", "blanked"), -1, "unknown_value"),
        (("provenance", "version"), "Hans", "unknown_value"),
        (("provenance", "version"), "0.1.0 Hans", "unknown_value"),
        (("age",), 63, "age_is_no_decade"),
        (("spacing",), [0, 1], "spacing_out_of_range"),
        (("vqa", 0, "type"), "riddle", "unknown_value"),
        (("report", "en", "clinical_info"), "see <loc0001>", "markup_in_text"),
        (("report", "de", "spans"), [None], "value_missing"),
    ],
)
def test_a_broken_law_is_named(path, value, kind):
    assert kind in list(check_row(broken(path, value), MASK))


def test_an_object_without_visible_size_breaks_a_law():
    row = broken(("sex",), "F")
    del row["objects"][0]["pixels"]
    assert list(check_row(row, MASK))


def test_objects_need_a_mask():
    assert "objects_without_mask" in list(check_row(broken(("sex",), "F"), None))


def test_spans_stand_in_order_and_apart():
    span = {**SOUND["report"]["de"]["spans"][0], "start": 4, "end": 9}
    assert list(check_spans("Die Leber ist glatt.", [span, span])) == ["span_out_of_place"]


FILES = {"a": {"sha256": "0", "bytes": 1}}


@pytest.mark.parametrize(
    "manifest",
    [
        {"files": FILES},
        {"format": "2", "files": FILES},
        {"format": 4, "files": {"a": {"sha256": 0, "bytes": 1}}},
        {"format": 4, "files": FILES, "rows": {"slices": 3}},
        {"format": 4, "files": FILES, "removed": [1]},
    ],
)
def test_a_malformed_manifest_is_refused(manifest):
    with pytest.raises((ValueError, KeyError)):
        require_manifest(manifest)
    require_manifest({"format": 4, "files": FILES, "rows": {"slices": {}}})


def test_a_segmenter_denies_only_what_it_looks_for():
    row = {**broken(("absent",), ["vertebrae"]), "modality": "CT"}
    assert "absent_is_shown" not in list(check_row(row, MASK))
    row["provenance"]["segmenter"] = "totalsegmentator"
    assert "absent_is_shown" in list(check_row(row, MASK))
