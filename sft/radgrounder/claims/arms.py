"""What the ablations train and how: the arms, and the options of `radgrounder ablations`; light to import."""

from dataclasses import dataclass
from pathlib import Path

from refrad2d.system.arguments import argument, option

PLAIN, BOXES, MASKS = "plain", "boxes", "masks"  # the form of an arm's answers, which it is also asked in
EXTERNAL_EVERY = 4  # of so many pictures of a mixture one is external


@dataclass(frozen=True)
class Arm:
    """What a model is trained on: pictures of the own institution, of external sets, and in which form it answers.
    Plain arms start from the base without boxes, the others from its twin with boxes. `share` is of the steps."""

    name: str
    internal: bool
    external: bool
    form: str
    share: float = 1.0


ARMS = (
    Arm("all + boxes", True, True, BOXES),
    Arm("all, no boxes", True, True, PLAIN),
    Arm("all + masks", True, True, MASKS),
    Arm("internal + boxes", True, False, BOXES),
    Arm("internal, no boxes", True, False, PLAIN),
    Arm("external only", False, True, PLAIN),
    Arm("external only, as often", False, True, PLAIN, share=1 / EXTERNAL_EVERY),
)
ARM_NAMES = tuple(arm.name for arm in ARMS)


@dataclass(frozen=True, kw_only=True)
class Ablations:
    """How the ablations are run: options of the command, and what `run.run` takes."""

    out: Path = argument("folder to fill; what stands in it is not made again", metavar="OUT")
    boxed: Path = option("a base pretrained with boxes", default=Path("build/twins/boxed"), metavar="DIR")
    boxless: Path = option(
        "its twin of `radgrounder pretrain --boxless`", default=Path("build/twins/boxless"), metavar="DIR"
    )
    vqa_rad: Path | None = option("VQA-RAD beside the external institution, as for `radgrounder eval`", default=None)
    site: str = option("hospital of the phantom whose data are internal", default="A", metavar="NAME")
    external_site: str = option("whose questions are external", default="C", metavar="NAME")
    region: str = option("what is examined at both", default="abdomen_ct", metavar="NAME")
    manner: str = option("how the external institution asks (claims/data/manners.yaml)", default="ward", metavar="NAME")
    patients: int = option("held out at each institution, and as many to train on", default=96, metavar="N")
    test_slices: int = option("of a patient to judge on: 1, 2, 4 or 8", default=1, metavar="N")
    steps: int = option("of each run", default=120, metavar="N")
    train_batch: int = option("pictures a step", default=8, metavar="N")
    seeds: tuple[int, ...] = option("a run of each arm a seed", default=(0, 1, 2, 3, 4), metavar="S")
    arms: tuple[str, ...] = option(
        "what is trained on: " + "; ".join(ARM_NAMES),
        default=ARM_NAMES,
        choices=ARM_NAMES,
        metavar="ARM",
        shown_default="all of them",
    )
    structures: int = option("asked for in a picture, at most", default=5, metavar="N")
    questions: int = option("asked about a picture, at most", default=5, metavar="N")
    samples: int = option("bootstrap samples of the intervals", default=4000, metavar="N")
    precision: str = option(
        "of the products of matrices: float32, or bfloat16 on a CPU that has it", default="float32", metavar="NAME"
    )
    threads: int = option("of torch", default=1, metavar="N")
    minutes: float = option("stop after so long; the same command goes on (0: never)", default=0.0, metavar="N")
