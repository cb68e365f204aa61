"""`radgrounder plan`: what a run of a recipe takes, before a GPU is rented."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from radgrounder.commands.shared import require_positive, require_share
from radgrounder.training.plan import GPUS, UTILISATION
from refrad2d.system.arguments import argument, command, option

if TYPE_CHECKING:
    from radgrounder.training.contrast_plan import Contrast
    from radgrounder.training.plan import Load

ANSWERS = 10  # of an image where nobody says how many
MOST = 10**12  # of anything that is counted


@dataclass(frozen=True, kw_only=True)
class Planned:
    """Options of `radgrounder plan`."""

    recipe: Path = argument("a recipe of `trl sft`, sft/train_packed.py or `radgrounder contrast`", metavar="RECIPE")
    gpu: tuple[str, ...] = option("where it is to run", default=("h100",), choices=GPUS, metavar="NAME")
    data: Path | None = option(
        "a dataset folder with the config sft, as the recipe names it", default=None, metavar="DIR"
    )
    images: int | None = option("instead of --data: training images", default=None, metavar="N")
    answers: float | None = option(
        "conversations an image, all draws together, with --images",
        default=None,
        metavar="N",
        shown_default=f"{ANSWERS}",
    )
    prompt_tokens: float = option("of a conversation, with --images", default=20, metavar="N")
    answer_tokens: float = option("of a conversation, with --images", default=30, metavar="N")
    longest: float | None = option(
        "text tokens of the longest sample, which memory is for, with --images", default=None, metavar="N"
    )
    utilisation: float = option("share of the peak that is assumed", default=UTILISATION, metavar="P")
    model: str = option("a base: its shape and tokenizer", default="", metavar="DIR", shown_default="the recipe's")
    json: bool = option("one JSON object, unrounded", default=False)


@command("plan", example="sft/recipes/paligemma2-3b/packed-80gb.yaml --gpu h100 --images 1017000")
def plan(given: Planned) -> int:
    """Work out steps, tokens, operations, memory and hours of a recipe on a GPU.

    In: a recipe, and data or how much there will be. Out: a table on stdout, or JSON. Arithmetic: nothing is run, no
    GPU is needed, memory is an estimate, and hours hang on the share of the peak that is assumed. A base that is not
    there yet is taken for PaliGemma 2 3B at 224 px if its name says so.
    """
    _check(given)
    from radgrounder.training.contrast_plan import read_contrast

    if contrast := read_contrast(given.recipe):
        return _plan_contrast(given, contrast)
    from radgrounder.training.plan import as_json, as_text, make_plan, read_load
    from radgrounder.training.recipe import read_recipe
    from radgrounder.training.shape import shape_of

    recipe = read_recipe(given.recipe)
    config, tokenizer = _read_model(given.model or recipe.model)
    if given.data is None:
        load = _load(given)
    else:
        load = read_load(given.data, tokenizer=tokenizer)
    made = make_plan(recipe, shape_of(config), load, given.gpu, utilisation=given.utilisation)
    print(json.dumps(as_json(made), indent=2) if given.json else as_text(made))
    return 0


def _load(given: Planned) -> "Load":
    """What --images and its options say; answers that nobody gave are assumed, and the plan says so."""
    from radgrounder.training.plan import Load

    answers = ANSWERS if given.answers is None else given.answers
    assumed = f"{answers:g} answers an image: give --answers, what the recipe's `mix cap` keeps in all draws"
    return Load(
        given.images or 0,
        answers,
        given.prompt_tokens,
        given.answer_tokens,
        f"{given.prompt_tokens:g} + {given.answer_tokens:g} a conversation",
        longest=given.longest,
        assumed=assumed if given.answers is None else "",
    )


def _plan_contrast(given: Planned, recipe: "Contrast") -> int:
    """The plan of a recipe of `radgrounder contrast`, whose base is named by --model alone."""
    from radgrounder.training.contrast_plan import contrast_json, contrast_text, make_contrast_plan
    from radgrounder.training.shape import shape_of

    if given.images is None:
        raise ValueError("A contrast is planned for a number of slices. Give --images instead of --data.")
    shape = shape_of(_read_model(given.model or given.recipe.resolve().parent.name)[0])
    made = make_contrast_plan(recipe, shape, given.images, given.gpu, utilisation=given.utilisation)
    print(json.dumps(contrast_json(made), indent=2) if given.json else contrast_text(made))
    return 0


def _check(given: Planned) -> None:
    if (given.data is None) == (given.images is None):
        raise ValueError("Both or none of --data and --images are given. Give the one that you have.")
    if given.data is not None and not given.data.is_dir():
        raise ValueError(f"{given.data} is no folder. Give a dataset folder with the config sft.")
    numbers = ("images", "answers", "prompt_tokens", "answer_tokens", "longest")
    require_positive(given, *numbers)
    for name in numbers:
        if (getattr(given, name) or 0) > MOST:
            flag, value = name.replace("_", "-"), getattr(given, name)
            raise ValueError(f"--{flag} {value} is above {MOST:,}. Give what one run can see.")
    require_share(given, "utilisation")
    if given.utilisation == 0:
        raise ValueError("--utilisation 0 never ends. Give a share above 0.")


def _read_model(name: str) -> tuple:
    """Config and tokenizer (None without a folder) of a base."""
    from transformers import AutoConfig, PreTrainedTokenizerFast

    from radgrounder.training.shape import large_config

    folder = Path(name)
    if name and (folder / "config.json").is_file():
        known = (folder / "tokenizer.json").is_file()
        return AutoConfig.from_pretrained(folder), PreTrainedTokenizerFast.from_pretrained(folder) if known else None
    if "paligemma2-3b" in folder.name:
        return large_config(), None
    raise ValueError(f"There is no base at {name!r}. Run `radgrounder prepare BASE OUT` first, or give --model.")
