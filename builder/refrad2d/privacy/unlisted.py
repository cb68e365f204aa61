"""Staff and relatives whose names no list holds: a word that German does not have, in a place where persons stand.

find_unlisted("[DATE]: Zweitbefund Aschauer-Dietl, Pfaffinger (Gyn)", "de")

A capitalised word that is neither German nor clinical is *unknown*; a listed name that is a word as well (Steiger,
Koch) is *doubtful*. Each row of RULES says what must stand left and right of it, whether a doubtful word suffices, and
whether the rule counts in a letter alone: a text of which two identities are placeholders already. Without such a
place every word stays, so a report sentence that names nobody is left as it is. The words of the rules stand in
recognisers/data/context.csv: post, exam, act, deed, trade.
"""

import re
from collections.abc import Iterable, Iterator, Set
from functools import lru_cache
from typing import NamedTuple

from refrad2d.privacy.letters.words import drugs, medicine
from refrad2d.privacy.recognisers.lexicon import (
    CAPITAL,
    PLACEHOLDER,
    PROPER_WORD,
    Found,
    context_pattern,
    context_words,
    eponyms,
    is_given,
    is_letter,
    is_name,
    is_ordinary,
    is_surname,
    is_word,
    looks_clinical,
    report_words,
    spell,
    towns,
)

_CAPITALISED = re.compile(rf"(?<![\w\[.\-]){PROPER_WORD}(?![\w\-]|\.[\w\-])")
_AHEAD = re.compile(
    rf"(?<![\w\[.\-])(?:{CAPITAL}\.(?:[ \-]?{CAPITAL}\.)?[ ]?)?"
    r"(?:(?:[Vv]an|[Vv]on|[Dd]e|den|der|[Dd]i|[Dd]a|dos|du|zur?|[Aa]l|[Ee]l|Le|Abu|Ben)[ ]){0,2}$"
)
_BEHIND = re.compile(rf"[ ](?P<word>{PROPER_WORD})(?![\w\-]|\.\w)|,[ ]{CAPITAL}\.(?=,?[ ]\[)|[ ]{CAPITAL}\.(?!\w)")
_SHOUTED = re.compile(
    rf"\[\w+\]|(?<![\w]){CAPITAL}{{4,}}(?!\w)|(?<!\w){CAPITAL}{{2,}}(?=\.)|"
    r"(?<!\w)(?:VON|BEI|MIT|AN|AM|AUF|AUS|IN|IM|UM|UND|UHR|BIS|AB|FÜR|DIE|DER|DAS|DEN|DEM|DES|IST|EIN|ZUM?|ZUR|"
    r"VOR)(?!\w)"
)
_MISREAD_WORD = re.compile(r"(?<!\w)(?=(?:\w*[^\W\d_]){3})[^\W_]{3,}(?!\w)")
_MISREAD_LETTER = re.compile(
    r"(?<=[a-zäöü])1(?=\b|[a-zäöü])|(?<=[^\W\d_])1(?=[a-zäöü]{2})|^0(?=[a-z]{2})|(?<=[a-z])0(?=[a-z])"
)
_MISREAD_NUMBER = re.compile(r"(?<!\w)(?=[OolI]*\d)(?=\d*[OolI])[\dOolI]{2,}(?!\w)")
_MISREAD_POINT = re.compile(
    r"(?<=Dr|ed|of),(?=[A-Za-z])|(?<=geb),(?=[ ]\d)|(?<=\d\d),(?=\d\d\.\d\d)|(?<=\d\d\.\d\d),(?=\d\d)"
)
_DIGITS = str.maketrans("OolI", "0011")
_SHORT = rf"[vdz]?{CAPITAL}[a-zäöüğçşı]{{1,5}}"
_SHORT_FORM = re.compile(
    rf"(?<!\w)(?:v\.|von|durch|mit|an|bei|by|with)[ ](?P<by>{_SHORT}\.?)(?=[ ]*(?:[,;.)\n]|$|[ ][a-zäöü]))"
    rf"|(?<=[.:] )(?P<last>{_SHORT}\.)(?=[ \t]*(?:\n|$))"
    rf"|\[(?:DATE|TIME)\][,;:]?[ ](?P<dated>{_SHORT}\.?)(?=[ ]*(?:[:,;)\n]|$))"
    rf"|(?<=/)(?P<slash>{_SHORT}\.)(?=[ ]*[,;)\n])"
    rf"|(?P<part>(?<![\w.\-]){CAPITAL}\.-{PROPER_WORD})(?![\w\-])"
)
_SMALL_WORDS = frozenset(
    "von vom bei beim mit an am auf aus in im ins nach zu zum zur für durch gegen um und u oder der die das den dem "
    "des ein eine einer wurde wird ist hat bitte nicht kein keine ab bis seit vor über unter".split()
)
_LONGEST = 3  # words of a name
_END = (
    r"[ \t]*(?:[.,;:)/\n(|]|\[|$|[ ][–\-][ ]|[ ]{2}|[ ](?:und|u\.|sowie|am|um|vom|gegen|bis|per|in|im|zu[mr]?|"
    r"mit|absprechen|\d|\w*ge\w+(?:t|en)(?!\w)|\w+iert(?!\w)))"
)
_ANY_END = rf"(?:{_END}|[ ][a-zäöüß])"
_CELL_END = r"[ \t]*(?:[.,;)/\n(|]|$|[ ][–\-][ ]|[ ]{2}|[ ]?\[)"
_OPEN = r"(?:^|[\n;|•·(/]|[,.:–][ ]|[ ]{2}|\][ ])[ ]?"
_POST, _EXAM, _ACT, _DEED, _TRADE = map(context_pattern, ("post", "exam", "act", "deed", "trade"))
_VERB = (
    r"(?:ist|war|hat|hatte|macht|machte|soll|kann|will|sagt|meint|spricht|sprach|klärt|weiß|fragt|fragte|bekommt|"
    r"gibt|gab)"
)
_NO_NAME = re.compile(rf"{_POST}|(?i:{context_pattern('title')}|{context_pattern('trade')}|Dipl)")


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
        rf"(?<!\w){context_pattern('procedure')}(?!\w)[^.\n;]{{0,24}}?[ ](?:von|durch|bei)[ ]",
        _END,
        doubtful=True,
        letter=True,
    ),
    _rule(r"(?<!\w)(?:durch|lt\.|laut)[ ]", _END, letter=True),
    _rule(
        r"(?<!\w)(?:gez\.|sign\.|vi[ds]\.|i\.[ ]?[AV]\.|Im Auftrag|Gr(?:uß|üße)|z\.[ ]?Hd\.)[ ]",
        _END,
    ),
    # "Anforderer: Hörbiger", "Obduzent Staschik", "Ordensschwester Amata"
    _rule(rf"(?<!\w)(?:{_POST})(?:[ ]?\([^)\n]{{1,24}}\))?[ ]{{0,2}}[:|][ ]{{0,3}}", _END, doubtful=True),
    _rule(rf"(?<!\w)(?:{_POST})[ ]", _END, doubtful=True),
    _rule(rf"(?<!\w){CAPITAL}\w+(?:erin|istin|entin|eurin|ätin|antin|ologin|ännin|wirtin)[ ]", _END),
    # "cCT Tjarks: ASPECTS 9", "Op. Kersting", "Anlage Maywald, [DATE]"
    _rule(
        rf"(?<!\w)(?:[\w\-]*{_EXAM})(?:[ ]\[DATE\])?[ ]?[:(]?[ ]?",
        r"[ \t]*(?:[:;)\n]|,[ ]|\.(?:\s|$)|$|[ ]?\[|[ ](?:vom|in|aus|am|im|\w*ge\w+t)(?!\w))",
        letter=True,
    ),
    # "Hörbiger, App. [PHONE]", "Tietjen (Radioonko)", "Aebischer, dipl. Physiotherapeutin"
    _rule(
        r"(?<![\w.])",
        rf"[ ]?[,(:]?[ ]?(?:{context_pattern('phone_kind')}(?!\w)|int\.|\[PHONE\]|[\-–]\d{{2,4}}(?!\w))",
        doubtful=True,
    ),
    _rule("", rf"[ ]\((?:[ABCFLO][ÄA][, ]{{1,2}})?{_TRADE}\.?\)", doubtful=True),
    _rule(rf"{_OPEN}", rf",?[ ](?:dipl\.|cand\.|{context_pattern('function')}|(?:{_POST}))(?!\w)", letter=True),
    # "[NAME]/Lokatis", "Bahlke, [NAME]"
    _rule(
        r"\[NAME\](?:[ ]\([^)\n]{1,24}\))?(?:,|;|[ ]?[/|]|[ ](?:und|u\.|[&+–\-]))[ ]?(?:[A-ZÄÖÜ]{2,4}[ ])?",
        _CELL_END,
        doubtful=True,
    ),
    _rule(_OPEN, r"(?:[ ]?/[ ]?|,[ ]|[ ](?:und|u\.|&|\+|–|-)[ ]|;[ ])\[NAME\]", doubtful=True),
    # "[DATE], Mendelssohn-Vogt", "(Hettwer, [DATE])"
    _rule(r"\[(?:DATE|TIME)\][,;/:(–. ]{0,3}", _CELL_END, letter=True),
    _rule(r"\[(?:DATE|TIME)\][,;/. ]{1,3}", r":[ ]", letter=True),
    _rule(r"\[(?:DATE|TIME)\][ ]?[/(][ ]?", _CELL_END, doubtful=True),
    _rule(
        rf"{_OPEN}|(?<!\w)(?:für|von|bei|Name|Pat\.?|Patient(?:in)?)[ :|]{{1,3}}",
        r"(?:,|/|[ ]/)?[ ]?\(?\[(?:DATE|TIME)\]",
        letter=True,
    ),
    _rule(rf"{_OPEN}|(?<!\w)(?:für|von|an|mit|bei|und|Frau|Herrn?)[ ]", r"[ ]\[NAME\]", doubtful=True),
    # "Name | Oberhuber Anton", "übergibt Falk"
    _rule(
        r"(?<!\w)(?:Name|Nachname|Vorname|Patient(?:in)?|Pat\.?|Betr\.?|Betreff|betrifft)[ ]?[:|][ ]{0,3}"
        r"|(?<!\w)(?:Betrifft|Betreff|[Pp]atient(?:en|in)?|Versicherte[rn]?)[ ]",
        _END,
        doubtful=True,
    ),
    _rule(
        r"(?<!\w)(?:[Üü]bergibt|[Üü]bern(?:immt|ahm)|[Vv]ertritt|[Ii]nformiert|[Vv]erständigt|[Uu]nterschreibt)[ ]",
        _CELL_END,
        doubtful=True,
    ),
    # "war am Montag bei Lehnigk zum CT", "das hat Tjorven schon besprochen"
    _rule(r"(?<!\w)(?<!wie )(?:bei|mit|von|an|durch|Dr)\.?[ ]", _ANY_END, letter=True),
    _rule(rf"(?<!\w)(?:{_POST})[ :]{{1,2}}", _ANY_END, letter=True),
    _rule(rf"(?<!\w){_VERB}[ ]", r"[ ][a-zäöü]", letter=True),
    _rule(_OPEN, rf"[ ]{_VERB}(?!\w)", letter=True),
    # "Von: Ninja Hovestadt", "LG Ninja"
    _rule(
        r"(?<!\w)(?:Von|An|Cc|CC|cc|Absender|Empfänger|Kopie|Verteiler|LG|VG|MfG|Herzlichst?|Deine?|Eure?|Ihre?"
        r")[:,]?\s",
        r"[ \t]*(?:[.,;)\n<]|$)",
        doubtful=True,
    ),
    _rule(r"(?<!\w)(?:in|aus)[ ]", _CELL_END, letter=True),  # "Eltern in Salzwedel": a town that no list holds
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
    letter = is_letter(text)
    done = 0
    for match in _CAPITALISED.finditer(text):
        if match.start() < done or not _word_kind(match.group()):
            continue
        for start, end, kind in _readings(text, match):
            if any(_holds(rule, text, start, end, kind, letter) for rule in RULES):
                yield Found(start, end, "NAME", True)
                done = end
                break


def unlisted_words(names: Iterable[str]) -> set[str]:
    """The words of names that are no words of German: where they stand again they are the name again."""
    words = (word.group() for name in names for word in _CAPITALISED.finditer(name))
    found = {word for word in words if _word_kind(word) == "unknown"}
    parts = {part for word in found for part in re.split(r"[\-–]", word) if len(part) > 4 and part[0].isupper()}
    return {spell(word) for word in found | {part for part in parts if _word_kind(part) == "unknown"}}


def find_named(text: str, language: str, names: Set[str]) -> Iterator[Found]:
    """Every further place of the words of `unlisted_words`, the genitive included."""
    for match in _CAPITALISED.finditer(text) if names and language == "de" else ():
        key = spell(match.group())
        if (key in names or key.removesuffix("s") in names) and _word_kind(match.group()) == "unknown":
            yield Found(*match.span(), "NAME", True)


def find_marks(text: str, names: Set[str]) -> Iterator[Found]:
    """Short forms of the names already found where persons stand: "v. Rab.", "von vSp", a last "Ayd."."""
    if not names:
        return
    for match in _SHORT_FORM.finditer(text):
        value = match[match.lastgroup or 0]
        if match.lastgroup == "part":
            if spell(value.partition("-")[2]) in names:
                yield Found(*match.span("part"), "NAME", True)
            continue
        key = spell(re.sub(r"^[vdz](?=[A-ZÄÖÜ])", "", value).rstrip("."))
        if len(key) > 1 and not looks_clinical(value) and any(name.startswith(key) and name != key for name in names):
            yield Found(*match.span(match.lastgroup or 0), "NAME", True)


def lower_capitals(text: str) -> str:
    """The text with its lines in capitals written as other lines are, each letter in its place; placeholders stay."""
    if not _SHOUTED.search(text):
        return text
    lines = text.split("\n")
    return "\n".join(_SHOUTED.sub(_lower, line) if _is_shouted(line) else line for line in lines)


def read_scan(text: str) -> str:
    """A scanned or faxed text with letters and digits that were mistaken for each other set right, each in its place.

    "K1inikum", "0ltmanns", "O9.03.2O26", "Dr,med.": done only where two words and four tokens are so, since "HbA1c" is
    none.
    """
    words = sum(map(len, map(_MISREAD_LETTER.findall, _MISREAD_WORD.findall(text))))
    if words < 2 or words + len(_MISREAD_NUMBER.findall(text)) < 4:
        return text
    text = _MISREAD_WORD.sub(lambda m: _MISREAD_LETTER.sub(_letter, m.group()), text)
    text = _MISREAD_NUMBER.sub(lambda m: m.group().translate(_DIGITS), text)
    return _MISREAD_POINT.sub(".", text)


def _letter(match: re.Match) -> str:
    return "l" if match.group() == "1" else "O" if match.start() == 0 else "o"


def _is_shouted(line: str) -> bool:
    bare = PLACEHOLDER.sub("", line)
    return len(_SHOUTED.findall(bare)) > 1 and sum(map(str.islower, bare)) * 5 < sum(map(str.isupper, bare))


def _lower(match: re.Match) -> str:
    word = match.group()
    if "[" in word or len(word.lower()) != len(word):
        return word
    return word.lower() if word.lower() in _SMALL_WORDS else word[0] + word[1:].lower()


def _readings(text: str, match: re.Match) -> Iterator[tuple[int, int, str]]:
    """(start, end, kind) of the longest name that starts with the word and its particle, then of shorter ones."""
    ahead = _AHEAD.search(text, max(0, match.start() - 16), match.start())
    start = ahead.start() if ahead else match.start()
    kinds, ends = [_word_kind(match.group())], [match.end()]
    while len(ends) < _LONGEST and (behind := _BEHIND.match(text, ends[-1])):
        kind = _word_kind(behind["word"]) if behind["word"] else kinds[-1]
        if not kind:
            break
        kinds.append(kind)
        ends.append(behind.end())
    for count in range(len(ends), 0, -1):
        yield start, ends[count - 1], "unknown" if "unknown" in kinds[:count] else "doubtful"


def _holds(rule: Rule, text: str, start: int, end: int, kind: str, letter: bool) -> bool:
    if rule.letter and not letter or kind == "doubtful" and not rule.doubtful:
        return False
    if not rule.right.match(text, end):
        return False
    return rule.left.search(text[max(0, start - 64) : start]) is not None


@lru_cache(maxsize=65536)
def _word_kind(word: str) -> str:
    """ "unknown", "doubtful", or "" for a word that belongs to no name."""
    parts = re.split(r"[\-–]", word)
    if len(parts) > 1 and looks_clinical(parts[-1]) and not (is_surname(parts[-1]) or is_given(parts[-1])):
        return ""  # "Braun-Fußpunktanastomose"
    kinds = [_part_kind(part) for part in parts if len(part) > 1]
    if any(spell(part) in medicine() or spell(part) in drugs() for part in parts if not is_name(part)):
        return ""
    if not kinds or not all(kinds) or word.lower() in context_words("stop") or _NO_NAME.fullmatch(word):
        return ""
    return "unknown" if "unknown" in kinds else "doubtful"


def _part_kind(part: str) -> str:
    key = spell(part)
    if is_name(part):
        return "unknown"
    listed = is_given(part) or is_surname(part)
    if (
        len(part) < 3
        or key in report_words()
        or not listed
        and (key in eponyms() or is_word(part) or is_ordinary(part))
    ):
        return ""
    if is_word(part) or is_ordinary(part) or key in eponyms() or key in towns():
        return "doubtful"
    return "unknown"
