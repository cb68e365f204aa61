"""What english.py and german.py share: patterns of frames.yaml, and what counts as a word of time around a predicate.

>>> is_time("since the ultrasound in spring", "en"), is_time("in the right lobe", "en")
(True, False)
"""

import re
from functools import cache

from refrad2d.system.tables import read_yaml
from refrad2d.text.patterns.needles import Needle, needle
from refrad2d.text.temporal.idle import time_only, without_time
from refrad2d.text.temporal.vocabulary import load_words

_NAME = re.compile(r"\{([a-z]+)\}")
_WORD = re.compile(r"[^\W_][\w/.'’-]*")
_DATE = re.compile(r"\d[\d./-]*")
_GENITIVE = needle(r"['’]s\b", 0)


@cache
def _stored(language: str) -> dict[str, str]:
    return read_yaml(__package__, "frames.yaml")[language]


@cache
def frame(language: str, pattern: str) -> Needle:
    """A pattern in which {name} is an entry of frames.yaml; case is ignored."""
    while (wider := _NAME.sub(lambda name: f"(?:{_stored(language)[name[1]]})", pattern)) != pattern:
        pattern = wider
    return needle(pattern)


def is_time(text: str, language: str) -> bool:
    """True if nothing stands there but words of time, of other examinations, of degree, and amounts of change."""
    if not text.strip(" ,."):
        return True
    plain = frame(language, "{amount}").sub(" ", _GENITIVE.sub("", text))
    if frame(language, "{since}").search(plain):
        plain = frame(language, "{events}").sub(" ", plain)
    return not plain.strip() or time_only(plain, language)


def strip_time(text: str, language: str) -> str:
    """The text without the words of time at its end; "" if it holds no others."""
    if is_time(text, language):
        return ""
    return without_time(frame(language, "{amount}$").sub("", text.strip()).rstrip(), language)


def after_time(part: str, language: str) -> int:
    """Where a clause begins behind "In the meantime" or "Compared with the CT one month earlier"; else 0."""
    if not frame(language, r"{fronts}\b").match(part):
        return 0
    event = frame(language, r"since\s(?:(?:the|his|her)\s)?{events},?\s(?={determiner}\b)").match(part)
    if event and language == "en":
        return event.end()
    last, before = 0, ""
    for word in _WORD.finditer(part):
        plain = word[0].rstrip(".,")
        plain = plain[:-2] if plain.endswith(("'s", "’s")) else plain
        dated = _DATE.fullmatch(plain) is not None
        opens, before = before in ("aus", "von", "vor", "in", "of", "from", "on", "since"), plain.casefold()
        if not dated and before not in ("one", "aus", "von") and not is_time(plain, language):
            break
        if last and not opens and frame(language, "{determiner}").fullmatch(plain):
            break
        if (
            dated
            or frame(language, "{anchor}").fullmatch(plain)
            or load_words(language).exam.fullmatch(plain.casefold())
        ):
            last = word.end()
    else:
        return 0
    return last + len(part[last:]) - len(part[last:].lstrip(" ,")) if last else 0
