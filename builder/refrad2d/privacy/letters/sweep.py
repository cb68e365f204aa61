"""The last look at a letter: what is left when every recogniser is done, read by its unfamiliar words and its layout.

sweep(text, "de", ["Paula Weber"])      # the names that the letter held
"""

import re
from collections.abc import Iterator, Sequence

from refrad2d.privacy.letters.forms import set_apart
from refrad2d.privacy.letters.grow import find_clinging
from refrad2d.privacy.letters.lowered import find_lowered
from refrad2d.privacy.letters.marks import find_marks_of_staff, find_short_names
from refrad2d.privacy.letters.numbers import find_figures
from refrad2d.privacy.letters.residue import find_namesakes, find_residue
from refrad2d.privacy.letters.seats import find_seats
from refrad2d.privacy.letters.shapes import find_shapes
from refrad2d.privacy.letters.strangers import find_strangers
from refrad2d.privacy.letters.when import find_when
from refrad2d.privacy.recognisers.clinical import protected
from refrad2d.privacy.recognisers.lexicon import PLACEHOLDER, Found

_LEAST = 4  # identities that make a letter of a text, a name among them


def is_sure_letter(text: str) -> bool:
    """True for a text with four placeholders of identities or more, one of them a name: a letter, not a finding.

    Hours and ages say nothing: a report of a stroke holds many of them.
    """
    kinds = [kind for match in PLACEHOLDER.finditer(text) if (kind := match.group()) not in ("[TIME]", "[AGE]")]
    return len(kinds) >= _LEAST and "[NAME]" in kinds


def sweep(text: str, language: str, names: Sequence[str]) -> Iterator[Found]:
    """What a letter still holds of persons, places, numbers and days; nothing in a text that is none."""
    if not is_sure_letter(text):
        return
    found = [*_read(text, language, names)]
    if form := set_apart(text):
        found += form.back(_read(form.text, language, names))
    terms = protected(text)
    for item in found:
        dated = item.kind == "DATE" and re.search(r"[^\W\d_]{3}", text[item.start : item.end]) is not None
        if dated or not any(start <= item.start and item.end <= end + 1 for start, end in terms):
            yield item
    if language == "de":
        yield from find_namesakes(text, names)


def _read(text: str, language: str, names: Sequence[str]) -> Iterator[Found]:
    yield from find_clinging(text, language)
    yield from find_seats(text, language)
    yield from find_strangers(text, language)
    yield from find_short_names(text, names, language)
    yield from find_marks_of_staff(text)
    yield from find_figures(text, language)
    yield from find_when(text, language)
    yield from find_shapes(text, language)
    yield from find_residue(text, language)
    yield from find_lowered(text)
