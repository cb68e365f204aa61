"""The words of anatomy: base forms, compounds, sides, modalities; and the tables behind them."""

import pytest

from refrad2d.system.tables import read_csv
from refrad2d.text.lexicon import are_paired, fold, in_modality, lexicon, side_of


@pytest.mark.parametrize("word", ["Drüse", "DRÜSE", "Druese"])
def test_umlauts_and_case_fold_away(word):
    assert fold(word) == "druese"


def test_a_german_compound_holds_its_term():
    assert lexicon("de").word("Lebermetastasen").compound.labels == ("liver",)
    assert lexicon("de").word("Leberwerte").compound is None and lexicon("de").word("Leberwerte").void


def test_a_word_has_its_base_forms():
    assert lexicon("en").word("kidneys").keys == ("kidney",) and lexicon("de").word("Nieren").keys == ("niere",)
    assert lexicon("de").word("Quitzow").keys == ()


def test_side_words_know_whether_they_inflect():
    left, bare = lexicon("de").word("linke"), lexicon("de").word("links")
    assert (left.side, left.attributive, bare.side, bare.attributive) == ("left", True, "left", False)


def test_capitals_make_an_abbreviation():
    assert lexicon("de").word("OL").keys and not lexicon("de").word("ol").keys


def test_a_hyphen_stands_for_the_end_of_the_next_word():
    assert "lung_upper_lobe_left" in lexicon("de").elided("Ober", "Unterlappen").labels


def test_only_a_visible_plural_counts():
    assert lexicon("de").is_plural("nieren", "niere") and not lexicon("de").is_plural("lappen", "lappen")


def test_classes_have_sides_and_pairs():
    assert side_of("rib_left_4") == "left" and side_of("liver") is None
    assert are_paired(("kidney_left", "kidney_right")) and not are_paired(("kidney_left",))


def test_the_general_class_stands_in_for_a_special_one():
    assert in_modality(("lung_upper_lobe_left",), "CT") == ("lung_upper_lobe_left",)
    assert in_modality(("lung_upper_lobe_left",), "MR") == ("lung_left",)


def test_an_unknown_language_names_the_known_ones():
    with pytest.raises(ValueError, match="'fr'.*de, en"):
        lexicon("fr")


def test_the_tables_hold_known_kinds_labels_and_no_doubled_entry():
    rows = read_csv("refrad2d.text", "terms.csv")
    kinds = {"term", "numbered", "adjective", "implied", "removed", "none", "tail", "prefix", "general", "collective"}
    assert {row["kind"] for row in rows} == kinds
    seen: dict[tuple[str, str], str] = {}
    for row in rows:
        for entry in row["terms"].split("|"):
            key = (row["language"], entry)
            if row["kind"] not in ("tail", "prefix"):
                assert seen.setdefault(key, row["labels"]) == row["labels"], key
    assert lexicon("de") and lexicon("en")  # an unknown label in the table raises here


def test_every_cue_is_of_a_kind_that_a_rule_asks_for():
    rows = read_csv("refrad2d.text", "cues.csv")
    sides = {side + form for side in ("left", "right", "both") for form in ("", "_adjective")}
    ordinals = set("first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split())
    cues = {"negation", "predicate_negation", "negated_after", "removed_after", "pseudo", "stop"}
    roles = set(
        "and range article preposition verb light seen partial state unit weighting no_level beside no_level_before "
        "technique exam done phase plane changed unfilled".split()
    )
    assert {row["kind"] for row in rows} == sides | ordinals | cues | roles | {
        "ordinal_ending",
        "never_ends",
        "seldom_ends",
        "starter",
        "open",
        "no_typo",
    }
