"""`radgrounder ablations`: what reaches the runs, and what is refused before the first of them."""

import pytest

from radgrounder.cli import main
from radgrounder.training import ablations


@pytest.fixture
def words(tmp_path):
    (tmp_path / "recipe.yaml").touch()
    given = {"--dataset": tmp_path, "--vqa-rad": tmp_path, "--base": tmp_path, "--recipe": tmp_path / "recipe.yaml"}
    return ["ablations", str(tmp_path / "out"), *(str(word) for pair in given.items() for word in pair)]


def test_the_options_reach_the_runs(words, monkeypatch, capsys):
    seen = []
    monkeypatch.setattr(ablations, "run", lambda options: seen.append(options) or "| arm |")
    assert main([*words, "--arms", "all + boxes", "--seeds", "4", "5"]) == 0
    assert seen[0].arms == ("all + boxes",) and seen[0].seeds == (4, 5) and seen[0].steps == 100
    assert capsys.readouterr().out == "| arm |\n"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--steps", "0"], "--steps 0 is not positive"),
        (["--recipe", "none.yaml"], "There is no none.yaml. Give a recipe"),
        (["--base", "none"], "none is no folder. Give the output of `radgrounder prepare`."),
    ],
)
def test_what_does_not_fit_is_refused(more, message, words, tmp_path, capsys):
    assert main([*words, *more]) == 2
    assert message in capsys.readouterr().err and not (tmp_path / "out").exists()
