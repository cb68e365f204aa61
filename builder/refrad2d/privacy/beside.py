"""A second look: names, houses and streets by the placeholders, roles and verbs that they stand beside.

find_beside("OP ([NAME]/Leitgeb), Patho: Weidmüller", "de")
"""

import re
from collections.abc import Iterator

from refrad2d.privacy.recognisers.dates import DAY
from refrad2d.privacy.recognisers.lexicon import (
    CAPITAL,
    PROPER_WORD,
    SMALL,
    Found,
    context_pattern,
    context_words,
    is_given,
    is_ordinary,
    is_surname,
    is_word,
    looks_clinical,
)

_CAP, _SMALL, _WORD = CAPITAL, SMALL, PROPER_WORD


_INITIALS = rf"(?:{_CAP}\.[ \-]?){{0,2}}"
_PERSON = rf"{_INITIALS}(?:(?:v\.|von|van|de|da|di|du|zu|al|el|ten|ter)[ ](?:der[ ]|den[ ])?)?{_WORD}"
_END = r"(?![\w\-]|\.[\w\-])"

# "[NAME]/Leitgeb", "[NAME] u. Koch"
_BEHIND = re.compile(rf"(?<=\[NAME\])[ ]?(?:/|&|\+)[ ]?(?P<name>{_PERSON}){_END}")
# "[ORGANISATION] (Körfer)", "[ADDRESS] (Körfer, 2003)"
_BRACKET = re.compile(rf"(?:(?<=\[ADDRESS\])|(?<=\[ORGANISATION\]))[ ]\((?P<name>{_PERSON})(?=[),;:/])")
# "[ORGANISATION]/Meier": who signed for a house
_SLASHED = re.compile(rf"(?<=\[ORGANISATION\])[ ]?/[ ]?(?P<name>{_PERSON}){_END}")
_INITIALLED = re.compile(
    rf"(?<!\w)(?:Frau|Herrn?|Fr\.|Hr\.|Hrn\.)[ ](?P<name>{_CAP}\.(?:[ \-]?{_CAP}\.){{0,2}}(?:[ ]?{_WORD})?)(?!\w)"
    rf"|(?<!\w)Pat(?:ient(?:in)?)?\.?:?[ ](?P<shy>{_CAP}\.,[ ]{_WORD})(?!\w)"
    rf"|(?<!\w)(?:Pat(?:ient(?:in)?)?\.?:?)[ ](?P<both>{_CAP}\.[ \-]?{_CAP}\.)(?!\w)"
)
_ROLE = context_pattern("role_label")
_LABELLED = re.compile(
    rf"(?<!\w){_ROLE}\.?[ ]?(?::[ ]?|(?<=Springer)[ ])(?P<name>(?:\[NAME\]|{_PERSON})(?:[ ]?[,/&+][ ]?(?:\[NAME\]|"
    rf"{_PERSON}))*){_END}"
)
_MARK = re.compile(
    r"(?:Protokoll|Diktat|Schreiben|geschr\.|Sekr\.|getippt|Schreibdienst)[ ]?:[ ]?(?P<name>[a-zäöü]{2,4})$", re.M
)
_SPOKEN = re.compile(
    rf"(?<!\w){context_pattern('talk')}[ ](?:\w+[ ]){{0,2}}?(?:mit|durch|von|bei|an)[ ](?P<name>{_PERSON})(?=[ "
    rf"]*(?:[.,;:)\n/]|\[|und\b|u\.|am\b|um\b|vom\b|$))"
)
_HOUSE = re.compile(
    rf"(?<!\w){context_pattern('moved')}[ ](?:\w+[ ]){{0,2}}?(?:aus[ ]dem|aus[ ]der|in[ ]die|in[ ]das|ins|in[ ]"
    rf"der|im|des|der|vom|von[ ]der|durch[ ]das)[ ](?P<name>{_WORD}|[A-ZÄÖÜ]{{2,6}})(?=[ ]*(?:[.,;)\n]|\[|vom\b"
    rf"|am\b|seit\b|behandelt|operiert|betreut|aufgenommen|durch\b|erfolgte|war\b|wurde|war|$))"
)
# the part of a house that another recogniser left: "Salus [ADDRESS]", "HZ [ADDRESS]", "[ORGANISATION] d. Barmh. Brüder"
_BEFORE_PLACE = re.compile(
    rf"(?<!\w)(?:der|die|das|im|in|aus|zum|zur|dem|KH)[ ](?P<name>{_WORD}|[A-ZÄÖÜ]{{2,4}})"
    r"(?=[ ]\[(?:ADDRESS|ORGANISATION)\])"
)
_AFTER_HOUSE = re.compile(
    rf"(?<=\[ORGANISATION\])(?:,?[ ](?P<name>(?:d\.|der|des|Standort|Campus|Haus|Betriebsstätte|Standort:)[ ]"
    rf"{_CAP}[\w.\-]*(?:[ ]{_WORD})?)){_END}"
)
_STREET = re.compile(
    rf"(?:^|[\n,;|·:(][ ]?|[ ]{{2}})(?P<name>(?:{_CAP}[\w.\-]*|[Aa]m|[Aa]n|[Aa]uf|[Ii]n|[Ii]m|[Zz]um?r?|[Hh]interm?|"
    rf"[Vv]orm?|[Uu]nterm?|[Bb]eim?)(?:[ ](?:d(?:er|em|en|ie|as)[ ])?{_CAP}[\w.\-]*){{0,3}}"
    rf"[ ]\d{{1,3}}(?:[ ]?[a-z])?(?:[\-/]\d+)*)"
    rf"(?=[ ]?[,·|\n][ ]{{0,4}}\[ADDRESS\])"
)
_TEAM = re.compile(
    rf"(?<!\w)(?P<name>(?:{_CAP}\w+-)?(?:Team|Praxis-Team|Praxisteam)(?:[ ]{_CAP}{_SMALL}+){{1,3}})[ ]*$", re.M
)

_DIPLOMA = re.compile(rf"Dipl\.-(?:Psych|Med|Ing|Biol|Päd|Soz\w*|Phys|Kfm|Hdl)\.[ ](?P<name>{_PERSON}){_END}")
_SIGNED = re.compile(rf"(?:Gruß|Grüße[n]?)[^\n]{{0,30}}\],[ ](?P<name>{_PERSON})(?=[ ]*(?:[,;.\n]|$))")
_MONTH = r"(?:1[0-2]|0?[1-9])"
_DATES = re.compile(
    rf"(?<!\w)v\.[ ]?(?P<point>{DAY}\.{_MONTH}\.)(?!\d)"
    rf"|(?<![\w/.])(?P<slash>{DAY}/{_MONTH})(?=,?[ ](?:\[TIME\]|gegen[ ]|um[ ]\d))"
    rf"|(?<!\w)(?:Kontrolle|Kontrolltermin|Termin|WV|Wiedervorstellung|Entlassung|Aufnahme|Verlegung)[ ](?:am[ ])?"
    rf"(?P<term>{DAY}/{_MONTH})(?![\d/])"
)
_LIVES = re.compile(
    rf"(?:[Ww]ohnt|[Ww]ohnhaft|[Ww]ohnend|whft\.?|[Gg]emeldet|[Aa]nschrift|[Aa]dresse)[^.\n]{{0,40}}?[ ]"
    rf"(?P<name>(?:(?:im|am|an[ ]der|auf[ ]der|in[ ]der|in|zum|zur)[ ])?(?!Pflege|PG[ ]|Grad[ ]|Stufe[ ])"
    rf"{_WORD}[ ]\d{{1,3}}[ ]?[a-z]?)(?!\w)"
)
_CANTON = re.compile(
    rf"(?:von|aus|in|,)[ ](?P<name>{_WORD}[ ](?:OW|NW|ZH|BE|LU|UR|SZ|GL|ZG|FR|SO|BS|BL|SH|AR|AI|SG|GR|AG|TG|TI|VD|VS|"
    rf"NE|GE|JU))(?!\w)"
)
_FILE = re.compile(
    r"(?:Az|Aktenzeichen|Gesch\.-?Z\.?|GZ|Geschäftszahl)[.:]{1,2}[ ]?"
    r"(?P<name>[A-Z0-9]\w{0,6}(?:[ /.\-][A-Z0-9]\w{0,6}){0,5})"
)
_HOME = re.compile(
    rf"(?<![\w\-])(?P<name>{context_pattern('home')}[ ](?:(?:[Aa]m|[Ii]m|[Aa]n[ ]der|[Zz]ur|[Zz]um|Haus)[ ])?"
    rf"{_WORD}|{_WORD}-(?:Apotheke|Stift|Residenz)){_END}"
)

_PARTICLED = re.compile(
    rf"(?<=\[NAME\])(?:,[ ]|[ ]und[ ]|[ ]u\.[ ]|[ ])(?P<name>(?:van|von|de|da|di|du|zu|el|al|ten|ter|"
    rf"v\.)[ ](?:der[ ]|den[ ]|d\.[ ])?"
    rf"{_WORD})(?![\w\-])"
)
_MAIDEN = re.compile(rf"\[NAME\][ ,(]*geb\.[ ](?P<name>{_WORD})(?![\w\-])(?![ ]*\d)")
_RELATED = re.compile(rf"(?<!\w){context_pattern('related')}[ ](?P<name>{_PERSON})(?![\w\-])")
_DONE_BY = re.compile(
    rf"(?<!\w)(?:mit|durch:?|von|bei)[ ](?P<name>{_PERSON})[ ](?:(?:am|um|vom)[ ]\[(?:DATE|TIME)\][ ])?(?=(?:be"
    rf"sprochen|abgesprochen|abgeklärt|vereinbart|durchgeführt|operiert|informiert|aufgeklärt|gesehen|übernomme"
    rf"n|am[ ]\[DATE\]|um[ ]\[TIME\]|\((?:Viszeral|Unfall|Gefäß|Neuro|Kardio|Anä|Onko|Radio|Gyn|Uro|Innere|Chir"
    rf"|HNO|Derma|Psych)))|(?<!\w){context_pattern('surgery')}[ ](?:durch|von|an):?[ ](?P<by>{_PERSON})(?=[ ]*("
    rf"?:[.,;)\n(/]|$))"
)
_TYPED = re.compile(
    r"(?:^|[ \t]{2,}|(?:Diktat|Schreibbüro|Schreibdienst|Brief|Sekr\.|Zeichen|Abschrift|"
    r"diktiert,):?[ ]?)(?P<name>(?!re/li|li/re)(?:dr\.)?[a-zäöü]{1,3}\.?[/\-][a-zäöü]{1,3})"
    r"(?=[ \t]*(?:$|[ ]{2}|\.|[ ]\[DATE\]))|(?<=\[DATE\])[ /]{1,2}(?P<mark>[a-zäöü]{2,3})(?=[ \t]*$)|"
    r"^(?P<both>[a-zäöü]{2,3}/[a-zäöü]{2,3})[ \t]*$",
    re.M,
)
_WEEKDAY = re.compile(r"(?<!\w)(?P<name>(?:Mo|Di|Mi|Do|Fr|Sa|So)\.?,?)(?=[ ](?:den[ ])?\[DATE\])")
_MONTH_PART = re.compile(
    r"(?<!\w)(?P<name>(?:Anfang|Mitte|Ende)[ ](?:Mai|März|Jan\.?|Feb\.?|Apr\.?|Juni|Juli|Aug\.?|Sept?\.?|Okt\.?|"
    r"Nov\.?|Dez\.?))(?!\w)"
    r"|(?:oGTT|PSA|TSH|HbA1c|Labor|Stanze|Zyto|PAP|Koloskopie|ÖGD|Mammographie|Sono|CT|MRT|OP|"
    r"ED)[ :](?P<short>(?:0[1-9]|1[0-2])/\d\d)(?![\d/])"
)
_GLUED = re.compile(rf"(?<=[a-zäöüß])(?P<date>{DAY}\.{_MONTH}\.(?:\d{{4}}|\d\d)?)(?!\d|\.\d)")
_GLUED_NAME = re.compile(
    rf"(?<![A-ZÄÖÜ\-])(?:Herrn?|Frau|(?:Herrn|mit|durch|von|arzt|bei|an)?(?:Dr|"
    rf"Prof)\.)(?P<name>{_CAP}{_SMALL}{{2,}}(?:{_CAP}{_SMALL}+)*)"
)
_GLUED_PLACE = re.compile(
    rf"(?<!\w)(?P<name>{_CAP}{_SMALL}+(?:str\.|straße|weg|gasse|platz|allee)\d{{1,3}}[a-z]?|"
    rf"\d{{5}}{_CAP}{_SMALL}{{2,}})(?!\w)"
)
_EXTENSION = re.compile(
    r"\[PHONE\][^\n]{0,30}\[NAME\][ ](?:-[ ]?)?(?P<name>\d{2,4})(?=[,;)\n ]|$)|(?:unter|"
    r"über)[ ](?P<number>\d{2,5}[ /]?\d{0,4}[ ]?-[ ]?\d{2,5})(?!\d)"
)
_WARD_END = re.compile(
    r"(?<=\[ORGANISATION\])(?P<name>[ ,]{1,2}(?:Süd|Nord|West|Ost|Fensterplatz|Türplatz|Fenster|Tür))(?!\w)"
)
_WARD = re.compile(
    rf"(?<![\w\-])(?P<name>(?:(?:Wochen|Intensiv|Palliativ|Aufnahme|Überwachungs|Kinder|Privat|Wahlleistungs|"
    rf"Normal)[Ss]tation|Stroke Unit|Box|"
    rf"Haus[ ]\d+,[ ](?:Station|Stat\.))[ ]\d[\w.]*(?:[ ](?:Süd|Nord|West|Ost))?|Station[ ]\d+[A-Za-z]?[ ](?:Süd|"
    rf"Nord|West|Ost)|"
    rf"(?:WB|Wohnbereich|Wohngruppe|Pflegegruppe)[ ]{_WORD})(?!\w)"
)
_OFFICE = re.compile(
    rf"(?<![\w\-])(?P<name>{context_pattern('office')}(?:[ ](?:Kreis|der[ ]Stadt|Stadt|des[ ]Kreises))?[ ]"
    rf"{_WORD}|(?:{_WORD}[\- ])?(?:Pflegekasse|Krankenkasse|Krankenversicherung|Betriebskrankenkasse)(?:[ ]"
    rf"{_WORD})?|(?:CCC|UCC|OnkoZ|SPZ|MVZ)[ ]{_WORD}|{_CAP}{_SMALL}+(?:-{_CAP}{_SMALL}+)+-(?:Klinik|Krankenhaus"
    rf"|Spital|Stift|Haus|Heim|Zentrum|Hospital)){_END}"
)

_IN_BRACKETS = re.compile(
    rf"\((?:\[DATE\]|\[TIME\]),?[ ](?P<name>{_PERSON})\)|(?:\[DATE\]|\[ID\]|\[TIME\])\.?[ ]\((?P<dated>{_PERSON})\)|"
    rf"\((?:Rufbereitschaft|Dienst|Vertretung|Pflege|Assistenz|Konsil|Chirurgie|Onkologie)[ ](?P<duty>{_PERSON})\)"
)
_ACTS = re.compile(
    rf"(?<!\w)(?:laut|lt\.|gem\.|gesehen|unterzeichnet|gez\.|sign\.|Vorgutachten|Gutachten|Vorbefund|Befund[ ]durch|"
    rf"durch)[ ]"
    rf"(?P<name>(?:{_CAP}{_SMALL}{{0,2}}\.[ ])?{_PERSON})(?=[ ]*(?:[;\n]|\.(?:\s|$)|vom[ ]\[DATE\]|am[ ]\[DATE\]|"
    rf"zur?[ ]Kontrolle|$))"
)
_CODE = re.compile(
    r"\[DATE\](?:,?[ ]{1,2}|[ ]?/{1,2}[ ]?|[ ]?\|[ ]?)(?P<name>[A-Z]{1,3}-?\d{3,}|\d{2,}-\d{3,}|\d{4,}(?=[,/|]))(?!\w)"
    r"|(?:Charge|Ch\.-B\.|Zch\.|Rechnung|intern|Endziffer|Sdg\.|Vorg\.|Lot|LOT|Auftrag|Journal-Nr\.?:?|"
    r"Eingang)[: ]{1,2}"
    r"(?P<code>(?:[A-Z]{1,3}[ \-]?)?\d[\w\-/]{2,})(?!\w)|\[NAME\][ ]\((?P<bracket>\d[\d ]{5,}\d)(?=[,)])"
)
_ROOM = re.compile(
    r"(?<![\w\-])(?P<name>\w+station[ ][IVX]{1,4}|Bettplatz[ ][\w\-]+|(?<=\]/)Z\.[ ]?\d+|ITS-[A-Z0-9]|"
    r"[A-Z]\d\.\d{2})(?!\w)"
)
_FIRM = re.compile(
    rf"(?<![\w\-])(?P<name>{_CAP}\w+-BG|(?:SAPV|Hospiz|Pflege)-Team[ ]{_WORD}(?:[ ]{_WORD})?)(?!\w)|"
    rf"Arbeitgeber[: ]{{1,2}}\((?P<firm>[^)\n]{{3,40}})\)"
)
_PLAIN = (  # patterns that need no look at their words
    ("NAME", (_INITIALLED, _MARK, _MAIDEN, _TYPED, _GLUED_NAME)),
    ("DATE", (_DATES, _WEEKDAY, _MONTH_PART, _GLUED)),
    ("ADDRESS", (_LIVES, _CANTON, _GLUED_PLACE)),
    ("ID", (_CODE,)),
    ("PHONE", (_EXTENSION,)),
    ("ORGANISATION", (_AFTER_HOUSE, _TEAM, _HOME, _WARD_END, _WARD, _OFFICE, _ROOM, _FIRM)),
)


def find_beside(text: str, language: str) -> Iterator[Found]:
    """What the first look left beside its placeholders; nothing in English, whose letters it does not know."""
    if language != "de":
        return
    for pattern in (_BEHIND, _BRACKET, _SLASHED, _SPOKEN, _DIPLOMA, _SIGNED, _PARTICLED, _RELATED):
        for match in pattern.finditer(text):
            if not _is_plain(match["name"]):
                yield Found(*match.span("name"), "NAME", True)
    for match in (*_DONE_BY.finditer(text), *_IN_BRACKETS.finditer(text), *_ACTS.finditer(text)):
        if not _is_plain(match[match.lastgroup or 0]):
            yield Found(*match.span(match.lastgroup or 0), "NAME", True)
    for kind, patterns in _PLAIN:
        for pattern in patterns:
            yield from (Found(*match.span(match.lastgroup or 0), kind, True) for match in pattern.finditer(text))
    for match in _LABELLED.finditer(text):
        for person in re.finditer(_PERSON, match["name"]):
            if not _is_plain(person.group()) and person.group() != "NAME":
                start = match.start("name") + person.start()
                yield Found(start, start + len(person.group()), "NAME", True)
    for pattern in (_HOUSE, _BEFORE_PLACE):
        for match in pattern.finditer(text):
            if not _is_plain(match["name"]) and not _is_term(match["name"]):
                yield Found(*match.span("name"), "ORGANISATION", True)
    yield from (
        Found(*match.span("name"), "ID", True) for match in _FILE.finditer(text) if any(map(str.isdigit, match["name"]))
    )
    for match in _STREET.finditer(text):
        if not re.match(r"(?:Serie|Bild|Segment|Rippe|Se|Im|Station|Typ|Grad)\b", match["name"]):
            yield Found(*match.span("name"), "ADDRESS", True)


def _is_plain(name: str) -> bool:
    """True if a word of the name is one of reports and none is a name for certain."""
    words = re.findall(r"[^\W\d_]{2,}", name)
    if any(is_given(word) or is_surname(word) for word in words):
        return any(looks_clinical(word) and not is_surname(word) for word in words)
    return not words or any(is_ordinary(word) or looks_clinical(word) or is_word(word) for word in words)


def _is_term(name: str) -> bool:
    return name in _TERMS or name.endswith(("tion", "ung", "ik", "raum", "phase", "wand"))


_TERMS = context_words("house_term")
