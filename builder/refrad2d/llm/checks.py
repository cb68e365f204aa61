"""Does a model's text say what its input says? Numbers, sides, negations, words, anatomy; and no order obeyed.

    >>> check_translation("Zyste links, 2,3 cm.", "Cyst on the right, 2.3 cm.")
    'side_changed'

Each check returns the reason for which a text is turned down, None if it stands.
"""

import re
from collections import Counter
from collections.abc import Callable
from functools import cache

from refrad2d.grounding import has_markup
from refrad2d.system.tables import read_text
from refrad2d.text.sentences import split_sentences

Anatomy = Callable[[str, str], set[str]]  # (text, language) → classes that it names

MIN_KNOWN_WORDS = 0.6  # of a rewritten sentence, in one sentence of the source
MIN_COVERED = 0.3  # of the source sentence that a rewritten one comes from
MIN_KEPT = 0.5  # of the words of each sentence that the rules keep
MAX_LONGER = 2.5  # ratio of the lengths of a text and its translation

_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_SIZE = re.compile(r"(\d+(?:[.,]\d+)?)(?=(?:\s?[x×]\s?\d+(?:[.,]\d+)?)*\s?(?:mm|cm|ml|%|HU|HE)\b)")
_SIDES = {
    "left": re.compile(r"\b(?:left|links|linke[rnsm]?|linksseitig\w*|li\.)(?!\w)", re.IGNORECASE),
    "right": re.compile(r"\b(?:right|rechts|rechte[rnsm]?|rechtsseitig\w*|re\.)(?!\w)", re.IGNORECASE),
}
_NEGATION = re.compile(r"\b(?:no|not|without|none|neither|nor|absent|kein\w*|nicht|ohne|weder)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]{3,}")
_STEM = 5  # letters by which words are compared, so that inflection does not matter


def numbers(text: str) -> Counter:
    """The numbers of a text, decimal comma or point alike."""
    return Counter(number.replace(",", ".") for number in _NUMBER.findall(text))


def sides(text: str) -> set[str]:
    """Which of left and right a text names, in either language."""
    return {side for side, pattern in _SIDES.items() if pattern.search(text)}


def negates(text: str) -> bool:
    """True if a text holds a negation, in either language."""
    return _NEGATION.search(text) is not None


@cache
def _orders() -> re.Pattern:
    lines = read_text(__package__, "instructions.txt").splitlines()
    return re.compile("|".join(f"(?:{line})" for line in lines if line), re.IGNORECASE | re.MULTILINE)


def cut_instructions(text: str, language: str) -> str:
    """The text without the sentences that speak to a machine instead of describing a picture (instructions.txt)."""
    if not _orders().search(text):
        return text
    kept = [text[a:b] for a, b in split_sentences(text, language) if not _orders().search(text[a:b])]
    return " ".join(kept)


def check_rewrite(
    source: str, kept: str, rewritten: str, language: str, *, anatomy: Anatomy | None = None
) -> str | None:
    """Why a rewritten text is no good. `kept` is what the rules make of `source`: no finding of that may be lost."""
    if has_markup(rewritten):
        return "markup"
    if numbers(rewritten) - numbers(source):
        return "numbers_added"
    if set(_sizes(kept)) - set(_sizes(rewritten)):
        return "numbers_lost"
    if not sides(kept) <= sides(rewritten) <= sides(source):
        return "side_changed"
    if negates(kept) != negates(rewritten):
        return "negation_changed"
    if anatomy:
        named = anatomy(rewritten, language)
        if named - anatomy(source, language):
            return "new_anatomy"
        if anatomy(kept, language) - named:
            return "anatomy_lost"
    return _check_words(source, kept, rewritten, language)


def _sizes(text: str) -> list[str]:
    return [size.replace(",", ".") for size in _SIZE.findall(text)]


def _check_words(source: str, kept: str, rewritten: str, language: str) -> str | None:
    """Every rewritten sentence comes from one of the source, and every kept one is still there."""
    sources = [_stems(source[a:b]) for a, b in split_sentences(source, language)]
    for start, end in split_sentences(rewritten, language):
        words = _stems(rewritten[start:end])
        if not words:
            continue
        origin = max(sources, key=lambda known: len(words & known), default=set())
        if len(words & origin) < MIN_KNOWN_WORDS * len(words):
            return "new_words"
        if len(words & origin) < MIN_COVERED * len(origin) and not any(
            len(words & _stems(kept[a:b])) >= MIN_KEPT * len(_stems(kept[a:b]))
            for a, b in split_sentences(kept, language)
        ):
            return "fragment"
    present = _stems(rewritten)
    for start, end in split_sentences(kept, language):
        words = _stems(kept[start:end])
        if len(words & present) < MIN_KEPT * len(words):
            return "finding_lost"
    return None


def _stems(text: str) -> set[str]:
    return {word[:_STEM] for word in _WORD.findall(text.casefold())}


def check_translation(
    source: str, translation: str, *, languages: tuple[str, str] = ("de", "en"), anatomy: Anatomy | None = None
) -> str | None:
    """Why a translation is no good. `languages` are those of the source and of the translation."""
    if has_markup(translation):
        return "markup"
    if numbers(source) != numbers(translation):
        return "numbers_changed"
    if sides(source) != sides(translation):
        return "side_changed"
    if negates(source) != negates(translation):
        return "negation_changed"
    if not translation.strip() or not 1 / MAX_LONGER <= len(translation) / len(source) <= MAX_LONGER:
        return "length"
    if translation.strip() == source.strip() and len(source.split()) > 3:
        return "not_translated"
    if anatomy and anatomy(source, languages[0]) != anatomy(translation, languages[1]):
        return "anatomy_changed"
    return None
