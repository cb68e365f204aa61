"""Which side a mention is on, wherever in the phrase that stands: "beide Nieren", "lower lobe on the left", "rechts > links".

Sides are looked for in this order: directly before the term (adjectives, articles and other attributes may stand
between), after it up to the next paired term, in the list that it belongs to ("rechter Ober- und Unterlappen",
"Niere und Nebenniere links"), and, for a singular, before it in the same clause, then in the whole sentence, if that
names one side only. Else it is both sides.
"""

from refrad2d.lexicon import side_of
from refrad2d.tokens import Match, Token

_BARRIERS = frozenset(".;:()!?")
_BETWEEN_SIDES = frozenset(("and", "article"))
_MAX_ATTRIBUTES = 4  # other words between the side and its noun


def assign_sides(tokens: list[Token], matches: list[Match]) -> None:
    """Set `side` of every paired match, and move `first` so that it takes in the side words right before it."""
    for k, match in enumerate(matches):
        _read_before(tokens, match, matches[k - 1].last if k else 0)
    for k, match in enumerate(matches):
        if match.paired and not match.side:
            ceiling = next((m for m in matches[k + 1 :] if m.bars_sides), None)
            _read_after(tokens, match, ceiling)
        elif not match.paired and match.labels:
            own = {side_of(label) for label in match.labels}
            match.side, match.side_from = (own.pop(), "label") if len(own) == 1 else (None, "")
    for k in range(1, len(matches)):
        _inherit(tokens, matches[k - 1], matches[k], giver=matches[k - 1], taker=matches[k])
    for k in range(len(matches) - 1, 0, -1):
        if matches[k].side_from == "after":
            _inherit(tokens, matches[k - 1], matches[k], giver=matches[k], taker=matches[k - 1])
    sides = {token.word.side for token in tokens} - {None}
    for k, match in enumerate(matches):
        if match.paired and not match.side and not match.plural:
            floor = max((m.last for m in matches[:k] if m.bars_sides), default=0)
            _read_clause(tokens, match, floor)
        if match.paired and not match.side and not match.plural and len(sides) == 1:
            match.side, match.side_from = next(iter(sides)), "sentence"


def _merge(sides: set[str]) -> str | None:
    if not sides:
        return None
    return next(iter(sides)) if len(sides) == 1 else "both"


def _read_before(tokens: list[Token], match: Match, floor: int) -> None:
    """Attributes directly before the noun: "rechte, vergrößerte Niere", "right and left kidneys"."""
    sides: set[str] = set()
    german_noun = tokens[match.first].raw[:1].isupper()
    at, first, others = match.first - 1, match.first, 0
    while at >= floor:
        word, raw = tokens[at].word, tokens[at].raw
        if word.side:
            if (word.attributive or len(raw) < 3) and not others and first == at + _gap(tokens, at, first):
                first = at
            sides.add(word.side)
        elif raw == "." and at > floor and tokens[at - 1].word.side:
            pass  # the full stop of "re."
        elif sides and (word.roles & _BETWEEN_SIDES or raw in ",/-<>+&"):
            pass
        elif not sides and raw == "-":
            others += 0
        elif raw == "," and others:
            pass
        elif others < _MAX_ATTRIBUTES and not sides and _is_attribute(tokens[at], german_noun):
            others += 1
        else:
            break
        at -= 1
    if sides:
        match.side, match.side_from, match.first = _merge(sides), "before", first


def _gap(tokens: list[Token], at: int, first: int) -> int:
    """Tokens from `at` to `first`, if only conjunctions, articles and signs stand between; else 0."""
    between = tokens[at + 1 : first]
    fine = all(t.word.roles & _BETWEEN_SIDES or t.raw in ",/-<>+&." for t in between)
    return len(between) + 1 if fine else 0


def _is_attribute(token: Token, german_noun: bool) -> bool:
    word, raw = token.word, token.raw
    if not raw[0].isalpha() or word.roles & {"preposition", "verb", "and", "article", "range"}:
        return raw.isdigit()
    return raw[0].islower() if german_noun else True


def _read_after(tokens: list[Token], match: Match, ceiling: Match | None) -> None:
    """A side behind the noun: "Niere re.", "lobe on the left", "Nieren rechts größer als links"."""
    sides: set[str] = set()
    end = ceiling.first if ceiling else len(tokens)
    for at in range(match.last, end):
        token = tokens[at]
        if token.word.side:
            if _stands_alone(tokens, at, end if ceiling else -1):
                sides.add(token.word.side)
        elif token.raw in ";!?:" or token.raw == "," and not sides:
            break
        elif token.raw == "." and not (tokens[at - 1].word.side or len(tokens[at - 1].raw) <= 4):
            break
    if sides:
        match.side, match.side_from = _merge(sides), "after"


def _stands_alone(tokens: list[Token], at: int, next_match: int) -> bool:
    """True if the side word at `at` is no attribute of a noun that follows."""
    word = tokens[at].word
    after = at + 1 + (at + 1 < len(tokens) and tokens[at + 1].raw == ".")
    following = tokens[after] if after < len(tokens) else None
    if not word.attributive:
        return after != next_match
    if following is None or not following.raw[0].isalnum():
        return following is None or following.raw != "-"
    if following.word.norm in ("side", "sides", "seite", "seiten") or following.word.roles & {"and", "verb"}:
        return True
    lead = [token.word.norm for token in tokens[max(0, at - 2) : at]]
    on_the = lead == ["on", "the"] and bool(following.word.roles & {"preposition", "verb"})
    return on_the


def _linked(tokens: list[Token], left: Match, right: Match) -> bool:
    """True if only conjunctions, articles and hyphens stand between two matches."""
    between = tokens[left.last : right.first]
    return bool(between) and all(t.word.roles & {"and", "article"} or t.raw in ",/-&+" for t in between)


def _inherit(tokens: list[Token], left: Match, right: Match, *, giver: Match, taker: Match) -> None:
    """Members of a list share a side: "rechter Ober- und Unterlappen", "Niere und Nebenniere links"."""
    if not (taker.paired and not taker.side and giver.side and _linked(tokens, left, right)):
        return
    if taker.plural and left.term.kind != "elided" and giver.side != "both":
        return
    taker.side, taker.side_from = giver.side, giver.side_from


def _read_clause(tokens: list[Token], match: Match, floor: int) -> None:
    """The nearest side before the noun in its clause: "Links Zyste der Niere", "Rechts: Niere normal"."""
    for at in range(match.first - 1, floor - 1, -1):
        token = tokens[at]
        if token.word.side:
            match.side, match.side_from = token.word.side, "clause"
            return
        if token.raw in _BARRIERS and not (token.raw in ":." and at and tokens[at - 1].word.side) or token.raw == ",":
            return
