"""Clauses that deny a change: a rewrite has them as they are, or in one of the few forms in which the thing is certain.

>>> denied_change("No worsening of the pulmonary edema.", "Pulmonary edema.", "en")
'denied'
>>> denied_change("The nodule has not grown since May.", "Nodule.", "en") is None
True

"Not grown", "no growth of the nodule" and "no resolution of" say that there is something; "no new", "no recurrence of"
and "no worsening of the edema" do not. What is none of the certain forms stands in the outcome as in its source.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from refrad2d.system.tables import read_yaml
from refrad2d.text.patterns.needles import Needle, needle
from refrad2d.text.temporal.frames import is_time
from refrad2d.text.temporal.vocabulary import words_of

_VERB = r"(?:has|have|is|are|was|were|does|do|did|shows?|demonstrates?)"
_ADVERBS = r"(?:(?!not\b|no\b)\w+\s){0,2}"
_HEAD = re.compile(r"^([^:;.]*):\s(?=(?:no|none|not|without)\b)", re.IGNORECASE)
_SIZED = r"(?:\sin\s(?:the\s)?(?:size|number|extent|volume)(?:\s(?:and|or)\s\w+)?)?"


@dataclass(frozen=True)
class Denied:
    """The patterns of one language: see the head of denied_english.yaml."""

    deny: Needle
    change: Needle
    clause: re.Pattern
    aside: re.Pattern
    predicate: re.Pattern  # "the nodule has not grown"
    noun: re.Pattern  # "no growth of the nodule"
    attribute: re.Pattern
    fleeting: re.Pattern
    lasting: re.Pattern
    subjects: re.Pattern


@cache
def _denied(language: str) -> Denied | None:
    stored = read_yaml(__package__, "denied_english.yaml").get(language)
    if stored is None:
        return None
    deny, change = stored["deny"], stored["change"]
    noun = rf"(?:(?P<more>{stored['grows']})|(?P<less>{stored['lessens']}))"
    forms = (
        stored["clause"],
        stored["aside"],
        rf"(?P<np>.+?),?\s{_VERB}\s{_ADVERBS}{deny}\s.*?{change}(?P<tail>.*)",
        rf".*?{deny}(?:\sof)?\s(?:(?:\w+|evidence\s(?:of|for))\s)*?{noun}{_SIZED}\s(?:of|in)\s(?P<np>.+)",
        *(stored[name] for name in ("attribute", "fleeting", "lasting", "subjects")),
    )
    return Denied(needle(deny), needle(change), *(re.compile(form, re.IGNORECASE) for form in forms))


def denied_change(source: str, kept: str, language: str) -> str | None:
    """ "denied" if a clause of the source that denies a change came out in none of the certain forms; else None."""
    forms = _denied(language)
    if forms is None or not (forms.deny.search(source) and forms.change.search(source)):
        return None
    shown = f" {' '.join(words_of(kept))} "
    for clause in forms.clause.split(_HEAD.sub(_joined(forms), source)):
        if not (forms.deny.search(clause) and forms.change.search(clause)):
            continue
        if not (_as_it_was(clause, shown, forms) or _is_certain(clause, shown, forms, language)):
            return "denied"
    return None


def _joined(forms: Denied) -> Callable[[re.Match], str]:
    """ "New since the prior: no lesions" is one clause."""
    return lambda head: f"{head[1]} " if forms.change.search(head[1]) else head[0]


def _as_it_was(clause: str, shown: str, forms: Denied) -> bool:
    """True if the outcome has the words from the first denial or change to the word behind the last of them."""
    found = [*forms.deny.pattern.finditer(clause), *forms.change.pattern.finditer(clause)]
    begin, end = min(match.start() for match in found), max(match.end() for match in found)
    core, behind = words_of(clause[begin:end]), words_of(clause[end:])
    if forms.attribute.fullmatch(core[-1]):
        core += behind[:1]
    return f" {' '.join(core)} " in shown


def _is_certain(clause: str, shown: str, forms: Denied, language: str) -> bool:
    """True if the clause only says that something changed, or says that its thing is there and the outcome has it."""
    bare = forms.deny.pattern.sub(" ", clause)
    if is_time(forms.aside.sub(" ", bare), language):
        return True
    told = forms.predicate.fullmatch(clause)
    if told and not forms.subjects.match(told["np"]) and not forms.deny.search(told["np"]):
        return _named(told["np"], shown)
    told = forms.noun.fullmatch(clause)
    if told:
        fleeting = told["more"] and forms.fleeting.search(told["np"]) and not forms.lasting.search(told["np"])
        return not fleeting and not forms.subjects.match(told["np"]) and _named(told["np"], shown)
    return False


def _named(thing: str, shown: str) -> bool:
    """True if a word that names the thing stands in the outcome."""
    return any(f" {word} " in shown for word in words_of(thing) if len(word) > 3)
