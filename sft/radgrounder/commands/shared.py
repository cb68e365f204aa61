"""What several commands share: checks of their arguments that come before anything heavy is loaded."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from refrad2d.system.arguments import flag_of, list_arguments

GO_ON = 75  # the exit status of a run that stopped by its own clock (EX_TEMPFAIL)


def require_positive(given: Any, *names: str) -> None:
    """ValueError, naming the flag, unless these fields of a command's options are 1 or more, or not given (None)."""
    flags = {name: flag_of(name, about) for name, about, *_ in list_arguments(type(given))}
    for name in names:
        value = getattr(given, name)
        if value is not None and not -math.inf < value < math.inf:  # nan as well
            raise ValueError(f"{flags[name]} {value} is no number to count with. Give 1 or more.")
        if value is not None and value < 1:
            raise ValueError(f"{flags[name]} {value} is not positive. Give 1 or more.")


def require_share(given: Any, *names: str) -> None:
    """ValueError, naming the flag, unless these fields lie in [0, 1]."""
    flags = {name: flag_of(name, about) for name, about, *_ in list_arguments(type(given))}
    for name in names:
        if not 0 <= getattr(given, name) <= 1:
            raise ValueError(f"{flags[name]} {getattr(given, name)} is no share. Give a number from 0 to 1.")


def require_folder(folder: Path, remedy: str) -> None:
    """ValueError with the remedy if there is no such folder."""
    if not folder.is_dir():
        raise ValueError(f"{folder} is no folder. {remedy}")


def read_results(path: Path) -> dict[str, Any]:
    """A results.json. ValueError if there is none, or if it is no JSON object."""
    if not path.is_file():
        raise ValueError(f"There is no {path}. Give the --out folder of a finished radgrounder eval.")
    try:
        results = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        results = None
    if not isinstance(results, dict):
        raise ValueError(f"{path} is no JSON object. Give the results.json of a finished radgrounder eval.")
    return results


def require_phantom(sites: Sequence[str], regions: Sequence[str]) -> None:
    """ValueError if the phantom has no such site or region."""
    from refrad2d.phantom.series import SITES, get_region

    if unknown := [site for site in sites if site not in SITES]:
        raise ValueError(f"Unknown site {unknown[0]!r}. Choose from {', '.join(SITES)}.")
    for region in regions:
        get_region(region)
