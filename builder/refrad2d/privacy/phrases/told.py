"""Persons by the phrase that tells of them: a referral, a maiden name, a small child, a greeting, a signature, a login.

find_told("Thank you for referring Fyodor Wrangel. Cheers, Caz", "en")

A word of the language, of medicine or an eponym is no person, unless it is a first name as well.
"""

import re
from collections.abc import Iterator

from refrad2d.privacy.letters.words import is_familiar
from refrad2d.privacy.recognisers.lexicon import (
    CAPITAL,
    Found,
    clinical_words,
    context_words,
    is_given,
    is_ordinary,
    is_surname,
    looks_clinical,
    looks_medical,
    report_words,
    spell,
)

_WORD = rf"{CAPITAL}[^\W\d_A-Z]+(?:[\-’']{CAPITAL}?[^\W\d_]+)*"
_FULL = rf"{_WORD}(?:[ ](?:{CAPITAL}\.[ ])?{_WORD}){{0,2}}"
_KIN = (
    r"(?:Tochter|Sohn|Ehefrau|Ehemann|Mutter|Vater|Schwester|Bruder|Enkelin|Enkel|Nichte|Neffe|Lebensgefährtin|"
    r"Lebensgefährte|Partnerin|Partner|Gattin|Gatte|Betreuerin|Betreuer|Schwiegertochter|Schwiegersohn|"
    r"Nachbarin|Nachbar)"
)
_KIN_EN = (
    r"(?:[Hh]usband|[Ww]ife|[Ss]on|[Dd]aughter|[Mm]other|[Ff]ather|[Pp]artner|[Bb]rother|[Ss]ister|[Nn]iece|"
    r"[Nn]ephew)"
)
_SPECIALIST = (
    r"(?:[a-z]*surgeon|[a-z]+ologist|registrar|resident|attending|consultant|radiographer|fellow|intern|nurse)"
)
_TOLD = (
    re.compile(
        r"(?<!\w)[Tt]han(?:ks|k[ ]you)(?:[ ](?:so|very)[ ]much)?[ ]for[ ](?:referring|sending|asking[ ]me[ ]to[ ]see|"
        rf"the[ ]referral[ ]of|letting[ ]me[ ]see)[ ](?:us[ ]|me[ ])?(?P<name>{_FULL})(?![\w\-])"
    ),
    re.compile(rf"(?<!\w)(?:[Gg]iven|[Ff]orename)(?:[ ]names?)?:?[ ](?P<name>{_WORD})(?![\w\-])"),
    re.compile(
        rf"(?<!\w)(?:(?:Mädchen|Geburts|Familien|Ledigen)namen?:?|[Mm]aiden[ ]name:?(?:[ ]was)?|[Ff]ormerly|"
        rf"[Ff]rüher)[ ](?P<name>{_WORD})(?![\w\-])"
    ),
    re.compile(
        rf"(?<!\w)(?:[Dd](?:as|ie|er|em|en|es)[ ](?:kleinen?|Kind(?:es)?|Baby|Säuglings?|Mädchen|Jungen?)|[Ll]ittle|"
        rf"[Bb]aby)[ ](?P<name>{_WORD})(?![\w\-])"
    ),
    re.compile(rf"^[ \t]*(?:Hi|Hello|Hey|Hallo|Moin|Servus)[ ](?P<name>{_WORD})(?=[,!:]|[ \t]*$)", re.M),
    re.compile(
        rf"(?:^|[.?!][ ])[ \t]*(?:Cheers|Thanks|Thx|Best|Regards|Ta|Yours|Warmly)(?:,[ ]?|[ ]"
        rf")(?P<name>{_FULL})[.]?[ \t]*$",
        re.M,
    ),
    re.compile(rf"(?<!\w)Sister[ ](?!Mary[ ]Joseph)(?P<name>{_WORD})(?![\w\-])"),
    re.compile(
        rf"(?<!\w)(?:[Pp]resented|[Dd]iscussed)[ ](?:at|in)[ ][^.\n]{{3,40}}?[ ]by[ ](?P<name>{_FULL})(?![\w\-])"
    ),
    re.compile(rf"(?<!\w)(?:[Kk]annst|[Kk]önntest|[Bb]itte)[^.\n]{{0,24}}[ ]den[ ](?P<name>{_WORD})(?![\w\-])"),
    re.compile(
        rf"(?<!\w)[Cc](?:an|ould)[ ]you[ ](?:please[ ])?(?:read|see|do|squeeze[ ]in|look[ ]at)[ ]"
        rf"(?P<name>{_WORD})(?![\w\-])"
    ),
    re.compile(rf"(?<!\w)[Tt]he[ ](?:[a-z\-]+[ ]){{0,2}}{_SPECIALIST},[ ](?P<name>{_FULL})(?=,)"),
)
_SURE = (  # here a word of the language may be a name as well
    re.compile(rf"(?<!\w){_KIN_EN}[ ]\((?P<name>{_WORD})(?=\))"),
    re.compile(rf"(?<!\w)(?:POA|HCPOA|DPOA|attn\.?|ATTN|pp|p\.p\.|Vocera)[: ]{{1,2}}(?P<name>{_FULL})(?![\w\-])"),
    re.compile(rf"(?<!\w)Surname:?[ ](?P<name>{_WORD})(?![\w\-])"),
)
_BOTH = re.compile(
    rf"(?<!\w)(?:[Dd](?:ie|er|en|em)|[Ii]hre?|[Ss]eine?|[Dd]eren|[Dd]essen)[ ]{_KIN}[ ](?P<name>{_WORD}[ ]{_WORD})"
    rf"(?=[ ]*(?:[(,.;)\n]|$)|[ ][a-zäöü])"
)
_CALLS = r"(?:by|[Uu]ser|von|durch|[Bb]enutzer|[Ll]ogin|[Oo]perator|\[(?:TIME|DATE)\])"
_LOGIN = re.compile(
    rf"(?<!\w){_CALLS}:?[ ](?P<name>(?P<word>[A-ZÄÖÜ]{{4,}})_[A-Z]{{1,3}})(?!\w)"
    r"|(?<!\w)(?:[Uu]ser|[Bb]enutzer|[Ll]ogin):[ ](?P<user>[A-ZÄÖÜ]{5,})(?!\w)"
)
_MARKS = re.compile(
    r"(?<!\w)(?:[Dd]ictated|[Tt]yped|[Tt]ranscribed|[Rr]eported|[Dd]iktiert|[Gg]eschrieben)(?:[ ](?:by|von|"
    r"durch))?:?[ ]"
    r"(?P<name>[A-Za-zäöü]{2,4}/[A-Za-zäöü]{2,4})(?![\w/])"
)
_COMMON = frozenset(
    "all team there doctor colleague colleagues everyone everybody folks zusammen kollege kollegin kollegen "
    "regards wishes "
    "again advance sincerely medicare name names born female male sex dob".split()
)


def find_told(text: str, language: str) -> Iterator[Found]:
    """Names behind the phrases, both words of one of the family, logins and marks of typists."""
    for pattern in _TOLD:
        for match in pattern.finditer(text):
            if end := _end_of_name(text, *match.span("name"), language):
                yield Found(match.start("name"), end, "NAME", True)
    for pattern in _SURE:
        for match in pattern.finditer(text):
            if not any(_is_term(word) or spell(word) in _COMMON for word in match["name"].split()):
                yield Found(*match.span("name"), "NAME", True)
    for match in _BOTH.finditer(text) if language == "de" else ():
        first, last = match["name"].split(" ")
        if _is_person(last, language) and (is_given(first) or not _is_term(first)):
            yield Found(*match.span("name"), "NAME", True)
    for match in _LOGIN.finditer(text):
        word = match["word"] or match["user"]
        if _is_person(word.capitalize(), language):
            yield Found(*match.span("user" if match["user"] else "name"), "NAME", True)
    yield from (Found(*match.span("name"), "NAME", True) for match in _MARKS.finditer(text))


def _end_of_name(text: str, start: int, end: int, language: str) -> int:
    """Where the words end that may be a name; 0 if the first is none."""
    last = 0
    for match in re.finditer(_WORD, text[start:end]):
        if not _is_person(match.group(), language):
            break
        last = start + match.end()
    return last


def _is_person(word: str, language: str) -> bool:
    """True for a first name, and for a word that neither the language nor medicine has."""
    if spell(word) in _COMMON or spell(word) in context_words("stop") or _is_term(word):
        return False
    if is_given(word) or is_surname(word):
        return not (is_ordinary(word) and not is_given(word))
    return not is_familiar(word, language)


def _is_term(word: str) -> bool:
    key = spell(word)
    if is_given(word):
        return key in report_words() or key in clinical_words()
    return key in report_words() or key in clinical_words() or looks_medical(word) or looks_clinical(word)
