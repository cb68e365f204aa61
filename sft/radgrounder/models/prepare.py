"""`radgrounder prepare BASE OUT` and `radgrounder release ADAPTER OUT`: from stock checkpoint to training and back.

A prepared base carries our processor and chat template (trust_remote_code in the recipe); a released model carries
stock classes only and loads with plain `from_pretrained`.
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import torch
from tokenizers import AddedToken
from transformers import (
    AutoConfig,
    AutoModelForImageTextToText,
    AutoProcessor,
    GenerationConfig,
    PaliGemmaProcessor,
    PreTrainedModel,
)
from transformers.processing_utils import ProcessorMixin

from radgrounder.models.processing import CHAT_TEMPLATE, IMAGE_ATTENTION, PROMPT_ATTENTION, RadGrounderProcessor
from refrad2d.grounding import markup_tokens
from refrad2d.system.tables import read_text

MAX_NEW_TOKENS = 256


def prepare(base: str, out: Path, *, attention: str = PROMPT_ATTENTION, with_markup_tokens: bool = False) -> None:
    """Write a base folder for `trl sft` from any PaliGemma checkpoint.

    `attention` "prompt" lets image and prompt see each other, as stock inference does; "image" only image tokens, which
    packing needs and inference must be told of (image_attention.md). `with_markup_tokens` adds a token for each piece
    of markup, which starts as the mean of the tokens that spelled it. ValueError if the attention is none of the two,
    the base is no PaliGemma, or `out` exists.
    """
    _refuse_existing(out)
    _require_paligemma(base)
    stock = PaliGemmaProcessor.from_pretrained(base)
    processor = RadGrounderProcessor(stock.image_processor, stock.tokenizer, CHAT_TEMPLATE, attention)
    model = AutoModelForImageTextToText.from_pretrained(base)
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
    embeddings = model.get_input_embeddings().weight
    with torch.no_grad():
        for piece, ids in zip(pieces, spelled, strict=True):
            embeddings[tokenizer.convert_tokens_to_ids(piece)] = embeddings[ids].mean(dim=0)


def release(adapter: Path, out: Path) -> None:
    """Merge a LoRA adapter (or take a fully trained model) and write it with stock classes, the adapter beside it.

    ValueError if the folder holds neither or `out` exists.
    """
    _refuse_existing(out)
    is_adapter = (adapter / "adapter_config.json").is_file()
    if not is_adapter and not (adapter / "config.json").is_file():
        raise ValueError(
            f"{adapter} holds neither adapter_config.json nor config.json. Give the output_dir of a training run."
        )
    source = str(adapter)
    if is_adapter:
        from peft import PeftModel

        source = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))["base_model_name_or_path"]
        base = AutoModelForImageTextToText.from_pretrained(source, dtype=torch.float32)
        model = PeftModel.from_pretrained(base, str(adapter)).merge_and_unload(safe_merge=True)
    else:
        model = AutoModelForImageTextToText.from_pretrained(source)
    processor = PaliGemmaProcessor.from_pretrained(source)
    vars(processor.image_processor).pop("auto_map", None)  # a prepared base names our class here too
    processor.tokenizer.init_kwargs.pop("auto_map", None)
    processor = PaliGemmaProcessor(processor.image_processor, processor.tokenizer, chat_template=CHAT_TEMPLATE)
    image_only = getattr(model.config, "radgrounder_attention", None) == IMAGE_ATTENTION
    notes = {"INFERENCE.md": read_text(__package__, "image_attention.md")}
    save_stock(model, processor, out, more=notes if image_only else {})
    if is_adapter:
        (out / "adapter").mkdir()
        for path in [*adapter.glob("adapter_*")]:
            shutil.copy(path, out / "adapter" / path.name)


def save_stock(
    model: torch.nn.Module, processor: PaliGemmaProcessor, out: Path, *, more: Mapping[str, str] = MappingProxyType({})
) -> None:
    """Write model and processor as one folder, renamed into place when whole; `more` are text files beside them."""
    temporary = out.with_name(out.name + ".tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    tokenizer = processor.tokenizer
    model.generation_config = GenerationConfig(
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        max_new_tokens=MAX_NEW_TOKENS,
    )
    model.save_pretrained(temporary)
    processor.save_pretrained(temporary)
    for name, text in more.items():
        (temporary / name).write_text(text, encoding="utf-8")
    temporary.rename(out)


def _refuse_existing(out: Path) -> None:
    if out.exists():
        raise ValueError(f"{out} exists already. Choose a new folder, or delete it.")


def _require_paligemma(base: str) -> None:
    try:
        kind = AutoConfig.from_pretrained(base).model_type
    except (OSError, ValueError) as error:
        raise ValueError(f"{base} is no model folder or Hub name. Give a PaliGemma checkpoint.") from error
    if kind != "paligemma":
        raise ValueError(f"{base} is a {kind} model. Give a PaliGemma or PaliGemma 2 checkpoint.")


def load_processor(model: str) -> ProcessorMixin:
    """The processor of a model for inference: the stock class, also where a prepared base names ours."""
    config = Path(model) / "processor_config.json"
    ours = config.is_file() and "auto_map" in json.loads(config.read_text(encoding="utf-8"))
    return (PaliGemmaProcessor if ours else AutoProcessor).from_pretrained(model)
