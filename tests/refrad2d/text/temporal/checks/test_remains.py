"""What no rewrite leaves behind: a state of another day without its day, half a comparison, a clause without its verb."""

import pytest

from refrad2d.text.temporal import curate
from refrad2d.text.temporal.checks.remains import leaves_behind


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Höhenminderung von LWK 1 um 30 %, im April lediglich 10 %."),
        ("de", "Hochgradige, zuletzt noch mittelgradige Stenose des Recessus L4/5 links."),
        ("de", "Meniskusriss Grad 3, am 4.5. nur Grad 2."),
        ("de", "Harnblase prall gefüllt, bei der letzten Untersuchung leer."),
        ("de", "Erguss links, vor einer Woche noch rechts."),
        ("en", "Bladder distended, empty on the last exam."),
        ("de", "Abszess, der vor zwei Wochen 6 cm maß und nun 2 cm misst."),
        ("de", "Das Infiltrat ist ebenso wie der Erguss regredient."),
        ("en", "The lymph nodes have, like the spleen, become larger."),
        ("en", "The lesion is not, as previously reported, on the right but on the left."),
        ("de", "Außer einer neuen Atelektase links keine Befundänderung."),
        ("en", "Less effusion, more consolidation."),
        ("de", "Der im Juni noch große Gelenkerguss ist jetzt gering."),
        ("de", "Der im April noch 3 cm große Lymphknoten ist jetzt nicht mehr vergrößert."),
        ("de", "In der Voraufnahme fand sich rechts ein Pneumothorax, der heute nicht sichtbar ist."),
        ("de", "Links ist das Infiltrat zunehmend und jetzt konfluierend."),
        ("de", "Nach Punktion ist der Erguss links deutlich kleiner; kein Pneumothorax."),
        ("de", "Die Kompressionsfraktur LWK 1 ist alt und unverändert, die von BWK 11 ist neu."),
        ("de", "Der Pneumothorax ist fast vollständig resorbiert."),
        ("de", "Die im Vorbefund beschriebene Fraktur entspricht einem Gefäßkanal."),
        ("en", "In retrospect, the nodule was already visible in 2020 with 4 mm."),
        ("en", "The renal cyst has changed from Bosniak II to Bosniak III."),
        ("en", "The pacemaker was replaced by an ICD; leads end in the right atrium and right ventricle."),
        ("en", "Overall, there is no significant change, with the line tip in the SVC."),
        ("en", "The consolidation in the right upper lobe has cleared, leaving a scar."),
    ],
)
def test_a_state_of_another_day_and_half_a_clause_keep_their_sentence(language, text):
    assert curate(text, language) == text


@pytest.mark.parametrize(
    ("language", "text", "kept"),
    [
        ("en", "The central line has been pulled back; no pneumothorax.", "has been pulled back"),
        ("en", "Left basal atelectasis has re-expanded, right basal linear atelectasis.", "has re-expanded"),
        ("en", "Left effusion has been drained, right effusion 2 cm.", "has been drained"),
        ("en", "The chest tube has been withdrawn; the PICC remains in the SVC.", "has been withdrawn"),
        ("de", "Die Atelektase links basal hat sich gelöst, rechts basal streifig.", "hat sich gelöst"),
        ("en", "Widened mediastinum, likely positional, slim two days ago.", "likely positional"),
    ],
)
def test_that_a_thing_is_gone_and_a_guess_never_go(language, text, kept):
    assert kept in curate(text, language)


@pytest.mark.parametrize(
    ("language", "text", "kept"),
    [
        ("de", "Zyste, vor 3 Wochen 2 cm, jetzt 3 cm.", "Zyste 3 cm."),
        ("de", "Rundherd im Oberlappen, im April neu aufgetreten.", "Rundherd im Oberlappen."),
        ("en", "Effusion is now moderate.", "Effusion is moderate."),
        ("en", "Ascites, more than on Monday's ultrasound.", "Ascites."),
        ("en", "Effusion on the left, like the one on the right.", "Effusion on the left, like the one on the right."),
    ],
)
def test_what_is_of_today_stays_without_the_rest(language, text, kept):
    assert not leaves_behind(text, kept, language)
    assert curate(text, language) == kept
