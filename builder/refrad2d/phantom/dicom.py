"""Rendered series as DICOM files with invented identifiers in every place where hospitals leave them."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import numpy as np
from faker import Faker
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    CTImageStorage,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    MRImageStorage,
    RLELossless,
)

from refrad2d.phantom.anatomy import Patient
from refrad2d.phantom.series import RenderedVolume, Series, get_region, read_site

SYNTAXES = {  # name -> transfer syntax and share of the series
    ExplicitVRLittleEndian: 0.55,
    ImplicitVRLittleEndian: 0.1,
    RLELossless: 0.1,
    JPEG2000Lossless: 0.25,
}
# slope, intercept, signed, bits stored of CT series
RESCALES = ((1.0, -1024.0, False, 12), (1.0, 0.0, True, 16), (1.0, -8192.0, False, 16), (0.5, -1024.0, False, 16))


@dataclass(frozen=True)
class Identity:
    """Invented identifiers of one patient at one hospital."""

    name: str  # DICOM PN: family^given
    spoken: str  # family name
    patient_id: str
    birth_date: str
    address: str
    phone: str
    physician: str
    institution: str
    institution_address: str
    operator: str


@dataclass(frozen=True)
class Visit:
    """One visit: identifiers and dates."""

    uid: str
    accession: str
    date: str
    time: str
    prior: str  # YYYYMMDD of the study before


def make_uid(*parts: object) -> str:
    """A UID under 2.25 that depends on nothing but the parts."""
    digest = sha256("/".join(str(part) for part in parts).encode()).digest()
    return f"2.25.{UUID(bytes=digest[:16], version=4).int}"


def make_identity(seed: int, patient: Patient, rng: np.random.Generator) -> Identity:
    """Names and numbers from Faker, German for most, with its own seed."""
    fake = Faker("de_DE" if rng.random() < 0.8 else "en_US")
    fake.seed_instance(int(seed) * 100003 + patient.seed)
    given = fake.first_name_female() if patient.sex == "F" else fake.first_name_male()
    family = fake.last_name()
    return Identity(
        name=f"{family}^{given}",
        spoken=family,
        patient_id=f"{patient.site}{rng.integers(10**6, 10**7)}",
        birth_date=f"{2023 - patient.age}{rng.integers(1, 13):02d}{rng.integers(1, 29):02d}",
        address=fake.address().replace("\n", ", "),
        phone=fake.phone_number()[:16],  # SH holds 16 characters
        physician=f"{fake.last_name()}^{fake.first_name()}^^Dr.",
        institution=f"Klinikum {fake.last_name()}",
        institution_address=fake.address().replace("\n", ", "),
        operator=f"{fake.last_name()}^{fake.first_name()}",
    )


def write_series(
    folder: Path,
    patient: Patient,
    who: Identity,
    study: Visit,
    series: Series,
    volume: RenderedVolume,
    number: int,
    rng: np.random.Generator,
) -> list[Dataset]:
    """One DICOM file a slice. Gives the headers in the order of the volume's slices, before compression."""
    folder.mkdir(parents=True)
    series_uid = make_uid(study.uid, "series", number)
    syntaxes, shares = zip(*SYNTAXES.items(), strict=True)
    syntax = syntaxes[int(rng.choice(len(syntaxes), p=shares))]
    extension = ("", ".dcm", ".DCM", "")[int(rng.integers(4))]
    rescale = RESCALES[int(rng.integers(len(RESCALES)))] if series.protocol.modality == "CT" else (1.0, 0.0, False, 16)
    reverse = rng.random() < 0.4  # some scanners number from the feet
    count = len(volume.pixels)
    headers = []
    for k in range(count):
        instance = count - k if reverse else k + 1
        dataset = _header(patient, who, study, series, series_uid, number)
        _describe_geometry(dataset, series, k, instance, make_uid(series_uid, k))
        _store_pixels(dataset, volume.pixels[k], rescale)
        headers.append(dataset)
        written = Dataset()
        written.update(dataset)
        written.file_meta = FileMetaDataset()
        written.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
        written.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        written.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian if syntax.is_compressed else syntax
        if syntax.is_compressed:
            written.compress(syntax, generate_instance_uid=False)
        written.save_as(folder / f"IM{instance:04d}{extension}", enforce_file_format=True)
    return headers


def _header(patient: Patient, who: Identity, study: Visit, series: Series, series_uid: str, number: int) -> Dataset:
    region, modality = get_region(series.region), series.protocol.modality
    site = read_site(patient.site)[modality]
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 100" if patient.site != "C" else "ISO_IR 192"
    ds.ImageType = ["ORIGINAL", "PRIMARY", series.plane.upper()]
    ds.SOPClassUID = CTImageStorage if modality == "CT" else MRImageStorage
    ds.StudyDate = ds.SeriesDate = ds.AcquisitionDate = ds.ContentDate = study.date
    ds.StudyTime = ds.SeriesTime = ds.ContentTime = study.time
    ds.AccessionNumber = study.accession
    ds.Modality = modality
    ds.Manufacturer, ds.ManufacturerModelName = site["manufacturer"], series.model
    ds.InstitutionName, ds.InstitutionAddress = who.institution, who.institution_address
    ds.ReferringPhysicianName, ds.OperatorsName = who.physician, who.operator
    ds.StationName = f"{modality}{patient.site}01"
    family, _, given = who.name.partition("^")
    ds.StudyDescription = f"{modality} {region.body_part.title()} {given} {family}"
    ds.SeriesDescription = f"{region.body_part.title()} {series.plane} {series.protocol.thickness:g} {series.kernel}"
    ds.PatientName, ds.PatientID, ds.PatientBirthDate = who.name, who.patient_id, who.birth_date
    ds.PatientSex, ds.PatientAge = patient.sex, f"{patient.age:03d}Y"
    ds.PatientAddress, ds.PatientTelephoneNumbers = who.address, who.phone
    ds.PatientComments = f"Angehörige informiert: {who.phone}"
    ds.BodyPartExamined = region.body_part
    ds.SliceThickness = f"{series.protocol.thickness:g}"
    ds.SpacingBetweenSlices = f"{series.gap:.4g}"
    ds.ProtocolName = f"{region.body_part.title()} {series.protocol.phase} {family}"
    ds.PatientPosition = "HFS"
    if modality == "CT":
        ds.KVP, ds.ConvolutionKernel = str(site["kvp"]), series.kernel
        if series.protocol.phase != "native":
            ds.ContrastBolusAgent = "Iodine"
    else:
        ds.ScanningSequence, ds.SequenceVariant = "SE", "NONE"
        ds.SequenceName = series.protocol.phase.upper()
        ds.MagneticFieldStrength = str(site["field"])
    ds.StudyInstanceUID, ds.SeriesInstanceUID = study.uid, series_uid
    ds.StudyID, ds.SeriesNumber = study.accession[-6:], number + 1
    ds.FrameOfReferenceUID = make_uid(study.uid, "frame")
    block = ds.private_block(0x0009, f"{site['manufacturer'].split()[0].upper()} PRIVATE", create=True)
    block.add_new(0x01, "LO", who.name.replace("^", " "))
    block.add_new(0x02, "LO", who.patient_id)
    return ds


def _describe_geometry(ds: Dataset, series: Series, k: int, instance: int, uid: str) -> None:
    grid = series.grid(k)
    ds.SOPInstanceUID, ds.InstanceNumber, ds.AcquisitionNumber = uid, instance, 1
    ds.ImagePositionPatient = [f"{c:.9g}" for c in grid.origin]
    directions = np.concatenate([grid.across, grid.down]) / grid.spacing
    ds.ImageOrientationPatient = [f"{c:g}" for c in np.round(directions, 6) + 0.0]
    ds.SliceLocation = f"{series.positions[k]:.9g}"
    ds.PixelSpacing = [f"{grid.spacing:.10g}"] * 2
    ds.Rows, ds.Columns = grid.shape


def _store_pixels(ds: Dataset, pixels: np.ndarray, rescale: tuple[float, float, bool, int]) -> None:
    slope, intercept, signed, bits = rescale
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    stored = np.clip(np.round((pixels - intercept) / slope), low, high).astype(np.int16 if signed else np.uint16)
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, bits, bits - 1, int(signed)
    if ds.Modality == "CT":
        ds.RescaleSlope, ds.RescaleIntercept, ds.RescaleType = f"{slope:g}", f"{intercept:g}", "HU"
        ds.WindowCenter, ds.WindowWidth = "40", "350"
    ds.PixelData = stored.tobytes()
    ds["PixelData"].VR = "OW"
