"""Which side a mention is on, wherever in the sentence that stands."""

import pytest

from refrad2d.text.laterality import assign_sides
from refrad2d.text.lexicon import lexicon
from refrad2d.text.mentions import find_mentions
from refrad2d.text.tokens import TermMatch, tokenize
from tests.fixtures.mentions import BOTH_KIDNEYS, classes, words


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


@pytest.mark.parametrize(
    "text",
    [
        "Infarkt der Niere rechts und Thrombus links.",
        "Niere rechts mit Zyste, Leistenhernie links.",
        "Hämatom der Niere rechts bei Harnleiterstein links.",
    ],
)
def test_a_second_finding_keeps_its_side_to_itself(text):
    assert classes(text) == {"kidney_right"}


def test_a_preposition_of_cause_does_not_lead_the_side_on():
    assert classes("Hämatom im M. psoas links bei Femurfraktur rechts.") == {"iliopsoas_left", "femur_right"}


def test_a_second_finding_keeps_its_side_to_itself_in_english():
    assert classes("Infarct of the kidney on the right and thrombus on the left.", "en") == {"kidney_right"}
    assert classes("The kidney is large on the right and atrophic on the left.", "en") == BOTH_KIDNEYS


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("Zyste der rehcten Niere, Stein der linken Niere.", ("kidney_right",)),
        ("Zyste der rechzen Niere, Stein der linken Niere.", ("kidney_right", "kidney_left")),
        ("Zyste der Niere, die linke Niere ist frei.", ("kidney_right", "kidney_left")),
    ],
)
def test_a_misspelt_or_missing_side_never_takes_its_neighbours(text, first):
    assert find_mentions(text, "de", "CT")[0].labels == first


def side_of_niere(text):
    """The side of the only match, the word "Niere", and where it was read."""
    words_of = lexicon("de")
    tokens = tokenize(text, 0, len(text), words_of)
    at = [token.raw for token in tokens].index("Niere")
    match = TermMatch(at, at + 1, words_of.terms["niere"][""], ("kidney_right", "kidney_left"))
    assign_sides(tokens, [match])
    return match.side, match.side_from


@pytest.mark.parametrize(
    ("text", "side", "read"),
    [
        ("linke Niere", "left", "before"),
        ("Niere rechts", "right", "after"),
        ("Rechts: Zyste der Niere", "right", "clause"),
        ("Zyste der Niere", None, ""),
    ],
)
def test_a_match_says_where_its_side_was_read(text, side, read):
    assert side_of_niere(text) == (side, read)


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("Zyste der Niere und Erguss links.", ("kidney_left", "kidney_right")),
        ("Hämatom im M. psoas links, Femur regelrecht.", ("femur_left", "femur_right")),
        ("Keine Fraktur der Claviculae, Fraktur der rechten Scapula.", ("clavicula_left", "clavicula_right")),
        ("Niere und Nebenniere links.", ("kidney_left",)),
    ],
)
def test_a_side_belongs_to_the_structure_that_it_stands_with(text, labels):
    found = {m.labels for m in find_mentions(text, "de", "CT")}
    assert set(labels) in [set(one) for one in found]


@pytest.mark.parametrize(
    ("text", "language", "labels"),
    [
        ("Nicht die rechte, sondern die linke Niere ist gestaut.", "de", {"kidney_left"}),
        ("Niere nicht rechts, sondern links gestaut.", "de", {"kidney_left"}),
        ("Herd nicht im rechten, sondern im linken Oberlappen.", "de", {"lung_upper_lobe_left"}),
        ("Not the right but the left kidney is obstructed.", "en", {"kidney_left"}),
        ("Nicht nur die rechte, sondern auch die linke Niere ist gestaut.", "de", BOTH_KIDNEYS),
    ],
)
def test_a_denied_side_does_not_count(text, language, labels):
    assert classes(text, language) == labels


@pytest.mark.parametrize(
    ("text", "language", "labels"),
    [
        ("Herd im linken Leberlappen, Zyste in der Niere.", "de", {"liver", *BOTH_KIDNEYS}),
        ("Linker Vorhof vergrößert, Zyste der Niere.", "de", {"heart", *BOTH_KIDNEYS}),
        ("Left ventricle dilated, kidney atrophic.", "en", {"heart", *BOTH_KIDNEYS}),
        ("Linksseitig Leberherd und Zyste der Niere.", "de", {"liver", "kidney_left"}),
    ],
)
def test_an_organ_without_a_side_keeps_that_of_its_part(text, language, labels):
    assert classes(text, language) == labels


@pytest.mark.parametrize(
    ("text", "spans"), [("Lunge re. ML belüftet.", ["Lunge re", "ML"]), ("Rippen re. Vorhof.", ["Rippen re", "Vorhof"])]
)
def test_a_side_between_two_structures_is_in_one_mention(text, spans):
    assert words(text) == spans


def test_another_rib_keeps_its_side():
    ribs = classes("Fraktur der 5. Rippe nicht bestätigt, Fraktur der 6. Rippe links.")
    assert ribs == {"rib_left_5", "rib_right_5", "rib_left_6"}
    assert classes("Fraktur der Rippen 5 bis 6 links lateral, Rippe 6 doppelt.") == {"rib_left_5", "rib_left_6"}


@pytest.mark.parametrize("text", ["Lft kidney normal.", "Lef kidney normal.", "Rght kidney normal."])
def test_a_side_without_one_of_its_letters(text):
    assert len(classes(text, "en")) == 1


@pytest.mark.parametrize(
    ("text", "language", "labels"),
    [
        ("Schrumpfniere links, kompensatorisch große Niere rechts.", "de", [("kidney_left",), ("kidney_right",)]),
        ("Fraktur der Clavicula links, intakte Scapula rechts.", "de", [("clavicula_left",), ("scapula_right",)]),
        (
            "Cyst of the kidney on the left, hydronephrotic kidney on the right.",
            "en",
            [("kidney_left",), ("kidney_right",)],
        ),
        ("Rechte, vergrößerte Niere.", "de", [("kidney_right",)]),
        ("Niere links nicht nachweisbar, rechts vergrößert.", "de", [("kidney_left",)]),
        ("Hüftkopfnekrose rechts ARCO II, links keine Nekrose.", "de", [("femur_right",)]),
    ],
)
def test_a_side_before_a_comma_is_of_what_stands_before_it(text, language, labels):
    assert [mention.labels for mention in find_mentions(text, language, "CT")] == labels


@pytest.mark.parametrize("text", ["Niere rechts 11 cm, links 10 cm.", "Niere links und rechts nicht gestaut."])
def test_two_sides_that_are_told_alike_are_both(text):
    assert set(find_mentions(text, "de", "CT")[0].labels) == {"kidney_left", "kidney_right"}
