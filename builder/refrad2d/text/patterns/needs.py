"""What every match of a pattern holds, read from its parse tree: sets of pieces, of each of which a match has one.

>>> [sorted(one) for one in needs(r"\\b(?:new|known)\\s(?:cyst|lesion)s?")]
[['¦cyst', '¦cysts', '¦lesion', '¦lesions'], ['¦known¦', '¦new¦']]

A piece is lowercase, and digits in a row are one 0. A blank stands for an end of a word between blanks, EDGE for
one of a word of letters, START and END for those of the text. What the parse tree does not tell is left open.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from re import _compiler as compiler  # type: ignore[attr-defined]  # isort: skip
from re import _constants as codes  # type: ignore[attr-defined]  # isort: skip
from re import _parser as parser  # type: ignore[attr-defined]  # isort: skip

EDGE, START, END = "¦", "‹", "›"
LONGEST = 12  # characters of a piece; a longer one is cut
_MOST_TEXTS = 120  # of one part of a pattern that are told apart
_MOST_LETTERS = 12  # of a class of characters
_MOST_SETS = 3  # of a pattern: the rarest
_TOO_FREQUENT = 0.9  # a set that so many sentences meet tells nothing
_STRANGE = "ſıμ\u0307"  # letters that case folding makes of others
_DIGITS = re.compile(r"0{2,}")
_SIGNS = re.compile(rf"00|{START} | {END}")
_TOUCHING = re.compile(rf"(?<={START}) | (?={END})")  # blanks beside the ends of the text
_EDGES = {
    codes.AT_BEGINNING: START,
    codes.AT_BEGINNING_STRING: START,
    codes.AT_END: END,
    codes.AT_END_STRING: END,
    codes.AT_BOUNDARY: EDGE,
    codes.AT_NON_BOUNDARY: "",
}
_SHARE = {EDGE: 0.3, "0": 0.02, ".": 0.02, ",": 0.01, " ": 0.5} | {
    letter: 0.01 * per_cent
    for letters, per_cent in (("e", 15), ("n", 9), ("irs", 8), ("ath", 6), ("dulgo", 4), ("mcbw", 3), ("fkzpv", 2))
    for letter in letters
}
_RARE = 0.005  # any other letter or sign
_COMMON = 0.2  # a word that is in _OFTEN
_APART = 0.01  # a sign of punctuation behind a blank
_OFTEN = frozenset(
    "a an and are as at be but by for from has have in is no not of on or that the there this to was were which with "
    "am an auf aus bei das dem den der des die ein eine im in ist kein keine links mit nicht oder rechts sich sind und "
    "vom von war zu zum zur left right cm mm".split()
)


@dataclass(frozen=True)
class _Part:
    """All texts that a part of a pattern matches, None if too many, and sets of pieces that its matches need."""

    texts: frozenset[str] | None
    sets: tuple[frozenset[str], ...] = ()


_ANY = _Part(None)
_EMPTY = frozenset([""])


def needs(pattern: str) -> tuple[frozenset[str], ...]:
    """Sets of pieces of each of which every match of a pattern holds one, the rarest first; () if nothing is known."""
    return compiled(pattern)[1]


def compiled(pattern: str, flags: int = re.IGNORECASE) -> tuple[re.Pattern, tuple[frozenset[str], ...]]:
    """A pattern, parsed once for itself and its needs: thousands of them are made when a language is first used."""
    tree = parser.parse(pattern, flags)
    found = {one: _share_of(one) for one in _sets(_sequence(tree))}
    rare = sorted((one for one in found if found[one] < _TOO_FREQUENT), key=lambda one: (found[one], sorted(one)))
    return compiler.compile(tree), tuple(rare[:_MOST_SETS])


def pieces(word: str) -> set[str] | None:
    """All pieces of a lowercase word between two blanks; None if it has letters that may stand for others."""
    if any(letter in word for letter in _STRANGE):
        return None
    plain = re.sub(r"\d+", "0", word)
    forms = {plain, plain.removeprefix(START), plain.removesuffix(END), plain.strip(START + END)}
    found: set[str] = set()
    for padded in (f" {form} " for form in forms):
        found.update(padded[at : at + long] for at in range(len(padded)) for long in range(1, LONGEST + 1))
    for part in re.findall(r"\w+", plain):
        marked = f"{EDGE}{part}{EDGE}"
        found.update(marked[:at] for at in range(2, len(marked) + 1))
        found.update(marked[at:] for at in range(len(marked) - 1))
    return found


def _sets(part: _Part) -> list[frozenset[str]]:
    return [*part.sets, *(_rarest(part.texts) if part.texts is not None else ())]


def _sequence(items: Iterable) -> _Part:
    """The texts of a sequence, and the sets of its parts: texts grow from part to part until there are too many."""
    sets: list[frozenset[str]] = []
    run, whole = _EMPTY, True
    for part in _parts(items):
        if isinstance(part, tuple):
            direction, seen = part[0], _sequence(part[1])
            sets += _beside(run, direction, seen)
            if direction < 0 and run == _EMPTY and seen.texts is not None:
                run, whole = seen.texts, False  # what stands before is part of the sentence, not of the match
            continue
        sets += part.sets
        longer = None if part.texts is None else _joined(run, part.texts)
        if longer is None:
            sets += _rarest(run)
            run, whole = part.texts or _EMPTY, False
        else:
            run = longer
    return _Part(run, tuple(sets)) if whole else _Part(None, (*sets, *_rarest(run)))


def _parts(items: Iterable) -> Iterator[_Part | tuple[int, Sequence]]:
    """The parts of a sequence, letters in a row as one, and its looks ahead and behind as they are."""
    letters = ""
    for kind, value in items:
        if kind is codes.LITERAL and (letter := _letter(value)):
            letters += letter
            continue
        if letters:
            yield _Part(frozenset([_plain(letters)]))
            letters = ""
        yield value if kind is codes.ASSERT else _item(kind, value)
    if letters:
        yield _Part(frozenset([_plain(letters)]))


def _beside(run: frozenset[str], direction: int, seen: _Part) -> list[frozenset[str]]:
    """The sets of what a look ahead or behind sees, ahead with the texts so far before it."""
    if seen.texts is None or direction < 0:
        return _sets(seen)
    return [*seen.sets, *_rarest(_joined(run, seen.texts) or seen.texts)]


def _joined(run: frozenset[str], more: frozenset[str]) -> frozenset[str] | None:
    """Each text of the one before each of the other; None if that is too many."""
    if len(run) * len(more) > _MOST_TEXTS:
        return None
    both = [one + other for one in run for other in more]
    return frozenset(map(_plain, both) if _SIGNS.search("".join(both)) else both)


def _plain(text: str) -> str:
    return _TOUCHING.sub("", _DIGITS.sub("0", text))


def _item(kind: object, value: Any) -> _Part:
    if kind is codes.IN:
        return _class(value)
    if kind is codes.AT:
        return _Part(frozenset([_EDGES[value]]))
    if kind is codes.ASSERT_NOT:
        return _Part(frozenset([EDGE]) if _is_word(value[1]) else _EMPTY)
    if kind in (codes.SUBPATTERN, codes.ATOMIC_GROUP):
        return _sequence(value[-1] if kind is codes.SUBPATTERN else value)
    if kind is codes.BRANCH:
        return _branch([_sequence(branch) for branch in value[1]])
    if kind in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
        return _repeat(*value)
    return _ANY


def _is_word(items: Sequence) -> bool:
    """True for what cannot be a letter of a word: (?!\\w), (?<![\\w-])."""
    if len(items) != 1 or items[0][0] is not codes.IN:
        return False
    members = items[0][1]
    return (codes.CATEGORY, codes.CATEGORY_WORD) in members and members[0][0] is not codes.NEGATE


@lru_cache(maxsize=1024)
def _letter(code: int) -> str:
    """A letter as it stands in a piece; "" if it may stand for others."""
    letter = chr(code)
    plain = " " if letter.isspace() else "0" if letter.isdecimal() else letter.lower()
    return "" if len(plain) > 1 or plain in _STRANGE + EDGE + START + END else plain


def _letters(letters: Iterable[int]) -> _Part:
    plain = frozenset(map(_letter, letters))
    return _Part(plain) if "" not in plain and len(plain) <= _MOST_LETTERS else _ANY


def _class(members: Sequence) -> _Part:
    letters: list[int] = []
    for kind, value in members:
        if kind is codes.LITERAL:
            letters.append(value)
        elif kind is codes.RANGE and value[1] - value[0] <= _MOST_LETTERS:
            letters += range(value[0], value[1] + 1)
        elif kind is codes.CATEGORY and value in (codes.CATEGORY_DIGIT, codes.CATEGORY_SPACE):
            letters.append(ord("0" if value is codes.CATEGORY_DIGIT else " "))
        else:
            return _ANY
    return _letters(letters)


def _branch(branches: list[_Part]) -> _Part:
    """One of several: all their texts, or the rarest set of each in one."""
    texts = [branch.texts for branch in branches if branch.texts is not None]
    if len(texts) == len(branches) and sum(map(len, texts)) <= _MOST_TEXTS:
        return _Part(frozenset().union(*texts))
    chosen = [min(_sets(branch), key=_share_of, default=None) for branch in branches]
    known = [one for one in chosen if one]
    return _Part(None, (frozenset().union(*known),)) if len(known) == len(chosen) else _ANY


def _repeat(least: int, most: int, items: Sequence) -> _Part:
    part = _sequence(items)
    if part.texts is not None and (most == 1 or part.texts in ({" "}, {"0"})):  # blanks and digits in a row are one
        return _Part(part.texts | (_EMPTY if least == 0 else frozenset()), part.sets if least else ())
    return _Part(None, tuple(_sets(part)) if least else ())


def _rarest(texts: frozenset[str]) -> list[frozenset[str]]:
    """Of texts with as many words, a set for each place of a word; else the rarest piece of each text in one set."""
    found = [_pieces_of(text) for text in texts]
    if len({len(one) for one in found}) > 1:
        found = [[min(filter(None, one), key=_share, default="")] for one in found]
    return [frozenset(place) for place in zip(*found, strict=True) if all(place)]


def _pieces_of(text: str) -> list[str]:
    """The piece of each word of a text that a pattern matches; "" if there is none."""
    words = text.split(" ")
    return [_piece(word, at > 0, at < len(words) - 1) for at, word in enumerate(words)]


def _piece(word: str, left: bool, right: bool) -> str:
    """The piece of a word that begins or ends at a blank, or does not."""
    plain = word.replace(EDGE, "")
    if not plain.isalnum():
        return (" " * left + plain + " " * right)[:LONGEST] if plain else ""
    return (EDGE * (left or word.startswith(EDGE)) + plain + EDGE * (right or word.endswith(EDGE)))[:LONGEST]


@lru_cache(maxsize=65536)
def _share(piece: str) -> float:
    """About how many sentences hold a piece."""
    if piece.strip(EDGE) in _OFTEN and piece[0] == piece[-1] == EDGE:
        return _COMMON
    share = 60.0 * (_APART if re.match(r" [^\w(]", piece) else 1.0)
    for letter in piece:
        share *= _SHARE.get(letter, _RARE)
    return min(share, 1.0)


def _share_of(found: frozenset[str]) -> float:
    return sum(map(_share, found))
