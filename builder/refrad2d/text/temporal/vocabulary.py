"""The words that may leave a sentence, those that must not, and those that say nothing but when."""

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from refrad2d.system.tables import read_yaml
from refrad2d.text.lexicon import lexicon
from refrad2d.text.patterns.needles import WordNeedle

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Words:
    """The words of one language that guard and idle look at: see reading.yaml. They match casefolded."""

    deny: WordNeedle
    gone: WordNeedle
    previous: WordNeedle
    message: WordNeedle
    added: WordNeedle
    once: WordNeedle
    seen: WordNeedle
    shown: WordNeedle
    mute: WordNeedle
    idle: WordNeedle
    exam: WordNeedle
    region: WordNeedle
    strong: WordNeedle
    now: WordNeedle
    then: WordNeedle
    unit: WordNeedle
    state: WordNeedle
    lasting: WordNeedle
    vanish: WordNeedle
    begins: WordNeedle
    opens: WordNeedle
    compares: WordNeedle
    day: WordNeedle
    rest: WordNeedle
    past: WordNeedle
    dating: WordNeedle
    verb: WordNeedle
    residue: WordNeedle
    neutral: WordNeedle
    change: WordNeedle
    may_go: WordNeedle


@lru_cache(maxsize=1024)
@lru_cache(maxsize=1024)
def words_of(text: str) -> tuple[str, ...]:
    """The casefolded words and numbers of a text, in order."""
    return tuple(_WORD.findall(text.casefold()))


@cache
def load_words(language: str) -> Words:
    """The compiled words of a language."""
    stored = read_yaml(__package__, "reading.yaml")[language]["guard"]
    compiled = {name: WordNeedle(pattern) for name, pattern in stored.items() if name != "may_go"}
    return Words(**compiled, may_go=WordNeedle("|".join(f"(?:{word})" for word in stored["may_go"].split())))


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
