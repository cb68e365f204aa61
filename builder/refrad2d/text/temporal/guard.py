"""Whether a rewritten sentence still means what its source means, word by word: what went may go, nothing came.

>>> fault("Kein Erguss rechts, unverändert.", "Erguss rechts.", "de")
'negation'
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from difflib import SequenceMatcher

from refrad2d.text.patterns.needles import Needles, needle
from refrad2d.text.temporal.amounts import COMMA, amount_told_as_size, bound, comparison_cut, since_alone
from refrad2d.text.temporal.asides import is_aside, only_says_change, turned
from refrad2d.text.temporal.frames import frame
from refrad2d.text.temporal.idle import NAMED_DATE
from refrad2d.text.temporal.reading import load_phrases
from refrad2d.text.temporal.vocabulary import Words, load_words, may_go, names_a_thing, words_of
from refrad2d.text.wellformed import defect

_ASIDES = re.compile(r"(,\s(?!\d)|;\s|:\s)")
_WORD = re.compile(r"[^\W_]+")
_PART = re.compile(r"(?:[^,;()]|(?<=\d),(?=\d))+")
_DATE = needle(
    r"(?<=\bon )\d{1,2}/\d{1,2}\b|(?<=\bfrom )\d{1,2}/\d{1,2}\b"
    r"|\b\d{1,2}[./-]\s?\d{1,2}[./-](?:\d{2,4})?|\b\d{1,2}/\d{2,4}|\b\d{4}-\d\d-\d\d|\b\d{1,2}\.(?=\s[A-ZÄ])",
    0,
)
_STOP = re.compile(r"[,;:.()]")
_VERB = re.compile(r"\b(?:hat|haben|ist|sind|has|have|is|are)\b", re.IGNORECASE)
_SIZE = needle(r"\d\s?(?:mm|cm|ml)\b", 0)
_NOW_SIZE = needle(r"\b(?:aktuell|jetzt|nun|heute|derzeit|now|currently|today)\s[\d.,]+\s?(?:mm|cm|ml)")
_CLAUSE = re.compile(r"[;:](?=\s|$)|\.$|,(?=\s)(?!\s(?:[a-z.]{2,13}\s){0,2}\d)|\s[-–]\s")
_SIDE_ONLY = re.compile(r"(?:links|rechts|li|re|bds|on the (?:left|right))\.?", re.IGNORECASE)
_HEAD, HEAD = needle(r":(?=\s)", 0), " colon:"  # a head is no clause of its own
_NODES = needle(r"lymphknoten|\b(?:lymph )?nodes?\b", 0)  # which everybody has
_BOTH_SIDES = needle(r"\b(?:links und rechts|rechts und links)\b")
_SIDE_COMMA = needle(r"\b(?:links|rechts)\s*,\s*(?:links|rechts)\b")
_ASIDE = needle(r"\([^()]*\)", 0)
_ARROW = needle(r"→|->", 0)
# What no sentence has: a word cut off from what it belongs to, the same small word twice.
_BROKEN_FORMS = (
    r"\b(?:no|keine?[rnms]?)\s+(?:on|in|at|of|im|am|an|rechts|links)\b",
    r"\b(?:in|im|am|mit|bei|vom|zur|zum|of|with|to|the|a|from|is|are|has|have|hat|haben|ist|sind)\s*[,.;]",
    r"\b(?:slightly|mildly|markedly|nicht|not|no|kein\w*)\s*[,.;]",
    r"[<>]\s?\w+\sund\s(?:rechts|links)",
    r"\bnon-?\s",
    r"\.\.",
    r"\(\s*\)",
    r",\s*,",
    r"^\s*[,;:)]",
    r"\bum\s[\d,.]+\s?(?:%|mm|cm)?\sum\b",
    r"\b(?:and|und)\s(?:measures?|misst|messen|shows?|zeigt|enthält|reicht|infiltriert|komprimiert|verlegt|"
    r"contains?|extends?|invades?)\b",
    r"\b(?:ist|sind)\s(?:mit|bei)\s[\d,.]+\s?(?:mm|cm)\s*[.,;]",
    r"\b(?:hat|haben)\b(?!\s(?:(?:auch|hier|nun)\s)?(?:ein|kein|die|der|den|das|\d|"
    r"(?-i:[A-ZÄÖÜ])))(?![^.;,]*\b(?:\w*ge\w{2,}(?:t|en)|\w+iert|(?:ver|be|ent|er|zer)\w+(?:t|en))\b)[^.;,]*",
    r"\b(?:has|have)\s*(?:[.,;]|and\b|but\b)",
    r"\b(?:and|or|with|but)\s(?:the\s|on\sthe\s)?(?:right|left)\s*(?:side\s*)?[.,;]",
    r"\b(?:sich|ist|sind|war|waren|wird|wurden?|are|is|was|were)\s(?:und|oder|sowie|aber|and|or|but)\b",
    r"\bsich\s(?:kaum|nicht|etwas|deutlich)\s*[.,;]",
    r"\b(?:misst|messen|measures?|measuring|shows?|zeigt|zeigen|demonstrates?)\s*[.,;]",
    r"\b(?:mit|bei|in|with)\s\w*(?:lage|position|größe|ausdehnung|konfiguration|weite|size|appearance|alignment|"
    r"extent)\s*[.,;]",
    r"\b(?:an|in)\s(?:An)?(?:zahl|Größe|Ausdehnung|Umfang|Dicke|Breite|Volumen)\b[^.;,]*[.;,]",
    r"\b(?:but|aber)\s(?:is|are|has|have|ist|sind)\b",
    r"\bsince\s\d",
    r"\bletzte[nrs]?\s*[.,;)]",
    r"\b(?:nimmt|nehmen)\s(?-i:[A-ZÄÖÜ])\w+\s*[.,;]",
    r"\bauf\s[\d,.]+\s?(?:mm|cm|ml)\s(?-i:[A-ZÄÖÜ])|\bim\sVergleich\s(?-i:[A-ZÄÖÜ])",
    r"\bgone,\s\d|\d\s?%\s\d",
    r"\b(?:good|poor|partial|complete|excellent)\s(?:to|of|in)\b",
    r":\s(?:from|of|since|to)\s\d",
    r"(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )(?<!\bbeen )(?<!\bnot )\b(?:seen|described|noted)\s*[.;]",
    r"\bist\s(?:der|die|das)\s(?:im|in|am|links|rechts)\b[^,;.]*,\s\d",
    r"\bno\s[^,;.]*\bwithout\b",
    r"\bkeine?\s[^,;.]*\bohne\b",
    r"\bein(?:e[nms]?)?\s(?:\w+gekommen|aufgetreten|entstanden|entwickelt)\b",
    r"\bno\s(?:both|one|two|three|four|all|some|most|each|several|many)\b",
    r"\b(?:but|while|whereas)\s(?:the|that|those)\b(?![^.;]*\b(?:is|are|has|have|measures?|shows?|extends?|lies?|"
    r"remains?|contains?|was|were|appears?|persists?|can|cannot)\b)",
    r"\bno\s[^,;.]*\band\b",
    r"\bkeine?\s[^,;.]*\bund\s(?:das|der|die|rechts|links)\b",
    r"\b(?:has|have)\sto\s\d",
    r"\bnicht\s(?:nachweisbar|abgrenzbar)\sund\s(?:rechts|links)\b",
    r",\s(?:aber|jedoch)\s\w+\sgeworden",
    r"\bnicht\snachweisbar,\s(?:die|der|das)\s(?:in|im|am|an|links|rechts)\b",
    r"\bund\s(?:der|die|das)\s[^,;.]*\snicht\s(?:nachweisbar|abgrenzbar|sichtbar)\b",
    r"\b(?:no|keine?)\s[^,;.]*,\s(?:that|those|die|der|das)\s(?:in|im|on|at|am|an|links|rechts)\b",
    r",\s(?:some|both|all|each|and)\s*[.,;]",
    r"\bconsistent\s*[.,;]",
    r",\s(?:measures?|is|are|has|misst|liegt|ist|sind|hat)\s",
    r"^(?:Sieht|Sehen|Wirkt|Liegt|Wird|Werden|Erscheint|Nimmt|Geht|Lässt|Reicht|Weist|Kam|Kommt|Kommen|Zeigte|Fand|Wurden?|Wird|Waren?|Hat|Ist|Sind|Haben|Zeigt|Misst|Besteht|Finden|Has|Have|"
    r"Is|Are|Was|Were|Of|From|To|At|And|Aus|Auf|Eine? Nachweis|Vom|Und|Monaten|Jahren|Wochen|Ago)\b(?!\?)",
    r"^(?:Versus|Vs|Than|Als|Or|Oder)\b",
    r"\bthan\s(?:it|they|there)\s(?:did|was|were|had|has|have)\s*[.,;]",
    r"\b(?:dürften?|könnten?|may|might|could|seems?\sto|appears?\sto)\s(?:\w+\s)?(?:sein|be|have)\s*[.,;]",
    r"\b(?:reicht|reichen|reaches|projects)\s*[.,;]",
    r"\b(?:that|which)\s(?:was|were)(?:n't|\snot)?\s(?:present|there|seen|visible|noted)\s*[.,;]",
    r"\b(?:ge|aufge)(?:kommen|worden)\s(?:von|mit|auf)\b",
    r"\b(no|kein\w*|nicht|not|the|der|die|of|in)\s+\1\b",
    r"\b(?:no|keine?)\s[^,;.]*\b(?:somewhat|partially|partly|slightly|a\s(?:little|bit)|in\spart|teilweise|etwas)\b",
    r"\b(?:not|nicht),\s",
    r"(?:^|\s)['’]s\b|\b(?:has|have)\sbeen\s(?:and|for|since)\b|\b(?:long|well|newly)-\s|\bcf\.\s\d[\d.]*\s?[mc]m\s*[.,;]",
    r"\bno\s[^,;.]*\bbut\s(?:persists?|remains?|continues)\b",
    r",\s(?:increased|decreased|larger|smaller),",
    r"\b(?:has|have)\s(?:gone|resolved|cleared|disappeared)\sand\sthe\s[\w\s]+[.;]",
    r"^(?:although|though|because)\s(?![^,]*\b(?:is|are|has|have|was|were|shows?|measures?|persists?)\b)[^,]*,",
    r"\b(?:no|keine?)\s\w{4,}[;,]\s(?:an?\s|eine?\s)?\d",
)
_BROKEN = Needles(map(needle, _BROKEN_FORMS))
_ADVERB = {"de": re.compile(r"(?!zusätzlich)\w{3,}(?:iv|ig|lich|isch|al|är|ös|iell)$"), "en": re.compile(r"\w{3,}ly$")}


def fault(source: str, kept: str, language: str, trusted: Collection[str] = ()) -> str | None:
    """Why a rewrite is not one: "form", "added", "lost", "number", "negation", "adverb" or what `defect` says.

    `trusted` are casefolded words that may go, besides those of data/reading.yaml.
    """
    whole = source
    source = _without_earlier(source, kept, language)
    for at in _BROKEN.possible(kept):
        broken = {match[0] for match in _BROKEN[at].finditer(kept)}
        if broken and broken - {match[0] for match in _BROKEN[at].finditer(source)}:
            return "form"
    before, after = _WORD.findall(source), _WORD.findall(kept)
    old, new = [word.casefold() for word in before], [word.casefold() for word in after]
    if language == "de":
        new = _as_inflected(new, old)
    codes = _opcodes(old, new)
    runs = [old[a:b] for kind, a, b, _, _ in codes if kind != "equal" and b > a]
    added = [word for kind, _, _, c, d in codes if kind != "equal" for word in new[c:d]]
    words = load_words(language)
    moved = [word for run in runs for word in run]
    for word in added:  # a word that only moved is neither added nor lost
        if word in moved:
            moved.remove(word)
        elif not words.added.fullmatch(word):
            return "added"
    allowed = sum(bool(words.gone.fullmatch(word)) for run in runs for word in run)
    if sum(bool(words.deny.fullmatch(word)) for word in added) > allowed:
        return "negation"
    if _denials_gone(source, new, words):
        return "negation"
    if _current_number_gone(source, old, new, words):
        return "number"
    for run in runs:
        reason = _run_fault([word for word in run if word not in trusted], added, words, language)
        if reason:
            return reason
    if reason := turned(source, kept):
        return reason
    if _structure_denied(source, kept, words, language):
        return "structure"
    if comparison_cut(source, kept):
        return "comparison"
    if amount_told_as_size(source, kept):
        return "amount"
    if since_alone(whole, kept):
        return "since"
    if _out_of_scope(source, codes, language):
        return "scope"
    if _earlier_told_as_now(source, codes, kept, words):
        return "previous"
    if _state_gone(source, kept, words):
        return "state"
    if _gone_told_as_there(source, kept, words):
        return "vanished"
    if _earlier_denied(source, kept, words):
        return "previous"
    if _bare(source, kept, words, language):
        return "bare"
    if _sides_joined(source, kept):
        return "side"
    return _orphan(before, after, kept, language) or defect(whole, kept)


def _as_inflected(new: list[str], old: list[str]) -> list[str]:
    """Each German word in the form that the source has of it: "rundherd" as "rundherdes", "kleiner" as "kleinen"."""
    known = set(old)
    stems = {_ENDING.sub("", word): word for word in old if len(word) > 4}
    genitives = {word: f"{word}{s}" for word in new for s in ("s", "es") if f"{word}{s}" in known}
    return [word if word in known else genitives.get(word) or stems.get(_ENDING.sub("", word), word) for word in new]


_ENDING = re.compile(r"(?<=\w{4})(?:e[rsnm]?|s)$|(?<=ss)es$")


def _without_earlier(source: str, kept: str, language: str) -> str:
    """The source without what it says of an earlier state or of the event since when, where the rewrite left it out."""
    source = frame(language, "{earlier}").sub(lambda told: "" if told[0].strip(" ,") not in kept else told[0], source)
    pieces = _ASIDES.split(source)
    if len(pieces) > 2 and pieces[0] not in kept and only_says_change(pieces[0], language):
        pieces[:2] = ["", ""]
    for at in range(2, len(pieces), 2):
        aside = pieces[at].rstrip(".;")
        if aside not in kept and is_aside(aside, language):
            pieces[at - 1], pieces[at] = "", pieces[at][len(aside) :]
    return "".join(pieces)


def _state_gone(source: str, kept: str, words: Words) -> bool:
    """True if a state that lasts went with the word that says so: "weiterhin vergrößert" says "vergrößert"."""
    shown = kept.casefold()
    same = _SAME_STATE.search(source)
    if same and same[1].casefold() not in shown:
        return True
    return any(lasting[0].split()[-1] not in shown for lasting in words.lasting.finditer(source.casefold()))


def _gone_told_as_there(source: str, kept: str, words: Words) -> bool:
    """True if "resolved" went and no denial says instead that the thing is not there."""
    shown = kept.casefold()
    told = words.change.sub(" ", source.casefold())  # "not resolved" is there
    went = sum(found[0] not in shown for found in words.vanish.finditer(told))
    return went > _denials(words_of(shown), words)


def _earlier_denied(source: str, kept: str, words: Words) -> bool:
    """True if "not present a week ago" became "not present": a denial or a past tense that lost its day."""
    shown = {bound(clause) for clause in COMMA.split(kept)}
    for clause in COMMA.split(source):
        folded = clause.casefold()
        if bound(clause) in shown or words.compares.search(_STILL.sub("", folded)) or not words.day.search(folded):
            continue
        told = words.past.search(folded)
        if told and any(told[0] in other.split() for other in shown):
            return True
        tokens = words_of(folded)
        at = next((k for k, word in enumerate(tokens) if words.deny.fullmatch(word)), None)
        if at is not None and any(" ".join(tokens[at : at + 2]) in other for other in shown):
            return True
    return False


def _structure_denied(source: str, kept: str, words: Words, language: str) -> bool:
    """True if "the lungs have cleared" became "no lungs"."""
    folded, things = source.casefold(), load_phrases(language).things
    for denied in _DENIED_NOUN.finditer(kept):
        if (
            denied[0].casefold() in folded
            or things.search((denied[1] or denied[2]).lower())
            or names_a_thing(denied[1] or denied[2], language)
        ):
            continue
        if not words.shown.search(_SEEN.sub("", (denied[1] or denied[2]).casefold())):
            return True
    return False


_STILL = needle(r"\b(?:still|noch)\b", 0)
_SEEN = needle(r"nachweis\w*", 0)
_DENIED_NOUN = needle(r"\b[Nn]o\s([^,;.]+)|\b[Kk]eine?\s([^,;.]+)", 0)


_QUALITY = needle(  # says nothing without how it is
    r"(?:(?:the|das|die|der)\s)?(?:\w+\s)?(?:signal|pain|density|attenuation|intensity|perfusion|uptake"
    r"|echogenicity|schmerz(?:en)?|dichte|perfusion"
    r"|signalintensität|intensität)(?:\s(?:of|in|on|at|des|der|im|in|auf)\b[^,;.]*)?"
)
_SAME_STATE = needle(  # "Increased markings, similar to prior" are increased
    r"^(increased|decreased|reduced|vermehrte|verminderte|verringerte"
    r"|reduzierte)[rsn]?\s[^,;]*,\s(?:\w+ly\s)?(?:unchanged|stable|similar|constant|unverändert|konstant|stabil)"
)


def _bare(source: str, kept: str, words: Words, language: str) -> bool:
    """True if a clause lost what it said and kept its subject, or half of what it said of another day."""
    headed = _HEAD.sub(HEAD, source)
    whole = {bound(clause) for clause in [*_CLAUSE.split(headed), *COMMA.split(headed)]}
    lower = set(_WORD.findall(source))  # an adjective that now begins the sentence
    changed = told = False
    for clause in _CLAUSE.split(_HEAD.sub(HEAD, kept)):
        tokens = words_of(clause)
        before, changed = changed, bool(tokens) and bound(clause) not in whole
        spoken, told = told, any(map(words.verb.fullmatch, tokens))
        if not changed or before and not spoken and _SIDE_ONLY.fullmatch(clause.strip()):
            continue
        if words.residue.search(clause.casefold()) or _QUALITY.fullmatch(clause.strip()):
            return True
        if words.rest.search(clause.casefold()) and not any(map(words.deny.fullmatch, tokens)):
            return True
        if any(word[0].isdigit() for word in tokens):
            continue
        shown = _NODES.sub("", clause.casefold())
        if words.shown.search(shown) or load_phrases(language).things.search(shown):
            continue
        if names_a_thing(clause, language):
            continue
        said = [word for word in _WORD.findall(clause) if not words.mute.fullmatch(word.casefold())]
        if language == "de":
            said = [word for word in said if word[0].islower() or word.casefold() in lower]
        if not said or language == "en":
            return True
    return False


def _denials(tokens: Iterable[str], words: Words) -> int:
    return sum(map(bool, map(words.deny.fullmatch, tokens)))


def _sides_joined(source: str, kept: str) -> bool:
    """True if "X left, right unchanged" became "X left and right"."""
    joined = {match[0] for match in _BOTH_SIDES.finditer(kept)}
    return bool(joined) and _SIDE_COMMA.search(source) is not None and not joined <= set(_BOTH_SIDES.findall(source))


def _denials_gone(source: str, new: list[str], words: Words) -> bool:
    """True if more denials went than deny a change, or what another day showed, or an examination to compare with."""
    folded = source.casefold()
    went = _denials(words_of(folded), words)
    went -= _denials(new, words)
    if went <= 0:
        return False
    rest = words.change.sub(" ", folded)
    may = len(words.change.findall(folded)) + len(words.vanish.findall(rest))
    for clause in COMMA.split(rest):
        tokens = words_of(clause)
        if any(map(words.deny.fullmatch, tokens)) and not words.vanish.search(clause):
            other = words.day.search(clause) or any(
                words.exam.fullmatch(word) or words.message.fullmatch(word) for word in tokens
            )
            may += bool(other)
    return went > may


def _opcodes(old: list[str], new: list[str]) -> list[tuple[str, int, int, int, int]]:
    """The differences, as difflib names them, of what follows the words that both begin with."""
    head = 0
    while head < len(new) and head < len(old) and old[head] == new[head]:
        head += 1
    tail = len(old) - len(new) + head  # of what went in one piece no comparison is needed
    if tail >= head and old[tail:] == new[head:] and (head == len(new) or new[head] not in old[head:tail]):
        whole = [
            ("equal", 0, head, 0, head),
            ("delete", head, tail, head, head),
            ("equal", tail, len(old), head, len(new)),
        ]
        return [whole[0], *(code for code in whole[1:] if code[2] > code[1])]
    end = 0
    while end < min(len(old), len(new)) - head and old[-1 - end] == new[-1 - end]:
        end += 1
    last, until = len(old) - end, len(new) - end
    inner = SequenceMatcher(None, old[head:last], new[head:until], autojunk=False).get_opcodes()
    rest = [(kind, a + head, b + head, c + head, d + head) for kind, a, b, c, d in inner]
    return [("equal", 0, head, 0, head), *rest, ("equal", last, len(old), until, len(new))]


def _run_fault(run: list[str], added: list[str], words: Words, language: str) -> str | None:
    if any(words.message.fullmatch(word) for word in run):
        return None
    exam = any(words.exam.fullmatch(word) for word in run)
    gone = [word for word in run if not word[0].isdigit() and word not in added]
    denials = [word for word in gone if words.deny.fullmatch(word)]
    lost = denials + [
        word
        for word in gone
        if not (
            words.deny.fullmatch(word)
            or may_go(word, language)
            or words.idle.fullmatch(word)
            or exam
            and words.region.fullmatch(word)
        )
    ]
    if denials:
        replaced = any(words.deny.fullmatch(word) for word in added)
        changes = [w for w in run if w not in denials and len(w) > 4 and may_go(w, language)]
        if not (replaced or changes):
            return "negation"
    return "lost" if len(denials) < len(lost) else None


def _orphan(before: list[str], after: list[str], kept: str, language: str) -> str | None:
    """ "Degenerativ LWS": an adverb whose adjective went."""
    pairs = set(zip(before, before[1:], strict=False))
    for first, second in zip(after, after[1:], strict=False):
        if (first, second) in pairs or not _ADVERB[language].fullmatch(first.casefold()):
            continue
        if f"{first} {second}" in kept and (language == "en" or second[0].isupper()):
            return "adverb"
    return None


def _out_of_scope(source: str, codes: Sequence[tuple[str, int, int, int, int]], language: str) -> bool:
    """True if a denial stayed whose change went: "no node has enlarged" is not "no node"."""
    phrases, strong = load_phrases(language), load_words(language).strong
    if not phrases.denials.search(source):
        return False
    spans = [match.span() for match in _WORD.finditer(source)]
    stayed = {at for kind, a, b, _, _ in codes if kind == "equal" for at in range(a, b)}
    for denial in phrases.denials.finditer(source):
        stop = phrases.stop.search(source, denial.end())
        last = stop.start() if stop else len(source)
        if _VERB.search(source, denial.end(), last):  # "no node has, since the scan, enlarged"
            comma = _STOP.search(source, last + 1)
            last = comma.start() if comma else len(source)
        inside = [at for at, (start, _) in enumerate(spans) if denial.start() <= start < last]
        went = [source[slice(*spans[at])] for at in inside if at not in stayed]
        if (
            inside
            and inside[0] in stayed
            and any(phrases.change.fullmatch(word) or strong.search(word.casefold()) for word in went)
        ):
            return True
    return False


def _current_number_gone(source: str, old: list[str], new: list[str], words: Words) -> bool:
    """True if a number went from a part of the sentence that names no other day: the size of today."""
    if _ARROW.search(source) or not any(word[0].isdigit() for word in old):
        return False
    current: Counter = Counter()
    for part in _PART.findall(NAMED_DATE.sub(" 2000 ", _DATE.sub(" 2000 ", source))):
        tokens = words_of(part)
        numbers = [word for word in tokens if word[0].isdigit()]
        if not any(words.previous.fullmatch(word) or words.message.fullmatch(word) for word in tokens):
            current.update(numbers)
        elif len(_SIZE.findall(part)) > 1 and not set(numbers) & set(new):
            return True
    return bool(current - Counter(new))


def _earlier_told_as_now(source: str, codes: Sequence[tuple[str, int, int, int, int]], kept: str, words: Words) -> bool:
    """True if "previously" went and what was so stayed, or of two sizes neither is the one of today any more."""
    sizes = len(_SIZE.findall(kept))
    if sizes > 1 and sizes == len(_SIZE.findall(source)) and _NOW_SIZE.search(source) and not _NOW_SIZE.search(kept):
        return True
    tokens = list(_WORD.finditer(source))
    stayed = {at for kind, a, b, _, _ in codes if kind == "equal" for at in range(a, b)}
    for at, token in enumerate(tokens):
        if at in stayed or not words.once.fullmatch(token[0].casefold()):
            continue
        aside = _ASIDE.match(source, source.rfind("(", 0, token.start()) if "(" in source else len(source))
        if aside and aside.end() > token.end() and kept.count(aside[0]) < source.count(aside[0]):
            continue
        ahead = [other[0].casefold() for other in tokens[at + 1 : at + 6]]
        if any(words.seen.fullmatch(word) for word in ahead) and not words.seen.search(kept.casefold()):
            continue  # "der vormals im Segment V sichtbare Abszess"
        behind = at + 1 < len(tokens) and not _STOP.search(source, token.end(), tokens[at + 1].start())
        before = at > 0 and not _STOP.search(source, tokens[at - 1].end(), token.start())
        if behind and at + 1 in stayed and not words.seen.fullmatch(tokens[at + 1][0].casefold()):
            return True
        if not behind and before and at - 1 in stayed:
            return True
    return False
