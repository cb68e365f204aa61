"""Dates of a letter in forms that a report sentence may not lose: short, glued, spoken, of a weekday or a feast.

find_when("ED 11/25, Kontrolle 19/3, [DATE] und [DATE]", "de")
"""

import re
from collections.abc import Iterator

from refrad2d.privacy.recognisers.dates import DAY
from refrad2d.privacy.recognisers.lexicon import Found

_MONTH = r"(?:1[0-2]|0?[1-9])"
_NAME = (
    r"(?:Januar|Jänner|Jän|Jan|Februar|Feber|Feb|März|Mrz|Mär|April|Apr|Mai|Juni|Jun|Juli|Jul|August|Aug|September|"
    r"Sept|Sep|Oktober|Okt|"
    r"November|Nov|Dezember|Dez|January|February|March|Mar|May|June|July|October|Oct|December|Dec)"
)
_UNIT = (
    r"(?!\w|[.,/]\d|[ ]?(?:mm|cm|ml|mg|µg|mmol|%|°|x[ ]|×|Punkte?n?|Pkt|LK|Lymphknoten|Stanz\w*|Zylinder\w*|"
    r"Termin\w*|Proben|Felder|"
    r"positiv|negativ|sn|nodes?|cores?|points?|h(?!\w)|weeks?|mmHg|Uhr|Gaben|Zyklen|cycles|sessions|Sitzungen))"
)
_SCORE = re.compile(
    r"(?<![A-Za-zäöü])(?:VAS|NRS|Score|Scale|Skala|[Pp]ain|[Ss]chmerz\w*|MMST?E?|MoCA|GCS|APGAR|Apgar|RR|BP|Visus|"
    r"Tensio|Index|Grad|"
    r"Kraft\w*|power|Power|strength|"
    r"cc|sc|[LNTMC]|Gleason|BBPS|Serie|Bild|image|series|Se|Im|ER|PR|Stufe|HWK|BWK|LWK|L\d|C\d|Th\d|Zahn|Regio|"
    r"Schober|Ott|[Pp]uls\w*|KG|MRC|"
    r"Score \w+|reflex\w*|RA|LA|OD|OS|FEV1|Dosis|Zyklus|Level|PHQ-?9|BDI\S*|Norton|Barthel|DAS\S*|at[ ]least|in|von|"
    r"nach|Stanzen|\d)[ :=(]{1,2}$"
)
_FOUND = (
    # m/yy and d/m as days: a leading zero, an apostrophe, or a word that dates
    re.compile(rf"(?<![\w,./+\-])(?P<zero>0[1-9]/['’]?\d\d){_UNIT}"),
    re.compile(rf"(?<![\w,./+\-])(?P<plain>(?:1[0-2]|[1-9])/(?:[01]\d|2[0-9]|[5-9]\d)){_UNIT}"),
    re.compile(rf"(?<![\w,./+\-])(?P<day>(?:3[01]|[12]\d|1[3-9])/{_MONTH}(?:/\d\d(?:\d\d)?)?){_UNIT}"),
    re.compile(
        rf"(?:(?<!\w)(?:am|vom|v\.|ab|bis|seit|zum|für|Termin|Kontr\.?|Kontrolle|WV|[Gg]eplant|erfolgt|on|until|"
        rf"since|from|dated|RTC|see|seen|Seen|F/U|f/u|review|phone|"
        rf"XR|CXR|CT|MRI|MRT|US|Echo|[Nn]ext|due|w/c)[ ]\(?|\((?=[^)\n]*\[)|\[NAME\][ (,]{{1,3}}|"
        rf"\([^()\n]{{0,12}},[ ])(?P<dated>{DAY}/{_MONTH}){_UNIT}"
    ),
    re.compile(rf"(?<!\w)(?:returns?|return[ ]on|[Ss]can|exp(?:ires|iry)?|w/b|week[ ]of|starts?|started|LMP|EDD|DOS|"
               rf"DOI|onset|admit|adm|disch|d/c|appt|clinic|repeat|recheck|[Cc]ycle[ ]\d+|C\d+D\d+|visit|Day[ ]\d+|"
               rf"labs?|Labs?|drawn|given|dose|vaccine|PET|LP|Bx|biopsy|surgery|stent|"
               rf"cath)[ ]\(?(?P<listed>{DAY}/{_MONTH}|{_MONTH}/{DAY}){_UNIT}(?!/\d)"),
    re.compile(r"(?<!\w)(?:Jg\.?|Jahrgang)[ ](?P<born>['’]?\d\d(?:\d\d)?)(?!\d)"),
    re.compile(rf"^[ \t]*(?P<row>{DAY}\.{_MONTH})(?=[ :])(?![ ]?(?:mm|cm|%|Uhr))", re.M),
    re.compile(rf"(?<!\w)(?P<glued>(?:{DAY}\.?[ ]?)?{_NAME}\.?[ ]?(?:['’]?\d\d|(?:19|20)\d\d))(?![\d.,]\d|\d)"),
    re.compile(rf"(?<!\w)(?P<month>{_NAME}\.?[ ]{DAY}(?:st|nd|rd|th)?)(?![\d.,]\d|\d|[ ]?(?:mm|cm|%))"),
    re.compile(rf"(?<![\w.])(?P<near>{DAY}\.)(?=[ ]?(?:[–→>\-]{{1,2}}|bis|und|u\.|/|auf)[ ]?\[DATE\])|"
               rf"\[DATE\](?P<half>[ ]?(?:–|-|→|/)[ ]?{DAY}\.(?:{_MONTH}\.)?)(?!\d)"),
    re.compile(
        r"(?<!\w)(?P<spoken>[Vv]orgestern|(?:[Ss]pät|[Ff]rüh|[Hh]och)?(?:[Ss]ommer|[Hh]erbst|[Ff]rühjahr|[Ff]rühling|"
        r"[Ww]inter)[ ]['’]?(?:(?:19|20)?\d\d)(?!\d)|"
        r"[Ll]etzte[nrms]?[ ](?:Ostern|Weihnachten|Pfingsten|Sommer|Herbst|Winter|Frühjahr)|"
        r"(?:Josefi|Josephi|Michaeli|Martini|Leopoldi|Fasnachts?|Ruperti|Florian\w*|Nikolo|Barbara)(?:tag|dienstag|"
        r"montag)?|(?:Valentins|Mutter|Vater|Martins|Volkstrauer|Johannis|Peter-und-Pauls-)tag|Palmsonntag|"
        r"Weißer[ ]Sonntag|"
        r"Weiberfast\w+|Altweiber\w*|Erntedank\w*|Halloween|Lichtmess|Kirchweih|Ramadan\w*|Zuckerfest|Opferfest|"
        r"Tag[ ]der[ ](?:Arbeit|Deutschen[ ]Einheit)|(?:[Mm]on|[Dd]iens|[Dd]onners|[Ff]rei|[Ss]ams|[Ss]onn)tags|"
        r"mittwochs|(?:Osterferien|Pfingstferien|Herbstferien|Sommerferien|Weihnachtsferien|Faschingsferien)|"
        r"day before yesterday|Boxing Day|Mothering Sunday|St\.? ?\w+['’]s (?:[Dd]ay|weekend|week|Eve)|(?:Easter|"
        r"Christmas|"
        r"Whitsun|bank holiday|Thanksgiving) (?:weekend|week|Eve|break|holidays?)|[Ll]ast (?:Easter|Christmas|spring|"
        r"summer|autumn|fall|winter))(?!\w)"
    ),
    re.compile(
        r"(?<!\w)(?:am|bis|ab|seit|jeden|diesen|kommenden|nächsten|letzten|vergangenen)[ ](?P<abbreviated>Mo|Di|Mi|"
        r"Do|Fr|Sa|So)"
        r"(?=\.?[ ]*(?:[,;)\n]|$|[ ][a-zäöü]{4,}|\.[ ]))(?!\.?[ ]?[A-ZÄÖÜ])"
    ),
    re.compile(r"(?<!\w)(?P<weekday>(?:Mo|Di|Die|Mi|Mit|Do|Don|Fr|Sa|So|Mon|Tue|Tues|Wed|Thu|Thur|Thurs|Fri|Sat|"
               r"Sun)\.?,?(?:[ ]den)?)(?=[ ]\[DATE\])"
               r"|(?:on|last|since|next|by|until|this|L|due|seen|Seen|every)[ ](?P<day>Mon|Tues?|Wed|Thur?s?|Fri|Sat|"
               r"Sun)(?=[ ]*(?:[.,;)\n]|$|[ ](?:by|at|with|for|in|and)(?!\w)))"
               r"|(?<![\w./])(?P<after>(?<=[\w.] )(?:Mo|Di|Mi|Do|Sa)(?=[;,)]))|(?<![\w./])(?P<open>(?:Mo|Di|Mi|Do|Fr|"
               r"Sa|So)(?:[/+&][ ]?(?:Mo|Di|Mi|Do|Fr|Sa|"
               r"So))+)(?=[ ](?:\[TIME\]|\d{1,2}[ .:\-–]|jeweils|vorm|nachm|ab))"),
    re.compile(rf"(?<![\w./])(?P<ordinal>(?:the[ ])?{DAY}(?:st|nd|rd|th))(?=[ ]*(?:[.,;)\n]|$|[ ](?:for|with|at|and|"
               rf"by)(?!\w)))(?![ ]?(?:rib|toe|finger|percentile|centile|nerve|ventricle|grade))"),
    re.compile(rf"(?:\[DATE\],?[ ](?:den[ ])?|Freitag,[ ]den[ ])(?P<lone>{DAY}\.)(?=[;,)\n ]|$)(?![ ]?[A-ZÄÖÜ]|\d)"),
    re.compile(r"(?:(?:TEP|Sectio|CHE|AE|TE|HE|OP|Op\.?|ektomie|tomie|plastik|St\.p\.|Z\.n\.|seit|bis)(?:[ ](?:re|li|"
               r"bds)\.?)?)[ ](?P<year>['’]?(?:[6-9]\d|0\d|1\d))(?=[ ]*(?:[,;)(\n]|$|\.[ ]))"),
    re.compile(r"(?:seit|im|in|v\.|vom|anno|Anno|ca\.|von|bis|since|in|from|[Pp]ass v\.)[ ]?(?P<full>(?:19[3-9]|"
               r"20[0-3])\d)(?![\d.,]\d|\d|[ ]?(?:ml|mg|kcal|mm|g[ ]))"),
)  # fmt: skip
_AMBIGUOUS = frozenset((10, 12, 15, 20, 30, 5, 6, 7, 8, 9, 4, 3))
_SPELLED = re.compile(
    r"(?<!\w)(?P<name>(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day[ ])?(?:the[ ])?(?:(?:first|second|third|fourth|"
    r"fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|"
    r"\w+teenth|twentieth|thirtieth|twenty[\- ]\w+(?:st|nd|rd|th)|thirty[\- ]first)(?:[ ]of[ ](?:january|february|"
    r"march|april|may|june|july|august|september|october|november|december))?)"
    r"(?:[ ](?:nineteen|twenty)(?:[ \-](?:hundred|and|oh|o|"
    r"one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty|forty|fifty|sixty|seventy|"
    r"eighty|ninety)){1,4})?)(?!\w)",
    re.I,
)


def find_when(text: str, language: str) -> Iterator[Found]:
    """Dates of a letter that the first look left; scores, vertebrae, shares and image numbers stay."""
    for pattern in _FOUND:
        for match in pattern.finditer(text):
            group = match.lastgroup or 0
            before = text[max(0, match.start(group) - 16) : match.start(group)]
            if group in ("zero", "plain", "day") and "/" in match[group] and _SCORE.search(before):
                continue
            if group == "plain" and not _is_month_of_year(text, match):
                continue
            yield Found(*match.span(group), "DATE", True)
    for match in _SPELLED.finditer(text) if language == "en" else ():
        if " of " in match["name"].lower() or re.search(
            r"(?<!\w)(?:on|until|by)[ ](?:the[ ])?$", text[max(0, match.start() - 10) : match.start()]
        ):
            yield Found(*match.span("name"), "DATE", True)


def _is_month_of_year(text: str, match: re.Match) -> bool:
    """True for 11/23 and 8/19; 5/12 or 7/10 may be a share, unless something dates it."""
    first, last = (int(part) for part in match["plain"].split("/"))
    before = text[max(0, match.start() - 24) : match.start()]
    if re.search(
        r"(?:seit|ED|EM|Erstdiagnose|bis|vom|since|to|from|until|ca\.|zuletzt|OP|vgl\.|CT|MRT|MRI|DEXA|Rö|"
        r"Dexa)[ :(]{1,2}$",
        before,
    ):
        return True
    return last not in _AMBIGUOUS and not (
        last in (14, 16, 18, 21, 24, 28)
        and first < 13
        and re.search(r"[a-zäöü][ ]$", before) is not None
        and "[" not in before
    )
