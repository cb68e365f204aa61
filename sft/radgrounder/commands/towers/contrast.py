"""`radgrounder contrast`, `contrast-judge`, `contrast-ab`: a tower taught by sentences, and what that brought."""

import logging
import sys
from dataclasses import dataclass
from pathlib import Path

from radgrounder.commands.shared import require_folder, require_positive
from refrad2d.system.arguments import argument, command, option


@dataclass(frozen=True, kw_only=True)
class Contrast:
    """Options of `radgrounder contrast`; what is not here stands in the recipe."""

    base: Path = argument("a PaliGemma folder, such as a base or a downloaded checkpoint", metavar="BASE")
    data: str = option("a dataset with the config grounded, of `refrad2d build` its refrad2d", metavar="DATASET")
    out: Path = option("folder to make", metavar="DIR")
    recipe: Path = option("a complete run as YAML", default=Path("sft/recipes/nano/contrast.yaml"), metavar="FILE")
    steps: int | None = option("of the optimizer", default=None, metavar="N", shown_default="the recipe's")
    seed: int | None = option("of what is drawn", default=None, metavar="S", shown_default="the recipe's")
    tower_share: float | None = option(
        "the tower's learning rate over that of the rest; 0: the tower stays, as a control",
        default=None,
        metavar="P",
        shown_default="the recipe's",
    )


@command("contrast", example="sft/bases/nano --data build/masks/data --out build/contrast/model")
def contrast(given: Contrast) -> int:
    """Adapt the vision tower of a PaliGemma to the sentences of a dataset, by a sigmoid loss.

    In: a PaliGemma folder and a dataset. Out: DIR, the folder with another vision tower and nothing else changed, which
    loads with plain `from_pretrained`; what was done in DIR/contrast.json, both towers in DIR/contrast for
    `radgrounder contrast-judge`. Where the recipe keeps checkpoints, a killed run goes on. DIR must not exist yet.
    """
    require_folder(given.base, "Give a PaliGemma folder; download a checkpoint of the Hub first.")
    require_positive(given, "steps")
    from radgrounder.contrast.learning import run

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    more = {"max_steps": given.steps, "seed": given.seed, "tower_share": given.tower_share}
    done = run(
        given.base, given.data, given.out, given.recipe, **{k: value for k, value in more.items() if value is not None}
    )
    left = ", ".join(f"{count} {reason}" for reason, count in done["dropped"].items() if count) or "none"
    print(
        f"{given.out}: {done['slices']} slices with {done['sentences']} sentences, {done['steps']} steps "
        f"(left out: {left})"
    )
    return 0


@dataclass(frozen=True, kw_only=True)
class Judged:
    """Options of `radgrounder contrast-judge`."""

    model: Path = argument("the DIR of `radgrounder contrast`", metavar="MODEL")
    base: Path = option("the folder that it was made of", metavar="BASE")
    data: str = option("the dataset, whose test patients are judged", metavar="DATASET")
    out: Path = option("folder for the figures", metavar="DIR")
    control: Path | None = option("a DIR of `radgrounder contrast --tower-share 0`", default=None, metavar="MODEL")
    seed: int = option("of the random tower and of the intervals", default=0, metavar="S")


@command(
    "contrast-judge", example="build/contrast/model --base sft/bases/nano --data build/masks/data --out build/judged"
)
def judge(given: Judged) -> int:
    """Judge an adapted tower on new patients: sentences found for slices, findings read off by a linear probe.

    In: what `radgrounder contrast` made, its base, and the dataset. Out: DIR/contrast.json and DIR/contrast.md, which
    is printed: R@1 and R@5 of image to sentence beside chance and the region's most frequent sentences, and the area
    under the ROC curve of a probe beside the tower before and a random one.
    """
    for folder in (given.model, given.base, *([given.control] if given.control else [])):
        require_folder(folder, "Give the DIR of `radgrounder contrast`, and its base.")
    from radgrounder.contrast.judge import format_judged, run

    print(format_judged(run(given.model, given.base, given.data, given.out, control=given.control, seed=given.seed)))
    return 0


@dataclass(frozen=True, kw_only=True)
class Compared:
    """Options of `radgrounder contrast-ab`."""

    base: Path = argument("the folder with the tower before", metavar="BASE")
    model: Path = argument("the DIR of `radgrounder contrast`", metavar="MODEL")
    data: str = option("a dataset with the configs grounded, vqa and report", metavar="DATASET")
    out: Path = option("folder for runs and figures", metavar="DIR")
    recipe: Path = option(
        "a packed recipe, for sft/train_packed.py", default=Path("sft/recipes/nano/packed.yaml"), metavar="FILE"
    )
    steps: int = option("of each run", default=40, metavar="N")
    seeds: tuple[int, ...] = option("a run of each arm for each", default=(0, 1, 2), metavar="S")
    limit: int = option("test slices that are asked about, drawn by hash", default=24, metavar="N")


@command("contrast-ab", example="sft/bases/nano build/contrast/model --data build/masks/data --out build/contrast/ab")
def compare(given: Compared) -> int:
    """Train language model and projector behind both frozen towers alike, and compare their answers.

    In: both folders and a dataset. Out: DIR/contrast-ab.json and DIR/contrast-ab.md, which is printed: grounding,
    reports and questions behind either tower, averaged over seeds, and the paired differences. A killed trial goes on
    when the command is run again.
    """
    for folder in (given.base, given.model):
        require_folder(folder, "Give a base, and the DIR of `radgrounder contrast`.")
    if not given.recipe.is_file():
        raise ValueError(f"There is no recipe {given.recipe}. Give a YAML like sft/recipes/nano/packed.yaml.")
    require_positive(given, "steps", "limit")
    from radgrounder.contrast.ab import Trial, format_trial, run

    trial = Trial(given.recipe, given.steps, given.seeds, given.limit)
    print(format_trial(run(given.base, given.model, given.data, given.out, trial)), end="")
    return 0
