"""The stage of questions: rows of a file gain theirs."""

import json

from refrad2d.stages.questions import read_balance, run
from tests.fixtures.question_rows import make_row


def test_run_adds_questions_to_rows(tmp_path):
    (tmp_path / "rows.jsonl").write_text(json.dumps(make_row()) + "\n", encoding="utf-8")
    counts = run(tmp_path / "rows.jsonl", tmp_path / "out.jsonl")
    (row,) = map(json.loads, (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines())
    assert counts["rows"] == 1 and len(row["vqa"]) == sum(n for name, n in counts.items() if name != "rows")


def test_a_row_without_a_segmenter_is_asked_nothing_about_its_mask(tmp_path):
    rows = [make_row("a", None), make_row("b", None, plane="coronal")]  # a plane that all share is not asked for
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    run(tmp_path / "rows.jsonl", tmp_path / "out.jsonl")
    out, _ = map(json.loads, (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines())
    assert not [q for q in out["vqa"] if q["source"] == "mask"]


def test_the_table_of_the_questions_is_left_and_taken(tmp_path):
    lines = "".join(json.dumps(make_row(f"r{n}")) + "\n" for n in range(3))
    (tmp_path / "rows.jsonl").write_text(lines, encoding="utf-8")
    run(tmp_path / "rows.jsonl", tmp_path / "out.jsonl")
    table = read_balance(tmp_path)
    run(tmp_path / "rows.jsonl", tmp_path / "again.jsonl", balance=table)
    assert read_balance(tmp_path) == table
    assert (tmp_path / "again.jsonl").read_bytes() == (tmp_path / "out.jsonl").read_bytes()
