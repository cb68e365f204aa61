"""The `refrad2d` command as a whole: every command has a help that says all, and a parser that costs nothing."""

import shlex
import subprocess
import sys

import pytest

from refrad2d import __version__
from refrad2d.cli import COMMANDS, DESCRIPTION, main
from refrad2d.commands.audit import GROUP
from refrad2d.system.arguments import build_parser, flag_of, list_arguments, read_arguments

CONTRACT = {
    "phantom": "--patients --seed --site --regions",
    "build": "--reports --out --masks --segmenter --findings --fast --device --mask-labels --key-file --workers --offline --llm --model --column "
    "--site --benchmarks --executor --address --burnt-in-text --head --modality --assume-orientation "
    "--encoding --language",
    "append": "--reports --masks --segmenter --findings --fast --device --mask-labels --key-file --workers --offline --llm --model --column "
    "--site --benchmarks --executor --address --burnt-in-text --head --modality --assume-orientation "
    "--encoding --language",
    "remove": "--patient --key-file",
    "deidentify": "",
    "curate": "--llm --model",
    "mentions": "--llm --model",
    "draw": "--rows --split --window --language",
    "verify": "",
    "inspect": "--benchmarks",
    "explain": "--root --key-file --reason --dataset",
    "audit privacy": "--benchmarks",
    "audit leaks": "--benchmarks",
    "audit translations": "--llm --model --sample",
}
each_command = pytest.mark.parametrize("made", COMMANDS, ids=[made.name for made in COMMANDS])


def help_of(made, capsys):
    with pytest.raises(SystemExit) as ended:
        main([*made.name.split(), "--help"])
    assert ended.value.code == 0
    return " ".join(capsys.readouterr().out.split())


def test_the_commands_and_flags_are_those_of_the_contract():
    flags = {
        made.name: {flag_of(name, about) for name, about, *_ in list_arguments(made.options) if not about.positional}
        for made in COMMANDS
    }
    assert flags == {name: set(words.split()) for name, words in CONTRACT.items()}


@each_command
def test_help_names_every_option_its_default_what_goes_in_and_out_and_an_example(made, capsys):
    said = help_of(made, capsys)
    for name, about, _, default in list_arguments(made.options):
        assert (about.metavar if about.positional else flag_of(name, about)) in said
        assert " ".join(about.help.split()) in said
        if isinstance(default, (int, str)) and not isinstance(default, bool) and about.shown_default is None:
            assert f"{about.help} (default: {default})" in said
        if about.shown_default is not None:
            assert f"(default: {about.shown_default})" in said
    assert "Out:" in said and f"example: refrad2d {made.name} {made.example}" in said


@each_command
def test_the_example_of_a_command_can_be_read(made):
    parser = build_parser("refrad2d", DESCRIPTION, COMMANDS, groups=GROUP)
    assert read_arguments(parser, [*made.name.split(), *shlex.split(made.example)])[0] is made


def test_the_parser_loads_nothing_heavy():
    code = (
        "import sys, refrad2d.cli as cli\n"
        "try: cli.main(['build', '--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'pydicom', 'datasets', 'pyarrow', 'scipy', 'PIL', 'nibabel', 'openai', 'tqdm'}\n"
        "sys.exit(' '.join(heavy & set(sys.modules)) or 0)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, "")


def test_the_module_runs_as_a_program_and_knows_its_version():
    run = subprocess.run([sys.executable, "-m", "refrad2d.cli", "--version"], capture_output=True, text=True)
    assert (run.returncode, run.stdout.strip()) == (0, __version__)


def test_no_command_or_an_unknown_one_is_a_wrong_argument(capsys):
    for argv in ([], ["publish-all"], ["audit"]):
        with pytest.raises(SystemExit) as ended:
            main(argv)
        assert ended.value.code == 2
