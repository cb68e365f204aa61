"""What the rows hold, counted."""

import pytest

from refrad2d.dataset.stats import add_counts, attrition_table, count_attrition, count_rows, read_columns
from refrad2d.system.files import write_json
from tests.fixtures.tiny_dataset import make_row


def test_rows_are_counted_by_what_they_hold():
    counts = count_rows([make_row(n, "p", (1, 2, 3, 4), modality=m) for n, m in enumerate(["CT", "CT", "MR"])])
    assert counts["slices"]["modality_plane"] == {"CT axial": 2, "MR axial": 1}
    assert counts["spans"] == {"de": 3, "en": 3} and counts["labels"] == {"liver": 6}
    assert counts["vqa"] == {"en yesno text": 3, "en open text": 3}


def test_a_language_without_text_is_not_counted():
    row = make_row(1, "p", (1, 2, 3, 4))
    row["report"]["en"] = None
    assert count_rows([row])["texts"] == {"de": 1}


def test_counts_of_two_batches_add_up_at_every_depth():
    assert add_counts({"a": 1, "b": {"c": 2}}, {"b": {"c": 3, "d": 1}, "e": {"f": 1}}) == {
        "a": 1,
        "b": {"c": 5, "d": 1},
        "e": {"f": 1},
    }


def test_attrition_is_read_from_the_counts_of_the_stages(tmp_path):
    write_json(tmp_path / "ingest" / "counts.json", {"kept": 3, "dropped_x": 1, "reports_kept": 2, "burnt_in_y": 4})
    write_json(tmp_path / "segment" / "counts.json", {"kept": 1})
    write_json(tmp_path / "match" / "counts.json", {"heads_series": 1, "sentences_named": 5, "rows": 2})
    write_json(tmp_path / "curate" / "counts.json", {})
    counts = count_attrition(tmp_path)
    assert counts["files"] == {"export": {"kept": 3, "dropped_x": 1}, "masks": {"kept": 1}}
    assert counts["reports"] == {"kept": 2} and counts["burnt_in"] == {"y": 4}
    assert counts["heads"] == {"series": 1} and counts["sentences"] == {"named": 5}
    table = attrition_table({**counts, "rows": {"slices": {"train": 2}}})
    assert table.splitlines()[0].split() == ["export", "files", "kept", "3"] and "(train 2)" in table


def test_a_broken_file_is_refused_with_the_remedy(tmp_path):
    (tmp_path / "slices-train-00000-of-00001.parquet").write_bytes(b"no Parquet")
    with pytest.raises(ValueError, match="cannot be read. Run `refrad2d verify`"):
        list(read_columns(tmp_path / "slices-train-00000-of-00001.parquet", ["id"]))
