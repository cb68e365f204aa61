"""What a cut must not do, each with a cut beside it that may be."""

import pytest

from refrad2d.text.tagging.tagger import tokens
from refrad2d.text.temporal.checks.cuts import Word, denies_more, faulty_cut, may_be_cut, put_together


def cut(sentence, *goes):
    """The words of a sentence of which some go; the n-th of equal ones as `word#n`."""
    seen, words = {}, []
    for text, start, end in tokens(sentence):
        seen[text] = seen.get(text, 0) + 1
        gone = text in goes or f"{text}#{seen[text]}" in goes
        words.append(Word(text, start, end, 0.95 if gone else 0.02))
    return words


@pytest.mark.parametrize(
    ("sentence", "goes", "rest"),
    [
        ("Erguss rechts, idem zum Mai.", [",", "idem", "zum", "Mai"], "Erguss rechts."),
        ("Erguss rechts (idem), Milz normal.", ["idem"], "Erguss rechts, Milz normal."),
        ("Idem, kleiner Erguss rechts.", ["Idem", ","], "Kleiner Erguss rechts."),
        ("Herd links idem, nun auch rechts.", ["idem", ",", "nun"], "Herd links, auch rechts."),
        ("Zyste (14 mm), idem.", [")", ",", "idem"], "Zyste (14 mm)."),
        ("Growth of the cyst to 14 mm.", ["Growth", "of", "the"], "Cyst, 14 mm."),
        ("Idem, aorta dilated to 45 mm.", ["Idem", ","], "Aorta dilated to 45 mm."),
        ("Wie im Mai.", ["Wie", "im", "Mai"], ""),
    ],
)
def test_the_rest_is_put_together_as_a_sentence(sentence, goes, rest):
    assert put_together(sentence, cut(sentence, *goes)) == rest


@pytest.mark.parametrize(
    "sentence",
    [
        "Herd A | 12 mm",
        "Aorta 41 -> 44",
        "Sac: 60 mm / 57 mm",
        "Uterus   98 mm   91 mm",
        "Left effusion, un- changed.",
        "Der linke Herd ist größer, der rechte dagegen kleiner.",
        "The left is larger but the right is not.",
        "Lappen re. 14 ml (Vorw.",
    ],
)
def test_tables_broken_lines_and_contrasts_are_not_cut(sentence):
    assert not may_be_cut(sentence)
    assert may_be_cut("Kleiner Erguss rechts (4 mm), idem.")


@pytest.mark.parametrize(
    ("language", "sentence", "goes"),
    [
        ("de", "Herd idem.", ["idem"]),  # one word is left
        ("en", "CT of 02/10: 20 mm.", ["CT", "of", "02", "/", "10", ":"]),  # nothing but a size
        ("de", "Unverändert findet sich ein Herd.", ["Unverändert"]),  # a verb begins
        ("de", "Zunahme um 3 auf 31 mm der Metastase.", ["Zunahme", "um", "3", "auf"]),  # a size of something begins
        ("de", "Erguss von gering auf mäßig zunehmend.", ["zunehmend"]),  # half a change
        ("de", "Herd apikal (Serie 3, Bild 45), idem.", ["Serie", "3", "Bild", "45", ",#1", ",#2", "idem"]),
        ("de", "Herd 8 mm idem.", ["8", "mm", "idem"]),  # the only size
        ("de", "Herd am 04.02. 12 mm, am 09.05. 16 mm.", ["am#2", "09.05", "16", "mm#2"]),  # which day is today
        ("de", "Kein neuer Herd.", ["neuer"]),  # a denial in the clause
        ("de", "Zunahme des Ergusses rechts.", ["Zunahme", "des"]),  # a genitive is left
        ("en", "T12 fracture, L3 fracture (old).", ["old"]),
        ("de", "Der Erguss beträgt 3 cm (Vorbefund: kein Erguss).", ["Vorbefund", ":"]),  # a part of brackets
        ("de", "Der Tumor im Rektum (unteres Drittel) misst 2 cm.", ["unteres", "Drittel"]),  # no word of time
        ("en", "Smaller right kidney.", ["Smaller"]),  # what an organ is
        ("en", "A benign-appearing cyst of 14 mm.", ["appearing"]),  # a part of a compound
        ("en", "Enlarged spleen, last normal in May.", ["in", "May"]),  # what another day showed
        ("de", "Schwangerschaft in der 12. Woche.", ["Woche"]),  # a number of nothing
        ("en", "Progressive multifocal leukoencephalopathy on both sides.", ["Progressive"]),  # a name
    ],
)
def test_these_cuts_are_faulty(language, sentence, goes):
    words = cut(sentence, *goes)
    assert faulty_cut(sentence, put_together(sentence, words), words, language)


@pytest.mark.parametrize(
    ("language", "sentence", "goes"),
    [
        ("de", "Gebessertes Lungenödem beidseits.", ["Gebessertes"]),
        ("de", "Seit Mai Erguss links, kein Pneumothorax.", ["Seit", "Mai"]),
        ("en", "Nodule 9 mm (March: 7 mm).", ["March", ":", "7", "mm#2"]),
        ("en", "Slightly larger cyst of the liver, 9 mm.", ["Slightly", "larger"]),
    ],
)
def test_these_cuts_are_not(language, sentence, goes):
    words = cut(sentence, *goes)
    assert not faulty_cut(sentence, put_together(sentence, words), words, language)


def test_a_rewrite_that_denies_in_other_words_is_told():
    assert denies_more("The effusion has resolved.", "No effusion.")
    assert denies_more("Der Bruchspalt ist nicht mehr zu sehen.", "Kein Bruchspalt.")
    assert not denies_more("No new effusion.", "No effusion.")
