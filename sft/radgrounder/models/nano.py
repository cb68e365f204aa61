"""The nano: a PaliGemma small enough to train from scratch on two cores, with a tokenizer of its own.

Same classes and file layout as the 3 B model (PaliGemmaForConditionalGeneration, PaliGemmaProcessor), so everything
that runs on it runs on the real one.
"""

import math
from collections.abc import Iterable
from typing import cast

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    Gemma2Config,
    PaliGemmaConfig,
    PaliGemmaForConditionalGeneration,
    PaliGemmaProcessor,
    PreTrainedTokenizerFast,
    SiglipImageProcessor,
    SiglipVisionConfig,
)

from radgrounder.models.processing import STOCK_CHAT_TEMPLATE
from radgrounder.models.size import NanoSize
from refrad2d.grounding import location_tokens

POSITION_SCALE = 1.0  # standard deviation of the tower's position codes at the start
SPECIAL = ("<pad>", "<eos>", "<bos>", "<unk>")


def build_tokenizer(texts: Iterable[str], vocabulary: int) -> PreTrainedTokenizerFast:
    """A byte-fallback BPE over words with their leading blank; any text survives a round trip."""
    tokenizer = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>"))
    digits = pre_tokenizers.Digits(individual_digits=True)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(" ", "merged_with_next"), digits])
    tokenizer.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Fuse()])
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[*SPECIAL, *(f"<0x{byte:02X}>" for byte in range(256))],
        initial_alphabet=[chr(code) for code in range(32, 127)] + list("äöüÄÖÜß"),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        eos_token="<eos>",
        bos_token="<bos>",
        unk_token="<unk>",
        extra_special_tokens={"image_token": "<image>"},
        padding_side="right",
        model_max_length=1024,
        clean_up_tokenization_spaces=False,
    )
    fast.add_tokens([AddedToken("<image>", normalized=False, special=True)], special_tokens=True)
    fast.add_tokens([AddedToken("\n", normalized=False)])
    return fast


def build_processor(texts: Iterable[str], size: NanoSize) -> PaliGemmaProcessor:
    """Stock processor classes around a tokenizer trained on `texts`."""
    images = SiglipImageProcessor(size={"height": size.image, "width": size.image})
    images.image_seq_length = size.image_tokens  # type: ignore[attr-defined]  # PaliGemmaProcessor reads it here
    return PaliGemmaProcessor(images, build_tokenizer(texts, size.vocabulary), chat_template=STOCK_CHAT_TEMPLATE)


def build_model(processor: PaliGemmaProcessor, size: NanoSize, seed: int) -> PaliGemmaForConditionalGeneration:
    """Random weights of this shape; location tokens and patch positions start along sinusoids, so that neighbours are
    similar."""
    torch.manual_seed(seed)
    tokenizer = processor.tokenizer
    rows = -(-len(tokenizer) // 64) * 64
    ids = {name: getattr(tokenizer, name) for name in ("pad_token_id", "bos_token_id", "eos_token_id")}
    vision = SiglipVisionConfig(
        hidden_size=size.width,
        intermediate_size=size.width * size.feed_forward,
        num_hidden_layers=size.tower_layers,
        num_attention_heads=size.heads,
        image_size=size.image,
        patch_size=size.patch,
        vision_use_head=False,
    )
    text = Gemma2Config(
        vocab_size=rows,
        hidden_size=size.width,
        intermediate_size=size.width * size.feed_forward,
        num_hidden_layers=size.decoder_layers,
        num_attention_heads=size.heads,
        num_key_value_heads=max(1, size.heads // 2),
        head_dim=size.width // size.heads,
        query_pre_attn_scalar=size.width // size.heads,
        sliding_window=4096,
        max_position_embeddings=2048,
        attn_logit_softcapping=None,
        final_logit_softcapping=None,
        tie_word_embeddings=True,
        **ids,
    )
    config = PaliGemmaConfig(
        vision_config=vision,
        text_config=text,
        image_token_index=processor.image_token_id,
        vocab_size=rows,
        projection_dim=size.width,
        hidden_size=size.width,
        tie_word_embeddings=True,
        **ids,
    )
    model = PaliGemmaForConditionalGeneration(config)
    locations = location_ids(processor)
    embeddings = cast(torch.nn.Embedding, model.get_input_embeddings()).weight
    with torch.no_grad():
        embeddings[locations] = _sinusoid(len(locations), size.width) * embeddings.std()
        positions = model.model.vision_tower.embeddings.position_embedding.weight
        positions.copy_(_sinusoid_2d(size.image // size.patch, size.width) * POSITION_SCALE)
    return model


def _sinusoid(count: int, width: int) -> torch.Tensor:
    """(count, width) smooth codes with unit standard deviation: sines and cosines of 1/4 to 16 periods."""
    at = torch.linspace(0, 1, count)[:, None]
    waves = torch.exp(torch.linspace(0, math.log(64), width // 2))[None] * math.pi / 2
    codes = torch.cat([torch.sin(at * waves), torch.cos(at * waves)], dim=1)
    return codes / codes.std()


def _sinusoid_2d(side: int, width: int) -> torch.Tensor:
    """(side², width) codes of the patches, row by row: half of the channels tell the row, half the column."""
    codes = _sinusoid(side, width // 2)
    return torch.cat([codes.repeat_interleave(side, dim=0), codes.repeat(side, 1)], dim=1)


def location_ids(processor: PaliGemmaProcessor) -> torch.Tensor:
    """Token ids of the coordinate bins 0..512, in order."""
    return torch.tensor(processor.tokenizer.convert_tokens_to_ids(location_tokens()))
