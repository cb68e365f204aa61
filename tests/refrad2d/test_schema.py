"""The features follow from the row types; a golden list of what published files look like."""

import pytest
from datasets import Image, Value

from refrad2d import rows
from refrad2d.schema import CONFIG_COLUMNS, CONFIGS, MESSAGE, REPORT, ROW, VQA, List, feature, features

COLUMNS = (
    *("id", "patient", "study", "series", "modality", "body_part", "plane", "spacing", "image", "mask", "objects"),
    *("absent", "sex", "age", "site", "report", "vqa", "findings", "provenance"),
)


def test_the_columns_of_a_row_stand_in_the_order_of_the_published_files():
    assert tuple(features("slices")) == COLUMNS == tuple(rows.Row.__annotations__)


@pytest.mark.parametrize(
    ("stored", "kind"),
    [
        (ROW, rows.Row),
        (REPORT, rows.Report),
        (VQA, rows.Question),
        (MESSAGE, rows.Message),
        (ROW["provenance"], rows.Provenance),
        (ROW["report"], rows.Reports),
    ],
)
def test_features_have_the_fields_of_their_type(stored, kind):
    assert list(stored) == list(kind.__annotations__)


def test_objects_are_stored_with_area_and_visible_size():
    box = List(Value("float64"), length=4)
    fields = {"label": Value("string"), "box": box, "area": Value("int32"), "pixels": Value("int32")}
    assert features("grounded")["objects"] == List(fields)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (str, Value("string")),
        (int | None, Value("int32")),
        (rows.Picture, Image()),
        (rows.Spacing, List(Value("float64"), length=2)),
        (list[str], List(Value("string"))),
        (rows.Part, {"type": Value("string"), "text": Value("string")}),
    ],
)
def test_each_kind_of_field_has_its_feature(kind, expected):
    assert feature(kind) == expected


def test_a_config_shows_its_columns_in_their_order():
    for config in CONFIGS:
        assert tuple(features(config)) == CONFIG_COLUMNS[config]


def test_an_unknown_config_is_refused_with_the_choices():
    with pytest.raises(ValueError, match="Unknown config 'boxes'. Choose from report, vqa"):
        features("boxes")
