"""Findings as one examination shows them: what compares with an earlier one goes, everything current stays.

    refrad2d curate IN.jsonl OUT.jsonl     rows {"id", "text", "language", "modality"} -> {"id", "text", …}

Offline, the rules of temporal.yaml do it; with a language model (llm.py) the model rewrites and translates, its output
is checked against the input, and the rules take over where it fails.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

import yaml

from refrad2d.files import read_jsonl, write_jsonl
from refrad2d.grounding import neutralise
from refrad2d.labels import LANGUAGES
from refrad2d.sentences import split_sentences

RULES_CURATOR = "rules"  # what the `curator` of a row says when no language model had a part in it


@dataclass(frozen=True)
class Rule:
    """One substitution. It applies where `needs` is found in the sentence as it came, and `unless` is not."""

    find: re.Pattern
    put: str
    needs: re.Pattern | None
    unless: re.Pattern | None


@dataclass(frozen=True)
class Rules:
    """The rules of one language: see the head of temporal.yaml."""

    trigger: re.Pattern
    rules: tuple[Rule, ...]
    tidy: tuple[Rule, ...]
    empty: frozenset[str]


@cache
def load_rules(language: str) -> Rules:
    """The compiled rules of a language. ValueError if there are none."""
    if language not in LANGUAGES:
        raise ValueError(f"Unknown language {language!r}. Choose from {', '.join(LANGUAGES)}.")
    everything = yaml.safe_load(files("refrad2d").joinpath("temporal.yaml").read_text(encoding="utf-8"))
    stored = everything[language] | {"tidy": everything[language]["tidy"] + everything["tidy"]}

    def compiled(pattern: str | None) -> re.Pattern | None:
        return None if pattern is None else re.compile(_expand(pattern, stored["macros"]), re.IGNORECASE | re.VERBOSE)

    def rules(kind: str) -> tuple[Rule, ...]:
        return tuple(
            Rule(compiled(rule["find"]), rule.get("put", ""), compiled(rule.get("if")), compiled(rule.get("unless")))
            for rule in stored[kind]
        )

    return Rules(compiled(stored["trigger"]), rules("rules"), rules("tidy"), frozenset(stored["empty"].split()))


def _expand(pattern: str, macros: Mapping[str, str]) -> str:
    """The pattern with every {name} replaced by its macro, down to the last."""
    while (expanded := re.sub(r"\{([a-z]+)\}", lambda name: f"(?:{macros[name[1]]})", pattern)) != pattern:
        pattern = expanded
    return pattern


def curate(text: str, language: str) -> str:
    """The findings of a text without temporal context, its sentences in order; "" if nothing is left.

    A sentence that says nothing about time comes back as it is. No finding is invented: "no new lesion" does not
    become "no lesion". ValueError if the language is unknown.
    """
    out, end = "", 0
    for start, stop in split_sentences(text, language):
        kept = curate_sentence(text[start:stop], language)
        if kept:
            gap = "\n" if "\n" in text[end:start] else " "
            out += (gap if out else "") + kept
        end = stop
    return out


def curate_sentence(sentence: str, language: str) -> str:
    """One sentence without temporal context, "" if nothing is left of it."""
    rules = load_rules(language)
    if not rules.trigger.search(sentence):
        return sentence
    kept = _apply(rules.rules, sentence)
    if kept == sentence:
        return sentence
    kept = _tidy(_apply(rules.tidy, kept), sentence, language)
    words = re.findall(r"[^\W\d_]+|\d+", kept.casefold())
    return kept if any(word not in rules.empty for word in words) else ""


def curate_rows(rows: Iterable[Mapping], counts: Counter) -> Iterator[dict]:
    """The rows with curated texts; those of which nothing is left are dropped. Counts kept and dropped_<reason>.

    A row keeps its other fields (they tell later stages what the text speaks of) and says which curator it had.
    """
    for row in rows:
        reason = _fault(row)
        text = "" if reason else curate(neutralise(row["text"]), row["language"])
        if text:
            yield {"origin": "original", **row, "text": text, "curator": RULES_CURATOR}
        counts["kept" if text else f"dropped_{reason or 'temporal_only'}"] += 1


def _fault(row: Mapping) -> str | None:
    """Why a row cannot be curated, None if it can."""
    if not isinstance(row.get("id"), str) or not isinstance(row.get("text"), str):
        return "bad_row"
    if row.get("language") not in LANGUAGES:
        return "unknown_language"
    return None if row["text"].strip() else "no_findings"


def run(src: Path, dst: Path, *, llm=None) -> Counter:
    """Curate a JSONL file of {"id", "text", "language", …} into another. Returns kept and dropped_<reason> counts."""
    counts: Counter = Counter()
    write_jsonl(dst, curate_rows(read_jsonl(src), counts))
    return counts


def _apply(rules: tuple[Rule, ...], sentence: str) -> str:
    kept = sentence
    for rule in rules:
        if (not rule.needs or rule.needs.search(sentence)) and not (rule.unless and rule.unless.search(sentence)):
            kept = rule.find.sub(rule.put, kept)
    return kept


def _tidy(kept: str, sentence: str, language: str) -> str:
    """Articles, capital letter and full stop of a sentence that the rules have been through."""
    if language == "en":
        kept = _agree(kept, sentence)
    if kept and kept[-1] not in ".:!?":
        kept += "."
    return kept[:1].upper() + kept[1:] if any(letter.isalnum() for letter in kept) else ""


def _agree(kept: str, sentence: str) -> str:
    """Set "a" or "an" before a word that it did not stand before in the sentence as it came."""

    def article(match: re.Match) -> str:
        if re.search(rf"\b{re.escape(match[0])}", sentence, re.IGNORECASE):
            return match[0]
        vowel = re.match(r"(?i)(?!uni|ur[ei]|ute|use|eu|one)[aeiou]|8|11\b|18\b|(?-i:[FLMNSX])\d", match[2])
        return match[1][0] + ("n " if vowel else " ") + match[2]

    return re.sub(r"\b([Aa]n?) (\w+)", article, kept)
