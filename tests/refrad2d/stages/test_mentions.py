"""The stage of mentions: spans of a file, by the rules or by a model."""

import json

from refrad2d.llm.client import LLM
from refrad2d.stages.mentions import run
from tests.fixtures.llm_stub import reply, stub_server


def test_run_writes_spans_and_counts_what_it_drops(tmp_path):
    rows = [
        {"id": "a", "text": "Kein Herd in der Leber.", "language": "de", "modality": "CT"},
        {"id": "b", "text": "foie", "language": "fr", "modality": "CT"},
        {"id": "c", "text": "Leber", "language": "de", "modality": "US"},
        {"id": "d", "text": None, "language": "de", "modality": "CT"},
    ]
    source, goal = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    lines = [*(json.dumps(row).encode() for row in rows), b"{not json", b"", b"[]", b'{"id": "\xff"}']
    source.write_bytes(b"\n".join(lines))
    counts = run(source, goal)
    assert counts == {
        "kept": 1,
        "mentions": 1,
        "dropped_unknown_language": 1,
        "dropped_unknown_modality": 1,
        "dropped_malformed": 4,
    }
    assert [json.loads(line) for line in goal.read_text(encoding="utf-8").splitlines()] == [
        {"id": "a", "spans": [{"start": 17, "end": 22, "label": "liver", "labels": ["liver"], "negated": True}]}
    ]
    assert not list(tmp_path.glob("*.tmp"))


def test_spans_of_a_model_stand_where_they_are_in_the_text(tmp_path):
    row = {"id": "a", "text": "Leberzyste und Flexus.", "language": "de", "modality": "CT"}
    (tmp_path / "in.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    named = {"mentions": [{"text": "Leberzyste", "labels": ["liver"], "negated": False}]}
    with stub_server(lambda _: reply(named)) as stub:
        llm = LLM(base_url=stub.url, model="stub", cache=tmp_path / "cache", progress=False)
        counts = run(tmp_path / "in.jsonl", tmp_path / "out.jsonl", llm=llm)
    (out,) = map(json.loads, (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines())
    assert [span["label"] for span in out["spans"]] == ["liver"]
    assert counts == {"kept": 1, "mentions": 1, "found_by_model": 1}
