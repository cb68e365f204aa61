"""A PaliGemma processor whose chat layout can be trained by an unmodified `trl sft`, without leaking answers.

Shipped inside every prepared base (`radgrounder prepare`), so this file stands alone. For a single turn it gives, token
for token, what the stock processor gives for `text` and `suffix`: image tokens, <bos>, the user's text, a newline, the
answer, <eos>. Released models carry the stock processor.
"""

from typing import Any, cast

import torch
from transformers import PaliGemmaProcessor
from transformers.feature_extraction_utils import BatchFeature
from transformers.image_utils import load_image

PROMPT_ATTENTION = "prompt"  # image and prompt see each other: what the stock processor does at inference
IMAGE_ATTENTION = "image"  # only image tokens see each other, all text is causal: what vLLM does

_PICTURES = (  # all pictures stand before all text; plain text in the first message means one
    "{%- if messages[0]['content'] is string -%}{{ '<image>' }}{%- endif -%}"
    "{%- for message in messages if message['content'] is not string -%}"
    "{%- for part in message['content'] if part['type'] == 'image' -%}{{ '<image>' }}{%- endfor -%}"
    "{%- endfor -%}"
)
_WORDS = (
    "{%- if message['content'] is string -%}{{ message['content'] }}"
    "{%- else -%}{%- for part in message['content'] if part['type'] == 'text' -%}{{ part['text'] }}{%- endfor -%}"
    "{%- endif -%}"
)
# The same layout as `_pieces`, for people who read templates; the stock class needs the one below
CHAT_TEMPLATE = (
    f"{_PICTURES}{{{{ bos_token }}}}"
    "{%- for message in messages -%}"
    "{%- if message['role'] == 'assistant' -%}"
    f"{{%- generation -%}}{_WORDS}{{{{ eos_token }}}}{{%- endgeneration -%}}"
    f"{{%- else -%}}{_WORDS}{{{{ '\\n' }}}}"
    "{%- endif -%}"
    "{%- endfor -%}"
)
# The layout that was trained, through the stock class, which puts <bos> behind the last picture and a newline at the
# end by itself. That newline would follow an answer at the end, so there must be none.
STOCK_CHAT_TEMPLATE = (
    "{%- if messages[-1]['role'] == 'assistant' -%}"
    "{{ raise_exception('The chat ends with an answer. End it with the question to be answered; "
    "to train on answers, make a base with radgrounder prepare.') }}"
    "{%- endif -%}"
    f"{_PICTURES}"
    "{%- for message in messages -%}"
    f"{_WORDS}"
    "{%- if message['role'] == 'assistant' -%}{{ eos_token }}{%- elif not loop.last -%}{{ '\\n' }}{%- endif -%}"
    "{%- endfor -%}"
)


class RadGrounderProcessor(PaliGemmaProcessor):
    """PaliGemmaProcessor with a chat layout of its own.

    `token_type_ids` are 0 on the image and the first user turn, which see each other in both directions, and 1 from
    the first answer token on, which sees the past only; with `attention="image"` they are 0 on image tokens only.
    Prompt and answer are tokenised apart, as the stock class does.
    """

    def __init__(
        self,
        image_processor: Any = None,
        tokenizer: Any = None,
        chat_template: str | None = None,
        attention: str = PROMPT_ATTENTION,
        **kwargs: Any,
    ) -> None:
        if attention not in (PROMPT_ATTENTION, IMAGE_ATTENTION):
            raise ValueError(f"Unknown attention {attention!r}. Choose from {PROMPT_ATTENTION}, {IMAGE_ATTENTION}.")
        self.attention = attention
        super().__init__(image_processor, tokenizer, chat_template=chat_template, **kwargs)

    def apply_chat_template(  # type: ignore[override]  # the stock one says it gives str only, and gives these too
        self,
        conversation: list[dict] | list[list[dict]],
        chat_template: str | None = None,
        tokenize: bool = False,
        return_dict: bool = False,
        return_tensors: str | None = None,
        return_assistant_tokens_mask: bool = False,
        processor_kwargs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> str | list[str] | BatchFeature:
        """Text as the stock method gives it, or with `tokenize` and `return_dict` a batch of input_ids, attention_mask,
        token_type_ids, pixel_values and, if asked for, assistant_masks (1 on answers and their <eos>)."""
        if not (tokenize and return_dict):
            return super().apply_chat_template(conversation, chat_template, tokenize=tokenize, **kwargs)
        options = {**kwargs, **(processor_kwargs or {})}
        batched = conversation and isinstance(conversation[0], (list, tuple))
        conversations = cast("list[list[dict]]", list(conversation) if batched else [conversation])
        max_length = options.get("max_length") if options.get("truncation") else None
        rows = [self._encode(messages, max_length) for messages in conversations]
        side = options.get("padding_side") or self.tokenizer.padding_side
        multiple = options.get("pad_to_multiple_of") or 1
        pads = {
            "input_ids": self.tokenizer.pad_token_id,
            "attention_mask": 0,
            "token_type_ids": 0,
            "assistant_masks": 0,
        }
        length = max(len(row["input_ids"]) for row in rows)
        length = -(-length // multiple) * multiple
        data: dict[str, Any] = {}
        for name, value in pads.items():
            if name == "assistant_masks" and not return_assistant_tokens_mask:
                continue
            fill = [[value] * (length - len(row[name])) for row in rows]
            data[name] = [
                (f + row[name]) if side == "left" else (row[name] + f) for f, row in zip(fill, rows, strict=True)
            ]
        images = [image for messages in conversations for image in _images(messages)]
        if images:
            data["pixel_values"] = self.image_processor(images, return_tensors="pt")["pixel_values"]
        batch = BatchFeature(data)
        return batch.convert_to_tensors(return_tensors) if return_tensors else batch

    def _encode(self, conversation: list[dict], max_length: int | None) -> dict[str, list[int]]:
        ids: list[int] = []
        answers: list[int] = []
        for text, is_answer in self._pieces(conversation):
            piece = self.tokenizer(text, add_special_tokens=False)["input_ids"]
            ids += piece
            answers += [int(is_answer)] * len(piece)
        ids, answers = ids[:max_length], answers[:max_length]
        first = answers.index(1) if 1 in answers else len(ids)
        types = [0] * first + [1] * (len(ids) - first)
        if self.attention == IMAGE_ATTENTION:
            types = [int(token != self.image_token_id) for token in ids]
        return {
            "input_ids": ids,
            "attention_mask": [1] * len(ids),
            "token_type_ids": types,
            "assistant_masks": answers,
        }

    def _pieces(self, conversation: list[dict]) -> list[tuple[str, bool]]:
        """The turns as (text, is it an answer); the chat template renders the same text."""
        head = self.image_token * self.image_seq_length * _count_images(conversation) + self.tokenizer.bos_token
        pieces = []
        for message in conversation:
            text, is_answer = _text(message["content"]), message["role"] == "assistant"
            pieces.append((head + text + (self.tokenizer.eos_token if is_answer else "\n"), is_answer))
            head = ""
        return pieces


def _text(content: str | list[dict]) -> str:
    return content if isinstance(content, str) else "".join(part["text"] for part in content if part["type"] == "text")


def _count_images(conversation: list[dict]) -> int:
    contents = [message["content"] for message in conversation]
    shown = sum(part["type"] == "image" for content in contents if not isinstance(content, str) for part in content)
    return shown + isinstance(contents[0], str)


def _images(conversation: list[dict]) -> list:
    parts = [part for message in conversation if not isinstance(message["content"], str) for part in message["content"]]
    found = (part.get("image") or part.get("url") or part.get("path") for part in parts if part["type"] == "image")
    return [load_image(image) for image in found if image is not None]


def answer_labels(batch: BatchFeature) -> torch.Tensor:
    """Labels of a batch made with `return_assistant_tokens_mask`: the answer tokens, -100 elsewhere."""
    return batch["input_ids"].masked_fill(batch["assistant_masks"] == 0, -100)


def see_image_only(input_ids: torch.Tensor, image_token_id: int) -> torch.Tensor:
    """`token_type_ids` (same shape) for a model trained with image-only attention: 0 on image tokens, 1 elsewhere."""
    return (input_ids != image_token_id).long()
