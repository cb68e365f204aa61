"""The data files of a package."""

import pytest

from refrad2d.system.tables import list_names, read_csv, read_text, read_yaml


def test_a_table_has_a_dict_a_row():
    assert read_csv("refrad2d", "labels.csv")[0]["name"] == "spleen"


def test_rules_and_texts_are_read():
    assert set(read_yaml("refrad2d.questions", "templates.yaml")) >= {"de", "en"}
    assert "$fingerprint" in read_text("refrad2d.operations", "privacy-report.html")


def test_names_are_listed_by_ending_in_order():
    names = list_names("refrad2d.phantom", ".csv")
    assert "findings.csv" in names and list(names) == sorted(names) and not any(n.endswith(".yaml") for n in names)


def test_a_missing_file_is_an_error():
    with pytest.raises(FileNotFoundError):
        read_csv("refrad2d", "nothing.csv")
