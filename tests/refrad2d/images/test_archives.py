"""Archives that nobody vouches for: each ends as its members or as one quarantine line, soon and in little memory."""

import gzip
import io
import tarfile
import time
import zipfile
import zlib

import pytest

from refrad2d.images import archives, sources
from refrad2d.images.archives import Unreadable, list_members, name_bytes, read_member, unpack_gzip
from refrad2d.images.sources import list_sources
from refrad2d.stages import ingest
from refrad2d.system.accounting import account
from tests.fixtures.dicom_files import make_slice, write_slice


def dicom(k=0):
    out = io.BytesIO()
    make_slice(k).save_as(out, enforce_file_format=True)
    return out.getvalue()


def add(archive, name, data=b"x", **fields):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for field, value in fields.items():
        setattr(info, field, value)
    archive.addfile(info, io.BytesIO(data))


def zipped(path, **members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def listed(folder, **options):
    return [(source.name, source.reason) for source in list_sources(folder, **options)]


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_every_member_of_a_tar_is_read_by_its_own_bytes(tmp_path, mode):
    path = tmp_path / ("a.tar" + mode[1:].replace(":", "."))
    with tarfile.open(path, mode) as archive:
        for name in "cab":
            add(archive, name, name.encode() * 5000)
    members = list_members(str(path))
    assert [m.name for m in members] == ["a", "b", "c"]
    assert [read_member(str(path), m) for m in reversed(members)] == [m.name.encode() * 5000 for m in reversed(members)]


def test_an_archive_that_was_replaced_is_not_read_from_the_old_handle(tmp_path):
    path = zipped(tmp_path / "a.zip", x=b"old")
    assert read_member(str(path), list_members(str(path))[0]) == b"old"
    path.unlink()
    zipped(path, x=b"newer")
    assert read_member(str(path), list_members(str(path))[0]) == b"newer"


def test_names_that_climb_are_only_names(tmp_path):
    (tmp_path / "export").mkdir()
    zipped(tmp_path / "export" / "a.zip", **{"../../escape": b"x", "/abs/olute": b"y"})
    found = list_sources(tmp_path / "export")
    assert [(s.name, s.read()) for s in found] == [("a.zip!../../escape", b"x"), ("a.zip!/abs/olute", b"y")]
    assert [p.name for p in tmp_path.rglob("*")] == ["export", "a.zip"]


def test_an_archive_in_an_archive_is_named_and_not_opened(tmp_path):
    inner = zipped(tmp_path / "inner.zip", x=dicom()).read_bytes()
    (tmp_path / "export").mkdir()
    zipped(tmp_path / "export" / "a.zip", **{"inner.ZIP": inner, "b.tar.gz": b"", "x": b"x"})
    assert listed(tmp_path / "export") == [
        ("a.zip!b.tar.gz", "archive_in_archive"),
        ("a.zip!inner.ZIP", "archive_in_archive"),
        ("a.zip!x", ""),
    ]


def test_links_and_devices_in_a_tar_are_listed_with_their_reason(tmp_path):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for name, kind in (("b", tarfile.SYMTYPE), ("c", tarfile.LNKTYPE), ("d", tarfile.FIFOTYPE)):
            add(archive, name, b"", type=kind, linkname="/etc/passwd")
        add(archive, "folder", b"", type=tarfile.DIRTYPE)
    assert listed(tmp_path) == [
        ("a.tar!b", "linked_archive_member"),
        ("a.tar!c", "linked_archive_member"),
        ("a.tar!d", "not_a_regular_file"),
    ]


@pytest.mark.parametrize("kind", ["zip", "tar", "folders"])
def test_too_many_members_are_one_line(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(archives, "MAX_MEMBERS", 20)
    if kind == "zip":
        path = zipped(tmp_path / "a.zip", **{f"m{n}": b"" for n in range(30)})
    else:
        path = tmp_path / "a.tar"
        with tarfile.open(path, "w") as archive:
            for n in range(30):
                add(archive, f"m{n}", b"", type=tarfile.DIRTYPE if kind == "folders" else tarfile.REGTYPE)
    assert list_members(str(path)) in ("too_many_members", "unreadable_archive")


def test_names_longer_than_all_memory_are_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MAX_NAME_BYTES", 1000)
    with tarfile.open(tmp_path / "a.tar", "w", format=tarfile.PAX_FORMAT) as archive:
        add(archive, "n" * 2000)
    assert listed(tmp_path, isolated=False) == [("a.tar", "too_many_members")]


def test_an_encrypted_member_says_so(tmp_path):
    path = zipped(tmp_path / "a.zip", x=b"secret")
    data = bytearray(path.read_bytes())
    for magic, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(magic) + flags] |= 1
    path.write_bytes(data)
    with pytest.raises(Unreadable, match="encrypted_archive_member"):
        list_sources(tmp_path)[0].read()


def lie(path, quoted):
    """Change the size that the directory of a zip quotes for its only member."""
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02") + 24
    data[at : at + 4] = quoted.to_bytes(4, "little")
    path.write_bytes(data)


@pytest.mark.parametrize("quoted", [10, 5000, 0xFFFFFF00])
def test_a_size_that_lies_makes_no_member(tmp_path, quoted):
    lie(zipped(tmp_path / "a.zip", x=b"y" * 1000), quoted)
    with pytest.raises(Unreadable):
        list_sources(tmp_path)[0].read()


def test_members_that_share_their_bytes_are_a_bomb(tmp_path):
    path = zipped(tmp_path / "a.zip", x=bytes(1000), y=b"")
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02") + 20
    data[at : at + 4] = (1 << 30).to_bytes(4, "little")
    path.write_bytes(data)
    assert list_members(str(path)) == "unreadable_archive"


def test_a_tar_that_quotes_more_than_it_holds_is_one_line(tmp_path):
    info = tarfile.TarInfo("x")
    info.size = 1 << 40
    (tmp_path / "a.tar").write_bytes(info.tobuf() + b"y" * 512)
    (tmp_path / "b.tar.gz").write_bytes(gzip.compress(info.tobuf() + b"y" * 512))
    assert listed(tmp_path) == [("a.tar", "unreadable_archive"), ("b.tar.gz", "unreadable_archive")]


def test_an_archive_that_takes_too_long_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "FILE_TIMEOUT_S", 0.2)
    info = tarfile.TarInfo("x")
    info.size = 1 << 35
    # behind a sound header 32 GB of one member, in 32 MB: reading them takes ten times what it is given
    endless = gzip.compress(bytes(64 << 20), compresslevel=9) * 512
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(info.tobuf(tarfile.GNU_FORMAT)) + endless)
    (tmp_path / "b").write_bytes(b"x")
    start = time.monotonic()
    assert listed(tmp_path) == [("a.tar.gz", "timeout"), ("b", "")]
    assert time.monotonic() - start < 20


def test_an_archive_that_eats_memory_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "LIST_MEMORY_MB", 64)
    with gzip.open(tmp_path / "a.tar.gz", "wb", compresslevel=1) as file:  # 200 MB of extended header for one name
        info = tarfile.TarInfo("././@PaxHeader")
        info.size, info.type = 200 << 20, tarfile.XHDTYPE
        file.write(info.tobuf())
        for _ in range(200):
            file.write(bytes(1 << 20))
    assert listed(tmp_path) == [("a.tar.gz", "out_of_memory")]


def test_the_order_is_that_of_bytes_whatever_the_number_of_workers(tmp_path):
    for name in ("b.zip", "a.zip", "c.zip"):
        zipped(tmp_path / name, **{"ü": b"1", "z": b"2", "日": b"3"})
    for name in ("a", "a.zipper", "b!", "ä"):
        (tmp_path / name).write_bytes(b"x")
    one, four = list_sources(tmp_path), list_sources(tmp_path, workers=4)
    assert one == four and [name_bytes(s.name) for s in one] == sorted(name_bytes(s.name) for s in one)
    assert len(list(account("export", len(one), {}))) == 13


def test_a_hostile_archive_leaves_its_neighbours(tmp_path):
    export = tmp_path / "export"
    write_slice(export / "sound")
    (export / "a.tar.gz").write_bytes(gzip.compress(b"no tar" * 500))
    (export / "b.zip").write_bytes(b"PK\x05\x06" + bytes(18))
    with tarfile.open(export / "c.tgz", "w:gz") as archive:
        add(archive, "IM1", dicom(1))
    counts = ingest.run(export, [], tmp_path / "out", key=b"k" * 32, burnt_in_text="keep")
    assert (counts["kept"], counts["dropped_unreadable_archive"], counts["dropped_empty_archive"]) == (2, 1, 1)


@pytest.fixture(params=("isal", "zlib"))
def unpacker(request, monkeypatch):
    """Each library that may unpack gzip files in turn."""
    if request.param == "isal":
        pytest.importorskip("isal", reason="extra `build` is not installed")
    else:
        monkeypatch.setattr(archives, "_gzip", lambda: (gzip.GzipFile, (OSError, EOFError, zlib.error)))


def test_gzip_members_one_after_the_other_are_one_file(unpacker):
    assert unpack_gzip(gzip.compress(b"slice " * 9999) + gzip.compress(b"end")) == b"slice " * 9999 + b"end"


@pytest.mark.parametrize("kept", (5, 40, -8, -1))
def test_a_gzip_file_that_is_cut_off_is_damaged(unpacker, kept):
    with pytest.raises(Unreadable, match="damaged_gzip"):
        unpack_gzip(gzip.compress(bytes(range(256)) * 99)[:kept])


@pytest.mark.parametrize("position", (12, 60, -8, -1))
def test_a_gzip_file_with_a_wrong_byte_is_damaged(unpacker, position):
    data = bytearray(gzip.compress(bytes(range(256)) * 99))
    data[position] ^= 0xFF
    with pytest.raises(Unreadable, match="damaged_gzip"):
        unpack_gzip(bytes(data))
