"""What a cut through a sentence must not do: words went, nothing came, and the rest has to stand by itself.

    >>> put_together("Erguss rechts, idem.", words)           # "idem" and its comma go
    'Erguss rechts.'

Nothing goes from a clause that denies something, from a contrast, from a table, or from brackets that keep a part. The
only size stays, and so do those of a sentence that names several days, what points to a picture, and what an organ is.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from refrad2d.text.temporal.reading import load_phrases
from refrad2d.text.temporal.vocabulary import load_words, may_go, names_a_thing, words_of

GOES = 0.5  # of a comma beside words that go


class Word(NamedTuple):
    """A word, number or sign of a sentence, where it stands, and how sure it is that it goes, 0 to 1."""

    text: str
    start: int
    end: int
    goes: float


_LAYOUT = re.compile(r"\n|\||->|→|\s{3}|\s/\s|\w-\s(?!und|or|and|oder|bzw)")  # of tables and words at the end of a line
_CONTRAST = re.compile(
    r"\b(?:dagegen|hingegen|jedoch|allerdings|aber|sondern|während|obwohl|obgleich|wohingegen|trotz|but|however|whereas"
    r"|while|although|though|yet|despite|conversely)\b",
    re.IGNORECASE,
)
_SIZE = re.compile(r"\d\s?(?:mm|cm|ml|cc)\b")
_DAY = re.compile(
    r"\b\d{1,2}[./]\s?(?:\d{1,2}[./]?(?:\d{4}|\d\d)?|\d{4})(?![\d,])|\b(?:19|20)\d\d\b"
    r"|\b(?:jan(?:uary?|uar)?|jänner|feb(?:ruary?|ruar)?|feber|märz|march|apr(?:il)?|mai|may|june?|juni|july?|juli"
    r"|aug(?:ust)?|sept?(?:ember)?|o[kc]t(?:ober)?|nov(?:ember)?|de[zc](?:ember)?)\b",
    re.IGNORECASE,
)
_REFERS = re.compile(r"\b(?:serie|series|bild|image|ima|schicht|slice|im|se)\b\.?\s?\d+", re.IGNORECASE)  # to pictures
_BEGINS = re.compile(  # with a verb whose subject stood before it, with half a phrase, or with a size of something
    r"(?:Findet|Finden|Zeigt|Zeigen|Ist|Sind|Hat|Haben|War|Waren|Wird|Werden|Besteht|Bestehen|Sieht|Sehen|Liegt|Liegen"
    r"|Misst|Messen|Stellt|Stellen|Lässt|Kommt|Is|Are|Has|Have|Was|Were|Shows?|Measures?|Than|Als|To|From|Auf|Of|And|Und"
    r"|Mit|With|Des)\b|\d[\d.,]*\s?[mc]m\s(?:der|des|of)\b"
)
_HALF = re.compile(  # of a change, or of what another day showed
    r"\b(?:von\s[\w,.%]+(?:\s\w+)?\sauf|from\s[\w,.%]+(?:\s\w+)?\sto)\b|\b(?:last|zuletzt)\s\w+\s*(?:[.,;]|$)"
    r"|\b(?:der|im|am|the)\s\d{1,2}\.?\s*$",
    re.IGNORECASE,
)
_TO_A_SIZE = re.compile(r"\s(?:auf|to)\s(?=(?:ca\.\s|about\s)?\d[\d.,x×\s]*(?:mm|cm|ml)\b)")
_STATE = re.compile(
    r"erweiter|dilat|gr[öo]e?(?:ß|ss)er|verbreiter|verdick|verschm|eingeeng|reduz|reduc|enlarg|widen|thick|narrow|extend"
    r"|reich",
    re.IGNORECASE,
)
_DENIES = re.compile(
    r"(?:no|not|without|never|none|nor|neither|cannot|fail\w*|lack\w*|absen\w+|nothing"
    r"|kein\w*|nicht\w*|ohne|nie|niemals|weder|fehl\w*)",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"(?:[^,;:()]|(?<=\d),(?=\d))+")
_GONE = re.compile(
    r"\b(?:re ?expanded|resolved|cleared|vanished|disappeared|gone|subsided|normali[sz]ed|removed|withdrawn|pulled"
    r"|drained|evacuated|melted|verschwunden|resorbiert|zurückgebildet|normalisiert|(?:auf)?gelöst|abgeheilt"
    r"|ausgeheilt|behoben|entfernt|gezogen|entfaltet|drainiert)\b"
)
_HEDGE = re.compile(
    r"likely|probabl[ey]|possibl[ey]|suspected|suspicious|presumabl[ey]|wahrscheinlich|vermutlich|möglich\w*|ehesten|verdächtig\w*"
)
_AUXILIARY = re.compile(r"has|have|had|been|hat|haben|hatte|wurden?|worden")
_PARTICIPLE = re.compile(
    r"[^\W\d_]{3,}(?:ed|en|wn|lt)|(?:\w{2,4})?ge\w{2,}(?:t|en)|(?:ver|zer|be|ent|er)\w{2,}(?:t|en)"
)
_BRACKETS = re.compile(r"\(([^()]*)\)")
_SAID = re.compile(r"[^\W\d_]{3,}")


def denies_more(source: str, kept: str) -> bool:
    """True if a rewrite denies in other words than its source: a rule that says that a thing is gone."""
    return not _denials(kept) <= _denials(source)


def _denials(text: str) -> set[str]:
    return {word.casefold() for word in re.findall(r"[\w']+", text) if _DENIES.fullmatch(word)}


def may_be_cut(sentence: str) -> bool:
    """False for a row of a table, a divided line, half a bracket, and a contrast, whose halves need their changes."""
    whole = sentence.count("(") == sentence.count(")")
    return whole and not _LAYOUT.search(sentence) and not _CONTRAST.search(sentence)


def put_together(sentence: str, words: Sequence[Word]) -> str:
    """What stays of a sentence, as a sentence. Of one comma between two words that stay one is left."""
    out, end = "", 0
    stays = [word.goes <= GOES or word.text in "()." for word in words]
    for at, word in enumerate(words):
        out += sentence[end : word.start]
        if stays[at] or word.text == "," and _parts(words, stays, at):
            out += word.text
        end = word.end
    return _sized(_tidied(out + sentence[end:]))


def _parts(words: Sequence[Word], stays: Sequence[bool], at: int) -> bool:
    """True for the only comma of a stretch that goes."""
    start = next((k + 1 for k in range(at, -1, -1) if stays[k]), 0)
    stop = next((k for k in range(at, len(words)) if stays[k]), len(words))
    return sum(word.text == "," for word in words[start:stop]) == 1


def faulty_cut(sentence: str, rest: str, words: Sequence[Word], language: str) -> bool:
    """True if what went was no word of another day alone, or if what is left does not stand by itself."""
    return (
        len(words_of(rest)) < 2
        or not _SAID.search(re.sub(r"\b(?:mm|cm|ml)\b", "", rest))
        or _BEGINS.match(rest) is not None
        or _HALF.search(rest) is not None
        or _REFERS.findall(sentence) != _REFERS.findall(rest)
        or _size_gone(sentence, rest)
        or _compound_cut(sentence, words)
        or _denied(sentence, words)
        or any(_is_part(sentence, went, language) or _is_said(went, language) for went in _stretches(words))
        or _brackets_cut(sentence, words, language)
        or _name_cut(sentence, words, language)
    )


def _stretches(words: Sequence[Word]) -> Iterator[list[Word]]:
    """The words that go one after the other."""
    for goes, group in groupby(words, key=lambda word: word.goes > GOES):
        if goes:
            yield list(group)


def _is_part(sentence: str, went: Sequence[Word], language: str) -> bool:
    """True for a stretch that leaves a genitive, "old" without a size, a label that is a day ("CT of 02/10:"), and an
    adjective of an organ ("smaller right kidney")."""
    told = sentence[went[0].start : went[-1].end]
    behind = sentence[went[-1].end :]
    folded = words_of(told)
    if folded[-1:] == ("des",) or "old" in folded and not any(character.isdigit() for character in told):
        return True
    if (told.endswith(":") or behind.startswith(":")) and (_DAY.search(told) or _speaks_of_a_day(told, language)):
        return True
    adjectives = 0 < len(folded) < 3 and not _DAY.search(told) and went[-1].text[0].isalpha()
    ahead = re.split(r"[,;:.()]", behind, maxsplit=1)[0]
    things = load_phrases(language).things
    return (
        adjectives
        and bool(_SAID.search(ahead))
        and not (things.search(ahead.lower()) or names_a_thing(ahead, language))
    )


def _is_said(went: Sequence[Word], language: str) -> bool:
    """True for a stretch that tells more than a change: that a thing is gone ("has been pulled"), or a guess."""
    folded = [word.text.casefold() for word in went if word.text[0].isalpha()]
    if _GONE.search(" ".join(folded)) or any(_HEDGE.fullmatch(word) for word in folded):
        return True
    return any(_AUXILIARY.fullmatch(word) for word in folded) and any(
        _PARTICIPLE.fullmatch(word) and not may_go(word, language) for word in folded
    )


def _speaks_of_a_day(text: str, language: str) -> bool:
    words = load_words(language)
    folded = text.casefold()
    return any(words.previous.fullmatch(word) or words.exam.fullmatch(word) for word in words_of(text)) or (
        words.day.search(folded) is not None
    )


def _name_cut(sentence: str, words: Sequence[Word], language: str) -> bool:
    """True if a word goes from a fixed phrase, such as the name of a disease."""
    phrases = load_phrases(language).fixed
    spans = [found.span() for at in phrases.possible(sentence) for found in phrases[at].pattern.finditer(sentence)]
    return any(word.goes > GOES and start <= word.start < end for word in words for start, end in spans)


def _compound_cut(sentence: str, words: Sequence[Word]) -> bool:
    """True if a part of a word with hyphens goes ("benign-[appearing]"): its hyphen says that they belong together."""
    goes = {word.start: word.goes > GOES for word in words}
    ends = {word.end: word.goes > GOES for word in words}
    return any(
        ends.get(word.start) is not goes.get(word.end)
        for word in words
        if word.text == "-" and word.start in ends and word.end in goes
    )


def _brackets_cut(sentence: str, words: Sequence[Word], language: str) -> bool:
    """True if brackets lose a part of what they hold, or all of it and no word of it is known as one of time."""
    for bracket in _BRACKETS.finditer(sentence):
        inside = [word for word in words if bracket.start(1) <= word.start < bracket.end(1) and word.text[0].isalnum()]
        went = [word for word in inside if word.goes > GOES]
        if went and len(went) < len(inside):
            return True
        known = any(may_go(word, language) for word in words_of(bracket[1])) or _DAY.search(bracket[1])
        if went and not known and not _speaks_of_a_day(bracket[1], language):
            return True
    return False


def _denied(sentence: str, words: Sequence[Word]) -> bool:
    """True if a denial goes, or stays in a clause from which something goes."""
    for clause in _CLAUSE.finditer(sentence):
        inside = [word for word in words if clause.start() <= word.start < clause.end() and word.text[0].isalnum()]
        if any(word.goes > GOES for word in inside) and any(_DENIES.fullmatch(word.text) for word in inside):
            return True
    return False


def _size_gone(sentence: str, rest: str) -> bool:
    """True if the only size goes, or one of several days': which of them is today is not said."""
    before, after = len(_SIZE.findall(sentence)), len(_SIZE.findall(rest))
    return before > after and (not after or len(_DAY.findall(sentence)) > 1)


def _sized(text: str) -> str:
    """ "Cyst, 14 mm" for the "cyst to 14 mm" that a growth leaves; what is dilated to 14 mm stays so."""
    return text if _STATE.search(text) else _TO_A_SIZE.sub(", ", text)


_TIDY = tuple(
    (re.compile(find), put)
    for find, put in (
        (r"\(\s*[,;:]?\s*\)", ""),
        (r"\(\s*(?:[,;:]\s*)?", "("),
        (r"\s+(?=[,;:.)])", ""),
        (r"([,;:])(?:\s*[,;:])+", r"\1"),
        (r"[,;:]\s*(?=[.)])", ""),
        (r"\.\.+", "."),
        (r"^[\s,;:.)–-]+", ""),
        (r"[,;:]$", "."),
        (r"\s+", " "),
    )
)


def _tidied(text: str) -> str:
    """The text with signs and blanks where a sentence has them, and a capital at its beginning."""
    for find, put in _TIDY:
        text = find.sub(put, text)
    text = text.strip()
    return text[:1].upper() + text[1:]
