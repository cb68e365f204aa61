"""Zones and cells of a letter."""

from refrad2d.privacy.letters.layout import cells, read_layout

LETTER = """Klinik Nord | Radiologie
An Dr. Weber

Sehr geehrter Herr Weber,
wir berichten über den Verlauf und danken für die Zuweisung der Patientin.

Mit freundlichen Grüßen
Dr. Anna Ernst      ae/kl"""


def test_a_letter_has_head_body_and_foot():
    zones = [(LETTER[line.start : line.end].split()[0], line.zone) for line in read_layout(LETTER)]
    assert zones == [
        ("Klinik", "head"),
        ("An", "head"),
        ("Sehr", "body"),
        ("wir", "body"),
        ("Mit", "foot"),
        ("Dr.", "foot"),
    ]


def test_cells_stand_between_bars_and_gaps():
    first, last = read_layout(LETTER)[0], read_layout(LETTER)[-1]
    assert [LETTER[a:b] for a, b in cells(LETTER, first)] == ["Klinik Nord", "Radiologie"]
    assert [LETTER[a:b] for a, b in cells(LETTER, last)] == ["Dr. Anna Ernst", "ae/kl"]
