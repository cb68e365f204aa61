"""Houses, wards, numbers, telephones and staff of German letters by the kind of thing that the word before them names.

find_announced("Betriebsarzt Kuntze, Box 3, Probe E21-4471, arbeitet bei der Lorenz Feinblech", "de")

The words themselves stand in recognisers/data/context.csv: house_kind, employment, unit_kind, number_kind, phone_kind,
function.
"""

import re
from collections.abc import Iterator

from refrad2d.privacy.recognisers.lexicon import (
    CAPITAL,
    PROPER_WORD,
    Found,
    context_pattern,
    is_ordinary,
    is_report_word,
    is_word,
    looks_clinical,
)

_CAP, _WORD = CAPITAL, PROPER_WORD


_PROPER = rf"(?:[„\"»][^\n„“\"»«]{{2,30}}[“\"«”]|(?:St\.|Sankt|Dr\.)[ ]{_WORD}|{_WORD})"
_LINK = r"(?:am|an der|an den|im|in der|auf der|auf dem|zum|zur|vom|von|der|des|Haus)"
_NAMED_HOUSE = re.compile(
    rf"(?<![\w\-])(?P<name>(?:\w+-)?{context_pattern('house_kind')}[ ](?:{_LINK}[ ]){{0,2}}(?P<proper>{_PROPER}"
    rf"(?:[ ](?:{_LINK}[ ])?{_WORD}){{0,2}})(?:[ ]\d{{1,4}})?)(?![\w\-])"
)
_EMPLOYER = re.compile(
    rf"(?<![\w\-])(?:{context_pattern('employment')})[ ](?P<name>(?P<proper>(?:[A-ZÄÖÜ]{{2,6}}|{_PROPER})"
    rf"(?:[ ](?:&[ ]|und[ ])?(?:{_WORD}|[A-Z]{{2,6}})){{0,3}}))(?![\w\-])"
)
# what a firm or a club calls itself, behind its name
_LEGAL = re.compile(
    rf"(?<![\w\-])(?P<name>(?P<proper>{_PROPER}(?:[ ](?:&[ ]|"
    rf"und[ ])?{_WORD}){{0,3}})[ ](?:g?GmbH(?:[ ]&[ ]Co\.?[ ]?KG)?|AG|KG(?![ ]?\d)|OHG|"
    r"e\.[ ]?K\.|e\.[ ]?V\.|eG|UG|SE|GesmbH|Ges\.m\.b\.H\.|Sàrl|SA|BKK|IKK|Krankenkasse|Versicherung(?:en)?|"
    r"Stiftung))(?![\w\-])"
)
_UNIT = re.compile(
    rf"(?<![\w\-])(?P<name>{context_pattern('unit_kind')}[ ](?:Nr\.[ ]?)?(?:[A-ZÄÖÜ]{{1,4}}[\-.]?)?"
    r"(?:\d{1,4}(?:[.\-/][\dA-Za-z]{1,4}){0,2}[ ]?[A-Za-z]?|[IVX]{1,4}|[A-H])(?:[ ](?:Süd|Nord|Ost|West|links|rechts)|"
    r"-\w{1,3})?)"
    r"(?![\w\-])(?![.,]\d)(?![ ]?(?:mm|cm|ml|%|x[ ]|Tage|Wochen|von[ ]\d))"
)
_ITEM = re.compile(
    rf"(?<![\w\-])(?:{context_pattern('number_kind')})(?::[ ]{{0,3}}|[ ]|#[ ]?|[.]:?[ ]?)"
    r"(?P<name>#?(?=[A-Za-z./\-]{0,9}\d)[A-Z\d][A-Za-z\d]*(?:[./\-_ ](?=[\dA-Z])[A-Z\d][A-Za-z\d]*){0,5})(?![\w\-])"
)
_LINE = re.compile(
    rf"(?<![\w\-])(?:{context_pattern('phone_kind')})(?::[ ]{{0,3}}|"
    rf"[ ]{{1,2}})(?P<name>[+(*#\-]?\d[\d/ ()\-–.]{{1,20}}\d)"
    r"(?![\w]|[.,]\d|[ ]?(?:mm|cm|ml|%|mg|Uhr|HE|[x×]))"
)
_STAFF = re.compile(
    rf"(?<![\w\-])(?:{context_pattern('function')})(?::[ ]|[ ]|[ ]\()(?P<after>(?:{_CAP}\.[ ])?(?:(?:von|van|de|el|"
    rf"al)[ ])?{_WORD}"
    rf"(?:[ ]{_WORD})?)(?=[ ]*(?:[,.;:)\n/]|\[|$|[ ][a-zäöü]))"
)
_STAFF_BEHIND = re.compile(
    rf"(?<![\w\-.])(?P<before>(?:{_CAP}\.[ ])?{_WORD})(?:,[ ]|[ ]\()(?:{context_pattern('function')})(?![\w\-])"
)
_HOLY = context_pattern("margin_saint")
_IN_HOUSE = re.compile(
    rf"(?<!\w)(?:im|ins|vom|aus[ ]dem|zum|am|in[ ]die|in[ ]der|aus[ ]der|nach|des|das)[ ](?P<name>{_HOLY}(?:[\-"
    rf" ](?:{_WORD}))?)(?![\w\-])"
    r"|(?<![\w\-])(?P<stift>(?!Blei|Lippen|Farb|Metall|Gewinde|Kirschner|Wurzel|Verriegel|Zahn|Titan|Radix|Karb"
    r"on|Glas|Stell|Druck)[A-ZÄÖÜ][a-zäöüß]{3,}(?:stift|hospiz|spital|heim|stiftung))(?=[ ]*(?:[.,;)(]|$|\[|[ ]"
    r"[a-zäöü]))"
    rf"|(?:Vorbefunde?|Vorbilder|Voraufnahmen?|Vor-?CDs?|CD|Fremdbefunde?|Fremdaufnahmen?|Bilder|Brief|Bericht)"
    rf"[ ](?:aus[ ]|von[ ]|des[ ]|der[ ])?(?P<prior>{_WORD}(?:[ ]{_WORD})?)(?=[ ]*(?:[.,;)\n]|$|\[|"
    rf"vom[ ]))"
    rf"|(?:in[ ]die|aus[ ]der|von[ ]der|in[ ]der|an[ ]die|durch[ ]die)[ ](?P<pair>{_WORD}(?:[ ]"
    rf"{_WORD})?)(?=[ ]*(?:\[ADDRESS\]|[.,;)\n]|$|(?:verlegt|übernommen|überwiesen|entlassen)))"
    rf"|(?:[Tt]ransferred|[Mm]oved|[Rr]epatriated|[Dd]ischarged|[Ss]een|[Aa]dmitted|[Oo]perated|[Ii]maged|[Rr]e"
    rf"ferred)[ ](?:from|to|at|back[ ]to)[ ](?P<english>(?:St\.?[ ])?{_WORD}(?:['’]s)?(?:[ ]{_WORD}"
    rf"){{0,2}})(?=[ ]*(?:[.,;)(\n]|$|\[|[ ](?:on|in|for|with|and|after|at)(?!\w)))"
    rf"|(?<![\w\-])(?P<ward>{_WORD}[ ]Ward)(?!\w)|(?P<unit>(?:CCU|ICU|ITU|HDU|NICU|SCBU|AMU|MAU|SAU|ED))("
    rf"?=[ ]\[ORGANISATION\])"
    rf"|(?P<practice>(?:The[ ])?\[NAME\][ ](?:Surgery|Practice|Clinic|Partnership))(?!\w)"
)
_WORKS = re.compile(
    rf"(?:versichert|angestellt|beschäftigt|tätig|[Aa]rbeitet|gearbeitet|Lehrling|Lehre|Praktikum|Ausbildung|in"
    rf"sured|employed|[Ww]orks|worked|working)[ ](?:bei|with|at|for|by)[ ](?:der[ ]|dem[ ]|the[ ]|Fa\.[ ])?(?P<"
    rf"name>{_CAP}[\w&\-]*(?:[ ](?:&[ ])?{_CAP}[\w&\-]*){{0,3}})(?=[ ]*(?:[.,;)(\n]|$|[ ][a-z]))"
)
LETTER_HOUSES = (_IN_HOUSE, _WORKS)  # for letters alone: margins reads them
_DATE_LIKE = re.compile(r"\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{1,2}/\d{2,4}|(?:19|20)\d\d")
_NODES = re.compile(
    r"(?:Station|Etage|Box|Stat\.)[ ](?:1[0-4]|\d)(?:[RLi])?|(?:Box|Bett|Turm|Saal|Trakt|Etage|Kabine)[ ][A-HIVX]+"
)
_VERTEBRA = re.compile(r"(?:[HBL]W[KS]|Th|[HBLTCSD])\d{1,2}(?:[/\-]\w{1,4})?")


def find_announced(text: str, language: str) -> Iterator[Found]:
    """Houses, wards, numbers, telephones, staff behind the word for their kind; nothing in English."""
    if language != "de":
        return
    for pattern in (_NAMED_HOUSE, _EMPLOYER, _LEGAL):
        for match in pattern.finditer(text):
            if _is_unknown(match["proper"]):
                yield Found(*match.span("name"), "ORGANISATION", True)
    for match in _UNIT.finditer(text):
        code = match["name"].split()[-1]
        if not (_NODES.fullmatch(match["name"]) or _VERTEBRA.fullmatch(code) or _is_counted(text, match.start())):
            yield Found(*match.span("name"), "ORGANISATION", True)
    for match in _ITEM.finditer(text):
        if sum(map(str.isdigit, match["name"])) > 3 and not _DATE_LIKE.fullmatch(match["name"]):
            yield Found(*match.span("name"), "ID", True)
    for match in _LINE.finditer(text):
        if sum(map(str.isdigit, match["name"])) > 2 and not _DATE_LIKE.match(match["name"]):
            yield Found(*match.span("name"), "PHONE", True)
    for match in (*_STAFF.finditer(text), *_STAFF_BEHIND.finditer(text)):
        group = match.lastgroup or 0
        if _is_unknown(match[group]) and not re.fullmatch(context_pattern("function"), match[group]):
            yield Found(*match.span(group), "NAME", True)


def _is_unknown(proper: str) -> bool:
    """True if no word of it is one of reports: "Lorenz Feinblech", but not "Labor Kontrolle"."""
    words = [word for word in re.findall(r"[^\W\d_]{2,}", proper) if word[0].isupper()]
    known = [is_ordinary(w) or looks_clinical(w) or is_report_word(w) or _NOUN.search(w) is not None for w in words]
    if len(words) > 1 and not (known[0] or is_word(words[0])):  # "Ailinger Berg"
        return not any(is_report_word(word) for word in words)
    return bool(words) and not any(known)


def _is_counted(text: str, at: int) -> bool:
    """True behind a word of lymph nodes or levels, whose stations are no wards."""
    return re.search(r"(?:LK|Lymphknoten|Knoten|Stationen|Level|N\d)\W*$", text[max(0, at - 16) : at]) is not None


# endings of common nouns that stand behind "Praxis", "Labor", "Sozialdienst"
_NOUN = re.compile(
    r"(?i:werte?n?|dienst|arzt|ärztin|termine?|bericht|brief|befunde?|tag|zeit|uhr|plan|gespräch|fall|daten|"
    r"leiter(?:in)?|pflege|hilfe|stelle|amt|schule|haus|heim|platz|gabe|nahme|zimmer|kraft|wesen|"
    r"innen|chemisch|parameter|diagnostik|proben?)$"
)
