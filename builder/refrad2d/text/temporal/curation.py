"""A text or sentence without temporal context: lines made whole, clauses read, rules applied, the outcome guarded, and
what came out read once more.

    >>> curate("Zyste der Niere, aktuell 23 mm (zuvor 18 mm).", "de")
    'Zyste der Niere, 23 mm.'

When unsure, a sentence stays as it is: a word of time left in is a blemish, a turned meaning a fault. docs/text.md says
what goes and what stays.
"""

import re
from collections import Counter
from collections.abc import Iterator

from refrad2d.text.patterns.needles import needle
from refrad2d.text.sentences import split_sentences
from refrad2d.text.temporal import english, german
from refrad2d.text.temporal.amounts import comparison_cut
from refrad2d.text.temporal.canonical.comparisons import COMPARED, SAME, canonical
from refrad2d.text.temporal.canonical.denials import apart_from_denials
from refrad2d.text.temporal.canonical.predicates import in_present
from refrad2d.text.temporal.canonical.values import (
    names_only_other_days,
    without_earlier_sizes,
    without_other_day,
    without_response,
)
from refrad2d.text.temporal.checks.joints import misjoined
from refrad2d.text.temporal.checks.remains import leaves_behind
from refrad2d.text.temporal.checks.second_reader import agreed
from refrad2d.text.temporal.guard import fault
from refrad2d.text.temporal.idle import drop_idle, is_idle
from refrad2d.text.temporal.lines import join, unwrap, without_earlier_columns
from refrad2d.text.temporal.reading import load_phrases, shield, spell_out, unshield
from refrad2d.text.temporal.rules import drop_clauses, load_rules, reorder, says_nothing, substitute, tidy
from refrad2d.text.wellformed import defect

KEPT_UNSURE = "kept_unsure"
LONGEST = 1500  # characters; what is longer is a text without stops, and the rules' work grows faster than its length
# What stands where de-identification found a date, and the date as which rules and guard read it.
_REFRAME = {"de": german.reframe, "en": english.reframe}
PLACEHOLDER, ANY_DATE = "[DATE]", "11.11.2011"
_LEAD = re.compile(r"\s*(?:(?:[-–•*·▪]|\d{1,2}[.)])\s+)?")

_SIZE = needle(r"\d\s?-?[mc]m\b", 0)
_COLUMNS = re.compile(r"(?:\W*(?:[^\W\d]{3,9}\.?\s+)?(?:\d{1,2}[./]){0,2}(?:19|20)\d\d){2,}\W*")  # the head of a table
_COMPARES = re.compile(  # abbreviations that end no sentence
    r"\b(?:dzt|derz|akt|zul|mind|ggü|größenprogred|grössenprogred|größenregred|grössenregred|größenkonst|gegenüb|ver|vgl|vergl|unv|unver|unveränd|progr|regr|progred|regred|vorbek|konst|größenkonst|rückläuf|stat|bek|regr|regred|zunehm|abnehm"
    r"|cf|comp|unch|incr|decr|prev)\.$|\d\s(?:mo|mon|wo)\.$",
    re.IGNORECASE,
)


def curate(text: str, language: str, counts: Counter | None = None) -> str:
    """The findings of a text without temporal context, its sentences in order; "" if nothing is left.

    A sentence that says nothing about time comes back as it is, line breaks included, and so does one that no rewrite
    is sure of; those are added to counts["kept_unsure"]. No finding is invented: "no new lesion" does not become "no
    lesion". ValueError if the language is unknown.
    """
    text = without_earlier_columns(text)
    whole = unwrap(text)
    out, end = "", 0
    for start, stop in _sentences(whole, language):
        kept, unsure = _curate(text[start:stop], language)
        if unsure and counts is not None:
            counts[KEPT_UNSURE] += 1
        if kept:
            gap = "\n" if "\n" in whole[end:start] else " "
            out += (gap if out else "") + kept
        end = stop
    return out


def _sentences(text: str, language: str) -> list[tuple[int, int]]:
    """The sentences, with "Ggü." and its kind at no end."""
    merged: list[tuple[int, int]] = []
    for start, stop in split_sentences(text, language):
        if merged and _COMPARES.search(text, *merged[-1]):
            merged[-1] = (merged[-1][0], stop)
        else:
            merged.append((start, stop))
    return merged


def curate_sentence(sentence: str, language: str) -> str:
    """One sentence without temporal context, "" if nothing is left of it."""
    return _curate(sentence, language)[0]


def _curate(sentence: str, language: str) -> tuple[str, bool]:
    """The curated sentence, and whether it stayed because no rewrite of it is sure."""
    if PLACEHOLDER not in sentence or ANY_DATE in sentence:
        return _read_twice(sentence, language)
    kept, unsure = _read_twice(sentence.replace(PLACEHOLDER, ANY_DATE), language)
    return kept.replace(ANY_DATE, PLACEHOLDER), unsure


def _read_twice(sentence: str, language: str) -> tuple[str, bool]:
    """The same for a sentence whose dates are written out: what the rules make of it, and the second reader of that."""
    if len(sentence) > LONGEST:
        return sentence, load_rules(language).trigger.found_in(sentence.lower())
    begins = _LEAD.match(sentence)
    assert begins is not None  # it may be empty
    lead, told = begins[0], sentence[begins.end() :]
    ruled, unsure = _by_rules(told, language)
    kept = agreed(told, ruled, language)
    if leaves_behind(join(told), kept, language):
        kept, unsure = told, True
    return lead + kept if kept else "", kept == told and (unsure or kept != ruled)


def _by_rules(sentence: str, language: str) -> tuple[str, bool]:
    """What the rules make of a sentence without the mark of its list, and whether it stayed since they were unsure."""
    if not load_rules(language).trigger.found_in(sentence.lower()):
        return sentence, False
    source = join(sentence)
    if load_phrases(language).kept.found_in(source):
        return sentence, True
    if _COLUMNS.fullmatch(source):
        return sentence, True
    plain = spell_out(source, language)
    if is_idle(plain, language) or says_nothing(plain, language):
        return "", False
    if names_only_other_days(plain, language):
        return sentence, True
    kept = _canonically(plain, language)
    if kept is not None and misjoined(plain, kept, language):
        kept = None
    if kept is None or without_earlier_sizes(plain, language) != plain:  # which show that the rest is a change
        other = _rewritten(plain, language)
        if other is not None and other != plain and (kept is None or len(other) < len(kept)):
            kept = kept if misjoined(plain, other, language) else other
        elif kept is None:
            kept = other
    if kept is None:
        return sentence, True
    if kept in (source, plain):
        return sentence, False
    kept = apart_from_denials(kept, plain)
    if says_nothing(kept, language):
        return (sentence, True) if _names_a_measured_thing(plain, language) else ("", False)
    return _capital(kept), False


def _canonically(plain: str, language: str) -> str | None:
    """What is left of the sentence once its words of time stand in forms that the rules know; None if some stay."""
    told = without_response(without_other_day(plain, language), language)
    sized = without_earlier_sizes(told, language).lstrip(" ,;:")
    if sized.strip(" .,;:") == "":
        return ""
    told = in_present(canonical(sized, language), language)
    if told == plain:
        return None
    if is_idle(told, language) or says_nothing(told, language):
        return ""
    for source in dict.fromkeys((told, sized)):
        if source == plain:
            continue  # what curation tries next
        kept = _rewritten(source, language)
        if kept is None and source == sized != plain and not defect(plain, sized):
            return sized
        if kept is None or _names_more(kept, plain, language) or comparison_cut(plain, kept) or defect(plain, kept):
            continue
        if not _SIZE.search(source) or _SIZE.search(kept):
            return kept
    return None


def _names_more(kept: str, plain: str, language: str) -> bool:
    """True if a word that only stood for others has stayed."""
    shown, before = kept.lower(), plain.lower()
    words = (COMPARED[language].lower(), SAME[language])
    return any(shown.count(word) > before.count(word) for word in words)


def _names_a_measured_thing(plain: str, language: str) -> bool:
    """True for "Follow-up of the 7 mm nodule is advised", which tells a finding."""
    return re.search(r"\d\s?[mc]m\b", plain) is not None and bool(load_phrases(language).things.search(plain.lower()))


def _rewritten(plain: str, language: str) -> str | None:
    """The sentence after frames and rules, else after rules alone; None if no rewrite is sure."""
    for base in dict.fromkeys((reorder(plain, language), plain)):
        for told in dict.fromkeys((_REFRAME[language](base), base)):
            kept = _ruled(told, base, language)
            if kept is None or told != base and kept == base:
                continue
            if base == plain or not defect(plain, kept):
                return kept
    return None


def _ruled(told: str, plain: str, language: str) -> str | None:
    """What the rules make of `told`, a rewrite of `plain` or itself; None if the guard lets nothing stand."""
    cleared = drop_clauses(told, language)
    shielded = shield(cleared, language)
    if shielded is None:
        return None
    failed = None
    for rewrite in _attempts(shielded, plain, language):
        kept = plain if rewrite == shielded and cleared == plain else unshield(tidy(rewrite, plain, language))
        if kept == plain or kept != failed and not fault(plain, kept, language):
            return kept
        failed = kept
    return None


def _attempts(shielded: str, plain: str, language: str) -> Iterator[str]:
    """Rewrites, the most thorough first: idle clauses before the rules, after them, or not at all."""
    yield substitute(drop_idle(shielded, language), language, plain)
    ruled = substitute(shielded, language)
    yield drop_idle(ruled, language)
    yield ruled


def _capital(kept: str) -> str:
    return kept[:1].upper() + kept[1:]
