"""`radgrounder calibrate`: what it prints, and what is refused."""

from inspect import signature
from pathlib import Path

import pytest

from radgrounder.cli import main
from radgrounder.commands.calibrate import Calibrate
from radgrounder.evaluation import calibrate as calibrating


def test_the_figures_of_each_kind_are_printed(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(calibrating, "run", lambda *given, **options: {"box": {"slope": 0.5, "ece_after": None}})
    assert main(["calibrate", str(tmp_path), "--data", "d"]) == 0
    assert capsys.readouterr().out == "box: slope 0.5\n"


def test_defaults_are_those_of_the_function():
    given, known = Calibrate(model=Path("m"), data="d"), signature(calibrating.run).parameters
    assert all(known[name].default == getattr(given, name) for name in ("limit", "risk", "batch_size"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--limit", "0"], "--limit 0 is not positive. Give 1 or more."),
        (["--risk", "10"], "--risk 10.0 is no share. Give a number from 0 to 1."),
    ],
)
def test_what_does_not_fit_is_refused(words, message, tmp_path, capsys):
    assert main(["calibrate", str(tmp_path), "--data", "d", *words]) == 2
    assert capsys.readouterr().err == f"radgrounder: error: {message}\n"


def test_a_model_that_is_not_there_is_refused(tmp_path, capsys):
    assert main(["calibrate", str(tmp_path / "m"), "--data", "d"]) == 2
    assert "is no folder. Give the output of `radgrounder release`." in capsys.readouterr().err
