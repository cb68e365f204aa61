"""Thousands of identifiers planted in headers, private tags, file names, pixels and reports; none may come out.

    python -m tests.trust.planted [--work DIR] [--patients 16]

Every output file is searched decoded (tar members, zstd, Parquet columns, metadata of pictures, the privacy report), with
logs and file names. For what was planted in the pixels, the archive is compared with that of the clean hospital: each
pixel that differs must have been blanked, each other one be as it was; and the stored pictures are read by OCR.
"""

import csv
import gzip
import io
import json
import random
import re
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pydicom
from PIL import Image, ImageDraw, ImageFont
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from refrad2d.privacy.burnt_in import read_text
from refrad2d.system.pseudonyms import pseudonym
from tests.trust.outcome import CLI, PLAIN, Clock, Outcome, arguments, build_command, finish, phantom

START, CHUNK = 6, 1 << 22  # bytes of a word that are looked for at once, bytes of text at a time
CONTROL = ("fingerprint", "Privacy report", "unauffällig", "export files")  # manifest, report, rows, log
BURNT = 0.7  # of the patients have text in their pixels

TEXT_TAGS = (
    "PatientName OtherPatientNames PatientBirthName PatientMotherBirthName PatientAddress PatientTelephoneNumbers "
    "OtherPatientIDs "
    "MilitaryRank BranchOfService EthnicGroup Occupation AdditionalPatientHistory PatientComments "
    "ReferringPhysicianName "
    "ReferringPhysicianAddress PerformingPhysicianName NameOfPhysiciansReadingStudy OperatorsName PhysiciansOfRecord "
    "RequestingPhysician InstitutionName InstitutionAddress InstitutionalDepartmentName StationName "
    "StudyDescription SeriesDescription "
    "ProtocolName PerformedProcedureStepDescription RequestedProcedureDescription DeviceSerialNumber ImageComments "
    "StudyID "
    "InsurancePlanIdentification CountryOfResidence RegionOfResidence PatientReligiousPreference "
    "CurrentPatientLocation "
    "AcquisitionComments DerivationDescription ContrastBolusAgent ScheduledPerformingPhysicianName RequestingService "
    "ReasonForStudy MedicalAlerts Allergies SpecialNeeds PatientState AdmissionID IssuerOfPatientID SoftwareVersions"
).split()
ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"


def token(draw: random.Random, planted: Counter, kind: str) -> str:
    """A word that no report and no program contains, such as QWXKZJVB7."""
    word = "".join(draw.choice(ALPHABET) for _ in range(9))
    planted[word] += 1
    KINDS[word] = kind
    return word


KINDS: dict[str, str] = {}


def plant(path: Path, draw: random.Random, planted: Counter) -> str:
    """Fill every free-text attribute, private tags and a nested sequence of one file; returns its PatientID."""
    dataset = pydicom.dcmread(path)
    for name in TEXT_TAGS:
        setattr(dataset, name, token(draw, planted, name))
    block = dataset.private_block(0x0011, token(draw, planted, "private creator"), create=True)
    block.add_new(1, "LO", token(draw, planted, "private tag"))
    block.add_new(2, "OB", token(draw, planted, "private bytes").encode())
    inner = Dataset()
    inner.PatientName = token(draw, planted, "nested name")
    inner.TextValue = token(draw, planted, "nested text")
    dataset.RequestAttributesSequence = Sequence([inner])
    dataset.save_as(path)
    return str(dataset.PatientID)


def plant_reports(path: Path, draw: random.Random, planted: Counter) -> None:
    """Name, address and number behind the trigger words of each language, in every report."""
    table = pacsv.read_csv(path, parse_options=pacsv.ParseOptions(newlines_in_values=True)).to_pylist()
    for row in table:
        name, street, number = (
            token(draw, planted, f"report {kind}").capitalize() for kind in ("name", "street", "number")
        )
        number = f"{number.upper()}{draw.randrange(10**6):06d}"
        sentence = {
            "de": f" Befund mit Herrn Dr. {name} besprochen. Wohnhaft {street}straße 12. Fallnummer {number}.",
            "en": f" Discussed with Dr. {name}. Lives at 12 {street} Street. MRN {number}.",
        }[row["language"]]
        row["report"] += sentence
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, table[0])
        writer.writeheader()
        writer.writerows(table)


def burn(paths: list[Path], draw: random.Random, planted: Counter) -> None:
    """A name and a date in the pixels of every slice of a series, at one place, as a device writes them."""
    paths = [path for path in paths if "Rows" in pydicom.dcmread(path, stop_before_pixels=True)]
    if not paths:  # a folder of key objects
        return
    word, corner, size = token(draw, planted, "burnt-in text"), draw.random() < 0.5, draw.choice((12, 14, 18))
    BURNT_IN.append(word)
    for path in paths:
        dataset = pydicom.dcmread(path)
        if dataset.file_meta.TransferSyntaxUID.is_compressed:
            dataset.decompress()
        pixels = dataset.pixel_array.copy()
        canvas = Image.new("L", pixels.shape[:-3:-1], 0)
        pen, font = ImageDraw.Draw(canvas), ImageFont.load_default(size)
        bottom = canvas.height - pen.textbbox((0, 0), word, font=font)[3] - 4
        pen.text((3, 3 if corner else bottom), f"{word} 12.04.1953", fill=255, font=font)
        pixels[..., np.asarray(canvas) > 96] = pixels.max()
        dataset.PixelData = pixels.tobytes()
        dataset.save_as(path)


BURNT_IN: list[str] = []


def metadata(picture: dict | None) -> str:
    """Text chunks of a stored picture."""
    if not picture or not picture.get("bytes"):
        return ""
    return str(Image.open(io.BytesIO(picture["bytes"])).info) + str(picture.get("path"))


def unpacked(data: bytes) -> bytes:
    """The bytes of a gzip or zstd stream, others as they are."""
    if data[:2] == b"\x1f\x8b":
        return gzip.decompress(data)
    if data[:4] == b"\x28\xb5\x2f\xfd":
        import zstandard

        return zstandard.ZstdDecompressor().decompressobj().decompress(data)
    return data


def decoded(out: Path) -> dict[str, str]:
    """Everything that stands in the output as text: name of the place → its text, in lower case."""
    texts = {}
    for path in sorted(p for p in out.rglob("*") if p.is_file()):
        name = path.relative_to(out).as_posix()
        raw = path.read_bytes()
        parts = [unpacked(raw).decode("latin-1"), unpacked(raw).decode("utf-8", "replace"), name]
        if path.suffix == ".parquet":
            parts.append(str(pq.read_metadata(path).to_dict()) + str(pq.read_schema(path).metadata))
            for row in pq.read_table(path).to_pylist():
                for picture in (row.pop("image", None), row.pop("mask", None)):
                    parts.append(metadata(picture))
                parts.append(json.dumps(row, ensure_ascii=False))
        if path.suffix == ".tar":
            with tarfile.open(path) as tar:
                for member in tar:
                    content = unpacked(tar.extractfile(member).read())
                    parts += [str(member.get_info()), content.decode("latin-1"), content.decode("utf-8", "replace")]
        texts[name] = "\n".join(parts).lower()
    return texts


def find_words(words: Iterable[str], places: dict[str, str]) -> dict[str, str]:
    """Words of six bytes or more that stand in a place, and the first such place; case does not count.

    Thousands of words in megabytes of text: the places where any word's first six bytes stand are found by numpy.
    """
    starts: dict[int, list[tuple[str, bytes]]] = defaultdict(list)
    for word in words:
        data = word.lower().encode()
        starts[int.from_bytes(data[:START], "little")].append((word, data))
    codes = np.array(sorted(starts), dtype=np.uint64)
    found: dict[str, str] = {}
    for name, text in places.items():
        data = text.lower().encode("utf-8", "surrogateescape")
        for first in range(0, len(data), CHUNK):
            part = np.frombuffer(data[first : first + CHUNK + START - 1], np.uint8).astype(np.uint64)
            here = sum(part[n : len(part) - START + 1 + n] << np.uint64(8 * n) for n in range(START))
            at = np.searchsorted(codes, here)
            for hit in np.flatnonzero(codes[np.minimum(at, len(codes) - 1)] == here) if len(part) >= START else ():
                for word, wanted in starts[int(here[hit])]:
                    if data.startswith(wanted, first + int(hit)):
                        found.setdefault(word, name)
    return found


def pixels_of(out: Path) -> dict[str, np.ndarray]:
    """Row id → native pixels in the archive."""
    found = {}
    for path in sorted((out / "refrad2d-wds").glob("*.tar")):
        with tarfile.open(path) as tar:
            for member in tar:
                if member.name.endswith(".pixels.png"):
                    content = io.BytesIO(tar.extractfile(member).read())
                    found[member.name.split(".")[0]] = np.asarray(Image.open(content))
    return found


def pictures_of(out: Path) -> dict[str, np.ndarray]:
    """Row id → the picture that a model sees."""
    found = {}
    for path in sorted((out / "refrad2d" / "data").glob("slices-*.parquet")):
        for row in pq.read_table(path, columns=["id", "image"]).to_pylist():
            found[row["id"]] = np.asarray(Image.open(io.BytesIO(row["image"]["bytes"])))
    return found


def is_read(words: list[str], picture: np.ndarray) -> bool:
    """True if OCR reads four characters in a row of a planted word in a picture (rows, columns, 3) uint8."""
    text = re.sub(r"\W", "", " ".join(reading.text for reading in read_text(picture))).upper()
    return any(word[n : n + 4] in text for word in words for n in range(len(word) - 3))


def check_pixels(clean: Path, out: Path, burnt: set[str], ocr: int = 24) -> list[Outcome]:
    """Blanked where text was planted, untouched elsewhere. `burnt` are the ids of the rows that have text."""
    clock = Clock()
    before, after, pictures = pixels_of(clean), pixels_of(out), pictures_of(out)
    written = [name for name in sorted(burnt) if name in after]
    blanked = 0
    for name in written:
        differs = before[name] != after[name]
        blanked += bool(differs.any() and (after[name][differs] == after[name].min()).all())
    looked = written[:: max(1, len(written) // ocr)]
    unread = sum(not is_read(BURNT_IN, pictures[name]) for name in looked)
    others = sorted(before.keys() - burnt)
    kept = sum(name in after and np.array_equal(before[name], after[name]) for name in others)
    series = len(BURNT_IN)
    return [
        Outcome("burnt-in text: all that differs from the clean pixels is blank", len(written), blanked, "all, of >= 10 series", blanked == len(written) > 0 and series >= 10, clock.read(), {"series": series, "dropped": len(burnt) - len(written)}),
        Outcome("burnt-in text: OCR reads none of it in the stored pictures", len(looked), unread, "all", unread == len(looked) > 0, clock.read()),
        Outcome("clean slices: kept, every pixel as it was", len(others), kept, ">= 98 %", kept >= 0.98 * len(others) > 0),
    ]  # fmt: skip


def header_values(hospital: Path) -> set[str]:
    """The identifiers that the phantom itself put into its headers."""
    found = set()
    for path in (hospital / "dicom").rglob("*"):
        if path.is_file():
            header = pydicom.dcmread(path, force=True, stop_before_pixels=True)
            for name in ("PatientID", "AccessionNumber", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
                found.add(str(header.get(name)).lower())
    return {value for value in found if len(value) > 5}


def run(command: list[str]) -> tuple[int, str]:
    """Exit code, and all that a command printed."""
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def check(work: Path, patients: int = 16) -> list[Outcome]:
    """All outcomes; `work` must be empty."""
    clock, draw, planted = Clock(), random.Random(0), Counter()
    hospital = phantom(work / "hospital", patients=patients, seed=9, keep_every=6)
    by_patient: dict[str, dict[Path, list[Path]]] = defaultdict(lambda: defaultdict(list))
    for path in sorted(p for p in (hospital / "dicom").rglob("*") if p.is_file()):
        if path.read_bytes()[128:132] == b"DICM":
            patient = plant(path, draw, planted)
            path = path.rename(path.with_name(f"{token(draw, planted, 'file name')}_{path.name}"))
            by_patient[patient][path.parent].append(path)
    plant_reports(hospital / "reports.csv", draw, planted)
    key = work / "key"
    options = ("--workers", "2", "--offline")
    code, log = run(build_command(hospital, work / "clean", key, *options, *PLAIN))
    with_text = sorted(by_patient)[: round(BURNT * len(by_patient))]
    for patient in with_text:
        for paths in by_patient[patient].values():
            burn(paths, draw, planted)
    planted.update(header_values(hospital))
    out = work / "out"
    for command in (
        build_command(hospital, out, key, *options),
        [*CLI, "inspect", str(out)],
        [*CLI, "verify", str(out)],
    ):
        more, said = run(command)
        code, log = code or more, log + said
    places = {**decoded(out), "log": log.lower()}
    searched = find_words(CONTROL, places).keys() == set(CONTROL)  # a search that finds nothing at all proves nothing
    survivors = Counter()
    for word, place in find_words(planted, places).items():
        survivors[KINDS.get(word, "identifier")] += 1
        print("survives:", KINDS.get(word, "identifier"), re.sub(r"-\d{5}-of.*", "", place))
    if code:
        print(log[-1500:])
    gone, kinds = len(planted) - survivors.total(), len({*KINDS.values(), "identifier"})
    names = {pseudonym(bytes.fromhex(key.read_text().strip()), "patient", patient) for patient in with_text}
    rows = pq.read_table(work / "clean" / "refrad2d" / "data", columns=["id", "patient"]).to_pylist()
    return [
        Outcome("planted identifiers that are nowhere in the output", len(planted), gone, "all, of >= 4,000", searched and code == 0 and gone == len(planted) >= 4000, clock.read(), {"kinds": kinds}),
        *check_pixels(work / "clean", out, {row["id"] for row in rows if row["patient"] in names}),
    ]  # fmt: skip


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--patients", type=int, default=16)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return finish(check(args.work or Path(folder), args.patients), args.json)


if __name__ == "__main__":
    sys.exit(main())
