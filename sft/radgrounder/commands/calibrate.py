"""`radgrounder calibrate`: confidences that can be believed."""

from dataclasses import dataclass
from pathlib import Path

from radgrounder.commands.shared import require_folder, require_positive, require_share
from refrad2d.system.arguments import argument, command, option


@dataclass(frozen=True, kw_only=True)
class Calibrate:
    """Options of `radgrounder calibrate`."""

    model: Path = argument("the model folder that `radgrounder release` made", metavar="MODEL")
    data: str = option("the refrad2d folder of a build, whose validation split is asked", metavar="DATASET")
    limit: int = option("boxes and questions asked of each", default=400, metavar="N")
    risk: float = option("share of wrong answers to stay below", default=0.1, metavar="P")
    batch_size: int = option("prompts that go through the model at a time", default=16, metavar="N")


@command("calibrate", example="build/demo/model --data build/demo/dataset/refrad2d")
def calibrate(given: Calibrate) -> int:
    """Make a model's confidences honest: fitted on validation patients.

    In: a model folder and a dataset. Out: MODEL/calibration.json, which `radgrounder predict` picks up, and
    MODEL/calibration.svg, risk against coverage; the figures of boxes (right: IoU of 0.5 or more) and of answers
    (right: exact match) are printed.
    """
    require_folder(given.model, "Give the output of `radgrounder release`.")
    require_positive(given, "limit", "batch_size")
    require_share(given, "risk")
    from radgrounder.evaluation.calibrate import run

    result = run(given.model, given.data, limit=given.limit, risk=given.risk, batch_size=given.batch_size)
    for kind, figures in result.items():
        print(f"{kind}: " + ", ".join(f"{name} {value:.4g}" for name, value in figures.items() if value is not None))
    return 0
