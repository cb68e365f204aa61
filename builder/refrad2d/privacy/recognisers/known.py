"""What the DICOM header knows (names, ids, dates) found in a text in any spelling.

find_known("Hr. MUELLER, H., Pat.-Nr. 123", ["Müller^Hans^^Dr.", "PAT00123"])
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from refrad2d.privacy.recognisers.dates import find_date, read_header_date
from refrad2d.privacy.recognisers.lexicon import Found, anatomy, is_ordinary, sound, spell, spelling_key

TITLES = frozenset(
    "dr drs prof professor pd med dent rer nat habil phil dipl ing herr herrn frau hr fr mr mrs ms miss mx md phd sir "
    "doctor doktor jun sen jr sr ii iii iv univ priv doz oa ca fa".split()
)
PARTICLES = frozenset(
    "von van de der den des di da del della dos das du la le zu zum zur vom af av bin ibn al el ten ter te und y e san "
    "mc mac abu ben st o d".split()
)
_WORD = re.compile(r"[^\W\d_]+")
_SPACED = re.compile(r"(?<!\w)(?:[^\W\d_][ .]){2,}[^\W\d_](?!\w)")
_LETTERS = re.compile(r"(?<!\w)\w[ .]\w[ .]\w(?!\w)")
_BROKEN = re.compile(r"([^\W\d_]+)-\s*\n\s*([^\W\d_]+)")
_ORGANISATION = re.compile(
    r"klinik|krankenhaus|hospital|spital|zentrum|centre|center|praxis|institut|department|clinic", re.I
)
_SEPARATORS = " \t\n\r-./_:#\u2013\u2011\u00a0"
_SOLID = re.compile(r"[^ \t\n\r\-./_:#\u2013\u2011\u00a0]")
_SQUEEZE = str.maketrans("", "", _SEPARATORS)
_UNIT = re.compile(r"\s*(?:mm|cm|ml|hu|he|ms|mg|kg|µ|mgy|gy|kv|ma|x\s?\d|%|°)", re.I)
_BEFORE = re.compile(
    r"(?:(?<!\w)(?<!\d )(?:[^\W\d_]\.|Mc|Mac|[OD]['’ ]|(?i:von|van|de|der|den|zu|zum|zur|di|da|del|la|le|al|el|bin|"
    r"ten|ter)(?!\w)|Dr\.?|Prof\.?|"
    r"PD|med\.|dent\.|Herrn?|Frau|Hr\.|Fr\.|Mr\.?|Mrs\.?|Ms\.?)[ \t]?-?)+$"
)
_GRADED = re.compile(
    r"(?:Typ|Grad|[Tt]ype|[Gg]rade|[Ss]tage|Stadium|Klasse|[Cc]lass|Pugh|Garden|Weber|\d)\s$"
)  # "Typ B. Weber"
_AFTER = re.compile(
    r"(?:['’]s?\b|,?[ \t]?\b[^\W\d_]\.(?![^\W\d_]{2})|,?[ \t](?:jun|sen|jr|sr)\b\.?|,[ \t]?(?:Prof\.|Dr\.)"
    r"(?:[ \t]?med\.)?)"
)
_PERSONAL = re.compile(
    r"(?:['’]s)?\s(?:(?:wurde|wird|was|is)\s(?:\w+\s){0,2}(?:untersucht|vorgestellt|aufgenommen|examined|seen|"
    r"admitted|referred)|stellte? sich|"
    r"berichtet|klagt|gibt an|kam |presented|presents|complains|reports|underwent|attended|denies)"
)


class Identity(NamedTuple):
    """The header's strings, taken apart: keys of names, ids, dates (year, month, day)."""

    words: frozenset[str]
    weak: frozenset[str]  # short, anatomical or descriptive words: only where they must be the name
    joined: frozenset[str]
    sounds: frozenset[str]
    ids: tuple[str, ...]
    dates: tuple[tuple[int, int, int], ...]
    phrases: tuple[str, ...]
    marred: tuple[re.Pattern[str], ...]  # "M?ller", "J_rgen": letters beyond ASCII turned into a mark


@lru_cache(maxsize=1024)
def read_identity(known: tuple[str, ...]) -> Identity:
    """Take header strings apart: "Müller^Hans^^Dr.", "19530412", "PAT00123", "Musterklinik Süd"."""
    parts: list[str] = []
    ids, dates, phrases = [], [], []
    for entry in filter(None, (str(k).strip() for k in known)):
        if date := read_header_date(entry):
            dates.append(date)
        if any(c.isdigit() for c in entry):
            ids.append(entry)
        elif _ORGANISATION.search(entry) or (len(entry.split()) > 5 and "^" not in entry):
            phrases.append(entry)
        else:
            parts += [w for w in _WORD.findall(entry) if w.lower() not in TITLES]
            names = [_squeeze_word(piece) for piece in re.split(r"[\s^=,]+", entry)]
            parts += [n for n in names if n and n.lower() not in TITLES]
    lost = {spelling_key(w) for w in _dropped(parts)}
    keys = {spelling_key(w): w for w in parts if w.lower() not in PARTICLES}
    alone = {p for entry in known if "^" in entry for p in entry.split("^") if p.lower() in PARTICLES and len(p) > 2}
    weak = {spelling_key(part) for part in alone}  # "Ben" is a first name as well as a particle
    weak |= {k for k, w in keys.items() if len(w) < 3 or spell(w) in anatomy() or spell(w) in _lower_case_words()}
    strong = set(keys) - weak
    long = [k for k in keys if len(k) > 1]
    joined = {a + b for a in long for b in keys if a != b} | {b + a for a in long for b in keys if a != b}
    joined |= {a[0] + b for a in long for b in long if a != b and len(b) > 3}
    return Identity(
        frozenset(strong | lost),
        frozenset(weak),
        frozenset(j for j in joined if len(j) > 3),
        frozenset(sound(keys[k]) for k in strong if len(sound(keys[k])) > 3),
        tuple(ids),
        tuple(dates),
        tuple(phrases),
        tuple(_marred(part) for part in dict.fromkeys(parts) if _is_marrable(part)),
    )


def _dropped(parts: Sequence[str]) -> list[str]:
    """The names that lost their letters beyond ASCII on the way: "Jürgen" as "Jrgen"."""
    bare = [re.sub(r"[^\x00-\x7f]", "", part) for part in parts if not part.isascii()]
    return [word for word in bare if len(word) > 3 and not is_ordinary(word)]


def _is_marrable(part: str) -> bool:
    return not part.isascii() and sum(map(str.isascii, part)) > 2


def _marred(part: str) -> re.Pattern[str]:
    """The name with a mark or two, one a byte, where a letter beyond ASCII stood."""
    pattern = "".join(letter if letter.isascii() else r"[?_\ufffd]{1,2}" for letter in part)
    return re.compile(rf"(?<!\w){pattern}s?(?!\w)", re.I)


def find_known(text: str, known: Sequence[str]) -> list[Found]:
    """Every place where the text gives away one of the header's strings."""
    if not known:
        return []
    who = read_identity(tuple(known))
    found = list(_find_names(text, who))
    for identifier in who.ids:
        found += _find_id(text, identifier)
    for year, month, day in who.dates:
        found += find_date(text, year, month, day)
    for phrase in who.phrases:
        pattern = r"[\W_]+".join(map(re.escape, _WORD.findall(phrase)))
        found += [Found(*m.span(), "ORGANISATION", True) for m in re.finditer(pattern, text, re.I)]
    return found


def _find_names(text: str, who: Identity) -> Iterator[Found]:
    if not (who.words or who.weak):
        return
    hits: list[tuple[int, int]] = []
    doubtful: list[tuple[int, int]] = []
    for match in _WORD.finditer(text):
        word, key = match.group(), spelling_key(match.group())
        bare = key[:-1] if key.endswith("s") and len(key) > 3 else key
        if key in who.words or bare in who.words or key in who.joined or bare in who.joined:
            hits.append(match.span())
        elif key in who.weak:
            (hits if _shows_a_name(text, match, word) else doubtful).append(match.span())
        elif word[0].isupper() and len(word) > 3 and sound(word) in who.sounds and not is_ordinary(word):
            hits.append(match.span())
    hits += [match.span() for pattern in who.marred for match in pattern.finditer(text)]
    for match in _SPACED.finditer(text) if _LETTERS.search(text) else ():
        key = spelling_key("".join(_WORD.findall(match.group())))
        if key in who.words or key in who.joined:
            hits.append(match.span())
    for match in _BROKEN.finditer(text) if "-" in text and "\n" in text else ():
        key = spelling_key(match.group(1) + match.group(2))
        if key in who.words or key in who.joined:
            hits.append(match.span())
    hits += [span for span in doubtful if _beside(text, span, hits + doubtful)]
    for start, end in hits:
        yield Found(*_grow(text, start, end), "NAME", True)


def _shows_a_name(text: str, match: re.Match, word: str) -> bool:
    """True if an ordinary or short word must be the name: after a title, or capitalised where adjectives are not."""
    before = text[max(0, match.start() - 14) : match.start()]
    if re.search(
        r"(?:herrn?|frau|hr\.|fr\.|mrs?\.?|ms\.?|miss|dr\.?|prof\.?|patient(?:in)?:?|pat\.|name:)\s*$", before, re.I
    ):
        return True
    if _PERSONAL.match(text, match.end()):
        return True
    if not word[0].isupper() or len(word) == 1:
        return False
    if len(word) == 2:
        return (
            not word.isupper()
            and spelling_key(word) not in PARTICLES
            and re.search(r"[.:!?\n]\s*$|^\s*$", before) is None
        )
    return spell(word) in _lower_case_words()


@lru_cache(maxsize=1)
def _lower_case_words() -> frozenset[str]:
    """Adjectives and verbs among the ordinary words: capitalised inside a sentence they are a name."""
    words = (
        "klein gross lang lange kurz kurze jung junge alt weiss schwarz braun rot roth gruen gelb blau grau stark fest "
        "hart weich dick duenn breit schmal hell dunkel still fein gut schoen frei froh hoch tief neu reich streng "
        "scharf stumpf rund eben ganz linke rechte krumm spitz voll leer warm kalt wild froehlich sauer ernst "
        "brown white black green gray grey young long short small little big noble sharp strong swift wise moody "
        "savage rich hardy smart bright good best"
    ).split()
    return frozenset(words)


def _beside(text: str, span: tuple[int, int], others: list[tuple[int, int]]) -> bool:
    """True if only punctuation and blanks lie between this word and another part of the name."""
    start, end = span
    for other_start, other_end in others:
        if other_end <= start and re.fullmatch(r"[\s,.^_'’\-]{0,3}", text[other_end:start]):
            return True
        if end <= other_start and re.fullmatch(r"[\s,.^_'’\-]{0,3}", text[end:other_start]):
            return True
    return False


def _grow(text: str, start: int, end: int) -> tuple[int, int]:
    """The stretch with the titles, particles and initials around it."""
    floor = max(0, start - 40)
    before = _BEFORE.search(text[floor:start])
    initial = before and before.group()[1:2] == "."
    if before and not (initial and _GRADED.search(text, max(0, floor + before.start() - 12), floor + before.start())):
        start = floor + before.start()
    while after := _AFTER.match(text, end):
        end = after.end()
    return start, end


def _squeeze_word(piece: str) -> str:
    return "".join(_WORD.findall(piece))


def _find_id(text: str, identifier: str) -> Iterator[Found]:
    """An id with other separators, without its prefix, with more or fewer leading zeros."""
    squeezed = identifier.translate(_SQUEEZE).lower()
    match = re.fullmatch(r"([^\W\d_]*)(0*)(\d+)([^\W\d_]*)", squeezed)
    prefix, zeros, core, suffix = match.groups() if match else ("", "", squeezed, "")
    short, kept = _squeeze(text)
    at = short.find(core + suffix)
    while at >= 0:
        first, last = at, at + len(core + suffix) - 1
        while first and short[first - 1] == "0":
            first -= 1
        padding = at - first
        prefixed = bool(prefix) and short.endswith(prefix, 0, first)
        if prefixed:
            first -= len(prefix)
        start, end = kept[first], kept[last] + 1
        gaps = any(c in " \t\n" for c in text[start:end])
        alone = not text[start - 1 : start].isalnum() and not text[end : end + 1].isalnum()
        enough = prefixed or (padding >= len(zeros) > 0 and len(core) + padding > 3) or len(core) > 3 or not match
        measure = (
            len(core) < 6 and not prefixed and (_UNIT.match(text, end) or re.search(r"\d[.,]$", text[:start][-2:]))
        )
        if (
            alone
            and (enough or _labelled(text, start))
            and not measure
            and not (gaps and len(core) < 5 and not prefixed)
        ):
            yield Found(start, end, "ID", True)
        at = short.find(core + suffix, at + 1)


@lru_cache(maxsize=4)
def _squeeze(text: str) -> tuple[str, list[int]]:
    """The text in lower case without separators, and where each of its characters stood."""
    kept = [match.start() for match in _SOLID.finditer(text)]
    short = "".join(_SOLID.findall(text))
    folded = short.lower()
    return (folded if len(folded) == len(short) else short), kept  # a few letters have a longer lower case


def _labelled(text: str, start: int) -> bool:
    """True if a word for an identifier stands just before."""
    return re.search(r"(?:id|nr|no|nummer|number|mrn|#)\W{0,3}$", text[max(0, start - 12) : start], re.I) is not None
