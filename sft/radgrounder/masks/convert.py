"""The segmentation checkpoint of the authors' release as a stock folder with a mask head beside it.

    radgrounder convert models/segmentation build/released
    >>> convert(Path("models/segmentation"), Path("build/released"))

The checkpoint is a PaliGemma of a class of its own: stock tensors, and those of the decoder under `PREFIX`. These are
renamed for `masks.release_head` and written as mask_head.safetensors; the others stay as they are, file by file, so
that a machine needs the memory of one of them. No model is built and nothing is unpickled.
"""

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from transformers import SiglipVisionConfig

from radgrounder.masks.release_head import LAYERS, ReleaseHead, ReleaseShape
from radgrounder.masks.storage import save_head
from radgrounder.models.release import refuse_existing
from refrad2d.system.files import atomic_folder

PREFIX = "segmentation_head."
INDEX = "model.safetensors.index.json"
CLASS = "PaliGemmaForConditionalGeneration"
PARTS = ("q_proj", "k_proj", "v_proj")  # which torch keeps in one tensor, in this order
_ATTENTION = re.compile(r"(.*)\.(q_proj|k_proj|v_proj|out_proj)\.(weight|bias)")
_NORM = re.compile(r"norm([1-4])\.")
_NAMES = (  # of the checkpoint → ours
    ("img_projection.", "tokens."),
    ("transformer.layers.", "layers."),
    (".self_attn.", ".own."),
    (".cross_attn_token_to_image.", ".look."),
    (".cross_attn_image_to_token.", ".tell."),
    ("transformer.final_attn_token_to_image.", "last."),
    ("transformer.norm_final_attn.", "last_norm."),
    ("output_proj.", "mask."),
)


def convert(checkpoint: Path, out: Path) -> ReleaseShape:
    """Write `out`, which must not exist, and return the shape of its head.

    ValueError if the checkpoint has no safetensors, no decoder, or one of other tensors than the release's.
    """
    refuse_existing(out)
    files = sorted(checkpoint.glob("*.safetensors"))
    if not files or not (checkpoint / "config.json").is_file():
        raise ValueError(
            f"{checkpoint} holds no config.json with safetensors. Give the folder `segmentation` of the release."
        )
    config = json.loads((checkpoint / "config.json").read_text(encoding="utf-8"))
    found: dict[str, torch.Tensor] = {}
    with atomic_folder(out) as temporary:
        for path in files:
            found |= _split(path, temporary / path.name)
        shape = _shape(config, found)
        save_head(_as_head(found, shape), temporary, dtype=next(iter(found.values())).dtype)
        for path in checkpoint.iterdir():
            if path.suffix in (".json", ".model", ".txt", ".jinja", ".md") and path.name not in ("config.json", INDEX):
                shutil.copy(path, temporary / path.name)
        if (checkpoint / INDEX).is_file():
            _write_json(temporary / INDEX, _without_head(json.loads((checkpoint / INDEX).read_text(encoding="utf-8"))))
        _write_json(temporary / "config.json", {**config, "architectures": [CLASS]})
    return shape


def _split(source: Path, out: Path) -> dict[str, torch.Tensor]:
    """The decoder's tensors of a file, by their names without the prefix; all others are written to `out`."""
    with safe_open(source, framework="pt") as file:
        names = list(file.keys())
        head = {name.removeprefix(PREFIX): file.get_tensor(name) for name in names if name.startswith(PREFIX)}
        stock = {name: file.get_tensor(name) for name in names if not name.startswith(PREFIX)}
        if stock:
            save_file(stock, out, metadata={"format": "pt", **(file.metadata() or {})})
    return head


def _without_head(index: dict[str, Any]) -> dict[str, Any]:
    """An index of files without the decoder's tensors; their sum of bytes is left out, nothing reads it."""
    kept = {name: file for name, file in index["weight_map"].items() if not name.startswith(PREFIX)}
    return {"metadata": {}, "weight_map": kept}


def _shape(config: Mapping[str, Any], found: Mapping[str, torch.Tensor]) -> ReleaseShape:
    if "img_projection.weight" not in found:
        raise ValueError("The checkpoint has no mask decoder. Give the folder `segmentation` of the release.")
    width, tower = found["img_projection.weight"].shape
    layers = {name.split(".")[2] for name in found if name.startswith("transformer.layers.")}
    vision: Any = SiglipVisionConfig(**config.get("vision_config", {}))  # what a file leaves out is the class's default
    side = vision.image_size // vision.patch_size
    return ReleaseShape(width=width, tower=tower, side=side, layers=len(layers) or LAYERS)


def rename(found: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The decoder's tensors by our names. ValueError if an attention lacks one of its parts."""
    renamed: dict[str, torch.Tensor] = {}
    joined: dict[str, dict[str, torch.Tensor]] = {}
    for name, tensor in found.items():
        ours = name
        for theirs, mine in _NAMES:
            ours = ours.replace(theirs, mine)
        ours = _NORM.sub(lambda match: f"norms.{int(match.group(1)) - 1}.", ours)
        part = _ATTENTION.fullmatch(ours)
        if part and part.group(2) in PARTS:
            joined.setdefault(f"{part.group(1)}.in_proj_{part.group(3)}", {})[part.group(2)] = tensor
        else:
            renamed[ours] = tensor
    for name, parts in joined.items():
        if missing := [part for part in PARTS if part not in parts]:
            raise ValueError(
                f"The decoder lacks {missing[0]} of {name.rpartition('.')[0]}. Download the checkpoint again."
            )
        renamed[name] = torch.cat([parts[part] for part in PARTS])
    return renamed


def _as_head(found: Mapping[str, torch.Tensor], shape: ReleaseShape) -> ReleaseHead:
    """The head of these tensors, in single precision. ValueError if they are not those of its shape."""
    head, tensors = ReleaseHead(shape), rename(found)
    wanted = {name: tensor.shape for name, tensor in head.state_dict().items()}
    if odd := sorted(
        name for name in wanted.keys() | tensors.keys() if wanted.get(name) != getattr(tensors.get(name), "shape", None)
    ):
        raise ValueError(f"The decoder's tensor {odd[0]} is missing, or not one of the release's. Give its checkpoint.")
    head.load_state_dict({name: tensor.float() for name, tensor in tensors.items()})
    return head


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
