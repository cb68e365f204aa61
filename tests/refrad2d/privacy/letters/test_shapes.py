import pytest

from refrad2d.privacy.letters.shapes import find_shapes


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("(geb. 1960, Laxenburger Str. 201/3/45)", "de", "Laxenburger Str. 201/3/45"),
        ("Breite Gasse 100-104", "de", "Breite Gasse 100-104"),
        ("gedruckt von schmolke_r", "de", "schmolke_r"),
        ("The Old Rectory, Much Wickham; tel", "en", "The Old Rectory, Much Wickham"),
        ("Port Alder, WA\n", "en", "Port Alder, WA"),
        ("Seen by LTC Farrow.", "en", "LTC Farrow"),
        ("Prepared kdw [DATE]", "en", "kdw"),
        ("Fracture clinic - Kilbrannan General - [DATE]", "en", "Kilbrannan General"),
        ("Invoice ref NG/INV/20-771", "en", "NG/INV/20-771"),
        ("ref NG/[ID]", "en", "NG/"),
        ("Band vom sechsten siebten dreiundzwanzig", "de", "sechsten siebten dreiundzwanzig"),
        ("Patientennummer vier vier null neun Strich zwei.", "de", "vier vier null neun Strich zwei"),
    ],
)
def test_homes_accounts_and_ranks_are_found(text, language, found):
    assert found in [text[item.start : item.end] for item in find_shapes(text, language)]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Grade 3 tear of the Lateral Row 2 anchors, 4 mm.", "en"),
        ("Segment 4 b, Bild 32, Verlauf stabil.", "de"),
        ("In general, no change. SGT lesion excluded.", "en"),
        ("t1_tse, sagittal", "de"),
        ("Von der ersten bis zur dritten Rippe zwei drei Herde.", "de"),
    ],
)
def test_words_of_a_report_are_no_homes(text, language):
    assert not list(find_shapes(text, language))
