"""Any image-text-to-text model of transformers, asked through its own chat template, to be judged beside ours.

radgrounder eval --model google/medgemma-4b-it --benchmark slake --data Slake1.0 --out OUT
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForImageTextToText, AutoProcessor

from radgrounder.evaluation.answers import Generator, hash_model

OURS = "paligemma"  # the model type whose prompts and markup `predict.Predictor` knows


class ChatModel:
    """A model with its processor; greedy decoding.

    `instruction` is put before every prompt ("Answer with one word or phrase."). It is part of the `fingerprint`, so
    answers to another one are never reused.
    """

    def __init__(self, model: torch.nn.Module, processor: Any, *, name: str, instruction: str = "") -> None:
        self.model: Any = model.eval()
        self.processor, self.instruction = processor, instruction
        marked = f" {sha256(instruction.encode()).hexdigest()[:8]}" if instruction else ""
        self.fingerprint = f"{hash_model(name)}{marked}"

    @classmethod
    def load(cls, name: str, *, device: str | None = None, instruction: str = "") -> "ChatModel":
        """Load a folder or Hub name. ValueError if its processor has no chat template."""
        processor = AutoProcessor.from_pretrained(name)
        if not getattr(processor, "chat_template", None):
            raise ValueError(f"{name} has no chat template, so it is unknown how to ask it. Give a chat model.")
        device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        model: Any = AutoModelForImageTextToText.from_pretrained(name, dtype="auto")
        return cls(model.to(device), processor, name=name, instruction=instruction)

    def generate(self, images: Sequence[Any], prompts: Sequence[str], *, max_new_tokens: int = 512) -> list[str]:
        """One answer for each picture and prompt, without special tokens."""
        talks = [self._talk(image, prompt) for image, prompt in zip(images, prompts, strict=True)]
        self.processor.tokenizer.padding_side = "left"  # answers start where all prompts end
        batch = self.processor.apply_chat_template(
            talks,
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
            processor_kwargs={"padding": True},
        ).to(self.model.device, dtype=self.model.dtype)
        with torch.inference_mode():
            ids = self.model.generate(**batch, max_new_tokens=max_new_tokens, do_sample=False)
        texts = self.processor.batch_decode(ids[:, batch["input_ids"].shape[1] :], skip_special_tokens=True)
        return [text.strip() for text in texts]

    def _talk(self, image: Any, prompt: str) -> list[dict[str, Any]]:
        text = f"{self.instruction}\n{prompt.strip()}".strip()
        content = [{"type": "image", "image": image}, {"type": "text", "text": text}]
        return [{"role": "user", "content": content}]


def load_generator(model: str, *, batch_size: int = 16, instruction: str = "", constrained: bool = True) -> Generator:
    """`predict.Predictor` for PaliGemma models, which know our prompts and markup; `ChatModel` for all others.

    `constrained` binds the answers of the former to the grammar (`inference.bound`).

    ValueError if there is no model of this name.
    """
    try:
        kind = AutoConfig.from_pretrained(model).model_type
    except (OSError, ValueError) as error:
        raise ValueError(f"{model} is no model folder. Give a folder with config.json, or a Hub name.") from error
    if kind != OURS:
        return ChatModel.load(model, instruction=instruction)
    from radgrounder.inference.predictor import Predictor

    return Predictor.load(model, batch_size=batch_size, constrained=constrained)
