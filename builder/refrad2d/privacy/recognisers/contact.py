"""Ways to reach or file a person: mail, web, phone, numbers of records, great ages.

find_contacts("Tel. 0761 270-12345, MRN 4711, a.weber@klinik.de", "de")
"""

import re
from collections.abc import Iterator

from refrad2d.privacy.recognisers.lexicon import Found, alternation
from refrad2d.privacy.recognisers.scan import Hinted, stems

_EMAIL = re.compile(
    r"[\w.+\-]+\s?(?:@|\(at\)|\[at\]|\sat\s(?=[\w\-]+\.(?:de|com|org|net|edu|uk)\b))\s?[\w\-]+(?:\.[\w\-]+)+"
)
_TOP_LEVEL = r"(?:de|com|org|net|edu|gov|info|at|ch|eu|uk|biz)"
_URL = Hinted(
    r"(?:\b(?:https?|ftp)://|\bwww\.)[^\s<>\"')\]]*[^\s<>\"')\].,;]"
    rf"|(?<![\w@.])[\w\-]+(?:\.[\w\-]+)*\.{_TOP_LEVEL}(?:/[^\s,;)]*)?(?![\w.])",
    word=rf"(?:https?|ftp|www|{_TOP_LEVEL})(?![^\W\d_])",
)
_IP = re.compile(r"(?<![\d.])(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}(?![\d.])")

_PHONE_LABEL = (
    r"(?:Tel(?:efon|ephone)?(?:nummer|\.-?Nr\.?|-?Nr\.?| no\.?| number)?|Fax(?:nummer)?|Phone(?: number)?|"
    r"Mobil(?:e|nummer|telefon)?|Handy(?:nummer)?|Durchwahl|DW|DECT|Apparat|App\.|Haus(?:ruf|apparat)|intern|Pager|"
    r"Piepser|Beeper|Bleep|Funk(?:er)?|Rufnummer|"
    r"Rückruf(?: unter)?|Rückfragen(?: unter| an)?|Ext(?:ension)?|Cell|Call(?:back)?(?: at)?|erreichbar unter|unter "
    r"der Nummer)"
)
_LABELLED_PHONE = Hinted(
    rf"\b(?i:{_PHONE_LABEL})[\s.:#]{{0,3}}(?P<number>[+(]?\d[\d \t()/\-–.]{{1,22}}\d(?:\s?(?:x|ext\.?|DW)\s?\d+)?)",
    word=stems(_PHONE_LABEL),
    anchored=True,
)
_PHONE = re.compile(
    r"(?<![\w.,/\-])(?:"
    r"(?:\+|00)[1-9]\d{0,2}[\s\-./]?(?:\(0?\)\s?)?\(?\d[\d \t()/\-–.]{4,18}\d(?:\s?x\s?\d+)?"  # international
    r"|\(?0\d{2,5}\)?[ \t]?[\-/–]?[ \t]?\d{2,}(?:[ \t\-/]?\d{2,}){0,4}(?![\w]|[.,]\d)"  # German, British
    r"|(?:(?:\+?1|001)[\-. ])?(?:\(\d{3}\)\s?|\d{3}[\-. ])\d{3}[\-. ]\d{4}(?:\s?(?:x|ext\.?)\s?\d+)?(?!\w)"  # American
    r")"
)

_NUMBER_WORD = r"(?:IDs?|Nr\.?|No\.?|Nummern?|number|num\.?|#|Kennzeichen|Code)"
_ID_LABEL = rf"(?:(?:{alternation('record')})[\s\-]{{0,2}}{_NUMBER_WORD}|{alternation('record_code')})"
_ID = Hinted(
    rf"(?<!\w){_ID_LABEL}(?![^\W\d_])(?:[\s:.#=]|(?<!\w)-){{0,4}}(?:(?:lautet|ist|is|Nr\.?|No\.?|number|von|of)"
    rf"\s*:?\s*)?"
    r"(?P<value>(?=[\w\-./ ]*\d)(?:[A-Z]{7,20}(?=\d)|[A-Za-z]{1,6}[\-./ ]?|(?:[A-Z]{1,3}[\-./ ]){2})?"
    r"\d[\w\-./]*(?<![.\-/])(?:[ ]\d[\w\-./]*(?<![.\-/])|[ ][A-Z]{1,2}\b(?!\w))*)",
    word=stems(alternation("record").replace("\\ ", "|") + "|" + alternation("record_code")),
    anchored=True,
    flags=re.I,
)
_BARE_ID = re.compile(
    r"(?<![\w.,\-])(?:"
    r"(?:[0-2]\.\d+(?:\.\d+){3,}|\d+(?:\.\d+){5,})"  # UID
    r"|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|[0-9a-f]{24,}"
    r"|[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){3,7}(?:\s?[A-Z0-9]{1,3})?"  # IBAN
    r"|\d{3}-\d{2}-\d{4}"  # social security number
    r"|\d{3}[ ]\d{3}[ ]\d{4}"  # NHS number
    r"|[A-CEGHJ-PR-TW-Z]{2}\s?\d{2}\s?\d{2}\s?\d{2}\s?[A-D]"  # national insurance number
    r"|\d{2}\s?\d{6}\s?[A-Z]\s?\d{3}"  # German social insurance number
    r"|[A-Z]\s?\d{3}\s?\d{3}\s?\d{3}"  # German health insurance number
    r"|(?!EBM|GO[ÄA]|OPS|ICD)(?:[A-Z]{7,20}|[A-Za-z]{1,6}[\-_/ ]?)\d{5,}[\w\-]*"
    r"|[A-Z]{1,6}[\-_/.]?(?:19|20)?\d{2}[\-_/.]\d{3,}[\w\-]*|(?:19|20)\d{2}[\-_/]\d{4,}|[A-Z]\d{2}[\-/]\d{3,}"
    r"|\d{7,}(?:[\-/]\d+)*|\d{2,}[\-/]\d{3,}[\-/]\d{2,}"
    r"|\d{6}"
    r")(?![\w]|[.,]\d|\s?(?:mm|cm|ml|HU|HE|/µl|/ul|Zellen|/nl|mg|U/l|IU|IE|BAU|kU|ng|pg)(?![a-zäöü]))"
)
_ANY_NUMBER = Hinted(
    r"(?<![\w\-])(?!Bild|Schicht|Segment|Wirbel|Rippe|Phase|Serien?-?[Nn]r|Kontrast)[A-ZÄÖÜ]\w*(?:nummer|-Nummer|"
    r"-?[Nn]r\.?)[\s:.#=]{1,3}"
    r"(?P<value>(?:[A-Z]{1,5}[\-./ ]?)?\d[\w\-./]*(?<![.\-/])(?:[ ]\d[\w\-./]*(?<![.\-/]))*)"
    r"|(?<![\w\-])(?!image|series|slice|segment|level|phase|frame|total|large|small|the|a|in)(?i:[a-z]+)\s(?:number|"
    r"no\.|No\.|ID|#)[\s:.#=]{1,3}"
    r"(?P<english>(?:[A-Z]{1,5}[\-./ ]?)?\d[\w\-./]{3,}(?<![.\-/]))",
    word=r"\w*(?:nummer|nr)(?![^\W\d_])|number|no(?![^\W\d_])|id(?![^\W\d_])",
)
_LONG_NUMBER = re.compile(r"\d[\d\-./ _]{3,}\d|[0-9a-f]{24}|[A-Z]\d{2}[\-/]\d{3}|[0-9a-fA-F]{8}-")

_AGE = Hinted(
    r"(?<![\w.,])(?P<age>9\d|1[0-2]\d)(?=\s?-?(?:jährig|jahre?n?\salt|jahre?n?\b|j\.|years?[\s\-]?olds?|"
    r"year[\s\-]old|y/o|yo\b|y\.o\.|yrs?\b|"
    r"years\sof\sage|-?jg\.|jähr\.)|\s?(?:a|J)\.?\salt)"
    r"|\b(?:Alter|age|aged|age of|im Alter von|Lebensalter)[\s:]{1,3}(?P<stated>9\d|1[0-2]\d)"
    r"(?!\d|[.,]\d|\s?(?:mm|cm|%))"
    r"|(?P<words>\b\w*(?:neunzig|hundert\w*)(?=-?(?:jährig|Jahre))|\bninety(?:[\s\-](?:one|two|three|four|five|six|"
    r"seven|eight|nine))?(?=[\s\-]years?))",
    word=r"jähr|jahr|jg|year|yrs?(?![^\W\d_])|yo?(?![^\W\d_])|j(?![^\W\d_])|a(?![^\W\d_])|alter|aged?(?![^\W\d_])|"
    r"lebensalter|"
    r"\w*(?:neunzig|hundert)|ninety",
    flags=re.I,
)


def find_contacts(text: str, language: str) -> Iterator[Found]:
    """Mail and web addresses, phone numbers, identifiers, ages above 89; both languages at once."""
    if "@" in text or "at" in text:
        yield from (Found(*match.span(), "EMAIL") for match in _EMAIL.finditer(text))
    yield from (Found(*match.span(), "URL") for match in _URL.finditer(text))
    yield from (Found(*match.span("number"), "PHONE", True) for match in _LABELLED_PHONE.finditer(text))
    yield from (Found(*match.span("value"), "ID", True) for match in _ID.finditer(text))
    yield from (Found(*match.span(match.lastgroup or 0), "ID", True) for match in _ANY_NUMBER.finditer(text))
    yield from (Found(*match.span(match.lastgroup or 0), "AGE", True) for match in _AGE.finditer(text))
    if _LONG_NUMBER.search(text):
        for pattern, kind in ((_IP, "ID"), (_BARE_ID, "ID"), (_PHONE, "PHONE")):
            yield from (Found(*match.span(), kind) for match in pattern.finditer(text))
