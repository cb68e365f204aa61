"""Names of persons: after titles, roles and signatures, beside first names, and listed names anywhere.

find_names("OA Dr. Öztürk, gez. Maria Keller", "de")
"""

import re
from collections.abc import Iterator

from refrad2d.privacy.recognisers.lexicon import (
    Found,
    anatomy,
    clinical_words,
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
    looks_medical,
    report_words,
    spell,
)
from refrad2d.privacy.recognisers.scan import Hinted, stems

# The words around a name, which announce or follow it. Roles that mean other things as well need a listed name.
_TITLE = context_pattern("title")
_ROLE = context_pattern("role")
_LABEL = context_pattern("label")
_BY = context_pattern("by")
_SIGN_OFF = context_pattern("sign_off")
_CREDENTIAL = context_pattern("credential")
_RELATIVE = context_pattern("relative")
_AMBIGUOUS_TITLES = context_words("ambiguous_title")  # magnetic resonance, multiple sclerosis, proton density, or Mr
_AMBIGUOUS_ROLES = context_words("ambiguous_role")
_PARTICLE = context_words("particle")
_STOP = context_words("stop")
_CAP = r"[A-ZÀ-ÖØ-ÞŁŚŞČŠŽĞİĆŻŹ]"
_ENDED = r"(?:(?<=\.)|(?!\w))"  # "Dr.Müller" is glued
_STAFF_SHORT = context_words("staff_short")  # OA, CÄ: they go with the name, as titles do
_TRIGGER = Hinted(
    rf"(?<![\w\-])(?:(?P<title>(?i:{_TITLE}){_ENDED}(?:[\s/]{{0,2}}(?i:{_TITLE}){_ENDED}|[ ]?\((?:FH|RO|Univ\.?|"
    rf"[A-Z]{{2,3}})\))*)|(?P<label>(?i:{_LABEL})"
    rf"(?:\s(?:von|durch|by|an|to))?\s?[:=])"
    rf"|(?P<by>(?i:{_BY})(?!\w):?)|(?P<sign>(?i:{_SIGN_OFF})(?!\w)[,.:;!]?)|(?P<role>{_ROLE}(?!\w))|"
    rf"(?P<relative>{_RELATIVE}(?!\w)))",
    word=stems("|".join((_TITLE, _ROLE, _LABEL, _BY, _SIGN_OFF, _RELATIVE))),
    anchored=True,
)
_LONE_INITIAL = re.compile(r"[A-ZÄÖÜ]\.(?:-?[A-ZÄÖÜ]\.)*")  # "Frau F."
_DOTTED_PARTICLE = re.compile(r"v\.[ ]?(?:d\.[ ]?)?(?=[A-ZÄÖÜ])")
_LONGEST = 400  # characters of a name with its titles; behind that the next title is a trigger again
_PIECE = re.compile(r"[^\W\d_]+(?:['’\-–][^\W\d_]+)*\.?")
_BLANK = re.compile(r"[ \t]*")
_BLANK_OR_LINE = re.compile(r"[\s_\-–]*")
_CREDENTIALED = Hinted(
    rf"(?<![\w\-])(?P<name>{_CAP}[\w'’\-]*\.?(?:[ \t]{_CAP}[\w'’\-]*\.?){{0,3}}),?[ \t]{_CREDENTIAL}(?!\w)",
    word=stems(_CREDENTIAL) + "|m|p|do",
)
_LISTED_FIRST = re.compile(rf"(?<![\w\-])(?P<last>{_CAP}[\w'’\-]+),[ \t]?(?P<first>{_CAP}[\w'’\-]+)(?!\w)")
_CAPITALISED = re.compile(rf"(?<![\w\-])(?:[Oo]['’])?{_CAP}[^\W\d_]+(?:['’\-–][^\W\d_]+)*")
_INITIALLED = Hinted(
    rf"(?<![\w.\-])(?:{_CAP}\.[ \t]?){{1,3}}(?P<last>{_CAP}[^\W\d_]+(?:['’\-][^\W\d_]+)*)",
    word=r"[^\W\d_](?![^\W\d_])",
)
_INITIAL_BEHIND = re.compile(rf"[ \t]{_CAP}\.(?![\w.])")
_ADJECTIVE = re.compile(
    r"(?:Schwarz|Wei(?:ß|ss)|Braun|Rot|Grün|Gelb|Blau|Grau|Groß|Klein|Lang|Kurz|Jung|Alt|Neu|Stark|Fein|Hart|Weich|"
    r"Dick|Breit|Hoch|Tief|Rund|Frisch|Früh|Spät|Voll|Leer|Hell|Dunkel)(?:e[rsnm]?)"
)
_GRADED = re.compile(
    r"(?:Typ|Grad|[Tt]ype|[Gg]rade|[Ss]tage|Stadium|Klasse|[Cc]lass|Pugh|Garden|\d)\s$"
)  # "Typ B. Weber"
# What only a person does; and in English two capitalised words inside a sentence.
_SUBJECT = re.compile(
    rf"(?<![\w\-])(?P<name>{_CAP}[^\W\d_]+[ \t]{_CAP}[\w'’\-]+)[ \t](?:underwent|presented|presents|attended|"
    rf"complains|complained|denies|"
    r"reports|was (?:examined|seen|referred|admitted|born)|stellte? sich|kam zu[rm]?|klagt|berichtet|gibt an|"
    r"erhielt|wurde (?:untersucht|vorgestellt|aufgenommen|geboren))"
)
_WORD_BEFORE = re.compile(rf"(?<![\w\-])(?P<word>{_CAP}[a-zß-öø-ÿ]+)[ \t]$")
_STUDY_OF = re.compile(
    rf"(?:kontrolle|untersuchung|Befund|Vorstellung|Anamnese|Bildgebung|Staging|aufnahmen?|Verlauf|CT|MRT|Bericht|"
    rf"Arztbrief|Anruf|Brief) (?:bei|von|für|an) "
    rf"(?P<name>{_CAP}[a-zß-ÿ]+[ \t]{_CAP}[a-zß-ÿ]+(?:-{_CAP}[a-zß-ÿ]+)?)(?![\w\-])"
)
_CAPITAL_PAIR = re.compile(
    r"(?:\b(?:for|by|patient|named|called|lady|gentleman|man|woman|male|female|boy|girl|colleagues?|radiologist|"
    r"surgeon|physician|"
    r"nurse|doctor|consultant|resident|practitioner),?[ \t])"
    rf"(?P<name>{_CAP}[a-zß-ÿ'’]+(?:[ \t]{_CAP}\.)?[ \t]{_CAP}[a-zß-ÿ]+(?:['’\-]{_CAP}[a-zß-ÿ]+)?)(?![\w\-]|"
    rf"[ \t]{_CAP})"
)


def find_names(text: str, language: str) -> Iterator[Found]:
    """Persons by context (titles, roles, labels, signatures, credentials) and by the lists of names."""
    for match in _TRIGGER.finditer(text):
        if re.fullmatch(r"i\.\s?v\.", match.group()):  # intravenous, not "i. V."
            continue
        yield from _follow(text, match, language)
    for match in _CREDENTIALED.finditer(text):
        words = [w for w in re.split(r"[ \t]", match["name"]) if len(w) > 2]
        if (
            words
            and not any(looks_clinical(word) for word in words)
            and ("," in match.group() or any(map(is_name, words)) or match["name"][1:2] == ".")
        ):
            yield Found(*match.span(), "NAME", True)
    for match in _LISTED_FIRST.finditer(text):
        first, last = match["first"], match["last"]
        if last.isupper() and len(last) < 5 and not first.isupper():  # "STIR, Dixon"
            continue
        certain = is_given(first) and not is_ordinary(first)
        listed = (
            is_name(last)
            and (is_given(first) or not is_word(first))
            and not looks_clinical(first)
            and first.lower() not in _STOP
            and last.isupper() == first.isupper()
        )
        if listed or (certain and (is_surname(last) or not looks_clinical(last))):
            yield Found(*match.span(), "NAME", True)
    yield from _find_pairs(text, language)
    for match in _SUBJECT.finditer(text):
        if not any(map(looks_clinical, match["name"].split())):
            yield Found(*match.span("name"), "NAME", True)
    for match in _STUDY_OF.finditer(text):
        if not any(
            looks_clinical(word) or is_ordinary(word) or spell(word) in eponyms() for word in match["name"].split()
        ):
            yield Found(*match.span("name"), "NAME")
    if language == "en":
        for match in _CAPITAL_PAIR.finditer(text):
            words = match["name"].split()
            if not any(looks_clinical(word) or spell(word) in eponyms() for word in words):
                yield Found(*match.span("name"), "NAME")
    for match in _INITIALLED.finditer(text):
        if (
            is_surname(match["last"])
            and not is_ordinary(match["last"])
            and not _GRADED.search(text[: match.start()][-12:])
        ):
            disease = match.group().startswith("M.") and spell(match["last"]) in eponyms()  # "M. Paget"
            yield Found(*match.span(), "NAME", not disease)


def holds_name(text: str) -> bool:
    """True if a capitalised word that is no title stands in the text."""
    return any(not re.fullmatch(_TITLE, word, re.I) for word in re.findall(rf"{_CAP}[\w'’]+", text))


def _follow(text: str, match: re.Match, language: str) -> Iterator[Found]:
    """The name that a trigger announces. Titles and signatures are sure of it, roles need a listed name."""
    kind = match.lastgroup
    blank = (_BLANK_OR_LINE if kind in ("sign", "label") else _BLANK).match(text, match.end())
    assert kind is not None and blank is not None  # every trigger has a named group; a blank may be empty
    at = blank.end()
    if kind == "sign" and "\n" in blank.group() and text[at : at + 1].isupper():
        end = _read_line(text, at) or _read_name(text, at, language, kind)
    elif kind == "label" and "\n" in blank.group():
        return
    else:
        if match.group() in _AMBIGUOUS_TITLES:
            kind = "lecturer" if language == "de" and match.group() in ("PD", "KD") else "doubtful"
        elif kind == "role" and match.group() not in _AMBIGUOUS_ROLES:
            kind = "staff"
        end = _read_name(text, at, language, kind)
    if end is None:
        return
    announces = match.lastgroup == "title" or match.group() in _STAFF_SHORT
    start = match.start() if announces else at
    yield Found(start, end, "NAME", True)


def _read_line(text: str, at: int) -> int | None:
    """The end of a line that holds nothing but a name, as below "Mit freundlichen Grüßen"."""
    end = text.find("\n", at)
    line = text[at : len(text) if end < 0 else end].strip(" ,.")
    words = line.split()
    if 0 < len(words) <= 5 and not any(c.isdigit() for c in line) and not any(map(looks_clinical, words)):
        return at + len(line)
    return None


def _read_name(text: str, at: int, language: str, kind: str) -> int | None:
    """The end of the name that starts at `at`, None if there is none."""
    end, words, last, after_comma, first = None, 0, "", False, at
    if dotted_particle := _DOTTED_PARTICLE.match(text, at):  # "Herr v. d. Osten"
        at = dotted_particle.end()
    while (piece := _PIECE.match(text, at)) and at - first < _LONGEST:
        word = piece.group().rstrip(".")
        dotted = piece.group().endswith(".")
        if re.fullmatch(_TITLE, piece.group(), re.I) or re.fullmatch(_TITLE, word, re.I):
            kind = "title"
        elif (
            len(word) == 1
            and word.isupper()
            and (
                dotted
                or (words and not text[piece.end() : piece.end() + 1].isdigit())
                or _before_name(text, piece, kind)
            )
        ):
            end = piece.end()
        elif _is_particle(word, words, last, text, piece.end()):
            pass
        elif after_comma or _is_part(word, words, last, language, kind):
            words += 1
            end = piece.start() + len(word)
            last, after_comma = word, False
            if dotted and words > 1:
                break
        else:
            break
        if dotted and len(word) > 1 and words and kind != "title":
            break
        blank = _BLANK.match(text, piece.end())
        assert blank is not None  # it may be empty
        at = blank.end()
        if comma := re.compile(r",[ \t]?(?=[A-ZÄÖÜ])").match(text, piece.end()):
            following = _PIECE.match(text, comma.end())
            if words == 1 and following and _is_first_name(following.group(), last, kind):
                at, after_comma = comma.end(), True
            else:
                break
    return end if words or (kind == "title" and end and _LONE_INITIAL.fullmatch(text, first, end)) else None


def _is_particle(word: str, words: int, last: str, text: str, at: int) -> bool:
    """True for the "von" of a name; "Koll. Ahrens vom Labor" and "Frau der Station" end before it."""
    lower = word.lower()
    if lower not in _PARTICLE or not _continues(text, at) or lower in ("und", "y", "e"):
        return False
    if not word.islower():
        return words == 0 and len(word) > 1
    if lower in ("vom", "zum", "zur", "des", "den", "dem", "der") and words:
        return is_given(last)
    return lower != "der" or words > 0 or re.search(r"(?:van|von|v\.|in|op)\s+der\s$", text[:at] + " ") is not None


def _is_first_name(piece: str, last: str, kind: str) -> bool:
    """True if what follows "Weber," is a first name or an initial and not the next field."""
    word = piece.rstrip(".")
    if is_given(word) or len(word) == 1:
        return True
    return (
        (kind == "label" or (last.isupper() and word.isupper()))
        and not looks_clinical(word)
        and word.lower() not in _STOP
    )


def _before_name(text: str, piece: re.Match, kind: str) -> bool:
    """True for the B of "Dr B Featherington"."""
    return kind == "title" and re.compile(r"[ \t][A-ZÀ-Þ][a-zà-ÿ]").match(text, piece.end()) is not None


def _continues(text: str, at: int) -> bool:
    """True if a capitalised word, perhaps after another particle, follows."""
    return re.compile(r"[ \t]?(?:[a-z]{2,3}[ \t])?[A-ZÀ-ÞŁŚŞČŠŽ]").match(text, at) is not None


def _is_part(word: str, words: int, last: str, language: str, kind: str) -> bool:
    """Whether a word belongs to the name: the first one by the strength of its trigger, later ones by the lists."""
    lower = word.lower()
    if lower in _STOP or len(word) < 2:
        return False
    if not word[0].isupper() and not re.match(r"[dl]['’][A-ZÀ-Þ]", word):
        return (is_given(word) or is_surname(word)) and (kind == "title" or not is_ordinary(word)) and words < 3
    if words == 0:
        if kind == "title":
            return not (word.isupper() and len(word) < 3)
        if kind == "doubtful":
            return is_surname(word) or is_given(word)
        if kind == "lecturer":
            return word[1:].islower() and len(word) > 3 and not looks_clinical(word) and not is_ordinary(word)
        if is_name(word) or (kind == "relative" and is_given(word)):
            return True
        if kind == "relative" and language == "de":  # "Tochter Asthma"
            return is_surname(word) and not is_ordinary(word)
        if kind in ("label", "sign", "staff"):
            if re.match(r"[A-Z]{1,3}-", word) or looks_medical(word) and not (is_surname(word) or is_given(word)):
                return False
            return is_surname(word) or not is_report_word(word) or spell(word) in anatomy()
        return not (looks_clinical(word) or (word.isupper() and len(word) < 5))
    if words > 3:
        return False
    if is_name(word) or (is_given(last) and (is_surname(word) or spell(word) not in report_words())):
        return True
    if word.isupper() and not last.isupper():
        return len(word) > 2 and kind in ("label", "title", "relative") and not looks_clinical(word)
    return not looks_clinical(word)


def _find_pairs(text: str, language: str) -> Iterator[Found]:
    """A first name with the capitalised word behind it, and listed names that stand alone."""
    shouting = text.isupper()
    for match in _CAPITALISED.finditer(text):
        word = match.group()
        parts = re.split(r"[\-–]", word)
        listed = is_name(word) or (len(parts) > 1 and any(map(is_name, parts)) and not any(map(looks_clinical, parts)))
        if word.isupper() and len(word) < 5 and not shouting:
            listed = False
        first = (listed or not is_ordinary(word)) and len(word) > 2 and all(map(is_given, parts))
        if not first and not (is_given(word) and is_ordinary(word)):
            if listed and not _is_adjective(word, text, match.end()):
                yield Found(_start_of_name(text, match.start()), match.end(), "NAME")
            continue
        at = match.end()
        following = re.compile(
            rf"(?:[ \t]{_CAP}\.)*[ \t](?:(?:von|van|de|der|den|di|da|del|la|al|zu|zum)[ \t])"
            rf"*(?P<last>{_CAP}[\w'’\-]+)",
        ).match(
            text,
            at,
        )
        initial = _INITIAL_BEHIND.match(text, at) if first else None
        if match.group() == "Ann" and following and following["last"] == "Arbor":
            continue
        if following and _completes(word, following["last"], language, certain=listed and first):
            yield Found(match.start(), following.end(), "NAME", True)
        elif initial:
            yield Found(match.start(), initial.end(), "NAME", True)
        elif listed and not _is_adjective(word, text, at):
            yield Found(_start_of_name(text, match.start()), match.end(), "NAME")


def _is_adjective(word: str, text: str, at: int) -> bool:
    """True for "Schwarze Stühle": an inflected colour or size before a noun."""
    return _ADJECTIVE.fullmatch(word) is not None and re.compile(r"[ \t][A-ZÄÖÜ][a-zäöüß]").match(text, at) is not None


def _start_of_name(text: str, at: int) -> int:
    """Where a listed family name starts if the capitalised word before it is taken for a first name."""
    before = _WORD_BEFORE.search(text, max(0, at - 30), at)
    if not before or re.fullmatch(rf"{_RELATIVE}|{_ROLE}|{_LABEL}", before["word"]):
        return at
    if is_word(before["word"]) and not is_given(before["word"]):
        return at
    if looks_clinical(before["word"]) or before["word"].lower() in _STOP or is_ordinary(before["word"]):
        return at
    return before.start()


def _completes(first: str, last: str, language: str, *, certain: bool) -> bool:
    """True if `last` is a family name behind `first`; `certain` says that `first` is a first name and nothing else."""
    if last.lower() in _STOP or (last.isupper() and not first.isupper()):
        return False
    if spell(last) in clinical_words():
        return False
    return is_surname(last) or (certain and spell(last) not in report_words())
