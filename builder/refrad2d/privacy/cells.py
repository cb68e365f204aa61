"""What stands in the cells beside identities of a letter: codes, extensions, wards, houses, titles, typing marks.

find_cells("[NAME], [DATE], 88.20.117, Platz 14", "de")

It looks at letters alone: texts of which two identities are placeholders already; report sentences that name nobody are
left as they are. The words stand in recognisers/data/context.csv: code_kind, line_kind, ward_kind, trade, body, degree.
"""

import re
from collections.abc import Iterator

from refrad2d.privacy.recognisers.lexicon import (
    CAPITAL,
    PROPER_WORD,
    Found,
    context_pattern,
    eponyms,
    is_letter,
    is_ordinary,
    is_word,
    looks_clinical,
    spell,
    towns,
    vocabulary,
)

_TRADE = context_pattern("trade")
_SIDE = r"(?:Süd|Nord|Ost|West|Mitte|Land|Stadt)"
_GAP = r"(?:[ ]?[,;/|]{1,2}[ ]?|[ ]{2,}|[ ][–\-][ ])"
_CODE = r"(?:[A-ZÄÖÜ]{1,5}[ \-/.]?)?\d[\dA-Za-z]*(?:[\-/._][\dA-Za-z]+){0,4}"
_NO_UNIT = r"(?![\w]|[.,]\d|[ ]?(?:mm|cm|ml|mg|kg|%|°|J(?:ahre?)?\b|Jahre|a\b|HE|SSW|Gy|Uhr|h\b))"

# --- the head line: "[NAME], [DATE], 88.20.117", "[NAME]/[DATE]/33-881/D4", "[NAME] [DATE] S-4/88" -----------------
_HEAD = re.compile(
    r"^[^\n]*\[NAME\][^\n]{0,60}\[DATE\][^\n]*|^[^\n]*\[(?:DATE|ADDRESS)\][^\n]{0,40}\[(?:NAME|DATE)\][^\n]*", re.M
)
_HEAD_CODE = re.compile(
    rf"\[(?:DATE|ID|NAME|ORGANISATION)\][)]?{_GAP}(?P<name>{_CODE}){_NO_UNIT}"
    rf"(?=[ ]?(?:[,;/|.)]|$|\[|[ ]{{2}}|[ ][–\-]))"
    rf"|\[DATE\][)]?[ ](?P<bare>[A-Z]{{1,3}}-\d[\d/\-]*|\d{{2,}}-\d+){_NO_UNIT}"
    rf"|^[ ]*(?P<ahead>\d[\d.\-/]{{3,}}\d){_GAP}\[NAME\]"
)
_HEAD_STREET = re.compile(
    rf"(?:\[DATE\][)]?,?|\[NAME\],|Adr\.:?)[ ]"
    rf"(?P<name>(?:(?:Am|Im|An der|Zum|Zur|Auf der|In der|Auf dem)[ ])?{PROPER_WORD}[ ]\d{{1,3}}[ ]?[a-z]?"
    rf"(?:/\d+)?(?:,?[ ](?:in[ ])?{PROPER_WORD})?)(?=[ ]*(?:[,;.\n]|$|[ ]{{2}}|\[))"
)

# --- numbers and lines behind their word ---------------------------------------------------------------------------
_ITEM = re.compile(
    rf"(?<![\w\-]){context_pattern('code_kind')}[ ]?[:#]?[ ](?P<name>(?=[\w./\-]{{0,12}}\d|[A-Z]{{1,3}}[ ]\d)"
    rf"(?:[A-Z]{{1,3}}[ ](?=\d))?[A-Z\d]\w*(?:[ ]?[./\-_][ ]?\w+)*){_NO_UNIT}"
)
_LINE = re.compile(
    rf"(?<![\w\-]){context_pattern('line_kind')}[ ]?:?[ ]{{0,2}}(?P<name>[+(*\-–]?\d[\d/ \-–]{{0,14}}\d)"
    r"(?![\w%]|[.,:]\d|[ ]?(?:mm|ml|mg|HE|HU|Uhr))"
    r"|(?:(?:über|unter|auf|Nr\.)[ ]|[/,][ ]|\((?:\w+[ ])?|\][ ])(?P<minus>[\-–][ ]?\d{3,4})(?=[),.;\n ]|$)"
    r"(?![ ]?(?:HE|HU|mm|ms|ml|m/s))|\((?P<two>[\-–]\d{2,4})\)"
    r"|(?<=[a-zäöü])[ ](?P<short>[\-–]\d{2})(?=[ ]*(?:\n|$|\|))"
    r"|(?:via|unter|über)[ ](?P<way>\d{2,4}(?:[ \-]\d{2,4})*)"
    r"(?=[ ](?:informiert|erreichbar|erbeten|anrufen|melden|verständigt|zu[ ]erreichen))"
    r"|\[NAME\](?:[ ]\([\w.]{2,12}\)|,)?[ ](?P<next>\d{4,5})(?=[),.;\n]|$)"
)

# --- wards, rooms, houses ------------------------------------------------------------------------------------------
_ROOM = re.compile(
    rf"(?<![\w\-])(?P<name>{context_pattern('ward_kind')}[ ](?:[A-ZÄÖÜ]{{1,3}}[ ]?)?(?:\d[\w.]*|[IVX]+[a-z]?|[A-H])"
    rf"(?:[ ](?:Süd|Nord|Ost|West))?(?:/[A-Z])?)(?![\w]|[.,]\d|[ ]?(?:mm|cm|%|von))"
    rf"|(?<![\w\-])(?P<unit>(?:Station|Stat\.|Abt\.|Abteilung|Amb\.|Ambulanz|Poli|Sprechstunde)[ ](?:f\.[ ]|für[ ])?"
    rf"{_TRADE}(?:[ ]Medizin)?(?:[ ](?:\d\w?|[IVX]+))?)(?!\w)"
    rf"|(?<![\w\-])(?P<trade>(?:{_TRADE})[ ](?:\d[a-z]|[1-9][A-Z]|[A-Z]\d))(?!\w)"
)
_PLACED = re.compile(rf"(?<![\w\-])(?P<name>(?:{CAPITAL}[\w.]*[ ]){{0,2}}?(?P<place>{PROPER_WORD})-{_SIDE})(?![\w\-])")
_BODY = re.compile(
    rf"(?<![\w\-])(?P<name>{context_pattern('body')}[ ](?:(?:am|im|an der|der|zum|zur|Haus)[ ])?"
    rf"(?P<place>{PROPER_WORD})(?:[\- ](?:{_SIDE}|{PROPER_WORD}))?)(?![\w\-])"
)
_HOUSE_OF = re.compile(  # what another recogniser left: "RK [ADDRESS]", "Allgemeines öffentl. [ORGANISATION]"
    rf"(?<![\w\-])(?P<name>{context_pattern('body')}(?:[ ](?:am|im|an der|der|zum|zur))?)"
    r"(?=[ ]\[(?:ADDRESS|ORGANISATION)\])"
    rf"|(?<![\w\-])(?P<kind>(?:{context_pattern('house_manner')}[ ]){{1,3}})(?=\[ORGANISATION\])"
    rf"|(?<=\[ADDRESS\])(?P<side>-{_SIDE})(?!\w)"
)
_ROAD = re.compile(
    r"(?:auf|an)[ ]der[ ](?P<name>[ABLK][ ]?\d{1,3}"
    rf"(?:[ ](?:bei|Richtung|Höhe)(?:[ ]{PROPER_WORD}|(?=[ ]\[)))?)(?!\w)"
)
_BROTHERS = re.compile(
    rf"(?<![\w\-])(?P<name>(?:{CAPITAL}\w+[ ])?Gebr(?:\.|üder)[ ]{PROPER_WORD}|"
    rf"{PROPER_WORD}[ ](?:&|u\.|und)[ ](?:Sohn|Söhne|Tochter|Co|Partner|Kollegen)\.?|"
    rf"{PROPER_WORD}-(?:Reha|Klinik(?:en)?|Therme|Spital|Hospital|Stift|Heim|Residenz|Apotheke)"
    r"(?:[ ][\"„“][^\n\"”“]{3,30}[\"”“])?)(?!\w)"
)
_PAYER = re.compile(
    r"(?:Kasse|KK|KL\.|Kl\.|Kostentr(?:äger|\.)|Versicherer|Versicherung|[Vv]ers\.|KTR|PKV|Krankenkasse)[ ]?:?[ ]"
    rf"(?P<name>{context_pattern('payer')}|[A-Z]{{3,5}})(?![\w\-])"
)
_GLUED = re.compile(
    rf"(?:Pat|Patient(?:in)?|Name|Herr[n]?|Frau)[.:]{{0,2}}[ ]?(?P<name>(?:{CAPITAL}[a-zäöüß]+){{2,3}})(?![\w\-])"
)
_STREET = re.compile(
    rf"(?:\[(?:NAME|DATE)\]\)?,|Adr\.:?|Anschr\.:?)[ ](?P<name>(?P<place>{PROPER_WORD})[ ]\d{{1,3}}[ ]?[a-z]?"
    rf"(?:,?[ ]in[ ]{PROPER_WORD})?)(?=[ ]*(?:[,;.\n]|$|\[))"
)
_STREETLIKE = re.compile(
    r"(?:str(?:aße|asse|\.)|weg|gasse|platz|allee|ring|damm|ufer|steig|stieg|hof|markt|graben|berg|chaussee|winkel|kamp|"
    r"feld|rain|anger|twiete|zeile|garten|acker|wall|brücke|leite|grund|rieth?|bruch|horst|moor|deich|siel|höhe|hang|"
    r"halde|matte?|rütli|büel|bühl|tal|thal|dorf|heim|ried|egg|au|wiese|siedlung|park|tor|pfad|stiege|lände|kai|quai)$"
)
_OF_NAME = re.compile(
    rf"^[ ]*(?P<name>(?:{_TRADE}|MRT|CT|Röntgen|Praxis|Gemeinschaftspraxis|MVZ|Ordination)"
    rf"(?:[ ](?:OMR|MR))?(?:[ ]Dr(?:s|es)?\.)?)(?=[ ]\[NAME\])"
    rf"|^[ ]*(?P<placed>(?:MRT|CT|Röntgen|PET-CT|Strahlen|{_TRADE})[ ](?:am|im|an der|zum|zur|auf dem)[ ]"
    rf"{PROPER_WORD})(?![\w\-])",
    re.M,
)

_PARTICLE = re.compile(r"(?<![\w])(?P<name>(?:El|Al|Van|Da|De|Di|Le|Abu|Ben|van|van de[rn]|de la)(?=[ ]\[NAME\]))")

# --- titles and typing marks ---------------------------------------------------------------------------------------
_DEGREE = re.compile(
    rf"(?<![\w.])(?P<name>(?:{context_pattern('degree')})(?:[ ]{context_pattern('degree')})*)(?=[ ]\[NAME\])"
    rf"|\[NAME\],?[ ](?P<behind>(?:sen|jun|sr|jr)\.|{context_pattern('degree')})(?![\w])"
)
_MARK = re.compile(
    rf"(?:{context_pattern('mark_kind')}|\[NAME\](?:[ ]?/|:))[ ]?:?[ ]?"
    r"(?P<name>[a-zäöü]{2,3}\.?(?:[ ]?[/\-][ ]?[a-zäöü]{2,3})?)(?=[ ]*(?:[.,;)\n]|$|[ ]{2}|\[|/))"
    r"|\[TIME\][ ]\(?(?P<timed>[a-zäöü]{2,3}|[A-Z]{2})\)?(?=[ ]*$)"
    r"|^[ ]*(?P<line>[A-Za-zäöü]{2,3}[/\-][a-zäöü]{2,4}|(?!re\b|li\b|bds\b)[a-zäöü]{2,3})[ ]*$"
    r"|(?<=[.)][ ])(?P<last>(?!li\b|re\b|bds)[a-zäöü]{2,3}\.?)(?=\s*\Z)"
    r"|(?<=[.)][ ])(?P<end>(?!li/|re/)[a-zäöü]{2,3}/[a-zäöü]{2,3})(?=[.]?[ ]*(?:$|\n|\.[ ]Tel|\.[ ]\[))",
    re.M,
)
_PATTERNS = (
    ("ID", (_ITEM,)),
    ("PHONE", (_LINE,)),
    ("ORGANISATION", (_ROOM, _OF_NAME, _HOUSE_OF, _BROTHERS, _PAYER)),
    ("ADDRESS", (_ROAD,)),
    ("NAME", (_DEGREE, _MARK, _PARTICLE)),
)
_NODES = re.compile(r"LK|[Ll]ymph|N[0-3]|mediast|hilär|Level|EBUS")
_DATE_LIKE = re.compile(
    r"(?:0?[1-9]|[12]\d|3[01])[./](?:0?[1-9]|1[0-2])[./](?:(?:19|20)?\d{2})|(?:19|20)\d\d|(?:0?[1-9]|1[0-2])/\d\d"
)


def find_cells(text: str, language: str) -> Iterator[Found]:
    """Codes, lines, wards, houses, titles and marks beside the placeholders of a German letter; nothing elsewhere."""
    if language != "de" or not is_letter(text):
        return
    for head in _HEAD.finditer(text):
        for match in _HEAD_CODE.finditer(text, *head.span()):
            group = match.lastgroup or 0
            if not _DATE_LIKE.fullmatch(match[group]):
                yield Found(*match.span(group), "ID", True)
        for match in _HEAD_STREET.finditer(text, *head.span()):
            if not _is_clinical(match["name"]):
                yield Found(*match.span("name"), "ADDRESS", True)
    for kind, patterns in _PATTERNS:
        for pattern in patterns:
            for match in pattern.finditer(text):
                group = match.lastgroup or 0
                if pattern is _ROOM and _is_node(text, match):
                    continue
                if kind not in ("ID", "PHONE") or _is_number(match[group], kind):
                    yield Found(*match.span(group), kind, True)
    for pattern, kind in ((_PLACED, "ORGANISATION"), (_BODY, "ORGANISATION"), (_STREET, "ADDRESS")):
        for match in pattern.finditer(text):
            streetlike = pattern is _STREET and _STREETLIKE.search(match["place"]) is not None
            if (streetlike or not _is_known(match["place"])) and not _is_clinical(match["place"]):
                yield Found(*match.span("name"), kind, True)
    for match in _GLUED.finditer(text):
        if not is_word(match["name"]):
            yield Found(*match.span("name"), "NAME", True)


def _is_number(value: str, kind: str) -> bool:
    """True for a code of three digits or more that is no date; an extension may have two."""
    digits = sum(map(str.isdigit, value))
    return digits > (2 if kind == "ID" else 1) and not _DATE_LIKE.fullmatch(value)


def _is_node(text: str, match: re.Match) -> bool:
    """True for the station of a lymph node."""
    if not re.fullmatch(r"(?:Station|Stat\.)[ ](?:1[0-4]|\d)[LR]?", match.group()):
        return False
    return _NODES.search(text, max(0, match.start() - 24), min(len(text), match.end() + 8)) is not None


def _is_clinical(street: str) -> bool:
    words = re.findall(r"[^\W\d_]{3,}", street)
    return any(looks_clinical(word) or is_ordinary(word) or spell(word) in eponyms() for word in words)


def _is_known(place: str) -> bool:
    """True for a word of reports or of German that is no town."""
    key = spell(place)
    return key not in towns() and (key in vocabulary() or looks_clinical(place) or is_ordinary(place))
