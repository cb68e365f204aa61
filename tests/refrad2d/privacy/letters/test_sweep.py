"""The last look is for letters alone, keeps clinical terms, and stays linear."""

import time

from refrad2d.privacy.deidentify import deidentify
from refrad2d.privacy.letters.sweep import is_sure_letter, sweep

LETTER = "[NAME], [DATE], [ADDRESS], Tel. [PHONE]. "


def test_a_finding_is_no_letter():
    assert not is_sure_letter("Vergleich mit [DATE] und [DATE]: Zyste.")
    assert is_sure_letter(LETTER)
    assert list(sweep("Hrastnik, Harehills", "de", [])) == []


def test_eponyms_stay_in_letters():
    text = LETTER + "Baker-Zyste, Child-Pugh B, Weber C, Bosniak IIF, PI-RADS 4."
    assert list(sweep(text, "de", ["Bernd Baker"])) == []


def test_strangers_of_letters_go():
    assert deidentify(LETTER + "Besuch von Hrastnik.", "de").endswith("Besuch von [NAME].")


def test_a_word_of_hundreds_of_letters_goes_at_once():
    began = time.process_time()
    assert deidentify("A-" * 20000, "en") == "[ID]"
    assert time.process_time() - began < 5
