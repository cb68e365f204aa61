"""Which mentions are part of a negative statement, by rules in the manner of NegEx; the cues stand in cues.csv.

Forward: a negation ("kein", "no", "without") covers what follows it in its clause. A comma ends the clause unless a
list goes on behind it; so do ";", a stop word ("aber", "except"), and a conjunction with a verb of its own.
Subject: a mention at the start of its clause is covered by a negation that follows with nothing but verbs and the
like between: "Die Nieren zeigen keine Stauung". "Leber vergrößert, ohne Herd" says something positive and is not.
Backward: "nicht abgrenzbar", "absent" cover what stands before them in their clause. Double negations ("cannot be
excluded") and those of something else ("nicht disloziert", "no change") are cues of kind `pseudo` and cover nothing,
nor does what an image lacks ("lack of distension"). Cues of kind `removed_after` cover the organ right before them.
"""

from refrad2d.text.lexicon import Lexicon
from refrad2d.text.tokens import TermMatch, Token

_LIGHT = frozenset(("and", "article", "verb", "light", "range"))
_LIST = frozenset(("and", "article", "preposition", "light"))
_CLAUSE_ENDS = frozenset(";:!?")
_ALTERNATIVES = frozenset(("or", "oder", "nor", "noch"))
_OWN_STATES = frozenset(("displaced", "disloziert", "verschoben", "verkalkt"))  # "Trachea not displaced"
_LEFT_OUT = frozenset(("spared", "involved", "affected", "betroffen", "infiltriert", "ausgespart"))
_LACKS = ("fehlend", "lack", "absence", "mangel", "mangels")  # beginnings of what may lack for technical reasons
_BORDERS = ("abgrenz", "delineat", "demarcat")
_AGAINST = frozenset("zu zur zum von vom gegen gegenueber from to".split())
_AFTER = frozenset(("nach", "after", "following"))
_REMOVALS = frozenset("entfernung exstirpation resektion removal resection lobectomy lobektomie".split())
_PREDICATES = frozenset(("state", "changed"))
_FREE = 6  # "…frei" longer than this says of what
_UNFILLED = 4  # tokens behind "lack of" within which it may say what an image lacks
_BACKWARD = 8  # tokens that a backward cue reaches at most

Cue = tuple[int, int, str]  # first token, last (exclusive), kind


def mark_negated(tokens: list[Token], matches: list[TermMatch], words: Lexicon) -> list[bool]:
    """For every match, True if the statement about it is negative."""
    negated = [m.term.kind == "removed" and not (m.first and _is_partial(tokens, m)) for m in matches]
    cues = _find_cues(tokens, words)
    if not cues:
        return negated
    inside = {at for match in matches for at in range(match.first, match.last)}
    stops = {first for first, _, kind in cues if kind == "stop"}
    for first, last, kind in cues:
        if _is_unfilled(tokens, first, last):
            continue
        if kind == "negation":
            end = _forward_end(tokens, last, inside, stops)
            if _is_over(tokens, first, last):
                end = _list_end(tokens, matches, last, end)
            negated = [n or last <= m.first < end for n, m in zip(negated, matches, strict=True)]
        of_state = kind == "pseudo" and tokens[last - 1].word.norm in _OWN_STATES
        if kind in ("negation", "predicate_negation") or of_state:
            bare = {
                at for m in matches if not (m.compound or m.term.kind == "implied") for at in range(m.first, m.last)
            }
            start = _clause_start(tokens, first, stops, over_lists=bare)
            if not _is_subject_clause(tokens, start, first, bare):  # "Cyst of the kidney, adrenals without nodule"
                start = _clause_start(tokens, first, stops)
            if _is_subject_clause(tokens, start, first, bare) and not _is_contrasted(matches, last, stops):
                negated = [n or start <= m.first and m.last <= first for n, m in zip(negated, matches, strict=True)]
        if kind == "predicate_negation":
            noun = next((m for m in matches if last < m.first <= last + 2), None)  # "nicht vergrößerte Milz"
            if noun and all(t.raw[0].islower() and not t.word.roles for t in tokens[last : noun.first]):
                negated[matches.index(noun)] = True
        if kind == "negated_after":
            lists = None if tokens[last - 1].word.norm in _LEFT_OUT else inside
            start = _clause_start(tokens, first, stops, over_lists=lists)
            start = max(_own_part(tokens, matches, start, first), first - _BACKWARD)
            covered = [start < m.last <= first for m in matches]
            if not any(covered):  # "absent spleen"
                end = _forward_end(tokens, last, inside, stops)
                covered = [last <= m.first < end for m in matches]
            negated = [n or c for n, c in zip(negated, covered, strict=True)]
        if kind == "removed_after":
            reasons = {at for at in stops if tokens[at].raw == "bei"}  # "Gallenblase bei Steinen entfernt"
            start = _clause_start(tokens, first, stops - reasons, over_lists=inside)
            removed = _removed(tokens, matches, start, first, words.language)
            removed = removed or [m for m in matches if m.first == last]  # "resected spleen"
            partial = any("partial" in token.word.roles for token in tokens[max(0, first - 2) : first])
            negated = [n or not partial and m in removed for n, m in zip(negated, matches, strict=True)]
    return negated


def _is_unfilled(tokens: list[Token], first: int, last: int) -> bool:
    """True for "lack of bladder distension", "fehlende Füllung": the image shows less, nothing is absent."""
    if not tokens[first].word.norm.startswith(_LACKS):
        return False
    lacking = next((token for token in tokens[last : last + _UNFILLED] if "unfilled" in token.word.roles), None)
    if lacking and lacking.word.norm.startswith(_BORDERS):  # "Fehlende Abgrenzbarkeit der Milz" is "nicht abgrenzbar"
        return any(token.word.norm in _AGAINST for token in tokens[last + 1 :])
    return lacking is not None


def _list_end(tokens: list[Token], matches: list[TermMatch], start: int, end: int) -> int:
    """The end of the first mention behind `start` and of those in a list with it, at most `end`.

    "Nach Ausschluss einer Aortendissektion Fokus auf die Leber" says nothing negative about the liver.
    """
    last = start
    for match in matches:
        if match.first < start:
            continue
        between = tokens[last : match.first]
        if last > start and not (any(_parts(token) for token in between) and all(map(_is_joint, between))):
            break
        last = match.last
    return min(last, end) if last > start else end


def _is_over(tokens: list[Token], first: int, last: int) -> bool:
    """True for a negation that is only told before something else: "nach Ausschluss", "after removal of"."""
    earlier = first > 0 and tokens[first - 1].word.norm in _AFTER
    return earlier or any(token.word.norm in _REMOVALS for token in tokens[first:last])


def _parts(token: Token) -> bool:
    return "and" in token.word.roles or token.raw in ",/"


def _own_part(tokens: list[Token], matches: list[TermMatch], start: int, end: int) -> int:
    """The start of the last part of a clause with a subject of its own: "Leber unauffällig und | Milz fehlt"."""
    part, said = start, False
    subjects = [match.first for match in matches if start <= match.first < end]
    named = {at for match in matches for at in range(match.first, match.last)}  # "small bowel"
    for at in range(start, end):
        said = said or at not in named and bool(tokens[at].word.roles & _PREDICATES)
        if said and "and" in tokens[at].word.roles and subjects and subjects[-1] > at:
            part, said = at, False
    return part


def _is_joint(token: Token) -> bool:
    return bool(token.word.roles & _LIST) or token.word.side is not None or not token.raw[0].isalnum()


def _removed(tokens: list[Token], matches: list[TermMatch], start: int, end: int, language: str) -> list[TermMatch]:
    """The matches directly before `end` that are gone themselves: no "drain in the kidney", no "Teilresektion"."""
    removed: list[TermMatch] = []
    before: TermMatch | None = None
    for match in matches:
        if not start <= match.first < match.last <= end:
            continue
        between = tokens[before.last : match.first] if before else []
        joined = before is not None and all(_is_joint(token) for token in between)
        if not joined:  # "Leber unauffällig und Milz entfernt"
            removed = []
        listed = joined and (before in removed or all(token.raw != "," for token in between))
        owned = before not in removed if listed else _is_owned(tokens, match, start)
        if not (owned or match.compound or language == "en" and _is_attributive(tokens[match.last : end])):
            removed.append(match)
        before = match
    return removed


def _is_attributive(between: list[Token]) -> bool:
    """True if a noun follows an English term, so that it is meant: "kidney stone removed"."""
    following = between[0] if between else None
    return following is not None and following.raw.isalpha() and not _is_joint(following) and not _is_adverb(following)


def _is_adverb(token: Token) -> bool:
    return token.word.norm.endswith("ly") or "verb" in token.word.roles


def _is_owned(tokens: list[Token], match: TermMatch, start: int) -> bool:
    """True if something of the organ or in it is meant: "stone of the kidney", "Stein der Niere"."""
    at = match.first - 1
    while at >= start and (tokens[at].word.side or "article" in tokens[at].word.roles):
        at -= 1
    if at < start:
        return False
    if "preposition" in tokens[at].word.roles:
        return True
    return at + 1 < match.first and "article" in tokens[at + 1].word.roles and tokens[at].raw[0].isupper()


def _is_partial(tokens: list[Token], match: TermMatch) -> bool:
    """True for "partial nephrectomy": the organ is still there."""
    return any("partial" in token.word.roles for token in tokens[match.first - 1 : match.last])


def _find_cues(tokens: list[Token], words: Lexicon) -> list[Cue]:
    """Cues from left to right, the longest phrase first, none overlapping; full stops and hyphens do not count."""
    cues, at = [], 0
    while at < len(tokens):
        node, best, end = words.cues, None, at
        while end < len(tokens):
            if tokens[end].raw in ".-" and end > at:
                end += 1
                continue
            following = node.get(tokens[end].word.norm)
            if following is None:
                break
            node = following
            end += 1
            if "" in node:
                best = (at, end, node[""])
        if best is None and len(tokens[at].word.norm) > _FREE and tokens[at].word.norm.endswith("frei"):
            best = (at, at + 1, "predicate_negation")  # "metastasenfrei"
        if best:
            cues.append(best)
        at = best[1] if best else at + 1
    return cues


def _forward_end(tokens: list[Token], start: int, inside: set[int], stops: set[int]) -> int:
    """Where the scope of a negation that ends at `start` ends."""
    at = start
    while at < len(tokens):
        token = tokens[at]
        if token.raw in _CLAUSE_ENDS or at in stops:
            return at
        if token.raw == "," and not _list_goes_on(tokens, at + 1, inside, stops):
            return at
        if "and" in token.word.roles and at > start:
            changes = set() if _is_attached(tokens, start, at, inside) else inside
            if _new_statement(tokens, at + 1, changes, stops):
                return at
        at += 1
    return at


def _segment_end(tokens: list[Token], start: int, stops: set[int]) -> int:
    at = start
    while at < len(tokens) and tokens[at].raw not in ",;:!?" and at not in stops:
        at += 1
    return at


def _list_goes_on(tokens: list[Token], start: int, inside: set[int], stops: set[int]) -> bool:
    """True if a list continues behind a comma: only terms follow, or a later member begins with "or"."""
    end = _segment_end(tokens, start, stops)
    if end > start and tokens[end - 1].raw == ".":
        end -= 1
    if all(_in_list(tokens, at, inside, at == end - 1) for at in range(start, end)):
        return end > start
    while start < len(tokens):
        end = _segment_end(tokens, start, stops)
        segment = tokens[start:end]
        if any("verb" in token.word.roles for token in segment):
            return False
        if any(token.word.norm in _ALTERNATIVES for token in segment):
            return True
        if end >= len(tokens) or tokens[end].raw != ",":
            return False
        start = end + 1
    return False


def _in_list(tokens: list[Token], at: int, inside: set[int], is_last: bool) -> bool:
    word, raw = tokens[at].word, tokens[at].raw
    if is_last and at and "and" in tokens[at - 1].word.roles:
        return True
    return at in inside or bool(word.roles & _LIST) or word.side is not None or not raw[0].isalpha()


def _new_statement(tokens: list[Token], start: int, inside: set[int], stops: set[int]) -> bool:
    """True if a verb or predicate of its own follows the conjunction ("und Milz unauffällig"), other than "is seen"."""
    end = _segment_end(tokens, start, stops)
    segment = tokens[start:end]
    speaks = any(t.word.roles & {"verb", "state"} and "preposition" not in t.word.roles for t in segment)
    speaks = speaks or _ends_changed(segment, start, inside)
    return speaks and not any("seen" in token.word.roles for token in segment)


def _is_attached(tokens: list[Token], start: int, end: int, inside: set[int]) -> bool:
    """True if what is negated in tokens start..end is of an organ or in it: "no nodes along the aorta and …"."""
    for at in range(start, end):
        before = at - 1
        while before > start and tokens[before].word.side:
            before -= 1
        if at in inside and before >= start and tokens[before].word.roles & {"preposition", "article"}:
            return True
    return False


def _ends_changed(segment: list[Token], start: int, inside: set[int]) -> bool:
    """True if a segment that begins at `start` says of its organ how it is changed: "and spleen mildly enlarged"."""
    for at, token in enumerate(segment):
        if "changed" not in token.word.roles or at + 1 < len(segment) and not _is_closing(segment[at + 1]):
            continue
        before = at - 1
        while before > 0 and before > at - 3 and start + before not in inside and segment[before].raw.islower():
            before -= 1
        if start + before in inside:
            return True
    return False


def _is_closing(token: Token) -> bool:
    """True if no noun stands at a token, so that the word before it is a predicate."""
    return not token.raw[0].isalnum() or bool(token.word.roles & {"and", "preposition", "verb"})


def _clause_start(tokens: list[Token], end: int, stops: set[int], over_lists: set[int] | None = None) -> int:
    """The first token of the clause that the token at `end` stands in; a heading ("Leber:") belongs to it.

    A comma between two of the tokens `over_lists` is no boundary.
    """
    inside = over_lists or set()
    at = end
    while at > 0:
        token = tokens[at - 1]
        if token.raw in ";!?" or at - 1 in stops:
            break
        if token.raw == "," and not (at - 2 in inside and _next_word(tokens, at, end) in inside):
            break
        at -= 1
    return at


def _next_word(tokens: list[Token], at: int, end: int) -> int:
    """The token at `at`, or the first behind an "and", articles and sides there: ", and the left kidney"."""
    while at < end and "and" in tokens[at].word.roles and not tokens[at].word.side:
        at += 1
    return at


def _is_subject_clause(tokens: list[Token], start: int, end: int, inside: set[int]) -> bool:
    """True if tokens start..end hold a term and, besides terms, only light words: the negation is all that is said."""
    span = range(start, end)
    if not any(at in inside for at in span):
        return False
    return all(at in inside or _is_light(tokens[at]) for at in span)


def _is_contrasted(matches: list[TermMatch], end: int, stops: set[int]) -> bool:
    """True if more is said of the subject behind a stop word: "Gallenblase steinfrei, aber wandverdickt"."""
    stop = min((at for at in stops if at >= end), default=None)
    return stop is not None and not any(match.first >= end for match in matches)


def _is_light(token: Token) -> bool:
    word = token.word
    return bool(word.roles & _LIGHT) or word.side is not None or not token.raw[0].isalnum()
