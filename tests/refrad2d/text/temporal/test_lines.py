"""Which line breaks fall inside a sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refrad2d.text.temporal import curate
from refrad2d.text.temporal.lines import join, unwrap, without_earlier_columns


@given(st.text(alphabet="ab .,:-\nÄ", max_size=80))
def test_offsets_stay(text):
    assert len(unwrap(text)) == len(text)


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("Kein Nachweis neuer\nHerde.", True),
        ("Erguss rechts, der\nzugenommen hat.", True),
        ("Leber normal.\nMilz normal.", False),
        ("Leber:\nZyste links.", False),
        ("Zyste links\n- Milz normal", False),
        ("Erguss rechts\nMilz normal", False),
        ("Große Raumforderung der linken Niere mit Infiltration\nNierenvene links und Lymphknoten", True),
    ],
)
def test_a_break_inside_a_sentence_becomes_a_blank(text, inside):
    assert ("\n" not in unwrap(text)) is inside


def test_a_divided_word_is_one():
    assert join("Zyste, un-\nverändert, Leber-\nund Milz") == "Zyste, unverändert, Leber- und Milz"


SENTENCE = "Im Vergleich zur Voruntersuchung vom 3.4.2020 kein Nachweis neuer Herde in der Leber und in der Milz."


@pytest.mark.parametrize("width", [20, 40, 72])
def test_a_wrapped_sentence_reads_like_a_whole_one(width):
    lines, line = [], ""
    for word in SENTENCE.split():
        if len(line) + len(word) + 1 > width:
            lines, line = [*lines, line], word
        else:
            line = f"{line} {word}".strip()
    assert (
        curate("\n".join([*lines, line]), "de")
        == curate(SENTENCE, "de")
        == ("Kein Nachweis neuer Herde in der Leber und in der Milz.")
    )


def test_columns_of_an_earlier_examination_go():
    assert without_earlier_columns("Läsion | aktuell | Vor-CT\nS2 | 17 mm | 22 mm") == "Läsion | aktuell\nS2 | 17 mm"
    assert without_earlier_columns("Lesion / now / prior\nS2 / 9 mm / 13 mm\nEnd.") == "Lesion / now\nS2 / 9 mm\nEnd."
    assert without_earlier_columns("L4/5 / right / free") == "L4/5 / right / free"
