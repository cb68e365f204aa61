"""Sentences that say how images were made, so that what they name is no structure of a finding.

>>> is_technique(tokenize("Bolus-Tracking in der Aorta.", 0, 28, lexicon("de")))
True
"""

from refrad2d.text.tokens import Token

_AUXILIARIES = frozenset("is are was were been has have ist sind war waren wurde wurden".split())
_NO_TECHNIQUE = tuple(  # beginnings of words that speak of an intervention, a comparison or a finding
    "biops punkt drain puncture ablat embol compar vergl prior vorunters "
    "nachweis hinweis herd laesion lesion mass tumor zyst cyst raumford metast fraktur fractur nodul rundherd".split()
)
_TRIGGERS = ("track", "trigger", "timing")  # beginnings of words behind "bolus"
_OPENING = 4  # tokens at the start of a sentence in which an examination is named
_BEHIND_COMMA = 2  # tokens behind a comma within which a technical list goes on: ", Schichtdicke 1 mm"


def is_technique(tokens: list[Token]) -> bool:
    """True if a sentence says how the images were made.

    It has a heading ("Technique: …"), follows a bolus, or names an examination and says that it was done, in which
    phase or in which plane.
    """
    roles = tokens[0].word.roles
    if "technique" in roles and len(tokens) > 1 and tokens[1].raw == ":":
        return True
    if _follows_bolus(tokens):
        said = {role for token in tokens for role in token.word.roles}
        return not (_speaks_of_finding(tokens) or said & {"seen", "state", "changed"})
    opening = {role for token in tokens[:_OPENING] for role in token.word.roles}
    closing = next((token.word for token in reversed(tokens) if token.raw[0].isalpha()), tokens[0].word)
    if closing.roles & {"done", "plane"}:  # "Nach Gabe von KM wurde die Spirale … akquiriert."
        opening = {role for token in tokens for role in token.word.roles}
    if "exam" not in opening:
        return False
    spoken = [token for token in tokens if token.word.norm not in _AUXILIARIES]
    said = {role for token in spoken for role in token.word.roles}
    if said & {"verb", "seen", "state"}:
        return False
    if "done" in said:
        return not _speaks_of_finding(spoken) and not any(token.word.norm in ":;" for token in spoken)
    if "plane" in closing.roles and _speaks_of_finding(spoken):
        return False
    return bool("phase" in said or "plane" in closing.roles) and not any(
        token.word.norm in ("mit", "with") or token.raw in ":;" or token.raw == "," and not _lists_phase(tokens, at)
        for at, token in enumerate(tokens)
    )


def _speaks_of_finding(tokens: list[Token]) -> bool:
    return any(token.word.norm.startswith(_NO_TECHNIQUE) for token in tokens)


def _follows_bolus(tokens: list[Token]) -> bool:
    """True for "bolus tracking", "Bolus-Triggerung", "Bolustracking"."""
    for at in [at for at, token in enumerate(tokens) if token.word.norm[:5] == "bolus"]:
        following = [tokens[at].word.norm[5:], *(token.word.norm for token in tokens[at + 1 : at + 3])]
        if any(norm.startswith(_TRIGGERS) for norm in following):
            return True
    return False


def _lists_phase(tokens: list[Token], comma: int) -> bool:
    """True if what follows a comma is technical as well."""
    return any("phase" in token.word.roles for token in tokens[comma + 1 : comma + 1 + _BEHIND_COMMA])
