"""Ten thousand hostile inputs for everything that parses: typed refusals only, results within their laws.

    pytest tests/refrad2d/images/test_fuzz_parsers.py
    REFRAD2D_EXPLORE=1 pytest tests/refrad2d/images/test_fuzz_parsers.py      # other inputs on each run; CI repeats the same ones

What must hold stands in tests/trust/fuzz_targets.py; tests/trust/fuzz_atheris.py feeds the same checks by coverage.
"""

import gzip
import io
import json
import os
import random
import struct
import tarfile
import zipfile
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from refrad2d.grounding import Span
from refrad2d.images.records import Record, read_file
from refrad2d.images.sources import Source
from refrad2d.labels import labels
from refrad2d.layout import FORMAT
from refrad2d.system.processes import run_isolated
from tests.fixtures.dicom_files import make_slice
from tests.refrad2d.operations.test_verify import make_row
from tests.trust import fuzz_targets as targets

EXAMPLES = {
    "markup": 1200, "spans": 700, "text_tables": 900, "byte_tables": 500, "parquet": 300,
    "elements": 900, "dicom_bytes": 800, "nifti": 700, "masks": 500, "archives": 700,
    "references": 600, "dates": 600, "deidentify": 500, "answers": 400, "rows": 500, "manifests": 200,
}  # fmt: skip
_EXPLORE = bool(os.environ.get("REFRAD2D_EXPLORE"))


def examples(name):
    """The settings of one group."""
    return settings(
        max_examples=EXAMPLES[name], deadline=None, derandomize=not _EXPLORE, database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
    )  # fmt: skip


def test_ten_thousand_in_all():
    assert sum(EXAMPLES.values()) >= 10_000


# --- texts --------------------------------------------------------------------------------------------------------

MARKUP = st.sampled_from(
    "<p bbox= <p b box= <p bbox <loc0000> <loc0512> <loc0513> <loc9999> <loc12> <seg000> <seg005> <seg121> <seg122> "
    "<seg <seg> </seg> id= > >> </p> </p <image> <eos> < ‹ Leber ß \u0301 😀 <5".split()
    + [" ", "\n", "\r", " id="]
)
CLINICAL = st.sampled_from(
    "Dr. med. Herr Frau Müller Leber Niere vom 12.3. 12.03.2020 2020-03-12 19530412 14:35 Uhr bei 3 Serie 4, Bild 32 Se "
    "Im image 12-14 Schicht ٣٢ ³ 99999 bis 0 – 17,5 mm BWK L4/5 Tel. 0711/123456 a@b.de http://x.y 1/2/3 31.02.2021 Mai "
    "Crohn Morbus S3 Nr. MRN 4711 [NAME] [DATE] <p \u00ad \u200b \u0301 ß İ ſ".split()
)
SENTENCES = st.one_of(st.text(max_size=80), st.lists(CLINICAL, max_size=14).map(" ".join))


@given(st.one_of(st.text(max_size=100), st.lists(MARKUP, max_size=24).map("".join)))
@examples("markup")
def test_any_answer_of_a_model_is_read(text):
    targets.check_markup(text)


@st.composite
def spanned(draw):
    """A text with spans, most of them sorted and apart."""
    text = draw(st.one_of(st.text(max_size=40), st.lists(MARKUP, max_size=8).map("".join)))
    cuts = sorted(draw(st.lists(st.integers(0, len(text) + 1), max_size=8)))
    names = st.sampled_from(["liver", "spleen", "finding", labels()[-1].name])
    corner = st.floats(0, 0.99)
    found = []
    for start, end in zip(cuts[::2], cuts[1::2], strict=False):
        x, y = draw(corner), draw(corner)
        box = (x, y, draw(st.floats(x, 1)), draw(st.floats(y, 1)))
        found.append(Span(start, end, draw(names), box))
    return text, found


@given(spanned())
@examples("spans")
def test_any_spans_come_back_or_are_refused(case):
    targets.check_spans(*case)


@given(SENTENCES)
@examples("references")
def test_references_of_any_text(text):
    targets.check_references(text)


@given(SENTENCES)
@examples("dates")
def test_dates_of_any_text(text):
    targets.check_dates(text)


@given(SENTENCES, st.sampled_from(["de", "en"]), st.lists(st.one_of(st.text(max_size=12), CLINICAL), max_size=3))
@examples("deidentify")
def test_any_text_is_scrubbed(text, language, known):
    targets.check_deidentify(text, language, tuple(known))


# --- report tables ------------------------------------------------------------------------------------------------

HEAD = b"report,language,StudyInstanceUID,PatientID\n"
CELLS = st.one_of(
    st.text(max_size=20).map(lambda t: t.encode("utf-8", "surrogatepass")),
    st.sampled_from(
        [b'"', b'""', b",", b";", b"\t", b"\n", b"\r", b"\r\n", b"\0", b"de", b"en-US", b"\xe4\xf6", b"{", b"Leber"]
    ),
)


@given(
    st.sampled_from(
        [b"", HEAD, HEAD.replace(b",", b";"), b"\xef\xbb\xbf" + HEAD, b'{"report": "Leber", "language": "de"}\n']
    ),
    st.lists(CELLS, max_size=20),
    st.sampled_from([".csv", ".jsonl", ".txt"]),
)
@examples("text_tables")
def test_any_text_table_is_read_or_refused(head, cells, ending):
    targets.check_table(head + b",".join(cells), ending)


@given(st.binary(max_size=160), st.sampled_from([b"", HEAD, b"\xff\xfe", b"PAR1", targets.SECRET.encode() + b",x\n"]))
@examples("byte_tables")
def test_any_bytes_are_a_table_or_refused(data, head):
    targets.check_table(head + data, ".csv")


@cache
def parquet() -> bytes:
    """A table with the types that hospitals store: text, numbers, dates, nulls, nested values."""
    import datetime

    rows = [
        {"report": "Leber", "language": "de", "PatientID": 4711, "path": None, "day": datetime.date(2020, 1, 2)},
        {"report": None, "language": "en", "PatientID": None, "path": ["a"], "day": None},
    ]
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), out)
    return out.getvalue()


EDITS = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=12)


def edited(data, edits, keep):
    """The bytes with single ones overwritten at relative positions, cut at a share of the length."""
    changed = bytearray(data)
    for where, value in edits:
        changed[int(where * (len(changed) - 1))] = value
    return bytes(changed[: max(1, round(keep * len(changed)))])


@given(EDITS, st.sampled_from([1.0, 1.0, 1.0, 0.99, 0.5]))
@examples("parquet")
def test_any_damaged_parquet_is_read_or_refused(edits, keep):
    targets.check_table(edited(parquet(), edits, keep), ".parquet")


# --- images -------------------------------------------------------------------------------------------------------


def encode(dataset):
    """The dataset as a DICOM file."""
    out = io.BytesIO()
    dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()


def multi_frame():
    """An enhanced CT of two frames."""
    dataset = make_slice(pixels=np.arange(512, dtype=np.uint16).reshape(32, 16))
    dataset.SOPClassUID, dataset.Rows, dataset.NumberOfFrames = "1.2.840.10008.5.1.4.1.1.2.1", 16, 2
    group, place, plane = pydicom.Dataset(), pydicom.Dataset(), pydicom.Dataset()
    place.ImagePositionPatient, plane.ImageOrientationPatient = [0, 0, 5], [1, 0, 0, 0, 1, 0]
    group.PlanePositionSequence, group.PlaneOrientationSequence = [place], [plane]
    dataset.PerFrameFunctionalGroupsSequence = [group, group]
    del dataset.ImageOrientationPatient
    return dataset


@cache
def sound_files() -> list[bytes]:
    """Small DICOM files of every kind that is read: slice, signed, multi-frame, RLE, deflated, key objects, 32 bit."""
    rle, key_objects, item = make_slice(), make_slice(), pydicom.Dataset()
    rle.compress(pydicom.uid.RLELossless)
    deflated = make_slice()
    deflated.file_meta.TransferSyntaxUID = pydicom.uid.DeflatedExplicitVRLittleEndian
    item.ReferencedSOPInstanceUID = "1.2.3"
    key_objects.SOPClassUID, key_objects.Modality = "1.2.840.10008.5.1.4.1.1.88.59", "KO"
    key_objects.CurrentRequestedProcedureEvidenceSequence = [item]
    signed = make_slice(PixelRepresentation=1, PixelPaddingValue=-2000)
    wide = make_slice(
        pixels=np.arange(256, dtype=np.uint32).reshape(16, 16), BitsAllocated=32, BitsStored=32, HighBit=31
    )
    return [encode(d) for d in (make_slice(), signed, multi_frame(), rle, deflated, key_objects, wide)]


CHANGED = (
    "Rows Columns BitsAllocated BitsStored HighBit SamplesPerPixel PixelRepresentation NumberOfFrames PixelSpacing "
    "ImageOrientationPatient ImagePositionPatient RescaleSlope RescaleIntercept SeriesInstanceUID SOPInstanceUID "
    "SOPClassUID StudyInstanceUID PatientID PatientName SpecificCharacterSet Modality PatientAge PatientSex ImageType "
    "InstanceNumber SeriesNumber PixelPaddingValue PixelPaddingRangeLimit PhotometricInterpretation BodyPartExamined "
    "BurnedInAnnotation PixelData RescaleType TransferSyntaxUID SegmentationType AccessionNumber"
).split()
VALUES = st.one_of(
    st.binary(max_size=24),
    st.sampled_from(
        "0 -0 1 2 -1 16 65536 1e308 1e400 1e-300 nan inf -inf 1\\2 1\\0\\0\\0\\1\\0 1e39\\1e39\\1e39 0\\0\\0 \\ 1_0 ٣ CT MR "
        "067Y M MONOCHROME1 RGB YES LOCALIZER ISO_IR\x20192 ISO_IR\x20999 1.2.840.10008.1.2.4.90 1.2.840.10008.1.2.5 "
        "1.2.840.10008.1.2.2 9.9 PALETTE\x20COLOR abc".split(" ")
    ).map(str.encode),
    st.integers(0, 65535).map(lambda n: struct.pack("<H", n)),
    st.integers(0, 2**32 - 1).map(lambda n: struct.pack("<I", n)),
    st.sampled_from([b"9" * 400, b"\\" * 300, b"A" * 5000]),
)
_LONG = ("OB", "OW", "OF", "SQ", "UN", "UT", "UC", "UR", "OD", "OL", "OV")


@cache
def raw_elements() -> dict:
    """Tag → (VR, value bytes) of a sound slice."""
    dataset = pydicom.dcmread(io.BytesIO(sound_files()[0]))
    return {int(e.tag): (e.VR, e.value) for tag in dataset.keys() if (e := dataset.get_item(tag))}


def assemble(changes):
    """A DICOM file in explicit VR of a sound slice with elements of any VR and value put in, or taken out."""
    elements = dict(raw_elements())
    for keyword, vr, value in changes:
        tag = pydicom.datadict.tag_for_keyword(keyword)
        if value is None:
            elements.pop(tag, None)
        else:
            elements[tag] = (vr or pydicom.datadict.dictionary_VR(tag).split(" ")[0], value)
    syntax = elements.pop(0x00020010, ("UI", b"1.2.840.10008.1.2.1\0"))
    out = bytearray(bytes(128) + b"DICM")
    for tag, (vr, value) in [(0x00020010, syntax), *sorted(elements.items())]:
        head = struct.pack("<HH2s", tag >> 16, tag & 0xFFFF, vr.encode())
        size = struct.pack("<HI", 0, len(value)) if vr in _LONG else struct.pack("<H", len(value) & 0xFFFF)
        out += head + size + value
    return bytes(out)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(CHANGED),
            st.sampled_from(["", "", "", "", "LO", "US", "DS", "IS", "FD", "SQ", "UN", "OB", "PN", "AT", "??"]),
            st.one_of(st.none(), VALUES, VALUES, VALUES),
        ),
        max_size=4,
    )
)
@examples("elements")
def test_any_elements_make_a_record_or_a_reason(changes):
    targets.check_image(assemble(changes))


@given(st.integers(0, 6), EDITS, st.sampled_from([1.0, 1.0, 1.0, 0.9, 0.4]), st.binary(max_size=40))
@examples("dicom_bytes")
def test_any_damaged_dicom_is_a_record_or_a_reason(which, edits, keep, more):
    data = edited(sound_files()[which], edits, keep)
    targets.check_image(data + more if which else more + data[len(more) :])


def nifti(shape, code, affine, scale, magic=b"n+1\0", data=b"\x01\x02"):
    """A NIfTI-1 file from its parts, whatever they are."""
    head = bytearray(352)
    struct.pack_into("<i", head, 0, 348)
    struct.pack_into("<8h", head, 40, *shape)
    struct.pack_into("<hh", head, 70, code, 16)
    struct.pack_into("<8f", head, 76, *([1.0] * 8))
    struct.pack_into("<3f", head, 108, 352.0, *scale)
    struct.pack_into("<hh", head, 252, 0, 1)
    struct.pack_into("<12f", head, 280, *affine)
    head[344:348] = magic
    return bytes(head) + data * 500


SIZES = st.sampled_from([1, 2, 3, 5, 8, 0, -1, 32767])
FLOATS = st.sampled_from([0.0, 1.0, -1.0, 2.5, 1e30, -1e30, 1e-30, float("nan"), float("inf")])
NIFTI = st.builds(
    nifti,
    st.one_of(
        st.tuples(st.just(3), *[st.sampled_from([2, 3, 5])] * 3, *[st.just(1)] * 4),
        st.tuples(st.sampled_from([3, 3, 4, 2, 7, -1, 99]), *[SIZES] * 3, *[st.just(1)] * 4),
    ),
    st.sampled_from([2, 4, 8, 16, 64, 512, 768, 1024, 128, 32, 0, 1536, 9999]),
    st.one_of(st.just((1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0)), st.tuples(*[FLOATS] * 12)),
    st.one_of(st.just((1.0, 0.0)), st.tuples(FLOATS, FLOATS)),
    st.sampled_from([b"n+1\0", b"n+1\0", b"n+1\0", b"ni1\0", b"n+2\0"]),
    st.sampled_from([b"\x01\x02", b"\0", b"\xff", b"\x01\0", b"\0\0\x80\x7f", b"\0\0\xc0\x7f\0\0\0\0"]),
)
PACKED = st.sampled_from(
    [bytes, gzip.compress, lambda data: gzip.compress(data)[:-9], lambda data: gzip.compress(data)[:60]]
)


@given(NIFTI, EDITS, PACKED)
@examples("nifti")
def test_any_nifti_is_a_record_or_a_reason(data, edits, pack):
    targets.check_image(pack(edited(data, edits[:3], 1.0)))


@given(
    st.one_of(NIFTI, st.builds(edited, st.sampled_from(range(7)).map(lambda n: sound_files()[n]), EDITS, st.just(1.0)))
)
@examples("masks")
def test_any_mask_is_a_record_or_a_reason(data):
    targets.check_mask(data)


def test_damaged_codestreams_end_in_a_reason(tmp_path):
    """JPEG, JPEG-LS and JPEG 2000 run in C: in children, where even a crash is a reason."""
    draw, sources = random.Random(0), []
    for syntax in (pydicom.uid.JPEG2000Lossless, pydicom.uid.JPEGLSLossless, pydicom.uid.RLELossless):
        dataset = make_slice(pixels=np.arange(4096, dtype=np.uint16).reshape(64, 64))
        dataset.compress(syntax)
        sound = encode(dataset)
        for number in range(60):
            edits = [(draw.uniform(0.3, 1), draw.randrange(256)) for _ in range(draw.choice((0, 1, 9)))]
            name = f"{syntax[-2:]}{number}"
            (tmp_path / name).write_bytes(edited(sound, edits, draw.choice((1, 1, 0.95))))
            sources.append((Source(str(tmp_path), name), targets.KEY))
    results = list(run_isolated(read_file, sources, workers=1, timeout_s=60, memory_mb=2000))
    assert [n for n, _ in results] == list(range(180))
    assert all(isinstance(r.value, Record | str) or r.reason == "crash" for _, r in results)
    assert sum(isinstance(r.value, Record) for _, r in results) >= 30


# --- archives -----------------------------------------------------------------------------------------------------

NAMES = st.one_of(
    st.sampled_from(["a.dcm", "../up", "/abs", "a!b", "d/", "", "ü", "a.zip", "x" * 300, "a\\b", "CON", ".", "a//b"]),
    st.text(st.characters(codec="utf-8"), max_size=8),
)
MEMBERS = st.lists(
    st.tuples(NAMES, st.binary(max_size=40), st.sampled_from(["0", "0", "0", "1", "2", "3", "5", "6"])), max_size=5
)


def make_zip(members):
    """A zip of these members, names as they are, repeated ones too."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data, _ in members:
            info = zipfile.ZipInfo("x")
            info.filename = name
            archive.writestr(info, data)
    return out.getvalue()


def make_tar(members):
    """A tar of files, links, devices and folders."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, data, kind in members:
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.size = kind.encode(), "a.dcm", len(data) if kind == "0" else 0
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


@given(
    MEMBERS,
    st.sampled_from([".zip", ".tar", ".tar.gz", ".tgz"]),
    EDITS,
    st.sampled_from([1.0, 1.0, 0.9, 0.3]),
    st.booleans(),
)
@examples("archives")
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_any_archive_is_listed_and_read(members, ending, edits, keep, damaged):
    data = (make_zip if ending == ".zip" else make_tar)(members)
    data = edited(data, edits, keep) if damaged else data
    targets.check_archive(gzip.compress(data, 1) if ending in (".tar.gz", ".tgz") else data, ending)


# --- answers, rows, manifests -------------------------------------------------------------------------------------

WORDS = st.one_of(
    st.sampled_from(["Leber", "Leberzyste", "ja", "nein", "23 mm", "", " ", "<image>", "liver"]), st.text(max_size=6)
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), WORDS), lambda s: st.lists(s, max_size=3)
)
MENTION = st.fixed_dictionaries(
    {
        "text": WORDS,
        "labels": st.lists(st.sampled_from(["liver", "spleen", "leber", ""]), max_size=2),
        "negated": st.booleans(),
    }
)
QUESTION = st.fixed_dictionaries(
    {"question": WORDS, "answer": WORDS, "type": st.sampled_from(["open", "yesno", "multiple", "?"]),
     "choices": st.lists(WORDS, max_size=4), "quote": WORDS}
)  # fmt: skip
ANSWERS = st.one_of(
    st.lists(st.one_of(MENTION, JSON), max_size=4).map(lambda m: json.dumps({"mentions": m})),
    st.lists(st.one_of(QUESTION, QUESTION, JSON), max_size=4).map(lambda q: json.dumps({"questions": q})),
    JSON.map(json.dumps),
    st.text(max_size=40),
    st.sampled_from(
        ["[" * 100_000, '{"mentions": [{"text": "\\ud800", "labels": ["liver"], "negated": false}]}', "9" * 5000, "NaN"]
    ),
)


@given(
    ANSWERS, st.sampled_from(["{}", "```json\n{}\n```", "<think>x</think>{}"]), SENTENCES, st.sampled_from(["de", "en"])
)
@examples("answers")
def test_any_answer_is_taken_only_as_the_text_bears_it_out(answer, wrapped, text, language):
    targets.check_answer(wrapped.replace("{}", answer), text + " Leberzyste 23 mm.", language)


MASK = np.zeros((48, 64), np.uint8)
MASK[10:30, 5:40] = 5
NUMBERS = st.one_of(st.integers(-(2**31), 2**31 - 1), st.none())
REAL = st.one_of(st.floats(), st.none())
FIELDS = {
    "id": st.one_of(st.none(), st.text(max_size=5)), "patient": st.one_of(st.none(), st.text(max_size=5)),
    "modality": st.one_of(st.none(), st.text(max_size=3)), "plane": st.none(), "age": NUMBERS,
    "report": st.one_of(st.none(), st.fixed_dictionaries({"de": st.none(), "en": st.none()})),
    "spacing": st.one_of(st.none(), st.lists(REAL, max_size=3)),
    "objects": st.one_of(st.none(), st.lists(st.fixed_dictionaries(
        {"label": st.one_of(st.none(), WORDS), "box": st.one_of(st.none(), st.lists(REAL, max_size=5)), "area": NUMBERS, "pixels": NUMBERS}), max_size=2)),
    "findings": st.one_of(st.none(), st.lists(st.fixed_dictionaries({"label": WORDS, "box": st.one_of(st.none(), st.lists(REAL, max_size=5)), "source": WORDS}), max_size=2)),
    "vqa": st.one_of(st.none(), st.lists(st.fixed_dictionaries({
        "question": st.one_of(st.none(), WORDS), "answer": st.one_of(st.none(), WORDS), "language": WORDS, "type": WORDS,
        "choices": st.one_of(st.none(), st.lists(WORDS, max_size=2)), "spans": st.none(), "source": WORDS}), max_size=2)),
}  # fmt: skip
SPANS = st.one_of(st.none(), st.lists(st.fixed_dictionaries({
    "start": NUMBERS, "end": NUMBERS, "label": st.one_of(st.none(), WORDS),
    "labels": st.one_of(st.none(), st.lists(st.one_of(st.none(), WORDS), max_size=2)), "box": st.one_of(st.none(), st.lists(REAL, max_size=5)),
}), max_size=3))  # fmt: skip


@given(st.sets(st.sampled_from([*FIELDS, "spans"]), max_size=2), st.data(), st.sampled_from(["none", "sound", "wrong"]))
@examples("rows")
def test_the_laws_judge_any_row_of_the_schema(changed, data, mask):
    row = make_row("s0", "p0", MASK)
    for name in sorted(changed - {"spans"}):
        row[name] = data.draw(FIELDS[name])
    if "spans" in changed and "report" not in changed:
        row["report"]["de"]["spans"] = data.draw(SPANS)
    stored = {"none": None, "sound": MASK, "wrong": np.zeros((4, 4, 3), np.uint8)}[mask]
    targets.check_laws(row, stored, sound=not changed and mask == "sound")


MANIFEST = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=4)),
    lambda s: st.one_of(st.lists(s, max_size=2), st.dictionaries(st.sampled_from(["files", "rows", "bytes", "sha256", "slices", "a", "..", "../x"]), s, max_size=3)),
    max_leaves=8,
)  # fmt: skip
LINES = st.lists(
    st.one_of(
        MANIFEST.map(json.dumps),
        st.fixed_dictionaries({"root": MANIFEST, "n": MANIFEST, "status": MANIFEST, "reason": MANIFEST}).map(
            json.dumps
        ),
        st.text(max_size=5),
    ),
    max_size=3,
).map(lambda lines: "\n".join(lines).encode("utf-8", "surrogatepass"))


@given(
    st.one_of(
        st.fixed_dictionaries(
            {"format": st.just(FORMAT), "files": MANIFEST, "rows": MANIFEST, "fingerprint": MANIFEST}
        ).map(lambda m: json.dumps(m).encode()),
        MANIFEST.map(lambda m: json.dumps(m).encode()),
        st.binary(max_size=20),
    ),
    LINES,
)
@examples("manifests")
def test_any_manifest_is_verified(data, accounting):
    targets.check_manifest(data, accounting)
