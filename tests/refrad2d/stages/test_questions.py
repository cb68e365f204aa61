"""The stage of questions: rows of a file gain theirs."""

import json

from refrad2d.stages.questions import run
from tests.fixtures.question_rows import make_row


def test_run_adds_questions_to_rows(tmp_path):
    (tmp_path / "rows.jsonl").write_text(json.dumps(make_row()) + "\n", encoding="utf-8")
    counts = run(tmp_path / "rows.jsonl", tmp_path / "out.jsonl")
    (row,) = map(json.loads, (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines())
    assert counts["rows"] == 1 and len(row["vqa"]) == sum(n for name, n in counts.items() if name != "rows")


def test_a_row_without_a_segmenter_is_asked_nothing_about_its_mask(tmp_path):
    row = make_row(provenance={"segmenter": None})
    (tmp_path / "rows.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    run(tmp_path / "rows.jsonl", tmp_path / "out.jsonl")
    (out,) = map(json.loads, (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines())
    assert out["vqa"] and not [q for q in out["vqa"] if q["source"] == "mask"]
