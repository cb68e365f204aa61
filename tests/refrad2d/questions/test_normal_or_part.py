"""A structure is normal only if the next words do not go on with it; a part is not the whole; half a sentence is none."""

import pytest

from refrad2d.labels import labels
from refrad2d.questions.from_text import text_candidates
from refrad2d.questions.known import read_known
from refrad2d.questions.view import View
from tests.fixtures.question_rows import make_row
from tests.refrad2d.questions.test_written_reports import claims_of

GOES_ON = [
    ("de", "liver", "Leber unauffällig. Im Segment VI jedoch eine 2 cm große FNH. Milz vergrößert."),
    ("de", "liver", "Leber unauffällig, im rechten Lappen eine FNH. Kein Aszites."),
    ("de", "liver", "Die Leber ist unauffällig. Sie enthält eine FNH."),
    ("de", "pancreas", "Pankreas unauffällig. Der Gang ist allerdings auf 7 mm aufgeweitet. Zyste der Leber 9 mm."),
    ("de", "spleen", "Milz normal. Subkapsulär ein lineares Perfusionsdefizit von 3 cm. Leber verfettet."),
    ("de", "heart", "Das Herz ist unauffällig. Die Mitralklappe ist massiv verdickt."),
    ("de", "brain", "Gehirn unauffällig. Kleinhirn atroph."),
    ("en", "brain", "The brain is normal. The ventricles are markedly widened."),
    ("en", "kidney_left", "The left kidney is normal. Its upper pole is deformed by an angiomyolipoma."),
    ("en", "liver", "The liver is unremarkable. There is, in its caudate lobe, focal nodular hyperplasia of 3 cm."),
    ("en", "liver", "The liver and spleen are normal except that the last contains a 5 mm scar."),
    ("en", "liver", "The liver is normal. There is no ascites. A 3 cm FNH is present."),
    ("en", "liver", "The liver is normal. It contains a hamartoma."),
    ("en", "spleen", "The spleen is unremarkable, its hilum contains varices."),
]


def claimed(language, text, label):
    """All that is said of a structure as a whole or denied for it."""
    claims = [claim for claim in claims_of(language, text) if label in claim.subject]
    denied = {c.subject for c in claims if c.implied and c.kind in ("has_finding_in", "organ_state")}
    return denied | {c.subject for c in claims if c.kind in ("normal_or_not", "organ_state") and c.holds}


@pytest.mark.parametrize(("language", "label", "text"), GOES_ON)
def test_what_goes_on_is_not_called_normal(language, label, text):
    assert claimed(language, text, label) == set()


@pytest.mark.parametrize(
    ("language", "label", "text"),
    [
        ("de", "liver", "Die Leber ist unauffällig. Die Milz ist vergrößert."),
        ("de", "liver", "Leber regelrecht. Die Gallenwege sind nicht erweitert."),
        ("de", "liver", "Leber unauffällig. Kein Aszites."),
        ("en", "liver", "The liver is normal. No ascites. The spleen is enlarged."),
        ("en", "spleen", "The spleen is unremarkable. The upper pole of the left kidney has a cyst."),
        ("en", "skull", "The brain is unremarkable, while the sulci are effaced. The skull is normal."),
    ],
)
def test_what_does_not_go_on_is_normal(language, label, text):
    assert (label,) in claimed(language, text, label)


@pytest.mark.parametrize(
    ("language", "label", "text"),
    [
        ("de", "brain", "Kein Infarkt im Kleinhirn. Kleinhirn unauffällig."),
        ("de", "heart", "Linker Vorhof vergrößert. Mitralklappe nicht verdickt."),
        ("de", "skull", "Schädelkalotte intakt."),
        ("en", "brain", "No hemorrhage in the cerebellum. The pons is normal."),
        ("en", "liver", "No cyst in the caudate lobe."),
    ],
)
def test_a_part_says_nothing_of_the_whole(language, label, text):
    assert [claim.subject for claim in claims_of(language, text) if label in claim.subject] == []


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Schädelkalotte intakt, Gesichtsschädel mit Frakturen."),
        ("de", "Schädel intakt, Gesichtsschädel mit Frakturen."),
        ("en", "The skull is intact. Fracture of the calvarium."),
    ],
)
def test_a_structure_with_a_fracture_is_not_intact(language, text):
    claims = {claim.subject: claim.holds for claim in claims_of(language, text)}
    assert ("intact", "skull") not in claims and claims["fracture", "skull"]


def test_a_part_with_a_finding_is_one_of_the_whole():
    assert ("infarct", "brain") in {c.subject for c in claims_of("de", "Infarkt im Kleinhirn.") if c.holds}
    assert ("intact", "skull") in {c.subject for c in claims_of("de", "Schädel intakt.") if c.holds}
    assert ("infarct", "brain") in {c.subject for c in claims_of("de", "Kein Infarkt im Gehirn.") if not c.holds}


def described(language, text):
    """The answers to "Describe …"."""
    names = [label.name for label in labels()]
    objects = [{"label": name, "box": [0.1, 0.1, 0.6, 0.6], "area": 500, "pixels": 500} for name in names]
    report = {"findings": text, "spans": [], "origin": "original"}
    view = View(
        make_row(objects=objects, report={"de": None, "en": None, language: report}),
        language,
        dict.fromkeys(names, 500),
        None,
    )
    asked = text_candidates(view, read_known(view))
    return [one.entry["answer"] for one in asked if one.fact[0] == "words"]


@pytest.mark.parametrize(
    ("language", "text", "cut"),
    [
        ("en", "The pancreas has nothing but a cyst of 6 mm.", "The pancreas has nothing"),
        ("en", "It is not the liver but the spleen that contains the cyst.", "It is not the liver"),
        ("en", "Hematoma not of the spleen but rather the left kidney.", "Hematoma not of the spleen"),
        ("de", "Die Aorta hat nichts außer Verkalkungen.", "Die Aorta hat nichts"),
        ("de", "Nicht in der Leber, sondern in der Milz liegt die Zyste.", "Nicht in der Leber"),
    ],
)
def test_half_a_sentence_describes_nothing(language, text, cut):
    assert cut not in described(language, text)


def test_a_whole_sentence_describes():
    assert "The spleen is enlarged" in described("en", "The spleen is enlarged, but the liver is normal.")
    assert described("de", "Die Aorta hat Verkalkungen.") == ["Die Aorta hat Verkalkungen"]
