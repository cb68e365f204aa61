"""What a word of change says in its clause: how a thing looks now, how it changed, or what a denial denies.

Words that are to stay carry SHIELD behind their first letter, so that no rule of temporal.yaml matches them. The
phrases are data: data/reading.yaml.
"""

import re
from dataclasses import dataclass
from functools import cache

from refrad2d.system.tables import read_yaml
from refrad2d.text.patterns.needles import Needle, Needles, needle

SHIELD = "\u02d1"  # a letter that no report has


@dataclass(frozen=True)
class Phrases:
    """The patterns of one language: see the head of reading.yaml."""

    kept: Needles
    same: Needles
    spelt: tuple[str, ...]  # as what
    unsure: Needles
    fixed: Needles
    denials: Needle
    denied_behind: Needle
    change: Needle
    stop: Needle
    states: Needle
    comparatives: Needle
    nouns: Needle
    earlier: Needle  # this and the next are searched for in lowercase sentences
    things: Needle


@cache
def load_phrases(language: str) -> Phrases:
    """The compiled patterns of a language."""
    stored = read_yaml(__package__, "reading.yaml")[language]

    def each(name: str, start: str = "") -> Needles:
        return Needles(needle(f"{start}(?:{pattern})") for pattern in stored[name])

    return Phrases(
        each("kept"),
        Needles(needle(find) for find, _ in stored["same"]),
        tuple(put for _, put in stored["same"]),
        each("unsure"),
        each("fixed", r"\b"),
        *(needle(stored[n]) for n in ("denials", "denied_behind", "change", "stop", "states", "comparatives", "nouns")),
        *(needle(stored[n].lower(), 0) for n in ("earlier", "things")),
    )


def spell_out(sentence: str, language: str) -> str:
    """The sentence with abbreviations and spellings of words of time as the rules know them."""
    phrases, done = load_phrases(language), 0
    while True:
        for at in phrases.same.possible(sentence, done):
            told = phrases.same[at].pattern.sub(phrases.spelt[at], sentence)
            if told != sentence:
                sentence, done = told, at + 1
                break
        else:
            return sentence


def shield(sentence: str, language: str) -> str | None:
    """The sentence with a mark in every word that must stay; None if no rewrite of it is sure."""
    phrases = load_phrases(language)
    if phrases.unsure.found_in(sentence):
        return None
    for at in phrases.fixed.possible(sentence):
        sentence = phrases.fixed[at].pattern.sub(lambda found: _mark(found[0]), sentence)
    if not phrases.earlier.search(sentence.lower()):
        sentence = phrases.states.sub(lambda word: _mark(word[0]), sentence)
        if not phrases.things.search(sentence.lower()):
            sentence = phrases.comparatives.sub(lambda word: _mark(word[0]), sentence)
    if _change_of_an_organ(sentence, phrases):
        return None
    return _shield_denied(phrases.denied_behind.sub(lambda found: _mark(found[0]), sentence), phrases)


def unshield(sentence: str) -> str:
    """The sentence without marks."""
    return sentence.replace(SHIELD, "")


def _mark(words: str) -> str:
    return re.sub(r"\b(\w)(?=\w{2})", rf"\1{SHIELD}", words)


def _change_of_an_organ(sentence: str, phrases: Phrases) -> bool:
    """True for "increase of the spleen": without its change nothing is said of an organ that is always there."""
    for noun in phrases.nouns.finditer(sentence):
        rest = re.split(r"[,;.]\s", sentence[noun.end() :], maxsplit=1)[0]
        if not phrases.things.search(rest.lower()):
            return True
    return False


def _shield_denied(sentence: str, phrases: Phrases) -> str:
    """Words of change behind a denial and before a noun say what is denied: "no new lesion" is not "no lesion"."""
    out, end = "", 0
    for denial in phrases.denials.finditer(sentence):
        if denial.start() < end:
            continue
        stop = phrases.stop.search(sentence, denial.end())
        last = stop.start() if stop else len(sentence)
        out += sentence[end : denial.end()] + _protect(phrases.change, sentence[denial.end() : last])
        end = last
    return out + sentence[end:]


def _protect(change: Needle, scope: str) -> str:
    def attribute(word: re.Match) -> str:
        return _mark(word[0]) if scope[word.end() :].strip(" .") else word[0]

    return change.sub(attribute, scope)
