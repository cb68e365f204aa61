"""What a text denies, doubts, ends, asks for or feigns is no finding; each class beside a sentence that is asked."""

import pytest

from tests.refrad2d.questions.test_written_reports import claims_of

SAYS = ("has_finding", "has_finding_in", "organ_state")


def said(language, text):
    """All that is affirmed of findings and of states that are not normal."""
    claims = [claim for claim in claims_of(language, text) if claim.kind in SAYS and claim.holds]
    return {claim.subject for claim in claims if claim.subject[0] != "normal"}


LATE_DENIALS = [  # "nicht" behind a list reaches all of it
    ("de", "Hepatomegalie und Splenomegalie liegen nicht vor."),
    ("de", "Hepatomegalie, Splenomegalie und Leberzysten liegen nicht vor."),
    ("de", "Leberzysten und Milzzysten finden sich nicht."),
    ("de", "Zysten der Leber, Hämangiome der Milz und Infarkte des Pankreas sind nicht zu sehen."),
    ("de", "Leberzysten und Hämangiome der Milz sind fraglich."),
    ("en", "Hepatic cysts and splenic hemangiomas are not present."),
    ("en", "Cysts of the liver and hemangiomas of the spleen have both disappeared."),
]
LACKING = [
    ("de", "Konkremente fehlen in der Gallenblase, finden sich jedoch im Ductus choledochus."),
    ("de", "In der Gallenblase fehlen Steine."),
    ("de", "Zysten fehlen der Leber, die Milz enthält deren zwei."),
    ("de", "Leberzysten sind keine vorhanden."),
    ("de", "Von Lebermetastasen ist nichts zu sehen."),
    ("en", "Stones are lacking in the gallbladder but crowd the common duct."),
    ("en", "Liver cyst: negative."),
]
DOUBTED = [
    ("en", "Splenic hematoma is improbable, a hepatic hematoma of 4 cm beyond dispute."),
    ("en", "A liver metastasis is conceivable."),
    ("en", "Liver metastases are a consideration."),
    ("en", "Whether the liver cyst is a hemangioma cannot be told."),
    ("en", "Splenic infarct is a possibility."),
    ("en", "A hepatic cyst is implausible."),
    ("de", "Adenom der rechten Nebenniere ist zu diskutieren."),
    ("de", "Eine Metastase der Leber ist zu erwägen."),
    ("de", "Eine Metastase der Leber kommt in Betracht."),
    ("de", "Der Milzinfarkt ist vom Tisch."),
    ("de", "Milz: Hämangiom, wenn nicht Zyste."),
    ("de", "Leber: Zyste oder aber Hämangiom."),
    ("en", "Liver: hemangioma if not cyst."),
    ("en", "Liver: hemangioma unless cyst."),
]
GONE = [
    ("en", "Infiltrates in the right lower lobe have cleared; what remains is on the left."),
    ("en", "Liver hematoma completely absorbed."),
    ("en", "Hepatic metastases have melted away."),
    ("en", "The liver had a cyst, which is now gone."),
    ("de", "Hydronephrose links nach DJ-Einlage behoben."),
    ("de", "Metastasen in der Leber gelten als ausgeheilt."),
    ("de", "Der Leberabszess ist restlos abgebaut."),
    ("de", "Die Milz war vergrößert, ist es aber nicht mehr."),
    ("de", "Die Milz war vergrößert. Sie ist es nicht mehr."),
    ("de", "Die Milz ist nicht länger vergrößert."),
    ("en", "The spleen is enlarged no longer."),
    ("en", "The spleen was enlarged but is no longer so."),
    ("en", "The spleen was enlarged in 2019."),
    ("en", "The spleen used to be enlarged."),
]
ASKED_FOR = [
    ("de", "Frage nach Metastasen der Leber. Leber ohne solche."),
    ("de", "Fragestellung: Lebermetastasen. Indikation: Leberabszess. Klinische Angaben: Milzinfarkt."),
    ("en", "Query liver metastases in pancreatic carcinoma. No such deposits."),
    ("en", "Indication: liver metastases. Assess for hepatic abscess."),
]
FEIGNED = [
    ("de", "Ein Leberabszess wird durch Artefakte vorgetäuscht."),
    ("de", "Der Aspekt täuscht einen Leberabszess vor."),
    ("en", "A liver abscess is mimicked by a phlegmon."),
    ("en", "Liver cirrhosis simulated by steatosis."),
    ("en", "An artifact resembles a splenic infarct."),
]


@pytest.mark.parametrize(("language", "text"), [*LATE_DENIALS, *LACKING, *DOUBTED, *GONE, *ASKED_FOR, *FEIGNED])
def test_what_is_not_certain_is_not_affirmed(language, text):
    assert said(language, text) == set()


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("de", "Leberzyste und Hämangiom der Milz sind nachweisbar.", {("cyst", "liver"), ("hemangioma", "spleen")}),
        ("en", "Hepatic cyst and splenic hemangioma are present.", {("cyst", "liver"), ("hemangioma", "spleen")}),
        ("de", "In der Gallenblase finden sich Steine.", {("stone", "gallbladder")}),
        ("de", "Adenom der rechten Nebenniere.", {("adenoma", "adrenal_gland_right")}),
        ("en", "A skull fracture is confirmed.", {("fracture", "skull")}),
        ("en", "The liver cyst is unchanged.", {("cyst", "liver")}),
        ("de", "Die Milzzyste ist unverändert.", {("cyst", "spleen")}),
        ("de", "Die Milz ist vergrößert. Kein Aszites.", {("enlarged", "spleen")}),
        ("en", "The spleen is enlarged. The liver has a cyst.", {("enlarged", "spleen"), ("cyst", "liver")}),
        ("en", "The liver has an abscess.", {("abscess", "liver")}),
    ],
)
def test_what_is_certain_is_affirmed(language, text, expected):
    assert expected <= said(language, text)


def test_a_denial_in_its_own_words_still_denies():
    claims = claims_of("en", "No indication of liver metastases.")
    assert ("metastasis", "liver") in {c.subject for c in claims if c.kind == "has_finding_in" and not c.holds}
