"""German subjects in the nominative without their article: how adjectives and nouns end there.

>>> nominative("der kleine Erguss"), of_genitive("des subduralen Hämatoms rechts")
('kleiner Erguss', 'subdurales Hämatom rechts')
"""

import re

ARTICLE = re.compile(r"(?:der|die|das|dieser|diese|dieses)\s", re.IGNORECASE)
_NEUTER = re.compile(
    r"(?:om|em|ym|at|ekt|sud|ment|ysma|gramm|gewebe|blut|gerinnsel|areal|leck|ulkus|kus|adenom)$", re.IGNORECASE
)
_MASCULINE = re.compile(
    r"(?:erguss|herd|knoten|tumor|abszess|thrombus|embolus|infarkt|stein|thorax|aszites|verhalt|polyp|prozess"
    r"|stau|spiegel"
    r"|defekt|riss|bruch|kern|shift|shunt|saum|prolaps|bezirk|fleck|rest|ödemsaum|kropf|vorfall|shunt|plaque"
    r"|fokus|nidus)$",
    re.IGNORECASE,
)
_UNCHANGING = re.compile(r"(?:us|is|ax|ix|os|ites|betes)$")


def nominative(text: str) -> str:
    """A subject without its article: "der kleine Erguss" as "kleiner Erguss"."""
    article = ARTICLE.match(text)
    if not article:
        return text
    ending = {"r": "er", "s": "es", "e": "e"}[article[0].strip()[-1].lower()]
    return inflected(text[article.end() :], ending)


def inflected(text: str, ending: str) -> str:
    """The adjectives before the first noun with this ending."""
    words = text.split(" ")
    for at, word in enumerate(words):
        if not word[:1].islower() or word in ("der", "die", "das", "den", "dem", "des", "eine", "keine"):
            break
        bare = word.rstrip(",")
        if bare.endswith(("e", "en")):
            words[at] = re.sub(r"en?$", ending, bare) + word[len(bare) :]
    return " ".join(words)


def of_genitive(text: str) -> str | None:
    """ "des kleinen Ergusses rechts" as "kleiner Erguss rechts", "der Zysten" as "Zysten"."""
    found = re.match(
        r"(?P<article>des|der|eines|einer|von)\s(?P<adj>(?:[a-zäöüß][\w-]*\s)*)(?P<noun>[A-ZÄÖÜ][\w-]*)(?P<rest>.*)$",
        text,
    )
    if not found:
        return None
    adjectives, noun, rest = found["adj"], found["noun"], found["rest"]
    if found["article"] in ("der", "einer"):
        return inflected(adjectives, "e") + noun + rest
    if found["article"] == "von":
        return None if adjectives else noun + rest
    if noun.endswith("sses"):
        noun = noun[:-2]
    elif _UNCHANGING.search(noun):
        pass
    elif re.search(r"[bdfgklmnprtz]es$", noun):
        noun = noun[:-2]
    elif noun.endswith("s"):
        noun = noun[:-1]
    if not adjectives:
        return noun + rest
    if _NEUTER.search(noun):
        return inflected(adjectives, "es") + noun + rest
    return inflected(adjectives, "er") + noun + rest if _MASCULINE.search(noun) else None
