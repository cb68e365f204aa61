"""Groups of numbers that share a noun, each with a side: "linke 9. und rechte 10. Rippe", "Rippe links, 6. rechts".

Before the noun a side word splits its numbers: it begins a group if numbers follow it, and ends one if an "and" or a
comma follows. Behind the noun a further group is numbers with a side of their own and no noun.

Last words share the beginning of a term before them: "left medius" behind "right gluteus maximus and". Only with a side
is such a word a mention of its own; lists without one ("gluteus medius and minimus") are terms.
"""

from typing import NamedTuple

from refrad2d.text.lexicon import Lexicon, Trie
from refrad2d.text.numbering import (
    is_noun,
    is_position,
    keep_numbers,
    read_connector,
    read_list,
    read_number,
    read_numbers_before,
)
from refrad2d.text.tokens import TermMatch, Token

_SIGNS = ".-"
_FRACTURES = frozenset("fracture fractures fraktur frakturen".split())
_PREDICATES = ("ed", "iert", "ochen")  # "7 right fractured" names no noun
_PREDICATE_ROLES = frozenset(("verb", "and", "preposition", "state", "seen"))


class _Side(NamedTuple):
    """A side behind numbers: its name, where its word ends, and the token where reading goes on."""

    name: str | None
    last: int
    after: int


def split_groups(tokens: list[Token], match: TermMatch, noun: int, whole: tuple[str, ...]) -> list[TermMatch]:
    """The groups with other sides before that of a match with ordinals, which is narrowed to its last group.

    `noun` is the token of its noun, `whole` are all classes of that.
    """
    groups: list[TermMatch] = []
    floor, first = match.first, match.first
    ahead = match.first - 1 - (match.first > 1 and is_position(tokens[match.first - 1]))
    leading = ahead >= 0 and tokens[ahead].word.side
    for end, start in _cuts(tokens, match.first, noun):
        begin, numbers = read_numbers_before(tokens, end, floor, noun)
        if numbers:
            group = TermMatch(begin, end, match.term, keep_numbers(whole, numbers))
            group.side = _side_within(tokens[begin:end])
            if not (group.side or leading or groups):
                group.side = "both"  # "3. und linke 4. Rippe" does not say where the third is
            group.side_from = "before" if group.side else ""
            groups.append(group)
        floor = first = start
    if groups:
        match.first, numbers = read_numbers_before(tokens, noun, first)
        match.labels = keep_numbers(whole, numbers)
        match.side = _side_within(tokens[match.first : noun])
        match.side_from = "before" if match.side else ""
    return groups


def _side_within(tokens: list[Token]) -> str | None:
    return next((token.word.side for token in tokens if token.word.side), None)


def _cuts(tokens: list[Token], first: int, noun: int) -> list[tuple[int, int]]:
    """Where groups of numbers part at a side: (end of the one, first token of the next)."""
    cuts: list[tuple[int, int]] = []
    for at in range(first + 1, noun):
        if tokens[at].word.side not in ("left", "right"):
            continue
        before = at
        while before > first and "article" in tokens[before - 1].word.roles:
            before -= 1
        start = _skip_joints(tokens, at + 1, noun)
        if _is_joint(tokens, before - 1) and _is_numeral(tokens, at + 1 + is_position(tokens[at + 1])):
            while _is_joint(tokens, before - 1):
                before -= 1
            cuts.append((before, at))
        elif start > at + 1 and _is_joint(tokens, start - 1, article=True) and _is_numeral(tokens, start):
            cuts.append((at + 1, start))
    return cuts


def _is_joint(tokens: list[Token], at: int, article: bool = False) -> bool:
    """True for a comma or an "and" between two groups."""
    roles = tokens[at].word.roles
    return tokens[at].raw in ",/&+" or "and" in roles or article and "article" in roles


def _skip_joints(tokens: list[Token], at: int, end: int) -> int:
    while at < end and (_is_joint(tokens, at, article=True) or tokens[at].raw == "."):
        at += 1
    return at


def _is_numeral(tokens: list[Token], at: int) -> bool:
    return at < len(tokens) and bool(read_number(tokens[at].raw) or tokens[at].word.ordinal)


def read_later_groups(tokens: list[Token], match: TermMatch, whole: tuple[str, ...]) -> list[TermMatch]:
    """The groups of other sides behind a numbered match: "links sowie 4-6 rechts", "left, 7 right", "und links 7"."""
    groups: list[TermMatch] = []
    previous = match
    while following := _next_group(tokens, previous, whole):
        groups.append(following)
        previous = following
    return groups


def _next_group(tokens: list[Token], previous: TermMatch, whole: tuple[str, ...]) -> TermMatch | None:
    """The group behind `previous`, which takes in its own side if that stands between."""
    own = _read_side(tokens, previous.last + _is_dotted(tokens, previous.last))
    joined = read_connector(tokens, own.after)
    if not joined or joined[1] == "-":
        return None
    start = _skip_joints(tokens, joined[0], len(tokens))
    if start + 1 < len(tokens) and tokens[start].word.side in ("left", "right"):
        end, numbers = read_list(tokens, start + 1 + _is_dotted(tokens, start + 1))
        labels = keep_numbers(whole, numbers)
        if joined[1] != "," or not labels or is_noun(tokens, end):
            return None
        end -= tokens[end - 1].raw == "."
        group = TermMatch(start, end, previous.term, labels, side=tokens[start].word.side, side_from="before")
    else:
        end, numbers = read_list(tokens, start)
        side = _read_side(tokens, end)
        labels = keep_numbers(whole, numbers)
        if not labels or not side.name or not (own.name or previous.side):
            return None
        if tokens[side.last - 1].word.attributive and side.last == end + 1 and not _is_closed(tokens, side.after):
            return None
        group = TermMatch(start, _side_end(end, side), previous.term, labels, side=side.name, side_from="before")
    if own.name and not previous.side:
        previous.last, previous.side, previous.side_from = _side_end(previous.last, own), own.name, "after"
    return group


def read_listed_groups(tokens: list[Token], match: TermMatch, whole: tuple[str, ...]) -> list[TermMatch]:
    """The groups in a list behind a noun without numbers: "Rippenfrakturen: rechts 4.-8., links 5.-7."."""
    at = match.last
    while at < len(tokens) and tokens[at].word.norm in _FRACTURES:
        at += 1
    if at + 2 >= len(tokens) or tokens[at].raw not in ":,(" or tokens[at + 1].word.side not in ("left", "right"):
        return []
    start = at + 2 + _is_dotted(tokens, at + 2)
    end, numbers = read_list(tokens, start)
    labels = keep_numbers(whole, numbers)
    counts = len(numbers) == 1 and end == start + 1  # "Rippenfrakturen: rechts 4"
    if not labels or counts or is_noun(tokens, end):
        return []
    end -= tokens[end - 1].raw == "."
    group = TermMatch(at + 1, end, match.term, labels, side=tokens[at + 1].word.side, side_from="before")
    return [group, *read_later_groups(tokens, group, whole)]


def _is_dotted(tokens: list[Token], at: int) -> bool:
    """True for the full stop of an ordinal or of a shortened side at `at`."""
    if not 0 < at < len(tokens) or tokens[at].raw != ".":
        return False
    return bool(tokens[at - 1].word.side or read_number(tokens[at - 1].raw))


def _side_end(end: int, side: _Side) -> int:
    """The end of a mention with numbers up to `end`, which a side directly behind belongs to ("on the left" not)."""
    return side.last if side.last == end + 1 else end


def _read_side(tokens: list[Token], at: int) -> _Side:
    """The side at `at`: "links", "li.", "on the left"; without a name if there is none."""
    end = at
    while end < len(tokens) and end < at + 2 and tokens[end].word.norm in ("on", "the"):
        end += 1
    if end >= len(tokens) or tokens[end].word.side not in ("left", "right"):
        return _Side(None, at, at)
    dotted = end + 2 < len(tokens) and tokens[end + 1].raw == "."
    return _Side(tokens[end].word.side, end + 1, end + 1 + dotted)


def _is_closed(tokens: list[Token], at: int) -> bool:
    """True if no noun follows that the side before `at` could be an attribute of ("2 left nodules")."""
    if at >= len(tokens) or not tokens[at].raw[0].isalpha():
        return True
    return bool(tokens[at].word.roles & _PREDICATE_ROLES) or tokens[at].word.norm.endswith(_PREDICATES)


# --- last words ---------------------------------------------------------------------------------------------------


def read_last_words(tokens: list[Token], match: TermMatch, words: Lexicon) -> list[TermMatch]:
    """The mentions behind `match` of which only the last word is left: "M. gluteus maximus rechts und" medius links."""
    found: list[TermMatch] = []
    nodes: list[Trie] = []
    at = match.last
    while following := _joined(tokens, at):
        nodes = nodes or _beginnings(tokens, match, words)
        last = _read_last_word(tokens, following, nodes)
        if last is None or not (_side_at(tokens, following - 1) or _side_at(tokens, _skip_dot(tokens, last.last))):
            break
        found.append(last)
        at = last.last
    return found


def _joined(tokens: list[Token], at: int) -> int:
    """The token behind a side, a comma or "and", an article and a side; 0 without the comma or "and"."""
    start = _skip_dot(tokens, at)
    if _side_at(tokens, start):
        at = _skip_dot(tokens, start + 1)
    joint = at
    while at < len(tokens) and (tokens[at].raw in ",/&+" or "and" in tokens[at].word.roles):
        at += 1
    if at == joint:
        return 0
    while at < len(tokens) and "article" in tokens[at].word.roles:
        at += 1
    return at + _side_at(tokens, at)


def _side_at(tokens: list[Token], at: int) -> bool:
    return at < len(tokens) and tokens[at].word.side in ("left", "right")


def _skip_dot(tokens: list[Token], at: int) -> int:
    return at + (at < len(tokens) and tokens[at].raw == ".")


def _beginnings(tokens: list[Token], match: TermMatch, words: Lexicon) -> list[Trie]:
    """The places in the trie of terms before the last word of a match."""
    spoken = [token for token in tokens[match.first : match.last] if token.raw not in _SIGNS and not token.word.side]
    nodes: list[Trie] = [words.terms]
    for token in spoken[:-1]:
        nodes = [node[key] for node in nodes for key in token.word.keys if key in node]
    return nodes if len(spoken) > 1 else []


def _read_last_word(tokens: list[Token], at: int, nodes: list[Trie]) -> TermMatch | None:
    """The term that the word at `at` completes."""
    if at >= len(tokens):
        return None
    for node in nodes:
        for key in tokens[at].word.keys:
            term = node.get(key, {}).get("")
            if term and term.labels:
                return TermMatch(at, at + 1, term, term.labels, elided=True)
    return None
