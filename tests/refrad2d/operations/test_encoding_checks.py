"""Frames of tar, Parquet and PNG: what our writers do not write is found."""

import io
import struct
import tarfile
import zlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from refrad2d.dataset.writers import ParquetShards, TarShards
from refrad2d.operations.encoding_checks import check_footer, check_png, check_tar, has_known_fields
from refrad2d.samples import png
from refrad2d.schema import ROW, arrow_schema

MEMBERS = {"json": b"{}", "pixels.png": b"p" * 700}
PICTURE = png(np.arange(48, dtype=np.uint8).reshape(4, 4, 3))


@pytest.fixture
def tar(tmp_path):
    writer = TarShards(tmp_path, "train")
    for key in ("a", "b"):
        writer.write(key, MEMBERS)
    return writer.close()[0]


def kinds(path):
    return list(check_tar(path))


def rewritten(path, change=lambda info: None, form=tarfile.USTAR_FORMAT, **options):
    with tarfile.open(path) as tar:
        members = [(info.name, tar.extractfile(info).read()) for info in tar]
    with tarfile.open(path, "w", format=form, **options) as tar:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), 0o644
            data = change(info) or data
            tar.addfile(info, io.BytesIO(data))


def test_our_archives_have_no_fault(tar):
    assert kinds(tar) == []
    rewritten(tar)
    assert kinds(tar) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("uname", "hans"),
        ("gname", "radiologie"),
        ("mtime", 1_700_000_000),
        ("mode", 0o600),
        ("uid", 1000),
        ("gid", 4711),
        ("linkname", "Testmann"),
        ("type", tarfile.AREGTYPE),
        ("type", tarfile.CONTTYPE),
    ],
)
def test_a_header_says_name_and_size_only(tar, field, value):
    rewritten(tar, lambda info: setattr(info, field, value))
    assert "member_header" in kinds(tar)


@pytest.mark.parametrize("kind", [tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.FIFOTYPE, tarfile.LNKTYPE])
def test_a_member_is_a_file(tar, kind):
    def change(info):
        info.type, info.size, info.linkname = kind, 0, "Testmann"

    rewritten(tar, change)
    assert "member_header" in kinds(tar)


@pytest.mark.parametrize("name", ["Testmann_Hans", "comment", "mtime"])
def test_pax_headers_are_found(tar, name):
    rewritten(tar, form=tarfile.PAX_FORMAT, pax_headers={name: "Hans Testmann"})
    assert "member_header" in kinds(tar)


def test_gnu_headers_and_long_names_are_found(tar):
    rewritten(tar, form=tarfile.GNU_FORMAT)
    assert "member_header" in kinds(tar)
    rewritten(tar, lambda info: setattr(info, "name", "x" * 120 + ".json"), form=tarfile.GNU_FORMAT)
    assert "member_header" in kinds(tar)


def overwrite(path, at, data):
    with path.open("r+b") as file:
        file.seek(at, 2 if at < 0 else 0)
        file.write(data)


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda path: overwrite(path, 512 + 2, b"Hans Testmann"), "padding"),
        (lambda path: overwrite(path, 512 * 3 + 700 + 8, b"x"), "padding"),
        (lambda path: overwrite(path, 500, b"Hans"), "member_header"),
        (lambda path: overwrite(path, 345, b"Hans"), "unreadable"),  # its checksum is wrong then
        (lambda path: overwrite(path, -20, b"Hans Testmann"), "bytes_after_the_end"),
        (lambda path: path.write_bytes(path.read_bytes() + b"Hans Testmann"), "bytes_after_the_end"),
        (lambda path: path.write_bytes(path.read_bytes() + bytes(10240)), "bytes_after_the_end"),
        (lambda path: path.write_bytes(path.read_bytes() + path.read_bytes()), "bytes_after_the_end"),
        (lambda path: path.write_bytes(path.read_bytes()[: 512 * 10]), "bytes_after_the_end"),
        (lambda path: path.write_bytes(b"no archive" * 100), "unreadable"),
    ],
)
def test_bytes_between_and_after_members_are_found(tar, change, kind):
    change(tar)
    assert {kind, "unreadable"} & set(kinds(tar))


def chunk(kind, data=b""):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def with_chunk(data, made, before=b"IDAT"):
    at = data.index(before) - 4
    return data[:at] + made + data[at:]


def repacked(extra=b"", more=b""):
    """The picture with other bytes in the stream of its pixels: after their end, or as pixels that no row has."""
    at = PICTURE.index(b"IDAT")
    (size,) = struct.unpack(">I", PICTURE[at - 4 : at])
    raw = zlib.decompress(PICTURE[at + 4 : at + 4 + size])
    return PICTURE[: at - 4] + chunk(b"IDAT", zlib.compress(raw + more) + extra) + chunk(b"IEND")


def test_our_pictures_are_plain():
    for picture in (np.zeros((3, 5), np.uint8), np.zeros((224, 224, 3), np.uint8), np.zeros((7, 4), np.uint16)):
        assert check_png(png(picture))
    noise = np.random.default_rng(0).integers(0, 256, (600, 600, 3), dtype=np.uint8)
    assert check_png(png(noise)) and check_png(repacked())


@pytest.mark.parametrize(
    "encoded",
    [
        with_chunk(PICTURE, chunk(b"tEXt", b"Patient\0Hans Testmann")),
        with_chunk(PICTURE, chunk(b"iTXt", b"Patient\0\0\0\0\0Hans")),
        with_chunk(PICTURE, chunk(b"eXIf", b"MM\0*")),
        with_chunk(PICTURE, chunk(b"tIME", b"1234567")),
        with_chunk(PICTURE, chunk(b"prVt", b"Hans")),
        with_chunk(PICTURE, chunk(b"tEXt", b"Patient\0Hans"), before=b"IEND"),
        PICTURE + b"Hans",
        PICTURE + PICTURE,
        PICTURE[:-12] + chunk(b"IEND", b"Hans"),
        PICTURE[:-12],
        repacked(extra=b"Hans Testmann"),
        repacked(more=b"Hans Testmann"),
        b"",
        b"GIF89a",
        PICTURE[8:],
    ],
)
def test_whatever_else_a_picture_holds_is_found(encoded):
    assert not check_png(encoded)


@pytest.fixture
def table(tmp_path):
    writer = ParquetShards(tmp_path, "sft-train", arrow_schema("sft"))
    for n in range(300):
        turn = [{"role": "user", "content": [{"type": "text", "text": f"Frage {n}"}]}]
        writer.write({"image": {"bytes": PICTURE, "path": "a.png"}, "messages": turn, "length": n})
    return writer.close()[0]


def footer(path):
    with pq.ParquetFile(path) as file:
        return list(check_footer(file, "sft", path))


def test_our_footers_have_no_fault(table):
    assert footer(table) == []


def end_of_pages(path):
    with pq.ParquetFile(path) as file:
        groups = [file.metadata.row_group(n) for n in range(file.metadata.num_row_groups)]
    return 4 + sum(group.column(n).total_compressed_size for group in groups for n in range(group.num_columns))


@pytest.mark.parametrize("text", [b"Hans Testmann", b"\0", b"\x18\x04Hans\0", b"Hans" * 1000, b"\x19\x18\x04Hans\0"])
def test_bytes_between_pages_and_footer_are_found(table, text):
    data, at = table.read_bytes(), end_of_pages(table)
    table.write_bytes(data[:at] + text + data[at:])
    assert footer(table) == ["gap"]
    with pq.ParquetFile(table) as file:
        index = len(data) - file.metadata.serialized_size - 8
    table.write_bytes(data[:index] + text + data[index:])
    assert footer(table) == ["gap"]


def named(schema, **more):
    return schema.with_metadata({**schema.metadata, **{k.encode(): v.encode() for k, v in more.items()}})


@pytest.mark.parametrize(
    "change",
    [
        lambda schema: named(schema, patient="Hans Testmann"),
        lambda schema: named(schema, pandas="{}"),
        lambda schema: named(schema, huggingface='{"info": {"features": {}, "description": "Hans"}}'),
        lambda schema: schema.with_metadata({}),
        lambda schema: schema.set(2, schema.field(2).with_metadata({"comment": "Hans"})),
    ],
)
def test_footers_that_say_more_are_found(table, change):
    rows = pq.read_table(table)
    schema = change(arrow_schema("sft"))
    pq.write_table(pa.Table.from_pylist(rows.to_pylist(), schema=schema), table)
    assert "footer_metadata" in footer(table)


def test_key_values_beside_the_schema_are_found(table):
    rows = pq.read_table(table)
    with pq.ParquetWriter(table, arrow_schema("sft")) as writer:
        writer.write_table(rows.cast(arrow_schema("sft")))
        writer.add_key_value_metadata({"author": "Hans Testmann"})
    assert "footer_metadata" in footer(table)


@pytest.mark.parametrize("writer", [b"Hans Testmann's build of arrow 1.0", b"parquet-mr version 1.13.0 Hans Te."])
def test_another_writer_is_found(table, writer):
    data = table.read_bytes()
    with pq.ParquetFile(table) as file:
        ours = file.metadata.created_by.encode()
    table.write_bytes(data.replace(ours, writer[: len(ours)].ljust(len(ours))))
    assert footer(table) == ["footer_writer"]


@pytest.mark.parametrize(
    ("value", "fine"),
    [
        ({"label": "liver", "box": [0, 0, 1, 1], "area": 1, "pixels": 1}, True),
        ({"label": "liver", "box": [0, 0, 1, 1], "area": 1}, False),
        ({"label": "liver", "box": [0, 0, 1, 1], "area": 1, "pixels": 1, "Hans": None}, False),
        ({"label": "liver", "box": {"Hans": 1}, "area": 1, "pixels": 1}, False),
        ({"label": {"Hans": 1}, "box": [], "area": 1, "pixels": 1}, False),
        ({"label": ["Hans"], "box": [], "area": 1, "pixels": 1}, False),
        ("Hans", False),
        (None, True),
    ],
)
def test_json_has_the_fields_of_the_schema(value, fine):
    assert has_known_fields(value, ROW["objects"]["feature"]) is fine
