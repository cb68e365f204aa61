"""`radgrounder prepare`, `release` and `convert`: what reaches the functions, and what is refused."""

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
    calls = []
    monkeypatch.setattr(releasing, "release", lambda adapter, out, mask_codec: calls.append(mask_codec))
    assert main(["release", "adapter", "out"]) == main(["release", "run", "out", "--mask-codec", "codec"]) == 0
    assert capsys.readouterr().out == "out\nout\n" and calls == [None, Path("codec")]


def test_a_codec_goes_with_a_run_not_with_a_copy(tmp_path, capsys):
    given = ["release", str(tmp_path), str(tmp_path / "out"), "--mask-codec", str(tmp_path / "codec")]
    assert main(given) == 2 and "There is no codec" in capsys.readouterr().err
    assert main([*given, "--mask-head", str(tmp_path)]) == 2
    assert "--mask-head copies a released model" in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_a_conversion_says_what_it_found(monkeypatch, tmp_path, capsys):
    from radgrounder.masks import convert as converting
    from radgrounder.masks.release_head import ReleaseShape

    monkeypatch.setattr(converting, "convert", lambda checkpoint, out: ReleaseShape(2304, 1152, 16))
    assert main(["convert", "checkpoint", "out"]) == 0
    assert capsys.readouterr().out == "out: a mask head of width 2304, 2 blocks, 16 x 16 patches\n"
    monkeypatch.undo()
    assert main(["convert", str(tmp_path), str(tmp_path / "out")]) == 2
    assert "holds no config.json with safetensors" in capsys.readouterr().err


def test_a_folder_that_is_no_training_run_is_refused(tmp_path, capsys):
    assert main(["release", str(tmp_path), str(tmp_path / "out")]) == 2
    assert "holds neither adapter_config.json nor config.json" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
