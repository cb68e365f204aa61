"""The examples of the Space, slices of invented patients: `python space/make_examples.py` writes space/examples."""

from pathlib import Path

import numpy as np
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, MRImageStorage, RLELossless

from refrad2d.phantom import labels_of, sample_slice
from refrad2d.phantom.dicom import make_uid
from refrad2d.windows import apply_window, get_window

OUT = Path(__file__).with_name("examples")
SIZE = 288
SITE = "B"  # the site that `make demo` learns
LEAST = 60  # pixels of a class that counts as shown
TRIES = 24
EXAMPLES = (  # file, region, plane, first seed
    ("abdomen.dcm", "abdomen_ct", "axial", 880),
    ("chest", "chest_ct", "axial", 4800),
    ("head.dcm", "head_mr", "axial", 6400),
    ("trunk.png", "torso_ct", "coronal", 8000),
    ("pelvis", "pelvis_mr", "axial", 9600),
)
ORIENTATION = {"axial": [1, 0, 0, 0, 1, 0], "coronal": [1, 0, 0, 0, 0, -1], "sagittal": [0, 1, 0, 0, 0, -1]}


def choose_slice(region: str, plane: str, seed: int) -> dict:
    """Of some slices in this plane the one that shows the most classes."""
    drawn = (sample_slice(n, site=SITE, size=SIZE, regions=(region,)) for n in range(seed, seed + TRIES))
    return max((one for one in drawn if one["plane"] == plane), key=lambda one: len(labels_of(one["mask"], LEAST)))


def as_dicom(one: dict, plane: str, name: str) -> Dataset:
    """A slice as a DICOM image with pseudonymous header, RLE compressed."""
    ct = one["modality"] == "CT"
    ds = Dataset()
    ds.SOPClassUID = CTImageStorage if ct else MRImageStorage
    ds.SOPInstanceUID, ds.SeriesInstanceUID, ds.StudyInstanceUID = (make_uid("space", name, n) for n in range(3))
    ds.FrameOfReferenceUID = make_uid("space", name, "frame")
    ds.Modality, ds.ImageType = one["modality"], ["DERIVED", "PRIMARY", plane.upper()]
    ds.PatientName, ds.PatientID, ds.PatientIdentityRemoved = "PHANTOM", name.split(".")[0].upper(), "YES"
    ds.BodyPartExamined, ds.InstanceNumber = one["body_part"], 1
    ds.ImagePositionPatient, ds.ImageOrientationPatient = [0, 0, 0], ORIENTATION[plane]
    ds.PixelSpacing = [f"{mm:.6g}" for mm in one["spacing"]]
    ds.Rows, ds.Columns = one["pixels"].shape
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 16, 15, int(ct)
    if ct:
        ds.RescaleSlope, ds.RescaleIntercept, ds.RescaleType = 1, 0, "HU"
        ds.PixelData = np.clip(np.round(one["pixels"]), -1024, 3071).astype(np.int16).tobytes()
    else:
        ds.PixelData = np.clip(np.round(one["pixels"]), 0, 65535).astype(np.uint16).tobytes()
    ds["PixelData"].VR = "OW"
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.compress(RLELossless, generate_instance_uid=False)
    return ds


def main() -> None:
    """Write every example and say how large it is."""
    OUT.mkdir(exist_ok=True)
    for name, region, plane, seed in EXAMPLES:
        one, path = choose_slice(region, plane, seed), OUT / name
        if path.suffix == ".png":
            grey = apply_window(one["pixels"], *get_window("soft_tissue"))
            Image.fromarray(np.round(grey * 255).astype(np.uint8)).save(path, optimize=True)
        else:
            as_dicom(one, plane, name).save_as(path, enforce_file_format=True)
        print(f"{name}: {region}, {plane}, {len(labels_of(one['mask'], LEAST))} classes, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
