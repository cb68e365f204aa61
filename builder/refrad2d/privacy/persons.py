"""What a header or a row of a table says of who a person is, in one form that all its spellings share.

    >>> full_name("Müller^Anna^Maria^Dr.") == full_name("MUELLER, Anna-Maria")
    True

Nothing is evidence that many people share: names of nobody (anonymous, test), of newborns (baby), with a number in them
or with initials only; birth dates that programs fill in (1900-01-01). Which words these are stands in
data/placeholders.csv.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from typing import NamedTuple

from refrad2d.privacy.recognisers.lexicon import given_names, spell, surnames
from refrad2d.system.pseudonyms import normal_identifier
from refrad2d.system.tables import read_csv

_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ı": "i", "æ": "a", "œ": "o", "ð": "d", "þ": "th"})
_ACCENTS = re.compile("[\u0300-\u036f]")
_DIGRAPH = re.compile("([aou])e")
_WORD = re.compile(r"[^\W\d_]+")
_APOSTROPHE = re.compile("['’‘`´ʼ]")
_LOST = re.compile(r"[\d?\ufffd*#@]")  # letters that were lost, numbers of studies, and what is no name
_NOBODY = re.compile(r"(.)\1{2,}|(?:anonym|pseudonym).*")  # "xxx"; "Anonymisierte"
_TITLES = frozenset(
    "dr prof professor med dent vet rer nat phil jur dipl ing mag univ priv doz pd msc bsc mba phd md herr frau hr fr "
    "mr mrs ms miss sir jr sr jun sen".split()
)
_PARTICLES = frozenset("von van vom zu zur zum de der den del della di da dos du la le al el ten ter".split())
_COMPACT = re.compile(r"(\d{4})([-./]?)(\d{1,2})\2(\d{1,2})(?:\.0|[T ].*)?")
_GERMAN = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})(?:[T ].*)?")
_YEARS = range(1901, 2101)  # of birth dates; programs that know none write earlier and later ones
_FILLED_IN = frozenset((date(1901, 1, 1), date(1911, 11, 11)))
_SEXES = {
    "M": ("m", "male", "mann", "männlich", "maennlich"),
    "F": ("f", "w", "female", "frau", "weiblich"),
    "O": ("o", "d", "other", "divers", "diverse"),
}
_SPELLINGS = {spelling: sex for sex, spellings in _SEXES.items() for spelling in spellings}


@dataclass(frozen=True)
class Person:
    """What one header or row says, as it stands there. It identifies a patient and reaches no disk unless sealed."""

    names: tuple[str, ...] = ()  # DICOM person names or free ones, all readings of their bytes
    birth_names: tuple[str, ...] = ()
    birth_date: str = ""
    sex: str = ""
    issuer: str = ""  # of the PatientID
    others: tuple[tuple[str, str], ...] = ()  # other ids of the patient, each with its issuer, "" for none


class FullName(NamedTuple):
    """A family and a given name as folded words; both hold one at least."""

    family: tuple[str, ...]
    given: tuple[str, ...]


def full_names(person: Person) -> set[FullName]:
    """All names that a person has by what was said, as far as each is a full one; a birth name goes with each given."""
    found = {name for text in person.names if (name := full_name(text))}
    for text in person.birth_names:
        born = full_name(text)
        words = _fold_words(text.split("=")[0])
        if born:
            found.add(born)
        elif len(words) == 1 and _is_somebody(words, "family") and not _LOST.search(text):
            found |= {FullName(words, name.given) for name in set(found)}
    return found


@lru_cache(maxsize=65536)
def full_name(text: str) -> FullName | None:
    """The folded name; None for what is incomplete, a placeholder, or has no order that can be told.

    Components (^) and a comma say what is family and given name; where the lists of names know that the two are
    exchanged they are put right. A name without either needs a word at one end that is known as a given name.
    """
    family, given = _split_name(next(filter(str.strip, text.split("=")), ""))
    if family and not given:
        family, given = _orient(family)
    elif family and given and _leads(family, given):
        family, given = given, family
    words = FullName(tuple(map(_fold, family)), tuple(map(_fold, given)))
    known = _is_somebody(words.family, "family") and _is_somebody(words.given, "given")
    return words if known and words.family != words.given and not _LOST.search(text) else None


def _split_name(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words of family and given name; all in the first where the text does not tell them apart."""
    family, given, middle, prefix, *_ = [*text.split("^"), "", "", "", ""]
    if not _words(given) and "," in family:
        family, _, given = family.partition(",")
    particles = [word for word in _words(prefix) if word.casefold() in _PARTICLES]
    return (*particles, *_words(family)), (*_words(given), *_words(middle))


def _words(text: str) -> tuple[str, ...]:
    """The words of a name without titles."""
    words = _WORD.findall(_APOSTROPHE.sub("", unicodedata.normalize("NFKC", text)))
    return tuple(word for word in words if word.casefold() not in _TITLES) or tuple(words)


def _orient(words: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Family and given names of words in one row; no given ones where both ends could be either."""
    given = [_is_given(word) for word in words]
    if all(given) or not any(given):
        return words, ()
    start, end = given.index(False), len(given) - given[::-1].index(False)  # of the words that are no given name
    if _leads(words[:start], words[end - 1 :]):
        return words[start:], words[:start]
    if _leads(words[end:], words[:1]):
        return words[:end], words[end:]
    return words, ()


def _leads(one: Sequence[str], other: Sequence[str]) -> bool:
    """True if `one` are given names and `other` are not, as the lists know them; words in both lists need the second
    to be a known family name."""
    if not one or not all(map(_is_given, one)) or any(map(_is_given, other)):
        return False
    sure = not any(spell(word) in surnames() for word in one)
    return sure or all(spell(word) in surnames() for word in other)


def _is_given(word: str) -> bool:
    return spell(word) in given_names()


def _fold_words(text: str) -> tuple[str, ...]:
    return tuple(map(_fold, _words(text)))


def _fold(word: str) -> str:
    """A key that the spellings of a name share: case, accents, umlaut, digraph or bare vowel, ß or ss."""
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", word.casefold().translate(_LETTERS)))
    return unicodedata.normalize("NFC", _DIGRAPH.sub(r"\1", plain))


@cache
def _placeholders(*places: str) -> frozenset[str]:
    rows = read_csv(__package__, "placeholders.csv")
    return frozenset(_fold(row["word"]) for row in rows if row["where"] in places)


def _is_somebody(words: Sequence[str], part: str) -> bool:
    """True for words that name a person: no placeholder among them, and one that is more than an initial."""
    nobody = _placeholders("any", part)
    return any(len(word) > 1 or not word.isascii() for word in words) and not any(
        word in nobody or _NOBODY.fullmatch(word) for word in words
    )


def birth_date(text: str) -> str:
    """A birth date as YYYYMMDD; "" for none, for one that programs fill in, and where day and month are not certain."""
    text = text.strip()
    if found := _COMPACT.fullmatch(text):
        year, month, day = found[1], found[3], found[4]
    elif found := _GERMAN.fullmatch(text):
        day, month, year = found.groups()
    else:
        return ""
    try:
        born = date(int(year), int(month), int(day))
    except ValueError:
        return ""
    return "" if born.year not in _YEARS or born in _FILLED_IN else born.strftime("%Y%m%d")


def sex_of(text: str) -> str:
    """M, F or O; "" for none."""
    return _SPELLINGS.get(text.strip().casefold(), "")


def other_ids(person: Person) -> set[tuple[str, str]]:
    """The other ids of a person, each normal and with its folded issuer; without placeholders.

    An id may come as HL7 writes it, with its issuer in the fourth component (12345^^^NORD&1.2.276&ISO).
    """
    found = set()
    for text, issuer in person.others:
        parts = [*text.split("^"), "", "", ""]
        normal = normal_identifier(parts[0])
        if normal and not re.fullmatch(r"9{4,}", normal) and not _is_placeholder(normal):
            found.add((normal, fold_issuer(issuer or parts[3].partition("&")[0])))
    return found


def _is_placeholder(normal: str) -> bool:
    word = _fold(normal)
    return word in _placeholders("id") or bool(_NOBODY.fullmatch(word) and not word.isdigit())


def fold_issuer(text: str) -> str:
    """An issuer of ids in a form that its spellings share."""
    return "".join(_fold(word) for word in re.findall(r"\w+", text))
