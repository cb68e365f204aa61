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


def _words(name: str, roles: frozenset[str]) -> list[str]:
    return [word for word in re.findall(r"[^\W_]+", name.casefold()) if word not in roles]


def _readings(name: str) -> list[list[str]]:
    """The words of a name without those for masks, then without those for images too ("sub 01 mr", "sub 01")."""
    readings = [_words(name, MASK_WORDS), _words(name, MASK_WORDS | IMAGE_WORDS)]
    return [words for n, words in enumerate(readings) if readings[1] and words not in readings[:n]]


def case_names(name: str) -> list[str]:
    """What an image of this name may be called by a mask: its words, and those without the words for images."""
    found = _readings(name)
    channels = [words[:-1] for words in found if _CHANNEL.fullmatch(words[-1]) and {*words[:-1]} - IMAGE_WORDS]
    found += [words for words in channels if words not in found]
    return [" ".join(words) for words in found]


def keyed_cases(source: Source, record: Record | None, key: bytes) -> set[str]:
    """The names of an image, keyed: of its file if it is no DICOM slice, else of its patient and accession number."""
    if record is not None and record.kind == "dicom":
        names = [*case_names(record.patient_id), *case_names(record.accession)]
    else:
        names = case_names(source.stem)
    return {keyed for name in names for keyed in (pseudonym(key, "case", name), _kind(name, key)) if keyed}


def named_cases(mask: Source, known: Collection[str], key: bytes, *, numbered: bool = True) -> frozenset[str]:
    """The keyed names of cases that a mask is called after: of the `known` ones those of most words, else its own where
    it is of their kind; none if it names no case.

    A short number is a case only where the mask has no other word: "rib_left_7" is not case 7. A name without a number
    ("abdomen") is one too unless only `numbered` ones are asked for: it may be a word for many images.
    """
    others: set[str] = set()
    for words in _readings(mask.stem):
        for length in range(len(words), 0, -1):
            parts: Iterable[list[str]] = (words[n : n + length] for n in range(len(words) - length + 1))
            whole = length == len(words)
            names = [" ".join(part) for part in parts if (whole and not numbered) or _is_case(part, whole=whole)]
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


def _is_case(part: list[str], *, whole: bool) -> bool:
    text = " ".join(part)
    return bool(re.search(r"\d", text)) and (whole or len(part) > 1 or len(text) >= _SHORTEST)
