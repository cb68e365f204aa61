"""Places by the phrase around them: a ward by its name, a tower, a suite, a room with a point, a house by its town.

find_sites("Back to Nightingale Ward. Transferred from Dunslow General.", "en")
"""

import re
from collections.abc import Iterator

from refrad2d.privacy.letters.words import is_familiar
from refrad2d.privacy.recognisers.lexicon import (
    CAPITAL,
    Found,
    cities,
    clinical_words,
    is_given,
    is_surname,
    looks_clinical,
    looks_medical,
    report_words,
    spell,
    towns,
)

_WORD = rf"{CAPITAL}[a-zß-öø-ÿ]+(?:-{CAPITAL}[a-zß-öø-ÿ]+)*"
_SIDE = r"(?:North|South|East|West|Nord|Süd|Ost)"
_NO_WARD = (
    r"(?!(?:Surgical|Medical|General|Maternity|Isolation|Day|Stroke|Acute|The|Labou?r|Emergency|Coronary|"
    r"Private|Open|"
    r"Closed|Locked|Children|Paediatric|Pediatric|Geriatric)[ ])"
)
_AREA = (  # postal districts of two letters that no report has for anything else
    r"(?:AB|BA|BB|BD|BH|BL|BN|BS|BT|CB|CF|CH|CO|CV|CW|DA|DD|DG|DH|DL|DT|DY|EH|EX|FK|FY|GL|GU|HA|HD|HG|HP|HU|HX|IG|IP|"
    r"IV|KA|KT|KW|KY|LD|LE|LN|LS|ME|MK|NE|NG|NN|NP|NR|OL|OX|PE|PH|PL|PO|RG|RH|RM|SA|SE|SG|SK|SL|SN|SO|SR|SS|SW|SY|TD|"
    r"TF|TQ|TS|TW|UB|WA|WC|WD|WF|WN|WR|WS|WV|YO)"
)
_SURE = (
    (
        re.compile(rf"(?<!\w)(?:to|on|from|at|in|Back to)[ ](?:the[ ])?(?P<site>{_NO_WARD}{_WORD}[ ]Ward)(?!\w)"),
        "ORGANISATION",
    ),
    (re.compile(rf"(?<!\w)(?P<site>Tower[ ]\d{{1,2}}(?:[ ]{_SIDE})?)(?!\w)"), "ORGANISATION"),
    (
        re.compile(
            r"(?<!\w)(?P<site>Team[ ](?:Maroon|Red|Blue|Green|Gold|Silver|Purple|Orange|Yellow|White|Black|"
            r"Gr[ea]y|Pink|Teal|"
            r"Navy))(?!\w)"
        ),
        "ORGANISATION",
    ),
    (
        re.compile(
            rf"(?<!\w)(?P<site>(?:Suite[ ]\d{{1,4}}[A-Z]?,?[ ])?(?:{_WORD}[ ]){{1,2}}(?:Building|Bldg\.?|"
            rf"Pavilion))(?!\w)"
        ),
        "ORGANISATION",
    ),
    (re.compile(r"(?<!\w)(?P<site>(?:[Rr]oom|Raum|Zimmer)[ ][A-Z]{0,2}\d{1,2}\.\d{2,4})(?![\w.])"), "ORGANISATION"),
    (
        re.compile(
            r"(?<!\w)(?:von[ ]der|auf[ ]die|auf[ ]der|zur)[ ](?P<site>(?![1-4]D|4K)\d{1,2}[A-Z](?![\w\-])|"
            r"\d{1,2}[ ](?:Nord|Süd|Ost|West)"
            r"(?!\w))"
        ),
        "ORGANISATION",
    ),
    (
        re.compile(
            rf"(?<![\w/])(?P<site>\d{{1,3}}[a-z]?(?:/\d{{1,3}})?[ ](?:{_WORD}[ ]){{0,2}}{_WORD},[ ]{_WORD}[ ]"
            rf"{_AREA}\d{{1,2}}[A-Z]?(?:[ ]\d[A-Z]{{2}})?)(?!\w)"
        ),
        "ADDRESS",
    ),
    (re.compile(rf"(?<=\[ADDRESS\])(?P<site>,?[ ]{_AREA}\d{{1,2}}[A-Z]?)(?!\w|[ ]\d[A-Z]{{2}})"), "ADDRESS"),
    (
        re.compile(
            r"(?<![\w@.\-])(?P<site>[a-z\d][a-z\d\-]+(?:\.[a-z\d\-]{2,})+\.(?:ie|bayern|nrw|saarland|ruhr|koeln|"
            r"hamburg|wien|"
            r"tirol|swiss|clinic|health|hospital)(?:/[^\s,;)]*)?)(?![\w@\-]|\.\w)"
        ),
        "URL",
    ),
)
_GUESSED = (  # only of words that neither the language nor medicine has
    (
        re.compile(
            rf"(?<!\w)(?:from|to|at|near)[ ](?:the[ ])?(?P<site>{_WORD}[ ](?:General|Royal|Infirmary|Memorial))"
            rf"(?=[ ]*(?:[,.;)\n]|$)|[ ](?:in|on|for|with|where)[ ])"
        ),
        "ORGANISATION",
    ),
    (
        re.compile(
            rf"(?<!\w)(?:[Tt]ransfer(?:red)?|[Rr]eferred|[Bb]rought|[Aa]dmitted)[ ](?:over[ ])?(?:from|to)[ ]"
            rf"(?:[A-Z]\S+[ ])"
            rf"{{0,3}}in[ ](?P<site>{_WORD})(?=[ ]*(?:[,.;)\n]|$)|[ ](?:on|for|with)[ ])"
        ),
        "ADDRESS",
    ),
    (
        re.compile(
            rf"(?<!\w)(?:films?|images|imaging|studies|scans|records)[ ]from[ ]"
            rf"(?P<site>{_WORD})(?=[ ]*(?:[,.;)\n]|$))"
        ),
        "ADDRESS",
    ),
    (re.compile(rf"(?<!\w)(?:the[ ])?(?P<site>{_WORD})[ ](?:films|archive)(?!\w)"), "ADDRESS"),
    (re.compile(rf"(?<!\w)(?P<site>(?:Krhs|Krkhs|Kh|KKH|Krankenh)\.?[ ]{_WORD})(?![\w\-])"), "ORGANISATION"),
    (re.compile(rf"(?<!\w)(?P<site>{_WORD}[ ]{_AREA}\d{{1,2}}[A-Z]?)(?!\w|[ ]\d[A-Z]{{2}})"), "ADDRESS"),
)


def find_sites(text: str, language: str) -> Iterator[Found]:
    """Wards, towers, teams, suites and rooms, houses and towns that a phrase names, hosts of rarer endings."""
    for pattern, kind in _SURE:
        for match in pattern.finditer(text):
            if not match["site"].endswith("Ward") or not _is_clinical(match["site"]):
                yield Found(*match.span("site"), kind, True)
    for pattern, kind in _GUESSED:
        for match in pattern.finditer(text):
            words = re.findall(rf"{_WORD}", match["site"])
            if any(_is_stranger(word, language) for word in words):
                yield Found(*match.span("site"), kind, True)


def _is_clinical(site: str) -> bool:
    """True if a word of medicine stands in it: "Cardiology Ward" is one of many."""
    words = re.findall(r"[^\W\d_]{4,}", site)
    return any(
        looks_medical(word) or looks_clinical(word) for word in words if word not in ("Ward", "Suite", "Building")
    )


def _is_stranger(word: str, language: str) -> bool:
    """True for a town, and for a word that neither the language nor medicine has."""
    key = spell(word)
    if (
        key in report_words()
        or key in clinical_words()
        or word in ("General", "Royal", "Infirmary", "Memorial", "Krhs")
    ):
        return False
    if key in towns() or word in cities():
        return not looks_clinical(word)
    return not is_familiar(word, language) and (is_given(word) or is_surname(word) or not looks_clinical(word))
