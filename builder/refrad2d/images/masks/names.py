"""What a name beside a mask means: one of the 121 classes, a finding, the background, or nothing that we know.

    >>> meaning("left_kidney").label, meaning("liver_tumor").finding, meaning("face").known
    ('kidney_left', 'liver_tumor', False)

A part is not its whole ("heart_atrium_left" is no heart) and a pair is no class ("kidneys"): such names mean nothing
here, and what bears them is left out and counted.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache

from refrad2d.labels import labels
from refrad2d.system.tables import read_csv
from refrad2d.text.findings import finding_label, kinds_in, kinds_of, named_findings

_SIDES = {
    **dict.fromkeys("left links linke linker linkes linken lt li l sinister sinistra".split(), "left"),
    **dict.fromkeys("right rechts rechte rechter rechtes rechten rt re r dexter dextra".split(), "right"),
}
_BACKGROUND = frozenset(
    ("background", "bg", "hintergrund", "clear label", "unlabeled", "unlabelled", "unknown", "exterior", "outside")
)
# Words of a file's name that say nothing of its class.
_FILLERS = frozenset(
    "mask masks maske masken seg segs segmentation segmentations segmentierung label labels labelmap roi rois "
    "contour contours gt groundtruth ground truth annotation annotations manual auto pred prediction predictions "
    "final binary output result nii gz dcm nrrd m s ct mr mri volume vol img image im case sub subject patient pat pid "
    "scan study series ses labelstr labelsts dseg probseg totalsegmentator segmentator nnunet".split()
)
# Of these, the words that are said of masks alone, and of images.
MASK_WORDS = frozenset(
    "mask masks maske masken seg segs segmentation segmentations segmentierung labels labelmap roi rois contour "
    "contours gt groundtruth dseg".split()
)
IMAGE_WORDS = frozenset("image images img im ct mr mri vol volume scan".split())
_NOT_THERE = frozenset(
    "no non not without minus ohne kein keine nicht free frei healthy normal excluding except".split()
)
_WORDS = re.compile(r"[^\W\d_]+\d+|[^\W\d_]+|\d+")
_IDENTIFIER = re.compile(
    r"[^\W\d_]*\d{3,}|\d+|[0-9a-f]{8,}|"
    r"(?:case|sub|subject|patient|pat|pid|p|id|im|img|image|ct|mr|vol|volume|scan|study|series|ses|mask|seg|label)\d+"
)
_VERTEBRA = re.compile(r"(?:th|bwk?|lwk?|hwk?|[ctls])\d{1,2}")
_NUMBERED = ("vertebrae", "rib_")
_FOLD = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


@dataclass(frozen=True)
class Meaning:
    """Of a name: the class that it names, or the label of a finding, or that it is the background; else nothing."""

    label: str = ""
    finding: str = ""
    background: bool = False

    @property
    def known(self) -> bool:
        """True if the name means something."""
        return bool(self.label or self.finding or self.background)


@lru_cache(maxsize=4096)  # every file of a patient is asked for the same names
def meaning(name: str) -> Meaning:
    """What a whole name means: every word of it counts, save the words for a mask and its file."""
    words = _words(name)
    if " ".join(words) in _BACKGROUND:
        return Meaning(background=True)
    kept = [word for word in words if word not in _FILLERS]
    for candidate in (words, kept):
        if label := _class_of(candidate):
            return Meaning(label=label)
    return Meaning(finding=_finding_of(kept))


def names_mask(name: str) -> bool:
    """True if a word of a file's name says that it is a mask, whatever its class."""
    return not MASK_WORDS.isdisjoint(_words(name))


def meaning_of_path(parts: Iterable[str]) -> Meaning | None:
    """What a mask's path says of its only class: the name of its file, else of the nearest folder that names anything.

    None if all of them are words for masks and numbers; a `Meaning` that is not known if one is a word that we do not
    know. Folders are asked only where the file's name is such a word or number: `liver/vessels.nii` is no liver.
    """
    for part in reversed(list(parts)):
        words = _words(part)
        if _names_nothing(words):
            continue
        found = meaning(part)
        return found if found.known else _without_identifier(words)
    return None


def _names_nothing(words: list[str]) -> bool:
    return all(w in _FILLERS or _IDENTIFIER.fullmatch(w) for w in words) and not _class_of(words)


def _without_identifier(words: list[str]) -> Meaning:
    """The meaning of what stays when the number of a patient or case goes from its start.

    A rib or vertebra stays unknown, since the number may be its own; so does "colon_001", a case with a tumour.
    """
    first = next((n for n, w in enumerate(words) if w not in _FILLERS and not _IDENTIFIER.fullmatch(w)), len(words))
    found = meaning(" ".join(words[first:]))
    number_may_be_its_own = found.label.startswith(_NUMBERED) and any(_short_number(w) for w in words[:first])
    return Meaning() if number_may_be_its_own else found


def _short_number(word: str) -> bool:
    return bool(_VERTEBRA.fullmatch(word) or re.fullmatch(r"\d{1,2}", word))


def _words(name: str) -> list[str]:
    """The words of a name in lower case; "KidneyLeft", "kidney-left" and "kidney_left" have the same."""
    apart = re.sub(r"(?<=[^\W\d_A-ZÄÖÜ])(?=[A-ZÄÖÜ])", " ", name.replace("_", " "))
    return _WORDS.findall(apart.casefold().translate(_FOLD))


@cache
def _classes() -> dict[tuple[tuple[str, ...], str], str]:
    """Words of a class without its side, and the side → class; "" where classes share them."""
    found: dict[tuple[tuple[str, ...], str], str] = {}
    for label in labels():
        for spelling in (label.name, label.english, label.german, *label.synonyms_en, *label.synonyms_de):
            key = _apart(_words(spelling))
            if key:
                found[key] = label.name if found.get(key, label.name) == label.name else ""
    for row in read_csv(__package__, "mask_names.csv"):
        key = _apart(_words(row["name"]))
        if key:
            found[key] = row["class"]
    return found


def _apart(words: list[str]) -> tuple[tuple[str, ...], str] | None:
    """The words without those of side, and the side; None if both sides are named."""
    sides = {_SIDES[word] for word in words if word in _SIDES}
    if len(sides) > 1:
        return None
    return tuple(word for word in words if word not in _SIDES), next(iter(sides), "")


def _class_of(words: list[str]) -> str:
    key = _apart(words)
    return _classes().get(key, "") if key else ""


def _finding_of(words: list[str]) -> str:
    """The label of a finding: its words of our vocabulary, "liver_lesion"; empty if it is none or is denied."""
    if _NOT_THERE & set(words):
        return ""
    words = [_finding_words().get(word, word) for word in words]
    text = " ".join(words)
    label = finding_label(text)
    candidates = (
        _named_finding(text),
        label if kinds_of(label) else "",
        *(_named_finding(word) for word in words if len(word) > 3),
        *sorted(kinds_in(text, "de")),
    )
    return next(filter(None, candidates), "")


@cache
def _finding_words() -> dict[str, str]:
    """Words for findings that only masks use → those of our vocabulary."""
    return {row["word"]: row["means"] for row in read_csv(__package__, "mask_findings.csv")}


def _named_finding(text: str) -> str:
    """The row of findings.csv that a text is, in either language."""
    return next((f.name for lang in ("en", "de") for f, term in named_findings(lang) if term.fullmatch(text)), "")
