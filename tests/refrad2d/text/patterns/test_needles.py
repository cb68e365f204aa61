"""No search is left out that would have found a match: tried with every pattern of the rules."""

import gc
import random

import pytest

from re import _constants as codes  # isort: skip
from re import _parser as parser  # isort: skip

from refrad2d.text.patterns.needles import Needle, Needles, needle
from refrad2d.text.temporal import curate
from tests.bench.curate_scores import read_corpus

EXAMPLES = 2  # of every other pattern
LETTERS = {codes.CATEGORY_DIGIT: "7", codes.CATEGORY_SPACE: " ", codes.CATEGORY_WORD: "a"}


def made(items, random):
    """A text that a parse tree may match; what it must not see beside it is left to chance."""
    return "".join(made_of(kind, value, random) for kind, value in items)


def made_of(kind, value, random):
    if kind is codes.LITERAL:
        return random.choice((chr(value), chr(value).upper()))
    if kind is codes.IN:
        return made_of(*random.choice(value), random) if value[0][0] is not codes.NEGATE else random.choice("xe 7-")
    if kind is codes.RANGE:
        return chr(random.randint(*value))
    if kind is codes.CATEGORY:
        return LETTERS.get(value, "x")
    if kind is codes.BRANCH:
        return made(random.choice(value[1]), random)
    if kind in (codes.MAX_REPEAT, codes.MIN_REPEAT):
        least, most, inner = value
        return "".join(made(inner, random) for _ in range(random.randint(least, min(most, least + 2))))
    if kind is codes.SUBPATTERN:
        return made(value[-1], random)
    if kind is codes.ASSERT:
        return made(value[1], random) if value[0] < 0 or random.random() < 0.5 else ""
    return "x" if kind in (codes.ANY, codes.NOT_LITERAL) else ""


def all_needles():
    """The patterns of both languages, those that are made at need too."""
    for language in ("de", "en"):
        for row in read_corpus("dev", language):
            curate(row["text"], language)
    return [one for one in gc.get_objects() if isinstance(one, Needle)]


def test_whatever_a_pattern_matches_is_searched():
    draw = random.Random(7)
    needles, matched, missed = all_needles()[::2], set(), []
    for one in needles:
        tree = list(parser.parse(one.source, one.flags))
        for _ in range(EXAMPLES):
            text = draw.choice(("", " ", "(", "In ")) + made(tree, draw) + draw.choice(("", ".", " x", ") ", "\n"))
            if one.pattern.search(text):
                matched.add(one.source)
                if not one.may_match(text):
                    missed.append((one.source, text))
    assert missed == []
    assert len(matched) > 0.4 * len({one.source for one in needles}) > 200


@pytest.mark.parametrize("language", ["de", "en"])
def test_what_the_patterns_find_in_sentences_is_searched(language):
    texts = [row["text"] for row in read_corpus("dev", language)[::8]]
    for one in all_needles():
        assert [text for text in texts if one.pattern.search(text) and not one.may_match(text)] == []


def test_a_needle_is_used_like_a_pattern():
    stable = needle(r"\b(?:stable|unchanged)\b")
    assert stable.sub("new", "Cyst, unchanged.") == "Cyst, new."
    assert stable.findall("Stable, stable") == ["Stable", "stable"]
    assert stable.split("a stable b") == ["a ", " b"]
    assert stable.match("stable x") and stable.fullmatch("Stable") and next(stable.finditer("a stable"))
    assert not any(method("a cyst") for method in (stable.match, stable.fullmatch, stable.search, stable.findall))
    assert stable.split("a cyst") == ["a cyst"] and stable.sub("new", "a cyst") == "a cyst"
    assert list(stable.finditer("a cyst")) == []


def test_of_many_needles_those_that_may_match_are_told():
    many = Needles(map(needle, (r"\bcyst", r"\bnode\b", r".", r"\d\s?mm\b")))
    assert list(many.possible("A cyst.")) == [0, 2]
    assert list(many.possible("Nodes, 4 mm", 1)) == [2, 3]
    assert Needles(map(needle, ("abc", "cde"))).found_in("xcdex")
    assert not Needles([]).found_in("")
