"""Words as concepts: spellings, compounds, phrases, and what a word implies."""

import pytest

from refrad2d.llm.concepts import HIDDEN, UNKNOWN, _rows, closure, families, fold, lexicon, members, read_signs
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


@pytest.mark.parametrize(
    ("german", "english"),
    [
        ("rupturiertes VKB", "torn ACL"),
        ("Fraktur des Tuberculum majus", "fracture of the greater tuberosity"),
        ("posterolateral", "posterolateral"),
    ],
)
def test_a_word_that_joins_terms_says_these(german, english):
    assert sorted(names(german, "de")) == sorted(names(english, "en"))


def test_neighbours_stay_apart():
    words = "protrusion extrusion bulge sequester subluxation dislocation anterolisthesis retrolisthesis".split()
    assert len({tuple(names(f"disc {word}", "en")) for word in words}) == len(words)


def test_a_phrase_takes_its_own_part_of_a_compound():
    assert names("diffuse idiopathische Skeletthyperostose", "de") == ["dish"]
    assert names("vordere Kreuzbandruptur", "de") == ["acl", "tear"]


def test_the_terms_that_a_row_joins_stand_in_the_tables():
    joined = [name for row in _rows() if row["kind"] == "terms" for name in row["implies"].split("|")]
    known = {row["name"] for row in _rows() if row["kind"] in ("finding", "organ", "part", "quality")}
    assert joined and not set(joined) - known


def test_rows_of_a_name_imply_alike():
    signs = {word: read_signs(word, "de")[0] for word in ("Spinalkanal", "Wirbelkanal")}
    assert len({(sign.name, sign.implies) for sign in signs.values()}) == 1


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
