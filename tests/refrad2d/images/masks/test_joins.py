"""A mask belongs to the series that its statements, its grid and its path allow."""

from dataclasses import asdict

import pytest

from refrad2d.images.masks.joins import align, find_series
from refrad2d.images.masks.records import MaskRecord, MaskSlice, Statement
from refrad2d.images.sources import Source, keyed_paths
from refrad2d.system.pseudonyms import pseudonym
from tests.fixtures.export_records import KEY, axial


def keyed(uid):
    return pseudonym(KEY, "uid", uid)


def series(name="a", *, instances=("1.1", "1.2"), uid="1.9", folder="p"):
    frames = [
        {"placement": asdict(axial(5.0 * k)), "sop": keyed(instance) if instance else None}
        for k, instance in enumerate(instances)
    ]
    return {
        "series": name, "plane": "axial", "uid": keyed(uid) if uid else None, "study_uid": keyed("1.5") if uid else None,
        "frame_of_reference": keyed("1.7") if uid else None, "frames": frames,
        "patient_id": pseudonym(KEY, "patient_id", "P1") if uid else None,
        "paths": sorted(keyed_paths(Source("/export", f"{folder}/0"), KEY)),
    }  # fmt: skip


def mask(slices=2, **stated):
    placed = tuple(MaskSlice(str(k), axial(5.0 * k)) for k in range(slices))
    return MaskRecord({}, frozenset({1}), placed, Statement(**stated), sparse=bool(stated))


def find(record, *rows, path="m.nii", elsewhere=frozenset()):
    owner, reason = find_series(record, Source("/masks", path), rows, KEY, elsewhere)
    return owner["series"] if owner else reason


@pytest.mark.parametrize(
    ("stated", "reason"),
    [({"patient_id": "P2"}, "mask_of_another_patient"), ({"study_uid": "1.6"}, "mask_of_another_study"),
     ({"series_uids": frozenset({"1.8"})}, "mask_of_another_series"),
     ({"frame_of_reference": "1.8"}, "mask_of_another_frame_of_reference"),
     ({"sop_uids": frozenset({"1.3"})}, "mask_of_other_images")],
)  # fmt: skip
def test_what_a_mask_states_must_hold(stated, reason):
    assert find(mask(**stated), series()) == reason
    assert find(mask(**stated), series(uid="", instances=(None, None))) == "a"  # a NIfTI series states nothing


def test_the_instances_that_a_mask_names_tell_phases_apart():
    phases = series("a"), series("b", instances=("2.1", "2.2"))
    assert find(mask(series_uids=frozenset({"1.9"}), sop_uids=frozenset({"2.1", "2.2"})), *phases) == "b"
    assert find(mask(series_uids=frozenset({"1.9"}), sop_uids=frozenset({"1.1", "2.2"})), *phases) == "ambiguous_mask"
    assert find(mask(series_uids=frozenset({"1.9"})), *phases) == "ambiguous_mask"


def test_a_path_that_is_anothers_denies_the_grid():
    everywhere = frozenset(keyed_paths(Source("/export", "p/0"), KEY) | keyed_paths(Source("/export", "q/0"), KEY))
    assert find(mask(), series(), path="q/liver.nii", elsewhere=everywhere) == "mask_of_another_path"
    assert find(mask(), series(), path="p/liver.nii", elsewhere=everywhere) == "a"
    assert find(mask(), series(), path="liver.nii", elsewhere=everywhere) == "a"


def test_a_uid_in_a_path_must_be_the_series():
    assert find(mask(), series(), path="1.2.826.0.1.3680043.8.498.77.nii") == "mask_of_another_series"
    assert find(mask(), series(uid="1.2.826.0.1.9"), path="1.2.826.0.1.9.nii") == "a"


@pytest.mark.parametrize(("slices", "length", "fit"), [(1, 1, 2), (2, 2, 2), (3, 2, 1), (1, 2, 0)])
def test_grids(slices, length, fit):
    assert align(mask(slices), series(instances=("1.1", "1.2")[:length]))[0] == fit
