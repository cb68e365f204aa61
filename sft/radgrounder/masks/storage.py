"""A mask head in a model folder: weights and shape in two files beside the stock ones, which stay as they are.

>>> save_head(head, Path("build/model"))
>>> load_head("build/model").shape.size
96
"""

import json
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import hf_hub_download
from huggingface_hub.errors import EntryNotFoundError
from safetensors.torch import load_file, save_file

from radgrounder.masks.head import MaskHead
from radgrounder.masks.release_head import KIND, ReleaseHead, ReleaseShape
from radgrounder.masks.shape import MaskShape
from radgrounder.models.release import MASK_HEAD

WEIGHTS, SHAPE = MASK_HEAD
FORMAT = 1


AnyHead = MaskHead | ReleaseHead


def save_head(head: AnyHead, folder: Path, *, dtype: torch.dtype = torch.float16) -> None:
    """Write a head into a folder that exists; half of a float holds it, as it does the nano."""
    tensors = {name: tensor.detach().cpu().to(dtype).contiguous() for name, tensor in head.state_dict().items()}
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})
    about = {"format": FORMAT, **head.shape.to_json()}
    (folder / SHAPE).write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")


def load_head(model: str | Path) -> AnyHead | None:
    """The head of a model folder or Hub name, in single precision; None if it has none.

    ValueError if its files do not belong together, or a later version wrote them.
    """
    weights, shape = (find_file(model, name) for name in (WEIGHTS, SHAPE))
    if weights is None and shape is None:
        return None
    if weights is None or shape is None:
        raise ValueError(f"Of a mask head {WEIGHTS} and {SHAPE} are needed, one is missing. Copy both, or neither.")
    described = read_shape(shape)
    head: AnyHead = MaskHead(described) if isinstance(described, MaskShape) else ReleaseHead(described)
    stored = {name: tensor.float() for name, tensor in load_file(weights).items()}
    wanted = {name: tensor.shape for name, tensor in head.state_dict().items()}
    if {name: tensor.shape for name, tensor in stored.items()} != wanted:
        raise ValueError(f"The tensors of {WEIGHTS} are not those of the shape in {SHAPE}. Copy both from one run.")
    head.load_state_dict(stored)
    return head.eval()


def read_shape(path: Path) -> MaskShape | ReleaseShape:
    """The shape in a mask_head.json: of our head, or of a converted one. ValueError if it is none, or of another
    format."""
    try:
        stored: Any = json.loads(path.read_text(encoding="utf-8"))
        version = stored.pop("format")
        if version != FORMAT:
            raise ValueError(f"{SHAPE} has format {version}, known is {FORMAT}. Use the version that wrote it.")
        return ReleaseShape(**stored) if stored.pop("kind", None) == KIND else MaskShape(**stored)
    except (json.JSONDecodeError, AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"{SHAPE} is no description of a mask head. Copy it again from the run.") from error


def require_fit(head: AnyHead, config: Any) -> None:
    """ValueError if a head was made for a model of another shape."""
    wanted = MaskShape.of(config, prompt=head.shape.prompt)
    towers = isinstance(head, ReleaseHead) and head.shape.tower != config.vision_config.hidden_size
    if towers or (wanted.width, wanted.side) != (head.shape.width, head.shape.side):
        raise ValueError(
            f"The mask head is for states of width {head.shape.width} and {head.shape.side} tokens a side, the model "
            f"has {wanted.width} and {wanted.side}. Train a head for this model with sft/train_masks.py."
        )


def find_file(model: str | Path, name: str) -> Path | None:
    """A file of a model folder or Hub name; None if it has none of this name."""
    if Path(model).is_dir():
        path = Path(model) / name
        return path if path.is_file() else None
    try:
        return Path(hf_hub_download(str(model), name))
    except EntryNotFoundError:
        return None
