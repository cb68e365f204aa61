"""Numbers of German letters: extensions, telephones with any separators, file numbers with letters and slashes.

find_numbers("Durchwahl -4410, Fall-Nr. 770.345.A, Histo E17/55321", "de")
"""

import re
from collections.abc import Iterator

from refrad2d.privacy.recognisers.lexicon import Found

_EXTENSION = re.compile(
    r"(?<!\w)(?:(?i:Tel(?:efon)?|Fax|Fon|Durchwahl|DW|App(?:arat)?|Nebenstelle|Dect|intern|unter|Kontakt|Sucher|"
    r"Funk|Pieper|Hotline|Mobil|Handy|Natel|Notfall)\b\.?[ :]{0,3}|[(,][ ]?|(?<=[a-zäöüß])[ ]|\n[ \t]*)"
    r"(?P<number>(?:[\-–*][ ]?)\d{2,4}|\*\d{3,5})(?![\w/]|[.,]\d|[ ]?(?:mm|cm|ml|%|°|HE|HU|mg|kg|g\b|dB|mV|dpt|"
    r"Punkte|l\b))"
)
_NOT_AN_EXTENSION = re.compile(
    r"\b(?:bei|von|um|bis|auf|ca|etwa|score|z|t|base excess|be|minus|dichte|werte?)\W*$", re.I
)
_LABEL = (
    r"(?:(?i:Tel(?:efon)?|Fax|Fon|Durchwahl|DW|App(?:arat)?|DECT|intern|Kontakt|Sucher|Funk|Hotline|Mobil|Handy|Natel|"
    r"Notfall|T|F|M|Rückruf|Rückfragen|Anmeldung|Termine?|Sekretariat)\b\.?(?:[ \-]?(?:Nr|priv|dienstl|geschäftl|"
    r"mobil)\.?)?)"
)
_LABELLED = re.compile(
    rf"(?<!\w){_LABEL}[ ]?[:.]?[ ]{{0,3}}(?P<number>[+(]?\d[\d ()/\-–.]{{2,22}}\d)(?![\w]|[.,]\d|[ ]?(?:mm|cm|ml|"
    rf"%|mg|HE))"
)
_ANY_PHONE = re.compile(
    r"(?<![\w/\-+])(?<!\d[.,])(?:(?:\+|00)[1-9]\d{0,2}[ ./\-]{0,3}(?:\(0\)[ ]?)?\(?\d[\d ()/\-–.]{5,18}\d|"
    r"\(?0[ ]?\d(?:[ ]?\d){1,4}\)?(?:[ ]?[/.\-–][ ]?|[ ]{1,2})\d(?:[ .\-/–]{0,3}\d){2,9})(?![\w]|[.,]\d)"
)
_AS_DATE = re.compile(r"[0-3]?\d[./\-]\s?[01]?\d[./\-]\s?(?:\d{2}|\d{4})(?!\d)|0\d/\d{2,4}\b|(?:19|20)\d\d-\d\d-\d\d")
_SUBSCRIBER = re.compile(r"(?<=[a-z])[ ](?:erreichbar|anrufen)[^\n]{0,30}?(?P<number>\d[\d /\-]{4,}\d)")

# --- numbers of files and persons ----------------------------------------------------------------------------------
_VALUE = (
    r"(?P<value>#?(?:[A-ZÄÖÜ]{1,6}[a-z]?[ ./_\-]?){0,2}(?<![^\W_]{7})\d[\w]*(?:(?:[ ]?[./\-_][ ]?|[ ](?=\d))[\w]+)*"
    r"(?:[ ](?:[A-Z]{1,2}|[a-zäöü]{2}(?:/[a-zäöü]{2,3})?)(?![\w.]))?)"
)
_ID_LABEL = re.compile(
    r"(?<![\w])(?:(?i:[a-zäöü]*(?:akte|fall|pat|patienten|patient|aufnahme|aufn|auftrag|vers|versicherten|"
    r"versicherungs|"
    r"mitglieds|histo|histologie|eingang|e|journal|buch|op|studien|prüf|karten|kranken|rechnungs|maßnahme|dok|reg|"
    r"register|"
    r"personal|pers|sektions?|sektion|archiv|untersuchungs|einsender|labor|bericht|pol|police|steuer|et|tb|rö|kassen|"
    r"barcode|schein|aufenthalts|protokoll|einsatz|stations)\.?[\- ]?(?:buch[\- ])?(?:nr\.?|nummer|no\.?|zahl|id|"
    r"kennz(?:eichen|\.)?|"
    r"zeichen|z\.)|(?:unser|ihr|mein)\s?(?:zeichen|z\.)|geschäftszeichen|geschäftszahl|kennz\.?|aktenzeichen|aktenzahl|"
    r"pat-?id|fall-?id|dok-?id)"
    r"|PID|PIZ|AZ|Az\.?|GZ|Zl\.|VN|SVNR|SVNr\.?|SV-?Nr\.?|VSNR|VNR|AKZ|IK|KV-?Nr\.?|AHV-?Nr\.?|Fall|Akte|Kartei|Reg\.|"
    r"Kr\.-?Bl\.|Kr\.-Nr\.|Histo(?:logien?)?|Histologisch|E\.-Nr\.|Nr\.|Pol\.|Auftrag|Antrag|Meldung|\w+-Meldung|"
    r"Kostenvoranschlag|Einsatz|Prüfnr\.|Protokoll|Sektion|Prot\.|FAB|OnkoZert|Zert\.|RTW|bis|PatientenID|PatNr)"
    rf"[ ]?[:.#=]?[ ]{{0,7}}(?:[A-Z]{{2,4}}[:\-][ ]?)?{_VALUE}"
)
_NEEDS_SHAPE = re.compile(
    r"^(?:Nr\.|Fall|Akte|Histo|Auftrag|Antrag|Meldung|Einsatz|Protokoll|Sektion|bis|Reg\.|Pol\.|E\.|RTW|IK|AZ)", re.I
)
_SHAPED = re.compile(r"(?:\d.*[/\-_.].*\d.*\d|\d{5,}|[A-Z]+[ ./_\-]?\d{3,}|(?:\d+[ ]){2,}\d)")
_PERSONAL = re.compile(
    r"(?<![\w./\-])(?:\d{4}[ ]?(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d\d"  # Austrian insurance: number and birthday
    r"|756[. ]?\d{4}[. ]?\d{4}[. ]?\d\d"  # Swiss insurance
    r"|\d{1,3}[ ](?:[IVX]+|Js|UJs|Ds|Ls|Cs|KLs|AR)[ ](?:[A-Z]{1,3}[ ])?\d{1,5}/\d\d"  # files of courts
    r"|[A-Z]{6}\d\d[A-Z]\d\d[A-Z]\d{3}[A-Z]"  # Italian tax code
    r"|\d\d[ ]?\d{6}[ ]?[A-Z][ ]?\d{3}|[A-Z][ ]?\d{3}[ ]\d{3}[ ]\d{3})(?![\w]|[.,/]\d|-\d)"
)
_MIXED = re.compile(
    r"(?<![\w.,/\-+<>])(?=[\w/\-.]*\d)(?:[A-ZÄÖÜ]{1,6}[\-/_ ]?)?\d{1,8}(?:[\-/_][\dA-Za-z]{1,8}){1,3}(?:\.\d+)?"
    r"(?![\w/]|[.,]\d|[ ]?(?:mm|cm|mg|ml|µg|"
    r"%|x\b|mmHg|Uhr|h\b))"
)
_DOSE = re.compile(r"(?:\d{1,4}[½¼]?[\-/]){2,5}\d{1,4}|\d{1,3}/\d{1,3}(?:/\d{1,3})?|\d{1,4}-\d{1,4}")


def find_numbers(text: str, language: str) -> Iterator[Found]:
    """Telephones, extensions and file numbers as German, Austrian and Swiss letters write them."""
    if language != "de" or not any(c.isdigit() for c in text):
        return
    for match in _EXTENSION.finditer(text):
        if not _NOT_AN_EXTENSION.search(text[max(0, match.start() - 12) : match.start("number")]):
            labelled = match.group()[:1].isalpha()
            digits = sum(c.isdigit() for c in match["number"])
            if labelled or digits > 2 and _by_phone(text, match.start()):
                yield Found(*match.span("number"), "PHONE", True)
    for match in _LABELLED.finditer(text):
        if not _AS_DATE.match(match["number"]):
            yield Found(*match.span("number"), "PHONE", True)
    for match in _ANY_PHONE.finditer(text):
        digits = sum(c.isdigit() for c in match.group())
        if 6 < digits < 16 and not _AS_DATE.match(match.group()):
            yield Found(*match.span(), "PHONE", True)
    yield from _find_ids(text)


def _by_phone(text: str, at: int) -> bool:
    """True if a name, a number or a word for talking stands before: "Fr. Kröncke -4471", "(-5512)"."""
    before = text[max(0, at - 30) : at + 1]
    return re.search(r"(?:[A-ZÄÖÜ][a-zäöüß\-]+[ ,]?|\d[ ,]*|\])[(,]?$", before.rstrip()) is not None


def _find_ids(text: str) -> Iterator[Found]:
    for match in _PERSONAL.finditer(text):
        yield Found(*match.span(), "ID", True)
    for match in _ID_LABEL.finditer(text):
        value = match["value"]
        if _AS_DATE.fullmatch(value) or _AS_DATE.match(value) and " " in value:
            continue
        shaped = _SHAPED.search(value) is not None
        if shaped or not _NEEDS_SHAPE.match(match.group()) and sum(c.isdigit() for c in value) > 1:
            yield Found(*match.span("value"), "ID", shaped)
    for match in _MIXED.finditer(text):
        value = match.group()
        digits = sum(c.isdigit() for c in value)
        letters = any(c.isalpha() for c in value)
        if _AS_DATE.match(value) or _DOSE.fullmatch(value) and digits < 8:
            continue
        if digits >= 5 and (letters or re.search(r"\d{5}", value)):
            yield Found(*match.span(), "ID")
