"""Slices of one grid come apart by phase, never slice by slice, and by nothing that only varies."""

from itertools import count, product

import pytest

from refrad2d.images.evidence.phases import FIXED, VARYING, phase_of, split_phases
from tests.fixtures.dicom_files import make_slice
from tests.fixtures.export_records import known_slice

NAMES = [names[-1] for names in (*FIXED, *VARYING)]


def phase(**said):
    return tuple(said.get(name, "") for name in NAMES)


def slices(*rows):
    """Slices of (depth, instance, what is said)."""
    number = count()
    return [
        known_slice(depth, instance=instance, phase=phase(**said), digest=f"{next(number)}")
        for depth, instance, said in rows
    ]


def sizes(*rows):
    return [len(part) for part in split_phases(slices(*rows))]


def test_a_plain_series_stays_whole_and_in_order():
    (part,) = split_phases(slices((10, 1, {}), (0, 2, {}), (5, 3, {})))
    assert [known.placement.depth for known in part] == [0, 5, 10]


@pytest.mark.parametrize("name", [names[-1] for names in FIXED])
def test_what_is_fixed_parts_even_where_no_depth_is_taken_twice(name):
    assert sizes(*[(k, k, {name: str(1 + (k > 5))}) for k in range(9)]) == [6, 3]


@pytest.mark.parametrize("name", [names[-1] for names in FIXED])
def test_a_value_of_each_slice_parts_only_those_of_one_depth(name):
    assert sizes(*[(5 * k, k, {name: f"{2 * k + 1}"}) for k in range(9)]) == [9]
    assert sizes(*[(0, k, {name: f"{2 * k + 1}"}) for k in range(3)]) == [1, 1, 1]


@pytest.mark.parametrize("name", [names[-1] for names in VARYING])
def test_what_differs_in_every_slice_parts_nothing(name):
    assert sizes(*[(5 * k, k, {name: str(100 + k)}) for k in range(9)]) == [9]


def test_acquisitions_one_above_the_other_are_one_stack():
    assert sizes(*[(5 * k, k, {"FrameAcquisitionNumber": str(k // 4)}) for k in range(12)]) == [12]


def test_acquisitions_that_overlap_are_two_though_no_depth_is_taken_twice():
    rows = [(5 * k + 2.5 * a, 10 * a + k, {"FrameAcquisitionNumber": str(a)}) for a, k in product((0, 1), range(6))]
    assert sizes(*rows) == [6, 6]


def test_simultaneous_slices_share_a_time_and_are_one_stack():
    assert sizes(*[(5 * k, k, {"AcquisitionTime": f"1000{k % 4:02d}"}) for k in range(12)]) == [12]


def test_echo_times_that_differ_by_rounding_are_one_echo():
    assert sizes(*[(k, k, {"EffectiveEchoTime": ("4.6", "4.6004")[k % 2]}) for k in range(6)]) == [6]


def test_a_second_pass_of_interleaved_slices_is_a_stack():
    order = [0, 2, 4, 1, 3]
    rows = [(5 * depth, 5 * turn + n, {}) for turn in (0, 1) for n, depth in enumerate(order)]
    assert sizes(*rows) == [5, 5]


def test_two_slices_at_each_depth_in_turn_are_two_stacks():
    parts = split_phases(slices(*[(5 * k, 2 * k + p, {}) for k in range(5) for p in (0, 1)]))
    assert [[known.instance % 2 for known in part] for part in parts] == [[0] * 5, [1] * 5]


@pytest.mark.parametrize("instances", [(1, 1, 2, 2), (None, None, None, None)], ids=["repeated", "missing"])
def test_what_nothing_tells_apart_is_left_out(instances):
    rows = zip((0, 0, 5, 5), instances, strict=True)
    assert sizes(*[(depth, instance, {}) for depth, instance in rows]) == []


def test_positions_that_differ_by_rounding_are_one_depth():
    rows = [(5 * k + 0.004 * p, 5 * p + k, {"FrameAcquisitionNumber": str(p)}) for p in (0, 1) for k in range(5)]
    assert sizes(*rows) == [5, 5]


def test_a_copy_is_left_out_and_equal_air_of_another_phase_is_not():
    air = {"digest": "air"}
    first = [known_slice(0.0, phase=phase(EchoNumbers="1"), position=n, **air) for n in (0, 1)]
    second = known_slice(0.0, phase=phase(EchoNumbers="2"), position=2, **air)
    assert [len(part) for part in split_phases([*first, second])] == [1, 1]


def test_what_is_said_comes_from_the_most_specific_dataset():
    special, general = make_slice(EchoTime=9), make_slice(EchoTime=4, ConvolutionKernel=["B30", "1"])
    said = dict(zip(NAMES, phase_of([special, general]), strict=True))
    assert (said["EffectiveEchoTime"], said["ConvolutionKernel"]) == ("9.0", "B30\\1")
