"""`radgrounder card`: the model card."""

from dataclasses import dataclass
from pathlib import Path

from radgrounder.commands.shared import read_results, require_folder
from refrad2d.system.arguments import argument, command


@dataclass(frozen=True, kw_only=True)
class Card:
    """Options of `radgrounder card`."""

    model: Path = argument("the model folder that `radgrounder release` made", metavar="MODEL")
    results: tuple[Path, ...] = argument("what `radgrounder eval` left, a file a benchmark", metavar="RESULTS.json")


@command("card", example="build/demo/model build/demo/eval/results.json")
def card(given: Card) -> int:
    """Write the card of a model from the results of its evaluations.

    In: a model folder, and a results.json of each benchmark that it was judged on. Out: MODEL/README.md; words come
    from model_card/template.md, numbers from the results alone.
    """
    require_folder(given.model, "Give the output of `radgrounder release`.")
    from radgrounder.results.model_card import card as write_card
    from refrad2d.system.files import write_text

    write_text(given.model / "README.md", write_card(given.model, [read_results(path) for path in given.results]))
    return 0
