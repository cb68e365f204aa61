"""Clinical terms that look like identities are protected; people are not."""

import pytest

from refrad2d.privacy.recognisers.clinical import protected


def kept(text):
    """The protected stretches of a text."""
    return [text[start:end] for start, end in protected(text)]


@pytest.mark.parametrize(
    "term",
    ["12 x 14 mm", "-35 HU", "LWK 2", "Segment VII", "Bild 32", "Serie 4", "pT2 N0 M0", "BI-RADS 4a", "white matter"],
)
def test_measures_levels_images_and_stages_are_protected(term):
    assert any(term.lstrip("-") in stretch for stretch in kept(f"Nachweis {term}, sonst glatt."))


@pytest.mark.parametrize(
    "term", ["Morbus Crohn", "Baker-Zyste", "Bosniak", "Whipple-Operation", "Xanthopoulos-Syndrom"]
)
def test_eponyms_are_protected(term):
    assert any(stretch in term and len(stretch) > 4 for stretch in kept(f"Nachweis: {term}."))


def test_an_eponym_before_a_clinical_noun_is_protected():
    assert "Baker cyst" in kept("There is a Baker cyst.")


def test_a_common_name_before_a_clinical_noun_is_no_eponym():
    assert kept("Lehmann's lesion is stable.") == []


def test_a_sentence_about_a_person_has_nothing_to_protect():
    assert kept("Frau Quitzow stellte sich vor.") == []
