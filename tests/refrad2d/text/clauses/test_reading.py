"""Clauses: where a sentence divides, what a finding is stated of, and that what is unclear stays without a structure."""

import pytest

from refrad2d.text.clauses.reading import read_clauses


def read(text, language):
    return [
        (f.finding.name, f.polarity, "+".join(f.labels) or f.where)
        for clause in read_clauses(text, language, "CT")
        for f in clause.findings
    ]


@pytest.mark.parametrize(
    ("language", "text", "clauses"),
    [
        ("de", "Leber mit Zyste im Segment VII, Milz unauffällig.", 2),
        ("de", "Infarkt der Niere rechts und Thrombus links.", 2),
        ("de", "Leber, Milz und Pankreas unauffällig.", 1),
        ("de", "keine Zyste, Raumforderung oder Stein.", 1),
        ("de", "Kein Herd in Leber, Milz und Pankreas, Nieren unauffällig.", 2),
        ("de", "Zyste rechts, die linke Niere hingegen unauffällig.", 2),
        ("de", "Nieren: rechts Zyste 12 mm, links Stein 4 mm.", 2),
        ("en", "A stone is seen in the right kidney, whereas the left kidney is unremarkable.", 2),
        ("en", "Stone in the right kidney and cyst in the left kidney.", 2),
        ("en", "No cyst in the liver, spleen or kidneys.", 1),
        ("de", "Die Milz ist nicht vergrößert, enthält jedoch eine Zyste.", 1),
        ("de", "Keine Zyste der Leber, jedoch Zyste der Milz.", 2),
    ],
)
def test_a_sentence_divides_where_a_new_statement_begins(language, text, clauses):
    assert len(read_clauses(text, language, "CT")) == clauses


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("de", "Leber mit Zyste im Segment VII, Milz unauffällig.", [("cyst", "affirmed", "liver")]),
        (
            "en",
            "Hepatic cyst. Left kidney stone.",
            [("cyst", "affirmed", "liver"), ("stone", "affirmed", "kidney_left")],
        ),
        ("de", "Konkrement von 5 mm am Unterpol der rechten Niere.", [("stone", "affirmed", "kidney_right")]),
        ("de", "In der Leber findet sich eine 8 mm große Zyste.", [("cyst", "affirmed", "liver")]),
        ("de", "Leber mit Zyste und Hämangiom.", [("cyst", "affirmed", "liver"), ("hemangioma", "affirmed", "liver")]),
        (
            "de",
            "Infarkt der Niere rechts und Thrombus links.",
            [("infarct", "affirmed", "kidney_right"), ("thrombosis", "affirmed", "open")],
        ),
        ("en", "The liver shows no lesion.", [("lesion", "denied", "liver")]),
        ("de", "Niere rechts regelrecht, kein Stein.", [("stone", "denied", "kidney_right")]),
        ("en", "No evidence of lytic lesion in L3.", [("osteolysis", "denied", "vertebrae_L3")]),
        (
            "de",
            "Nieren: rechts Zyste, links Stein.",
            [("cyst", "affirmed", "kidney_right"), ("stone", "affirmed", "open")],
        ),
    ],
)
def test_a_finding_belongs_to_the_structure_that_its_clause_says(language, text, expected):
    assert read(text, language) == expected


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Zyste im Ovar neben der Leber."),
        ("en", "Cyst in the left ovary adjacent to the right kidney."),
        ("de", "Niere links neben der Milz mit Zyste."),
        ("de", "Leber zeigt eine Zyste neben der rechten Niere."),
        ("de", "Milz und Leber mit Zyste."),
        ("en", "Mass between the liver and the stomach."),
        ("en", "Mass compressing the left kidney."),
        ("de", "Leber: Zyste im Ovar."),
        ("en", "Renal and hepatic cysts."),
    ],
)
def test_what_is_unclear_has_no_structure(language, text):
    assert {place for _, _, place in read(text, language)} == {"unclear"}


@pytest.mark.parametrize("text", ["Leber unauffällig, kein Aszites.", "Pleuraerguss neben der Leber."])
def test_a_finding_that_names_its_place_takes_no_other(text):
    assert {place for _, _, place in read(text, "de")} == {"own"}


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("de", "keine Zyste, Raumforderung oder Stein", ["denied"] * 3),
        ("de", "Keine Leberzyste, Nierenzyste oder Milzzyste.", ["denied"] * 3),
        ("de", "Keine Zyste, Hämangiom im Segment II.", ["denied", "doubted"]),
        ("de", "Leber ohne Zyste mit Hämangiom.", ["denied", "doubted"]),
        ("de", "Ohne Kontrastmittel Zyste der Leber.", ["doubted"]),
        ("de", "Kein progredienter Pleuraerguss.", ["doubted"]),
        ("de", "Keine akute Fraktur von L1.", ["doubted"]),
        ("de", "V. a. Zyste der Leber.", ["doubted"]),
        ("de", "V. a. Zyste der Leber und Stein der Gallenblase.", ["doubted", "doubted"]),
        ("de", "Zum Ausschluss einer Fraktur von LWK 1.", ["doubted"]),
        ("de", "Zyste der Leber, nicht mehr nachweisbar.", ["doubted"]),
        ("de", "Keine Zyste der Leber größer 1 cm.", ["doubted"]),
        ("en", "Status post resection of a liver metastasis.", ["doubted"]),
        ("en", "The cyst in the liver has resolved.", ["doubted"]),
        ("en", "Biopsy of the liver lesion.", ["doubted"]),
        ("de", "Zyste der Leber?", ["doubted"]),
        ("de", "Zyste der Leber, DD Hämangiom.", ["affirmed", "doubted"]),
        ("en", "An abscess cannot be excluded.", ["doubted"]),
        ("en", "A cyst in the liver is not seen.", ["denied"]),
        ("en", "Cystic lesion of 12 mm in the pancreas, most likely IPMN.", ["affirmed"]),
        ("en", "Calculus, 5 mm, not obstructing.", ["affirmed"]),
    ],
)
def test_a_denial_that_is_not_certain_is_doubt(language, text, expected):
    assert [polarity for _, polarity, _ in read(text, language)] == expected


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("de", "Leber, Milz und Pankreas unauffällig.", [("liver", True), ("spleen", True), ("pancreas", True)]),
        ("de", "Unauffällige Darstellung der Milz.", [("spleen", True)]),
        ("de", "Der Gang des Pankreas ist unauffällig.", []),
        ("de", "Leber mit Zyste, sonst unauffällig.", []),
        ("en", "Normal liver.", [("liver", True)]),
        ("de", "Unauffällige Darstellung von Leber und Milz, wie zuvor.", [("liver", True), ("spleen", True)]),
        ("en", "Normal liver and enlarged spleen.", [("liver", True)]),
    ],
)
def test_a_state_is_that_of_its_subject(language, text, expected):
    states = [s for clause in read_clauses(text, language, "CT") for s in clause.states if s.kind == "normal"]
    assert [(s.structure.labels[0], s.holds) for s in states] == expected


def test_a_size_is_normalised_and_belongs_to_the_finding_beside_it():
    (clause,) = read_clauses("Zyste der Milz von 1,5 cm.", "de", "CT")
    assert (clause.findings[0].size, clause.findings[0].millimetres) == ("1,5 cm", 15)
    (clause,) = read_clauses("Leber 16 cm mit Zyste.", "de", "CT")
    assert clause.findings[0].size is None


def test_number_words_count():
    counts = [c.findings[0].count for c in read_clauses("Two cysts of the liver. Cyst of the spleen.", "en", "CT")]
    assert counts == [2, None]


def test_offsets_point_into_the_text():
    text = "Milz unauffällig. Zyste der Leber von 2 cm, Niere rechts regelrecht."
    for clause in read_clauses(text, "de", "CT"):
        for finding in clause.findings:
            assert text[finding.start : finding.end] == "Zyste"
            assert text[finding.structure.start : finding.structure.end] == "Leber"
    assert [text[c.start : c.end] for c in read_clauses(text, "de")][-1] == "Niere rechts regelrecht"


def test_an_unknown_language_names_the_known_ones():
    with pytest.raises(ValueError, match="'fr'.*de, en"):
        read_clauses("Kyste.", "fr")


@pytest.mark.parametrize(
    ("language", "text", "finding", "polarity", "places"),
    [
        ("de", "Infarkt der Milz und der linken Niere.", "infarct", "affirmed", {"spleen", "kidney_left"}),
        ("en", "Neither the liver nor the spleen shows a cyst.", "cyst", "denied", {"liver", "spleen"}),
        ("en", "No cyst in the liver, spleen, or pancreas.", "cyst", "denied", {"liver", "spleen", "pancreas"}),
        ("de", "Leber, Milz und Pankreas ohne Zyste.", "cyst", "denied", {"liver", "spleen", "pancreas"}),
        ("de", "Nierensteine bds.", "stone", "affirmed", {"kidney_left", "kidney_right"}),
        ("de", "Gallensteine keine.", "stone", "denied", {"gallbladder"}),
        ("de", "Gallenblase steinfrei.", "stone", "denied", {"gallbladder"}),
        ("en", "The pancreas is atrophic but without a mass.", "mass", "denied", {"pancreas"}),
        ("de", "Aorta nicht verkalkt.", "calcification", "denied", {"aorta"}),
        ("de", "Fraktur BWK 9.", "fracture", "affirmed", {"vertebrae_T9"}),
        ("en", "Findings: Liver with a cyst.", "cyst", "affirmed", {"liver"}),
    ],
)
def test_a_finding_belongs_to_all_structures_that_share_it(language, text, finding, polarity, places):
    said = [f for clause in read_clauses(text, language, "CT") for f in clause.findings]
    assert {(f.finding.name, f.polarity) for f in said} == {(finding, polarity)}
    assert {label for f in said for label in f.labels} == places


@pytest.mark.parametrize(
    ("language", "text", "state"),
    [
        ("de", "Milz vergrößert, Leber nicht.", ("enlarged", False, ("liver",))),
        ("en", "Bladder wall thickened.", ("thickened", True, ("urinary_bladder",))),
        ("en", "Liver, spleen, and pancreas are unremarkable.", ("normal", True, ("pancreas",))),
    ],
)
def test_states_of_lists_walls_and_left_out_words(language, text, state):
    said = [s for clause in read_clauses(text, language, "CT") for s in clause.states]
    assert state in [(s.kind, s.holds, s.structure.labels) for s in said]


def test_the_rest_of_a_structure_is_what_was_not_named_before():
    clauses = read_clauses("Rundherd im linken Oberlappen, übrige Lunge ohne Rundherd.", "de", "CT")
    assert "lung_upper_lobe_left" not in clauses[-1].findings[0].labels
    assert len(clauses[-1].findings[0].labels) == 4


def test_none_there_denies_what_was_said_before():
    last = read_clauses("Zysten in der Leber, keine in der Milz.", "de", "CT")[-1].findings[0]
    assert (last.finding.name, last.polarity, last.labels) == ("cyst", "denied", ("spleen",))


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        (
            "de",
            "Im linken Oberlappen zeigt sich ein 20 mm großer Rundherd.",
            [("nodule", "affirmed", "lung_upper_lobe_left")],
        ),
        ("de", "Die Leber zeigt eine glatt begrenzte Zyste mit 30 mm.", [("cyst", "affirmed", "liver")]),
        ("de", "Im rechten Hüftbein eine sklerotische Läsion von 15 mm.", [("lesion", "affirmed", "hip_right")]),
        ("de", "Die Bauchaorta ist aneurysmatisch auf 6,0 cm erweitert.", [("aneurysm", "affirmed", "aorta")]),
        ("en", "The abdominal aorta is aneurysmal, measuring 6.0 cm.", [("aneurysm", "affirmed", "aorta")]),
        ("en", "The abdominal aorta is not aneurysmal.", [("aneurysm", "denied", "aorta")]),
        ("en", "L1 is fractured, L2 is not.", [("fracture", "affirmed", "vertebrae_L1")]),
        ("de", "Pneumonie, linker Unterlappen konsolidiert.", [("consolidation", "affirmed", "lung_lower_lobe_left")]),
        ("de", "Milz neben der Aorta verkalkt.", [("calcification", "affirmed", "unclear")]),
        ("en", "The kidney next to the aorta is calcified.", [("calcification", "affirmed", "unclear")]),
        ("de", "LWK 4 ist höhengemindert.", [("fracture", "doubted", "vertebrae_L4")]),
        ("de", "LWK 4 ist nicht höhengemindert.", []),
        ("en", "The liver is nodular, consistent with cirrhosis.", [("cirrhosis", "doubted", "liver")]),
        ("en", "The liver is next to the ovary, suspicious for metastases.", [("metastasis", "doubted", "unclear")]),
        ("de", "V. a. Fraktur LWK 2.", [("fracture", "doubted", "vertebrae_L2")]),
    ],
)
def test_descriptions_participles_and_hints_keep_their_structure(language, text, expected):
    assert read(text, language) == expected


@pytest.mark.parametrize(
    ("language", "text", "state"),
    [
        ("de", "Die Milz ist höckrig vergrößert.", True),
        ("en", "The spleen is grossly and massively enlarged.", None),
        ("en", "The spleen is hardly enlarged.", None),
        ("de", "Die Milz ist unwesentlich vergrößert.", None),
        ("en", "Enlarged gastric folds.", None),
        ("en", "The spleen is enlarged beyond normal limits.", True),
    ],
)
def test_an_adverb_leaves_a_state_unless_it_may_say_the_opposite(language, text, state):
    said = [s.holds for clause in read_clauses(text, language, "CT") for s in clause.states if s.kind == "enlarged"]
    assert said == ([] if state is None else [state])
