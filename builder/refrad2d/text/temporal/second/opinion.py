"""What the second reader says of a sentence that the rules have read: it may object, and it may go on.

    >>> agreed("Growing pains, normal femora.", "Pains, normal femora.", "en")
    'Growing pains, normal femora.'

If the rules took a word that the network holds for one of today, the sentence stays as it came. If the network is sure
of every word of what is left, those go that it says, where the rest is whole by the checks that rules must pass, too.
Nothing goes from a clause that denies something, never the only size, and none of several days' sizes.
"""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from refrad2d.text.temporal.checks.joints import misjoined
from refrad2d.text.temporal.lines import join
from refrad2d.text.temporal.second.network import Word, read, tokens
from refrad2d.text.wellformed import defect

DOUBT = 0.1  # a word that the rules took out, and that is less sure to go than this, stays with its sentence
SURE = 0.7  # a word goes above this, one stays below its rest; one between the two leaves everything as it is
_LAYOUT = re.compile(r"\n|\||->|→|\s{3}|\w-\s(?!und|or|and|oder|bzw)")  # of tables and words at the end of a line
_SIZE = re.compile(r"\d\s?(?:mm|cm|ml|cc)\b")
_DAY = re.compile(
    r"\b\d{1,2}[./]\s?(?:\d{1,2}[./]?(?:\d{4}|\d\d)?|\d{4})(?![\d,])|\b(?:19|20)\d\d\b"
    r"|\b(?:jan(?:uary?|uar)?|jänner|feb(?:ruary?|ruar)?|feber|märz|march|apr(?:il)?|mai|may|june?|juni|july?|juli"
    r"|aug(?:ust)?|sept?(?:ember)?|o[kc]t(?:ober)?|nov(?:ember)?|de[zc](?:ember)?)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"(?:[^,;:()]|(?<=\d),(?=\d))+")
_DENIES = re.compile(
    r"(?:no|not|without|never|none|nor|neither|cannot|fail\w*|lack\w*|absen\w+|nothing"
    r"|kein\w*|nicht\w*|ohne|nie|niemals|weder|fehl\w*)",
    re.IGNORECASE,
)


def agreed(source: str, kept: str, language: str) -> str:
    """What both readers let stand of a sentence of which the rules kept `kept`; "" if nothing is left.

    A sentence that stays as a whole comes back as it came, line breaks included.
    """
    if kept != source and _objects(join(source), kept, language):
        kept = source
    return shortened(kept, language) if kept else kept


def _objects(source: str, kept: str, language: str) -> bool:
    """True if a word went that is no word of another day."""
    words = read(source, language)
    before, after = [word.text.casefold() for word in words], [word.casefold() for word, _, _ in tokens(kept)]
    for kind, start, stop, _, _ in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind in ("delete", "replace"):
            for word, folded in zip(words[start:stop], before[start:stop], strict=True):
                if word.goes < DOUBT and folded not in after and word.text[0].isalnum():
                    return True
    return False


def shortened(sentence: str, language: str) -> str:
    """The sentence without the words that are sure to go; as it is, if one is not, or if the rest is not whole."""
    if _LAYOUT.search(sentence):
        return sentence
    words = read(sentence, language)
    spoken = [word for word in words if word.text[0].isalnum()]
    going = [word for word in spoken if word.goes > SURE]
    if not going or any(1 - SURE <= word.goes <= SURE for word in spoken) or _denied(sentence, spoken):
        return sentence
    rest = _tidied(_without(sentence, words))
    told = [word for word, _, _ in tokens(rest) if word[0].isalnum()]
    if not told:
        return ""
    if _SIZE.search(sentence) and (not _SIZE.search(rest) or _several_days(sentence, rest)):
        return sentence
    if len(told) < 2 or defect(sentence, rest) or misjoined(sentence, rest, language):
        return sentence
    return rest


def _denied(sentence: str, spoken: Sequence[Word]) -> bool:
    """True if a denial goes, or stays in a clause from which something goes."""
    for clause in _CLAUSE.finditer(sentence):
        inside = [word for word in spoken if clause.start() <= word.start < clause.end()]
        if any(word.goes > SURE for word in inside) and any(_DENIES.fullmatch(word.text) for word in inside):
            return True
    return False


def _several_days(sentence: str, rest: str) -> bool:
    """True if a size goes from a sentence that names several days: which of them is today is not said."""
    return len(_DAY.findall(sentence)) > 1 and len(_SIZE.findall(rest)) < len(_SIZE.findall(sentence))


def _without(sentence: str, words: Sequence[Word]) -> str:
    """The sentence without the words that go; a sign goes with its neighbours, as the network says."""
    out, end = "", 0
    for word in words:
        out += sentence[end : word.start] + ("" if word.goes > 0.5 else word.text)
        end = word.end
    return out + sentence[end:]


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
