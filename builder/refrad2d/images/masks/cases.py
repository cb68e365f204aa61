"""The case that a file is named after: "case2_seg.nii.gz" is a mask of "case2.nii.gz", and of no other image.

    >>> case_names("liver_001_0000"), case_names("ct")
    (['liver 001 0000', 'liver 001'], [])

What an image is called by (its file, and in DICOM its patient and accession number) is kept keyed, and so is the kind
of that name ("case 9"): a mask that bears a name of this kind that no image has is a mask of an image that is not here.
"""

import re
from collections.abc import Collection, Iterable

from refrad2d.images.masks.names import IMAGE_WORDS, MASK_WORDS, meaning
from refrad2d.images.records import Record
from refrad2d.images.sources import Source
from refrad2d.system.pseudonyms import pseudonym

_CHANNEL = re.compile(r"000\d")  # at the end of an image's name: which of several contrasts it is
_SHORTEST = 3  # characters of a number that may be a case's wherever it stands in a name


def _words(name: str) -> list[str]:
    words = re.findall(r"[^\W_]+", name.casefold())
    return [word for word in words if word not in IMAGE_WORDS and word not in MASK_WORDS]


def case_names(name: str) -> list[str]:
    """What an image of this name may be called by a mask: its words without those for images and masks."""
    words = _words(name)
    shorter = [words[:-1]] if len(words) > 1 and _CHANNEL.fullmatch(words[-1]) else []
    return [" ".join(found) for found in (words, *shorter) if found]


def keyed_cases(source: Source, record: Record | None, key: bytes) -> set[str]:
    """The names of an image, keyed: of its file if it is no DICOM slice, else of its patient and accession number."""
    if record is not None and record.kind == "dicom":
        names = [*case_names(record.patient_id), *case_names(record.accession)]
    else:
        names = case_names(source.stem)
    return {keyed for name in names for keyed in (pseudonym(key, "case", name), _kind(name, key)) if keyed}


def named_cases(mask: Source, known: Collection[str], key: bytes) -> frozenset[str]:
    """The keyed names of cases that a mask is called after: of the `known` ones those of most words, else its own where
    it is of their kind; none if it names no case.

    A short number is a case only where the mask has no other word: "rib_left_7" is not case 7.
    """
    words, others = _words(mask.stem), set[str]()
    for length in range(len(words), 0, -1):
        parts: Iterable[list[str]] = (words[n : n + length] for n in range(len(words) - length + 1))
        names = [" ".join(part) for part in parts if length == len(words) or not _is_short(part)]
        if found := {pseudonym(key, "case", name) for name in names}.intersection(known):
            return frozenset(found)
        others |= {pseudonym(key, "case", name) for name in names if _kind(name, key) in known}
    return frozenset(others)


def _kind(name: str, key: bytes) -> str:
    """What names of cases that are counted share, keyed: "case 12" and "case 7"; empty for one without a number, for a
    number alone, and for a vertebra or rib."""
    if not re.search(r"\d", name) or not re.search(r"[^\W\d_]", name) or meaning(name).label:
        return ""
    return pseudonym(key, "kind of case", re.sub(r"\d+", "9", name))


def _is_short(part: list[str]) -> bool:
    return len(part) == 1 and (len(part[0]) < _SHORTEST or not any(map(str.isdigit, part[0])))
