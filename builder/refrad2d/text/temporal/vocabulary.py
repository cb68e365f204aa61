"""The words that may leave a sentence, those that must not, and those that say nothing but when."""

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from refrad2d.system.tables import read_yaml
from refrad2d.text.lexicon import lexicon


@dataclass(frozen=True)
class Words:
    """The words of one language that guard and idle look at: see reading.yaml. They match casefolded."""

    deny: re.Pattern
    gone: re.Pattern
    previous: re.Pattern
    message: re.Pattern
    added: re.Pattern
    once: re.Pattern
    seen: re.Pattern
    shown: re.Pattern
    mute: re.Pattern
    idle: re.Pattern
    exam: re.Pattern
    region: re.Pattern
    strong: re.Pattern
    now: re.Pattern
    then: re.Pattern
    unit: re.Pattern
    state: re.Pattern
    lasting: re.Pattern
    vanish: re.Pattern
    begins: re.Pattern
    opens: re.Pattern
    compares: re.Pattern
    day: re.Pattern
    rest: re.Pattern
    past: re.Pattern
    dating: re.Pattern
    verb: re.Pattern
    residue: re.Pattern
    neutral: re.Pattern
    change: re.Pattern
    may_go: re.Pattern


@cache
def load_words(language: str) -> Words:
    """The compiled words of a language."""
    stored = read_yaml(__package__, "reading.yaml")[language]["guard"]
    compiled = {name: re.compile(pattern) for name, pattern in stored.items() if name != "may_go"}
    return Words(**compiled, may_go=re.compile("|".join(f"(?:{word})" for word in stored["may_go"].split())))


def names_a_thing(clause: str, language: str) -> bool:
    """True if the head of a phrase (in German its first noun) is no structure and no measure: "haze", not "lung"."""
    if language == "de":
        noun = _NOUN.search(clause)
        return noun is not None and not _is_neutral(noun[0], "de")
    head = _HEAD.match(clause.strip())
    word = head[0].split()[-1] if head else ""
    return word.replace("-", "").isalpha() and not _is_neutral(word, "en")


def _is_neutral(noun: str, language: str) -> bool:
    if load_words(language).neutral.fullmatch(noun.casefold()):
        return True
    known = lexicon(language).word(noun)
    return bool(known.keys or known.compound)


_NOUN = re.compile(r"\b[A-ZÄÖÜ][\wäöüß-]{3,}")


_HEAD = re.compile(
    r"(?:(?!(?:in|of|at|on|with|within|along|around|to|for|from|by|behind|near|over|under)\b)[\w-]+\s?)+", re.IGNORECASE
)


@lru_cache(maxsize=4096)
def may_go(word: str, language: str) -> bool:
    """True for a casefolded word that a rewrite may lose."""
    return load_words(language).may_go.fullmatch(word) is not None
