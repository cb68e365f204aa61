"""Double reading: a network reads what the rules of time have read. It may object, and it may go on.

    >>> agreed("Growing pains, normal femora.", "Pains, normal femora.", "en")
    'Growing pains, normal femora.'

If the rules took a word that the network holds for one of today, the sentence stays as it came. If the network is sure
of every word of what is left, those go that it says, where the rest passes the checks of the rules and `checks.cuts`.
"""

from collections.abc import Collection, Sequence
from pathlib import Path

from refrad2d.text.tagging.tagger import load_tagger, tokens
from refrad2d.text.temporal.checks.cuts import Word, denies_more, faulty_cut, may_be_cut, put_together
from refrad2d.text.temporal.checks.joints import misjoined
from refrad2d.text.temporal.guard import fault
from refrad2d.text.temporal.lines import join

WEIGHTS = Path(__file__).with_name("data") / "second_reader.npz"
DOUBT = 0.1  # a word that the rules took out, and that is less sure to go than this, stays with its sentence
SURE = 0.75  # a word goes above this, one stays below its rest; one between the two leaves everything as it is


def read(sentence: str, language: str) -> list[Word]:
    """The words of a sentence, each with how sure it is that it speaks of another day and goes."""
    tagger = load_tagger(WEIGHTS)
    goes = tagger.tags.index("goes")
    return [Word(text, start, end, float(scores[goes])) for text, start, end, scores in tagger.read(sentence, language)]


def agreed(source: str, kept: str, language: str) -> str:
    """What both readers let stand of a sentence of which the rules kept `kept`; "" if nothing is left.

    A sentence that stays as a whole comes back as it came, line breaks included. Where the rules say that a thing is
    gone ("No effusion"), which the network was not taught, it has no say.
    """
    if kept == source:
        return shortened(source, language)
    words = read(join(source), language)
    after = {word.casefold() for word, _, _ in tokens(kept)}
    if not denies_more(source, kept) and any(word.goes < DOUBT for word in words if _went(word, after)):
        return shortened(source, language)
    more = any(word.goes > SURE for word in words if word.text[0].isalnum() and word.text.casefold() in after)
    return shortened(kept, language) if more else kept


def _went(word: Word, after: Collection[str]) -> bool:
    return word.text[0].isalnum() and word.text.casefold() not in after


def shortened(sentence: str, language: str) -> str:
    """The sentence without the words that are sure to go; as it is, if one is not, or if the rest is not whole."""
    if not may_be_cut(sentence):
        return sentence
    words = read(sentence, language)
    spoken = [word for word in words if word.text[0].isalnum()]
    going = [word for word in spoken if word.goes > SURE]
    if not going or any(1 - SURE <= word.goes <= SURE for word in spoken):
        return sentence
    rest = put_together(sentence, words)
    if not rest:
        return ""
    return sentence if _is_faulty(sentence, rest, words, going, language) else rest


def _is_faulty(sentence: str, rest: str, words: Sequence[Word], going: Sequence[Word], language: str) -> bool:
    trusted = {word.text.casefold() for word in going}
    return bool(
        faulty_cut(sentence, rest, words, language)
        or fault(sentence, rest, language, trusted)
        or misjoined(sentence, rest, language)
    )
