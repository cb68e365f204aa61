"""Word lists of the recognisers: names, eponyms, cities, ordinary words, words around a name; each in a CSV of data/.

A new eponym, name or title touches one CSV file alone.
"""

import re
import unicodedata
from functools import cache, lru_cache
from itertools import groupby
from typing import NamedTuple

from refrad2d.labels import labels
from refrad2d.system.tables import read_csv

_LETTERS = str.maketrans({"ß": "ss", "ł": "l", "ø": "o", "đ": "d", "ı": "i", "æ": "a", "œ": "o", "ð": "d", "þ": "th"})
_DIGRAPHS = re.compile(r"([aou])e")
_DOUBLES = re.compile(r"(.)\1")
_PHONETIC = (
    (re.compile(r"(?:ei|ai|ey|ay)"), "ai"),
    (re.compile(r"(?:dt|th|d)"), "t"),
    (re.compile(r"(?:ck|qu|c(?!h))"), "k"),
    (re.compile(r"(?:ph|v)"), "f"),
    (re.compile(r"ie|y|j"), "i"),
    (re.compile(r"tz|ts"), "z"),
    (re.compile(r"(?<=[aoukln])h"), ""),
)
# What a clinical noun ends in, so that "Frau Schmidt Hüftfraktur" or "Patient: Beckenfraktur" is not read as a name.
_CLINICAL = re.compile(
    r"(?:ung|ungen|itis|itiden|ose|osen|osis|oses|om|ome|oma|omas|omen|tion|tionen|sion|heit|keit|nis|nisse|tät|ment|"
    r"ments|ness|ity|ie|ien|logy|pathy|pathie|ektomie|ectomy|graphie|graphy|gramm|gram|skopie|scopy|plastik|plasty|"
    r"zyste|zysten|cyst|cysts|fraktur|frakturen|fracture|fractures|raum|räume|gewebe|knoten|knochen|organe?|abschnitt|"
    r"abschnitte|wirbel|körper|erguss|ödem|emphysem|infarkt|metastasen?|tumore?n?|karzinom|läsion|läsionen|syndrom|"
    r"syndrome|krankheit|disease|erkrankung|insuffizienz|stenose|anämie|emia|ämie|urie|uria|algie|algia|schmerz|"
    r"schmerzen|pain|stand|verlauf|sequenz|phase|serie|kontrolle|therapie|operation|verdacht|ismus|ism|iert|ierte|"
    r"isch|ische|ischer|lich|liche|licher|ous|ical|ated|ology|zeichen|prothese|implantat|katheter|klappe|gefäße?|"
    r"arterie|vene|arteries|veins|nerv|muskel|sehne|band|gelenk|drüse|lappen|segment|leber|lunge|niere|milz|herz)$"
)
_GIVEN = re.compile(r"^[A-ZÄÖÜ][a-zäöü]+(?:fried|bert|hilde?|trau[dt]|gard|gunde?|linde|beth|burga|lieb|wine?)$")


# How German words bend and join; nouns that end so are words without standing in the list.
_ENDINGS = ("e", "n", "en", "s", "es", "em")
_LINKS = ("s", "n", "en", "es", "e", "er")
_SHORT_FIRST = frozenset("vor neu alt ein aus auf not arm ohr uhr tag rad gas eis uro zwo".split())
_NOUN = re.compile(
    r".{3,}(?:ung|heit|keit|tion|sion|schaft|taet|ismus|erin|istin|ologe|ologin|ologie|graphie|grafie|metrie|skopie|"
    r"itis|(?<!ei)chen|(?:gradig|aer|iert|artig|foermig)(?:e[rsnm]?)?|(?:ig|iv|lich|isch)e[snm]?)"
)
_MEDICAL = re.compile(  # parts that only words of medicine have, as they are `spell`ed
    r"menisk|humer[ou]|femor|tibia|ulnar|akromi|klavik|sakr|lumb|zervik|cervic|dors[ao]l|lateral|medial|hinterhorn|"
    r"vorderhorn|osteo|arthr|kardi|cardi|hepat|nephr|neur[oa]|gastr|enter[oi]|pneum|thora[kx]|spondyl|chondr|derma(?!nn)|angio|vaso|arteri|"
    r"lymph|ha?emat|haem|zyt|cyto|fibro|lipo|adeno|karzin|carcin|sarko|zephal|cephal|kranio|cranio|zereb|cereb|ophthalm|"
    r"laryng|pharyng|bronch|oesophag|duoden|jejun|rekt[ou]|prokt|pankrea|choled|ureter|urethr|zyst|prostat|uter[oiu]|"
    r"thyre|mesent|periton|pleur|mening|enzeph|radikul|ligament|fasz|fraktur|prothes|ektom|stomie|zentese|lyse$|pathi|"
    r"algie|trophi|plasie|penie|genese|rrhag|sklero|nekro|oedem|infarkt|thromb|embol|ischaem|anaem|aemi|toxi[kz]|septi|"
    r"bakter|antigen|hormon|steroid|(?:cillin|mycin|floxacin|azol|pril|sartan|statin|olol|dipin|mab|nib|parin|xaban|"
    r"grel|pam|setron|dronat|formin|gliptin|flozin|glutid|platin|taxel|rubicin|relin|tropin|kain)$"
)
# What family names end in: "Waldbauer" is no compound of wood and farmer.
NAMELIKE = re.compile(
    r"(?:sohn|stuhl|sen|bauer|mann|bach|berg|feld|stein|mueller|schmidt|schmied|hof|hofer|huber|mai?er|mayr|meier|meyer|lein|wald|"
    r"kamp|brink|baum|burg|thal|tal|haus|hausen|schuh|zweig|ing|er|holz|vogel|wirt|koch|schulze?|loh|au|horn|busch|"
    r"brock|roth|mut|hut|bart|mund|fuss|bein|kopf|haar|hals|bier|apfel|korn|brot|fleisch|hahn|huhn|fuchs|wolf|baer|"
    r"hirsch|hase|matt|nagel|wurst|herr|eichen|latte|vogt|knecht|graf|land|stadt|dorf|weg|gut|hold|bold|wein|stock|reich|hardt?|wart|see)$"
)


CAPITAL = r"[A-ZÀ-ÖØ-ÞŁŚŞČŠŽĞİĆŻŹĐ]"
SMALL = rf"(?:(?!{CAPITAL})[^\W\d_])"
PROPER_WORD = rf"{CAPITAL}{SMALL}+(?:[\-’']{CAPITAL}?{SMALL}+)*"  # "Weidmüller", "Al-Masri", "O’Neill"


# What stands for an identity of a letter; those of ages and pages stand in other texts too.
PLACEHOLDER = re.compile(r"\[(?:NAME|DATE|TIME|ADDRESS|PHONE|ID|ORGANISATION|EMAIL)\]")


def is_letter(text: str) -> bool:
    """True for a text of which two identities are placeholders already: more of them stand beside those."""
    return len(PLACEHOLDER.findall(text)) > 1


class Found(NamedTuple):
    """A stretch of text to replace. `firm` ones are replaced even where they look like a clinical term."""

    start: int
    end: int
    kind: str
    firm: bool = False


@lru_cache(maxsize=65536)
def spelling_key(word: str) -> str:
    """A key that all spellings of a word share: case, accents, umlaut or digraph, ß or ss, doubled letters."""
    plain = unicodedata.normalize("NFKD", word.lower().translate(_LETTERS))
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return _DOUBLES.sub(r"\1", _DIGRAPHS.sub(r"\1", plain))


@lru_cache(maxsize=65536)
def sound(word: str) -> str:
    """A coarser key that names of the same sound share: Meyer and Maier, Schmidt and Schmitt, Klaus and Claus."""
    key = spelling_key(word)
    for pattern, replacement in _PHONETIC:
        key = pattern.sub(replacement, key)
    return _DOUBLES.sub(r"\1", key)


@lru_cache(maxsize=65536)
def spell(word: str) -> str:
    """A stricter key, to look words up in lists: case, umlaut or digraph, ß or ss, accents; "Haase" is not "Hase"."""
    if word.isascii():  # nothing below would change it
        return word.lower()
    word = word.lower().replace("ä", "ae").replace("ö", "oe").replace("ü", "ue").translate(_LETTERS)
    return "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))


@cache
def alternation(name: str) -> str:
    """The terms of a list in terms.csv as a regular expression, the longest first."""
    terms = sorted(
        (row["term"] for row in read_csv(__package__, "terms.csv") if row["list"] == name),
        key=len,
        reverse=True,
    )
    return "|".join(map(re.escape, terms))


@cache
def context_words(name: str) -> frozenset[str]:
    """The words of a list in context.csv, as they stand there."""
    return frozenset(row["term"] for row in read_csv(__package__, "context.csv") if row["list"] == name)


@cache
def context_pattern(name: str) -> str:
    """A list of context.csv as one regular expression, its terms tried in the order of the rows.

    A term is a regular expression itself; neighbours with the same `after` share it: what must follow any of them.
    """
    rows = (row for row in read_csv(__package__, "context.csv") if row["list"] == name)
    parts = []
    for after, group in groupby(rows, key=lambda row: row["after"]):
        terms = "|".join(row["term"] for row in group)
        parts.append(f"(?:{terms}){after}" if after else terms)
    return f"(?:{'|'.join(parts)})"


@cache
def given_names() -> frozenset[str]:
    """First names, `spell`ed; those of names_europe.csv count beside another sign of a name."""
    return _names(("names.csv", "names_europe.csv"), "surname")


@cache
def surnames() -> frozenset[str]:
    """Family names, `spell`ed; those of names_europe.csv count beside another sign of a name."""
    return _names(("names.csv", "names_europe.csv"), "given")


@cache
def sure_names() -> frozenset[str]:
    """Names, `spell`ed, that mean a person wherever they stand."""
    europe = (row["name"] for row in read_csv(__package__, "names_europe.csv") if row["alone"] == "yes")
    return frozenset(spell(row["name"]) for row in read_csv(__package__, "names.csv")) | frozenset(map(spell, europe))


def _names(tables: tuple[str, ...], other: str) -> frozenset[str]:
    rows = (row for table in tables for row in read_csv(__package__, table))
    return frozenset(spell(row["name"]) for row in rows if row["kind"] != other)


@cache
def eponyms() -> dict[str, bool]:
    """Eponyms, `spell`ed; True if clinical anywhere (Bosniak), False if only in a construct (Baker-Zyste)."""
    return {spell(row["name"]): row["alone"] == "yes" for row in read_csv(__package__, "eponyms.csv")}


@cache
def cities() -> tuple[str, ...]:
    """Names of cities that mean a place wherever they stand, the longest first."""
    alone = {row["town"] for row in read_csv(__package__, "towns.csv") if row["alone"] == "yes"}
    alone |= {row["city"] for row in read_csv(__package__, "cities.csv")}
    return tuple(sorted(alone, key=lambda name: (-len(name), name)))


@cache
def towns() -> frozenset[str]:
    """Names of towns and countries, `spell`ed, that count where a place is to be expected ("aus …", "Dr. Weber, …")."""
    return frozenset(spell(row["town"]) for row in read_csv(__package__, "towns.csv")) | frozenset(map(spell, cities()))


def _listed(*roles: str) -> frozenset[str]:
    return frozenset(spell(row["word"]) for row in read_csv(__package__, "ordinary.csv") if row["role"] in roles)


@cache
def anatomy() -> frozenset[str]:
    """Words (`spell`ed) for parts of the body: in a report they mean these even if a patient bears them as a name."""
    spelled = (
        name for label in labels() for name in (label.english, label.german, *label.synonyms_en, *label.synonyms_de)
    )
    return _listed("anatomy") | {spell(word) for name in spelled for word in re.findall(r"[^\W\d_]+", name)}


@cache
def report_words() -> frozenset[str]:
    """Words (`spell`ed) that a report uses so often that beside a name they never belong to it; anatomy included."""
    return _listed("report") | anatomy()


@cache
def ordinary_words() -> frozenset[str]:
    """Words (`spell`ed) that do not mean a person by themselves: the above, and names that are words as well."""
    return _listed("name") | report_words()


@lru_cache(maxsize=65536)
def is_ordinary(word: str) -> bool:
    """True if the word, or what it is the genitive or plural of, is in the list of ordinary words."""
    return any(form in ordinary_words() for form in _forms(word))


@cache
def vocabulary() -> frozenset[str]:
    """German nouns and adjectives (`spell`ed) that are no endings or compounds of others, ordinary words included."""
    nouns = frozenset(row["word"] for row in read_csv(__package__, "vocabulary.csv"))
    return nouns | ordinary_words() | clinical_words()


@cache
def clinical_words() -> frozenset[str]:
    """Words (`spell`ed) of medicine: drugs, devices, makers, Latin, what forms and letters are made of."""
    return _listed("clinical")


@lru_cache(maxsize=65536)
def looks_medical(word: str) -> bool:
    """True if the last part of the word is listed as one of medicine or holds what only those have: "AV-Block"."""
    key = spell(re.split(r"[\-–]", word)[-1])
    return key in clinical_words() or _MEDICAL.search(key) is not None


@lru_cache(maxsize=65536)
def is_word(word: str) -> bool:
    """True if German has the word as a noun or adjective, bent or joined of two; family names can be words as well."""
    key = spell(word)
    if key.endswith(("ski", "sky", "cki", "czyk", "wicz", "oglu")):
        return False
    shaped = _NOUN.fullmatch(key) or _MEDICAL.search(key)
    return _is_bent(key) or shaped is not None or _is_compound(key)


def _is_bent(key: str) -> bool:
    bare = [key[: -len(end)] for end in _ENDINGS if key.endswith(end) and len(key) - len(end) > 3]
    return not vocabulary().isdisjoint((key, *bare))


def _is_compound(key: str) -> bool:
    if NAMELIKE.search(key):
        return False
    for at in range(3, len(key) - 2):
        first, last = key[:at], key[at:]
        if at < 4 and first not in _SHORT_FIRST or len(key) < 8 or len(last) < 4 and at < 5 or not _is_bent(last):
            continue
        bare = [first[: -len(link)] for link in _LINKS if first.endswith(link) and at - len(link) > 3]
        if not vocabulary().isdisjoint((first, *bare)):
            return True
    return False


@lru_cache(maxsize=65536)
def is_name(word: str) -> bool:
    """True if the word, its genitive included, is a name wherever it stands and no ordinary word."""
    if is_ordinary(word):
        return False
    old_german = len(word) > 5 and _GIVEN.search(word) is not None
    return old_german or any(form in sure_names() for form in _forms(word))


@lru_cache(maxsize=65536)
def is_given(word: str) -> bool:
    """True if the word or its genitive is a listed first name or built like an old German one, ordinary word or not."""
    return any(form in given_names() for form in _forms(word)) or (len(word) > 5 and _GIVEN.search(word) is not None)


@lru_cache(maxsize=65536)
def is_surname(word: str) -> bool:
    """True if the word or its genitive is a listed family name, ordinary word or not."""
    return any(form in surnames() for form in _forms(word))


@lru_cache(maxsize=65536)
def looks_clinical(word: str) -> bool:
    """True if the word is report vocabulary, an eponym that stands alone, or ends like a clinical noun."""
    return is_report_word(word) or eponyms().get(spell(word), False)


@lru_cache(maxsize=65536)
def is_report_word(word: str) -> bool:
    """True if the word is report vocabulary or ends like a clinical noun without being a listed name."""
    if spell(word) in report_words():
        return True
    return _CLINICAL.search(word.lower()) is not None and not (is_given(word) or is_surname(word))


def _forms(word: str) -> tuple[str, ...]:
    """The `spell`ed word, and without a genitive's s."""
    key = spell(re.sub(r"['’]s?$", "", word))
    return (key, key[:-1]) if len(key) > 4 and key.endswith("s") else (key,)
