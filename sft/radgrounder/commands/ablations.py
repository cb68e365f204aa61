"""`radgrounder ablations`: the paper's claims at nano scale."""

from radgrounder.commands.shared import require_folder, require_positive
from radgrounder.training.arms import Ablations
from refrad2d.system.arguments import command


@command("ablations", example='build/ablations --dataset build/demo/dataset --vqa-rad VQA-RAD --arms "all + boxes"')
def ablations(given: Ablations) -> int:
    """Train a model of each arm and seed by the same recipe, and judge all on both test sets.

    In: a build, VQA-RAD and a prepared base. Out: OUT/ablations.md and ablations.json, the figures of each arm and what
    they say about the claims; the tables are printed. A killed run goes on when the command is run again.
    """
    require_folder(given.dataset, "Give the DIR of `refrad2d build`.")
    require_folder(given.vqa_rad, "Give the folder of VQA-RAD.")
    require_folder(given.base, "Give the output of `radgrounder prepare`.")
    if not given.recipe.is_file():
        raise ValueError(f"There is no {given.recipe}. Give a recipe of `trl sft`, a YAML file.")
    require_positive(given, "steps", "train_batch", "limit", "samples")
    from radgrounder.training.ablations import run

    print(run(given))
    return 0
