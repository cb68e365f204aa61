"""Familiar words: what German or English, medicine, drugs and eponyms have; in a letter every other one may be a name.

is_familiar("Aufklärungsgespräch", "de"), is_familiar("wheeze", "en"), is_familiar("Hrastnik", "de")
"""

import re
from functools import cache, lru_cache

from refrad2d.privacy.recognisers.lexicon import (
    NAMELIKE,
    clinical_words,
    context_words,
    eponyms,
    is_given,
    is_name,
    is_ordinary,
    is_surname,
    is_word,
    looks_clinical,
    looks_medical,
    report_words,
    spell,
    towns,
)
from refrad2d.system.tables import read_csv

_DE_END = re.compile(r"(?:est|et|st|test|ten|tet|te|end|ende[rsnm]?|e[rsnm]|[etsn])$")
_PARTICIPLE = re.compile(
    r"(?:an|ab|auf|aus|ein|vor|zu|unter|ueber|durch|mit|nach|um|weg|zurueck|fest|los|her|hin|dar)?ge[a-z]+(?:t|"
    r"en)(?:e[rsnm]?)?"
)
ENGLISH_TERM = re.compile(
    r"(?:itis|osis|oma|omas|ectomy|pathy|graphy|scopy|plasty|emia|uria|ology|algia|otomy|ostomy|ical|ative|ation|"
    r"ations|gram|itic|otic|emic|oid)$"
)
_EN_END = re.compile(r"(?:ies|ied|ing|ings|ers?|est|ed|es|ly|ness|[sey])$")


def de_stem(key: str) -> str:
    """A `spell`ed German word without the endings that bend it."""
    bare = _DE_END.sub("", key)
    return bare if len(bare) > 2 else key


def en_stem(key: str) -> str:
    """A `spell`ed English word without its ending, the British spelling written as the American."""
    key = key.replace("ae", "e").replace("oe", "e").replace("our", "or").replace("is", "iz")
    bare = _EN_END.sub("", key)
    bare = bare[:-1] if len(bare) > 3 and bare[-1] == bare[-2] else bare
    return bare if len(bare) > 2 else key


@cache
def _stems(name: str) -> frozenset[str]:
    return frozenset(row["stem"] for row in read_csv(__package__, name))


@cache
def drugs() -> frozenset[str]:
    """Names of drugs, in lower case, without those that are names of persons as well."""
    return frozenset(row["name"] for row in read_csv(__package__, "drugs.csv"))


@cache
def _named_words() -> frozenset[str]:
    """English words that are names as well: "rivers", "price"."""
    return frozenset(row["name"] for row in read_csv(__package__, "english_names.csv"))


@cache
def medicine() -> frozenset[str]:
    """Words (`spell`ed) of the clinical sentences of this repository that no other list has."""
    return frozenset(row["name"] for row in read_csv(__package__, "medicine.csv"))


@lru_cache(maxsize=65536)
def is_familiar(word: str, language: str) -> bool:
    """True if the word, one with hyphens by each of its parts, is one of the language, medicine or an eponym."""
    parts = [part for part in re.split(r"[\-–]", re.sub(r"['’]s?$", "", word)) if len(part) > 1]
    if len(parts) > 1 and looks_clinical(parts[-1]) and not (is_surname(parts[-1]) or is_given(parts[-1])):
        return True
    if len(parts) > 1:
        parts = [part for part in parts if not (part.isupper() and len(part) < 6 or len(part) < 4)]
    return all(_is_familiar_part(part, language) for part in parts)


def _is_familiar_part(part: str, language: str) -> bool:
    calm = part[0] + part[1:].lower() if part.isupper() else part
    key = spell(calm)
    if key in report_words() or key in clinical_words() or key in context_words("stop"):
        return True
    if is_name(calm):
        return key in eponyms()
    if is_ordinary(calm) or key in eponyms() or key in drugs() or key in medicine() or looks_medical(calm):
        return True
    if key in towns():
        return False
    if is_given(calm) or is_surname(calm):
        return is_word(calm) if language == "de" else key in _named_words()
    if language == "en":
        return en_stem(key) in _stems("english.csv") or ENGLISH_TERM.search(key) is not None
    if _PARTICIPLE.fullmatch(key) and len(key) > 7:
        return True
    bent = de_stem(key) in _stems("german.csv") or en_stem(key) in _stems("english.csv")
    return bent or is_word(calm) or looks_clinical(calm) or _has_known_tail(key)


def _has_known_tail(key: str) -> bool:
    """True for a long German compound whose last part is a word: "Aufklärungsgespräch"."""
    return len(key) > 10 and any(is_word(key[at:]) for at in range(3, len(key) - 5)) and not NAMELIKE.search(key)


@lru_cache(maxsize=65536)
def is_doubtful(word: str) -> bool:
    """True for a listed name or a town that is a word or an eponym as well: "Winter", "Koch", "Essen"."""
    key = spell(re.sub(r"['’]s?$", "", word))
    return (is_surname(word) or is_given(word) or key in towns()) and key not in report_words()
