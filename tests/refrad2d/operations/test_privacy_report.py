"""The privacy report counts, samples and never shows what was removed."""

import json

import pytest

from refrad2d.operations.privacy_report import collect, group_persons, render, run


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """A report of two rows, made by hand."""
    return {
        "fingerprint": "f" * 64,
        "inputs": {"export": {"kept": 3, "timeout": 1}},
        "export": {"dropped_timeout": 1, "blanked_frames": 2},
        "reports": {"kept": 2},
        "texts": {"all": 9, "with_placeholders": 3, "second_pass": 0},
        "removed": {"NAME": 4},
        "fields": ["id"],
        "persons": 2,
        "groups": [
            {"sex": "F", "age": 60, "site": None, "persons": 1},
            {"sex": "M", "age": 50, "site": None, "persons": 1},
        ],
        "k": 1,
        "persons_in_small_groups": 2,
        "k_with_examination": 1,
        "leaks": [{"one": "train", "other": "test", "pictures": [5, 6], "pairs": 1, "seen": 1}],
        "near_duplicates": [{"a": "x", "b": "y", "bits": 3}],
    }


@pytest.mark.parametrize(
    "fact",
    [
        "timeout",
        "blanked_frames",
        "3 of 9 texts",
        "<td>train, test</td>",
        "k-anonymity",
        "has 1",
        "<td>x</td><td>y</td>",
        "NAME",
        "f" * 64,
    ],
)
def test_the_page_states(report, fact):
    assert fact in render(report, [])


def test_the_page_loads_nothing_from_outside(report):
    page = render(report, [])
    assert "http" not in page and "<script" not in page


def test_an_unfinished_build_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no manifest.json"):
        run(tmp_path)


def test_a_dataset_gets_both_files(tiny_build):
    run(tiny_build)
    page, numbers = (
        (tiny_build / "privacy-report.html").read_text(),
        json.loads((tiny_build / "privacy-report.json").read_text()),
    )
    assert numbers["removed"]["NAME"] == 1 and page.count("<figure>") == 2 and "[NAME] war hier." in page
    assert numbers["texts"] == {"all": 3, "with_placeholders": 1, "second_pass": 0}
    assert (numbers["k"], numbers["persons_in_small_groups"]) == (2, 2)


def test_a_text_that_still_names_somebody_is_counted_not_shown(tiny_build):
    numbers = collect(tiny_build)
    assert numbers["texts"]["second_pass"] == 0
    (tiny_build / "refrad2d" / "data" / "slices-train-00000-of-00001.parquet").unlink()
    write_rows(tiny_build, "Mit Herrn Dr. Quitzow besprochen.")
    numbers = collect(tiny_build)
    assert numbers["texts"]["second_pass"] == 1 and "Quitzow" not in json.dumps(numbers)


def test_a_person_counts_once_with_the_values_of_most_rows():
    rows = [{"sex": "F", "age": a} for a in (60, 60, 70)]
    assert group_persons([rows, rows[:1], rows[2:]], ("sex", "age")) == [
        ((("sex", "F"), ("age", 70)), 1),
        ((("sex", "F"), ("age", 60)), 2),
    ]


@pytest.fixture
def tiny_build(tmp_path):
    """Two published rows, one with a placeholder in its text."""
    write_rows(tmp_path, "[NAME] war hier.")
    (tmp_path / "manifest.json").write_text(json.dumps({"fingerprint": "f" * 64}))
    (tmp_path / "stats.json").write_text("{}")
    (tmp_path / "accounting.jsonl").write_text('{"root": "export", "n": 0, "status": "kept", "reason": null}\n')
    return tmp_path


def write_rows(root, info):
    """Two slices of two patients, the second with this clinical information."""
    import numpy as np

    from refrad2d.dataset.writers import ParquetShards
    from refrad2d.samples import png
    from refrad2d.schema import arrow_schema
    from tests.refrad2d.operations.test_verify import make_row

    mask = np.zeros((48, 64), np.uint8)
    mask[10:30, 5:40] = 5
    writer = ParquetShards(root / "refrad2d" / "data", "slices-train", arrow_schema("slices"))
    for number in range(2):
        row = make_row(f"s{number}", f"p{number}", mask)
        if number:
            row["report"]["de"]["clinical_info"] = info
        writer.write({**row, "image": {"bytes": png(mask), "path": None}, "mask": None})
    writer.close()
