"""The features follow from the row types; a golden list of what published files look like."""

import subprocess
import sys

import pytest
from datasets import Image, List, Value

from refrad2d import rows
from refrad2d.schema import (
    CONFIG_COLUMNS,
    CONFIGS,
    ROW,
    VQA,
    arrow_schema,
    card_fields,
    columns,
    describe,
    feature,
    features,
)

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
        (VQA, rows.Question),
        (describe(rows.Report), rows.Report),
        (describe(rows.Message), rows.Message),
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
    assert feature(describe(kind)) == expected


def test_a_config_shows_its_columns_in_their_order():
    for config in CONFIGS:
        assert tuple(columns(config)) == tuple(features(config)) == CONFIG_COLUMNS[config]


@pytest.mark.parametrize("config", ["slices", *CONFIGS])
def test_files_and_cards_say_what_datasets_would_say(config):
    ours, theirs = arrow_schema(config), features(config).arrow_schema
    assert ours.equals(theirs, check_metadata=True) and ours.metadata == theirs.metadata
    assert card_fields(config) == features(config)._to_yaml_list()


def test_lists_of_lists_and_of_pictures_stand_in_a_card_as_datasets_writes_them(monkeypatch):
    class Odd(rows.Message):
        grid: list[rows.Box]
        pictures: list[rows.Picture]

    monkeypatch.setitem(CONFIG_COLUMNS, "sft", ("grid", "pictures", "role"))
    monkeypatch.setattr("refrad2d.schema.SFT", describe(Odd))
    assert card_fields("sft") == features("sft")._to_yaml_list()
    assert arrow_schema("sft").equals(features("sft").arrow_schema, check_metadata=True)


def test_a_build_does_without_datasets():
    code = "import sys, refrad2d.operations.build; sys.exit('datasets' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_an_unknown_config_is_refused_with_the_choices():
    with pytest.raises(ValueError, match="Unknown config 'boxes'. Choose from report, vqa"):
        features("boxes")
