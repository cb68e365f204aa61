"""From pictures and prompts to markup: one call of a model's `generate`, with the probability of every token written.

>>> Decoder(model, processor, kept_pictures=128).write([image], ["\\n\\nWhere is the liver? "], max_new_tokens=48)
"""

from collections.abc import Container, Sequence
from functools import lru_cache
from typing import Any

import torch
from PIL import Image
from transformers import LogitsProcessor, LogitsProcessorList
from transformers.modeling_outputs import BaseModelOutputWithPooling

from radgrounder.inference.bound import BoundDecoding, begin_absence, has_loop, without_codes
from radgrounder.inference.confidence import Generated
from radgrounder.inference.features import PictureFeatures, picture_key
from radgrounder.inference.grammar import Grammar
from radgrounder.models.processing import IMAGE_ATTENTION, see_image_only


class KeptProbabilities(LogitsProcessor):
    """Keeps the model's own probability of every token chosen, after `bound` has forbidden what it forbids."""

    def __init__(self, bound: LogitsProcessor | None) -> None:
        self.bound = bound
        self._last: torch.Tensor | None = None
        self._chosen: list[torch.Tensor] = []

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        """Scores (batch, width), with -inf where `bound` says so."""
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


class Decoder:
    """A model with its processor; `kept_pictures` is of how many pictures the features stay in memory."""

    def __init__(self, model: Any, processor: Any, *, kept_pictures: int) -> None:
        self.model, self.processor = model.eval(), processor
        self.features = PictureFeatures(model, kept=kept_pictures)
        self._grammar, self._denials = lru_cache(self._build_grammar), begin_absence(processor.tokenizer)

    def write(
        self,
        images: Sequence[Image.Image],
        prompts: Sequence[str],
        *,
        max_new_tokens: int,
        constrained: bool = True,
        modality: str | None = None,
        absence: float = 0.0,
        masks: bool = False,
        **search: Any,
    ) -> list[Generated]:
        """The answers of one batch; `search` goes to the model's `generate` (greedy, sampling).

        `constrained` decodes as `BoundDecoding` does, and with a `modality` writes only its classes; `absence` is added
        to the log-odds of "not visible" at the start of an answer, and `masks` lets codes follow a span. Without it the
        answers are those of a bare `generate`.
        """
        batch = self.encode(images, prompts)
        width = batch["input_ids"].shape[1]
        bound = None
        if constrained:
            bound = BoundDecoding(
                lambda _: self._grammar(modality, masks),
                max_new_tokens=max_new_tokens,
                absence=(self._denials, absence),
            )
        kept = KeptProbabilities(bound)
        with torch.inference_mode():
            written = self.model.generate(
                **batch, max_new_tokens=max_new_tokens, logits_processor=LogitsProcessorList([kept]), **search
            )[:, width:]
        rows = zip(written.tolist(), kept.of(written), strict=True)
        codes = self._grammar(modality, masks).codes if masks else frozenset[int]()
        return [self._finish(ids, probabilities, codes) for ids, probabilities in rows]

    def encode(self, images: Sequence[Image.Image], prompts: Sequence[str]) -> dict[str, Any]:
        """What `generate` takes: the prompts as tokens, padded on the left, and the features of the pictures."""
        image_token = self.processor.image_token
        batch = self.processor(
            images=list(images),
            text=[image_token + prompt for prompt in prompts],
            return_tensors="pt",
            padding=True,
            padding_side="left",
        )
        batch.pop("labels", None)
        if getattr(self.model.config, "radgrounder_attention", None) == IMAGE_ATTENTION:
            batch["token_type_ids"] = see_image_only(batch["input_ids"], self.processor.image_token_id)
        features = self.features.look([picture_key(image) for image in images], batch.pop("pixel_values"))
        batch = {name: tensor.to(self.model.device) for name, tensor in batch.items()}
        return {**batch, "mm_encoder_outputs": {"image": BaseModelOutputWithPooling(pooler_output=features)}}

    def _build_grammar(self, modality: str | None, masks: bool = False) -> Grammar:
        width = self.model.get_output_embeddings().weight.shape[0]
        return Grammar.build(self.processor.tokenizer, width=width, modality=modality, masks=masks)

    def _finish(self, ids: list[int], probabilities: list[float], codes: Container[int]) -> Generated:
        """Markup up to the end token; special tokens stay, since some checkpoints have the markup among them."""
        tokenizer = self.processor.tokenizer
        end = ids.index(tokenizer.eos_token_id) if tokenizer.eos_token_id in ids else len(ids)
        shown = [token for token in ids[:end] if token != tokenizer.pad_token_id]
        markup = tokenizer.decode(shown, skip_special_tokens=False)
        looped = has_loop(without_codes(ids[:end], codes))
        return Generated(markup, tuple(ids[: end + 1]), tuple(probabilities[: end + 1]), looped=looped)
