"""`radgrounder card`: a README beside the weights, or a line that says what is missing."""

import json

import pytest

from radgrounder.cli import main

FIGURE = {"mean": 0.5, "low": 0.4, "high": 0.6, "n": 12}
RESULTS = {"benchmark": "refrad2d", "vqa": {"f1_open": FIGURE}, "model": {"name": "m", "fingerprint": "f"}, "data": "d"}


def test_the_card_lies_beside_the_weights(tmp_path):
    (tmp_path / "results.json").write_text(json.dumps(RESULTS))
    assert main(["card", str(tmp_path), str(tmp_path / "results.json")]) == 0
    assert "| vqa f1 open | 0.500 | 0.400 to 0.600 | 12 |" in (tmp_path / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("text", "message"), [(None, "There is no"), ("{", "is no JSON"), ("[]", "is no JSON object")])
def test_without_results_there_is_no_card(text, message, tmp_path, capsys):
    if text:
        (tmp_path / "results.json").write_text(text)
    assert main(["card", str(tmp_path), str(tmp_path / "results.json")]) == 2
    assert message in capsys.readouterr().err and not (tmp_path / "README.md").exists()


def test_without_any_file_of_results_the_arguments_are_wrong(tmp_path):
    with pytest.raises(SystemExit) as ended:
        main(["card", str(tmp_path)])
    assert ended.value.code == 2
