"""Groups of numbers and last words that share a noun, each with a side of its own."""

import pytest

from tests.fixtures.mentions import classes, words


@pytest.mark.parametrize(
    ("text", "language", "spans", "ribs"),
    [
        ("left 2nd-5th and the right 7th ribs", "en", ["left 2nd-5th", "right 7th ribs"], "L2 L3 L4 L5 R7"),
        ("left 9th and right 10th ribs", "en", ["left 9th", "right 10th ribs"], "L9 R10"),
        ("right 8th, left 9th rib", "en", ["right 8th", "left 9th rib"], "R8 L9"),
        ("linken 9. und rechten 10. Rippe", "de", ["linken 9.", "rechten 10. Rippe"], "L9 R10"),
        ("rechten 4., 5. und linken 7. Rippe", "de", ["rechten 4., 5.", "linken 7. Rippe"], "R4 R5 L7"),
        (
            "linken 2. bis 4. sowie der rechten 6. und 7. Rippe",
            "de",
            ["linken 2. bis 4.", "rechten 6. und 7. Rippe"],
            "L2 L3 L4 R6 R7",
        ),
        ("left 3rd rib and right 4th and 5th ribs", "en", ["left 3rd rib", "right 4th and 5th ribs"], "L3 R4 R5"),
        ("3rd left and 4th right ribs", "en", ["3rd left", "4th right ribs"], "L3 R4"),
        ("dritten linken und vierten rechten Rippe", "de", ["dritten linken", "vierten rechten Rippe"], "L3 R4"),
        ("2. bis 4. Rippe links, 6. rechts", "de", ["2. bis 4. Rippe links", "6. rechts"], "L2 L3 L4 R6"),
        ("8. Rippe re., 9. li., 10. re", "de", ["8. Rippe re", "9. li", "10. re"], "R8 L9 R10"),
        ("ribs 2 to 4 left, 7 right", "en", ["ribs 2 to 4 left", "7 right"], "L2 L3 L4 R7"),
        ("linken 3. Rippe und der rechten 5", "de", ["linken 3. Rippe", "rechten 5"], "L3 R5"),
        ("Rippen 3., 4. und 5. links", "de", ["Rippen 3., 4. und 5. links"], "L3 L4 L5"),
        ("Rippen links 3.-6., rechts 2", "de", ["Rippen links 3.-6", "rechts 2"], "L3 L4 L5 L6 R2"),
        ("Rippen re. 4-8, li. 5-7", "de", ["Rippen re. 4-8", "li. 5-7"], "R4 R5 R6 R7 R8 L5 L6 L7"),
        (
            "Rippen rechts 4. bis 6., links 5. bis 7. Rippe",
            "de",
            ["Rippen rechts 4. bis 6", "5. bis 7. Rippe"],
            "R4 R5 R6 L5 L6 L7",
        ),
        ("Rippen rechts 4. bis 6. Rippe", "de", ["Rippen rechts 4. bis 6. Rippe"], "R4 R5 R6"),
        ("left lateral 4th and right posterior 5th rib", "en", ["4th", "5th rib"], "L4 R5"),
    ],
)
def test_groups_of_ribs_with_a_side_each(text, language, spans, ribs):
    text = f"{'Fraktur der' if language == 'de' else 'Fracture of the'} {text}."
    sides = {"L": "left", "R": "right"}
    assert words(text, language) == spans
    assert classes(text, language) == {f"rib_{sides[rib[0]]}_{rib[1:]}" for rib in ribs.split()}


@pytest.mark.parametrize(
    ("text", "language", "ribs"),
    [
        ("Fractures of the 3rd to 5th left ribs.", "en", {"rib_left_3", "rib_left_4", "rib_left_5"}),
        ("Frakturen der rechten und linken 4. Rippe.", "de", {"rib_left_4", "rib_right_4"}),
        ("Fracture of the 4th rib on the left, 2 left nodules.", "en", {"rib_left_4"}),
        ("Fraktur der 4. Rippe links, 5 mm disloziert.", "de", {"rib_left_4"}),
        ("Fraktur der 3. und linken 4. Rippe.", "de", {"rib_left_3", "rib_right_3", "rib_left_4"}),
        ("Posterior 4th and lateral 5th rib on the right.", "en", {"rib_right_4", "rib_right_5"}),
    ],
)
def test_what_is_no_second_group_of_ribs(text, language, ribs):
    assert classes(text, language) == ribs


@pytest.mark.parametrize(
    ("text", "language", "spans"),
    [
        ("Rippenfrakturen: re. 4-8, li. 5-7.", "de", ["Rippenfrakturen", "re. 4-8", "li. 5-7"]),
        ("Rib fractures (right 4-8, left 3-5).", "en", ["Rib", "right 4-8", "left 3-5"]),
        ("Rib fractures: right 4th, left 7th.", "en", ["Rib", "right 4th", "left 7th"]),
        ("Rippenfrakturen: rechts 4, links 3.", "de", ["Rippenfrakturen"]),
        ("Rippenserienfraktur links (3-6).", "de", ["Rippenserienfraktur links"]),
    ],
)
def test_a_list_of_groups_behind_a_heading(text, language, spans):
    assert words(text, language) == spans


@pytest.mark.parametrize(
    ("text", "language", "spans", "labels"),
    [
        (
            "Right gluteus maximus and left medius are atrophied.",
            "en",
            ["Right gluteus maximus", "left medius"],
            {"gluteus_maximus_right", "gluteus_medius_left"},
        ),
        (
            "M. gluteus maximus rechts und medius links verfettet.",
            "de",
            ["M. gluteus maximus rechts", "medius links"],
            {"gluteus_maximus_right", "gluteus_medius_left"},
        ),
        (
            "M. glut. med. re. und min. li. atroph.",
            "de",
            ["M. glut. med. re", "min. li"],
            {"gluteus_medius_right", "gluteus_minimus_left"},
        ),
        (
            "Left gluteus medius and minimus are torn.",
            "en",
            ["Left gluteus medius and minimus"],
            {"gluteus_medius_left", "gluteus_minimus_left"},
        ),
        ("Lower lobe of the left lung.", "en", ["Lower lobe of the left lung"], {"lung_lower_lobe_left"}),
    ],
)
def test_a_last_word_with_a_side_of_its_own(text, language, spans, labels):
    assert words(text, language) == spans
    assert classes(text, language) == labels
