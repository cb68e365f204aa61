"""One image, one task → text, spans and boxes in pixels: the function that eval, the Space and the command share.

radgrounder predict slice.dcm --model build/demo/model --task locate --question liver
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
import torch
from PIL import Image

from radgrounder.inference.confidence import Calibration, Generated, answer_confidence, box_confidences
from radgrounder.inference.consensus import SampledReport, merge
from radgrounder.inference.decoding import Decoder
from radgrounder.inference.mentions import Place, place_mentions
from radgrounder.inference.picture import Picture, open_picture
from radgrounder.inference.tasks import REPORT_SAMPLES, TASKS, asked_class, require_confidence, task_prompt
from radgrounder.masks.codec import MaskCodec
from radgrounder.masks.reader import MaskReader
from radgrounder.masks.shape import PROMPTS
from radgrounder.masks.storage import AnyHead, load_head
from radgrounder.masks.text import CodeReader, load_model_codec
from radgrounder.metrics.masks import Rle, encode_rle
from radgrounder.models.release import MAX_NEW_TOKENS, load_model, load_processor
from refrad2d.grounding import Box, code_tokens, decode_box, location_tokens, parse, to_pixels

__all__ = ["TASKS", "Generated", "Picture", "PredictedSpan", "Prediction", "Predictor", "open_picture", "task_prompt"]

TEMPERATURE = 0.7  # of the samples of a report
CACHED_PICTURES = 128
UNSURE = 0.05  # below this confidence of its words an answer is no answer


class Limits(TypedDict):
    """What bounds an answer, as `Decoder.write` takes it."""

    max_new_tokens: int
    constrained: bool
    modality: str | None
    masks: bool


@dataclass(frozen=True)
class PredictedSpan:
    """A mention in the text with its box: xyxy in [0, 1] and in pixels; `confidence` is the mean probability of its
    coordinate tokens, calibrated where the model folder has a calibration.json. `label` is one class, the first of a
    mention of several ("both kidneys"): the markup has room for one. `mask` are run lengths of the picture
    (`metrics.masks.Rle`), where masks were asked for and this one has a pixel."""

    start: int
    end: int
    label: str
    box: Box
    pixel_box: tuple[float, float, float, float]
    confidence: float
    mask: Rle | None = None

    def to_json(self) -> dict[str, Any]:
        """The fields of the command's contract; `mask` only where there is one."""
        return {name: value for name, value in asdict(self).items() if name != "mask" or value is not None}


@dataclass(frozen=True)
class Prediction:
    """What the model said: plain `text` with spans, `answer` for questions, `markup` as generated.

    `confidence` is the probability of its words, calibrated for answers; for a consensus the share of samples that say
    its sentences. `abstained` is True where something was left out: spans, or an answer to a question, below the
    threshold asked for, spans of another class than the one that a place was asked of, or a whole answer that ran in
    circles or whose confidence is below `UNSURE` (text ""). A place whose spans are all left out has no text either.
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
        return {**{name: getattr(self, name) for name in fields}, "spans": [span.to_json() for span in self.spans]}


class Predictor:
    """A model with its processor: `predict` for one picture, `generate` and `reports` for many.

    The tower sees a picture once, however many prompts ask about it: the features of the last `cached_pictures` stay in
    memory (128 pictures; 0 keeps nothing of a picture once it is answered, as a server for strangers must).
    `batch_size` is how many prompts go through the model at a time. `calibration` makes confidences honest.
    `constrained` is how answers are written where a call does not say it: as `bound.BoundDecoding` does, or freely.
    `mask_head` gives masks of what a text points at, `mask_codec` reads those that the model writes itself; `load`
    finds them in the model folder. With both, the head draws.

    >>> predictor = Predictor.load("build/demo/model")
    >>> predictor.predict(open_picture(Path("slice.dcm")), task="locate", question="liver").spans[0].pixel_box
    (100.0, 120.0, 310.0, 360.0)
    """

    def __init__(
        self,
        model: torch.nn.Module,
        processor: Any,
        *,
        batch_size: int = 16,
        calibration: Calibration | None = None,
        cached_pictures: int = CACHED_PICTURES,
        constrained: bool = True,
        mask_head: AnyHead | None = None,
        mask_codec: MaskCodec | None = None,
    ) -> None:
        self.model, self.processor, self.batch_size, self.constrained = model, processor, batch_size, constrained
        self.calibration = calibration or Calibration()
        self.decoder = Decoder(model, processor, kept_pictures=cached_pictures)
        self.masks = MaskReader(model, processor, mask_head) if mask_head else None
        self.codes = CodeReader(mask_codec) if mask_codec else None
        ids = processor.tokenizer.convert_tokens_to_ids(location_tokens())
        self._bins = {token: number for number, token in enumerate(ids)}
        self._codes = frozenset(processor.tokenizer.convert_tokens_to_ids(code_tokens()))

    @classmethod
    def load(
        cls,
        model: str | Path,
        *,
        device: str | None = None,
        batch_size: int = 16,
        cached_pictures: int = CACHED_PICTURES,
        constrained: bool = True,
    ) -> "Predictor":
        """Load a PaliGemma-like model folder or Hub name with stock classes, onto a GPU if there is one.

        ValueError if there is no such model.
        """
        try:
            processor = load_processor(str(model))
            loaded: torch.nn.Module = load_model(str(model))
        except (OSError, KeyError) as error:
            raise ValueError(
                f"{model} is no model folder. Give the output of `radgrounder release`, or a Hub name."
            ) from error
        device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        return cls(
            loaded.to(device),
            processor,
            batch_size=batch_size,
            calibration=Calibration.load(model),
            cached_pictures=cached_pictures,
            constrained=constrained,
            mask_head=load_head(model),
            mask_codec=load_model_codec(model),
        )

    def generate(
        self,
        images: Sequence[Image.Image],
        prompts: Sequence[str],
        *,
        max_new_tokens: int = MAX_NEW_TOKENS,
        constrained: bool | None = None,
        modality: str | None = None,
        locate: bool = False,
        masks: bool = False,
    ) -> list[str]:
        """The answers as markup, in the order given; images and prompts are pairs. Options as of `generate_scored`."""
        limits = self._limits(max_new_tokens, constrained, modality, masks)
        return [answer.markup for answer in self.generate_scored(images, prompts, locate=locate, **limits)]

    def generate_scored(
        self,
        images: Sequence[Image.Image],
        prompts: Sequence[str],
        *,
        max_new_tokens: int = MAX_NEW_TOKENS,
        constrained: bool | None = None,
        modality: str | None = None,
        locate: bool = False,
        masks: bool = False,
    ) -> list[Generated]:
        """Greedy answers with the probability of every token, batched by prompt length.

        `constrained` decodes as `bound.BoundDecoding` does, and with a `modality` writes only its classes. `locate`
        says that the prompts ask where something is: the calibration decides how readily it is called not visible.
        `masks` lets the codes of masks follow spans.
        """
        order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
        limits = self._limits(max_new_tokens, constrained, modality, masks)
        absence = self.calibration.absent if locate else 0.0
        answers: dict[int, Generated] = {}
        for at in range(0, len(order), self.batch_size):
            chosen = order[at : at + self.batch_size]
            asked = [images[i] for i in chosen], [prompts[i] for i in chosen]
            written = self.decoder.write(*asked, **limits, absence=absence, do_sample=False)
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
        constrained: bool | None = None,
        modality: str | None = None,
        masks: bool = False,
    ) -> list[Generated]:
        """Reports, each the consensus of so many samples; greedy with 1. The same call gives the same reports.

        ValueError for less than one sample.
        """
        if samples < 1:
            raise ValueError(f"A report of {samples} samples says nothing. Give 1, which is greedy, or more.")
        limits = self._limits(max_new_tokens, constrained, modality, masks)
        if samples == 1:
            return self.generate_scored(images, prompts, **limits)
        size = max(1, self.batch_size // samples)
        merged = []
        with torch.random.fork_rng():
            torch.manual_seed(0)
            for at in range(0, len(prompts), size):
                asked = images[at : at + size], prompts[at : at + size]
                written = self.decoder.write(
                    *asked,
                    **limits,
                    do_sample=True,
                    temperature=TEMPERATURE,
                    top_k=0,
                    top_p=1.0,
                    num_return_sequences=samples,
                )
                for number, language in enumerate(languages[at : at + size]):
                    mine = written[number * samples : (number + 1) * samples]
                    merged.append(merge([self._as_sample(answer) for answer in mine], language))
        return merged

    def _limits(self, max_new_tokens: int, constrained: bool | None, modality: str | None, masks: bool) -> Limits:
        bound = self.constrained if constrained is None else constrained
        return {"max_new_tokens": max_new_tokens, "constrained": bound, "modality": modality, "masks": masks}

    def _as_sample(self, generated: Generated) -> SampledReport:
        parsed = parse(generated.markup)
        confidences = self.box_confidences(generated, [span.box for span in parsed.spans])
        return SampledReport(parsed, confidences, generated.looped)

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
        constrained: bool | None = None,
        modality: str | None = None,
        abstain_below: float = 0.0,
        masks: bool = False,
    ) -> Prediction:
        """Ask for a report with boxes, the answer to a question, or the place of a structure.

        `picture` is what `open_picture` gives. `task` is "report", "vqa" or "locate"; `question` is what to ask, or the
        name of the structure in either language. A report is the consensus of `samples` (greedy with 1); everything
        else is greedy. `constrained` decodes as `bound.BoundDecoding` does, and with a `modality` ("CT", "MR") writes
        only its classes. Spans, and for a question the answer, whose confidence is below `abstain_below` are left out
        (answer ""); so are, in any case, a place of another class than the one asked of, and the whole of an answer
        that the model cannot stand by (see `abstains`).

        `masks` adds to every span the mask of what it points at, at the size of the picture. With a head, text and
        boxes stay as they are without it; a model that writes masks as text is asked for them in another prompt. So is
        one whose head reads mentions without boxes: it writes greedily and freely, a span is a mention whose mask has a
        pixel, its box is the one around the mask, and its confidence that of the words.

        Boxes are (x_min, y_min, x_max, y_max) from the upper left corner, ends exclusive: `box` in shares of width and
        height, `pixel_box` in pixels of the picture as opened. `start` and `end` index the text's characters.

        ValueError for an unknown task or modality, no question where the task needs one or one where it takes none, a
        structure that is no class, less than one sample, `abstain_below` outside [0, 1], or masks of a model without a
        head.

        >>> picture = open_picture(Path("slice.dcm"))
        >>> prediction = predictor.predict(picture, task="vqa", question="Is the liver visible?")
        >>> prediction.answer, prediction.confidence
        ('yes', 0.9312)
        """
        require_confidence(abstain_below)
        reader = self.mask_reader() if masks else None
        written, plain = isinstance(reader, CodeReader), masks and self.reads_mentions
        text = task_prompt(task, language, question, clinical_info, clinical_question, masks=written or plain)
        limits = self._limits(max_new_tokens, False if plain else constrained, modality, written)
        if task == "report" and not plain:
            [generated] = self.reports([picture.image], [text], [language], samples=samples, **limits)
        else:
            [generated] = self.generate_scored([picture.image], [text], locate=task == "locate", **limits)
        drawn = (
            reader.read([picture.image], [[(text, generated.markup)]], [(picture.height, picture.width)])
            if reader
            else None
        )
        asked = asked_class(task, question)
        if plain and drawn:
            placed = place_mentions(generated.markup, drawn[0], language, modality)
            return self._of_mentions(generated, picture, task, abstain_below, placed, asked)
        return self.as_prediction(generated, picture, task, abstain_below, drawn[0] if drawn else None, asked=asked)

    @property
    def gives_masks(self) -> bool:
        """Whether `predict` can be asked for masks."""
        return self.codes is not None or self.masks is not None

    @property
    def reads_mentions(self) -> bool:
        """Whether masks come from a head that is prompted by mentions without boxes: they are asked for in words of
        their own, and text and boxes are not those of a call without masks."""
        reader = self.masks or self.codes
        return isinstance(reader, MaskReader) and reader.head.shape.prompt != PROMPTS[0]

    def count_tokens(self, markup: str) -> int:
        """How many tokens an answer has, without its end."""
        return len(self.processor.tokenizer(markup, add_special_tokens=False)["input_ids"])

    def mask_reader(self) -> MaskReader | CodeReader:
        """What gives masks: a head, else a codec. ValueError if the model has neither."""
        reader = self.masks or self.codes
        if reader is None:
            raise ValueError("The model has no mask head. Train one with sft/train_masks.py and release it beside it.")
        return reader

    def as_prediction(
        self,
        generated: Generated,
        picture: Picture,
        task: str,
        abstain_below: float,
        drawn: Sequence[np.ndarray] | None = None,
        *,
        asked: str | None = None,
    ) -> Prediction:
        """An answer parsed, calibrated, and cut down to what the model is sure of and to the class that was `asked` of.

        `drawn` are masks of its spans.
        """
        parsed, size = parse(generated.markup), (picture.width, picture.height)
        places = zip(
            parsed.spans,
            self.box_confidences(generated, [s.box for s in parsed.spans]),
            [encode_rle(mask) if mask.any() else None for mask in drawn] if drawn else [None] * len(parsed.spans),
            strict=True,
        )
        spans = tuple(
            PredictedSpan(s.start, s.end, s.label, s.box, to_pixels(s.box, *size), round(confidence, 4), mask)
            for s, confidence, mask in ((span, self.calibration.box(raw), mask) for span, raw, mask in places)
            if confidence >= abstain_below and asked in (None, s.label)
        )
        confidence = self.confidence(generated, task)
        silent = self.abstains(generated, task) or _says_nothing(task, confidence < abstain_below, parsed.spans, spans)
        text, spans = ("", ()) if silent else (parsed.text, spans)
        answer, abstained = (text if task == "vqa" else None), silent or len(spans) < len(parsed.spans)
        return Prediction(text, answer, *size, spans, generated.markup, parsed.invalid, round(confidence, 4), abstained)

    def _of_mentions(
        self,
        generated: Generated,
        picture: Picture,
        task: str,
        abstain_below: float,
        placed: tuple[str, list[Place], int],
        asked: str | None,
    ) -> Prediction:
        """An answer whose mentions have masks and no boxes of their own; their class is that of their words."""
        text, places, lost = placed
        size, confidence = (picture.width, picture.height), round(self.confidence(generated, task), 4)
        spans = tuple(
            PredictedSpan(p.start, p.end, asked or p.label, p.box, to_pixels(p.box, *size), confidence, p.mask)
            for p in places
            if confidence >= abstain_below and asked in (None, p.label, asked_class(task, text[p.start : p.end]))
        )
        silent = self.abstains(generated, task) or _says_nothing(
            task, confidence < abstain_below, lost or places, spans
        )
        text, spans = ("", ()) if silent else (text, spans)
        left_out = silent or lost > 0 or len(spans) < len(places)
        answer = text if task == "vqa" else None
        return Prediction(text, answer, *size, spans, generated.markup, 0, confidence, left_out)

    def confidence(self, generated: Generated, task: str) -> float:
        """How sure the model is of an answer's words; calibrated for a question's."""
        raw = self.answer_confidence(generated)
        return self.calibration.answer(raw) if task == "vqa" else raw

    def abstains(self, generated: Generated, task: str) -> bool:
        """Whether an answer is none: it ran in circles, or its confidence is below `UNSURE`.

        The confidence of a greedy report says nothing of this kind: it is the product over all of its words.
        """
        is_product = task == "report" and bool(generated.ids)
        return generated.looped or (not is_product and self.confidence(generated, task) < UNSURE)

    def answer_confidence(self, generated: Generated) -> float:
        """The probability of the words of an answer, not calibrated.

        Coordinates do not count: they have a confidence of their own, and where a model was taught them with a soft
        target it is spread over neighbours. Nor do the codes of masks.
        """
        if not generated.ids:
            return generated.share
        pairs = zip(generated.ids, generated.probabilities, self._are_codes(generated.ids), strict=True)
        return answer_confidence([chance for token, chance, code in pairs if token not in self._bins and not code])

    def _are_codes(self, ids: Sequence[int]) -> list[bool]:
        """Which tokens are codes of masks: their run is told from the single token of a class by its length."""
        runs = [list(run) for _, run in groupby(ids, key=self._codes.__contains__)]
        return [token in self._codes and len(run) > 1 for run in runs for token in run]

    def box_confidences(self, generated: Generated, boxes: Sequence[Box]) -> list[float]:
        """The mean probability of the coordinate tokens of each box of the text, in its order, not calibrated."""
        if not generated.ids:
            return list(generated.spans)
        bins = [self._bins.get(token) for token in generated.ids]
        return box_confidences(bins, generated.probabilities, boxes, decode_box)


def _says_nothing(task: str, is_unsure: bool, said: object, kept: Sequence[PredictedSpan]) -> bool:
    """Whether what is left of an answer is none: of a question's an unsure one, of a place's one that pointed at
    something (`said`) of which nothing is `kept`."""
    return (task == "vqa" and is_unsure) or (task == "locate" and bool(said) and not kept)
