import numpy as np
import pytest

from refrad2d.labels import label_by_id, label_by_name
from refrad2d.phantom import (
    REGIONS,
    SITES,
    Grid,
    Protocol,
    draw_series,
    labels_of,
    make_patient,
    render_grid,
    render_slice,
    render_volume,
    sample_slice,
)
from refrad2d.phantom.__main__ import boxes_of, iou


def middle(mask, name):
    """Mean (row, column) of a class, in [0, 1]."""
    rows, columns = np.nonzero(mask == label_by_name(name).id)
    return rows.mean() / mask.shape[0], columns.mean() / mask.shape[1]


def slice_at(patient, level, plane="axial", size=128):
    z = patient.height(level)
    return render_slice(patient, plane=plane, position_mm=z if plane == "axial" else 40.0, size=size, fov_mm=480)


@pytest.mark.parametrize("seed", range(4))
def test_axial_slices_show_the_patients_right_at_image_left(seed):
    _, mask, _ = slice_at(make_patient(seed), 18.6)
    assert middle(mask, "liver")[1] < middle(mask, "aorta")[1]


def test_axial_slices_show_anterior_up():
    _, mask, _ = slice_at(make_patient(3), 20)
    assert middle(mask, "aorta")[0] < middle(mask, "vertebrae_L1")[0] < middle(mask, "autochthon_left")[0]


def test_coronal_slices_show_superior_up_and_right_at_image_left():
    patient = make_patient(5)
    grid = Grid.of_plane("coronal", patient.posture[2] + 20, size=160, fov_mm=560)
    mask = render_grid(patient, grid, Protocol(), np.random.default_rng(0)).mask
    assert middle(mask, "liver")[0] < middle(mask, "iliopsoas_right")[0]
    assert middle(mask, "iliopsoas_right")[1] < middle(mask, "iliopsoas_left")[1]


def test_sagittal_slices_show_anterior_at_image_left():
    grid = Grid.of_plane("sagittal", make_patient(5).posture[1], size=160, fov_mm=500)
    mask = render_grid(make_patient(5), grid, Protocol(), np.random.default_rng(0)).mask
    spine = [middle(mask, f"vertebrae_{name}") for name in ("T12", "L1", "L2", "L3")]
    assert [row for row, _ in spine] == sorted(row for row, _ in spine)
    assert middle(mask, "liver")[1] < min(column for _, column in spine)


def test_one_patient_looks_the_same_at_two_resolutions():
    patient = make_patient(14)
    coarse, fine = (slice_at(patient, 19.5, size=size)[1] for size in (96, 384))
    shared = set(boxes_of(coarse, 20)) & set(boxes_of(fine, 320))
    assert len(shared) > 5
    assert np.mean([iou(boxes_of(coarse)[name], boxes_of(fine)[name]) for name in shared]) > 0.85


def test_the_same_seed_gives_the_same_pixels():
    first, second = (sample_slice(41, site="B", size=48) for _ in range(2))
    assert np.array_equal(first["pixels"], second["pixels"])
    assert np.array_equal(first["mask"], second["mask"])


def test_sites_share_anatomy_but_not_looks():
    a, b = (make_patient(9, site) for site in "AB")
    assert np.array_equal(a.shapes.low, b.shapes.low)
    series = [draw_series(p, np.random.default_rng(1)) for p in (a, b)]
    assert series[0].protocol.noise < series[1].protocol.noise


@pytest.mark.parametrize("site", SITES)
def test_hounsfield_units_are_those_of_the_tissues(site):
    for seed in range(40, 60):
        taken = sample_slice(seed * 8, site=site, size=96)
        aorta = taken["pixels"][taken["mask"] == label_by_name("aorta").id]
        if len(aorta) > 30:
            assert 10 < np.median(aorta) < 480
        assert np.median(taken["pixels"][:3, :3]) < -850


def test_volume_mask_keeps_to_the_classes_of_its_region():
    patient = make_patient(2)
    series = draw_series(patient, np.random.default_rng(0))
    volume = render_volume(patient, series, np.random.default_rng(0))
    region = REGIONS[series.region]
    assert set(labels_of(volume.mask)) <= {label_by_id(int(k)) for k in region.select(np.arange(122)) if k}
    assert {"liver", "aorta"} <= set(labels_of(volume.mask))


def test_affine_maps_indices_to_the_grid():
    patient = make_patient(2)
    series = draw_series(patient, np.random.default_rng(0))
    volume = render_volume(patient, series, np.random.default_rng(0))
    at = volume.affine @ [7, 5, 3, 1]
    assert np.allclose(at[:3], series.grid(3).points()[:, 5, 7], atol=0.02)


def test_findings_lie_in_their_host():
    seen = 0
    for seed in range(120):
        patient = make_patient(seed)
        for finding in patient.findings:
            if finding.kind == "mass" and finding.host == "liver":
                z = finding.centre[2]
                _, mask, found = render_slice(patient, position_mm=z, size=160, fov_mm=520)
                if finding.name in found:
                    seen += 1
                    assert (mask[found[finding.name]] == label_by_name("liver").id).all()
    assert seen > 3


def test_mean_boxes_are_a_weak_answer():
    boxes = {False: {}, True: {}}
    for seed in range(120):
        mask = sample_slice(seed * 8, size=64)["mask"]
        for name, box in boxes_of(mask, 12).items():
            boxes[seed % 2 == 1].setdefault(name, []).append(box)
    scores = [
        iou(np.mean(boxes[False][name], axis=0), box)
        for name, own in boxes[True].items()
        for box in own
        if name in boxes[False]
    ]
    assert len(scores) > 300
    assert np.mean(scores) <= 0.5


def test_an_unknown_plane_names_the_planes():
    with pytest.raises(ValueError, match="Unknown plane 'oblique'. Choose from axial, coronal, sagittal."):
        render_slice(make_patient(0), plane="oblique", position_mm=0)


ALL = tuple(REGIONS)


@pytest.mark.parametrize("region", ALL)
def test_every_region_shows_its_classes_in_its_planes(region):
    taken = [sample_slice(8 * seed, size=64, regions=[region]) for seed in range(6)]
    assert {t["modality"] for t in taken} == {REGIONS[region].modality}
    assert {t["plane"] for t in taken} <= set(REGIONS[region].planes)
    known = {REGIONS[region].published(label_by_id(k)) for k in range(1, 122)}
    assert {name for t in taken for name in labels_of(t["mask"])} <= known
    assert sum(len(labels_of(t["mask"])) > 0 for t in taken) >= 4


def test_the_whole_phantom_has_more_than_forty_classes():
    names = set()
    for seed in range(100):
        names |= set(labels_of(sample_slice(8 * seed, size=64, regions=ALL)["mask"], 3))
    assert len(names) >= 40


def test_mr_masks_have_whole_lungs_and_one_class_of_vertebrae():
    region = REGIONS["abdomen_mr"]
    assert region.published("lung_lower_lobe_left") == "lung_left"
    assert region.published("vertebrae_L3") == "vertebrae"
    assert region.published("rib_left_7") is None
    assert REGIONS["chest_ct"].published("intervertebral_discs") is None


def test_a_part_looks_the_same_whatever_other_parts_are_drawn():
    alone, together = make_patient(3), make_patient(3, parts=("chest", "abdomen"))
    liver = [[o for o in p.organs if o.name == "liver"][0] for p in (alone, together)]
    bounds = [p.shapes.low[o.first : o.last] for p, o in zip((alone, together), liver, strict=True)]
    assert np.allclose(*bounds)


def test_magnetic_resonance_shows_fluid_bright_on_t2_and_dark_on_t1():
    patient = make_patient(4, parts=("head", "neck"))
    z, values = patient.height(-5.8), {}
    for phase in ("t1", "t2"):
        protocol = Protocol(modality="MR", phase=phase, noise=0, table="none")
        pixels, mask, _ = render_slice(patient, position_mm=z, size=128, fov_mm=240, protocol=protocol)
        brain = pixels[mask == label_by_name("brain").id]
        values[phase] = (np.percentile(brain, 1) / np.median(brain), np.percentile(brain, 99) / np.median(brain))
    assert values["t1"][0] < 0.6
    assert values["t2"][1] > 1.3


def test_prostates_are_men_s():
    shown = {
        p.sex
        for p in (make_patient(k, parts=("pelvis",)) for k in range(12))
        if any(o.name == "prostate" for o in p.organs)
    }
    assert shown == {"M"}


def test_a_fractured_vertebra_is_lower_in_front():
    seeds = [k for k in range(60) if any(f.kind == "fracture" for f in make_patient(k).findings)]
    patient = make_patient(seeds[0])
    vertebra = next(iter(patient.crushed))
    z = patient.height(51 - vertebra)
    grid = Grid.of_plane("sagittal", patient.posture[1], size=400, fov_mm=200, centre=(0, patient.posture[2] + 30, z))
    rows = (render_grid(patient, grid, Protocol(), np.random.default_rng(0)).mask == vertebra).sum(axis=0)
    body = np.flatnonzero(rows > 10)
    assert rows[body[3 : len(body) // 6 + 4]].mean() < 0.8 * rows.max()


def test_an_unknown_part_names_the_parts():
    with pytest.raises(ValueError, match="Unknown part 'tail'. Choose from abdomen, chest"):
        make_patient(0, parts=("tail",))
