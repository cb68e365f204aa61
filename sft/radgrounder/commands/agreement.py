"""`radgrounder agreement`: do graders agree, and does a judge agree with them?"""

import json
from dataclasses import dataclass
from pathlib import Path

from refrad2d.system.arguments import argument, command, option


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Options of `radgrounder agreement`."""

    ratings: Path = argument("a CSV with the columns id, rater, score: a line a rating", metavar="RATINGS.csv")
    judge: str | None = option("the rater that is set against the mean of the others", default=None, metavar="NAME")


@command("agreement", example="ratings.csv --judge NAME")
def agreement(given: Agreement) -> int:
    """Say whether graders agree, and a judge with them.

    In: a CSV of ratings, missing ones left out. Out: one JSON object on stdout with "raters", "items" and "alpha"
    (Krippendorff's); with --judge also "alpha_with_judge", "pearson" (of the judge with the mean of the others) and
    "pairs".
    """
    from radgrounder.evaluation.agreement import agreement as measure_agreement
    from radgrounder.evaluation.agreement import read_ratings

    print(json.dumps(measure_agreement(read_ratings(given.ratings), judge=given.judge), indent=2))
    return 0
