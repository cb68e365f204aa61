"""Mentions: spans, classes, sides, numbers, negation; one behaviour a test. Figures are in test_mentions_corpus.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refrad2d.labels import exists_in, label_by_name, labels
from refrad2d.system.tables import read_csv
from refrad2d.text.lexicon import lexicon
from refrad2d.text.mentions import find_mentions

BOTH_KIDNEYS = {"kidney_left", "kidney_right"}


def classes(text, language="de", modality="CT"):
    """The classes of all mentions of a text, as one set."""
    return {label for mention in find_mentions(text, language, modality) for label in mention.labels}


def words(text, language="de", modality="CT"):
    return [text[mention.start : mention.end] for mention in find_mentions(text, language, modality)]


def negated(text, language="de", modality="CT"):
    return [mention.negated for mention in find_mentions(text, language, modality)]


# Terms and morphology


@pytest.mark.parametrize("label", labels(), ids=lambda label: label.name)
@pytest.mark.parametrize("language", ["de", "en"])
def test_every_name_of_a_class_is_found(label, language):
    modality = "CT" if exists_in(label, "CT") else "MR"
    synonyms = label.synonyms_de if language == "de" else label.synonyms_en
    for name in (label.display(language), *synonyms):
        found = find_mentions(name, language, modality)
        assert [mention.labels for mention in found] == [(label.name,)], name


@pytest.mark.parametrize(
    "word", ["Leber", "leber", "LEBER", "Lebers", "Lebermetastasen", "Leber-Metastasen", "Fettleber"]
)
def test_case_inflection_and_compounds_name_the_organ(word):
    assert words(f"Bekannte {word}.") == [word]
    assert classes(f"Bekannte {word}.") == {"liver"}


@pytest.mark.parametrize("text", ["Schilddrüse frei.", "Schilddruese frei.", "SCHILDDRÜSE FREI."])
def test_umlauts_may_be_spelt_out(text):
    assert classes(text) == {"thyroid_gland"}


@pytest.mark.parametrize(
    "text",
    [
        "Leberwerte erhöht.",
        "Herzfrequenz 72/min.",
        "Milzbrand ausgeschlossen.",
        "Hepatitis, Nephritis und Kolitis.",
        "Magen-Darm-Passage regelrecht.",
        "Nierenarterien und Lebervenen offen.",
        "Nebenmilz, Halsrippe, Emphysemblase.",
        "Leber- und Nierenwerte normal.",
        "Koloskopie geplant.",
        "Para-aortale Lymphknoten.",
        "In portalvenöser Phase.",
        "Linksherzinsuffizienz.",
        "Magenta markiert.",
    ],
)
def test_what_only_sounds_like_anatomy_is_no_mention(text):
    assert words(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "Liver function tests are elevated.",
        "Heart rate was 72 bpm, heart failure is known.",
        "Allergy to kidney beans.",
        "Colonoscopy and hepatitis C.",
        "Hepatic veins and renal arteries are patent.",
        "Hepatic and renal arteries are patent.",
        "Right-sided chest tube.",
        "Para-aortic lymph nodes.",
        "Infrarenal filter in the portal venous phase.",
        "No pulmonary embolism.",
        "Brain natriuretic peptide.",
    ],
)
def test_what_only_sounds_like_anatomy_is_no_mention_in_english(text):
    assert words(text, "en") == []


def test_the_longest_term_wins():
    assert classes("Thrombus in der Milzvene.") == {"portal_vein_and_splenic_vein"}


def test_an_adjective_counts_before_a_finding():
    assert classes("Hepatic metastases.", "en") == {"liver"}


def test_a_name_and_its_abbreviation_in_parentheses_are_one_mention():
    assert words("Fracture of the fifth lumbar vertebra (L5).", "en") == ["fifth lumbar vertebra (L5)"]


def test_elided_halves_are_mentions_of_their_own():
    assert words("Rechter Ober- und Unterlappen.") == ["Rechter Ober-", "Unterlappen"]
    assert classes("Rechter Ober- und Unterlappen.") == {"lung_upper_lobe_right", "lung_lower_lobe_right"}
    assert classes("Dünn- und Dickdarm.") == {"small_bowel", "colon"}
    assert classes("The right upper and lower lobes.", "en") == {"lung_upper_lobe_right", "lung_lower_lobe_right"}


# Modality


@pytest.mark.parametrize(("modality", "expected"), [("CT", 5), ("MR", 2)])
def test_lungs_are_lobes_in_ct_and_two_lungs_in_mr(modality, expected):
    assert len(classes("The lungs are clear.", "en", modality)) == expected


def test_the_general_class_stands_in_where_the_modality_lacks_the_special_one():
    assert classes("Im LWK 3 Hämangiom.", modality="MR") == {"vertebrae"}
    assert classes("Left lower lobe opacity.", "en", "MR") == {"lung_left"}
    assert classes("Nierenzyste links.", modality="MR") == {"kidney_left"}


def test_a_class_that_the_modality_lacks_is_no_mention():
    assert words("Bandscheiben höhengemindert.", modality="CT") == []
    assert words("Rippe und Sternum.", modality="MR") == []


def test_a_region_of_the_spine_is_its_vertebrae():
    assert classes("LWS unauffällig.") == {f"vertebrae_L{n}" for n in range(1, 6)}


# Sides


@pytest.mark.parametrize(
    "text",
    [
        "Die Niere ist frei.",
        "Beide Nieren frei.",
        "Nieren beidseits frei.",
        "Nieren bds. frei.",
        "Die rechte und die linke Niere.",
        "Niere rechts größer als links.",
        "Niere rechts normal, links geschrumpft.",
    ],
)
def test_both_sides(text):
    assert classes(text) == BOTH_KIDNEYS


@pytest.mark.parametrize(
    "text",
    [
        "Niere re. mit Stein.",
        "Rechtsseitige Nierenläsion.",
        "Rechts Zyste im Pol der Niere.",
        "Rechts: Niere frei.",
        "Rechte, vergrößerte Niere.",
        "Tumor der Niere, Oberpol rechts.",
        "Pleuraerguss rechts neben der Niere.",
    ],
)
def test_a_side_that_stands_elsewhere_in_the_phrase(text):
    assert classes(text) == {"kidney_right"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The lower lobe on the left.", {"lung_lower_lobe_left"}),
        ("Right and left kidneys.", BOTH_KIDNEYS),
        ("Lower lobe of the right lung.", {"lung_lower_lobe_right"}),
        ("Left upper and right lower lobe.", {"lung_upper_lobe_left", "lung_lower_lobe_right"}),
        (
            "On the right in the lower lobe, on the left in the upper lobe.",
            {"lung_lower_lobe_right", "lung_upper_lobe_left"},
        ),
        ("Right pleural effusion with atelectasis of the lower lobe.", {"lung_lower_lobe_right"}),
        ("Left lower lobe and kidneys.", {"lung_lower_lobe_left"} | BOTH_KIDNEYS),
    ],
)
def test_sides_in_english(text, expected):
    assert classes(text, "en") == expected


def test_a_side_belongs_to_its_own_noun():
    assert classes("Re. UL mit Infiltrat, li. OL frei.") == {"lung_lower_lobe_right", "lung_upper_lobe_left"}
    assert classes("Nierenarterie links, Niere rechts.") == {"kidney_right"}


def test_a_side_waits_for_the_noun_of_the_next_one():
    assert classes("Atelektase im rechten und geringer im linken Unterlappen.") == {
        "lung_lower_lobe_right",
        "lung_lower_lobe_left",
    }


def test_a_side_in_front_of_parentheses():
    assert classes("Rundherde rechts (OL) und links (UL).") == {"lung_upper_lobe_right", "lung_lower_lobe_left"}


def test_a_list_shares_its_side():
    assert classes("Niere und Nebenniere links.") == {"kidney_left", "adrenal_gland_left"}


def test_a_side_directly_beside_the_term_is_part_of_the_span():
    assert words("Zyste der rechten Niere.") == ["rechten Niere"]
    assert words("Niere rechts frei.") == ["Niere rechts"]
    assert words("Beide Nieren und die Niere am Pol rechts.") == ["Nieren", "Niere"]


# Numbers


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
        ("3 ribs on the right", "en", "right", range(1, 13)),
    ],
)
def test_numbered_ribs(text, language, side, numbers):
    assert classes(f"Fraktur {text}.", language) == {f"rib_{side}_{n}" for n in numbers}


@pytest.mark.parametrize(
    "text", ["T2-hyperintense Läsion", "T1 und T2 Sequenzen", "T2w und FLAIR", "S1-Wurzel", "C2-Abusus", "L5-Syndrom"]
)
def test_a_weighting_or_a_nerve_root_is_no_vertebra(text):
    assert words(text, modality="MR") == []


@pytest.mark.parametrize("text", ["T3 N1 M0", "Tumorstadium T3", "T4b", "T3-Tumor", "pT4 pN1"])
def test_a_tumour_stage_is_no_vertebra(text):
    assert words(text) == []


# Negation


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("No nodule in the right lower lobe.", "en"),
        ("No nodules, masses, or consolidation in the right lower lobe.", "en"),
        ("The kidneys show no stones.", "en"),
        ("Liver: no focal lesion.", "en"),
        ("The gallbladder is surgically absent.", "en"),
        ("Status post cholecystectomy.", "en"),
        ("Kein Rundherd im rechten Unterlappen.", "de"),
        ("Gallenblase nicht abgrenzbar.", "de"),
        ("Z.n. Cholezystektomie.", "de"),
        ("Die Leber ist nicht vergrößert.", "de"),
        ("Leber ohne fokale Läsion.", "de"),
        ("Fraktur der Rippen ausgeschlossen.", "de"),
    ],
)
def test_negative_statements(text, language):
    assert negated(text, language) == [True]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Die Leber ist unauffällig.", "de"),
        ("Metastase in der Leber nicht ausgeschlossen.", "de"),
        ("Nicht dislozierte Fraktur der 4. Rippe rechts.", "de"),
        ("Kein Erguss, Leber vergrößert.", "de"),
        ("Leber vergrößert, ohne fokale Läsion.", "de"),
        ("Ohne Kontrastmittel ist die Leber eingeschränkt beurteilbar.", "de"),
        ("Geplante Nephrektomie links.", "de"),
        ("A metastasis in the liver cannot be excluded.", "en"),
        ("No effusion, but the heart is enlarged.", "en"),
        ("No effusion and the heart is enlarged.", "en"),
        ("No interval change of the liver lesion.", "en"),
        ("Right partial nephrectomy.", "en"),
    ],
)
def test_statements_that_are_not_negative(text, language):
    assert negated(text, language) == [False]


def test_a_negation_goes_on_through_a_list():
    assert negated("No abnormality of the liver, spleen, or pancreas.", "en") == [True, True, True]


def test_a_negation_ends_with_its_clause():
    assert negated("Keine Läsion der Leber, jedoch Zyste der Milz.") == [True, False]


def test_a_finding_stands_for_its_organ_only_where_it_is_present():
    assert classes("Rechts Hydronephrose.") == {"kidney_right"}
    assert words("Keine Hydronephrose.") == []
    assert words("Hydronephrose der linken Niere.") == ["linken Niere"]


# Laws

REPORT_WORDS = st.lists(
    st.sampled_from(
        "Leber Milzruptur Nieren rechte linke rechts links und , . - / 4. 5. Rippe LWK 2 bis kein Ober- Unterlappen "
        "ohne nicht liver lobes upper the of left right no ribs 3 L2-L4 S1 hepatic arteries ( ) : V. cava ² Ⅳ".split()
    ),
    max_size=25,
).map(" ".join)


@given(st.one_of(REPORT_WORDS, st.text(max_size=80)), st.sampled_from(["de", "en"]), st.sampled_from(["CT", "MR"]))
def test_spans_are_sorted_disjoint_and_of_the_modality(text, language, modality):
    at = 0
    for mention in find_mentions(text, language, modality):
        assert at <= mention.start < mention.end <= len(text)
        assert text[mention.start : mention.end].strip() == text[mention.start : mention.end]
        assert mention.labels and all(exists_in(label_by_name(name), modality) for name in mention.labels)
        at = mention.end


@given(REPORT_WORDS, st.sampled_from(["de", "en"]))
def test_what_was_said_before_a_full_stop_changes_nothing(text, language):
    alone = find_mentions("Liver.\n\n" + text, language, "CT")
    after = find_mentions("No stone.\n\n" + text, language, "CT")
    assert [(m.labels, m.negated) for m in alone if m.start > 7] == [(m.labels, m.negated) for m in after]


def test_unknown_modality_and_language_name_the_choices():
    with pytest.raises(ValueError, match="'US'.*CT, MR"):
        find_mentions("Leber", "de", "US")
    with pytest.raises(ValueError, match="'fr'.*de, en"):
        find_mentions("foie", "fr", "CT")


# Data


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
    cues = {"negation", "predicate_negation", "negated_after", "pseudo", "stop"}
    roles = set("and range article preposition verb light seen partial state unit weighting no_level beside".split())
    assert {row["kind"] for row in rows} == sides | ordinals | cues | roles | {
        "ordinal_ending",
        "never_ends",
        "seldom_ends",
        "starter",
    }
