"""Phrases that compare with another day, and what they say of a change, in the words that the rules know.

>>> canonical("Erguss rechts, bezogen auf die Aufnahme vom 3.4. etwas ausgedehnter.", "de")
'Erguss rechts, unverändert.'

That something has changed goes from a text whichever way it changed: so one word of change may stand for another, as
long as it does not stay (curation.py sees to that).
"""

import re
from dataclasses import dataclass
from functools import cache

from refrad2d.system.tables import read_yaml
from refrad2d.text.patterns.needles import Needle, needle
from refrad2d.text.temporal.vocabulary import load_words, names_a_thing

COMPARED = {"de": "im Vergleich zur Voruntersuchung", "en": "compared to the prior study"}
SAME = {"de": "unverändert", "en": "unchanged"}
_NAME = re.compile(r"\{([a-z_]+)\}")
_HISTORY = re.compile(
    r"(?:zustand|z\.\s?n\.|status|st\.|narben?|defekte?|veränderung(?:en)?|post|s/p|history\sof)\s$", re.IGNORECASE
)
_SEEN = re.compile(
    r"\b(?:seen|noted|identified|demonstrated|described|reported|visuali[sz]ed|shown|observed|imaged|appreciated"
    r"|diagnosed|present|visible|evident|mentioned|detected|documented|known|found|measured|treated|there|absent"
    r"|beschrieben\w*|bekannt\w*|sichtbar\w*|abgrenzbar\w*|nachweisbar\w*|erkennbar\w*|gesehen\w*|vorhanden\w*|wie)\s$",
    re.IGNORECASE,
)
_SEEN_BEHIND = re.compile(
    r"\s(?:(?:noch|bereits|schon|nicht|so|auch|sicher)\s)*(?:beschrieben|bekannt|sichtbar|abgrenzbar|nachweisbar|erkennbar|gesehen|vorhanden"
    r"|genannt|erwähnt|dokumentiert|diagnostiziert|kein|\d)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Forms:
    """The patterns of one language: see the head of comparisons.yaml."""

    adjunct: Needle
    loose: Needle
    change: Needle
    run: Needle
    odd: Needle
    attribute: Needle
    became: Needle
    quantity: Needle | None  # "more callus than on the previous radiograph"
    apart: Needle  # a phrase in front of its clause, or behind it, and the change for itself
    places: tuple[tuple[Needle, str], ...]  # where the one word of change goes without any rule


@cache
def pattern(language: str, stored: str) -> str:
    """A regular expression in which {name} is an entry of comparisons.yaml."""
    entries = read_yaml(__package__, "comparisons.yaml")[language]
    while (wider := _NAME.sub(lambda name: f"(?:{entries[name[1]]})", stored)) != stored:
        stored = wider
    return re.sub(r"\n\s*|(?<=[^\\])\s+", "", stored)


@cache
def _forms(language: str) -> Forms:
    compared = re.escape(COMPARED[language])
    state = "(?:{degree})*{state}(?!\\w)"
    if language == "en":
        state = "(?:{degree})*{state}{in_size}?(?!\\w)"
    last = r"(?!\s(?:als|than|werdend\w*)\b|-|/)"
    if language == "en":
        last += r"(?=\s*(?:[.,;:)]|$)|\s[-–]\s|\s(?:and|but|with|at|measuring|measures|which|compared)\b)"
    else:
        last += r"(?:(?<!er)|(?!\s(?:ca\.\s)?\d|\s(?-i:[A-ZÄÖÜ])))"
    unit = f"(?:{compared}|{state})"
    run = f"(?<![\\w-]){unit}(?:{{linking}}{unit})*{last}"
    return Forms(
        needle(r"\b" + pattern(language, "{adjunct}")),
        needle(r"\b" + pattern(language, "{loose}")),
        needle(pattern(language, "{change}")),
        needle(pattern(language, run)),
        needle(pattern(language, "{odd}")),
        needle(r"\b" + pattern(language, "{attribute}")),
        needle(pattern(language, _BECAME[language])),
        needle(pattern(language, "{quantity}")) if language == "en" else None,
        needle(_apart(language, state, compared, last)),
        tuple((needle(find), put) for find, put in _places(SAME[language], COMPARED[language])),
    )


def _apart(language: str, state: str, compared: str, last: str) -> str:
    if language == "de":
        verb = r"(?:ist|sind|bleib(?:t|en)|zeig(?:t|en)\ssich|stell(?:t|en)\ssich|erschein(?:t|en))"
        thing = r"(?P<thing>(?:der|die|das)\s[^,;:]+?)"
        behind = r"(?:\sdar)?(?=\s*(?:[.,;]|$))"
        return pattern(language, rf"^{compared},?\s{verb}\s{thing}\s(?:{state}){last}{behind}")
    thing = r"(?P<thing>[^,;:]+?\s(?:is|are|appears?|remains?|looks?))"
    return pattern(language, rf"^{compared},?\s{thing}\s(?:{state}){last}")


def _places(same: str, compared: str) -> list[tuple[str, str]]:
    ends = r"(?=\s*(?:[.,;]|$))"
    return [
        (rf"^(?:{same}|{compared})\s?:\s(?=\S)", ""),
        (rf",\s(?:which|that)\s(?:is|are)\s{same}(?=\s\()", ""),
        (rf"\s?\({same}\)", ""),
        (rf"(?<=\w)[,;]\s{same}\)", ")"),
        (rf"\({same}[,;]\s", "("),
        (rf"(?:;|\s[-–])\s{same}{ends}", f", {same}"),
    ]


def canonical(sentence: str, language: str) -> str:
    """The sentence with phrases of comparison, and the changes that they go with, in one word; else the same."""
    forms = _forms(language)
    lowered = sentence.lower()
    if _COMPLAINS.search(lowered) and _COMPLAINT.search(sentence):
        return sentence
    told = forms.quantity.sub(_without_quantity, sentence) if forms.quantity else sentence
    if language == "de" or _ANOTHER.search(lowered):
        told = forms.adjunct.sub(lambda found: _compared(found, language), told)
    if forms.loose.may_match(told) and forms.change.search(lowered):
        told = forms.loose.sub(lambda found: _beside_change(found, forms, language), told)
    told = forms.odd.sub(lambda found: found[0] if _is_denied(found) else SAME[language], told)
    told = forms.attribute.sub(lambda found: _attribute(found, language), told)
    if (" um " in lowered or " by " in lowered) and (
        COMPARED[language].lower() in told.lower() or _PERFECT.search(told)
    ):
        told = _BY.sub("", told)
    told = forms.became.sub(lambda found: _became(found, language), told)
    if COMPARED[language].lower() in told.lower():
        told = forms.run.sub(lambda found: _in_one_word(found, language), told)
        told = forms.apart.sub(lambda found: _together(found, language), told)
        told = _ARROWS.sub("", told)
    if told != sentence:
        for find, put in forms.places:
            told = find.sub(put, told)
        told = told[:1].upper() + told[1:]
    return told


def _without_quantity(found: re.Match) -> str:
    """ "There is callus" for "There is more callus than in May"; of a structure, that there is less is all it says."""
    named = names_a_thing(found["thing"], "en") or load_words("en").shown.search(found["thing"].casefold())
    return found["front"] + found["thing"] if named else found[0]


_BE = {"has": "is", "have": "are"}
_DENIAL = needle(r"\b(?:kein\w*|nicht|ohne|weder|nie|no|not|without|never|neither|none|nor|nothing|hardly|kaum)\b")
_CLAUSE = re.compile(r"[,;:(]\s|\s[-–]\s|\b(?:but|aber|jedoch|while|während)\b")


def _became(found: re.Match, language: str) -> str:
    if _is_denied(found):
        return found[0]
    return f"{_BE.get(found['verb'].lower(), found['verb'])} {SAME[language]}"


def _is_denied(found: re.Match) -> bool:
    """True behind a denial in the same clause: what it denies may be the change alone."""
    return _DENIAL.search(_CLAUSE.split(found.string[: found.start()])[-1]) is not None


def _attribute(found: re.Match, language: str) -> str:
    if _is_denied(found) or _DENIAL.search(found[0]):
        return found[0]
    put = f"{SAME[language]}e{found['e']} " if language == "de" else f"{SAME[language]} "
    return put[:1].upper() + put[1:] if found[0][:1].isupper() else put


def _together(found: re.Match, language: str) -> str:
    thing = found["thing"]
    if _DENIAL.search(thing):
        return found[0]
    if language == "de":
        many = re.match(r"^.{0,60}?\b(?:sind|bleiben|zeigen|stellen|erscheinen)\b", found[0])
        thing = f"{thing} {'sind' if many else 'ist'}"
    return f"{thing[:1].upper()}{thing[1:]} {SAME[language]}"


def _compared(found: re.Match, language: str) -> str:
    if _UNLIKE.search(found.string, 0, found.start()) or _MORE_OF_IT.match(found.string, found.end()):
        return found[0]
    if _SEEN.search(found.string, 0, found.start()) and not found[0].lower().startswith(
        ("compar", "im vergl", "gegen")
    ):
        return found[0]
    if (
        language == "de"
        and re.match(r"(?:laut|lt|im\s|gemäß)", found[0])
        and _SEEN_BEHIND.match(found.string, found.end())
    ):
        return found[0]
    return _with_capital(COMPARED[language], found)


def _beside_change(found: re.Match, forms: Forms, language: str) -> str:
    """What stands for a phrase that compares only where a word of change stands in its clause."""
    text = found.string
    before, behind = text[: found.start()], text[found.end() :]
    if _HISTORY.search(before) or _SEEN.search(before) or _SEEN_BEHIND.match(behind):
        return found[0]
    if re.match(_DEED, found[0], re.IGNORECASE) or re.match(r"(?:in|from|on)\s", found[0]):
        last = " ".join(before.rstrip(" ,(").rsplit(" ", 4)[-4:]).lower()
        first = " ".join(behind.split(" ")[:8]).lower()
        if not (forms.change.search(last) or forms.change.search(first) or not before.strip()):
            return found[0]
    clause = re.split(r"[;:]\s", before)[-1] + re.split(r"[;:]\s", behind)[0]
    return _with_capital(COMPARED[language], found) if forms.change.search(clause.lower()) else found[0]


_BECAME = {
    "de": r"\b(?P<verb>ist|sind)\s(?:{degree})*{comparative}\sgeworden(?!\sals)(?=\s*(?:[.,;]|$))",
    "en": r"\b(?P<verb>has|have)\s(?:{degree})*(?:(?:become|got(?:ten)?|grown|turned)\s(?:{degree})*{comparative}"
    r"|extended|spread)(?!\sthan)(?=\s*(?:[.,;]|$)|\scompared\sto\sthe\sprior)",
}
_BY = needle(  # how much it changed
    r"\s(?:um|by)\s(?:(?:about|approximately|nearly|almost|more\sthan|ca\.|etwa|rund|gut|knapp|fast|mehr\sals|weitere|another)\s)*"
    r"(?:\d+(?:[.,]\d+)?\s?(?:mm|cm|%|ml|percent)|(?:ein|zwei)\s(?:Drittel|Viertel|Zentimeter|Millimeter)|die\sHälfte|das\sDoppelte|(?:one\s|a\s|two\s)?(?:half|third|thirds|quarter)|a\sfew\smillimet(?:er|re)s)"
    r"(?:\s(?:in\s(?:size|diameter)|im\sDurchmesser))?(?=\s(?:zu|ab|an|größer|kleiner|progredient|regredient|rückläufig|geringer|breiter|gestiegen|reduziert|vermindert|verringert|gesunken"
    r"|\w*(?:genommen|wachsen|größert|kleinert|gegangen|gebildet|stiegen|schrumpft))\b)"
    r"|(?<=creased)\sby\s(?:about\s|approximately\s)?\d+(?:\.\d+)?\s?(?:mm|cm|%|ml)(?=\s*(?:[.,;)]|$)|\s(?:since|compared|from|in\sthe|over|on|at)\b)"
)
_ANOTHER = needle(  # what an English phrase that names another examination holds, in lowercase
    r"compar|prior|previous|than\b|relative|referenc|respect|regard|relation|against|versus|\bvs|\bcf|c/w|comp\.|last|earlier|before|baseline"
    r"|initial|old|outside|yesterday|recent|knowledge|\d/\d|\b(?:19|20)\d\d|former|original|admission|first|preced|latest|index|referr"
    r"|jan|feb|march|apr|may|june|july|aug|sep|oct|nov|dec|ago\b|\d-\d|histor|archiv|nadir|priors|pre-?op|pre-?treat|monday|day\b",
    0,
)
_COMPLAINS = needle(r"\bseit\b|\bsince\b|\bfor\b|klagt|\bs?he\b|^(?:anam|klin|frage|indik|hist|clin|reas)|complain", 0)
_COMPLAINT = needle(  # what a patient says is no comparison of pictures
    r"\b(?:\w*schmerz|beschwerde|symptom|husten|fieber|dyspnoe|übelkeit|schwindel|parese|sturz)\w*\s(?:\w+\s){0,3}seit\b|\bseit\b.*\b(?:\w*schmerz|beschwerde|husten"
    r"|fieber|dyspnoe)|^(?:anamnese|klinik|klinische|fragestellung|indikation|history|clinical|indication|reason)\b|\b(?:klagt|beklagt|he|she|complains?)\b"
    r"|\b(?:pain|headaches?|cough|fever|symptoms?|dyspn\w+|weakness|nausea|vertigo)\s(?:\w+\s){0,3}(?:since|for)\b"
)
_PERFECT = needle(r"\b(?:hat|haben|has|have)\b(?!.*\b(?:rechten|linken|gegenseite|contralateral)\b)")
_ARROWS = needle(r"\s?[↑↓]+(?=\s*(?:[.,;)]|$))", 0)
_AMOUNT = re.compile(r"\d\s?(?:mm|cm|ml|%)\s$")
_MORE = re.compile(
    r"(?:\w+\s)?(?:larger|smaller|bigger|wider|thicker|longer|more|less|größer|kleiner|breiter|dicker|mehr|weniger)",
    re.IGNORECASE,
)
_MORE_OF_IT = re.compile(
    r"\s(?:aus|vom|from|of|dated)\s(?!\d+(?:[.,]\d+)?\s?(?:mm|cm|to\b))|\svon\s(?!\d)", re.IGNORECASE
)  # words that are not known
_UNLIKE = re.compile(r"\b(?:anders|rather|other|different|mehr|later|earlier|früher|später)\s$", re.IGNORECASE)
_DEED = r"(?:(?:auch|jetzt|nun|so|as|again|and|but|now)\s)*(?:nach|unter|after|following|under|during|despite|on)\s"


def _in_one_word(found: re.Match, language: str) -> str:
    compared = COMPARED[language]
    if _is_denied(found):
        return found[0]
    if found[0].lower() == compared.lower() or compared.lower() not in found[0].lower():
        return found[0]
    if _AMOUNT.search(found.string, 0, found.start()) and _MORE.match(found[0]):
        return found[0]  # "each 1 mm larger than in 2021"
    return _with_capital(SAME[language], found)


def _with_capital(put: str, found: re.Match) -> str:
    """What stands for a match, with its capital letter and the full stop that it took for part of a date."""
    if found[0].endswith(".") and found.end() == len(found.string):
        put += "."
    return put[:1].upper() + put[1:] if found[0][:1].isupper() else put
