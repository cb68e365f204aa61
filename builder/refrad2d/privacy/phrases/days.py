"""Days told in words or in rare forms: feasts of English letters, days of this or the last month, a study's month.

find_days("He fell on Boxing Day. MRT LWS 02-2024", "en")
"""

import re
from collections.abc import Iterator

from refrad2d.privacy.recognisers.dates import DAY
from refrad2d.privacy.recognisers.lexicon import Found

_MONTH = r"(?:1[0-2]|0?[1-9])"
_YEAR = r"(?:(?:19|20)\d\d)"
_FEAST = re.compile(
    r"(?<!\w)(?:Boxing[ ]Day|Christmas[ ](?:Eve|Day)|New[ ]Year['’]?s['’]?(?:[ ](?:Eve|Day))?|Hallowe['’]?en|"
    r"Thanksgiving"
    r"(?:[ ]Day)?|Maundy[ ]Thursday|Good[ ]Friday|Ash[ ]Wednesday|Shrove[ ]Tuesday|Palm[ ]Sunday|Whit[ ]"
    r"(?:Sunday|Monday)|"
    r"Easter[ ](?:Sunday|Monday|Saturday|Eve)|(?:Labou?r|Memorial|Independence|Veterans|Columbus|"
    r"Presidents['’]?|Canada|"
    r"Anzac|ANZAC|Australia|Mother['’]?s|Father['’]?s|Valentine['’]?s|Pancake|Remembrance|May|(?:St\.?|Saint)[ ]"
    r"Patrick['’]?s)"
    r"[ ]Day|Bonfire[ ]Night|Burns[ ]Night|Guy[ ]Fawkes[ ]Night|Hogmanay|Juneteenth|Mardi[ ]Gras|Bank[ ]Holiday"
    r"(?:[ ]Monday)?)(?!\w)"
)
_FORMS = (
    re.compile(rf"(?<![\w.,/]){DAY}\.?[ ](?:Febr|Dezbr?|Novbr?|Oktbr?|Octbr?|Decbr?)(?![^\W\d_])\.?(?:[ ]{_YEAR})?"),
    re.compile(
        rf"(?<![\w.,/])(?:{DAY}\.|[a-zäöü]+(?:ten|ter))[ ]?(?:d(?:\.|es|ieses|ies\.)[ ]?(?:(?:laufenden|lfd\.|"
        rf"vorigen|"
        rf"letzten)[ ])?(?:M\.|Mts?\.|Monats|Vormonats|Vorm\.))"
    ),
    re.compile(
        rf"(?<![\w.,/])(?:the[ ])?(?:{DAY}(?:st|nd|rd|th)|first|second|third|fourth|fifth|sixth|seventh|eighth|"
        rf"ninth|tenth)"
        rf"[ ](?:ult(?:imo)?|inst(?:ant)?|prox(?:imo)?)(?![^\W\d_])\.?"
    ),
    re.compile(rf"(?<![\w.,/·•]){DAY}(?=[.·•]{{1,2}}{_MONTH}[.·•]{{1,2}}\d)(?=[\d.]*[·•])[.·•]{{1,2}}{_MONTH}[.·•]{{1,2}}"
               rf"(?:{_YEAR}|\d\d)(?!\d)"),
)  # fmt: skip
_BEHIND = (
    re.compile(  # an examination and its month: "MRT LWS 02-2024", "CT Thorax 2/24"
        r"(?<!\w)(?:c?MRT|MRI|CT|Rö(?:ntgen)?|X-?ray|XR|PET(?:[\-/]CT)?|Sono(?:graphie)?|Mammogra\w+|DEXA)[ ]"
        r"(?!Serie|Bild|Image|Score|Phase|Sequenz|Se[ ]|Im[ ]|Schicht|Slice)(?:[A-ZÄÖÜ][A-Za-zäöüß\-]+|[a-z]{4,})[ ]"
        rf"(?:vom[ ]|von[ ]|of[ ])?(?P<day>{_MONTH}[\-/]{_YEAR}|0[1-9]/[0-3]\d|{_MONTH}/(?:1[3-9]|2\d))"
        r"(?![\w/\-]|[.,]\d|[ ]?(?:mm|cm|LK|nodes|Punkte))"
    ),
    re.compile(
        rf"(?<!\w)(?P<day>(?:Mon|Tues?|Weds?|Thu(?:rs?)?|Fri|Sat|Sun)(?:day|nesday|rsday)?\.?,?[ ]{_MONTH}/{DAY}"
        rf"(?:/(?:{_YEAR}|\d\d))?)(?![\w/]|[.,]\d|[ ]days)"
    ),
    re.compile(
        r"(?<!\w)(?i:appointment|appt\.?|visit|f/u|RTC|scheduled)[ ](?:is[ ])?(?:on[ ]|for[ ])?"
        rf"(?P<day>{_MONTH}/{DAY})(?![\w/]|[.,]\d|[ ](?:nodes|cores|points))"
    ),
    re.compile(r"(?<!\w)(?:wk|week|KW)\.?[ ](?P<day>\d{1,2}/\d\d)(?![\w/]|[.,]\d)"),
)


def find_days(text: str, language: str) -> Iterator[Found]:
    """Feasts, days counted from a month that is not named, months behind an examination or an appointment."""
    for pattern in (_FEAST, *_FORMS) if language == "en" else _FORMS:
        yield from (Found(*match.span(), "DATE", True) for match in pattern.finditer(text))
    for pattern in _BEHIND:
        yield from (Found(*match.span("day"), "DATE", True) for match in pattern.finditer(text))
