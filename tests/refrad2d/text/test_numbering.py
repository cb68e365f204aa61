"""Numbered anatomy: spinal levels, ribs, and what only looks like a level."""

import pytest

from refrad2d.text.lexicon import lexicon
from refrad2d.text.numbering import keep_numbers, level_labels, read_levels, read_numbers_after, read_numbers_before
from refrad2d.text.tokens import tokenize
from tests.fixtures.mentions import classes, words


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("LWK 2 bis 4", "L2 L3 L4"),
        ("L2-L4", "L2 L3 L4"),
        ("L4/5", "L4 L5"),
        ("C3/C4", "C3 C4"),
        ("BWK 11 bis LWK 1", "T11 T12 L1"),
        ("L5/S1", "L5 S1"),
        ("Th12", "T12"),
        ("BWK 12.", "T12"),
        ("LWK1-Fraktur", "L1"),
        ("LWK II und III", "L2 L3"),
        ("3. Lendenwirbelkörper", "L3"),
        ("Lendenwirbel 3 und 4", "L3 L4"),
        ("im 4. LWK", "L4"),
        ("Th5, Th8 und L3", "T5 T8 L3"),
        ("LWK 3, 5 mm", "L3"),
        ("BWK 4,5 und 6", "T4 T5 T6"),
    ],
)
def test_spinal_levels(text, levels):
    assert classes(text) == {f"vertebrae_{level}" for level in levels.split()}


@pytest.mark.parametrize(
    ("text", "language", "side", "numbers"),
    [
        ("4. und 5. Rippe rechts", "de", "right", [4, 5]),
        ("4.-6. Rippe li.", "de", "left", [4, 5, 6]),
        ("Rippen 4 bis 6 links", "de", "left", [4, 5, 6]),
        ("siebte Rippe rechts", "de", "right", [7]),
        ("VII. Rippe rechts", "de", "right", [7]),
        ("ribs 4 to 6 on the left", "en", "left", [4, 5, 6]),
        ("left 9th through 11th ribs", "en", "left", [9, 10, 11]),
        ("3rd, 4th and 5th right ribs", "en", "right", [3, 4, 5]),
        ("4., 5. und 6 Rippe rechts", "de", "right", [4, 5, 6]),
        ("Rib fractures 4 and 5 on the left", "en", "left", [4, 5]),
        ("3 ribs on the right", "en", "right", range(1, 13)),
    ],
)
def test_numbered_ribs(text, language, side, numbers):
    assert classes(f"Fraktur {text}.", language) == {f"rib_{side}_{n}" for n in numbers}


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("L1, 2 and 4 compression fractures", "L1 L2 L4"),
        ("C5, 6 and 7 fused", "C5 C6 C7"),
        ("L1 and L 2 fractured", "L1 L2"),
        ("L1 to L 3 fractured", "L1 L2 L3"),
        ("C3, 4 nodules", "C3"),
        ("L1-L3 and 4 nodules", "L1 L2 L3"),
        ("L1, 2 and 4 mm nodules", "L1"),
        ("L5S1 disc", "L5 S1"),
        ("lesion at T4 level, normal marrow", "T4"),
        ("T4 level fracture", "T4"),
        ("L4 uptake increased", "L4"),
    ],
)
def test_lists_of_levels_with_one_region(text, levels):
    assert classes(text, "en") == {f"vertebrae_{level}" for level in levels.split()}


@pytest.mark.parametrize(
    "text",
    [
        "T4 level low, T3 uptake normal.",
        "T4 levels are elevated.",
        "Staged as T4bN1.",
        "T4aN2 carcinoma.",
        "S1Q3T3 pattern on ECG.",
        "C3 complement normal.",
        "C3-Komplement normal.",
        "C3 glomerulopathy.",
        "See image T12.",
        "Hepatitis C4.",
        "C5 protocol.",
    ],
)
def test_a_code_is_no_vertebra(text):
    assert words(text, "en") == []


@pytest.mark.parametrize(
    "text", ["T2-hyperintense Läsion", "T1 und T2 Sequenzen", "T2w und FLAIR", "S1-Wurzel", "C2-Abusus", "L5-Syndrom"]
)
def test_a_weighting_or_a_nerve_root_is_no_vertebra(text):
    assert words(text, modality="MR") == []


@pytest.mark.parametrize("text", ["T3 N1 M0", "Tumorstadium T3", "T4b", "T3-Tumor", "pT4 pN1"])
def test_a_tumour_stage_is_no_vertebra(text):
    assert words(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "Rundherd (S3)", "Rundherd (S1)", "AO B2", "AO Typ C1", "Wurzel L5", "Nervenwurzeln L4 und L5", "S3-Leitlinie",
        "pT3 pN1 L1 V0", "M1a, N2, T4", "Vitamin D3", "T3 und T4, TSH normal", "Dermatom S1", "T2, N1, M0", "Se 4, Im 12", "CEAP C4", "S2k",
    ],
)  # fmt: skip
def test_a_code_that_looks_like_a_level_is_none(text):
    assert words(text) == []


def test_a_code_leaves_the_level_beside_it():
    assert words("Fraktur AO A3 von L1, nach S3-Leitlinie.") == ["L1"]


def test_a_second_group_of_ribs_is_a_mention_of_its_own():
    text = "Rippen 2 und 3 links sowie 4-6 rechts"
    assert words(text) == ["Rippen 2 und 3 links", "4-6 rechts"]
    assert classes(text) == {"rib_left_2", "rib_left_3", "rib_right_4", "rib_right_5", "rib_right_6"}
    assert classes("Rippen rechts 4, 5 und links 7") == {"rib_right_4", "rib_right_5", "rib_left_7"}
    assert words("Ribs 3-5 on the left and 7-9 on the right", "en") == ["Ribs 3-5", "7-9"]


def test_rising_numbers_go_on_with_a_list_of_levels_and_counts_do_not():
    assert words("Compression of C3, 4 and 6.", "en") == ["C3, 4 and 6"]
    assert words("At C3, 4 nodules.", "en") == ["C3"]


def tokens_of(text):
    return tokenize(text, 0, len(text), lexicon("de"))


def test_levels_end_where_the_list_ends():
    assert read_levels(tokens_of("LWK 2 bis 4 frei"), 0, "CT") == (4, (("L", 2), ("L", 3), ("L", 4)))
    assert read_levels(tokens_of("Leber frei"), 0, "CT") is None


def test_below_the_first_sacral_level_there_is_only_the_sacrum():
    assert level_labels((("L", 5), ("S", 1), ("S", 2))) == ("vertebrae_L5", "vertebrae_S1", "sacrum")


def test_classes_are_kept_by_their_number():
    assert keep_numbers(("rib_left_4", "rib_left_5", "vertebrae_L4", "sacrum"), {4}) == ("rib_left_4", "vertebrae_L4")


def test_ordinals_stand_before_a_noun_and_counts_do_not_narrow_it():
    assert read_numbers_before(tokens_of("4. und 5. Rippe"), 5, 0) == (0, {4, 5})
    assert read_numbers_before(tokens_of("3 Rippen"), 1, 0) == (1, set())


def test_plain_numbers_stand_behind_a_noun_and_sizes_do_not():
    assert read_numbers_after(tokens_of("Rippen 4 bis 6"), 1) == (4, {4, 5, 6})
    assert read_numbers_after(tokens_of("Rippe 5 mm"), 1) == (1, set())
