"""Why something was left out, and what to do about it: a line for each reason, in data/reasons.csv.

>>> advice("no_identifier")
'The row names no study. Fill StudyInstanceUID, AccessionNumber, PatientID or path.'
"""

from collections.abc import Iterable, Mapping
from functools import cache

from refrad2d.system.tables import read_csv

PREFIX = "dropped_"
OTHERWISE = "Open the file in a viewer and export it again."


@cache
def _advices() -> dict[str, str]:
    return {row["reason"]: row["advice"] for row in read_csv(__package__, "reasons.csv")}


def is_reason(reason: str) -> bool:
    """True for a reason of the table; those of libraries are error_<class of the exception>."""
    return reason in _advices() or reason.startswith("error_")


def advice(reason: str) -> str:
    """What to do about what was dropped for this reason."""
    return _advices().get("error" if reason.startswith("error_") else reason, OTHERWISE)


def main_advice(counts: Mapping[str, int], prefix: str = PREFIX) -> str:
    """What to do about the most frequent reason among a stage's counts, of equal ones the first in the alphabet."""
    reasons = {name.removeprefix(prefix): n for name, n in counts.items() if name.startswith(prefix)}
    return advice(min(reasons, key=lambda reason: (-reasons[reason], reason))) if reasons else OTHERWISE


def advice_lines(names: Iterable[str]) -> list[str]:
    """A line "reason: what to do" for each of the counts' names that is a dropped reason, once and in their order."""
    reasons = dict.fromkeys(name.partition(PREFIX)[2] for name in names if PREFIX in name)
    return [f"  {reason}: {advice(reason)}" for reason in reasons if reason]
