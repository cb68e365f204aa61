"""Find anatomy in report text: character spans, their classes, and whether the statement is negative.

    refrad2d mentions IN.jsonl OUT.jsonl
    >>> find_mentions("Kein Herd in der rechten Niere.", "de", "CT")
    [Mention(start=17, end=30, labels=('kidney_right',), negated=True)]

Rules, no model: the words stand in labels.csv, terms.csv and cues.csv; docs/text.md says what counts as a mention.
"""

import json
import logging
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from refrad2d.labels import LANGUAGES, MODALITIES
from refrad2d.labels import labels as all_labels
from refrad2d.laterality import assign_sides
from refrad2d.lexicon import Lexicon, Term, in_modality, lexicon, side_of
from refrad2d.negation import mark_negated
from refrad2d.numbering import keep_numbers, level_labels, read_levels, read_numbers_after, read_numbers_before
from refrad2d.sentences import split_sentences
from refrad2d.tokens import Match, Token, tokenize

_LEVEL = "level"  # kind of a match that `numbering` read
_IMPLIED = "implied"  # "hydronephrosis" stands for the kidney only where it is there and no kidney is named
_ADJECTIVAL = ("adjective", "elided")
_NOT_THE_ORGAN = frozenset("para peri supra infra extra intra retro sub pre prae post inter trans juxta non endo".split())
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Mention:
    """A piece of text that names anatomy.

    `start`, `end` are Python string indices (end exclusive). `labels` are the classes that the modality has, in the
    order of their ids. `negated` if the statement about it is negative ("no nodule in the right lower lobe").
    """

    start: int
    end: int
    labels: tuple[str, ...]
    negated: bool

    @property
    def label(self) -> str:
        """The first class."""
        return self.labels[0]


def find_mentions(text: str, language: str, modality: str) -> list[Mention]:
    """The mentions in a text, sorted; they neither overlap nor nest, the longest term wins.

    `language` is "de" or "en", `modality` "CT" or "MR", which decides the classes ("lungs" are lobes in CT).
    ValueError otherwise.
    """
    if modality not in MODALITIES:
        raise ValueError(f"Unknown modality {modality!r}. Choose from {', '.join(MODALITIES)}.")
    words = lexicon(language)
    return [
        mention
        for start, end in split_sentences(text, language)
        for mention in _read_sentence(tokenize(text, start, end, words), words, modality)
    ]


def _read_sentence(tokens: list[Token], words: Lexicon, modality: str) -> Iterator[Mention]:
    matches = _keep_elided(tokens, _find_matches(tokens, words, modality))
    if not matches:
        return
    _join_neighbours(matches)
    assign_sides(tokens, matches)
    named = {label for match in matches if match.term.kind != _IMPLIED for label in match.labels}
    for match, negated in zip(matches, mark_negated(tokens, matches, words), strict=True):
        if match.term.kind == _IMPLIED and (negated or named & set(match.labels)):
            continue
        labels = in_modality(_keep_side(match), modality)
        if labels:
            yield Mention(tokens[match.first].start, tokens[match.last - 1].end, labels, negated)


def _keep_side(match: Match) -> tuple[str, ...]:
    if match.side not in ("left", "right") or not match.paired:
        return match.labels
    return tuple(name for name in match.labels if side_of(name) in (None, match.side))


def _find_matches(tokens: list[Token], words: Lexicon, modality: str) -> list[Match]:
    """All terms from left to right, the longest at each place; those of kind `none` only keep others away."""
    matches: list[Match] = []
    at = 0
    while at < len(tokens):
        word = tokens[at].word
        match = None
        if word.keys or word.compound:
            match = _match_term(tokens, at, words)
        if match is None and tokens[at].raw[0].isupper():
            levels = read_levels(tokens, at, modality)
            if levels:
                match = Match(at, levels[0], Term(_LEVEL), level_labels(levels[1]))
        if match is None:
            at += 1
            continue
        if _is_taken_away(tokens, match, words):
            match.term, match.labels = Term("none"), ()
        _take_numbers(tokens, match, matches[-1].last if matches else 0)
        matches.append(match)
        at = match.last
    return matches


def _match_term(tokens: list[Token], at: int, words: Lexicon) -> Match | None:
    """The longest term that begins at `at`; full stops and hyphens between its words do not count."""
    best: Match | None = None
    stack = [(words.terms, at, False)]
    while stack:
        node, j, plural = stack.pop()
        if "" in node and (best is None or j > best.last):
            best = Match(at, j, node[""], node[""].labels, plural)
        while j > at and j < len(tokens) and (tokens[j].raw == "." or tokens[j].raw == "-"):
            j += 1
        if j < len(tokens):
            word = tokens[j].word
            stack += [(node[key], j + 1, words.is_plural(word.norm, key)) for key in word.keys if key in node]
    compound = tokens[at].word.compound
    if best is None and compound:
        best = Match(at, at + 1, compound, compound.labels, compound=True)
    return best


def _is_taken_away(tokens: list[Token], match: Match, words: Lexicon) -> bool:
    """True if what stands around a term makes it something else: "renal artery", "para-aortal", "Leber- und Nierenwerte".

    In German it also lets the match grow over a hyphen to the whole word ("Leber-Metastasen").
    """
    first, last, count = match.first, match.last, len(tokens)
    if first > 1 and tokens[first - 1].raw == "-" and tokens[first - 2].word.norm in _NOT_THE_ORGAN:
        return True
    after = last
    if last + 1 < count and tokens[last].raw == "-" and tokens[last].start == tokens[last - 1].end:
        following = tokens[last + 1]
        if following.start == tokens[last].end:
            if following.word.void_head or following.word.norm == "shaped":
                return True
            if words.language == "de" and following.raw[0].isalpha() and not following.word.roles:
                match.last = last + 2
        elif "and" in following.word.roles:
            return last + 2 < count and tokens[last + 2].word.void
        return False
    if words.language == "de" and match.term.kind not in _ADJECTIVAL or match.term.kind in ("removed", _LEVEL):
        return False
    if after < count and tokens[after].word.void_head:
        return True
    return (
        match.term.kind == "adjective"
        and after + 1 < count
        and tokens[after].raw[0].isalpha()
        and not tokens[after].word.roles
        and tokens[after + 1].word.void_head
    )


def _take_numbers(tokens: list[Token], match: Match, floor: int) -> None:
    """Narrow "Rippe" or "Lendenwirbel" to the numbers around it, and let the match take them in."""
    if match.term.kind != "numbered":
        return
    first, numbers = read_numbers_before(tokens, match.first, floor)
    last = match.last
    if not numbers:
        last, numbers = read_numbers_after(tokens, match.last)
    labels = keep_numbers(match.labels, numbers) if numbers else ()
    if labels:
        match.first, match.last, match.labels, match.plural = first, last, labels, False


def _keep_elided(tokens: list[Token], matches: list[Match]) -> list[Match]:
    """Drop halves such as "upper" or "Ober-" that no conjunction joins to a whole of their kind."""
    kept: list[Match] = []
    for match in reversed(matches):
        if match.term.kind == "elided":
            if not (kept and _completes(tokens, match, kept[-1])):
                continue
            match.last += tokens[match.last].raw == "-"
        kept.append(match)
    return kept[::-1]


def _completes(tokens: list[Token], half: Match, whole: Match) -> bool:
    """True if half and whole are of one family and a conjunction stands between, with at most two more words."""
    between = tokens[half.last : whole.first]
    families = [{label.split("_")[0] for label in match.labels} for match in (half, whole)]
    if not between or len(between) > 5 or not families[0] & families[1]:
        return False
    joined = between[1:] if between[0].raw == "-" else between
    return bool(joined) and ("and" in joined[0].word.roles or joined[0].raw in ",/")


def _join_neighbours(matches: list[Match]) -> None:
    """Make one of a level and the vertebra beside it ("L3 vertebral body"), and of two words for the same classes."""
    for k in range(len(matches) - 1, 0, -1):
        left, right = matches[k - 1], matches[k]
        if left.last != right.first or not left.labels or not right.labels:
            continue
        if {left.term.kind, right.term.kind} == {_LEVEL, "numbered"} and set(left.labels + right.labels) <= _spine():
            level = left if left.term.kind == _LEVEL else right
            matches[k - 1 : k + 1] = [Match(left.first, right.last, level.term, level.labels)]
        elif left.labels == right.labels:
            right.first = left.first
            del matches[k - 1]


@cache
def _spine() -> frozenset[str]:
    return frozenset(label.name for label in all_labels() if label.name.startswith("vertebrae"))


def run(src: Path, dst: Path) -> Counter:
    """Read rows {"id", "text", "language", "modality"} from a JSONL file, write {"id", "spans"} beside it, count them.

    Counts: kept, mentions, dropped_malformed (no JSON object with these four strings), dropped_unknown_language,
    dropped_unknown_modality. The output is written under another name first and renamed when it is whole.
    """
    counts: Counter = Counter()
    part = dst.with_name(dst.name + ".tmp")
    with src.open(encoding="utf-8", errors="replace") as lines, part.open("w", encoding="utf-8") as out:
        for line in lines:
            if not line.strip():
                continue
            row, reason = _read_row(line)
            if reason:
                counts[f"dropped_{reason}"] += 1
                continue
            found = find_mentions(row["text"], row["language"], row["modality"])
            counts["kept"] += 1
            counts["mentions"] += len(found)
            spans = [
                {"start": m.start, "end": m.end, "label": m.label, "labels": list(m.labels), "negated": m.negated}
                for m in found
            ]
            out.write(json.dumps({"id": row["id"], "spans": spans}, ensure_ascii=False) + "\n")
    os.replace(part, dst)
    _log.info("mentions %d in %d texts (dropped: %d)", counts["mentions"], counts["kept"], _dropped(counts))
    return counts


def _dropped(counts: Counter) -> int:
    return sum(n for reason, n in counts.items() if reason.startswith("dropped_"))


def _read_row(line: str) -> tuple[dict[str, Any], str]:
    """A row and why it is dropped, the empty string if it is not."""
    try:
        row = json.loads(line)
    except json.JSONDecodeError:
        return {}, "malformed"
    if not isinstance(row, dict) or not all(isinstance(row.get(k), str) for k in ("text", "language", "modality")):
        return {}, "malformed"
    if "id" not in row:
        return {}, "malformed"
    if row["language"] not in LANGUAGES:
        return row, "unknown_language"
    return row, "" if row["modality"] in MODALITIES else "unknown_modality"
