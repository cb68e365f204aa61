"""Hundreds of broken, hostile and odd files through one build: none crashes it, hangs it, or gets lost.

    python -m tests.trust.malformed [--work DIR] [--workers 2]

Prints a table of reasons; exit 1 if the build failed, an input is unaccounted for, or memory passed the limit.
"""

import gzip
import io
import json
import os
import random
import resource
import struct
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pydicom
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from refrad2d.images.sources import list_sources
from tests.trust.outcome import PLAIN, Clock, Outcome, arguments, build_command, finish, phantom

MAX_RSS_MB = 1536


def damaged(data: bytes, draw: random.Random) -> Iterator[tuple[str, bytes]]:
    """Bytes of a sound DICOM file, cut, flipped, overwritten and stretched."""
    for n in range(40):
        yield f"cut{n}", data[: draw.randrange(len(data))]
    for n in range(120):
        broken = bytearray(data)
        for _ in range(draw.choice((1, 4, 64, 1024))):
            broken[draw.randrange(132, min(len(data), draw.choice((600, 2000, len(data)))))] = draw.randrange(256)
        yield f"flip{n}", bytes(broken)
    for n in range(20):
        at = draw.randrange(128, len(data) - 64)
        yield f"zero{n}", data[:at] + bytes(draw.choice((16, 200, 4000))) + data[at + 16 :]
    for n in range(20):
        at = draw.randrange(132, 1200)
        yield (
            f"length{n}",
            data[:at] + struct.pack("<I", draw.choice((0xFFFFFFFF, 0x7FFFFFFF, 0xFFFFFFFE))) + data[at + 4 :],
        )
    for n in range(15):
        at = draw.randrange(132, len(data))
        yield f"random{n}", data[:at] + draw.randbytes(draw.randrange(5000))


def edited(path: Path, draw: random.Random) -> Iterator[tuple[str, bytes]]:
    """The same file with single attributes that contradict the pixels or the standard."""
    changes = {
        "Rows": (0, 1, 65535),
        "Columns": (0, 65535),
        "BitsAllocated": (1, 7, 12, 32, 64),
        "BitsStored": (0, 33),
        "HighBit": (99,),
        "SamplesPerPixel": (0, 3, 255),
        "PixelRepresentation": (5,),
        "NumberOfFrames": ("0", "-3", "1000000"),
        "PhotometricInterpretation": ("RGB", "PALETTE COLOR", "YBR_FULL", "?"),
        "PixelSpacing": (["0", "0"], ["-1", "1"], ["1e300", "1"], []),
        "ImageOrientationPatient": ([0] * 6, [1, 0, 0, 1, 0, 0], [1e308] * 6, [1]),
        "ImagePositionPatient": (["1e308"] * 3, [], ["0"]),
        "RescaleSlope": ("0", "1e300", "-1"),
        "RescaleIntercept": ("1e300",),
        "SliceThickness": ("-5",),
        "SeriesInstanceUID": ("", "x" * 300),
        "StudyInstanceUID": ("",),
        "SOPInstanceUID": ("", "../../etc/passwd"),
        "SOPClassUID": ("", "1.2.840.10008.5.1.4.1.1.7", "9.9"),
        "PatientID": ("\x00\x01", "A" * 70000),
        "PatientName": ("=" * 500,),
        "SpecificCharacterSet": ("ISO_IR 999", "ISO 2022 IR 87"),
        "Modality": ("", "US", "\\\\"),
        "PixelData": (None, b"", b"\x00", b"\xff" * 3),
        "PatientAge": ("999Y", "abc"),
        "PatientBirthDate": ("00000000", "19999999"),
        "BurnedInAnnotation": ("YES",),
        "ImageType": (["DERIVED", "SECONDARY"], []),
    }
    for name, values in changes.items():
        for number, value in enumerate(values):
            dataset = pydicom.dcmread(path)
            if value is None:
                delattr(dataset, name)
            else:
                setattr(dataset, name, value)
            yield f"{name}{number}", encode(dataset)
    for syntax in (JPEG2000Lossless, JPEGLSLossless, RLELossless, DeflatedExplicitVRLittleEndian, "1.2.3.4"):
        dataset = pydicom.dcmread(path)
        raw = encode(dataset)
        yield (
            f"syntax{syntax[-3:]}",
            raw.replace(str(ExplicitVRLittleEndian).encode(), str(syntax).encode()[:19].ljust(19, b"\0")),
        )
    for depth in (50, 500, 3000):
        yield f"nested{depth}", raw + nested(depth)


def encode(dataset: pydicom.Dataset) -> bytes:
    """The file as bytes, odd values included."""
    out = io.BytesIO()
    pydicom.config.settings.writing_validation_mode = pydicom.config.IGNORE
    try:
        dataset.save_as(out, enforce_file_format=False)
    except (ValueError, TypeError, OverflowError, struct.error, AttributeError, IndexError, LookupError):
        return b"DICM" * 50  # pydicom refuses to write it; some other device would not
    return out.getvalue()


def nested(depth: int) -> bytes:
    """Sequences in sequences, of undefined length."""
    one = struct.pack("<HH2sHIHHI", 0x0FFF, 0x1111, b"SQ", 0, 0xFFFFFFFF, 0xFFFE, 0xE000, 0xFFFFFFFF)
    return one * depth


def others(folder: Path, sound: bytes) -> None:
    """Files that are no DICOM, archives that bite, and things that are no files."""
    nifti = bytearray(352)
    struct.pack_into("<i", nifti, 0, 348)
    nifti[344:348] = b"n+1\0"
    plain = {
        "empty": b"",
        "text.txt": b"hello",
        "magic.dcm": bytes(128) + b"DICM",
        "pdf": b"%PDF-1.7\n" + bytes(99),
        "html.dcm": b"<html>",
        "null": bytes(4096),
        "huge_dims.nii": bytes(nifti[:40]) + struct.pack("<8h", 3, 32000, 32000, 32000, 1, 1, 1, 1) + bytes(nifti[56:]),
        "header.nii": bytes(nifti),
        "negative.nii": bytes(nifti[:40]) + struct.pack("<8h", 3, -5, 7, 2, 1, 1, 1, 1) + bytes(nifti[56:]),
        "cut.nii.gz": gzip.compress(bytes(nifti))[:-9],
        "bomb.nii.gz": gzip.compress(
            bytes(nifti[:40])
            + struct.pack("<8h", 3, 1000, 1000, 400, 1, 1, 1, 1)
            + bytes(nifti[56:])
            + bytes(400 << 20),
            1,
        ),
        "not.zip": b"PK\x03\x04garbage",
        "not.tar": b"x" * 700,
        "cut.tar.gz": gzip.compress(b"x" * 9999)[:50],
        "name\nwith\nlines": b"x",
        "ü" * 100: sound[:900],
        "a b;rm -rf $HOME": b"x",
        ".hidden": sound[:2000],
        "DICOMDIR": b"x",
    }
    for name, data in plain.items():
        (folder / name).write_bytes(data)
    with open(os.fsencode(str(folder)) + b"/\xff\xfe-not-utf8", "wb") as file:
        file.write(b"x")
    os.mkfifo(folder / "fifo")
    (folder / "outside").symlink_to("/etc/hostname")
    (folder / "dangling").symlink_to(folder / "nowhere")
    (folder / "loop").symlink_to(folder)
    with zipfile.ZipFile(folder / "evil.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../escape.dcm", sound)
        archive.writestr("bomb.dcm", bytes(128) + b"DICM" + bytes(300 << 20))
        archive.writestr("inner.zip", b"PK\x05\x06" + bytes(18))
    with zipfile.ZipFile(folder / "empty.zip", "w"):
        pass
    with tarfile.open(folder / "evil.tar", "w") as archive:
        for name, kind in (("link", tarfile.SYMTYPE), ("device", tarfile.CHRTYPE), ("pipe", tarfile.FIFOTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
        info = tarfile.TarInfo("/abs/olute.dcm")
        info.size = len(sound)
        archive.addfile(info, io.BytesIO(sound))
    deep = folder
    for n in range(60):
        deep = deep / f"d{n}"
    deep.mkdir(parents=True)
    (deep / "x.dcm").write_bytes(sound[:3000])


def check(work: Path, workers: int = 2) -> list[Outcome]:
    """The outcome of one build of a sound patient among hostile files; `work` must be empty."""
    clock = Clock()
    hospital = phantom(work / "hospital", patients=1, seed=5, keep_every=4)
    export, draw = hospital / "dicom", random.Random(0)
    path = next(p for p in sorted(export.rglob("*")) if p.is_file() and p.read_bytes()[128:132] == b"DICM")
    bad = export / "bad"
    bad.mkdir()
    sound = path.read_bytes()
    for name, data in (*damaged(sound, draw), *edited(path, draw)):
        (bad / name).write_bytes(data)
    others(bad, sound)
    sources, out = list_sources(export), work / "out"
    command = build_command(hospital, out, work / "key", "--workers", str(workers), *PLAIN, masks=False)
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=1500)
        code, said = done.returncode, done.stderr
    except subprocess.TimeoutExpired:
        code, said = 1, "The build hung."
    rss = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    lines = [json.loads(line) for line in (out / "accounting.jsonl").read_text().splitlines()] if code == 0 else []
    mine = [line for line in lines if line["root"] == "export"]
    hostile = [str(s.name).startswith("bad/") for s in sources]
    reasons = Counter(line["reason"] or "kept" for line, evil in zip(mine, hostile, strict=False) if evil)
    for reason, n in sorted(reasons.items(), key=lambda r: -r[1]):
        print(f"{n:5d}  {reason}")
    if code:
        print(said[-2000:])
    made, accounted = sum(hostile), reasons.total()
    died = {reason: reasons[reason] for reason in ("timeout", "crash", "out_of_memory") if reasons[reason]}
    ok = code == 0 and accounted == made >= 300 and [line["n"] for line in mine] == list(range(len(sources)))
    return [
        Outcome("malformed files: the build ends, each is accounted for once", made, accounted, "all, of >= 300", ok, clock.read(), {"reasons": dict(sorted(reasons.items())), "children that died": died}),
        Outcome("malformed files: peak memory of a process, MB", MAX_RSS_MB, rss, f"<= {MAX_RSS_MB}", code == 0 and rss <= MAX_RSS_MB),
    ]  # fmt: skip


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return finish(check(args.work or Path(folder), args.workers), args.json)


if __name__ == "__main__":
    sys.exit(main())
