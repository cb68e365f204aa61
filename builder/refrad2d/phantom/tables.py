"""The data files of the phantom: anatomy, tissues, habitus and findings as CSV, sites, regions and wording as YAML."""

import csv
from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@cache
def read_table(name: str) -> tuple[dict[str, str], ...]:
    """The rows of a CSV file of this package."""
    return tuple(csv.DictReader(_text(name).splitlines()))


@cache
def read_yaml(name: str) -> dict[str, Any]:
    """A YAML file of this package."""
    return yaml.safe_load(_text(name))


def _text(name: str) -> str:
    return files("refrad2d.phantom").joinpath(name).read_text(encoding="utf-8")
