"""Clauses, and ends of clauses, of which every word speaks of another examination or of a change: they go in whole.

>>> drop_idle("Erguss rechts, gegenüber der Aufnahme von gestern deutlich rückläufig.", "de")
'Erguss rechts.'
"""

import re

from refrad2d.text.patterns.needles import needle
from refrad2d.text.temporal.reading import load_phrases
from refrad2d.text.temporal.vocabulary import Words, load_words, may_go, words_of

GONE_VERB = " ‡"  # as in temporal.yaml: the sentence is a noun phrase now
_WORD = re.compile(r"[^\W_]+")
_MEASURED = needle(r"\d\s?(?:mm|cm|m[lL]|%|HU|HE|°|Grad\b)", 0)
_DATE = needle(
    r"\d{1,2}[./-]\s?\d{1,2}[./-](?:\s?\d{2,4})?|(?<=since )\d{1,2}/\d{1,2}\b"
    r"|\b\d{1,2}/\d{2,4}\b|\b\d{4}-\d\d-\d\d\b|\b(?:19|20)\d\d\b"
    r"|\b\d{1,2}\.(?=\s(?:[A-ZÄ]|\d))|\b\d{1,2}(?=\s(?:Tag|Woche|Monat|Jahr|day|week|month|year|hour|Stunde))"
    r"|\b\d{1,2}:\d\d\b|\bv?\d\.\d\b(?!\s?[mc]m)|\b(?:January|February|March|April|May|June|July|August|September|October|November|December|"
    r"Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.?\s\d{1,2}(?:st|nd|rd|th)?\b(?:,?\s\d{4})?|\b\d{1,2}\s(?:January|February|"
    r"March|April|May|June|July|August|September|October|November|December)\b",
    0,
)
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
NAMED_DATE = needle(
    rf"\b(?:{_MONTHS})\s\d{{1,2}}(?:st|nd|rd|th)?\b(?!\s?[mc]m)|\b\d{{1,2}}(?:st|nd|rd|th)?\s(?:of\s)?(?:{_MONTHS})\b",
    0,
)
_ATTRIBUTE = needle(r"(?-i:[A-Z])[\w-]+(?:ed|al|ic|ous|ent|te|te[rs])|Small|Large|Mild|Moderate|Severe", 0)
_SAME = needle(r"unveränder|konstant|stabil|gleich|identisch|geblieben|unchang|\bstable|constant|identical|remain", 0)
_ELLIPTIC = needle(  # "the known one has decreased" is there
    r"\s*(?:die|der|das|the)\s(?:\w+\s)?(?:(?:vor|alt)?bekannten?|vorbestehenden?|known|old|older|alten?|others?)\b.*"
    r"\b(?:hat|haben|ist|sind|has|have|is|are)\b"
)
_GENERAL = needle(r"\b(?:findings?|disease|befunde?s?)\b", 0)  # no thing of their own
_SIZE = needle(r"\d(?:[.,]\d+)?(?:\s?(?:mm|cm))?(?:\s?[x×]\s?\d+(?:[.,]\d+)?)*\s?(?:mm|cm|m[lL]|%|HU|HE|°|Grad\b)", 0)
PARENTHESIS = needle(r"\s?\(([^()]*)\)", 0)
_HISTORY = needle(r"\bZ\.\s?n\.|\bZn\b|Zustand nach|\bSt\.\s?p\.|status post|\bs/p\b|history of")
_CLAUSE = needle(r"(?:[;]|,(?!\d|\s(?:19|20)\d\d)|\s[-–])\s(?![^()]*\))", 0)


def is_idle(sentence: str, language: str) -> bool:
    """True if a sentence only speaks of other examinations, or of change without a thing that changes."""
    return not _MEASURED.search(sentence) and _idle_run(sentence, language)


def drop_idle(sentence: str, language: str) -> str:
    """The sentence without its idle clauses and the idle ends of the others."""
    words = load_words(language)
    if not words.strong.search(sentence.casefold()):
        return sentence
    kept = PARENTHESIS.sub(
        lambda aside: "" if _goes(aside[1], words, language) or _earlier_value(aside[1], words, language) else aside[0],
        sentence,
    )
    end = kept[-1:] if kept[-1:] in ".;:" else ""
    body = kept[: len(kept) - len(end)]
    out, gap, last, dropped = "", "", 0, False
    for comma in [*_CLAUSE.finditer(body), None]:
        clause = body[last : comma.start() if comma else len(body)]
        goes = _goes(clause, words, language)
        if not goes:
            clause = _without_ends(clause, words, language)
            gap = " " if dropped and _ATTRIBUTE.fullmatch(out) else gap  # "Enlarged, as before, left lobe"
            out += (gap if out else "") + clause
        dropped = goes
        gap, last = (comma[0], comma.end()) if comma else ("", last)
    return out + end if out else ""


def time_only(text: str, language: str) -> bool:
    """True if every word speaks of time, of another examination or of a degree, and none of a thing."""
    return _idle_run(text, language, exam=True)


def without_time(text: str, language: str) -> str:
    """A piece of a clause without its idle end."""
    return _without_ends(f"• {text}", load_words(language), language).removesuffix(GONE_VERB)[2:]


def _goes(clause: str, words: Words, language: str) -> bool:
    """True for a clause without a thing, a side or a number of today, in which each word speaks of time."""
    if not words.strong.search(clause.casefold()):
        return False
    if _MEASURED.search(clause):
        return _earlier_value(clause, words, language)
    if _ELLIPTIC.match(clause):
        return False
    return _denies_change_only(clause, words, language) and _idle_run(clause, language)


def _earlier_value(clause: str, words: Words, language: str) -> bool:
    """True for "Vorwert 8 mm" and "18 mm on the prior study": a size under a word of another day, and nothing else."""
    tokens = words_of(clause)
    if not any(word[0].isdigit() for word in tokens):
        return False
    if words.now.search(clause.casefold()) or _SAME.search(clause.casefold()):
        return False
    if not any(words.then.fullmatch(word) for word in tokens):
        return False
    if any(words.deny.fullmatch(word) for word in tokens) or len(_SIZE.findall(clause)) > 1:
        return False
    return all(
        word[0].isdigit() or _idle_word(word, words, language, True) or words.unit.fullmatch(word) for word in tokens
    )


def _idle_run(text: str, language: str, exam: bool = False) -> bool:
    words = load_words(language)
    if load_phrases(language).things.search(_GENERAL.sub("", text.lower())) or _HISTORY.search(text):
        return False
    plain = _DATE.sub(" ", text)
    tokens = words_of(plain)
    exam = exam or any(words.exam.fullmatch(word) for word in tokens)
    return all(_idle_word(word, words, language, exam) for word in tokens)


def _idle_word(word: str, words: Words, language: str, exam: bool) -> bool:
    if word[0].isdigit() or words.state.fullmatch(word):
        return False
    known = may_go(word, language) or words.idle.fullmatch(word)
    return bool(known or exam and words.region.fullmatch(word))


def _denies_change_only(text: str, words: Words, language: str) -> bool:
    """True if what the text denies is a change, or nothing: "keine Zunahme", never "nicht abgrenzbar"."""
    rest = words.change.sub(" ", text.casefold())
    return not any(words.deny.fullmatch(word) for word in words_of(rest)) and not words.vanish.search(text.casefold())


def _without_ends(clause: str, words: Words, language: str) -> str:
    """The clause without the longest idle end; what stands before the first word of change or comparison stays."""
    dates = [match.span() for match in _DATE.finditer(clause)]
    tokens = list(_WORD.finditer(clause))
    head = _idle_head(clause, tokens, dates, words, language)
    if head:
        return _without_ends(clause[head:].lstrip(" ,"), words, language)
    if _HISTORY.search(clause):
        return clause
    start = len(tokens)
    while start and _idle_at(tokens[start - 1], dates, words, language):
        start -= 1
    while 0 < start < len(tokens) and not words.begins.fullmatch(tokens[start][0].casefold()):
        start += 1
    if not 0 < start < len(tokens):
        return clause
    tail = clause[tokens[start].start() :]
    if not words.strong.search(tail.casefold()) or not _denies_change_only(tail, words, language):
        return clause
    if load_phrases(language).things.search(tail.lower()) or ")" in tail:
        return clause
    verb = GONE_VERB if words.verb.fullmatch(tokens[start][0].casefold()) else ""
    return clause[: tokens[start].start()].rstrip(" :,-–") + verb


def _idle_head(clause: str, tokens: list[re.Match], dates: list[tuple[int, int]], words: Words, language: str) -> int:
    """Where a phrase in front ends that names another examination: "Im Vergleich zur CT vom 3. Mai …"; 0 if none."""
    if not tokens or not words.opens.fullmatch(tokens[0][0].casefold()):
        return 0
    end, dating = 0, False  # a word of a date counts right behind the examination
    for token in tokens:
        if not _idle_at(token, dates, words, language):
            break
        inside = [stop for start, stop in dates if start <= token.start() < stop]
        if (
            dating
            and words.seen.fullmatch(token[0].casefold())
            and not token[0].endswith(("e", "en", "er", "es", "em"))
        ):
            end = token.end()  # "Wie in der Voruntersuchung beschrieben …"
        exam = bool(inside) or words.exam.fullmatch(token[0].casefold()) is not None
        dating = exam or dating and words.dating.fullmatch(token[0].casefold()) is not None
        if dating:
            end = max([token.end(), *inside])
    head = clause[:end]
    known = words.strong.search(head.casefold()) and _denies_change_only(head, words, language)
    return end if known and "(" not in head and end < tokens[-1].start() else 0


def _idle_at(token: re.Match, dates: list[tuple[int, int]], words: Words, language: str) -> bool:
    if any(start <= token.start() < end for start, end in dates):
        return True
    return _idle_word(token[0].casefold(), words, language, True)
