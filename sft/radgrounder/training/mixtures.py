"""Public question sets as `sft` configs of the same shape as a build's, and mixtures of such configs.

    radgrounder mix vqa-rad DATA build/vqa-rad
    radgrounder mix slake Slake1.0 build/slake
    radgrounder mix sets build/public build/slake=0.5 build/vqa-rad=0.5
    radgrounder mix cap build/dataset/refrad2d build/capped

Splits are by picture: none that is in validation or test is trained on. DATA is laid out as for `radgrounder eval`.
"""

import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import combinations, groupby
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from radgrounder.benchmarks import slake, vqa_rad
from radgrounder.benchmarks.questions import Question, open_pictures, read_splits, verify_pictures
from refrad2d.conversations import question_prompt, sft_row, turn
from refrad2d.dataset.writers import ParquetShards
from refrad2d.labels import LANGUAGES
from refrad2d.mixture import Mixture, choose
from refrad2d.schema import SFT_SPLITS, arrow_schema
from refrad2d.system.files import atomic_folder

Row = Mapping[str, Any]
Rows = dict[str, list[Row]]  # split → rows of the sft config, a picture's conversations next to each other
CONFIG = "sft"
PARTS = ("train", "validation", "test")  # of a public set


def read_vqa_rad(root: Path) -> Rows:
    """VQA-RAD's training and validation questions on the split without shared pictures (Wu et al. 2025).

    ValueError if files or pictures are missing or not the official ones.
    """

    def questions(part: str) -> Sequence[Question]:
        return vqa_rad.read_questions(root, "disjoint", part)

    return _read(questions, lambda image: root / "images" / image, "vqa_rad.csv", vqa_rad.SOURCE)


def read_slake(root: Path, languages: Sequence[str] = ("en",)) -> Rows:
    """SLAKE's training and validation questions; Chinese shares pictures across its splits. ValueError as above."""

    def questions(part: str) -> Sequence[Question]:
        name = "validate" if part == "validation" else part
        return slake.read_questions(root / f"{name}.json", name, languages)

    return _read(questions, lambda image: root / "imgs" / image / "source.jpg", "slake.csv", slake.SOURCE)


def _read(
    questions: Callable[[str], Sequence[Question]], path_of: Callable[[str], Path], table: str, source: str
) -> Rows:
    """The rows of a public set whose official pictures stand in `table`."""
    hashes = {image: row["sha256"] for image, row in read_splits(table).items()}
    return convert({part: questions(part) for part in PARTS}, path_of, hashes, source=source)


def convert(
    parts: Mapping[str, Sequence[Question]], path_of: Callable[[str], Path], hashes: Mapping[str, str], *, source: str
) -> Rows:
    """Rows of train and validation from questions by part; `test` is there to be kept apart.

    ValueError if a picture, told by its bytes, is in two parts, or if one is missing or not the official one.
    """
    pictures: dict[str, set[str]] = {part: {hashes[q.image] for q in questions} for part, questions in parts.items()}
    for first, second in combinations(PARTS, 2):
        if shared := pictures[first] & pictures[second]:
            raise ValueError(f"{len(shared)} pictures are in both {first} and {second}. Give an image-disjoint split.")
    rows: Rows = {}
    for split in SFT_SPLITS:
        paths = {q.image: path_of(q.image) for q in parts[split]}
        verify_pictures(paths, hashes, source=source)
        picture = open_pictures(paths)
        rows[split] = [row for image in paths for row in _rows_of(image, parts[split], picture(image))]
    return rows


def _rows_of(image: str, questions: Sequence[Question], pixels: np.ndarray) -> Iterator[Row]:
    """The conversations about a picture, which is (224, 224, 3) RGB uint8 as the model sees it."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    shown = {"bytes": buffer.getvalue(), "path": f"{sha256(image.encode()).hexdigest()[:16]}.png"}
    for question in questions:
        if question.image == image:
            language = question.language if question.language in LANGUAGES else "en"
            asked = question_prompt(question.text, language)
            yield sft_row(shown, turn(asked, question.answer))


# Mixtures


def read_config(folder: Path) -> Rows:
    """The sft config of a build or of this module. ValueError if there is none."""
    from datasets import Image as ImageFeature
    from datasets import load_dataset

    try:
        data = load_dataset(str(folder), CONFIG)
    except (FileNotFoundError, ValueError) as error:
        raise ValueError(f"{folder} has no {CONFIG} config. Give the refrad2d folder of a build.") from error
    return {
        split: list(data[split].cast_column("image", ImageFeature(decode=False)))
        for split in SFT_SPLITS
        if split in data
    }


def group_pictures(rows: Sequence[Row]) -> list[list[Row]]:
    """Neighbouring rows about one picture, as they stand."""
    return [list(group) for _, group in groupby(rows, key=picture_key)]


def picture_key(row: Row) -> str:
    """A name of the picture by its bytes."""
    return sha256(row["image"]["bytes"]).hexdigest()


def mix(sources: Mapping[str, Rows], shares: Mapping[str, float], *, seed: int = 0) -> Rows:
    """One config with these shares of conversations from each source, as large as it can be without repeating any.

    Pictures are drawn whole and interleaved by hash. ValueError if shares are not positive, or if a picture is in
    training by one source and in validation by another.
    """
    if not shares or min(shares.values()) <= 0:
        raise ValueError(f"The shares {dict(shares)} are not all positive. Leave out what is not wanted.")
    mixed: Rows = {}
    for split in SFT_SPLITS:
        present = {name: rows[split] for name, rows in sources.items() if rows.get(split)}
        if not present:
            continue
        total = min(len(rows) / shares[name] for name, rows in present.items())
        groups = [
            g for name, rows in present.items() for g in _draw(rows, round(total * shares[name]), f"{seed}{name}")
        ]
        groups.sort(key=lambda group: sha256(f"{seed} {picture_key(group[0])}".encode()).digest())
        mixed[split] = [row for group in groups for row in group]
    train, validation = ({picture_key(row) for row in mixed.get(split, [])} for split in SFT_SPLITS)
    if shared := train & validation:
        raise ValueError(
            f"{len(shared)} pictures are in train of one source and validation of another. Mix sets of other patients."
        )
    return mixed


def _draw(rows: Sequence[Row], count: int, seed: str) -> list[list[Row]]:
    """Pictures drawn by hash until they hold `count` conversations, the last one cut."""
    drawn: list[list[Row]] = []
    groups = group_pictures(rows)
    for group in sorted(groups, key=lambda g: sha256(f"{seed} {picture_key(g[0])}".encode()).digest()):
        if count <= 0:
            break
        drawn.append(group[:count])
        count -= len(group)
    return drawn


# At most so many conversations of a slice


def cap(folder: Path, mixture: Mixture, *, draws: int = 1, packed: bool = False) -> dict[str, Iterator[Row]]:
    """The sft config of a folder, of each picture what `mixture.choose` keeps; read row by row, never held whole.

    Training pictures come once for each of `draws`, one draw after the other, with other conversations where there are
    more; validation pictures once. With `packed` a picture and all that is kept of it are one row, as `packing.pack`
    would join them. ValueError if the folder has no sft config.
    """
    found = _stream(folder)
    numbers = {split: range(draws if split == "train" else 1) for split in found}
    return {split: _capped(rows, mixture, numbers[split], packed) for split, rows in found.items()}


def _stream(folder: Path) -> dict[str, Any]:
    from datasets import Image as ImageFeature
    from datasets import load_dataset

    try:
        data = load_dataset(str(folder), CONFIG, streaming=True)
    except (FileNotFoundError, ValueError) as error:
        raise ValueError(f"{folder} has no {CONFIG} config. Give the refrad2d folder of a build.") from error
    return {
        split: data[split].cast_column("image", ImageFeature(decode=False)) for split in SFT_SPLITS if split in data
    }


def _capped(rows: Iterable[Row], mixture: Mixture, draws: Iterable[int], packed: bool) -> Iterator[Row]:
    for draw in draws:
        for (name, picture), group in groupby(rows, key=_slice_key):
            turns = list(group)
            chosen = choose([row["messages"] for row in turns], name or picture, mixture, draw=draw)
            kept = [turns[number] for number in chosen]
            if packed and kept:
                messages = [message for row in kept for message in row["messages"]]
                kept = [{**kept[0], "messages": messages, "length": sum(row["length"] for row in kept)}]
            yield from kept


def _slice_key(row: Row) -> tuple[str, str]:
    """The row's id, which a build's pictures are named by, if they are named; and the picture by its bytes."""
    return Path(row["image"]["path"] or "").stem, picture_key(row)


# Files


def write_config(rows: Mapping[str, Iterable[Row]], out: Path, *, about: str) -> Counter:
    """Write a dataset folder with one config, renamed into place when whole; returns conversations a split.

    ValueError if `out` exists or there are no rows.
    """
    if out.exists():
        raise ValueError(f"{out} exists already. Choose a new folder, or delete it.")
    counts: Counter[str] = Counter()
    with atomic_folder(out) as temporary:
        for split, split_rows in rows.items():
            writer = ParquetShards(temporary / CONFIG, f"{CONFIG}-{split}", arrow_schema(CONFIG))
            for row in split_rows:
                writer.write(row)
            writer.close()
            if writer.rows:  # a split without rows has no file that a card could name
                counts[split] = writer.rows
        if not counts:
            raise ValueError("No conversation is left to write. Ask for more of each slice, or give another set.")
        # `datasets` tells its cached copies apart by the patterns of the card alone
        folder = f"{CONFIG}-{_digest(temporary)[:16]}"
        (temporary / CONFIG).rename(temporary / folder)
        (temporary / "README.md").write_text(_card(counts, folder, about), encoding="utf-8")
    return counts


def _digest(folder: Path) -> str:
    """Of all Parquet files below, read in pieces."""
    digest = sha256()
    for path in sorted(folder.rglob("*.parquet")):
        with path.open("rb") as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
    return digest.hexdigest()


def _card(counts: Mapping[str, int], folder: str, about: str) -> str:
    lines = ["---", "configs:", f"- config_name: {CONFIG}", "  data_files:"]
    for split in counts:
        lines += [f"  - split: {split}", f"    path: {folder}/{CONFIG}-{split}-*"]
    lines += ["---", "", about, "", *(f"- {split}: {count} conversations" for split, count in counts.items()), ""]
    return "\n".join(lines)
