"""Does a model's text say what its input says? Facts compared clause by clause, words, markup; and no order obeyed.

    >>> check_translation("Zyste links, 2,3 cm.", "Cyst on the right, 2.3 cm.")
    'side_changed'

Each check returns the reason for which a text is turned down, None if it stands. A rewrite and a translation are held
to the same facts (llm/facts): each finding with its polarity, certainty, side, structure, numbers and qualities, each
structure with its states. `python -m tests.bench.faithfulness` prints how many damaged answers pass.
"""

import re
from collections.abc import Iterable
from functools import cache

from refrad2d.grounding import has_markup
from refrad2d.llm.facts import CHANGE, PERHAPS, Fact, Facts, read_facts
from refrad2d.system.tables import read_text
from refrad2d.text.sentences import split_sentences

MIN_KNOWN_WORDS = 0.6  # of a rewritten sentence, in one or two sentences of the source
MIN_COVERED = 0.3  # of the source sentence that a rewritten one comes from
MIN_KEPT = 0.5  # of the words of each sentence that the rules keep
MAX_LONGER = 3.0  # ratio of the lengths of a text and its translation
SPARE = 40  # letters by which lengths may differ in any case ("Leber o. B.")

_WORD = re.compile(r"[^\W\d_]{3,}")
_STEM = 5  # letters by which words are compared, so that inflection does not matter
_OPPOSED_ONLY = (  # may be left out, but not turned
    "degree", "height", "face", "depth", "margin", "lumen", "count", "extent", "relation", "phase", "shape", "density",
)  # fmt: skip
_TURNED = ("degree:", "count:", "age:", "benignity:", "density:", "lumen:", "relation:", "extent:", "segment:")
_IMPLIED = frozenset({"brain", "heart", "vertebrae"})  # in words such as "cardiac", "intracranial", "lumbar"
_NEAR_CERTAINTIES = ({"possible", "suspected"}, {"probable", "suspected"})  # "V. a." is either


def compare(required: Facts, answer: Facts, allowed: Iterable[Facts]) -> str | None:
    """Why an answer does not state what it has to (`required`) or states what no text bears out (`allowed`)."""
    allowed = tuple(allowed)
    if any(all(answer.numbers[n] > known.numbers[n] for known in allowed) for n in answer.numbers):
        return "numbers_added"
    if required.numbers - answer.numbers:
        return "numbers_lost"
    known_sides = frozenset().union(*(known.possible_sides for known in allowed))
    if not required.sides <= answer.possible_sides or not answer.sides <= known_sides:
        return "side_changed"
    if answer.organs - frozenset(_IMPLIED).union(*(facts.organs for facts in allowed)):
        return "new_anatomy"
    if _turned(answer.qualities, frozenset().union(*(facts.qualities for facts in allowed))):
        return "quality_added"
    known = [fact for facts in allowed for fact in facts.facts]
    for fact in answer.facts:
        if reason := find_fault(fact, known):
            return reason.replace("lost", "added")
    for fact in required.facts:
        if reason := find_fault(fact, answer.facts):
            return reason
    return "anatomy_lost" if required.organs - answer.organs - _IMPLIED else None


def _turned(said: frozenset[str], known: frozenset[str]) -> bool:
    """True if a text has a quality that the other has not, where that one has an opposite of it in its stead."""
    added, gone = ({name for name in names if name.startswith(_TURNED)} for names in (said - known, known - said))
    return any(a.partition(":")[0] == g.partition(":")[0] for a in added for g in gone)


def find_fault(fact: Fact, known: Iterable[Fact]) -> str | None:
    """None if one of the known facts says as much, else what the nearest of them says otherwise."""
    faults = [_faults(fact, other) for other in known if _same_key(fact, other)]
    if not faults:
        return "finding_lost"
    nearest = min(faults, key=len)
    return nearest[0] if nearest else None


def _same_key(fact: Fact, other: Fact) -> bool:
    if fact.key.startswith("organ:"):
        return other.key.startswith("organ:") and (fact.key == other.key or "organ:" in (fact.key, other.key))
    if fact.key == "something":
        return not other.affirmed or "good" in other.states
    return fact.key == other.key


def _faults(fact: Fact, other: Fact) -> list[str]:
    """What a fact says that the other does not bear out."""
    found = []
    if fact.key != "something" and fact.affirmed != other.affirmed:
        found.append("negation_changed")
    if fact.certainty != other.certainty and {fact.certainty, other.certainty} not in _NEAR_CERTAINTIES:
        found.append("certainty_changed")
    if not _sides_fit(fact, other):
        found.append("side_changed")
    organs, others = fact.organs or fact.near_organs, other.organs or other.near_organs
    if organs and others and not organs & others and PERHAPS not in organs | others:
        found.append("anatomy_changed")
    if not fact.measures <= other.measures:
        found.append("numbers_changed")
    if fact.states != other.states and (fact.states and other.states or fact.key.startswith("organ:")):
        if fact.states - other.states:
            found.append("state_changed")
    if (CHANGE in fact.qualities) != (CHANGE in other.qualities) and not fact.affirmed:
        found.append("negation_changed")
    if not _qualities_fit(fact.qualities - {CHANGE}, other.qualities):
        found.append("quality_changed")
    return found


def _sides_fit(fact: Fact, other: Fact) -> bool:
    """True if what is said agrees, and what is taken from a neighbour does not contradict it."""
    if fact.sides and other.sides:
        return fact.sides == other.sides
    if fact.sides:
        return fact.sides <= other.near_sides
    others = other.sides or other.near_sides
    return not fact.near_sides or not others or bool(fact.near_sides & others) or PERHAPS in fact.near_sides | others


def _qualities_fit(stated: frozenset[str], known: frozenset[str]) -> bool:
    """True if each quality is known; one of degree or place may be left out, but not turned into another."""
    for quality in stated - known:
        group = quality.partition(":")[0]
        if group not in _OPPOSED_ONLY or any(other.startswith(f"{group}:") for other in known):
            return False
    return True


@cache
def _orders() -> re.Pattern:
    lines = read_text(__package__, "instructions.txt").splitlines()
    return re.compile("|".join(f"(?:{line})" for line in lines if line), re.IGNORECASE | re.MULTILINE)


def cut_instructions(text: str, language: str) -> str:
    """The text without the sentences that speak to a machine instead of describing a picture (instructions.txt)."""
    if not _orders().search(text):
        return text
    kept = [text[a:b] for a, b in split_sentences(text, language) if not _orders().search(text[a:b])]
    return " ".join(kept)


def check_rewrite(source: str, kept: str, rewritten: str, language: str) -> str | None:
    """Why a rewritten text is no good. `kept` is what the rules make of `source`: no finding of that may be lost."""
    if has_markup(rewritten):
        return "markup"
    kept = _without_denied_change(kept, language)
    known, required, answer = (read_facts(text, language) for text in (source, kept, rewritten))
    return compare(required, answer, (known, required)) or _check_words(source, kept, rewritten, language)


def _without_denied_change(text: str, language: str) -> str:
    """The text without sentences that say no more than that nothing is new: a rewrite may leave them out."""
    kept = []
    for start, end in split_sentences(text, language):
        facts = read_facts(text[start:end], language).facts
        if not facts or any(fact.affirmed or CHANGE not in fact.qualities for fact in facts):
            kept.append(text[start:end])
    return " ".join(kept)


def _check_words(source: str, kept: str, rewritten: str, language: str) -> str | None:
    """Every rewritten sentence comes from one or two of the source, and every kept one is still there."""
    sources = [_stems(source[a:b]) for a, b in split_sentences(source, language)]
    for start, end in split_sentences(rewritten, language):
        words = _stems(rewritten[start:end])
        if not words:
            continue
        origin = max(sources, key=lambda known: len(words & known), default=set())
        second = max((known - origin for known in sources), key=lambda known: len(words & known), default=set())
        if len(words & (origin | second)) < MIN_KNOWN_WORDS * len(words):
            return "new_words"
        if len(words & origin) < MIN_COVERED * len(origin) and not any(
            len(words & _stems(kept[a:b])) >= MIN_KEPT * len(_stems(kept[a:b]))
            for a, b in split_sentences(kept, language)
        ):
            return "fragment"
    present = _stems(rewritten)
    for start, end in split_sentences(kept, language):
        words = _stems(kept[start:end])
        if len(words & present) < MIN_KEPT * len(words):
            return "finding_lost"
    return None


def _stems(text: str) -> set[str]:
    return {word[:_STEM] for word in _WORD.findall(text.casefold())}


def check_translation(source: str, translation: str, *, languages: tuple[str, str] = ("de", "en")) -> str | None:
    """Why a translation is no good. `languages` are those of the source and of the translation."""
    if has_markup(translation):
        return "markup"
    lengths = sorted((len(source), len(translation.strip())))
    if not lengths[0] or lengths[1] > max(MAX_LONGER * lengths[0], lengths[0] + SPARE):
        return "length"
    if translation.strip() == source.strip() and len(source.split()) > 3:
        return "not_translated"
    known, answer = read_facts(source, languages[0]), read_facts(translation, languages[1])
    return compare(known, answer, (known,))
