"""Double reading of letters: what a network still holds for an identity when every rule is done.

    find_tagged("[NAME], geb. [DATE], wurde von Dr. Quarm verlegt.", "de")      # Dr. Quarm, a NAME

It looks at the text with the placeholders that stand there, which say much of what is beside them; the fewer they are,
the surer it has to be, and surer of a word that language or medicine has than of another. Clinical terms stay. What it
was taught: tests/bench/tagger_lessons.py.
"""

import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from refrad2d.privacy.letters.words import is_familiar
from refrad2d.privacy.recognisers.clinical import protected
from refrad2d.privacy.recognisers.lexicon import PLACEHOLDER, Found
from refrad2d.text.tagging.tagger import Word, load_tagger

WEIGHTS = Path(__file__).with_name("data") / "tagged.npz"
NONE = "NONE"
SURE = ((4, 0.05), (1, 0.2), (0, 0.5))  # placeholders in the text, and what a word must reach to be part of an identity
FAMILIAR = 0.4  # the same of a word that language or medicine has
FAMILIAR_IN_HASTE = 0.15  # in a text whose names have no capitals: a chat, a dictation
_HASTE = 0.15  # share of words with a capital below which a text is one
_WORD = re.compile(r"[^\W\d_]{3,}")


def find_tagged(text: str, language: str) -> Iterator[Found]:
    """The words that the network holds for identities; neighbours of one kind are one."""
    tagger = load_tagger(WEIGHTS)
    placeholders = sum(1 for _ in PLACEHOLDER.finditer(text))
    sure = next(least for number, least in SURE if placeholders >= number)
    none = tagger.tags.index(NONE)
    familiar = FAMILIAR_IN_HASTE if _is_hasty(text) else FAMILIAR
    terms: list[tuple[int, int]] | None = None

    def kind(word: Word) -> str:
        nonlocal terms
        identity = 1 - word.scores[none]
        if identity < sure or word.text.startswith("["):
            return ""
        if identity < familiar and len(word.text) > 2 and word.text.isalpha() and is_familiar(word.text, language):
            return ""
        terms = protected(text) if terms is None else terms
        if any(start <= word.start and word.end <= end for start, end in terms):
            return ""
        return max((score, tag) for score, tag in zip(word.scores, tagger.tags, strict=True) if tag != NONE)[1]

    for what, group in groupby(tagger.read(text, language), key=kind):
        words = list(group)
        if what and any(character.isalnum() for word in words for character in word.text):
            yield Found(words[0].start, words[-1].end, what)


def _is_hasty(text: str) -> bool:
    """True for a text that is written without capitals."""
    words = _WORD.findall(PLACEHOLDER.sub(" ", text))
    return sum(word[0].isupper() for word in words) < _HASTE * len(words)
