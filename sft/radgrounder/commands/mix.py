"""`radgrounder mix`: public question sets as `sft` configs, and mixtures of such configs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from radgrounder.commands.shared import require_folder
from refrad2d.system.arguments import argument, command, option

if TYPE_CHECKING:
    from radgrounder.training.mixtures import Rows

GROUP = {"mix": "make training sets of public questions, and mixtures of training sets"}


@dataclass(frozen=True, kw_only=True)
class PublicSet:
    """Options of `radgrounder mix slake` and `radgrounder mix vqa-rad`."""

    data: Path = argument("the data set's folder, as for `radgrounder eval`", metavar="DATA")
    out: Path = argument("folder to make", metavar="OUT")


@command("mix slake", example="Slake1.0 build/slake")
def slake(given: PublicSet) -> int:
    """Make a training set of SLAKE's English training and validation questions.

    In: the folder that SLAKE comes in. Out: OUT, a dataset with the config sft, split by picture: none that is in
    validation or test is trained on.
    """
    require_folder(given.data, "Give the folder that holds train.json and imgs.")
    from radgrounder.training.mixtures import read_slake

    return _write(read_slake(given.data), given.out, about=_about("slake"))


@command("mix vqa-rad", example="VQA-RAD build/vqa-rad")
def vqa_rad(given: PublicSet) -> int:
    """Make a training set of VQA-RAD's training and validation questions.

    In: the folder of VQA-RAD, laid out as for `radgrounder eval`. Out: OUT, a dataset with the config sft, split by
    picture: none that is in validation or test is trained on.
    """
    require_folder(given.data, "Give the folder of VQA-RAD.")
    from radgrounder.training.mixtures import read_vqa_rad

    return _write(read_vqa_rad(given.data), given.out, about=_about("vqa-rad"))


@dataclass(frozen=True, kw_only=True)
class Mixture:
    """Options of `radgrounder mix sets`."""

    out: Path = argument("folder to make", metavar="OUT")
    sources: tuple[str, ...] = argument(
        "dataset folders with the config sft, and their shares of the conversations", metavar="FOLDER=SHARE"
    )
    seed: int = option("of what is drawn", default=0, metavar="S")


@command("mix sets", example="build/public build/slake=0.5 build/vqa-rad=0.5")
def sets(given: Mixture) -> int:
    """Mix training sets: a share of the conversations from each, as many as there are without repeating any.

    In: folders with the config sft, of `radgrounder mix slake`, `mix vqa-rad` or `refrad2d build` (its refrad2d
    folder). Out: OUT, a dataset with the config sft; pictures are drawn whole.
    """
    shares = parse_shares(given.sources)
    from radgrounder.training.mixtures import mix, read_config

    rows = mix({name: read_config(Path(name)) for name in shares}, shares, seed=given.seed)
    named = ", ".join(f"{Path(name).name} ({share:g})" for name, share in shares.items())
    return _write(rows, given.out, about=f"A mixture of {named}.")


def parse_shares(sources: Sequence[str]) -> dict[str, float]:
    """{"build/slake": 0.5} of ["build/slake=0.5"]. ValueError for what is no FOLDER=SHARE."""
    shares = {}
    for source in sources:
        folder, _, share = source.rpartition("=")
        try:
            shares[folder] = float(share)
        except ValueError:
            folder = ""
        if not folder:
            raise ValueError(f"{source!r} is no FOLDER=SHARE. Write build/slake=0.5.")
    return shares


def _about(name: str) -> str:
    return f"The training and validation questions of {name}, split by picture."


def _write(rows: "Rows", out: Path, *, about: str) -> int:
    from radgrounder.training.mixtures import write_config

    counts = write_config(rows, out, about=about)
    print(f"{out}: " + ", ".join(f"{n} {split}" for split, n in counts.items()))
    return 0
