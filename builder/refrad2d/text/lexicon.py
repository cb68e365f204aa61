"""The words of anatomy: labels.csv and terms.csv compiled into a trie over words, with a small German morphology.

>>> lexicon("de").word("Lebermetastasen").compound.labels
('liver',)

terms.csv adds to the names and synonyms of labels.csv what means several classes ("lungs"), a part of one
("Pankreaskopf"), or none although it looks like one (kind `none`). cues.csv holds the words of grammar: sides,
negations, conjunctions. A new term touches these files alone.
"""

import re
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from refrad2d.labels import LANGUAGES, exists_in, label_by_name, labels
from refrad2d.system.tables import read_csv

SIDES = ("left", "right")
_SUFFIXES = {"de": ("n", "s", "r", "m", "e", "en", "es", "er", "em", "ns", "ens", "ern"), "en": ("s", "es")}
_ORDINALS = ("first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth").split()
_ROLES = frozenset(
    "and range article preposition verb light seen partial state unit ordinal_ending weighting beside "
    "no_level no_level_before technique exam done phase plane changed unfilled".split()
)
_CUES = frozenset("negation predicate_negation negated_after removed_after pseudo stop".split())
_FOLD = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "é": "e", "è": "e", "œ": "oe", "æ": "ae"})
_BARE = str.maketrans({"ä": "a", "ö": "o", "ü": "u", "ß": "s"})
_LETTERS = re.compile(r"[^\W\d_]+|\d+")
_MAX_WORDS = 100_000  # words remembered a lexicon
_PLURAL_ENDS = ("culae", "kulae", "blaetter", "femora", "humeri", "haelse", "koepfe", "kaemme", "gelenke")
_MIN_STEM, _MAX_STEM, _MIN_TAIL = 4, 40, 3  # letters of a German compound's two halves
_MAX_ABBREVIATION = 4  # "OL", "VCI": capitals count
_MIN_TYPO = 7  # letters of a word that is recognised although one of them is wrong
_MIN_SIDE_TYPO = 4
_ALIKE = 0.8  # share of letters that an unknown word has in common with a side, from where it may be meant for it

Trie = dict[str, Any]  # word → Trie; the key "" holds the Term that ends here


@dataclass(frozen=True)
class Term:
    """What an entry means: `kind` as in terms.csv, `labels` all its classes, of any modality, in the order of ids."""

    kind: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Word:
    """A word as the rules see it. `keys` are its possible base forms, `compound` the term that it contains.

    `side` is left, right, both or None; `attributive` if it inflects with the noun that follows ("linke", "left").
    `void` if it only looks like anatomy ("Leberwerte"), `void_head` if it takes the anatomy of its neighbour away
    ("function"). `maybe_side` if it looks like a misspelt side, whichever ("rechzen"). `roles` are the kinds of
    cues.csv that the rules ask for.
    """

    norm: str
    keys: tuple[str, ...]
    compound: Term | None = None
    void: bool = False
    void_head: bool = False
    side: str | None = None
    attributive: bool = False
    ordinal: int | None = None
    maybe_side: bool = False
    roles: frozenset[str] = field(default=frozenset())


def fold(word: str) -> str:
    """Lower case without umlauts: "Drüse", "DRÜSE" and "Druese" become "druese"."""
    return word.casefold().translate(_FOLD)


def _plain(word: str) -> str:
    """A folded word as if its umlauts had lost their dots: "druese" becomes "druse"."""
    return word.replace("ae", "a").replace("oe", "o").replace("ue", "u")


def misspellings(word: str) -> set[str]:
    """The word with two neighbours swapped, a letter left out or a letter doubled."""
    swapped = {word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(len(word) - 1)}
    shorter = {word[:i] + word[i + 1 :] for i in range(len(word))}
    doubled = {word[: i + 1] + word[i:] for i in range(len(word))}
    return (swapped | shorter | doubled) - {word}


def is_one_edit(one: str, two: str, substitution: bool = True) -> bool:
    """True if one insertion, deletion, swap of neighbours or, if it may, substitution makes one word of the other."""
    if abs(len(one) - len(two)) > 1:
        return False
    start = 0
    while start < min(len(one), len(two)) and one[start] == two[start]:
        start += 1
    end = 0
    while end < min(len(one), len(two)) - start and one[-1 - end] == two[-1 - end]:
        end += 1
    rest = one[start : len(one) - end], two[start : len(two) - end]
    if len(rest[0]) == len(rest[1]) == 1:
        return substitution
    return max(map(len, rest)) <= 1 or len(rest[0]) == len(rest[1]) == 2 and rest[0] == rest[1][::-1]


@cache
def side_of(label: str) -> str | None:
    """The side of a class: "left" for rib_left_4, None for liver."""
    return next((side for side in SIDES if side in label.split("_")[1:]), None)


@cache
def are_paired(names: tuple[str, ...]) -> bool:
    """True if the classes are of both sides, so that a side narrows them."""
    return {side_of(name) for name in names} >= set(SIDES)


@cache
def in_modality(names: tuple[str, ...], modality: str) -> tuple[str, ...]:
    """Those of the classes that the modality has, by id; if it has none, the more general ones ("lung_left")."""
    own = [label for label in map(label_by_name, names) if exists_in(label, modality)]
    if own:
        return tuple(label.name for label in sorted(own, key=lambda label: label.id))
    wider = {goal for name in names for pattern, goal in _general() if fnmatchcase(name, pattern)}
    return tuple(x.name for x in labels() if x.name in wider and exists_in(x, modality))


@cache
def _general() -> tuple[tuple[str, str], ...]:
    return tuple(
        (row["terms"], row["labels"]) for row in read_csv(__package__, "terms.csv") if row["kind"] == "general"
    )


def _expand(patterns: str) -> tuple[str, ...]:
    """The classes of globs such as "kidney_left|rib_*". ValueError if one of them names none."""
    wanted = [pattern for pattern in patterns.split("|") if pattern]
    for pattern in wanted:
        if not any(fnmatchcase(label.name, pattern) for label in labels()):
            raise ValueError(f"Unknown label {pattern!r} in terms.csv. Use names of labels.csv, with * as a wildcard.")
    return tuple(x.name for x in labels() if any(fnmatchcase(x.name, pattern) for pattern in wanted))


def _weak(word: str) -> str:
    """A German adjective as it stands after an article ("rechter" → "rechte"), which every other form extends."""
    return word[:-1] if word[0].islower() and len(word) > 4 and word.endswith(("er", "es")) else word


def add_phrase(trie: Trie, words: list[str], value: Any) -> None:
    """Enter a phrase into a trie; the first entry of a phrase stays."""
    for word in words:
        trie = trie.setdefault(word, {})
    trie.setdefault("", value)


class Lexicon:
    """All that is known of the words of one language; `word` remembers what it has looked up."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.terms: Trie = {}
        self.cues: Trie = {}
        self._words: dict[str, Word] = {}
        self._vocabulary: set[str] = set()
        self._single: dict[str, Term] = {}
        self._stems: dict[str, Term] = {}
        self._abbreviations: set[str] = set()
        self._tails: frozenset[str] = frozenset()
        self._tail_starts: tuple[str, ...] = ()
        self._prefixes: tuple[str, ...] = ()
        self._grammar: dict[str, list[str]] = {}
        self._read_cues()
        self._read_terms()
        self._read_labels()
        self._typos = self._index_typos()
        self._side_typos = self._index_side_typos()

    def _index_typos(self) -> dict[str, list[str]]:
        """The long single words of the vocabulary by each of their forms with one letter less."""
        index: dict[str, list[str]] = {}
        for key in self._single:
            if len(key) >= _MIN_TYPO and self._single[key].kind != "adjective" and key not in self._abbreviations:
                for whole in {key, _plain(key)}:
                    for form in {whole, *(whole[:i] + whole[i + 1 :] for i in range(len(whole)))}:
                        index.setdefault(form, []).append(key)
        return index

    def _index_side_typos(self) -> dict[str, str]:
        """Misspelt sides and the words that they stand for, without those that are words themselves."""
        sides = [word for word, kinds in self._grammar.items() if _is_side(kinds) and len(word) >= _MIN_SIDE_TYPO]
        return {
            wrong: word
            for word in sorted(sides, reverse=True)
            for wrong in misspellings(word)
            if wrong not in self._grammar and wrong not in self._vocabulary and len(wrong) >= _MIN_SIDE_TYPO
        }

    def _mend(self, raw: str, norm: str, substitution: bool) -> str | None:
        """The long anatomical word that one typing error made this unknown word of, None unless there is only one.

        The first letter must be right. Endings are taken off: "Nebennnieren" is "nebenniere". Without `substitution`
        no letter may stand for another ("Hirnschäden" are no "Hirnschädel").
        """
        if len(norm) < _MIN_TYPO - 1 or not norm.isalpha():
            return None
        found: set[str] = set()
        forms = [norm, *(norm[: -len(s)] for s in _SUFFIXES[self.language] if norm.endswith(s))]
        bare = not raw.isascii()
        if bare:
            forms.append(raw.casefold().translate(_BARE))  # "drsüe": one error beside an umlaut
        if any(form in self._grammar for form in forms):  # "lingual", "Unterlippen": real words near to one
            return None
        for form in forms:
            shorter = (form[:i] + form[i + 1 :] for i in range(len(form)))
            near = {key for part in (form, *shorter) for key in self._typos.get(part, ())}
            found |= {
                key
                for key in near
                if key[0] == form[0]
                and (form == norm or key[-1] == form[-1])
                and (is_one_edit(form, key, substitution) or bare and is_one_edit(form, _plain(key), substitution))
            }
            if found:
                break
        return min(found) if len({self._single[key].labels for key in found}) == 1 else None

    def _read_cues(self) -> None:
        for row in read_csv(__package__, "cues.csv"):
            if row["language"] not in (self.language, "*"):
                continue
            for phrase in row["phrases"].split("|"):
                words = [fold(word) for word in _LETTERS.findall(phrase)]
                if row["kind"] in _CUES:
                    add_phrase(self.cues, words, row["kind"])
                else:
                    word = "^" + phrase if len(phrase) == 1 and phrase.isupper() else "".join(words)  # "L kidney"
                    self._grammar.setdefault(word, []).append(row["kind"])

    def _read_terms(self) -> None:
        for row in read_csv(__package__, "terms.csv"):
            if row["language"] != self.language:
                continue
            entries = [entry for entry in row["terms"].split("|") if entry]
            if row["kind"] == "tail":
                self._tails = frozenset(fold(entry) for entry in entries if not entry.endswith("*"))
                self._tail_starts = tuple(fold(entry[:-1]) for entry in entries if entry.endswith("*"))
            elif row["kind"] == "prefix":
                self._prefixes = tuple(sorted(map(fold, entries), key=len, reverse=True))
            else:
                term = Term(row["kind"], _expand(row["labels"]))
                for entry in entries:
                    self._add(entry, term)

    def _read_labels(self) -> None:
        """The names and synonyms of labels.csv, without their side and, where numbered, left to the number rules."""
        for label in labels():
            name, synonyms = {"de": (label.german, label.synonyms_de), "en": (label.english, label.synonyms_en)}[
                self.language
            ]
            pair = tuple(
                other.name
                for other in labels()
                if re.sub("_(left|right)(?=_|$)", "", other.name) == re.sub("_(left|right)(?=_|$)", "", label.name)
            )
            for entry in (name, *synonyms):
                words = _LETTERS.findall(entry)
                kinds = [set(self._grammar.get(fold(word), ())) for word in words]
                if any(word.isdecimal() for word in words) or any(kind & set(_ORDINALS) for kind in kinds):
                    continue
                plain = [word for word, kind in zip(words, kinds, strict=True) if not _is_side(kind)]
                sided = len(plain) < len(words)
                if plain and not (len(plain) == 1 and fold(plain[0]) in self._single):
                    self._add(" ".join(plain), Term("term", pair if sided else (label.name,)))

    def _add(self, entry: str, term: Term) -> None:
        words = _LETTERS.findall(entry)
        if self.language == "de" and len(words) > 1:
            words = [_weak(word) for word in words]
        if entry.endswith("-") and len(words) == 1:  # a combining form: "Hüft-"
            self._add_stem(fold(words[0]), term)
            return
        if len(words) == 1 and words[0].isupper() and 1 < len(words[0]) <= _MAX_ABBREVIATION:
            keys = ["^" + words[0]]
        else:
            keys = [fold(word) for word in words]
        self._vocabulary.update(keys)
        add_phrase(self.terms, keys, term)
        if len(keys) > 1 or keys[0][0] == "^":
            return
        self._single.setdefault(keys[0], term)
        if entry.endswith("."):  # an abbreviation makes no compounds: "Pankr." is not in "Pankreatitis"
            self._abbreviations.add(keys[0])
            return
        if self.language == "de" and term.kind in ("term", "collective", "numbered", "none"):
            for stem in (keys[0], keys[0] + "n" if keys[0].endswith("e") else keys[0] + "s"):
                self._add_stem(stem, term)

    def _add_stem(self, stem: str, term: Term) -> None:
        """Enter the first half of compounds; the first entry stays, but what is no anatomy goes before all."""
        if term.kind == "none" or stem not in self._stems:
            self._stems[stem] = term

    def word(self, raw: str) -> Word:
        """What is known of a word as it stands in a text; unknown words have no keys."""
        known = self._words.get(raw)
        if known is None:
            if len(self._words) >= _MAX_WORDS:
                self._words.clear()
            known = self._words[raw] = self._look_up(raw)
        return known

    def _look_up(self, raw: str) -> Word:
        norm = fold(raw)
        norm = self._side_typos.get(norm, norm)
        kinds = {*self._grammar.get(norm, ()), *self._grammar.get("^" + raw, ())}
        keys = self._keys(raw, norm)
        compound, void = None, False
        single = next((self._single[key] for key in keys if key in self._single), None)
        if single:
            void = single.kind == "none"
        elif self.language == "de" and norm.isalpha():
            compound, void = self._split_compound(norm)
        mended = None if keys or kinds or void else self._mend(raw, norm, not compound)
        if mended:  # also "Milzvnee", which is no compound of "Milz"
            keys, compound, void = (mended,), None, self._single[mended].kind == "none"
        sides = [kind for kind in kinds if _is_side([kind])]
        return Word(
            norm=norm,
            keys=keys,
            compound=compound,
            void=void,
            void_head=self._is_tail(norm),
            side=sides[0].split("_")[0] if sides else None,
            attributive=any(kind.endswith("_adjective") for kind in kinds),
            maybe_side=not (keys or kinds or compound or void) and self._may_be_side(norm),
            ordinal=next((n for n, name in enumerate(_ORDINALS, 1) if name in kinds), None),
            roles=_ROLES & kinds,
        )

    def _may_be_side(self, norm: str) -> bool:
        sides = ("rechte", "rechten", "linke", "linken") if self.language == "de" else ("right", "left")
        near = (SequenceMatcher(None, norm, side) for side in sides if abs(len(norm) - len(side)) < 3)
        return len(norm) >= _MIN_SIDE_TYPO and any(match.quick_ratio() >= _ALIKE <= match.ratio() for match in near)

    def _keys(self, raw: str, norm: str) -> tuple[str, ...]:
        """Base forms of a word that the vocabulary knows, the unchanged one first."""
        forms = [norm] + [norm[: -len(s)] for s in _SUFFIXES[self.language] if norm.endswith(s) and len(norm) > 3]
        if self.language == "en" and norm.endswith("ies"):
            forms.append(norm[:-3] + "y")
        if raw.isupper() and len(raw) <= _MAX_ABBREVIATION:
            forms.append("^" + raw)
        return tuple(form for form in forms if form in self._vocabulary)

    def _is_latin_adjective(self, tail: str) -> bool:
        """True if the tail behind "vertebra", "femora" only makes their adjective ("vertebralarterie", "femoralen")."""
        rest = tail[1:]
        return tail[0] in "lr" and (rest in ("es", "en", "er", "em", "is") or self._is_tail(rest))

    def is_plural(self, norm: str, key: str) -> bool:
        """True if the word is visibly the plural of its base form: "Nieren", "kidneys"; "Unterlappen" is not."""
        if self.language == "de":
            return key.endswith("e") and norm == key + "n" or norm.endswith(_PLURAL_ENDS)
        return norm != key

    def elided(self, half: str, whole: str) -> Term | None:
        """What a hyphen stands for in "Ober- und Unterlappen": the term that half and the end of whole make."""
        half, whole = fold(half), fold(whole)
        for cut in range(_MIN_TAIL, min(len(whole), _MAX_STEM) - _MIN_TAIL):
            word = self.word(half + whole[cut:])
            term = next((self._single[key] for key in word.keys if key in self._single), word.compound)
            if term:
                return term
        return None

    def _is_tail(self, tail: str) -> bool:
        """True if the word takes the anatomy away: one of the table, inflected, or begun by one with a "*"."""
        forms = {tail, *(tail[: -len(s)] for s in _SUFFIXES[self.language] if tail.endswith(s))}
        return not forms.isdisjoint(self._tails) or tail.startswith(self._tail_starts)

    def ends_in_tail(self, word: str) -> bool:
        """True if the second half of a compound takes the anatomy away: "Lungen- und Knochenfenster"."""
        norm = fold(word)
        return any(self._is_tail(norm[cut:]) for cut in range(_MIN_TAIL, len(norm) - _MIN_TAIL))

    def _split_compound(self, norm: str) -> tuple[Term | None, bool]:
        """The term of a German compound, and True if its head takes the anatomy away ("Lebervenen")."""
        for end in range(min(len(norm), _MAX_STEM), _MIN_STEM - 1, -1):
            term = self._stems.get(norm[:end])
            if term and (term.kind == "none" or len(norm) - end >= _MIN_TAIL):
                tail = self._is_tail(norm[end:]) or norm[end - 1] == "s" and self._is_tail(norm[end - 1 :])
                void = term.kind == "none" or tail and "fraktur" not in norm  # "Aorten-stent", not "Aortens-tent"
                void = void or norm[end - 1] == "a" and self._is_latin_adjective(norm[end:])
                return (None, True) if void else (term, False)
        for prefix in self._prefixes:
            rest = norm.removeprefix(prefix)
            if len(rest) < len(norm) and len(rest) >= _MIN_STEM:
                for key in self._keys(rest, rest):
                    if key in self._single and self._single[key].kind in ("term", "collective", "numbered"):
                        return self._single[key], False
                term, void = self._split_compound(rest)
                if term or void:
                    return term, void
        return None, False


def _is_side(kinds: Any) -> bool:
    return any(kind.split("_")[0] in ("left", "right", "both") for kind in kinds)


@cache
def lexicon(language: str) -> Lexicon:
    """The compiled lexicon of a language, built once. ValueError if the language is unknown."""
    if language not in LANGUAGES:
        raise ValueError(f"Unknown language {language!r}. Choose from {', '.join(LANGUAGES)}.")
    return Lexicon(language)
