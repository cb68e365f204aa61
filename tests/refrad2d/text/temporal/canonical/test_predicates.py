"""Perfects that end in a state of now."""

import pytest

from refrad2d.text.temporal.canonical.predicates import in_present


@pytest.mark.parametrize(
    ("language", "sentence", "told"),
    [
        ("en", "The thrombus has extended into the splenic vein.", "The thrombus extends into the splenic vein."),
        ("en", "Tumours have crossed the midline.", "Tumours cross the midline."),
        ("en", "The tumour has reached the chiasm.", "The tumour reaches the chiasm."),
        ("en", "The cyst has reached 60 mm.", "The cyst measures 60 mm."),
        ("en", "Pneumothorax is reduced to a 6 mm rim.", "Pneumothorax is a 6 mm rim."),
        ("en", "The nodule is no longer 21 mm but 27 mm.", "The nodule measures 27 mm."),
        ("en", "Normalization of the ventricles.", "Normal ventricles."),
        ("en", "The node has come down to 9 mm.", "The node has come down to 9 mm."),
        ("de", "Rundherd rechts von 8 auf 14 mm zunehmend.", "Rundherd rechts 14 mm."),
        ("de", "Der Herd ist nicht mehr 21, sondern 27 mm groß.", "Der Herd misst 27 mm."),
        ("de", "Normalisierung der Weite des Ductus.", "Normale Weite des Ductus."),
        (
            "de",
            "Das Infiltrat hat sich bis in den Unterlappen ausgedehnt.",
            "Das Infiltrat reicht bis in den Unterlappen.",
        ),
        ("de", "Der Herd hat von 8 auf 14 mm zugenommen.", "Der Herd hat von 8 auf 14 mm zugenommen."),
    ],
)
def test_what_has_become_so_is_so(language, sentence, told):
    assert in_present(sentence, language) == told
