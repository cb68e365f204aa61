"""Mentions: spans and their classes, by modality; one behaviour a test. Figures are in test_mentions_corpus.py."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refrad2d.labels import exists_in, label_by_name, labels
from refrad2d.text.mentions import find_mentions
from tests.fixtures.mentions import classes, words

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


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("Gallenlbase", {"gallbladder"}),
        ("Bauchspeicheldrsüe", {"pancreas"}),
        ("Lungenunterlapen rechts", {"lung_lower_lobe_right"}),
        ("Milzvnee", {"portal_vein_and_splenic_vein"}),
        ("Unterlippen", set()),
        ("Fersenbein", set()),
        ("Schäden", set()),
        ("Hirnschäden", {"brain"}),
        ("Herzinfakt", set()),
    ],
)
def test_one_typing_error_in_a_long_word_is_read_and_never_changes_a_real_word(word, expected):
    assert classes(word) == expected


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("A. iliaca com. li.", "de", ["A. iliaca com. li"]),
        ("M. glut. max. links", "de", ["M. glut. max. links"]),
        ("Gl. thyreoidea, AAA, Ao. asc.", "de", ["Gl. thyreoidea", "AAA", "Ao. asc"]),
        ("Left common iliac a. and portal v. patent, SMV patent.", "en", ["Left common iliac a", "portal v"]),
        ("Renal a. stenosis.", "en", []),
        ("ISG, SIG und AMS frei.", "de", []),
    ],
)
def test_abbreviations(text, language, expected):
    assert words(text, language) == expected


def test_spans_index_the_text_as_it_is_given():
    decomposed = unicodedata.normalize("NFD", "Größere Zyste der Schilddrüse.")
    assert words(decomposed) == [unicodedata.normalize("NFD", "Schilddrüse")]
    assert words("Die Neben-\nniere links.") == ["Neben-\nniere links"]
    assert words("Zyste der linken\nNebenniere.") == ["linken\nNebenniere"]


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


@pytest.mark.parametrize(
    "text",
    [
        "Magenbypass und Magenband.",
        "Aortenstent regelrecht.",
        "Rückenmarksstimulator einliegend.",
        "Schilddrüsenunterfunktion bekannt.",
        "Magendarmpassage frei.",
        "Typ A3 nach AO.",
        "Typ B nach AO/Magerl.",
        "Fraktur AO 31-A2.",
        "AO-Klassifikation A3.",
    ],
)
def test_devices_and_classifications_are_no_mention(text):
    assert words(text) == []


@pytest.mark.parametrize("text", ["Aortic stent graft patent.", "Brain-dead patient.", "Lingular artery patent."])
def test_devices_and_vessels_are_no_mention_in_english(text):
    assert words(text, "en") == []


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("CT nativ, Leber vergrößert.", "de", ["Leber"]),
        ("Axial images show a lesion in the liver.", "en", ["liver"]),
        ("Leberherd auf Aufnahmen axial.", "de", ["Leberherd"]),
        ("AO ektatisch.", "de", ["AO"]),
        ("Bolustriggerung, Aorta vergrößert.", "de", ["Aorta"]),
        ("Plaques der AO, AO-Aneurysma.", "de", ["AO", "AO-Aneurysma"]),
        ("Thoraxwirbelsäule unauffällig.", "de", ["Thoraxwirbelsäule"]),
        ("Gl. thyr. vergrößert.", "de", ["Gl. thyr"]),
        ("Lingular consolidation.", "en", ["Lingular"]),
    ],
)
def test_what_is_still_read_beside_devices_codes_and_technique(text, language, expected):
    assert words(text, language) == expected


def test_the_thoracic_spine_has_no_other_vertebrae():
    assert classes("Thoraxwirbelsäule unauffällig.") == {f"vertebrae_T{n}" for n in range(1, 13)}
