"""A series, one question → an answer a slice, and a box in 3D of whatever the answers point at.

radgrounder predict hospital/dicom/p1/s1 --model build/demo/model --task locate --question liver --json
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from radgrounder.inference.confidence import Generated, chance_of_box
from radgrounder.inference.fusion import FusedBox, SliceVote, fuse
from radgrounder.inference.predictor import Prediction, Predictor
from radgrounder.inference.series import Series
from radgrounder.inference.tasks import (
    REPORT_SAMPLES,
    TOKENS,
    asked_class,
    require_confidence,
    require_series_task,
    task_prompt,
)
from refrad2d.images.volumes import to_mm
from refrad2d.labels import is_label


@dataclass(frozen=True)
class Box3D:
    """A class in a series: the rule of its box is that of `fusion.fuse`.

    `voxel_box` is xyzxyz (column, row, slice from 0, in display orientation; ends exclusive), `mm_box` the same in mm
    from the outer corner of the series' first voxel, `slices` the numbers of the slices that have a box of it.
    """

    label: str
    voxel_box: tuple[float, ...]
    mm_box: tuple[float, ...]
    confidence: float
    slices: tuple[int, ...]


@dataclass(frozen=True)
class SeriesPrediction:
    """What the model said of each slice, in order of depth, and the boxes in 3D, the surest first."""

    series: Series
    slices: tuple[Prediction, ...]
    boxes: tuple[Box3D, ...]

    @property
    def shown(self) -> int:
        """The number of the slice that says most: that of the highest sum of confidences of its boxes, the first."""
        said = [sum(span.confidence for span in one.spans) for one in self.slices]
        return said.index(max(said))

    def to_json(self) -> dict[str, Any]:
        """The fields of the command's contract: those of one picture are of the slice `number`."""
        slices = [
            {"number": of.number, "instance": of.instance, **one.to_json()}
            for of, one in zip(self.series.slices, self.slices, strict=True)
        ]
        about = {"modality": self.series.modality, "plane": self.series.plane, **self.series.grid._asdict()}
        about["left_out"] = dict(self.series.left_out)
        boxes = [vars(box) for box in self.boxes]
        return {**self.slices[self.shown].to_json(), "number": self.shown, **about, "slices": slices, "boxes_3d": boxes}


def predict_series(
    predictor: Predictor,
    series: Series,
    *,
    task: str = "locate",
    language: str = "en",
    question: str = "",
    clinical_info: str | None = None,
    clinical_question: str | None = None,
    samples: int = REPORT_SAMPLES,
    constrained: bool | None = None,
    modality: str | None = None,
    abstain_below: float = 0.0,
) -> SeriesPrediction:
    """Ask the same of every slice, for a report with boxes or the place of a structure; options as of
    `Predictor.predict`. Mentions of findings are on the slices alone: several of a series would run together.

    ValueError as there, or for a task that is not asked of a series.
    """
    require_series_task(task)
    require_confidence(abstain_below)
    text = task_prompt(task, language, question, clinical_info, clinical_question)
    images, prompts = [shown.picture.image for shown in series.slices], [text] * len(series.slices)
    limits: dict[str, Any] = {"constrained": constrained, "modality": modality}
    if task == "report":
        answers = predictor.reports(images, prompts, [language] * len(images), samples=samples, **limits)
    else:
        answers = predictor.generate_scored(images, prompts, max_new_tokens=TOKENS[task], locate=True, **limits)
    pairs = list(zip(series.slices, answers, strict=True))
    asked = asked_class(task, question)
    said = tuple(
        predictor.as_prediction(answer, shown.picture, task, abstain_below, asked=asked) for shown, answer in pairs
    )
    return SeriesPrediction(series, said, tuple(fuse_answers(series, said, answers, task)))


def fuse_answers(series: Series, said: Sequence[Prediction], answers: Sequence[Generated], task: str) -> list[Box3D]:
    """The boxes in 3D of the classes that the answers point at, the surest first.

    A slice is as sure of a structure that it was asked for as of there being one, of others as of their boxes.
    """
    votes: dict[str, list[SliceVote]] = defaultdict(list)
    for number, (one, answer) in enumerate(zip(said, answers, strict=True)):
        for span in one.spans:
            if is_label(span.label):
                sure = chance_of_box(answer) if task == "locate" else span.confidence
                votes[span.label].append(SliceVote(number, span.box, sure))
    asked = range(len(series.slices))
    fused = [(label, box) for label, own in sorted(votes.items()) if (box := fuse(own, asked, series.grid))]
    return sorted((_as_box(label, box, series) for label, box in fused), key=lambda box: -box.confidence)


def _as_box(label: str, box: FusedBox, series: Series) -> Box3D:
    voxels = tuple(round(value, 2) for value in box.voxel_box)
    return Box3D(label, voxels, tuple(to_mm(voxels, series.grid.spacing)), round(box.confidence, 4), box.slices)
