"""Numbers, vertebral levels and segments of a text, as signs; dates are none of them.

>>> [(sign.value, sign.unit) for sign in read_numbers("Zyste 1,5 x 2 cm, 30 Prozent.")]
[(15.0, 'mm'), (20.0, 'mm'), (30.0, '%')]
"""

import re
from itertools import pairwise

from refrad2d.llm.concepts import LEVEL, NUMBER, Sign

_MONTHS = (
    r"jan(?:uary|uar)?|feb(?:ruary|ruar)?|mar(?:ch)?|mär(?:z|zes)?|apr(?:il)?|ma[iy]|june?|juni|july?|juli|aug(?:ust)?|"
    r"sept?(?:ember)?|o[ck]t(?:ober)?|nov(?:ember)?|de[cz](?:ember)?"
)
_DAY, _MONTH_NUMBER = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])"
_DAYS_OF = "|".join(rf"(?<=\b{word} )" for word in "vom from seit am on VU VB".split())
_COUNTED = "Brust|Hals|Lenden|BWK|HWK|LWK|Rippe|Finger|Zehe|Strahl|Meta|M[FH]K"  # behind an ordinal number
_DATE = re.compile(
    rf"(?<!-)\b\d{{1,2}}\.\s?\d{{1,2}}\.\s?\d{{2,4}}|^\s*\(?\d{{1,2}}[.)]\s(?!{_COUNTED})(?-i:(?=[A-ZÄÖÜ]))|"
    rf"\b\d{{4}}-\d\d-\d\d\b|(?:{_DAYS_OF}){_DAY}\.\s?{_MONTH_NUMBER}\.|"
    r"(?<!\d[.,])(?<!-)\b\d{1,2}\.\s?\d{1,2}\.(?=,|\)|(?-i:\s[a-zäöü]))|"
    r"(?<!WK )(?<!WK)(?<![TLCSh])(?<![TLCSh] )\b\d{1,2}/(?:\d{1,2}/)?(?:(?:19|20)\d{2}|\d{2})\b(?!\s?(?:mm|cm))|"
    r"\b(?:19|20)\d{2}\b(?!\s?(?:mm|ml|HU|HE))|"
    rf"\b\d{{1,2}}(?:\.|st|nd|rd|th)?\s(?:of\s)?(?:{_MONTHS})\b(?:\s\d{{4}})?|"
    rf"\b(?:{_MONTHS})\s\d{{1,2}}\b(?!\s?(?:mm|cm|ml))",
    re.IGNORECASE | re.MULTILINE,
)
_MONTH = re.compile(  # behind a preposition, since "may" is a verb too
    r"\b(?:in|from|of|since|im|vom|seit)\s(January|February|March|April|May|June|July|August|September|October|November|"
    r"December|Januar|Februar|März|Mai|Juni|Juli|Oktober|Dezember)\b"
)
_SHORT = re.compile(
    r"\b(?:since|dated|on|versus|vs\.?|compared\s(?:to|with)|than)\s(\d{1,2}/\d{1,2})\b(?!\s?(?:mm|cm|/))",
    re.IGNORECASE,
)
_OTHER = r"mm²|cm²|mm2|cm2|mg/dl|g/dl|ng/ml|mmol/l|mmHg|cm/s|m/s|ml/min"  # units that are compared as they stand
_THEN = re.compile(  # "(2020: -2.1)", "(4 mm before)": a value of another day
    r"\((?:\w+\s)?(?:19|20)\d{2}\s?:[^()]*\)|"
    r"\((?:\w+\s)?\d+(?:[.,]\d+)?\s?(?:mm|cm|ml)?\s(?:before|previously|prior|vorher|zuvor|früher|damals)\)|"
    r"\((?:was|were|previously|prev\.?|prior|formerly|before|vorher|zuvor|vormals|früher|damals|VU|VB|vorbestehend)\s?:?\s\d+(?:[.,]\d+)?\)|"
    r"\bx\s?\d+\s(?:yrs?|years?|months?)\b|"  # "stable x 2 yr"
    r"(?<=,)\s(?:was|previously|formerly|vorher|zuvor|vormals|früher|damals)\s\d+(?:[.,]\d+)?(?=[.,;)])",
    re.IGNORECASE,
)
_EXAM_THEN = (  # another examination, or a time that is past
    r"(?:Vor(?:aufnahm|untersuch|befund|bild|studi|CT|MRT|scan|verglei|monat|jahr|woche|tag)\w*|VU|VA|Erstaufnahme|Ausgangs\w+|"
    r"(?:prior|previous|preceding|last|earlier|baseline|initial|old|outside)\s(?:\w+\s)?(?:study|exam\w*|scan|CT|MRI|image|imaging|"
    r"radiograph|film|ultrasound|report|year|month|week)|the\sprior|the\sprevious|"
    r"(?:vorigen|letzten|früheren|vorangegangenen|vorherigen)\s\w+|"
    r"(?:\w+|\d+)\s(?:days?|weeks?|months?|years?)\s(?:ago|earlier|before)|vor\s(?:\w+|\d+)\s(?:Tagen?|Wochen?|Monaten?|Jahr(?:en)?))"
)
_VALUE = r"\d+(?:[.,]\d+)?(?:\s?[x×]\s?\d+(?:[.,]\d+)?)?"
_WITH_UNIT = rf"{_VALUE}\s?(?:mm|cm|ml)"
_THEN_BEHIND = re.compile(  # "als in der Voraufnahme (49 mm)", "on the prior study: 4 mm", "Voraufnahme mit 49 mm"
    rf"{_EXAM_THEN}(?:\s(?:vom|of|from|dated)\s[\w./-]+)?\s?(?:\(|:|\s(?:mit|noch|with|was|it\swas|measured|at))\s?(?:noch\s|mit\s|was\s)?"
    rf"(?P<value>{_WITH_UNIT})",
    re.IGNORECASE,
)
_THEN_BEFORE = re.compile(  # "4.8 cm twelve months ago", "49 mm in der Voruntersuchung", "(15 mm auf der VU)"
    rf"(?<![\d.,])(?P<value>{_WITH_UNIT})\s(?:(?:in|im|on|at|am|auf|bei|vom|der|dem|den|the|a|his|her)\s){{0,3}}{_EXAM_THEN}",
    re.IGNORECASE,
)
_THEN_AGAINST = re.compile(  # "5.2 cm today versus 4.8 cm", "jetzt 54 mm gegenüber 49 mm"
    rf"(?:(?:now|today|currently|jetzt|heute|aktuell|nun)\s(?:\w+\s)?{_WITH_UNIT}|{_WITH_UNIT}\s(?:now|today|currently|jetzt|heute|aktuell|nun)),?\s"
    rf"(?:versus|vs\.?|compared\s(?:to|with)|against|gegenüber|ggü\.?|statt|nach|bei|instead\sof|as\sopposed\sto)\s(?:\w+\s)?(?P<value>{_WITH_UNIT})",
    re.IGNORECASE,
)
_AGO = re.compile(  # how long ago is no number of a finding
    r"\b(?:\d+|an?|one|two|three|four|five|six|eight|nine|ten|twelve)\s(?:days?|weeks?|months?|years?)\s(?:ago|earlier|before)\b|"
    r"\bvor\s(?:\d+|ein\w*|zwei|drei|vier|fünf|sechs|acht|neun|zehn|zwölf)\s(?:Tagen?|Wochen?|Monaten?|Jahr(?:en)?)\b|"
    r"(?<=\d\s[mc]m\s)(?:versus|vs\.?)(?=\s\d)|(?<=(?:today|y now|ently)\s)(?:versus|vs\.?)(?=\s\d)",
    re.IGNORECASE,
)
_SUV = re.compile(r"\bSUV[^\d.;,]{0,12}$", re.IGNORECASE)
_LISTED = re.compile(r"(?<![\d.,])\d(?:,\d){2,}(?![\d.,])")  # "ribs (3,4,5,6)"
_RANGE = re.compile(r"(?:st|nd|rd|th|\.)?\s?(?:bis|to|-|–|through)\s?", re.IGNORECASE)
_LONGEST_RANGE = 12
_ALSO = re.compile(r"\s(?:und|and|bzw\.|or|oder)\s")  # "two nodules, 8 and 15 mm"
_BEFORE_SIZE = re.compile(
    r"(?:[,(:]|\b(?:mit|von|of|bis|to|with|je|messen\w*|misst|measur\w+|etwa|about))\s?$", re.IGNORECASE
)
_UNITS = {
    "mm": "mm",
    "cm": "mm",
    "ml": "ml",
    "cc": "ml",
    "ccm": "ml",
    "cm3": "ml",
    "cm³": "ml",
    "he": "HU",
    "hu": "HU",
    "%": "%",
    "proz": "%",
    "perc": "%",
}
_NUMBER = re.compile(
    rf"(?P<value>\d+(?:[.,]\d+)?)(?:\s?-?(?P<unit>{_OTHER}|mm|cm3|cm³|ccm|cm|ml|cc|HE|HU|%(?:ige[rnms]?)?|Prozent\w*|prozentige\w*|percent|per\scent)(?![^\W_]))?",
    re.IGNORECASE,
)
_MEASURE = re.compile(rf"{_WITH_UNIT}\b")
_RATE = re.compile(r"\s?(?:/|pro\s|per\s|a\s|im\s)(?:Jahr|Monat|Woche|year|yr|month|week)\b", re.IGNORECASE)  # a growth
_JOINT = re.compile(r"\s?(?:x|×|-|–|bis|to|auf|->|→)\s?", re.IGNORECASE)  # between numbers that share a unit
_FROM = re.compile(r"\b(?:from|von)\s$", re.IGNORECASE)
_STRETCH = re.compile(r"\s?(?:auf\s)?(?:Länge|Strecke|Höhe|Breite|Tiefe)\b", re.IGNORECASE)  # "6 mm auf 12 mm Länge"
_TO = re.compile(r"\s?(?:->|→)\s?|\s(?:to|auf)\s", re.IGNORECASE)
_REGION = {"H": "C", "B": "T", "L": "L", "S": "S", "C": "C", "T": "T"}
_NAME = r"HWK|BWK|LWK|SWK|HW|BW|LW|SW|Th|C|T|L|S"
_LEVEL = re.compile(
    rf"(?<![\w-])(?P<first>{_NAME})\s?-?(?P<number>\d{{1,2}})(?P<half>[ab])?(?!\d|[.,]\d|[-\s](?:w\b|[Hh]yper|[Hh]ypo|[Ii]so|[Gg]ew|[Ww]eight|[Ss]ignal|bright|dark))"
    rf"(?:\s?[/-]\s?(?P<second>{_NAME})?\s?(?P<last>\d{{1,2}}))?(?![\w°])"
)
_LIVER = re.compile(r"leber|liver|hepat", re.IGNORECASE)
_ORDINALS = tuple("first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split())
_ORDINALS_DE = tuple("erst zweit dritt viert fünft sechst siebt acht neunt zehnt elft zwölft".split())
_SPINE = {"brust": "T", "lenden": "L", "hals": "C", "thoracic": "T", "lumbar": "L", "cervical": "C"}
_VERTEBRA = re.compile(  # "12. Brustwirbelkörper", "fifth lumbar vertebra"
    rf"\b(?:(?P<number>\d{{1,2}})(?:\.|st|nd|rd|th)|(?P<word>{'|'.join(_ORDINALS)})|"
    rf"(?P<wort>{'|'.join(_ORDINALS_DE)})e[nrms]?)\s"
    r"(?P<spine>brust|lenden|hals|thoracic|lumbar|cervical)(?:wirbel(?:s|körpers?|körper)?|\svertebral?(?:\sbody)?)\b",
    re.IGNORECASE,
)
_ROMAN = {name: n for n, name in enumerate("I II III IV V VI VII VIII IX X XI XII".split(), 1)}
_PLACE = r"[IVX]{1,4}|\d{1,2}"
_SEGMENT = re.compile(
    rf"(?:(?<![^\W\d_])|(?<=[a-zäöü]{{3}}))(?:segment[a-z]*|seg\.?)\s(?:{_PLACE})[ab]?\b(?:\s?(?:/|,|und|and|bis|to|sowie|-|–)\s?(?:{_PLACE})[ab]?\b(?!\s?(?:mm|cm|[.,]\d)))*|"
    rf"(?<![\w-])(?:{_PLACE})[ab]?[.]?\s(?:segment)\b",
    re.IGNORECASE,
)
_SYSTEMS = (
    r"Weber|Stanford|Bosniak|Child|ACR|Dichte|density|Typ|[Tt]ype|Kategorie|[Cc]ategory|Denis|Magerl|Todani|"
    r"Dejour|Vancouver"
)
_LETTER = re.compile(  # "Weber B", "ACR density b", "type A dissection"
    rf"\b(?:{_SYSTEMS})[-\s](?:(?:Pugh|Typ|[Tt]ype|[Dd]ensity|[Cc]ategory|Kategorie|Dichte|Grad|grade)[-\s])?(?P<letter>[A-Fa-f])(?![\w])"
    rf"|\b(?P<before>[A-F])[-\s](?:nach|according\sto|by)\s(?:{_SYSTEMS})\b"
)
_FIRST_LETTER = 1000  # the value of a class "A" among numbers without a unit
_ONE = re.compile(rf"(?<!\w)({_PLACE})([ab]?)\b", re.IGNORECASE)
_CLASSED = re.compile(
    r"\b(?i:grade?s?|gr\.|typs?|types?|stadium|stage|bosniak|modic|level|klasse|class|kategorie|category|metatarsale|metacarpale|meyerding|pfirrmann|goutallier|fazekas|aast|sfu|kellgren|outerbridge|icrs|garden|pauwels|neer|gustilo|salter|spetzler|fontaine|rutherford|hawkins|lichtman|ficat|forrest|metakarpale|digitus|strahl)[\s-]?(?:typ|type)?[\s-]?(?P<one>I{1,3}|IV|V|X)(?:[a-d]\b|\b)|"
    r"\b(?P<two>I{1,3}|IV)°|\b(?P<three>II|III|IV|VI{1,3}|IX|XI{1,2})\b(?!\s?(?:contrast|access|line|administ|KM|bolus|ultrasound))"
)


def read_numbers(text: str) -> list[Sign]:
    """The signs of kind NUMBER (lengths in mm) and LEVEL ("vert:L4", "seg:7") of a text, in order."""
    then = _spans_of_then(text)
    bare = _LISTED.sub(lambda found: found[0].replace(",", " "), _without_dates(text))
    levels = _levels(bare)
    bare = _blank(bare, [(sign.start, sign.end) for sign in levels])
    romans = [(m.span(m.lastgroup or 0), m[m.lastgroup or 0]) for m in _CLASSED.finditer(bare)]
    numbers = [
        Sign(span[0], span[1] + bool(_part(bare, span[1])), NUMBER, "", value=_ROMAN[roman] + _part(bare, span[1]))
        for span, roman in romans
    ]
    bare = _blank(bare, [(sign.start, sign.end) for sign in numbers])
    found = list(_NUMBER.finditer(bare))
    units = [_unit(m["unit"]) for m in found]
    for at in range(len(found) - 2, -1, -1):
        gap = (found[at].end(), found[at + 1].start())
        also = _ALSO.fullmatch(bare, *gap) and _BEFORE_SIZE.search(bare, 0, found[at].start())
        if not units[at][0] and (also or _JOINT.fullmatch(bare, *gap)):
            units[at] = units[at + 1]
    numbers += _letters(bare)
    for at, (m, (unit, factor)) in enumerate(zip(found, units, strict=True)):
        before = _TO.fullmatch(bare, m.end(), found[at + 1].start()) if at + 1 < len(found) else None
        before = None if before and _STRETCH.match(bare, found[at + 1].end()) else before
        arrow = before is not None and before[0].strip() in ("->", "→")
        earlier = before is not None and unit and (arrow or _FROM.search(bare, 0, m.start()))
        earlier = earlier or any(start < m.start() < end for start, end in then) or _RATE.match(bare, m.end())
        if not unit and _SUV.search(bare, max(0, m.start() - 20), m.start()):
            unit = "SUV"
        value = round(float(m["value"].replace(",", ".")) * factor + (0 if unit else _part(bare, m.end())), 3)
        numbers.append(Sign(*m.span(), NUMBER, "earlier" if earlier else "", value=value, unit=unit))
    numbers += _between(bare, numbers)
    return sorted([*levels, *numbers], key=lambda sign: sign.start)


def _spans_of_then(text: str) -> list[tuple[int, int]]:
    """Where the numbers of another day stand; next to a word of time alone only beside another size of its sentence."""
    spans = [m.span() for m in _THEN.finditer(text)]
    for pattern in (_THEN_BEHIND, _THEN_BEFORE, _THEN_AGAINST):
        for m in pattern.finditer(text):
            start, end = m.span("value")
            sentence = text[max(text.rfind(". ", 0, start), 0) : start], re.split(r"\.\s", text[end:])[0]
            if any(_MEASURE.search(part) for part in sentence):
                spans.append((start - 1, end))
    return spans


def _between(text: str, numbers: list[Sign]) -> list[Sign]:
    """The whole numbers that a range passes over: the 5 of "ribs 4 to 6"."""
    bare = sorted((sign for sign in numbers if not sign.unit), key=lambda sign: sign.start)
    found = []
    for one, other in pairwise(bare):
        whole = one.value.is_integer() and other.value.is_integer()
        if whole and 1 < other.value - one.value <= _LONGEST_RANGE and _RANGE.fullmatch(text, one.end, other.start):
            passed = range(int(one.value) + 1, int(other.value))
            found += [Sign(one.start, one.end, NUMBER, "", value=float(value)) for value in passed]
    return found


def _part(text: str, at: int) -> float:
    """What a letter behind a class adds to its number: the "b" of "BI-RADS 4b" and of "Typ IIb"."""
    letter = text[at : at + 1].lower()
    return (ord(letter) - 96) / 100 if letter in ("a", "b", "c", "d") and not text[at + 1 : at + 2].isalnum() else 0.0


def _letters(text: str) -> list[Sign]:
    """The classes that a letter names, as numbers without a unit."""
    found = [(m, (m["letter"] or m["before"]).upper()) for m in _LETTER.finditer(text)]
    return [Sign(*m.span(m.lastgroup or 0), NUMBER, "", value=float(_FIRST_LETTER + ord(x))) for m, x in found]


def blank_numbers(text: str, numbers: list[Sign]) -> str:
    """The text with blanks for dates, numbers and levels, so that no word of it is read twice; same length."""
    return _blank(_without_dates(text), [(sign.start, sign.end) for sign in numbers])


def _without_dates(text: str) -> str:
    text = _blank(text, [m.span() for pattern in (_DATE, _AGO) for m in pattern.finditer(text)])
    return _blank(text, [m.span(1) for pattern in (_MONTH, _SHORT) for m in pattern.finditer(text)])


def _unit(raw: str | None) -> tuple[str, float]:
    raw = (raw or "").lower()
    if re.fullmatch(_OTHER, raw, re.IGNORECASE):
        return raw.replace("mm2", "mm²").replace("cm2", "cm²"), 1.0
    return (_UNITS.get(raw) or _UNITS[raw[:4].replace("%ige", "%")[:4]] if raw else ""), (10.0 if raw == "cm" else 1.0)


def _blank(text: str, spans: list[tuple[int, int]]) -> str:
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def _ordinal(word: str) -> int:
    names = _ORDINALS if word.lower() in _ORDINALS else _ORDINALS_DE
    return names.index(word.lower()) + 1


def _levels(text: str) -> list[Sign]:
    found = []
    for m in _LEVEL.finditer(text):
        first = _REGION[m["first"][0]]
        most = 5 if m["first"] == "S" else 12
        if m["first"] == "S" and (int(m["number"]) > most or _LIVER.search(text, max(0, m.start() - 60), m.start())):
            found.append(Sign(*m.span(), LEVEL, f"seg:{m['number']}{m['half'] or ''}"))  # "S8", a segment of the liver
            continue
        if m["half"] or len(m["first"]) == 1 and not 1 <= int(m["number"]) <= most:
            continue
        found.append(Sign(*m.span(), LEVEL, f"vert:{first}{m['number']}"))
        if m["last"]:
            second = _REGION[m["second"][0]] if m["second"] else first
            found.append(Sign(*m.span(), LEVEL, f"vert:{second}{m['last']}"))
    for m in _VERTEBRA.finditer(text):
        number = m["number"] or str(_ordinal(m["word"] or m["wort"]))
        found.append(Sign(*m.span(), LEVEL, f"vert:{_SPINE[m['spine'].lower()]}{number}"))
    for m in _SEGMENT.finditer(text):
        for one in _ONE.finditer(text, *m.span()):
            raw = one[1].upper()
            if raw in _ROMAN or raw.isdecimal():
                found.append(Sign(m.start(), m.end(), LEVEL, f"seg:{_ROMAN.get(raw, raw)}{one[2].lower()}"))
    return found
