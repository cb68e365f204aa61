"""`radgrounder contrast`, `contrast-judge`, `contrast-ab`: what they hand on, print and refuse."""

from pathlib import Path

import pytest

from radgrounder.cli import main
from radgrounder.contrast import ab, judge, learning

FIGURE = {"mean": 0.5, "low": 0.4, "high": 0.6, "n": 9}


def test_what_is_given_goes_before_the_recipe_and_the_rest_is_left_to_it(tmp_path, monkeypatch, capsys):
    given = {}

    def run(*words, **more):
        given.update(words=words, more=more)
        return {"slices": 3, "sentences": 7, "steps": 2, "dropped": {"odd ones": 1, "none": 0}}

    monkeypatch.setattr(learning, "run", run)
    assert main(["contrast", str(tmp_path), "--data", "d", "--out", "o", "--steps", "2", "--tower-share", "0"]) == 0
    assert given["words"] == (tmp_path, "d", Path("o"), Path("sft/recipes/nano/contrast.yaml"))
    assert given["more"] == {"max_steps": 2, "tower_share": 0.0}
    assert capsys.readouterr().out == "o: 3 slices with 7 sentences, 2 steps (left out: 1 odd ones)\n"


def test_figures_are_printed(tmp_path, monkeypatch, capsys):
    found = {
        "patients": 4, "slices": 9, "retrieval": {"en": {"candidates": 5, "slices": 9, "adapted": {"R@1": FIGURE, "R@5": FIGURE}}},
        "probe": {"findings": {"cyst": 3}, "adapted": {"mean": FIGURE, "by finding": {"cyst": 0.75}}},
    }  # fmt: skip
    monkeypatch.setattr(judge, "run", lambda *given, **more: found)
    assert main(["contrast-judge", str(tmp_path), "--base", str(tmp_path), "--data", "d", "--out", "o"]) == 0
    assert "| adapted | 0.500 [0.400, 0.600] | 0.750 |" in capsys.readouterr().out
    one = {"before": FIGURE, "adapted": FIGURE, "difference": FIGURE, "by seed": [0.1], "says": "better"}
    monkeypatch.setattr(ab, "run", lambda *given: {"figures": {"report F1": one}})
    recipe = tmp_path / "packed.yaml"
    recipe.write_text("")
    words = ["contrast-ab", str(tmp_path), str(tmp_path), "--data", "d", "--out", "o", "--recipe", str(recipe)]
    assert main(words) == 0
    assert "| report F1 |" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["contrast", "nowhere", "--data", "d", "--out", "o"], "nowhere is no folder. Give a PaliGemma folder"),
        (["contrast", ".", "--data", "d", "--out", "o", "--steps", "0"], "--steps 0 is not positive"),
        (["contrast", ".", "--data", "d", "--out", "o", "--recipe", "none.yaml"], "There is no recipe none.yaml"),
        (["contrast-judge", "nowhere", "--base", ".", "--data", "d", "--out", "o"], "nowhere is no folder"),
        (["contrast-ab", ".", "nowhere", "--data", "d", "--out", "o"], "nowhere is no folder"),
        (["contrast-ab", ".", ".", "--data", "d", "--out", "o", "--recipe", "none.yaml"], "There is no recipe none.yaml"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused_with_the_remedy(words, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    assert message in capsys.readouterr().err
