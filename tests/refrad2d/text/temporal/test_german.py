"""German clauses of change: what is there now, what is gone, and what stays as it is."""

import pytest

from refrad2d.text.temporal.german import reframe
from refrad2d.text.temporal.guard import fault


@pytest.mark.parametrize(
    ("sentence", "now"),
    [
        ("Der Rundherd hat von 8 auf 11 mm zugenommen.", "Der Rundherd misst 11 mm."),
        ("Der Durchmesser der Aorta hat auf 5,1 cm zugenommen.", "Der Durchmesser der Aorta beträgt 5,1 cm."),
        ("Das Meningeom ist mit 14 mm unverändert.", "Das Meningeom misst 14 mm."),
        ("Vollständige Auflösung des apikalen Pneumothorax rechts.", "Kein apikaler Pneumothorax rechts."),
        ("Das Knochenmarködem im Femurkondylus besteht nicht mehr.", "Kein Knochenmarködem im Femurkondylus."),
        ("Die Atelektase links ist nicht vollständig aufgelöst.", "Atelektase links."),
        ("Keine Größenzunahme des kleinen Rundherdes links.", "kleiner Rundherd links."),
        ("Zunahme der Kyphose der BWS auf 58° (vormals 51°).", "Kyphose der BWS von 58° (vormals 51°)."),
        ("Die Raumforderung im Pankreasschwanz war zuvor nicht vorhanden.", "Raumforderung im Pankreasschwanz."),
        ("Unter Antibiose hat der Abszess auf 11 mm abgenommen.", "Unter Antibiose misst der Abszess 11 mm."),
        ("Synovialitis im Sprunggelenk abgenommen, Sehne intakt.", "Synovialitis im Sprunggelenk, Sehne intakt."),
        ("Die Kollektion hat zugenommen und enthält jetzt Luft.", "Die Kollektion enthält jetzt Luft."),
    ],
)
def test_a_clause_of_change_says_what_is_there(sentence, now):
    assert reframe(sentence) == now
    assert fault(sentence, now[:1].upper() + now[1:].replace(" (vormals 51°)", ""), "de") is None


@pytest.mark.parametrize(
    "sentence",
    [
        "Keine Läsion hat sich in der Leber entwickelt.",
        "Weder Herd noch Erguss haben zugenommen.",
        "Die Prostata ist auf 64 ml vergrößert.",
        "Die linke Niere ist im Vergleich zur rechten Niere verkleinert.",
        "Links ist die Stauung abgeklungen, rechts hat sie zugenommen.",
        "Rückbildung des Dünndarmileus.",
        "Der Tumor ist in die Blase gewachsen.",
        "Zunahme der Dichte des Fettgewebes.",
        "Der Patient ist stationär.",
        "Eine Rückbildung des Tumors kann nicht beurteilt werden.",
    ],
)
def test_what_is_unsure_stays(sentence):
    assert reframe(sentence) == sentence
