"""A finding that goes on without its name: nothing is asked that holds only if there is one."""

import pytest

from refrad2d.questions.continued import ANYTHING, carried_on
from refrad2d.text.clauses.reading import read_clauses
from tests.refrad2d.questions.test_written_reports import claims_of

ALONE = {"finding_organ", "finding_side", "finding_larger"}
GOES_ON = [
    ("de", "Rundherd im rechten Oberlappen 9 mm, ein zweiter in der Lingula."),
    ("de", "Zyste in der rechten Niere, ebenso links."),
    ("de", "4 mm Konkrement in der rechten Niere. Links desgleichen."),
    ("de", "Zyste am Oberpol der linken Niere. Gleichartiger Befund auch rechts."),
    ("de", "12 mm großer Rundherd im linken Unterlappen. Weitere kleinere bis 5 mm beidseits."),
    ("de", "Hämangiom in Segment VII der Leber. Ein weiteres in der Milz."),
    ("de", "Nierenstein rechts 5 mm. Auf der Gegenseite zwei kleinere."),
    ("de", "Die linke Niere enthält eine Zyste. Rechts sind es drei."),
    ("de", "Adenom der Nebenniere links; rechts kleineres."),
    ("de", "Zyste in der rechten Niere 3 cm, links 2 cm."),
    ("de", "Fraktur der 5. Rippe rechts, zusätzlich der 6. und 7."),
    ("en", "Stone in the right kidney measuring 4 mm. Same on the left."),
    ("en", "A 2 cm cyst in the left kidney. The right one has three."),
    ("en", "Right adrenal adenoma, 2 cm; smaller one contralaterally."),
    ("en", "Nodule in the left lower lobe, 6 mm. Similar finding in the right upper lobe."),
    ("en", "Metastasis in L3. Further deposits in T12 and the sacrum."),
    ("en", "Cyst in the left kidney. Ditto the right kidney."),
    ("en", "Aneurysm of the left common iliac artery 2.4 cm; that of the right measures 1.9 cm."),
    ("en", "The right kidney has a stone, as does the left."),
]
STANDS_ALONE = [
    ("de", "Zyste am Oberpol der rechten Niere, 31 mm. Die Milz ist normal groß. Die Leber ist homogen."),
    ("de", "Links Nierenzyste, rechts keine."),
    ("de", "Nierenstein rechts 5 mm. Die Leber ist ebenfalls unauffällig."),
    ("en", "There is a 31 mm cyst in the right kidney. The left kidney is also unremarkable."),
    ("en", "Left kidney: 5 mm stone in the lower pole; right kidney: no stones."),
]


@pytest.mark.parametrize(("language", "text"), GOES_ON)
def test_nothing_is_asked_that_holds_of_one_alone(language, text):
    claims = claims_of(language, text)
    assert any(claim.kind == "has_finding" and claim.holds for claim in claims)
    assert not [claim for claim in claims if claim.kind in ALONE]


@pytest.mark.parametrize(("language", "text"), STANDS_ALONE)
def test_the_only_one_is_asked_about(language, text):
    assert {"finding_organ", "finding_side"} <= {claim.kind for claim in claims_of(language, text)}


def test_a_text_that_goes_on_with_another_ones_finding_may_mean_any():
    text = "Further ones in the spleen."
    assert carried_on(text, read_clauses(text, "en", "CT"), "en") == [ANYTHING]
    text = "The spleen is normal in size."
    assert carried_on(text, read_clauses(text, "en", "CT"), "en") == []


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Leberzyste oder Hämangiom in Segment II."),
        ("en", "Cyst or abscess in the spleen."),
        ("en", "No liver lesion other than a hemangioma in segment VI."),
        ("de", "Keine Leberläsion außer einem Hämangiom."),
        ("en", "Were there a stone in the gallbladder, it would be radiolucent."),
        ("de", "Verlaufskontrolle bei bekannter Leberzyste."),
        ("de", "Zyste rechts 3 cm. Nieren sonst unauffällig."),
    ],
)
def test_what_is_left_open_is_not_asked(language, text):
    assert [c for c in claims_of(language, text) if c.kind in ("has_finding", "has_finding_in", "normal_or_not")] == []


def test_a_lesion_is_not_denied_beside_a_cyst():
    claims = claims_of("de", "Keine fokale Leberläsion. Zyste in Segment VI der Leber.")
    assert not [c for c in claims if c.kind == "has_finding_in" and not c.holds and c.subject[1] == "liver"]
