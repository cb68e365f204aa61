"""Stacks need a modality that something says, and CT values that may be Hounsfield units."""

import pytest

from refrad2d.images.evidence.suitable import suitable_stacks
from refrad2d.images.evidence.units import Extremes
from tests.fixtures.export_records import known_slice, stack

HU, GREY = Extremes(-1000, 900, 1, 1, 99, 40), Extremes(0, 255, 1, 1, 99)


def nifti(reach=HU, modality=""):
    from dataclasses import replace

    return replace(stack(known_slice(0.0, position=4, extremes=reach), kind="nifti"), modality=modality)


@pytest.mark.parametrize(("said", "flag"), [({"CT"}, ""), (set(), "CT"), ({"CT"}, "MR"), ({"CT"}, "CT")])
def test_the_table_goes_before_the_flag(said, flag):
    suited = suitable_stacks([nifti(modality=flag)], {4: said})
    assert [found.modality for found in suited.stacks] == ["CT"] and suited.reasons == {}


@pytest.mark.parametrize(("said", "reason"), [(set(), "modality_unknown"), ({"CT", "MR"}, "modality_contradicts")])
def test_without_one_modality_a_file_is_dropped(said, reason):
    assert suitable_stacks([nifti()], {4: said}) == ([], {4: reason})


def test_a_ct_of_grey_values_is_dropped_and_an_mr_of_them_kept():
    assert suitable_stacks([nifti(GREY)], {4: {"CT"}}).reasons == {4: "not_in_hounsfield_units"}
    assert suitable_stacks([nifti(GREY)], {4: {"MR"}}).reasons == {}


def test_a_file_of_which_a_stack_is_kept_is_kept():
    both = [nifti(GREY, "CT"), nifti(HU, "CT")]
    assert len(suitable_stacks(both, {}).stacks) == 1 and suitable_stacks(both, {}).reasons == {}
