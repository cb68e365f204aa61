"""The substitutions of temporal.yaml, whose head says how to read them, and what they leave to tidy."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from refrad2d.labels import LANGUAGES
from refrad2d.system.tables import read_yaml
from refrad2d.text.patterns.needles import Needle, Needles, needle

_WORD = re.compile(r"[^\W\d_]+|\d+")
_EVIDENCE_OF = needle(r"(\b[Kk]ein |)(?<!mit )(?<!bei )\bNachweis der ([A-ZÄÖÜ][\wäöüß-]+)", 0)
_ARTICLE = needle(r"\b([Aa]n?) (\w+)", 0)
_NO_NAME = needle(r"\bno (?=[A-Z][a-z])(\w)", 0)


@dataclass(frozen=True)
class Rule:
    """One substitution. It applies where `needs` is found in the sentence as it came, and `unless` is not."""

    find: Needle
    put: str
    needs: Needle | None
    unless: Needle | None


class Steps:
    """Rules in order."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(rules)
        self.finds = Needles(rule.find for rule in self.rules)


@dataclass(frozen=True)
class Rules:
    """The rules of one language: see the head of temporal.yaml."""

    trigger: Needles
    orders: Steps
    clauses: Steps
    rules: Steps
    tidy: Steps
    empty: frozenset[str]


@cache
def load_rules(language: str) -> Rules:
    """The compiled rules of a language. ValueError if there are none."""
    if language not in LANGUAGES:
        raise ValueError(f"Unknown language {language!r}. Choose from {', '.join(LANGUAGES)}.")
    everything = read_yaml(__package__, "temporal.yaml")
    stored = everything[language] | {"tidy": everything[language]["tidy"] + everything["tidy"]}

    def compiled(pattern: str) -> Needle:
        return needle(_expand(pattern, stored["macros"]), re.IGNORECASE | re.VERBOSE)

    def condition(pattern: str | None) -> Needle | None:
        return None if pattern is None else compiled(pattern)

    def rules(kind: str) -> Steps:
        return Steps(
            Rule(compiled(rule["find"]), rule.get("put", ""), condition(rule.get("if")), condition(rule.get("unless")))
            for rule in stored[kind]
        )

    trigger = _trigger(stored["trigger"])
    return Rules(
        trigger, rules("orders"), rules("clauses"), rules("rules"), rules("tidy"), frozenset(stored["empty"].split())
    )


def _trigger(stored: str) -> Needles:
    """One needle for each alternative of the lowercase pattern."""
    return Needles(needle(part, re.VERBOSE) for part in re.split(r"\|(?![^()]*\))", stored.lower()))


def _expand(pattern: str, macros: Mapping[str, str]) -> str:
    """The pattern with every {name} replaced by its macro, down to the last."""
    while (expanded := re.sub(r"\{([a-z]+)\}", lambda name: f"(?:{macros[name[1]]})", pattern)) != pattern:
        pattern = expanded
    return pattern


def reorder(sentence: str, language: str) -> str:
    """The sentence with its words as the frames know them, and a row of dated sizes cut down to the one of now."""
    return _apply(load_rules(language).orders, sentence)


def drop_clauses(sentence: str, language: str) -> str:
    """The sentence without the clauses that speak of another day, or deny a change, in whole."""
    return _apply(load_rules(language).clauses, sentence)


def substitute(sentence: str, language: str, context: str | None = None) -> str:
    """The sentence after all rules, whose conditions look at `context`, the whole of it; `tidy` has to follow."""
    return _apply(load_rules(language).rules, sentence, context)


def says_nothing(sentence: str, language: str) -> bool:
    """True if only words are left that say nothing about the present."""
    empty = load_rules(language).empty
    return all(word[0] in empty for word in _WORD.finditer(sentence.casefold()))


def _apply(steps: Steps, sentence: str, context: str | None = None) -> str:
    kept, whole, done = sentence, context or sentence, 0
    while done < len(steps.rules):
        for at in steps.finds.possible(kept, done):
            rule = steps.rules[at]
            if rule.needs and not rule.needs.search(whole):
                continue
            if rule.unless and rule.unless.search(whole):
                continue
            if rule.find.pattern.search(kept):  # a search costs less than a substitution of nothing
                kept = " ".join(rule.find.pattern.sub(rule.put, kept).split())  # the next rule expects single blanks
                done = at + 1
                break
        else:
            break
    return kept


def tidy(kept: str, sentence: str, language: str) -> str:
    """Articles, capital letter and full stop of a sentence that the rules have been through."""
    kept = _apply(load_rules(language).tidy, kept)
    kept = _agree(kept, sentence) if language == "en" else _nominative(kept, sentence)
    if kept and kept[-1] not in ".:!?" and sentence[-1] in ".:;!?":
        kept += "."
    if kept.endswith("..") and not sentence.endswith(".."):
        kept = kept[:-1]  # an abbreviation ends the sentence
    return kept[:1].upper() + kept[1:] if any(letter.isalnum() for letter in kept) else ""


def _nominative(kept: str, sentence: str) -> str:
    """ "Kyphose" for the "Nachweis der Kyphose" that a rule made of "Zunahme der Kyphose"."""

    def noun(found: re.Match) -> str:
        return found[0] if found[0] in sentence else (f"{found[1][:-1]}e " if found[1] else "") + found[2]

    return _EVIDENCE_OF.sub(noun, kept)


def _agree(kept: str, sentence: str) -> str:
    """Set "a" or "an" before a word that it did not stand before in the sentence as it came."""

    def article(match: re.Match) -> str:
        if re.search(rf"\b{re.escape(match[0])}", sentence, re.IGNORECASE):
            return match[0]
        vowel = re.match(r"(?i)(?!uni|ur[ei]|ute|use|eu|one)[aeiou]|8|11\b|18\b|(?-i:[FLMNSX])\d", match[2])
        return match[1][0] + ("n " if vowel else " ") + match[2]

    return _NO_NAME.sub(lambda start: f"no {start[1].lower()}", _ARTICLE.sub(article, kept))
