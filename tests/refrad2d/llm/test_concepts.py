"""Words as concepts: spellings, compounds, phrases, and what a word implies."""

import pytest

from refrad2d.llm.concepts import HIDDEN, UNKNOWN, closure, families, fold, lexicon, members, read_signs
from refrad2d.system.tables import read_csv


def names(text, language):
    return [sign.name for sign in read_signs(text, language) if sign.kind not in ("fill", HIDDEN)]


@pytest.mark.parametrize(
    ("one", "two"), [("Hämatom", "haematom"), ("Zäkum", "caecum"), ("Kolon", "colon"), ("Ödem", "oedem")]
)
def test_spellings_of_two_languages_fold_alike(one, two):
    assert fold(one) == fold(two)


@pytest.mark.parametrize(
    ("german", "english"),
    [
        ("Milzinfarkt", "splenic infarct"),
        ("Schilddrüsenknoten", "thyroid nodule"),
        ("Leberherd", "liver lesion"),
        ("vordere Kreuzbandruptur", "anterior cruciate ligament tear"),
        ("Nebennierenadenom", "adrenal adenoma"),
    ],
)
def test_compounds_are_what_their_parts_are_in_english(german, english):
    assert names(german, "de") == names(english, "en")


def test_a_longer_phrase_wins():
    assert names("status post cholecystectomy", "en") == ["past:past", "cholecystectomy"]


def test_a_short_stem_inside_another_word_is_none():
    assert "ulcer" not in names("Sulcus", "de") and "plica" not in names("complication", "en")


def test_a_word_that_no_row_knows_is_kept():
    assert [(s.kind, s.unit) for s in read_signs("Kompaktixel", "de")] == [(UNKNOWN, "Kompaktixel")]


def test_a_compound_with_an_unknown_part_says_so():
    assert [sign.kind for sign in read_signs("Nebelgallenblase", "de")] == ["organ", HIDDEN]


def test_a_finding_implies_the_structure_that_it_names():
    assert "gallbladder" in read_signs("Gallenblasenentzündung", "de")[0].implies


def test_closures_are_transitive():
    assert {"effusion", "fluid", "pleura"} <= closure(("pleural_effusion",))


def test_families_are_symmetric():
    assert all(name in families()[other] for name, kin in families().items() for other in kin)


def test_lists_of_names_stand_in_the_table():
    assert "kidney" in members("paired") and "enlarged" in members("group", "widths")


def test_an_unknown_language_is_refused():
    with pytest.raises(ValueError, match="Unknown language 'fr'. Choose from de, en."):
        lexicon("fr")


@pytest.mark.parametrize(("text", "language"), [("Zystenfrei.", "de"), ("Cyst-free.", "en")])
def test_a_thing_that_a_structure_is_free_of_is_no_finding(text, language):
    assert [(s.kind, s.name) for s in read_signs(text, language)] == [("free", "cyst")]


def test_an_adjective_in_a_phrase_may_have_any_ending():
    assert names("den zentralen Venenkatheter", "de") == names("zentraler Venenkatheter", "de") == ["catheter"]


def test_a_name_implies_the_same_in_every_row_of_every_table():
    implied: dict[tuple[str, str], set[str]] = {}
    for table in ("concepts.csv", "concepts_trunk.csv"):
        for row in read_csv("refrad2d.llm", table):
            if row["kind"] in ("organ", "part", "finding"):
                implied.setdefault((row["kind"], row["name"]), set()).add(row["implies"])
    several = {name: rows for name, rows in implied.items() if len(rows) > 1}
    assert not {name: rows for name, rows in several.items() if name[1] in TRUNK}


TRUNK = {row["name"] for row in read_csv("refrad2d.llm", "concepts_trunk.csv")}
