"""`radgrounder prepare` and `release`: what reaches the functions, and what is refused."""

from inspect import signature
from pathlib import Path

from radgrounder.cli import main
from radgrounder.commands.prepare import Prepare
from radgrounder.models import prepare as preparing
from radgrounder.models import release as releasing


def test_options_reach_the_function_and_the_folder_is_printed(monkeypatch, capsys):
    calls = []
    monkeypatch.setattr(preparing, "prepare", lambda *given, **options: calls.append((given, options)))
    assert main(["prepare", "base", "out", "--attention", "image", "--markup-tokens"]) == 0
    assert calls == [(("base", Path("out")), {"attention": "image", "with_markup_tokens": True})]
    assert capsys.readouterr().out == "out\n"


def test_defaults_are_those_of_the_function():
    known = signature(preparing.prepare).parameters
    given = Prepare(base="base", out=Path("out"))
    assert (known["attention"].default, known["with_markup_tokens"].default) == (given.attention, given.markup_tokens)


def test_a_release_is_printed(monkeypatch, capsys):
    monkeypatch.setattr(releasing, "release", lambda adapter, out: None)
    assert main(["release", "adapter", "out"]) == 0
    assert capsys.readouterr().out == "out\n"


def test_a_folder_that_is_no_training_run_is_refused(tmp_path, capsys):
    assert main(["release", str(tmp_path), str(tmp_path / "out")]) == 2
    assert "holds neither adapter_config.json nor config.json" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
