"""What a denied change may become: "no increase of the effusion" tells of one, "no increasing effusion" does not.

>>> denial_turned("Kein Hinweis auf einen zunehmenden Hydrozephalus.", "Kein Hinweis auf einen Hydrozephalus.", "de")
True
>>> denial_turned("Keine Zunahme des Ergusses rechts.", "Erguss rechts.", "de")
False

A clause with a denial and a word of change keeps both, goes whole, becomes a denial because it says that the thing is
no longer there, or, where the change is all that it denies, becomes its thing without a denial. The rest is turned.
"""

import re
from dataclasses import dataclass
from functools import cache

from refrad2d.system.tables import read_yaml
from refrad2d.text.patterns.needles import Needle, needle
from refrad2d.text.temporal.vocabulary import words_of

_NAME = re.compile(r"\{([a-z]+)\}")


@dataclass(frozen=True)
class Denied:
    """The patterns of one language: see the head of denied_german.yaml."""

    cut: re.Pattern
    denies: Needle
    change: Needle
    gone: Needle
    alone: Needle
    function: re.Pattern


@cache
def _denied(language: str) -> Denied | None:
    stored = read_yaml(__package__, "denied_german.yaml").get(language)
    if stored is None:
        return None

    def wide(name: str) -> str:
        pattern = stored[name]
        while (wider := _NAME.sub(lambda entry: f"(?:{stored[entry[1]]})", pattern)) != pattern:
            pattern = wider
        return pattern

    return Denied(
        cut=re.compile(wide("cut")),
        denies=needle(wide("denies"), 0),
        change=needle(wide("change"), 0),
        gone=needle(wide("gone"), 0),
        alone=needle(wide("alone"), 0),
        function=re.compile(wide("function")),
    )


def denial_turned(source: str, kept: str, language: str) -> bool:
    """True if a clause that denies a change came out as something that it does not say."""
    words = _denied(language)
    if words is None:
        return False
    told = source.casefold()
    if not words.denies.search(told) or not words.change.search(told):
        return False
    shown = [clause for clause in words.cut.split(kept.casefold()) if clause]
    whole = " ".join(words_of(kept))
    return any(_turned(clause, shown, whole, words) for clause in words.cut.split(told) if clause)


def _turned(clause: str, shown: list[str], whole: str, words: Denied) -> bool:
    denials, changes = words.denies.findall(clause), words.change.findall(clause)
    if not denials or not changes or " ".join(words_of(clause)) in whole:
        return False
    things = {_stem(word) for word in words_of(clause) if _names(word, words)}
    own = [other for other in shown if things & set(map(_stem, words_of(other)))]
    if not own or words.gone.search(clause):
        return False
    left = " ".join(own)
    if all(change in left for change in changes) and len(words.denies.findall(left)) >= len(denials):
        return False
    if words.denies.search(left):
        return True
    return not words.alone.search(clause)


def _names(word: str, words: Denied) -> bool:
    plain = words.denies.fullmatch(word) or words.change.search(word) or words.function.fullmatch(word)
    return not plain and not word[0].isdigit()


def _stem(word: str) -> str:
    """The word without the ending of its case."""
    return re.sub(r"(?<=\w{4})(?:e[rsnm]?|s|n)$", "", word)
