"""Double reading of letters: what a network still holds for an identity when every rule is done.

    find_tagged("[NAME] wurde nach Suhl verlegt.", "de")      # Suhl, an ADDRESS

It looks at the text with the placeholders that stand there, which say much of what is beside them. In a text that is no
letter it has to be surer. What it was taught: tests/bench/tagger_lessons.py.
"""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from refrad2d.privacy.letters.sweep import is_sure_letter
from refrad2d.privacy.recognisers.lexicon import Found
from refrad2d.text.tagging.tagger import Word, load_tagger

WEIGHTS = Path(__file__).with_name("data") / "tagged.npz"
SURE, SURE_OUTSIDE = 0.5, 0.95  # that a word belongs to an identity, in a letter and in another text
_JOINING = "-–/.' \u2019"


def find_tagged(text: str, language: str) -> Iterator[Found]:
    """The words that the network holds for identities; neighbours of one kind are one."""
    tagger = load_tagger(WEIGHTS)
    sure = SURE if is_sure_letter(text) else SURE_OUTSIDE
    none = tagger.tags.index("NONE")

    def kind(word: Word) -> str:
        if word.scores[none] > 1 - sure or word.text.startswith("["):
            return ""
        return tagger.tags[int(word.scores.argmax() if word.scores.argmax() != none else _second(word, none))]

    for what, group in groupby(tagger.read(text, language), key=kind):
        words = list(group)
        if what and any(character.isalnum() for word in words for character in word.text):
            yield Found(words[0].start, words[-1].end, what)


def _second(word: Word, none: int) -> int:
    scores = word.scores.copy()
    scores[none] = 0
    return int(scores.argmax())
