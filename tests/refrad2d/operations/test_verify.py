"""verify: a sound dataset has no fault, and each kind of damage is found, also where the manifest was made to fit."""

import io
import json
import shutil
import tarfile
import zlib
from collections import Counter

import numpy as np
import pyarrow.parquet as pq
import pytest

from refrad2d import samples
from refrad2d.boxes import box_of, objects
from refrad2d.conversations import conversations, sft_row
from refrad2d.dataset.blind import count_blind
from refrad2d.dataset.card import write_card
from refrad2d.dataset.encoding import Task, encode
from refrad2d.dataset.leaks import count_leaks
from refrad2d.dataset.manifest import in_splits, manifest
from refrad2d.dataset.stats import count_rows, read_columns, read_counted
from refrad2d.dataset.writers import ParquetShards, TarShards
from refrad2d.images.masks.pictures import write_pictures
from refrad2d.layout import SPLITS, list_shards, parse_shard
from refrad2d.operations.file_checks import Fault
from refrad2d.operations.row_checks import WHO_OF_SERIES, digest
from refrad2d.operations.text_checks import check_accounting
from refrad2d.operations.verify import verify
from refrad2d.samples import MASK, Member, png
from refrad2d.schema import arrow_schema
from refrad2d.system.files import write_json
from tests.fixtures.tiny_dataset import pad
from tests.fixtures.volumes import scan_of, volumes_of

KEY = b"0123456789abcdef"
SLICES = "refrad2d/data/slices-train-00000-of-00001.parquet"
GROUNDED = "refrad2d/grounded/grounded-train-00000-of-00001.parquet"
SFT = "refrad2d/sft/sft-train-00000-of-00001.parquet"
VOLUMES = "refrad2d/volumes/volumes-train-00000-of-00001.parquet"
TAR = "refrad2d-wds/train-00000-of-00001.tar"


def make_row(name, patient, mask):
    """One axial CT slice whose report names the liver."""
    span = {"start": 4, "end": 9, "label": "liver", "labels": ["liver"], "box": list(box_of(mask, ["liver"]))}
    report = {
        "clinical_question": None,
        "clinical_info": None,
        "findings": "Die Leber ist glatt.",
        "spans": [span],
        "origin": "original",
    }
    entry = {
        "question": "Leber?",
        "answer": "ja",
        "language": "de",
        "type": "yesno",
        "choices": [],
        "spans": [],
        "source": "mask",
    }
    return {
        "id": pad(name),
        "patient": pad(patient),
        "study": pad("t" + patient),
        "series": pad("r" + patient),
        "modality": "CT",
        "body_part": "abdomen",
        "plane": "axial",
        "spacing": [1.0, 1.0],
        "objects": objects(mask),
        "absent": ["brain"],
        "sex": "F",
        "age": 60,
        "site": None,
        "report": {"de": report, "en": None},
        "vqa": [entry],
        "findings": [],
        "provenance": {
            "slice_rule": "structure",
            "curator": "rules",
            "segmenter": "masks",
            "blanked": 0,
            "version": "0",
            "shown": {"de": 1.0, "en": None},
        },
    }


@pytest.fixture(scope="session")
def sound(tmp_path_factory):
    """A dataset of four train slices and one test slice, written with the writers of the build."""
    root, rng = tmp_path_factory.mktemp("sound"), np.random.default_rng(0)
    parquet, tars, counts, series = {}, {}, {}, {}
    for number, split in enumerate(["train"] * 4 + ["test"]):
        mask = np.zeros((48, 64), np.uint8)
        mask[10 + number : 30, 5:40] = 5
        write_pictures(root / "series.masks", [png(mask)])
        rng.integers(900, 1200, (48, 64), dtype=np.uint16).tofile(root / "pixels.u16")
        row = make_row(f"s{number}", f"p{number // 2}", mask)
        scaled = {**row, "slope": 1.0, "intercept": -1024.0}
        frame = {"file": "pixels.u16", "offset": 0, "placement": {"shape": [48, 64]}, "number": 0}
        pictures = encode(Task(scaled, str(root), frame, str(root / "series.masks")))
        image, stored = {"bytes": pictures.image, "path": f"{row['id']}.png"}, {"bytes": pictures.mask, "path": None}
        for config, folder in (("slices", "data"), ("grounded", "grounded"), ("sft", "sft")):
            if config == "sft" and split == "test":
                continue
            writer = parquet.setdefault(
                (config, split), ParquetShards(root / "refrad2d" / folder, f"{config}-{split}", arrow_schema(config))
            )
            turns = conversations(row) if config == "sft" else [None]
            for messages in turns:
                writer.write(sft_row(image, messages) if config == "sft" else {**row, "image": image, "mask": stored})
        series.setdefault(row["series"], []).append((split, row, mask))
        tar = tars.setdefault(split, TarShards(root / "refrad2d-wds", split))
        tar.write(row["id"], pictures.members)
    for (split, row, first), *more in series.values():  # a slice that has no row lies behind those that have
        about = {name: row[name] for name in WHO_OF_SERIES}
        ids, masks = [row["id"], *(other["id"] for _, other, _ in more), pad("behind")], [first, *(m for *_, m in more)]
        writer = parquet.setdefault(
            ("volumes", split), ParquetShards(root / "refrad2d/volumes", f"volumes-{split}", arrow_schema("volumes"))
        )
        for volume in volumes_of(scan_of(ids, (48, 64), **about), [*masks, first])[0]:
            writer.write(volume)
    for writer in (*parquet.values(), *tars.values()):
        writer.close()
    for (config, split), writer in parquet.items():
        counts.setdefault(config, Counter())[split] = writer.rows
    (root / "series.masks").unlink(), (root / "pixels.u16").unlink()
    (root / "accounting.jsonl").write_text('{"n": 0, "reason": null, "root": "export", "status": "kept"}\n')
    write_stats(root, counts)
    return root


def write_stats(root, counts):
    """Stats, card and manifest of the row files that stand there, as the build would write them."""
    slices = list_shards(root, "slices")
    patients = {split: set() for split in SPLITS}
    for path in slices:
        patients[parse_shard(path.name).split].update(row["patient"] for row in read_columns(path, ["patient"]))
    stats = {
        "files": {"export": {"kept": 1}, "masks": {}},
        **count_rows(row for path in slices for row in read_counted(path)),
        "rows": in_splits(counts),
        "patients": {split: len(names) for split, names in patients.items() if names},
        "leaks": count_leaks(slices),
        "blind": count_blind(slices),
    }
    write_json(root / "stats.json", stats)
    write_card(root, stats)
    write_json(root / "manifest.json", manifest(root, KEY, counts))


@pytest.fixture
def root(sound, tmp_path):
    shutil.copytree(sound, tmp_path / "ds")
    return tmp_path / "ds"


def kinds(root):
    return {fault.kind for fault in verify(root)}


def refit(root):
    """Make the manifest fit the damaged files, as if the build itself had written them."""
    old = json.loads((root / "manifest.json").read_text())
    write_json(root / "manifest.json", {**manifest(root, KEY, {}), "rows": old["rows"]})


def rewrite(root, name, change):
    """Change the rows of a Parquet file in place and refit the manifest."""
    config = name.split("/")[-1].split("-")[0]
    rows = pq.read_table(root / name).to_pylist()
    rows = change(rows) or rows
    (root / name).unlink()
    folder, stem = (root / name).parent, (root / name).name.split("-000")[0]
    writer = ParquetShards(folder, stem, arrow_schema(config))
    for row in rows:
        writer.write(row)
    writer.close()
    refit(root)


def retar(root, change):
    """Change the (name, data) members of the archive and refit the manifest."""
    with tarfile.open(root / TAR) as tar:
        members = [(m.name, tar.extractfile(m).read()) for m in tar]
    members = change(members) or members
    with tarfile.open(root / TAR, "w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    refit(root)


def test_a_sound_dataset_has_no_fault(sound):
    assert list(verify(sound)) == []


def test_no_manifest_is_a_fault(tmp_path):
    assert list(verify(tmp_path)) == [Fault("manifest.json", None, "missing_file")]


@pytest.mark.parametrize("name", [SLICES, GROUNDED, SFT, VOLUMES, TAR, "refrad2d/README.md"])
@pytest.mark.parametrize("damage", ["flip", "cut", "remove", "empty"])
def test_damaged_files_are_found(root, name, damage):
    data = bytearray((root / name).read_bytes())
    data[len(data) // 2] ^= 1
    if damage == "remove":
        (root / name).unlink()
    else:
        (root / name).write_bytes({"flip": data, "cut": data[:-7], "empty": b""}[damage])
    expected = {"flip": "changed", "cut": "truncated", "remove": "missing_file", "empty": "truncated"}[damage]
    assert Fault(name, None, expected) in list(verify(root))


def test_swapped_files_are_found(root):
    a, b = root / TAR, root / "refrad2d-wds/test-00000-of-00001.tar"
    data = a.read_bytes(), b.read_bytes()
    a.write_bytes(data[1]), b.write_bytes(data[0])
    assert {"swapped", "wrong_split"} <= kinds(root)


def test_extra_and_copied_files_are_found(root):
    (root / "refrad2d/notes.txt").write_text("x")
    shutil.copy(root / TAR, root / "refrad2d-wds/train-00001-of-00002.tar")
    assert {"extra_file", "duplicate_file", "missing_shard"} <= kinds(root)


def test_an_edited_manifest_is_found(root):
    text = (root / "manifest.json").read_text()
    (root / "manifest.json").write_text(text.replace('"sha256": "', '"sha256": "0', 1))
    assert Fault("manifest.json", "fingerprint", "changed") in list(verify(root))


def test_a_dataset_of_another_format_is_refused_with_the_remedy(root):
    text = (root / "manifest.json").read_text()
    (root / "manifest.json").write_text(text.replace('"format": 4', '"format": 1'))
    with pytest.raises(ValueError, match="has format 1; .* format 4 only. Build the dataset again"):
        list(verify(root))


def test_a_dataset_without_volumes_is_sound(root):
    shutil.rmtree(root / "refrad2d" / "volumes")
    counts = json.loads((root / "manifest.json").read_text())["rows"]
    del counts["volumes"]
    write_stats(root, counts)
    assert list(verify(root)) == []


def drop(n):
    return lambda rows: rows.pop(n) and None


def repeat(rows):
    return [*rows, rows[0]]


def edit(path, value):
    """A change of one nested field of the first row."""

    def change(rows):
        at = rows[0]
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = value

    return change


SPAN = ("report", "de", "spans", 0)


@pytest.mark.parametrize(
    ("name", "change", "kind"),
    [
        (VOLUMES, repeat, "duplicate_row"),
        (VOLUMES, drop(0), "missing_row"),
        (VOLUMES, edit(("label",), "spleen"), "id_differs"),
        (VOLUMES, edit(("voxel_box", 0), 4), "box_differs"),
        (VOLUMES, edit(("mm_box", 5), 99.0), "mm_box_differs"),
        (VOLUMES, edit(("slices", 0, "area"), 7), "objects_differ"),
        (VOLUMES, edit(("slices", 0, "box"), [0.0, 0.25, 0.625, 0.625]), "objects_differ"),
        (VOLUMES, edit(("slices", 0, "id"), pad("other")), "objects_differ"),
        (VOLUMES, edit(("site",), "Haus Meier"), "row_differs"),
        (VOLUMES, edit(("patient",), pad("px")), "row_differs"),
        (VOLUMES, edit(("series",), pad("rx")), "extra_row"),
        (SLICES, repeat, "duplicate_row"),
        (SLICES, drop(0), "extra_row"),
        (SLICES, edit((*SPAN, "box"), [0.1, 0.1, 0.2, 0.2]), "box_differs"),
        (SLICES, edit((*SPAN, "box"), [0.5, 0.1, 0.2, 0.2]), "box_out_of_range"),
        (SLICES, edit((*SPAN, "end"), 99), "span_out_of_place"),
        (SLICES, edit((*SPAN, "label"), "spleen"), "unknown_label"),
        (SLICES, edit(("report", "de", "findings"), "Die <loc0001> Leber"), "markup_in_text"),
        (SLICES, edit(("objects", 0, "area"), 3), "objects_differ"),
        (SLICES, edit(("objects", 0, "pixels"), 3), "objects_differ"),
        (SLICES, edit(("absent",), ["liver"]), "absent_is_shown"),
        (SLICES, edit(("absent",), ["heart of gold"]), "absent_is_shown"),
        (SLICES, edit(("provenance", "blanked"), 1), "absent_is_shown"),
        (SLICES, edit(("provenance", "shown", "de"), None), "shown_is_no_share"),
        (SLICES, edit(("provenance", "shown", "de"), 1.5), "shown_is_no_share"),
        (SLICES, edit(("provenance", "shown", "en"), 1.0), "shown_is_no_share"),
        (SLICES, edit(("age",), 63), "age_is_no_decade"),
        (SLICES, edit(("patient",), "Müller, Hans"), "not_a_pseudonym"),
        (SLICES, edit(("patient",), pad("p2")), "patient_in_two_splits"),
        (SLICES, edit(("modality",), "US"), "unknown_value"),
        (SLICES, edit(("image", "bytes"), b"no picture"), "image_unreadable"),
        (SLICES, edit(("mask", "bytes"), b"no picture"), "mask_unreadable"),
        (GROUNDED, repeat, "duplicate_row"),
        (GROUNDED, drop(1), "missing_row"),
        (GROUNDED, edit(("report", "de", "findings"), "Die Leber ist rauh."), "row_differs"),
        (SFT, repeat, "conversation_differs"),
        (SFT, drop(0), "conversation_differs"),
        (SFT, edit(("image", "bytes"), b"other"), "image_of_no_row"),
        (SFT, edit(("messages", 1, "content", 0, "text"), "<p bbox=<loc0001>>x</p>"), "markup_invalid"),
        (SFT, drop(0), "row_count"),
    ],
)
def test_rows_that_break_a_law_are_found(root, name, change, kind):
    rewrite(root, name, change)
    assert kind in kinds(root)


def places(members, extension):
    """The positions of a member's kind, one a sample."""
    return [n for n, (name, _) in enumerate(members) if name.partition(".")[2] == extension]


def swap_pixels(members):
    first, second, *_ = places(members, "pixels.png")
    (a, x), (b, y) = members[first], members[second]
    members[first], members[second] = (a, y), (b, x)


def take_the_mask_of_the_next(members):
    first, second, *_ = places(members, MASK)
    members[first] = (members[first][0], members[second][1])


def leave_out_the_first(members):
    key = members[0][0].partition(".")[0]
    return [member for member in members if member[0].partition(".")[0] != key]


def edit_json(members):
    members[0] = (members[0][0], members[0][1].replace(b"glatt", b"rauh "))


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (repeat, "duplicate_member"),
        (drop(1), "missing_member"),
        (leave_out_the_first, "missing_sample"),
        (lambda m: m[:1] + m[3:5] + m[1:3] + m[5:], "interleaved"),
        (lambda m: [("s0.secret.txt", b"x"), *m], "member_name"),
        (lambda m: [*m, ("s9.json", b"{}")], "extra_sample"),
        (swap_pixels, "image_differs"),
        (edit_json, "row_differs"),
        (lambda m: [m[0], (m[1][0], b"no picture"), *m[2:]], "pixels_unreadable"),
        (take_the_mask_of_the_next, "mask_differs"),
    ],
)
def test_damaged_archives_are_found(root, change, kind):
    retar(root, change)
    assert kind in kinds(root)


def test_a_new_member_is_asked_for_and_read(root, monkeypatch):
    shape = Member("shape.json", lambda native: b"[1]", json.loads)
    monkeypatch.setattr(samples, "MEMBERS", (*samples.MEMBERS, shape))
    assert kinds(root) == {"missing_member"}
    retar(root, lambda members: [m for pair in members for m in _with_shape(pair, b"{")])
    assert "shape_unreadable" in kinds(root)


def _with_shape(member, content):
    """The member, and after the last of its sample one of the new kind."""
    name, _ = member
    return [member, (name.replace("mask.png", "shape.json"), content)] if name.endswith("mask.png") else [member]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ('{"root": "export", "n": 2, "status": "kept", "reason": null}', "positions"),
        ('{"root": "export", "n": 1, "status": "dropped", "reason": null}', "status"),
        ("{", "unreadable"),
    ],
)
def test_accounting_is_checked(root, line, kind):
    with (root / "accounting.jsonl").open("a") as file:
        file.write(line + "\n")
    assert kind in kinds(root)


def test_a_digest_ignores_how_absence_and_numbers_are_written():
    assert digest({"a": 1, "b": None, "c": []}) == digest({"a": 1.0})


@pytest.mark.parametrize(
    ("lines", "fine"),
    [
        ([("export", "kept", None), ("masks", "kept", None)], True),
        ([("export", "dropped", "no_pixels"), ("masks", "kept", None)], False),
        ([("export", "kept", None), ("masks-b001", "kept", None), ("export-b001", "kept", None)], False),
        ([("export", "kept", None)], True),  # the masks of a segmenter have no lines
    ],
)
def test_accounting_and_stats_count_the_same(tmp_path, lines, fine):
    (tmp_path / "stats.json").write_text(json.dumps({"files": {"export": {"kept": 1}, "masks": {"kept": 1, "x": 3}}}))
    entries = [{"root": root, "n": 0, "status": status, "reason": reason} for root, status, reason in lines]
    (tmp_path / "accounting.jsonl").write_text("".join(json.dumps(entry, sort_keys=True) + "\n" for entry in entries))
    assert [fault.kind for fault in check_accounting(tmp_path)] == ([] if fine else ["counts"])


@pytest.mark.parametrize("name", ["Hans Testmann.csv", ".hidden", "refrad2d/data/notes.txt", "refrad2d-wds/.Hans"])
@pytest.mark.parametrize("fits", [False, True])
def test_a_foreign_file_is_found_and_not_named(root, name, fits):
    (root / name).write_text("Testmann")
    if fits:
        refit(root)
    faults = list(verify(root))
    assert faults and not any("Hans" in repr(fault) or "notes" in repr(fault) for fault in faults)


@pytest.mark.parametrize("name", [SLICES, GROUNDED, SFT])
@pytest.mark.parametrize("change", [lambda data: data + b"Hans", lambda data: with_chunk(data)])
def test_a_picture_with_more_than_pixels_is_found(root, name, change):
    def changed(rows):
        rows[0]["image"]["bytes"] = change(rows[0]["image"]["bytes"])

    rewrite(root, name, changed)
    assert kinds(root) & {"picture_encoding", "image_differs", "image_of_no_row"}


def with_chunk(data):
    about = b"tEXtPatient\0Hans"
    return data[:33] + (len(about) - 4).to_bytes(4, "big") + about + zlib.crc32(about).to_bytes(4, "big") + data[33:]


@pytest.mark.parametrize("name", [SLICES, GROUNDED, SFT])
@pytest.mark.parametrize("path", ["Testmann.png", "/export/Hans/1.png", "sa.png"])
def test_a_picture_is_named_after_its_row(root, name, path):
    rewrite(root, name, edit(("image", "path"), path))
    assert "picture_name" in kinds(root)


def test_rows_of_one_batch_are_of_one_site(root):
    rewrite(root, SLICES, edit(("site",), "Praxis Testmann"))
    assert "site_differs" in kinds(root)


def test_no_fault_tells_a_text(root):
    rewrite(root, SLICES, edit(("id",), "Testmann, Hans"))
    retar(root, lambda members: [*members, ("Testmann.json", b"{}"), ("Hans.txt", b"")])
    faults = list(verify(root))
    assert len(faults) > 3 and "Testmann" not in repr(faults) and "Hans" not in repr(faults)
