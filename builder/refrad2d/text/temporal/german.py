"""German clauses whose predicate is the change itself, rewritten to what is there now.

>>> reframe("Der Rundherd hat von 8 auf 11 mm zugenommen.")
'Der Rundherd misst 11 mm.'
>>> reframe("Keine Größenzunahme des bekannten Rundherdes im rechten Oberlappen.")
'Bekannter Rundherd im rechten Oberlappen.'

A sentence is cut where clauses meet, asides of another day go, and a clause that fits no frame stays as it is.
"""

import re

from refrad2d.text.patterns.needles import needle
from refrad2d.text.temporal.asides import STATE_NOUN, is_aside, only_says_change
from refrad2d.text.temporal.frames import after_time, frame, is_time, strip_time
from refrad2d.text.temporal.inflection import ARTICLE, inflected, nominative, of_genitive

_CUT = re.compile(r"(;\s|:\s|,\s(?:und|aber|jedoch|während|wobei)\s|,\s(?!\d))(?![^()]*\))", re.IGNORECASE)
_PART_OF = re.compile(
    r"(?:beide|beides|alle|einige|mehrere|manche|diese[rs]?|jene[rs]?|er|sie|es|dies|das|der|die|rest|übrige[rns]?"
    r"|größere[rns]?|kleinere[rns]?|letztere[rns]?|erstere[rns]?|einer|eine[rs]?\sder|patient\w*|befunde?)\b"
    r"(?=\s(?:der|von|im|in)\b|$)"
    r"|(?:er|sie|es|patient\w*|befunde?)\b",
    re.IGNORECASE,
)
_THE_OTHER = needle(r",\s(?:die|der|das|jene[rs]?)\s(?:(?:im|in|am|an)\s\S+|links|rechts)\s(?:[IVX]+\s)?[a-zäöü]", 0)
_RELATIVE = re.compile(r"(?:der|die|das|welche[rs]?|in\sde[rmn]|mit\sde[rmn])\s", re.IGNORECASE)
_PRONOUN = needle(r"\b(?:er|sie|diese[rs]?|letztere[rs]?)\b", 0)
_ASIDE = re.compile(r"(.*?\S)(\s\([^()]*\))")
_STATE = needle(r"(?:vergrößert|verkleinert|verringert|(?<!un)verändert|verbreitert|ausgebreitet|fortgeschritten)$")
_SINCE = needle(
    r"\b(?:gegenüber|vergleich\w*|verglichen|seit\w*|von\s\d|nicht|un\w*|zwischenzeitlich|inzwischen|verlauf)\b"
)
_MEASURE = needle(
    r"\b\w*(?:dichte|signals?|intensität|echogenität|höhe|anreicherung|weite|breite|dicke|konzentration|gehalt"
    r"|gehalte?s|durchmessers?|umfangs?|kalibers?|winkels?|länge|tiefe|abstands?|volumens?)\b"
)
_LENGTH = needle(r"\b\w*(?:durchmesser|länge|breite|dicke|höhe|weite|volumen|größe|umfang|tiefe)s?\b")
_COMPARED = needle(r"\b(?:vergleich|verglichen|gegenüber|als)\b")
_SEEN_EARLIER = (
    r"\b(?:zuvor|vormals|früher|damals|ehemals|bereits|letztmals)\s(?:bereits\s"
    r"|schon\s)?{seen}\s(?=(?:[a-zäöüß]+\s)*(?-i:[A-ZÄÖÜ]))"
)
_SHOWS_ITSELF = needle(r"\b(stellt|stellen)(\ssich\s.*)\sdar$", 0)
_PLACED = re.compile(
    r"(?:[Ll]inks|[Rr]echts|[Bb]eidseits|[Bb]ds\.)(?:\s[a-zäöü]+)?\s(?=[A-ZÄÖÜ]\w*(?:nahme|gredienz)\s)"
)
_PLACE = re.compile(
    r"(?:(?:im|in)(?!\s(?:Vergleich|Verlauf|Gegensatz|Relation|Intervall|die|den|das)\b)|am|an(?!\sd(?:ie|en"
    r"|as)\b)|auf(?!\sd(?:ie|en|as)\b)|um|bei|hinter|unter|über|neben|entlang|innerhalb|zwischen|rechts|links"
    r"|beidseits|bds\.|bilateral"
    r"|basal|apikal|ventral|dorsal|kranial|kaudal|lateral|medial|zentral|peripher)\b",
    re.IGNORECASE,
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
        if told is None and at:
            told = _to_size(part)
        if told and re.search(r"\b[Kk]ein", told) and any(_PRONOUN.search(other) for other in parts[at + 1 :]):
            return sentence
        if told is not None and gaps[at].strip(" ,;:"):
            gaps[at] = "; "
        if told is not None and (at or part[:1].islower()):
            told = _lower_article(told)
        shown.append(part if told is None else told)
    out = "".join(gap + part for gap, part in zip(gaps, shown, strict=True))
    out = frame("de", _SEEN_EARLIER).sub("", out)
    return out + end if out != body else sentence


def _lower_article(told: str) -> str:
    return re.sub(r"^(?:Kein(?:e[rs]?)?|Der|Die|Das|Ein|Eine)\b", lambda word: word[0].lower(), told)


def _clauses(body: str) -> tuple[list[str], list[str]]:
    """What stands before each clause of a sentence, and the clauses; asides of another day are left out."""
    cut = _CUT.split(body)
    gaps, parts = ["", *cut[1::2]], cut[::2]
    if len(parts) > 1 and gaps[1] in (": ", "; ", ", ") and only_says_change(parts[0], "de"):
        gaps, parts = ["", *gaps[2:]], parts[1:]
    kept_gaps, kept = [gaps[0]], [parts[0]]
    left_out = False
    for gap, part in zip(gaps[1:], parts[1:], strict=True):
        if gap == ", " and is_aside(part, "de"):
            left_out = True
            continue
        if gap == ", " and frame("de", r"{verb}\b").match(part):
            if _RELATIVE.match(kept[-1]) and len(kept) > 1:  # the subject stands before its relative clause
                relative = kept.pop()
                kept[-1] += kept_gaps.pop() + relative
            kept[-1] += (" " if left_out else gap) + part
        else:
            kept_gaps.append(gap)
            kept.append(part)
        left_out = False
    return kept_gaps, kept


def _tell(part: str) -> str | None:
    """A clause as what it says of now; None if it is no clause of change."""
    aside = _ASIDE.fullmatch(part)
    if aside:
        told = _tell(aside[1])
        return None if told is None or told.startswith("Kein") else told + aside[2]
    start = after_time(part, "de")
    placed = _PLACED.match(part)
    if placed and (told := _growth(part[placed.end() :])):
        return placed[0] + told
    for read in (
        _no_longer,
        _has_changed,
        _fronted,
        _increases,
        _verbless,
        _lapse,
        _not_to_be_seen,
        _growth,
        _was_there,
        _not_there_earlier,
    ):
        told = read(part[start:]) or (read(part) if start else None)
        if told:
            return told
    return None


def _subject(text: str) -> str | None:
    text = text.strip(" ,")
    bare = ARTICLE.sub("", text, count=1) if ARTICLE.match(text) else text
    if not re.search(r"[A-ZÄÖÜ]", bare) or _PART_OF.match(bare) or _PART_OF.match(text):
        return None
    return None if frame("de", r"{deny}|\b{verb}\b").search(bare) else text


def _absence(text: str) -> str | None:
    """ "Kein X" for a subject that is one thing and whose gender its article tells."""
    subject = _subject(text)
    article = ARTICLE.match(subject or "")
    if subject is None or not article or frame("de", r"\b(?:und|oder|sowie)\b|{size}").search(subject):
        return None
    bare = subject[article.end() :]
    bare = frame(
        "de",
        r"^(?:(?:zuvor|vormals|noch|bereits|vorbeschriebene|bekannte|vorbekannte|ehemals|früher)n?\s)+(?:{seen}\s)?",
    ).sub("", bare)
    bare = re.sub(r"\s(?:der|des|vom)\s(?:Vor\w+|VU)\b", "", bare)
    kind = article[0].strip()[-1].lower()
    if kind == "e":
        return "Keine " + bare
    return "Kein " + inflected(bare, "er" if kind == "r" else "es")


def _size_of(text: str) -> tuple[str, str] | None:
    """ "von 8 auf 11 mm" as the text around it and the size of now."""
    found = frame(
        "de",
        r"(?P<t>.*?)(?:\b(?:von|aus)\s(?:vormals\s|zuvor\s|ehemals\s)?(?:{size}|{number})\s)?(?:\b(?:auf|zu"
        r"|mit)\s)(?P<size>{size})(?P<u>.*)",
    ).fullmatch(text)
    return (f"{found['t']} {found['u']}", found["size"]) if found else None


def _present(np: str, text: str, plural: bool) -> str | None:
    """A subject that is there, with its size of now or its place."""
    subject = _subject(np)
    if subject is None:
        return None
    sized = _size_of(text)
    if sized:
        around, size = sized
        if not is_time(around, "de"):
            return None
        by_value = re.search(r"(?:%|Grad|°|ml)$", size) or _LENGTH.search(subject.split(" der ")[0].split(" des ")[0])
        verb = "beträgt" if by_value else "misst"
        return f"{subject} {'messen' if plural and verb == 'misst' else verb} {size}"
    if re.search(r"\d", text):
        return None
    rest = strip_time(text, "de").strip()
    if rest and (not _PLACE.match(rest) or _COMPARED.search(rest)):
        return None
    return nominative(subject) + (f" {rest}" if rest else "")


_SICH = r"(?:(?P<sich>sich)\s)?"


def _has_changed(part: str) -> str | None:
    """ "X hat von 8 auf 11 mm zugenommen", "X ist verschwunden", "X ist nicht vollständig aufgelöst"."""
    part = _SHOWS_ITSELF.sub(lambda told: f"{'ist' if told[1] == 'stellt' else 'sind'}{told[2]}", part)
    found = frame(
        "de",
        rf"(?P<np>.+?)\s(?P<aux>hat|haben|ist|sind)\s{_SICH}(?P<mid>(?:.*\s)?)(?P<verb>{{grow}}|{{appear}}"
        rf"|{{gone}}|{{lapsed}})(?P<more>(?:(?:\sund|,)\s{{verb}}\s.*)?)",
    ).fullmatch(part)
    if not found or frame("de", r"\b{verb}\b").search(found["np"]):
        return None
    if found["aux"].lower() in ("ist", "sind") and _STATE.search(found["verb"]) and not _SINCE.search(found["mid"]):
        return None
    told = _of_predicate(found["np"], found["mid"].strip(), found["verb"], found["aux"].lower() in ("haben", "sind"))
    if told and found["more"]:
        subject = _subject(found["np"])
        return (
            f"{subject}{found['more'].removeprefix(' und').removeprefix(',')}"
            if subject and not told.startswith("Kein")
            else None
        )
    return told


def _of_predicate(np: str, mid: str, verb: str, plural: bool) -> str | None:
    partly, denied = frame("de", "{partly}"), frame("de", "{deny}").search(mid)
    wholly = frame("de", r"\b{wholly}\b")
    if frame("de", "{gone}").fullmatch(verb) or frame("de", "{lapsed}").fullmatch(verb) and wholly.search(mid):
        if partly.search(mid):
            return _present(np, wholly.sub(" ", partly.sub(" ", mid)), plural)
        gone, rest = _absence(np), strip_time(wholly.sub(" ", mid), "de").strip()
        return None if gone is None or rest and not _PLACE.match(rest) else f"{gone} {rest}".strip()
    if frame("de", "{lapsed}").fullmatch(verb):
        return _present(np, partly.sub(" ", mid), plural) if partly.search(mid) else None
    if frame("de", "{appear}").fullmatch(verb) and denied:
        return None
    return _present(np, frame("de", "{deny}").sub(" ", mid), plural)


def _fronted(part: str) -> str | None:
    """ "Rechts ist der Erguss verschwunden", "Zugenommen hat die Atelektase", "Neu hinzugekommen ist ein Herd"."""
    first = frame(
        "de",
        r"(?:(?:neu|weiter|deutlich)\s)?(?P<verb>{grow}|{appear}|{gone}|{lapsed})\s(?P<aux>hat|haben|ist"
        r"|sind)\s(?P<np>.+)",
    ).fullmatch(part)
    if first:
        np = strip_time(first["np"], "de")
        return _of_predicate(np, "", first["verb"], first["aux"].lower() in ("haben", "sind")) if np else None
    found = frame(
        "de",
        rf"(?P<place>.*?)\s?(?P<aux>\bhat|\bhaben|\bist|\bsind)\s{_SICH}(?P<np>(?:der|die|das|ein|eine|zwei|drei|vier|fünf|sechs|einige|einzelne|mehrere"
        rf"|multiple|zahlreiche)\s.+?)\s(?P<verb>{{grow}}|{{appear}}|{{gone}}|{{lapsed}})",
    ).fullmatch(part)
    if not found or found["place"] and not _PLACE.match(found["place"]):
        return None
    sized = _size_of(found["np"])
    inner = sized[0].strip() if sized else found["np"]
    wholly, partly = frame("de", r"\b{wholly}\b"), frame("de", "{partly}")
    np = _peel(strip_time(inner, "de"))
    mid = inner[len(np) :] if inner.startswith(np) else ""
    if not np or not is_time(wholly.sub(" ", partly.sub(" ", mid)), "de"):
        return None
    told = _of_predicate(
        np, mid + (f" auf {sized[1]}" if sized else ""), found["verb"], found["aux"].lower() in ("haben", "sind")
    )
    if told and found["place"]:
        measured = re.fullmatch(r"(.+) (misst|messen|beträgt) (.+)", _lower_article(told))
        if measured:
            return f"{found['place']} {measured[2]} {measured[1]} {measured[3]}"
        return f"{found['place']} {_lower_article(told)}"
    return told


def _verbless(part: str) -> str | None:
    """ "Synovialitis im Sprunggelenk abgenommen", "Erguss links verschwunden"."""
    found = frame("de", r"(?P<np>[^,;]+)\s(?P<verb>{grow}|{appear}|{gone})").fullmatch(part)
    if not found or _STATE.search(found["verb"]) or frame("de", r"\b{verb}\b|\d").search(found["np"]):
        return None
    np = _peel(found["np"])
    mid = found["np"][len(np) :]
    subject = _subject(np) if np and np[:1].isupper() else None
    if subject is None or ARTICLE.match(subject):
        return None
    partly = frame("de", "{partly}")
    if frame("de", "{gone}").fullmatch(found["verb"]) and not partly.search(mid):
        return f"{subject} nicht nachweisbar"
    if frame("de", "{appear}").fullmatch(found["verb"]) and frame("de", "{deny}").search(mid):
        return None
    return subject


def _peel(text: str) -> str:
    """The text without words of time and degree at its end."""
    words = text.split()
    while words and (
        is_time(words[-1], "de") or words[-1] in ("zur", "Gänze") or frame("de", "{partly}").fullmatch(words[-1])
    ):
        words.pop()
    return " ".join(words)


def _to_size(part: str) -> str | None:
    """ "Progredienz auf 33 mm" behind its thing is the size."""
    found = frame("de", r"(?:[\wäöüß]+e\s)*{nouns}\s(?:um\s{size}\s)?auf\s(?P<size>{size})(?P<t>.*)").fullmatch(part)
    return found["size"] if found and is_time(found["t"], "de") else None


def _increases(part: str) -> str | None:
    """ "X nimmt zu", "X besteht fort", "X persistiert"."""
    found = frame(
        "de",
        r"(?P<np>.+?)\s(?:(?:nimmt|nehmen)\s(?P<t>(?:.*\s)?)(?:zu|ab)|(?:geht|gehen)\s(?P<w>(?:.*\s)?)zurück|(?:besteht|bestehen"
        r"|dauert)\s(?P<u>(?:.*\s)?)(?:fort|an|weiter(?:hin)?)|(?:persistiert|persistieren)(?P<v>(?:\s.*)?))",
    ).fullmatch(part)
    if not found:
        return None
    return _present(found["np"], found["t"] or found["w"] or found["u"] or found["v"] or "", False)


def _no_longer(part: str) -> str | None:
    """ "X ist nicht mehr abgrenzbar", "X besteht nicht mehr", "X fehlt jetzt"."""
    found = frame(
        "de",
        r"(?P<np>.+?)\s(?:(?:ist|sind|lässt|lassen|kann|können|stellt|stellen|kommt|kommen|findet"
        r"|finden)\s(?:sich\s)?(?P<mid>(?:.*?\s)?)nicht(?P<mehr>\s(?:mehr|länger))?(?:\s(?P<t>.*))?"
        r"|(?:besteht|bestehen)\s(?P<u>(?:.*?\s)?)nicht\s(?:mehr|länger)|(?:fehlt|fehlen)\s(?:jetzt|nun|aktuell"
        r"|inzwischen|mittlerweile|heute))",
    ).fullmatch(part)
    if not found or frame("de", r"\b{verb}\b").search(found["np"]):
        return None
    tail = found["t"] or ""
    if (
        "nicht " in part
        and not re.search(r"\bnicht\s(?:mehr|länger)\b", part)
        and not frame("de", _SEEN_EARLIER).search(part)
    ):
        return None
    seen = (
        r"(?:sicher\s|eindeutig\s)?(?:{visible}|abgrenzen|nachweisen|darstellen|erkennen|dar|zu\s\w+"
        r"|zur\sDarstellung)?(?:\swerden)?"
    )
    if not frame("de", seen).fullmatch(tail):
        return None
    rest = strip_time(f"{found['mid'] or ''}{found['u'] or ''}", "de").strip()
    gone = _absence(_without_earlier(found["np"]))
    return None if gone is None or rest and not _PLACE.match(rest) else f"{gone} {rest}".strip()


def _without_earlier(np: str) -> str:
    """ "der vormals im Segment V sichtbare Abszess" as "der Abszess im Segment V"."""
    found = frame(
        "de",
        r"(?P<article>der|die|das)\s(?:(?:noch|zuvor|vormals|früher|ehemals|damals|bislang|(?:in\sder|im|am|vom"
        r"|bei\sder)\s(?:{anchor}|\d\S*|ct|mrt"
        r"|letzten\s\S+))\s)+(?P<where>(?:.*?\s)?){seen}\s(?P<noun>[A-ZÄÖÜ].*)",
    ).fullmatch(np)
    if not found or not re.search(r"[A-ZÄÖÜ]", found["noun"]):
        return np
    where = "" if is_time(found["where"], "de") else f" {found['where'].strip()}"
    return f"{found['article']} {found['noun']}{where}"


def _lapse(part: str) -> str | None:
    """ "Vollständige Auflösung des X" is "Kein X"; "Keine Rückbildung des X" and an incomplete one are "X"."""
    found = frame(
        "de", r"(?P<adj>(?:[\wäöüß]+\s){0,4}?)(?:befund|tumor)?{lapse}\s(?P<np>(?:des|der|eines|einer)\s.+)"
    ).fullmatch(part)
    if not found:
        return None
    adjectives, np = found["adj"].lower(), strip_time(found["np"], "de")
    told = of_genitive(np) if np else None
    if told is None:
        return None
    partly = re.search(
        r"nahezu|fast|annähernd|weitgehend|weitestgehend|teilweise|partiell|unvollständig|inkomplett|gering"
        r"|leicht|mäßig|deutlich|kein|fehlend|ausbleibend",
        adjectives,
    )
    if re.search(r"vollständig|komplett|gänzlich|restlos", adjectives) and not partly:
        if re.search(r"\b(?:und|oder|sowie)\b|\d", told):
            return None
        feminine = np.startswith(("der ", "einer "))
        return ("Keine " if feminine else "Kein ") + told
    if not partly or np.startswith(("eines ", "einer ")) and "kein" in partly[0]:
        return None
    return told


def _growth(part: str) -> str | None:
    """ "Keine Größenzunahme des X", "Zunahme des X auf 58°": the X, "X von 58°"."""
    found = frame("de", r"(?P<adj>(?:[\wäöüß]+\s){0,5}?)(?P<noun>{nouns})\s(?P<np>(?:des|der)\s.+)").fullmatch(part)
    if not found or not is_time(re.sub(r"\b(?:keine?[rsn]?|ohne)\b", "", found["adj"]), "de"):
        return None
    np = found["np"]
    if frame("de", r"\b{verb}\b").search(np):
        return None
    denied = frame("de", r"^(?:kein\w*|ohne)\b").search(found["adj"])
    sized = _size_of(np)
    if not denied and not (sized and re.search(r"\b(?:von|aus)\s(?:\w+\s)?\d", np)):
        if _MEASURE.match(np.split(" ", 2)[1].split("-")[-1]) or STATE_NOUN.search(found["noun"]):
            return None
    if sized:
        around, size = sized
        told = of_genitive(strip_time(around.strip(), "de") or "")
        joined = "mit" if f"mit {size}" in np else "von"
        return f"{told} {joined} {size}" if told and not re.search(r"\d", told) else None
    if not frame("de", r"^(?:kein\w*|ohne)\b|zunahme|abnahme|gredienz|progress|wachstum|konstanz|dynamik").search(
        found["adj"] + found["noun"]
    ):
        return None
    rest = strip_time(np, "de")
    return of_genitive(rest) if rest else None


def _not_to_be_seen(part: str) -> str | None:
    """ "Eine Zunahme des X ist nicht zu verzeichnen": the X."""
    found = frame(
        "de",
        r"(?:eine?\s)?(?P<adj>(?:\w+e[rs]?\s)*){nouns}\s(?P<np>(?:des|der)\s.+?)\s(?:ist|sind|liegt|lässt|lassen"
        r"|besteht|zeigt)\s(?:sich\s)?(?P<t>(?:.*\s)?)nicht(?:\s(?:{visible}|vor|nachweisen|erkennen|abgrenzen"
        r"|zu\s\w+))?",
    ).fullmatch(part)
    if not found or not is_time(found["adj"], "de") or not is_time(found["t"], "de"):
        return None
    rest = strip_time(found["np"], "de")
    return of_genitive(rest) if rest else None


def _was_there(part: str) -> str | None:
    """ "X war bereits 2018 nachweisbar und misst 7 mm"."""
    found = frame(
        "de",
        r"(?P<np>(?:der|die|das|ein|eine)\s.+?)\s(?:war|waren)\s(?P<t>.+?)\s(?:{visible}|bekannt"
        r"|{seen})\sund\s(?P<more>(?:misst|messen|zeigt|zeigen|liegt|reicht|ist|sind)\s.+)",
    ).fullmatch(part)
    return f"{found['np']} {found['more']}" if found and is_time(found["t"], "de") else None


def _not_there_earlier(part: str) -> str | None:
    """ "X war zuvor nicht vorhanden" says that there is one."""
    found = frame(
        "de",
        r"(?P<np>(?:der|die|das)\s.+?)\s(?:war|waren|bestand"
        r"|bestanden)\s(?P<t>.*?)\s?(?:noch\s)?nicht(?:\s(?:sicher\s|eindeutig\s)?(?:{visible}|bekannt))?",
    ).fullmatch(part)
    if not found or not found["t"] or not is_time(found["t"], "de"):
        return None
    subject = _subject(found["np"])
    return nominative(subject) if subject else None
