"""The data files of a package, in its folder `data/`: tables as CSV, rules and wordings as YAML, prompts as Markdown.

    >>> read_csv("refrad2d", "labels.csv")[0]["name"]
    'spleen'

The only place that reads them; each file has one reader, which knows its columns.
"""

import csv
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the one in C gives the same, ten times as fast


@cache
def read_csv(package: str, name: str) -> tuple[dict[str, str], ...]:
    """The rows of `data/<name>` of a package, each by column name. FileNotFoundError if there is none."""
    return tuple(csv.DictReader(read_text(package, name).splitlines()))


@cache
def read_yaml(package: str, name: str) -> Any:
    """The content of `data/<name>` of a package; shared by all callers, so never to be changed."""
    return yaml.load(read_text(package, name), Loader=_LOADER)


def read_text(package: str, name: str) -> str:
    """The text of `data/<name>` of a package."""
    return files(package).joinpath("data", name).read_text(encoding="utf-8")


def list_names(package: str, suffix: str) -> tuple[str, ...]:
    """The names of the data files of a package that end in `suffix`, sorted."""
    return tuple(sorted(f.name for f in files(package).joinpath("data").iterdir() if f.name.endswith(suffix)))
