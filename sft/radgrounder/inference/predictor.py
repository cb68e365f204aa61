"""One image, one task → text, spans and boxes in pixels: the function that eval, the Space and the command share.

radgrounder predict slice.dcm --model build/demo/model --task locate --question liver
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from transformers import AutoModelForImageTextToText, LogitsProcessor, LogitsProcessorList
from transformers.modeling_outputs import BaseModelOutputWithPooling

from radgrounder.benchmarks.base import REPORT_SAMPLES
from radgrounder.evaluation.calibrate import Calibration, answer_confidence, box_confidences
from radgrounder.inference.consensus import Sample, agree, join
from radgrounder.inference.grammar import BoundToGrammar, Grammar
from radgrounder.models.processing import IMAGE_ATTENTION, see_image_only
from radgrounder.models.release import MAX_NEW_TOKENS, load_processor
from refrad2d.conversations import context, prompt
from refrad2d.grounding import Box, decode_box, location_tokens, neutralise, parse, render, to_pixels
from refrad2d.images.sources import Unreadable, is_dicom
from refrad2d.labels import find_label
from refrad2d.windows import picture_to_rgb, windows

TASKS = ("report", "vqa", "locate")
TEMPERATURE = 0.7  # of the samples of a report
_GREY, _DEEP = ("1", "L", "LA"), ("I", "F", "I;16", "I;16B", "I;16L")  # converting a deep picture would clip it to 255


@dataclass(frozen=True)
class Picture:
    """An image as the model sees it (224 px RGB), and the size of the picture that its boxes refer to."""

    image: Image.Image
    width: int
    height: int


@dataclass(frozen=True)
class PredictedSpan:
    """A mention in the text with its box: xyxy in [0, 1] and in pixels; `confidence` is the mean probability of its
    coordinate tokens, calibrated where the model folder has a calibration.json."""

    start: int
    end: int
    label: str
    box: Box
    pixel_box: tuple[float, float, float, float]
    confidence: float


@dataclass(frozen=True)
class Prediction:
    """What the model said: plain `text` with spans, `answer` for questions, `markup` as generated.

    `confidence` is the probability of its words, calibrated for answers; for a consensus the share of samples that say
    its sentences. `abstained` is True where it is below the threshold asked for; spans below it are left out.
    """

    text: str
    answer: str | None
    width: int
    height: int
    spans: tuple[PredictedSpan, ...]
    markup: str
    invalid: int
    confidence: float
    abstained: bool = False

    def to_json(self) -> dict[str, Any]:
        """The fields of the command's contract."""
        fields = ("text", "answer", "width", "height", "confidence", "abstained")
        return {**{name: getattr(self, name) for name in fields}, "spans": [asdict(span) for span in self.spans]}


@dataclass(frozen=True)
class Generated:
    """An answer as markup, its token ids up to the end token, and the model's probability of each of them.

    A consensus has no tokens of its own: `spans` are the confidences of its boxes, `share` is that of the samples which
    say its sentences, on average.
    """

    markup: str
    ids: tuple[int, ...] = ()
    probabilities: tuple[float, ...] = ()
    spans: tuple[float, ...] = ()
    share: float = 0.0


class _Chances(LogitsProcessor):
    """Keeps the model's own probability of every token chosen, after `bound` has forbidden what it forbids."""

    def __init__(self, bound: LogitsProcessor | None) -> None:
        self.bound = bound
        self._last: torch.Tensor | None = None
        self._chosen: list[torch.Tensor] = []

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        self._note(input_ids[:, -1])
        self._last = torch.log_softmax(scores.float(), dim=-1)
        return self.bound(input_ids, scores) if self.bound else scores

    def of(self, written: torch.Tensor) -> list[list[float]]:
        """The probabilities of all tokens written (rows, tokens)."""
        self._note(written[:, -1])
        return torch.stack(self._chosen, dim=1).tolist()

    def _note(self, ids: torch.Tensor) -> None:
        if self._last is not None:
            self._chosen.append(self._last.gather(1, ids[:, None])[:, 0].exp())


class Predictor:
    """A model with its processor. `generate` for many, `predict` for one.

    The tower sees a picture once, however many prompts ask about it; the features of the last pictures are kept.
    """

    CACHED_PICTURES = 128

    def __init__(
        self, model: torch.nn.Module, processor: Any, *, batch_size: int = 16, calibration: Calibration | None = None
    ) -> None:
        self.model, self.processor, self.batch_size = model.eval(), processor, batch_size
        self.calibration = calibration or Calibration()
        ids = processor.tokenizer.convert_tokens_to_ids(location_tokens())
        self._bins = {token: number for number, token in enumerate(ids)}
        self._features: OrderedDict[bytes, torch.Tensor] = OrderedDict()
        self._grammar = lru_cache(self._build_grammar)

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
        return cls(loaded.to(device), processor, batch_size=batch_size, calibration=Calibration.load(model))

    def generate(
        self,
        images: Sequence[Image.Image],
        prompts: Sequence[str],
        *,
        max_new_tokens: int = MAX_NEW_TOKENS,
        constrained: bool = False,
        modality: str | None = None,
    ) -> list[str]:
        """The answers as markup, in the order given; images and prompts are pairs. Options as of `generate_scored`."""
        options = {"max_new_tokens": max_new_tokens, "constrained": constrained, "modality": modality}
        return [one.markup for one in self.generate_scored(images, prompts, **options)]

    def generate_scored(
        self,
        images: Sequence[Image.Image],
        prompts: Sequence[str],
        *,
        max_new_tokens: int = MAX_NEW_TOKENS,
        constrained: bool = False,
        modality: str | None = None,
    ) -> list[Generated]:
        """Greedy answers with the probability of every token, batched by prompt length.

        `constrained` allows nothing but markup that parses, and with a `modality` only its classes.
        """
        order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
        answers: dict[int, Generated] = {}
        for at in range(0, len(order), self.batch_size):
            chosen = order[at : at + self.batch_size]
            asked = [images[i] for i in chosen], [prompts[i] for i in chosen]
            grammar = self._grammar(modality) if constrained else None
            written = self._write(*asked, grammar, max_new_tokens=max_new_tokens, do_sample=False)
            answers |= dict(zip(chosen, written, strict=True))
        return [answers[i] for i in range(len(prompts))]

    def reports(
        self,
        images: Sequence[Image.Image],
        prompts: Sequence[str],
        languages: Sequence[str],
        *,
        samples: int = REPORT_SAMPLES,
        max_new_tokens: int = MAX_NEW_TOKENS,
        constrained: bool = False,
        modality: str | None = None,
    ) -> list[Generated]:
        """Reports, each the consensus of so many samples; greedy with 1. The same call gives the same reports.

        ValueError for less than one sample.
        """
        if samples < 1:
            raise ValueError(f"A report of {samples} samples says nothing. Give 1, which is greedy, or more.")
        if samples == 1:
            options = {"max_new_tokens": max_new_tokens, "constrained": constrained, "modality": modality}
            return self.generate_scored(images, prompts, **options)
        how = {"do_sample": True, "temperature": TEMPERATURE, "top_k": 0, "top_p": 1.0, "num_return_sequences": samples}
        grammar = self._grammar(modality) if constrained else None
        size = max(1, self.batch_size // samples)
        found = []
        with torch.random.fork_rng():
            torch.manual_seed(0)
            for at in range(0, len(prompts), size):
                asked = images[at : at + size], prompts[at : at + size]
                written = self._write(*asked, grammar, max_new_tokens=max_new_tokens, **how)
                for n, language in enumerate(languages[at : at + size]):
                    found.append(self._agree(written[n * samples : (n + 1) * samples], language))
        return found

    def _agree(self, written: Sequence[Generated], language: str) -> Generated:
        """The consensus of sampled reports."""
        samples = []
        for one in written:
            parsed = parse(one.markup)
            samples.append(Sample(parsed, self.box_confidences(one, [span.box for span in parsed.spans])))
        statements = agree(samples, language)
        text, spans = join(statements)
        confidences = tuple(c for one in statements for c in one.confidences)
        share = sum(one.share for one in statements) / max(1, len(statements))
        return Generated(render(neutralise(text), spans), spans=confidences, share=share)

    def _write(
        self,
        images: Sequence[Image.Image],
        prompts: Sequence[str],
        grammar: Grammar | None,
        *,
        max_new_tokens: int,
        **options: Any,
    ) -> list[Generated]:
        """One call of the model's `generate`; `options` are of its search."""
        batch = self._encode(images, prompts)
        width = batch["input_ids"].shape[1]
        bound = BoundToGrammar(grammar, prompt_length=width, max_new_tokens=max_new_tokens) if grammar else None
        chances = _Chances(bound)
        with torch.inference_mode():
            out = self.model.generate(
                **batch, max_new_tokens=max_new_tokens, logits_processor=LogitsProcessorList([chances]), **options
            )[:, width:]
        rows = zip(out.tolist(), chances.of(out), strict=True)
        return [self._finish(ids, probabilities) for ids, probabilities in rows]

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
        samples: int = REPORT_SAMPLES,
        constrained: bool = False,
        modality: str | None = None,
        abstain_below: float = 0.0,
    ) -> Prediction:
        """Ask for a report with boxes, the answer to a question, or the place of a structure (`question` names it).

        A report is the consensus of `samples`, greedy with 1; everything else is greedy.
        Spans, and for a question the answer, whose confidence is below `abstain_below` are left out (answer "").
        """
        text = task_prompt(task, language, question, clinical_info, clinical_question)
        options = {"max_new_tokens": max_new_tokens, "constrained": constrained, "modality": modality}
        if task == "report":
            [one] = self.reports([picture.image], [text], [language], samples=samples, **options)
        else:
            [one] = self.generate_scored([picture.image], [text], **options)
        parsed = parse(one.markup)
        places = zip(parsed.spans, self.box_confidences(one, [s.box for s in parsed.spans]), strict=True)
        spans = tuple(
            PredictedSpan(s.start, s.end, s.label, s.box, to_pixels(s.box, picture.width, picture.height), round(c, 4))
            for s, c in ((span, self.calibration.box(raw)) for span, raw in places)
            if c >= abstain_below
        )
        confidence = self.answer_confidence(one)
        confidence = self.calibration.answer(confidence) if task == "vqa" else confidence
        abstained = confidence < abstain_below if task == "vqa" else len(spans) < len(parsed.spans)
        answer = ("" if abstained else parsed.text) if task == "vqa" else None
        said = "" if answer == "" else parsed.text
        size = (picture.width, picture.height)
        return Prediction(
            said, answer, *size, spans if said else (), one.markup, parsed.invalid, round(confidence, 4), abstained
        )

    def answer_confidence(self, generated: Generated) -> float:
        """The probability of the words of an answer, not calibrated.

        Coordinates do not count: they have a confidence of their own, and where a model was taught them with a soft
        target it is spread over neighbours.
        """
        if not generated.ids:
            return generated.share
        pairs = zip(generated.ids, generated.probabilities, strict=True)
        return answer_confidence([chance for token, chance in pairs if token not in self._bins])

    def box_confidences(self, generated: Generated, boxes: Sequence[Box]) -> list[float]:
        """The mean probability of the coordinate tokens of each box of the text, in its order, not calibrated."""
        if not generated.ids:
            return list(generated.spans)
        bins = [self._bins.get(i) for i in generated.ids]
        return box_confidences(bins, generated.probabilities, boxes, decode_box)

    def _build_grammar(self, modality: str | None) -> Grammar:
        width = self.model.get_output_embeddings().weight.shape[0]
        return Grammar.build(self.processor.tokenizer, width=width, modality=modality)

    def _encode(self, images: Sequence[Image.Image], prompts: Sequence[str]) -> dict[str, Any]:
        keys = [sha256(f"{i.mode} {i.size}".encode() + i.tobytes()).digest() for i in images]
        image_token = self.processor.image_token
        batch = self.processor(
            images=list(images),
            text=[image_token + p for p in prompts],
            return_tensors="pt",
            padding=True,
            padding_side="left",
        )
        batch.pop("labels", None)
        if getattr(self.model.config, "radgrounder_attention", None) == IMAGE_ATTENTION:
            batch["token_type_ids"] = see_image_only(batch["input_ids"], self.processor.image_token_id)
        features = self._look(keys, batch.pop("pixel_values"))
        batch = {name: tensor.to(self.model.device) for name, tensor in batch.items()}
        return {**batch, "mm_encoder_outputs": {"image": BaseModelOutputWithPooling(pooler_output=features)}}

    def _look(self, keys: Sequence[bytes], pixel_values: torch.Tensor) -> torch.Tensor:
        """The tower's features of the pictures, (batch, image tokens, width); only new ones go through it."""
        new = {key: n for n, key in enumerate(keys) if key not in self._features}
        if new:
            pixels = pixel_values[list(new.values())].to(self.model.device, self.model.dtype)
            with torch.inference_mode():
                found = self.model.get_image_features(pixels).pooler_output
            self._features.update(zip(new, found, strict=True))
        for key in keys:
            self._features.move_to_end(key)
        features = torch.stack([self._features[key] for key in keys])
        while len(self._features) > self.CACHED_PICTURES:
            self._features.popitem(last=False)
        return features

    def _finish(self, ids: list[int], probabilities: list[float]) -> Generated:
        """Markup up to the end token; special tokens stay, since some checkpoints have the markup among them."""
        tokenizer = self.processor.tokenizer
        end = ids.index(tokenizer.eos_token_id) if tokenizer.eos_token_id in ids else len(ids)
        shown = [i for i in ids[:end] if i != tokenizer.pad_token_id]
        markup = tokenizer.decode(shown, skip_special_tokens=False)
        return Generated(markup, tuple(ids[: end + 1]), tuple(probabilities[: end + 1]))


def task_prompt(
    task: str, language: str, question: str = "", clinical_info: str | None = None, clinical_question: str | None = None
) -> str:
    """The prompt of a task; clinical context lines stand above it if given.

    ValueError for an unknown task or no question.
    """
    if task not in TASKS:
        raise ValueError(f"Unknown task {task!r}. Choose from {', '.join(TASKS)}.")
    if task != "report" and not question.strip():
        raise ValueError(f"Task {task!r} needs --question: {'a structure' if task == 'locate' else 'what to ask'}.")
    question = neutralise(question)  # what a person types is text, never a token of the model
    given = {"clinical_info": neutralise(clinical_info or ""), "clinical_question": neutralise(clinical_question or "")}
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
    if is_dicom(data):
        return _open_dicom(data, path)
    try:
        with Image.open(path) as file:
            pixels = np.asarray(file if file.mode in _DEEP else file.convert("L" if file.mode in _GREY else "RGB"))
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise ValueError(f"{path.name} is no picture. Give a PNG, JPEG or DICOM file.") from error
    return Picture(Image.fromarray(picture_to_rgb(pixels)), pixels.shape[1], pixels.shape[0])


def _open_dicom(data: bytes, path: Path) -> Picture:
    from refrad2d.images.dicom import shown_slice  # pydicom is in the build extra

    try:
        values, modality = shown_slice(data)
    except Unreadable as unreadable:
        raise ValueError(
            f"{path.name} is no CT or MR slice ({unreadable}). Give a PNG, JPEG or DICOM file."
        ) from unreadable
    return Picture(Image.fromarray(windows(values, modality)), values.shape[1], values.shape[0])
