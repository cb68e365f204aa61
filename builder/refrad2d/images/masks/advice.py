"""What to do about a mask that was dropped: a line for each reason, in data/reasons.csv."""

from collections.abc import Mapping

from refrad2d.system.tables import read_csv

PREFIX = "dropped_"
OTHERWISE = "Check the file: it could not be read as a mask."


def advice(reason: str) -> str:
    """What to do about masks that were dropped for this reason."""
    return next((row["advice"] for row in read_csv(__package__, "reasons.csv") if row["reason"] == reason), OTHERWISE)


def main_advice(counts: Mapping[str, int]) -> str:
    """What to do about the most frequent reason among a stage's counts, of equal ones the first in the alphabet."""
    reasons = {name.removeprefix(PREFIX): n for name, n in counts.items() if name.startswith(PREFIX)}
    return advice(min(reasons, key=lambda reason: (-reasons[reason], reason))) if reasons else OTHERWISE
