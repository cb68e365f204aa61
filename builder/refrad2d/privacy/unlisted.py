"""Staff and relatives whose names no list holds: a word that German does not have, in a place where persons stand.

find_unlisted("[DATE]: Zweitbefund Aschauer-Dietl, Pfaffinger (Gyn)", "de")

A capitalised word that is neither German nor clinical is *unknown*; a listed name that is a word as well (Steiger,
Koch) is *doubtful*. Each row of RULES says what must stand left and right of it, whether a doubtful word suffices, and
whether the rule counts in a letter alone: a text of which two identities are placeholders already. Without such a
place every word stays, so a report sentence that names nobody is left as it is. The words of the rules stand in
recognisers/data/context.csv: post, exam, act, deed, trade.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from refrad2d.privacy.recognisers.lexicon import (
    CAPITAL,
    PROPER_WORD,
    Found,
    context_pattern,
    context_words,
    eponyms,
    is_given,
    is_name,
    is_ordinary,
    is_report_word,
    is_surname,
    is_word,
    looks_clinical,
    spell,
    towns,
)

_PARTICLE = r"(?:(?:von|van|de|der|den|di|da|dos|du|zu|zur|al|el|El|Al|Da|De|Di|Le|Van|Von|Abu|Ben)[ ]){0,2}"
_UNIT = re.compile(
    rf"(?<![\w\[.\-])(?:{CAPITAL}\.(?:[ \-]?{CAPITAL}\.)?[ ]?)?{_PARTICLE}"
    rf"(?P<first>{PROPER_WORD})(?:[ ](?P<last>{PROPER_WORD}))?(?:[ ]{CAPITAL}\.(?!\w))?(?![\w\-]|\.\w)"
)
_PLACEHOLDER = re.compile(r"\[(?:NAME|DATE|TIME|ADDRESS|PHONE|ID|ORGANISATION|EMAIL)\]")
_END = r"[ \t]*(?:[.,;:)/\n(|]|\[|$|[ ][–\-][ ]|[ ]{2}|[ ](?:und|u\.|sowie|am|um|vom|gegen|bis|per|\d))"
_CELL_END = r"[ \t]*(?:[.,;)/\n(|]|$|[ ][–\-][ ]|[ ]{2}|[ ]?\[)"
_OPEN = r"(?:^|[\n;|•·(/]|[,.:–][ ]|[ ]{2}|\][ ])[ ]?"
_POST, _EXAM, _ACT, _DEED, _TRADE = map(context_pattern, ("post", "exam", "act", "deed", "trade"))


class Rule(NamedTuple):
    """What stands left and right of a name. `doubtful`: a listed name that is a word too will do."""

    left: re.Pattern[str]
    right: re.Pattern[str]
    doubtful: bool
    letter: bool


def _rule(left: str = "", right: str = "", *, doubtful: bool = False, letter: bool = False) -> Rule:
    return Rule(re.compile(rf"(?:{left})$"), re.compile(right), doubtful, letter)


RULES = (
    # "durchgegeben an Schlotterbeck", "Termin mit Tjarks", "befundet durch Kreuzpointner"
    _rule(rf"(?<!\w){_ACT}(?!\w)[^.\n;]{{0,24}}?[ ](?:mit|an|von|durch|bei|über|via)[ ]", _END, doubtful=True),
    _rule(
        r"(?<!\w)(?:durch|lt\.|laut|gez\.|sign\.|vi[ds]\.|i\.[ ]?[AV]\.|Im Auftrag|Gr(?:uß|üße)|z\.[ ]?Hd\.)[ ]",
        _END,
    ),
    # "Anforderer: Hörbiger", "Obduzent Staschik", "Ordensschwester Amata"
    _rule(rf"(?<!\w)(?:{_POST})(?:[ ]?\([^)\n]{{1,24}}\))?[ ]{{0,2}}[:|][ ]{{0,3}}", _END, doubtful=True),
    _rule(rf"(?<!\w)(?:{_POST})[ ]", _END, doubtful=True),
    # "cCT Tjarks: ASPECTS 9", "Op. Kersting", "Anlage Maywald, [DATE]"
    _rule(
        rf"(?<!\w)(?:[\w\-]*{_EXAM})(?:[ ]\[DATE\])?[ ]?[:(]?[ ]?",
        r"[ \t]*(?:[:;)\n]|,[ ]|\.(?:\s|$)|$|[ ]?\[|[ ]vom)",
        letter=True,
    ),
    # "Hörbiger, App. [PHONE]", "Tietjen (Radioonko)", "Aebischer, dipl. Physiotherapeutin"
    _rule(
        r"(?<![\w.])",
        rf"[ ]?[,(:]?[ ]?(?:{context_pattern('phone_kind')}|int\.|\[PHONE\]|[\-–]\d{{2,4}}(?!\w))",
        doubtful=True,
    ),
    _rule(_OPEN, rf"[ ]\({_TRADE}\.?\)", doubtful=True),
    _rule(rf"{_OPEN}", rf",?[ ](?:dipl\.|cand\.|{context_pattern('function')}|(?:{_POST}))(?!\w)", letter=True),
    # "[NAME]/Lokatis", "Bahlke, [NAME]"
    _rule(
        r"\[NAME\](?:,|;|[ ]?/|[ ]und|[ ]u\.|[ ]&|[ ]\+|[ ][–\-]|[ ]?\|)[ ]?(?:[A-ZÄÖÜ]{2,4}[ ])?",
        _CELL_END,
        doubtful=True,
    ),
    _rule(_OPEN, r"(?:[ ]?/[ ]?|,[ ]|[ ](?:und|u\.|&|\+|–|-)[ ]|;[ ])\[NAME\]", doubtful=True),
    # "[DATE], Mendelssohn-Vogt", "(Hettwer, [DATE])"
    _rule(r"\[(?:DATE|TIME)\][,;/:(–. ]{0,3}", _CELL_END, letter=True),
    _rule(_OPEN, r"(?:,|/|[ ]/)?[ ]?\(?\[(?:DATE|TIME)\]", letter=True),
    # "(Pfaffinger)", "(Dotarem 0,2 ml, Steiger)", "(CCT: Mair; o. B.)"
    _rule(r"\((?:[^()\n]{0,40}[,;:/–][ ]?)?", r"[ ]?(?:\)|[,;:/–][^()\n]{0,40}\))", letter=True),
    # "Steiger vis.", "Schellhase bittet"
    _rule("", rf"[ ]{_DEED}(?!\w)", doubtful=True, letter=True),
    # "Umsetzung: Brüggenolte, OP", a line or a cell of its own
    _rule(
        r"(?:^|[\n;,.|(]|[ ]{2})[ ]?(?!\w*(?:Nachweis|[Bb]ekannt|[Dd]iag|Dg|[Tt]herap|Ther|Med|[Ll]abor|"
        r"Klinik|Anamnese|Proc|Prozed|[Tt]echnik|KM|VD|[Bb]eurt|Histo|[Ii]ndik|Fragest|Allerg|Material|Gerät|Sequenz))"
        r"[A-ZÄÖÜ][\w\-. ]{1,28}:[ ]",
        _CELL_END,
        letter=True,
    ),
    _rule(r"(?:^|\n|[ ]{3}|\|)[ ]{0,3}", r"[ ]{0,3}(?:\n|$|[ ]{2}|[,.]?[ ]*$)", letter=True),
    _rule(r"(?:^|\n)[ ]{0,3}", r",[ ][^\n,]{3,40}(?:\n|$)", letter=True),
)


def find_unlisted(text: str, language: str) -> Iterator[Found]:
    """Names (NAME) by the places of RULES; nothing in English, whose words are not in the vocabulary."""
    if language != "de":
        return
    letter = len(_PLACEHOLDER.findall(text)) > 1
    for match in _UNIT.finditer(text):
        for start, end, words in _readings(match):
            kind = _kind(words)
            if kind and any(_holds(rule, text, start, end, kind, letter) for rule in RULES):
                yield Found(start, end, "NAME", True)
                break


def _readings(match: re.Match) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """The match as a whole, and its last and first word alone: "Operateur Baumann", "Koch Abdomen"."""
    start, end = match.span()
    if match["last"] is None:
        yield start, end, (match["first"],)
        return
    yield start, end, (match["first"], match["last"])
    yield match.start("last"), end, (match["last"],)
    yield start, match.end("first"), (match["first"],)


def _holds(rule: Rule, text: str, start: int, end: int, kind: str, letter: bool) -> bool:
    if rule.letter and not letter or kind == "doubtful" and not rule.doubtful:
        return False
    if not rule.right.match(text, end):
        return False
    return rule.left.search(text[max(0, start - 64) : start]) is not None


def _kind(words: tuple[str, ...]) -> str:
    """ "unknown", "doubtful" or "" for words of which one belongs to no name."""
    kinds = [_word_kind(word) for word in words]
    if not all(kinds):
        return ""
    return "unknown" if "unknown" in kinds else "doubtful"


@lru_cache(maxsize=65536)
def _word_kind(word: str) -> str:
    parts = re.split(r"[\-–]", word)
    kinds = [_part_kind(part) for part in parts if len(part) > 1]
    if not kinds or not all(kinds) or word.lower() in context_words("stop") or re.fullmatch(_POST, word):
        return ""
    return "unknown" if "unknown" in kinds else "doubtful"


def _part_kind(part: str) -> str:
    if is_name(part):
        return "unknown"
    listed = is_given(part) or is_surname(part)
    if spell(part) in eponyms() and not listed or (is_report_word(part) and not listed) or len(part) < 3:
        return ""
    if spell(part) in towns():
        return "doubtful"
    if not (is_word(part) or is_ordinary(part) or looks_clinical(part)):
        return "unknown" if spell(part) not in eponyms() else "doubtful"
    return "doubtful" if listed and not is_report_word(part) else ""
