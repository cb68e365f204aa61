"""`radgrounder masks`: how good a model's masks are."""

from dataclasses import dataclass
from pathlib import Path

from radgrounder.commands.shared import require_positive
from refrad2d.system.arguments import argument, command, option


@dataclass(frozen=True, kw_only=True)
class Masks:
    """Options of `radgrounder masks`."""

    model: str = argument("a released model with a mask head: folder or Hub name", metavar="MODEL")
    data: str = option("a dataset with the grounded config, whose test patients are judged", metavar="DATASET")
    out: Path = option("folder for the figures", metavar="DIR")
    limit: int | None = option("judge only so many slices, drawn by hash", default=None, metavar="N")
    batch_size: int = option("prompts that go through the model at a time", default=64, metavar="N")


@command("masks", example="build/masks/model --data build/masks/data --out build/masks/judged")
def masks(given: Masks) -> int:
    """Judge the masks of a model beside controls that need none.

    In: a model that `radgrounder release --mask-head` made, and a dataset. Out: DIR/masks.json and DIR/masks.md, which
    is printed: Dice, IoU and 95 % Hausdorff distance of the masks drawn from the boxes that the model wrote, beside
    ellipses in these, ellipses in the true boxes, true boxes filled, and the mean mask of training patients.
    """
    require_positive(given, "limit", "batch_size")
    from radgrounder.evaluation.masks import format_masks, run

    print(format_masks(run(given.model, given.data, given.out, limit=given.limit, batch_size=given.batch_size)), end="")
    return 0
