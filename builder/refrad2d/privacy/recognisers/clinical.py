"""Clinical terms that look like identities: eponyms, vertebrae, image numbers, measurements.

protected("Baker-Zyste 12 x 14 mm, Bild 32")     # [(0, 11), (12, 22), (24, 31)]
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from refrad2d.privacy.recognisers.lexicon import (
    context_pattern,
    eponyms,
    is_given,
    is_name,
    is_surname,
    looks_clinical,
    spell,
)

# Nouns that make an eponym of the word before them; lower case in English, capitalised or joined in German.
_HEADS_EN = context_pattern("head_en")
_HEADS_DE = context_pattern("head_de")
_GRADE = (
    r"(?:(?:Typ|type|Type|Grad|grade|Grade|Score|score|Klasse|class|Stadium|stage|Stage|Kategorie|category|"
    r"[Zz]one)[ \t]?)?"
    r"(?:I{1,3}V?|IV|VI{0,3}|10|[0-9](?!\d)|[A-D](?=\W?(?:$|[\s,.;)\-])))[a-f]?[0-9]?(?:[ \t]?\+[ \t]?[0-9])?\b"
)
_WORD = r"[^\W\d_]+(?:['’]?[^\W\d_]+)*"
_CAPITAL = r"(?-i:[A-ZÀ-ÖØ-ÞŁŚŞČŠŽ])[^\W\d_]*(?:['’](?!s\b)[^\W\d_]+)*"
_NAMES = rf"{_CAPITAL}(?:[-–/]{_CAPITAL})*"
_MORBUS = re.compile(rf"\b(?:Morbus|Mb\.|Maladie(?:\sde)?|Lymphogranulomatosis)[ \t](?P<name>{_NAMES})")
_JOINED = re.compile(
    rf"\b(?P<name>{_NAMES})[-–](?:{_HEADS_DE}|(?i:{_HEADS_EN})|(?-i:[A-ZÄÖÜ])?[a-zäöü]+(?:zyste|fraktur|syndrom|"
    rf"krankheit|operation|metastase|tumor|artig\w*|förmig\w*|like|typisch\w*))\b",
)
_HYPHENED = re.compile(rf"\b(?P<name>{_CAPITAL})[-–](?P<noun>{_CAPITAL})\b")
_APART = re.compile(rf"\b(?P<name>{_NAMES})(?:['’]s|s['’])?[ \t](?:(?:{_HEADS_EN})s?|{_HEADS_DE})\b")
_GRADED = re.compile(rf"\b(?P<name>{_NAMES})[\- \t]{_GRADE}")
_REFERRED = re.compile(
    rf"\b(?:(?i:nach|according to|per|modified|modifiziert(?:e[rn]?)?\snach|Typ|Syndrom|Zeichen|Raum|Papilla|Papille|"
    rf"im|"
    rf"des|vom|am|"
    rf"in the|of the|pouch of|space of|ligament of|circle of|ampulla of|sphincter of|duct of|foramen of|triangle of|"
    rf"canal of|"
    rf"tetralogy of|vein of|node of|bundle of|angle of|line of|fascia|Sphinkter|M\.|St\.\sn\.|Ductus|Sinus|Foramen|"
    rf"Circulus|Ligamentum|Fossa|"
    rf"Vena|Arteria|Tumor))[ \t]"
    rf"(?P<name>{_NAMES})"
)
_TESTED = re.compile(
    rf"\b(?P<name>{_NAMES})(?=[ ](?:positiv|negativ|pos\.|neg\.|fraglich|bds\.|positive|negative|unauffällig)(?!\w))|"
    rf"\b(?:[Kk]eine?n?|[Oo]hne|[Nn]o)[ ](?P<absent>{_NAMES})"
)
_HOUSE_END = re.compile(  # "Roland-Spital" bears the name of an eponym and is a house
    r"(?:[Ss]pital|[Kk]rankenhaus|-Stift|-Apotheke|[Hh]ospital|[Kk]linikum|-Klinik|-Heim|-Schule|[Ss]traße|-Platz|"
    r"-Weg)$"
)
_SENTENCE = re.compile(r"(?:[^.\n;]|\.(?=\w))+")
_PLAIN_WORD = re.compile(_CAPITAL)
_SINGLE = re.compile(rf"\b(?P<name>{_NAMES})\b")
# "Norton 17", "Boston prep 8/9", "Los Angeles grade C": a listed eponym or the town of a score with its value
_SCORED = re.compile(
    rf"\b(?P<name>{_NAMES})(?:[ \-](?:[a-zäöü]+|{_CAPITAL})){{0,2}}[ :=]{{1,2}}"
    r"(?:[<>≤≥]?\d{1,3}(?:[.,]\d)?(?:/\d{1,3})?|[A-D]|[A-Z]\d{1,2}[A-Z]\d{1,2})[+]?(?![\w./])(?!\.\w)"
)
# "Gießener Beschwerdebogen 34", "Manchester-Triage": the place of a score stands before its noun
_SCORE_NOUN = (
    r"(?i:(?:[a-zäöüß]+)?(?:bogen|skala|skale|score|index|test|schema|klassifikation|inventar|kriterien|triage|"
    r"einteilung|graduierung|scale|criteria|classification|inventory|questionnaire|gastritis|konsensus|consensus|"
    r"stadium|stadien|grade|grad|typ|type))"
)
_PLACED_SCORE = re.compile(rf"\b(?:{_CAPITAL}[ \-]){{1,2}}(?:\d\.\d[ ])?{_SCORE_NOUN}\b(?:[ ]\d{{1,3}}(?![\d.]))?")
_TOWN_VERSION = re.compile(
    rf"\b(?P<name>{_CAPITAL}(?:[ ]{_CAPITAL})?)[ ](?:v?\d\.\d|\d{{1,2}}/\d{{1,2}})(?![\w.])(?![ ]?(?:mm|cm))"
)
_SERIES = re.compile(
    r"(?<![\w./+])\d{1,3}(?:/\d{1,3}){3,}(?![\w/])|(?<=[a-zA-Z] )[1-9]\d\d/[1-9]\d\d/[1-9]\d\d(?![\w/])"
)
_SETTING = re.compile(
    r"\b(?:T[RE]|TI|FA|FOV|ETL|b|kV|mAs?|DLP|CTDI(?:vol)?|Matrix|NEX|"
    r"BW)[ =:]{1,2}\d{1,4}(?:[/x,][ ]?\d{1,4}){0,4}(?![\w/])"
)
_SPAN = re.compile(
    r"(?<![\w.,/])\d{1,4}[ ](?:Tagen?|Wochen?|Monaten?|Stunden?|Minuten?|Sekunden?|days?|weeks?|months?|hours?|"
    r"minutes?)\b"
)
_TUBE = re.compile(r"(?<![\w.,/])\d{2,3}/(?:Sn)?\d{2,3}[ ]?kV(?!\w)")
_YEARED = re.compile(
    rf"\b(?!(?:May|Mai|March|April|June|July|August|Jan|Jun|Jul)\b)(?P<name>{_NAMES})[ ](?:19|20)\d\d(?![\w/]|[.,]\d)"
)
_UNITS = context_pattern("unit")
_NUMBER = r"\d{1,5}(?:[.,]\d{1,4})?"
_MEASURE = re.compile(
    rf"(?<![\w.,/])(?:ca\.\s?)?{_NUMBER}(?:\s?(?:mm|cm)?\s?(?:[x×*]|by|mal|-|–|bis|to|auf)\s?{_NUMBER}"
    rf"){{0,3}}\s?-?(?:{_UNITS})(?![^\W\d_])",
)
_DIMENSIONS = re.compile(rf"(?<![\w.,/]){_NUMBER}(?:\s?(?:mm|cm)?\s?[x×*]\s?{_NUMBER}){{1,3}}(?:\s?(?:mm|cm))?(?![\w])")
_LEVELS = re.compile(
    r"\b(?:(?:[HBLS]W[KS]|[HBL]W|Th|T|C|L|S|SWK|D)\.?\s?(?:1[0-2]|\d)(?:\s?[/\-–]\s?(?:[HBLS]WK\s?|Th\s?|[TCLSD]\s?)"
    r"?(?:1[0-2]|\d))*|"
    r"(?:Segmente?n?|Seg\.?|Rippen?|Ribs?|Costae?|Level|Zone|Station)\s?(?:[IVX]+|\d{1,2})"
    r"[a-d]?(?:\s?[/\-–,]\s?(?:[IVX]+|\d{1,2})[a-d]?)*|"
    r"[rcpymua]{0,3}T(?:is|[0-4Xx])[a-d]?\s?[,;]?\s?[cp]?N[0-3Xx][a-c]?(?:\s?[,;]?\s?[cp]?M[01Xx][a-c]?)?|"
    r"(?:PI|BI|LI|TI|O|CAD|Lung|NI|VI|ORADS|EU-TI)-?RADS\s?(?:Version\s|v)?[\dIV.]+[A-Ea-e]?)\b(?![.,]\d)"
)
_IMAGES = re.compile(
    r"\b(?:Serien?|Series|Ser|Se|Bild(?:er)?|Image[sn]?|Img|Ima|Im|Schicht(?:en)?|slices?|frames?|Phase|Sequenz)"
    r"[\s:.#]{0,2}\d{1,4}"
    r"(?:\s?(?:[/\-–]|,\s|und|and|bis|to|of|von)\s?\d{1,4}(?![.\d/]|\s?(?:mm|cm)))*(?![./]?\d)",
    re.I,
)
_PHRASES = re.compile(
    r"\b(?:(?:white|gr[ae]y) matter|black blood|brown fat|long axis|short axis|small bowel|large bowel|short bowel|"
    r"long[ -]segment|short[ -]segment|green stick|sharp margins?|hot cross bun|St\. Gallen|Pia mater|Carina tracheae|"
    r"Tc-?99m|F-?18|[0-9]{1,3}m?[A-Z][a-z]?-[A-Z]{2,5}|Child-Pugh|Ann[- ]Arbor|Thurston Holland|de Quervain|"
    r"De Quervain|Sister Mary "
    r"Joseph|Hunt (?:und|and|&) Hess|Ellis[- ]van Creveld|Boston Scientific|Philips Ingenia|Philips Achieva|"
    r"Philips Brilliance|Smith (?:and|und|&) Nephew|Johnson (?:and|und|&) Johnson|Von Hippel|von Hippel|van Nes|"
    r"SVS-WIfI|Atlanta(?=[ :]{1,2}(?:mild|mod|sev|leicht|mittel|schwer))|Van Nes|De Bakey|Le Fort|"
    r"Los Angeles(?=[ \-](?:grade|Grad|[A-D]\b)))\b"
)

_PAIR = re.compile(rf"\b{context_pattern('eponym_pair')}\b")


def eponym_pairs(text: str) -> list[tuple[int, int]]:
    """Stretches that read like a first name and a surname and are an eponym: "Marcus Gunn"."""
    return [match.span() for match in _PAIR.finditer(text)]


def protected(text: str) -> list[tuple[int, int]]:
    """Stretches (start, end) that recognisers leave alone unless they are sure of a person."""
    spans = [
        match.span()
        for pattern in (
            _PAIR,
            _MEASURE,
            _DIMENSIONS,
            _LEVELS,
            _IMAGES,
            _PHRASES,
            _SERIES,
            _SPAN,
            _SETTING,
            _TUBE,
            _PLACED_SCORE,
        )
        for match in pattern.finditer(text)
    ]
    spans += _eponyms(text)
    return [(start, end) for start, end in spans if not _HOUSE_END.search(text[start:end])]


def _eponyms(text: str) -> Iterator[tuple[int, int]]:
    yield from (match.span() for match in _MORBUS.finditer(text))  # unmistakable: whatever name stands there
    if "-" in text or "–" in text:
        for match in _HYPHENED.finditer(text):
            if _base(match["name"]) is not None and not (is_surname(match["noun"]) or is_given(match["noun"])):
                yield match.span()
        yield from (match.span() for match in _JOINED.finditer(text))
    for match in _APART.finditer(text):
        # "Smith's lesion" may speak of Mr Smith; an unlisted name counts as an eponym only if it is no common name.
        if _listed(match["name"]) or not any(is_name(part) for part in re.split(r"[-–/]", match["name"])):
            yield match.span()
    if not any(_base(word) is not None for word in set(_PLAIN_WORD.findall(text))):
        return
    yield from _in_company(text)
    for pattern in (_GRADED, _REFERRED, _TESTED, _SCORED, _TOWN_VERSION, _YEARED):
        yield from (match.span() for match in pattern.finditer(text) if _listed(match[match.lastgroup or 0]))
    for match in _SINGLE.finditer(text):
        parts = re.split(r"[-–/]", match["name"])
        if any(_alone(part) for part in parts) and (len(parts) == 1 or not all(map(is_surname, parts))):
            yield match.span()
        elif len(parts) > 1 and (
            all(_listed(part) for part in parts) or (_listed(parts[0]) and looks_clinical(parts[-1]))
        ):
            yield match.span()


def _in_company(text: str) -> Iterator[tuple[int, int]]:
    """Listed eponyms in a sentence beside one that is clinical anywhere: "Moro, Landau, Galant", "Weber …, Rinne"."""
    for sentence in _SENTENCE.finditer(text):
        words = [m for m in _PLAIN_WORD.finditer(text, *sentence.span()) if _base(m.group()) is not None]
        if len(words) > 1 and any(_alone(m.group()) for m in words):
            yield from (m.span() for m in words)


def _listed(name: str) -> bool:
    return any(_base(part) is not None for part in re.split(r"[-–/]", name)) or _base(name) is not None


def _alone(word: str) -> bool:
    return _base(word) is True


@lru_cache(maxsize=1 << 17)
def _base(word: str) -> bool | None:
    """The entry of the word or of its genitive in the list of eponyms."""
    key = spell(re.sub(r"['’]s?$", "", word))
    return eponyms().get(key, eponyms().get(key[:-1]) if key.endswith("s") else None)
