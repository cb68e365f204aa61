"""The files of an export in byte order, links and archives in their place, and what may be known of a path."""

import os
import zipfile

import pytest

from refrad2d.images.sources import Source, Unreadable, is_dicom, keyed_paths, keyed_uids, list_sources
from tests.fixtures.export_records import KEY


def test_files_come_in_byte_order_of_their_paths(tmp_path):
    for name in ("b/2", "b/10", "B", "ä", "a-b"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    assert [source.name for source in list_sources(tmp_path)] == ["B", "a-b", "b/10", "b/2", "ä"]


def test_members_of_an_archive_stand_in_its_place(tmp_path):
    (tmp_path / "a").write_bytes(b"first")
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("x/IM1", b"second")
    (tmp_path / "c").write_bytes(b"third")
    sources = list_sources(tmp_path)
    assert [source.name for source in sources] == ["a", "b.zip!x/IM1", "c"]
    assert [source.read() for source in sources] == [b"first", b"second", b"third"]


def test_a_single_file_is_an_export(tmp_path):
    (tmp_path / "a").write_bytes(b"x")
    assert [source.path for source in list_sources(tmp_path / "a")] == ["a"]


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


def test_a_source_with_a_reason_is_not_read(tmp_path):
    with pytest.raises(Unreadable, match="link_out_of_tree"):
        Source(str(tmp_path), "a", reason="link_out_of_tree").read()


def test_dicom_is_known_by_its_magic_or_by_its_first_element():
    assert is_dicom(bytes(128) + b"DICM") and is_dicom(b"\x08\x00\x16\x00UI" + bytes(200))
    assert not is_dicom(b"DICM") and not is_dicom(b"\x08\x00" + bytes(range(200)))


def test_paths_share_the_pseudonyms_of_the_folders_that_they_share():
    volume, mask, other = (
        keyed_paths(Source("root", path), KEY) for path in ("a/b/x.nii.gz", "a/b/x.nii", "a/c/x.nii.gz")
    )
    assert volume == mask and len(volume) == 3 and len(volume & other) == 1


def test_a_uid_in_a_path_is_known_by_its_pseudonym_alone():
    (found,) = keyed_uids(Source("root", "masks/seg_1.2.840.77.nii.gz"), KEY)
    assert {found} == keyed_uids(Source("root", "1.2.840.77/liver.nii"), KEY) and "1.2.840" not in found
