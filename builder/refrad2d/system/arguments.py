"""Command lines from dataclasses: the fields of one dataclass are the options of one command, and nothing else is.

    @dataclass(frozen=True, kw_only=True)
    class Draw:
        dataset: Path = argument("a build's DIR", metavar="DIR")
        rows: int = option("how many rows", default=6, metavar="N")

    @command("draw", example="dataset sheet.png --rows 12")
    def draw(options: Draw) -> int:
        '''Draw rows of a dataset as one picture.'''

    sys.exit(run("refrad2d", "From PACS export to dataset.", find_commands(look)))

The type of a field says how it is read: str, int, float, Path and Literal (one of its choices) take a value, `X | None`
the same, bool is a switch (`--no-NAME` if it is on by default), list[X] and tuple[X, ...] take one or more values,
Mapping[str, str] is NAME=VALUE, given any number of times. A field without a default must be given. Fields that were
made neither by `argument` nor by `option` are no part of the command line. `kw_only` lets fields with and without a
default stand in any order, also where one dataclass inherits from another.
"""

import argparse
import dataclasses
import dis
import inspect
import math
import os
import sys
import sysconfig
import threading
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field
from pathlib import Path
from types import ModuleType, NoneType, UnionType
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

from refrad2d.system.files import is_disk_full

_FOREIGN = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")})
_KEY = "command_line"  # in the metadata of a field


class Argument(NamedTuple):
    """What the command line says of a field beside its type and default; stands in the field's metadata."""

    help: str
    metavar: str | None = None
    flag: str | None = None  # None: --name-of-the-field
    choices: tuple[str, ...] | None = None
    positional: bool = False
    shown_default: str | None = None  # what --help says of a default that differs from machine to machine
    bare: Any = None  # what the flag means without its value; None: the value must be given
    repeated: bool = False  # a list of one value each time the flag is given
    sample: str = ""  # a NAME=VALUE that an error shows


@dataclass(frozen=True)
class Command:
    """A program of a command line: `options` is the dataclass that `work` takes, `example` what may follow its name.

    A name of two words (`audit leaks`) is a command within a group.
    """

    name: str
    options: type
    work: Callable[[Any], int | None]
    example: str

    def __call__(self, options: Any) -> int:
        """Run with options that are made already; gives the exit code."""
        return self.work(options) or 0

    @property
    def description(self) -> str:
        """What --help says: the docstring of the function."""
        return inspect.getdoc(self.work) or ""

    @property
    def summary(self) -> str:
        """The first line of it, as the list of commands shows it."""
        first = self.description.split("\n")[0].rstrip(".")
        return first[:1].lower() + first[1:]


def argument(
    help: str, *, metavar: str | None = None, default: Any = MISSING, metadata: Mapping[str, Any] | None = None
) -> Any:
    """A dataclass field that is given by its place; with a default it may be left out."""
    return _field(Argument(help, metavar=metavar, positional=True), default, MISSING, metadata)


def option(
    help: str,
    *,
    default: Any = MISSING,
    default_factory: Any = MISSING,
    metavar: str | None = None,
    flag: str | None = None,
    choices: Iterable[str] | None = None,
    shown_default: str | None = None,
    bare: Any = None,
    repeated: bool = False,
    sample: str = "",
    metadata: Mapping[str, Any] | None = None,
) -> Any:
    """A dataclass field that is given by a flag; see `Argument` for what the options mean."""
    about = Argument(
        help=help,
        metavar=metavar,
        flag=flag,
        choices=None if choices is None else tuple(choices),
        shown_default=shown_default,
        bare=bare,
        repeated=repeated,
        sample=sample,
    )
    return _field(about, default, default_factory, metadata)


def _field(about: Argument, default: Any, default_factory: Any, metadata: Mapping[str, Any] | None) -> Any:
    if default is not MISSING and default_factory is not MISSING:
        raise ValueError("Both default and default_factory are given. Choose one.")
    made = {"default": default} if default_factory is MISSING else {"default_factory": default_factory}
    return field(**made, metadata={**(metadata or {}), _KEY: about})


def command(name: str, *, example: str) -> Callable[[Callable[[Any], int | None]], Command]:
    """Make a command of a function whose only parameter is annotated with the dataclass of its options.

    Its docstring is the help: a first line that says what it does, then what goes in and what comes out. It returns an
    exit code, or None for 0.
    """

    def make(work: Callable[[Any], int | None]) -> Command:
        kinds = [kind for parameter, kind in get_type_hints(work).items() if parameter != "return"]
        if len(kinds) != 1 or not (isinstance(kinds[0], type) and dataclasses.is_dataclass(kinds[0])):
            raise TypeError(f"{work.__name__} of the command {name!r} must have one parameter, typed as a dataclass.")
        return Command(name, kinds[0], work, example)

    return make


def find_commands(*modules: ModuleType) -> list[Command]:
    """The commands that are defined in modules, in order."""
    return [
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, Command) and value.work.__module__ == module.__name__
    ]


def build_parser(
    prog: str,
    description: str,
    commands: Iterable[Command],
    *,
    groups: Mapping[str, str] | None = None,
    version: str | None = None,
) -> argparse.ArgumentParser:
    """The parser of a program; `groups` says what a group of commands (the first word of a name of two) is for."""
    parser = argparse.ArgumentParser(prog=prog, description=description)
    if version is not None:
        parser.add_argument("--version", action="version", version=version)
    subparsers = {"": parser.add_subparsers(required=True, metavar="COMMAND")}
    for made in commands:
        group, _, name = made.name.rpartition(" ")
        if group not in subparsers:
            text = (groups or {})[group]
            group_parser = subparsers[""].add_parser(group, help=_escaped(text), description=text)
            subparsers[group] = group_parser.add_subparsers(required=True, metavar="COMMAND")
        _fill(
            subparsers[group].add_parser(
                name,
                help=_escaped(made.summary),
                description=made.description,
                epilog=f"example:\n  {prog} {made.name} {made.example}",
                formatter_class=argparse.RawDescriptionHelpFormatter,
            ),
            made,
        )
    return parser


def _fill(parser: argparse.ArgumentParser, made: Command) -> None:
    for name, about, kind, default in list_arguments(made.options):
        help_text = _escaped(about.help + _default_text(about, default))
        if about.positional:
            optional = {} if default is MISSING else {"nargs": "?"}
            settings = {**kind.settings, **optional, "metavar": about.metavar or name.upper()}
            parser.add_argument(name, help=help_text, **settings)
            continue
        settings = dict(kind.settings)
        if kind.is_switch:
            settings["action"] = argparse.BooleanOptionalAction if default is True else "store_true"
        else:
            settings["metavar"] = about.metavar
        if about.choices is not None:
            settings["choices"] = about.choices
        if about.repeated:
            settings = {**settings, "action": "append", "nargs": None}
        if about.bare is not None:
            settings |= {"nargs": "?", "const": about.bare}
        # argparse is given no default: what was not given is left to the dataclass
        settings |= {"default": argparse.SUPPRESS, "required": default is MISSING}
        parser.add_argument(flag_of(name, about), dest=name, help=help_text, **settings)
    parser.set_defaults(command=made)


class Kind(NamedTuple):
    """How a type is read: what argparse is told, and what makes the field's value of what argparse read."""

    settings: dict[str, Any]
    finish: Callable[[Any], Any] = lambda value: value
    is_switch: bool = False


def _kind_of(hint: Any) -> Kind:
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        (hint,) = [kind for kind in inner if kind is not NoneType]
        return _kind_of(hint)
    if hint is bool:
        return Kind({}, is_switch=True)
    if hint is float:
        return Kind({"type": _read_finite})
    if hint in (str, int, Path):
        return Kind({"type": hint})
    if origin is Literal:
        return Kind({"choices": inner, "type": type(inner[0])})
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return Kind({"action": "append"}, _read_pairs)
    if isinstance(origin, type) and issubclass(origin, Sequence):
        whole = list if origin is list else tuple
        return Kind({**_kind_of(inner[0]).settings, "nargs": "+"}, whole)
    raise TypeError(f"A command line cannot give a {hint}. Choose from the types that this module's docstring names.")


def _read_finite(text: str) -> float:
    """nan and inf compare and count like no number that an option means."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise argparse.ArgumentTypeError(f"{text!r} is no finite number. Give one such as 0.5.")
    return number


def _read_pairs(pairs: Iterable[str]) -> dict[str, str]:
    """{"report": "Befund"} of ["report=Befund"]; ValueError with the first that is no such pair."""
    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not (name and equals and value):
            raise ValueError(pair)
        found[name] = value
    return found


def list_arguments(options: type) -> list[tuple[str, Argument, Kind, Any]]:
    """Name, what the command line says, kind and default (MISSING if there is none) of each field that it gives."""
    hints = get_type_hints(options)
    return [
        (
            entry.name,
            entry.metadata[_KEY],
            _kind_of(hints[entry.name]),
            entry.default if entry.default_factory is MISSING else entry.default_factory(),
        )
        for entry in dataclasses.fields(options)
        if _KEY in entry.metadata
    ]


def flag_of(name: str, about: Argument) -> str:
    """The flag of a field, such as --mask-labels."""
    return about.flag or "--" + name.replace("_", "-")


def _default_text(about: Argument, default: Any) -> str:
    """What --help says of the default. None, an empty list and a switch that is off have nothing to say."""
    if about.shown_default is not None:
        return f" (default: {about.shown_default})"
    if default is MISSING:
        return "" if about.positional else " (required)"
    if default is None or default is False or default == () or default == {} or default == "":
        return ""
    if default is True:
        return " (default: on)"
    shown = " ".join(map(str, default)) if isinstance(default, (list, tuple)) else default
    return f" (default: {shown})"


def _escaped(text: str) -> str:
    return text.replace("%", "%%")


def read_arguments(parser: argparse.ArgumentParser, argv: Sequence[str] | None = None) -> tuple[Command, Any]:
    """The command that the arguments name, and its options.

    SystemExit (of argparse) or ValueError if they are wrong.
    """
    given = vars(parser.parse_args(argv))
    made: Command = given.pop("command")
    values = {}
    for name, about, kind, _ in list_arguments(made.options):
        if given.get(name) is None:
            continue
        try:
            values[name] = kind.finish(given[name])
        except ValueError as error:
            flag = flag_of(name, about)
            raise ValueError(
                f"{flag} {str(error)!r} is not {about.metavar}. Write for example {flag} {about.sample}."
            ) from error
    return made, made.options(**values)


def run(
    prog: str,
    description: str,
    commands: Iterable[Command],
    argv: Sequence[str] | None = None,
    *,
    groups: Mapping[str, str] | None = None,
    version: str | None = None,
) -> int:
    """Run the command that the arguments name. Gives its exit code; an error that a user can mend is one line.

    2 for wrong arguments, 1 for a full disk, 130 after Control-C. What we did not foresee ends the process with one
    line as well, since a traceback would quote what a file holds.
    """
    parser = build_parser(prog, description, commands, groups=groups, version=version)
    sys.excepthook = lambda kind, error, trace: say_error(prog, describe_fault(error))
    threading.excepthook = lambda failed: say_error(prog, describe_fault(failed.exc_value))
    try:
        made, options = read_arguments(parser, argv)
        return made(options)
    except OSError as error:
        if is_disk_full(error):
            say_error(prog, "The disk is full. Free some space and run the same command again.")
            return 1
        if error.errno is None and not is_said(error):
            raise
        typed = sys.argv[1:] if argv is None else argv
        say_error(prog, error if error.errno is None else describe_os_error(error, typed))
        return 2
    except ValueError as error:
        if not is_said(error):
            raise
        say_error(prog, error)
        return 2
    except KeyboardInterrupt:
        print(f"{prog}: interrupted. Run the same command again to go on.", file=sys.stderr)
        return 130


def describe_os_error(error: OSError, argv: Iterable[str]) -> str:
    """What went wrong with a file: its path if the user typed it, else none: names below a root may be private."""
    path = os.fsdecode(error.filename) if isinstance(error.filename, (str, bytes, os.PathLike)) else ""
    typed = {os.path.normpath(word.partition("=")[2] if word.startswith("--") else word) for word in argv if word}
    shown = repr(path) if os.path.normpath(path) in typed else "a file or folder below those given"
    wrong = error.strerror or type(error).__name__
    return f"{wrong}: {shown}. Check that it exists, is no link to itself and can be read."


def is_said(error: BaseException) -> bool:
    """True for an exception that a `raise` of ours made: its words are ours. int() and libraries quote values."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    if last is None:
        return False
    code = last.tb_frame.f_code
    return _is_ours(code.co_filename) and code.co_code[last.tb_lasti] == dis.opmap["RAISE_VARARGS"]


def _is_ours(filename: str) -> bool:
    return not filename.startswith(("<", *_FOREIGN))


def describe_fault(error: BaseException | None) -> str:
    """The type of an unforeseen exception and our own frames: neither its message nor a path of the user."""
    frames = [
        f"{'.'.join(Path(frame.filename).parts[-3:]).removesuffix('.py')}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__ if error else None)
        if _is_ours(frame.filename) and {"refrad2d", "radgrounder"} & set(Path(frame.filename).parts)
    ]
    place = " > ".join(frames[-6:]) or "an unknown place"
    return f"Unforeseen {type(error).__name__} at {place}. Please report this line; it holds nothing of your data."


def say_error(prog: str, error: object) -> None:
    """One line on stderr, whatever the message holds."""
    print(f"{prog}: error: {' '.join(str(error).split())}", file=sys.stderr)
