"""Find anatomy in report text: character spans, their classes, and whether the statement is negative.

    >>> find_mentions("Kein Herd in der rechten Niere.", "de", "CT")
    [Mention(start=17, end=30, labels=('kidney_right',), negated=True)]

Rules, no model: the words stand in labels.csv, terms.csv and cues.csv; docs/text.md says what counts as a mention.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from refrad2d.labels import MODALITIES
from refrad2d.labels import labels as all_labels
from refrad2d.text.laterality import assign_sides
from refrad2d.text.lexicon import Lexicon, Term, Trie, in_modality, lexicon, side_of
from refrad2d.text.negation import mark_negated
from refrad2d.text.numbering import (
    is_classification,
    keep_numbers,
    level_labels,
    read_levels,
    read_numbers_after,
    read_numbers_before,
)
from refrad2d.text.phrases.groups import read_last_words, read_later_groups, read_listed_groups, split_groups
from refrad2d.text.phrases.technique import is_technique
from refrad2d.text.sentences import compose, split_composed
from refrad2d.text.tokens import TermMatch, Token, tokenize

_LEVEL = "level"  # kind of a match that `numbering` read
_IMPLIED = "implied"  # "hydronephrosis" stands for the kidney only where it is there and no kidney is named
_LONGEST = 400  # tokens of a sentence; what is longer is none, and is read in pieces
_ELISION = 6  # tokens between the halves of a list at most
_REACH = 5  # tokens that an adjective looks ahead for its noun


@dataclass(frozen=True)
class Mention:
    """A piece of text that names anatomy.

    `start`, `end` are Python string indices (end exclusive). `labels` are the classes that the modality has, in the
    order of their ids. `negated` if the statement about it is negative ("no nodule in the right lower lobe").
    """

    start: int
    end: int
    labels: tuple[str, ...]
    negated: bool = False

    @property
    def label(self) -> str:
        """The first class."""
        return self.labels[0]


def find_mentions(text: str, language: str, modality: str) -> list[Mention]:
    """The mentions in a text, sorted; they neither overlap nor nest, the longest term wins.

    Spans index the text as it is given, also where its umlauts are decomposed or a line break cuts a word.

    `language` is "de" or "en", `modality` "CT" or "MR", which decides the classes ("lungs" are lobes in CT).
    ValueError otherwise.
    """
    if modality not in MODALITIES:
        raise ValueError(f"Unknown modality {modality!r}. Choose from {', '.join(MODALITIES)}.")
    words = lexicon(language)
    mentions: list[Mention] = []
    composed = compose(text)
    for start, end in split_composed(composed.text, language):
        tokens = tokenize(composed.text, start, end, words)
        for at in range(0, len(tokens), _LONGEST):
            mentions += _read_sentence(tokens[at : at + _LONGEST], words, modality)
    if composed.places is None:
        return mentions
    return [Mention(*composed.original(m.start, m.end), m.labels, m.negated) for m in mentions]


def _read_sentence(tokens: list[Token], words: Lexicon, modality: str) -> Iterator[Mention]:
    matches = _find_matches(tokens, words, modality)
    if not matches or is_technique(tokens):
        return
    _join_neighbours(tokens, matches)
    assign_sides(tokens, matches)
    named = {label for match in matches if match.term.kind != _IMPLIED for label in match.labels}
    for match, negated in zip(matches, mark_negated(tokens, matches, words), strict=True):
        if match.term.kind == _IMPLIED and (negated or named & set(match.labels)):
            continue
        labels = in_modality(_keep_side(match), modality)
        if labels:
            yield Mention(tokens[match.first].start, tokens[match.last - 1].end, labels, negated)


def _keep_side(match: TermMatch) -> tuple[str, ...]:
    if match.side not in ("left", "right") or not match.paired:
        return match.labels
    return tuple(name for name in match.labels if side_of(name) in (None, match.side))


def _find_matches(tokens: list[Token], words: Lexicon, modality: str) -> list[TermMatch]:
    """All terms from left to right, the longest at each place; those of kind `none` only keep others away."""
    matches: list[TermMatch] = []
    at = 0
    while at < len(tokens):
        word = tokens[at].word
        match = None
        levels = read_levels(tokens, at, modality) if tokens[at].raw[0].isupper() else None
        if levels:
            match = TermMatch(at, levels[0], Term(_LEVEL), level_labels(levels[1]))
        elif word.keys or word.compound:
            match = _match_term(tokens, at, words)
        if match is None or match.term.kind == "adjective":
            match = _match_elided(tokens, at, words) or match
        if match is None:
            at += 1
            continue
        if _is_taken_away(tokens, match, words):
            match.term, match.labels = Term("none"), ()
        whole = match.labels
        noun = match.first
        _take_numbers(tokens, match, matches[-1].last if matches else 0)
        if match.term.kind == "numbered" and match.labels != whole:
            matches += [*split_groups(tokens, match, noun, whole), match, *read_later_groups(tokens, match, whole)]
        else:
            matches.append(match)
            if match.labels and match.last - match.first > 1 and match.term.kind == "term":
                matches += read_last_words(tokens, match, words)
            elif match.term.kind == "numbered" and match.paired:
                matches += read_listed_groups(tokens, match, whole)
        at = matches[-1].last
    return matches


def _match_term(tokens: list[Token], at: int, words: Lexicon) -> TermMatch | None:
    """The longest term that begins at `at`; full stops, hyphens and a side between its words do not count."""
    best: TermMatch | None = None
    stack: list[tuple[Trie, int, bool, str | None]] = [(words.terms, at, False, None)]
    while stack:
        node, j, plural, side = stack.pop()
        if "" in node and (best is None or j > best.last) and not tokens[j - 1].word.side:
            best = TermMatch(at, j, node[""], node[""].labels, plural, side=side, side_from="before" if side else "")
        while j > at and j < len(tokens) and tokens[j].raw in ".-":
            j += 1
        if j >= len(tokens):
            continue
        word = tokens[j].word
        stack += [(node[key], j + 1, words.is_plural(word.norm, key), side) for key in word.keys if key in node]
        if j > at and word.side and not side and not _is_joined(tokens, j):  # "lower lobe of the left lung"
            stack.append((node, j + 1, plural, word.side))
    compound = tokens[at].word.compound
    if best is None and compound:
        best = TermMatch(at, at + 1, compound, compound.labels, compound=True)
    return best


def _is_joined(tokens: list[Token], at: int) -> bool:
    """True if "and" stands beside a side, which then parts two names: "gluteus maximus and left medius"."""
    after = at + 1 + (at + 1 < len(tokens) and tokens[at + 1].raw == ".")
    return "and" in tokens[at - 1].word.roles or after < len(tokens) and "and" in tokens[after].word.roles


def _match_elided(tokens: list[Token], at: int, words: Lexicon) -> TermMatch | None:
    """The half of a list that shares its end: "upper" before "and lower lobes", "Ober-" before "und Unterlappen"."""
    after, word = at + 1, tokens[at].word
    if after + 1 >= len(tokens):
        return None
    if words.language == "de" and tokens[after].raw == "-" and tokens[after].start == tokens[at].end:
        if tokens[after + 1].start == tokens[after].end and tokens[after + 1].raw not in ",/":
            return None
        whole = _whole_of(tokens, after)
        term = words.elided(tokens[at].raw, whole.raw) if whole else None
        return TermMatch(at, after + 1, term, term.labels, elided=True) if term else None
    if not (
        word.keys
        and not word.roles
        and not word.side
        and ("and" in tokens[after].word.roles or tokens[after].raw in ",/")
    ):
        return None
    for j in range(after + 2, min(after + 2 + _ELISION, len(tokens))):
        if tokens[j - 1].word.roles & {"verb", "preposition"} or tokens[j - 1].raw in ".;:":
            return None
        for key in word.keys:
            term = _walk(words.terms.get(key, {}), tokens, j)
            if term:
                return TermMatch(at, after, term, term.labels, elided=True)
    return None


def _whole_of(tokens: list[Token], hyphen: int) -> Token | None:
    """The word that ends a list of halves: "Unterlappen" behind the hyphen of "Ober-, Mittel- und Unterlappen"."""
    for j in range(hyphen + 1, min(hyphen + 1 + _ELISION, len(tokens))):
        token = tokens[j]
        half = j + 1 < len(tokens) and tokens[j + 1].raw == "-"
        if token.raw.isalpha() and not (half or token.word.roles or token.word.side):
            return token
        if not (half or token.word.roles or token.word.side or token.raw in ",/-"):
            return None
    return None


def _walk(node: Trie, tokens: list[Token], at: int) -> Term | None:
    """The longest term that the words from `at` on complete, with at least one of them."""
    found = None
    for token in tokens[at:]:
        key = next((key for key in token.word.keys if key in node), None)
        if key is None:
            break
        node = node[key]
        found = node.get("", found)
    return found


def _is_taken_away(tokens: list[Token], match: TermMatch, words: Lexicon) -> bool:
    """True if its surroundings make a term something else: "renal artery", "para-aortal", "Leber- und Nierenwerte".

    In German it also lets the match grow over a hyphen to the whole word ("Leber-Metastasen").
    """
    first, last = match.first, match.last
    if tokens[first].raw == "AO" and is_classification(tokens, first):
        return True
    if first > 1 and tokens[first - 1].raw == "-" and "beside" in tokens[first - 2].word.roles:
        return True
    if last + 1 < len(tokens) and tokens[last].raw == "-" and tokens[last].start == tokens[last - 1].end:
        following = tokens[last + 1]
        if following.start > tokens[last].end or following.raw in ",/":
            whole = _whole_of(tokens, last)
            return whole is not None and (whole.word.void or words.ends_in_tail(whole.raw))
        if following.word.void_head or following.word.norm == "shaped":
            return True
        if words.language == "de" and following.raw[0].isalpha() and not following.word.roles:
            match.last = last + 2
        return False
    if words.language == "de" and match.term.kind != "adjective" or match.term.kind in ("removed", _LEVEL):
        return False
    return _head_takes_away(tokens[last : last + _REACH], match.term.kind == "adjective")


def _head_takes_away(ahead: list[Token], adjective: bool) -> bool:
    """True before "artery" or "function"; an adjective also reaches "segmental arteries" and "and portal veins"."""
    if not ahead or not adjective:
        return bool(ahead) and ahead[0].word.void_head
    joined = "and" in ahead[0].word.roles or ahead[0].raw in ",/-"
    for token in ahead if joined else ahead[:2]:
        if token.word.void_head:
            return True
        if not (token.raw[0].isalpha() or token.raw in ",/-") or token.word.roles - {"and"}:
            return False
    return False


def _take_numbers(tokens: list[Token], match: TermMatch, floor: int) -> None:
    """Narrow "Rippe" or "Lendenwirbel" to the numbers around it, and let the match take them in."""
    if match.term.kind != "numbered":
        return
    first, numbers = read_numbers_before(tokens, match.first, floor)
    last = match.last
    if not numbers:
        last, numbers = read_numbers_after(tokens, match.last)
    labels = keep_numbers(match.labels, numbers) if numbers else ()
    if labels:
        taken = [*tokens[first : match.first], *tokens[match.last : last]]
        within = {token.word.side for token in taken} - {None}  # "3rd to 7th left ribs", "Rippe links 4"
        if len(within) == 1:
            match.side, match.side_from = within.pop(), "before"
        match.first, match.last, match.labels, match.plural = first, last, labels, False


def _join_neighbours(tokens: list[Token], matches: list[TermMatch]) -> None:
    """Make one of a level and the vertebra beside it ("L3 vertebral body"), and of two names for the same classes."""
    for k in range(len(matches) - 1, 0, -1):
        left, right = matches[k - 1], matches[k]
        if not left.labels or not right.labels:
            continue
        if _in_parentheses(tokens, left, right) and left.labels == right.labels:
            left.last = right.last + 1
            del matches[k]
            continue
        if left.last != right.first and not _is_level_of(tokens, left, right):
            continue
        kinds = {left.term.kind, right.term.kind}
        if _LEVEL in kinds and kinds & {"numbered", "adjective"} and set(left.labels + right.labels) <= _spine():
            level = left if left.term.kind == _LEVEL else right
            matches[k - 1 : k + 1] = [TermMatch(left.first, right.last, level.term, level.labels)]
        elif left.labels == right.labels:
            right.first = left.first
            del matches[k - 1]


def _in_parentheses(tokens: list[Token], left: TermMatch, right: TermMatch) -> bool:
    """True for the abbreviation behind a name: "fifth lumbar vertebra (L5)"."""
    opened = right.first == left.last + 1 and tokens[left.last].raw == "("
    return opened and right.last < len(tokens) and tokens[right.last].raw == ")"


def _is_level_of(tokens: list[Token], left: TermMatch, right: TermMatch) -> bool:
    """True for a vertebra whose level follows: "Processus spinosus von C7", "vertebral bodies of L2 to L4"."""
    between = {token.word.norm for token in tokens[left.last : right.first]}
    return (
        left.term.kind == "numbered"
        and right.term.kind == _LEVEL
        and between <= {"of", "the", "von", "vom", "des", "der"}
    )


@cache
def _spine() -> frozenset[str]:
    return frozenset(label.name for label in all_labels() if label.name.startswith("vertebrae"))
