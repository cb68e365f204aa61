"""One image, one task → text, spans and boxes in pixels: the function that eval, the Space and the command share.

radgrounder predict slice.dcm --model build/demo/model --task locate --question liver
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from transformers import AutoModelForImageTextToText

from radgrounder.prepare import MAX_NEW_TOKENS, load_processor
from refrad2d.conversations import context, prompt
from refrad2d.grounding import Box, location_tokens, parse, to_pixels
from refrad2d.labels import find_label
from refrad2d.windows import picture_to_rgb, windows

TASKS = ("report", "vqa", "locate")


@dataclass(frozen=True)
class Picture:
    """An image as the model sees it (224 px RGB), and the size of the picture that its boxes refer to."""

    image: Image.Image
    width: int
    height: int


@dataclass(frozen=True)
class PredictedSpan:
    """A mention in the text with its box: xyxy in [0, 1] and in pixels; `confidence` is the mean probability of its
    coordinate tokens."""

    start: int
    end: int
    label: str
    box: Box
    pixel_box: tuple[float, float, float, float]
    confidence: float


@dataclass(frozen=True)
class Prediction:
    """What the model said: plain `text` with spans, `answer` for questions, `markup` as generated."""

    text: str
    answer: str | None
    width: int
    height: int
    spans: tuple[PredictedSpan, ...]
    markup: str
    invalid: int

    def to_json(self) -> dict[str, Any]:
        """The fields of the command's contract."""
        fields = ("text", "answer", "width", "height")
        return {**{name: getattr(self, name) for name in fields}, "spans": [asdict(span) for span in self.spans]}


class Predictor:
    """A model with its processor. `generate` for many, `predict` for one."""

    def __init__(self, model: torch.nn.Module, processor: Any, *, batch_size: int = 16) -> None:
        self.model, self.processor, self.batch_size = model.eval(), processor, batch_size
        self._locations = set(processor.tokenizer.convert_tokens_to_ids(location_tokens()))

    @classmethod
    def load(cls, model: str | Path, *, device: str | None = None, batch_size: int = 16) -> "Predictor":
        """Load a PaliGemma-like model folder or Hub name with stock classes. ValueError if there is none."""
        try:
            processor = load_processor(str(model))
            loaded = AutoModelForImageTextToText.from_pretrained(str(model))
        except (OSError, KeyError) as error:
            raise ValueError(
                f"{model} is no model folder. Give the output of `radgrounder release`, or a Hub name."
            ) from error
        device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        return cls(loaded.to(device), processor, batch_size=batch_size)

    def generate(
        self, images: Sequence[Image.Image], prompts: Sequence[str], *, max_new_tokens: int = MAX_NEW_TOKENS
    ) -> list[str]:
        """The answers as markup, in the order given; images and prompts are pairs. Greedy; batched by prompt length."""
        order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
        answers = [""] * len(prompts)
        for at in range(0, len(order), self.batch_size):
            chosen = order[at : at + self.batch_size]
            batch = self._encode([images[i] for i in chosen], [prompts[i] for i in chosen])
            with torch.inference_mode():
                ids = self.model.generate(**batch, max_new_tokens=max_new_tokens, do_sample=False)
            for i, answer in zip(chosen, ids[:, batch["input_ids"].shape[1] :], strict=True):
                answers[i] = self._decode(answer)
        return answers

    def predict(
        self,
        picture: Picture,
        *,
        task: str = "report",
        language: str = "en",
        question: str = "",
        clinical_info: str | None = None,
        clinical_question: str | None = None,
        max_new_tokens: int = MAX_NEW_TOKENS,
    ) -> Prediction:
        """Ask for a report with boxes, the answer to a question, or the place of a structure (`question` names it)."""
        text = task_prompt(task, language, question, clinical_info, clinical_question)
        batch = self._encode([picture.image], [text])
        with torch.inference_mode():
            out = self.model.generate(
                **batch,
                max_new_tokens=max_new_tokens,
                do_sample=False,
                return_dict_in_generate=True,
                output_logits=True,
            )
        ids = out.sequences[0, batch["input_ids"].shape[1] :].tolist()
        probabilities = [float(torch.softmax(row[0].float(), -1)[i]) for row, i in zip(out.logits, ids, strict=True)]
        markup = self._decode(ids)
        parsed = parse(markup)
        confidences = self._box_confidences(ids, probabilities)
        spans = tuple(
            PredictedSpan(s.start, s.end, s.label, s.box, to_pixels(s.box, picture.width, picture.height), round(c, 4))
            for s, c in zip(parsed.spans, confidences + [0.0] * len(parsed.spans), strict=False)
        )
        answer = parsed.text if task == "vqa" else None
        return Prediction(parsed.text, answer, picture.width, picture.height, spans, markup, parsed.invalid)

    def _encode(self, images: Sequence[Image.Image], prompts: Sequence[str]) -> dict[str, torch.Tensor]:
        image_token = self.processor.image_token
        batch = self.processor(
            images=list(images),
            text=[image_token + p for p in prompts],
            return_tensors="pt",
            padding=True,
            padding_side="left",
        )
        batch.pop("labels", None)
        return {name: tensor.to(self.model.device) for name, tensor in batch.items()}

    def _decode(self, ids: Sequence[int] | torch.Tensor) -> str:
        """Markup up to the end token; special tokens stay, since some checkpoints have the markup among them."""
        tokenizer = self.processor.tokenizer
        ids = [int(i) for i in ids]
        if tokenizer.eos_token_id in ids:
            ids = ids[: ids.index(tokenizer.eos_token_id)]
        return tokenizer.decode([i for i in ids if i != tokenizer.pad_token_id], skip_special_tokens=False)

    def _box_confidences(self, ids: Sequence[int], probabilities: Sequence[float]) -> list[float]:
        """The mean probability of the coordinate tokens of each box, in order of the text."""
        places = [n for n, i in enumerate(ids) if i in self._locations]
        runs = [places[n : n + 4] for n in range(0, len(places), 4)]
        return [sum(probabilities[n] for n in run) / 4 for run in runs if len(run) == 4 and run[3] - run[0] == 3]


def task_prompt(
    task: str, language: str, question: str = "", clinical_info: str | None = None, clinical_question: str | None = None
) -> str:
    """The prompt of a task; clinical context lines stand above it if given. ValueError for an unknown task or no question."""
    if task not in TASKS:
        raise ValueError(f"Unknown task {task!r}. Choose from {', '.join(TASKS)}.")
    if task != "report" and not question.strip():
        raise ValueError(f"Task {task!r} needs --question: {'a structure' if task == 'locate' else 'what to ask'}.")
    given = {"clinical_info": clinical_info, "clinical_question": clinical_question}
    lines = context(given, language, [name for name, value in given.items() if value])
    if task == "report":
        return prompt("report_boxes", language, context=lines)
    if task == "vqa":
        return prompt("vqa", language, context=lines, question=question)
    label = find_label(question)
    return prompt("locate", language, context=lines, name=label.display(language) if label else question)


def open_picture(path: Path) -> Picture:
    """A PNG, JPEG or single-frame DICOM file as the model sees it. ValueError if it is no picture."""
    if not path.is_file():
        raise ValueError(f"{path} does not exist. Give a PNG, JPEG or DICOM file.")
    data = path.read_bytes()
    if data[128:132] == b"DICM":
        return _open_dicom(data, path)
    try:
        with Image.open(path) as file:
            pixels = np.asarray(file.convert("L" if file.mode in ("1", "L", "P", "I", "I;16", "F", "LA") else "RGB"))
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise ValueError(f"{path.name} is no picture. Give a PNG, JPEG or DICOM file.") from error
    return Picture(Image.fromarray(picture_to_rgb(pixels)), pixels.shape[1], pixels.shape[0])


def _open_dicom(data: bytes, path: Path) -> Picture:
    from refrad2d.dicom import shown_slice  # pydicom is in the build extra
    from refrad2d.sources import Unreadable

    try:
        values, modality = shown_slice(data)
    except Unreadable as unreadable:
        raise ValueError(
            f"{path.name} is no CT or MR slice ({unreadable}). Give a PNG, JPEG or DICOM file."
        ) from unreadable
    return Picture(Image.fromarray(windows(values, modality)), values.shape[1], values.shape[0])
