"""What a letter still holds of places and accounts by their shape: streets of two words, houses, units, logins, ranks.

find_shapes("Laxenburger Str. 201/3/45, gedruckt von schmolke_r, Suite 4-C")
"""

import re
from collections.abc import Iterator

from refrad2d.privacy.recognisers.lexicon import Found, looks_clinical

_CAP = r"[A-ZÀ-ÖØ-ÞŁŚŞČŠŽ]"
_WAY = (
    r"(?:Str(?:aße|asse|\.)|Weg|Platz|Allee|Gasse|Ring|Damm|Ufer|Steig|Markt|Graben|Chaussee|Zeile|Kai|Promenade|"
    r"Street|St\.?|Road|Rd\.?|Avenue|Ave\.?|Lane|Ln\.?|Drive|Close|Crescent|Terrace|Mews|Row|Court|Square|Quay|Way)"
)
_HOUSE = r"\d{1,4}[a-z]?(?:[ ]?[/\-–][ ]?\d{1,4}[a-z]?)*"
_STREET = re.compile(
    rf"(?<![\w.\-])(?P<name>(?:{_CAP}[\w.’'\-]*[ ]){{1,2}}{_WAY}[ ]{_HOUSE})(?!\w|[.,]\d|[ ]?(?:mm|cm|ml)\b)"
)
_COTTAGE = re.compile(
    rf"(?<!\w)(?P<name>(?:The[ ]|Old[ ]){{1,2}}(?:{_CAP}[a-z]+[ ])?(?:Rectory|Vicarage|Cottage|Lodge|Farm|Barn|"
    rf"Farmhouse|Mill|Grange|Manor|Forge|Granary|School[ ]?House|Gatehouse|Parsonage)"
    rf"(?:,[ ]{_CAP}[a-z]+(?:[ ]{_CAP}[a-z]+)?(?=[;,.\n]|$))?)"
)
_UNIT = re.compile(
    r"(?<!\w)(?P<name>(?:Suite|Ste\.?|Apt\.?|Apartment|Flat|Barracks|Bldg\.?|Trailer|P\.?[ ]?O\.?[ ]?Box)[ ]#?"
    r"(?:\d{1,4}(?:[ \-]?[A-Z])?|[A-Z](?:-?\d{1,3})?)(?:,[ ](?:Rm\.?|Room)[ ]?\d{1,4})?)(?!\w)"
)
_CITY_STATE = re.compile(
    rf"(?<!\w)(?P<name>{_CAP}[a-z]{{2,}}(?:[ ]{_CAP}[a-z]+){{0,2}},[ ](?:A[KLRZ]|C[AOT]|DE|FL|GA|HI|I[ADLN]|"
    rf"K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY])"
    rf"(?:[ ]\d{{5}}(?:-\d{{4}})?)?)(?=[ \t]*(?:\n|$))"
)
_TOWN_PART = re.compile(rf"(?<![\w.,])(?P<name>\d{{5}}[ ]{_CAP}[a-zäöüß]{{3,}}-{_CAP}[a-z]{{0,3}}\.)(?!\w)")
_LOGIN = re.compile(r"(?<![\w.@])(?P<name>[a-zäöü]{3,}_[a-z]{1,3}|[a-z]{1,2}_[a-zäöü]{3,})(?![\w@])")
_RANK = re.compile(
    rf"(?<!\w)(?P<name>(?:LTC|LTG|COL|MAJ|CPT|1LT|2LT|SFC|SSG|SGT|PFC|CPL|CDR|LCDR|Lt\.?[ ]Col\.?|Maj\.|"
    rf"Capt\.?|Cpl\.?|Sgt\.?)[ ]{_CAP}[a-z’'\-]+(?:-{_CAP}[a-z]+)?)(?!\w)"
)
_SIGNED = re.compile(
    rf"(?<!\w)(?:[Pp]repared|[Vv]erified|[Dd]ictated|[Tt]ranscribed|[Tt]yped|[Ss]igned)(?:[ ]by)?:?[ ]"
    rf"(?P<name>[a-z]{{2,3}}|{_CAP}[a-z]+[ ]{_CAP}\.)(?=[ ](?:\d|\[DATE\])|[ ]?\n|$)"
)
_CLINIC = re.compile(
    rf"(?<!\w)(?P<name>(?!Attorney|Surgeon|Director|Secretary|Vicar|Postmaster|In\b|The\b)"
    rf"{_CAP}[a-z]{{4,}}[ ](?:General|Infirmary|Royal|Memorial))(?=[ ]*(?:[\-–,.;)\n]|$))"
)
_COMPANY = re.compile(
    rf"(?P<name>{_CAP}[\w\-]*(?:zentrum|klinik|klinikum|haus|praxis|spital|stift)(?:[ ]{_CAP}[\w\-]+){{1,2}}[ ]"
    rf"(?:gemeinnützige[ ]|g)?(?:GmbH|AG|KG|gAG|mbH)(?!\w))"
)
_LEFT_OVER = re.compile(r"(?<![\w\]])(?P<name>[A-Z]{1,5}[/\-])(?=\[(?:ID|PHONE)\])")  # of a code that was read in part
_LEFT_POLICY = re.compile(r"(?<!\w)(?i:policy|claim|account|police)[ ](?P<name>[A-Z]{1,4})(?=[ ]\[(?:ID|PHONE)\])")
_LEFT_FIRM = re.compile(r"(?<=\[ORGANISATION\])(?P<name>[ ](?:gemeinnützige[ ]|g)?(?:GmbH|AG|KG|gAG|mbH))(?!\w)")
_NTH = (  # days of a month as they are dictated
    r"(?:(?:ein|zwei|drei|vier|fünf|sechs|sieben|acht|neun)und(?:zwanzig|dreißig)ste|zwanzigste|dreißigste|"
    r"(?:drei|vier|fünf|sech|sieb|acht|neun)zehnte|erste|zweite|dritte|vierte|fünfte|sechste|siebte|achte|neunte|zehnte|elfte|zwölfte)[nr]?"
)
_MONTH_NTH = r"(?:erste|zweite|dritte|vierte|fünfte|sechste|siebte|achte|neunte|zehnte|elfte|zwölfte)[nr]?"
_SAID_DAY = re.compile(
    rf"(?:am|vom|bis|geboren|seit|ab|den)[ ](?P<name>(?:{_NTH}[ ]bis[ ])?{_NTH}[ ]{_MONTH_NTH}"
    rf"(?:[ ][a-zäöüß]+(?:zig|ßig|zehn|tausend\w*))?)(?!\w)"
)
_DIGIT = r"(?:null|eins?|zwei|zwo|drei|vier|fünf|sechs|sieben|acht|neun)"
_SAID_PHONE = re.compile(rf"(?:unter|Telefon|Nummer|anrufen)[ ](?P<name>(?:{_DIGIT}[ ]){{4,}}{_DIGIT})(?!\w)")
_SAID_CODE = re.compile(
    rf"(?:\w*nummer)[ ](?P<name>(?:{_DIGIT}[ ]){{2,}}{_DIGIT}"
    rf"(?:[ ](?:Strich|Schrägstrich|Punkt)[ ]{_DIGIT})*)(?!\w)"
)
_KINDS = (
    (_STREET, "ADDRESS"), (_COTTAGE, "ADDRESS"), (_UNIT, "ADDRESS"), (_CITY_STATE, "ADDRESS"), (_TOWN_PART, "ADDRESS"),
    (_LOGIN, "NAME"), (_RANK, "NAME"), (_SIGNED, "NAME"), (_CLINIC, "ORGANISATION"), (_COMPANY, "ORGANISATION"),
    (_SAID_DAY, "DATE"), (_SAID_PHONE, "PHONE"), (_SAID_CODE, "ID"),
    (_LEFT_OVER, "ID"), (_LEFT_POLICY, "ID"), (_LEFT_FIRM, "ORGANISATION"),
)  # fmt: skip
_CODE = re.compile(
    r"(?<!\w)(?:[Ii]nvoice|[Pp]olicy|[Cc]laim|[Aa]ccount|[Mm]embership|[Cc]ase|[Rr]eference|[Ff]ile)"
    r"(?:[ ](?:ref|no|number|id)\b\.?)?[ ]?[:#]?[ ]"
    r"(?P<name>(?=[A-Z\d/ \-]*\d{2})[A-Z]{1,4}(?:[/ \-][A-Z\d]{2,}){1,4})(?!\w)"
)


def find_shapes(text: str, language: str) -> Iterator[Found]:
    """Addresses, staff by login, rank or signature, clinics by their usual endings, codes behind the word for them."""
    for pattern, kind in _KINDS:
        for match in pattern.finditer(text):
            words = re.findall(r"[^\W\d_]{4,}", match["name"])
            if kind == "NAME" or not any(looks_clinical(word) for word in words) or pattern is _COMPANY:
                yield Found(*match.span("name"), kind, True)
    if language == "en":
        yield from (Found(*match.span("name"), "ID", True) for match in _CODE.finditer(text))
