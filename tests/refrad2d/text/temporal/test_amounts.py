import pytest

from refrad2d.text.temporal.amounts import amount_told_as_size, comparison_cut, since_alone


@pytest.mark.parametrize(
    ("source", "kept", "turned"),
    [
        ("At 27 mm the cyst is 4 mm smaller than in May.", "At 27 mm the cyst is 4 mm.", True),
        ("Höhenverlust seit dem Vor-CT um 10 %-Punkte größer.", "Höhenverlust um 10 %-Punkte größer.", True),
        ("The cyst, 4 mm smaller than in May, is 27 mm.", "The cyst is 27 mm.", False),
        ("Die Aorta ist von 28 auf 33 mm weiter geworden.", "Die Aorta misst 33 mm.", False),
    ],
)
def test_by_how_much_a_thing_changed_is_no_size(source, kept, turned):
    assert amount_told_as_size(source, kept) is turned


@pytest.mark.parametrize(
    ("source", "kept", "cut"),
    [
        ("The screw is longer than the old one.", "Screw.", True),
        (
            "Etwas voller als zuletzt, das Nierenbecken misst 14 mm.",
            "Etwas voller, das Nierenbecken misst 14 mm.",
            True,
        ),
        ("Oedema of the talus, less marked than in the spring.", "Oedema of the talus.", False),
    ],
)
def test_a_comparison_goes_in_whole_or_stays(source, kept, cut):
    assert comparison_cut(source, kept) is cut


def test_a_change_does_not_leave_its_since():
    assert since_alone("Ventricles have enlarged since the shunt revision.", "Ventricles since the shunt revision.")
    assert not since_alone("Pain since May, cyst unchanged.", "Pain since May, cyst.")
