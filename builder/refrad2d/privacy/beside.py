"""A second look: names, houses and streets by the placeholders, roles and verbs that they stand beside.

find_beside("OP ([NAME]/Leitgeb), Patho: Weidmüller", "de")
"""

import re
from collections.abc import Iterator

from refrad2d.privacy.recognisers.lexicon import Found, is_given, is_ordinary, is_surname, looks_clinical

_CAP = r"[A-ZÀ-ÖØ-ÞŁŚŞČŠŽĞİĆŻŹĐ]"
_SMALL = r"[a-zß-öø-ÿłśşčšžğı]"
_WORD = rf"{_CAP}{_SMALL}+(?:[\-’']{_CAP}?{_SMALL}+)*"
_INITIALS = rf"(?:{_CAP}\.[ \-]?){{0,2}}"
_PERSON = rf"{_INITIALS}(?:(?:v\.|von|van|de|da|di|du|zu|al|el|ten|ter)[ ](?:der[ ]|den[ ])?)?{_WORD}"
_END = r"(?![\w\-]|\.\w)"

# "[NAME]/Leitgeb", "[NAME] u. Koch"
_BEHIND = re.compile(rf"(?<=\[NAME\])[ ]?(?:/|&|\+)[ ]?(?P<name>{_PERSON}){_END}")
# "[ORGANISATION] (Körfer)", "[ADDRESS] (Körfer, 2003)"
_BRACKET = re.compile(rf"(?:(?<=\[ADDRESS\])|(?<=\[ORGANISATION\]))[ ]\((?P<name>{_PERSON})(?=[),;:/])")
# "[ORGANISATION]/Meier": who signed for a house
_SLASHED = re.compile(rf"(?<=\[ORGANISATION\])[ ]?/[ ]?(?P<name>{_PERSON}){_END}")
_INITIALLED = re.compile(
    rf"(?<!\w)(?:Frau|Herrn?|Fr\.|Hr\.|Hrn\.)[ ](?P<name>{_CAP}\.(?:[ \-]?{_CAP}\.){{0,2}}(?:[ ]?{_WORD})?)(?!\w)"
    rf"|(?<!\w)(?:Pat(?:ient(?:in)?)?\.?:?)[ ](?P<both>{_CAP}\.[ \-]?{_CAP}\.)(?!\w)"
)
_ROLE = (
    r"(?:Pat(?:ho)?|Onko|Chir|Strahlen|Radio|Anä(?:sth)?|Gyn|Uro|Gastro|Kardio|Neuro|Pulmo|HNO|Opera?t?eur(?:in)?|"
    r"1\.[ ]?Ass(?:istenz)?|2\.[ ]?Ass(?:istenz)?|Ass(?:ist(?:enz|ent(?:in)?))?|Untersucher(?:in)?|Moderation|"
    r"Teilnehmer(?:in(?:nen)?)?|Instr(?:umenteur(?:in)?|umentierend\w*)?|Schreibkraft|Visum|Diktat|Diktiert|Fallführung|"
    r"Protokoll(?:ant(?:in)?)?|Befunder(?:in)?|Arzt|Ärztin|Hebamme|Bezugspflege|Zuweiser(?:in)?|Einsender(?:in)?|"
    r"Hausarzt|Hausärztin|HA|Überweiser(?:in)?|Vidiert|Freigabe|Validiert|Springer(?:in)?|MTRA?|Pflege|Betreuer(?:in)?|"
    r"Ansprechpartner(?:in)?|Kontaktperson|Behandler(?:in)?|Therapeut(?:in)?|Schicht|Dienst|Konsil|Nachsorge)"
)
_LABELLED = re.compile(
    rf"(?<!\w){_ROLE}\.?[ ]?:[ ]?(?P<name>(?:\[NAME\]|{_PERSON})(?:[ ]?[,/&+][ ]?(?:\[NAME\]|{_PERSON}))*){_END}"
)
_MARK = re.compile(
    r"(?:Protokoll|Diktat|Schreiben|geschr\.|Sekr\.|getippt|Schreibdienst)[ ]?:[ ]?(?P<name>[a-zäöü]{2,4})$", re.M
)
_SPOKEN = re.compile(
    rf"(?<!\w)(?:Rücksprache|besprochen|abgesprochen|Absprache|vereinbart|konsiliarisch|untersucht|operiert|gesehen|"
    rf"betreut|aufgeklärt|vorgestellt|überwiesen|mitbeurteilt|demonstriert|begutachtet|unterschrieben|visitiert|verständigt|"
    rf"informiert|Unterschrift|Vertretung|Kollegen?|Kollegin)[ ](?:\w+[ ]){{0,2}}?(?:mit|durch|von|bei|an)[ ]"
    rf"(?P<name>{_PERSON})(?=[ ]*(?:[.,;:)\n/]|\[|und\b|u\.|am\b|um\b|vom\b|$))"
)
_HOUSE = re.compile(
    rf"(?<!\w)(?:Rettungsstelle|Notaufnahme|Ambulanz|Pforte|Ärzte|Kollegen|Verlegung|Übernahme|Zuverlegung|Rückverlegung|"
    rf"Überweisung|Zuweisung|verlegt|behandelt|eingewiesen|überwiesen|vorgestellt|übernommen|aufgenommen|operiert|"
    rf"stationär|zuletzt|damals|auswärts|extern|Vorbefunde?|Voraufnahmen?|Aufenthalt|Reha|AHB)[ ](?:\w+[ ]){{0,2}}?"
    rf"(?:aus[ ]dem|aus[ ]der|in[ ]die|in[ ]das|ins|in[ ]der|im|des|der|vom|von[ ]der|durch[ ]das)[ ]"
    rf"(?P<name>{_WORD}|[A-ZÄÖÜ]{{2,6}})(?=[ ]*(?:[.,;)\n]|\[|vom\b|am\b|seit\b|behandelt|operiert|betreut|aufgenommen|"
    rf"durch\b|erfolgte|war\b|wurde|war|$))"
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
_DAY, _MONTH = r"(?:3[01]|[12]\d|0?[1-9])", r"(?:1[0-2]|0?[1-9])"
_DATES = re.compile(
    rf"(?<!\w)v\.[ ]?(?P<point>{_DAY}\.{_MONTH}\.)(?!\d)"
    rf"|(?<![\w/.])(?P<slash>{_DAY}/{_MONTH})(?=,?[ ](?:\[TIME\]|gegen[ ]|um[ ]\d))"
    rf"|(?<!\w)(?:Kontrolle|Kontrolltermin|Termin|WV|Wiedervorstellung|Entlassung|Aufnahme|Verlegung)[ ](?:am[ ])?"
    rf"(?P<term>{_DAY}/{_MONTH})(?![\d/])"
)
_LIVES = re.compile(
    rf"(?:[Ww]ohnt|[Ww]ohnhaft|[Ww]ohnend|whft\.?|[Gg]emeldet|[Aa]nschrift|[Aa]dresse)[^.\n]{{0,40}}?[ ]"
    rf"(?P<name>(?:(?:im|am|an[ ]der|auf[ ]der|in[ ]der|in|zum|zur)[ ])?{_WORD}[ ]\d{{1,3}}[ ]?[a-z]?)(?!\w)"
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
    rf"(?<![\w\-])(?P<name>(?:Senioren(?!heim)\w+|Pflege(?:zentrum|wohn\w+|domizil|residenz)|Alten(?:pflege)?(?:heim|zentrum)|APH|AWH|"
    rf"\w*[Dd]omizil|\w*[Rr]esidenz|Betreuungsverein|Wohnverbund|Apotheke|Sanitätshaus|Pflegedienst|Sozialstation)[ ]"
    rf"(?:(?:[Aa]m|[Ii]m|[Aa]n[ ]der|[Zz]ur|[Zz]um|Haus)[ ])?{_WORD}|{_WORD}-(?:Apotheke|Stift|Residenz)){_END}"
)


def find_beside(text: str, language: str) -> Iterator[Found]:
    """What the first look left beside its placeholders; nothing in English, whose letters it does not know."""
    if language != "de":
        return
    for pattern in (_BEHIND, _BRACKET, _SLASHED, _SPOKEN, _DIPLOMA, _SIGNED):
        for match in pattern.finditer(text):
            if not _is_plain(match["name"]):
                yield Found(*match.span("name"), "NAME", True)
    for match in _INITIALLED.finditer(text):
        yield Found(*match.span(match.lastgroup or 0), "NAME", True)
    for match in _LABELLED.finditer(text):
        for person in re.finditer(_PERSON, match["name"]):
            if not _is_plain(person.group()) and person.group() != "NAME":
                start = match.start("name") + person.start()
                yield Found(start, start + len(person.group()), "NAME", True)
    yield from (Found(*match.span("name"), "NAME", True) for match in _MARK.finditer(text))
    for pattern in (_HOUSE, _BEFORE_PLACE):
        for match in pattern.finditer(text):
            if not _is_plain(match["name"]) and not _is_term(match["name"]):
                yield Found(*match.span("name"), "ORGANISATION", True)
    for pattern in (_AFTER_HOUSE, _TEAM):
        yield from (Found(*match.span("name"), "ORGANISATION", True) for match in pattern.finditer(text))
    yield from (Found(*match.span("name"), "ORGANISATION", True) for match in _HOME.finditer(text))
    yield from (
        Found(*match.span("name"), "ID", True) for match in _FILE.finditer(text) if any(map(str.isdigit, match["name"]))
    )
    yield from (Found(*match.span(match.lastgroup or 0), "DATE", True) for match in _DATES.finditer(text))
    for pattern in (_LIVES, _CANTON):
        yield from (Found(*match.span("name"), "ADDRESS", True) for match in pattern.finditer(text))
    for match in _STREET.finditer(text):
        if not re.match(r"(?:Serie|Bild|Segment|Rippe|Se|Im|Station|Typ|Grad)\b", match["name"]):
            yield Found(*match.span("name"), "ADDRESS", True)


def _is_plain(name: str) -> bool:
    """True if a word of the name is one of reports and none is a name for certain."""
    words = re.findall(r"[^\W\d_]{2,}", name)
    if any(is_given(word) or is_surname(word) for word in words):
        return any(looks_clinical(word) and not is_surname(word) for word in words)
    return not words or any(is_ordinary(word) or looks_clinical(word) for word in words)


def _is_term(name: str) -> bool:
    return name in _TERMS or name.endswith(("tion", "ung", "ik", "raum", "phase", "wand"))


_TERMS = frozenset(
    "CT MRT MR MRI PET SPECT ICU IMC ITS OP EKG LWS BWS HWS ZNS GIT LK KM AZ RTW NAW NEF Rahmen Verlauf Bereich Jahr "
    "Juli Haus "
    "Anschluss Ambulanz Tagesklinik Praxis Regel Folge Nacht Woche Kindheit Jugend Heimat Türkei Schweiz "
    "Ukraine USA EU DDR "
    "Familie Schule Rente Lage Seite Mitte Hand Mobilität Pflege Akut Intensiv Station".split()
)
