"""Whether a sentence from which words of time went is still whole, and still says which of two days is now.

>>> defect("The nodule is unchanged (8 mm).", "The nodule is (8 mm).")
'form'
>>> defect("Node: 17 mm in May, 10 mm today.", "Node: 17 mm in May, 10 mm.")
'now'
"""

import re

from refrad2d.text.patterns.needles import Needles, needle

_THING = r"[^,;.()]"
_ENDS = r"(?:\s*[.;:]?\s*$|\s*[,;)])"
# What no whole sentence has unless its source had it; each alternative is one check.
_BROKEN = (
    r"\b(?:is|are|was|were|has|have|remains?|ist|sind|war|waren|hat|haben|bleibt|bleiben)\s\(",
    rf"\b(?:ist|sind|hat|haben|wird|werden)\s(?:der|die|das|dieser?|dieses)\s{_THING}*,\s(?:\d|links|rechts|im|in|und)\b",
    rf"^(?:von|aus|from)\s\d{_THING}*,\s\d",
    rf"\b(?:links|rechts|left|right),\s(?:ca\.\s|about\s)?\d{_THING}*,\s(?:links|rechts|left|right),\s\d",
    r"\b(?:and|or|but|nor|than|of|from|to|with|by|as|since|while|whereas|although|und|oder|aber|sowie|als|von|vom|auf"
    r"|mit|bei|seit|gegenüber|während|wobei|zum|zur|im|am)" + _ENDS,
    r"(?:^|[;:]\s)(?:but|whereas|although|wobei|jedoch)\s*[.,;]",
    r",\s*$|\(\s*[,;]|[,;]\s*\)|[,;:]\s*[,;.](?!\d)|\(\s*\)",
    r"\b(?:ist|sind)\s(?:[hbl]wk|[ctl]\d|segment|l\d/)",
    r"\b(?:has|have)\s(?:not\s)?(?:and|or|to\s\d|on|in\sthe|from)\b",
    r"\b(?:hat|haben|ist|sind)\s(?:sich\s)?(?:nicht\s)?(?:und|oder|auf|von)\b",
    r"\b(?:a|an|the|ein|eine[rnms]?|der|die|das)\s(?:is|are|has|have|ist|sind|hat|haben|and|und)\b",
    r"\b(?:i\.\s?vgl|cf|vs|vgl|ggü)\.?\s*$",
    r"\b(?:no|kein(?:e[nmrs])?|without|ohne)\s*(?:[.,;)]|$)",
    r"\b(?:not|nicht)\s(?:and|und|or|oder)\b|\b(?:is|are|ist|sind)\s(?:not|nicht),\s",
    r"\bno\s[\w-]+ing\s*[,.;]",
    r"\b(?:as|because|that|if|da|weil|dass|wenn)\s(?:the|die|der|das)\s\w+\s*[.,;]",
    r"\bkeine?\s(?:gesehene|beschriebene|genannte|erwähnte|sichtbare|bekannte)[rsn]?\b|\bno\s(?:seen|described|noted|known|reported)\s",
    r"\b(?:war|waren|was|were|ist|sind|is|are)\s*[.,;)]",
    r"[,;]\s(?:das|der|die|the)\s\w+\s*\.$",
    r"^\W*(?:size|number|extent|appearance|volume|größe|zahl|ausdehnung)\s(?:but|and|or|aber|und|oder|is|are|ist|sind)\b",
    r"\b(?:is|are)\sthe\s\d|\b(?:ist|sind)\s(?:der|die|das)\s\d",
    r"\b(?:ist|sind)\s(?:der|die|das)\s[\w-]+\s*[.,;]",
    r"\b(?:is|are)\s(?:though|although|apart|except|but|despite)\b|\b(?:though|although|obwohl)\s*[.,;]",
    r"^no\s[^,;.]*\b(?:but|and)\s(?:is|are)\b|\b(?:as|so)\s(?!far|well)\w+\s*[.,;]",
    r"(?:^|\s)[|/]\s*(?:$|\n)",
    r"\b(?:had|has|have)\s(?:been|measured)\s*[.,;)]|\bused\sto\s(?:be|measure)\s*(?:[.,;)]|and\b|but\b)",
    r"\b(?:is|are)\s(?:dating\s|going\s)?back\s*[.,;]|\b(?:dating|going)\s(?:as\sfar\s)?(?:back\s)?(?:as\s)?\s*[.,;]|\bsince\sat\sleast\b",
    r"^no\s[^,;.]*\b(?:is|are)\s(?:the|a|an)\b|\b(?:is|are)\sthe\s[^,;.]*\s(?:has|have|is|are)\s",
    r"\b(is|are|ist|sind|was|were)\s\1\b|\bno\s([\w-]+);\sno\s\2\b",
    r"\b(?:is|are)\s(?:appears?|measures?|shows?|lies|extends?|contains?|remains?|reaches)\b|\b(?:ist|sind)\s(?:misst|messen|zeigt|reicht|liegt|enthält|hat)\b",
    r"\b(?:nahm|nahmen|nimmt|nehmen|ging|gingen|stieg|stiegen|nam)\s*[.,;]|,\s(?:diesbezüglich|(?:in\sthis\s)?regard)\s*[.,;]",
    r"\b(?:looks?|appears?|seems?|getting|wirkt|erscheint)\s(?:\w+ly\s*)?[.,;]|\b(?:looks?|appears?|seems?|getting|wirkt|erscheint)[.,;]",
    r"\b(?:which|that|welche[rs]?)\s\(",
    r"\b(?:is|are)\s(?:there|it|this|that)\s(?:is|are|has|have)\b|,\sfor\s(?:at\sleast\s)?(?:\d+|two|three|many|several)\s(?:years|months|weeks)",
    r"\b(?:back|down|up)\s\d|^(?:nothing|nichts)\s(?:different|anderes)\b",
    r"\b(?:sits?|lies|stands?|liegt|liegen|sitzt|sitzen|steht|stehen)\s*[.,;]",
)
_BREAKS = Needles(needle(check, 0) for check in _BROKEN)

_MONTH = (
    r"januar|jänner|februar|feber|märz|april|mai|juni|juli|august|september|oktober|november|dezember|january|february"
    r"|march|june|july|october|december|(?<=in )may|(?<=of )may"
)
_THEN = needle(  # what shows that a sentence tells of another day, or of a deed that led to the state of now
    rf"\b(?:{_MONTH})\b|\b(?:19|20)\d\d\b|\b\d{{1,2}}[./]\d{{1,2}}[./](?:\d\d)?|\b\d{{1,2}}/\d\d\b"
    r"|\b(?:at|on)\s(?:diagnosis|presentation|admission|baseline|discharge|birth)\b|\bpreviously\b|\bformerly\b"
    r"|\boriginally\b|\binitial(?:ly)?\b|\bearlier\b|\bbefore\b|\bprior\b|\bprevious\b|\bago\b|\byesterday\b|\bonce\b"
    r"|\blast\s(?:year|month|week|time|exam\w*|study|scan|ct|mri)\b|\bbaseline\b|\bnadir\b|\bpre-?(?:op|treatment|therap)\w*"
    r"|\b(?:was|were|had|used\sto)\b|\b(?:has|have)\s(?:not\s)?(?:been\s)?(?!drained|removed|resected|operated|aspirated|replaced|placed|inserted|embolized|ablated|treated|been)\w+(?:ed|en|wn)\b|\b(?:recurrent|intermittent)\b"
    r"|\bbei\s(?:der\s)?(?:erst)?(?:diagnose|aufnahme|vorstellung|geburt|entlassung)|\bzuvor\b|\bvormals\b|\bdamals\b"
    r"|\bfrüher\b|\bseinerzeit\b|\bvorher\b|\bursprünglich|\banfangs\b|\bzunächst\b|\bgestern\b|\bvortag|\bvorjahr"
    r"|\bvor-?(?:untersuchung|befund|aufnahme|ct|mrt|wert)|\bvu\b|\bvor\s(?:\d|ein|zwei|drei|vier|sechs|wenig|mehrer)"
    r"|\b(?:war|waren|wurden?(?!\s(?:\w+\s){0,2}(?:drainiert|entfernt|operiert|reseziert|punktiert|ersetzt|versorgt|implantiert|eingelegt|platziert|embolisiert|ablatiert|bestrahlt)\b)|hatten?|gewesen|maß|maßen|betrug|bestand|lag)\b|\b(?:prä|prae)(?:op|therap)\w*"
    r"|\bvor\s(?-i:[A-ZÄÖÜ])\w+|\b(?:anstatt|statt|anstelle|instead\sof|in\splace\sof)\b|\brezidivierend|\bintermittierend|\bvor\s(?:der\s)?(?:op|therapie|chemo\w*|bestrahlung)\b"
    r"|\bgeworden\b|\b(?:has|have)\sbecome\b|\bnicht\s\w*(?:zurückgebildet|verkleinert|abgenommen|zugenommen|verändert|geändert)\b"
)
_NOW = needle(
    r"\b(?:now|today|currently|presently|at\spresent|still|at\sthis\stime|heute|jetzt|nun|nunmehr|derzeit|aktuell"
    r"|gegenwärtig|momentan|noch|mittlerweile|inzwischen|dzt)\b"
)

_MORE = (
    r"(?:increas|decreas|diminish|progressive|gradual|fading|growing|widening|narrowing|larger|smaller|brighter|denser"
    r"|zunehmend|abnehmend|ansteigend|abfallend|nachlassend|progredient|zunahme|abnahme|rückgang|größer|kleiner)\w*"
)
_INSIDE = (  # phases, positions, sequences and places of one examination
    r"(?:\w*phasen?|phases|delayed\simages|washout|(?:from|von)\s(?:nativ\w*|unenhanced|arterial|early|der\sarteriell\w+)|(?:in|ex)spiration\w*"
    r"|expirat\w+|expiration|valsalva\S*|flexion|extension|supine|prone|upright|standing|lying\sdown|decubitus|repositioning|lagerungswechsel|im\s(?:liegen|stehen)|rückenlage|bauchlage|weight-?bearing|funktionsaufnahme\w*"
    r"|dynamic|dynami\w+|b-?(?:values?|werten?)|echo(?:es|s)?|sequen\w+|cranio-?caudal\w*|kranio-?kaudal\w*|caudally|cranially"
    r"|distally|proximally|inferiorly|superiorly|peripherally|centrally|nach\s(?:kaudal|kranial|distal|proximal|dorsal"
    r"|ventral|lateral|medial|apikal|basal|peripher)|(?:kaudal|kranial|distal|proximal|peripherie|zentral)wärts"
    r"|towards?\s(?:the\s)?\w+|zur\s(?:peripherie|basis|spitze)(?:\shin)?"
    r"|from\s(?:the\s)?(?:top|apex|base|head|upper|lower|proximal|distal|cranial|caudal|superior|inferior|anterior|posterior"
    r"|medial|lateral|[ctl]\d+)\b|von\s(?:kranial|kaudal|proximal|distal|ventral|dorsal|medial|lateral|apikal|basal))"
)
_WITHIN = needle(rf"\b{_MORE}\b(?:\s[^\s,;.]+){{0,9}}?\s{_INSIDE}\b|\b{_INSIDE}\b(?:\s[^\s,;.]+){{0,5}}?\s{_MORE}\b")
_CHANGE_WORD = needle(rf"\b{_MORE}")
_DENIED_STATE = needle(
    r"\b(?:not|nicht|never|neither)\s(?:\w+(?:ly|lich|ig)\s)?(?:enlarged|dilated|thickened|widened|narrowed|expanded"
    r"|displaced|elevated|reduced|distended|vergrößert|erweitert|verdickt|verbreitert|verschmälert|verlagert|erhöht|gestaut)"
    r"(?!\s(?:since|from|compared|further|gegenüber|seit|im\sver))\b"
)


def defect(source: str, kept: str) -> str | None:
    """Why a rewrite is no whole sentence of now: "form", "now", "within" or "state"; None if it is one."""
    if kept == source:
        return None
    before, after = source.lower(), kept.lower()
    for at in _BREAKS.possible(after):
        broken = {told[0] for told in _BREAKS[at].finditer(after)}
        if broken and broken - {told[0] for told in _BREAKS[at].finditer(before)}:
            return "form"
    if _verb_gone(source, kept) or _BARE_END.search(kept) and _VERB.search(source[source.rfind(", ") :]):
        return "form"
    if _DENY.search(source) and _SIDES.search(kept) and not _SIDES.search(source):
        return "side"
    if _UNSURE.search(source) or _ELLIPSIS.search(source):
        return "unsure"
    if _dated_size_stays(source, kept) or _dates_gone(source, kept):
        return "previous"
    if (
        len(_PARTICLE.findall(source)) > len(_PARTICLE.findall(kept))
        or _BECAME.search(kept)
        and _auxiliaries(source) > _auxiliaries(kept)
    ):
        return "form"
    if _contrast_gone(source, kept):
        return "contrast"
    if _now_gone(source, kept):
        return "now"
    if _within_one_examination(source, kept):
        return "within"
    shown = kept.casefold()
    if any(state[0].casefold() not in shown for state in _DENIED_STATE.finditer(source)):
        return "state"
    return None


_JOINED = needle(r"\b(\w+)\s(and|or|but|und|oder|aber)\s(\w+)", 0)
_VERB = needle(r"\b(?:is|are|was|were|has|have|remains?|ist|sind|war|waren|hat|haben|bleibt|bleiben)\b")
_DENY = needle(r"\b(?:kein\w*|nicht|ohne|no|not|without)\b")
_LONGER = needle(r"\bno\slonger\b|\bmehr\b")
_CONTRAST = needle(r"\b(?:kein\w*|nicht|ohne|no|not|without)\b[^;.]*?,?\s(aber|jedoch|sondern|but|yet)\s")


_UNSURE = needle(  # exceptions, conditions, concessions, and a change that is only suspected
    r"\bbis\sauf\s(?:ein|eine[nmr]?|der|die|das|den|dem)\b|\bmit\sausnahme\b|\babgesehen\svon\b|\bexcept(?:ing|ion)?\b"
    r"|\bapart\sfrom\b|\b(?:whether|if|unless|ob|wenn|falls|sofern)\b|\b(?:despite|trotz)\b"
    r"|\b(?:possibl[ey]|suspected|questionabl[ey]|probabl[ey]|suspicion\sof|concern\sfor|fraglich\w*|mögliche\w*|möglicherweise"
    r"|verdacht\sauf|v\.\s?a\.|wahrscheinlich\w*)\s(?:\w+\s){0,2}(?:new|growth|increas|progress|enlarg|worsen|neu|\w*zunahme"
    r"|progred|wachs|größer|larger)\w*"
)
_SIZE = needle(r"\d+(?:[.,]\d+)?\s?(?:mm|cm|ml)\b", 0)
_PIECE = re.compile(r"[;,](?=\s)")


_BARE_END = needle(r",\s(?-i:[A-ZÄÖÜ][a-zäöüß]+)\s*\.$", 0)
_SIDES = needle(r"\b(?:rechts\sund\slinks|links\sund\srechts|right\sand\sleft|left\sand\sright|beidseits|bilateral)\b")
_DATED = needle(rf"\b(?:19|20)\d\d\b|\b(?:{_MONTH})\b|\b\d{{1,2}}[./]\d{{1,2}}[./]|\b\d{{1,2}}/\d\d\b")


def _dates_gone(source: str, kept: str) -> bool:
    """True if two dated sizes are told without their dates."""
    sizes = len(_SIZE.findall(kept))
    if sizes < 2:
        return False
    dates = len(_DATED.findall(source))
    return dates > 1 and len(_DATED.findall(kept)) < dates and sizes == len(_SIZE.findall(source))


def _dated_size_stays(source: str, kept: str) -> bool:
    """True if "today …, two weeks ago 40 ml" lost its "two weeks ago" and kept its 40 ml."""
    if not _NOW.search(source):
        return False
    for piece in _PIECE.split(source):
        then = _THEN.search(piece)
        if then and not _NOW.search(piece) and then[0] not in kept and _SIZE.search(piece):
            if any(size in kept and source.count(size) == 1 for size in _SIZE.findall(piece)):
                return True
    return False


_ELLIPSIS = needle(  # "one has grown, the other has not": what it denies stands in the clause before
    r"[,;]\s(?:(?:but|and|while|aber|und|jedoch)\s)?(?:der|die|das|the)\s[^,;.]{3,40}\s(?:nicht|not)\s*(?:[.,;]|$)"
    r"|\b(?:but|while|and|whereas)\s[^,;.]{2,60}\s(?:has|have|did|does|is|are)\snot\s*(?:[.;,]|$)"
)
_PARTICLE = needle(r"\b(?:auf|aus|ein|vor|durch|über|heran|hinein)\s*(?:[.,;]|$)", 0)
_AUXILIARY = needle(r"\b(?:ist|sind|has|have)\b", 0)
_BECAME = needle(r"\b(?:geworden|become)\b", 0)


def _auxiliaries(text: str) -> int:
    return len(_AUXILIARY.findall(text))


def _verb_gone(source: str, kept: str) -> bool:
    """True if "The stent is unchanged and patent" became "Stent and patent": the two words were never joined."""
    for joined in _JOINED.finditer(kept):
        if joined[0] in source:
            continue
        between = re.search(rf"\b{joined[1]}\b([^.;]*?)\b{joined[2]}\s{joined[3]}\b", source, re.IGNORECASE)
        if between and _VERB.search(between[1]):
            return True
    return False


def _contrast_gone(source: str, kept: str) -> bool:
    """True if "no new but a growing lesion" lost its "but": the denial would reach further than it did."""
    told = _CONTRAST.search(source)
    if told and told[1] in kept.split() and len(told[0].split()) < 8:
        return len(_DENY.findall(kept)) < len(_DENY.findall(source)) and not _LONGER.search(source)
    denies = told is not None and re.search(rf"\b{re.escape(told[0].split()[0])}\b", kept, re.IGNORECASE)
    return bool(denies) and told is not None and kept.count(";") <= source.count(";") and told[1] not in kept.split()


def _now_gone(source: str, kept: str) -> bool:
    """True if a word of now went while its sentence still tells of another day."""
    now = len(_NOW.findall(source))
    return now > 0 and now > len(_NOW.findall(kept)) and _THEN.search(kept) is not None


def _within_one_examination(source: str, kept: str) -> bool:
    """True if "increasing from arterial to venous phase" lost its "increasing": no comparison of two days."""
    if not _CHANGE_WORD.search(source):
        return False
    shown = kept.casefold()
    for told in _WITHIN.finditer(source):
        words = [word[0].casefold() for word in _CHANGE_WORD.finditer(told[0])]
        if any(word not in shown for word in words):
            return True
    return False
