"""What the ablations train and how: the arms, and the options of `radgrounder ablations`; light to import."""

from dataclasses import dataclass
from pathlib import Path

from radgrounder.metrics.intervals import SAMPLES
from refrad2d.system.arguments import argument, option


@dataclass(frozen=True)
class Arm:
    """What a model is trained on: a build's training patients, VQA-RAD's training pictures, boxes or plain text."""

    name: str
    internal: bool
    external: bool
    grounding: bool


ARMS = (
    Arm("all + boxes", True, True, True),
    Arm("all, no boxes", True, True, False),
    Arm("internal + boxes", True, False, True),
    Arm("internal, no boxes", True, False, False),
    Arm("external only", False, True, False),
)
ARM_NAMES = tuple(arm.name for arm in ARMS)


@dataclass(frozen=True, kw_only=True)
class Ablations:
    """How the ablations are run: options of the command, and what `ablations.run` takes."""

    out: Path = argument("folder to fill; runs that stand in it are not made again", metavar="OUT")
    dataset: Path = option("a build's folder", metavar="DIR")
    vqa_rad: Path = option("the folder of VQA-RAD, as for `radgrounder eval`", metavar="DATA")
    base: Path = option("a prepared base", default=Path("build/demo/base"), metavar="DIR")
    recipe: Path = option(
        "what every run is trained by", default=Path("sft/recipes/nano/detection.yaml"), metavar="FILE"
    )
    steps: int = option("of each run", default=100, metavar="N")
    train_batch: int = option("conversations a step", default=16, metavar="N")
    seeds: tuple[int, ...] = option("a run of each arm a seed", default=(0, 1, 2), metavar="S")
    arms: tuple[str, ...] = option(
        "what is trained on: " + "; ".join(ARM_NAMES),
        default=ARM_NAMES,
        choices=ARM_NAMES,
        metavar="ARM",
        shown_default="all of them",
    )
    limit: int = option("slices of the own test set", default=60, metavar="N")
    samples: int = option("bootstrap samples of the intervals", default=SAMPLES, metavar="N")
