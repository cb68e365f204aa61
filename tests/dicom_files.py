"""Small DICOM files of invented patients for tests: one slice, whatever the test wants different."""

from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

STUDY, SERIES = generate_uid(entropy_srcs=["study"]), generate_uid(entropy_srcs=["series"])


def make_slice(k: int = 0, *, pixels: np.ndarray | None = None, **elements) -> Dataset:
    """The k-th axial CT slice of a stack with 5 mm spacing; keyword arguments set or (None) delete elements."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = CTImageStorage
    dataset.SOPInstanceUID = generate_uid(entropy_srcs=["slice", str(k)])
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = STUDY, SERIES
    dataset.PatientID, dataset.PatientName = "P1", "Testerin^Tina"
    dataset.Modality, dataset.BodyPartExamined = "CT", "ABDOMEN"
    dataset.PatientSex, dataset.PatientAge = "F", "067Y"
    dataset.SeriesNumber, dataset.InstanceNumber = 4, k + 1
    dataset.ImagePositionPatient, dataset.ImageOrientationPatient = [-8, -8, 5 * k], [1, 0, 0, 0, 1, 0]
    dataset.PixelSpacing, dataset.SliceThickness = [1, 1], 5
    dataset.RescaleSlope, dataset.RescaleIntercept = 1, -1024
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 16, 15, 0
    pixels = np.arange(256, dtype=np.uint16).reshape(16, 16) + 1000 + k if pixels is None else pixels
    dataset.Rows, dataset.Columns = pixels.shape
    dataset.PixelData = pixels.tobytes()
    for name, value in elements.items():
        if value is None:
            delattr(dataset, name)
        else:
            setattr(dataset, name, value)
    dataset.file_meta.MediaStorageSOPClassUID = dataset.get("SOPClassUID") or CTImageStorage
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.get("SOPInstanceUID") or generate_uid()
    return dataset


def write_slice(path: Path, k: int = 0, **elements) -> Path:
    """Write such a slice as a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    make_slice(k, **elements).save_as(path, enforce_file_format=True)
    return path
