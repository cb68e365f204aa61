"""Which side a mention is on, wherever that stands: "beide Nieren", "lower lobe on the left", "rechts > links".

Sides are looked for in this order: directly before the term (adjectives, articles and other attributes may stand
between), after it up to the next paired term, in the list that it belongs to ("rechter Ober- und Unterlappen",
"Niere und Nebenniere links"), and, for a singular, before it in the same clause, then in the whole sentence, if that
names one side only. Else it is both sides. "Lung" is a collective: its singular can mean both.
"""

from refrad2d.text.lexicon import side_of
from refrad2d.text.tokens import TermMatch, Token

_BARRIERS = frozenset(".;:()!?")
_OF_THE_NEXT = frozenset(  # prepositions that begin another finding: in "Niere rechts bei Erguss" nothing leads on
    "bei mit nach ohne durch für gegen um with after without by for before during per via including".split()
)
_BETWEEN_SIDES = frozenset(("and", "article"))
_ADJECTIVE_ENDS = (
    "ed",
    "ic",
    "al",
    "ous",
    "ar",
    "ing",
    "ive",
    "less",
    "ent",
    "small",
    "large",
    "clear",
    "free",
    "thick",
)
_JOIN = frozenset(("und", "u", "sowie", "and", "plus"))
_FINDING_ENDS = tuple(
    "erguss erguesse thrombus thrombose zyste zysten stein steine konkrement konkremente herd herde fraktur frakturen "
    "infarkt abszess blutung haematom oedem metastase metastasen tumor raumforderung knoten effusion effusions "
    "thrombosis cyst cysts stone stones calculus lesion lesions fracture fractures infarct abscess hemorrhage hematoma "
    "edema metastasis metastases tumour mass masses nodule nodules atelectasis atelektase atelektasen pneumothorax "
    "infiltrat infiltrate verkalkung verkalkungen".split()
)
_CONTRAST = frozenset(("sondern", "but", "rather"))  # "nicht die rechte, sondern die linke Niere"
_DENIALS = frozenset(("nicht", "not", "kein", "keine", "keinen", "no", "ohne", "without"))
_MAX_ATTRIBUTES = 4  # other words between the side and its noun
_STRANDED = 9  # tokens between a side and another side of the same noun


def assign_sides(tokens: list[Token], matches: list[TermMatch]) -> None:
    """Set `side` of every paired match, and let the match take in "left" and "right" directly beside it."""
    for k, match in enumerate(matches):
        if not match.side:
            _read_before(tokens, match, matches[k - 1].last if k else 0)
        if not match.side and match.paired and _has_misspelt_side(tokens, match, matches[k - 1].last if k else 0):
            match.side, match.side_from = "both", "before"
    for k, match in enumerate(matches):
        if match.paired and not match.side:
            ceiling = next((m for m in matches[k + 1 :] if m.bars_sides), None)
            _read_after(tokens, match, ceiling)
        elif not match.paired and match.labels:
            own = {side_of(label) for label in match.labels}
            match.side, match.side_from = (own.pop(), "label") if len(own) == 1 else (None, "")
    _part(tokens, matches)
    for k in range(1, len(matches)):
        _inherit(tokens, matches[k - 1], matches[k], giver=matches[k - 1], taker=matches[k])
    for k in range(len(matches) - 1, 0, -1):
        if matches[k].side_from == "after":
            _inherit(tokens, matches[k - 1], matches[k], giver=matches[k], taker=matches[k - 1])
    if not any(match.paired and not match.side for match in matches):
        return
    kept = {at for match in matches if _has_own_side(match) for at in range(match.first, match.last)}
    for k, match in enumerate(matches):
        if match.plural or match.term.kind == "collective":
            continue
        if match.paired and not match.side:
            floor = max((m.last for m in matches[:k] if m.bars_sides), default=0)
            _read_clause(tokens, match, floor, kept)
        if match.paired and not match.side:
            sides = _free_sides(tokens, match, matches)
            if len(sides) == 1:
                match.side, match.side_from = next(iter(sides)), "sentence"


def _part(tokens: list[Token], matches: list[TermMatch]) -> None:
    """Leave a side that two neighbours took in to the first: "Lunge re. | ML"."""
    for left, right in zip(matches, matches[1:], strict=False):
        if right.first < left.last:
            right.first = left.last + (left.last < right.last - 1 and tokens[left.last].raw == ".")


def _free_sides(tokens: list[Token], match: TermMatch, matches: list[TermMatch]) -> set[str]:
    """The sides that the sentence names, without those inside another mention of the same structure.

    "Zyste der Niere, die linke Niere ist unauffällig" does not say that the first one is on the left.
    """
    taken = {
        at
        for m in matches
        if m is not match and (_has_own_side(m) or _names_same(tokens, m, match) or _is_closed_before(tokens, m, match))
        for at in range(m.first, m.last + (not m.labels))
    }
    return {token.word.side for at, token in enumerate(tokens) if at not in taken and token.word.side}


def _has_own_side(match: TermMatch) -> bool:
    """True for what has no side as a class, so that a side in it is of its part: "linker Leberlappen"."""
    return bool(match.labels) and all(side_of(label) is None for label in match.labels)


def _is_closed_before(tokens: list[Token], one: TermMatch, match: TermMatch) -> bool:
    """True if a side behind another structure and a comma come first: "Hämatom im Psoas links, Femur regelrecht"."""
    own = not one.labels and one.last < len(tokens) and tokens[one.last].word.side  # "Hüft-TEP rechts"
    said = own or one.side_from == "after" and tokens[one.last - 1].word.side
    if not said or one.last > match.first or one.labels and set(one.labels) & set(match.labels):
        return False
    return any(token.raw == "," for token in tokens[one.last : match.first])


def _names_same(tokens: list[Token], one: TermMatch, two: TermMatch) -> bool:
    """True if both matches are the same noun: "Niere" and "linke Niere", but not "Nierenlager" and "Niere"."""
    nouns = [{key for token in tokens[m.first : m.last] for key in token.word.keys} for m in (one, two)]
    numbered = one.term.kind == two.term.kind == "numbered"
    others = numbered and not set(one.labels) & set(two.labels)  # "5. Rippe …, 6. Rippe links"
    return (others or one.labels == two.labels) and not nouns[0].isdisjoint(nouns[1])


def _has_misspelt_side(tokens: list[Token], match: TermMatch, floor: int) -> bool:
    """True if a word directly before the noun may be a side, but not which: it must not take its neighbour's."""
    return match.first > floor and tokens[match.first - 1].word.maybe_side


def _merge(sides: set[str]) -> str | None:
    if not sides:
        return None
    return next(iter(sides)) if len(sides) == 1 else "both"


def _read_before(tokens: list[Token], match: TermMatch, floor: int) -> None:
    """Attributes before the noun: "rechte, vergrößerte Niere", "right and left kidneys", "rechts im Oberlappen"."""
    at = _skip_attributes(tokens, match.first, floor)
    sides, first = (set(), at) if _is_of_the_part_before(tokens, at, match.first) else _read_group(tokens, at, floor)
    if sides:
        sides |= _read_stranded(tokens, first, floor)
        match.first = first if at == match.first - 1 else match.first
    else:
        sides = _read_lead(tokens, at, floor)
    if sides:
        match.side, match.side_from = _merge(sides), "before"


def _is_of_the_part_before(tokens: list[Token], at: int, noun: int) -> bool:
    """True for a side behind a noun and before a comma: "Schrumpfniere links, große Niere", not "linke, große"."""
    if at < 0 or not any(token.raw == "," for token in tokens[at + 1 : noun]):
        return False
    behind = at > 1 and "article" in tokens[at - 1].word.roles and "preposition" in tokens[at - 2].word.roles
    return behind or not tokens[at].word.attributive


def _skip_attributes(tokens: list[Token], noun: int, floor: int) -> int:
    """The last token before the noun that is none of its attributes: the place where a side can stand."""
    at, count, german_noun = noun - 1, 0, tokens[noun].raw[:1].isupper()
    while at >= floor and not tokens[at].word.side:
        if tokens[at].raw == "." and at > floor and tokens[at - 1].word.side:  # "re."
            break
        attribute = count < _MAX_ATTRIBUTES and _is_attribute(tokens[at], german_noun)
        if not (attribute or tokens[at].raw == "-" or tokens[at].raw == "," and count):
            break
        count += attribute
        at -= 1
    return at


def _is_attribute(token: Token, german_noun: bool) -> bool:
    word, raw = token.word, token.raw
    if not raw[0].isalpha() or word.roles & {"preposition", "verb", "and", "article", "range"}:
        return raw.isdecimal()
    return raw[0].islower() if german_noun else True


def _read_group(tokens: list[Token], at: int, floor: int) -> tuple[set[str], int]:
    """The side words that end at `at`, joined by "and" and the like, and the first of those that name one side."""
    sides: set[str] = set()
    first, attributive = at + 1, None
    while at >= floor:
        word, raw = tokens[at].word, tokens[at].raw
        if word.side:
            if attributive not in (None, word.attributive):  # "sacrum bilaterally and the left ilium"
                break
            attributive = word.attributive
            sides.add(word.side)
            if word.side != "both" and (attributive or len(raw) < 3):
                first = at
        elif not (raw == "." and at > floor and tokens[at - 1].word.side):
            if not sides or not (word.roles & _BETWEEN_SIDES or raw in "/-<>+&"):
                break
        at -= 1
    return sides, first


def _read_stranded(tokens: list[Token], first: int, floor: int) -> set[str]:
    """A side further ahead that waits for the same noun: "im rechten und geringer im linken Unterlappen"."""
    for at in range(first - 2, max(floor, first - _STRANDED) - 1, -1):
        if tokens[at].raw in _BARRIERS or _is_contrast(tokens, at):
            break
        word, following = tokens[at].word, tokens[at + 1]
        if word.side and word.attributive and ("and" in following.word.roles or following.raw == ","):
            return set() if _follows_on_the(tokens, at) else {word.side}
    return set()


def _is_contrast(tokens: list[Token], at: int) -> bool:
    """True for the "sondern" or "but" that takes back what was denied before, other than "sondern auch"."""
    if tokens[at].word.norm not in _CONTRAST:
        return False
    added = at + 1 < len(tokens) and tokens[at + 1].word.norm in ("auch", "also")
    return not added and any(token.word.norm in _DENIALS for token in tokens[max(0, at - _STRANDED) : at])


def _is_denied(tokens: list[Token], at: int) -> bool:
    """True if a denial stands directly before the side at `at`: "nicht rechts", "not on the right"."""
    while at > 0 and tokens[at - 1].word.roles & {"article", "preposition"}:
        at -= 1
    return at > 0 and tokens[at - 1].word.norm in _DENIALS


def _follows_on_the(tokens: list[Token], at: int) -> bool:
    return [token.word.norm for token in tokens[max(0, at - 2) : at]] == ["on", "the"]


def _read_lead(tokens: list[Token], at: int, floor: int) -> set[str]:
    """The side in front of a preposition or parenthesis: "rechts im Oberlappen", "on the right in the lower lobe"."""
    while at > floor and "article" in tokens[at].word.roles:
        at -= 1
    if at <= floor or not (_is_place(tokens[at]) or tokens[at].raw == "("):
        return set()
    lead = tokens[at - 1].word
    return {lead.side} if lead.side and (not lead.attributive or _follows_on_the(tokens, at - 1)) else set()


def _is_place(token: Token) -> bool:
    return "preposition" in token.word.roles and token.raw not in _OF_THE_NEXT


def _read_after(tokens: list[Token], match: TermMatch, ceiling: TermMatch | None) -> None:
    """A side behind the noun: "Niere re.", "lobe on the left", "Nieren rechts größer als links"."""
    sides: set[str] = set()
    end, denied = ceiling.first if ceiling else len(tokens), False
    for at in range(match.last, end):
        if sides and denied and _is_contrast(tokens, at):
            sides.clear()
        if side := tokens[at].word.side:
            if sides and (_is_second_finding(tokens, at, match.last) or _turns(tokens, at, match.last, end)):
                break
            if _stands_alone(tokens, at, end if ceiling else -1):
                denied = not sides and _is_denied(tokens, at)
                sides.add(side)
        elif not sides and _is_joined_finding(tokens, at):
            if any(token.word.side for token in tokens[at:end]):
                match.side, match.side_from = "both", "after"  # "Zyste der Niere und Erguss links"
            return
        elif _ends_reach(tokens, at, end, ceiling, sides):
            break
    if not sides:
        return
    match.side, match.side_from = _merge(sides), "after"
    dotted = match.last + 1 < len(tokens) and tokens[match.last].raw == "." and tokens[match.last + 1].word.side
    match_end = match.last + bool(dotted)  # "M. glut. max. links"
    beside = tokens[match_end].word
    if match.side != "both" and beside.side == match.side and not beside.attributive:
        match.last = match_end + 1  # "Niere rechts"


def _turns(tokens: list[Token], at: int, first: int, end: int) -> bool:
    """True if only one of two sides with a comma between them is denied: "links nicht nachweisbar, rechts groß"."""
    comma = next((n for n in range(at - 1, first, -1) if tokens[n].raw == ","), None)
    if comma is None or any("and" in token.word.roles for token in tokens[comma:at]):
        return False
    stop = next((n for n in range(at, end) if tokens[n].raw in ",.;"), end)
    before, behind = (
        any(token.word.norm in _DENIALS for token in part) for part in (tokens[first:comma], tokens[comma:stop])
    )
    return before != behind


def _is_joined_finding(tokens: list[Token], at: int) -> bool:
    """True if an "and" at `at` leads to a finding of its own: "und ein Erguss", "and small effusion"."""
    if "and" not in tokens[at].word.roles or tokens[at].word.norm not in _JOIN:
        return False
    return any(token.word.norm.endswith(_FINDING_ENDS) for token in tokens[at + 1 : at + 4])


def _is_second_finding(tokens: list[Token], at: int, floor: int) -> bool:
    """True if a noun of its own stands between a side at `at` and the side before it: "rechts und Thrombus links".

    "Rechts größer als links" and "on the right and atrophic on the left" go on with the same noun.
    """
    german = tokens[at].raw in ("links", "rechts", "li", "re", "lks")
    j = at - 1
    while j >= floor and (tokens[j].word.roles & {"article", "preposition"} and "and" not in tokens[j].word.roles):
        j -= 1
    while j >= floor and not tokens[j].word.side:
        token = tokens[j]
        if "and" in token.word.roles or token.raw in ",-<>=/":
            return False
        if token.raw[0].isalpha() and (token.raw[0].isupper() if german else not _is_adjective(token)):
            return True
        j -= 1
    return False


def _is_adjective(token: Token) -> bool:
    return bool(token.word.roles) or token.word.norm.endswith(_ADJECTIVE_ENDS)


def _ends_reach(tokens: list[Token], at: int, end: int, ceiling: TermMatch | None, sides: set[str]) -> bool:
    """True if a side beyond the token at `at` no longer belongs to the noun before."""
    raw = tokens[at].raw
    if raw == ".":
        return not (tokens[at - 1].word.side or len(tokens[at - 1].raw) <= 4)
    if raw == "," and sides:  # "Niere rechts normal, links klein", unless another term takes the side
        return ceiling is not None and all(token.raw != "," for token in tokens[at + 1 : end])
    if raw == ",":  # "Niere, links"
        after = tokens[at + 1] if at + 1 < end else None
        return not (after and after.word.side and not after.word.attributive and _is_closed(tokens, at + 2))
    if sides and "and" in tokens[at].word.roles:  # "Rippen 2 und 3 links sowie 4-6 rechts"
        return at + 1 < end and tokens[at + 1].raw.isdecimal()
    return raw in ";!?:"


def _is_closed(tokens: list[Token], at: int) -> bool:
    """True if nothing is said of the word before `at`: a sign, a conjunction or the end follows."""
    return at >= len(tokens) or not tokens[at].raw[0].isalnum() or "and" in tokens[at].word.roles


def _stands_alone(tokens: list[Token], at: int, next_match: int) -> bool:
    """True if the side word at `at` is no attribute of a noun that follows."""
    word = tokens[at].word
    after = at + 1 + (at + 1 < len(tokens) and tokens[at + 1].raw == ".")
    following = tokens[after] if after < len(tokens) else None
    reach = after
    while reach < next_match and (
        _is_place(tokens[reach]) or "article" in tokens[reach].word.roles or tokens[reach].raw == "("
    ):
        reach += 1
    if reach == next_match:  # "links im Unterlappen" belongs to what comes
        return False
    if not word.attributive:
        return True
    if following is None or not following.raw[0].isalnum():
        return following is None or following.raw != "-"
    if following.word.norm in ("side", "sides", "seite", "seiten") or following.word.roles & {"and", "verb"}:
        return True
    return _follows_on_the(tokens, at) and bool(following.word.roles & {"preposition", "verb"})


def _linked(tokens: list[Token], left: TermMatch, right: TermMatch) -> bool:
    """True if only conjunctions, articles and hyphens stand between two matches."""
    between = tokens[left.last : right.first]
    return bool(between) and all(t.word.roles & {"and", "article"} or t.raw in ",/-&+" for t in between)


def _is_stated(tokens: list[Token], match: TermMatch) -> bool:
    """True if the word behind a match says how it is: "regelrecht"."""
    following = next((t for t in tokens[match.last : match.last + 2] if t.raw != "."), None)
    return following is not None and "state" in following.word.roles


def _inherit(tokens: list[Token], left: TermMatch, right: TermMatch, *, giver: TermMatch, taker: TermMatch) -> None:
    """Members of a list share a side: "rechter Ober- und Unterlappen", "Niere und Nebenniere links"."""
    if not (taker.paired and not taker.side and giver.side and _linked(tokens, left, right)):
        return
    if giver is left and giver.side_from == "after" and _is_stated(tokens, right):
        return  # "Hämatom im Psoas links, Femur regelrecht"
    if taker.plural and not left.elided and giver.side != "both":
        return
    taker.side, taker.side_from = giver.side, giver.side_from


def _read_clause(tokens: list[Token], match: TermMatch, floor: int, kept: set[int]) -> None:
    """The nearest side before the noun in its clause: "Links Zyste der Niere", "Rechts: Niere normal".

    The tokens `kept` are of unpaired structures, which keep their sides to themselves.
    """
    for at in range(match.first - 1, floor - 1, -1):
        token = tokens[at]
        if token.word.side and at not in kept:
            match.side, match.side_from = token.word.side, "clause"
            return
        if token.raw in _BARRIERS and not (token.raw in ":." and at and tokens[at - 1].word.side) or token.raw == ",":
            return
