"""Sizes of another day, and what a list of criteria calls the course: they go from a sentence before anything is read.

>>> without_earlier_sizes("Zyste links 23 mm (10/22: 18 mm), rechts 8 mm, damals 6 mm.", "de")
'Zyste links 23 mm, rechts 8 mm.'
"""

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from refrad2d.text.patterns.needles import Needle, needle
from refrad2d.text.temporal.canonical.comparisons import pattern
from refrad2d.text.temporal.idle import PARENTHESIS

_ENDS = r"(?=\s*(?:[.,;:)]|$)|\s(?:und|sowie|bei|mit|and|with|but|aber)\s)"
_MEASURED = needle(r"\d\s?-?(?:mm|cm|m[lL]|cc|%|HU|HE|°|Grad\b)|\d[.,]\d", 0)
_SIZE = needle(r"\d\s?-?(?:mm|cm|m[lL]|cc)\b", 0)
_DAY = r"(?:\d{1,2}[./]\d{1,2}\.?(?:[./]?\d{2,4})?)"
_OTHER_DAY = {  # pieces that only tell of another day, or of the way from there
    "de": (
        rf",\s(?:zur|zum)\svor-\w+\s(?:(?:vom|von)\s{_DAY}\s)?"
        r"(?:rückläufig|abnehmend|zunehmend|unverändert|progredient|regredient|idem|konstant|stabil)(?=\s*(?:[.,;]|$))"
        r"|,\s(?:abnehmend|zunehmend|rückläufig|progredient|regredient)\sseit\s(?:der|dem|den)\s\w+(?=\s*(?:[.,;]|$))"
        r"|,\s(?:zunahme|abnahme|zuwachs|wachstum|progress|regress)\s(?:um\s[\d,.]+\s?(?:mm|cm|%)\s)?(?:binnen|innerhalb)\s"
        r"[^,;.]*(?=\s*(?:[.,;]|$))"
        r"|\s?\([+−–±-]\s?\d[\d,.]*\s?(?:mm|cm|%)\s(?:zu[rm]?|seit|ggü\.?|gegenüber|vs\.?)\s[^()]*\)"
    ),
    "en": (
        r"\s?[\[(](?:baseline|initial|initially|nadir|prior|previous|originally)\s[\d.]+[^\])]*(?:mm|cm)[\])]"
        r"|^(?:old|prior|previous|outside|earlier)\s(?:films?|studies|images|scans?|ct|mri)\s(?:showed|demonstrated|had)\s"
        r"[^;,.]*\d[^;,.]*;\s"
        rf"|,\son\s{_DAY}\s(?:it|they)\s(?:was|were)\s[^.;,]*(?=\s*(?:[.;]|$))"
        r"|^(?:it|this|they)\s(?:was|were|measured|had\sbeen|had\smeasured)\s[^,;.]*\d[^,;]*?(?:on|in|at)\sthe\s"
        r"(?:last|prior|previous|earlier|preceding)\s(?:one|exam(?:ination)?|stud(?:y|ies)|scan|ct|mri?|ultrasound)\.?$"
        r"|^(?:i|we)\s(?:have\s)?compared\s(?:these|this|the)\s\w+\s(?:with|to)\s[^;]*$"
        r"|^the\s(?:appearances?|findings)\s(?:is|are)\s(?:\w+ly\s)?(?:those|that)\sof\s\w+:\s"
        r"|^(?:it|this|they)\s(?:was|were|measured|had\sbeen)\s[\d.x×\s]+[mc]m\sin\s(?:(?:19|20)\d\d|(?:january|february|march|april|may"
        r"|june|july|august|september|october|november|december))\.?$"
        r"|,\s(?:volume|size|diameter)\s(?:up|down)\s(?:by\s)?[\d.]+\s?%\s(?:from|since)\s[^,;.]*(?=\s*(?:[.;,]|$))"
    ),
}
_PIECES = re.compile(r"((?:,(?!\d)|;|\s/)\s?)")
_SIDES = needle(r"\b(?:links?|rechts?|left|right|linke[rnms]?|rechte[rnms]?)\b")
_ATTRIBUTE = needle(r"(?:messend|groß|durchmessend|breit|dick)e", 0)
_FROM = needle(  # "up to 15 mm from 11 mm"
    r"(?<=\d\s[mc]m)\sfrom\s(?:about\s)?\d+(?:\.\d+)?(?:\s?[x×]\s?\d+(?:\.\d+)?)?\s?[mc]m(?=\s*(?:[.,;)]|$))"
)
_VERB = (
    r"(?:is|are|has|have|now|measures?|shows?|remains?|appears?|ist|sind|hat|haben|misst|messen|zeigt|zeigen|beträgt|nun|jetzt"
    r"|aktuell|bleibt|stellt)"
)


_PLUPERFECT = {  # "measures 9 mm and had measured 6 mm"
    "de": "",
    "en": r"|\s(?=(?:and|but|where|when|which|that)\s(?:it\s|they\s)?(?:had|used)\b){pluperfect}",
}
_ONCE = r"\s{pluperfect}\s(?:and|but)\s(?=(?:it\s)?(?:is|are|now|measures?)\b)"


@dataclass(frozen=True)
class Values:
    """The patterns of one language."""

    piece: Needle  # a piece of a parenthesis that tells of another day
    now: Needle
    tail: Needle  # the same behind a comma
    attribute: Needle  # "der im Mai noch 4 cm messende"
    bare: Needle  # "SUV 7.1, prior 12.4"
    dated: Needle
    head: Needle  # the same at the beginning
    against: Needle  # "12 mm versus 8 mm"
    date: Needle
    once: Needle | None  # "had been 13 cm and is now 15 cm"


@cache
def _values(language: str) -> Values:
    def compiled(stored: str) -> Needle:
        return needle(pattern(language, stored))

    told = "(?:{labelled}|{amount})"
    absent = (
        r"{label}\s(?:noch\s|not\s|nicht\s|kein\w*\s|yet\s)*"
        r"(?:nicht|absent|vorhanden|nachweisbar|abgrenzbar|sichtbar|seen|visible|present)"
    )
    return Values(
        compiled(f"(?:{told}|{{against}}|{absent})"),
        compiled(r"\b{now}\b"),
        compiled(rf"(?:(?:[,;]|\s[-–])\s{told}{_PLUPERFECT[language]})(?:,(?=\s{_VERB}\b)|{_ENDS})"),
        compiled(r"\b{label}\s(?:noch\s|nur\s)?{size}\s(?:messend|groß|durchmessend|breit|dick)e[rnms]?\s(?=\w)"),
        compiled(r"(?<=\d),\s{label}:?\s{number}(?=\s*(?:[.;,)](?!\d)|$))"),
        compiled(r"{when}:?\s(?:noch\s)?{size}|{size}\s{when}"),
        compiled(r"^(?>{labelled}),?\s(?:(?:and|und)\s)?(?=\w)"),
        compiled(
            r"(?:(?<=\d\s[mc]m)(?<!bei\s\d\s[mc]m)|(?<=\d\scc)),?\s{against}(?=\s*(?:[.,;)]|$)|\s(?:{degree})*{state}(?!\w))"
        ),
        compiled("{when}"),
        compiled(_ONCE) if language == "en" else None,
    )


@cache
def _other_day(language: str) -> Needle:
    return needle(_OTHER_DAY[language])


def without_other_day(sentence: str, language: str) -> str:
    """The sentence without the pieces that only tell of another day: "[baseline 45 mm]", ", on 1/9 it was higher"."""
    kept = _other_day(language).sub("", sentence)
    return kept if kept == sentence else kept[:1].upper() + kept[1:]


@lru_cache(maxsize=16)
def without_earlier_sizes(sentence: str, language: str) -> str:
    """The sentence without the sizes that it gives for another day; the same if a size of now could be among them."""
    if not _MEASURED.search(sentence):
        return sentence
    values = _values(language)
    kept = PARENTHESIS.sub(lambda found: _in_parenthesis(found, values), sentence)
    if _ATTRIBUTE.search(sentence):
        kept = values.attribute.sub("", kept)
    kept = values.head.sub("", kept, count=1)
    kept = values.once.sub(" ", kept, count=1) if values.once else kept
    kept = values.bare.sub("", values.tail.sub("", kept))
    if len(_SIDES.findall(kept)) < 2:
        kept = values.against.sub("", kept)
    kept = _FROM.sub("", kept)
    if kept == sentence:
        return sentence
    gone = len(_SIZE.findall(sentence)) - len(_SIZE.findall(kept))
    if gone and values.dated.search(sentence) and (not _SIZE.search(kept) or values.dated.search(kept)):
        return sentence  # which of them is of now?
    return kept[:1].upper() + kept[1:]


def names_only_other_days(sentence: str, language: str) -> bool:
    """True if all of at least two sizes are those of a date each: which of them is of now is not said."""
    if len(_SIZE.findall(sentence)) < 2:
        return False
    dated = _values(language).dated
    return len(dated.findall(sentence)) > 1 and not _SIZE.search(dated.sub(" ", sentence))


def _in_parenthesis(found: re.Match, values: Values) -> str:
    cut = _PIECES.split(found[1])
    gaps, pieces = ["", *cut[1::2]], cut[::2]
    stays = [
        at for at, piece in enumerate(pieces) if values.now.search(piece) or not values.piece.fullmatch(piece.strip())
    ]
    if len(stays) == len(pieces):
        return found[0]
    if not stays:
        return ""
    shown = "".join((gaps[at] if n else "") + pieces[at] for n, at in enumerate(stays))
    return f"{found[0][: found[0].index('(')]}({shown.strip()})"


_RESPONSE = {
    "en": (
        r"(?:stable\s(?:disease|tumou?r)|(?:progressive|progression\sof|recurrent)\s(?:the\s)?disease|disease\s(?:progression|stability)|(?:partial|complete"
        r"|mixed|no|good|poor|favou?rable|excellent|major|minor|near-complete)\s(?:treatment\s|tumou?r\s|metabolic\s|therapeutic\s|morphologic(?:al)?\s)?(?:response|remission)"
        r"|\b(?:SD|PD|PR|CR|CMR|PMR|SMD|PMD|NE|irPR|iUPD|iCPD)\b|non-CR/non-PD)",
        r"(?:overall|in\ssummary|best|current|final|timepoint|tumou?r|treatment|radiolog\w+|therapy|assessment|response|status|evaluation|category|conclusion"
        r"|impression|result|findings?|picture|consistent|compatible|in\skeeping|in\sline|with|corresponds?|corresponding|amounts?|meets?|meeting|qualif\w+|fulfil\w*"
        r"|criteria|for|by|per|according|to|as|under|using|of|the|a|an|this|is|was|represents?|representing|indicating|i?m?i?RECIST|RANO|Choi|PERCIST|Lugano|Cheson"
        r"|v?\d\.\d|thus|hence|therefore|remains?|currently|now|and|in)",
    ),
    "de": (
        r"(?:stable\sdisease|progressive\sdisease|(?:partial|complete|mixed|minor)\s(?:response|remission)|(?:partielle[rsn]?|komplette[rsn]?|vollständige[rsn]?|gute[sn]?"
        r"|gemischte[sn]?|fehlende[sn]?|kein|deutliche[sn]?)\s(?:Remission|Ansprechen|Response|Therapieansprechen|Tumoransprechen)"
        r"|(?:stabile|progrediente|progressive)\s(?:Tumor)?-?(?:erkrankung|Krankheit)|Krankheitsstabilisierung|Krankheitsprogress|Tumorprogress|Progress|Teilremission|Vollremission|Befundkonstanz|Befundstabilität|Tumorstabilität"
        r"|(?-i:\b(?:SD|PD|PR|CR|NE)\b)|non-CR/non-PD)",
        r"(?:insgesamt|gesamt|gesamtbeurteilung|gesamtbefund|beurteilung|zusammenfassend|zusammengefasst|somit|damit|daher|entsprechend|entspricht|vereinbar|passend"
        r"|formal|bildgebend|radiologisch|onkologisch|morphologisch|tumorstatus|status|tumor|response|therapie|im|sinne|einer|eines|eine|ein|einem|der|des|als|mit|zu|bei"
        r"|nach|gem\.|gemäß|laut|lt\.|den|kriterien|i?m?RECIST-?(?:Kriterien)?|RANO|Choi|Lugano|v?\d\.\d|aktuell|weiterhin|unverändert|ist|liegt|vor|und|auf)",
    ),
}


@cache
def _response(language: str) -> tuple[Needle, Needle]:
    core, around = _RESPONSE[language]
    word = rf"(?:{core}|{around})"
    run = rf"(?:(?:{around})[\s:,(]+)*{core}(?:[\s:,()]+{word})*\)?"
    whole = needle(rf"\W*{run}\W*")
    piece = needle(rf"(?:(?:[,;]|\s[-–])\s{run}|\s?\({run}\))(?:(?=\s*(?:[.;)]|$))|(?P<next>,))")
    return whole, piece


@cache
def _response_head(language: str) -> Needle:
    core, around = _RESPONSE[language]
    return needle(
        rf"^(?:(?:{around})[\s:,]+)*{core}(?:[\s:]+(?:{around}))*(?:\s\([^()]*RECIST[^()]*\))?(?:[:,;]\s|\s(?=\())"
    )


_CRITERIA = needle(
    r"recist|disease|respon|remission|\b[sp]d\b|\b[pc]r\b|krankheit|ansprechen|progress|stabilität|konstanz"
)


def without_response(sentence: str, language: str) -> str:
    """The sentence without the pieces that only name the course: "stable disease by RECIST 1.1"; "" if that is all."""
    if not _CRITERIA.search(sentence):
        return sentence
    whole, piece = _response(language)
    if whole.fullmatch(sentence):
        return ""
    headless = _response_head(language).sub("", sentence)
    if headless != sentence:
        sentence = headless[:1].upper() + headless[1:]
    return piece.sub(
        lambda found: ";" if found[0][0] == ";" and found["next"] == "," else (found["next"] or ""), sentence
    )
