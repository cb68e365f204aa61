"""English clauses whose predicate is the change itself, rewritten to what is there now.

>>> reframe("The thyroid nodule has doubled in size to 24 mm.")
'The thyroid nodule measures 24 mm.'
>>> reframe("The liver is normal but the joint effusion in the left knee has resolved.")
'The liver is normal; no joint effusion in the left knee.'

A sentence is cut where clauses meet, asides of another day go, and a clause that fits no frame stays as it is.
"""

import re

from refrad2d.text.patterns.needles import needle
from refrad2d.text.temporal.asides import IN_SIZE, is_aside, only_says_change
from refrad2d.text.temporal.frames import after_time, frame, is_time, strip_time

_CUT = re.compile(
    r"(;\s|:\s|,\s(?:and|but|while|whereas|although|yet)\s|,\s(?!\d)|\s(?:but|while|whereas|although)\s)(?![^()]*\))",
    re.IGNORECASE,
)
_THE_OTHER = needle(r"\b(?:nor|neither|none)\b|,\sthat\s(?:in|on|at|of)\b|\bthe\s(?:\w+\s)?ones?\b")
_OPENS = needle(r"^(?:while|whereas|although)\s")
_ARTICLE = re.compile(r"^(?:the|these|this|those)\s", re.IGNORECASE)
_PART_OF = re.compile(  # subjects that name no thing for themselves
    r"^(?:both|all|some|most|many|several|one|two|three|four|each|parts?|half|that|those|it|they|this|which|who|patient"
    r"|findings?|(?:larger|smaller|largest|smallest|other|former|latter|rest|first|second|remainder|left|right)"
    r"(?=\s(?:of|one|ones)\b|$))\b",
    re.IGNORECASE,
)
_DENIED_ADVERB = re.compile(r"\b(?:not|never|hardly|barely)\b", re.IGNORECASE)
_INSIDE = re.compile(r"\b(?:phases?|series|sequences?|images|views?)\b", re.IGNORECASE)  # of one examination
_MEASURE = needle(r"\b(?:diameter|size|length|width|thickness|height|depth|volume|angle)s?\b")
_QUALITY = needle(
    r"\b(?:signal|density|attenuation|intensity|echogenicity|perfusion|uptake|enhancement|aeration|ventilation|position"
    r"|alignment|pain|symptoms?|quality|pressure|flow|height|space|calib(?:er|re)|contrast|patient)s?$"
)
_PLACE = re.compile(
    r"(?:in(?!\s(?:comparison|contrast|relation))|on|at|around|along|within|of|behind|beneath|adjacent|near|over"
    r"|under|above|below)\s",
    re.IGNORECASE,
)
_ADJECTIVES = re.compile(
    r"(?:[\w-]+(?:ed|al|ic|ous|ent|ant|ive|ar)|small|large|mild|moderate|severe|tiny)", re.IGNORECASE
)
_ADVERBS = re.compile(r"(?:(?:\w+ly|further|again|here|also)\s)*")
# What goes wherever it stands: "(-12 %)", "persisting over years", "newly occluded".
_LOOSE = needle(
    r"\s?\([+−–-]\s?\d+(?:\.\d+)?\s?%\)|^[+−–-]\s?\d+(?:\.\d+)?\s?%\s(?=compared|since|from)"
    r"|,?\s(?:persisting|existing|unchanged|stable|known|documented|present)\s(?:for|over"
    r"|since)\s(?:the\s(?:last|past)\s)?"
    r"(?:(?:many|several|some|two|three|four|five|ten|\d+)\s)?(?:years|months|weeks|decades)\b"
    r"|\bnewly\s(?!seen|visible|not|appear|diagnos|detect|identif|demonstr|describ|develop)(?=(?:[\w-]+(?:ed|en"
    r"|ic|ous)|with)\b)"
)


def reframe(sentence: str) -> str:
    """The sentence with its clauses of change rewritten; the same sentence if there is none."""
    end = sentence[-1:] if sentence[-1:] in ".;" else ""
    body = sentence[: len(sentence) - len(end)]
    if _THE_OTHER.search(body):
        return sentence
    gaps, parts = _clauses(body)
    shown: list[str] = []
    for at, part in enumerate(parts):
        told = _tell(part)
        if told is not None and gaps[at].strip(" ,;:"):  # a conjunction has lost its verb
            if at == 0 and len(gaps) > 1 and gaps[1] == ", ":
                gaps[1] = "; "
            gaps[at] = "; " if at else ""
        shown.append(part if told is None else told)
    out = "".join(gap + part for gap, part in zip(gaps, shown, strict=True))
    return out + end if out != body else sentence


def _clauses(body: str) -> tuple[list[str], list[str]]:
    """What stands before each clause of a sentence, and the clauses; asides of another day are left out."""
    body = _LOOSE.sub("", body)
    opens = _OPENS.match(body)
    cut = _CUT.split(body[opens.end() :] if opens else body)
    gaps, parts = [opens[0] if opens else "", *cut[1::2]], cut[::2]
    if len(parts) > 1 and gaps[1] in (": ", "; ", ", ") and only_says_change(parts[0], "en"):
        gaps, parts = ["", *gaps[2:]], parts[1:]
    kept_gaps, kept = [gaps[0]], [parts[0]]
    left_out = False
    for gap, part in zip(gaps[1:], parts[1:], strict=True):
        if gap == ", " and is_aside(part, "en"):
            left_out = True
            continue
        loose = left_out and gap == ", " and not _PLACE.match(part)
        if left_out and gap == ", " and _PLACE.match(part):
            kept[-1] += " " + part
            left_out = False
            continue
        if gap not in ("; ", ": ") and frame("en", r"(?:(?:now|still|again)\s)?{verb}\b").match(part):
            kept[-1] += (" " if loose else gap) + part
        elif loose and _ADJECTIVES.fullmatch(kept[-1]):
            kept[-1] += " " + part
        else:
            kept_gaps.append(gap)
            kept.append(part)
        left_out = False
    return kept_gaps, kept


def _tell(part: str) -> str | None:
    """A clause as what it says of now; None if it is no clause of change."""
    clause = part[after_time(part, "en") :]
    for read in (
        _added,
        _growing,
        _and_changed,
        _no_longer,
        _has_changed,
        _persists,
        _is_stable,
        _down_to,
        _lapse,
        _growth,
        _not_seen_earlier,
    ):
        told = read(clause)
        if told:
            return told
    return None


def _subject(text: str) -> str | None:
    """A subject without its article and without what says where it was seen; None if it names no thing for itself."""
    seen = frame(
        "en",
        r"\s(?:(?:which|that)\s(?:was|were|had\sbeen)\s)?(?:already\s|previously\s)?{seen}\s"
        r"(?P<t>(?:on|in|at|by|before|previously|yesterday|last|earlier)\b.*)$",
    ).search(text)
    if seen and is_time(seen["t"], "en"):
        text = text[: seen.start()]
    counted = r"^(?:the\s)?(?:number|size|extent|volume)(?:\sand\s\w+)?\sof\s"
    bare = _ARTICLE.sub("", re.sub(counted, "", text.strip(" ,"), flags=re.IGNORECASE))
    return None if _PART_OF.match(bare) or frame("en", r"{deny}|\b{verb}\b").search(bare) else bare


def _absence(text: str) -> str | None:
    """ "no X" for a subject that is one thing."""
    subject = _subject(text)
    if re.search(r"\b(?:possible|questionable|suspected|presumed|probable)\b", text, re.IGNORECASE):
        return None
    if subject is None or frame("en", r"\band\b|\bor\b|{size}").search(subject):
        return None
    seen = r"^(?:an?\s)?(?:(?:previously|formerly|recently)(?:\s|-){seen}\s|previous\s|known\s|former\s)?"
    subject = frame("en", seen).sub("", subject)
    return "no " + (subject if re.match(r"[A-Z][A-Z\d]", subject) else subject[:1].lower() + subject[1:])


def _has_changed(part: str) -> str | None:
    """ "X has grown to 9 mm", "X has resolved", "X has not resolved"."""
    found = frame(
        "en",
        r"(?P<np>.+?),?\s(?P<aux>has|have)\s(?P<adv>(?:[\w-]+\s){0,4}?)(?P<verb>{grow}|{appear}"
        r"|{gone})(?!\w)(?P<tail>.*)",
    ).fullmatch(part)
    if not found:
        return None
    adverbs, tail = found["adv"], found["tail"]
    if re.search(r"\bbeen\b", adverbs) and not re.search(r"\bbeen\b", found["verb"]):
        return None  # somebody did it
    quality = _QUALITY.search(re.split(r"\s(?:of|in|on|at)\s", found["np"])[0])
    if quality and not frame("en", "{appear}").fullmatch(found["verb"]):
        return None
    partly = frame("en", "{partly}")
    if not is_time(partly.sub(" ", adverbs), "en"):
        return None
    if frame("en", "{gone}").fullmatch(found["verb"]):
        if not partly.search(adverbs + tail):
            if found["verb"].lower() == "subsided":
                return None  # gone, or less
            return _with_place(_absence(found["np"]), tail)
        tail = partly.sub(" ", tail)
    elif frame("en", "{appear}").fullmatch(found["verb"]) and frame("en", "{deny}").search(adverbs):
        return None
    return _present(found["np"], tail, found["aux"].lower() == "have")


def _added(part: str) -> str | None:
    """ "Two additional nodules have appeared in the lingula" says that there are two."""
    found = frame(
        "en",
        r"(?P<count>(?:an?|one|two|three|four|five|six|\d+|several|multiple|many|numerous|some)\s)"
        r"(?:(?:additional|further|new|more|other)\s)?(?P<np>[^,;]+?)\s(?:has|have)\s(?P<adv>(?:\w+\s){0,2}?){appear}"
        r"(?!\w)(?P<tail>.*?)(?P<size>(?:,\s(?:up\sto\s)?{size}(?:\seach)?)?)",
    ).fullmatch(part)
    if not found or frame("en", r"{deny}|\b{verb}\b").search(found["np"]) or not is_time(found["adv"], "en"):
        return None
    if _DENIED_ADVERB.search(found["adv"]) or _INSIDE.search(found["tail"]):
        return None
    rest = strip_time(found["tail"], "en").strip()
    if rest and (not _PLACE.match(rest) or frame("en", r"\b{verb}\b|{deny}|\d").search(rest)):
        return None
    return f"{found['count']}{found['np']}{' ' if rest else ''}{rest}{found['size']}"


def _growing(part: str) -> str | None:
    """ "Slowly increasing congestion" is congestion."""
    found = frame(
        "en",
        r"(?:(?:grossly|essentially|largely)\s)?(?:stable|unchanged|similar|constant)\s(?:appearance|size|extent"
        r"|configuration"
        r"|degree|course)\sof\s(?:the\s)?(?P<np>.+)",
    ).fullmatch(part) or frame(
        "en",
        r"(?:(?:slowly|rapidly|slightly|gradually|further|again|now|clearly|mildly)\s)*"
        r"(?:increasing|decreasing|worsening|enlarging|improving)\s(?P<np>.+)",
    ).fullmatch(part)
    if not found or _QUALITY.search(re.split(r"\s(?:of|in|on|at|with)\s", found["np"])[0]):
        return None
    return found["np"] if not frame("en", r"\b{verb}\b").search(found["np"]) else None


def _and_changed(part: str) -> str | None:
    """ "X measures 13 mm and has thus grown by 2 mm", "X was 55 mm in April and has shrunk"."""
    found = frame(
        "en",
        r"(?P<told>.+?),?\s(?:and|but)\s(?:has|have|is|are)\s(?P<adv>(?:[\w-]+\s){0,3}?)"
        r"(?:{grow}|stable|unchanged|larger|smaller)(?!\w)(?P<t>.*)",
    ).fullmatch(part)
    if not found or not is_time(found["adv"] + _no_amount(found["t"]), "en"):
        return None
    earlier = frame("en", r"(?P<np>.+?)\s(?:was|were|measured)\s{size}(?P<t>.*)").fullmatch(found["told"])
    if earlier:
        return _subject(earlier["np"]) if is_time(earlier["t"], "en") else None
    told = frame("en", r"\b(?:is|are|measures?|shows?|extends?|lies?|contains?)\s").search(found["told"])
    return found["told"] if told else None


def _persists(part: str) -> str | None:
    """ "X persists in the left lobe"."""
    found = frame(
        "en", r"(?P<np>.+?)\s(?:(?:still|again|also)\s)?(?:persists?|remains?|continues?)(?P<tail>(?:\s.*)?)"
    ).fullmatch(part)
    if not found:
        return None
    size = frame("en", r"\s\({size}\)$").search(found["tail"])
    told = _with_place(_subject(found["np"]), found["tail"][: size.start()] if size else found["tail"])
    return told + size[0] if told and size else told


def _is_stable(part: str) -> str | None:
    """ "X is stable", "X is unchanged at 18 mm", "X is smaller than in May"."""
    found = frame(
        "en",
        r"(?P<np>.+?)\s(?P<aux>is|are|remains?|appears?)\s(?P<adv>(?:[\w-]+\s){0,3}?)(?:stable|unchanged"
        r"|constant|static"
        r"|unaltered|stationary|similar|larger|smaller|bigger|up|down|(?:more|less)\s\w+(?=\sthan))(?!\w)"
        rf"{IN_SIZE}(?P<tail>.*)",
    ).fullmatch(part)
    if not found or not is_time(found["adv"], "en"):
        return None
    if re.match(r"\s(?:than|to)\s(?:the\s|that\s)?(?:left|right|other|contra|on\b|of\b)", found["tail"], re.IGNORECASE):
        return None
    return _present(found["np"], found["tail"], found["aux"].lower() in ("are", "remain", "appear"))


def _down_to(part: str) -> str | None:
    """ "Tumour volume down by 40 % to 6.2 ml"."""
    found = frame(
        "en",
        r"(?P<np>[^,;]+?),?\s(?:up(?=\s(?:by|from)\b)|down|increased|decreased|reduced|grown|enlarged)(?:\sby\s{size})?"
        r"(?:\sfrom\s(?:{size}|{number}))?\sto\s(?P<size>{size})(?P<t>.*)",
    ).fullmatch(part)
    if not found or frame("en", r"\b{verb}\b|{deny}").search(found["np"]) or not is_time(_no_former(found["t"]), "en"):
        return None
    return f"{found['np']} {found['size']}" if _MEASURE.search(found["np"]) else f"{found['np']}, {found['size']}"


def _present(np: str, tail: str, plural: bool) -> str | None:
    """A subject that is there, with its size of now, its place, or what else is said of it."""
    subject = _subject(np)
    if subject is None:
        return None
    more = frame(
        "en",
        r"(?P<t>.*?),?\s(?:and|but|yet)\s(?:now\s|currently\s|still\s)?"
        r"(?P<more>(?:measures?|is|are|shows?|extends?|abuts?|invades?|contains?|involves?|reaches)\s.*)",
    ).fullmatch(tail)
    if more and is_time(_no_amount(more["t"]), "en") and not is_time(_no_amount(tail), "en"):
        return None if frame("en", "{deny}").search(more["more"]) else f"{np} {more['more']}"
    sized = frame(
        "en", r"(?P<t>.*?)(?:\bto|\bnow(?:\smeasur\w+)?|\bat)\s(?:now\s)?(?P<size>{size})(?P<u>.*)"
    ).fullmatch(_no_former(tail))
    if not sized:
        return _with_place(subject, tail)
    if not is_time(sized["t"], "en") or not is_time(sized["u"], "en"):
        return None
    if re.search(r"(?:%|degrees|°)$", sized["size"]):
        return f"{subject}, {sized['size']}"
    if _MEASURE.search(np):
        return f"{np} {'are' if plural else 'is'} {sized['size']}"
    return f"{np} measure{'' if plural else 's'} {sized['size']}"


def _no_former(tail: str) -> str:
    return frame("en", r"\b(?:from|was|compared\s(?:to|with))\s(?:{size}|{number}(?=\sto\b))").sub("", tail)


def _no_amount(tail: str) -> str:
    measure = r"(?:size|diameter|length|width|volume|number|extent|severity|degree)"
    tail = frame("en", rf"\bin\s(?:both\s)?{measure}(?:\sand\s(?:in\s)?{measure})?\b").sub("", _no_former(tail))
    tail = frame("en", r",?\s(?:but|and|yet)\s(?:is|are|has|have)\snot\s(?:yet\s)?(?:\w+ly\s)?{gone}").sub("", tail)
    return frame("en", r"\bto\s(?:therapy|treatment|(?:radio|chemo)therapy|antibiotics|steroids)\b").sub("", tail)


def _with_place(subject: str | None, tail: str) -> str | None:
    """A subject and where it is; None if the tail says anything else."""
    if subject is None:
        return None
    rest = strip_time(_no_amount(tail), "en").strip(" ,")
    if not rest:
        return subject
    adverbs = _ADVERBS.match(rest)
    rest = rest[adverbs.end() :] if adverbs else rest
    if not _PLACE.match(rest) or frame("en", r"\b{verb}\b|{deny}|\d|\b(?:for|to|than|compared|relative)\b").search(
        rest
    ):
        return None
    return f"{subject} {rest}"


def _no_longer(part: str) -> str | None:
    """ "X is no longer seen", "X can no longer be identified", "no X any more"."""
    earlier = r"^(?:the\s)?(?:previously|formerly)(?:\s|-)\w+\s.*\b(?:is|are)\snot\b"
    if not frame("en", earlier + r"|\bno\slonger\b|\bany\s(?:more|longer)\b|\banymore\b").search(part):
        return None
    part = re.sub(r"\s(?:any\s(?:more|longer)|anymore)\b", "", part, flags=re.IGNORECASE)
    found = frame(
        "en",
        r"(?P<np>.+?)\s(?:is|are|can|could|has|have)\s(?:now\s|also\s)?(?:no\slonger|not)\s(?:been\s"
        r"|be\s)?{visible}(?P<tail>.*)",
    ).fullmatch(part)
    if found and not re.match(r"there\b", found["np"], re.IGNORECASE):
        return _with_place(_absence(found["np"]), found["tail"])
    found = frame("en", r"no\slonger\s(?:any\s|an?\s)?(?P<np>[^,;]+)").fullmatch(part)
    if found and not frame("en", r"\b{verb}\b|{seen}").search(found["np"]):
        return None if re.match(r"\w+(?:ing|ed)\b", found["np"]) else f"no {found['np']}"
    found = frame("en", r"(?:(?:on|in)\sthe\s[\w\s]+?\s)?no\s[^,;]+").fullmatch(part)
    return part if found and "longer" not in part else None


def _lapse(part: str) -> str | None:
    """ "Complete resolution of X" is "no X"; "no resolution of the X" and an incomplete one are "X"."""
    found = frame("en", r"(?:there\s(?:is|has\sbeen)\s)?(?P<adj>(?:[\w-]+\s){0,4}?){lapse}\sof\s(?P<np>.+)").fullmatch(
        part
    )
    if not found:
        return None
    adjectives, np = found["adj"].lower(), strip_time(found["np"], "en")
    if not np:
        return None
    less = frame("en", r"{deny}|\b(?:near|almost|nearly|partial|incomplete|slight|mild|moderate|minimal|marked)\b")
    if re.search(r"\bcomplete\b|\bfull\b|\btotal\b", adjectives) and not less.search(adjectives):
        return _absence(np)
    denied = frame("en", "{deny}").search(adjectives)
    return _subject(np) if less.search(adjectives) and (_ARTICLE.match(np) or not denied) else None


def _growth(part: str) -> str | None:
    """ "Further increase in the number of X", "growth of X from 12 to 21 mm", "absence of any growth of the X"."""
    found = frame(
        "en",
        r"(?:there\s(?:is|are|has\sbeen|have\sbeen)\s)?(?P<adj>(?:[\w-]+\s){0,6}?)(?P<noun>{nouns})\s"
        r"(?:in\s(?:the\s)?(?:size|number|extent|volume)\s(?:and\s\w+\s)?)?(?:of|in)\s(?P<np>.+)",
    ).fullmatch(part)
    if not found or not is_time(re.sub(r"\b(?:absence|any|lack)\b", "", found["adj"]), "en"):
        return None
    np, adjectives = found["np"], found["adj"]
    sized = frame(
        "en", r"(?P<np>.+?)\s(?:from\s\S+(?:\s?{unit})?\s)?to\s(?:now\s)?(?P<size>{size})(?P<t>.*)"
    ).fullmatch(np)
    if found["noun"].lower() == "regression" and not frame("en", r"{amount}|{partly}|\bpartial\b").search(part):
        return None
    changes = r"\b(?:interval|further|interim|continued|no|absence|without)\b"
    if re.match(r"enlarge|expan|reduc|exten|develop|appear|change", found["noun"], re.IGNORECASE) and not (
        re.search(changes, adjectives, re.IGNORECASE)
        or re.search(r"\bfrom\s[\d.]", np)
        or re.match(r"there\sha(?:s|ve)\sbeen\s", part, re.IGNORECASE)
    ):
        return None  # a state
    if frame("en", "{deny}").search(adjectives) and not _ARTICLE.match(np):
        return None
    if sized:
        subject = _subject(sized["np"])
        return f"{subject}, {sized['size']}" if subject and is_time(sized["t"], "en") else None
    rest = strip_time(np, "en")
    subject = _subject(rest) if rest else None
    return re.sub(r"^an?\s", "", subject) if subject else None


def _not_seen_earlier(part: str) -> str | None:
    """ "The lesion was not seen on last year's CT" says that there is one."""
    found = frame(
        "en", r"(?P<np>the\s.+?)\s(?:was|were|had)\s(?:not|no)\s(?:yet\s)?(?:been\s)?(?:{seen}|there)(?P<t>\s.+)"
    ).fullmatch(part)
    return _subject(found["np"]) if found and is_time(found["t"], "en") else None
