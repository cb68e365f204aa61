"""The words of a text as concepts that do not depend on its language, from the tables data/concepts*.csv.

    >>> [(sign.kind, sign.name) for sign in read_signs("Nierenzyste", "de")]
    [('organ', 'kidney'), ('finding', 'cyst')]

A row has a kind, a name and words: `any` in spellings that both languages share, `english`, `german`. Alternatives are
parted by "|". A word that ends in "*" is a stem: it may have any ending, and stand inside a compound ("*zyste" in
"Nierenzyste"). `implies` names what the concept says besides: a structure, or the finding that it is a kind of; rows of
one kind and name are one concept. A row of kind "terms" has no concept of its own: its words say what it implies ("torn
ACL" the tear and the ligament). Words are compared folded (`fold`), so that k, c and z, umlauts and Latin diphthongs
make no difference.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache

from refrad2d.system.tables import read_csv

UNKNOWN, HIDDEN, NUMBER, LEVEL, CUT = "unknown", "hidden", "number", "level", "cut"
_TERMS = "terms"  # kind of a row whose words say what it implies, no more: a torn ACL, the tear and the ligament
_TABLES = ("concepts.csv", "concepts_trunk.csv", "concepts_head_and_limbs.csv")
_ENDINGS = {"de": ("e", "en", "er", "es", "em", "n", "s", "r", "m", "ern", "ens"), "en": ("s", "es")}
_COLUMNS = {"de": ("any", "german"), "en": ("any", "english")}
_LONGEST_STEM, _SHORTEST_STEM, _SHORTEST_INSIDE = 30, 3, 4
_SHORTEST_BASE = 4  # letters that are left when an ending is cut off
_SHORTEST_NOUN = 6  # letters of a word that may stand in a compound without a "*"
_SHORTEST_UNKNOWN = 3  # letters
_SHORTEST_ADJECTIVE = 7  # letters, ending and all
_LETTERS = (
    ("ß", "ss"), ("ä", "e"), ("æ", "e"), ("ö", "e"), ("œ", "e"), ("ü", "u"), ("é", "e"), ("è", "e"), ("ae", "e"),
    ("oe", "e"), ("ue", "u"), ("k", "c"), ("z", "c"), ("cc", "c"),
    ("y", "i"),
)  # fmt: skip
_TOKEN = re.compile(r"[^\W\d_]+|\d+(?:[.,]\d+)?|[^\s\w]")
_FREE = re.compile(r"([^\W\d_]{4,})frei(?:e[nrms]?)?", re.IGNORECASE)
_NO_LUNG = frozenset({"lung", "lungen", "lungs"})
_CUTS = frozenset(",;:()[]–—+→")


@cache
def _rows() -> tuple[dict[str, str], ...]:
    """The rows of all tables. Of two readings of a word the earlier one counts."""
    return tuple(row for table in _TABLES for row in read_csv(__package__, table))


@cache
def _implied() -> dict[tuple[str, str], tuple[str, ...]]:
    """(kind, name) → what its rows imply: rows of a name are one concept, so each stands for what any of them says."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for row in _rows():
        if row["implies"]:
            found.setdefault((row["kind"], row["name"]), {}).update(dict.fromkeys(row["implies"].split("|")))
    return {key: tuple(names) for key, names in found.items()}


@lru_cache(maxsize=100_000)
def fold(word: str) -> str:
    """A word in a spelling that German, English and Latin share: "Zäkum" and "caecum" become "cecum"."""
    word = word.casefold()
    if word.startswith("neue"):
        word = "newe" + word[4:]  # "neuen" is no nine
    for old, new in _LETTERS:
        word = word.replace(old, new)
    return word


@dataclass(frozen=True)
class Entry:
    """What a phrase of the table means. `order` is its place there: of two readings the earlier one counts."""

    kind: str
    name: str
    implies: tuple[str, ...] = ()
    order: int = 0


@dataclass(frozen=True)
class Sign:
    """A concept in a text: where it stands, and what it means.

    `names` are all readings of a word that has several ("einzelne"), `name` the first. An unknown word has the kind
    UNKNOWN, its folded form as name and itself as `unit`; HIDDEN stands for the unknown part of a compound.
    """

    start: int
    end: int
    kind: str
    name: str
    implies: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    value: float = 0.0
    unit: str = ""


def _uninflected(phrase: str, language: str) -> Iterator[str]:
    """ "zentraler venenkatheter" with the ending that all others of its adjective can be cut down to: "zentrale"."""
    *first, last = phrase.split()
    words = [w[:-1] if len(w) >= _SHORTEST_ADJECTIVE and w.endswith(("er", "es", "en", "em")) else w for w in first]
    if language == "de" and words != first:
        yield " ".join((*words, last))


@dataclass
class _Node:
    words: dict[str, "_Node"] = field(default_factory=dict)
    stems: dict[str, "_Node"] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)

    def next(self, forms: tuple[str, ...]) -> Iterator[tuple["_Node", str]]:
        """The nodes behind a word, given in its possible base forms, the word first; with what of it leads there."""
        for form in forms:
            if form in self.words:
                yield self.words[form], form
        if self.stems:
            word = forms[0]
            for length in range(min(len(word), _LONGEST_STEM), 1, -1):
                if word[:length] in self.stems:
                    yield self.stems[word[:length]], word[:length]


class Lexicon:
    """The table as a trie over words, and the stems that compounds are made of."""

    def __init__(self, language: str) -> None:
        """ValueError for an unknown language."""
        if language not in _COLUMNS:
            raise ValueError(f"Unknown language {language!r}. Choose from {', '.join(_COLUMNS)}.")
        self.endings = tuple(fold(ending) for ending in _ENDINGS[language])
        self.root = _Node()
        self.stems: dict[str, list[Entry]] = {}
        for order, row in enumerate(_rows()):
            entry = Entry(row["kind"], row["name"], _implied().get((row["kind"], row["name"]), ()), order)
            for column in _COLUMNS[language]:
                for phrase in filter(None, row[column].split("|")):
                    for form in (phrase, *_uninflected(phrase, language)):
                        self._add(form, entry, column != "english")
        self._imply_places()
        self._read = lru_cache(maxsize=100_000)(self._split)
        self.forms = lru_cache(maxsize=100_000)(self._forms)

    def _add(self, phrase: str, entry: Entry, compounds: bool) -> None:
        node = self.root
        words = phrase.split()
        for word in words:
            bare = fold(word.rstrip("*"))
            branch = node.stems if word.endswith("*") else node.words
            node = branch.setdefault(bare, _Node())
        node.entries.append(entry)
        named = compounds and entry.kind in ("finding", "organ", "part") and len(phrase) >= _SHORTEST_NOUN
        if len(words) == 1 and (phrase.endswith("*") or named):
            self.stems.setdefault(fold(phrase.rstrip("*")), []).append(entry)

    def _imply_places(self) -> None:
        """Let a finding imply the structures that its own words name: "Gallenblasenentzündung", "brain atrophy"."""
        named: dict[str, list[str]] = {}
        waiting: list[tuple[tuple[str, ...], _Node]] = [((), self.root)]
        while waiting:
            words, node = waiting.pop()
            for branch in (node.words, node.stems):
                waiting += [((*words, word), child) for word, child in branch.items()]
            if node.entries:
                node.entries = [self._with_places(entry, words, named) for entry in node.entries]
        self.stems = {
            stem: [self._with_places(entry, (stem,), named) for entry in entries]
            for stem, entries in self.stems.items()
        }

    def _with_places(self, entry: Entry, words: tuple[str, ...], named: dict[str, list[str]]) -> Entry:
        """The entry with the places that its words name; `named` keeps what each word was found to name."""
        if entry.kind not in ("finding", "free"):
            return entry
        for word in words:
            if word not in named:
                parts = [self.stems[word[:n]] for n in range(len(word), 3, -1) if word[:n] in self.stems]
                whole = self.root.words.get(word)
                parts += [whole.entries] if whole else []
                named[word] = [e.name for part in parts for e in part if e.kind in ("organ", "part")]
        found = tuple(dict.fromkeys([*entry.implies, *(name for word in words for name in named[word])]))
        return entry if found == entry.implies else Entry(entry.kind, entry.name, found, entry.order)

    def _forms(self, word: str) -> tuple[str, ...]:
        folded = fold(word)
        cut = [folded[: -len(e)] for e in self.endings if folded.endswith(e) and len(folded) - len(e) >= _SHORTEST_BASE]
        return (folded, *cut)

    def match(self, words: list[str], at: int) -> tuple[int, list[Entry], str]:
        """How many words the longest phrase at a place has, its readings, what of the last word is its; (0, [], "")."""
        best: tuple[int, list[Entry], str] = (0, [], "")
        nodes = [(self.root, "")]
        for length, word in enumerate(words[at : at + 8], 1):
            nodes = [child for node, _ in nodes for child in node.next(self.forms(word))]
            if not nodes:
                break
            found = next(((node.entries, last) for node, last in nodes if node.entries), None)
            if found:
                best = (length, *found)
        return best

    def behind(self, word: str, stem: str) -> list[list[Entry]]:
        """The readings of a compound behind its beginning: the tear in "Kreuzbandruptur" behind "Kreuzband"."""
        return self.parts(word)[0][max(1, len(self.parts(stem)[0])) :]

    def whole(self, word: str) -> list[Entry]:
        """The readings of a word that stands in the table as it is."""
        for form in self.forms(word):
            node = self.root.words.get(form)
            if node and node.entries:
                return node.entries
        return []

    def joins(self, *phrase: str) -> bool:
        """True if words make one structure or finding together."""
        length, entries, _ = self.match(list(phrase), 0)
        return length == len(phrase) and entries[0].kind in ("organ", "finding", "part")

    def covers(self, word: str) -> bool:
        """True if a word is a structure or a finding by itself."""
        return any(entry.kind in ("organ", "finding") for entry in self.whole(word))

    def is_known(self, word: str) -> bool:
        """True if a word, or every part of a compound, is in the table."""
        if self.whole(word):
            return True
        parts, left = self.parts(word)
        return bool(parts) and not left

    def parts(self, word: str) -> tuple[list[list[Entry]], int]:
        """The stems that a word is made of, each with its readings, and how many letters none of them explains."""
        return self._read(word)

    def _cuts_stem(self, folded: str, at: int, length: int) -> bool:
        """True if a stem begins inside a stretch of a word and ends behind it: the fracture in "beinfraktur"."""
        end = at + length
        return any(
            folded[start : end + more] in self.stems
            for start in range(at + 1, end)
            for more in range(1, _LONGEST_STEM - length)
            if end + more <= len(folded) and end + more - start >= _SHORTEST_NOUN
        )

    def _split(self, word: str) -> tuple[list[list[Entry]], int]:
        folded = fold(word)
        found: list[list[Entry]] = []
        at, left, run = 0, 0, 0
        while at < len(folded):
            shortest = _SHORTEST_STEM if at == 0 else _SHORTEST_INSIDE
            for length in range(min(len(folded) - at, _LONGEST_STEM), shortest - 1, -1):
                inside = run > 2 and length < _SHORTEST_NOUN and at + length + 2 < len(folded)
                if inside or run in (1, 2) and not found and length < _SHORTEST_NOUN:
                    continue  # a short stem may stand inside by chance
                entries = self.stems.get(folded[at : at + length])
                if entries and found and all(entry.kind == "fill" for entry in entries):
                    entries = None if self._cuts_stem(folded, at, length) else entries
                if not entries and found and not run and folded[at - 1] == "c":
                    again = self.stems.get(folded[at - 1 : at + length])  # folded, "schwanz-zyste" has lost a letter
                    entries = again if again and again[0].kind == "finding" else None
                if entries and run and folded[at:] in _NO_LUNG:
                    entries = None  # "Darstellung", "abgeklungen"
                if entries:
                    found.append(entries)
                    at += length
                    left, run = max(left, run), 0
                    break
            else:
                at += 1
                run += 1
        tail = run if found else len(folded)
        return found, max(left, tail - 4)


@cache
def lexicon(language: str) -> Lexicon:
    """The lexicon of a language. ValueError if it is unknown."""
    return Lexicon(language)


def sign_of(entries: list[Entry], start: int, end: int) -> Sign:
    """The sign of a phrase: its earliest reading, with the names of all others of that kind."""
    first = min(entries, key=lambda entry: entry.order)
    names = tuple(entry.name for entry in entries if entry.kind == first.kind)
    same = [entry for entry in entries if (entry.kind, entry.name) == (first.kind, first.name)]
    implies = tuple(dict.fromkeys(name for entry in same for name in entry.implies))
    value = float(first.name) if first.kind == NUMBER else 0.0
    return Sign(start, end, first.kind, first.name, implies, names, value)


def read_signs(text: str, language: str, start: int = 0, end: int | None = None) -> list[Sign]:
    """The signs of text[start:end] in order; punctuation that divides is one of kind CUT. Numbers are not read here."""
    words = lexicon(language)
    tokens = [m for m in _TOKEN.finditer(text, start, len(text) if end is None else end)]
    tokens = [m for m in tokens if m[0] not in (".", "-", "°", "'", "’", '"', "/")]
    raw = [m[0] for m in tokens]
    found: list[Sign] = []
    at = 0
    while at < len(tokens):
        word, first, last = raw[at], tokens[at].start(), tokens[at].end()
        if not word[0].isalpha():
            if word in _CUTS:
                found.append(Sign(first, last, CUT, word))
            at += 1
            continue
        if word in ("non", "nicht") and text[last : last + 1] == "-" and not _is_known(words, raw[at + 1 : at + 2]):
            at += 2  # "non-mobile" denies nothing that a table knows
            continue
        if word in ("free", "frei") and text[first - 1 : first] == "-" and found and found[-1].kind == "finding":
            found[-1] = replace(found[-1], kind="free")  # "cyst-free"
            at += 1
            continue
        length, entries, stem = words.match(raw, at)
        if length > 1 or length == 1 and words.whole(word):
            last = tokens[at + length - 1].end()
            found.append(sign_of(entries, first, last))
            if length > 1 and not words.whole(raw[at + length - 1]):  # "vordere Kreuzbandruptur"
                parts = words.behind(raw[at + length - 1], stem)
                found += [s for s in (sign_of(part, first, last) for part in parts) if s.kind != "fill"]
            at += length
            continue
        found += _of_word(words, word, first, last)
        at += 1
    return [part for sign in found for part in _terms_of(sign)]


@cache
def _kinds() -> dict[str, str]:
    """The kind of each name that a row of terms may list."""
    kinds = ("finding", "organ", "part", "quality")
    return {row["name"]: row["kind"] for row in _rows() if row["kind"] in kinds}


def _terms_of(sign: Sign) -> list[Sign]:
    """The sign, or those of the terms that it joins."""
    if sign.kind != _TERMS:
        return [sign]
    kinds = _kinds()
    joined = [(kinds[name], name) for name in sign.implies]
    return [replace(sign, kind=k, name=n, names=(n,), implies=_implied().get((k, n), ())) for k, n in joined]


def _is_known(words: Lexicon, word: list[str]) -> bool:
    """True if a word, if there is one, is in the table, whole or in parts."""
    return not word or bool(words.whole(word[0]) or words.parts(word[0])[0])


def _of_word(words: Lexicon, word: str, first: int, last: int) -> list[Sign]:
    free = _FREE.fullmatch(word)
    if free:  # "zystenfrei"
        found = [sign_of(entries, first, last) for entries in words.parts(free[1])[0]]
        if found and found[-1].kind == "finding":
            return [*found[:-1], replace(found[-1], kind="free")]
    parts, left = words.parts(word)
    signs = [sign_of(entries, first, last) for entries in parts]
    telling = [sign for sign in signs if sign.kind != "fill"]
    if telling:
        return [*telling, Sign(first, last, HIDDEN, word)] if left >= _SHORTEST_UNKNOWN else telling
    if signs and left < _SHORTEST_UNKNOWN:
        return []
    if len(word) < _SHORTEST_UNKNOWN and not word.isupper():
        return []
    return [Sign(first, last, UNKNOWN, fold(word), unit=word)]


@cache
def _closures() -> dict[str, tuple[str, ...]]:
    lists = ("compose", "sided", "paired", "family", "denied_family", "group", _TERMS)
    return {name: implied for (kind, name), implied in _implied().items() if kind not in lists}


@cache
def members(kind: str, name: str = "") -> frozenset[str]:
    """The names in a row that lists others: of kind "paired", or the "group" of a name."""
    rows = (row for row in _rows() if row["kind"] == kind and name in ("", row["name"]))
    return frozenset(member for row in rows for member in row["implies"].split("|"))


@cache
def closure(names: tuple[str, ...]) -> frozenset[str]:
    """The names and all that they imply."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _closures().get(name, ())
    return frozenset(found)


@cache
def families(kind: str = "family") -> dict[str, frozenset[str]]:
    """Finding → the findings that another hand may call it: a swelling is called oedema, a shift displacement.

    With the kind "denied_family" those that it may name where it denies them: "no collection" and "no abscess".
    """
    found: dict[str, frozenset[str]] = {}
    for row in _rows():
        if row["kind"] == kind:
            members = frozenset(row["implies"].split("|"))
            found |= {name: found.get(name, frozenset()) | members for name in members}
    return found


@cache
def structures() -> frozenset[str]:
    """The names of all structures and their parts."""
    return frozenset(row["name"] for row in _rows() if row["kind"] in ("organ", "part"))


@cache
def composed() -> tuple[tuple[str, frozenset[str]], ...]:
    """Structures that two words name: "medial meniscus"."""
    rows = _rows()
    return tuple((row["name"], frozenset(row["implies"].split("|"))) for row in rows if row["kind"] == "compose")
