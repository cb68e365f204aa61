"""Postal addresses of Germany, Austria, Switzerland and South Tyrol, found by their shape.

find_postal("Corveyer Allee 27, 37671 Höxter")     # any street beside a postcode and a town
find_postal("Bad Essen, den 17.03.2021")           # the town of a date line
"""

import re
from collections.abc import Iterator

from refrad2d.privacy.recognisers.lexicon import (
    Found,
    context_pattern,
    is_ordinary,
    is_surname,
    is_word,
    looks_clinical,
    spell,
    towns,
)

_CAP = r"[A-ZÀ-ÖØ-ÞŁŚŞČŠŽ]"
_SMALL = r"[a-zß-öø-ÿłśşčšžğ]"
_GAP = r"[ \t]*(?:[,;·•∙|/(–\-][ \t]*|\n[ \t]*|[ \t]in[ \t])"
_NUMBER = (
    r"\d{1,4}[ ]?[a-zA-Z]?(?!\w)(?:[ ]?[\-–/+][ ]?(?:\d{1,4}[a-z]?|[IVX]+)(?!\w))*(?:[ ]?/[ ]?(?:Stg|Top|Tür|"
    r"Pav)\.?[ ]?\w{1,3})?"
    r"(?:,?[ ](?:Top|Tür|Stiege|Stg\.|Geb\.|WE|App\.|Haus|Hs\.)[ ]?\w{1,4})?"
)
_STREET = (
    rf"(?:(?:Am|An|Auf|Im|In|Zum|Zur|Unter|Hinter|Vor|Bei|Alte[rs]?|Neue[rs]?|Große[rs]?|Gr\.|Kl\.|Kleine[rs]?|"
    rf"via|Via|Rue|rue|Viale|"
    rf"Piazza|Str\.|bei)[ ])?(?:(?:der|den|dem|de|la|du|d\.)[ ])?(?:(?:{_CAP}|\d\.[ ])[\w.’'\-]*[ ]){{0,3}}(?:der[ ])?"
    rf"{_CAP}[\w.’'\-]*[.]?[ ]?{_NUMBER}"
)
_TOWN = (
    rf"(?:(?:Bad|Sankt|St\.|Groß|Klein|Neu|Alt|Markt|Hess\.|Bayer\.|Preuß\.|Schwäb\.|Hann\.|Ober|Unter|BAD|ST\.|"
    rf"Stadt)[ ])?"
    rf"(?:{_CAP}{_SMALL}+|{_CAP}{{3,}})(?:[\-/]{_CAP}[\w]+\.?)*"
    rf"(?:[ ](?:am|an der|im|in der|bei|ob der|vor der|a\.|i\.|d\.|a\.[ ]?d\.|an den|a\.[ ]?d)[ ]?{_CAP}{_SMALL}+|"
    rf"[ ]?\({_CAP}\w+\.?\)|"
    rf"[ ](?:OÖ|NÖ|NW|OW|ZH|BE|LU|AG|SG)\b|[ ]\d{{1,2}}\b(?![.:,]\d))?"
)
_CODE = r"(?:(?:D|A|CH|I|L|F|DE|AT)[ ]?[\-–]?[ ]?)?\d{4,5}"
_ZIP_TOWN = rf"(?:{_CODE})[ \t]+{_TOWN}"
_FULL = re.compile(
    rf"(?<![\w.\-])(?:(?P<a>{_STREET}){_GAP}(?P<b>{_ZIP_TOWN})|(?P<c>{_ZIP_TOWN})(?:{_GAP}|"
    rf"[ ])(?P<d>{_STREET}))(?![\w])"
)
_STREET_TOWN = re.compile(rf"(?<![\w.\-])(?P<street>{_STREET}),[ ]?(?P<town>{_TOWN})(?=[ ]*(?:[.;)\n,]|$))")
_COUNTRY_CODE = re.compile(
    rf"(?<![\w.\-])(?:D|A|CH|I|AT|DE)[ ]?[\-–][ ]?\d{{4,5}}[ \t]+{_TOWN}|(?<![\w.\-])D[ ]\d{{5}}[ ]{_TOWN}"
)
_FIVE = re.compile(rf"(?<![\w.,\-/])\d{{5}}[ \t]+{_TOWN}")
_FOUR = re.compile(
    rf"(?:(?:^|[,;·•|(])[ \t]*|[ \t]{{2,}})(?P<place>[1-9]\d{{3}}[ ]{_TOWN})(?=[ \t]*(?:[,;)\n·•|]|$|[ \t]{{2}}))", re.M
)
_DATE_AHEAD = (
    r"(?:\d{1,2}\.[ ]?(?:\d{1,2}\.|[IVX]+\.|[A-Z][a-zä]+\.?)[ ]?\d{2,4}|\d{1,2}/\d{1,2}/\d{2,4}|\d{4}-\d\d-\d\d|"
    r"\[DATE\])"
)
_DATE_LINE = re.compile(
    rf"(?:^[ \t]*|[ \t]{{3,}}|[·•|]\s?)(?P<town>{_TOWN}(?:[ ]{_CAP}{_SMALL}+)?)(?:,[ ]*(?:den[ ]|am[ ]|dem[ ]|"
    rf"im[ ])?|[ ](?:den|am)[ ])(?={_DATE_AHEAD})",
    re.M,
)
_DATE_LINE_AFTER = re.compile(rf"(?<=[a-zß] )(?P<town>{_TOWN}),[ ](?:den|am)[ ](?={_DATE_AHEAD})")
_LABELLED = re.compile(
    rf"(?<!\w)(?:(?i:wohnhaft|wohnh\.?|wh\.?|wohnt|adresse|anschrift|anschr\.?|wohnort|straße|strasse|str\.(?=:)|"
    rf"plz/ort|ort|"
    rf"einsatzort|unfallort|geburtsort|wohnanschrift|heimatadresse|zzt\.)(?!\w)[ ]*:?[ \t]*(?:in[ ])?|"
    rf"aus[ ](?=\d{{4,5}}[ ][A-ZÄÖÜ])|gr(?:ü|ue)(?:ß|ss)e[ ]aus[ ])"
    rf"(?P<place>(?!(?:im|in)[ ]eigene|bei[ ]|mit[ ]|allein|zu[ ]Hause|zuhause)"
    rf"(?:{_CODE}[ ])?(?:[\w.’'\-]+[ ]){{0,3}}{_CAP}[\w.’'\-]*(?:[ ]{_NUMBER})?(?:,[ ](?:{_ZIP_TOWN}|"
    rf"{_STREET}|{_TOWN}))*)"
)
_STREET_LINE = re.compile(rf"^[ \t]*(?P<street>{_STREET})[ \t]*(?=\n[ \t]*(?:{_CODE}[ ]|\[ADDRESS\]))", re.M)
_BORN_IN = re.compile(
    rf"(?:\[DATE\]|\d{{4}}|\d\.\d\d)[ ]in[ ](?P<town>{_CAP}{_SMALL}{{3,}}(?:[\-/]{_CAP}{_SMALL}+)?)(?=[ ]*[,.;)\n]|$)"
)
_TRAVEL = re.compile(
    rf"(?:(?:nach|aus|in)[ ])(?P<town>{_CAP}{_SMALL}{{2,}}(?:[\-/]{_CAP}{_SMALL}+)?)[ ]?(?:(?:verlegt|verreist|"
    rf"verzogen|gereist|"
    rf"zurückgekehrt|übersiedelt|gezogen|zurück|geflogen|geflüchtet|geboren|aufgewachsen|gefahren)\b|-Reise\b)|"
    rf"(?:Rückkehr|Reise|Flug|Flucht|Urlaub(?:er)?|Umzug|stammt|Herkunft|gebürtig|"
    rf"Urlaubsdialyse[^\n]{{0,24}})(?:[ ]?\([^)\n]*\))?[ ](?:aus|nach|in)[ ](?P<from>"
    rf"{_CAP}{_SMALL}{{2,}}(?:-{_CAP}{_SMALL}+)*)|(?:JVA|Amtsgericht|Stadt|Gemeinde|Landkreis|"
    rf"Kreis)[ ](?P<seat>{_CAP}{_SMALL}{{2,}})"
)
_EXPECTED = re.compile(
    rf"(?:(?<!\w)(?:in|aus|nach|bei|von|zu|Raum|Nähe|Landkreis|Kreis|Kirchspiel)[ ]|[,(/–·•]\s?|"
    rf"\[NAME\],?[ ])(?P<town>(?:(?:Bad|Sankt|St\.|Markt|Groß|"
    rf"Klein|Neu|Alt|Hohen)[ ])?{_CAP}{_SMALL}{{2,}}(?:[\-/]{_CAP}{_SMALL}+)*(?:[ ](?:am|an der|im|in der|bei|"
    rf"ob der|a\.)[ ]?{_CAP}{_SMALL}+|"
    rf"[ ]\({_CAP}{_SMALL}+\))?)(?=[ ]*(?:[.,;:)\n(/]|$|[ ][a-zäöü(]))"
)
_NO_TOWN = re.compile(
    rf"{context_pattern('no_town')}$",
    re.I,
)


def find_postal(text: str) -> Iterator[Found]:
    """Streets beside a postcode and a town, postcodes with a town, towns of date lines, places behind a label."""
    if any(c.isdigit() for c in text):
        for match in _FULL.finditer(text):
            if (
                _is_place(match["b"] or match["c"]) or _looks_like_street(match["a"] or match["d"])
            ) and not _is_clinical_street(match["a"] or match["d"]):
                yield Found(*match.span(), "ADDRESS", True)
        for match in _STREET_LINE.finditer(text):
            if not _is_clinical_street(match["street"]):
                yield Found(*match.span("street"), "ADDRESS")
        for match in _STREET_TOWN.finditer(text):
            if _looks_like_street(match["street"]) and _is_place(match["town"]):
                yield Found(*match.span(), "ADDRESS")
        for pattern in (_COUNTRY_CODE, _FIVE):
            yield from (Found(*match.span(), "ADDRESS") for match in pattern.finditer(text) if _is_place(match.group()))
        for match in _FOUR.finditer(text):
            if not 1890 < int(match["place"][:4]) < 2045 and _is_place(match["place"]):
                yield Found(*match.span("place"), "ADDRESS")
        for pattern in (_DATE_LINE, _DATE_LINE_AFTER, _BORN_IN):
            yield from (Found(*m.span("town"), "ADDRESS") for m in pattern.finditer(text) if _is_place(m["town"]))
    for match in _LABELLED.finditer(text):
        words = re.findall(r"[^\W\d_]{3,}", match["place"])
        organ = match.group().lower().startswith("ort") and re.match(r"\w+(?:us|um|is|as|x)\b", match["place"])
        if not organ and not any(looks_clinical(word) for word in words):
            yield Found(*match.span("place"), "ADDRESS")
    for match in _EXPECTED.finditer(text):
        parts = re.split(r"[/(]", match["town"].rstrip(")"))
        if is_word(match["town"]) and not re.match(r"(?:in|aus|nach)\s", match.group()):  # "Nachweis von Steinen"
            continue
        if spell(match["town"]) in towns() or any(spell(part.strip()) in towns() for part in parts):
            yield Found(*match.span("town"), "ADDRESS")
    for match in _TRAVEL.finditer(text):
        if _is_place(match[match.lastgroup or 0]):
            yield Found(*match.span(match.lastgroup or 0), "ADDRESS")


def _is_place(place: str) -> bool:
    """True if it is a listed town, or no word of it is one that reports use."""
    if spell(re.sub(r"^\D{0,3}\d*\s*", "", place)) in towns():
        return True
    words = re.findall(r"[^\W\d_]{3,}", place)
    words = [word for word in words if word not in ("Bad", "Sankt", "den", "der", "bei")]
    return bool(words) and not any(_NO_TOWN.match(word) or looks_clinical(word) or is_ordinary(word) for word in words)


def _is_clinical_street(street: str) -> bool:
    words = re.findall(r"[^\W\d_]{3,}", street)
    return any(looks_clinical(word) and not is_surname(word) for word in words)


def _looks_like_street(street: str) -> bool:
    return re.search(
        r"(?i)(?:str(?:aße|asse|\.)|weg|platz|allee|gasse|ring|damm|ufer|steig|hof|markt|graben|berg|promenade|"
        r"chaussee|ende|"
        r"winkel|kamp|feld|rain|anger|twiete|stieg|bogen|zeile|quai|kai|siedlung|"
        r"garten|acker|wall|brücke|leite|au|grund)[ ]?\d",
        street,
    ) is not None and not _is_clinical_street(street)
