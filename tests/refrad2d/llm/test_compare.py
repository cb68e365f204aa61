"""Facts held against facts: what is borne out, and what the reason is if it is not."""

import pytest

from refrad2d.llm.compare import compare, find_fault
from refrad2d.llm.facts import read_facts


def reason(source, answer, languages=("de", "de")):
    known = read_facts(source, languages[0])
    return compare(known, read_facts(answer, languages[1]), [known])


@pytest.mark.parametrize(
    ("source", "answer", "expected"),
    [
        ("Milz nicht vergrößert.", "Milz normal groß.", None),
        ("Ödem der Wange.", "Schwellung der Wange.", None),
        ("Hämangiom der Leber.", "Metastase der Leber.", "finding_added"),
        (
            "Niere links mit Zyste, Niere rechts mit Stein.",
            "Niere rechts mit Zyste, Niere links mit Stein.",
            "side_changed",
        ),
        ("Milz 13 cm, Leber 17 cm.", "Milz 17 cm, Leber 13 cm.", "anatomy_changed"),
        ("Gutartige Läsion.", "Bösartige Läsion.", "quality_changed"),
        ("Mögliche Zyste.", "Zyste.", "certainty_changed"),
        ("Zyste der Leber.", "Gesicherte Zyste der Leber.", "certainty_changed"),
        ("Chiasma frei.", "Das Chiasma ist nicht tangiert.", None),
        ("Stenose rechts 70 %, Stenose links 30 %.", "Stenose rechts von 70 %, links von 30 %.", None),
        ("Stenose rechts 70 %, Stenose links 30 %.", "Stenose rechts von 30 %, links von 70 %.", "numbers_changed"),
        ("Erguss rechts 3 cm, links 15 mm.", "Erguss (rechts 30 mm, rechts 15 mm).", "side_changed"),
        ("Zyste und Stein.", "Zyste.", "finding_lost"),
        (
            "Herd in Segment VI 12 mm, in Segment VII 9 mm.",
            "Herd in Segment VI 9 mm, in Segment VII 12 mm.",
            "numbers_changed",
        ),
    ],
)
def test_the_reason_says_what_changed(source, answer, expected):
    assert reason(source, answer) == expected


def test_both_sides_of_what_everybody_has_two_of_add_nothing():
    assert reason("Lungen frei.", "Both lungs are clear.", ("de", "en")) is None


def test_no_known_fact_is_no_evidence():
    assert find_fault(read_facts("Zyste.", "de").facts[0], []) == "finding_lost"


@pytest.mark.parametrize(
    ("source", "answer"),
    [
        ("Malignom im Pankreaskopf.", "Metastasis in the pancreatic head."),
        ("Fraktur LWK 1.", "Compression fracture of L1."),
        ("Karzinom der rechten Niere.", "Adenocarcinoma of the right kidney."),
    ],
)
def test_a_kind_of_finding_does_not_pass_for_the_finding(source, answer):
    known = read_facts(source, "de")
    assert compare(known, read_facts(answer, "en"), [known]) == "finding_added"


def test_a_word_that_joins_a_finding_and_its_place_is_no_kind():
    known = read_facts("Entzündung des Kolons.", "de")
    assert compare(known, read_facts("Colitis.", "en"), [known]) is None


def test_an_unknown_word_stands_for_no_finding():
    known = read_facts("Xylotische Milz.", "de")
    assert compare(known, read_facts("Calcification of the spleen.", "en"), [known]) == "finding_added"
    known = read_facts("Calcification of the spleen.", "en")
    assert compare(known, read_facts("Xylotische Milz.", "de"), [known]) == "finding_lost"
