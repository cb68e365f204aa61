"""What a rewrite may not do to its source."""

import pytest

from refrad2d.text.temporal.guard import fault

FAULTS = [
    ("de", "Kein progredienter Erguss.", "Kein Erguss.", "scope"),
    ("de", "Kein Erguss rechts, unverändert.", "Erguss rechts.", "negation"),
    ("de", "Unverändert Erguss rechts.", "Erguss.", "lost"),
    ("de", "Unverändert Erguss.", "Erguss links.", "added"),
    ("de", "Degenerativ veränderte LWS.", "Degenerativ LWS.", "adverb"),
    ("de", "Erguss bds., unverändert.", "Erguss bds..", "form"),
    ("en", "The aorta is enlarged, measuring 4.5 cm.", "The aorta is enlarged.", "number"),
    ("en", "The pancreas is decreased in size and fatty.", "Pancreas.", "lost"),
    ("en", "No node has enlarged.", "No node.", "scope"),
    ("en", "The right kidney has decreased in size.", "Right kidney.", "bare"),
    ("en", "Left effusion has decreased and the right is unchanged.", "Left effusion and the right.", "form"),
    ("de", "Leber weiterhin vergrößert, 18 cm.", "Leber, 18 cm.", "state"),
    ("de", "Das Ödem ist inzwischen abgeklungen.", "Ödem.", "vanished"),
    (
        "de",
        "Thrombose links, im Duplex vor 1 Woche nicht vorhanden.",
        "Thrombose links, im Duplex nicht vorhanden.",
        "previous",
    ),
    ("de", "Keine nennenswerte Dynamik der Mikroangiopathie.", "Keine nennenswerte Mikroangiopathie.", "scope"),
    ("de", "Muskel schmal links, rechts idem.", "Muskel schmal links und rechts.", "side"),
    ("en", "Right kidney: unchanged.", "Right kidney.", "bare"),
    ("en", "Nodule, 2.4 cm compared to 1.9 cm last year.", "Nodule.", "number"),
]


@pytest.mark.parametrize(("language", "source", "kept", "reason"), FAULTS)
def test_a_turned_meaning_is_named(language, source, kept, reason):
    assert fault(source, kept, language) == reason


@pytest.mark.parametrize(
    ("language", "source", "kept"),
    [
        ("de", "Zyste, aktuell 23 mm (zuvor 18 mm).", "Zyste, 23 mm."),
        ("de", "Der Erguss ist nicht mehr nachweisbar.", "Kein Erguss nachweisbar."),
        ("en", "The effusion has resolved.", "No effusion."),
    ],
)
def test_what_only_loses_time_stands(language, source, kept):
    assert fault(source, kept, language) is None
