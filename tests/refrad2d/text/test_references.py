"""Images that a report names, in many spellings; and what only looks like one."""

from refrad2d.text.references import MAX_RANGE, find_references


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
