"""Two texts word for word: what cannot both be true of one thing, scores with another owner, words that both share.

    >>> find_contrary("Zystische Läsion.", "Solid lesion.", ("de", "en"))
    'quality_changed'
    >>> find_contrary("MTA 3, Koedam 2.", "MTA 2, Koedam 3.", ("en", "en"))
    'numbers_changed'

A row of data/contraries.csv is one pole of a group, with its words (llm/concepts says how they are written; here a "*"
may stand inside a word too). It asks of whole texts only, so it needs no reading of the sentence: a pole that an answer
adds while the report's other pole went is a contradiction. What one text names in words that stand together in the
other, but for their endings ("Sinus sagittalis superior", "superior sagittal and transverse sinus"), no table has to
know: `without_shared` takes it out of the comparison.
"""

import re
from dataclasses import replace
from functools import cache, lru_cache
from itertools import pairwise

from refrad2d.llm.compare import is_same_thing
from refrad2d.llm.concepts import closure, fold
from refrad2d.llm.facts import PLACE, Facts
from refrad2d.llm.pieces import GOOD
from refrad2d.system.tables import read_csv

_OF_TIME = frozenset(("change", "novelty"))  # a rewrite leaves them out
_COLUMNS = {"de": ("any", "german"), "en": ("any", "english")}
_ORDINAL_STOP = re.compile(r"\b(III|IV)\.\s")
_CLAUSE = re.compile(r"[,;:()\n]|\.\s")
_DENIED = re.compile(  # folded; a word may stand between
    r"\b(?:not|non|no|without|nicht|ceine?[nrms]?|ohne|nie)[\s-]+(?:[^\W\d_]+[\s-]+)?$"
)
_DENIAL = 32  # letters in front of a word in which its denial stands
_SIZE = re.compile(r"(?<![\d.,])(\d+(?:[.,]\d+)?)\s?(mm|cm)\b")
_NEUTRAL = (
    "score|scores|grad|grade|typ|type|stage|stadium|kategorie|category|klasse|class|wert|value|index|von|of|is|ist|max"
)
_SCORE = re.compile(
    rf"([^\W\d_]{{3,}})[\s:=-]*(?:(?:{_NEUTRAL})\b[\s:=-]*){{0,3}}(\d+(?:[.,]\d+)?)(?![\d.,/]*\d|\s?(?:mm|cm|ml|%|x|×|-?\s?[Pp]ro|°|HE|HU|[./-]\d))",
    re.IGNORECASE,
)
_NO_OWNER = re.compile(
    rf"(?:{_NEUTRAL}|and|und|bis|to|the|from|vom|seit|since|about|etwa|circa|segment\w*|rippen?|ribs?|[ck]nien?|for|with|mit|auf|bei|at|"
    r"jetzt|now|zuvor|previously|vorher|over|[uü]ber|under|unter|links|rechts|left|right|day|tag|week|woche)",
    re.IGNORECASE,
)
_ENDINGS = frozenset(
    fold(ending)
    for ending in (
        "", *"s es e n en er em ern us um i a ae al ale aler alen ales alem alis ali ar are arer aren aris".split(),
        *"ic ical isch ische ischen ischer ous os ose osen osis osi ia ie ien ei eal eale ealen eus an".split(),
        *"ari is ane anen ine in ed et te ten ter el ically icus ica icum iculi ösen ös öse".split(),
    )
)  # fmt: skip
_KINDS = "nerve nervus nervi muscle muscles musculus tendon tendons sehne sehnen bone bones os region joint gelenk"
_CLASSES = frozenset(fold(word) for word in _KINDS.split())  # what says only of what kind a structure is
_DENYING = "no not without nor neither none absent kein keine keiner keinen keines keinem ohne nicht weder fehlend"
_DENIALS = frozenset(fold(word) for word in _DENYING.split())
_VESSELS = frozenset(("a", "v", "aa", "vv"))
_THEN = frozenset(fold(word) for word in "previously formerly earlier zuvor vormals vorher früher ehemals".split())
_STOPS = frozenset(",.;:()")
_SHORTEST_ROOT, _SPAN = 5, 7  # letters that two words share; words of one phrase and what may stand between them


@lru_cache(maxsize=50_000)
def _is_mate(one: str, other: str) -> bool:
    """True if two folded words are one but for their endings, or the other is a compound with the one in it."""
    shared = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    if shared >= _SHORTEST_ROOT and one[shared:] in _ENDINGS and other[shared:] in _ENDINGS:
        return True
    return (
        one == other or len(one) > _SHORTEST_ROOT and one in other or len(one) == _SHORTEST_ROOT and other.endswith(one)
    )


def _stretch(phrase: tuple[str, ...], words: tuple[str, ...]) -> tuple[int, int] | None:
    """Where the words of a phrase stand together in a text, whatever their order; None if they do not."""
    telling = [word for word in phrase if (len(word) > 2 or word in _VESSELS) and word not in _CLASSES]
    places = [[n for n, word in enumerate(words) if _is_mate(one, word)] for one in telling]
    if not telling or not all(places) or all(len(word) < _SHORTEST_ROOT for word in telling):
        return None
    for first in places[0]:
        near = [min(some, key=lambda n: abs(n - first)) for some in places]
        start, end = min(near), max(near)
        if (
            end - start < _SPAN
            and not _STOPS & set(words[start:end])
            and not _THEN & set(words[max(0, start - 4) : end])
        ):
            return start, end
    return None


def _clause(words: tuple[str, ...], stretch: tuple[int, int]) -> tuple[str, ...]:
    """The words around a stretch up to the next comma or full stop."""
    start = max((n + 1 for n in range(stretch[0]) if words[n] in _STOPS), default=0)
    end = next((n for n in range(stretch[1], len(words)) if words[n] in _STOPS), len(words))
    return words[start:end]


def _shared(facts: Facts, other: Facts, names: frozenset[str]) -> frozenset[str]:
    """Those of the structures that the other text names as well, in words like these."""
    known = closure(tuple(sorted(other.organs | other.implied)))
    strange = names - known
    said = [(name, words) for name, words in facts.spelt if name in strange]
    missed = {name for name, words in said if _stretch(words, other.words) is None}
    return frozenset(name for name, _ in said) - missed


def _without(facts: Facts, other: Facts, shared: frozenset[str]) -> Facts:
    """The facts without structures that both texts share, and without findings that no fact of the other is about."""
    kept = []
    for fact in facts.facts:
        if fact.key not in (PLACE, GOOD) and not any(is_same_thing(fact, one) for one in other.facts):
            said = [_stretch(words, other.words) for name, words in facts.spelt if name == fact.key]
            if (
                said
                and all(said)
                and all(
                    (not fact.affirmed) == bool(_DENIALS & set(_clause(other.words, place))) for place in said if place
                )
            ):
                continue
        kept.append(
            replace(
                fact,
                organs=fact.organs - shared,
                near_organs=fact.near_organs - shared,
                list_organs=fact.list_organs - shared,
            )
        )
    return replace(facts, facts=tuple(kept), organs=facts.organs - shared)


def without_shared(source: Facts, answer: Facts) -> tuple[Facts, Facts]:
    """Both texts' facts without what the one names in the words of the other."""
    lost, new = _shared(source, answer, source.organs), _shared(answer, source, answer.organs)
    return _without(source, answer, lost), _without(answer, source, new)


Pole = tuple[str, str]  # group, pole


@cache
def _poles(language: str) -> tuple[tuple[str, re.Pattern, Pole], ...]:
    """Of each word of a pole the longest letters that stand together, which are quickly looked for, and its pattern."""
    found = []
    for row in read_csv(__package__, "contraries.csv"):
        for word in (fold(word) for column in _COLUMNS[language] for word in row[column].split("|") if word):
            pattern = re.escape(word).replace(r"\*", r"\w*").replace(r"\ ", r"[\s-]")
            letters = max(re.split(r"[*\s-]", word), key=len)
            found.append((letters, re.compile(rf"\b{pattern}\b"), (row["group"], row["pole"])))
    return tuple(found)


def _find_poles(folded: str, language: str) -> list[tuple[int, int, Pole]]:
    """Where a folded text names a pole and does not deny it; of two of one group that overlap the longer."""
    named = [
        (m.start(), m.end(), pole)
        for letters, pattern, pole in _poles(language)
        if letters in folded
        for m in pattern.finditer(folded)
    ]
    return [
        (start, end, pole)
        for start, end, pole in named
        if not any(a <= start and end <= b and b - a > end - start and of[0] == pole[0] for a, b, of in named)
        and not _DENIED.search(folded, max(0, start - _DENIAL), start)
    ]


def _read(text: str, language: str) -> tuple[set[Pole], set[tuple[str, str, float]]]:
    """The poles of a text as (group, pole), and with the one size of their clause as (group, pole, mm)."""
    folded = fold(_ORDINAL_STOP.sub(r"\1 ", text))
    named, sized = _find_poles(folded, language), set()
    ends = [0, *(m.end() for m in _CLAUSE.finditer(folded)), len(folded)]
    for start, end in pairwise(ends):
        here = {pole for at, _, pole in named if start <= at < end}
        sizes = _SIZE.findall(folded[start:end]) if here else []
        if len(sizes) == 1:
            size = float(sizes[0][0].replace(",", ".")) * (10 if sizes[0][1] == "cm" else 1)
            groups = [group for group, _ in here]
            sized |= {(group, pole, size) for group, pole in here if groups.count(group) == 1}
    return {pole for _, _, pole in named}, sized


def _scores(text: str) -> dict[str, set[float]]:
    """Which numbers without a unit stand behind a word: {"mta": {3.0}}."""
    found: dict[str, set[float]] = {}
    for m in _SCORE.finditer(text):
        if not _NO_OWNER.fullmatch(m[1]):
            found.setdefault(fold(m[1]), set()).add(float(m[2].replace(",", ".")))
    return found


def find_contrary(source: str, answer: str, languages: tuple[str, str]) -> str | None:
    """Why an answer contradicts its text word for word, None if it does not."""
    (known, known_sizes), (said, sizes) = _read(source, languages[0]), _read(answer, languages[1])
    added, lost = said - known, known - said
    turned = {group for group, _ in added} & {group for group, _ in lost}
    if turned - _OF_TIME if languages[0] == languages[1] else turned:
        return "quality_changed"
    for group, pole, size in sizes - known_sizes:
        if any(g == group and v == size and p != pole for g, p, v in known_sizes):
            return "numbers_changed"
    owners = _scores(source)
    for owner, values in _scores(answer).items():
        if owner in owners and values - owners[owner] and owners[owner] - values:
            return "numbers_changed"
    return None
