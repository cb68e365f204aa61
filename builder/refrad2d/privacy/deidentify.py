"""Report text without identities: names, dates, addresses and numbers become placeholders such as [NAME].

    refrad2d deidentify IN.jsonl OUT.jsonl
    >>> deidentify("Frau Weber, geb. 12.04.1953: Baker-Zyste.", "de", known=["Weber^Anna", "19530412"])
    '[NAME], geb. [DATE]: Baker-Zyste.'

What the DICOM header knows goes in any spelling; the rest is found by recognisers for German and English, while
eponyms, anatomy, levels, image numbers and measurements stay. docs/privacy.md says how well, and how to measure it.
"""

import logging
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from refrad2d.grounding import neutralise
from refrad2d.labels import LANGUAGES
from refrad2d.privacy.announced import find_announced
from refrad2d.privacy.beside import find_beside
from refrad2d.privacy.cells import find_cells
from refrad2d.privacy.identities import find_phrases
from refrad2d.privacy.letters.forms import join_lines, raise_names, set_apart
from refrad2d.privacy.letters.sweep import sweep
from refrad2d.privacy.margins import find_margins
from refrad2d.privacy.phrases.days import find_days
from refrad2d.privacy.phrases.kept import spare
from refrad2d.privacy.phrases.sites import find_sites
from refrad2d.privacy.phrases.told import find_told
from refrad2d.privacy.recognisers.clinical import eponym_pairs, protected
from refrad2d.privacy.recognisers.contact import find_contacts
from refrad2d.privacy.recognisers.dates import find_dates
from refrad2d.privacy.recognisers.known import find_known
from refrad2d.privacy.recognisers.letters import find_in_letter, find_repeats
from refrad2d.privacy.recognisers.lexicon import Found, context_pattern, context_words, is_word, spell
from refrad2d.privacy.recognisers.names import find_names, holds_name
from refrad2d.privacy.recognisers.numbers import find_numbers
from refrad2d.privacy.recognisers.places import find_places
from refrad2d.privacy.recognisers.tagged import find_tagged
from refrad2d.privacy.unlisted import find_marks, find_named, find_unlisted, lower_capitals, read_scan, unlisted_words
from refrad2d.system.files import write_jsonl
from refrad2d.text.decoding.controls import strip_controls
from refrad2d.text.decoding.plain import to_plain_text
from refrad2d.text.rows import MALFORMED, count_dropped, read_rows

Recogniser = Callable[[str, str], Iterable[Found]]

RECOGNISERS: tuple[Recogniser, ...] = (
    find_dates, find_contacts, find_numbers, find_places, find_names, find_in_letter, find_announced, find_beside,
    find_unlisted, find_cells, find_margins, find_days, find_told, find_sites,
)  # fmt: skip
KINDS = ("NAME", "DATE", "TIME", "AGE", "ADDRESS", "ORGANISATION", "PHONE", "EMAIL", "URL", "ID")

_PLACEHOLDER = re.compile(rf"\[({'|'.join(KINDS)})\]")
_BESIDE_PERSON = re.compile(r"(?<!\w)(?:an|mit|von|bei|für|durch|by|to|with|for|from|at)\s$")
_BESIDE_PLACE = re.compile(r"(?<!\w)(?:in|aus|nach|zu|bei|from|in|at|near|of|to)\s$")
_ARTICLE = re.compile(r"(?<!\w)(?:[Dd](?:er|ie|en|em)|[Ee]ine[nmr]?|[Ee]in)\s$")
_DOES = re.compile(
    rf"(?:['’]s)?\s(?:{context_pattern('deed')}|wurde|wird|war|ist|klagt|gibt|leidet|stellt|was|is|has|had|reports|"
    rf"presents|"
    r"denies|complains|underwent|attended|will|should|agreed|prior)(?!\w)"
)
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_ENDLESS = re.compile(r"(?=\S{0,40}?\w)(?!\S*\[[A-Z]+\])\S{240,}")  # no word, number or address is so long
_BLANKS = re.compile("[\u00a0\u2000-\u200a\u202f\u205f\u3000]")

log = logging.getLogger(__name__)


def deidentify(
    text: str, language: str, known: Sequence[str] = (), phrases: Sequence[str] = (), *,
    recognisers: Sequence[Recogniser] = RECOGNISERS,
) -> str:  # fmt: skip
    """The text with every identity replaced by a placeholder of KINDS in brackets, the same in both languages.

    `known` are strings of the DICOM header as they stand there ("Müller^Hans^^Dr.", "19530412", "PAT00123"): they are
    removed in any spelling. `phrases` are its places and the like ("Klinikum Nord"), which go only as a whole, and not
    if they are clinical words ("Radiologie"). `recognisers` take (text, language) and yield `Found`; add your own to
    RECOGNISERS.
    HTML, RTF and the like are decoded first (text/decoding/plain), markup literals are taken apart. Applying it twice
    changes nothing more. Text whose letters are lost is scrubbed as it stands; leave it out, as the command and the
    build do. ValueError for an unknown language.
    """
    if language not in LANGUAGES:
        raise ValueError(f"Unknown language {language!r}. Choose from {', '.join(LANGUAGES)}.")
    text = to_plain_text(text)[0] or strip_controls(text)
    text = unicodedata.normalize("NFC", _INVISIBLE.sub("", text))
    text = _ENDLESS.sub("[ID]", neutralise(_BLANKS.sub(" ", text)))
    names: set[str] = set()
    words: set[str] = set()
    full: list[str] = []
    sweeping = False
    while True:  # each pass leaves fewer letters that are not placeholders, so it ends
        spans = [] if sweeping else _find(text, language, known, phrases, recognisers)
        spans = spans or _merge([*find_named(text, language, names), *find_marks(text, words)])
        if not spans:
            was_sweeping, spans = sweeping, _outside(text, spare(sweep(text, language, full), text))
            sweeping = bool(spans)  # until the sweep is dry the recognisers, which cost more, wait
            if not spans and was_sweeping:
                continue
        spans = spans or _outside(text, spare(find_tagged(text, language), text))
        if not spans:
            return text
        full += [text[f.start : f.end] for f in spans if f.kind == "NAME"]
        names |= unlisted_words(text[f.start : f.end] for f in spans if f.kind == "NAME")
        words |= {
            spell(word)
            for f in spans
            if f.kind == "NAME"
            for word in re.findall(r"[^\W\d_]{3,}", text[f.start : f.end])
        }
        pieces: list[str] = []
        at = 0
        for found in spans:
            pieces += [text[at : found.start], f"[{found.kind}]"]
            at = found.end
        text = "".join([*pieces, text[at:]])


def _find(
    text: str, language: str, known: Sequence[str], phrases: Sequence[str], recognisers: Sequence[Recogniser]
) -> list[Found]:
    """What to replace in this pass: sorted, without overlaps, nothing that touches a placeholder or is protected."""
    kept = [match.span() for match in _PLACEHOLDER.finditer(text)]
    found = [*find_known(text, known), *find_phrases(text, phrases)]
    calm = lower_capitals(text)
    guessed = [
        f
        for form in dict.fromkeys((text, calm, read_scan(text), join_lines(text), raise_names(text, language)))
        for recognise in recognisers
        for f in recognise(form, language)
    ]
    if apart := set_apart(text):
        guessed += apart.back(f for recognise in recognisers for f in recognise(apart.text, language))
    guessed += find_repeats(text, guessed)
    if guessed:
        pairs = eponym_pairs(text)
        guessed = [f for f in guessed if not _inside(f, pairs)]
        if not kept and not any(f.firm for f in (*found, *guessed)):
            guessed = [
                f for f in guessed if f.kind not in ("NAME", "ADDRESS", "ORGANISATION") or _is_addressed(text, f)
            ]
        clinical = protected(text)
        guessed = [_before_term(f, text, clinical) for f in guessed if f.firm or not _inside(f, clinical)]
        found += spare(guessed, text)
    return _outside(text, found)


def _outside(text: str, found: Iterable[Found]) -> list[Found]:
    """What lies outside the placeholders: sorted, joined where it overlaps, without what has no letter or digit."""
    kept = [match.span() for match in _PLACEHOLDER.finditer(text)]
    outside = (_trim(part, text) for f in found for part in _cut(f, kept))
    return _merge(part for part in outside if any(c.isalnum() for c in text[part.start : part.end]))


def _is_addressed(text: str, found: Found) -> bool:
    """True if somebody speaks of a listed name: a sentence without any other identity may mean an eponym by it."""
    piece = text[found.start : found.end].strip()
    if found.kind == "ORGANISATION":  # "Bäckerei" alone names none
        return not is_word(piece)
    if piece in context_words("country"):
        return False
    if re.search(r"[ \d]", piece):
        return True
    if is_word(piece) and _ARTICLE.search(text[: found.start][-8:]):  # "Der Fischer hat einen Angelhaken"
        return False
    if found.kind == "ADDRESS" and _BESIDE_PLACE.search(text[: found.start][-24:]):
        return True
    if found.kind == "ADDRESS":
        return False
    return _BESIDE_PERSON.search(text[: found.start][-24:]) is not None or _DOES.match(text, found.end) is not None


def _inside(found: Found, spans: Iterable[tuple[int, int]]) -> bool:
    return any(start <= found.start and found.end <= end for start, end in spans)


def _before_term(found: Found, text: str, clinical: Iterable[tuple[int, int]]) -> Found:
    """A name that ran on into a clinical term ("Dr. Anna Jones Baker cyst") ends before it, if a name is left."""
    for start, end in clinical:
        if found.kind == "NAME" and found.start < start < found.end < end and holds_name(text[found.start : start]):
            return found._replace(end=start - len(text[:start]) + len(text[:start].rstrip()))
    return found


def _cut(found: Found, kept: Iterable[tuple[int, int]]) -> Iterable[Found]:
    """The parts of a stretch that lie outside the placeholders already there."""
    at = found.start
    for start, end in kept:
        if end > at and start < found.end:
            if start > at:
                yield found._replace(start=at, end=start)
            at = end
    if at < found.end:
        yield found._replace(start=at)


def _trim(found: Found, text: str) -> Found:
    """Without the blanks at its ends, which belong to the sentence."""
    piece = text[found.start : found.end]
    start = found.start + len(piece) - len(piece.lstrip())
    return found._replace(start=start, end=max(start, found.start + len(piece.rstrip())))


def _merge(found: Iterable[Found]) -> list[Found]:
    """Overlapping stretches joined into one, of the kind of the longest."""
    merged: list[Found] = []
    for item in sorted(found, key=lambda f: (f.start, -f.end)):
        if merged and item.start < merged[-1].end:
            last = merged[-1]
            longest = max(last, item, key=lambda f: f.end - f.start)
            merged[-1] = longest._replace(start=last.start, end=max(last.end, item.end))
        else:
            merged.append(item)
    return merged


def run(src: Path, dst: Path) -> Counter:
    """Scrub a JSONL file of rows {"id", "text", "language", optional "known": [strings]} into rows {"id", "text"}.

    Counts: kept, removed_<kind>, dropped_malformed and dropped_unknown_language (see text/rows),
    dropped_undecodable_text (see text/decoding/plain). A row whose `known` is
    anything but strings is malformed too: what it meant to take out of the text would stay. The output is written
    under another name first and renamed when it is whole.
    """
    counts: Counter = Counter()

    def scrubbed() -> Iterator[dict]:
        for row in read_rows(src, counts, _fault):
            text = deidentify(row["text"], row["language"], row.get("known") or ())
            counts["kept"] += 1
            counts.update(f"removed_{kind.lower()}" for kind in _PLACEHOLDER.findall(text))
            yield {"id": row["id"], "text": text}

    write_jsonl(dst, scrubbed())
    log.info("deidentified %d texts (dropped: %d)", counts["kept"], count_dropped(counts))
    return counts


def _fault(row: Mapping[str, Any]) -> str | None:
    known = row.get("known")
    if known is None or isinstance(known, list) and all(isinstance(value, str) for value in known):
        return to_plain_text(row["text"])[1] or None
    return MALFORMED
