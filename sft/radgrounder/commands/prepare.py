"""`radgrounder prepare` and `radgrounder release`: from a stock checkpoint to what `trl sft` trains, and back."""

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


@command("release", example="build/demo/adapter build/demo/model")
def release(given: Release) -> int:
    """Merge an adapter into a model of stock classes.

    In: what `trl sft` left: an adapter, or a model all of whose weights were trained. Out: OUT, which loads with plain
    `from_pretrained`, the adapter in OUT/adapter; its name is printed. OUT must not exist yet. A mask head lies beside
    the model in two files of its own, which `radgrounder predict --masks` reads.
    """
    from radgrounder.models.release import release as release_model
    from radgrounder.models.release import release_with_masks

    if given.mask_head:
        release_with_masks(given.adapter, given.mask_head, given.out)
    else:
        release_model(given.adapter, given.out)
    print(given.out)
    return 0
