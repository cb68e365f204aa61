"""`radgrounder release ADAPTER OUT`: from a trained adapter to a model folder of stock classes, written whole and read.

A released model loads with plain `from_pretrained`.
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import torch
from transformers import (
    AutoModelForImageTextToText,
    AutoProcessor,
    GenerationConfig,
    PaliGemmaProcessor,
    PreTrainedModel,
)
from transformers.processing_utils import ProcessorMixin

from radgrounder.models.fingerprint import MASK_WEIGHTS
from radgrounder.models.processing import IMAGE_ATTENTION, STOCK_CHAT_TEMPLATE
from refrad2d.system.files import atomic_folder
from refrad2d.system.tables import read_text

MAX_NEW_TOKENS = 256
MASK_CODEC = "mask_codec.safetensors"  # beside a model that writes masks as text
MASK_HEAD = (MASK_WEIGHTS, "mask_head.json")  # files beside a model that has a mask head (radgrounder.masks)


def release(adapter: Path, out: Path, *, mask_codec: Path | None = None) -> None:
    """Merge a LoRA adapter (or take a fully trained model) and write it with stock classes, the adapter beside it, the
    mask head if the run trained one, and the codec that reads the masks of a model that writes them.

    ValueError if the folder holds neither, there is no such codec, or `out` exists.
    """
    refuse_existing(out)
    if mask_codec and not mask_codec.is_file():
        raise ValueError(f"There is no codec {mask_codec}. Give the file that sft/train_codec.py wrote.")
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
        model = load_model(source)
    processor = PaliGemmaProcessor.from_pretrained(source)
    vars(processor.image_processor).pop("auto_map", None)  # a prepared base names our class here too
    processor.tokenizer.init_kwargs.pop("auto_map", None)
    processor = PaliGemmaProcessor(processor.image_processor, processor.tokenizer, chat_template=STOCK_CHAT_TEMPLATE)
    image_only = getattr(model.config, "radgrounder_attention", None) == IMAGE_ATTENTION
    notes = {"INFERENCE.md": read_text(__package__, "image_attention.md")}
    save_stock(model, processor, out, more=notes if image_only else {})
    if is_adapter:
        (out / "adapter").mkdir()
        for path in adapter.glob("adapter_*"):
            shutil.copy(path, out / "adapter" / path.name)
    copy_mask_head(adapter, out)
    if mask_codec:
        shutil.copy(mask_codec, out / MASK_CODEC)


def save_stock(
    model: PreTrainedModel, processor: PaliGemmaProcessor, out: Path, *, more: Mapping[str, str] = MappingProxyType({})
) -> None:
    """Write model and processor as one folder, renamed into place when whole; `more` are text files beside them."""
    tokenizer = processor.tokenizer
    model.generation_config = GenerationConfig(
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        max_new_tokens=MAX_NEW_TOKENS,
    )
    with atomic_folder(out) as temporary:
        model.save_pretrained(temporary)
        processor.save_pretrained(temporary)
        for name, text in more.items():
            (temporary / name).write_text(text, encoding="utf-8")


def release_with_masks(model: Path, run: Path, out: Path) -> None:
    """Write a copy of a released model with the mask head of a run beside it; no byte of the model changes.

    ValueError if the model folder is none, the run has no head, or `out` exists.
    """
    refuse_existing(out)
    if not (model / "config.json").is_file():
        raise ValueError(f"{model} is no model folder. Give the output of `radgrounder release`.")
    if not all((run / name).is_file() for name in MASK_HEAD):
        raise ValueError(f"{run} holds no {' and '.join(MASK_HEAD)}. Give the output_dir of sft/train_masks.py.")
    with atomic_folder(out) as temporary:
        shutil.copytree(model, temporary, dirs_exist_ok=True)
        copy_mask_head(run, temporary)


def copy_mask_head(run: Path, out: Path) -> None:
    """Copy the files of a mask head, where a run left them."""
    for name in MASK_HEAD:
        if (run / name).is_file():
            shutil.copy(run / name, out / name)


def load_model(source: str) -> PreTrainedModel:
    """A model to compute with: weights that are stored in half precision, as the nano's are, come in single."""
    model: PreTrainedModel = AutoModelForImageTextToText.from_pretrained(source)
    return model.float() if model.dtype == torch.float16 else model


def refuse_existing(out: Path) -> None:
    """ValueError if `out` is there already."""
    if out.exists():
        raise ValueError(f"{out} exists already. Choose a new folder, or delete it.")


def load_processor(model: str) -> ProcessorMixin:
    """The processor of a model for inference: the stock class, also where a prepared base names ours."""
    config = Path(model) / "processor_config.json"
    ours = config.is_file() and "auto_map" in json.loads(config.read_text(encoding="utf-8"))
    return (PaliGemmaProcessor if ours else AutoProcessor).from_pretrained(model)
