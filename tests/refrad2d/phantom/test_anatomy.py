"""A person of a seed: what stays the same, whatever else is drawn."""

from dataclasses import replace

import numpy as np
import pytest

from refrad2d.boxes import union_box
from refrad2d.labels import label_by_name
from refrad2d.phantom import change_organ, make_patient, render_slice, without_finding


def test_a_part_looks_the_same_whatever_other_parts_are_drawn():
    alone, together = make_patient(3), make_patient(3, parts=("chest", "abdomen"))
    liver = [[o for o in p.organs if o.name == "liver"][0] for p in (alone, together)]
    bounds = [p.shapes.low[o.first : o.last] for p, o in zip((alone, together), liver, strict=True)]
    assert np.allclose(*bounds)


def test_prostates_are_men_s():
    shown = {
        p.sex
        for p in (make_patient(k, parts=("pelvis",)) for k in range(12))
        if any(o.name == "prostate" for o in p.organs)
    }
    assert shown == {"M"}


def test_an_unknown_part_names_the_parts():
    with pytest.raises(ValueError, match="Unknown part 'tail'. Choose from abdomen, chest"):
        make_patient(0, parts=("tail",))


def test_height_and_level_are_inverse():
    patient = make_patient(11)
    for level in (9.0, 16.5, 20.0, 25.0):
        assert patient.level(patient.height(level)) == pytest.approx(level, abs=0.05)


def test_the_middle_of_l1_is_the_origin():
    assert abs(make_patient(11).height(20.0)) < 1.0


def shown(patient, label, seed=0, position=None):
    """Pixels, and the box (x_min, y_min, x_max, y_max) in mm of a class in the axial slice through its middle."""
    pixels, mask, findings = render_slice(patient, position_mm=position, size=160, rng=np.random.default_rng(seed))
    box = union_box(mask == label_by_name(label).id)
    return pixels, np.array(box) * 400 if box else None, findings


def middle_of(patient, name):
    [organ] = [one for one in patient.organs if one.name == name]
    bounds = patient.shapes.low[organ.first : organ.last], patient.shapes.high[organ.first : organ.last]
    return float((bounds[0].min(axis=0) + bounds[1].max(axis=0))[2] / 2)


@pytest.mark.parametrize("label", ["kidney_left", "spleen", "liver", "aorta"])
def test_a_moved_organ_is_where_it_was_moved(label):
    patient = replace(make_patient(3), posture=(0.0, 0.0, 0.0))
    at = middle_of(patient, label)
    before, after = (
        shown(one, label, position=at)[1] for one in (patient, change_organ(patient, label, shift=(9, 6, 0)))
    )
    assert np.allclose(after[:2] - before[:2], (9, 6), atol=6) or np.allclose(after[2:] - before[2:], (9, 6), atol=6)


@pytest.mark.parametrize("label", ["kidney_left", "spleen", "gallbladder"])
@pytest.mark.parametrize("scale", [0.7, 1.3])
def test_a_scaled_organ_is_as_much_larger(label, scale):
    patient = replace(make_patient(3), posture=(0.0, 0.0, 0.0))
    at = middle_of(patient, label)
    sizes = [shown(p, label, position=at)[1] for p in (patient, change_organ(patient, label, scale=scale))]
    (width, height), (new_width, new_height) = [box[2:] - box[:2] for box in sizes]
    assert np.sqrt(new_width * new_height / (width * height)) == pytest.approx(scale, abs=0.14)


def test_an_organ_that_stays_is_drawn_as_before():
    patient = make_patient(3)
    again = change_organ(patient, "spleen", shift=(0, 0, 0), scale=1.0)
    at = middle_of(patient, "spleen")
    assert np.allclose(shown(patient, "spleen", position=at)[0], shown(again, "spleen", position=at)[0], atol=0.5)


def with_focal_findings():
    people = (make_patient(number) for number in range(40))
    inside = ("mass", "masses", "bulge")  # a cyst may lie where nothing is painted
    return [(p, f) for p in people for f in p.findings if f.kind in inside and f.size_mm >= 12][:8]


@pytest.mark.parametrize(("patient", "finding"), with_focal_findings(), ids=lambda one: getattr(one, "name", ""))
def test_a_removed_finding_is_gone_and_the_rest_is_as_before(patient, finding):
    at = finding.centre[2]
    cured = without_finding(patient, finding.name)
    before, _, found = shown(patient, "liver", position=at)
    after, _, left = shown(cured, "liver", position=at)
    assert finding.name in found and finding.name not in left and left.keys() == found.keys() - {finding.name}
    changed = np.abs(before - after) > 1
    assert 0 < changed.mean() < 0.1 and finding.name not in {one.name for one in cured.findings}


def test_a_planted_finding_is_all_that_differs():
    patient = next(p for p in map(make_patient, range(9)) if "liver_cyst" not in {f.name for f in p.findings})
    planted = make_patient(patient.seed, planted=("liver_cyst",))
    assert planted.findings[:-1] == patient.findings and planted.findings[-1].name == "liver_cyst"
    at = planted.findings[-1].centre[2]
    before, after, again = (
        shown(one, "liver", position=at)[0] for one in (patient, planted, without_finding(planted, "liver_cyst"))
    )
    assert np.array_equal(before, again) and 0 < (np.abs(before - after) > 1).mean() < 0.1


def test_only_focal_findings_of_the_parts_can_be_planted():
    with pytest.raises(ValueError, match="'hepatomegaly' cannot be planted"):
        make_patient(3, planted=("hepatomegaly",))
    with pytest.raises(ValueError, match="Choose from liver_metastases"):
        make_patient(3, planted=("infarct",))


def test_what_the_patient_has_not_cannot_be_changed():
    patient = make_patient(3)
    with pytest.raises(ValueError, match="no focal finding 'goiter'"):
        without_finding(patient, "goiter")
    with pytest.raises(ValueError, match="Class 'brain' times 1.0"):
        change_organ(patient, "brain")
    with pytest.raises(ValueError, match="Class 'liver' times 0"):
        change_organ(patient, "liver", scale=0)


def test_what_lies_between_the_loops_of_an_organ_stays_and_what_lies_in_it_goes_along():
    patient = make_patient(3)
    moved = {label: change_organ(patient, label, shift=(9, 0, 0)).shapes for label in ("colon", "kidney_right")}
    [sinus] = [organ for organ in patient.organs if organ.name == "sinus_right"]
    assert np.array_equal(moved["colon"].low[sinus.first], patient.shapes.low[sinus.first])
    assert np.allclose(moved["kidney_right"].low[sinus.first] - patient.shapes.low[sinus.first], (9, 0, 0))
