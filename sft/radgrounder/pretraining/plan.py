"""What a pretraining run is: its slices, its lessons in order, their steps and learning rates.

    >>> Plan(tower_steps=100).tower
    Lesson(name='tower', steps=100, peak_rate=0.003)

The fields of `Plan` are the options of the command, and pretraining.json beside the weights keeps them.
"""

from dataclasses import dataclass


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

    init: str = ""  # a base to go on from, with its tokenizer; its shape is kept
    sites: tuple[str, ...] = ("A",)
    regions: tuple[str, ...] = ("abdomen_ct",)
    seed: int = 0
    pool: int = 16384  # slices, eight of a patient
    tower_steps: int = 2500
    packed_steps: int = 4000
    packed_images: int = 10
    packed_budget: int = 320  # tokens of questions and answers behind each image
    steps: int = 2400
    batch: int = 32  # of the tower
    single_batch: int = 16
    tower_rate: float = 3e-3
    rate: float = 2e-3
    single_rate: float = 8e-4
    locate_share: float = 0.35  # of the answers, where an image has all three tasks; the rest are questions
    report_share: float = 0.4
    dense_weight: float = 1.0  # of the dense losses beside conversations
    coordinate_sigma: float = 4.0  # bins
    workers: int = 2
    threads: int = 2

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
        rest = 1 - self.locate_share - self.report_share
        return {"locate": self.locate_share, "report": self.report_share, "question": rest}
