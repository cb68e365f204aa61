"""Images that a report names ("Serie 4, Bild 32", "Se 4 Im 32", "image 12-14"), and sentences without these numbers.

    >>> rewrite_references("Image 2 shows a smooth liver.", "en")[0]
    'This image shows a smooth liver.'

A slice that a sentence goes to is the image that it names. A reference that the sentence can do without goes (in
brackets, behind "siehe", before a colon); one that is part of it becomes "this image"; any other stays as it is.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

_NUMBER = r"\.?\s*(?:nr\.?\s*|no\.?\s*|#\s*)?(\d{1,5})"
_NO_UNIT = (
    r"(?!\d|[.,]\d|\s*(?:mm|cm|ml|mg|µm|hu|he|%|[x×]\s*\d|\.\s+[a-zäöü])|\s+(?:wochen|monate|jahre|tage|weeks|months|"
    r"years|days)\b)"
)
_RANGE = rf"(?:\s*(?:-|–|bis|to|through)\s*(\d{{1,5}}))?{_NO_UNIT}"
_SPAN = r"\d{1,5}(?:\s*(?:-|–|bis|to)\s*\d{1,5})?"
_VERB = (
    r"(?:zeig\w*|stell\w*|dokumentier\w*|demonstrier\w*|weis\w*|entspr\w+|ist|sind|wird|werden|läss\w*|lass\w*|bild\w+|"
    r"gibt|geben|enthält|enthalten|umfass\w*|erfass\w*|shows?|demonstrates?|depicts?|reveals?|is|are|contains?|displays?|"
    r"illustrates?|documents?|confirms?|suggests?|includes?|covers?|has|have)\b"
)
_AND = r"(?:und|and|u\.|&|sowie|bzw\.?|or|oder)"
# after the last of several numbers: the end of the phrase, for a noun would make it a quantity ("und 5 Läsionen")
_PHRASE_END = (
    rf"(?=\s*(?:[.;:,)\]]|$)|\s+(?:{_VERB}|the|a|an|there|der|die|das|eine?r?|in|on|of|at|mit|von|zu|gut|als)\b)"
)
_MORE = (
    rf"((?:(?:\s*,\s*{_SPAN})*\s*(?:,\s*)?{_AND}\s*{_SPAN})+{_PHRASE_END}{_NO_UNIT}|(?:\s*,\s*{_SPAN})+(?=\s*[)\]]))?"
)
_TOTAL = r"(?:\s*/\s*\d{1,5})?"  # "image 41/120": of so many
_IMAGE = r"\b(bildern|bilder|bildes|bild|images|image|ima|img|aufnahmen|aufnahme|schichten|schicht|slices|slice)"
_SERIES = r"\b(?:serien|serie|series|sequenz|sequence|ser|se)" + _NUMBER
_OF = r"\s*[,;/(]?\s*(?:(?:in|of|on|aus|von)\s+)?(?:(?:der|the|dieser)\s+)?"
_REFERENCE = re.compile(
    # "Im" alone is a German preposition; behind a series number it is an image
    rf"{_SERIES}\s*[,;/]?\s*(?:{_IMAGE}|\b(im)){_NUMBER}{_RANGE}{_TOTAL}{_MORE}|"
    rf"{_IMAGE}{_NUMBER}{_RANGE}{_TOTAL}{_MORE}(?:{_OF}{_SERIES}(?!\s*[,;/]?\s*(?:{_IMAGE}|im)\b)(?:(?<=\d)\))?)?",
    re.IGNORECASE,
)
_SPANS = re.compile(r"(\d{1,5})(?:\s*(?:-|–|bis|to)\s*(\d{1,5}))?")
MAX_RANGE = 200


class Reference(NamedTuple):
    """A place in a text that names images: `series` is a SeriesNumber or None, `instances` are InstanceNumbers."""

    start: int
    end: int
    series: int | None
    instances: Sequence[int]
    noun: str = ""


class Edit(NamedTuple):
    """What stands in a text instead of its characters `start` to `end` (exclusive)."""

    start: int
    end: int
    text: str


def find_references(text: str) -> list[Reference]:
    """All references in a text, in order; a range of more than 200 images is none."""
    found = []
    for match in _REFERENCE.finditer(text):
        first_series, image, im, *numbers = match.groups()[:6]
        noun, series = image or im, first_series
        if not first_series:
            noun, *numbers, series = match.groups()[6:11]
        first, last, more = numbers
        spans = [(first, last), *(span.groups() for span in _SPANS.finditer(more or ""))]
        ranges = [range(int(low), int(high or low) + 1) for low, high in spans]
        if all(0 < len(part) <= MAX_RANGE for part in ranges):
            instances = tuple(sorted({n for part in ranges for n in part}))
            end = match.end() - (match.group().endswith(")") and "(" not in match.group())
            found.append(Reference(match.start(), end, int(series) if series else None, instances, noun))
    return found


# --- sentences ----------------------------------------------------------------------------------------------------

_SEE = r"(?:vgl\.?|vergleiche|siehe(?:\s+auch)?|s\.(?:\s*a\.)?|see(?:\s+also)?|cf\.?|z\.\s*b\.|e\.\s*g\.|compare)"
_OPEN = re.compile(rf"\s*[(\[]\s*(?:{_SEE}\s*)?(?:(?:in|on|auf|im|bei|at)\s+)?$", re.IGNORECASE)
_CLOSE = re.compile(r"\s*[)\]]")
_BETWEEN = re.compile(rf"\s*(?:[,;/]\s*{_AND}?|{_AND})\s*(?:{_SEE}\s*)?", re.IGNORECASE)
_TO = re.compile(r"\s*(?:[-–]|bis(?:\s+zu[mr]?)?|to|through|until)\s*", re.IGNORECASE)
_POINTER = re.compile(rf"(?:\s*[,;–-])?\s*\b{_SEE}\s*$", re.IGNORECASE)
_TRAILING = re.compile(r"\s*[,;–-]\s*(?:(?:in|on|auf|im)\s+)?$", re.IGNORECASE)
_END = re.compile(r"\s*(?:[.;]|$)")
_CLAUSE_END = re.compile(r"\s*(?:[.;,:)\]]|$)")
_HEADING = re.compile(r"\s*(?::|\s[–-](?=\s))\s*")
_START = re.compile(r"\s*(?:[-•*]\s*)?$")
_BEFORE = re.compile(
    r"(?:(?<!\w)(?P<preposition>im|am|vom|zum|beim|in|auf|an|mit|von|zu|bei|aus|ab|bis|nach|on|at|with|from|of|to|through|"
    r"between|for|by|durch|für|gegen|über|unter|per)\s+)?(?:(?<!\w)(?P<article>den|dem|der|die|das|the|these|diesen|"
    r"diesem)\s+)?$",
    re.IGNORECASE,
)
_EXTENT = frozenset("from to through between von ab bis".split())  # "von Bild 3 bis Bild 9" is no image
_DATIVE = {"im": "in", "am": "an", "zum": "zu", "beim": "bei"} | {
    word: word for word in ("in", "auf", "an", "mit", "zu", "bei", "aus", "nach", "unter")
}
_SUBJECT = re.compile(rf"\s+{_VERB}", re.IGNORECASE)
_INSERTED = re.compile(rf",\s+{_VERB}", re.IGNORECASE)
_VERB_BEFORE = re.compile(
    r"\b(?:zeigt|zeigen|ist|sind|shows?|is|are|does|do|als|wie|als auch|that|dass|while|während|and|und|but|aber)\s+$",
    re.IGNORECASE,
)
_AGREES = {
    "de": re.compile(r"das (?:bild|ima\w*|img)|die (?:bilder|images|aufnahmen?|schicht(?:en)?)", re.IGNORECASE),
    "en": re.compile(r"(?:the|these) \w+", re.IGNORECASE),
}
_GERMAN = {  # noun: nominative and accusative, dative, in the singular; plural in both
    "bild": ("dieses Bild", "diesem Bild", "diese Bilder", "diesen Bildern"),
    "aufnahme": ("diese Aufnahme", "dieser Aufnahme", "diese Aufnahmen", "diesen Aufnahmen"),
    "schicht": ("diese Schicht", "dieser Schicht", "diese Schichten", "diesen Schichten"),
}
_PLURALS = frozenset(("bilder", "bildern", "images", "aufnahmen", "schichten", "slices"))


def rewrite_references(
    text: str, language: str, references: Sequence[Reference] | None = None
) -> tuple[str, list[Edit]]:
    """A sentence without the numbers of images, and the edits that made it, in order and without overlap.

    An edited sentence begins with a capital letter. Its text is empty if it said nothing but which images it means.
    """
    references = find_references(text) if references is None else references
    edits: list[Edit] = []
    for group in _grouped(text, references):
        edit = _edit(text, group, language)
        if edit and (not edits or edit.start >= edits[-1].end):
            edits.append(edit)
    if sum(bool(edit.text) for edit in edits) > 1:  # "this image" would mean one place here and another there
        edits = [edit for edit in edits if not edit.text]
    shown, at = [], 0
    for edit in edits:
        shown += [text[at : edit.start], edit.text]
        at = edit.end
    result = "".join([*shown, text[at:]])
    if edits and not re.search(r"[^\W\d_]{2}", result):
        return "", [Edit(0, len(text), "")]
    first = re.search(r"\w", result)
    if edits and edits[0].start == 0 and first and result[first.start()].islower():
        at = first.start()
        result = result[:at] + result[at].upper() + result[at + 1 :]
    return result, edits


def names_several_places(text: str, references: Sequence[Reference]) -> bool:
    """True for "Cyst (image 12), scar (image 2)", of which neither image shows all; "images 3, 5 and 7" are one place,
    and so is "from image 3 to image 9"."""
    groups = _grouped(text, references)
    meant = {tuple(sorted((r.series or 0, n) for r in group for n in r.instances)) for group in groups}
    if len(meant) < 2:
        return False
    pairs = zip(groups, groups[1:], strict=False)
    return not all(_TO.fullmatch(text, first[-1].end, second[0].start) for first, second in pairs)


def _grouped(text: str, references: Sequence[Reference]) -> list[list[Reference]]:
    """References with nothing but a comma or "und" between them, together."""
    groups: list[list[Reference]] = []
    for reference in references:
        if groups and _BETWEEN.fullmatch(text, groups[-1][-1].end, reference.start):
            groups[-1].append(reference)
        else:
            groups.append([reference])
    return groups


def _edit(text: str, group: Sequence[Reference], language: str) -> Edit | None:
    start, end = group[0].start, group[-1].end
    before = text[max(0, start - 60) : start]
    opening, closing = _OPEN.search(before), _CLOSE.match(text, end)
    if opening and closing:
        return Edit(start - len(before) + opening.start(), closing.end(), "")
    whole = len(text[:start].strip()) == 0
    if (_START.fullmatch(before) and whole) and (heading := _HEADING.match(text, end)):
        return Edit(start, heading.end(), "")
    if (pointer := _POINTER.search(before)) and _CLAUSE_END.match(text, end):
        at = start - len(before) + pointer.start()
        if _INSERTED.match(text, end):  # "The liver, see image 7, is smooth."
            return Edit(at, end + 1, "")
        return Edit(at, end, "") if text[:at].strip() or _END.match(text, end) else None
    if (trailing := _TRAILING.search(before)) and _END.match(text, end):
        return Edit(start - len(before) + trailing.start(), end, "")
    if whole and _END.match(text, end) and not text[end:].strip(" .;"):
        return Edit(start, end, "")
    return _deictic(text, group, before, language)


def _deictic(text: str, group: Sequence[Reference], before: str, language: str) -> Edit | None:
    """ "This image" instead of the noun and its numbers, where the case is certain."""
    start, end = group[0].start, group[-1].end
    around = _BEFORE.search(before)
    preposition = ((around and around["preposition"]) or "").lower()
    article = (around and around["article"]) or ""
    if article and not preposition and not _AGREES[language].fullmatch(f"{article} {group[0].noun}"):
        article = ""  # "die Leber, die Bild 3 zeigt": a pronoun
    plural = group[0].noun.lower() in _PLURALS or len(group) > 1
    verb = _SUBJECT.match(text, end)
    plural = plural or bool(verb and len(group[0].instances) > 1 and _is_plural_verb(verb.group()))
    first = len(text[:start].strip()) == 0
    if preposition in _EXTENT:
        return None
    if preposition in _DATIVE and language == "de" or preposition and language == "en":
        at = start - len(before) + around.start() if around else start
        word = _DATIVE[preposition] if language == "de" else preposition
        word = word.capitalize() if text[at].isupper() else word
        return Edit(at, end, f"{word} {_noun(group[0].noun, language, plural, dative=True)}")
    if preposition or not (first and verb or article and verb or _VERB_BEFORE.search(before) or verb):
        return None
    at = start - len(before) + around.start("article") if around and article else start
    shown = _noun(group[0].noun, language, plural, dative=False)
    shown = shown[0].upper() + shown[1:] if at == 0 or not text[:at].strip() else shown
    return Edit(at, end, shown)


def _is_plural_verb(verb: str) -> bool:
    word = verb.strip().lower()
    return word.endswith("en") or word in ("sind", "are", "show", "have", "demonstrate", "depict", "reveal", "display")


def _noun(noun: str, language: str, plural: bool, *, dative: bool) -> str:
    if language == "en":
        word = "slice" if noun.lower().startswith("slice") else "image"
        return f"these {word}s" if plural else f"this {word}"
    word = next((known for known in ("aufnahme", "schicht") if noun.lower().startswith(known)), "bild")
    return _GERMAN[word][2 * plural + dative]
