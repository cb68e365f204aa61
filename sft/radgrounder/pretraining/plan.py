"""What a pretraining run is: its slices, its lessons in order, their steps and learning rates.

    >>> Plan(tower_steps=100).tower
    Lesson(name='tower', steps=100, peak_rate=0.003)

The fields of `Plan` are options of `radgrounder pretrain`, and pretraining.json beside the weights keeps them.
"""

from dataclasses import dataclass

from refrad2d.system.arguments import option


@dataclass(frozen=True)
class Lesson:
    """A stretch of training: `name` is that of its checkpoint too."""

    name: str
    steps: int
    peak_rate: float

    def learning_rate(self, step: int) -> float:
        """Linear warmup over 50 steps, constant, linear decay over the last 40 %."""
        return self.peak_rate * min(1.0, (step + 1) / 50, max(0.02, (1 - step / self.steps) / 0.4))


@dataclass(frozen=True)
class Plan:
    """How to pretrain."""

    init: str = option("a base to go on from, with its tokenizer; its shape is kept", default="", metavar="DIR")
    sites: tuple[str, ...] = option("hospitals of the phantom: A, B, C", default=("A",), metavar="NAME")
    regions: tuple[str, ...] = option(
        "what is examined, such as chest_ct head_mr, or all", default=("abdomen_ct",), metavar="NAME"
    )
    leave_out: tuple[str, ...] = option(
        "regions left out of `--regions all`, at every site", default=("pelvis_mr",), metavar="NAME"
    )
    seed: int = option("another seed draws other patients", default=0, metavar="S")
    pool: int = option("slices, eight of a patient", default=16384, metavar="N")
    tower_steps: int = option("of the first lesson: the vision tower alone", default=2500, metavar="N")
    packed_steps: int = option("of the second: many questions behind one image", default=4000, metavar="N")
    packed_images: int = option("images a step of it", default=10, metavar="N")
    packed_budget: int = option("tokens of questions and answers behind each image", default=320, metavar="N")
    steps: int = option("of the third lesson: single turns", default=2400, metavar="N")
    batch: int = option("slices a step of the tower", default=32, metavar="N")
    single_batch: int = option("turns a step of the third lesson", default=16, metavar="N")
    tower_rate: float = option("peak learning rate of the tower", default=3e-3, metavar="R")
    rate: float = option("of the second lesson", default=2e-3, metavar="R")
    single_rate: float = option("of the third", default=8e-4, metavar="R")
    locate_share: float = option(
        "of the answers, where an image has all three tasks; the rest are questions", default=0.35, metavar="P"
    )
    report_share: float = option("of the answers", default=0.4, metavar="P")
    absent_share: float = option("of the answers: that a structure is not visible", default=0.08, metavar="P")
    single_absent_share: float = option(
        "the same in the third lesson, where the other tasks keep their proportions", default=0.08, metavar="P"
    )
    rarity: float = option(
        "a slice is drawn by its classes' frequencies to the power of minus this, regions evenly",
        default=0.5,
        metavar="X",
    )
    moves: float = option(
        "in the first lesson pictures are shifted and scaled at random by up to this share, 0 for none",
        default=0.0,
        metavar="S",
    )
    seeing: float = option(
        "share of the learning rate for tower and projector in the second and third lesson", default=1.0, metavar="P"
    )
    curves: float = option("spread of random grey-level curves, 0 for none", default=0.0, metavar="S")
    dense_weight: float = option("of the dense losses beside conversations", default=1.0, metavar="W")
    coordinate_sigma: float = option("width of a coordinate's soft target, in bins", default=4.0, metavar="S")
    language: str = option("only conversations in it, de or en; both where it is not given", default="", metavar="NAME")
    boxless: bool = option(
        "no boxes: no place is asked for or told, and the tower learns what a picture shows, not where", default=False
    )
    precision: str = option(
        "of the products of matrices: float32, or bfloat16 on a CPU that has it", default="float32", metavar="NAME"
    )
    workers: int = option("processes that draw slices", default=2, metavar="N")
    threads: int = option("of torch", default=2, metavar="N")

    @property
    def tower(self) -> Lesson:
        """The vision tower alone: class and box of each patch, before there are words."""
        return Lesson("tower", self.tower_steps, self.tower_rate)

    @property
    def packed(self) -> Lesson:
        """The whole model, many questions behind one image."""
        return Lesson("packed", self.packed_steps, self.rate)

    @property
    def single(self) -> Lesson:
        """The whole model, single turns: the last lesson, so that the weights know the stock attention."""
        return Lesson("single", self.steps, self.single_rate)

    @property
    def shares(self) -> dict[str, float]:
        """By task."""
        rest = 1 - self.locate_share - self.report_share - self.absent_share
        told = {"locate": self.locate_share, "report": self.report_share, "absent": self.absent_share}
        return {**told, "question": rest}

    @property
    def single_shares(self) -> dict[str, float]:
        """By task, in the third lesson."""
        others = (1 - self.single_absent_share) / ((1 - self.absent_share) or 1)
        told = {task: others * share for task, share in self.shares.items()}
        return {**told, "absent": self.single_absent_share}

    @property
    def drawn_regions(self) -> tuple[str, ...]:
        """The regions that slices are drawn of: `regions`, or all but those left out."""
        return choose_regions(self.regions, self.leave_out)


def first_seed(seed: int) -> int:
    """The seed of the first slice of a run's pool; the others follow it."""
    return (seed + 1) * 10_000_000


def choose_regions(regions: tuple[str, ...], leave_out: tuple[str, ...]) -> tuple[str, ...]:
    """`regions`, or if these are ("all",) every region of the phantom that is not in `leave_out`."""
    from refrad2d.phantom import REGIONS

    return tuple(name for name in REGIONS if name not in leave_out) if regions == ("all",) else regions
