"""The case that a file is named after: "case2_seg.nii.gz" is a mask of "case2.nii.gz", and of no other image.

    >>> case_names("liver_001_0000"), case_names("ct")
    (['liver 001 0000', 'liver 001'], [])

What an image is called by (its file, and in DICOM its patient and accession number) is kept keyed.
"""

import re
from collections.abc import Collection, Iterable

from refrad2d.images.masks.names import IMAGE_WORDS, MASK_WORDS
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
    return {pseudonym(key, "case", name) for name in names}


def named_cases(mask: Source, known: Collection[str], key: bytes) -> frozenset[str]:
    """Of the `known` keyed names those that a mask is called after: the ones of most words; none if it names no case.

    A short number is a case only where the mask has no other word: "rib_left_7" is not case 7.
    """
    words = _words(mask.stem)
    for length in range(len(words), 0, -1):
        parts: Iterable[list[str]] = (words[n : n + length] for n in range(len(words) - length + 1))
        names = [" ".join(part) for part in parts if length == len(words) or not _is_short(part)]
        if found := known & {pseudonym(key, "case", name) for name in names}:
            return frozenset(found)
    return frozenset()


def _is_short(part: list[str]) -> bool:
    return len(part) == 1 and (len(part[0]) < _SHORTEST or not any(map(str.isdigit, part[0])))
