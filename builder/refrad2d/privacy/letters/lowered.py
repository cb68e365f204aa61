"""Letters typed without capitals: names behind a title or before a birth date, streets, towns and houses by word.

find_lowered("von praxis dr. d. gerstenkorn, lange str. 55 / 33014 bad driburg, …")
"""

import re
from collections.abc import Iterator

from refrad2d.privacy.letters.forms import is_lowered
from refrad2d.privacy.recognisers.lexicon import (
    Found,
    clinical_words,
    looks_clinical,
    looks_medical,
    report_words,
    spell,
)

_NO_NAME = (
    r"(?!(?:der|die|das|ist|war|hat|und|für|von|vom|mit|bei|zu|zum|zur|in|im|an|am|auf|ab|bis|um|wegen|nicht|kein|"
    r"ein|eine|"
    r"bitte|kommt|wird|wurde|dr|prof|med|frau|fr|herr|hr|kollegin|kollege|doktor|seit|noch|sehr|geehrte|ihr|ihre|"
    r"spricht|klagt|"
    r"berichtet|stellt|möchte|liegt|steht|weiblich|männlich|mir|uns|ihm|ihn|dir|dich|mich|to|the|is|was|has|for|and|"
    r"who|with|from|of|at|on|in)\b)"
)
_LOW = r"[a-zäöüßéèçğışć]{3,}(?:-[a-zäöüß]+)*"
_LOWERED = (
    (
        re.compile(
            rf"(?<![\w.])(?:dr\.?|prof\.?|fr\.|hr\.|frau|herrn?|gez\.?|mfg|lg|z\.[ ]?hd\.|notarzt|hausarzt|"
            rf"hausärztin|oa|oä|"
            rf"ca|schwester|pfleger|mr|mrs|ms|dr|patient[ ]is|op[ ]durch|betreuer(?:in)?|tochter|sohn|ehefrau|"
            rf"ehemann)[ ]"
            rf"(?P<name>(?:[a-z]\.[ ]?)?{_NO_NAME}{_LOW}(?:[ ](?={_LOW}[ ](?:date|born))(?:{_LOW}))?)(?![\w.]\w)"
        ),
        "NAME",
    ),
    (re.compile(rf"(?<![\w.\-])(?P<name>{_LOW},[ ]{_LOW})(?=[ ]*[*(]?[ ]?(?:geb\.?[ ])?\[DATE\])"), "NAME"),
    (re.compile(rf"(?:betr\.|pat\.|patient(?:in)?)[: ]{{1,2}}(?P<name>{_NO_NAME}{_LOW},[ ]{_LOW})"), "NAME"),
    (re.compile(rf"(?<=\[NAME\])(?P<name>,?[ ]{_NO_NAME}{_LOW})(?=[ ]*(?:[*(]?\[DATE\]|,[ ]ass|\n|$))"), "NAME"),
    (re.compile(rf"(?<![\w.])(?P<name>{_LOW}[ ])(?=\[NAME\][ ]*[,*(])"), "NAME"),
    (
        re.compile(
            r"(?<![\w.])(?P<name>(?:(?:am|an[ ]der|auf[ ]dem|zum|zur|alte[rn]?|lange|kurze|obere|untere|neue|große|"
            r"kleine)[ ])?"
            r"(?:[a-zäöüß]+[ ])?[a-zäöüß\-]*(?:str\.|straße|strasse|gasse|allee|platz|steig|ufer|chaussee|weg|deich|"
            r"damm|ring|hof)"
            r"[ ]\d{1,3}[a-z]?)(?![\w]|[.,]\d|[ ]?(?:mm|cm))"
        ),
        "ADDRESS",
    ),
    (re.compile(r"(?<![\w.,])(?P<name>\d{5}[ ](?:bad[ ])?[a-zäöüß\-]{3,})(?![\w])"), "ADDRESS"),
    (re.compile(r"(?:,[ ]|[ ]in[ ])(?P<name>bad[ ][a-zäöüß]{4,})(?!\w)"), "ADDRESS"),
    (
        re.compile(
            r"(?<![\w.])(?P<name>(?:kh|krankenhaus|klinikum|klinik|fachklinik|spital|praxis|mvz|radiologie|reha)[ ]"
            rf"(?:(?:am|an[ ]der|im|haus|zum|st\.)[ ])?{_NO_NAME}{_LOW}(?:[ ](?:radiologie|chirurgie|innere|nord|süd|"
            rf"ost|west))?)"
            r"(?=[ ]*(?:[.,;)(\n]|$|z\.|\[))"
        ),
        "ORGANISATION",
    ),
    (re.compile(r"(?<![\w.])(?P<name>st\.[ ][a-zäöüß]{4,}[ ]?)(?=\[|[ ,;.)\n])"), "ORGANISATION"),
)


def find_lowered(text: str) -> Iterator[Found]:
    """Names, addresses and houses of a letter without capitals; nothing in any other, and no clinical word."""
    if not is_lowered(text):
        return
    for pattern, kind in _LOWERED:
        for match in pattern.finditer(text):
            words = re.findall(r"[^\W\d_]{3,}", match["name"])
            if kind == "ADDRESS" or not any(map(_is_term, words)):
                yield Found(*match.span("name"), kind, True)


def _is_term(word: str) -> bool:
    key = spell(word)
    return key in report_words() or key in clinical_words() or looks_medical(word) or looks_clinical(word)
