"""The two towers of a contrast, and the way of the vision tower out of a PaliGemma folder and back.

    >>> towers = build_towers(Path("sft/bases/nano"), TextShape(layers=2, length=48))
    >>> write_back(Path("sft/bases/nano"), towers, Path("build/contrast/model"), about={})

Both are parts of `SiglipModel` of transformers: the vision tower is the base's, with a new pooling head in front, since
a PaliGemma has none. The text tower is a small one from nothing that reads the base's tokens, or that of a SigLIP
checkpoint, which brings its pooling head, scale and bias as well.
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from transformers import (
    AutoConfig,
    AutoImageProcessor,
    AutoTokenizer,
    SiglipConfig,
    SiglipModel,
    SiglipTextConfig,
    SiglipVisionModel,
)

from radgrounder.models.release import load_model, load_processor, refuse_existing
from refrad2d.system.files import atomic_folder

SCALE, BIAS = 10.0, -10.0  # of the logits at the start, as SigLIP begins: most pairs are opposites
NOTE = "contrast.json"  # beside the weights
TOWERS = "contrast"  # the folder of both towers, beside them
STALE = (  # files of a base that say something of the tower that it had, or were fitted to it
    "README.md", "results.json", "calibration.json", "calibration.svg", "mask_head.json", "mask_head.safetensors",
    "mask_codec.safetensors", "adapter", NOTE, TOWERS,
)  # fmt: skip
_TOWER = "vision_tower."


@dataclass(frozen=True)
class TextShape:
    """A text tower: layers, and tokens of a text; `source` is a SigLIP checkpoint whose text tower is taken instead."""

    layers: int = 2
    length: int = 48
    source: str = ""


@dataclass(frozen=True)
class Towers:
    """A SiglipModel, and what makes its inputs. `length` is how many tokens a text is filled up to."""

    model: SiglipModel
    image_processor: Any
    tokenizer: Any
    length: int


def build_towers(base: Path, text: TextShape, *, seed: int = 0) -> Towers:
    """The vision tower of a PaliGemma folder beside a text tower, in float32.

    ValueError if the base is no PaliGemma, or if the checkpoint of `text` has another width.
    """
    require_paligemma(base)
    processor: Any = load_processor(str(base))
    tower = load_tower(base)
    torch.manual_seed(seed)
    if text.source:
        model, tokenizer = SiglipModel.from_pretrained(text.source).float(), AutoTokenizer.from_pretrained(text.source)
        length = model.config.text_config.max_position_embeddings
    else:
        tokenizer, length = processor.tokenizer, text.length
        model = SiglipModel(_config(tower.config, len(tokenizer), tokenizer, text))
        with torch.no_grad():
            model.logit_scale.fill_(torch.tensor(SCALE).log())
            model.logit_bias.fill_(BIAS)
    model.vision_model = _with_head(tower, model.vision_model)
    return Towers(model, processor.image_processor, tokenizer, length)


def save_towers(towers: Towers, folder: Path) -> None:
    """Write both towers as a stock SiglipModel, with tokenizer and image processor."""
    with atomic_folder(folder) as temporary:
        towers.model.save_pretrained(temporary)
        towers.tokenizer.save_pretrained(temporary)
        towers.image_processor.save_pretrained(temporary)


def load_towers(model: Path) -> Towers:
    """Both towers beside a model that `radgrounder contrast` made. ValueError if there are none."""
    folder = model / TOWERS
    if not (folder / "config.json").is_file():
        raise ValueError(f"The model has no folder {TOWERS}. Give the OUT of `radgrounder contrast`.")
    found: Any = SiglipModel.from_pretrained(folder)
    length = found.config.text_config.max_position_embeddings
    return Towers(found, AutoImageProcessor.from_pretrained(folder), AutoTokenizer.from_pretrained(folder), length)


def require_paligemma(base: Path) -> None:
    """ValueError if the folder is no PaliGemma with a SigLIP tower."""
    kind = AutoConfig.from_pretrained(base).model_type if (base / "config.json").is_file() else "missing"
    if kind != "paligemma":
        raise ValueError(f"The base is {kind}, no PaliGemma. Give the folder of a PaliGemma checkpoint.")


def load_tower(base: Path) -> SiglipVisionModel:
    """The vision tower of a PaliGemma folder, in float32."""
    tower: SiglipVisionModel = load_model(str(base)).model.vision_tower.float()
    return tower


def random_tower(like: SiglipVisionModel, *, seed: int = 0) -> SiglipVisionModel:
    """A tower of the same shape that has learned nothing."""
    torch.manual_seed(seed)
    return SiglipVisionModel(like.config)


def _config(vision: Any, vocabulary: int, tokenizer: Any, text: TextShape) -> SiglipConfig:
    """The text tower as wide as the vision tower; ids of padding and ends are the tokenizer's."""
    told = {name: getattr(tokenizer, name) for name in ("pad_token_id", "bos_token_id", "eos_token_id")}
    shape = SiglipTextConfig(
        vocab_size=vocabulary, hidden_size=vision.hidden_size, intermediate_size=vision.intermediate_size,
        num_hidden_layers=text.layers, num_attention_heads=vision.num_attention_heads,
        max_position_embeddings=text.length, projection_size=vision.hidden_size, **told,
    )  # fmt: skip
    seen = {**vision.to_dict(), "vision_use_head": True}
    return SiglipConfig(text_config=shape.to_dict(), vision_config=seen)


def _with_head(tower: SiglipVisionModel, given: SiglipVisionModel) -> SiglipVisionModel:
    """The tower with the pooling head of the given one. ValueError if their widths differ."""
    if given.config.hidden_size != tower.config.hidden_size:
        raise ValueError(
            f"The text tower belongs to a vision tower of width {given.config.hidden_size}, the base's has "
            f"{tower.config.hidden_size}. Give a SigLIP checkpoint of the same width."
        )
    whole = SiglipVisionModel(type(tower.config)(**{**tower.config.to_dict(), "vision_use_head": True}))
    whole.load_state_dict({**tower.state_dict(), **{f"head.{k}": v for k, v in given.head.state_dict().items()}})
    return whole


# Back into the folder


def write_back(base: Path, towers: Towers, out: Path, *, about: Mapping[str, Any]) -> int:
    """Write a copy of the base's folder with the vision tower of `towers`, in the base's numbers; returns how many
    tensors changed.

    Every other weight is copied byte for byte. Files that speak of the tower that was (`STALE`) stay behind; `about`
    goes into contrast.json. ValueError if `out` exists or the base's weights lack a part of the tower.
    """
    refuse_existing(out)
    left = {k: v for k, v in towers.model.vision_model.state_dict().items() if not k.startswith("head.")}
    with atomic_folder(out) as temporary:
        shutil.copytree(base, temporary, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*STALE, "*.safetensors"))
        for file in sorted(base.glob("model*.safetensors")):
            with safe_open(file, "pt") as opened:
                tensors = {key: opened.get_tensor(key) for key in opened.keys()}
                metadata = opened.metadata()
            for key in tensors:
                if (name := _in_tower(key)) in left:
                    tensors[key] = left.pop(name).detach().to(tensors[key].dtype).cpu().contiguous()
            save_file(tensors, temporary / file.name, metadata=metadata)
        if left:
            raise ValueError(
                f"The base's weights lack {len(left)} tensors of its tower. Save it anew with save_pretrained."
            )
        (temporary / NOTE).write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    return sum(not key.startswith("head.") for key in towers.model.vision_model.state_dict())


def _in_tower(key: str) -> str:
    """The name within the tower of a tensor in a PaliGemma's files, "" of any other."""
    _, found, name = key.partition(_TOWER)
    return name.removeprefix("vision_model.") if found else ""
