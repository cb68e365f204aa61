"""Every row of docs/inputs.md about images: a file of each is made, read, stacked and judged."""

import gzip
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import nibabel
import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import ImplicitVRLittleEndian, MRImageStorage, generate_uid

from refrad2d.images.evidence.suitable import suitable_stacks
from refrad2d.images.records import Record, open_file, read_file
from refrad2d.images.sources import list_sources
from refrad2d.images.stacks import build_stacks
from tests.fixtures.dicom_files import make_slice, write_slice
from tests.fixtures.export_records import KEY
from tests.fixtures.inputs.images import INPUTS

MAKERS: dict[str, tuple[Callable[[Path], object], dict]] = {}
DRAW = np.random.default_rng(1)
NOISE = DRAW.integers(-1000, 1500, (16, 16, 6)).astype(np.int16)
AFFINE = np.diag([-1.0, -1.0, 5.0, 1.0])
RAMP = np.arange(256, dtype=np.uint16).reshape(16, 16)


def makes(variant: str, **facts):
    """Register how the files of a row are made; `facts` are sizes of stacks, what is said, and so on."""

    def keep(make):
        MAKERS[variant] = (make, facts)
        return make

    return keep


def judge(folder: Path, *, modality: str = "", orientation: str = "", said: tuple[str, ...] = ()):
    """Stacks that are kept, and the reasons of all that is not."""
    sources = [replace(source, modality=modality, orientation=orientation) for source in list_sources(folder)]
    read = {n: read_file((source, KEY)) for n, source in enumerate(sources)}
    records = {n: record for n, record in read.items() if isinstance(record, Record)}
    stacks = build_stacks(sources, records)
    suited = suitable_stacks(stacks, {n: set(said) for n in records})
    used = {known.position for stack in stacks for known in stack.slices}
    left = ["phases_not_told_apart" for n in records if n not in used]
    return suited.stacks, {*(r for r in read.values() if isinstance(r, str)), *suited.reasons.values(), *left}


@pytest.mark.parametrize("row", INPUTS, ids=lambda row: f"{row.format}: {row.variant}")
def test_the_row_holds(row, tmp_path):
    make, facts = MAKERS[f"{row.format}: {row.variant}"]
    (tmp_path / "export").mkdir()
    make(tmp_path / "export")
    stacks, reasons = judge(
        tmp_path / "export", **{k: v for k, v in facts.items() if k not in ("sizes", "lowest", "beside")}
    )
    reasons -= facts.get("beside", set())
    if row.outcome == "dropped":
        assert (stacks, reasons) == ([], {row.how.split("`")[1]})
        return
    reasons -= facts.get("beside", set())
    assert not reasons and sorted(len(stack.slices) for stack in stacks) == sorted(facts["sizes"])
    if "lowest" in facts:
        assert min(known.extremes.low for stack in stacks for known in stack.slices) == facts["lowest"]
    assert (
        all(len({known.phase for known in stack.slices}) == 1 for stack in stacks)
        or " each " in row.variant
        or "slice to slice" in row.variant
        or any(word in row.variant for word in ("passes", "every other slice"))
    )


def test_every_row_has_one_maker():
    assert sorted(MAKERS) == sorted(f"{row.format}: {row.variant}" for row in INPUTS)


def series(variant: str, spec: list[list[tuple]], sizes: tuple[int, ...], **common):
    """A maker of a series: a list of (depth, instance, elements) for each phase."""

    @makes(variant, sizes=sizes)
    def make(folder):
        for p, phase in enumerate(spec):
            for depth, instance, elements in phase:
                name = f"IM{p}-{instance:03d}"
                air = elements.get("air")
                pixels = np.full((16, 16), 24, np.uint16) if air else RAMP + 900 + 300 * p + int(depth)
                given = {"InstanceNumber": instance, "ImagePositionPatient": [-8, -8, depth], **common, **elements}
                given.pop("air", None)
                write_slice(folder / name, 0, pixels=pixels, SOPInstanceUID=generate_uid(), **given)

    return make


def run(count: int, first: int = 1, step: int = 1, start: float = 0.0, gap: float = 5.0, **elements):
    return [(start + gap * k, first + step * k, elements) for k in range(count)]


MR = {"SOPClassUID": MRImageStorage, "Modality": "MR", "RescaleSlope": None, "RescaleIntercept": None}
A1, A2 = {"AcquisitionNumber": 1}, {"AcquisitionNumber": 2}
series("DICOM CT: phases told by AcquisitionNumber, unequal ranges", [run(5, **A1), run(13, 6, **A2)], (5, 13))
series(
    "DICOM CT: phases interleaved by InstanceNumber, AcquisitionNumber given",
    [run(5, 1, 2, **A1), run(13, 2, 2, **A2)],
    (5, 13),
)
series(
    "DICOM CT: phases with equal slices of air",
    [[(d, i, {**e, "air": d == 5}) for d, i, e in run(n, f, **a)] for n, f, a in ((5, 1, A1), (13, 6, A2))],
    (5, 13),
)
series("DICOM CT: phases told by nothing but passes of InstanceNumber", [run(5), run(13, 6)], (5, 13))


@makes("DICOM CT: phases of unequal ranges told by nothing")
def _(folder):
    for n, depth in enumerate([0, 5, 0]):
        write_slice(
            folder / f"IM{n}", pixels=RAMP + 900 + 300 * n, ImagePositionPatient=[-8, -8, depth], InstanceNumber=None
        )
    write_slice(folder / "IM3", pixels=RAMP + 2000, ImagePositionPatient=[-8, -8, 5], InstanceNumber=None)


series("DICOM CT: two kernels", [run(4, ConvolutionKernel="B30"), run(6, 5, ConvolutionKernel="B70")], (4, 6))
series(
    "DICOM CT: an acquisition number for each slice",
    [[(5.0 * k, k + 1, {"AcquisitionNumber": k + 1}) for k in range(6)]],
    (6,),
)
series("DICOM MR: two echoes of unequal ranges", [run(4, EchoTime=4.6), run(7, 5, EchoTime=9.2)], (4, 7), **MR)
series(
    "DICOM MR: two b-values, the second between the slices of the first",
    [run(4, DiffusionBValue=0.0), run(4, 5, start=2.5, DiffusionBValue=800.0)],
    (4, 4),
    **MR,
)


@makes("DICOM MR: b-values in a private element", sizes=(3, 4))
def _(folder):
    for b, count in ((0, 3), (1000, 4)):
        for k in range(count):
            dataset = make_slice(k, pixels=RAMP + k + b, InstanceNumber=k * 2 + (b > 0), **MR)
            dataset.private_block(0x0019, "SIEMENS MR HEADER", create=True).add_new(0x0C, "IS", str(b))
            dataset.save_as(folder / f"b{b}-{k}", enforce_file_format=True)


series(
    "DICOM MR: two temporal positions",
    [run(3, 1, 2, TemporalPositionIdentifier=1), run(5, 2, 2, TemporalPositionIdentifier=2)],
    (3, 5),
    **MR,
)
series(
    "DICOM MR: magnitude and phase by ImageType",
    [run(3, ImageType=["ORIGINAL", "PRIMARY", "M"]), run(3, 1, ImageType=["ORIGINAL", "PRIMARY", "P"])],
    (3, 3),
    **MR,
)


@makes("DICOM MR: cine with trigger times that differ from slice to slice", sizes=(4, 4))
def _(folder):
    for k in range(4):
        for t in range(2):
            moment = {"TriggerTime": 35.2 * t + 0.1 * k, "InstanceNumber": 2 * k + t + 1, **MR}
            write_slice(folder / f"IM{k}-{t}", k, pixels=RAMP + 300 * t + k, **moment)


for jitter in ("1e-3", "1e-6 at a rounding border"):

    @makes(f"DICOM CT: direction cosines that jitter by {jitter}", sizes=(9,))
    def _(folder, jitter=jitter):
        border = "border" in jitter
        for k in range(9):
            angle = 0.1552 + (0 if border else DRAW.uniform(-1e-3, 1e-3))
            length = 1 + (1e-6 if border and k % 2 else 0)
            cosines = [length, 0, 0, 0, length if border else np.cos(angle), 0 if border else np.sin(angle)]
            spacing = [0.625, 0.625] if border else [0.7, 0.7]
            write_slice(
                folder / f"{k}", k, ImageOrientationPatient=[round(v, 7) for v in cosines], PixelSpacing=spacing
            )


series(
    "DICOM CT: pixel spacing that jitters by 1e-4",
    [[(5.0 * k, k + 1, {"PixelSpacing": [0.625 + 6e-5 * (k % 2)] * 2}) for k in range(6)]],
    (6,),
)
THIN = [(0.6 + 1.25 * k, 5 + k, {"SliceThickness": 1.25}) for k in range(12)]
series("DICOM CT: thick and thin slices of one acquisition, between each other", [run(4), THIN], (4, 12))
BETWEEN = "depths between each other"
series(
    f"DICOM CT: phases told by AcquisitionTime, one number of the acquisition, {BETWEEN}",
    [
        [(5.0 * k, 2 * k + 1, {"AcquisitionTime": "101500"}) for k in range(4)],
        [(2.5 + 5 * k, 2 * k + 2, {"AcquisitionTime": "101530"}) for k in range(4)],
    ],
    (4, 4),
    AcquisitionNumber=1,
)
series(
    "DICOM CT: phases told by times that differ from slice to slice",
    [
        [(5.0 * k, k + 1, {"AcquisitionTime": f"10150{k}"}) for k in range(4)],
        [(5.0 * k, k + 1, {"AcquisitionTime": f"10160{k}"}) for k in range(6)],
    ],
    (4, 6),
)
series(
    f"DICOM CT: phases told by nothing but passes of InstanceNumber, {BETWEEN}",
    [run(4), run(4, 5, start=2.5)],
    (4, 4),
)
series(
    "DICOM CT: volumes told by the description of their derivation",
    [run(4, DerivationDescription="FBP"), run(4, DerivationDescription="deep")],
    (4, 4),
)
series(
    "DICOM CT: volumes 1000 and 1001 of many",
    [run(3, TemporalPositionIdentifier=1000), run(4, TemporalPositionIdentifier=1001)],
    (3, 4),
)
series(
    f"DICOM MR: two flip angles, {BETWEEN}",
    [run(4, 1, 2, FlipAngle=2), run(4, 2, 2, start=2.5, FlipAngle=15)],
    (4, 4),
    **MR,
)
series(
    "DICOM MR: every other slice first, numbered in the order of time",
    [run(4, gap=10.0, AcquisitionTime="101500"), run(4, 5, start=5.0, gap=10.0, AcquisitionTime="101600")],
    (8,),
    **MR,
)
series("DICOM CT: two pixel spacings", [run(3, PixelSpacing=[0.7, 0.7]), run(4, 4, PixelSpacing=[0.9, 0.9])], (3, 4))


def single(variant: str, pixels=None, change: Callable[[Dataset], object] = lambda dataset: None, **elements):
    """A maker of one slice with these elements, its rest changed by a function."""
    facts = {name: elements.pop(name) for name in ("sizes", "lowest") if name in elements}

    @makes(variant, **facts)
    def make(folder):
        dataset = make_slice(pixels=pixels, **elements)
        change(dataset)
        dataset.save_as(folder / "IM", enforce_file_format=True)


def nest(**elements) -> Sequence:
    item = Dataset()
    for name, value in elements.items():
        setattr(item, name, value)
    return Sequence([item])


CLIPPED = (NOISE[:, :, 0].clip(-160, 240).astype(np.int32) + 1024).astype(np.uint16)
single("DICOM CT: no rescale", RescaleSlope=None, RescaleIntercept=None)
single("DICOM CT: empty rescale", RescaleSlope="", RescaleIntercept="")
single("DICOM CT: only RescaleSlope", RescaleIntercept=None)
single("DICOM CT: electron density by RescaleType", RescaleType="ED")
single("DICOM CT: effective Z by ImageType", ImageType=["DERIVED", "PRIMARY", "AXIAL", "EFF_ATOMIC_NUM"])
single("DICOM CT: virtual non-contrast by SeriesDescription", SeriesDescription="Abd Virtual Non-Contrast 1.5")
single(
    "DICOM CT: iodine map by units of its real world values",
    RealWorldValueMappingSequence=nest(MeasurementUnitsCodeSequence=nest(CodeValue="mg/cm3")),
)
single(
    "DICOM CT: electron density in functional groups",
    SOPClassUID="1.2.840.10008.5.1.4.1.1.2.1",
    SharedFunctionalGroupsSequence=nest(
        PixelValueTransformationSequence=nest(RescaleSlope="1", RescaleIntercept="0", RescaleType="EDW")
    ),
)
single("DICOM CT: stored values behind an identity rescale", RAMP * 16, RescaleIntercept=0)
single("DICOM CT: clipped to [-160, 240]", np.tile(CLIPPED, (2, 2)))
single("DICOM CT: iodine map by words written together (`DE_IodineMap`)", SeriesDescription="DE_IodineMap 1.5")
single("DICOM CT: virtual non-contrast in German (`Virtuell nativ`)", SeriesDescription="Abdomen Virtuell nativ 3mm")
single(
    "DICOM CT: virtual non-contrast by a value of ImageType of the maker (`DE_VNC`)",
    ImageType=["DERIVED", "SECONDARY", "CSA MPR", "DE_VNC"],
)
single("DICOM CT: subtraction by ImageType", ImageType=["DERIVED", "PRIMARY", "AXIAL", "SUBTRACTION"])
single(
    "DICOM CT: contrast agent named in SeriesDescription (`Abdomen venous iodine contrast`)",
    SeriesDescription="Abdomen venous iodine contrast",
    sizes=(1,),
)
WHOLE = np.linspace(24, 2000, 256).reshape(16, 16).astype(np.uint16)  # from air to bone
single("DICOM CT: RescaleType US, air and tissue in it", WHOLE, RescaleType="US", sizes=(1,))
single("DICOM CT: RescaleType US, no air in it", RAMP + 1000, RescaleType="US")
single("DICOM CT: RescaleType HU, cut off at 0", WHOLE.clip(1024), RescaleType="HU")
single("DICOM CT: RescaleType in words (`Hounsfield Units`)", RescaleType="Hounsfield Units", sizes=(1,))


def enhanced(variant: str, frames: list[dict], shared: dict, **facts):
    """A maker of an enhanced file: functional groups of each frame and of all, by name."""
    elements = {name: facts.pop(name) for name in ("Modality", "SOPClassUID") if name in facts}

    def change(dataset):
        for name in ("ImagePositionPatient", "RescaleSlope", "RescaleIntercept", "SliceThickness"):
            del dataset[name]
        dataset.NumberOfFrames = len(frames)
        dataset.PixelData = b"".join((WHOLE + n).tobytes() for n in range(len(frames)))
        dataset.SharedFunctionalGroupsSequence = nest(**shared)
        dataset.PerFrameFunctionalGroupsSequence = Sequence([nest(**groups)[0] for groups in frames])

    single(variant, WHOLE, change, **{"SOPClassUID": "1.2.840.10008.5.1.4.1.1.2.1", **elements}, **facts)


def at(depth: float, **groups) -> dict:
    return {"PlanePositionSequence": nest(ImagePositionPatient=[-8, -8, depth]), **groups}


HOUNSFIELD = {"PixelValueTransformationSequence": nest(RescaleSlope=1, RescaleIntercept=-1024, RescaleType="HU")}
enhanced("DICOM CT: enhanced, a frame without rescale", [at(0, **HOUNSFIELD), at(5)], {})
enhanced(
    "DICOM CT: enhanced, two values of StackID",
    [at(5 * k + 2.5 * s, FrameContentSequence=nest(StackID=str(s))) for s in range(2) for k in range(4)],
    HOUNSFIELD,
    sizes=(4, 4),
)
enhanced(
    "DICOM MR: enhanced, two flip angles in functional groups",
    [
        at(5 * k + 2.5 * s, MRTimingAndRelatedParametersSequence=nest(FlipAngle=2 + 13 * s))
        for s in range(2)
        for k in range(4)
    ],
    {},
    sizes=(4, 4),
    Modality="MR",
    SOPClassUID="1.2.840.10008.5.1.4.1.1.4.1",
)
single("DICOM CT: monoenergetic", ImageType=["DERIVED", "PRIMARY", "AXIAL", "VMI"], sizes=(1,))


def volume(variant: str, voxels, affine=AFFINE, *, name="a.nii.gz", change=lambda image: None, **facts):
    """A maker of a NIfTI file."""

    @makes(variant, **facts)
    def make(folder):
        image = nibabel.Nifti1Image(voxels, affine)
        change(image)
        (folder / name).parent.mkdir(exist_ok=True)
        nibabel.save(image, folder / name)


CT, SIX = {"modality": "CT"}, {"modality": "CT", "sizes": (6,)}
SHARE = (NOISE.astype(np.float32) + 1000) / 2500
volume("NIfTI: no modality from table or --modality", NOISE)
volume("NIfTI: two modalities from the table", NOISE, said=("CT", "MR"))
volume("NIfTI CT: in Hounsfield units", NOISE, said=("CT",), sizes=(6,))
volume("NIfTI CT: divided by 255", NOISE.astype(np.float32) / 255, **CT)
volume("NIfTI CT: scaled to 0..255", (SHARE * 255).astype(np.uint8), **CT)
volume("NIfTI CT: scaled to 0..1", SHARE, **CT)
volume("NIfTI CT: clipped to [-160, 240]", NOISE.clip(-160, 240), **CT)
volume("NIfTI CT: clipped to [-1000, 400]", NOISE.clip(-1000, 400), **CT)
volume("NIfTI CT: values of an MR", (SHARE * 900).astype(np.int16), **CT)
volume("NIfTI CT: Hounsfield units times 10", np.where(NOISE < -800, -10000, 1500 + NOISE).astype(np.int16), **CT)
volume("NIfTI CT: 1024 taken off twice", np.where(NOISE < 900, -2024, -1000).astype(np.int16), **CT)
volume("NIfTI MR: any scale", SHARE, modality="MR", sizes=(6,))
MICRON = np.diag([-700.0, -700.0, 5000.0, 1.0])
volume("NIfTI: in micrometres, and says so", NOISE, MICRON, change=lambda i: i.header.set_xyzt_units("micron"), **CT)
volume("NIfTI: in micrometres, and says mm", NOISE, MICRON, change=lambda i: i.header.set_xyzt_units("mm"), **CT)
volume("NIfTI: in metres", NOISE, np.diag([-0.002, -0.002, 0.005, 1.0]), **CT)
volume("NIfTI: sform and qform codes 0", NOISE, None, **CT)
volume("NIfTI: sform and qform codes 0, --assume-orientation", NOISE, None, orientation="LPS", **SIX)
MIRROR = np.diag([1.0, -1.0, 5.0, 1.0])
volume("NIfTI: sform and qform that mirror each other", NOISE, change=lambda i: i.set_qform(MIRROR, 1), **CT)
volume(
    "NIfTI: qform alone",
    NOISE,
    change=lambda i: (i.set_qform(AFFINE, 1), i.set_sform(None, 0)),
    **SIX,
)
OTHER_SIZE = np.diag([-0.7, -0.7, 5.0, 1.0])


def one_size_in_pixdim(image):
    image.set_qform(None, 0)
    image.header["pixdim"][1:4] = 0.7, 0.7, 5


volume("NIfTI: pixdim and sform of different sizes", NOISE, change=one_size_in_pixdim, **CT)
volume("NIfTI: qform and sform of different sizes", NOISE, change=lambda i: i.set_qform(OTHER_SIZE, 1), **CT)


def into_an_atlas(image):
    image.set_sform(np.diag([-1.2, -1.1, 5.5, 1]), 4)
    image.set_qform(AFFINE, 1)


volume("NIfTI: sform into an atlas, qform of the scanner", NOISE, change=into_an_atlas, **SIX)
TILTED = AFFINE + np.array([4 * [0], [0, 0, 1.8, 0], 4 * [0], 4 * [0]])
volume("NIfTI: sheared by a tilted gantry", NOISE, TILTED, **SIX)


@makes("NIfTI: header and values in two files", modality="CT", beside={"not_an_image"})
def _(folder):
    nibabel.save(nibabel.Nifti1Pair(NOISE, AFFINE), folder / "a.hdr")


LABELS = (NOISE > 0).astype(np.uint8)
MANY = (NOISE // 100).clip(0).astype(np.uint8)
volume("NIfTI: a binary mask among images", LABELS, modality="MR")
volume("NIfTI: labels in a folder segmentations", MANY, name="segmentations/total.nii.gz", modality="MR")
volume("NIfTI: labels by intent code", MANY, change=lambda i: i.header.set_intent("label"), modality="MR")


SMALL = np.zeros((16, 16, 6), np.uint8)
SMALL[3:6, 3:6], SMALL[9:11, 9:12] = 5, 1
volume("NIfTI: labels of small structures", SMALL, modality="MR")
volume(
    "NIfTI: labels called so (`case1_seg`)",
    NOISE.clip(0).astype(np.uint16) // 20,
    name="case1_seg.nii.gz",
    modality="MR",
)


def packed(variant: str, data: Callable[[], bytes], harm: Callable[[bytes], bytes], name: str, **facts):
    """A maker of a gzip file that is harmed."""

    @makes(variant, **facts)
    def make(folder):
        (folder / name).write_bytes(harm(gzip.compress(data(), mtime=0)))


def dicom_bytes() -> bytes:
    buffer = io.BytesIO()
    make_slice().save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def nifti_bytes() -> bytes:
    return nibabel.Nifti1Image(NOISE, AFFINE).to_bytes()


packed("NIfTI: gzip cut before its trailer", nifti_bytes, lambda b: b[:-8], "a.nii.gz", **CT)
packed("NIfTI: gzip with a wrong checksum", nifti_bytes, lambda b: b[:-8] + b"\0\1\2\3" + b[-4:], "a.nii.gz", **CT)
packed("NIfTI: gzip with a wrong length", nifti_bytes, lambda b: b[:-4] + b"\0\1\2\3", "a.nii.gz", **CT)


def harmed(data: bytes) -> bytes:
    return data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 255]) + data[len(data) // 2 + 1 :]


def in_two(data: bytes) -> bytes:
    whole = gzip.decompress(data)
    return b"".join(gzip.compress(part, mtime=0) for part in (whole[:900], whole[900:]))


packed("NIfTI: gzip with a wrong byte in the middle", nifti_bytes, harmed, "a.nii.gz", **CT)
packed("NIfTI: gzip of two members, the second cut", nifti_bytes, lambda b: in_two(b)[:-20], "a.nii.gz", **CT)
packed("NIfTI: gzip of two members", nifti_bytes, in_two, "a.nii.gz", **SIX)
packed("DICOM CT: .dcm.gz", dicom_bytes, lambda b: b, "a.dcm.gz", sizes=(1,))
packed("DICOM CT: .dcm.gz, truncated", dicom_bytes, lambda b: b[:-9], "a.dcm.gz")
packed("DICOM CT: .dcm.gz, wrong checksum", dicom_bytes, lambda b: b[:-8] + b"\0\1\2\3" + b[-4:], "a.dcm.gz")


def pad(variant: str, kind: type, value: int, *, written: int, vr: str, limit: int | None = None):
    pixels = (RAMP + 5).astype(kind)
    pixels[0, :2] = value

    def change(dataset):
        dataset.add_new("PixelPaddingValue", vr, written)
        if limit is not None:
            dataset.add_new("PixelPaddingRangeLimit", vr, limit)

    single(
        f"DICOM MR: {variant}", pixels, change, sizes=(1,), lowest=7, PixelRepresentation=int(kind is np.int16), **MR
    )


pad("padding written unsigned, pixels signed", np.int16, -32768, written=32768, vr="US")
pad("padding written signed, pixels unsigned", np.uint16, 63536, written=-2000, vr="SS")
pad("padding range written unsigned, pixels signed", np.int16, -2000, written=63536, vr="US", limit=63600)
single("DICOM MR: derived mosaic by ImageType", ImageType=["DERIVED", "PRIMARY", "M", "MOSAIC"], **MR)
single(
    "DICOM MR: mosaic by private element",
    change=lambda d: d.private_block(0x0019, "SIEMENS MR HEADER", create=True).add_new(0x0A, "US", 25),
    **MR,
)


def elscint(dataset: Dataset, top: Dataset) -> None:
    """The element that a private dictionary takes for a double and that holds text."""
    top.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    dataset.add_new((0x01F1, 0x0010), "LO", "ELSCINT1")
    dataset.add_new((0x01F1, 0x1026), "DS", "0.264 ")


def elscint_nested(dataset: Dataset) -> None:
    item = Dataset()
    elscint(item, dataset)
    dataset.RequestAttributesSequence = Sequence([item])


single("DICOM CT: an unreadable private element", change=lambda dataset: elscint(dataset, dataset), sizes=(1,))
single("DICOM CT: an unreadable private element in a sequence", change=elscint_nested, sizes=(1,))


def test_what_is_read_of_a_zipped_slice_is_the_slice(tmp_path):
    MAKERS["DICOM CT: .dcm.gz"][0](tmp_path)
    shown = next(open_file(list_sources(tmp_path)[0])[1])
    assert np.array_equal(shown.values(), make_slice().pixel_array - 1024.0)
