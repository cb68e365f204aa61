"""Masks of a series as NIfTI (TotalSegmentator ids, label table in the header extension) or as DICOM SEG."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import highdicom as hd
import nibabel as nib
import numpy as np
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes

from refrad2d.labels import label_by_id, labels
from refrad2d.phantom.dicom import make_uid
from refrad2d.phantom.series import RenderedVolume

LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


def write_nifti(path: Path, array: np.ndarray, affine: np.ndarray, names: Mapping[int, str] | None) -> None:
    """(slice, row, column) uint8 as NIfTI (column, row, slice) in RAS; `names` go into a label table if given."""
    image = nib.Nifti1Image(np.ascontiguousarray(array.transpose(2, 1, 0)), LPS_TO_RAS @ affine)
    image.header.set_xyzt_units("mm")
    if names is not None:
        table = "".join(
            f'<Label Key="{key}" Red="{key % 7 / 7:.3f}" Green="{key % 5 / 5:.3f}" Blue="{key % 3 / 3:.3f}" Alpha="1">'
            f"<![CDATA[{name}]]></Label>"
            for key, name in names.items()
        )
        xml = (
            '<?xml version="1.0" encoding="UTF-8"?><CaretExtension><VolumeInformation Index="0">'
            f"<LabelTable>{table}</LabelTable></VolumeInformation></CaretExtension>"
        )
        image.header.extensions.append(nib.nifti1.Nifti1Extension(0, xml.encode()))
    nib.save(image, path)


def total_ids(mask: np.ndarray, modality: str) -> tuple[np.ndarray, dict[int, str]]:
    """Unified ids as TotalSegmentator numbers them in this modality's task, and the names of the ids that occur."""
    table = np.zeros(256, dtype=np.uint8)
    for label in labels():
        table[label.id] = (label.ct_id if modality == "CT" else label.mr_id) or 0
    present = [name for k in np.unique(mask) if table[k] and (name := label_by_id(int(k)))]
    by_name = {label.name: int(table[label.id]) for label in labels()}
    return table[mask], {by_name[name]: name for name in present}


def write_masks(folder: Path, volume: RenderedVolume, headers: Sequence[Dataset], *, form: str) -> None:
    """`form`: nifti_table, nifti (no table; findings apart in both) or seg (findings as further segments)."""
    modality, uid = headers[0].Modality, headers[0].SeriesInstanceUID
    if form == "seg":
        _write_seg(folder / f"{uid}.seg.dcm", volume, headers)
        return
    ids, names = total_ids(volume.mask, modality)
    write_nifti(folder / f"{uid}.nii.gz", ids, volume.affine, names if form == "nifti_table" else None)
    if volume.findings:
        array = np.zeros(volume.mask.shape, dtype=np.uint8)
        for key, found in enumerate(volume.findings.values(), start=1):
            array[found] = key
        table = dict(enumerate(volume.findings, start=1))
        write_nifti(folder / f"{uid}_findings.nii.gz", array, volume.affine, table)


def _write_seg(path: Path, volume: RenderedVolume, headers: Sequence[Dataset]) -> None:
    present = [int(k) for k in np.unique(volume.mask) if k]
    layers = [(label_by_id(k), volume.mask == k) for k in present] + list(volume.findings.items())
    layers = [(name, layer) for name, layer in layers if layer.any()]
    uid = make_uid(headers[0].SeriesInstanceUID, "seg")
    algorithm = hd.AlgorithmIdentificationSequence("phantom", codes.DCM.ArtificialIntelligence, "1")
    segments = [
        hd.seg.SegmentDescription(
            number,
            name,
            codes.SCT.AnatomicalStructure,
            codes.SCT.AnatomicalStructure,
            hd.seg.SegmentAlgorithmTypeValues.AUTOMATIC,
            algorithm,
        )
        for number, (name, _) in enumerate(layers, start=1)
    ]
    seg = hd.seg.Segmentation(
        source_images=list(headers),
        pixel_array=np.stack([layer for _, layer in layers], axis=-1).astype(np.uint8),
        segmentation_type=hd.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=segments,
        series_instance_uid=make_uid(uid, "series"),
        series_number=900,
        sop_instance_uid=uid,
        instance_number=1,
        manufacturer="Aquila Imaging",
        manufacturer_model_name="Segmenter",
        software_versions="1",
        device_serial_number="1",
        content_label="MASKS",
    )
    _fix_clock(seg, headers[0])
    seg.save_as(path, enforce_file_format=True)


def _fix_clock(seg: Dataset, header: Dataset) -> None:
    """The library stamps the time of day and random UIDs; the same seed must give the same bytes."""
    dimension = make_uid(header.SeriesInstanceUID, "dimension")

    def settle(_, element):
        if element.VR == "DA" and element.keyword != "PatientBirthDate":
            element.value = header.StudyDate
        elif element.VR == "TM":
            element.value = header.StudyTime
        elif element.VR == "DT":
            element.value = header.StudyDate + header.StudyTime
        elif element.keyword == "DimensionOrganizationUID":
            element.value = dimension

    seg.walk(settle)
