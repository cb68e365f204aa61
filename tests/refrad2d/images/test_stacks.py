"""Slices of many files grouped into stacks, and stacks with fewer slices."""

from refrad2d.images.stacks import keep_slices
from tests.fixtures.export_records import KEY, make_record, stack_up


def depths(stack):
    return [known.placement.depth for known in stack.slices]


def test_slices_are_ordered_by_depth_and_know_their_file():
    (stack,) = stack_up(make_record(10.0), make_record(0.0), make_record(5.0))
    assert depths(stack) == [0, 5, 10] and [known.position for known in stack.slices] == [1, 2, 0]
    assert [source.path for source in stack.sources] == ["export/1", "export/2", "export/0"]


def test_equal_pixels_at_one_depth_are_one_slice():
    (stack,) = stack_up(make_record(0.0), make_record(0.0))
    assert [known.position for known in stack.slices] == [0]


def test_different_pixels_at_one_depth_are_two_stacks():
    early, late = stack_up(make_record(0.0, 5.0, pixels="early"), make_record(0.0, 5.0, pixels="late"))
    assert depths(early) == depths(late) == [0, 5] and (early.number, late.number) == (0, 1)
    assert early.id(KEY) != late.id(KEY)


def test_a_reused_series_uid_does_not_join_patients():
    assert len(stack_up(make_record(0.0), make_record(5.0, patient_id="P2"))) == 2


def test_without_uids_a_folder_is_a_study():
    record = make_record(0.0, study_uid="", series_uid="", patient_id="")
    stacks = stack_up(record, record, paths=("one/IM1", "two/IM1"))
    assert [stack.patient_key for stack in stacks] == ["path one", "path two"]


def test_without_uids_each_nifti_is_a_study():
    record = make_record(0.0, kind="nifti", study_uid="", series_uid="", patient_id="")
    stacks = stack_up(record, record, paths=("one/a.nii", "one/b.nii"))
    assert [stack.study_key for stack in stacks] == ["path one/a.nii", "path one/b.nii"]


def test_records_that_are_no_images_make_no_stack():
    assert stack_up(make_record(0.0, kind="segmentation"), make_record(kind="key_objects")) == []


def test_what_the_headers_of_all_files_know_is_known_of_the_stack():
    (stack,) = stack_up(make_record(0.0, known=("Tina",)), make_record(5.0, known=("Testerin",), phrases=("Nord",)))
    assert (stack.known, stack.phrases) == ({"Tina", "Testerin"}, {"Nord"})


def test_pseudonyms_depend_on_the_key():
    (stack,) = stack_up(make_record(0.0))
    assert stack.id(KEY) == stack.id(KEY) != stack.id(b"x" * 32) and stack.study(KEY) != stack.study(b"x" * 32)


def test_a_stack_keeps_the_sources_of_the_slices_it_keeps():
    stacks = stack_up(make_record(0.0), make_record(5.0))
    (kept,) = keep_slices(stacks, lambda known: known.position == 1)
    assert depths(kept) == [5] and [source.path for source in kept.sources] == ["export/1"]
    assert depths(stacks[0]) == [0, 5]


def test_a_stack_of_which_no_slice_is_kept_goes():
    stacks = stack_up(make_record(0.0), make_record(0.0, series_uid="1.2.4"))
    assert keep_slices(stacks, lambda known: known.position == 1) == [stacks[1]]
