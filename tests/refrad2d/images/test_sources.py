"""The files of an export in byte order, links and archives in their place, and what may be known of a path."""

import os
import zipfile

import pytest

from refrad2d.images.sources import Source, Unreadable, is_dicom, keyed_paths, keyed_uids, list_sources
from tests.fixtures.dicom_files import write_slice
from tests.fixtures.export_records import KEY


def test_files_and_members_stand_in_byte_order(tmp_path):
    for name in ("b", "Z", "ä"):
        (tmp_path / name).write_bytes(b"x")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("inside", b"y")
    assert [source.name for source in list_sources(tmp_path)] == ["Z", "a.zip!inside", "b", "ä"]
    assert list_sources(tmp_path)[1].read() == b"y"


def test_a_file_may_be_the_whole_input(tmp_path):
    (tmp_path / "a").write_bytes(b"x")
    assert [source.name for source in list_sources(tmp_path / "a")] == ["a"]


def test_links_out_of_the_tree_are_listed_and_not_opened(tmp_path):
    (tmp_path / "export").mkdir()
    (tmp_path / "secret").write_text("Tina Testerin")
    os.symlink(tmp_path / "secret", tmp_path / "export" / "link")
    (source,) = list_sources(tmp_path / "export")
    with pytest.raises(Unreadable, match=source.reason):
        source.read()


def test_dicom_is_known_with_and_without_preamble(tmp_path):
    data = write_slice(tmp_path / "a").read_bytes()
    assert is_dicom(data) and is_dicom(data[132:]) and not is_dicom(b"\x08\x00 no element" * 20)


def test_the_stem_has_no_extension_of_nifti():
    assert Source("/m", "s1/kidney_left.nii.gz").stem == "kidney_left"


def test_paths_are_compared_by_pseudonyms_alone():
    keyed = keyed_paths(Source("/export", "Testerin_Tina/CT/IM1"), KEY)
    assert keyed and not any("Tina" in path for path in keyed)
    assert keyed == keyed_paths(Source("/elsewhere", "Testerin_Tina/CT/IM1"), KEY)


def test_what_must_not_be_opened_is_listed_with_its_reason(tmp_path):
    inside, outside = tmp_path / "export", tmp_path / "outside"
    inside.mkdir()
    outside.write_bytes(b"x")
    (inside / "a").symlink_to(outside)
    (inside / "b").symlink_to(inside / "missing")
    (inside / "c").mkdir()
    (inside / "d").symlink_to(inside / "c")
    os.mkfifo(inside / "e")
    reasons = {source.name: source.reason for source in list_sources(inside)}
    assert reasons == {
        "a": "link_out_of_tree", "b": "unreadable", "d": "linked_folder", "e": "not_a_regular_file",
    }  # fmt: skip


def test_paths_share_the_pseudonyms_of_the_folders_that_they_share():
    volume, mask, other = (
        keyed_paths(Source("root", path), KEY) for path in ("a/b/x.nii.gz", "a/b/x.nii", "a/c/x.nii.gz")
    )
    assert volume == mask and len(volume) == 3 and len(volume & other) == 1


def test_a_uid_in_a_path_is_known_by_its_pseudonym_alone():
    (found,) = keyed_uids(Source("root", "masks/seg_1.2.840.77.nii.gz"), KEY)
    assert {found} == keyed_uids(Source("root", "1.2.840.77/liver.nii"), KEY) and "1.2.840" not in found
