import pytest

from refrad2d.privacy.letters.residue import find_namesakes, find_residue


def pieces(text, language="de"):
    return [text[item.start : item.end].strip() for item in find_residue(text, language)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Kirch[ORGANISATION]matte 4, [ADDRESS]", "matte 4"),
        ("durch di [NAME] am [DATE]", "di"),
        ("(Dr. al-Hamdani). EF 45 %", "Dr. al-Hamdani"),
        ("Der Sohn Beat [NAME] fährt sie", "Beat"),
        ("Bronchoskopie am 14.: Station 7 negativ", "14."),
        ("Am 30. Anti-D nicht nötig", "30."),
        ("Metallentfernung 10/20. Zuvor gesund", "10/20"),
        ("seit Faschingssamstag", "Faschingssamstag"),
        ("gez. am 2023-07-12 um [TIME]", "2023-07-12"),
        ("Aufenthalt l2.lO.22 bis", "l2.lO.22"),
        ("siehe praxis-obertor.de", "praxis-obertor.de"),
        ("Sein Auto (SW-KU 250) steht", "SW-KU 250"),
        ("Rezept R [ID]", "R"),
        ("Az. XVII 88/24, Beschluss", "XVII 88/24"),
        ("[ADDRESS] a. W.", "a. W."),
        ("Sie wohnt in Kerns und arbeitet", "Kerns"),
        ("MRT am Wall vom [DATE]", "MRT am Wall"),
        ("Schwager Gockel hat Psoriasis", "Gockel"),
    ],
)
def test_what_clings_or_was_left_goes(text, found):
    assert found in pieces(text)


@pytest.mark.parametrize(
    "text",
    [
        "Am 3. postoperativen Tag Fieber, am 5. Strahl Ulkus, am 2. Zeh Nekrose.",
        "GCS 3-4-6, RR 110/70 nach Unfall mit dem PKW. BZ 112.",
        "Zehenheber KG 4, Schmerz 7/10, MRT am Knie.",
        "Sie lebt in Trennung und wohnt in Miete.",
        "Vater Parkinson, Mutter Diabetes.",
        "6-MWT 410 m, T-ASS 100.",
    ],
)
def test_clinical_words_stay(text):
    assert pieces(text) == []


def test_a_name_that_is_an_eponym_goes_where_a_person_stands():
    text = "Wundrevision durch Dupuytren, Abstrich steril. Dupuytren Stadium 2, Morbus Fabry."
    found = [text[item.start : item.end] for item in find_namesakes(text, ["Prof. Dr. K. Dupuytren"])]
    assert found == ["Dupuytren"]
