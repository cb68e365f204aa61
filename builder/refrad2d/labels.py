"""The vocabulary: 121 anatomical classes with ids, names in two languages, synonyms and TotalSegmentator ids.

Everything stands in labels.csv; a new synonym touches that file alone. Ids are those of the RadGrounder release
(CT `total` ids 1..117, then four classes that exist in MR only), so checkpoints stay interchangeable.
"""

from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache

from refrad2d.system.tables import read_csv

FINDING = "finding"  # the one label outside the 121 classes: things that are not anatomy
LANGUAGES = ("de", "en")
PLANES = ("axial", "coronal", "sagittal")
MODALITIES = ("CT", "MR")
PARTS = ("head", "neck", "chest", "abdomen", "pelvis", "thigh")  # of the body, along its axis
ALIKE = 0.75  # `difflib`'s ratio of two names that may be one, misspelled


@dataclass(frozen=True)
class Label:
    """One class. `ct_id` and `mr_id` are TotalSegmentator's ids of the tasks `total` and `total_mr`, None if absent.

    `parts` are the indices in PARTS at whose height the class may lie, none for an arm's, which may lie at any.
    """

    id: int
    name: str
    english: str
    german: str
    ct_id: int | None
    mr_id: int | None
    synonyms_en: tuple[str, ...]
    synonyms_de: tuple[str, ...]
    parts: tuple[int, ...]

    def display(self, language: str) -> str:
        """The name that a reader of this language sees: "left kidney", "linke Niere"."""
        return {"en": self.english, "de": self.german}[language]


@cache
def labels() -> tuple[Label, ...]:
    """All classes in the order of their ids, 1..121."""
    return tuple(
        Label(
            id=int(row["id"]),
            name=row["name"],
            english=row["english"],
            german=row["german"],
            ct_id=int(row["ct_id"]) if row["ct_id"] else None,
            mr_id=int(row["mr_id"]) if row["mr_id"] else None,
            synonyms_en=tuple(s for s in row["synonyms_en"].split("|") if s),
            synonyms_de=tuple(s for s in row["synonyms_de"].split("|") if s),
            parts=tuple(PARTS.index(part) for part in row["parts"].split("|") if part),
        )
        for row in read_csv(__package__, "labels.csv")
    )


@cache
def _by_name() -> dict[str, Label]:
    return {label.name: label for label in labels()}


def label_by_name(name: str) -> Label:
    """The class of this name, as in labels.csv ("kidney_left"). ValueError if there is none."""
    if name not in _by_name():
        raise ValueError(f"Unknown label {name!r}. Choose one of the 121 names in labels.csv, such as 'kidney_left'.")
    return _by_name()[name]


def is_label(name: str) -> bool:
    """True if the name is one of the 121 classes."""
    return name in _by_name()


def label_by_id(class_id: int) -> str | None:
    """The name of a unified class id, None outside 1..121."""
    return labels()[class_id - 1].name if 1 <= class_id <= len(labels()) else None


def find_label(text: str) -> Label | None:
    """The class that a person means by a name: class name, English or German name, synonym; case does not matter."""
    wanted = _fold(text)
    return next((label for label in labels() if wanted in _spellings(label)), None)


def find_similar_labels(text: str, *, most: int = 6) -> list[Label]:
    """The classes with a name that is spelled like this one ("livr"), the most alike first, at most so many."""
    spelled = {name: label for label in labels() for name in sorted(_spellings(label))}
    alike = get_close_matches(_fold(text), spelled, n=most, cutoff=ALIKE)
    return list(dict.fromkeys(spelled[name] for name in alike))


@cache
def _spellings(label: Label) -> frozenset[str]:
    return frozenset(map(_fold, (label.name, label.english, label.german, *label.synonyms_en, *label.synonyms_de)))


def _fold(name: str) -> str:
    return " ".join(name.replace("_", " ").casefold().split())


def exists_in(label: Label, modality: str) -> bool:
    """True if TotalSegmentator has the class in this modality's task."""
    return (label.ct_id if modality == "CT" else label.mr_id) is not None
