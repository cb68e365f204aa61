"""Pairs of slices and sentences from a dataset, and batches in which nothing true stands as an opposite.

    >>> pairs = read_pairs(read_split("build/dataset/refrad2d", "grounded", "train"))
    >>> batch = PairCollator(pairs, processor.image_processor, tokenizer, length=48)(pairs[:8])
    >>> batch["relation"]       # (8, sentences): 1 a slice's own sentence, -1 one that is false of it, 0 neither

A slice is paired with the sentences that are grounded in it: those with a span, which name something that its mask
shows. German and English sentences are pairs alike.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np
import torch
from datasets import Dataset

from radgrounder.contrast.truth import Facts, Sentence, Truth, facts_of, judge, looked_for, read_sentence
from refrad2d.text.sentences import split_sentences

COLUMNS = ("id", "patient", "study", "site", "modality", "body_part", "report", "objects", "findings", "provenance")
Study = tuple[str, str]
NOT_GROUNDED = "sentences that name nothing that their slice shows"
NO_PAIR = "slices without a grounded sentence"


@dataclass(frozen=True)
class Slice:
    """A slice by its `number` in the rows, what its row says of it, and the sentences that are grounded in it."""

    number: int
    id: str
    region: tuple[str, str]  # modality and body part
    facts: Facts
    sentences: tuple[Sentence, ...]

    @property
    def study(self) -> Study:
        """Patient and study, which one report tells of."""
        return self.facts.patient, self.facts.study


class Pairs(torch.utils.data.Dataset):
    """The slices of a split that have a grounded sentence; an item is {"slice", "image"}. `dropped` counts the rest."""

    def __init__(self, rows: Dataset, slices: Sequence[Slice], dropped: Mapping[str, int]) -> None:
        self.slices, self.dropped = slices, dropped
        self._images = rows.select_columns(["image"])

    def __len__(self) -> int:
        return len(self.slices)

    def __getitem__(self, n: int) -> dict[str, Any]:
        found = self.slices[n]
        return {"slice": found, "image": self._images[found.number]["image"].convert("RGB")}


def read_pairs(rows: Dataset | None, *, limit: int | None = None) -> Pairs:
    """The pairs of a split of the `grounded` config, at most `limit` slices of it, evenly spaced.

    ValueError if the split is missing or has none.
    """
    if rows is None:
        raise ValueError("The dataset lacks a split. Give one with train, validation and test in the config grounded.")
    if limit is not None and len(rows) > limit:
        rows = rows.select(np.linspace(0, len(rows) - 1, limit).astype(int))
    table = list(rows.select_columns(list(COLUMNS)))
    dropped: Counter[str] = Counter()
    slices = []
    for number, (row, looked) in enumerate(zip(table, looked_for(table), strict=True)):
        found = _read_slice(number, row, looked, dropped)
        dropped[NO_PAIR] += not found.sentences
        slices += [found] if found.sentences else []
    if not slices:
        raise ValueError("No slice has a sentence with a span. Give a dataset with masks and reports.")
    return Pairs(rows, slices, dropped)


def _read_slice(number: int, row: Mapping[str, Any], looked: frozenset[str], dropped: Counter) -> Slice:
    texts: dict[str, list[str]] = {}
    grounded: dict[tuple[str, str], Sentence] = {}
    for language, report in row["report"].items():
        if not report or not report["findings"]:
            continue
        starts = [span["start"] for span in report["spans"]]
        for start, end in split_sentences(report["findings"], language):
            text = report["findings"][start:end]
            texts.setdefault(language, []).append(text)
            if any(start <= at < end for at in starts):
                grounded[language, text] = read_sentence(text, language)
            else:
                dropped[NOT_GROUNDED] += 1
    region = (row["modality"], row["body_part"] or "")
    return Slice(number, row["id"], region, facts_of(row, texts, looked), tuple(grounded.values()))


def truth_table(slices: Sequence[Slice], sentences: Sequence[tuple[Sentence, Collection[Study]]]) -> np.ndarray:
    """`Truth` of each sentence, given with the studies that it is from, for each slice: (slices, sentences) int8."""
    table = np.empty((len(slices), len(sentences)), np.int8)
    for column, (sentence, origins) in enumerate(sentences):
        for row, found in enumerate(slices):
            table[row, column] = judge(sentence, found.facts, related=found.study in origins)
    return table


class PairCollator:
    """Slices of `Pairs` as a batch: pixel_values (B, 3, H, W), input_ids (S, length), relation (B, S) in {1, 0, -1}.

    Of each slice up to `sentences` sentences are drawn, by a hash of the ids in the batch, so that a run that goes on
    from a checkpoint draws the same. Sentences that are true of another slice, or not certainly false, are its 0.
    """

    def __init__(self, image_processor: Any, tokenizer: Any, *, length: int, sentences: int = 1) -> None:
        if sentences < 1:
            raise ValueError(f"{sentences} sentences an image teach nothing. Give 1 or more.")
        self.image_processor, self.tokenizer = image_processor, tokenizer
        self.length, self.sentences = length, sentences

    def __call__(self, items: Sequence[Mapping[str, Any]]) -> dict[str, torch.Tensor]:
        slices = [item["slice"] for item in items]
        key = sha256("\n".join(found.id for found in slices).encode()).digest()
        rng = np.random.default_rng(int.from_bytes(key[:8], "big"))
        drawn: list[tuple[int, Sentence]] = []
        for n, found in enumerate(slices):
            order = rng.permutation(len(found.sentences))[: self.sentences]
            drawn += [(n, found.sentences[int(k)]) for k in order]
        return {
            "pixel_values": self.image_processor([item["image"] for item in items], return_tensors="pt")[
                "pixel_values"
            ],
            "input_ids": encode_texts(self.tokenizer, [sentence.text for _, sentence in drawn], self.length),
            "relation": torch.from_numpy(relation(slices, drawn)),
        }


def relation(slices: Sequence[Slice], drawn: Sequence[tuple[int, Sentence]]) -> np.ndarray:
    """(slices, sentences) float32 of sentences that are drawn from these slices, each given with its slice's place: 1
    where a sentence is the slice's own, -1 where it is certainly false, 0 where it is true as well or may be."""
    table = truth_table(slices, [(sentence, {slices[n].study}) for n, sentence in drawn])
    found = np.where(table == Truth.FALSE, -1.0, 0.0).astype(np.float32)
    for column, (n, _) in enumerate(drawn):
        found[n, column] = 1.0
    return found


def encode_texts(tokenizer: Any, texts: Sequence[str], length: int) -> torch.Tensor:
    """(texts, length) ids, filled with padding at the right and cut: SigLIP reads a text of one length, without a mask,
    and what it says at the last place."""
    given = dict(padding="max_length", max_length=length, truncation=True, return_tensors="pt")
    ids: torch.Tensor = tokenizer(list(texts), padding_side="right", **given)["input_ids"]
    return ids
