"""The one reader of rows: what is a row, what is dropped and why, for all three commands of texts."""

import codecs
import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refrad2d.privacy import deidentify
from refrad2d.stages import curate, mentions
from refrad2d.text.rows import count_dropped, read_rows

COMMANDS = {"deidentify": deidentify.run, "curate": curate.run, "mentions": mentions.run}
every_command = pytest.mark.parametrize("run", COMMANDS.values(), ids=COMMANDS)


def row(text="Leber glatt.", **more):
    return {"id": "a", "text": text, "language": "de", "modality": "CT", **more}


def line_of(value):
    return json.dumps(value).encode()


def read(tmp_path, *lines):
    """The rows of a file of these lines (bytes), and the counts."""
    (tmp_path / "in.jsonl").write_bytes(b"\n".join(lines))
    counts = Counter()
    return list(read_rows(tmp_path / "in.jsonl", counts)), counts


def test_rows_come_in_order_with_all_their_fields(tmp_path):
    rows, counts = read(tmp_path, line_of(row(id="b", more=[1])), line_of(row(id="a")))
    assert rows == [row(id="b", more=[1]), row(id="a")] and not counts


MALFORMED = {
    "no JSON": b"{not json",
    "half a line": b'{"id": "a", "te',
    "a list": b"[]",
    "a string": b'"text"',
    "null": b"null",
    "a number": b"1",
    "bad UTF-8": b'{"id": "a", "text": "M\xfcller", "language": "de", "modality": "CT"}',
    "another encoding": json.dumps(row()).encode("utf-16-le"),
    "NaN as text": b'{"id": "a", "text": NaN, "language": "de", "modality": "CT"}',
    "NaN in another field": b'{"id": "a", "text": "Leber.", "language": "de", "modality": "CT", "age": NaN}',
    "half a surrogate pair": b'{"id": "a", "text": "Leber \\ud800", "language": "de", "modality": "CT"}',
    "deep nesting": b'{"id": "a", "text": "Leber.", "language": "de", "modality": "CT", "x": '
    + b"[" * 100_000
    + b"]" * 100_000
    + b"}",
    "a number of 5000 digits": b'{"id": ' + b"9" * 5000 + b', "text": "Leber.", "language": "de", "modality": "CT"}',
    "no id": line_of({"text": "Leber.", "language": "de", "modality": "CT"}),
    "id null": line_of(row(id=None)),
    "id a list": line_of(row(id=["a"])),
    "id a fraction": line_of(row(id=1.5)),
    "id true": line_of(row(id=True)),
    "no text": line_of({"id": "a", "language": "de", "modality": "CT"}),
    "text null": line_of(row(None)),
    "text a number": line_of(row(5)),
    "text a list": line_of(row(["Leber."])),
    "text an object": line_of(row({"de": "Leber."})),
    "no language": line_of({"id": "a", "text": "Leber.", "modality": "CT"}),
    "language null": line_of(row(language=None)),
    "language a list": line_of(row(language=["de"])),
}


@every_command
@pytest.mark.parametrize("line", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_row_is_dropped_and_the_run_goes_on(run, line, tmp_path):
    source, goal = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_bytes(b"\n".join([line_of(row(id="first")), line, line_of(row(id="last"))]))
    counts = run(source, goal)
    assert (counts["kept"], counts["dropped_malformed"], count_dropped(counts)) == (2, 1, 1)
    assert [json.loads(out)["id"] for out in goal.read_text(encoding="utf-8").splitlines()] == ["first", "last"]
    assert not list(tmp_path.glob("*.tmp"))


@every_command
def test_an_unknown_language_is_counted_as_such(run, tmp_path):
    (tmp_path / "in.jsonl").write_bytes(line_of(row("Foie.", language="fr")))
    assert run(tmp_path / "in.jsonl", tmp_path / "out.jsonl") == {"dropped_unknown_language": 1}
    assert (tmp_path / "out.jsonl").read_bytes() == b""


@every_command
def test_ids_may_be_numbers_and_need_not_be_unique(run, tmp_path):
    rows = [row(id=7), row("The liver is normal.", id=7, language="en"), row(id="7"), row(id="")]
    (tmp_path / "in.jsonl").write_bytes(b"\n".join(map(line_of, rows)))
    assert run(tmp_path / "in.jsonl", tmp_path / "out.jsonl")["kept"] == 4
    out = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["id"] for line in out] == [7, 7, "7", ""]


@every_command
def test_a_byte_order_mark_and_blank_lines_are_no_rows(run, tmp_path):
    lines = [codecs.BOM_UTF8 + line_of(row()), b"", b" \t\r", line_of(row()) + b"\r", b""]
    (tmp_path / "in.jsonl").write_bytes(b"\n".join(lines))
    counts = run(tmp_path / "in.jsonl", tmp_path / "out.jsonl")
    assert (counts["kept"], count_dropped(counts)) == (2, 0)


@every_command
def test_an_empty_file_makes_an_empty_file(run, tmp_path):
    (tmp_path / "in.jsonl").write_bytes(b"")
    assert run(tmp_path / "in.jsonl", tmp_path / "out.jsonl") == {}
    assert (tmp_path / "out.jsonl").read_bytes() == b""


@every_command
def test_an_output_that_stands_is_replaced_as_a_whole(run, tmp_path):
    (tmp_path / "in.jsonl").write_bytes(line_of(row()))
    (tmp_path / "out.jsonl").write_text("old\n" * 9, encoding="utf-8")
    (tmp_path / "out.jsonl.tmp").write_text("of a run that was killed", encoding="utf-8")
    run(tmp_path / "in.jsonl", tmp_path / "out.jsonl")
    assert len((tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()) == 1
    assert not list(tmp_path.glob("*.tmp"))


@every_command
@given(depth=st.integers(1, 3000))
def test_nesting_of_any_depth_is_kept_or_dropped(run, depth, tmp_path_factory):
    folder = tmp_path_factory.mktemp("depth")
    deep = '{"id": "a", "text": "Leber.", "language": "de", "modality": "CT", "x": ' + "[" * depth + "]" * depth + "}"
    (folder / "in.jsonl").write_text(deep, encoding="utf-8")
    counts = run(folder / "in.jsonl", folder / "out.jsonl")
    assert counts["kept"] + counts["dropped_malformed"] == 1


def test_a_command_says_what_else_it_needs(tmp_path):
    (tmp_path / "in.jsonl").write_bytes(line_of(row()) + b"\n" + line_of(row("")))
    counts = Counter()
    rows = list(read_rows(tmp_path / "in.jsonl", counts, lambda row: None if row["text"] else "empty"))
    assert rows == [row()] and counts == {"dropped_empty": 1}
