"""A clause that denies a change stays as it is, or comes out as a thing that is certain to be there."""

import pytest

from refrad2d.text.temporal import curate_sentence
from refrad2d.text.temporal.checks.denied_english import denied_change

TURNED = [
    ("No worsening of the pulmonary edema.", "Pulmonary edema."),
    ("No increase in the ascites.", "Ascites."),
    ("No recurrence of the abscess.", "Abscess."),
    ("No new nodules.", "Nodules."),
    ("New since the prior: no lesions.", "No lesions."),
    ("None of the lesions has grown.", "Lesions."),
    ("Effusion improved, no enlarging nodes.", "Effusion, nodes."),
    ("The drain has not been advanced and no new air.", "Drain."),
]
SOUND = [
    ("No new nodules compared to May.", "No new nodules."),
    ("The nodule has not grown since May.", "Nodule."),
    ("No growth of the 12 mm nodule.", "12 mm nodule."),
    ("No resolution of the pneumothorax.", "Pneumothorax."),
    ("Mild edema without worsening.", "Mild edema."),
    ("No increase in the known ascites.", "Ascites."),
    ("No recurrence since 2016 of the liposarcoma.", "No recurrence of the liposarcoma."),
    ("The mass has grown to 4 cm without necrosis.", "Mass, 4 cm without necrosis."),
]
STAYS = [
    "Without earlier images, progression cannot be assessed.",
    "No worsening of the pulmonary edema.",
    "No worsening of the congestion.",
    "The effusion has increased on the left, not on the right.",
    "The infiltrate has cleared on the right but persists on the left.",
    "Edema has subsided in part, effusion completely.",
    "It was 12 mm in diameter in the arterial phase.",
    "The goitre has been known for years and is 5 cm.",
    "Cyst of 4 cm, no skin change.",
    "The lesions are stable, without new ones.",
    "Evolving infarct in the left hemisphere with no hemorrhage.",
]


@pytest.mark.parametrize(("source", "kept"), TURNED)
def test_a_denied_change_does_not_become_a_finding(source, kept):
    assert denied_change(source, kept, "en") == "denied"


@pytest.mark.parametrize(("source", "kept"), SOUND)
def test_what_is_presupposed_may_be_said(source, kept):
    assert denied_change(source, kept, "en") is None


@pytest.mark.parametrize("sentence", STAYS)
def test_an_unsure_denial_stays_as_it_came(sentence):
    assert curate_sentence(sentence, "en") == sentence


def test_a_language_without_a_table_is_not_checked():
    assert denied_change("Keine Zunahme des Ödems.", "Ödem.", "de") is None
