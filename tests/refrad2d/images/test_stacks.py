"""Slices of many files grouped into stacks, and stacks with fewer slices."""

from refrad2d.images.sources import Source
from refrad2d.images.stacks import build_stacks, keep_slices
from tests.fixtures.export_records import KEY, known_slice, record, stack


def sources(count):
    return [Source("/export", f"IM{n}") for n in range(count)]


def test_slices_of_a_series_stand_in_order_of_depth():
    records = {n: record(known_slice(depth)) for n, depth in enumerate((10.0, 0.0, 5.0))}
    (found,) = build_stacks(sources(3), records)
    assert [shown.placement.depth for shown in found.slices] == [0.0, 5.0, 10.0]
    assert [source.path for source in found.sources] == ["IM1", "IM2", "IM0"]


def test_equal_pixels_at_one_depth_are_one_slice():
    records = {n: record(known_slice(0.0, digest="same")) for n in range(2)}
    (found,) = build_stacks(sources(2), records)
    assert len(found.slices) == 1


def test_phases_at_one_depth_become_stacks_of_their_own():
    shown = [known_slice(0.0, digest="arterial", instance=1), known_slice(0.0, digest="venous", instance=2)]
    stacks = build_stacks(sources(2), {n: record(one) for n, one in enumerate(shown)})
    assert [found.number for found in stacks] == [0, 1]
    assert stacks[0].id(KEY) != stacks[1].id(KEY)


def test_empty_uids_merge_no_folders():
    places = [Source("/export", "a/IM"), Source("/export", "b/IM")]
    records = {n: record(known_slice(5.0 * n), study_uid="", series_uid="") for n in range(2)}
    assert len(build_stacks(places, records)) == 2


def test_the_modalities_of_one_series_are_apart():
    records = {0: record(known_slice(0.0)), 1: record(known_slice(5.0), modality="MR")}
    assert sorted(found.modality for found in build_stacks(sources(2), records)) == ["CT", "MR"]


def test_what_any_header_of_a_stack_knows_is_known():
    records = {0: record(known_slice(0.0), known=("Tina",)), 1: record(known_slice(5.0), known=("Testerin",))}
    assert build_stacks(sources(2), records)[0].known == {"Tina", "Testerin"}


def test_keeping_takes_slices_but_leaves_the_stacks_given():
    before = [stack(known_slice(0.0), known_slice(5.0)), stack(known_slice(0.0))]
    (kept,) = keep_slices(before, lambda known: known.placement.depth > 1)
    assert [known.placement.depth for known in kept.slices] == [5.0] and len(kept.sources) == 1
    assert [len(given.slices) for given in before] == [2, 1]


def test_a_slice_of_a_stack_knows_the_position_of_its_file():
    records = {n: record(known_slice(depth)) for n, depth in enumerate((10.0, 0.0))}
    (found,) = build_stacks(sources(2), records)
    assert [known.position for known in found.slices] == [1, 0]


def test_a_reused_series_uid_does_not_join_patients():
    records = {0: record(known_slice(0.0)), 1: record(known_slice(5.0), patient_id="P2")}
    assert [found.patient_key for found in build_stacks(sources(2), records)] == ["P1", "P2"]


def test_without_uids_each_nifti_is_a_study():
    volume = record(known_slice(0.0), kind="nifti", patient_id="", study_uid="", series_uid="")
    stacks = build_stacks([Source("/export", "a/1.nii"), Source("/export", "a/2.nii")], {0: volume, 1: volume})
    assert [found.patient_key for found in stacks] == ["path a/1.nii", "path a/2.nii"]


def test_records_that_are_no_images_make_no_stack():
    records = {0: record(known_slice(0.0), kind="segmentation"), 1: record(kind="key_objects")}
    assert build_stacks(sources(2), records) == []


def test_pseudonyms_depend_on_the_key():
    assert stack().id(KEY) == stack().id(KEY) != stack().id(b"x" * 32)
    assert stack().study(KEY) != stack().study(b"x" * 32)
