"""Images that a report names, in many spellings; what only looks like one; and sentences without their numbers."""

import pytest

from refrad2d.text.references import MAX_RANGE, Edit, find_references, rewrite_references

GERMAN = {
    "Bild 2 zeigt eine glatte Leber.": "Dieses Bild zeigt eine glatte Leber.",
    "Bilder 3-7 zeigen eine Läsion.": "Diese Bilder zeigen eine Läsion.",
    "Die Bilder 3-7 zeigen eine Läsion.": "Diese Bilder zeigen eine Läsion.",
    "Bild 3-5 zeigen die Milz.": "Diese Bilder zeigen die Milz.",
    "In Bild 2 zeigt sich eine Zyste.": "In diesem Bild zeigt sich eine Zyste.",
    "Im Bild 2 zeigt sich eine Zyste.": "In diesem Bild zeigt sich eine Zyste.",
    "Auf Bild 3 ist die Leber glatt.": "Auf diesem Bild ist die Leber glatt.",
    "Auf den Bildern 3-7 ist die Leber glatt.": "Auf diesen Bildern ist die Leber glatt.",
    "Die Läsion ist in Serie 4, Bild 32 gut abgrenzbar.": "Die Läsion ist in diesem Bild gut abgrenzbar.",
    "Ser. 4, Im. 12 zeigt eine Zyste.": "Dieses Bild zeigt eine Zyste.",
    "Se 4 Im 12: Zyste der Leber.": "Zyste der Leber.",
    "Leber glatt (Serie 4, Bild 2).": "Leber glatt.",
    "Leber glatt (siehe Bild 3).": "Leber glatt.",
    "Leber glatt (Bild 3, 5, 7), Milz normal.": "Leber glatt, Milz normal.",
    "Leber glatt [Bild 3 und 4].": "Leber glatt.",
    "Leber glatt, siehe Bild 7.": "Leber glatt.",
    "Leberzyste, Bild 12.": "Leberzyste.",
    "Leberzyste, s. Bild 12, sonst unauffällig.": "Leberzyste, sonst unauffällig.",
    "Siehe Bild 12.": "",
    "Bild 12.": "",
    "Bild 3: Leber glatt.": "Leber glatt.",
    "Bild 3 - Leber glatt.": "Leber glatt.",
    "bild 3: unauffällige Leber.": "Unauffällige Leber.",
    "Leberzyste in Bild 12.": "Leberzyste in diesem Bild.",
    "Leberzyste auf den Bildern 3, 5 und 7.": "Leberzyste auf diesen Bildern.",
    "Leberzyste Bild 12.": "Leberzyste Bild 12.",
    "Die Leberzyste, die Bild 12 zeigt, ist glatt.": "Die Leberzyste, die dieses Bild zeigt, ist glatt.",
    "Vergleich mit Bild 12.": "Vergleich mit diesem Bild.",
    "Schicht 12 zeigt die Niere.": "Diese Schicht zeigt die Niere.",
    "In Schicht 12 ist die Niere glatt.": "In dieser Schicht ist die Niere glatt.",
    "Der Befund in den Schichten 12 bis 14 ist unverändert.": "Der Befund in diesen Schichten ist unverändert.",
    "Siehe auch Aufnahme 3: Leber glatt.": "Siehe auch Aufnahme 3: Leber glatt.",
    "Leber glatt (siehe Bild).": "Leber glatt (siehe Bild).",
    "Gut erkennbar ist Bild 4.": "Gut erkennbar ist dieses Bild.",
    "Die Milz (Bild 3) und die Leber (Bild 4) sind glatt.": "Die Milz und die Leber sind glatt.",
    "Milz in Bild 3, Leber in Bild 4 glatt.": "Milz in Bild 3, Leber in Bild 4 glatt.",
    "Bild 3 und 5 Läsionen der Leber.": "Bild 3 und 5 Läsionen der Leber.",
    "Bild 3, 5 mm große Zyste.": "Bild 3, 5 mm große Zyste.",
    "Das Bild 4 zeigt die Leber.": "Dieses Bild zeigt die Leber.",
    "Zyste, am besten in Serie 3, Bild 14 zu sehen.": "Zyste, am besten in diesem Bild zu sehen.",
    "Ab Bild 12 ist die Leber erkennbar.": "Ab Bild 12 ist die Leber erkennbar.",
    "Größte Läsion (Serie 2, Bild 14 und Serie 3, Bild 15).": "Größte Läsion.",
    "Läsion von Bild 3 bis Bild 9 abgrenzbar.": "Läsion von Bild 3 bis Bild 9 abgrenzbar.",
    "Die Niere ist wie in Bild 3 glatt.": "Die Niere ist wie in diesem Bild glatt.",
    "Als Zyste in Bild 3, Serie 4 erkennbar.": "Als Zyste in diesem Bild erkennbar.",
    "Zyste (Bild 12 der Serie 4).": "Zyste.",
    "Zyste (Bild 12, Serie 4).": "Zyste.",
    "Zyste in Bild 12 (Serie 4).": "Zyste in diesem Bild.",
    "Bild 12/120 zeigt die Leber.": "Dieses Bild zeigt die Leber.",
    "Die Leber, siehe Bild 7, ist glatt.": "Die Leber ist glatt.",
}  # fmt: skip
ENGLISH = {
    "Image 2 shows a smooth liver.": "This image shows a smooth liver.",
    "Images 3-7 show a lesion.": "These images show a lesion.",
    "The images 3 to 7 show a lesion.": "These images show a lesion.",
    "In image 2 there is a cyst.": "In this image there is a cyst.",
    "On images 3-7 the liver is smooth.": "On these images the liver is smooth.",
    "On series 4, image 32 there is a cyst.": "On this image there is a cyst.",
    "The lesion is best seen on series 4 image 12.": "The lesion is best seen on this image.",
    "The lesion is best seen on series 4 image 12, and is unchanged.": "The lesion is best seen on this image, and is unchanged.",
    "The liver is smooth (series 4, image 2).": "The liver is smooth.",
    "The liver is smooth (see image 3).": "The liver is smooth.",
    "The liver is smooth (images 3, 5, 7).": "The liver is smooth.",
    "The liver is smooth (Se 4 Im 32; Se 5 Im 3).": "The liver is smooth.",
    "Liver cyst, see image 7.": "Liver cyst.",
    "Liver cyst, image 7.": "Liver cyst.",
    "Liver cyst, e.g. image 7, is simple.": "Liver cyst is simple.",
    "See image 7.": "",
    "Image 3.": "",
    "Image 3: the liver is smooth.": "The liver is smooth.",
    "Series 4, image 3 - smooth liver.": "Smooth liver.",
    "Liver cyst image 12.": "Liver cyst image 12.",
    "The cyst that image 12 shows is simple.": "The cyst that this image shows is simple.",
    "Compared with image 12, it is smooth.": "Compared with this image, it is smooth.",
    "Slice 12 demonstrates the kidney.": "This slice demonstrates the kidney.",
    "In slice 12 the kidney is smooth.": "In this slice the kidney is smooth.",
    "Images 3, 5 and 7 show a lesion.": "These images show a lesion.",
    "Image 3 and 5 lesions in the liver.": "Image 3 and 5 lesions in the liver.",
    "Image 3, 5 mm cyst.": "Image 3, 5 mm cyst.",
    "The liver (image 3) and the spleen (image 4) are smooth.": "The liver and the spleen are smooth.",
    "The lesion measures 12 mm on image 4.": "The lesion measures 12 mm on this image.",
    "A cyst is shown in image 4 and image 5.": "A cyst is shown in these images.",
    "From image 3 to image 9 the liver is visible.": "From image 3 to image 9 the liver is visible.",
    "The lesion extends from images 3-9.": "The lesion extends from images 3-9.",
    "As image 3 shows, the liver is smooth.": "As this image shows, the liver is smooth.",
    "Key images: 3, 4.": "Key images: 3, 4.",
    "The lesion is seen at series 2, image 14, and series 3, image 15.": "The lesion is seen at these images.",
    "IMA 9 shows the spleen.": "This image shows the spleen.",
    "Best appreciated on image 41/120.": "Best appreciated on this image.",
    "Image #5 shows a cyst.": "This image shows a cyst.",
    "Image No. 5 reveals a cyst.": "This image reveals a cyst.",
    "Cyst on image 12 of series 4.": "Cyst on this image.",
    "Cyst (image 12, series 4).": "Cyst.",
    "The liver, see image 7, is smooth.": "The liver is smooth.",
    "Image 12 (series 3) shows the liver.": "This image shows the liver.",
}  # fmt: skip


@pytest.mark.parametrize(("sentence", "clean"), GERMAN.items())
def test_a_german_sentence_reads_as_one(sentence, clean):
    assert rewrite_references(sentence, "de")[0] == clean


@pytest.mark.parametrize(("sentence", "clean"), ENGLISH.items())
def test_an_english_sentence_reads_as_one(sentence, clean):
    assert rewrite_references(sentence, "en")[0] == clean


@pytest.mark.parametrize(("texts", "language"), [(GERMAN, "de"), (ENGLISH, "en")])
def test_applying_it_twice_changes_nothing_more(texts, language):
    for sentence in texts:
        once = rewrite_references(sentence, language)[0]
        assert rewrite_references(once, language)[0] == once


@pytest.mark.parametrize(("texts", "language"), [(GERMAN, "de"), (ENGLISH, "en")])
def test_edits_make_the_sentence(texts, language):
    for sentence in texts:
        clean, edits = rewrite_references(sentence, language)
        made = sentence
        for edit in reversed(edits):
            made = made[: edit.start] + edit.text + made[edit.end :]
        assert made.casefold() == clean.casefold()


def test_a_sentence_without_references_has_no_edits():
    assert rewrite_references("Leber glatt, 5 mm.", "de") == ("Leber glatt, 5 mm.", [])
    assert rewrite_references("Siehe Bild 12.", "de") == ("", [Edit(0, 14, "")])


def test_references_in_many_spellings():
    found = [
        (r.series, list(r.instances))
        for r in find_references("Herd (Se 4 Im 32), s. Bild 7; series 2 image 3-5, IMA 9")
    ]
    assert found == [(4, [32]), (None, [7]), (2, [3, 4, 5]), (None, [9])]
    assert find_references("BWK 12, 3 Bilder, im 4. Segment, slice 5 mm, Im 4. ICR") == []


def test_the_place_of_a_reference_is_its_words():
    text = "Leber glatt (Serie 4, Bild 2)."
    (found,) = find_references(text)
    assert text[found.start : found.end] == "Serie 4, Bild 2"


def test_a_range_of_too_many_images_is_none():
    assert find_references(f"Bild 1-{MAX_RANGE + 1}") == [] and len(find_references(f"Bild 1-{MAX_RANGE}")) == 1


def test_a_range_that_runs_backwards_is_none():
    assert find_references("Bild 12-3") == []


@pytest.mark.parametrize(
    ("text", "series", "images"),
    [
        ("Bilder 3, 5 und 7 zeigen", None, [3, 5, 7]),
        ("(Bild 3, 5, 9)", None, [3, 5, 9]),
        ("Bilder 3-5 und 9.", None, [3, 4, 5, 9]),
        ("images 3, 4, and 9.", None, [3, 4, 9]),
        ("Ser. 4, Im. 12", 4, [12]),
        ("Bild 12 der Serie 4", 4, [12]),
        ("image 12 of series 4", 4, [12]),
        ("image 12 (series 4)", 4, [12]),
        ("Bild 41/120", None, [41]),
        ("Bild 3 und 5 Läsionen", None, [3]),
        ("image 3 and 5 lesions", None, [3]),
        ("Bild 3, 5 mm große Zyste", None, [3]),
        ("Bild Nr. 7", None, [7]),
        ("image #7", None, [7]),
    ],
)
def test_lists_and_series_are_read_as_far_as_they_are_certain(text, series, images):
    (found,) = find_references(text)
    assert (found.series, list(found.instances)) == (series, images)
