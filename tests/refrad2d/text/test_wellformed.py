"""A rewrite that is no whole sentence, or no longer says which value is of now, is found out."""

import pytest

from refrad2d.text.wellformed import defect

CASES = [
    ("form", "The nodule is unchanged (8 mm).", "The nodule is (8 mm)."),
    ("form", "Von 14 mm ist der Knoten auf 9 mm geschrumpft.", "Von 14 mm ist der Knoten, 9 mm."),
    ("form", "The stent is unchanged and patent, but tight.", "Stent and patent, but tight."),
    ("form", "Der Herd ist gleich groß, nimmt aber nun Kontrastmittel auf.", "Herd, nimmt aber Kontrastmittel."),
    ("form", "The drain sits higher than yesterday.", "The drain sits."),
    ("form", "Left effusion is back down to 2 cm.", "Left effusion is back 2 cm."),
    ("now", "Node: 17 mm in May, 10 mm today.", "Node: 17 mm in May, 10 mm."),
    ("now", "Statt zwei nun drei Herde.", "Statt zwei drei Herde."),
    ("within", "Increasing uptake on the delayed phase.", "Uptake on the delayed phase."),
    ("within", "Beim Valsalva-Manöver zunehmende Vorwölbung.", "Beim Valsalva-Manöver Vorwölbung."),
    ("state", "Nodes up to 9 mm, not enlarged.", "Nodes up to 9 mm."),
    ("side", "Rechts sind neue, links keine neuen Infiltrate.", "Rechts und links keine neuen Infiltrate."),
    ("contrast", "No growth of the cyst but of its solid part.", "Cyst but of its solid part."),
    ("contrast", "Kein neuer, aber ein größerer Herd.", "Kein neuer Herd."),
    ("unsure", "One nodule has grown, the other has not.", "One nodule, the other has not."),
    ("unsure", "Whether the lesion has grown cannot be assessed.", "Whether the lesion."),
    ("previous", "Heute nicht punktiert, vor zwei Wochen 40 ml aspiriert.", "Nicht punktiert, 40 ml aspiriert."),
    ("previous", "Aortic diameter 42 mm in 2018 and 45 mm in 2020.", "Aortic diameter 42 mm and 45 mm."),
]


@pytest.mark.parametrize(("reason", "source", "kept"), CASES)
def test_each_check_finds_its_fault(reason, source, kept):
    assert defect(source, kept) == reason


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        ("The nodule is unchanged, 8 mm.", "The nodule, 8 mm."),
        ("Zyste der Niere, aktuell 23 mm (zuvor 18 mm).", "Zyste der Niere, 23 mm."),
        ("Bile ducts are no longer dilated.", "Bile ducts are not dilated."),
        ("Erguss rechts, links unverändert.", "Erguss rechts, links."),
    ],
)
def test_whole_sentences_stand(source, kept):
    assert defect(source, kept) is None


def test_a_sentence_that_stayed_has_no_defect():
    assert defect("Ob der Herd gewachsen ist, bleibt offen.", "Ob der Herd gewachsen ist, bleibt offen.") is None
