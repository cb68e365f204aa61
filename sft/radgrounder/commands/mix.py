"""`radgrounder mix`: public question sets as `sft` configs, and mixtures of such configs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from radgrounder.commands.shared import require_folder, require_positive
from refrad2d.mixture import Mixture as Kept
from refrad2d.system.arguments import argument, command, option

if TYPE_CHECKING:
    from collections.abc import Iterable

    from radgrounder.training.mixtures import Row

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


@dataclass(frozen=True, kw_only=True)
class Cap:
    """Options of `radgrounder mix cap`."""

    data: Path = argument("a dataset folder with the config sft, of `refrad2d build` its refrad2d", metavar="DATASET")
    out: Path = argument("folder to make", metavar="OUT")
    reports: int = option("of a slice at most", default=Kept.report, metavar="N")
    questions: int = option("of a slice at most", default=Kept.question, metavar="N")
    places: int = option('of "where is …" answered by a box, at most', default=Kept.place, metavar="N")
    absent: int = option("of those answered in words, at most", default=Kept.absent, metavar="N")
    draws: int = option("how often a training slice comes, each time with others of its conversations", default=1)
    packed: bool = option("a slice with all its answers is one row, for sft/train_packed.py", default=False)


@command("mix cap", example="build/dataset/refrad2d build/packed --packed")
def cap(given: Cap) -> int:
    """Keep at most so many conversations of a slice, drawn by a hash of its id.

    In: a folder with the config sft, which has every conversation of a slice, most of them places. Out: OUT, a dataset
    with the config sft. The same input gives the same rows; DATASET keeps them all.
    """
    require_folder(given.data, "Give the refrad2d folder of a build.")
    require_positive(given, "draws")
    kept = Kept(given.reports, given.questions, given.places, given.absent)
    from radgrounder.training.mixtures import cap as cap_rows

    rows = cap_rows(given.data, kept, draws=given.draws, packed=given.packed)
    about = (
        f"At most {kept.report} reports, {kept.question} questions, {kept.place} places and {kept.absent} absent "
        f"structures of a slice{', one row a slice' if given.packed else ''}; draws: {given.draws}."
    )
    return _write(rows, given.out, about=about)


@dataclass(frozen=True, kw_only=True)
class MaskRows:
    """Options of `radgrounder mix masks`."""

    data: Path = argument("a dataset with the config grounded, of `refrad2d build` its refrad2d", metavar="DATASET")
    out: Path = argument("folder to make", metavar="OUT")
    codec: Path = option("the codec of masks, of sft/train_codec.py", metavar="FILE")
    structures: int = option("asked for with their masks, of a slice at most", default=8, metavar="N")
    places: int = option("asked for with boxes alone, at most", default=3, metavar="N")
    absent: int = option("absent ones in each form, at most", default=1, metavar="N")
    draws: int = option("how often a training slice comes, each time with others of its conversations", default=1)


@command("mix masks", example="build/masks/data build/masks/rows --codec build/masks/codec.safetensors")
def masks(given: MaskRows) -> int:
    """Make a training set of masks as text: sixteen codes behind each span.

    In: a dataset whose slices have masks, and a codec. Out: OUT, a dataset with the config sft, a slice with all its
    answers a row, for sft/train_packed.py; beside answers with masks it keeps some with boxes alone.
    """
    require_folder(given.data, "Give the refrad2d folder of a build.")
    require_positive(given, "structures", "draws")
    if not given.codec.is_file():
        raise ValueError(f"There is no codec {given.codec}. Make one with sft/train_codec.py.")
    from datasets import load_dataset

    from radgrounder.masks.codec_training import load_codec
    from radgrounder.training.mask_rows import Asked, mask_rows
    from refrad2d.schema import SFT_SPLITS

    codec, asked = load_codec(given.codec), Asked(given.structures, given.places, given.absent)
    data = load_dataset(str(given.data), "grounded")
    rows = {
        split: mask_rows(data[split], codec, asked, draws=given.draws if split == "train" else 1)
        for split in SFT_SPLITS
        if split in data
    }
    return _write(rows, given.out, about="Masks as text: sixteen codes behind each span.")


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


def _write(rows: "Mapping[str, Iterable[Row]]", out: Path, *, about: str) -> int:
    from radgrounder.training.mixtures import write_config

    counts = write_config(rows, out, about=about)
    print(f"{out}: " + ", ".join(f"{n} {split}" for split, n in counts.items()))
    return 0
