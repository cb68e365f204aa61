"""The `radgrounder` command: every command has an example that parses, help with all defaults, and starts fast."""

import re
import shlex
import subprocess
import sys
from dataclasses import MISSING

import pytest

from radgrounder.cli import COMMANDS, main
from refrad2d.system.arguments import build_parser, flag_of, list_arguments, read_arguments
from tests.fixtures.paths import ROOT

HEAVY = ("torch", "transformers", "trl", "datasets", "pyarrow", "scipy", "PIL", "gradio")
NAMES = {
    "prepare", "release", "convert", "predict", "eval", "calibrate", "compare", "pretrain", "heldout", "mix slake",
    "mix vqa-rad", "mix sets", "mix cap", "mix masks", "plan", "ablations", "card", "audit", "agreement", "masks", "contrast",
    "contrast-judge", "contrast-ab",
}  # fmt: skip
each_command = pytest.mark.parametrize("made", COMMANDS, ids=lambda made: made.name)


def help_of(*words, capsys):
    with pytest.raises(SystemExit) as ended:
        main([*words, "--help"])
    assert ended.value.code == 0
    return " ".join(capsys.readouterr().out.split())


def test_every_program_is_a_command():
    assert {made.name for made in COMMANDS} == NAMES


@each_command
def test_the_example_parses(made):
    parser = build_parser("radgrounder", "", COMMANDS, groups={"mix": ""})
    assert read_arguments(parser, [*made.name.split(), *shlex.split(made.example)])[0] is made


@each_command
def test_the_help_says_what_comes_out_and_names_every_option_with_its_default(made, capsys):
    text = help_of(*made.name.split(), capsys=capsys)
    assert "Out: " in text or "Out, " in text
    assert f"example: radgrounder {made.name} " in text
    for name, about, kind, default in list_arguments(made.options):
        assert about.help and (about.positional or flag_of(name, about) in text)
        shown = about.shown_default or (" ".join(map(str, default)) if isinstance(default, tuple) else default)
        if not kind.is_switch and shown not in (None, MISSING, "", {}):
            assert f"(default: {shown})" in text


def test_the_help_of_the_program_names_all_commands(capsys):
    text = help_of(capsys=capsys)
    assert all(f" {name.split()[0]} " in text for name in NAMES)


def test_the_commands_import_nothing_heavy():
    code = f"import sys, radgrounder.cli; print([name for name in {HEAVY} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_the_module_is_a_program_too():
    ended = subprocess.run([sys.executable, "-m", "radgrounder.cli", "--version"], capture_output=True, text=True)
    assert ended.returncode == 0 and ended.stdout.strip()


def test_wrong_arguments_are_one_line_and_code_2(tmp_path, capsys):
    assert main(["predict", str(tmp_path / "none.png"), "--model", str(tmp_path)]) == 2
    assert capsys.readouterr().err == (
        f"radgrounder: error: {tmp_path / 'none.png'} does not exist. Give a PNG, JPEG or DICOM file.\n"
    )


def test_a_command_that_is_none_is_refused(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["train"])
    assert ended.value.code == 2 and "'train'" in capsys.readouterr().err


def documents():
    """What tells people command lines: the Makefile, recipes, Markdown and the docstrings of the model side."""
    for pattern in ("Makefile", "*.md", "docs/*.md", "model_card/*.md", "sft/**/*.md", "sft/**/*.yaml", "sft/**/*.py"):
        yield from ROOT.glob(pattern)


def test_no_document_runs_a_module_of_the_package():
    module = re.compile(r"python -m radgrounder\.(?!cli)")
    assert [path for path in documents() if module.search(path.read_text(encoding="utf-8"))] == []


def test_every_command_that_a_document_names_is_there():
    line = re.compile(r"(?:`|^|^    |^#   |\$\(BIN\)/)radgrounder (?P<name>(?:mix )?[a-z][a-z-]+)", re.M)
    named = {found["name"] for path in documents() for found in line.finditer(path.read_text(encoding="utf-8"))}
    assert named - {"mix"} <= NAMES and len(named & NAMES) > 10
