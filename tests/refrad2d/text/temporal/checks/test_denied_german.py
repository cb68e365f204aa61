"""A denied change stays denied, or becomes the thing that it speaks of; it never denies the thing."""

import pytest

from refrad2d.text.temporal import curate
from refrad2d.text.temporal.checks.denied_german import denial_turned

TURNED = [
    ("Kein Hinweis auf einen zunehmenden Hydrozephalus.", "Kein Hinweis auf einen Hydrozephalus."),
    ("Ohne Voraufnahmen ist eine Zunahme der Stauung nicht beurteilbar.", "Stauung nicht beurteilbar."),
    ("Eine die Zunahme der Parese erklärende Raumforderung besteht nicht.", "Parese erklärende Raumforderung."),
    ("Größenzunahme des Myoms rechts (88 mm) nicht feststellbar.", "Myom rechts (88 mm) nicht feststellbar."),
    ("Kein progredienter Erguss, Herz normal groß.", "Erguss, Herz normal groß."),
]
SOUND = [
    ("Keine Zunahme des Hirnödems links.", "Hirnödem links."),
    ("Das Meningeom ist seit 2018 nicht gewachsen.", "Meningeom."),
    ("Eine Zunahme des Ergusses besteht nicht.", "Erguss."),
    ("Unverändert kein Pneumothorax.", "Kein Pneumothorax."),
    ("Weiterhin keine neuen Infiltrate.", "Keine neuen Infiltrate."),
    ("Der zunehmende Erguss ist nicht mehr nachweisbar.", "Kein Erguss."),
    ("Kein Erguss, progrediente Atelektase.", "Kein Erguss; Atelektase."),
]
# written to break the check: what a sentence denies of a change comes back as it is
KEPT = [
    "Kein Nachweis eines im Verlauf größenprogredienten Pankreaspseudozystenrests.",
    "Keine gegenüber dem CT vom 3.4.2021 zunehmende Einblutung im Infarktareal.",
    "Zunahme des Ergusses kann ohne Voraufnahme nicht ausgeschlossen werden.",
    "Mangels Voruntersuchung keine Aussage zur Progredienz der Fibrose möglich.",
    "Neu ist der Herd im Segment V, nicht neu der im Segment VIII.",
    "Nicht die Größe, wohl aber die Zahl der Metastasen hat zugenommen.",
    "Eine Progredienz des Ergusses ist nicht erkennbar, ebenso wenig ein neues Infiltrat.",
    "Weder Zunahme des Ödems noch neue Blutung.",
    "Keine größeren Lymphknoten als in der Voruntersuchung.",
    "Kein weiterer Herd ist seit der Voruntersuchung gewachsen.",
]


@pytest.mark.parametrize(("source", "kept"), TURNED)
def test_a_denied_change_is_no_denied_thing(source, kept):
    assert denial_turned(source, kept, "de")


@pytest.mark.parametrize(("source", "kept"), SOUND)
def test_what_the_denial_allows_passes(source, kept):
    assert not denial_turned(source, kept, "de")


@pytest.mark.parametrize("sentence", KEPT)
def test_curation_leaves_such_a_sentence(sentence):
    assert curate(sentence, "de") == sentence
