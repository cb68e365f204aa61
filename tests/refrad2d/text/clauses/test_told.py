"""What a sentence calls twice is told once, by the name that it favours; two findings stay two."""

import pytest

from refrad2d.text.clauses.told import told_findings


def told(text, language="en"):
    return [(f.finding.name, "+".join(f.labels)) for f in told_findings(text, language, "CT")]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "Lesions in the liver, suspicious for metastases.", [("metastasis", "liver")]),
        ("de", "Metastasenverdächtige Läsion der Leber.", [("metastasis", "liver")]),
        ("en", "A mass suspicious for tumor in the brain.", [("mass", "brain")]),
        ("de", "Zyste der rechten Niere, DD zystische Läsion.", [("cyst", "kidney_right")]),
        (
            "en",
            "Consolidation in the right lower lobe, possibly atelectasis.",
            [("consolidation", "lung_lower_lobe_right")],
        ),
        ("en", "Lesion in the liver, metastasis unlikely.", [("lesion", "liver")]),
        ("en", "Lesion in the liver, metastasis cannot be excluded.", [("lesion", "liver")]),
        ("en", "The spleen shows a nodule, which is suspicious for metastasis.", [("metastasis", "spleen")]),
        ("en", "Lesion in the liver, most likely a hemangioma or adenoma.", [("lesion", "liver")]),
        ("de", "Läsion in der Leber, eher Hämangiom als Metastase.", [("lesion", "liver")]),
        ("de", "Metastasierung der Leber mit Herden.", [("metastasis", "liver")]),
        ("de", "Cholezystolithiasis mit einem 5 mm messenden Stein in der Gallenblase.", [("stone", "gallbladder")]),
        ("de", "Nephrolithiasis rechts, Konkrement in der rechten Niere.", [("stone", "kidney_right")]),
    ],
)
def test_a_second_name_is_no_second_finding(language, text, expected):
    assert told(text, language) == expected


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        (
            "en",
            "Lesion in the liver and suspected metastasis in the spleen.",
            [("lesion", "liver"), ("metastasis", "spleen")],
        ),
        ("de", "Herd in der Leber, V. a. Metastase im Ovar.", [("lesion", "liver"), ("metastasis", "")]),
        ("de", "Zyste der Leber, V. a. Abszess.", [("cyst", "liver"), ("abscess", "")]),
        ("de", "Zyste im Ovar, Zyste der Leber.", [("cyst", ""), ("cyst", "liver")]),
        ("de", "Nephrolithiasis links, Konkrement in der rechten Niere.", [("stone", ""), ("stone", "kidney_right")]),
        ("en", "Cyst with contact to the kidney and cyst in the liver.", [("cyst", ""), ("cyst", "liver")]),
    ],
)
def test_two_findings_are_two(language, text, expected):
    assert told(text, language) == expected


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Keine metastasenverdächtige Läsion in der Leber."),
        ("en", "No lesion suspicious for metastasis in the liver."),
        ("en", "The cyst in the liver has resolved."),
        ("de", "Ausschluss einer Fraktur von LWK 1."),
        ("en", "There is loss of height of T12, without fracture."),
        ("en", "The aorta is non-aneurysmal."),
    ],
)
def test_what_is_denied_or_gone_is_not_told(language, text):
    assert told(text, language) == []


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("Lesions in the liver measuring up to 20 mm, suspicious for metastases.", 20),
        ("Pleural effusion posterior to the left lower lobe, up to 20 mm in depth.", 20),
        ("Suspicious nodule in the left upper lobe, 12 mm from the pleura.", None),
        ("Cyst in the liver, spleen 120 mm.", None),
        ("Stone in the gallbladder, wall thickness 4 mm.", None),
    ],
)
def test_a_size_is_that_of_the_only_finding_beside_it(text, size):
    assert told_findings(text, "en", "CT")[0].millimetres == size
