"""Findings as one examination shows them: what compares with an earlier one goes, everything current stays.

    refrad2d curate IN.jsonl OUT.jsonl     rows {"id", "text", "language", "modality"} -> {"id", "text", …}

Offline, the rules of temporal.yaml do it; with a language model (llm.py) the model rewrites and translates, its output
is checked against the input, and the rules take over where it fails.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain, tee
from pathlib import Path

from refrad2d.grounding import neutralise
from refrad2d.labels import LANGUAGES
from refrad2d.llm.checks import Anatomy, check_rewrite, cut_instructions
from refrad2d.llm.client import LLM, Check
from refrad2d.llm.prompts import load_prompt
from refrad2d.llm.translate import translate_rows
from refrad2d.system.files import write_jsonl
from refrad2d.system.tables import read_yaml
from refrad2d.text.sentences import split_sentences

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
    everything = read_yaml(__package__, "temporal.yaml")
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
    if kept != sentence:
        kept = _tidy(_apply(rules.tidy, kept), sentence, language)
    words = re.findall(r"[^\W\d_]+|\d+", kept.casefold())
    return kept if any(word not in rules.empty for word in words) else ""


def curate_rows(rows: Iterable[Mapping], counts: Counter) -> Iterator[tuple[Mapping, str]]:
    """Each usable row with its curated text; those of which nothing is left are dropped and counted by reason."""
    for row in rows:
        reason, text = _fault(row), ""
        if not reason:
            source = cut_instructions(neutralise(row["text"]), row["language"])
            text = curate(source, row["language"])
            reason = None if text else "temporal_only" if source else "instructions_only"
            row = {**row, "text": source}
        if reason:
            counts[f"dropped_{reason}"] += 1
        else:
            yield row, text


def _read_rows(src: Path) -> Iterator[Mapping]:
    """The objects of a JSONL file; a line that is none comes as an empty row, to be counted with the bad ones."""
    with src.open(encoding="utf-8", errors="replace", newline="\n") as file:
        for line in filter(str.strip, file):
            try:
                row = json.loads(line)
            except json.JSONDecodeError:
                row = {}
            yield row if isinstance(row, dict) else {}


def _fault(row: Mapping) -> str | None:
    """Why a row cannot be curated, None if it can."""
    if not isinstance(row.get("id"), str) or not isinstance(row.get("text"), str):
        return "bad_row"
    if row.get("language") not in LANGUAGES:
        return "unknown_language"
    return None if row["text"].strip() else "no_findings"


def rewrite_rows(
    rows: Iterable[tuple[Mapping, str]], llm: LLM, counts: Counter, *, anatomy: Anatomy | None = None
) -> Iterator[tuple[Mapping, str, str]]:
    """Rows with the text of the model if it stands up to the checks, else with that of the rules; and the curator."""
    prompt = load_prompt("rewrite")

    def ask(row: Mapping, kept: str) -> tuple[str, Check]:
        def check(answer: Mapping) -> str | None:
            return check_rewrite(row["text"], kept, answer["findings"], row["language"], anatomy=anatomy)

        return row["text"], check

    asked, waiting = tee(rows)
    for (row, kept), reply in zip(waiting, llm.ask_all(prompt, (ask(*pair) for pair in asked)), strict=True):
        # What the model overlooked, the rules may still find.
        text = curate(reply.value["findings"], row["language"]) if reply.value else ""
        if text:
            counts["rewritten"] += 1
            yield row, text, f"{llm.model}@{prompt.name}:{prompt.hash}"
        else:
            counts[f"fallback_{reply.reason or 'empty'}"] += 1
            yield row, kept, f"{RULES_CURATOR}:{reply.reason or 'empty'}"


def run(src: Path, dst: Path, *, llm: LLM | None = None, anatomy: Anatomy | None = None) -> Counter:
    """Curate a JSONL file of {"id", "text", "language", …} into another.

    A row keeps its other fields and gains `curator` and, unless it has one, `origin`. With a model, texts without a
    parallel in the other language get a translated row. `anatomy` finds the classes that a text names: no model may add
    one. Returns how many texts were kept, dropped_<reason>, rewritten, fallback_<reason>, translated,
    untranslated_<reason>.
    """
    counts: Counter = Counter()
    curated = curate_rows(_read_rows(src), counts)
    if llm is None:
        texts = ((row, text, RULES_CURATOR) for row, text in curated)
    else:
        texts = rewrite_rows(curated, llm, counts, anatomy=anatomy)
    rows = ({"origin": "original", **row, "text": text, "curator": curator} for row, text, curator in texts)
    if llm is not None:
        originals = list(rows)
        rows = chain(originals, translate_rows(originals, llm, counts, anatomy=anatomy))

    def counted() -> Iterator[dict]:
        for row in rows:
            counts["kept"] += 1
            yield row

    write_jsonl(dst, counted())
    return counts


def _apply(rules: tuple[Rule, ...], sentence: str) -> str:
    kept = sentence
    seen: dict[str, bool] = {}  # many rules share a condition; a string is hashed faster than a compiled pattern

    def holds(condition: re.Pattern) -> bool:
        if condition.pattern not in seen:
            seen[condition.pattern] = condition.search(sentence) is not None
        return seen[condition.pattern]

    for rule in rules:
        if rule.needs and not holds(rule.needs) or rule.unless and holds(rule.unless):
            continue
        if rule.find.search(kept):  # most rules find nothing, and a search costs less than a substitution of nothing
            kept = " ".join(rule.find.sub(rule.put, kept).split())  # the next rule expects single blanks
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

    kept = re.sub(r"\b([Aa]n?) (\w+)", article, kept)
    return re.sub(r"\bno (?=[A-Z][a-z])(\w)", lambda start: f"no {start[1].lower()}", kept)
