"""`radgrounder card`: the model card."""

from dataclasses import dataclass
from pathlib import Path

from radgrounder.commands.shared import read_results, require_folder
from refrad2d.system.arguments import argument, command, option


@dataclass(frozen=True, kw_only=True)
class Card:
    """Options of `radgrounder card`."""

    model: Path = argument("the model folder that `radgrounder release` made", metavar="MODEL")
    results: tuple[Path, ...] = argument("what `radgrounder eval` left, a file a benchmark", metavar="RESULTS.json")
    masks: Path | None = option("what `radgrounder masks` left", default=None, metavar="MASKS.json")


@command("card", example="build/demo/model build/demo/eval/results.json")
def card(given: Card) -> int:
    """Write the card of a model from the results of its evaluations.

    In: a model folder, a results.json of each benchmark that it was judged on, and the masks.json of its mask head
    if it has one. Out: MODEL/README.md; words come from model_card/, numbers from the results alone. A model with a
    mask head gets a section about it, and MODEL/masks.png is shown there if it exists.
    """
    require_folder(given.model, "Give the output of `radgrounder release`.")
    from radgrounder.results.model_card import card as write_card
    from refrad2d.system.files import write_text

    masks = read_results(given.masks) if given.masks else None
    text = write_card(given.model, [read_results(path) for path in given.results], masks)
    write_text(given.model / "README.md", text)
    return 0
