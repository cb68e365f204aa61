"""Which mentions are part of a negative statement."""

import pytest

from refrad2d.text.mentions import find_mentions
from tests.fixtures.mentions import classes, negated, words


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


@pytest.mark.parametrize(
    ("language", "text", "wanted"),
    [
        ("en", "Liver, spleen, and pancreas without focal lesion.", [True, True, True]),
        ("en", "Cyst of the spleen, pancreas without mass.", [False, True]),
        ("en", "Fracture of the clavicle, scapula spared.", [False, True]),
        ("en", "Trachea not displaced.", [True]),
        ("de", "Trachea nicht verschoben.", [True]),
        ("de", "Fraktur der 5. Rippe, nicht disloziert.", [False]),
        ("en", "Skull base fracture excluded.", [True]),
    ],
)
def test_a_negation_stops_at_the_structure_before_it(language, text, wanted):
    assert [mention.negated for mention in find_mentions(text, language, "CT")] == wanted


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Liver without focal lesion and spleen enlarged.", "en", [True, False]),
        ("Spleen without infarct and kidneys atrophic.", "en", [True, False]),
        ("Liver has no mass and spleen mildly enlarged.", "en", [True, False]),
        ("Leber ohne Herd und Milz deutlich vergrößert.", "de", [True, False]),
        ("No lesion in liver and spleen.", "en", [True, True]),
        ("No mass in the enlarged liver and small spleen.", "en", [True, True]),
        ("Keine Herde in Leber und Milz abgrenzbar.", "de", [True, True]),
        ("Keine Lymphknoten an Aorta und A. iliaca vergrößert.", "de", [True, True]),
        ("No lymph nodes along the aorta and iliac arteries enlarged.", "en", [True, True]),
    ],
)
def test_a_second_organ_that_is_changed_ends_a_negation(text, language, expected):
    assert negated(text, language) == expected


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Gallbladder removed.", "en", [True]),
        ("Liver normal, gallbladder removed.", "en", [False, True]),
        ("Left kidney and spleen surgically removed.", "en", [True, True]),
        ("The gallbladder has been previously removed.", "en", [True]),
        ("Resected spleen.", "en", [True]),
        ("Kidney stone removed.", "en", [False]),
        ("Drain in the gallbladder removed.", "en", [False]),
        ("Teilresektion der Leber, Milz entfernt.", "de", [False, True]),
        ("Leber unauffällig und Milz entfernt.", "de", [False, True]),
        ("Milz und Gallenblase entfernt.", "de", [True, True]),
        ("DJ-Schiene der linken Niere entfernt.", "de", [False]),
        ("Magen teilweise reseziert.", "de", [False]),
        ("The left kidney was partially resected.", "en", [False]),
        ("Gallenblase bei Steinleiden entfernt.", "de", [True]),
        ("ZVK aus der VCS entfernt.", "de", [False]),
    ],
)
def test_an_organ_that_was_taken_out(text, language, expected):
    assert negated(text, language) == expected


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Verdacht auf Milzruptur nicht bestätigt.", "de", [True]),
        ("Verdacht auf Milzruptur hat sich nicht bestätigt.", "de", [True]),
        ("Der Verdacht auf eine Milzruptur bestätigt sich nicht.", "de", [True]),
        ("Suspected splenic rupture was not confirmed.", "en", [True]),
        ("Concern for aortic dissection not substantiated.", "en", [True]),
        ("Nonvisualization of the gallbladder.", "en", [True]),
        ("Non-visualization of the gallbladder.", "en", [True]),
        ("Nach Ausschluss einer Aortendissektion Fokus auf die Leber.", "de", [True, False]),
        ("Nach Ausschluss einer Fraktur der Klavikula und der Skapula.", "de", [True, True]),
    ],
)
def test_a_suspicion_that_was_not_confirmed(text, language, expected):
    assert negated(text, language) == expected


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Without oral contrast the stomach is poorly evaluated.", "en", [False]),
        ("Lack of bladder distension limits evaluation.", "en", [False]),
        ("Bei fehlender Füllung der Harnblase eingeschränkt beurteilbar.", "de", [False]),
        ("Fehlende Abgrenzbarkeit der Prostata zur Harnblase.", "de", [False, False]),
        ("Lack of enhancement of the left kidney.", "en", [True]),
        ("Fehlende Milz.", "de", [True]),
        ("Fehlende Abgrenzbarkeit der Gallenblase.", "de", [True]),
        ("Lack of contrast limits evaluation of the liver.", "en", [False]),
        ("Absence of contrast extravasation from the spleen.", "en", [True]),
        ("No gallbladder distension.", "en", [True]),
    ],
)
def test_what_an_image_lacks_is_no_finding(text, language, expected):
    assert negated(text, language) == expected


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Leber unauffällig und Gallenblase fehlt.", "de", [False, True]),
        ("Liver unremarkable and spleen absent.", "en", [False, True]),
        ("Leber vergrößert und Milz nicht abgrenzbar.", "de", [False, True]),
        ("Leber und Milz nicht abgrenzbar.", "de", [True, True]),
        ("Small bowel and colon not visualized.", "en", [True, True]),
        ("Nach Entfernung der Gallenblase Leber unauffällig.", "de", [True, False]),
        ("After removal of the gallbladder the liver is normal.", "en", [True, False]),
        ("Z.n. Entfernung der Milz und Gallenblase.", "de", [True, True]),
    ],
)
def test_a_missing_organ_says_nothing_about_its_neighbour(text, language, expected):
    assert negated(text, language) == expected
