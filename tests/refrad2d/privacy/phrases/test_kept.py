"""Clinical phrases stay in a report with a head and a signature; persons and days of the same shape go."""

import pytest

from refrad2d.privacy.deidentify import deidentify
from refrad2d.privacy.phrases.kept import find_kept, spare
from refrad2d.privacy.recognisers.lexicon import Found

HEAD = {
    "de": "Pat.: Zimmerling, Anna, geb. 12.03.1956\nUntersuchung: CT vom 12.03.2024\n",
    "en": "Patient: Zimmerling, Anna  DOB 03/12/1956\nExam: CT of 03/12/2024\n",
}
FOOT = {"de": "\ngez. Dr. K. Brandt", "en": "\nElectronically signed by Keith Brandt, MD"}
GERMAN = (
    "Tumorstadium pT2b pN1 (3/18) M0 R0.",
    "Lymphknoten ypN0 (0/21).",
    "Implantate regio 12 bis 22.",
    "Apikale Aufhellung regio 47.",
    "Zähne 18, 28, 38, 48 retiniert.",
    "Frakturtyp AO 31-A2.2.",
    "Fraktur AOSpine A4 N0.",
    "OM1, PDA und PLA ohne Stenose.",
    "Meckel-Divertikel mit Entzündungszeichen.",
    "Arnold-Chiari-Malformation mit Tonsillentiefstand 9 mm.",
    "88. Perzentile.",
    "MPRAGE, CISS und FLAIR regelrecht.",
    "CADASIL ausgeschlossen.",
    "Weichteile o. B.",
    "Schulter: LK o.p.B.",
    "Ad 2: konstant.",
    "Hartmann-Stumpf dicht.",
    "TEP mit Spotorno-Schaft. Kein Saum.",
    "Kager-Fett frei.",
    "Bezold-Abszess links.",
    "Denis Zone 2 Fraktur.",
    "Coiling, Raymond-Roy I.",
    "Hansen und Stock IIa.",
    "Parks 2, St. James Grad 4, Goodsall.",
    "Kommerell-Divertikel bei A. lusoria.",
    "Morbus Scheuermann, Keilwirbel BWK 7 bis 9.",
    "Nach Essure-Einlage regelrechte Lage.",
)
ENGLISH = (
    "Se 3 Im 45/312: nodule.",
    "7.5 mL Gadavist was injected.",
    "Breast density B.",
    "Nodes: pN1 (3/18).",
    "Teeth 17, 18 and 32 are impacted.",
    "OTA 31-A2.2.",
    "Rt shoulder: cuff tear.",
    "Fell from the monkey bars.",
    "Herbert screw in place.",
    "Ender nails and K-wires.",
    "Prior Akin osteotomy and Chevron bunionectomy.",
    "Jefferson burst fracture of C1.",
    "Scheuermann kyphosis.",
    "Ludwig angina.",
    "Kohler disease of the navicular.",
    "Erlenmeyer flask deformity.",
    "Krenning 3 on 68Ga-DOTATATE.",
    "Moore prosthesis, Harrington rod, Luque rods.",
    "Latarjet, Bristow procedure, Putti-Platt, Magnuson-Stack.",
    "Swan-Ganz, Impella, Woven EndoBridge.",
    "Wallstent in the left common iliac vein.",
)
GO = (
    ("Frau Hartmann kam am 3.4.2024.", "Hartmann", "de"),
    ("Dr. Herbert hat am 3.4.2024 operiert.", "Herbert", "de"),
    ("Herr Denis Ludwig, geb. 4.5.1960.", "Denis", "de"),
    ("Zahn 18, 12.03.2024 entfernt.", "12.03.2024", "de"),
    ("Mrs Thompson had a fall on March 3, 2024.", "Thompson", "en"),
    ("Mr. Ludwig was seen on March 3, 2024.", "Ludwig", "en"),
)


@pytest.mark.parametrize(("text", "language"), [(t, "de") for t in GERMAN] + [(t, "en") for t in ENGLISH])
def test_clinical_phrases_stay(text, language):
    assert text in deidentify(HEAD[language] + text + FOOT[language], language)


@pytest.mark.parametrize(("text", "gone", "language"), GO)
def test_persons_and_days_of_the_same_shape_go(text, gone, language):
    assert gone not in deidentify(text, language)


def test_what_the_header_knows_goes_all_the_same():
    assert deidentify("Lee Grad 2.", "de", known=["Lee^Anna"]) == "[NAME] Grad 2."


def test_a_name_behind_a_title_is_no_phrase():
    assert find_kept("Frau Lee 2") == []
    assert find_kept("Schizas C, Lee 2.") == [(11, 16)]


def test_a_longer_guess_goes_around_a_phrase():
    text = "Weber regio 47 Huber"
    assert [text[f.start : f.end] for f in spare([Found(0, 20, "NAME")], text)] == ["Weber ", " Huber"]


@pytest.mark.parametrize("text", ["Image 95. Age-appropriate.", "Image 95 and age-adjusted volume."])
def test_the_number_of_an_image_is_no_age(text):
    assert deidentify(text, "en") == text
    assert deidentify("age 95", "en") == "age [AGE]"


def test_hours_make_no_letter():
    text = "Last known well 10 PM. Contrast at 14:41, scan at 14:45, call at 3:15 pm. MPRAGE. Rothbury stent."
    assert deidentify(text, "en").endswith("MPRAGE. Rothbury stent.")
