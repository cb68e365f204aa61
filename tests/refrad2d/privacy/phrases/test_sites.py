"""Wards, rooms, houses and hosts go by the phrase around them; kinds of wards and levels of medicine stay."""

import pytest

from refrad2d.privacy.deidentify import deidentify
from refrad2d.privacy.phrases.sites import find_sites

FOUND = (
    ("Back to Nightingale Ward.", "Nightingale Ward", "en"),
    ("Seen on Tower 6 North.", "Tower 6 North", "en"),
    ("Request from Team Maroon.", "Team Maroon", "en"),
    ("Spine, Suite 702, Hollis Building.", "Suite 702, Hollis Building", "en"),
    ("bleep, room U1.204", "room U1.204", "en"),
    ("Verlegt von der 3B auf die 5 Nord.", "3B", "de"),
    ("Verlegt von der 3B auf die 5 Nord.", "5 Nord", "de"),
    ("Transferred from Mercy Vincent in Dunslow.", "Dunslow", "en"),
    ("Transferred from Dunslow General.", "Dunslow General", "en"),
    ("Comparison: outside films from Rothbury.", "Rothbury", "en"),
    ("Anruf aus dem Krhs. Zwiesel.", "Krhs. Zwiesel", "de"),
    ("Anruf aus dem Kh. Zwiesel.", "Kh. Zwiesel", "de"),
    ("To 3 Under Oaks, Ballymena BT43, policy", "3 Under Oaks, Ballymena BT43", "en"),
    ("Lives at 22/4 Seafield Rd, Inverness IV1 1SJ.", "22/4 Seafield Rd, Inverness IV1 1SJ", "en"),
    ("cc: Leeds LS9", "Leeds LS9", "en"),
    ("Images pushed to pacs.zwiesel.ie.", "pacs.zwiesel.ie", "en"),
    ("Bilder via bilder.zwiesel-klinik.bayern gesendet.", "bilder.zwiesel-klinik.bayern", "de"),
)
KEPT = (
    ("Transferred to the Surgical Ward, to Cardiology Ward.", "en"),
    ("auf der 3D Rekonstruktion, in der 2D Darstellung.", "de"),
    ("Brought to Surgery in Stable condition.", "en"),
    ("images from CT, studies from Today.", "en"),
    ("Level S1, Segment SE2, Disc L4, Axial SE12 image, Bosniak SN2.", "en"),
    ("room 1.5 T scanner, mild.health", "en"),
)


@pytest.mark.parametrize(("text", "site", "language"), FOUND)
def test_sites_go_by_their_phrase(text, site, language):
    assert site in [text[found.start : found.end] for found in find_sites(text, language)]
    assert site not in deidentify(text, language)


@pytest.mark.parametrize(("text", "language"), KEPT)
def test_kinds_of_places_stay(text, language):
    assert [text[found.start : found.end] for found in find_sites(text, language)] == []
