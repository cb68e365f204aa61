"""Last words that share the beginning of a term before them: "left medius" behind "right gluteus maximus and".

Only with a side is such a word a mention of its own; lists without one ("gluteus medius and minimus") are terms.
"""

from refrad2d.text.lexicon import Lexicon, Trie
from refrad2d.text.tokens import TermMatch, Token

_SIGNS = ".-"


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
