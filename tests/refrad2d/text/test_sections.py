"""What of a report that comes whole is findings, and what is not."""

import pytest

from refrad2d.text.sections import findings_sections

CASES = [
    ("en", "Indication: pancreatic mass? Findings: The pancreas is normal.", "Findings: The pancreas is normal."),
    (
        "de",
        "Klinische Angaben: V.a. Nierenstein rechts.\nFragestellung: Stein?\nBefund: Nieren o.B.\nBeurteilung: Kein Stein.",
        "Befund: Nieren o.B.\nBeurteilung: Kein Stein.",
    ),
    ("de", "Indikation: Leberzyste. Milz mit Infarkt.", "Milz mit Infarkt."),
    ("en", "INDICATION:\nFall. L1 fracture.\n\nTECHNIQUE:\nCT.\n\nFINDINGS:\nNo fracture.", "FINDINGS:\nNo fracture."),
    ("en", "TECHNIQUE\nCT of the head\n\nThere is no hemorrhage.", "There is no hemorrhage."),
    ("de", "Technik: CT nativ.\nLeber: Zyste.\nMilz: o.B.", "Leber: Zyste.\nMilz: o.B."),
    (
        "de",
        "Technik: CT. Leber: Zyste. Milz: frei. Beurteilung: Zyste.",
        "Leber: Zyste. Milz: frei. Beurteilung: Zyste.",
    ),
    ("de", "CT Abdomen. Klinik: Schmerz. Befund: Leber frei. Vergleich: keiner.", "CT Abdomen. Befund: Leber frei."),
    ("en", "Findings: Liver cyst.\nRecommendation: MRI to rule out a metastasis.", "Findings: Liver cyst."),
    ("en", "Indication: liver cyst", ""),
    ("de", "Klin. Angaben: Sturz. Fragestellung: Fraktur? Befund: Keine Fraktur.", "Befund: Keine Fraktur."),
    (
        "en",
        "EXAMINATION: CT ABDOMEN\n\nINDICATION: 60F with pain // r/o stone\n\nCOMPARISON (outside): None.\n\nFINDINGS: \n\n"
        "The liver is normal.\n\nIMPRESSION: \n\nNo stone.",
        "FINDINGS: \n\nThe liver is normal.\n\nIMPRESSION: \n\nNo stone.",
    ),
    (
        "de",
        "CT-Abdomen\n\nFragestellung / Indikation:\nV.a. Divertikulitis\n\nTechnik – CT nach KM.\n\nBefund:\nLeber frei.",
        "CT-Abdomen\n\nBefund:\nLeber frei.",
    ),
    ("de", "Klinische Angaben und Fragestellung: Leberzyste? Milzinfarkt?\nBefund: Milz o. B.", "Befund: Milz o. B."),
]


@pytest.mark.parametrize(("language", "text", "kept"), CASES)
def test_what_states_no_finding_goes(language, text, kept):
    assert findings_sections(text, language)[0] == kept


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Im Vergleich: die Leber ist größer. Frage der Zyste offen."),
        ("en", "The plan: nothing. Findings of cysts. History of trauma."),
        ("de", "Leber: Zyste. Milz: unauffällig."),
        ("en", "Liver: cyst.\n\nSpleen: normal."),
        ("de", ""),
        ("en", "Compared with\nthe study of 2021, bronchiectasis in\nthe middle lobe."),
        ("de", "Vergleich\nzur Voruntersuchung vom 3.4.2020: Zyste der Leber."),
        ("en", "Tumour size: 3.4 cm; prior study: 4.1 cm."),
        ("de", "Diagnose: Hypernephrom links."),
    ],
)
def test_a_text_without_such_sections_stays_as_it_is(language, text):
    assert findings_sections(text, language) == (text, 0)


def test_an_unknown_language_is_named():
    with pytest.raises(ValueError, match="'fr'"):
        findings_sections("Indication: kyste.", "fr")
