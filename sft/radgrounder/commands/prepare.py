"""`radgrounder prepare`, `release` and `convert`: from a stock checkpoint to what `trl sft` trains, and back; from the
authors' segmentation checkpoint to stock files."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from refrad2d.system.arguments import argument, command, option


@dataclass(frozen=True, kw_only=True)
class Prepare:
    """Options of `radgrounder prepare`."""

    base: str = argument("a PaliGemma checkpoint: folder or Hub name", metavar="BASE")
    out: Path = argument("folder to make", metavar="OUT")
    attention: Literal["prompt", "image"] = option(
        "what is bidirectional: the whole prompt or the image", default="prompt"
    )
    markup_tokens: bool = option("add a token for each piece of markup", default=False)


@command("prepare", example="google/paligemma2-3b-pt-224 build/paligemma2-3b-base")
def prepare(given: Prepare) -> int:
    """Make a base folder for `trl sft` from a PaliGemma checkpoint.

    In: a folder or Hub name. Out: OUT, the weights with our processor and chat template; its name is printed. OUT must
    not exist yet.
    """
    from radgrounder.models.prepare import prepare as prepare_base

    prepare_base(given.base, given.out, attention=given.attention, with_markup_tokens=given.markup_tokens)
    print(given.out)
    return 0


@dataclass(frozen=True, kw_only=True)
class Release:
    """Options of `radgrounder release`."""

    adapter: Path = argument("the output_dir of a training run", metavar="ADAPTER")
    out: Path = argument("folder to make", metavar="OUT")
    mask_head: Path | None = option(
        "the output_dir of sft/train_masks.py; ADAPTER is then a released model, copied as it is",
        default=None,
        metavar="RUN",
    )
    mask_codec: Path | None = option(
        "the codec of sft/train_codec.py, for a run that learned to write masks as text", default=None, metavar="FILE"
    )


@command("release", example="build/demo/adapter build/demo/model")
def release(given: Release) -> int:
    """Merge an adapter into a model of stock classes.

    In: what `trl sft` left: an adapter, or a model all of whose weights were trained. Out: OUT, which loads with plain
    `from_pretrained`, the adapter in OUT/adapter; its name is printed. OUT must not exist yet. A mask head lies beside
    the model in two files of its own, which `radgrounder predict --masks` reads, and so does a codec of masks as text.
    """
    from radgrounder.models.release import release as release_model
    from radgrounder.models.release import release_with_masks

    if given.mask_head:
        if given.mask_codec:
            raise ValueError("--mask-head copies a released model, its codec too. Give --mask-codec when releasing it.")
        release_with_masks(given.adapter, given.mask_head, given.out)
    else:
        release_model(given.adapter, given.out, mask_codec=given.mask_codec)
    print(given.out)
    return 0


@dataclass(frozen=True, kw_only=True)
class Convert:
    """Options of `radgrounder convert`."""

    checkpoint: Path = argument("the folder `segmentation` of the authors' release", metavar="CHECKPOINT")
    out: Path = argument("folder to make", metavar="OUT")


@command("convert", example="models/segmentation build/released")
def convert(given: Convert) -> int:
    """Turn the segmentation checkpoint of the RadGrounder release into stock files with a mask head beside them.

    In: the checkpoint's folder, in safetensors. Out: OUT, which loads with plain `from_pretrained`, its mask decoder in
    mask_head.safetensors, which `radgrounder.masks.reader.MaskReader` reads. OUT must not exist yet.
    """
    from radgrounder.masks.convert import convert as convert_checkpoint

    shape = convert_checkpoint(given.checkpoint, given.out)
    print(
        f"{given.out}: a mask head of width {shape.width}, {shape.layers} blocks, {shape.side} x {shape.side} patches"
    )
    return 0
