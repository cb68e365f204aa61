"""`radgrounder predict`: one picture or series, one question, one answer with boxes."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from radgrounder.commands.shared import require_positive, require_share
from radgrounder.inference.tasks import REPORT_SAMPLES, TASKS, require_series_task, task_prompt
from refrad2d.system.arguments import argument, command, option
from refrad2d.system.reasons import advice

if TYPE_CHECKING:
    from radgrounder.inference.predictor import Prediction


@dataclass(frozen=True, kw_only=True)
class Predict:
    """Options of `radgrounder predict`."""

    image: Path = argument("a PNG, JPEG or DICOM file, or a folder with the slices of one series", metavar="IMAGE")
    model: str = option("a released model: folder or Hub name", metavar="DIR")
    task: str = option("what to do", default="report", choices=TASKS)
    language: Literal["de", "en"] = option("of the prompt and the answer", default="en")
    question: str = option("what to ask, or which of the 121 structures to locate", default="", metavar="T")
    clinical_info: str | None = option("a line of clinical context for the prompt", default=None, metavar="T")
    clinical_question: str | None = option("the question that the picture was made for", default=None, metavar="T")
    samples: int = option("whose consensus a report is; 1: greedy", default=REPORT_SAMPLES, metavar="N")
    free: bool = option("decode as a bare generate does: no grammar, no median, no guard against loops", default=False)
    modality: Literal["CT", "MR"] | None = option(
        "write only its classes; of a NIfTI volume in a folder, what it is", default=None
    )
    abstain_below: float = option("leave out what is less sure, from 0 to 1", default=0.0, metavar="P")
    masks: Path | None = option(
        "give masks too, and write each as a PNG into this folder", default=None, metavar="DIR", bare=Path("masks")
    )
    json: bool = option("print one JSON object", default=False)


@command("predict", example="slice.dcm --model build/demo/model --task locate --question liver")
def predict(given: Predict) -> int:
    """Give report, answer or box for one PNG, JPEG or DICOM slice, or report or box for a series.

    In: a picture and a model. Out, on stdout: the text, and a line for each box with its label, pixels and confidence;
    with --json {"text", "answer", "width", "height", "confidence", "abstained", "spans": [{"start", "end", "label",
    "box", "pixel_box", "confidence"}]}. With --masks every span that has one gets "mask": {"size": [rows, columns],
    "counts"}, run lengths down the columns, the first of background, and DIR one PNG a span, 255 where the mask is; DIR
    is made if it is missing. A span over several structures ("both kidneys") has the first as its label.

    An answer that runs in circles, or whose confidence is below 0.05, is none: text "", abstained true; so is a place
    of another structure than the one asked for. Of a greedy report (--samples 1) the confidence does not count there:
    it is the product over all of its words.

    In: a folder with one series, for --task locate or report. Out: a line for each box in 3D; with --json the same
    fields, of the slice "number" that says most, with "modality", "plane", "shape" [slices, rows, columns], "spacing"
    (mm between these), "left_out" (files by reason), "slices" (number, InstanceNumber and the fields of one picture)
    and "boxes_3d": [{"label", "voxel_box", "mm_box", "confidence", "slices"}], xyzxyz from the first voxel, ends
    exclusive.
    """
    task_prompt(given.task, given.language, given.question)  # wrong arguments show before the model loads
    require_positive(given, "samples")
    require_share(given, "abstain_below")
    if given.task != "report" and given.samples != REPORT_SAMPLES:
        raise ValueError(f"--samples {given.samples} is of a report, and --task is {given.task}. Leave --samples out.")
    if given.free and given.modality:
        raise ValueError("--modality binds what is written, --free does not. Give one of the two.")
    if given.image.is_dir():
        return _predict_series(given)
    from radgrounder.inference.picture import open_picture

    picture = open_picture(given.image)
    from radgrounder.inference.predictor import Predictor

    prediction = Predictor.load(given.model).predict(
        picture,
        **_asked(given),
        masks=given.masks is not None,
    )
    if given.masks is not None:
        _write_masks(prediction, given.masks)
    if given.json:
        print(json.dumps(prediction.to_json(), ensure_ascii=False))
        return 0
    print(prediction.text or "(no answer: the model abstains)" * prediction.abstained)
    for span in prediction.spans:
        box = ", ".join(f"{value:.0f}" for value in span.pixel_box)
        print(f"  {prediction.text[span.start : span.end]} ({span.label}): [{box}], confidence {span.confidence:.2f}")
    return 0


def _asked(given: Predict) -> dict[str, Any]:
    """What a picture and each slice of a series are asked, and how."""
    return {
        "task": given.task,
        "language": given.language,
        "question": given.question,
        "clinical_info": given.clinical_info,
        "clinical_question": given.clinical_question,
        "samples": given.samples,
        "constrained": not given.free,
        "modality": given.modality,
        "abstain_below": given.abstain_below,
    }


def _predict_series(given: Predict) -> int:
    """The same question to every slice of a folder."""
    require_series_task(given.task)
    if given.masks is not None:
        raise ValueError("--masks gives the masks of one picture. Leave it out for a folder.")
    from radgrounder.inference.series import open_series

    series = open_series(given.image, modality=given.modality or "")
    for reason, files in series.left_out.items():
        print(f"{files} files are left out: {reason}. {advice(reason)}", file=sys.stderr)
    from radgrounder.inference.predictor import Predictor
    from radgrounder.inference.volumes import predict_series

    prediction = predict_series(
        Predictor.load(given.model),
        series,
        **_asked(given),
    )
    if given.json:
        print(json.dumps(prediction.to_json(), ensure_ascii=False))
        return 0
    for box in prediction.boxes or ():
        millimetres = ", ".join(f"{value:.0f}" for value in box.mm_box)
        print(f"{box.label}: [{millimetres}] mm, on {len(box.slices)} slices, confidence {box.confidence:.2f}")
    if not prediction.boxes:
        print("(no box on any slice)")
    return 0


def _write_masks(prediction: "Prediction", folder: Path) -> None:
    """A PNG of each mask, named by the number of its span and its class."""
    from radgrounder.metrics.masks import decode_rle
    from refrad2d.samples import png

    folder.mkdir(parents=True, exist_ok=True)
    for number, span in enumerate(prediction.spans, 1):
        if span.mask is not None:
            (folder / f"{number:02d}-{span.label}.png").write_bytes(png(decode_rle(span.mask).astype("uint8") * 255))
