"""Words that a list leaves out: "transverse and sigmoid sinuses", "Sinus transversus und sigmoideus".

    >>> complete("Innen- und Außenmeniskus intakt", "de")
    'Innenmeniskus und Außenmeniskus intakt'
    >>> complete("left transverse and sigmoid sinuses", "en")
    'left transverse sinuses and sigmoid sinuses'

A word is added only where the table of concepts knows both members of the list with it. Sides that a sign or
"contralateral" or "Gegenseite" stand for are named.
"""

import re

from refrad2d.llm.concepts import Lexicon, lexicon

_HYPHEN = re.compile(r"\b([^\W\d_]{3,})-(?:,\s([^\W\d_]{3,})-)?\s(und|oder|sowie|bzw\.|/)\s([^\W\d_]{6,})")
_HEAD_LAST = re.compile(
    r"\b([^\W\d_]{3,})(?=\s(?:and|or|to|und|oder|bis|sowie|&)\s(?:the\s)?([^\W\d_]{3,})\s([^\W\d_]{3,}))"
)
_HEAD_FIRST = re.compile(r"\b([^\W\d_]{2,})\s([^\W\d_]{4,})\s(?:und|et|and|oder|sowie|&)\s(?=([^\W\d_]{4,}))")
_VESSELS = re.compile(r"\b((?:[a-z]+\s){0,1}([a-z]+)\s)(artery|vein)\sand\s(?=(artery|vein)\b)", re.IGNORECASE)
_SIDED = re.compile(  # "8 mm im rechten und 13 mm im linken Oberlappen"
    r"\b(?P<side>rechte[nrsm]?|linke[nrsm]?|right|left)(?=\s(?:und|and|sowie)\s(?:[^\W_]+\s){0,3}?(?:im|am|in|an|der|the|of)\s"
    r"(?:rechte[nrsm]?|linke[nrsm]?|right|left)\s(?P<noun>(?:(?:upper|lower|middle)\s)?[^\W\d_]{4,}))",
    re.IGNORECASE,
)
_SEGMENTS = re.compile(  # "in den Segmenten II (12 mm) und VIII (23 mm)"
    r"\b(?:\w*segment\w*|seg\.)\s[IVX\d]+[ab]?\s(?:\([^()]*\)|mit\s\d[\d.,]*\s?[cm]m)(?:,\s|,?\s(?:und|and|sowie|&)\s)(?:in\s)?(?=[IVX\d]+[ab]?\s[(m])",
    re.IGNORECASE,
)
_SIDES = re.compile(
    r"\b(R|L|re|li|rechts|links|right|left)\.?\s?(>+|<+)\s?(?:R|L|re|li|rechts|links|right|left)\b", re.IGNORECASE
)
_SIDE_WORDS = re.compile(r"\b(?:links|linke[nrsm]?|li|rechts|rechte[nrsm]?|re|left|right)\b", re.IGNORECASE)
_ACROSS = re.compile(
    r"\b(?:[ck]ontralateral\w*(?:\s(?:Seite|side))?|Gegenseite|andere[nr]?\sSeite|(?:opposite|other)\sside)\b",
    re.IGNORECASE,
)
_SHORTEST_HEAD = 4  # letters that a compound shares


def complete(text: str, language: str) -> str:
    """The text with what a list leaves out put in."""
    words = lexicon(language)
    if language == "de":
        text = _HYPHEN.sub(lambda found: _whole(found, words), text)
    text = _SEGMENTS.sub(r"\g<0>Segment ", text)
    text = _SIDED.sub(r"\g<side> \g<noun>", text)
    text = _VESSELS.sub(lambda found: _both_vessels(found, words), text)
    text = _HEAD_LAST.sub(lambda found: _with_head(found, words), text)
    text = _HEAD_FIRST.sub(lambda found: _after_head(found, words), text)
    return _name_other_side(_compare_sides(text, language), language)


def _whole(found: re.Match, words: Lexicon) -> str:
    """ "Ober- und Unterlappen" with the part of the last word that the first one lacks."""
    firsts = [word for word in (found[1], found[2]) if word]
    last = found[4]
    for cut in range(3, len(last) - _SHORTEST_HEAD + 1):
        joined = [word + last[cut:] for word in firsts]
        if words.is_known(last[cut:]) and all(words.is_known(word) for word in joined):
            return f"{', '.join(joined)} {found[3]} {last}"
    return found[0]


def _both_vessels(found: re.Match, words: Lexicon) -> str:
    """ "Superior mesenteric artery and vein" with the name of the vessel twice."""
    for first in (found[1].split(), [found[2]]):
        if words.joins(*first, found[3]) and words.joins(*first, found[4]):
            return f"{found[0]}{' '.join(first)} "
    return found[0]


def _with_head(found: re.Match, words: Lexicon) -> str:
    first, second, head = found[1], found[2], found[3]
    alone = words.covers(first)
    both = words.joins(first, head) and words.joins(second, head)
    return f"{first} {head}" if both and not alone else first


def _after_head(found: re.Match, words: Lexicon) -> str:
    head, first, second = found[1], found[2], found[3]
    both = words.joins(head, first) and words.joins(head, second)
    return f"{found[0]}{head} " if both else found[0]


def _compare_sides(text: str, language: str) -> str:
    """The text with "re > li" in words."""
    said = {
        "de": ("rechtsbetont beidseits", "linksbetont beidseits"),
        "en": ("worse on the right", "worse on the left"),
    }

    def in_words(found: re.Match) -> str:
        right_first = found[1][0].casefold() == "r"
        return said[language][right_first != (found[2][0] == ">")]

    return _SIDES.sub(in_words, text)


def _name_other_side(text: str, language: str) -> str:
    """The text with "contralateral" and its kind as the side across from the one that was named last."""

    def in_words(found: re.Match) -> str:
        before = [m[0].casefold() for m in _SIDE_WORDS.finditer(text, 0, found.start())]
        if not before:
            return found[0]
        left = before[-1].startswith("r")
        return {"de": ("rechte", "linke"), "en": ("right", "left")}[language][left]

    return _ACROSS.sub(in_words, text)
