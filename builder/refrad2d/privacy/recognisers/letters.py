"""Names by their place in a letter: before a birth date, in its signature, in lists, and wherever they come again.

find_in_letter("Oyelaran, Babatunde, geb. 14.02.1967", "de")
find_repeats(text, found)
"""

import re
from collections.abc import Iterator, Sequence

from refrad2d.privacy.recognisers.lexicon import (
    CAPITAL,
    Found,
    context_pattern,
    context_words,
    eponyms,
    is_given,
    is_name,
    is_ordinary,
    is_surname,
    looks_clinical,
    spell,
    towns,
)

_CAP = CAPITAL
_WORD = rf"(?:[dDlLO]['’])?{_CAP}[^\W\d_]*(?:['’\-–]{_CAP}?[^\W\d_]+)*"
_PARTICLE = (
    r"(?:[Vv]on und zu|[Vv]on der|[Vv]on den|[Vv]on dem|[Vv]\.\s?d\.|[Vv]on|[Vv]\.|[Vv]an de[rn]?|[Vv]an|[Dd]e la|"
    r"[Dd]e los|"
    r"[Dd]el|[Dd]ella|[Dd]e|[Dd]a|[Dd]os|[Dd]i|[Dd]u|[Ll]e|[Ll]a|[Ee]l|[Zz]u|[Zz]um|[Zz]ur|[Tt]er|[Tt]en|bin|ibn|[Aa]l|"
    r"Freiherr von|Freiin von|Freifrau von|Graf(?: von)?|Gräfin(?: von)?)"
)
_PART = rf"(?:{_PARTICLE}[ ])?(?:{_CAP}\.(?:-?{_CAP}\.)*|{_WORD})"
_NAME = rf"{_PART}(?:,?[ ]?(?<=[ ,]){_PART}){{0,4}}"
_TITLE = context_pattern("title")
_ROLE = context_pattern("role")
_STOP = context_words("stop")
_STAFF_SHORT = context_words("staff_short")
_LEADING = re.compile(
    rf"(?:(?:{_TITLE}|{_ROLE}|Patient(?:in)?|Pat\.?|Name|Betr\.?|Betreff|Betrifft|Re|Sohn|Tochter|Kind|Mutter|Vater|"
    rf"Ehefrau|Ehemann|Versicherte[rn]?|Bewohner(?:in)?|Fam\.|Familie|Baby|Mädchen|Junge)(?:[.:]|(?!\w))[:\s]*)+"
)
_DATE = r"(?:\(?\s?\d{1,2}[./\-]\s?(?:\d{1,2}|[IVX]+)[./\-]\s?\d{2,4}|\d{4}-\d\d-\d\d|\d{8}(?!\d))"
_BORN = re.compile(
    rf"[,;/(–\-]?[ \t]*(?:\n[ \t]*)?[(]?(?:\*[ \t]?(?=\d)|(?<!\w)(?i:geb\.?|geboren(?:e[rn]?)?|born|dob|nata|nato|"
    rf"né[e]?)(?!\w)"
    rf"(?:[ \t]*(?:am|den|on|il|le)(?!\w))?[ \t.:]*(?=[\d({_CAP[1:-1]}*]|ca\.|[a-zäöü]+ten\s))"
)
_BEFORE = re.compile(rf"(?<![\w.\-])(?P<name>{_NAME})[ \t]*$")
_HEADER_LINE = re.compile(
    rf"^[ \t]*(?:[\w.\-/ ]{{0,24}}:[ \t]*)?(?P<name>{_PART}(?:,?[ ]?(?<=[ ,]){_PART}){{1,4}})"
    rf"[ \t]*[,;|(–\-]{{0,2}}[ \t]*(?=\*?[ ]?{_DATE})",
    re.M,
)
_PAIR_BEFORE_DATE = re.compile(
    rf"(?<![\w.\-])(?P<name>(?:{_PARTICLE}[ ])?{_WORD},?[ ]{_WORD}(?:[ ]{_WORD})?)[ \t]*[,(]{{0,2}}[ \t]*(?={_DATE})"
)

# --- signatures ----------------------------------------------------------------------------------------------------
_SIGN_OFF = re.compile(
    rf"^[^\n]{{0,40}}?(?i:{context_pattern('sign_off')}|\w*gr(?:ü|ue)(?:ß|ss)(?:e|en|t)?\b|gru(?:ß|ss)\b)[^\n]*$", re.M
)
_CELL = re.compile(r"(?:(?![ \t]{2}|\t|[/|·•∙∗&;()\n]|,[ \t]|[ \t](?:und|u\.|i\.[ ]?V\.|i\.[ ]?A\.)[ \t]).)+")
_SIGNED = re.compile(
    rf"(?:(?:gez\.|i\.[ ]?[VA]\.|ppa\.|(?:{_TITLE}|{_ROLE})(?:(?<=\.)|(?!\w)))[ ]?)*(?P<name>{_NAME})"
    rf"(?:[ ](?:e\.[ ]?h\.|m\.[ ]?p\.|MSc|MBA|MHBA|FEBU))?[.,]?"
)
_TYPED_BY = re.compile(
    r"(?<=\d)[ ]?/[ ]?(?P<mark>[A-Za-zäöüÄÖÜ]{1,3}(?:[\-/][A-Za-zäöüÄÖÜ]{1,3})?)(?=[ \t]*(?:\n|$))"
    r"|\(?(?<=\d\d)[ )]?\((?P<bracket>[A-Z][a-z]/[a-z]{2})\)"
)
_SIGN_LINES = 10

# --- names in a row ------------------------------------------------------------------------------------------------
_NEXT_TITLED = rf"(?:(?i:{_TITLE}|{_ROLE})(?:(?<=\.)|(?!\w))[ ]?)*"
_BEHIND_SLASH = re.compile(rf"[ ]?[/&+][ ]?{_NEXT_TITLED}(?P<name>{_PART})(?![\w\-]|\.\w)")
_BEHIND_COMMA = re.compile(
    rf"(?:,[ ]?|[ ](?:und|u\.|&)[ ]){_NEXT_TITLED}(?P<name>(?:{_CAP}\.[ ]?)?(?:{_PARTICLE}[ ])?{_WORD})(?![\w\-])"
)
_AHEAD_SLASH = re.compile(rf"(?<![\w\-/])(?P<name>{_WORD})[ ]?/[ ]?$")
_PLURAL_TITLE = re.compile(r"(?i:Drs|Dres|Proff|Herren|Damen|Eltern|Söhne|Töchter|Kinder|Brüder|Geschwister)\b")
_TOWN_BEHIND = re.compile(rf",[ ](?P<town>{_CAP}[a-zß-ÿ]+(?:[\-/ ]{_CAP}[a-zß-ÿ]+)?)(?=[ ]*(?:[.;)\n,/]|$))")
_RELATION = re.compile(
    rf"(?<!\w)(?:{context_pattern('relative')})[ ]?[(:][ ]?(?:(?:{_TITLE})[ ]?)*"
    rf"(?P<name>{_WORD}(?:[ ](?:{_CAP}[a-z]?\.|{_WORD}))?)(?=[ ]?[),;./\n]|[ ](?:und|u\.)[ ]|$)"
)

_ANY_WORD = re.compile(rf"(?<![\w\[])(?:(?:{_CAP}\.[ \-]?){{1,3}})?(?P<word>{_CAP}[^\W\d_]+(?:['’\-–][^\W\d_]+)*)")
_PIECE = re.compile(r"[^\W\d_]+(?:['’\-–][^\W\d_]+)*")


def find_in_letter(text: str, language: str) -> Iterator[Found]:
    """Names before a birth date and in the reference line, signatures, typing marks, names of relatives in brackets."""
    for cue in _BORN.finditer(text):
        floor = max(0, cue.start() - 90)
        line = max(floor, text.rfind("\n", 0, cue.start()) + 1)
        if match := _BEFORE.search(text[line : cue.start()]):
            yield from _person(text, line + match.start("name"), line + match.end("name"))
    for pattern in (_HEADER_LINE, _PAIR_BEFORE_DATE) if any(c.isdigit() for c in text) else ():
        for match in pattern.finditer(text):
            words = _PIECE.findall(match["name"])
            if pattern is _HEADER_LINE and _is_heading(text, match) or not any(map(_is_listed, words)):
                if pattern is _PAIR_BEFORE_DATE or any(map(_is_common, words)) or _is_heading(text, match):
                    continue
            yield from _person(text, *match.span("name"))
    for match in _RELATION.finditer(text):
        if not any(map(_is_common, _PIECE.findall(match["name"]))):
            yield Found(*match.span("name"), "NAME", True)
    for match in _TYPED_BY.finditer(text):
        if (
            match.start()
            and text[match.start() - 3 : match.start()].strip()[-1:].isdigit()
            and _dated(text, match.start())
        ):
            yield Found(*match.span(match.lastgroup or 0), "NAME", True)
    yield from _signatures(text)


def _dated(text: str, at: int) -> bool:
    return (
        re.search(r"\d{1,2}\.\s?(?:\d{1,2}\.|[A-Z][a-zä]+)\s?\d{2,4}\W{0,2}$", text[max(0, at - 24) : at]) is not None
    )


def _is_heading(text: str, match: re.Match) -> bool:
    """True for "Bad Salzbrunn, 24.08.2023" and "Entlassung Reha 3.4.2020": no name in front of the date."""
    words = _PIECE.findall(match["name"])
    return any(word.lower() in _STOP or looks_clinical(word) for word in words) or words[0] == "Bad"


def _person(text: str, start: int, end: int) -> Iterator[Found]:
    """The name of a stretch, without the words that lead to it; nothing if it is clinical."""
    if leading := _LEADING.match(text, start, end):
        titled = re.match(rf"(?:{_TITLE})", text[start:end]) is not None
        name_start = leading.end()
        start = start if titled and name_start < end else name_start
    pieces = list(_PIECE.finditer(text, start, end))
    for piece, following in zip(pieces, pieces[1:], strict=False):  # "Ihre Patientin Anna Weber"
        if piece.group().lower() in _STOP or piece.group() in ("Ihre", "Ihren", "Ihr", "Unsere", "Unser", "Unseren"):
            start = following.start()
    words = [word for word in _PIECE.findall(text[start:end]) if len(word) > 1]
    if not words or "Child-Pugh" in words or any(word.lower() in _STOP for word in words):
        return
    if any(looks_clinical(word) and not (is_surname(word) or is_given(word)) for word in words):
        named = [word for word in words if is_name(word)]
        if not named and not any(spell(word) in eponyms() for word in words):
            return
    yield Found(start, end, "NAME", not all(map(_is_eponym, words)) or _LEADING.match(text, start, end) is not None)


def _is_listed(word: str) -> bool:
    return is_name(word) or (is_given(word) and not is_ordinary(word)) or (is_surname(word) and not is_ordinary(word))


def _is_common(word: str) -> bool:
    """True if the word is one of reports, or a German noun that reports could hold."""
    if is_given(word) or is_surname(word):
        return looks_clinical(word) and not is_surname(word)
    return len(word) > 1 and (is_ordinary(word) or looks_clinical(word) or word.lower() in _STOP)


def _signatures(text: str) -> Iterator[Found]:
    """The names below "Mit freundlichen Grüßen", and those with initials or titles in the last lines of a letter."""
    sign_offs = list(_SIGN_OFF.finditer(text))
    signed = sign_offs[-1].end() if sign_offs else None
    if signed is not None:
        yield from _sign_block(text, signed, sure=True)
    lines = [match for match in re.finditer(r"[^\n]*\S[^\n]*", text)]
    if len(lines) > 5:
        start = lines[-3].start()
        if signed is None or start > signed:
            yield from _sign_block(text, start, sure=False)


def _sign_block(text: str, at: int, *, sure: bool) -> Iterator[Found]:
    lines = [match for match in re.finditer(r"[^\n]*\S[^\n]*", text[at:])][:_SIGN_LINES]
    for line in lines:
        for cell in _CELL.finditer(text, at + line.start(), at + line.end()):
            piece = cell.group().strip(" \t,.:")
            start = cell.start() + len(cell.group()) - len(cell.group().lstrip(" \t,.:"))
            match = _SIGNED.fullmatch(text, start, start + len(piece))
            if not match:
                continue
            words = [word for word in _PIECE.findall(match["name"]) if len(word) > 1]
            if not words or all(re.fullmatch(rf"(?:{_TITLE}|{_ROLE})", word) for word in words):
                continue
            if any(_is_common(word) or re.fullmatch(_ROLE, word) for word in words):
                initial = re.match(rf"{_CAP}\.", match["name"]) and all(not looks_clinical(word) for word in words)
                titled = match.start("name") > start
                if not initial and not (titled and is_surname(words[-1])):
                    continue
            marked = match.start("name") > start or re.match(rf"{_CAP}\.", match["name"])
            if sure or marked or all(map(_is_listed, words)):
                yield Found(start, match.end("name"), "NAME", bool(marked) or not all(map(_is_eponym, words)))


def find_repeats(text: str, found: Sequence[Found]) -> Iterator[Found]:
    """Names that stand beside those found, and every further place of the words of a name of which one is sure."""
    for item in found:
        if item.kind == "NAME" and item.firm:
            yield from _in_a_row(text, item)
    yield from _towns_again(text, found)
    words: set[str] = set()
    common: set[str] = set()
    for item in found:
        if item.kind == "NAME" and item.firm:
            for word in _PIECE.findall(text[item.start : item.end]):
                if len(word) > 2 and word.lower() not in _STOP and not re.fullmatch(rf"(?i:{_TITLE})\.?", word):
                    (common if _is_doubtful(word) else words).add(spell(word))
    if not (words or common):
        return
    for match in _ANY_WORD.finditer(text):
        word = match["word"]
        keys = _keys(word)
        if keys & words:
            yield Found(*match.span(), "NAME", True) if not _is_eponym(word) else Found(*match.span(), "NAME")
        elif keys & common and (match.start("word") > match.start() or _alone_in_cell(text, match)):
            yield Found(*match.span(), "NAME", True)


def _towns_again(text: str, found: Sequence[Found]) -> Iterator[Found]:
    """Every further place of a town that stands behind a postcode."""
    seats = {
        match[1]
        for item in found
        if item.kind == "ADDRESS"
        for match in re.finditer(rf"\d{{4,5}}[ ]+((?:Bad[ ])?{_CAP}[a-zß-ÿ]{{3,}})", text[item.start : item.end])
        if not _is_common(match[1])
    }
    for seat in seats:
        yield from (Found(*m.span(), "ADDRESS") for m in re.finditer(rf"(?<!\w){re.escape(seat)}(?!\w)", text))


def _keys(word: str) -> set[str]:
    key = spell(word)
    bare = {key, key[:-1]} if key.endswith("s") and len(key) > 4 else {key}
    return bare | {spell(part) for part in re.split(r"[\-–]", word) if len(part) > 3 and "-" in word}


def _is_eponym(word: str) -> bool:
    return any(spell(part) in eponyms() for part in re.split(r"[\-–]", word))


def _is_doubtful(word: str) -> bool:
    """True for a name that is a word of reports as well: "Lang", "König", "Patient"."""
    return is_ordinary(word) or looks_clinical(word) or re.fullmatch(_ROLE, word) is not None


def _alone_in_cell(text: str, match: re.Match) -> bool:
    """True if nothing else stands in the line, or between bars and slashes."""
    before = re.search(r"(?:^|\n|[/|·•]|[ \t]{3})[ \t]*$", text[: match.start()][-40:])
    return before is not None and re.compile(r"[ \t]*(?:\n|$|[/|·•]|[ \t]{3})").match(text, match.end()) is not None


def _in_a_row(text: str, item: Found) -> Iterator[Found]:
    """What follows a name behind a slash or, after a plural title, a comma; and the town behind a doctor's name."""
    at = item.end
    plural = _PLURAL_TITLE.match(text, item.start) or _PLURAL_TITLE.search(text[max(0, item.start - 12) : item.start])
    while match := _BEHIND_SLASH.match(text, at) or (_BEHIND_COMMA.match(text, at) if plural else None):
        words = [word for word in _PIECE.findall(match["name"]) if len(word) > 1]
        if not words or any(_is_common(word) or _is_abbreviation(word) for word in words):
            break
        if re.fullmatch(rf"(?:{_ROLE})", match["name"]):
            break
        yield Found(at, match.end("name"), "NAME", True)
        at = match.end("name")
    if ahead := _AHEAD_SLASH.search(text[max(0, item.start - 40) : item.start]):
        word = ahead["name"]
        if not (_is_common(word) or _is_abbreviation(word) or re.fullmatch(_ROLE, word)):
            start = max(0, item.start - 40) + ahead.start("name")
            yield Found(start, start + len(word), "NAME", True)
    if _is_titled(text, item) and (town := _TOWN_BEHIND.match(text, item.end)):
        words = re.split(r"[\-/ ]", town["town"])
        if not re.search(r"(?i)[aeiouyäöü].*", town["town"]):  # "Dr. Abt, Stv. …"
            return
        if spell(town["town"]) in towns() or not any(
            _is_reported(w) or re.fullmatch(rf"(?:{_ROLE})", w) or _is_trade(w) for w in words
        ):
            yield Found(*town.span("town"), "ADDRESS")


def _is_reported(word: str) -> bool:
    """True for words of reports; towns may end as they do: Kaufungen, Meiningen."""
    return is_ordinary(word) or (looks_clinical(word) and not word.endswith(("ingen", "ungen", "ie")))


def _is_abbreviation(word: str) -> bool:
    return word.isupper() and len(word) < 5 or word in _STAFF_SHORT


def _is_titled(text: str, item: Found) -> bool:
    head = text[max(0, item.start - 8) : item.end]
    return re.search(r"(?:Dr|Prof|med|HA|Hausarzt|Hausärztin|Praxis)\b\.?", head) is not None


def _is_trade(word: str) -> bool:
    return re.search(r"(?i)(?:arzt|ärztin|ologe|ologin|iater|iaterin|medizin|chirurg|chirurgin|praxis|dienst|leiter|"
                     r"leiterin|direktor|direktorin|chir|pfleger|schwester|therapeut|"
                     r"therapeutin)$", word) is not None  # fmt: skip
