"""`radgrounder prepare BASE OUT`: from a stock checkpoint to a base that `trl sft` can train.

A prepared base carries our processor and chat template (trust_remote_code in the recipe); `release` takes them off.
"""

from pathlib import Path
from typing import cast

import torch
from tokenizers import AddedToken
from transformers import AutoConfig, PaliGemmaProcessor, PreTrainedModel

from radgrounder.models.processing import CHAT_TEMPLATE, IMAGE_ATTENTION, PROMPT_ATTENTION, RadGrounderProcessor
from radgrounder.models.release import load_model, refuse_existing, save_stock
from refrad2d.grounding import markup_tokens


def prepare(base: str, out: Path, *, attention: str = PROMPT_ATTENTION, with_markup_tokens: bool = False) -> None:
    """Write a base folder for `trl sft` from any PaliGemma checkpoint.

    `attention` "prompt" lets image and prompt see each other, as stock inference does; "image" only image tokens, which
    packing needs and inference must be told of (image_attention.md). `with_markup_tokens` adds a token for each piece
    of markup, which starts as the mean of the tokens that spelled it. ValueError if the attention is none of the two,
    the base is no PaliGemma, or `out` exists.
    """
    refuse_existing(out)
    _require_paligemma(base)
    stock = PaliGemmaProcessor.from_pretrained(base)
    processor = RadGrounderProcessor(stock.image_processor, stock.tokenizer, CHAT_TEMPLATE, attention)
    model = load_model(base)
    if with_markup_tokens:
        add_markup_tokens(model, stock)
    if attention == IMAGE_ATTENTION:  # an attribute of config.json, so that it survives release and upload
        model.config.radgrounder_attention = attention
    RadGrounderProcessor.register_for_auto_class("AutoProcessor")
    save_stock(model, processor, out)


def add_markup_tokens(model: PreTrainedModel, processor: PaliGemmaProcessor) -> None:
    """Tokens for the pieces of markup, in place; ordinary ones, so that decoding keeps them."""
    tokenizer, pieces = processor.tokenizer, markup_tokens()
    spelled = [tokenizer(piece, add_special_tokens=False)["input_ids"] for piece in pieces]
    tokenizer.add_tokens([AddedToken(piece, normalized=False) for piece in pieces])
    model.resize_token_embeddings(len(tokenizer), pad_to_multiple_of=64, mean_resizing=False)
    embeddings = cast(torch.nn.Embedding, model.get_input_embeddings()).weight
    with torch.no_grad():
        for piece, ids in zip(pieces, spelled, strict=True):
            embeddings[tokenizer.convert_tokens_to_ids(piece)] = embeddings[ids].mean(dim=0)


def _require_paligemma(base: str) -> None:
    try:
        kind = AutoConfig.from_pretrained(base).model_type
    except (OSError, ValueError) as error:
        raise ValueError(f"{base} is no model folder or Hub name. Give a PaliGemma checkpoint.") from error
    if kind != "paligemma":
        raise ValueError(f"{base} is a {kind} model. Give a PaliGemma or PaliGemma 2 checkpoint.")
