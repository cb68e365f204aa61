"""Command lines from dataclasses."""

import datetime
import errno
import json
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Literal

import pytest

from refrad2d.system import arguments
from refrad2d.system.arguments import argument, build_parser, command, find_commands, option, read_arguments, run


@dataclass(frozen=True, kw_only=True)
class Shared:
    """Every kind of option, as a base of the options of `Walk`."""

    reports: Path = option("the table", metavar="FILE")
    patients: int = option("how many", default=20, metavar="N")
    threshold: float = option("50 % of something", default=0.5)
    head: Literal["thin", "drop"] = option("what becomes of heads", default="thin")
    regions: list[str] = option("which", default_factory=lambda: ["abdomen", "chest"])
    ends: tuple[int, ...] = option("where to stop", default=())
    columns: Mapping[str, str] = option(
        "names", default_factory=dict, flag="--column", metavar="NAME=COLUMN", sample="report=Befund"
    )
    offline: bool = option("no network", default=False)
    shuffle: bool = option("mix", default=True)
    site: str | None = option("a name", default=None)
    cache: str | None = option("keep answers", default=None, bare="here")
    seeds: tuple[int, ...] = option("a seed", default=(), repeated=True, flag="--seed")
    workers: int = option("processes", default=7, shown_default="a core each")
    engine: str | None = option("the machine", default=None, choices=("steam", "diesel"))
    client: object = None


@dataclass(frozen=True, kw_only=True)
class Walk(Shared):
    """Positional arguments beside those of the base."""

    source: Path = argument("from where", metavar="SOURCE")
    count: int = argument("how far", metavar="N", default=3)


SEEN = []


@command("walk", example="a --reports r.csv")
def walk(options: Walk) -> int:
    """Walk 100 % of the way.

    In: a source. Out: nothing.
    """
    SEEN.append(options)
    return 0


@command("look at", example="a --reports r.csv")
def look(options: Walk) -> None:
    """Look at it."""
    SEEN.append(options)


PARSER = build_parser("prog", "Test.", [walk, look], groups={"look": "look around"}, version="1.2")


def options_of(*argv):
    return read_arguments(PARSER, ["walk", *argv])[1]


def test_what_is_not_given_is_left_to_the_dataclass():
    assert options_of("a", "--reports", "r.csv") == Walk(source=Path("a"), reports=Path("r.csv"))


@pytest.mark.parametrize(
    ("argv", "name", "value"),
    [
        (["9"], "count", 9),
        (["--patients", "4"], "patients", 4),
        (["--threshold", "0.25"], "threshold", 0.25),
        (["--head", "drop"], "head", "drop"),
        (["--regions", "x", "y"], "regions", ["x", "y"]),
        (["--ends", "1", "2"], "ends", (1, 2)),
        (["--column", "a=b", "--column", "c=d=e"], "columns", {"a": "b", "c": "d=e"}),
        (["--offline"], "offline", True),
        (["--no-shuffle"], "shuffle", False),
        (["--site", "C"], "site", "C"),
        (["--cache"], "cache", "here"),
        (["--cache", "there"], "cache", "there"),
        (["--seed", "1", "--seed", "2"], "seeds", (1, 2)),
        (["--engine", "steam"], "engine", "steam"),
    ],
)
def test_each_kind_of_field_is_read(argv, name, value):
    assert getattr(options_of("a", *argv, "--reports", "r"), name) == value


@pytest.mark.parametrize(
    "argv",
    [
        ["a"],  # --reports is missing
        ["--reports", "r"],
        ["a", "--reports", "r", "--patients", "many"],
        ["a", "--reports", "r", "--threshold", "half"],
        ["a", "--reports", "r", "--threshold", "nan"],
        ["a", "--reports", "r", "--threshold=-inf"],
        ["a", "--reports", "r", "--head", "keep"],
        ["a", "--reports", "r", "--engine", "horse"],
        ["a", "--reports", "r", "--client", "x"],  # a field without option() is no option
    ],
)
def test_wrong_arguments_end_with_code_2(argv, capsys):
    with pytest.raises(SystemExit) as ended:
        options_of(*argv)
    assert ended.value.code == 2 and "usage: prog" in capsys.readouterr().err


def test_a_pair_that_is_none_is_named_with_an_example():
    with pytest.raises(ValueError) as raised:
        options_of("a", "--reports", "r", "--column", "=b")
    assert str(raised.value) == "--column '=b' is not NAME=COLUMN. Write for example --column report=Befund."


def help_of(*argv, capsys):
    with pytest.raises(SystemExit):
        PARSER.parse_args([*argv, "--help"])
    return " ".join(capsys.readouterr().out.split())


def test_help_says_what_goes_in_the_defaults_and_an_example(capsys):
    said = help_of("walk", capsys=capsys)
    for words in (
        "Walk 100 % of the way. In: a source. Out: nothing.",
        "the table (required)",
        "how many (default: 20)",
        "50 % of something (default: 0.5)",
        "(default: abdomen chest)",
        "processes (default: a core each)",
        "mix (default: on)",
        "no network --",
        "how far (default: 3)",
        "example: prog walk a --reports r.csv",
    ):
        assert words in said


def test_commands_and_groups_stand_in_the_help_of_the_program(capsys):
    said = help_of(capsys=capsys)
    assert "walk 100 % of the way" in said and "look around" in said
    assert "at look at it" in help_of("look", capsys=capsys)


def test_commands_are_found_in_the_module_that_defines_them():
    module = ModuleType(walk.work.__module__)
    module.walk, module.other = walk, 3
    foreign = ModuleType("elsewhere")
    foreign.walk = walk
    assert find_commands(module, foreign) == [walk]


def test_a_command_without_a_dataclass_is_refused():
    with pytest.raises(TypeError, match="must have one parameter"):
        command("x", example="")(lambda: 0)


def run_failing(error):
    @dataclass(frozen=True)
    class Nothing:
        """No options."""

    def fail(options: Nothing) -> int:
        raise error

    fail.__annotations__["options"] = Nothing
    return run("prog", "Test.", [command("fail", example="")(fail)], ["fail"])


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (ValueError("two\nlines"), 2, "prog: error: two lines\n"),
        (FileNotFoundError("gone"), 2, "prog: error: gone\n"),
        (OSError(errno.ENOSPC, "full"), 1, "prog: error: The disk is full. Free some space and run the same command again.\n"),
        (KeyboardInterrupt(), 130, "prog: interrupted. Run the same command again to go on.\n"),
    ],
)  # fmt: skip
def test_an_error_that_a_user_can_mend_is_one_line(error, code, words, capsys):
    assert run_failing(error) == code and capsys.readouterr().err == words


def test_other_errors_are_not_hidden():
    with pytest.raises(RuntimeError):
        run_failing(RuntimeError("a fault of ours"))


def test_a_process_ends_with_one_line_that_names_type_and_place():
    script = (
        "import sys; from refrad2d.system import arguments as a; from dataclasses import dataclass\n"
        "@dataclass(frozen=True)\nclass O: pass\n"
        "def f(o: O) -> int:\n    {'Weber': 1}['Weber^Anna']\n"
        "sys.exit(a.run('tool', 'T.', [a.command('fail', example='')(f)], ['fail']))"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert ended.returncode == 1 and "KeyError at refrad2d.system.arguments" in ended.stderr
    assert "Weber" not in ended.stderr and ended.stderr.count("\n") == 1


def test_a_command_in_a_group_runs_and_none_is_exit_code_0():
    assert run("prog", "Test.", [walk, look], ["look", "at", "a", "--reports", "r"], groups={"look": "x"}) == 0
    assert SEEN[-1].source == Path("a")


def test_a_type_that_no_command_line_can_give_is_refused():
    with pytest.raises(TypeError, match="cannot give"):
        arguments._kind_of(bytes)


@pytest.fixture(autouse=True)
def hooks(monkeypatch):
    """What a run sets for its process is undone."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)


@dataclass(frozen=True, kw_only=True)
class Nothing:
    """No option."""

    place: Path = argument("a folder", metavar="DIR")


def end(commands) -> int:
    """What a process does with a command: its exit code, or what the interpreter says of an exception that leaves it."""
    try:
        return run("tool", "Tools.", commands, ["fail", "/export"])
    except Exception as error:
        sys.excepthook(type(error), error, error.__traceback__)
        return 1


def _command_that(raises):
    def deed(options: Nothing) -> int:
        """Fail."""
        raise raises

    return command("fail", example="somewhere")(deed)


@pytest.mark.parametrize(
    "error",
    [
        KeyError("Weber^Anna"),
        RuntimeError("Symlink loop from '/export/Weber^Anna'"),
        PermissionError(13, "Permission denied", "/export/Weber^Anna/1.dcm"),
        OSError(40, "Too many levels of symbolic links", b"/export/Weber^Anna"),
        AttributeError("'Weber^Anna'"),
    ],
)
def test_no_error_quotes_a_file_or_a_path_below_a_root(error, capsys):
    assert end([_command_that(error)]) in (1, 2)
    said = capsys.readouterr().err
    assert "Weber" not in said and said.count("\n") == 1 and "Traceback" not in said


def test_a_path_that_was_typed_is_named(capsys):
    missing = FileNotFoundError(2, "No such file or directory", "/export")
    assert end([_command_that(missing)]) == 2
    assert "'/export'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "deed",
    [
        lambda: int("Weber^Anna"),
        lambda: float("Weber^Anna"),
        lambda: Path("Weber^Anna.json").read_text(),
        lambda: json.loads("Weber^Anna"),
        lambda: {"Weber": 1}["Weber^Anna"],
        lambda: datetime.date.fromisoformat("Weber^Anna"),
    ],
)
def test_words_that_we_did_not_write_are_not_printed(deed, capsys):
    def fail(options: Nothing) -> int:
        """Fail."""
        return deed()

    assert end([command("fail", example="somewhere")(fail)]) in (1, 2)
    assert "Weber" not in capsys.readouterr().err
