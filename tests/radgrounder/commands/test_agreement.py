"""`radgrounder agreement`: ratings in, one JSON object out."""

import json

from radgrounder.cli import main


def test_agreement_is_printed_as_json(tmp_path, capsys):
    rows = [f"{item},{rater},{score}" for item, score in enumerate((1, 3, 5)) for rater in ("ann", "ben", "llm")]
    (tmp_path / "r.csv").write_text("\n".join(["id,rater,score", *rows]))
    assert main(["agreement", str(tmp_path / "r.csv"), "--judge", "llm"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["raters"] == 2 and found["items"] == 3 and found["alpha"] == 1.0 and found["pairs"] == 3


def test_ratings_that_are_not_there_are_refused(tmp_path, capsys):
    assert main(["agreement", str(tmp_path / "none.csv")]) == 2
    assert capsys.readouterr().err.startswith("radgrounder: error: ")
