"""What a rewrite must not leave behind: the state of another day without its day, half a comparison, a clause without
its verb.

    >>> leaves_behind("Ductus erweitert, vor 3 Wochen normal.", "Ductus erweitert, normal.", "de")
    True
    >>> leaves_behind("Zyste, vor 3 Wochen 2 cm, jetzt 3 cm.", "Zyste, 3 cm.", "de")
    False
"""

import re
from collections.abc import Iterator

from refrad2d.text.temporal.reading import load_phrases
from refrad2d.text.temporal.vocabulary import names_a_thing

_UNITS = {
    "de": r"(?:Stunde|Tag|Woche|Monat|Jahr)(?:e|en|n|es)?|Std\.?|Wo\.?|Mon\.?",
    "en": r"(?:hour|day|week|month|year|hr|wk|yr)s?",
}
_MONTHS = {
    "de": r"(?:Jan|Jän|Feb|März|Mär|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Nov|Dez)[a-zä]*\.?(?:\s(?:19|20)?\d\d)?",
    "en": r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?(?:\s(?:19|20)?\d\d)?",
}
_EXAMS = {
    "de": r"(?:Untersuchung|Aufnahme|Bild|Kontrolle|Voruntersuchung|Voraufnahme|CT|MRT|VU|Sono\w*|Studie|Mal)",
    "en": r"(?:exam\w*|study|scan|film|image|radiograph|CT|MRI?|ultrasound|time|occasion|visit)",
}
_DATE = r"\d{1,2}[./]\s?\d{1,2}(?:[./]\s?(?:19|20)?\d\d)?\.?|(?:19|20)\d\d"
_THEN = {  # what names another day by itself
    "de": re.compile(
        rf"\b(?:vor\s(?:\d+|ein(?:er|em)|zwei|drei|vier|wenigen|einigen)\s(?:{_UNITS['de']})|zuletzt|vormals|früher|damals|gestern|vorgestern"
        rf"|(?:im|in|am|vom|ende|anfang|mitte)\s(?:{_MONTHS['de']}|{_DATE})|(?:19|20)\d\d"
        rf"|(?:bei|in|auf|an|im|am|bei)\s(?:der|dem)?\s?(?:letzte|vorige|frühere|vorherige)[nmrs]?\s{_EXAMS['de']}"
        rf"|(?:letzte|vorige)[nrs]?\s(?:Jahr|Monat|Woche|Mal))(?!\w)",
        re.IGNORECASE,
    ),
    "en": re.compile(
        rf"\b(?:(?:\d+|an?|one|two|three|four|few|several)\s(?:{_UNITS['en']})\s(?:ago|earlier|before)|yesterday|formerly|back\sthen"
        rf"|(?:in|on|of)\s(?:{_MONTHS['en']}|{_DATE})|(?:on|at|in)\sthe\s(?:last|previous|prior|earlier)\s{_EXAMS['en']}|last\s(?:year|month|week|time))(?!\w)",
        re.IGNORECASE,
    ),
}
_NEUTRAL = re.compile(  # words that may stand beside such a state
    r"(?:noch|nur|lediglich|erst|etwa|ca|um|auf|bei|bereits|schon|circa|rund|still|only|just|about|at|was|were|war|waren|had|hatte)",
    re.IGNORECASE,
)
_STARTS_WITH_BOTH = re.compile(r"\b(?:wie|as|like|since|seit|gegenüber|compared|ggü|verglichen|im\sVergleich)\b", re.I)
_SEGMENT = re.compile(r"(?:[^,;:()]|(?<=\d)[,](?=\d))+")
_WORD = re.compile(r"[^\W_]+(?:[.,/]\d+)*|%")
_PAIR = re.compile(  # "hochgradige, zuletzt noch mittelgradige Stenose"
    r"[a-zäöüß]{4,}(?:e[rnms]?)\s*,\s*(?P<then>[^,;]*?)\s(?P<other>[a-zäöüß]{4,}e[rnms]?)\s[A-ZÄÖÜ]"
)
_TORN = tuple(  # what a rewrite may have only if its source has it: half a comparison, a clause without its head
    re.compile(pattern)
    for pattern in (
        r"^(?:Ausw|Auswärtig\w*|Extern\w*)\b",
        r"\b(?:is|are|ist|sind|[Mm]ultiple|[Mm]ehrere|[Ss]everal)(?: not| nicht)?,\s\w+",
        r"\b(?:ist|sind|hat|haben|wird|werden|is|are|has|have),?\s(?:(?:ebenso|genauso|gleich)\s?wie|wie|like|as\swell\sas|along\swith)"
        r"\s[^.,;]*,?[.;]?$",
        r",\slike\s[^.,;]*[.;]?$",
        r"\b[Tt]here(?=\s?[,;.])|^Overall;|^Contrary,|^Disease\swith\b|\b[Kk]eine?\s(?:19|20)\d\d\b",
        r"^No\s[^.;]*,\s(?:leaving|with)\b",
        r"\b(?:ist|sind)\s(?:der|die|das)\s[A-ZÄÖÜ][\w-]+(?:\s(?:links|rechts|beidseits|bds\.|[a-z]{2,}(?:al|är)))?(?=[;,.]|$|\sund\s[a-zäöü])",
    )
)
_OWED = tuple(  # what a rewrite has to say if its source does
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\bin\sretrospect\b.*$|\bretrospe[ck]ti\w*\b.*$",
        r"\b(?:replaced|exchanged|ersetzt|ausgetauscht|gewechselt)\b",
        r"\b(?:fast|nahezu|beinahe|nearly|almost|near|virtually)[\s-](?:vollständig|komplett|complete(?:ly)?|total)\w*\b",
        r"\b(?:now|jetzt|nun|heute|aktuell|currently)\s(?:nur\s|only\s)?(moderate|large|small|severe|mild|marked|minimal|massive?|mittelgradig"
        r"|gering|klein|groß|ausgeprägt|hochgradig|deutlich)(?=[\s,;.]|$)",
        r"\bchanged(?=\sfrom\s)",
        r"^\W*(?:less|more|fewer|weniger|mehr)\s(?![^.]*\b(?:than|als)\b)[^,;]*[,;]\s(?:less|more|fewer|weniger|mehr)\s([^\W\d_]{4,})",
    )
)
_OLD = re.compile(r"\b(?:ist|sind|is|are)\s(?:alt|älter|chronisch|old|chronic)\b", re.IGNORECASE)
_NEW = re.compile(r"\b(?:ist|sind|is|are)\s(?:neu|new)\b", re.IGNORECASE)
_RECALLED = re.compile(  # "die im Vorbefund beschriebene Fraktur entspricht einem Gefäßkanal"
    r"(?:beschrieben|gewertet|interpretiert|angesehen|described|interpreted|called|reported)\w*\s.*\b(?:entspricht|entsprechen|corresponds?|represents?)\b"
)
_UNTIL_NOW = re.compile(  # "der im Juni noch große Erguss ist jetzt gering"
    r"\b(?:noch|bislang|bisher)\s(?P<then>(?:\d[\d.,]*\s?(?:mm|cm)\s)?[\w-]*e[rnms]?)\s[A-ZÄÖÜ][^,;]*\b(?:jetzt|nun|heute|aktuell|inzwischen|mittlerweile)\b"
)
_FOUND_THEN = re.compile(  # "in der Voraufnahme fand sich X, der heute nicht sichtbar ist"
    r"\b(?:Vor(?:aufnahme|untersuchung|befund|bild|CT|MRT|studie)|Vor-\w+|VU)\b[^,;]*,\s(?:der|die|das)\s(?:jetzt|nun|heute|aktuell|inzwischen)\b"
)
_RELATIVE = re.compile(r",\s(?:der|die|das|welche[rs]?|dessen|deren|which|that)\s")
_VERB_LAST = re.compile(
    r",\s(?:ca\.\s|etwa\s)?\d[\d.,x×\s]*(?:mm|cm)\s(?:\w+\s)?(?:misst|ist|beträgt|aufweist|zeigt|hat)(?=[,.;]|$)"
)
_EXCEPT = re.compile(r"^\W*(?:außer|ausser|bis\sauf|abgesehen\svon|except|apart\sfrom|other\sthan|aside\sfrom)\b", re.I)
_OF_YEAR = re.compile(r"(?<!im )(?<!Jan )\bd\.\s?J\b")


def leaves_behind(source: str, kept: str, language: str) -> bool:
    """True if what a rewrite keeps of a sentence says of today what was on another day, or does not stand by itself."""
    if not kept or kept == source:
        return False
    folded = _folded(kept)
    return (
        any(rest in folded for rest in _of_another_day(source, kept, language))
        or any(_folded(word) not in folded for word in _owed(source))
        or any(_is_torn(pattern, source, kept) for pattern in _TORN)
        or _pair_kept(source, kept, language)
        or _shortened_whole(source, kept)
        or _until_now(source, folded)
    )


def _is_torn(pattern: re.Pattern, source: str, kept: str) -> bool:
    """True if a rewrite has what its source has not."""
    whole = pattern.search(source) is not None
    return any(not whole or torn[0] not in source for torn in pattern.finditer(kept))


def _owed(source: str) -> Iterator[str]:
    """Words that have to stay with their sentence."""
    for pattern in _OWED:
        yield from (found[found.lastindex or 0] for found in pattern.finditer(source))


def _shortened_whole(source: str, kept: str) -> bool:
    """True for a sentence that only stands as a whole."""
    fewer = len(_WORD.findall(kept)) < len(_WORD.findall(source))
    whole = _EXCEPT.search(source) or _RECALLED.search(source) or _FOUND_THEN.search(source) and _RELATIVE.search(kept)
    verbs = _RELATIVE.search(source) and _VERB_LAST.search(kept) and not _VERB_LAST.search(source)
    return bool(fewer and (whole or verbs or _OF_YEAR.search(kept) or _OLD.search(source) and _NEW.search(source)))


def _until_now(source: str, folded: str) -> bool:
    """True if the state of another day stands with its noun as if it were of today."""
    return any(_folded(found["then"]) in folded for found in _UNTIL_NOW.finditer(source))


def _folded(text: str) -> str:
    return f" {' '.join(_WORD.findall(text.casefold()))} "


def _of_another_day(source: str, kept: str, language: str) -> Iterator[str]:
    """What stands beside another day in its part of the sentence, where that day went and no finding is named."""
    segments = _SEGMENT.findall(source)
    for segment in segments[1:] if len(segments) > 1 else ():
        then = _THEN[language].search(segment)
        if then is None or _STARTS_WITH_BOTH.search(segment) or then[0].casefold() in kept.casefold():
            continue
        rest = f"{segment[: then.start()]} {segment[then.end() :]}"
        said = [word for word in _WORD.findall(rest) if not _NEUTRAL.fullmatch(word)]
        if 0 < len(said) < 5 and not _names_a_finding(rest, language) and not re.search(r"\d\s?(?:mm|cm)\b", rest):
            yield _folded(" ".join(said))


def _names_a_finding(rest: str, language: str) -> bool:
    if language == "de":
        return names_a_thing(rest, language)
    return load_phrases(language).things.search(rest.casefold()) is not None


def _pair_kept(source: str, kept: str, language: str) -> bool:
    """True if of two adjectives of a noun, one of today and one of another day, both stay."""
    for pair in _PAIR.finditer(source):
        then = _THEN[language].search(pair["then"])
        if then is not None and then[0].casefold() not in kept.casefold() and pair["other"] in kept:
            return True
    return False
