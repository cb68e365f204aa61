"""What a findings text states: findings, sides, sizes and states; doubt is no statement."""

import pytest

from refrad2d.questions.statements import read_statements, to_millimetres


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("de", "Kein Pleuraerguss.", [("pleural_effusion", True)]),
        ("de", "Der Aszites ist nicht nachweisbar.", [("ascites", True)]),
        ("de", "V. a. Thrombose.", []),
        ("de", "Zyste ohne Wandverdickung.", [("cyst", False), ("wall_thickening", True)]),
        ("en", "No mass, effusion or fracture.", [("mass", True)]),
        ("en", "Possible pneumothorax.", []),
        ("en", "Pneumothorax is not seen.", [("pneumothorax", True)]),
        ("en", "An abscess cannot be excluded.", []),
        ("en", "Cirrhosis with ascites.", [("cirrhosis", False), ("ascites", False)]),
    ],
)
def test_statements_are_affirmed_denied_or_left_open(language, text, expected):
    assert [(s.finding.name, s.denied) for s in read_statements(text, language, []).findings] == expected


def test_side_and_size_belong_to_a_finding_that_stands_alone():
    (cyst,) = read_statements("Cyst of 2.3 x 1.1 cm on the left.", "en", []).findings
    assert (cyst.side, cyst.size, cyst.millimetres) == ("left", "2.3 x 1.1 cm", 23)


def test_two_findings_in_a_sentence_have_no_size():
    assert [s.size for s in read_statements("Cyst of 12 mm and hemangioma.", "en", []).findings] == [None, None]


def test_the_label_is_that_of_the_only_structure_named():
    spans = [{"start": 0, "end": 5, "labels": ["liver"]}]
    assert read_statements("Liver cyst. Cyst.", "en", spans).findings[0].label == "liver"
    assert read_statements("Liver cyst. Cyst.", "en", spans).findings[1].label is None


def test_an_abnormal_structure_is_not_normal():
    spans = [{"start": 4, "end": 10, "labels": ["spleen"]}]
    states = read_statements("The spleen is enlarged.", "en", spans).states
    assert {(state.kind, state.holds) for state in states} == {("enlarged", True), ("normal", False)}


def test_what_is_in_doubt_is_named_as_such():
    assert read_statements("Possible pneumothorax.", "en", []).doubted == {"pneumothorax"}


def test_the_special_finding_claims_its_place_before_the_general_one():
    assert [s.finding.name for s in read_statements("Lungenrundherd rechts.", "de", []).findings] == [
        "pulmonary_nodule"
    ]


@pytest.mark.parametrize(("size", "expected"), [("2,3 x 1.8 cm", 23), ("12 mm", 12), ("4 × 9 × 3 mm", 9)])
def test_the_largest_diameter_in_millimetres(size, expected):
    assert to_millimetres(size) == expected


def test_an_unknown_language_names_the_known_ones():
    with pytest.raises(ValueError, match="'fr'.*de, en"):
        read_statements("Kyste.", "fr", [])
