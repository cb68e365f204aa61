"""Thousands of identifiers planted in headers, private tags, file names, pixels and reports; none may come out.

    python tests/trust/planted.py [--work DIR] [--patients 3]

Every output file is searched decoded (tar members, Parquet columns, pictures' metadata), with logs and file names.
"""

import argparse
import csv
import io
import json
import random
import re
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from pathlib import Path

import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pydicom
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

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


def plant(path: Path, draw: random.Random, planted: Counter) -> None:
    """Fill every free-text attribute, private tags and a nested sequence of one file."""
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


def decoded(out: Path) -> dict[str, str]:
    """Everything that stands in the output as text: name of the place → its text, in lower case."""
    texts = {}
    for path in sorted(p for p in out.rglob("*") if p.is_file()):
        name = path.relative_to(out).as_posix()
        raw = path.read_bytes()
        parts = [raw.decode("latin-1"), name]
        if path.suffix == ".parquet":
            for row in pq.read_table(path).to_pylist():
                for picture in (row.pop("image", None), row.pop("mask", None)):
                    parts.append(metadata(picture))
                parts.append(json.dumps(row, ensure_ascii=False))
        if path.suffix == ".tar":
            with tarfile.open(path) as tar:
                for member in tar:
                    parts += [str(member.get_info()), tar.extractfile(member).read().decode("latin-1")]
        texts[name] = "\n".join(parts).lower()
    return texts


def metadata(picture: dict | None) -> str:
    """What an image struct says beside its pixels."""
    if not picture or not picture.get("bytes"):
        return ""
    return f"{picture.get('path')} {Image.open(io.BytesIO(picture['bytes'])).info}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path)
    parser.add_argument("--patients", type=int, default=3)
    args = parser.parse_args()
    work, draw, planted = args.work or Path(tempfile.mkdtemp()), random.Random(0), Counter()
    run = [sys.executable, "-m", "refrad2d.cli"]
    hospital = work / "hospital"
    subprocess.run([*run, "phantom", str(hospital), "--patients", str(args.patients), "--seed", "9"], check=True)
    files = [p for p in sorted((hospital / "dicom").rglob("*")) if p.is_file()]
    for path in files:
        if path.read_bytes()[128:132] == b"DICM":
            plant(path, draw, planted)
            path.rename(path.with_name(f"{token(draw, planted, 'file name')}_{path.name}"))
    plant_reports(hospital / "reports.csv", draw, planted)
    identifiers = {
        str(d.get(k))
        for p in (hospital / "dicom").rglob("*")
        if p.is_file() and (d := pydicom.dcmread(p, force=True, stop_before_pixels=True))
        for k in ("PatientID", "AccessionNumber", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
    }
    planted.update(i.lower() for i in identifiers if len(i) > 5)
    command = [
        *run,
        "build",
        str(hospital / "dicom"),
        "--reports",
        str(hospital / "reports.csv"),
        "--masks",
        str(hospital / "masks"),
        "--out",
        str(work / "out"),
        "--workers",
        "2",
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    places = {**decoded(work / "out"), "log": (done.stdout + done.stderr).lower()}
    survivors = Counter()
    for word in planted:
        where = [name for name, text in places.items() if word.lower() in text]
        if where:
            survivors[KINDS.get(word, "identifier")] += 1
            print("survives:", KINDS.get(word, "identifier"), re.sub(r"-\d{5}-of.*", "", where[0]))
    kinds = len(set(KINDS.values()))
    print(
        f"| planted | kinds | exit code | survivors |\n|---|---|---|---|\n| {len(planted)} | {kinds} | "
        f"{done.returncode} | {survivors.total()} |"
    )
    if done.returncode:
        print(done.stderr[-1500:])
    return int(done.returncode != 0 or survivors.total() > 0 or len(planted) < 4000)


if __name__ == "__main__":
    sys.exit(main())
