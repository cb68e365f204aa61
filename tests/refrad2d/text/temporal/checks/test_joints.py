"""A word that lost what it belonged to is seen by its new neighbour; sound rewrites pass."""

import pytest

from refrad2d.text.temporal.checks.joints import misjoined

TURNED = [
    ("de", "Keine Zunahme, eher Abnahme des Ergusses.", "Eher Nachweis des Ergusses.", "joint"),
    ("de", "Nicht mehr ganz so dichte Infiltrate.", "Nicht ganz so dichte Infiltrate.", "joint"),
    ("en", "The metastasis has stopped growing.", "The metastasis has stopped.", "elliptic"),
    ("de", "Die Zyste hat zugenommen, die Stenose schon.", "Zyste, die Stenose schon.", "elliptic"),
    ("de", "Rückgang der Blutung um die Hälfte.", "Blutung um die Hälfte.", "said"),
    ("de", "Fissur nicht mehr sicher abgrenzbar.", "Fissur nicht abgrenzbar.", "sure"),
    ("en", "Fissure no longer clearly seen.", "Fissure not seen.", "sure"),
    ("de", "Zyste 46 mm, größer als 2021 (41 mm).", "Zyste 46 mm (41 mm).", "size"),
    ("en", "Not seen in 2020, 4 mm in 2022 and 9 mm today.", "Not seen in 2020 and 9 mm today.", "year"),
    ("de", "Links kein Erguss mehr, rechts unverändert.", "Links kein Erguss, rechts.", "side"),
    ("de", "Herd, in der VU nicht abgrenzbar gewesen.", "Herd, nicht abgrenzbar gewesen.", "past"),
    ("en", "Left effusion, size unchanged.", "Left effusion, size.", "measure"),
    ("en", "Half of the metastases have shrunk.", "Half of the metastases.", "part"),
    ("de", "Ehemals großer Abszess, jetzt nicht mehr darstellbar.", "Großer Abszess, nicht darstellbar.", "once"),
]
SOUND = [
    ("de", "Der Pneumothorax ist nicht mehr nachweisbar.", "Kein Pneumothorax."),
    ("de", "Erguss links zunehmend, rechts unverändert.", "Erguss links und rechts."),
    ("de", "Zyste 23 mm (zuvor 18 mm), nicht mehr septiert.", "Zyste 23 mm, nicht septiert."),
    ("en", "Ascites has resolved, splenomegaly is stable.", "No ascites; splenomegaly."),
    ("en", "The mass measures 31 mm (2021: 28 mm).", "The mass measures 31 mm."),
    ("en", "No longer any effusion on the left.", "No effusion on the left."),
]


@pytest.mark.parametrize(("language", "source", "kept", "why"), TURNED)
def test_a_word_that_lost_its_own_is_seen(language, source, kept, why):
    assert misjoined(source, kept, language) == why


@pytest.mark.parametrize(("language", "source", "kept"), SOUND)
def test_sound_rewrites_pass(language, source, kept):
    assert misjoined(source, kept, language) is None
