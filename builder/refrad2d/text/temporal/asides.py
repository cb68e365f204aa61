"""Asides that speak of another day, "previously grade 2", "in der VU nicht vorhanden", and headings of mere change.

>>> is_aside("an increase of 3 mm over twelve months", "en"), is_aside("links 6 mm", "de")
(True, False)
"""

import re

from refrad2d.text.patterns.needles import needle
from refrad2d.text.temporal.frames import frame, is_time

STATE_NOUN = needle(r"(?:vergrößerung|verkleinerung|veränderung|änderung|reduktion)$")
_PLUPERFECT = needle(r"(?:which|that|who)\shad\b|as\s(?:it|they)\s(?:did|was|were|had)\b")
_STATE = needle(  # without a day to compare with
    r"(?:(?:with|without|no|an?|any)\s)*(?:\w+\s)?(?:reduction|expansion|extension|enlargement|development"
    r"|appearance|improvement)s?"
)
IN_SIZE = r"(?:\sin\s(?:size|diameter|length|width|volume|extent|number|appearance))?"
_THAN = r"(?=\s(?:than|compared|since|relative)\b)"
_ENGLISH = (  # every group t speaks of time
    rf"(?:with\s)?(?:an?\s|no\s)?(?:expected\s)?(?P<word>(?:\w+\s)?){{nouns}}{IN_SIZE}(?:\s(?:of|by|from)\s{{size}})?(?!\s(?:of"
    rf"|in)\s)(?P<t>.*)",
    r"(?:newly|first|last|initially)\s{seen}(?P<t>\s.+)",
    r"(?:(?:which|that)\s(?:was|were)\s)?(?:absent|unseen|not\s(?:yet\s)?{seen})(?P<t>\s.+)",
    r"(?:already\s|long\s|also\s)?(?:followed(?:\sup)?|existing|{seen})(?P<t>\s(?:for|since|on|in|at|previously"
    r"|before)\b.*)",
    r"(?:(?:both|all|each|now|also|the\slargest\shaving)\s)?(?:(?:{partly}|\w+ly|again|further|still|not)\s)*"
    r"(?:{grow}|increasing|decreasing|enlarging|improving|worsening|(?:(?:more|less)\s\w+|larger|smaller|bigger"
    r"|worse|better|\w{3,}er)"
    rf"{_THAN}){IN_SIZE}(?P<t>.*)",
    r"(?:length\s|diameter\s|size\s|width\s)?(?:then\s|last\smeasured\s(?:at\s)?|was\s(?={size})|previously|formerly"
    r"|before(?:hand)?|earlier|prior|originally|initially)\s?(?:was\s|measur\w+\s|at\s|of\s)*"
    r"(?:{size}|(?:grade|type|stage|class|score)\s\S+|(?:with|without)\s\w+|none|normal|absent)(?P<t>.*)",
    r"(?:some|many|most|all|both|several|two|three|one)\sof\s(?:which|them)\s(?:(?:have|has|are|is)\s)?(?P<t>.*)",
    r"(?:both|all|each)\s(?:also\s)?(?P<t>.+)",
    r"(?:previously|formerly|before|earlier|initially|originally)\sonly\s(?:to|in|into|as\sfar\sas|up\sto|at|on)\s"
    r"(?:the\s)?[\w\s-]+(?P<t>)",
    rf"(?:extending|reaching|spreading)?\s?(?:further|more|less|\w{{3,}}er)(?:\s\w+ly)?{_THAN}(?P<t>.*)",
)
_GERMAN = (
    r"(?:in|bei|im|am|zur|zum|laut)\s(?!(?:der\s|dem\s)?(?:hals|thorax|abdomen|becken|kopf|schädel|knie|bauch)\b)"
    r"(?P<t>.+?)\s(?:noch\s)?{size}",  # every group t speaks of time
    r"(?:(?:mit|ohne|bei|keine?r?)\s)?(?:\w+e[rnms]?\s)*{nouns}(?:\s(?:um|von)\s{size})?(?!\s(?:de[rs]|eine[rs]"
    r"|von|auf)\b)(?P<t>.*)",
    r"(?P<t>(?:.*\s)?)(?:noch\s)?(?:nicht|kein\w*)\s(?:sicher\s|eindeutig\s)?(?:{visible}|{seen}|beschrieben"
    r"|erwähnt|bekannt|gesehen|vorhanden|abgegrenzt)",
    r"(?:(?:beide|beides|alle|jeweils|sämtliche|davon\s\w+)\s)(?P<t>.+)",
    r"(?:zuvor|vormals|früher|vorher|damals|ehemals|ursprünglich|initial|zuletzt)\s(?:noch\s)?(?:{size}|(?:grad"
    r"|typ|stadium)\s\S+|(?:mit|ohne)\s\w+)(?P<t>.*)",
    r"(?:die|der|das|welche[rs]?)\s(?:(?:bereits|schon)\s)?(?P<t>.+\s)(?:beschrieben|erwähnt|gesehen"
    r"|diagnostiziert|dokumentiert|bekannt)\s(?:wurden?|worden\s(?:war|ist)|war(?:en)?|ist|sind)",
    r"(?:die|der|das|welche[rs]?)\s(?P<t>.+?)\s(?:noch\s)?(?:nicht|kein\w*)\s(?:bestand(?:en)?|vorlag(?:en)?"
    r"|vorhanden\swar(?:en)?"
    r"|{visible}\swar(?:en)?)",
    r"(?:(?:erstmals|zuletzt|bereits|schon)\s)?(?P<t>.+?)\s(?:beschrieben|diagnostiziert|gesehen|nachgewiesen"
    r"|dokumentiert|erwähnt)",
    r"(?:die|der|das|welche[rs]?)\s(?P<t>)(?=.*\b(?:{anchor}|letzten|damals|zuvor|vormals|noch)\b).+\s"
    r"(?:\w+(?:te|ten)|war|waren|lag|lagen|fand|bestand(?:en)?|\w*nahm|\w*wies|\w*ging|\w*hielt)",
    r"(?:im|in\sder)\s(?:TOF|T[12]w?|FLAIR|DWI|STIR|CT|MRT|Nativscan)\s(?P<t>.+)",
    r"(?:im\s|in\sder\s|in\s)?(?:kaliber|ausdehnung|größe|form|weite|dichte|breite)\s(?P<t>.*)",
)
_RESPONSE = (
    r"(?:overall\s)?(?:(?:no|good|poor|partial|complete|favou?rable|unfavou?rable|mixed|excellent|moderate)\s)+"
    r"(?:\w+\s)?(?:response|evolution|course|remission)(?:\s(?:to|under|after|on)\s[\w\s-]+)?"
)
_GERMAN_RESPONSE = (
    r"(?:(?:insgesamt|somit)\s)?(?:(?:gute[rsn]?|kein|fehlende[rs]?|partielle[rs]?|komplette[rs]?"
    r"|gemischte[rs]?"
    r"|deutliche[rs]?|teilweise[rs]?|mäßige[rs]?|sehr)\s)+(?:therapie|tumor|chemo)?-?(?:ansprechen"
    r"|erfolg|regression"
    r"|remission|response)(?:\s(?:auf|unter|nach)\s[\w\s-]+)?"
)


def is_aside(part: str, language: str) -> bool:
    """True if a piece between commas speaks of another day or of change only."""
    if language == "en" and _PLUPERFECT.match(part):
        return True
    for pattern in _ENGLISH if language == "en" else _GERMAN:
        found = frame(language, pattern).fullmatch(part)
        if found and not is_time(found.groupdict().get("word", ""), language):
            continue  # "no signal change" says how a thing looks
        if found and is_time(found["t"], language):
            return not _is_state(part, found["t"], language)
    return False


def _is_state(part: str, time: str, language: str) -> bool:
    """ "without reduction", "ohne Vergrößerung": a state where no day is named."""
    if language == "en":
        return _STATE.fullmatch(part) is not None
    return STATE_NOUN.search(part) is not None and not time.strip()


def only_says_change(part: str, language: str) -> bool:
    """True for a heading such as "No response to antibiotics", "Gutes Ansprechen", "Changes compared with …"."""
    if frame(language, _RESPONSE if language == "en" else _GERMAN_RESPONSE).fullmatch(part):
        return True
    compared = language == "en" and re.search(r"\b(?:compar|since|change)", part, re.IGNORECASE)
    return bool(compared) and is_time(part, language)


_DENIED_BEHIND = needle(r":\s(?:keine?[rs]?|none|nil|nein|no)\b")
_DENIED_AND_THERE = needle(r"\b(?:no|keine?[nr]?)\s(\w{4,})\b[^.]*[;,][^.]*\b\1\b")
_BEFORE = needle(
    r"\b(?:bisher|bislang|zuletzt|zuvor|vormals|früher|vorher|before|previously|formerly|last|initially|earlier)\b"
)
_AIM = needle(r"^(?:verlaufs)?kontrolle\b[^:.;]*:|^follow-?\s?up\s(?:of|for)\b[^:.;]*:")
_NEW = needle(r"\b(?:neue?[rsnm]?|new|newly|weitere[rsn]?|further|progrediente[rsn]?|progressive)\b")
_PARTLY_GONE = needle(
    r"\b(?:resolved|cleared|subsided|disappeared|gone|resorbed|dissolved)\s"
    r"(?:somewhat|partially|partly|slightly|mostly|largely|a\s(?:little|bit)|in\s(?:large\s)?part|to\s(?:some|a\s\w+)\sextent)\b"
    r"|\bnicht\smehr\s(?:sicher|eindeutig|zweifelsfrei|gut|vollständig|klar|deutlich)\b"
    r"|\bno\slonger\s(?:be\s)?(?:clearly|definitely|well|fully|reliably|convincingly)\b"
    r"|\b(?:etwas|teilweise|teils|partiell|gering|leicht)\s(?:zurückgebildet|resorbiert|aufgelöst|abgeklungen)\b"
)
_DENIES = needle(r"\b(?:no|keine?)\s", 0)
_HEAD_WORD = re.compile(r"[^\W_]+")


def turned(source: str, kept: str) -> str | None:
    """Why a rewrite says something else though every word of it stands in its source: "negation", "scope" or None."""
    if _DENIED_BEHIND.search(kept) and _NEW.search(source) and not _NEW.search(kept):
        return "negation"  # "Neue Herde: keine."
    denials = len(_DENIES.findall(kept.casefold())) - len(_DENIES.findall(source.casefold()))
    if _PARTLY_GONE.search(source) and denials > 0:
        return "negation"  # "has cleared somewhat"
    if _DENIED_AND_THERE.search(kept) and _BEFORE.search(source) and not _BEFORE.search(kept):
        return "negation"  # "bisher keine Fraktur, jetzt Fraktur L2"
    return "scope" if _AIM.search(source) and _asserts_aim(kept) else None


def _asserts_aim(kept: str) -> bool:
    """True if "follow-up of pneumothorax: expanded lung" became "pneumothorax: expanded lung"."""
    head, colon, rest = kept.partition(":")
    named = [word[:5].casefold() for word in _HEAD_WORD.findall(head)[-1:]]
    return bool(colon) and not _AIM.search(kept) and not any(word in rest.casefold() for word in named)
