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
from radgrounder.masks.shape import MaskShape
from radgrounder.models.release import MASK_HEAD

WEIGHTS, SHAPE = MASK_HEAD
FORMAT = 1


def save_head(head: MaskHead, folder: Path, *, dtype: torch.dtype = torch.float16) -> None:
    """Write a head into a folder that exists; half of a float holds it, as it does the nano."""
    tensors = {name: tensor.detach().cpu().to(dtype).contiguous() for name, tensor in head.state_dict().items()}
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})
    about = {"format": FORMAT, **head.shape.to_json()}
    (folder / SHAPE).write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")


def load_head(model: str | Path) -> MaskHead | None:
    """The head of a model folder or Hub name, in single precision; None if it has none.

    ValueError if its files do not belong together, or a later version wrote them.
    """
    weights, shape = (_find(model, name) for name in (WEIGHTS, SHAPE))
    if weights is None and shape is None:
        return None
    if weights is None or shape is None:
        raise ValueError(f"Of a mask head {WEIGHTS} and {SHAPE} are needed, one is missing. Copy both, or neither.")
    head = MaskHead(read_shape(shape))
    stored = {name: tensor.float() for name, tensor in load_file(weights).items()}
    wanted = {name: tensor.shape for name, tensor in head.state_dict().items()}
    if {name: tensor.shape for name, tensor in stored.items()} != wanted:
        raise ValueError(f"The tensors of {WEIGHTS} are not those of the shape in {SHAPE}. Copy both from one run.")
    head.load_state_dict(stored)
    return head.eval()


def read_shape(path: Path) -> MaskShape:
    """The shape in a mask_head.json. ValueError if it is none, or of another format."""
    try:
        stored: Any = json.loads(path.read_text(encoding="utf-8"))
        version = stored.pop("format")
        if version != FORMAT:
            raise ValueError(f"{SHAPE} has format {version}, known is {FORMAT}. Use the version that wrote it.")
        return MaskShape(**stored)
    except (json.JSONDecodeError, AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"{SHAPE} is no description of a mask head. Copy it again from the run.") from error


def require_fit(head: MaskHead, config: Any) -> None:
    """ValueError if a head was made for a model of another shape."""
    wanted = MaskShape.of(config, prompt=head.shape.prompt)
    if (wanted.width, wanted.side) != (head.shape.width, head.shape.side):
        raise ValueError(
            f"The mask head is for states of width {head.shape.width} and {head.shape.side} tokens a side, the model "
            f"has {wanted.width} and {wanted.side}. Train a head for this model with sft/train_masks.py."
        )


def _find(model: str | Path, name: str) -> Path | None:
    if Path(model).is_dir():
        path = Path(model) / name
        return path if path.is_file() else None
    try:
        return Path(hf_hub_download(str(model), name))
    except EntryNotFoundError:
        return None
