"""Abbreviations: those of the table data/abbreviations.csv, and others by the words of the other text.

    >>> spell_known("NN bds. o.B., kl. Zyste der GB", "de")
    'Nebenniere bds. o. B., kleine Zyste der Gallenblase'
    >>> spell_out("Kein PE. ZVK, Spitze in VCS.", "Kein Pleuraerguss. Spitze in der Vena cava superior.", ["PE", "VCS"])
    'Kein Pleuraerguss. ZVK, Spitze in Vena cava superior.'

The table is compared letter for letter; what ends there in a full stop does so in the text. An abbreviation that it
lacks is spelt out only if the other text holds words that it may stand for and not the abbreviation itself.
"""

import re
from collections.abc import Iterable
from functools import cache

from refrad2d.system.tables import read_csv

_WORD = re.compile(r"[^\W\d_]+")
_SMALL = frozenset("der die das des dem den und of the and".split())  # may be left out of an abbreviation
_MOST_WORDS = 5  # behind an abbreviation
_TOKEN = re.compile(r"(?<![^\s(\[,;:])([^\s,;:()\[\]]+)")
_PARTS = re.compile(r"[^\W\d_]+|.", re.DOTALL)


@cache
def _table(language: str) -> tuple[dict[str, str], re.Pattern]:
    """The words of a language that the table spells out, and a pattern for those of several words."""
    rows = {
        row["short"]: row["long"] for row in read_csv(__package__, "abbreviations.csv") if row["language"] == language
    }
    several = sorted((short for short in rows if " " in short), key=len, reverse=True)
    joined = "|".join(re.escape(short) for short in several)
    return rows, re.compile(rf"(?<![\w.-])(?:{joined})(?![\w-])")


def spell_known(text: str, language: str) -> str:
    """The text with the abbreviations of the table spelt out."""
    rows, several = _table(language)
    text = several.sub(lambda found: _with_stop(rows[found[0]], found), text)

    def spelt(found: re.Match) -> str:
        word = found[1]
        if word in rows:
            return _with_stop(rows[word], found)
        bare = word.rstrip(".")
        number = text[found.end() : found.end() + 2].strip()[:1].isdigit()
        if bare in rows and not (number and bare != word):  # "Ca. 5 cm" is no carcinoma
            return _with_stop(rows[bare] + word[len(bare) :], found)
        if "-" in word or "/" in word:
            return "".join(rows.get(part, part) if part.isupper() else part for part in _PARTS.findall(word))
        return word

    return _TOKEN.sub(spelt, text)


def _with_stop(long: str, found: re.Match) -> str:
    """What an abbreviation stands for, with its full stop where a line ends with it."""
    long = long[:1].upper() + long[1:] if found[0][0].isupper() else long  # it may begin a sentence
    behind = found.string[found.end() : found.end() + 1]
    return f"{long}." if found[0].endswith(".") and behind in ("", "\n") and not long.endswith(".") else long


def spell_out(text: str, other: str, unknown: Iterable[str]) -> str:
    """The text with each `unknown` abbreviation replaced by what it stands for in the other text, if that is clear."""
    words = _WORD.findall(other)
    for short in dict.fromkeys(unknown):
        if short in words or not _is_short(short, text):
            continue
        if meant := _meaning(short, words):
            stop = "" if short.isupper() else r"\.?"  # the full stop of "Verk.", not that of a sentence
            text = re.sub(rf"(?<![^\W\d_]){re.escape(short)}(?![^\W\d_]){stop}", meant, text)
    return text


def _is_short(word: str, text: str) -> bool:
    """True for capitals ("PE", "MLV") and for what is cut short by a full stop ("Verk.")."""
    if word.isupper():
        return 2 <= len(word) <= 5
    return 2 <= len(word) <= 7 and re.search(rf"(?<!\w){re.escape(word)}\.(?!\s*$)", text) is not None


def _meaning(short: str, words: list[str]) -> str:
    """The words that an abbreviation may stand for; "" if there are none."""
    for start in range(len(words)):
        for length in range(1, _MOST_WORDS + 1):
            chosen = words[start : start + length]
            telling = [word for word in chosen if word.casefold() not in _SMALL]
            ends = chosen and chosen[-1].casefold() not in _SMALL and chosen[0].casefold() not in _SMALL
            if ends and len(telling) <= len(short) and _fits(short.casefold(), [word.casefold() for word in telling]):
                return " ".join(chosen)
    return ""


def _fits(short: str, words: list[str]) -> bool:
    """True if the letters of an abbreviation follow each other in the words, and each word gives its first."""
    if not words:
        return not short
    if len(words) == 1 and len(words[0]) <= len(short) + 1 or not short.startswith(words[0][0]):
        return False
    return any(_follow(short[1:n], words[0][1:]) and _fits(short[n:], words[1:]) for n in range(1, len(short) + 1))


def _follow(letters: str, word: str) -> bool:
    """True if the letters stand in the word in their order."""
    rest = iter(word)
    return all(letter in rest for letter in letters)
