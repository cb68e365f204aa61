"""What clings to a placeholder: the number behind a street, an initial behind a name, words inside a house.

find_clinging("[NAME] 60, [ADDRESS]\\n[ORGANISATION] für seelische [ORGANISATION]", "de")
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from refrad2d.privacy.letters.layout import Line, read_layout
from refrad2d.privacy.letters.strangers import WORD
from refrad2d.privacy.recognisers.lexicon import (
    CAPITAL,
    Found,
    clinical_words,
    context_pattern,
    is_given,
    is_surname,
    looks_clinical,
    looks_medical,
    report_words,
    spell,
)

_HELD = r"\[(?:NAME|ADDRESS|ORGANISATION)\]"
_END = r"(?=[ ]*(?:[,;.)(\n|/]|$|\[|[ ]{2}|[ ]–))"
_NO_UNIT = r"(?!\w|[.,]\d|[ ]?(?:mm|cm|ml|mg|µg|%|°|x[ ]|h(?!\w)|J\.|Jahre|y\b|yo\b|kg|Uhr|Tage|Wochen|[-–][ ]?\d))"
_PLACE = re.compile(
    rf"(?<=\[ADDRESS\])(?P<number>[ ]\d{{1,4}}[ ]?[a-zA-Z]?(?:[ ]?[/\-][ ]?\d{{1,4}}[a-z]?)?){_NO_UNIT}{_END}"
    rf"|(?<=\[NAME\])(?P<street>[ ]\d{{1,4}}[a-z]?(?:/\d+)?){_NO_UNIT}(?=,?[ ]?(?:\[ADDRESS\]|\n|\d{{4,5}}[ ]))"
    rf"|(?:^|\n|[ ]{{2}}|,[ ]|[ ](?:at|to|from)[ ]|[ ]wh\.[ ]?)(?P<ahead>\d{{1,4}}[a-z]?(?:/\d+)?[ ])(?=\[(?:ADDRESS|"
    rf"NAME)\])"
    rf"|(?<=\])(?P<named>[ ]{WORD}[ ]\d{{1,3}}[a-z]?)(?=,?[ ]\[ADDRESS\])"
    rf"|(?<=\])(?P<road>[ \-](?:Straße|Strasse|Str\.|Weg|Platz|Allee|Gasse|Ring|Ufer|Damm|Markt|Steig|Hof|Rd|Road|"
    rf"Street|St|Ave|Avenue|Lane|Ln|Drive|Close|Court|Way|Rise|Hill|Terrace|Gardens|Grove|"
    rf"Park)(?:[ ]\d{{1,4}}[a-z]?)?)(?!\w)"
    rf"|(?<=\[ADDRESS\])(?P<rest>,[ ]{CAPITAL}[\w’'\-]+(?:[ ]{CAPITAL}[\w’'\-]+)?[ ]?)(?=,?[ ]?\[ADDRESS\])"
    rf"|(?<![\w.,])(?P<zip>(?:[A-Z]{{1,2}}[ \-]{{1,3}})?\d{{4,5}}[ ])(?=\[(?:ADDRESS|NAME)\])"
    rf"|(?<![\w.,])(?P<area>\d{{5}}[ ](?:[A-Z]{{1,3}})(?!\w))(?=[ ]*(?:[,;\n]|$))"
)
_PERSON = re.compile(
    rf"(?<=\[NAME\])(?P<initial>,?[ ]{CAPITAL}\.?(?:[ ]?{CAPITAL}\.)?)(?![\w/\-])(?=[ ]*(?:[.,;)(\n|]|$|\[|[ ]{{2}}|"
    rf"[ ][a-z(]))"
    rf"|(?<=\[NAME\]),[ ](?P<listed>(?:Al|El|Von|Van|De|Di|Da|Lo|La|Le|van|von|v\.)[ ]{WORD})(?=[ ]*(?:[,;\n(–/|]|$|"
    rf"und|u\.))"
    rf"|(?<=\[NAME\]),(?P<first>[ ]?{WORD}(?:[ ]{CAPITAL}\.?)?)(?=[ ]*(?:\[(?:DATE|ID)\]|[ ]{{2}}|\n|$|\(|,[ ]?(?:\[|"
    rf"\*|geb)|\*))"
    rf"|(?P<last>(?<![\w\-]){WORD},[ ]?)(?=\[NAME\](?:,?[ ]?(?:[(*]|geb\.?[ ])?\[DATE\]|[ ]{{2}}))"
    rf"|(?<=[EN]\])(?P<hyphen>-[ \n]{WORD}|-\n[a-zäöüß]+|-[\w]{{1,14}}|['’]\w{{2,}})(?!\w)"
    rf"|(?P<particle>(?<![\w.\-])(?:El|Al|Ó|Ní|Nic|Mac|Mc|Lo|La|Di|Da|Van|De)[ ]?)(?=\[NAME\])|(?:\[NAME\][,/]?|Frau|"
    rf"Herrn?|Hr\.|Fr\.|Dr\.)[ ](?P<of>(?:v\.|von|van|de)[ ]?(?:der[ ]|den[ ])?)(?=\[NAME\])|(?:^|\n)(?P<line>(?:v\.|"
    rf"von|van|de)[ ]?(?:der[ ]|den[ ])?)(?=\[NAME\](?:[ ]{{2}}|[ ]*(?:\n|$)))"
    rf"|(?<=\[NAME\])(?P<quoted>[ ]?\([\"“„]{WORD}[\"”“]\)|[ ][\"“„]{WORD}[\"”“])"
    rf"|(?<=\[NAME\])(?P<degree>,?[ ](?:MD|DO|PhD|MBA|MSc|RN|PA-C|FRCS\w*|MRCP\w*|FCAP|MHBA|M\.Sc\.|B\.Sc\.|MAS|MPH|"
    rf"LL\.M\.|FEBU|FMH|EDIC|DESA|Dipl\.[\-\w]*))(?!\w)"
    rf"|(?P<title>(?<![\w.])(?:(?:cand|stud|dipl|lic|mag|univ|med|dent|phil|psych|Priv|Dipl|Mag|Univ|Prim|Doz|habil|"
    rf"rer|nat|PD|Prof|Dr|DDr|Drs|Dres|Ass|Doz|Ing|Psych|Päd|FH|KD|RA|RAin|M\.Sc|B\.Sc)\.?[\- ]?)+[ ])(?=\[(?:NAME|"
    rf"ADDRESS)\])"
)
_SEGMENTS = re.compile(
    rf"(?:^|[ ]{{2}}|\],[ ])(?P<name>(?:(?:{CAPITAL}[\w’'\-]*|\d{{1,4}}[a-z]?)(?:[ ]{CAPITAL}[\w’'\-]*){{0,3}},[ ]){{"
    rf"1,3}})(?=\[ADDRESS\])",
    re.M,
)
_GIVEN = re.compile(rf"(?<![\w\-.])(?P<name>{WORD})[ ](?=\[NAME\])")
_STUDENT = re.compile(rf"(?<=\[NAME\])(?P<name>[ ]{WORD})(?=['’]s|[.,;)]|[ ](?:and|who|has|is|was|will|to)(?!\w))")
_WARD = re.compile(
    r"(?<=\[ORGANISATION\])(?P<code>-\w{1,3}|[ ]\d{1,3}[A-Z]?|[ ][A-Z]\d{1,2})(?=[ ]*(?:[,;.)\n]|$|\[|[ ]{2}))(?!\.\d)"
    r"|(?<=\[NAME\])(?P<named>[ ]\d{1,3}[A-Z]?(?:/\d{1,2})?)(?=[ ]*(?:[,;)\n]|$))(?![.,]\d)"
)
_FILE = re.compile(
    r"(?<![\w.,/])(?P<year>\d{2}[ ])(?=\[ID\])|(?<=\[ID\])(?P<code>[ ][A-Z]{1,3}(?=[ ]*(?:[.,;)\n]|"
    r"$))|[/\-.][A-Za-z\d]{1,6})(?!\w)"
)
_DAY = re.compile(
    r"(?<=\[DATE\])(?P<year>[ ]?['’]?\d\d)(?=[ ]*(?:[,;)\n]|$|\.(?:[ ]|$)|[ ]{2}))(?![.,]\d)"
    r"|(?<![\w])(?P<season>(?:(?:[Ss]pät|[Ff]rüh|[Hh]och)(?:sommer|herbst|winter|jahr|frühling)|Sommer|Herbst|Winter|"
    r"Frühjahr|Frühling|Spring|Summer|Autumn|Fall|Winter|Anfang|Mitte|Ende|early|late|mid)[ \-])(?=\[DATE\])"
    r"|(?<![\w])(?P<ordinal>(?:the[ ])?\d{1,2}(?:st|nd|rd|th)?\.?[ ](?:of[ ])?)(?=\[DATE\])(?<!mm )(?<!cm )"
)
_BETWEEN = re.compile(
    rf"(?<=\])(?P<floor>\.[ ](?:Stock|OG|Etage))(?!\w)|(?<=\[NAME\])(?P<firm>[ ]{WORD}[ ](?:&|und|"
    rf"and)[ ])(?=\[NAME\])|(?:(?<=\[ORGANISATION\])|(?<=\[NAME\])|(?<=\[ADDRESS\]))(?P<name>[ ](?:(?:für|am|an|der|"
    rf"des|im|in|und|u\.|&|of|and|for|the|[a-zäöü]+(?:e[rsn]?|n)|{CAPITAL}[\w\-]*-?)[ ]){{1,9}})(?=\[(?:ORGANISATION|"
    rf"NAME|ADDRESS)\])"
    rf"|(?<=\[(?:NAME)\])(?P<joined>[ ](?:&|und|and|of)[ ]{WORD}(?:[ ]{WORD})?)(?=[ ]+(?:\[(?:ORGANISATION|NAME|"
    rf"ADDRESS)\]))"
    r"|(?<=\])(?P<kind>[ ](?:Team|Unit|Service|Services|Centre|Center|Group|Trust|School|surgery|clinic|hospital|"
    r"infirmary|practice|hospice|school|college|nursery|pharmacy))(?!\w)"
    r"|(?<=\])(?P<part>\.?-(?:Klinik(?:um)?|Institut|Ambulanz|Zentrum|Spital|Stift|Haus|Heim|Schule)(?:[ ](?:f\.|für|"
    r"am|der))?)(?!\w)"
    rf"|(?P<led>(?<![\w.])(?:{CAPITAL}[\w’'\-]+[ ]){{1,3}}(?:of|de)[ ])(?=\[(?:NAME|ADDRESS|ORGANISATION)\])"
    r"|(?P<capitals>(?<!\w)(?:HOSPIZ|KLINIK(?:UM)?|SPITAL|KRANKENHAUS|PRAXIS|INSTITUT|ZENTRUM|HOSPITAL|CLINIC|"
    r"SURGERY|PFLEGEHEIM|REHAKLINIK|SANKT|ST\.)[ ])(?=\[)"
    rf"|(?<=\[NAME\])(?P<run>[ ]{WORD}[ ])(?=\[NAME\])"
)
_TAIL = re.compile(
    r"(?<=\[ORGANISATION\])(?P<name>[ ](?:für|f\.|of|for)[ ](?:[\w\-,./]+[ ]?){1,9}?)(?=[ ]*(?:\(|$|\n|[ ]{2}|[|·•]))",
    re.M,
)
_BEFORE = re.compile(rf"(?:^|[ ]{{2}}|[|·•(,;]|:)[ ]*(?P<name>(?:{CAPITAL}[\w’'&\-]*,?[ ]){{1,4}})(?={_HELD})", re.M)
_BEHIND = re.compile(
    rf"{_HELD}(?P<name>(?:,?[ ](?:(?:am|an|der|of|the|&|und)[ ])?{CAPITAL}[\w’'&\-]*){{1,4}})(?=[ ]*(?:$|\n|[|"
    rf"·•(),;]|[ ]{{2}}|\[))",
    re.M,
)
_ROLE = re.compile(
    rf"(?i)(?:{context_pattern('function')}|{context_pattern('post')}|{context_pattern('relative')}|"
    rf"{context_pattern('related')}|{context_pattern('margin_rank')}|"
    r"\w*(?:bericht|brief|schrift|bogen|plan|befund|protokoll|antrag|zusage|datum|nummer|nr|kasse|dienst|termin|"
    r"kontrolle|gespräch|rat|medizin|sono|hilfe|pflege|person|kosten|kl|zeit|zl)|"
    r"oder|und|fall|fälle|sachen|in|bei|aus|wurde|war|mutter|vater|herzlich|\w*therap\w*|\w*koro\w*|gips|obduzent\w*|"
    r"hebamme\w*|anästhesie|austritt|eintritt|konto|jg|transport|polizei|abteilung|reha|alles|ihre?|deine?|foto|cd|"
    r"vn|az|gz|vsnr|ahv|uid|kv|pid|fid|nat\w*|dect|pager|dw|kita|rapport|rückmeldung|rücksprache|zuständig|"
    r"interventional|emergency|discharge|operative|"
    rf"{context_pattern('role')}|tel\w*|fax|fon|patient\w*|pat|name|geb\w*|dob|station|zimmer|facharzt\w*|"
    rf"fachärzt\w*|ärzt\w*|\w*arzt|leiter\w*|leitend\w*|"
    rf"chef\w*|ober\w+|assist\w*|herr\w*|frau|mr|mrs|ms|dr|prof|re|ref|betr\w*|von|an|to|from|cc|kopie|consultant|"
    rf"registrar|secretary|dear|psycholog\w*|kinder\w*|anästh\w*|chir\w*|sekr\w*|"
    rf"ward|attending|surgeon|case|stv|versicher\w*|kasse|adresse|diktat|gez|mfg|lg|der|die|das|datum|date|befund\w*|"
    rf"bericht\w*)"
)


def find_clinging(text: str, language: str) -> Iterator[Found]:
    """Numbers, initials, titles, particles and words that belong to the placeholder beside them; for letters alone."""
    for kind, pattern in (
        ("ADDRESS", _PLACE),
        ("NAME", _PERSON),
        ("ORGANISATION", _WARD),
        ("ID", _FILE),
        ("DATE", _DAY),
    ):
        for match in pattern.finditer(text):
            group = match.lastgroup or 0
            if match.lastgroup in ("first", "last") and _is_listed_report(match[group]):
                continue
            yield Found(*match.span(group), kind, True)
    for match in _SEGMENTS.finditer(text):
        words = re.findall(r"[^\W\d_]+", match["name"])
        if not any(_ROLE.fullmatch(word) for word in words) and not _is_listed_report(match["name"]):
            yield Found(*match.span("name"), "ADDRESS", True)
    for match in _GIVEN.finditer(text):
        if (
            is_given(match["name"])
            and spell(match["name"]) not in report_words()
            and not _ROLE.fullmatch(match["name"])
        ):
            yield Found(*match.span("name"), "NAME", True)
    for match in _STUDENT.finditer(text) if language == "en" else ():
        if not _is_listed_report(match["name"]):
            yield Found(*match.span("name"), "NAME", True)
    lines = [line for line in read_layout(text) if line.zone != "body"]
    starts = [line.start for line in lines]
    for match in _BETWEEN.finditer(text):
        group = match.lastgroup or 0
        if (
            match.lastgroup in ("firm", "kind", "part", "capitals")
            or (match.lastgroup == "led" and language == "en" and not _is_listed_report(match[group]))
            or match.lastgroup != "name"
            and not _is_report(match[group])
            or match.lastgroup == "name"
            and _in_lines(lines, starts, match.start())
        ):
            yield Found(*match.span(group), "ORGANISATION", True)
    for line in lines:
        for match in _TAIL.finditer(text, line.start, line.end):
            yield Found(*match.span("name"), "ORGANISATION", True)
        for pattern in (_BEFORE, _BEHIND):
            for match in pattern.finditer(text, line.start, line.end):
                words = re.findall(r"[^\W\d_]+", match["name"])
                refused = _is_listed_report if language == "en" else _is_report
                if not any(_ROLE.fullmatch(word) for word in words) and not refused(match["name"]):
                    yield Found(*match.span("name"), "ORGANISATION", True)


def _is_report(name: str) -> bool:
    words = re.findall(r"[^\W\d_]{3,}", name)
    return any(
        (looks_clinical(word) or spell(word) in report_words()) and not (is_surname(word) or is_given(word))
        for word in words
    )


def _is_listed_report(name: str) -> bool:
    words = re.findall(r"[^\W\d_]{3,}", name)
    return any(
        spell(word) in report_words() or spell(word) in clinical_words() or _ROLE.fullmatch(word) or looks_medical(word)
        for word in words
        if not is_given(word)
    )


def _in_lines(lines: Sequence[Line], starts: Sequence[int], at: int) -> bool:
    place = bisect_right(starts, at) - 1
    return place >= 0 and at < lines[place].end
