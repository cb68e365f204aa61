"""`radgrounder ablations`: what reaches the runs, and what is refused before the first of them."""

import pytest

from radgrounder.claims import run as runner
from radgrounder.cli import main
from radgrounder.commands.shared import GO_ON
from radgrounder.pretraining.clock import Paused


@pytest.fixture
def words(tmp_path):
    given = {"--vqa-rad": tmp_path, "--boxed": tmp_path, "--boxless": tmp_path}
    return ["ablations", str(tmp_path / "out"), *(str(word) for pair in given.items() for word in pair)]


def test_the_options_reach_the_runs(words, monkeypatch, capsys):
    seen = []
    monkeypatch.setattr(runner, "run", lambda options: seen.append(options) or "| arm |")
    assert main([*words, "--arms", "all + boxes", "--seeds", "4", "5"]) == 0
    assert seen[0].arms == ("all + boxes",) and seen[0].seeds == (4, 5) and seen[0].patients >= 80
    assert capsys.readouterr().out == "| arm |\n"


def test_a_piece_that_is_over_says_so_and_ends_with_75(words, monkeypatch, capsys):
    def pause(options):
        raise Paused

    monkeypatch.setattr(runner, "run", pause)
    assert main([*words, "--minutes", "5"]) == GO_ON
    assert "5 minutes are over; run the same command again" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--steps", "0"], "--steps 0 is not positive"),
        (["--boxless", "none"], "none is no folder. Make both twins with `make base-boxless`."),
        (["--vqa-rad", "none"], "none is no folder. Give the folder of VQA-RAD"),
        (["--test-slices", "3"], "--test-slices 3 does not divide"),
        (["--seeds", "1"], "One seed says nothing"),
        (["--seeds", "1", "1"], "One seed says nothing"),
        (["--manner", "shouting"], "Unknown manner 'shouting'. Choose from ward"),
        (["--site", "Z"], "Z"),
    ],
)
def test_what_does_not_fit_is_refused(more, message, words, tmp_path, capsys):
    assert main([*words, *more]) == 2
    assert message in capsys.readouterr().err and not (tmp_path / "out").exists()
