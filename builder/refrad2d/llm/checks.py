"""Does a model's text say what its input says? Facts compared clause by clause, words, markup; and no order obeyed.

    >>> check_translation("Zyste links, 2,3 cm.", "Cyst on the right, 2.3 cm.")
    'side_changed'

Each check returns the reason for which a text is turned down, None if it stands. A rewrite and a translation are held
to the same facts (llm/facts): each finding with its polarity, certainty, side, structure, numbers and qualities, each
structure with its states. `python -m tests.bench.faithfulness` prints how many damaged answers pass.
"""

import re
from functools import cache

from refrad2d.grounding import has_markup
from refrad2d.llm.abbreviations import spell_out
from refrad2d.llm.compare import compare
from refrad2d.llm.concepts import fold
from refrad2d.llm.facts import Facts, read_facts
from refrad2d.llm.words import find_contrary, without_shared
from refrad2d.system.tables import read_text
from refrad2d.text.sentences import split_sentences

MAX_LONGER = 3.0  # ratio of the lengths of a text and its translation
_NAMED = frozenset("new_anatomy anatomy_lost anatomy_changed finding_added finding_lost".split())  # may be other words
_SPARE_WORDS = 2  # that are unknown and by their ending no finding
_WEIGHTY = re.compile(  # by its ending a finding, or a name in capitals
    r"(?:om[ae]?s?|omen?|itis|itiden|os[ei]s?|osen|oses|pathi?[aey]\w*|e[ck]tas\w+|[ckz]ele[sn]?|megal\w+|emi[ae]|yse[ns]?|lysis|trophi?[aey]|plasi[ae]n?|stenos\w+|fra[ck]tur\w*"
    r"|tumou?r\w*|ruptur\w*|riss|blutung\w*|em|edem\w*|thromb\w*|stein\w*|abs[cz]ess\w*|ns|metasta\w*|[ck]ar[cz]inom\w*|infar[ck]t\w*)$|^[A-Z]{2,5}$",
    re.IGNORECASE,
)
SPARE = 60  # letters by which lengths may differ in any case ("Leber o. B.")


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
    known, required, answer = (read_facts(text, language) for text in (source, kept, rewritten))
    longer = [spell_out(text, rewritten, known.unknown) for text in (source, kept)]
    if longer != [source, kept]:
        known, required = (read_facts(text, language) for text in longer)
    if (spelt := spell_out(rewritten, source, answer.unknown)) != rewritten:
        answer = read_facts(spelt, language)
    reason = compare(required, answer, (known, required))
    if reason in _NAMED:
        (required, ours), (known, theirs) = without_shared(required, answer), without_shared(known, answer)
        answer = min(ours, theirs, key=lambda facts: len(facts.facts))
        reason = compare(required, answer, (known, required))
    reason = reason or _check_unknown(required, answer, (known, required))
    return reason or find_contrary(longer[0], spelt, (language, language))


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
    reason = compare(known, answer, (known,))
    if reason in _NAMED:
        known, answer = without_shared(known, answer)
        reason = compare(known, answer, (known,))
    reason = reason or _check_unknown(known, answer, (known,))
    return reason or find_contrary(source, translation, languages)


def _check_unknown(required: Facts, answer: Facts, allowed: tuple[Facts, ...]) -> str | None:
    """Words that no table knows: each of the answer needs one like it, or one that went, in the text."""
    known = [word for facts in allowed for word in facts.unknown]
    added = [word for word in answer.unknown if not any(_alike(fold(word), fold(other)) for other in known)]
    gone = [word for word in known if not any(_alike(fold(word), fold(other)) for other in answer.unknown)]
    spare = max(facts.hidden for facts in allowed)
    weighty = [word for word in added if _WEIGHTY.search(word)]
    if len(weighty) > 2 * len(gone) + spare:
        return "new_words"
    return "new_words" if len(added) > 2 * len(gone) + spare + _SPARE_WORDS else None


def _alike(one: str, other: str) -> bool:
    """True if two folded words share their stem."""
    shared = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        shared += 1
    return shared >= 5 or shared >= 3 and shared >= min(len(one), len(other)) - 1
